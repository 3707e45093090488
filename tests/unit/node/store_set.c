#include "tests/unit/node/store_test.h"

#include "node/store/set.h"
#include "protocol/base/codec.h"
#include "protocol/tree.h"

enum { POOL = 3000 }; /* keys that come and go */

/* The naive model: what should be in one set. */
struct model {
	uint8_t key[POOL][32];
	uint64_t rev[POOL]; /* 0: absent */
	uint8_t digest[POOL][32];
};

static int by_key(const void *a, const void *b)
{
	return memcmp(((const struct tree_leaf *)a)->key, ((const struct tree_leaf *)b)->key, 32);
}

static size_t model_root(const struct model *m, uint8_t root[32])
{
	static struct tree_leaf leaves[POOL];
	size_t n = 0;

	for (int i = 0; i < POOL; i++) {
		if (!m->rev[i])
			continue;
		memcpy(leaves[n].key, m->key[i], 32);
		tree_leaf_hash(m->key[i], m->rev[i], m->digest[i], leaves[n++].hash);
	}
	qsort(leaves, n, sizeof(leaves[0]), by_key);
	tree_root(leaves, n, root);
	return n;
}

static void assert_model(struct txn *t, uint32_t feed, const char *type, const struct model *m)
{
	static struct head_set sets[HEAD_TYPES];
	uint8_t root[32];
	size_t n = model_root(m, root), n_sets = 99, found = 0;

	assert_int_equal(set_list(t, feed, sets, &n_sets), OK);
	for (size_t i = 0; i < n_sets; i++) {
		if (strcmp(sets[i].type, type))
			continue;
		found++;
		assert_int_equal(sets[i].count, n);
		assert_memory_equal(sets[i].root, root, 32);
	}
	assert_int_equal(found, n > 0);
	assert_int_equal(set_verify(t, feed, type), OK);
}

/* Keys: random, or with a long common beginning, so that the tree grows deep. */
static struct model *model_new(uint64_t *seed, bool deep)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	for (int i = 0; i < POOL; i++)
		for (int b = 0; b < 32; b++)
			m->key[i][b] = deep && b < 28 ? (uint8_t)(i % 5 ? 0xab : b)
						      : (uint8_t)random_next(seed);
	return m;
}

static void step(struct model *m, struct set_batch *b, const char *type, uint64_t *seed, int adds,
		 int removes)
{
	for (int n = 0; n < adds + removes; n++) {
		int i = (int)(random_next(seed) % POOL);

		if (n < adds) {
			m->rev[i] = random_next(seed) % 1000 + 1;
			for (int d = 0; d < 32; d++)
				m->digest[i][d] = (uint8_t)random_next(seed);
			set_add(b, 7, type, m->key[i], m->rev[i], m->digest[i], (uint32_t)i + 1);
		} else {
			m->rev[i] = 0;
			set_remove(b, 7, type, m->key[i]);
		}
	}
}

static void equals_definition(struct world *w, bool deep, uint64_t seed)
{
	struct model *m[2] = {model_new(&seed, deep), model_new(&seed, false)};
	static const char *const types[2] = {"Event", "Ev"};
	struct set_batch *b = set_batch_new();

	for (int round = 0; round < 120; round++) {
		struct txn *t = begin_write(w);
		int size = 1 << random_next(&seed) % 10;
		bool grow = round < 60;

		for (int i = 0; i < 2; i++)
			step(m[i], b, types[i], &seed, grow ? size : size / 4,
			     grow ? size / 4 : size * 2);
		assert_int_equal(set_flush(b, t), OK);
		for (int i = 0; i < 2; i++)
			assert_model(t, 7, types[i], m[i]);
		assert_int_equal(txn_commit(t), OK);
	}
	/* Emptied, it leaves nothing behind. */
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < POOL; k++)
			set_remove(b, 7, types[i], m[i]->key[k]);
	struct txn *t = begin_write(w);
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(txn_entries(t, TABLE_LEAF), 0);
	assert_int_equal(txn_entries(t, TABLE_NODE), 0);
	assert_int_equal(txn_entries(t, TABLE_SET), 0);
	assert_int_equal(txn_commit(t), OK);
	set_batch_free(b);
	free(m[0]);
	free(m[1]);
}

