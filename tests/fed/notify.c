/* Notices: how fast they make a change arrive, and everything that is not believed. */
#include "tests/fed/fed_test.h"

#include <time.h>

#include "protocol/canon.h"
#include "protocol/httpsig.h"

enum { FAST = 5000 }; /* ms in which a change is everywhere with notices */

static struct testnode a, b;
static struct testnode quiet; /* a peer of b that sends nothing by itself */

/* Two peers of each other that poll every ten minutes at most often. */
static int start(void **state)
{
	struct testnode *both[] = {&a, &b};

	for (int i = 0; i < 2; i++) {
		testnode_conf(both[i], i ? "b" : "a");
		both[i]->conf.poll_min = both[i]->conf.poll_max = 600;
		testnode_init(both[i]);
		testnode_open(both[i]);
		testnode_serve(both[i]);
	}
	testnode_conf(&quiet, "quiet");
	testnode_init(&quiet);
	testnode_open(&quiet);
	testnode_listen(&quiet);
	testnode_peer(&a, b.url);
	testnode_peer(&b, a.url);
	testnode_peer(&b, quiet.url);
	return 0;
}

static int stop(void **state)
{
	testnode_close(&quiet);
	testnode_close(&b);
	testnode_close(&a);
	return 0;
}

static void a_change_is_there_within_five_seconds(void **state)
{
	struct peer p;

	assert_until(testnode_same(&a, &b) && testnode_same(&b, &a));
	assert_until(testnode_peer_get(&b, quiet.url, &p) && *p.nid);
	for (int i = 0; i < 4; i++) {
		int64_t began = testnode_ms();
		struct testnode *from = i % 2 ? &b : &a, *to = i % 2 ? &a : &b;

		testnode_create(from, "Nouvelle", NULL);
		assert_until(testnode_same(from, to));
		assert_in_range(testnode_ms() - began, 0, FAST);
	}
}

static void many_changes_are_few_notices(void **state)
{
	struct server_stats before, after;
	int64_t began = testnode_ms();

	server_stats(b.server, &before);
	for (int i = 0; i < 60; i++) {
		testnode_create(&a, "Une de plus", NULL);
		testnode_pause();
		testnode_pause();
	}
	assert_until(testnode_same(&a, &b));
	assert_in_range(testnode_ms() - began, 0, FAST + 3000);
	server_stats(b.server, &after);
	assert_in_range(after.requests - before.requests, 1, 4);
}

/* Requests by hand, signed as the test likes. */

struct forged {
	struct testnode *as; /* whose key signs */
	const char *target;  /* signed over; NULL: the one asked */
	int64_t created;     /* relative to now */
	const char *nonce, *body, *signed_body;
	long status;
	const char *kind; /* of the problem, NULL: not looked at */
};

static void send(const struct forged *f)
{
	char url[300], target[300], digest[HTTPSIG_INPUT + 40], input[HTTPSIG_INPUT + 40],
		signature[180];
	char value[HTTPSIG_INPUT], sig[128], method[NID_TEXT + KEY_TEXT];
	const char *signed_body = f->signed_body ? f->signed_body : f->body;
	const char *headers[] = {"Content-Type: application/json", digest, input, signature, NULL};
	struct httpsig_request rq = {"POST", target, "application/json", value};
	long status;
	char *text;

	snprintf(url, sizeof(url), "%s/fed/v1/notify", b.url);
	snprintf(target, sizeof(target), "%s", f->target ? f->target : url);
	httpsig_content_digest(signed_body, strlen(signed_body), value);
	snprintf(digest, sizeof(digest), "Content-Digest: %s", value);
	rq.content_digest = digest + strlen("Content-Digest: ");
	identity_method(&f->as->node->identity, method);
	assert_int_equal(httpsig_sign(&rq, &f->as->node->key, method,
				      (int64_t)time(NULL) + f->created, f->nonce, value, sig),
			 OK);
	snprintf(input, sizeof(input), "Signature-Input: %s", value);
	snprintf(signature, sizeof(signature), "Signature: %s", sig);
	text = testnode_http("POST", url, headers, f->body, &status, NULL);
	if (status != f->status || (f->kind && !strstr(text, f->kind)))
		fail_msg("nonce %s: %ld %s instead of %ld %s", f->nonce, status, text, f->status,
			 f->kind ? f->kind : "");
	free(text);
}

static const char nothing[] = "{\"heads\":[]}";

