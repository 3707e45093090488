/*
 * A server that speaks fed/1 and lies, in every way it can think of.  After each lie the reader's
 * store is what it was, the reason can be read, other peers are served as before; and when the liar
 * tells the truth again, it is believed.
 */
#include "tests/fed/fed_test.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <zlib.h>

#include "node/sync/sync.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/head.h"
#include "protocol/object.h"
#include "protocol/tree.h"

enum {
	REVS = 8,  /* objects the liar has */
	KNOWN = 5, /* of them, what the reader holds before each lie */
	BIG = 4 << 20,
};

enum how { PLAIN, GZIPPED, DRIPPED, CUT, REDIRECTED, HEADED };

struct liar {
	struct key key, other;
	struct identity identity;
	json_t *genesis;
	struct MHD_Daemon *daemon;
	unsigned port;
	char url[100];
	int64_t epoch;
	json_t *objects[REVS + 1]; /* by rev */
	struct tree_leaf leaves[REVS + 1];

	pthread_mutex_t lock; /* what follows is set by the test, read by the server */
	enum how how;
	void *page; /* what the feed answers; NULL: the truth */
	size_t page_len;
	int64_t held; /* up to which rev the truth goes */
	atomic_uint asked;
};

static struct liar liar;
static struct testnode reader, honest;

/* What the liar would say if it did not lie. */

static json_t *object_make(int64_t rev, const char *origin, const struct key *key)
{
	uint8_t random[OBJECT_RANDOM] = {(uint8_t)rev, 1};
	char id[OBJECT_ID_MAX], name[40];
	struct identity as = liar.identity;
	json_t *doc;

	snprintf(name, sizeof(name), "Fiche %lld", (long long)rev);
	object_id_make(origin, random, id);
	snprintf(as.origin, sizeof(as.origin), "%s", origin);
	memcpy(as.sign, key->pub, 32);
	doc = json_pack("{s:s, s:s}", "type", "Organization", "name", name);
	if (object_sign(doc, &as, key, id, "public", rev, 1800000000, 1800000000))
		testnode_die("object_sign", id);
	return doc;
}

