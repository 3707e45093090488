#include "node/store/txn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/store/env.h"
#include "protocol/base/codec.h"

int txn_read(struct store *s, struct txn **ret_txn)
{
	struct txn *t;
	int rc;

	pthread_mutex_lock(&s->lock);
	t = s->readers;
	if (t)
		s->readers = t->next;
	pthread_mutex_unlock(&s->lock);
	if (t) {
		rc = mdb_txn_renew(t->mdb);
	} else {
		t = calloc(1, sizeof(*t));
		if (!t)
			return ERR_NOMEM;
		t->store = s;
		rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->mdb);
		if (rc == MDB_READERS_FULL) { /* perhaps of processes that are no more */
			store_reader_check(s);
			rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &t->mdb);
		}
	}
	if (rc) {
		for (int i = 0; i < TABLE_COUNT; i++)
			if (t->cursors[i])
				mdb_cursor_close(t->cursors[i]);
		if (t->mdb)
			mdb_txn_abort(t->mdb);
		free(t);
		return store_err(rc);
	}
	*ret_txn = t;
	return OK;
}

static int write_begin(struct store *s, struct txn *parent, struct txn **ret_txn)
{
	struct txn *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return ERR_NOMEM;
	rc = mdb_txn_begin(s->env, parent ? parent->mdb : NULL, 0, &t->mdb);
	if (rc) {
		free(t);
		return store_err(rc);
	}
	t->store = s;
	t->parent = parent;
	t->write = true;
	*ret_txn = t;
	return OK;
}

static void cursors_close(struct txn *t)
{
	for (int i = 0; i < TABLE_COUNT; i++) {
		if (t->cursors[i])
			mdb_cursor_close(t->cursors[i]);
		t->cursors[i] = NULL;
	}
}

int txn_write(struct store *s, struct txn **ret_txn)
{
	return write_begin(s, NULL, ret_txn);
}

int txn_child(struct txn *parent, struct txn **ret_txn)
{
	assert(parent->write);
	if (parent->err)
		return parent->err;
	cursors_close(parent); /* LMDB would save and restore each of them */
	return write_begin(parent->store, parent, ret_txn);
}

int txn_commit(struct txn *t)
{
	int err = t->err;

	if (err || !t->write) {
		txn_end(t);
		return err;
	}
	cursors_close(t);
	err = store_err(mdb_txn_commit(t->mdb));
	free(t);
	return err;
}

void txn_end(struct txn *t)
{
	if (!t)
		return;
	if (t->write) {
		cursors_close(t);
		mdb_txn_abort(t->mdb);
		free(t);
		return;
	}
	mdb_txn_reset(t->mdb);
	t->fresh = 0;
	pthread_mutex_lock(&t->store->lock);
	t->next = t->store->readers;
	t->store->readers = t;
	pthread_mutex_unlock(&t->store->lock);
}

int txn_error(const struct txn *t)
{
	return t->err;
}

uint64_t txn_number(const struct txn *t)
{
	return mdb_txn_id(t->mdb);
}

int txn_fail(struct txn *t, int err)
{
	if (t->write && !t->err)
		t->err = err;
	return err;
}

int txn_cursor(struct txn *t, enum table table, MDB_cursor **ret)
{
	uint32_t bit = UINT32_C(1) << table;
	int rc = MDB_SUCCESS;

	_Static_assert(TABLE_COUNT <= 32, "one bit a table");
	if (t->err)
		return t->err;
	if (!t->cursors[table])
		rc = mdb_cursor_open(t->mdb, t->store->dbi[table], &t->cursors[table]);
	else if (!t->write && !(t->fresh & bit))
		rc = mdb_cursor_renew(t->mdb, t->cursors[table]);
	if (rc)
		return store_err(rc);
	t->fresh |= bit;
	*ret = t->cursors[table];
	return OK;
}

static int cursor_get(struct txn *t, enum table table, MDB_val key, MDB_cursor_op op,
		      struct view *ret_key, struct view *ret_val)
{
	MDB_cursor *c;
	MDB_val val;
	int err = txn_cursor(t, table, &c);

	if (!err)
		err = store_err(mdb_cursor_get(c, &key, &val, op));
	if (err)
		return err;
	*ret_key = store_view(&key);
	*ret_val = store_view(&val);
	return OK;
}

int txn_seek(struct txn *t, enum table table, const void *key, size_t key_len, struct view *ret_key,
	     struct view *ret_val)
{
	return cursor_get(t, table, store_val(key, key_len), MDB_SET_RANGE, ret_key, ret_val);
}

