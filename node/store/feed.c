#include "node/store/feed.h"

#include <stdlib.h>
#include <string.h>

#include "node/store/env.h"
#include "node/store/flat.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"

enum { RECORD_JSON_MAX = 4096, OP_MAX = 64 * 1024 };

/* --- JSON records --- */

/* flat_close what is found. */
static int flat_get(struct txn *t, enum table table, uint32_t number, struct flat *ret)
{
	uint8_t key[4];
	struct view v;
	int err;

	be32_put(key, number);
	err = txn_get(t, table, key, 4, &v);
	return err ? err : flat_open(v, ret);
}

/* Takes doc. */
static int json_put(struct txn *t, enum table table, uint32_t number, json_t *doc)
{
	uint8_t key[4];
	struct buf out;
	int err;

	buf_init(&out, RECORD_JSON_MAX);
	err = doc ? canon_write(doc, &out) : ERR_INVALID;
	json_decref(doc);
	be32_put(key, number);
	if (err)
		txn_fail(t, err);
	else
		err = txn_put(t, table, key, 4, out.data, out.len);
	buf_done(&out);
	return err;
}

/* --- numbers --- */

static int key_get(struct txn *t, enum table table, const void *key, size_t len, uint32_t *ret)
{
	struct view v;
	int err;

	if (!len)
		return ERR_NOTFOUND;
	err = txn_get(t, table, key, len, &v);
	if (err)
		return err;
	if (v.len != 4)
		return ERR_CORRUPT;
	*ret = be32_get(v.data);
	return OK;
}

static int key_put(struct txn *t, enum table table, const void *key, size_t len, uint32_t number)
{
	uint8_t v[4];

	be32_put(v, number);
	return txn_put(t, table, key, len, v, 4);
}

/* Number of the first item after `after`. */
static int number_next(struct txn *t, enum table table, uint32_t after, uint32_t *ret)
{
	uint8_t start[4];
	struct view key, val;
	int err;

	if (after == UINT32_MAX)
		return ERR_NOTFOUND;
	be32_put(start, after + 1);
	err = txn_seek(t, table, start, 4, &key, &val);
	if (err)
		return err;
	if (key.len != 4)
		return ERR_CORRUPT;
	*ret = be32_get(key.data);
	return OK;
}

/* 0 becomes the next number; another must be in use already, or be the next. */
static int number_take(struct txn *t, enum table table, const char *counter, uint32_t *number,
		       bool *ret_is_new)
{
	uint8_t key[4];
	struct view v;
	int err;

	*ret_is_new = false;
	if (*number) {
		be32_put(key, *number);
		err = txn_get(t, table, key, 4, &v);
		if (err != ERR_NOTFOUND)
			return err;
		if (*number != txn_counter(t, counter) + 1)
			return ERR_NOTFOUND;
	}
	*ret_is_new = true;
	*number = (uint32_t)txn_counter_next(t, counter);
	return txn_error(t);
}

/* --- origins --- */

static int origin_read(const struct flat *doc, uint32_t number, struct origin *ret)
{
	struct origin o = {.origin = number};
	char sign[65];
	int err;

	if ((err = flat_text(doc, "nid", o.identity.nid, sizeof(o.identity.nid))) ||
	    (err = flat_text(doc, "origin", o.identity.origin, sizeof(o.identity.origin))) ||
	    (err = flat_number(doc, "op", &o.identity.op)) ||
	    (err = flat_number(doc, "created", &o.identity.created)) ||
	    (err = flat_text(doc, "sign", sign, sizeof(sign))) ||
	    (err = flat_text(doc, "name", o.name, sizeof(o.name))))
		return err;
	if (strlen(sign) != 64 || hex_decode(sign, 64, o.identity.sign, sizeof(o.identity.sign)))
		return ERR_CORRUPT;
	o.confirmed = flat_true(doc, "confirmed");
	*ret = o;
	return OK;
}

int origin_get(struct txn *t, uint32_t origin, struct origin *ret)
{
	struct flat doc;
	int err = flat_get(t, TABLE_ORIGIN, origin, &doc);

	if (err)
		return err;
	err = origin_read(&doc, origin, ret);
	flat_close(&doc);
	return err;
}

