/*
 * Private to ingest: a page on its way from the wire into the store.
 */
#ifndef MAILLAGE_DOMAIN_INGEST_PAGE_H
#define MAILLAGE_DOMAIN_INGEST_PAGE_H

#include "node/domain/ingest.h"
#include "protocol/head.h"

enum item_state { ITEM_NEW, ITEM_VERIFIED, ITEM_REFUSED, ITEM_WITHHELD };

/* One entry; written by the one thread that verifies it. */
struct ingest_item {
	enum item_state state;
	int err;	     /* of a refused one */
	struct fault *fault; /* may be NULL */
	struct envelope env; /* into the page */
	struct buf bytes;    /* canonical */
	uint8_t digest[32], stated[32];
	int shown;
	struct derived derived;
};

struct ingest {
	json_t *page; /* one reference */
	struct identity origin;
	char audience[AUDIENCE_MAX];
	const char *after; /* of the verb that is running */
	json_t *entries;   /* borrowed from page */
	bool more, has_head;
	struct head head;
	int64_t next_epoch, next_rev;
	struct ingest_item *items;
	size_t n_items;
	struct fault fault; /* of the page as a whole; code 0: none */
};

/* Everything about the page's shape that depends on the cursor; the fault is g->fault. */
int ingest_shape(struct ingest *g, const char *after);
/* The first refused entry, or OK. */
int ingest_refused(struct ingest *g, struct fault *fault);

#endif
