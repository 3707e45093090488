/*
 * Objects this node writes, and the one way any object enters the store.
 *
 * Verbs (args -> out):
 *   entry.create {type, fields, account?}        -> {id, object}       fields: body by type table
 *   entry.update {id, rev, fields, account?}     -> {id, rev}          rev: the revision edited, ERR_CONFLICT if it moved
 *                what fields does not say and no form shows (own.h, own_keep) stays
 *   entry.delete {id, reason, account?}          -> {id, rev}          tombstone; text leaves every table in the same transaction
 *   import.rows  {type, rows: [{line, key, fields}]} -> {created, updated, unchanged, refused: [{line, code, pointer, text}]}
 *                key: identity of a row ("cog:97411", or the digest of the mapped row)
 *   head.sign    {}                              -> {rev} or ERR_AGAIN if the head is current (and younger than a day)
 * account: number of the account acting; members edit what they wrote, animators everything.
 */
#ifndef MAILLAGE_DOMAIN_ENTRY_H
#define MAILLAGE_DOMAIN_ENTRY_H

#include "node/domain/derive.h"
#include "node/domain/facet.h"
#include "node/domain/node.h"
#include "node/store/feed.h"
#include "node/store/posting.h"
#include "node/store/record.h"
#include "node/store/set.h"
#include "protocol/object.h"

/* Index changes gathered over one verb. */
struct entry_batch {
	struct posting_batch *postings;
	struct set_batch *sets;
	struct facet_batch *facets;
	struct text_terms *terms;	/* for deriving old versions */
	struct entry_growth {
		uint32_t origin;
		int64_t objects, bytes;
	} *grown;			/* not yet counted, by origin */
	size_t n_grown;
};
int entry_batch_init(struct entry_batch *b);
int entry_batch_flush(struct entry_batch *b, struct txn *t);
void entry_batch_done(struct entry_batch *b);

/*
 * One verified object version into all tables, replacing the version held.  A tombstone takes the
 * text of what it ends with it: object, lists, terms, leaf, who wrote it, its import key; the key of its
 * id stays in DEAD for ever.
 *
 * ERR_AGAIN: held already, in this or a later version; nothing was done.  ERR_CONFLICT: same rev with
 * another digest, or the rev belongs to another object.  ERR_EXPIRED: the id is dead.  ERR_INVALID:
 * feed or type of an id changed.
 */
struct entry_version {
	uint32_t feed, origin;
	struct envelope env;
	const uint8_t *digest;
	const void *json;
	size_t json_len;
	const json_t *doc;
	const struct derived *derived;	/* NULL: computed here */
	int hidden;			/* derived ahead, and there is nothing to show */
	int64_t now;
};
int entry_store(struct txn *t, struct entry_batch *b, const struct entry_version *v, uint32_t *ret_object);

/* What an origin takes: objects with tombstones, and their bytes. */
struct entry_use {
	uint64_t objects, bytes;
};
/* As counted when the last batch was flushed. */
void entry_use_get(struct txn *t, uint32_t origin, struct entry_use *ret);
int entry_use_put(struct txn *t, uint32_t origin, const struct entry_use *use);
/* The same with what the batch holds. */
void entry_use_ahead(struct txn *t, const struct entry_batch *b, uint32_t origin,
		     struct entry_use *ret);

/* Add and remove what an object has in the derived tables (set, lists, postings). */
int entry_index(struct txn *t, struct entry_batch *b, uint32_t object, const struct derived *old,
		const struct derived *now);

/* Who wrote it here (account number), ERR_NOTFOUND if imported or foreign. */
int entry_owner(struct txn *t, uint32_t object, uint32_t *ret_account);

#endif
