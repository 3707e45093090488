/*
 * The server of the liar tests: a node's identity and signed objects, and whatever answer it is told
 * to give.  Told nothing, it tells the truth.
 */
#ifndef MAILLAGE_FED_LIAR_SERVER_H
#define MAILLAGE_FED_LIAR_SERVER_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "protocol/head.h"
#include "protocol/object.h"
#include "protocol/tree.h"

enum {
	LIAR_REVS = 8,	/* objects the liar has */
	LIAR_KNOWN = 5,	/* of them, what the reader holds before each lie */
};

enum how { PLAIN, GZIPPED, DRIPPED, CUT, REDIRECTED, HEADED, UNCHANGED };

struct liar {
	struct key key, other;
	struct identity identity;
	json_t *genesis;
	struct MHD_Daemon *daemon;
	unsigned port;
	char url[100];
	int64_t epoch;
	json_t *objects[LIAR_REVS + 1]; /* by rev */
	struct tree_leaf leaves[LIAR_REVS + 1];

	pthread_mutex_t lock; /* what follows is set by the test, read by the server */
	enum how how;
	void *page; /* what the feed answers; NULL: the truth */
	size_t page_len;
	int64_t held; /* up to which rev the truth goes */
	atomic_uint asked;
};

extern struct liar liar;

void liar_start(void);
void liar_stop(void);
/* From now on. page NULL: the truth, in the way of `how`. */
void liar_say(enum how how, const void *page, size_t len);

/* A signed object of that revision, at an origin and by a key that may not be the liar's. */
json_t *liar_object(int64_t rev, const char *origin, const struct key *key);
/* A head at `rev` over the first `count` objects. */
json_t *liar_head(int64_t rev, int64_t count, const struct key *key);
json_t *liar_entry(const json_t *object);
/* Entries after..to, under a head at `to`; more false. */
json_t *liar_page(int64_t after, int64_t to);

#endif