int txn_seek_next(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val)
{
	return cursor_get(t, table, (MDB_val){0}, MDB_NEXT, ret_key, ret_val);
}

int txn_seek_prev(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val)
{
	return cursor_get(t, table, (MDB_val){0}, MDB_PREV, ret_key, ret_val);
}

int txn_seek_end(struct txn *t, enum table table, struct view *ret_key, struct view *ret_val)
{
	return cursor_get(t, table, (MDB_val){0}, MDB_LAST, ret_key, ret_val);
}

int txn_get(struct txn *t, enum table table, const void *key, size_t key_len, struct view *ret)
{
	MDB_val k = store_val(key, key_len), v;
	int rc;

	if (t->err)
		return t->err;
	rc = mdb_get(t->mdb, t->store->dbi[table], &k, &v);
	if (rc)
		return store_err(rc);
	*ret = store_view(&v);
	return OK;
}

static int put(struct txn *t, enum table table, const void *key, size_t key_len, MDB_val *val,
	       unsigned flags)
{
	MDB_val k = store_val(key, key_len);
	int rc;

	assert(t->write);
	if (t->err)
		return t->err;
	rc = mdb_put(t->mdb, t->store->dbi[table], &k, val, flags);
	if (rc == MDB_KEYEXIST && flags & MDB_APPEND)
		rc = mdb_put(t->mdb, t->store->dbi[table], &k, val, flags & ~MDB_APPEND);
	return rc ? txn_fail(t, store_err(rc)) : OK;
}

int txn_put(struct txn *t, enum table table, const void *key, size_t key_len, const void *val,
	    size_t val_len)
{
	MDB_val v = store_val(val, val_len);

	return put(t, table, key, key_len, &v, 0);
}

int txn_put_here(struct txn *t, enum table table, const void *key, size_t key_len, const void *val,
		 size_t val_len)
{
	MDB_val k = store_val(key, key_len), v = store_val(val, val_len);
	MDB_cursor *c;
	int err = txn_cursor(t, table, &c);

	assert(t->write);
	if (!err)
		err = store_err(mdb_cursor_put(c, &k, &v, MDB_CURRENT));
	return err ? txn_fail(t, err) : OK;
}

static int reserve(struct txn *t, enum table table, const void *key, size_t key_len, size_t val_len,
		   unsigned flags, uint8_t **ret_val)
{
	MDB_val v = store_val(NULL, val_len);
	int err = put(t, table, key, key_len, &v, MDB_RESERVE | flags);

	if (!err)
		*ret_val = v.mv_data;
	return err;
}

int txn_reserve(struct txn *t, enum table table, const void *key, size_t key_len, size_t val_len,
		uint8_t **ret_val)
{
	return reserve(t, table, key, key_len, val_len, 0, ret_val);
}

int txn_reserve_last(struct txn *t, enum table table, const void *key, size_t key_len,
		     size_t val_len, uint8_t **ret_val)
{
	return reserve(t, table, key, key_len, val_len, MDB_APPEND, ret_val);
}

int txn_del(struct txn *t, enum table table, const void *key, size_t key_len)
{
	MDB_val k = store_val(key, key_len);
	int rc;

	assert(t->write);
	if (t->err)
		return t->err;
	rc = mdb_del(t->mdb, t->store->dbi[table], &k, NULL);
	if (rc == MDB_NOTFOUND)
		return ERR_NOTFOUND;
	return rc ? txn_fail(t, store_err(rc)) : OK;
}

int txn_clear(struct txn *t, enum table table)
{
	int rc;

	assert(t->write);
	if (t->err)
		return t->err;
	rc = mdb_drop(t->mdb, t->store->dbi[table], 0);
	return rc ? txn_fail(t, store_err(rc)) : OK;
}

uint64_t txn_entries(struct txn *t, enum table table)
{
	MDB_stat stat;

	return mdb_stat(t->mdb, t->store->dbi[table], &stat) ? 0 : stat.ms_entries;
}

uint64_t txn_counter(struct txn *t, const char *name)
{
	struct view v = {0};
	int err = txn_get(t, TABLE_META, name, strlen(name), &v);

	if (err || v.len != 8) {
		if (err != ERR_NOTFOUND)
			txn_fail(t, err ? err : ERR_CORRUPT);
		return 0;
	}
	return be64_get(v.data);
}

uint64_t txn_counter_next(struct txn *t, const char *name)
{
	uint64_t n = txn_counter(t, name) + 1;
	uint8_t bytes[8];

	be64_put(bytes, n);
	return txn_put(t, TABLE_META, name, strlen(name), bytes, 8) ? 0 : n;
}
