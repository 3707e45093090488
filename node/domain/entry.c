#include "node/domain/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/entry_key.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/tree.h"

static int growth_flush(struct entry_batch *b, struct txn *t);

int entry_batch_init(struct entry_batch *b)
{
	memset(b, 0, sizeof(*b));
	b->postings = posting_batch_new();
	b->sets = set_batch_new();
	b->facets = facet_batch_new();
	b->terms = text_terms_new(DERIVE_LANG);
	if (b->postings && b->sets && b->facets && b->terms)
		return OK;
	entry_batch_done(b);
	return ERR_NOMEM;
}

int entry_batch_flush(struct entry_batch *b, struct txn *t)
{
	int err = posting_flush(b->postings, t);

	if (!err)
		err = set_flush(b->sets, t);
	if (!err)
		err = facet_flush(b->facets, t);
	return err ? err : growth_flush(b, t);
}

void entry_batch_done(struct entry_batch *b)
{
	posting_batch_free(b->postings);
	set_batch_free(b->sets);
	facet_batch_free(b->facets);
	text_terms_free(b->terms);
	free(b->grown);
	memset(b, 0, sizeof(*b));
}

/* --- what an origin takes --- */

static size_t use_key(uint32_t origin, char out[24])
{
	return (size_t)snprintf(out, 24, "use:%u", (unsigned)origin);
}

void entry_use_get(struct txn *t, uint32_t origin, struct entry_use *ret)
{
	char key[24];
	struct view v;

	*ret = (struct entry_use){0};
	if (txn_get(t, TABLE_META, key, use_key(origin, key), &v) || v.len != 16)
		return;
	ret->objects = be64_get(v.data);
	ret->bytes = be64_get(v.data + 8);
}

int entry_use_put(struct txn *t, uint32_t origin, const struct entry_use *use)
{
	uint8_t val[16];
	char key[24];

	be64_put(val, use->objects);
	be64_put(val + 8, use->bytes);
	return txn_put(t, TABLE_META, key, use_key(origin, key), val, sizeof(val));
}

/* A batch seldom has more than one origin. */
static int growth_add(struct entry_batch *b, uint32_t origin, int64_t objects, int64_t bytes)
{
	struct entry_growth *g;
	size_t i = 0;

	while (i < b->n_grown && b->grown[i].origin != origin)
		i++;
	if (i == b->n_grown) {
		g = realloc(b->grown, (b->n_grown + 1) * sizeof(*g));
		if (!g)
			return ERR_NOMEM;
		b->grown = g;
		b->grown[b->n_grown++] = (struct entry_growth){.origin = origin};
	}
	b->grown[i].objects += objects;
	b->grown[i].bytes += bytes;
	return OK;
}

void entry_use_ahead(struct txn *t, const struct entry_batch *b, uint32_t origin,
		     struct entry_use *ret)
{
	entry_use_get(t, origin, ret);
	for (size_t i = 0; i < b->n_grown; i++)
		if (b->grown[i].origin == origin) {
			ret->objects += (uint64_t)b->grown[i].objects;
			ret->bytes += (uint64_t)b->grown[i].bytes;
		}
}

static int growth_flush(struct entry_batch *b, struct txn *t)
{
	int err = OK;

	for (size_t i = 0; i < b->n_grown && !err; i++) {
		struct entry_use use;

		entry_use_get(t, b->grown[i].origin, &use);
		use.objects += (uint64_t)b->grown[i].objects;
		use.bytes += (uint64_t)b->grown[i].bytes;
		err = entry_use_put(t, b->grown[i].origin, &use);
	}
	b->n_grown = 0;
	return err;
}

/* --- derived tables --- */

static const uint8_t *term_at(const struct derived *d, size_t at)
{
	return d && at < d->terms.len ? (const uint8_t *)d->terms.data + at : NULL;
}

/* The absent one comes last. */
static int term_compare(const uint8_t *a, const uint8_t *b)
{
	int order;

	if (!a || !b)
		return a ? -1 : 1;
	order = memcmp(a + 1, b + 1, a[0] < b[0] ? a[0] : b[0]);
	return order ? order : a[0] - b[0];
}