static void random_keys(void **state)
{
	equals_definition(*state, false, 1);
	equals_definition(*state, false, 12345);
}

static void deep_keys(void **state)
{
	equals_definition(*state, true, 99);
}

static void key_number(uint32_t i, uint8_t key[32])
{
	char id[32];

	snprintf(id, sizeof(id), "id %u", i);
	tree_key(id, key);
}

/* The tables depend on the set alone, not on how it came about. */
static void shape_is_canonical(void **state)
{
	struct world *w = *state;
	struct set_batch *b = set_batch_new();
	uint8_t key[32], digest[32] = {1};
	char *once, *piecewise;
	struct txn *t = begin_write(w);

	for (uint32_t i = 0; i < 1000; i++) {
		key_number(i, key);
		set_add(b, 1, "Place", key, i + 1, digest, i + 1);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(txn_commit(t), OK);
	once = dump_text(w->store);
	t = begin_write(w);
	assert_int_equal(txn_clear(t, TABLE_LEAF), OK);
	assert_int_equal(txn_clear(t, TABLE_NODE), OK);
	assert_int_equal(txn_clear(t, TABLE_SET), OK);
	for (uint32_t i = 2000; i-- > 0;) { /* backwards, and half of it goes away again */
		key_number(i, key);
		set_add(b, 1, "Place", key, i + 1, digest, i + 1);
		if (i % 7 == 0)
			assert_int_equal(set_flush(b, t), OK);
	}
	for (uint32_t i = 1000; i < 2000; i++) {
		key_number(i, key);
		set_remove(b, 1, "Place", key);
		if (i % 11 == 0)
			assert_int_equal(set_flush(b, t), OK);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(txn_commit(t), OK);
	piecewise = dump_text(w->store);
	assert_string_equal(once, piecewise);
	free(once);
	free(piecewise);
	set_batch_free(b);
}

struct seen {
	uint8_t last[32];
	uint32_t n, sum, stop;
};

static int see(void *arg, const uint8_t key[32], uint32_t object)
{
	struct seen *s = arg;

	if (s->n == s->stop)
		return ERR_LIMIT;
	assert_true(!s->n || memcmp(s->last, key, 32) < 0);
	memcpy(s->last, key, 32);
	s->n++;
	s->sum += object;
	return OK;
}

/* In order of keys, nothing of the sets beside it, and on from where one stopped. */
static void walks(void **state)
{
	struct world *w = *state;
	struct set_batch *b = set_batch_new();
	uint8_t key[32], digest[32] = {1};
	struct seen s = {.stop = 60};
	struct txn *t = begin_write(w);

	for (uint32_t i = 1; i <= 100; i++) {
		key_number(i, key);
		set_add(b, 7, "Place", key, i, digest, i);
		set_add(b, 7, "Placement", key, i, digest, 1000);
		set_add(b, 8, "Place", key, i, digest, 1000);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(set_walk(t, 7, "Place", NULL, see, &s), ERR_LIMIT);
	s.stop = 1000;
	assert_int_equal(set_walk(t, 7, "Place", s.last, see, &s), OK);
	assert_int_equal(s.n, 100);
	assert_int_equal(s.sum, 5050);
	assert_int_equal(set_walk(t, 7, "Event", NULL, see, &s), OK);
	assert_int_equal(s.n, 100);
	txn_end(t);
	set_batch_free(b);
}

static void replay_changes_nothing(void **state)
{
	struct world *w = *state;
	struct set_batch *b = set_batch_new();
	uint8_t key[32], digest[32] = {1};
	uint64_t number;

	for (int round = 0; round < 2; round++) {
		struct txn *t = begin_write(w);

		number = store_txn_number(w->store);
		for (uint32_t i = 0; i < 500; i++) {
			key_number(i, key);
			set_add(b, 1, "Place", key, i + 1, digest, i + 1);
		}
		assert_int_equal(set_flush(b, t), OK);
		assert_int_equal(txn_commit(t), OK);
	}
	assert_int_equal(store_txn_number(w->store), number);
	set_batch_free(b);
}

static void damage_is_found(void **state)
{
	struct world *w = *state;
	struct set_batch *b = set_batch_new();
	uint8_t key[32], digest[32] = {1}, junk[600] = {1};
	static const enum table tables[] = {TABLE_LEAF, TABLE_NODE, TABLE_SET};
	struct txn *t = begin_write(w);

	for (uint32_t i = 0; i < 200; i++) {
		key_number(i, key);
		set_add(b, 1, "Place", key, i + 1, digest, i + 1);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(txn_commit(t), OK);
	for (int i = 0; i < 3; i++) {
		for (size_t len = 0; len <= sizeof(junk); len += 20) {
			struct view k, v;
			struct walk *walk;
			uint8_t copy[200];
			size_t copy_len;

			t = begin_write(w);
			assert_int_equal(walk_open(t, tables[i], NULL, 0, false, NULL, 0, &walk),
					 OK);
			assert_int_equal(walk_next(walk, &k, &v), OK);
			memcpy(copy, k.data, copy_len = k.len);
			walk_close(walk);
			assert_int_equal(txn_put(t, tables[i], copy, copy_len, junk, len), OK);
			if (tables[i] != TABLE_NODE)
				assert_int_equal(set_verify(t, 1, "Place"), ERR_CORRUPT);
			for (uint32_t n = 0; n < 200; n++) {
				key_number(n, key);
				set_remove(b, 1, "Place", key);
			}
			assert_int_equal(set_flush(b, t), ERR_CORRUPT);
			assert_int_equal(txn_commit(t), ERR_CORRUPT);
		}
	}
	set_batch_free(b);
}

static void types_are_limited(void **state)
{
	struct world *w = *state;
	struct set_batch *b = set_batch_new();
	struct head_set sets[HEAD_TYPES];
	uint8_t key[32] = {1}, digest[32] = {1};
	struct txn *t = begin_write(w);
	char type[64];
	size_t n;

	for (int i = 0; i < HEAD_TYPES; i++) {
		snprintf(type, sizeof(type), "Type%d", i);
		set_add(b, 1, type, key, 1, digest, 1);
	}
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(set_list(t, 1, sets, &n), OK);
	assert_int_equal(n, HEAD_TYPES);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(sets[i - 1].type, sets[i].type) < 0);
	assert_int_equal(txn_commit(t), OK);
	t = begin_write(w);
	set_add(b, 2, "Event", key, 1, digest, 1);
	set_add(b, 1, "Event", key, 1, digest, 1);
	assert_int_equal(set_flush(b, t), ERR_LIMIT);
	assert_int_equal(txn_commit(t), ERR_LIMIT);
	memset(type, 'x', sizeof(type));
	type[TYPE_MAX] = '\0';
	t = begin_write(w);
	set_add(b, 2, type, key, 1, digest, 1);
	assert_int_equal(set_flush(b, t), ERR_INVALID);
	txn_end(t);
	t = begin_write(w); /* an error does not outlive its flush */
	set_add(b, 2, "Event", key, 1, digest, 1);
	assert_int_equal(set_flush(b, t), OK);
	assert_int_equal(set_verify(t, 2, "Event"), OK);
	assert_int_equal(set_verify(t, 2, "Absent"), OK);
	txn_end(t);
	set_batch_free(b);
	set_batch_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(random_keys),
		world_test(deep_keys),
		world_test(shape_is_canonical),
		world_test(replay_changes_nothing),
		world_test(damage_is_found),
		world_test(types_are_limited),
		world_test(walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
