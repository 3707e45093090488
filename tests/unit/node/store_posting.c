#include "tests/unit/node/store_test.h"

#include "node/store/posting.h"
#include "protocol/base/codec.h"

enum { TERMS = 12, OBJECTS = 6000 };

/* Names that are beginnings of each other, and bytes at both ends of the range. */
static const char *const names[TERMS] = {"a",
					 "ab",
					 "abc",
					 "a\x01",
					 "\x01"
					 "f:x",
					 "\x01"
					 "f:xy",
					 "\xff",
					 "\xff\xff",
					 "b",
					 "ba",
					 "zebra",
					 "abcdefgh-i"};

static void model_check(struct txn *t, bool (*model)[OBJECTS + 1])
{
	static const uint32_t steps[] = {3, 97, 1021,
					 5000}; /* from dense sets to nearly empty ones */

	for (int i = 0; i < TERMS; i++) {
		struct bitmap b;
		uint64_t n = 0;
		size_t len = strlen(names[i]);
		int err;

		assert_int_equal(bitmap_init(&b, OBJECTS), OK);
		err = posting_union(t, names[i], len, &b);
		for (uint32_t o = 0; o <= OBJECTS; o++) {
			if (!bitmap_has(&b, o) != !model[i][o])
				fail_msg("term %d object %u", i, o);
			n += model[i][o];
		}
		assert_int_equal(err, n ? OK : ERR_NOTFOUND);
		assert_int_equal(bitmap_count(&b), n);
		assert_int_equal(posting_count(t, names[i], len), n);
		bitmap_done(&b);
		for (int s = 0; s < 4; s++) {
			assert_int_equal(bitmap_init(&b, OBJECTS), OK);
			n = 0;
			for (uint32_t o = 1; o <= OBJECTS; o += steps[s]) {
				bitmap_set(&b, o);
				n += model[i][o];
			}
			assert_int_equal(posting_count_in(t, names[i], len, &b), n);
			bitmap_done(&b);
		}
	}
}

/* No chunk is empty or longer than allowed. */
static void chunks_check(struct txn *t)
{
	struct view key, val;
	struct walk *walk;

	assert_int_equal(walk_open(t, TABLE_POSTING, NULL, 0, false, NULL, 0, &walk), OK);
	while (!walk_next(walk, &key, &val)) {
		assert_in_range(be16_get(val.data), 1, POSTING_CHUNK);
		assert_true(val.len < 2000);
	}
	walk_close(walk);
}

static void equals_model(struct world *w, uint64_t seed)
{
	bool(*model)[OBJECTS + 1] = calloc(TERMS, sizeof(*model));
	struct posting_batch *b = posting_batch_new();
	uint32_t last = 1;
	struct txn *t;

	for (int round = 0; round < 150; round++) {
		int n = 1 << random_next(&seed) % 11;
		bool append = round % 2 && last < OBJECTS - 10; /* as ingest does, or anywhere */

		for (int k = 0; k < n; k++) {
			uint32_t o = append ? last : random_next(&seed) % OBJECTS + 1;
			uint32_t i = random_next(&seed) % TERMS;
			bool remove = random_next(&seed) % 100 < (round > 100 ? 80u : 20u);

			if (append && last < OBJECTS)
				last += random_next(&seed) % 2;
			(remove ? posting_remove : posting_add)(b, names[i], strlen(names[i]), o);
			model[i][o] = !remove;
		}
		t = begin_write(w);
		assert_int_equal(posting_flush(b, t), OK);
		model_check(t, model);
		chunks_check(t);
		assert_int_equal(txn_commit(t), OK);
	}
	for (int i = 0; i < TERMS; i++)
		for (uint32_t o = 0; o <= OBJECTS; o++)
			posting_remove(b, names[i], strlen(names[i]), o);
	t = begin_write(w);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(txn_entries(t, TABLE_POSTING), 0);
	assert_int_equal(txn_commit(t), OK);
	posting_batch_free(b);
	free(model);
}