static void index_term(struct entry_batch *b, const uint8_t *p, uint32_t object, int change)
{
	const char *term = (const char *)p + 1;

	if (change > 0)
		posting_add(b->postings, term, p[0], object);
	else
		posting_remove(b->postings, term, p[0], object);
	if (facet_is(term))
		facet_add(b->facets, term, p[0], change);
}

/* Both are sorted: walk them side by side, and touch only what differs. */
static void index_terms(struct entry_batch *b, uint32_t object, const struct derived *old,
			const struct derived *now)
{
	size_t i = 0, j = 0;

	for (;;) {
		const uint8_t *p = term_at(old, i), *q = term_at(now, j);
		int order;

		if (!p && !q)
			return;
		order = term_compare(p, q);
		if (order < 0)
			index_term(b, p, object, -1);
		else if (order > 0)
			index_term(b, q, object, 1);
		if (order <= 0)
			i += 1 + (size_t)p[0];
		if (order >= 0)
			j += 1 + (size_t)q[0];
	}
}

static bool list_has(const struct derived *d, enum list list, const void *key, size_t len)
{
	for (size_t i = 0; d && i < d->n_lists; i++)
		if (d->lists[i].list == list && d->lists[i].len == len &&
		    !memcmp(d->lists[i].key, key, len))
			return true;
	return false;
}

int entry_index(struct txn *t, struct entry_batch *b, uint32_t object, const struct derived *old,
		const struct derived *now)
{
	int err;

	index_terms(b, object, old, now);
	for (size_t i = 0; old && i < old->n_lists; i++) {
		if (list_has(now, old->lists[i].list, old->lists[i].key, old->lists[i].len))
			continue;
		err = list_del(t, old->lists[i].list, old->lists[i].key, old->lists[i].len, object);
		if (err && err != ERR_NOTFOUND)
			return err;
	}
	for (size_t i = 0; now && i < now->n_lists; i++) {
		struct view row = {(const uint8_t *)now->row.data, now->row.len};

		err = list_put(t, now->lists[i].list, now->lists[i].key, now->lists[i].len, object,
			       row);
		if (err)
			return err;
	}
	return OK;
}

/* --- one version --- */

/* What the version held leaves behind. */
struct old_version {
	struct record record; /* its views are gone once something is written */
	char type[TYPE_MAX];  /* live type, or the former type of a tombstone */
	int shown;
	struct derived derived; /* if shown */
	size_t json_len;
};

static int old_load(struct txn *t, uint32_t object, struct entry_batch *b, struct old_version *o)
{
	struct envelope env;
	json_t *doc;
	int err = record_get(t, object, &o->record);

	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	o->json_len = o->record.json.len;
	err = canon_read((const char *)o->record.json.data, o->json_len, CANON_NATIVE, &doc, NULL);
	if (err)
		return err == ERR_NOMEM ? err : ERR_CORRUPT;
	err = object_envelope(doc, NULL, &env, NULL) ? ERR_CORRUPT : OK;
	if (!err)
		snprintf(o->type, sizeof(o->type), "%s",
			 env.tombstone ? env.former_type : env.type);
	if (!err && !(o->record.flags & (RECORD_TOMBSTONE | RECORD_HIDDEN))) {
		err = derive(doc, b->terms, &o->derived);
		o->shown = !err;
		if (err == ERR_NOTFOUND) /* the type tables changed: nothing of it was shown */
			err = OK;
	}
	json_decref(doc);
	return err;
}

static int check_version(const struct entry_version *v, const struct record *held)
{
	if (v->env.rev < held->rev)
		return ERR_AGAIN;
	if (v->env.rev == held->rev)
		return memcmp(v->digest, held->digest, 32) ? ERR_CONFLICT : ERR_AGAIN;
	if (held->feed != v->feed || held->origin != v->origin)
		return ERR_INVALID;
	if (held->flags & RECORD_TOMBSTONE && !v->env.tombstone)
		return ERR_EXPIRED;
	return OK;
}

