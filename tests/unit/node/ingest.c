#include "tests/unit/node/ingest_test.h"

static void whole_feed(void **state)
{
	struct world *w = *state;
	char *before, *after, key[OBJECT_KEY];
	struct record r;
	struct txn *t;
	struct feed f;
	uint32_t object;
	json_t *page;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	page = page_make(w, 1, "0.0", 8);
	counts(answer(w, "0.0", json_incref(page)), 8, 0, 0, 1, 0);
	f = feed_of(w);
	assert_int_equal(f.epoch, T0);
	assert_int_equal(f.rev, 8);
	assert_int_equal(f.matched_at, 0);
	/* The same page again changes nothing. */
	before = dump(w, 0);
	counts(answer(w, "0.0", page), 0, 0, 8, 1, 0);
	after = dump(w, 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
	read_all(w, 0, 1, 60, 5);
	f = feed_of(w);
	assert_int_equal(f.rev, 21);
	assert_int_equal(f.head_at, T0 + 3);
	assert_int_equal(f.matched_at, T0 + 60);
	before = dump(w, 0);
	read_all(w, 0, 1, 60, 500);
	after = dump(w, 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
	snprintf(key, sizeof(key), "%s", event_id + strlen(event_id) - 26);
	t = begin_read(w, 0);
	assert_int_equal(query_object(t, "mars.example.org", key, &object), OK);
	assert_int_equal(record_get(t, object, &r), OK);
	assert_string_equal(row_get(r.row, ROW_TITLE), "Fête du Bruant");
	assert_int_equal(query_object(t, NULL, key, &object), ERR_NOTFOUND);
	txn_end(t);
	assert_clean(w, 0);
}

static void edits_and_deletions(void **state)
{
	struct world *w = *state;
	char *dumped;
	json_t *old, *head;
	struct txn *t;
	struct view v;

	fill(w);
	introduce(w, 0, 1);
	read_all(w, 0, 1, 10, 500);
	dumped = dump(w, 0);
	assert_true(dump_has(dumped, "Bruant") && dump_has(dumped, "bruant"));
	free(dumped);
	done(must(
		w, 1, 20, "entry.update",
		json_pack("{s:s, s:i, s:o}", "id", event_id, "rev", 1, "fields",
			  doc("{'name':'Fête du pinson','startTime':'2026-12-01T18:00+01:00'}"))));
	done(must(w, 1, 21, "entry.delete", delete_args(place_id)));
	sign(w, 22);
	counts(answer(w, "1790000000.21", page_make(w, 1, "1790000000.21", 500)), 1, 1, 0, 0, 1);
	dumped = dump(w, 0);
	assert_false(dump_has(dumped, "ruant"));
	free(dumped);
	assert_clean(w, 0);
	/* An old page from a relay that is behind brings nothing back. */
	old = page_make(w, 1, "1790000000.21", 500);
	done(must(w, 1, 30, "entry.delete", delete_args(event_id)));
	read_all(w, 0, 1, 40, 500);
	counts(answer(w, "1790000000.21", old), 0, 0, 2, 0, 0);
	assert_int_equal(feed_of(w).rev, 24);
	/* Nor does its older head replace the newer one. */
	assert_int_equal(feed_of(w).head_at, T0 + 40);
	t = begin_read(w, 0);
	assert_int_equal(feed_head(t, feed_of(w).feed, &v), OK);
	head = view_doc(v);
	assert_int_equal(json_integer_value(json_object_get(head, "rev")), 24);
	json_decref(head);
	txn_end(t);
	dumped = dump(w, 0);
	assert_false(dump_has(dumped, "pinson"));
	free(dumped);
	assert_clean(w, 0);
}

/* Verified ahead, on ranges: the outcome is that of the verb alone. */
static void prepared(void **state)
{
	struct world *w = *state;
	struct verb_result r = {0};
	struct verb_input in;
	struct text_terms *terms = text_terms_new(DERIVE_LANG);
	struct ingest *g;
	char *ahead, *alone;
	json_t *page;
	void *other = NULL;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	page = page_make(w, 1, "0.0", 500);
	assert_int_equal(ingest_new(page, &world_node(w, 1)->identity, "public", &g), OK);
	assert_int_equal(ingest_count(g), 21);
	ingest_verify(g, 10, 21, terms);
	ingest_verify(g, 0, 7, terms);
	node_input(&in, "feed.page", "node", page_args(w, 1, "0.0", page));
	in.now = T0 + 50;
	in.prepared = g;
	in.prepared_free = ingest_free;
	node_apply(world_node(w, 0), &in, &r);
	assert_int_equal(r.err, OK);
	counts(r.out, 21, 0, 0, 0, 1);
	ahead = dump(w, 0);

	assert_int_equal(world_new(&other), 0);
	fill(other);
	introduce(other, 0, 1);
	sign(other, 3);
	counts(answer(other, "0.0", page_make(other, 1, "0.0", 500)), 21, 0, 0, 0, 1);
	alone = dump(other, 0);
	assert_string_equal(ahead, alone);
	free(ahead);
	free(alone);
	world_free(&other);

	/* Prepared from another page: not believed. */
	page = page_make(w, 1, "0.0", 3);
	assert_int_equal(ingest_new(page, &world_node(w, 1)->identity, "public", &g), OK);
	json_decref(page);
	page = page_make(w, 1, "0.0", 5);
	json_object_set_new(json_array_get(json_object_get(page, "entries"), 4), "rev",
			    json_integer(99));
	node_input(&in, "feed.page", "node", page_args(w, 1, "0.0", page));
	in.prepared = g;
	in.prepared_free = ingest_free;
	memset(&r, 0, sizeof(r));
	node_apply(world_node(w, 0), &in, &r);
	assert_int_equal(r.err, ERR_INVALID);
	assert_string_equal(r.fault.pointer, "/entries/4");
	text_terms_free(terms);
}

/* A relay that leaves one entry out, or withholds it, is not believed to be complete. */
static void omission(void **state)
{
	struct world *w = *state;
	json_t *page, *out;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	page = page_make(w, 1, "0.0", 500);
	json_array_remove(json_object_get(page, "entries"), 6);
	json_object_set_new(entry(page, 7), "object", json_null());
	out = answer(w, "0.0", page);
	counts(out, 19, 0, 0, 0, 0);
	assert_int_equal(feed_of(w).matched_at, 0);
	/* Another relay from the beginning repairs it. */
	counts(answer(w, "0.0", page_make(w, 1, "0.0", 500)), 2, 0, 19, 0, 1);
	assert_clean(w, 0);
}

/* Types of other versions are kept, counted in the sets, and not shown. */
static void unknown_types(void **state)
{
	struct world *w = *state;
	struct node *n = world_node(w, 1);
	struct head h = {
		.audience = "public", .epoch = T0, .rev = 1, .created = T0 + 3, .n_sets = 1};
	json_t *body = doc("{'type':'Lantern','name':'Luciole','glow':['x']}"), *page, *head;
	struct tree_leaf leaf;
	struct record r;
	struct txn *t;
	char id[OBJECT_ID_MAX], *dumped;
	uint8_t digest[32];
	struct buf b;

	introduce(w, 0, 1);
	snprintf(id, sizeof(id), "%s/o/aaaaaaaaaaaaaaaaaaaaaaaaaa", n->identity.origin);
	assert_int_equal(object_sign(body, &n->identity, &n->key, id, "public", 1, T0, T0), OK);
	buf_init(&b, OBJECT_MAX);
	assert_int_equal(canon_write(body, &b), OK);
	digest_bytes(b.data, b.len, digest);
	buf_done(&b);
	tree_key(id, leaf.key);
	tree_leaf_hash(leaf.key, 1, digest, leaf.hash);
	strcpy(h.origin, n->identity.nid);
	strcpy(h.sets[0].type, "Lantern");
	h.sets[0].count = 1;
	tree_root(&leaf, 1, h.sets[0].root);
	assert_int_equal(head_sign(&h, &n->key, &n->identity, &head), OK);
	page = json_pack("{s:s, s:s, s:[o], s:s, s:b, s:o}", "origin", n->identity.nid, "audience",
			 "public", "entries", page_entry(1, body), "next", "1790000000.1", "more",
			 0, "head", head);
	counts(answer(w, "0.0", page), 1, 0, 0, 0, 1);
	t = begin_read(w, 0);
	assert_int_equal(record_get(t, 1, &r), OK);
	assert_int_equal(r.flags, RECORD_HIDDEN);
	assert_int_equal(r.row.len, 0);
	txn_end(t);
	dumped = dump(w, 0);
	assert_false(dump_has(dumped, "luciole"));
	free(dumped);
	assert_clean(w, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(whole_feed), world_test(edits_and_deletions), world_test(prepared),
		world_test(omission),	world_test(unknown_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
