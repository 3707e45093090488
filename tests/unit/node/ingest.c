#include "tests/unit/node/domain_test.h"

#include "node/domain/query.h"
#include "protocol/proof.h"
#include "protocol/tree.h"
#include "protocol/limits.h"

/* Node 0 reads; node 1 writes. */
static char event_id[OBJECT_ID_MAX], place_id[OBJECT_ID_MAX];

static void fill(struct world *w)
{
	char name[64];

	create(w, 1, 1, "Event", doc("{'name':'Fête du Bruant','startTime':'2026-12-01T18:00+01:00'}"), event_id);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "{'name':'Lieu numéro %d'}", i);
		create(w, 1, 2, "Place", doc("%s", name), i == 7 ? place_id : NULL);
	}
}

static json_t *delete_args(const char *id)
{
	return json_pack("{s:s}", "id", id);
}

static json_t *answer(struct world *w, const char *after, json_t *page)
{
	return must(w, 0, 50, "feed.page", page_args(w, 1, after, page));
}

static void counts(json_t *out, int stored, int removed, int unchanged, int more, int matched)
{
	assert_int_equal(json_integer_value(json_object_get(out, "stored")), stored);
	assert_int_equal(json_integer_value(json_object_get(out, "removed")), removed);
	assert_int_equal(json_integer_value(json_object_get(out, "unchanged")), unchanged);
	assert_int_equal(json_is_true(json_object_get(out, "more")), more);
	assert_int_equal(json_is_true(json_object_get(out, "matched")), matched);
	json_decref(out);
}

static struct feed feed_of(struct world *w)
{
	struct txn *t = begin_read(w, 0);
	struct origin o;
	struct feed f;

	assert_int_equal(origin_by_nid(t, world_node(w, 1)->identity.nid, &o), OK);
	assert_int_equal(feed_find(t, o.origin, "public", &f), OK);
	txn_end(t);
	return f;
}

