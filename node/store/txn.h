/*
 * Transactions.  A read transaction is a snapshot; views into it are valid until it ends and are
 * never stored.  A write transaction carries a sticky result: after the first failed write the
 * rest do nothing, and commit returns the error.  LMDB's codes are mapped here once:
 * MDB_NOTFOUND ERR_NOTFOUND, MDB_KEYEXIST ERR_EXISTS, MDB_MAP_FULL ERR_LIMIT, ENOSPC/EIO ERR_IO, …
 */
#ifndef MAILLAGE_STORE_TXN_H
#define MAILLAGE_STORE_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/store/store.h"

struct txn;

/* Bytes inside the map: read-only, gone with the transaction (or with the next write to the table). */
struct view {
	const uint8_t *data;
	size_t len;
};

int txn_read(struct store *s, struct txn **ret_txn);	/* from a pool of renewed readers */
/* Blocks until the other writer (of any process) is done. */
int txn_write(struct store *s, struct txn **ret_txn);
int txn_child(struct txn *parent, struct txn **ret_txn);
int txn_commit(struct txn *t);		/* frees t in any case; a child's into its parent; else durable (fdatasync) */
void txn_end(struct txn *t);		/* aborts a write, gives back a reader; NULL is fine */
int txn_error(const struct txn *t);	/* sticky result */
uint64_t txn_number(const struct txn *t);

int txn_get(struct txn *t, enum table table, const void *key, size_t key_len, struct view *ret);
int txn_put(struct txn *t, enum table table, const void *key, size_t key_len, const void *val, size_t val_len);
/* Room for a value to be filled in place before any other write (MDB_RESERVE). */
int txn_reserve(struct txn *t, enum table table, const void *key, size_t key_len, size_t val_len, uint8_t **ret_val);
int txn_del(struct txn *t, enum table table, const void *key, size_t key_len);	/* ERR_NOTFOUND is not sticky */
int txn_clear(struct txn *t, enum table table);
uint64_t txn_entries(struct txn *t, enum table table);
/* Highest number of a table keyed by u32; 0 if it is empty. */
int txn_last(struct txn *t, enum table table, uint32_t *ret);

/* Walk a table in key order, from the first key >= start; prefix limits the walk (may be empty). */
struct walk;
int walk_open(struct txn *t, enum table table, const void *start, size_t start_len, bool backward,
	      const void *prefix, size_t prefix_len, struct walk **ret_walk);
/* OK with both views set, ERR_NOTFOUND at the end. Backward starts at the last key <= start. */
int walk_next(struct walk *w, struct view *ret_key, struct view *ret_val);
void walk_close(struct walk *w);

/* Counters in META: big-endian u64 under a name; 0 if absent. `next` adds one and returns it. */
uint64_t txn_counter(struct txn *t, const char *name);
uint64_t txn_counter_next(struct txn *t, const char *name);

#endif
