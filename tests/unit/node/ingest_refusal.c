/* What a feed page is refused for: nothing is stored, and the dump is as it was. */
#include "tests/unit/node/ingest_test.h"

static void page_refused(struct world *w, const char *what, const char *after, json_t *page,
			 int err, const char *pointer)
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

/* The object of an entry under another signature, and the entry made to agree with it. */
static void resign(struct world *w, json_t *page, size_t i, int node, json_t *body, const char *id,
		   int64_t rev)
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
	json_object_set(object, "proof",
			json_object_get(json_object_get(entry(page, 6), "object"), "proof"));
	page_refused(w, "another's proof", "0.0", page, ERR_SIGNATURE, "/entries/5");

	page = page_make(w, 1, "0.0", 500);
	json_object_del(json_object_get(entry(page, 0), "object"), "proof");
	page_refused(w, "no proof", "0.0", page, ERR_SIGNATURE, "/entries/0");

	page = page_make(w, 1, "0.0", 500);
	json_object_set_new(json_object_get(entry(page, 0), "object"), "audience",
			    json_string("net:x"));
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
	json_object_set_new(
		entry(page, 2), "digest",
		json_string(
			"sha256:0000000000000000000000000000000000000000000000000000000000000000"));
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
	page_refused(w, "entries before the cursor", "1790000000.5", page, ERR_INVALID,
		     "/entries/0");
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
		assert_int_equal(object_sign(body, &n->identity, &n->key, id, "public", 4, T0, T0),
				 OK);
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
	page_refused(w, "a gap", "1790000000.9", page_make(w, 1, "1790000000.9", 500), ERR_CONFLICT,
		     "/after");
	page_refused(w, "another epoch", "1780000000.9", page_make(w, 1, "1780000000.9", 500),
		     ERR_EXPIRED, "/after");

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
	done(must(w, 0, 0, "origin.add",
		  json_pack("{s:O, s:b}", "operations", ops, "confirmed", 0)));
	page_refused(w, "unconfirmed", "0.0", page_make(w, 1, "0.0", 500), ERR_DENIED, "/origin");
	done(must(w, 0, 0, "origin.add",
		  json_pack("{s:o, s:b}", "operations", ops, "confirmed", 1)));
	read_all(w, 0, 1, 5, 500);
	done(must(w, 0, 1, "origin.name",
		  json_pack("{s:s, s:s}", "nid", world_node(w, 1)->identity.nid, "name", "Mars")));
	refused(w, 0, 1, "origin.name", json_pack("{s:s, s:s}", "nid", "nid:x", "name", "Mars"),
		ERR_NOTFOUND, "/nid");
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
		assert_int_equal(head_verify(json_object_get(page, "head"), &n->identity, &h, NULL),
				 OK);
		h.sets[0].root[0] ^= 1;
		h.created++;
		assert_int_equal(head_sign(&h, &n->key, &n->identity, &head), OK);
		json_object_set_new(page, "head", head);
		page_refused(w, "two heads", "1790000000.24", page, ERR_CONFLICT, "/head");
	}
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
	/* Beyond both ceilings an origin may still change and delete, and nothing more. */
	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	use = (struct entry_use){ORIGIN_OBJECTS + 1, ORIGIN_BYTES + 1};
	assert_int_equal(entry_use_put(t, o.origin, &use), OK);
	assert_int_equal(txn_commit(t), OK);
	done(must(w, 1, 6, "entry.delete", delete_args(place_id)));
	done(must(w, 1, 6, "entry.update",
		  json_pack("{s:s, s:i, s:o}", "id", event_id, "rev", 1, "fields",
			    doc("{'name':'Fête','startTime':'2026-12-01T18:00+01:00'}"))));
	read_all(w, 0, 1, 7, 500);
	create(w, 1, 8, "Place", doc("{'name':'De trop'}"), NULL);
	sign(w, 9);
	page_refused(w, "one more", "0.0", page_make(w, 1, "0.0", 500), ERR_LIMIT, "");
}

/* Clocks that are wrong by days. */
static void from_the_future(void **state)
{
	struct world *w = *state;

	introduce(w, 0, 1);
	create(w, 1, 1, "Place", doc("{'name':'Ici'}"), NULL);
	create(w, 1, 86400 + 71, "Place", doc("{'name':'Demain'}"), NULL);
	sign(w, 5);
	page_refused(w, "record", "0.0", page_make(w, 1, "0.0", 500), ERR_INVALID, "/entries/1");
	sign(w, 2 * 86400);
	page_refused(w, "head", "0.0", page_make(w, 1, "0.0", 1), ERR_INVALID, "/head");
	done(must(w, 0, 86400, "feed.page",
		  page_args(w, 1, "0.0", page_make(w, 1, "0.0", 500))));
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
		assert_int_equal(object_sign(body, &n->identity, &n->key, id, "public", i, T0, T0),
				 OK);
		json_array_append_new(entries, page_entry(i, body));
	}
	page_refused(w, "types", "0.0",
		     json_pack("{s:s, s:s, s:o, s:s, s:b, s:o}", "origin", n->identity.nid,
			       "audience", "public", "entries", entries, "next", "1790000000.65",
			       "more", 1, "head", head),
		     ERR_LIMIT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(forged),	 world_test(malformed_entries),
		world_test(oversize),	 world_test(malformed_pages),
		world_test(unconfirmed), world_test(equivocation),
		world_test(ceilings), world_test(from_the_future),	 world_test(too_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