static void random_changes(void **state)
{
	equals_model(*state, 1);
	equals_model(*state, 4711);
}

/* Counting within a sparse set jumps over chunks; it must land where it should. */
static void counts_in_sparse_sets(void **state)
{
	enum { MANY = 40000 };
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	struct txn *t = begin_write(w);
	uint64_t seed = 8, n;
	struct bitmap in;

	for (uint32_t o = 1; o <= MANY; o++) {
		if (o % 7)
			posting_add(b, "m", 1, o);
		posting_add(b, "n", 1, o); /* another term behind, and "n" at the table's end */
	}
	assert_int_equal(posting_flush(b, t), OK);
	for (int round = 0; round < 300; round++) {
		uint32_t o = 0, step = 1u << round % 15;

		n = 0;
		assert_int_equal(bitmap_init(&in, MANY), OK);
		while ((o += random_next(&seed) % step + step / 2 + 1) <= MANY) {
			bitmap_set(&in, o);
			n += o % 7 != 0;
		}
		assert_int_equal(posting_count_in(t, "m", 1, &in), n);
		assert_int_equal(posting_count_in(t, "n", 1, &in), bitmap_count(&in));
		bitmap_done(&in);
	}
	for (uint32_t o = 1; o < MANY; o += POSTING_CHUNK) { /* each chunk's first, one at a time */
		assert_int_equal(bitmap_init(&in, MANY), OK);
		bitmap_set(&in, o);
		assert_int_equal(posting_count_in(t, "n", 1, &in), 1);
		bitmap_done(&in);
	}
	txn_end(t);
	posting_batch_free(b);
}

static int collect(void *arg, const char *term, size_t len)
{
	char *out = arg;

	assert_int_equal(strlen(term), len);
	strcat(strcat(out, term), ",");
	return !strcmp(term, "stop");
}

static int refuse(void *arg, const char *term, size_t len)
{
	return ERR_LIMIT;
}

static void lists_terms(void **state)
{
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	struct txn *t = begin_write(w);
	char out[256] = "";

	for (uint32_t o = 1; o < 2000; o++) {
		posting_add(b, "a", 1, o);
		posting_add(b, "ab", 2, o);
		posting_add(b,
			    "\x01"
			    "f",
			    2, o);
		posting_add(b, "\xff", 1, o);
	}
	posting_add(b, "abc", 3, 9);
	posting_add(b, "stop", 4, 9);
	posting_add(b, "stopper", 7, 9);
	posting_add(b, "", 0, 9);
	posting_add(b, "zero\0cut", 8, 9);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(posting_terms(t, "a", 1, 99, collect, out), OK);
	assert_string_equal(out, "a,ab,abc,");
	*out = '\0';
	assert_int_equal(posting_terms(t, "a", 1, 2, collect, out), OK);
	assert_string_equal(out, "a,ab,");
	*out = '\0';
	assert_int_equal(posting_terms(t, "", 0, 99, collect, out), OK);
	assert_string_equal(out, "\x01"
				 "f,a,ab,abc,stop,");
	*out = '\0';
	assert_int_equal(posting_terms(t, "x", 1, 99, collect, out), OK);
	assert_string_equal(out, "");
	assert_int_equal(posting_terms(t, "a", 1, 99, refuse, NULL), ERR_LIMIT);
	assert_int_equal(posting_count(t, "zero", 4), 1);
	assert_int_equal(posting_count(t, "", 0), 0);
	txn_end(t);
	posting_batch_free(b);
	posting_batch_free(NULL);
}

static void long_terms_are_cut(void **state)
{
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	struct txn *t = begin_write(w);
	char term[300];

	memset(term, 't', sizeof(term));
	posting_add(b, term, sizeof(term), 1);
	posting_add(b, term, POSTING_TERM_MAX + 1, 2);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(posting_count(t, term, POSTING_TERM_MAX), 2);
	assert_int_equal(posting_count(t, term, sizeof(term)), 2);
	txn_end(t);
	posting_batch_free(b);
}

