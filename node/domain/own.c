#include "node/domain/own.h"

#include <stdio.h>
#include <string.h>

#include "protocol/canon.h"
#include "protocol/limits.h"

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

static bool same_member(const json_t *a, const json_t *b, const char *name)
{
	const json_t *v = json_object_get(a, name), *w = json_object_get(b, name);

	return v == w || json_equal(v, w);
}

/* Is there a field below this path? */
static bool has_fields(const struct record_type *type, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < type->n_fields; i++)
		if (!strncmp(type->fields[i].path, path, len) && type->fields[i].path[len] == '.')
			return true;
	return false;
}

enum { PATH_MAX_BYTES = 128 };

static int keep_below(const struct record_type *type, const json_t *held, json_t *doc,
		      const char *prefix);

/* The members of an object in which fields lie, made if need be. */
static int keep_inner(const struct record_type *type, const json_t *held, json_t *doc,
		      const char *name)
{
	json_t *inner = json_object_get(doc, name);
	char prefix[PATH_MAX_BYTES];
	int err;

	if (!json_is_object(held) || (inner && !json_is_object(inner)))
		return OK;
	inner = inner ? json_incref(inner) : json_object();
	snprintf(prefix, sizeof(prefix), "%s.", name);
	err = inner ? keep_below(type, held, inner, prefix) : ERR_NOMEM;
	if (!err && json_object_size(inner) && json_object_set(doc, name, inner))
		err = ERR_NOMEM;
	json_decref(inner);
	return err;
}

static int keep_below(const struct record_type *type, const json_t *held, json_t *doc,
		      const char *prefix)
{
	const char *name;
	json_t *value;

	if (!strcmp(prefix, "location.") &&
	    !(same_member(held, doc, "cog") && same_member(held, doc, "commune")))
		return OK;
	json_object_foreach ((json_t *)held, name, value) {
		char path[PATH_MAX_BYTES];
		const struct field *f;
		int err = OK;

		if ((!*prefix && is_envelope(name)) ||
		    (size_t)snprintf(path, sizeof(path), "%s%s", prefix, name) >= sizeof(path) - 1)
			continue;
		f = schema_field(type, path);
		if (!f && !*prefix && has_fields(type, path))
			err = keep_inner(type, value, doc, name);
		else if ((!f || f->flags & FIELD_INTERNAL) && !json_object_get(doc, name))
			err = json_object_set(doc, name, value) ? ERR_NOMEM : OK;
		if (err)
			return err;
	}
	return OK;
}

int own_keep(const struct record_type *type, const json_t *held, json_t *doc)
{
	return keep_below(type, held, doc, "");
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

/* What every reader would refuse is refused here, where a person can do something about it. */
static int check_room(struct own *w, struct fault *fault)
{
	struct entry_use use;

	entry_use_ahead(w->txn, &w->batch, 1, &use);
	if (use.objects >= ORIGIN_OBJECTS)
		return fault_set(fault, ERR_LIMIT, "",
				 "A node publishes at most 100,000 records, deleted ones included.",
				 NULL);
	if (use.bytes + OBJECT_MAX > ORIGIN_BYTES)
		return fault_set(fault, ERR_LIMIT, "", "A node publishes at most 256 MiB of records.",
				 NULL);
	return OK;
}

int own_fault(int err, const char *pointer, const char *key, struct fault *fault)
{
	if (err == ERR_LIMIT && !fault->code)
		return fault_set(fault, err, pointer, key, NULL);
	return err;
}

int own_create(struct own *w, json_t *doc, const uint8_t random[OBJECT_RANDOM],
	       uint32_t *ret_object, struct fault *fault)
{
	char id[OBJECT_ID_MAX];
	int err = check_room(w, fault);

	if (err)
		return err;
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
