#include "tests/unit/node/sync_test.h"

#include <pthread.h>
#include <sodium.h>

#include "node/sync/inbox.h"
#include "node/sync/nonce.h"

static void seen_until_it_is_past(void **state)
{
	struct nonce_set *s = nonce_new(100);

	assert_int_equal(nonce_take(s, "a", 10, 20), OK);
	assert_int_equal(nonce_take(s, "a", 10, 20), ERR_EXISTS);
	assert_int_equal(nonce_take(s, "a", 19, 30), ERR_EXISTS);
	assert_int_equal(nonce_take(s, "b", 19, 30), OK);
	assert_int_equal(nonce_take(s, "a", 20, 30), OK);
	assert_int_equal(nonce_take(s, "a", 29, 40), ERR_EXISTS);
	nonce_free(s);
}

static void nothing_is_forgotten_early(void **state)
{
	enum { MAX = 5000 };
	struct nonce_set *s = nonce_new(MAX);
	char text[20];

	for (int i = 0; i < MAX; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		assert_int_equal(nonce_take(s, text, 0, i < 10 ? 50 : 100), OK);
	}
	assert_int_equal(nonce_take(s, "one more", 0, 100), ERR_LIMIT);
	for (int i = 0; i < MAX; i++) {
		snprintf(text, sizeof(text), "n%d", i);
		assert_int_equal(nonce_take(s, text, 0, 100), ERR_EXISTS);
	}
	/* Ten are past: room for ten. */
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		assert_int_equal(nonce_take(s, text, 50, 100), OK);
	}
	assert_int_equal(nonce_take(s, "one more", 50, 100), ERR_LIMIT);
	assert_int_equal(nonce_count(s), MAX);
	assert_int_equal(nonce_take(s, "one more", 100, 200), OK);
	assert_int_equal(nonce_count(s), 1);
	nonce_free(s);
}

static void negative_times(void **state)
{
	struct nonce_set *s = nonce_new(10);

	assert_int_equal(nonce_take(s, "a", -100, -50), OK);
	assert_int_equal(nonce_take(s, "a", -60, -40), ERR_EXISTS);
	assert_int_equal(nonce_take(s, "a", -50, -40), OK);
	nonce_free(s);
}

struct race {
	struct nonce_set *set;
	unsigned taken;
};

static void *racer(void *arg)
{
	struct race *r = arg;
	char text[20];

	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "r%d", i);
		r->taken += nonce_take(r->set, text, 0, 100) == OK;
	}
	return NULL;
}

static void each_is_taken_once(void **state)
{
	struct nonce_set *s = nonce_new(10000);
	struct race races[4];
	pthread_t threads[4];
	unsigned sum = 0;

	for (int i = 0; i < 4; i++) {
		races[i] = (struct race){s, 0};
		pthread_create(&threads[i], NULL, racer, &races[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		sum += races[i].taken;
	}
	assert_int_equal(sum, 2000);
	nonce_free(s);
}

static void signatures_and_replays(void **state)
{
	const int64_t start = 1800000000;
	struct inbox *b = inbox_new(start);

	/* Made before this process, or in its first second: it may have been used already. */
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n1", start - 1, start + 1), ERR_EXISTS);
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n1", start, start + 1), ERR_EXISTS);
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n1", start + 1, start + 1), OK);
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n1", start + 1, start + 200), ERR_EXISTS);
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n1", start + 1, start + 301), ERR_EXISTS);
	assert_int_equal(inbox_nonce(b, "nid:y#z6", "n1", start + 1, start + 2), OK);
	assert_int_equal(inbox_nonce(b, "nid:x#z6", "n2", start + 1, start + 2), OK);
	inbox_free(b);
}

static void notices_are_spaced(void **state)
{
	struct inbox *b = inbox_new(0);

	assert_int_equal(inbox_space(b, "nid:x"), OK);
	assert_int_equal(inbox_space(b, "nid:x"), ERR_EXISTS);
	assert_int_equal(inbox_space(b, "nid:y"), OK);
	inbox_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seen_until_it_is_past),
		cmocka_unit_test(nothing_is_forgotten_early),
		cmocka_unit_test(negative_times),
		cmocka_unit_test(each_is_taken_once),
		cmocka_unit_test(signatures_and_replays),
		cmocka_unit_test(notices_are_spaced),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("nonce", tests, NULL, NULL);
}
