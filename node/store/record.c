#include "node/store/record.h"

#include <stdlib.h>
#include <string.h>

#include "node/store/env.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"

/*
 * OBJECT: u32 feed | u32 origin | u32 flags | u64 rev | u64 received | digest | u16 length of the
 * row | row | canonical bytes.
 */
enum { HEAD_LEN = 4 + 4 + 4 + 8 + 8 + 32 + 2, KEY_LEN = 4 + 16 };

static void id_key(uint32_t origin, const char *id, uint8_t key[KEY_LEN])
{
	uint8_t hash[32];

	digest_bytes(id, strlen(id), hash);
	be32_put(key, origin);
	memcpy(key + 4, hash, 16);
}

static int number_get(struct view v, uint32_t *ret)
{
	if (v.len != 4)
		return ERR_CORRUPT;
	*ret = be32_get(v.data);
	return OK;
}

static int record_read(struct view v, struct record *ret)
{
	size_t row;

	if (v.len < HEAD_LEN)
		return ERR_CORRUPT;
	row = be16_get(v.data + HEAD_LEN - 2);
	if (v.len - HEAD_LEN < row)
		return ERR_CORRUPT;
	ret->feed = be32_get(v.data);
	ret->origin = be32_get(v.data + 4);
	ret->flags = be32_get(v.data + 8);
	ret->rev = (int64_t)be64_get(v.data + 12);
	ret->received = (int64_t)be64_get(v.data + 20);
	memcpy(ret->digest, v.data + 28, 32);
	ret->row = (struct view){v.data + HEAD_LEN, row};
	ret->json = (struct view){v.data + HEAD_LEN + row, v.len - HEAD_LEN - row};
	return OK;
}

int record_find(struct txn *t, uint32_t origin, const char *id, uint32_t *ret_object)
{
	uint8_t key[KEY_LEN];
	struct view v;
	int err;

	id_key(origin, id, key);
	err = txn_get(t, TABLE_OBJECT_KEY, key, sizeof(key), &v);
	return err ? err : number_get(v, ret_object);
}

int record_get(struct txn *t, uint32_t object, struct record *ret)
{
	uint8_t key[4];
	struct view v;
	int err;

	be32_put(key, object);
	err = txn_get(t, TABLE_OBJECT, key, 4, &v);
	if (!err)
		err = record_read(v, ret);
	if (!err)
		ret->object = object;
	return err;
}

static void entry_key(uint32_t feed, int64_t rev, uint8_t key[12])
{
	be32_put(key, feed);
	be64_put(key + 4, (uint64_t)rev);
}

static int body_write(struct txn *t, const struct record *r, uint32_t object, bool is_new)
{
	size_t len = HEAD_LEN + r->row.len + r->json.len;
	uint8_t key[4], *p;
	int err;

	be32_put(key, object);
	if (is_new) /* numbers ascend */
		err = txn_reserve_last(t, TABLE_OBJECT, key, 4, len, &p);
	else
		err = txn_reserve(t, TABLE_OBJECT, key, 4, len, &p);
	if (err)
		return err;
	be32_put(p, r->feed);
	be32_put(p + 4, r->origin);
	be32_put(p + 8, r->flags);
	be64_put(p + 12, (uint64_t)r->rev);
	be64_put(p + 20, (uint64_t)r->received);
	memcpy(p + 28, r->digest, 32);
	be16_put(p + HEAD_LEN - 2, (uint16_t)r->row.len);
	p += HEAD_LEN;
	if (r->row.len)
		memcpy(p, r->row.data, r->row.len);
	if (r->json.len)
		memcpy(p + r->row.len, r->json.data, r->json.len);
	return OK;
}

/* The record of `object` as it is, and a copy of what the new version borrows from it. */
static int old_version(struct txn *t, uint32_t object, struct record *r, struct record *ret_old,
		       uint8_t **ret_copy)
{
	const uint8_t *start, *end;
	uint8_t *copy = NULL;
	int err = record_get(t, object, ret_old);

	if (err)
		return err;
	start = ret_old->row.data - HEAD_LEN;
	end = ret_old->json.data + ret_old->json.len;
	if ((r->row.len && r->row.data >= start && r->row.data < end) ||
	    (r->json.len && r->json.data >= start && r->json.data < end)) {
		copy = malloc(r->row.len + r->json.len);
		if (!copy)
			return txn_fail(t, ERR_NOMEM);
		if (r->row.len)
			memcpy(copy, r->row.data, r->row.len);
		if (r->json.len)
			memcpy(copy + r->row.len, r->json.data, r->json.len);
		r->row.data = copy;
		r->json.data = copy + r->row.len;
	}
	*ret_copy = copy;
	return OK;
}

int record_put(struct txn *t, const struct record *given, const char *id, uint32_t *ret_object)
{
	struct record r = *given, old;
	uint8_t *copy = NULL, entry[12], key[KEY_LEN], number[4];
	uint32_t object = r.object, taken;
	struct view v;
	int err;

	if (r.row.len > UINT16_MAX)
		return txn_fail(t, ERR_LIMIT);
	entry_key(r.feed, r.rev, entry);
	err = txn_get(t, TABLE_ENTRY, entry, sizeof(entry), &v);
	if (!err)
		err = number_get(v, &taken);
	if (!err && taken != object)
		return ERR_EXISTS;
	if (err && err != ERR_NOTFOUND)
		return txn_fail(t, err);

	if (object) {
		err = old_version(t, object, &r, &old, &copy);
		if (err)
			return err;
	} else {
		object = (uint32_t)txn_counter_next(t, "last-object");
	}
	be32_put(number, object);
	body_write(t, &r, object, !r.object);
	if (!r.object) {
		id_key(r.origin, id, key);
		txn_put(t, TABLE_OBJECT_KEY, key, sizeof(key), number, 4);
	} else if (old.feed != r.feed || old.rev != r.rev) {
		uint8_t old_entry[12];

		entry_key(old.feed, old.rev, old_entry);
		txn_del(t, TABLE_ENTRY, old_entry, sizeof(old_entry));
	}
	txn_put(t, TABLE_ENTRY, entry, sizeof(entry), number, 4);
	free(copy);
	if (!txn_error(t) && ret_object)
		*ret_object = object;
	return txn_error(t);
}

int record_next(struct txn *t, uint32_t feed, int64_t after, int64_t *ret_rev, uint32_t *ret_object)
{
	uint8_t start[12];
	struct view key, val;
	int err;

	if (after == INT64_MAX)
		return ERR_NOTFOUND;
	entry_key(feed, after + 1, start);
	err = txn_seek(t, TABLE_ENTRY, start, sizeof(start), &key, &val);
	if (err)
		return err;
	if (key.len != 12)
		return ERR_CORRUPT;
	if (be32_get(key.data) != feed)
		return ERR_NOTFOUND;
	err = number_get(val, ret_object);
	if (!err)
		*ret_rev = (int64_t)be64_get(key.data + 4);
	return err;
}
