#include "tests/unit/node/sync_test.h"

#include "node/sync/schedule.h"

enum { SECOND = 1000, LEAST = 15 * SECOND, MOST = 6 * 3600 * SECOND };

static void polls_slow_down_and_wake_up(void **state)
{
	int64_t interval = LEAST, last;
	int rounds = 0;

	for (; interval < MOST && rounds < 100; rounds++) {
		last = interval;
		interval = schedule_interval(interval, 0, LEAST, MOST);
		assert_true(interval > last && interval <= last + last / 2);
	}
	assert_int_equal(interval, MOST);
	assert_in_range(rounds, 10, 30);
	assert_int_equal(schedule_interval(interval, 0, LEAST, MOST), MOST);
	assert_int_equal(schedule_interval(interval, 1, LEAST, MOST), LEAST);
	assert_int_equal(schedule_interval(0, 0, LEAST, MOST), LEAST);
	assert_int_equal(schedule_interval(0, 1, 5, 5), 5);
}

static void failures_back_off(void **state)
{
	int64_t last = 0;

	assert_int_equal(schedule_backoff(1, SECOND, MOST), SECOND);
	assert_int_equal(schedule_backoff(2, SECOND, MOST), 2 * SECOND);
	/* However rarely a node polls, it does not wait long to see whether a first failure lasts.
	 */
	assert_int_equal(schedule_backoff(1, LEAST, MOST), 5 * SECOND);
	assert_int_equal(schedule_backoff(1, 600 * SECOND, MOST), 5 * SECOND);
	assert_int_equal(schedule_backoff(2, LEAST, MOST), 10 * SECOND);
	assert_int_equal(schedule_backoff(3, LEAST, MOST), 20 * SECOND);
	for (long n = 1; n < 100; n++) {
		int64_t wait = schedule_backoff(n, LEAST, MOST);

		assert_true(wait >= last && wait <= MOST);
		last = wait;
	}
	assert_int_equal(last, MOST);
	assert_int_equal(schedule_backoff(1000000000L, LEAST, MOST), MOST);
	assert_int_equal(schedule_backoff(1, 2, 1), 1);
	assert_int_equal(schedule_backoff(20, MOST, MOST), MOST);
}

static void jitter_is_bounded_and_repeatable(void **state)
{
	int64_t low = INT64_MAX, high = 0;
	char id[40];

	for (int i = 0; i < 1000; i++) {
		int64_t ms;

		snprintf(id, sizeof(id), "https://ville-%d.example.org", i);
		ms = schedule_jitter(LEAST, id, (uint64_t)i % 7, 0);
		assert_int_equal(ms, schedule_jitter(LEAST, id, (uint64_t)i % 7, 0));
		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	assert_true(low >= LEAST - LEAST / 10 && low < LEAST - LEAST / 11);
	assert_true(high <= LEAST && high > LEAST - LEAST / 100);
	for (uint64_t round = 0; round < 100; round++)
		assert_true(schedule_jitter(MOST, "https://a.example", round, 1) >= MOST);
	assert_int_not_equal(schedule_jitter(MOST, "https://a.example", 1, 0),
			     schedule_jitter(MOST, "https://a.example", 2, 0));
	assert_int_equal(schedule_jitter(0, "x", 0, 0), 0);
	assert_int_equal(schedule_jitter(5, "x", 0, 1), 5);
}

/* Each node has its own order over the others, and every other is first for about as many. */
static void rendezvous_spreads(void **state)
{
	enum { NODES = 40, READERS = 4000 };
	unsigned first[NODES] = {0};
	char reader[30], node[30];

	for (int r = 0; r < READERS; r++) {
		uint64_t best = 0;
		int at = 0;

		snprintf(reader, sizeof(reader), "nid:reader%d", r);
		for (int i = 0; i < NODES; i++) {
			uint64_t w;

			snprintf(node, sizeof(node), "nid:node%d", i);
			w = schedule_weight(reader, node);
			if (w > best) {
				best = w;
				at = i;
			}
		}
		first[at]++;
	}
	for (int i = 0; i < NODES; i++)
		assert_in_range(first[i], READERS / NODES / 2, READERS / NODES * 2);
	assert_true(schedule_weight("a", "bc") != schedule_weight("ab", "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polls_slow_down_and_wake_up),
		cmocka_unit_test(failures_back_off),
		cmocka_unit_test(jitter_is_bounded_and_repeatable),
		cmocka_unit_test(rendezvous_spreads),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
