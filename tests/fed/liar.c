/*
 * A server that speaks fed/1 and lies, in every way it can think of.  After each lie the reader's
 * store is what it was, the reason can be read, other peers are served as before; and when the liar
 * tells the truth again, it is believed.
 */
#include "tests/fed/fed_test.h"

#include <zlib.h>

#include "node/sync/sync.h"
#include "tests/fed/liar_server.h"

enum { BIG = 4 << 20, KNOWN = LIAR_KNOWN };

static struct testnode reader, honest;

/* Told as if the liar had given notice: what waits for the next poll waits no longer. */
static void say(enum how how, const void *page, size_t len)
{
	liar_say(how, page, len);
	sync_wake(reader.node, liar.identity.nid, NULL);
}

static void say_json(json_t *page)
{
	char *text = json_dumps(page, JSON_COMPACT);

	say(PLAIN, text, strlen(text));
	free(text);
	json_decref(page);
}

/* The frame of each test. */

static int start(void **state)
{
	testnode_start(&honest, "honest");
	testnode_conf(&reader, "reader");
	reader.conf.poll_max = 1;
	testnode_init(&reader);
	testnode_open(&reader);
	testnode_serve(&reader);
	liar_start();
	testnode_peer(&reader, honest.url);
	testnode_peer(&reader, liar.url);
	return 0;
}

static int stop(void **state)
{
	testnode_close(&reader);
	testnode_close(&honest);
	liar_stop();
	return 0;
}

static bool well(void)
{
	struct peer p;

	return testnode_peer_get(&reader, liar.url, &p) && !*p.error && p.last_ok &&
	       testnode_count(&reader, liar.identity.nid) == KNOWN;
}

static bool reason_is(const char *text)
{
	struct peer p;

	return testnode_peer_get(&reader, liar.url, &p) && strstr(p.error, text);
}

/* The lie has been told; this reason is to be read, nothing is to have changed, others go on. */
static void seen_through(const char *reason)
{
	char *before = testnode_sets(&reader, liar.identity.nid), *after;
	struct peer p;

	if (!TESTNODE_UNTIL(PATIENCE, reason_is(reason))) {
		testnode_peer_get(&reader, liar.url, &p);
		fail_msg("instead of \"%s\" the reason is \"%s\"", reason, p.error);
	}
	testnode_create(&honest, "Entre-temps", NULL);
	testnode_head(&honest);
	sync_wake(reader.node, honest.node->identity.nid, NULL);
	assert_until(testnode_same(&honest, &reader));
	after = testnode_sets(&reader, liar.identity.nid);
	assert_string_equal(before, after);
	free(before);
	free(after);
	say(PLAIN, NULL, 0);
	assert_until(well());
}

static void the_truth_is_believed(void **state)
{
	assert_until(well());
}

static void malformed(void **state)
{
	static const char *const pages[] = {"", "{", "nonsense", "[]", "{\"entries\":[]}", "null"};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		say(PLAIN, pages[i], strlen(pages[i]));
		seen_through("is refused");
	}
}

static void duplicate_member(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 1);
	char *text = json_dumps(page, JSON_COMPACT), *twice = malloc(strlen(text) + 50);

	sprintf(twice, "{\"audience\":\"public\",%s", text + 1);
	say(PLAIN, twice, strlen(twice));
	free(twice);
	free(text);
	json_decref(page);
	seen_through("is refused");
}

static void oversize(void **state)
{
	char *page = malloc(BIG);

	memset(page, ' ', BIG);
	say(PLAIN, page, BIG);
	free(page);
	seen_through("larger than allowed");
}

/* 4 MiB of spaces in 4 KiB. */
static void gzip_bomb(void **state)
{
	char *plain = malloc(BIG), *packed = malloc(BIG);
	z_stream z = {0};

	memset(plain, ' ', BIG);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)plain;
	z.avail_in = BIG;
	z.next_out = (Bytef *)packed;
	z.avail_out = BIG;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	say(GZIPPED, packed, z.total_out);
	deflateEnd(&z);
	free(plain);
	free(packed);
	seen_through("larger than allowed");
}

static void not_gzip(void **state)
{
	say(GZIPPED, "{\"entries\":[]}", 14);
	seen_through("ncoding");
}

static void dripped(void **state)
{
	say(DRIPPED, NULL, 0);
	seen_through("Timeout");
}

static void cut_off(void **state)
{
	say(CUT, NULL, 0);
	seen_through("artial");
}

static void redirected(void **state)
{
	say(REDIRECTED, NULL, 0);
	seen_through("302");
}

/* 304 says "as before", to one who asks for the first time. */
static void unchanged_since_never(void **state)
{
	say(UNCHANGED, NULL, 0);
	seen_through("304 to a request that asked nothing");
}

static void endless_header(void **state)
{
	say(HEADED, NULL, 0);
	seen_through("header");
}

/* A page whose one new object is `object` (stolen), told under a true head. */
static json_t *page_with(json_t *object)
{
	json_t *page = liar_page(KNOWN, KNOWN + 1);
	json_t *entries = json_object_get(page, "entries");

	json_array_clear(entries);
	json_array_append_new(entries, liar_entry(object));
	json_decref(object);
	return page;
}

static void an_unsigned_object(void **state)
{
	json_t *object = json_deep_copy(liar.objects[KNOWN + 1]);

	json_object_del(object, "proof");
	say_json(page_with(object));
	seen_through("/entries/0");
}

static void a_changed_object(void **state)
{
	json_t *object = json_deep_copy(liar.objects[KNOWN + 1]);

	json_object_set_new(object, "name", json_string("Changée"));
	say_json(page_with(object));
	seen_through("/entries/0");
}

