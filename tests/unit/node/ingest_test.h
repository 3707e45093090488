/*
 * One node that reads and one that writes; for ingest.c and ingest_refusal.c.
 */
#ifndef MAILLAGE_TEST_INGEST_H
#define MAILLAGE_TEST_INGEST_H

#include "tests/unit/node/domain_test.h"

#include "node/domain/query.h"
#include "protocol/limits.h"
#include "protocol/proof.h"
#include "protocol/tree.h"

/* Node 0 reads; node 1 writes. */
static char event_id[OBJECT_ID_MAX], place_id[OBJECT_ID_MAX];

static inline void fill(struct world *w)
{
	char name[64];

	create(w, 1, 1, "Event",
	       doc("{'name':'Fête du Bruant','startTime':'2026-12-01T18:00+01:00'}"), event_id);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "{'name':'Lieu numéro %d'}", i);
		create(w, 1, 2, "Place", doc("%s", name), i == 7 ? place_id : NULL);
	}
}

static inline json_t *delete_args(const char *id)
{
	return json_pack("{s:s}", "id", id);
}

static inline json_t *answer(struct world *w, const char *after, json_t *page)
{
	return must(w, 0, 50, "feed.page", page_args(w, 1, after, page));
}

static inline void counts(json_t *out, int stored, int removed, int unchanged, int more,
			  int matched)
{
	assert_int_equal(json_integer_value(json_object_get(out, "stored")), stored);
	assert_int_equal(json_integer_value(json_object_get(out, "removed")), removed);
	assert_int_equal(json_integer_value(json_object_get(out, "unchanged")), unchanged);
	assert_int_equal(json_is_true(json_object_get(out, "more")), more);
	assert_int_equal(json_is_true(json_object_get(out, "matched")), matched);
	json_decref(out);
}

static inline struct feed feed_of(struct world *w)
{
	struct txn *t = begin_read(w, 0);
	struct origin o;
	struct feed f;

	assert_int_equal(origin_by_nid(t, world_node(w, 1)->identity.nid, &o), OK);
	assert_int_equal(feed_find(t, o.origin, "public", &f), OK);
	txn_end(t);
	return f;
}

static inline void sign(struct world *w, int at)
{
	done(must(w, 1, at, "head.sign", json_object()));
}

static inline json_t *entry(json_t *page, size_t i)
{
	return json_array_get(json_object_get(page, "entries"), i);
}

#endif