/* So that the spacing of notices is not what refuses the next request. */
static void wait_spacing(void)
{
	int64_t until = testnode_ms() + 2100;

	assert_until(testnode_ms() > until);
}

static void unsigned_and_unknown(void **state)
{
	static const char *const plain[] = {"Content-Type: application/json", NULL};
	struct testnode stranger;
	char url[300];
	long status;
	char *text;

	snprintf(url, sizeof(url), "%s/fed/v1/notify", b.url);
	text = testnode_http("POST", url, plain, nothing, &status, NULL);
	assert_int_equal(status, 401);
	assert_non_null(strstr(text, "bad-signature"));
	free(text);
	testnode_conf(&stranger, "stranger");
	testnode_init(&stranger);
	testnode_open(&stranger);
	send(&(struct forged){.as = &stranger,
			      .nonce = "strangerstrange1",
			      .body = nothing,
			      .status = 403,
			      .kind = "unknown-node"});
	/* Its own key, our peer's name. */
	memcpy(stranger.node->identity.nid, a.node->identity.nid, sizeof(a.node->identity.nid));
	send(&(struct forged){.as = &stranger,
			      .nonce = "strangerstrange2",
			      .body = nothing,
			      .status = 403,
			      .kind = "unknown-node"});
	testnode_close(&stranger);
}

static bool failed(const char *url, long times)
{
	struct peer p;

	return testnode_peer_get(&b, url, &p) && p.failures >= times;
}

/* A node that was added, never answered, and now speaks: who it is is asked again at once. */
static void a_stranger_may_be_somebody_expected(void **state)
{
	struct testnode late;

	testnode_conf(&late, "late");
	testnode_init(&late);
	testnode_open(&late);
	testnode_peer(&b, late.url);
	assert_until(failed(late.url, 2)); /* 10 s until the third attempt by the clock */
	send(&(struct forged){.as = &late,
			      .nonce = "late-and-unknown1",
			      .body = nothing,
			      .status = 403,
			      .kind = "unknown-node"});
	assert_true(TESTNODE_UNTIL(5, failed(late.url, 3)));
	json_decref(testnode_verb(&b, "peer.remove", json_pack("{s:s}", "url", late.url)));
	testnode_close(&late);
}

static void forged_and_misdirected(void **state)
{
	send(&(struct forged){.as = &quiet,
			      .nonce = "tampered-body-01",
			      .body = nothing,
			      .signed_body = "{\"heads\":[ ]}",
			      .status = 401,
			      .kind = "bad-signature"});
	send(&(struct forged){.as = &quiet,
			      .target = "http://127.0.0.1:1/fed/v1/notify",
			      .nonce = "another-target-1",
			      .body = nothing,
			      .status = 401,
			      .kind = "bad-signature"});
}

static void clocks(void **state)
{
	send(&(struct forged){.as = &quiet,
			      .nonce = "clock-behind-001",
			      .created = -302,
			      .body = nothing,
			      .status = 401,
			      .kind = "clock-skew"});
	send(&(struct forged){.as = &quiet,
			      .nonce = "clock-ahead-0001",
			      .created = 63,
			      .body = nothing,
			      .status = 401,
			      .kind = "clock-skew"});
	/* Within the window, but before this process: it may be a replay. */
	send(&(struct forged){.as = &quiet,
			      .nonce = "before-the-start",
			      .created = -290,
			      .body = nothing,
			      .status = 401,
			      .kind = "replay"});
	wait_spacing();
	send(&(struct forged){.as = &quiet,
			      .nonce = "clock-ahead-0002",
			      .created = 50,
			      .body = nothing,
			      .status = 202});
}

static void replays_and_floods(void **state)
{
	const struct forged once = {
		.as = &quiet, .nonce = "once-and-no-more", .created = 5, .body = nothing};
	struct forged f = once;

	wait_spacing();
	f.status = 202;
	send(&f);
	/* The same signature is made again by the same inputs within one second or the next. */
	f.status = 401;
	f.kind = "replay";
	send(&f);
	send(&(struct forged){.as = &quiet,
			      .nonce = "two-at-one-time1",
			      .created = 5,
			      .body = nothing,
			      .status = 429});
}

