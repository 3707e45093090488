#include "tests/unit/node/store_test.h"

#include "protocol/base/codec.h"

static void errors_stick(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	char key[600];
	struct view v;

	memset(key, 'k', sizeof(key));
	assert_int_equal(put_text(t, TABLE_PEER, "a", "1"), OK);
	assert_int_equal(txn_del(t, TABLE_PEER, "absent", 6), ERR_NOTFOUND);
	assert_int_equal(txn_error(t), OK);
	assert_int_equal(txn_put(t, TABLE_PEER, key, sizeof(key), "1", 1), ERR_LIMIT);
	assert_int_equal(txn_error(t), ERR_LIMIT);
	assert_int_equal(put_text(t, TABLE_PEER, "b", "1"), ERR_LIMIT);
	assert_int_equal(txn_del(t, TABLE_PEER, "a", 1), ERR_LIMIT);
	assert_int_equal(txn_get(t, TABLE_PEER, "a", 1, &v), ERR_LIMIT);
	assert_int_equal(txn_counter_next(t, "n"), 0);
	assert_int_equal(txn_commit(t), ERR_LIMIT);
	t = begin_read(w);
	assert_int_equal(txn_get(t, TABLE_PEER, "a", 1, &v), ERR_NOTFOUND);
	txn_end(t);
	txn_end(NULL);
}

static void children_are_isolated(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w), *child;
	char key[600] = "x";

	assert_int_equal(put_text(t, TABLE_PEER, "parent", "1"), OK);
	assert_int_equal(txn_child(t, &child), OK);
	assert_true(has_text(child, TABLE_PEER, "parent", "1"));
	assert_int_equal(put_text(child, TABLE_PEER, "kept", "1"), OK);
	assert_int_equal(txn_commit(child), OK);

	assert_int_equal(txn_child(t, &child), OK);
	assert_int_equal(put_text(child, TABLE_PEER, "parent", "2"), OK);
	assert_int_equal(put_text(child, TABLE_PEER, "dropped", "1"), OK);
	txn_end(child);

	assert_int_equal(txn_child(t, &child), OK);
	assert_int_equal(put_text(child, TABLE_PEER, "failed", "1"), OK);
	assert_int_equal(txn_put(child, TABLE_PEER, key, sizeof(key), "1", 1), ERR_LIMIT);
	assert_int_equal(txn_commit(child), ERR_LIMIT);
	assert_int_equal(txn_error(t), OK);
	assert_int_equal(txn_commit(t), OK);

	t = begin_read(w);
	assert_true(has_text(t, TABLE_PEER, "parent", "1"));
	assert_true(has_text(t, TABLE_PEER, "kept", "1"));
	assert_int_equal(txn_entries(t, TABLE_PEER), 2);
	txn_end(t);
}

static void puts_and_reserves(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	uint8_t *room, key[4];

	for (uint32_t i = 10; i < 500; i++) {
		be32_put(key, i);
		assert_int_equal(txn_put(t, TABLE_OWNER, key, 4, key, 4), OK);
	}
	be32_put(key, 3);
	assert_int_equal(txn_put(t, TABLE_OWNER, key, 4, key, 4), OK);
	assert_int_equal(txn_put(t, TABLE_OWNER, key, 4, "again", 5), OK);
	assert_int_equal(txn_reserve(t, TABLE_PEER, "r", 1, 5, &room), OK);
	memcpy(room, "hello", 5);
	assert_true(has_text(t, TABLE_PEER, "r", "hello"));
	assert_int_equal(txn_entries(t, TABLE_OWNER), 491);
	assert_int_equal(txn_clear(t, TABLE_OWNER), OK);
	assert_int_equal(txn_entries(t, TABLE_OWNER), 0);
	assert_int_equal(txn_commit(t), OK);
}

static void counts(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);

	assert_int_equal(txn_counter(t, "public"), 0);
	assert_int_equal(txn_counter_next(t, "public"), 1);
	assert_int_equal(txn_counter_next(t, "public"), 2);
	assert_int_equal(txn_commit(t), OK);
	t = begin_read(w);
	assert_int_equal(txn_counter(t, "public"), 2);
	txn_end(t);

	t = begin_write(w);
	assert_int_equal(put_text(t, TABLE_META, "public", "odd"), OK);
	assert_int_equal(txn_counter_next(t, "public"), 0);
	assert_int_equal(txn_commit(t), ERR_CORRUPT);
}

/* Keys met by a walk, with ',' after each. */
static const char *walked(struct txn *t, const char *start, bool backward, const char *prefix)
{
	static char out[256];
	struct view key, val;
	struct walk *walk;
	size_t len = 0;
	int err;

	assert_int_equal(walk_open(t, TABLE_PEER, start, strlen(start), backward, prefix,
				   strlen(prefix), &walk),
			 OK);
	while (!(err = walk_next(walk, &key, &val))) {
		memcpy(out + len, key.data, key.len);
		len += key.len;
		out[len++] = ',';
	}
	assert_int_equal(err, ERR_NOTFOUND);
	walk_close(walk);
	out[len] = '\0';
	return out;
}

