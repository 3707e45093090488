#include "node/domain/reindex.h"

#include <stdlib.h>
#include <string.h>

#include "node/domain/verbs.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/tree.h"

enum { FLUSH_EVERY = 2000 };

int reread_load(const struct record *r, struct text_terms *terms, struct reread *ret)
{
	struct reread w = {0};
	int err = canon_read((const char *)r->json.data, r->json.len, CANON_NATIVE, &w.doc, NULL);

	if (err)
		return err == ERR_NOMEM ? err : ERR_CORRUPT;
	err = object_envelope(w.doc, NULL, &w.env, NULL) ? ERR_CORRUPT : OK;
	if (!err && w.env.tombstone) {
		w.flags = RECORD_TOMBSTONE;
	} else if (!err) {
		err = derive(w.doc, terms, &w.derived);
		w.shown = !err;
		if (err == ERR_NOTFOUND) {
			w.flags = RECORD_HIDDEN;
			err = OK;
		}
	}
	if (err) {
		json_decref(w.doc);
		return err;
	}
	*ret = w;
	return OK;
}

void reread_done(struct reread *w)
{
	derived_done(&w->derived);
	json_decref(w->doc);
}

int reread_index(struct txn *t, struct entry_batch *b, const struct record *r,
		 const struct reread *w)
{
	uint8_t key[32];

	if (w->env.tombstone)
		return OK;
	tree_key(w->env.id, key);
	set_add(b->sets, r->feed, w->env.type, key, (uint64_t)r->rev, r->digest, r->object);
	return entry_index(t, b, r->object, NULL, w->shown ? &w->derived : NULL);
}

int use_table_add(struct use_table *u, const struct record *r)
{
	if (r->origin >= u->n) {
		uint32_t n = r->origin + 64;
		struct entry_use *use;

		if (r->origin > 1 << 24)
			return ERR_CORRUPT;
		use = realloc(u->use, n * sizeof(*use));
		if (!use)
			return ERR_NOMEM;
		memset(use + u->n, 0, (n - u->n) * sizeof(*use));
		u->use = use;
		u->n = n;
	}
	u->use[r->origin].objects++;
	u->use[r->origin].bytes += r->json.len;
	return OK;
}

static int tables_clear(struct txn *t)
{
	static const enum table derived[] = {
#define TABLE(symbol, name)
#define TABLE_DERIVED(symbol, name) TABLE_##symbol,
#include "node/store/tables.def"
#undef TABLE
#undef TABLE_DERIVED
	};
	int err = OK;

	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]) && !err; i++)
		err = txn_clear(t, derived[i]);
	return err;
}

static bool row_equal(struct view row, const struct reread *w)
{
	size_t len = w->shown ? w->derived.row.len : 0;

	return row.len == len && (!len || !memcmp(row.data, w->derived.row.data, len));
}

/* The row in OBJECT follows from the bytes as well. */
static int row_refresh(struct txn *t, const struct record *r, const struct reread *w)
{
	struct record fresh = *r;

	if (r->flags == w->flags && row_equal(r->row, w))
		return OK;
	fresh.flags = w->flags;
	fresh.row = (struct view){0};
	if (w->shown)
		fresh.row = (struct view){(const uint8_t *)w->derived.row.data, w->derived.row.len};
	return record_put(t, &fresh, w->env.id, NULL);
}

static int object_reindex(struct txn *t, struct entry_batch *b, struct use_table *use,
			  uint32_t object)
{
	struct reread w;
	struct record r;
	int err = record_get(t, object, &r);

	if (err)
		return err == ERR_NOTFOUND ? OK : err;
	err = use_table_add(use, &r);
	if (!err)
		err = reread_load(&r, b->terms, &w);
	if (err)
		return err;
	err = reread_index(t, b, &r, &w);
	/* Last: it moves what r points to. */
	if (!err)
		err = row_refresh(t, &r, &w);
	reread_done(&w);
	return err;
}

static int use_write(struct txn *t, const struct use_table *use)
{
	uint32_t last;
	int err = txn_last(t, TABLE_ORIGIN, &last);

	for (uint32_t o = 1; o <= last && !err; o++) {
		struct entry_use none = {0}, held;
		const struct entry_use *is = o < use->n ? &use->use[o] : &none;

		entry_use_get(t, o, &held);
		if (memcmp(&held, is, sizeof(held)) != 0)
			err = entry_use_put(t, o, is);
	}
	return err;
}

int reindex_verb(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	struct use_table use = {0};
	struct entry_batch b;
	uint32_t last = 0;
	int err = entry_batch_init(&b);

	if (!err)
		err = txn_last(t, TABLE_OBJECT, &last);
	if (!err)
		err = tables_clear(t);
	for (uint32_t o = 1; o <= last && !err; o++) {
		err = object_reindex(t, &b, &use, o);
		if (!err && o % FLUSH_EVERY == 0)
			err = entry_batch_flush(&b, t);
	}
	if (!err)
		err = entry_batch_flush(&b, t);
	if (!err)
		err = use_write(t, &use);
	if (!err) {
		err = txn_del(t, TABLE_META, STORE_REINDEX, strlen(STORE_REINDEX));
		if (err == ERR_NOTFOUND)
			err = OK;
	}
	if (!err) {
		txn_counter_next(t, "public");
		*ret_out = json_pack("{s:I}", "objects", (json_int_t)last);
	}
	entry_batch_done(&b);
	free(use.use);
	if (err == ERR_CORRUPT)
		return fault_set(fault, err, "",
				 "A stored record cannot be read: see `maillage check`.", NULL);
	return err;
}