static void bodies(void **state)
{
	static const struct {
		const char *body;
		long status;
		const char *kind;
	} cases[] = {
		{"{\"heads\":[1]}", 422, "schema"},
		{"{\"heads\":{}}", 422, "schema"},
		{"[]", 422, "schema"},
		{"{\"heads\":[],\"heads\":[]}", 400, "malformed"},
		{"{\"heads\":[{\"type\":\"Head\"},{\"origin\":\"nid:x\",\"audience\":\"public\"}]}",
		 202, NULL},
	};
	char nonce[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wait_spacing();
		snprintf(nonce, sizeof(nonce), "body-number-%04zu", i);
		send(&(struct forged){.as = &quiet,
				      .nonce = nonce,
				      .created = 5,
				      .body = cases[i].body,
				      .status = cases[i].status,
				      .kind = cases[i].kind});
	}
}

/* A head nobody signed wakes nobody up. */
static void a_forged_head_asks_nothing_of_its_origin(void **state)
{
	struct server_stats before, after;
	json_t *doc = get_json(&a, "/fed/v1/heads", 200), *list;
	json_t *head = json_array_get(json_object_get(doc, "heads"), 0);
	json_int_t rev = json_integer_value(json_object_get(head, "rev"));
	char *body;

	json_object_set_new(head, "rev", json_integer(rev + 1000));
	list = json_pack("{s:[O]}", "heads", head);
	body = json_dumps(list, JSON_COMPACT);
	wait_spacing();
	server_stats(a.server, &before);
	send(&(struct forged){.as = &quiet,
			      .nonce = "a-forged-head-01",
			      .created = 5,
			      .body = body,
			      .status = 202});
	wait_spacing();
	server_stats(a.server, &after);
	assert_int_equal(after.requests, before.requests);
	free(body);
	json_decref(list);
	json_decref(doc);
}

static void too_many_heads(void **state)
{
	struct buf body;

	buf_init(&body, 1 << 20);
	buf_str(&body, "{\"heads\":[{}");
	for (int i = 0; i < 500; i++)
		buf_str(&body, ",{}");
	buf_str(&body, "]}");
	wait_spacing();
	send(&(struct forged){.as = &quiet,
			      .nonce = "too-many-heads-1",
			      .created = 5,
			      .body = body.data,
			      .status = 422,
			      .kind = "schema"});
	buf_done(&body);
}

/* Three in a row: c hears of a's change from b, which it did not ask for 600 s. */
static void news_travels_on(void **state)
{
	struct testnode c;

	testnode_conf(&c, "c");
	c.conf.poll_min = c.conf.poll_max = 600;
	testnode_init(&c);
	testnode_open(&c);
	testnode_serve(&c);
	testnode_peer(&c, a.url);
	testnode_peer(&c, b.url);
	testnode_peer(&b, c.url); /* a does not know c */
	assert_until(testnode_same(&a, &c) && testnode_same(&b, &c) && testnode_same(&c, &b));
	testnode_create(&a, "Par b", NULL);
	assert_until(testnode_same(&a, &c));
	testnode_close(&c);
}

static void with_notices_shut_off_polling_finds_it(void **state)
{
	struct server_stats before, after;

	testnode_close(&b);
	/* The settings of a node that does not listen, and asks every second. */
	b.conf.notify = 0;
	b.conf.poll_min = 1;
	b.conf.poll_max = 3;
	testnode_wipe(&b);
	testnode_init(&b);
	testnode_open(&b);
	testnode_serve(&b);
	testnode_peer(&b, a.url);
	assert_until(testnode_same(&a, &b));
	server_stats(b.server, &before);
	for (int i = 0; i < 3; i++) {
		int64_t began = testnode_ms();

		testnode_create(&a, "Sans avis", NULL);
		assert_until(testnode_same(&a, &b));
		assert_in_range(testnode_ms() - began, 0, 3000 + 1000 + 2000);
	}
	/* It was told once at most, and said that it hears nothing. */
	wait_spacing();
	server_stats(b.server, &after);
	assert_in_range(after.requests - before.requests, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_there_within_five_seconds),
		cmocka_unit_test(many_changes_are_few_notices),
		cmocka_unit_test(unsigned_and_unknown),
		cmocka_unit_test(a_stranger_may_be_somebody_expected),
		cmocka_unit_test(forged_and_misdirected),
		cmocka_unit_test(clocks),
		cmocka_unit_test(replays_and_floods),
		cmocka_unit_test(bodies),
		cmocka_unit_test(a_forged_head_asks_nothing_of_its_origin),
		cmocka_unit_test(too_many_heads),
		cmocka_unit_test(news_travels_on),
		cmocka_unit_test(with_notices_shut_off_polling_finds_it),
	};

	return cmocka_run_group_tests_name("notify", tests, start, stop);
}