static void digest_of(const json_t *doc, uint8_t ret[32])
{
	struct buf b;

	buf_init(&b, OBJECT_MAX);
	if (canon_write(doc, &b))
		testnode_die("canon_write", NULL);
	digest_bytes(b.data, b.len, ret);
	buf_done(&b);
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

static json_t *head_make(int64_t rev, int64_t count, const struct key *key)
{
	struct head *h = calloc(1, sizeof(*h));
	struct tree_leaf leaves[REVS];
	struct identity as = liar.identity;
	json_t *doc;

	memcpy(h->origin, liar.identity.nid, sizeof(h->origin));
	strcpy(h->audience, "public");
	h->epoch = liar.epoch;
	h->rev = rev;
	h->created = (int64_t)time(NULL);
	h->n_sets = 1;
	strcpy(h->sets[0].type, "Organization");
	h->sets[0].count = (uint64_t)count;
	memcpy(leaves, liar.leaves + 1, (size_t)count * sizeof(leaves[0]));
	qsort(leaves, (size_t)count, sizeof(leaves[0]), by_key);
	tree_root(leaves, (size_t)count, h->sets[0].root);
	memcpy(as.sign, key->pub, 32);
	if (head_sign(h, key, &as, &doc))
		testnode_die("head_sign", NULL);
	free(h);
	return doc;
}

static json_t *entry_make(const json_t *object)
{
	char digest[DIGEST_TEXT];
	uint8_t hash[32];

	digest_of(object, hash);
	digest_text(hash, digest);
	return json_pack("{s:O, s:O, s:O, s:s, s:O}", "rev", json_object_get(object, "rev"), "id",
			 json_object_get(object, "id"), "type", json_object_get(object, "type"),
			 "digest", digest, "object", object);
}

/* Entries after..to, under a head at `to`; more false. */
static json_t *page_make(int64_t after, int64_t to)
{
	json_t *entries = json_array();
	char next[CURSOR_TEXT];

	for (int64_t rev = after + 1; rev <= to; rev++)
		json_array_append_new(entries, entry_make(liar.objects[rev]));
	cursor_format(liar.epoch, to, next);
	return json_pack("{s:s, s:s, s:o, s:s, s:b, s:o}", "origin", liar.identity.nid, "audience",
			 "public", "entries", entries, "next", next, "more", 0, "head",
			 head_make(to, to, &liar.key));
}

/* The server. */

static ssize_t drip(void *cls, uint64_t at, char *out, size_t size)
{
	struct timespec ts = {.tv_nsec = 200000000};

	nanosleep(&ts, NULL);
	*out = ' ';
	return 1;
}

/* Announces more than it sends. */
static ssize_t cut_short(void *cls, uint64_t at, char *out, size_t size)
{
	if (at > 1000)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memset(out, ' ', size > 500 ? 500 : size);
	return size > 500 ? 500 : (ssize_t)size;
}

static struct MHD_Response *answer_feed(const char *after, unsigned *status)
{
	struct MHD_Response *r;
	int64_t epoch = 0, rev = 0;
	json_t *page;
	char *text;

	liar.asked++;
	switch (liar.how) {
	case DRIPPED:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64, drip, NULL, NULL);
	case CUT:
		return MHD_create_response_from_callback(5000, 1024, cut_short, NULL, NULL);
	case REDIRECTED:
		*status = 302;
		r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
		MHD_add_response_header(r, "Location", honest.url);
		return r;
	case HEADED:
		r = MHD_create_response_from_buffer(2, (void *)"{}", MHD_RESPMEM_PERSISTENT);
		text = malloc(50001);
		memset(text, 'x', 50000);
		text[50000] = '\0';
		MHD_add_response_header(r, "X-Long", text);
		free(text);
		return r;
	case GZIPPED:
	case PLAIN:
		break;
	}
	if (liar.page) {
		r = MHD_create_response_from_buffer(liar.page_len, liar.page,
						    MHD_RESPMEM_MUST_COPY);
		if (liar.how == GZIPPED)
			MHD_add_response_header(r, "Content-Encoding", "gzip");
		return r;
	}
	cursor_parse(after, &epoch, &rev);
	page = page_make(rev, liar.held);
	text = json_dumps(page, JSON_COMPACT);
	json_decref(page);
	return MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handler(void *cls, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *data,
			       size_t *size, void **state)
{
	const char *after = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "after");
	const char *origin = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "origin");
	struct MHD_Response *r;
	unsigned status = 200;
	enum MHD_Result done;
	json_t *doc;
	char *text;

	if (!*state) {
		*state = &liar;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&liar.lock);
	if (!strcmp(url, "/fed/v1/identity")) {
		doc = json_pack("{s:s, s:[O]}", "nid", liar.identity.nid, "operations",
				liar.genesis);
		text = json_dumps(doc, JSON_COMPACT);
		json_decref(doc);
		r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	} else if (!strcmp(url, "/fed/v1/feed") && origin && !strcmp(origin, liar.identity.nid)) {
		r = answer_feed(after ? after : "0.0", &status);
	} else {
		status = 404;
		r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	}
	pthread_mutex_unlock(&liar.lock);
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