static void sign(struct world *w, int at)
{
	done(must(w, 1, at, "head.sign", json_object()));
}

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
	json_t *old;

	fill(w);
	introduce(w, 0, 1);
	read_all(w, 0, 1, 10, 500);
	dumped = dump(w, 0);
	assert_true(dump_has(dumped, "Bruant") && dump_has(dumped, "bruant"));
	free(dumped);
	done(must(w, 1, 20, "entry.update",
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
	json_object_set_new(json_array_get(json_object_get(page, "entries"), 4), "rev", json_integer(99));
	node_input(&in, "feed.page", "node", page_args(w, 1, "0.0", page));
	in.prepared = g;
	in.prepared_free = ingest_free;
	memset(&r, 0, sizeof(r));
	node_apply(world_node(w, 0), &in, &r);
	assert_int_equal(r.err, ERR_INVALID);
	assert_string_equal(r.fault.pointer, "/entries/4");
	text_terms_free(terms);
}

/* --- refusals: nothing is stored, and the dump is as it was --- */

static void page_refused(struct world *w, const char *what, const char *after, json_t *page, int err,
			 const char *pointer)
{
	char *before = dump(w, 0), *now;
	struct verb_result r = run(w, 0, 70, "feed.page", page_args(w, 1, after, page));

	now = dump(w, 0);
	if (r.err != err || strcmp(r.fault.pointer, pointer) || !r.fault.key)
		fail_msg("%s: %s at %s (%s)", what, err_name(r.err), r.fault.pointer,
			 r.fault.key ? r.fault.key : "");
	if (strcmp(before, now) != 0)
		fail_msg("%s: left something behind", what);
	free(before);
	free(now);
}

static json_t *entry(json_t *page, size_t i)
{
	return json_array_get(json_object_get(page, "entries"), i);
}

/* The object of an entry under another signature, and the entry made to agree with it. */
static void resign(struct world *w, json_t *page, size_t i, int node, json_t *body, const char *id, int64_t rev)
{
	struct node *n = world_node(w, node);
	json_t *object = json_deep_copy(body);

	assert_int_equal(object_sign(object, &n->identity, &n->key, id, "public", rev, T0, T0), OK);
	json_array_set_new(json_object_get(page, "entries"), i, page_entry(rev, object));
}

static void forged(void **state)
{
	struct world *w = *state;
	json_t *page, *object;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(json_object_get(entry(page, 3), "object"), "name", json_string("Volé"));
	page_refused(w, "changed text", "0.0", page, ERR_SIGNATURE, "/entries/3");

	page = page_make(w, 1, "0.0", 500);
	object = json_object_get(entry(page, 3), "object");
	json_object_set_new(object, "name", json_string("Volé"));
	json_array_set_new(json_object_get(page, "entries"), 3, page_entry(4, json_incref(object)));
	page_refused(w, "changed text with its digest", "0.0", page, ERR_SIGNATURE, "/entries/3");

	page = page_make(w, 1, "0.0", 500);
	object = doc("{'type':'Place','name':'Autre'}");
	resign(w, page, 5, 2, object, "https://venus.example.org/o/aaaaaaaaaaaaaaaaaaaaaaaaaa", 6);
	page_refused(w, "another origin's", "0.0", page, ERR_INVALID, "/entries/5");
	json_decref(object);

	page = page_make(w, 1, "0.0", 500);
	object = json_object_get(entry(page, 5), "object");
	json_object_set_new(json_object_get(object, "proof"), "proofValue", json_string("z1111"));
	page_refused(w, "malformed proof", "0.0", page, ERR_INVALID, "/entries/5");

	page = page_make(w, 1, "0.0", 500);
	object = json_object_get(entry(page, 5), "object");
	json_object_set(object, "proof", json_object_get(json_object_get(entry(page, 6), "object"), "proof"));
	page_refused(w, "another's proof", "0.0", page, ERR_SIGNATURE, "/entries/5");

	page = page_make(w, 1, "0.0", 500);
	json_object_del(json_object_get(entry(page, 0), "object"), "proof");
	page_refused(w, "no proof", "0.0", page, ERR_SIGNATURE, "/entries/0");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(json_object_get(entry(page, 0), "object"), "audience", json_string("net:x"));
	page_refused(w, "another audience", "0.0", page, ERR_INVALID, "/entries/0");

	/* None of it had an effect on the true feed. */
	read_all(w, 0, 1, 80, 500);
	assert_clean(w, 0);
}

static void malformed_entries(void **state)
{
	struct world *w = *state;
	json_t *page;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 2), "digest",
			    json_string("sha256:0000000000000000000000000000000000000000000000000000000000000000"));
	page_refused(w, "wrong digest", "0.0", page, ERR_SIGNATURE, "/entries/2");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 2), "digest", json_string("md5:00"));
	page_refused(w, "no digest", "0.0", page, ERR_INVALID, "/entries/2");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 2), "id", json_string(place_id));
	page_refused(w, "wrong id", "0.0", page, ERR_INVALID, "/entries/2");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 2), "type", json_string("Event"));
	page_refused(w, "wrong type", "0.0", page, ERR_INVALID, "/entries/2");

	page = page_make(w, 1, "0.0", 500);
	json_array_remove(json_object_get(page, "entries"), 4);
	json_object_set_new(entry(page, 3), "rev", json_integer(5));
	page_refused(w, "wrong rev", "0.0", page, ERR_INVALID, "/entries/3");

	page = page_make(w, 1, "0.0", 500);
	json_array_append(json_object_get(page, "entries"), entry(page, 20));
	page_refused(w, "twice", "0.0", page, ERR_INVALID, "/entries/21");

	page = page_make(w, 1, "0.0", 500);
	json_array_insert(json_object_get(page, "entries"), 0, entry(page, 1));
	page_refused(w, "descending", "0.0", page, ERR_INVALID, "/entries/1");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 1), "extra", json_true());
	page_refused(w, "one member too many", "0.0", page, ERR_INVALID, "/entries/1");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(entry(page, 1), "object", json_string("x"));
	page_refused(w, "no object", "0.0", page, ERR_INVALID, "/entries/1");

	page = page_make(w, 1, "0.0", 500);
	json_array_set_new(json_object_get(page, "entries"), 1, json_null());
	page_refused(w, "no entry", "0.0", page, ERR_INVALID, "/entries/1");

	page = page_make(w, 1, "0.0", 500);
	page_refused(w, "entries before the cursor", "1790000000.5", page, ERR_INVALID, "/entries/0");
}