int origin_by_nid(struct txn *t, const char *nid, struct origin *ret)
{
	uint32_t number;
	int err = key_get(t, TABLE_ORIGIN_KEY, nid, strlen(nid), &number);

	return err ? err : origin_get(t, number, ret);
}

int origin_by_host(struct txn *t, const char *host, struct origin *ret)
{
	return origin_by_nid(t, host, ret); /* a nid holds ':' after "nid", no host is named so */
}

/* host[:port] of an origin URL. */
static const char *origin_host(const char *origin)
{
	const char *sep = strstr(origin, "://");

	return sep ? sep + 3 : origin;
}

/* The host names its latest confirmed origin; it is given up only by who holds it. */
static int host_update(struct txn *t, const struct origin *old, const struct origin *o)
{
	const char *was = old && old->confirmed ? origin_host(old->identity.origin) : "";
	const char *is = o->confirmed ? origin_host(o->identity.origin) : "";
	uint32_t holder;
	int err;

	if (*was && strcmp(was, is)) {
		err = key_get(t, TABLE_ORIGIN_KEY, was, strlen(was), &holder);
		if (!err && holder == o->origin)
			txn_del(t, TABLE_ORIGIN_KEY, was, strlen(was));
	}
	if (*is && strcmp(was, is))
		key_put(t, TABLE_ORIGIN_KEY, is, strlen(is), o->origin);
	return txn_error(t);
}

int origin_put(struct txn *t, struct origin *o)
{
	const struct identity *id = &o->identity;
	struct origin old;
	uint32_t number = o->origin, taken;
	char sign[65];
	bool is_new, known;
	int err;

	err = key_get(t, TABLE_ORIGIN_KEY, id->nid, strlen(id->nid), &taken);
	if (!err && taken != o->origin)
		return ERR_EXISTS;
	if (err && err != ERR_NOTFOUND)
		return txn_fail(t, err);
	known = !err;
	err = number_take(t, TABLE_ORIGIN, "last-origin", &number, &is_new);
	if (!err && !is_new && !known) /* a nid is for life */
		return ERR_CONFLICT;
	if (!err && !is_new)
		err = origin_get(t, number, &old);
	if (err)
		return err;
	hex_encode(id->sign, sizeof(id->sign), sign);
	o->origin = number;
	json_put(t, TABLE_ORIGIN, number,
		 json_pack("{ss ss sI sI ss ss sb}", "nid", id->nid, "origin", id->origin, "op",
			   (json_int_t)id->op, "created", (json_int_t)id->created, "sign", sign,
			   "name", o->name, "confirmed", o->confirmed));
	key_put(t, TABLE_ORIGIN_KEY, id->nid, strlen(id->nid), number);
	return host_update(t, is_new ? NULL : &old, o);
}

int origin_next(struct txn *t, uint32_t after, struct origin *ret)
{
	uint32_t number;
	int err = number_next(t, TABLE_ORIGIN, after, &number);

	return err ? err : origin_get(t, number, ret);
}

static void op_key(uint32_t origin, uint64_t n, uint8_t key[12])
{
	be32_put(key, origin);
	be64_put(key + 4, n);
}

int origin_ops_put(struct txn *t, uint32_t origin, const json_t *ops)
{
	size_t n = json_array_size(ops);
	uint8_t key[12];
	struct buf out;
	int err = OK;

	buf_init(&out, OP_MAX);
	for (size_t i = 0; i < n && !err; i++) {
		buf_clear(&out);
		err = canon_write(json_array_get(ops, i), &out);
		if (err) {
			txn_fail(t, err);
			break;
		}
		op_key(origin, i, key);
		err = txn_put(t, TABLE_IDENTITY, key, sizeof(key), out.data, out.len);
	}
	buf_done(&out);
	for (; !err; n++) { /* what a longer log left behind */
		op_key(origin, n, key);
		err = txn_del(t, TABLE_IDENTITY, key, sizeof(key));
	}
	return err == ERR_NOTFOUND ? OK : err;
}

