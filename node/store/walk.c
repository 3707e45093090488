/* Walks: a cursor of their own each, so that several may go on in one transaction. */
#include <stdlib.h>
#include <string.h>

#include "node/store/env.h"
#include "protocol/base/codec.h"

struct walk {
	MDB_cursor *cursor;
	bool backward, started;
	size_t prefix_len, start_len;
	uint8_t prefix[STORE_KEY_MAX], start[STORE_KEY_MAX];
};

/* Whether a comes before b in the order of keys. */
static int key_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

int walk_open(struct txn *t, enum table table, const void *start, size_t start_len, bool backward,
	      const void *prefix, size_t prefix_len, struct walk **ret_walk)
{
	struct walk *w;
	int rc;

	if (t->err)
		return t->err;
	if (prefix_len > STORE_KEY_MAX)
		return ERR_LIMIT;
	if (start_len > STORE_KEY_MAX) /* no key is longer, so none lies in between */
		start_len = STORE_KEY_MAX;
	w = malloc(sizeof(*w));
	if (!w)
		return ERR_NOMEM;
	w->backward = backward;
	w->started = false;
	w->prefix_len = prefix_len;
	w->start_len = start_len;
	if (prefix_len)
		memcpy(w->prefix, prefix, prefix_len);
	if (start_len)
		memcpy(w->start, start, start_len);
	rc = mdb_cursor_open(t->mdb, t->store->dbi[table], &w->cursor);
	if (rc) {
		free(w);
		return store_err(rc);
	}
	*ret_walk = w;
	return OK;
}

static int first_forward(struct walk *w, MDB_val *key, MDB_val *val)
{
	if (key_compare(w->start, w->start_len, w->prefix, w->prefix_len) > 0)
		*key = store_val(w->start, w->start_len);
	else
		*key = store_val(w->prefix, w->prefix_len);
	return mdb_cursor_get(w->cursor, key, val, key->mv_size ? MDB_SET_RANGE : MDB_FIRST);
}

/* Go to the last key before `bound`, or at it if `at`. */
static int last_before(struct walk *w, const uint8_t *bound, size_t len, bool at, MDB_val *key,
		       MDB_val *val)
{
	int rc;

	*key = store_val(bound, len);
	rc = mdb_cursor_get(w->cursor, key, val, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(w->cursor, key, val, MDB_LAST);
	if (rc || (at && key->mv_size == len && !memcmp(key->mv_data, bound, len)))
		return rc;
	return mdb_cursor_get(w->cursor, key, val, MDB_PREV);
}

static int first_backward(struct walk *w, MDB_val *key, MDB_val *val)
{
	uint8_t after[STORE_KEY_MAX]; /* first key beyond the prefix */
	size_t len = w->prefix_len;

	if (len)
		memcpy(after, w->prefix, len);
	while (len && after[len - 1] == 0xff)
		len--;
	if (len)
		after[len - 1]++;
	if (w->start_len && (!len || key_compare(w->start, w->start_len, after, len) < 0))
		return last_before(w, w->start, w->start_len, true, key, val);
	if (!len)
		return mdb_cursor_get(w->cursor, key, val, MDB_LAST);
	return last_before(w, after, len, false, key, val);
}

int walk_next(struct walk *w, struct view *ret_key, struct view *ret_val)
{
	MDB_val key, val;
	int rc;

	if (w->started)
		rc = mdb_cursor_get(w->cursor, &key, &val, w->backward ? MDB_PREV : MDB_NEXT);
	else if (w->backward)
		rc = first_backward(w, &key, &val);
	else
		rc = first_forward(w, &key, &val);
	if (rc)
		return store_err(rc);
	w->started = true;
	if (key.mv_size < w->prefix_len || memcmp(key.mv_data, w->prefix, w->prefix_len))
		return ERR_NOTFOUND;
	*ret_key = store_view(&key);
	*ret_val = store_view(&val);
	return OK;
}

void walk_close(struct walk *w)
{
	if (!w)
		return;
	mdb_cursor_close(w->cursor);
	free(w);
}

int txn_last(struct txn *t, enum table table, uint32_t *ret)
{
	struct view key, val;
	int err = txn_seek_end(t, table, &key, &val);

	*ret = 0;
	if (err)
		return err == ERR_NOTFOUND ? OK : err;
	if (key.len != 4)
		return ERR_CORRUPT;
	*ret = be32_get(key.data);
	return OK;
}