static int dead_put(struct txn *t, const uint8_t key[32], uint32_t origin)
{
	uint8_t number[4];

	be32_put(number, origin);
	return txn_put(t, TABLE_DEAD, key, 32, number, 4);
}

/* Who wrote it and under which import key: both say something about what was erased. */
static int forget_source(struct txn *t, uint32_t object)
{
	uint8_t number[4];
	int err;

	be32_put(number, object);
	err = txn_del(t, TABLE_OWNER, number, 4);
	if (!err || err == ERR_NOTFOUND)
		err = import_key_forget(t, object);
	return err;
}

static int write_version(struct txn *t, struct entry_batch *b, const struct entry_version *v,
			 const struct derived *now, uint32_t object, const struct old_version *old,
			 uint32_t *ret_object)
{
	struct record r = {
		.object = object,
		.feed = v->feed,
		.origin = v->origin,
		.rev = v->env.rev,
		.received = v->now,
		.flags = v->env.tombstone ? RECORD_TOMBSTONE
			 : now		  ? 0
					  : RECORD_HIDDEN,
		.json = {v->json, v->json_len},
	};
	uint8_t key[32];
	int err;

	memcpy(r.digest, v->digest, sizeof(r.digest));
	if (now)
		r.row = (struct view){(const uint8_t *)now->row.data, now->row.len};
	tree_key(v->env.id, key);
	err = record_put(t, &r, v->env.id, &object);
	if (err == ERR_EXISTS)
		return ERR_CONFLICT;
	if (!err)
		err = entry_index(t, b, object, old && old->shown ? &old->derived : NULL, now);
	if (!err)
		err = growth_add(b, v->origin, !old,
				 (int64_t)v->json_len - (old ? (int64_t)old->json_len : 0));
	if (!err && v->env.tombstone) {
		if (old && !(old->record.flags & RECORD_TOMBSTONE))
			set_remove(b->sets, v->feed, old->type, key);
		err = forget_source(t, object);
		if (!err)
			err = dead_put(t, key, v->origin);
	} else if (!err) {
		set_add(b->sets, v->feed, v->env.type, key, (uint64_t)v->env.rev, v->digest,
			object);
	}
	if (!err && ret_object)
		*ret_object = object;
	return err;
}

int entry_store(struct txn *t, struct entry_batch *b, const struct entry_version *v,
		uint32_t *ret_object)
{
	const struct derived *now = v->derived;
	struct derived computed = {0};
	struct old_version old = {0};
	uint32_t object = 0;
	struct view dead;
	uint8_t key[32];
	int err = record_find(t, v->origin, v->env.id, &object);

	if (!err)
		err = record_get(t, object, &old.record);
	if (!err)
		err = check_version(v, &old.record);
	if (!err)
		err = old_load(t, object, b, &old);
	else if (err == ERR_NOTFOUND)
		err = object ? ERR_CORRUPT : OK;
	if (!err && object && strcmp(old.type, v->env.tombstone ? v->env.former_type : v->env.type))
		err = ERR_INVALID;
	if (!err && !v->env.tombstone) {
		tree_key(v->env.id, key);
		err = txn_get(t, TABLE_DEAD, key, sizeof(key), &dead);
		err = !err ? ERR_EXPIRED : err == ERR_NOTFOUND ? OK : err;
	}
	if (!err && !now && !v->hidden && !v->env.tombstone) {
		err = derive(v->doc, b->terms, &computed);
		if (!err)
			now = &computed;
		else if (err == ERR_NOTFOUND)
			err = OK;
	}
	if (!err)
		err = write_version(t, b, v, now, object, object ? &old : NULL, ret_object);
	derived_done(&old.derived);
	derived_done(&computed);
	return err;
}

int entry_owner(struct txn *t, uint32_t object, uint32_t *ret_account)
{
	uint8_t key[4];
	struct view v;
	int err;

	be32_put(key, object);
	err = txn_get(t, TABLE_OWNER, key, 4, &v);
	if (err)
		return err;
	if (v.len != 4)
		return ERR_CORRUPT;
	*ret_account = be32_get(v.data);
	return OK;
}