static void liar_start(void)
{
	uint8_t seed[32] = {7}, secret[32] = {8}, seed2[32] = {9};

	liar.port = testnode_port();
	snprintf(liar.url, sizeof(liar.url), "http://127.0.0.1:%u", liar.port);
	liar.epoch = 1800000000;
	key_from_seed(&liar.key, seed);
	key_from_seed(&liar.other, seed2);
	pthread_mutex_init(&liar.lock, NULL);
	if (identity_genesis(&liar.key, secret, liar.url, 1800000000, &liar.genesis))
		testnode_die("identity_genesis", NULL);
	json_t *ops = json_pack("[O]", liar.genesis);

	if (identity_read(ops, &liar.identity, NULL))
		testnode_die("identity_read", NULL);
	json_decref(ops);
	for (int64_t rev = 1; rev <= REVS; rev++) {
		struct tree_leaf *l = &liar.leaves[rev];
		uint8_t digest[32];

		liar.objects[rev] = object_make(rev, liar.url, &liar.key);
		digest_of(liar.objects[rev], digest);
		tree_key(json_string_value(json_object_get(liar.objects[rev], "id")), l->key);
		tree_leaf_hash(l->key, (uint64_t)rev, digest, l->hash);
	}
	liar.held = KNOWN;
	liar.daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD,
		(uint16_t)liar.port, NULL, NULL, handler, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)256 * 1024, MHD_OPTION_END);
	if (!liar.daemon)
		testnode_die("libmicrohttpd", liar.url);
}

static void say(enum how how, const void *page, size_t len)
{
	pthread_mutex_lock(&liar.lock);
	free(liar.page);
	liar.page = page ? malloc(len + 1) : NULL;
	if (liar.page)
		memcpy(liar.page, page, len);
	liar.page_len = len;
	liar.how = how;
	pthread_mutex_unlock(&liar.lock);
	/* As if it had given notice: what waits for the next poll waits no longer. */
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
	MHD_stop_daemon(liar.daemon);
	free(liar.page);
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
	json_t *page = page_make(KNOWN, KNOWN + 1);
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

static void endless_header(void **state)
{
	say(HEADED, NULL, 0);
	seen_through("header");
}

/* A page whose one new object is `object` (stolen), told under a true head. */
static json_t *page_with(json_t *object)
{
	json_t *page = page_make(KNOWN, KNOWN + 1);
	json_t *entries = json_object_get(page, "entries");

	json_array_clear(entries);
	json_array_append_new(entries, entry_make(object));
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
	say_json(page_with(object_make(KNOWN + 1, liar.url, &liar.other)));
	seen_through("/entries/0");
}

static void an_object_at_another_address(void **state)
{
	say_json(page_with(object_make(KNOWN + 1, honest.url, &liar.key)));
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
	json_t *page = page_make(KNOWN, KNOWN + 1);
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
	json_t *page = page_make(KNOWN, KNOWN + 2), *entries = json_object_get(page, "entries");
	json_t *first = json_incref(json_array_get(entries, 0));

	json_array_remove(entries, 0);
	json_array_append_new(entries, first);
	say_json(page);
	seen_through("ascend");
}

static void a_revision_beyond_the_head(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN + 2);

	json_object_set_new(page, "head", head_make(KNOWN + 1, KNOWN + 1, &liar.key));
	say_json(page);
	seen_through("ascend");
}

/* The page of an earlier day, whole and signed. */
static void an_older_page(void **state)
{
	say_json(page_make(0, KNOWN - 1));
	seen_through("refused");
	say_json(page_make(KNOWN - 1, KNOWN - 1));
	seen_through("older");
}

static void a_head_by_another_key(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN + 1);

	json_object_set_new(page, "head", head_make(KNOWN + 1, KNOWN + 1, &liar.other));
	say_json(page);
	seen_through("/head");
}

static void a_changed_head(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN);

	json_object_set_new(json_object_get(page, "head"), "floor", json_integer(1));
	say_json(page);
	seen_through("/head");
}

/* Two signed heads of one revision with other sets: a fork, and proof of it. */
static void two_heads_of_one_revision(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN);

	json_object_set_new(page, "head", head_make(KNOWN, KNOWN - 1, &liar.key));
	say_json(page);
	seen_through("two different heads");
}

static void a_page_without_end(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN);
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
	say(PLAIN, NULL, 0);
	assert_until(well());
}

/* Last, for it leaves traces: a true object is missing from its page, and the head says so. */
static void an_object_is_held_back(void **state)
{
	json_t *page = page_make(KNOWN, KNOWN + 2), *entries = json_object_get(page, "entries");

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
		cmocka_unit_test(an_object_is_held_back),
	};

	return cmocka_run_group_tests_name("liar", tests, start, stop);
}
