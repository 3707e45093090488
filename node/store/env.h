/*
 * Private to this room: what a store and a transaction are made of, and the calls the tables share.
 */
#ifndef MAILLAGE_STORE_ENV_H
#define MAILLAGE_STORE_ENV_H

#include <lmdb.h>
#include <pthread.h>

#include "node/store/txn.h"

enum {
	STORE_KEY_MAX = 511,	/* LMDB's ceiling for keys, in bytes */
	STORE_READERS = 126,
};
#define STORE_MAP_SIZE ((size_t)32 << 30)

struct store {
	MDB_env *env;
	char *file;
	bool read_only;
	MDB_dbi dbi[TABLE_COUNT];
	pthread_mutex_t lock;		/* guards what follows; a leaf in the lock order */
	struct txn *readers;		/* reset read transactions, ready to be renewed */
	int64_t held, released;		/* verb_apply: µs of holding since the last pause, end of the last */
};

struct txn {
	struct store *store;
	MDB_txn *mdb;
	struct txn *parent;
	struct txn *next;		/* in store.readers */
	bool write;
	int err;			/* sticky, of a write */
	uint32_t fresh;			/* which cursors belong to this round of a pooled reader */
	MDB_cursor *cursors[TABLE_COUNT];
};

/* LMDB's and the system's codes as ours. */
int store_err(int rc);

/* txn_reserve for a key that sorts last (MDB_APPEND). */
int txn_reserve_last(struct txn *t, enum table table, const void *key, size_t key_len,
		     size_t val_len, uint8_t **ret_val);
/* Remember the first failure of a write transaction; returns err. */
int txn_fail(struct txn *t, int err);
/* This transaction's own cursor for a table, kept until it ends. Anybody may move it. */
int txn_cursor(struct txn *t, enum table table, MDB_cursor **ret);
/* First item whose key is >= key. */
int txn_seek(struct txn *t, enum table table, const void *key, size_t key_len, struct view *ret_key,
	     struct view *ret_val);
/* The item after or before the last one sought, and the table's last. */
int txn_seek_next(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val);
int txn_seek_prev(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val);
int txn_seek_end(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val);
/* A new value for the item the last seek ended at, whose key is given. */
int txn_put_here(struct txn *t, enum table table, const void *key, size_t key_len, const void *val,
		 size_t val_len);

static inline MDB_val store_val(const void *data, size_t len)
{
	return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)data};
}

static inline struct view store_view(const MDB_val *v)
{
	return (struct view){.data = v->mv_data, .len = v->mv_size};
}

#endif
