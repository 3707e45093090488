/* The serving side, asked by hand: what each endpoint answers, and what it refuses. */
#include "tests/fed/fed_test.h"

#include "node/store/record.h"
#include "node/store/set.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

enum { OBJECTS = 1200, LONG = 18000 };

static struct testnode node;

static int start(void **state)
{
	testnode_conf(&node, "served");
	testnode_init(&node);
	testnode_open(&node);
	testnode_listen(&node);
	return 0;
}

static int stop(void **state)
{
	testnode_close(&node);
	return 0;
}

static void before_the_first_head(void **state)
{
	json_t *page;

	testnode_import(&node, "Asso", OBJECTS);
	page = get_json(&node, "/fed/v1/feed", 200);
	assert_true(json_is_null(json_object_get(page, "head")) ||
		    json_integer_value(json_object_get(json_object_get(page, "head"), "rev")) == 0);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 0);
	assert_true(json_is_true(json_object_get(page, "more")));
	json_decref(page);
	testnode_head(&node);
}

static void who_speaks_here(void **state)
{
	json_t *doc = get_json(&node, "/.well-known/fed", 200);

	assert_string_equal(text_of(doc, "protocol"), "fed/1");
	assert_string_equal(text_of(doc, "nid"), node.node->identity.nid);
	assert_string_equal(text_of(doc, "origin"), node.url);
	assert_string_equal(text_of(doc, "name"), "served");
	assert_string_equal(text_of(json_object_get(doc, "software"), "name"), "maillage");
	json_decref(doc);
}

static void identity(void **state)
{
	json_t *doc = get_json(&node, "/fed/v1/identity", 200);
	struct identity id;
	struct fault fault;
	char target[200];

	assert_int_equal(identity_read(doc, &id, &fault), OK);
	assert_string_equal(id.nid, node.node->identity.nid);
	json_decref(doc);
	snprintf(target, sizeof(target), "/fed/v1/identity?nid=%s", node.node->identity.nid);
	json_decref(get_json(&node, target, 200));
	doc = get_json(&node, "/fed/v1/identity?nid=nid:11111111111111111111111111111111", 404);
	assert_string_equal(kind_of(doc), "not-found");
	json_decref(doc);
}

/* Every entry of a page is the signed object itself. */
static int64_t check_entries(const json_t *page, int64_t last)
{
	const json_t *entries = json_object_get(page, "entries"), *e;
	struct envelope env;
	struct fault fault;
	struct buf bytes;
	char digest[DIGEST_TEXT];
	uint8_t hash[32];
	size_t i;

	buf_init(&bytes, OBJECT_MAX);
	json_array_foreach (entries, i, e) {
		buf_clear(&bytes);
		assert_int_equal(object_verify(json_object_get(e, "object"), &node.node->identity,
					       "public", &env, &bytes, hash, &fault),
				 OK);
		digest_text(hash, digest);
		assert_string_equal(text_of(e, "digest"), digest);
		assert_string_equal(text_of(e, "id"), env.id);
		assert_string_equal(text_of(e, "type"), env.type);
		assert_int_equal(json_integer_value(json_object_get(e, "rev")), env.rev);
		assert_true(env.rev > last);
		last = env.rev;
	}
	buf_done(&bytes);
	return last;
}

static void pages(void **state)
{
	char target[200] = "/fed/v1/feed?after=0.0&limit=500";
	int64_t last = 0;
	size_t seen = 0;
	json_t *page = NULL;
	int n;

	for (n = 0; n < 20; n++) {
		page = get_json(&node, target, 200);
		last = check_entries(page, last);
		seen += json_array_size(json_object_get(page, "entries"));
		snprintf(target, sizeof(target), "/fed/v1/feed?limit=500&after=%s",
			 text_of(page, "next"));
		if (!json_is_true(json_object_get(page, "more")))
			break;
		json_decref(page);
	}
	assert_int_equal(seen, OBJECTS);
	assert_in_range(n, 2, 5);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(page, "head"), "rev")),
			 last);
	json_decref(page);
	page = get_json(&node, target, 200);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 0);
	assert_false(json_is_true(json_object_get(page, "more")));
	json_decref(page);
	page = get_json(&node, "/fed/v1/feed?limit=7", 200);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 7);
	assert_true(json_is_true(json_object_get(page, "more")));
	json_decref(page);
}

