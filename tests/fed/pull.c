/* Two nodes and time: what one writes, the other comes to hold, and an idle hour costs next to
 * nothing. */
#include "tests/fed/fed_test.h"

static struct testnode a, b;

static int start(void **state)
{
	testnode_start(&a, "a");
	testnode_start(&b, "b");
	return 0;
}

static int stop(void **state)
{
	testnode_close(&b);
	testnode_close(&a);
	return 0;
}

static void a_new_peer_is_read_within_five_seconds(void **state)
{
	struct peer p;
	int64_t began;

	testnode_import(&a, "Asso", 1300);
	testnode_head(&a);
	began = testnode_ms();
	testnode_peer(&b, a.url);
	assert_until(testnode_count(&b, a.node->identity.nid) > 0);
	assert_in_range(testnode_ms() - began, 0, 5000);
	assert_until(testnode_same(&a, &b));
	assert_int_equal(testnode_count(&b, a.node->identity.nid), 1300);
	assert_until(testnode_peer_get(&b, a.url, &p) && p.last_ok > 0);
	assert_string_equal(p.nid, a.node->identity.nid);
	assert_string_equal(p.error, "");
	assert_int_equal(p.failures, 0);
}

static void edits_and_deletions_arrive(void **state)
{
	char id[320], gone[320];
	json_t *out;

	testnode_create(&a, "Éphémère", gone);
	testnode_create(&a, "Durable", id);
	assert_until(testnode_count(&b, a.node->identity.nid) == 1302);
	out = testnode_verb(&a, "entry.update",
			    json_pack("{s:s, s:I, s:{s:s}}", "id", id, "rev", (json_int_t)1302,
				      "fields", "name", "Durable et renommée"));
	json_decref(out);
	testnode_delete(&a, gone);
	assert_until(testnode_same(&a, &b) && testnode_count(&b, a.node->identity.nid) == 1301);
}

/* While it writes, its head lags by a second at most: readers get there as soon as it rests. */
static void reading_while_it_writes(void **state)
{
	for (int i = 0; i < 30; i++) {
		char prefix[30];

		snprintf(prefix, sizeof(prefix), "Flot%d", i);
		testnode_import(&a, prefix, 40);
		for (int j = 0; j < 3; j++)
			testnode_pause();
	}
	assert_until(testnode_same(&a, &b));
	assert_int_equal(testnode_count(&b, a.node->identity.nid), 1301 + 30 * 40);
}

static void an_idle_poll_is_a_304_and_writes_nothing(void **state)
{
	struct server_stats before, after;
	uint64_t number;

	/* The poll after the last change learns the tag; those after it are conditional. */
	server_stats(a.server, &before);
	assert_until((server_stats(a.server, &after),
		      after.responses_by_class[3] >= before.responses_by_class[3] + 2));
	number = store_txn_number(b.node->store);
	server_stats(a.server, &before);
	assert_until((server_stats(a.server, &after),
		      after.responses_by_class[3] >= before.responses_by_class[3] + 2));
	assert_int_equal(after.responses_by_class[2], before.responses_by_class[2]);
	assert_int_equal(after.responses_by_class[3] - before.responses_by_class[3],
			 after.requests - before.requests);
	assert_int_equal(store_txn_number(b.node->store), number);
	assert_int_equal(after.bytes_out, before.bytes_out);
}

static void both_ways(void **state)
{
	testnode_import(&b, "Autre", 700);
	testnode_peer(&a, b.url);
	assert_until(testnode_same(&b, &a));
	testnode_create(&a, "De a", NULL);
	testnode_create(&b, "De b", NULL);
	assert_until(testnode_same(&a, &b) && testnode_same(&b, &a));
}

static void a_blocked_peer_is_left_alone(void **state)
{
	struct server_stats before, after;
	int64_t until;

	json_decref(testnode_verb(&b, "peer.block",
				  json_pack("{s:s, s:b}", "url", a.url, "blocked", 1)));
	until = testnode_ms() + 2500;
	assert_until(testnode_ms() > until);
	server_stats(a.server, &before);
	until = testnode_ms() + 2000;
	assert_until(testnode_ms() > until);
	server_stats(a.server, &after);
	assert_int_equal(after.requests, before.requests);
	json_decref(testnode_verb(&b, "peer.block",
				  json_pack("{s:s, s:b}", "url", a.url, "blocked", 0)));
	testnode_create(&a, "Encore", NULL);
	assert_until(testnode_same(&a, &b));
}

static void stops_within_two_seconds(void **state)
{
	int64_t began;

	testnode_import(&a, "Beaucoup", 20000);
	testnode_head(&a);
	assert_until(testnode_count(&b, a.node->identity.nid) > 4000);
	began = testnode_ms();
	testnode_unserve(&b);
	assert_in_range(testnode_ms() - began, 0, 2000);
	testnode_serve(&b);
	assert_until(testnode_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_peer_is_read_within_five_seconds),
		cmocka_unit_test(edits_and_deletions_arrive),
		cmocka_unit_test(reading_while_it_writes),
		cmocka_unit_test(an_idle_poll_is_a_304_and_writes_nothing),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(a_blocked_peer_is_left_alone),
		cmocka_unit_test(stops_within_two_seconds),
	};

	return cmocka_run_group_tests_name("pull", tests, start, stop);
}