/* A name of the type table's limit is not the wire's: what is larger than 64 KiB is. */
static void oversize(void **state)
{
	struct world *w = *state;
	char *text = malloc(OBJECT_MAX + 1);
	json_t *page, *body;

	assert_non_null(text);
	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	page = page_make(w, 1, "0.0", 500);
	memset(text, 'x', OBJECT_MAX);
	text[OBJECT_MAX] = '\0';
	body = doc("{'type':'Place','name':'x'}");
	{
		struct node *n = world_node(w, 1);
		char id[OBJECT_ID_MAX];

		snprintf(id, sizeof(id), "%s/o/aaaaaaaaaaaaaaaaaaaaaaaaaa", n->identity.origin);
		/* Signed by hand: object_sign knows the limit. */
		assert_int_equal(object_sign(body, &n->identity, &n->key, id, "public", 4, T0, T0), OK);
		json_object_set_new(body, "content", json_string(text));
		json_object_del(body, "proof");
		{
			char method[NID_TEXT + KEY_TEXT];

			identity_method(&n->identity, method);
			assert_int_equal(proof_sign(body, &n->key, method, T0), OK);
		}
	}
	json_array_set_new(json_object_get(page, "entries"), 3, page_entry(4, body));
	page_refused(w, "oversize", "0.0", page, ERR_LIMIT, "/entries/3");
	free(text);
}

static void malformed_pages(void **state)
{
	struct world *w = *state;
	json_t *page, *old_head;
	struct verb_result r;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	old_head = json_incref(json_object_get(page = page_make(w, 1, "0.0", 1), "head"));
	json_decref(page);

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "extra", json_true());
	page_refused(w, "one member too many", "0.0", page, ERR_INVALID, "");
	page = page_make(w, 1, "0.0", 500);
	json_object_del(page, "more");
	page_refused(w, "one member too few", "0.0", page, ERR_INVALID, "");
	page_refused(w, "no page", "0.0", json_null(), ERR_INVALID, "");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "origin", json_string(world_node(w, 0)->identity.nid));
	page_refused(w, "another origin", "0.0", page, ERR_INVALID, "/origin");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "audience", json_string("net:x"));
	page_refused(w, "another audience", "0.0", page, ERR_INVALID, "/audience");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "entries", json_object());
	page_refused(w, "no entries", "0.0", page, ERR_INVALID, "/entries");
	page = page_make(w, 1, "0.0", 500);
	for (int i = 21; i <= FED_FEED; i++)
		json_array_append_new(json_object_get(page, "entries"), json_null());
	page_refused(w, "too many entries", "0.0", page, ERR_INVALID, "/entries");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "more", json_integer(1));
	page_refused(w, "more", "0.0", page, ERR_INVALID, "/more");

	/* next and more */
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "next", json_string("1790000000.20"));
	page_refused(w, "next before the last", "0.0", page, ERR_INVALID, "/next");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "next", json_string("1790000000.22"));
	page_refused(w, "next beyond the head", "0.0", page, ERR_INVALID, "/next");
	page = page_make(w, 1, "0.0", 5);
	json_object_set_new(page, "more", json_false());
	page_refused(w, "the end before the head", "0.0", page, ERR_INVALID, "/next");
	page = page_make(w, 1, "0.0", 0);
	json_object_set_new(page, "next", json_string("1790000000.21"));
	page_refused(w, "an empty page that advances", "0.0", page, ERR_INVALID, "/next");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "next", json_string("01.0"));
	page_refused(w, "no cursor", "0.0", page, ERR_INVALID, "/next");
	page_refused(w, "after", "1.", page_make(w, 1, "0.0", 500), ERR_INVALID, "/after");
	page_refused(w, "a gap", "1790000000.9", page_make(w, 1, "1790000000.9", 500), ERR_CONFLICT, "/after");
	page_refused(w, "another epoch", "1780000000.9", page_make(w, 1, "1780000000.9", 500), ERR_EXPIRED,
		     "/after");

	/* heads */
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(json_object_get(page, "head"), "rev", json_integer(22));
	page_refused(w, "forged head", "0.0", page, ERR_SIGNATURE, "/head");
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "head", json_null());
	page_refused(w, "entries without a head", "0.0", page, ERR_INVALID, "/head");
	done(must(w, 1, 4, "entry.delete", delete_args(place_id)));
	sign(w, 5);
	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(page, "head", old_head);
	page_refused(w, "entries beyond the head", "0.0", page, ERR_INVALID, "/entries/20");

	/* targets */
	r = run(w, 0, 70, "feed.page", page_args(w, 0, "0.0", page_make(w, 1, "0.0", 1)));
	assert_int_equal(r.err, ERR_DENIED);
	r = run(w, 0, 70, "feed.page", page_args(w, 2, "0.0", page_make(w, 1, "0.0", 1)));
	assert_int_equal(r.err, ERR_NOTFOUND);
}

