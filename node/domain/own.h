/*
 * Writing this node's objects inside a verb: sign, store, count up its public feed.
 *
 *	err = own_begin(&w, node, txn, in->now);
 *	if (!err)
 *		err = own_create(&w, doc, in->random, NULL);
 *	if (!err)
 *		err = own_end(&w);
 *	own_done(&w);
 */
#ifndef MAILLAGE_DOMAIN_OWN_H
#define MAILLAGE_DOMAIN_OWN_H

#include "node/domain/entry.h"

struct own {
	struct node *node;
	struct txn *txn;
	int64_t now;
	struct entry_batch batch;
	struct feed feed; /* the public feed; rev is the last one given */
	int changed;
};

/* Do two documents say the same, whatever their envelopes? */
bool own_same(const json_t *a, const json_t *b);
/* The document of a record this node holds. The caller owns *ret_doc. */
int own_load(struct txn *t, uint32_t object, json_t **ret_doc);

int own_begin(struct own *w, struct node *n, struct txn *t, int64_t now);
/* A new object from `doc` (type and fields, checked by the caller), completed in place. */
int own_create(struct own *w, json_t *doc, const uint8_t random[OBJECT_RANDOM],
	       uint32_t *ret_object);
/* The next version of an object: its id and time of publication, everything else from `doc`. */
int own_replace(struct own *w, json_t *doc, const char *id, int64_t published);
/* Its tombstone. */
int own_remove(struct own *w, const struct envelope *of, const char *reason);
/* Write what was gathered: indexes, sets, the feed's rev, the public counter. */
int own_end(struct own *w);
void own_done(struct own *w);

#endif