static void an_object_signed_by_another_key(void **state)
{
	say_json(page_with(liar_object(KNOWN + 1, liar.url, &liar.other)));
	seen_through("/entries/0");
}

static void an_object_at_another_address(void **state)
{
	say_json(page_with(liar_object(KNOWN + 1, honest.url, &liar.key)));
	seen_through("/entries/0");
}

static void another_nodes_feed(void **state)
{
	json_t *page = get_json(&honest, "/fed/v1/feed", 200);

	say_json(page);
	seen_through("/origin");
}

static void a_wrong_digest(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 1);
	json_t *e = json_array_get(json_object_get(page, "entries"), 0);

	json_object_set_new(
		e, "digest",
		json_string(
			"sha256:0000000000000000000000000000000000000000000000000000000000000000"));
	say_json(page);
	seen_through("digest");
}

static void descending_revisions(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 2), *entries = json_object_get(page, "entries");
	json_t *first = json_incref(json_array_get(entries, 0));

	json_array_remove(entries, 0);
	json_array_append_new(entries, first);
	say_json(page);
	seen_through("ascend");
}

static void a_revision_beyond_the_head(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 2);

	json_object_set_new(page, "head", liar_head(KNOWN + 1, KNOWN + 1, &liar.key));
	say_json(page);
	seen_through("ascend");
}

/* The page of an earlier day, whole and signed. */
static void an_older_page(void **state)
{
	say_json(liar_page(0, KNOWN - 1));
	seen_through("refused");
	say_json(liar_page(KNOWN - 1, KNOWN - 1));
	seen_through("older");
}

static void a_head_by_another_key(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 1);

	json_object_set_new(page, "head", liar_head(KNOWN + 1, KNOWN + 1, &liar.other));
	say_json(page);
	seen_through("/head");
}

static void a_changed_head(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN);

	json_object_set_new(json_object_get(page, "head"), "floor", json_integer(1));
	say_json(page);
	seen_through("/head");
}

/* Two signed heads of one revision with other sets: a fork, and proof of it. */
static void two_heads_of_one_revision(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN);

	json_object_set_new(page, "head", liar_head(KNOWN, KNOWN - 1, &liar.key));
	say_json(page);
	seen_through("two different heads");
}

static void a_page_without_end(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN);
	unsigned before, after;
	int64_t until;

	json_object_set_new(page, "more", json_true());
	say_json(page);
	before = liar.asked;
	until = testnode_ms() + 3000;
	assert_until(testnode_ms() > until);
	after = liar.asked;
	/* Asked about once a second, and taken for what it may be: a node that is writing. */
	assert_in_range(after - before, 1, 6);
	assert_until(reason_is("sent empty pages"));
	say(PLAIN, NULL, 0);
	assert_until(well());
}

static void hear(void *arg, const struct sync_report *r)
{
	if (r->done && !strcmp(r->url, liar.url))
		snprintf(arg, PEER_ERROR, "%s", r->text);
}

/* The same, to a command that is to come to an end. */
static void once_without_end(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN);
	struct fault fault = {0};
	char last[PEER_ERROR] = "", *text;
	struct testnode b;

	json_object_set_new(page, "more", json_true());
	text = json_dumps(page, JSON_COMPACT);
	json_decref(page);
	testnode_conf(&b, "once");
	testnode_init(&b);
	testnode_open(&b);
	testnode_peer(&b, liar.url);
	liar_say(PLAIN, text, strlen(text));
	assert_int_not_equal(sync_once(b.node, hear, last, &fault), OK);
	assert_non_null(strstr(last, "sent empty pages"));
	testnode_close(&b);
	free(text);
	say(PLAIN, NULL, 0);
	assert_until(well());
}

/* Last, for it leaves traces: a true object is missing from its page, and the head says so. */
static void an_object_is_held_back(void **state)
{
	json_t *page = liar_page(KNOWN, KNOWN + 2), *entries = json_object_get(page, "entries");

	json_array_remove(entries, 0);
	say_json(page);
	assert_until(reason_is("does not match its signed head"));
	assert_int_equal(testnode_count(&reader, liar.identity.nid), KNOWN + 1);
	testnode_create(&honest, "Et encore", NULL);
	assert_until(testnode_same(&honest, &reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_believed),
		cmocka_unit_test(malformed),
		cmocka_unit_test(duplicate_member),
		cmocka_unit_test(oversize),
		cmocka_unit_test(gzip_bomb),
		cmocka_unit_test(not_gzip),
		cmocka_unit_test(dripped),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(redirected),
		cmocka_unit_test(unchanged_since_never),
		cmocka_unit_test(endless_header),
		cmocka_unit_test(an_unsigned_object),
		cmocka_unit_test(a_changed_object),
		cmocka_unit_test(an_object_signed_by_another_key),
		cmocka_unit_test(an_object_at_another_address),
		cmocka_unit_test(another_nodes_feed),
		cmocka_unit_test(a_wrong_digest),
		cmocka_unit_test(descending_revisions),
		cmocka_unit_test(a_revision_beyond_the_head),
		cmocka_unit_test(an_older_page),
		cmocka_unit_test(a_head_by_another_key),
		cmocka_unit_test(a_changed_head),
		cmocka_unit_test(two_heads_of_one_revision),
		cmocka_unit_test(a_page_without_end),
		cmocka_unit_test(once_without_end),
		cmocka_unit_test(an_object_is_held_back),
	};

	return cmocka_run_group_tests_name("liar", tests, start, stop);
}