static void walks(void **state)
{
	static const char *const keys[] = {"a",		"b", "b1",   "b2",	"b\xff",
					   "b\xff\xff", "c", "\xff", "\xff\xff"};
	struct world *w = *state;
	struct txn *t = begin_write(w);

	assert_string_equal(walked(t, "", false, ""), "");
	assert_string_equal(walked(t, "", true, ""), "");
	assert_string_equal(walked(t, "x", true, "x"), "");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(put_text(t, TABLE_PEER, keys[i], ""), OK);
	assert_string_equal(walked(t, "", false, ""), "a,b,b1,b2,b\xff,b\xff\xff,c,\xff,\xff\xff,");
	assert_string_equal(walked(t, "", true, ""), "\xff\xff,\xff,c,b\xff\xff,b\xff,b2,b1,b,a,");
	assert_string_equal(walked(t, "", false, "b"), "b,b1,b2,b\xff,b\xff\xff,");
	assert_string_equal(walked(t, "", true, "b"), "b\xff\xff,b\xff,b2,b1,b,");
	assert_string_equal(walked(t, "b1", false, "b"), "b1,b2,b\xff,b\xff\xff,");
	assert_string_equal(walked(t, "b1", true, "b"), "b1,b,");
	assert_string_equal(walked(t, "b11", false, ""), "b2,b\xff,b\xff\xff,c,\xff,\xff\xff,");
	assert_string_equal(walked(t, "b11", true, ""), "b1,b,a,");
	assert_string_equal(walked(t, "a", false, "b"), "b,b1,b2,b\xff,b\xff\xff,");
	assert_string_equal(walked(t, "a", true, "b"), "");
	assert_string_equal(walked(t, "z", false, "b"), "");
	assert_string_equal(walked(t, "z", true, "b"), "b\xff\xff,b\xff,b2,b1,b,");
	assert_string_equal(walked(t, "", true, "\xff"), "\xff\xff,\xff,");
	assert_string_equal(walked(t, "", false, "\xff"), "\xff,\xff\xff,");
	assert_string_equal(walked(t, "", true, "b\xff"), "b\xff\xff,b\xff,");
	assert_string_equal(walked(t, "", true, "d"), "");
	txn_end(t);
}

/* What a walk stands on may be deleted. */
static void walks_and_deletes(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct view key, val;
	struct walk *walk;
	char k[16];
	int n = 0;

	for (int i = 0; i < 5000; i++) {
		snprintf(k, sizeof(k), "%05d", i);
		assert_int_equal(put_text(t, TABLE_PEER, k, "some value of some length"), OK);
	}
	assert_int_equal(walk_open(t, TABLE_PEER, NULL, 0, false, NULL, 0, &walk), OK);
	while (!walk_next(walk, &key, &val)) {
		memcpy(k, key.data, key.len);
		if (n++ % 3)
			assert_int_equal(txn_del(t, TABLE_PEER, k, key.len), OK);
	}
	walk_close(walk);
	assert_int_equal(n, 5000);
	assert_int_equal(txn_entries(t, TABLE_PEER), 1667);
	assert_int_equal(txn_commit(t), OK);
}

/* A full map refuses the write; reading, and writing less, go on. */
static void map_full(void **state)
{
	struct world *w = *state;
	static char val[200 * 1024];
	struct txn *t;
	char key[16];
	int i, err = OK;

	for (i = 0; i < 1000 && !err; i++) {
		t = begin_write(w);
		snprintf(key, sizeof(key), "%05d", i);
		txn_put(t, TABLE_PEER, key, 5, val, sizeof(val));
		err = txn_commit(t);
	}
	assert_int_equal(err, ERR_LIMIT);
	assert_true(i > 100);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), i - 1);
	txn_end(t);
	t = begin_write(w);
	assert_int_equal(txn_del(t, TABLE_PEER, "00001", 5), OK);
	assert_int_equal(txn_commit(t), OK);
	for (i = 0; i < 3; i++) { /* freed pages are used two transactions later */
		t = begin_write(w);
		assert_int_equal(put_text(t, TABLE_PEER, "small", "1"), OK);
		assert_int_equal(txn_commit(t), OK);
	}
	t = begin_write(w);
	assert_int_equal(txn_put(t, TABLE_PEER, "00001", 5, val, sizeof(val) / 2), OK);
	assert_int_equal(txn_commit(t), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(errors_stick),
		world_test(children_are_isolated),
		world_test(puts_and_reserves),
		world_test(counts),
		world_test(walks),
		world_test(walks_and_deletes),
		world_test(map_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