static void a_page_ends_at_its_size(void **state)
{
	char *long_text = malloc(LONG + 1);
	json_t *page;
	char url[400], target[200];
	long status;
	char *text;

	memset(long_text, 'x', LONG);
	long_text[LONG] = '\0';
	for (int i = 0; i < 60; i++) {
		char name[30];

		snprintf(name, sizeof(name), "Longue %d", i);
		json_decref(testnode_verb(&node, "entry.create",
					  json_pack("{s:s, s:{s:s, s:s}}", "type", "Organization",
						    "fields", "name", name, "content", long_text)));
	}
	free(long_text);
	testnode_head(&node);
	page = get_json(&node, "/fed/v1/feed?limit=1", 200);
	snprintf(target, sizeof(target), "/fed/v1/feed?after=%.*s.%d",
		 (int)strcspn(text_of(page, "next"), "."), text_of(page, "next"), OBJECTS);
	json_decref(page);
	snprintf(url, sizeof(url), "%s%s", node.url, target);
	text = testnode_http("GET", url, NULL, NULL, &status, NULL);
	assert_int_equal(status, 200);
	assert_in_range(strlen(text), FED_ANSWER - 64 * 1024, FED_ANSWER);
	page = json_loads(text, 0, NULL);
	assert_true(json_is_true(json_object_get(page, "more")));
	check_entries(page, OBJECTS);
	json_decref(page);
	free(text);
}

static void types(void **state)
{
	char id[320];
	json_t *page, *out;

	out = testnode_verb(&node, "entry.create",
			    json_pack("{s:s, s:{s:s, s:s, s:s}}", "type", "Event", "fields", "name",
				      "Une fête", "startTime", "2027-06-21T20:00:00+02:00",
				      "endTime", "2027-06-21T23:00:00+02:00"));
	snprintf(id, sizeof(id), "%s", text_of(out, "id"));
	json_decref(out);
	testnode_head(&node);
	page = get_json(&node, "/fed/v1/feed?types=Event,Place", 200);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 1);
	assert_false(json_is_true(json_object_get(page, "more")));
	json_decref(page);
	testnode_delete(&node, id);
	testnode_head(&node);
	page = get_json(&node, "/fed/v1/feed?types=Event", 200);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 1);
	assert_string_equal(text_of(json_array_get(json_object_get(page, "entries"), 0), "type"),
			    "Tombstone");
	json_decref(page);
	page = get_json(&node, "/fed/v1/feed?types=Place", 200);
	assert_int_equal(json_array_size(json_object_get(page, "entries")), 0);
	assert_false(json_is_true(json_object_get(page, "more")));
	json_decref(page);
}

