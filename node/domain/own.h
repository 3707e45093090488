/*
 * Writing this node's objects inside a verb: sign, store, count up its public feed.
 *
 *	err = own_begin(&w, node, txn, in->now);
 *	if (!err)
 *		err = own_create(&w, doc, in->random, NULL, fault);
 *	if (!err)
 *		err = own_end(&w);
 *	own_done(&w);
 */
#ifndef MAILLAGE_DOMAIN_OWN_H
#define MAILLAGE_DOMAIN_OWN_H

#include "node/domain/entry.h"
#include "protocol/schema.h"

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
/*
 * What a form does not show stays in the next version of `held`: fields that verbs set and members
 * that no field of the table names.  Department and region go with the commune they followed from.
 */
int own_keep(const struct record_type *type, const json_t *held, json_t *doc);
/* The document of a record this node holds. The caller owns *ret_doc. */
int own_load(struct txn *t, uint32_t object, json_t **ret_doc);

int own_begin(struct own *w, struct node *n, struct txn *t, int64_t now);
/*
 * A new object from `doc` (type and fields, checked by the caller), completed in place.  ERR_LIMIT:
 * too large, or, with the fault set, beyond what any reader keeps of this node.  What replaces or
 * ends an object is never refused for that.
 */
int own_create(struct own *w, json_t *doc, const uint8_t random[OBJECT_RANDOM],
	       uint32_t *ret_object, struct fault *fault);
/* ERR_LIMIT that has no fault yet: the document was too large. */
int own_fault(int err, const char *pointer, const char *key, struct fault *fault);
/* The next version of an object: its id and time of publication, everything else from `doc`. */
int own_replace(struct own *w, json_t *doc, const char *id, int64_t published);
/* Its tombstone. */
int own_remove(struct own *w, const struct envelope *of, const char *reason);
/* Write what was gathered: indexes, sets, the feed's rev, the public counter. */
int own_end(struct own *w);
void own_done(struct own *w);

#endif