/* The last word on an object counts, whatever the order within a batch. */
static void last_op_wins(void **state)
{
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	struct txn *t = begin_write(w);

	posting_add(b, "t", 1, 5);
	posting_add(b, "t", 1, 3);
	posting_remove(b, "t", 1, 5);
	posting_remove(b, "t", 1, 3);
	posting_add(b, "t", 1, 3);
	posting_add(b, "t", 1, UINT32_MAX);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(posting_count(t, "t", 1), 2);
	posting_remove(b, "t", 1, UINT32_MAX);
	posting_remove(b, "t", 1, 3);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(posting_count(t, "t", 1), 0);
	assert_int_equal(txn_entries(t, TABLE_POSTING), 0);
	txn_end(t);
	posting_batch_free(b);
}

static void damage_is_found(void **state)
{
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	uint8_t key[6] = {'t', 0, 0, 0, 0, 1}, good[600], bad[600];
	struct bitmap bits;
	struct view v;
	struct txn *t = begin_write(w);
	uint64_t seed = 3;
	size_t len;
	int found = 0;

	for (uint32_t o = 1; o < 60000; o += 300)
		posting_add(b, "t", 1, o);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(txn_get(t, TABLE_POSTING, key, 6, &v), OK);
	memcpy(good, v.data, len = v.len);
	assert_int_equal(txn_commit(t), OK);
	assert_int_equal(bitmap_init(&bits, 60000), OK);
	for (int i = 0; i < 2000; i++) {
		size_t bad_len = i % 2 ? len : random_next(&seed) % len;
		int err;

		memcpy(bad, good, len);
		if (i % 2)
			bad[random_next(&seed) % len] ^= (uint8_t)(1 << random_next(&seed) % 8);
		t = begin_write(w);
		assert_int_equal(txn_put(t, TABLE_POSTING, key, 6, bad, bad_len), OK);
		err = posting_union(t, "t", 1, &bits);
		assert_true(err == OK || err == ERR_CORRUPT);
		found += err == ERR_CORRUPT;
		posting_count_in(t, "t", 1, &bits);
		posting_count(t, "t", 1);
		posting_add(b, "t", 1, random_next(&seed) % 70000 + 1);
		posting_remove(b, "t", 1, random_next(&seed) % 70000 + 1);
		err = posting_flush(b, t);
		assert_true(err == OK || err == ERR_CORRUPT);
		txn_end(t);
	}
	assert_true(found > 1900);
	bitmap_done(&bits);
	posting_batch_free(b);
}

static void bitmaps(void **state)
{
	struct bitmap a, b;

	assert_int_equal(bitmap_init(&a, 200), OK);
	assert_int_equal(bitmap_init(&b, 64), OK);
	assert_int_equal(bitmap_next(&a, 0), UINT32_MAX);
	bitmap_set(&a, 0);
	bitmap_set(&a, 63);
	bitmap_set(&a, 64);
	bitmap_set(&a, 200);
	bitmap_set(&a, 100000); /* beyond its room: ignored */
	assert_int_equal(bitmap_count(&a), 4);
	assert_int_equal(bitmap_next(&a, 0), 0);
	assert_int_equal(bitmap_next(&a, 1), 63);
	assert_int_equal(bitmap_next(&a, 64), 64);
	assert_int_equal(bitmap_next(&a, 65), 200);
	assert_int_equal(bitmap_next(&a, 201), UINT32_MAX);
	assert_int_equal(bitmap_next(&a, UINT32_MAX), UINT32_MAX);
	bitmap_set(&b, 63);
	bitmap_and(&a, &b);
	assert_int_equal(bitmap_count(&a), 1);
	assert_true(bitmap_has(&a, 63));
	assert_false(bitmap_has(&a, 200));
	assert_false(bitmap_has(&a, UINT32_MAX));
	bitmap_done(&a);
	bitmap_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(random_changes), world_test(counts_in_sparse_sets),
		world_test(lists_terms),    world_test(long_terms_are_cut),
		world_test(last_op_wins),   world_test(damage_is_found),
		cmocka_unit_test(bitmaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