static void refused_queries(void **state)
{
	static const struct {
		const char *target;
		long status;
		const char *kind;
	} cases[] = {
		{"/fed/v1/feed?limit=0", 400, "malformed"},
		{"/fed/v1/feed?limit=501", 400, "malformed"},
		{"/fed/v1/feed?limit=5x", 400, "malformed"},
		{"/fed/v1/feed?limit=-1", 400, "malformed"},
		{"/fed/v1/feed?after=17", 400, "malformed"},
		{"/fed/v1/feed?after=1.-2", 400, "malformed"},
		{"/fed/v1/feed?types=", 400, "malformed"},
		{"/fed/v1/feed?after=12345.6", 410, "cursor-expired"},
		{"/fed/v1/feed?after=12345.0", 410, "cursor-expired"},
		{"/fed/v1/feed?audience=net:abc", 404, "not-found"},
		{"/fed/v1/feed?origin=nid:11111111111111111111111111111111", 404, "not-found"},
		{"/fed/v1/heads?after=x", 400, "malformed"},
		{"/fed/v1/network", 400, "malformed"},
		{"/fed/v1/network?id=net:%22", 400, "malformed"},
		{"/fed/v1/network?id=net:abc&after=00", 400, "malformed"},
		{"/fed/v1/network?id=net:abc", 404, "not-found"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *doc = get_json(&node, cases[i].target, cases[i].status);

		if (strcmp(kind_of(doc), cases[i].kind) != 0)
			fail_msg("%s: %s", cases[i].target, kind_of(doc));
		json_decref(doc);
	}
}

static void conditional_requests(void **state)
{
	char url[300], etag[100], other[100], line[150];
	const char *headers[] = {line, "Accept-Encoding: gzip", NULL};
	long status;

	snprintf(url, sizeof(url), "%s/fed/v1/feed?limit=3", node.url);
	free(testnode_http("GET", url, headers + 1, NULL, &status, etag));
	assert_true(*etag && strncmp(etag, "W/", 2) != 0);
	snprintf(line, sizeof(line), "If-None-Match: %s", etag);
	free(testnode_http("GET", url, headers, NULL, &status, NULL));
	assert_int_equal(status, 304);
	/* Another question, another tag. */
	snprintf(url, sizeof(url), "%s/fed/v1/feed?limit=4", node.url);
	free(testnode_http("GET", url, headers, NULL, &status, other));
	assert_int_equal(status, 200);
	assert_string_not_equal(etag, other);
	/* A change, another tag: also before the head covers it. */
	testnode_create(&node, "Une nouvelle", NULL);
	snprintf(url, sizeof(url), "%s/fed/v1/feed?limit=3", node.url);
	free(testnode_http("GET", url, headers, NULL, &status, other));
	assert_int_equal(status, 200);
	snprintf(line, sizeof(line), "If-None-Match: %s", other);
	testnode_head(&node);
	free(testnode_http("GET", url, headers, NULL, &status, NULL));
	assert_int_equal(status, 200);
}

static json_t *post(const char *target, const char *body, long status)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	char url[300];
	long got;
	char *text;
	json_t *doc;

	snprintf(url, sizeof(url), "%s%s", node.url, target);
	text = testnode_http("POST", url, headers, body, &got, NULL);
	if (got != status)
		fail_msg("%s: %ld instead of %ld: %.300s", target, got, status, text);
	doc = json_loads(text, 0, NULL);
	free(text);
	return doc;
}

static void objects(void **state)
{
	json_t *page = get_json(&node, "/fed/v1/feed?limit=3", 200);
	const json_t *entries = json_object_get(page, "entries");
	const char *first = text_of(json_array_get(entries, 0), "id");
	const char *third = text_of(json_array_get(entries, 2), "id");
	json_t *ask = json_pack("{s:s, s:[s, s, s]}", "origin", node.node->identity.nid, "ids",
				third, "http://nowhere.example/o/abc", first);
	char *body = json_dumps(ask, 0);
	json_t *doc = post("/fed/v1/objects", body, 200), *got = json_object_get(doc, "objects");

	assert_int_equal(json_array_size(got), 2);
	assert_true(json_equal(json_array_get(got, 0),
			       json_object_get(json_array_get(entries, 2), "object")));
	assert_true(json_equal(json_array_get(got, 1),
			       json_object_get(json_array_get(entries, 0), "object")));
	free(body);
	json_decref(ask);
	json_decref(doc);
	json_decref(page);

	doc = post("/fed/v1/objects", "{\"origin\":1,\"ids\":[]}", 422);
	assert_string_equal(text_of(doc, "pointer"), "/origin");
	json_decref(doc);
	doc = post("/fed/v1/objects", "{\"origin\":\"nid:x\",\"ids\":[7]}", 422);
	assert_string_equal(text_of(doc, "pointer"), "/ids");
	json_decref(doc);
	json_decref(post("/fed/v1/objects", "{\"origin\":\"nid:x\",\"ids\":[]}", 404));
	json_decref(post("/fed/v1/objects",
			 "{\"origin\":\"nid:x\",\"origin\":\"nid:y\",\"ids\":[]}", 400));
	json_decref(post("/fed/v1/objects", "", 400));
	ask = json_pack("{s:s, s:[]}", "origin", node.node->identity.nid, "ids");
	for (int i = 0; i < FED_OBJECTS + 1; i++)
		json_array_append_new(json_object_get(ask, "ids"), json_string("x"));
	body = json_dumps(ask, 0);
	json_decref(post("/fed/v1/objects", body, 422));
	free(body);
	json_decref(ask);
}