static void unconfirmed(void **state)
{
	struct world *w = *state;
	struct txn *t;
	json_t *ops = NULL;

	fill(w);
	sign(w, 3);
	t = begin_read(w, 1);
	assert_int_equal(origin_ops(t, 1, &ops), OK);
	txn_end(t);
	done(must(w, 0, 0, "origin.add", json_pack("{s:O, s:b}", "operations", ops, "confirmed", 0)));
	page_refused(w, "unconfirmed", "0.0", page_make(w, 1, "0.0", 500), ERR_DENIED, "/origin");
	done(must(w, 0, 0, "origin.add", json_pack("{s:o, s:b}", "operations", ops, "confirmed", 1)));
	read_all(w, 0, 1, 5, 500);
	done(must(w, 0, 1, "origin.name",
		  json_pack("{s:s, s:s}", "nid", world_node(w, 1)->identity.nid, "name", "Mars")));
	refused(w, 0, 1, "origin.name", json_pack("{s:s, s:s}", "nid", "nid:x", "name", "Mars"), ERR_NOTFOUND,
		"/nid");
	refused(w, 0, 1, "origin.add", doc("{'operations':[]}"), ERR_INVALID, "");
	assert_clean(w, 0);
}

/* Valid signatures of the origin itself that contradict each other. */
static void equivocation(void **state)
{
	struct world *w = *state;
	json_t *page, *body;

	fill(w);
	introduce(w, 0, 1);
	read_all(w, 0, 1, 5, 500);

	page = page_make(w, 1, "0.0", 500);
	body = doc("{'type':'Event','name':'Une autre fête','startTime':'2026-12-01T18:00+01:00'}");
	resign(w, page, 0, 1, body, event_id, 1);
	page_refused(w, "same rev, other digest", "0.0", page, ERR_CONFLICT, "/entries/0");
	json_decref(body);

	/* A later revision that changes the type. */
	create(w, 1, 6, "Place", doc("{'name':'x'}"), NULL);
	sign(w, 7);
	page = page_make(w, 1, "1790000000.21", 500);
	body = doc("{'type':'Place','name':'Un lieu'}");
	resign(w, page, 0, 1, body, event_id, 22);
	page_refused(w, "type changed", "1790000000.21", page, ERR_INVALID, "/entries/0");
	json_decref(body);

	/* Dead is dead. */
	done(must(w, 1, 8, "entry.delete", delete_args(place_id)));
	sign(w, 9);
	read_all(w, 0, 1, 10, 500);
	create(w, 1, 11, "Place", doc("{'name':'y'}"), NULL);
	sign(w, 12);
	page = page_make(w, 1, "1790000000.23", 500);
	body = doc("{'type':'Place','name':'Revenant'}");
	resign(w, page, 0, 1, body, place_id, 24);
	page_refused(w, "a dead id", "1790000000.23", page, ERR_EXPIRED, "/entries/0");
	json_decref(body);

	/* A head of the same place with other sets. */
	read_all(w, 0, 1, 13, 500);
	{
		struct node *n = world_node(w, 1);
		struct head h;
		json_t *head;

		page = page_make(w, 1, "1790000000.24", 500);
		assert_int_equal(head_verify(json_object_get(page, "head"), &n->identity, &h, NULL), OK);
		h.sets[0].root[0] ^= 1;
		h.created++;
		assert_int_equal(head_sign(&h, &n->key, &n->identity, &head), OK);
		json_object_set_new(page, "head", head);
		page_refused(w, "two heads", "1790000000.24", page, ERR_CONFLICT, "/head");
	}
	assert_clean(w, 0);
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
	struct head h = {.audience = "public", .epoch = T0, .rev = 1, .created = T0 + 3, .n_sets = 1};
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
	page = json_pack("{s:s, s:s, s:[o], s:s, s:b, s:o}", "origin", n->identity.nid, "audience", "public",
			 "entries", page_entry(1, body), "next", "1790000000.1", "more", 0, "head", head);
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

static void ceilings(void **state)
{
	struct world *w = *state;
	struct entry_use use;
	struct origin o;
	struct txn *t;

	fill(w);
	introduce(w, 0, 1);
	sign(w, 3);
	/* As if there were nearly a hundred thousand of them. */
	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	assert_int_equal(origin_by_nid(t, world_node(w, 1)->identity.nid, &o), OK);
	use = (struct entry_use){ORIGIN_OBJECTS - 20, 0};
	assert_int_equal(entry_use_put(t, o.origin, &use), OK);
	assert_int_equal(txn_commit(t), OK);
	page_refused(w, "objects", "0.0", page_make(w, 1, "0.0", 500), ERR_LIMIT, "");
	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	use = (struct entry_use){0, ORIGIN_BYTES - 1000};
	assert_int_equal(entry_use_put(t, o.origin, &use), OK);
	assert_int_equal(txn_commit(t), OK);
	page_refused(w, "bytes", "0.0", page_make(w, 1, "0.0", 500), ERR_LIMIT, "");
	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	use = (struct entry_use){0, 0};
	assert_int_equal(entry_use_put(t, o.origin, &use), OK);
	assert_int_equal(txn_commit(t), OK);
	read_all(w, 0, 1, 5, 500);
	t = begin_read(w, 0);
	entry_use_get(t, o.origin, &use);
	assert_int_equal(use.objects, 21);
	assert_true(use.bytes > 21 * 500 && use.bytes < 21 * 2000);
	txn_end(t);
}

/* 65 types in one page. */
static void too_many_types(void **state)
{
	struct world *w = *state;
	struct node *n = world_node(w, 1);
	struct head h = {.audience = "public", .epoch = T0, .rev = 65, .created = T0};
	json_t *entries = json_array(), *head;
	uint8_t random[OBJECT_RANDOM] = {0};

	introduce(w, 0, 1);
	strcpy(h.origin, n->identity.nid);
	assert_int_equal(head_sign(&h, &n->key, &n->identity, &head), OK);
	for (int i = 1; i <= 65; i++) {
		json_t *body = doc("{'type':'Type%d'}", i);
		char id[OBJECT_ID_MAX];

		random[0] = (uint8_t)i;
		object_id_make(n->identity.origin, random, id);
		assert_int_equal(object_sign(body, &n->identity, &n->key, id, "public", i, T0, T0), OK);
		json_array_append_new(entries, page_entry(i, body));
	}
	page_refused(w, "types", "0.0",
		     json_pack("{s:s, s:s, s:o, s:s, s:b, s:o}", "origin", n->identity.nid, "audience",
			       "public", "entries", entries, "next", "1790000000.65", "more", 1, "head", head),
		     ERR_LIMIT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(whole_feed),	       world_test(edits_and_deletions), world_test(prepared),
		world_test(forged),	       world_test(malformed_entries),	world_test(oversize),
		world_test(malformed_pages),   world_test(unconfirmed),		world_test(equivocation),
		world_test(omission),	       world_test(unknown_types),	world_test(ceilings),
		world_test(too_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