int origin_ops(struct txn *t, uint32_t origin, json_t **ret_ops)
{
	json_t *ops = json_array(), *op;
	uint8_t prefix[4];
	struct view key, val;
	struct walk *w;
	int err;

	if (!ops)
		return ERR_NOMEM;
	be32_put(prefix, origin);
	err = walk_open(t, TABLE_IDENTITY, NULL, 0, false, prefix, 4, &w);
	if (err) {
		json_decref(ops);
		return err;
	}
	while (!(err = walk_next(w, &key, &val))) {
		op = json_loadb((const char *)val.data, val.len, JSON_REJECT_DUPLICATES, NULL);
		if (!op || json_array_append_new(ops, op)) {
			err = ERR_CORRUPT;
			break;
		}
	}
	walk_close(w);
	if (err == ERR_NOTFOUND && json_array_size(ops)) {
		*ret_ops = ops;
		return OK;
	}
	json_decref(ops);
	return err;
}

/* --- feeds --- */

static int feed_read(const struct flat *doc, uint32_t number, struct feed *ret)
{
	struct feed f = {.feed = number};
	int64_t origin;
	int err;

	if ((err = flat_number(doc, "origin", &origin)) ||
	    (err = flat_text(doc, "audience", f.audience, sizeof(f.audience))) ||
	    (err = flat_number(doc, "epoch", &f.epoch)) ||
	    (err = flat_number(doc, "rev", &f.rev)) ||
	    (err = flat_number(doc, "floor", &f.floor)) ||
	    (err = flat_number(doc, "matched", &f.matched_at)) ||
	    (err = flat_number(doc, "head", &f.head_at)))
		return err;
	if (origin < 0 || origin > UINT32_MAX)
		return ERR_CORRUPT;
	f.origin = (uint32_t)origin;
	*ret = f;
	return OK;
}

int feed_get(struct txn *t, uint32_t feed, struct feed *ret)
{
	struct flat doc;
	int err = flat_get(t, TABLE_FEED, feed, &doc);

	if (err)
		return err;
	err = feed_read(&doc, feed, ret);
	flat_close(&doc);
	return err;
}

static size_t feed_key(uint32_t origin, const char *audience, uint8_t key[4 + AUDIENCE_MAX])
{
	size_t len = strnlen(audience, AUDIENCE_MAX);

	be32_put(key, origin);
	memcpy(key + 4, audience, len);
	return 4 + len;
}

int feed_find(struct txn *t, uint32_t origin, const char *audience, struct feed *ret)
{
	uint8_t key[4 + AUDIENCE_MAX];
	uint32_t number;
	int err = key_get(t, TABLE_FEED_KEY, key, feed_key(origin, audience, key), &number);

	return err ? err : feed_get(t, number, ret);
}

int feed_put(struct txn *t, struct feed *f)
{
	uint8_t key[4 + AUDIENCE_MAX];
	size_t len = feed_key(f->origin, f->audience, key);
	uint32_t number = f->feed, taken;
	bool is_new, known;
	int err = key_get(t, TABLE_FEED_KEY, key, len, &taken);

	if (!err && taken != f->feed)
		return ERR_EXISTS;
	if (err && err != ERR_NOTFOUND)
		return txn_fail(t, err);
	known = !err;
	err = number_take(t, TABLE_FEED, "last-feed", &number, &is_new);
	if (!err && !is_new && !known) /* origin and audience are what a feed is */
		err = ERR_CONFLICT;
	if (err)
		return err;
	f->feed = number;
	json_put(t, TABLE_FEED, number,
		 json_pack("{sI ss sI sI sI sI sI}", "origin", (json_int_t)f->origin, "audience",
			   f->audience, "epoch", (json_int_t)f->epoch, "rev", (json_int_t)f->rev,
			   "floor", (json_int_t)f->floor, "matched", (json_int_t)f->matched_at,
			   "head", (json_int_t)f->head_at));
	if (is_new)
		key_put(t, TABLE_FEED_KEY, key, len, number);
	return txn_error(t);
}

int feed_next(struct txn *t, uint32_t after, struct feed *ret)
{
	uint32_t number;
	int err = number_next(t, TABLE_FEED, after, &number);

	return err ? err : feed_get(t, number, ret);
}

int feed_head(struct txn *t, uint32_t feed, struct view *ret_json)
{
	uint8_t key[4];

	be32_put(key, feed);
	return txn_get(t, TABLE_HEAD, key, 4, ret_json);
}

int feed_head_put(struct txn *t, uint32_t feed, const void *json, size_t len)
{
	uint8_t key[4];

	be32_put(key, feed);
	return txn_put(t, TABLE_HEAD, key, 4, json, len);
}
