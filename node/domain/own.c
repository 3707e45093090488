#include "node/domain/own.h"

#include <string.h>

#include "protocol/canon.h"

static bool is_envelope(const char *name)
{
	static const char *const members[] = {"id",  "type",	  "origin",  "audience",
					      "rev", "published", "updated", "proof"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!strcmp(name, members[i]))
			return true;
	return false;
}

/* Members of `a` that are fields, and whether `b` has each of them equal. */
static bool contains(const json_t *a, const json_t *b, size_t *ret_n)
{
	const char *name;
	json_t *value;

	*ret_n = 0;
	json_object_foreach ((json_t *)a, name, value) {
		if (is_envelope(name))
			continue;
		if (b && !json_equal(value, json_object_get(b, name)))
			return false;
		++*ret_n;
	}
	return true;
}

bool own_same(const json_t *a, const json_t *b)
{
	size_t n, m;

	return contains(a, b, &n) && contains(b, NULL, &m) && n == m;
}

int own_load(struct txn *t, uint32_t object, json_t **ret_doc)
{
	struct record r;
	int err = record_get(t, object, &r);

	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	err = canon_read((const char *)r.json.data, r.json.len, CANON_NATIVE, ret_doc, NULL);
	return err == ERR_INVALID ? ERR_CORRUPT : err;
}

int own_begin(struct own *w, struct node *n, struct txn *t, int64_t now)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->node = n;
	w->txn = t;
	w->now = now;
	err = entry_batch_init(&w->batch);
	return err ? err : feed_get(t, 1, &w->feed);
}

/* A signed document into the tables. */
static int own_store(struct own *w, const json_t *doc, uint32_t *ret_object)
{
	struct entry_version v = {.feed = w->feed.feed, .origin = 1, .doc = doc, .now = w->now};
	uint8_t digest[32];
	struct buf bytes;
	int err;

	buf_init(&bytes, OBJECT_MAX);
	err = canon_write(doc, &bytes);
	if (!err)
		err = object_envelope(doc, &w->node->identity, &v.env, NULL);
	if (!err) {
		digest_bytes(bytes.data, bytes.len, digest);
		v.digest = digest;
		v.json = bytes.data;
		v.json_len = bytes.len;
		err = entry_store(w->txn, &w->batch, &v, ret_object);
	}
	buf_done(&bytes);
	if (!err) {
		w->feed.rev = v.env.rev;
		w->changed++;
	}
	return err;
}

static int own_sign(struct own *w, json_t *doc, const char *id, int64_t published,
		    uint32_t *ret_object)
{
	int err = object_sign(doc, &w->node->identity, &w->node->key, id, w->feed.audience,
			      w->feed.rev + 1, published, w->now);

	return err ? err : own_store(w, doc, ret_object);
}

int own_create(struct own *w, json_t *doc, const uint8_t random[OBJECT_RANDOM],
	       uint32_t *ret_object)
{
	char id[OBJECT_ID_MAX];

	object_id_make(w->node->identity.origin, random, id);
	return own_sign(w, doc, id, w->now, ret_object);
}

int own_replace(struct own *w, json_t *doc, const char *id, int64_t published)
{
	return own_sign(w, doc, id, published, NULL);
}

int own_remove(struct own *w, const struct envelope *of, const char *reason)
{
	json_t *doc;
	int err = object_tombstone(of, reason, &w->node->identity, &w->node->key, w->feed.rev + 1,
				   w->now, &doc);

	if (err)
		return err;
	err = own_store(w, doc, NULL);
	json_decref(doc);
	return err;
}

int own_end(struct own *w)
{
	int err = entry_batch_flush(&w->batch, w->txn);

	if (err || !w->changed)
		return err;
	txn_counter_next(w->txn, "public");
	return feed_put(w->txn, &w->feed);
}

void own_done(struct own *w)
{
	entry_batch_done(&w->batch);
}