static void heads(void **state)
{
	json_t *doc = get_json(&node, "/fed/v1/heads", 200);
	const json_t *head = json_array_get(json_object_get(doc, "heads"), 0);
	struct head h;
	struct fault fault;
	char target[100];

	assert_int_equal(json_array_size(json_object_get(doc, "heads")), 1);
	assert_int_equal(head_verify(head, &node.node->identity, &h, &fault), OK);
	snprintf(target, sizeof(target), "/fed/v1/heads?after=%s", text_of(doc, "next"));
	json_decref(doc);
	doc = get_json(&node, target, 200);
	assert_int_equal(json_array_size(json_object_get(doc, "heads")), 0);
	json_decref(doc);
}

static void networks(void **state)
{
	json_t *out = testnode_verb(
		&node, "network.create",
		json_pack("{s:s, s:s}", "name", "Les alliances", "purpose", "S'allier"));
	char target[200], url[300];
	long status;
	json_t *doc;

	snprintf(target, sizeof(target), "/fed/v1/network?id=%s", text_of(out, "network"));
	doc = get_json(&node, target, 200);
	assert_int_equal(json_array_size(json_object_get(doc, "documents")), 2);
	assert_false(json_is_true(json_object_get(doc, "more")));
	snprintf(url, sizeof(url), "%s&after=%s", target, text_of(doc, "next"));
	json_decref(doc);
	doc = get_json(&node, url, 200);
	assert_int_equal(json_array_size(json_object_get(doc, "documents")), 0);
	json_decref(doc);
	json_decref(out);
	snprintf(url, sizeof(url), "%s/fed/v1/notify", node.url);
	free(testnode_http("GET", url, NULL, NULL, &status, NULL));
	assert_int_equal(status, 405);
}

/* Last, for it fills the set of accessions with what is none. */
static void a_network_among_many_acts(void **state)
{
	enum { MANY = 25000 };
	json_t *out =
		testnode_verb(&node, "network.create",
			      json_pack("{s:s, s:s}", "name", "Les îles", "purpose", "Se relier"));
	struct set_batch *b = set_batch_new();
	uint8_t key[32], digest[32] = {0};
	char target[200], url[600];
	uint32_t object;
	struct txn *t;
	int64_t rev;
	size_t found = 0;
	bool more = true;
	int pages;

	assert_int_equal(txn_write(node.node->store, &t), OK);
	assert_int_equal(record_next(t, 1, 0, &rev, &object), OK);
	for (int i = 0; i < MANY; i++) {
		digest_bytes(&i, sizeof(i), key);
		set_add(b, 1, "Accession", key, 1, digest, object);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(txn_commit(t), OK);
	set_batch_free(b);
	snprintf(target, sizeof(target), "/fed/v1/network?id=%s", text_of(out, "network"));
	strcpy(url, target);
	for (pages = 0; more; pages++) {
		json_t *doc = get_json(&node, url, 200);

		found += json_array_size(json_object_get(doc, "documents"));
		more = json_is_true(json_object_get(doc, "more"));
		snprintf(url, sizeof(url), "%s&after=%s", target, text_of(doc, "next"));
		json_decref(doc);
		assert_in_range(pages, 0, 3);
	}
	assert_int_equal(pages, 2);
	assert_int_equal(found, 2);
	json_decref(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_head),
		cmocka_unit_test(who_speaks_here),
		cmocka_unit_test(identity),
		cmocka_unit_test(pages),
		cmocka_unit_test(a_page_ends_at_its_size),
		cmocka_unit_test(types),
		cmocka_unit_test(refused_queries),
		cmocka_unit_test(conditional_requests),
		cmocka_unit_test(objects),
		cmocka_unit_test(heads),
		cmocka_unit_test(networks),
		cmocka_unit_test(a_network_among_many_acts),
	};

	return cmocka_run_group_tests_name("endpoints", tests, start, stop);
}
