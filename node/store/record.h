/*
 * Stored objects: own and others', live and tombstones, in one table keyed by dense numbers.
 * A record keeps its number over edits.  The row is a flat summary for lists (store/row.h); the
 * bytes are the signed object, canonical, as served.
 */
#ifndef MAILLAGE_STORE_RECORD_H
#define MAILLAGE_STORE_RECORD_H

#include <stdint.h>

#include "node/store/txn.h"

enum record_flag { RECORD_TOMBSTONE = 1, RECORD_HIDDEN = 2 /* stored, type unknown or withheld: only under /fed/v1 */ };

struct record {
	uint32_t object, feed, origin;
	uint32_t flags;
	int64_t rev;
	int64_t received;		/* when this node stored it, Unix seconds */
	uint8_t digest[32];
	struct view row;		/* empty for tombstones and hidden records */
	struct view json;
};

int record_find(struct txn *t, uint32_t origin, const char *id, uint32_t *ret_object);
int record_get(struct txn *t, uint32_t object, struct record *ret);	/* views into the map */
/*
 * Store a new record or a new version (r->object 0: take the next number, returned through *ret_object).
 * Writes OBJECT, OBJECT_KEY, ENTRY (and removes the old version's ENTRY). Not the derived tables.
 * row and json may be views of the old version.  ERR_EXISTS (another record has this feed and rev)
 * and ERR_NOTFOUND (no such r->object) leave the transaction as it was.
 */
int record_put(struct txn *t, const struct record *r, const char *id, uint32_t *ret_object);
/* Walk ENTRY of one feed from rev > after. */
int record_next(struct txn *t, uint32_t feed, int64_t after, int64_t *ret_rev, uint32_t *ret_object);

#endif
