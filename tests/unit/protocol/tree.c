#include "tests/unit/protocol/documents.h"

#include "protocol/base/codec.h"
#include "protocol/tree.h"

/* Leaf i of the sample set: id ".../o/<i>", revision i, digest of "object <i>". */
static void sample_leaf(int i, const uint8_t *key, struct tree_leaf *ret)
{
	char text[64];
	uint8_t digest[32];

	if (key) {
		memcpy(ret->key, key, 32);
	} else {
		snprintf(text, sizeof(text), NODE_ORIGIN "/o/%d", i);
		tree_key(text, ret->key);
	}
	snprintf(text, sizeof(text), "object %d", i);
	digest_bytes(text, strlen(text), digest);
	tree_leaf_hash(ret->key, (uint64_t)i, digest, ret->hash);
}

static int by_key(const void *a, const void *b)
{
	return memcmp(((const struct tree_leaf *)a)->key, ((const struct tree_leaf *)b)->key, 32);
}

static void root_of(struct tree_leaf *leaves, size_t n, uint8_t ret[32])
{
	qsort(leaves, n, sizeof(*leaves), by_key);
	tree_root(leaves, n, ret);
}

static void assert_root(size_t n, const char *expected)
{
	struct tree_leaf *leaves = calloc(n + 1, sizeof(*leaves));
	uint8_t root[32];
	char hex[65];

	for (size_t i = 0; i < n; i++)
		sample_leaf((int)i + 1, NULL, &leaves[i]);
	root_of(leaves, n, root);
	hex_encode(root, 32, hex);
	assert_string_equal(hex, expected);
	free(leaves);
}

static void roots(void **state)
{
	assert_root(0, "0000000000000000000000000000000000000000000000000000000000000000");
	assert_root(1, "a1515c19519d4ef501662165cbc5daa68358484acd585e0b917019d057970cbe");
	assert_root(32, "45e9c097dd709e32ffae63f7317ddd43cbc1d5cae1926d66f0d83913cbbae284");
	assert_root(33, "4a9ccc8fbec3ca25dc2534db3837f758c02b6f919c0f9c3472932994cf49f66a");
	assert_root(1000, "e3996a7023dd7314a4dcf829b9178a227bc4706d0422558bc9bc7889c52193ff");
}

static void leaf(void **state)
{
	uint8_t key[32], digest[32], hash[32];
	char hex[65];

	tree_key("a", key);
	digest_bytes("b", 1, digest);
	tree_leaf_hash(key, 258, digest, hash);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex,
			    "cc59ad7f6a83b6eca83c9e759500d634e777ccc3616164a818521f129682b16a");
}

static void nibbles(void **state)
{
	uint8_t key[32] = {0xab, 0xcd};

	key[31] = 0xef;
	assert_int_equal(tree_nibble(key, 0), 0xa);
	assert_int_equal(tree_nibble(key, 1), 0xb);
	assert_int_equal(tree_nibble(key, 2), 0xc);
	assert_int_equal(tree_nibble(key, 62), 0xe);
	assert_int_equal(tree_nibble(key, 63), 0xf);
}

/* 33 keys that differ in their last byte only: 62 levels with one child, then two buckets more. */
static void deep_prefix(void **state)
{
	struct tree_leaf leaves[33];
	uint8_t key[32], root[32];
	char hex[65];

	memset(key, 0xab, sizeof(key));
	for (int i = 0; i < 33; i++) {
		key[31] = (uint8_t)i;
		sample_leaf(i + 1, key, &leaves[i]);
	}
	root_of(leaves, 33, root);
	hex_encode(root, 32, hex);
	assert_string_equal(hex,
			    "e659068573a2b2e3ff3c8fc1572f00865c28ea640914f3a1f3d1ee35b9cc7381");
}

/* The tree as a store keeps it: a bucket splits when its 33rd leaf arrives, and merges again. */
struct grown {
	struct tree_leaf leaves[TREE_BUCKET + 1];
	size_t n;
	struct grown *children[TREE_FAN]; /* all or none */
};

static void grown_add(struct grown *g, const struct tree_leaf *l, unsigned depth)
{
	if (g->children[0]) {
		g->n++;
		grown_add(g->children[tree_nibble(l->key, depth)], l, depth + 1);
		return;
	}
	g->leaves[g->n++] = *l;
	if (g->n <= TREE_BUCKET)
		return;
	for (int c = 0; c < TREE_FAN; c++)
		g->children[c] = calloc(1, sizeof(*g));
	for (size_t i = 0; i < g->n; i++)
		grown_add(g->children[tree_nibble(g->leaves[i].key, depth)], &g->leaves[i],
			  depth + 1);
}

static void grown_hash(struct grown *g, uint8_t ret[32])
{
	uint8_t children[TREE_FAN][32], hashes[TREE_BUCKET * 32];

	if (g->children[0]) {
		for (int c = 0; c < TREE_FAN; c++) {
			grown_hash(g->children[c], children[c]);
			free(g->children[c]);
		}
		tree_node_hash((const uint8_t(*)[32])children, ret);
		return;
	}
	qsort(g->leaves, g->n, sizeof(g->leaves[0]), by_key);
	for (size_t i = 0; i < g->n; i++)
		memcpy(hashes + 32 * i, g->leaves[i].hash, 32);
	tree_bucket_hash(hashes, g->n, ret);
}

static void shuffle(struct tree_leaf *leaves, size_t n, uint32_t *seed)
{
	for (size_t i = n; i > 1; i--) {
		struct tree_leaf swap = leaves[i - 1];
		size_t j;

		*seed = *seed * 1664525 + 1013904223;
		j = (*seed >> 8) % i;
		leaves[i - 1] = leaves[j];
		leaves[j] = swap;
	}
}

static void order_of_arrival_does_not_matter(void **state)
{
	enum { N = 2000 };
	struct tree_leaf *leaves = calloc(N, sizeof(*leaves));
	uint8_t expected[32], root[32];
	uint32_t seed = 1;

	for (int i = 0; i < N; i++)
		sample_leaf(i + 1, NULL, &leaves[i]);
	root_of(leaves, N, expected);
	for (int round = 0; round < 10; round++) {
		struct grown g = {0};

		shuffle(leaves, N, &seed);
		for (int i = 0; i < N; i++)
			grown_add(&g, &leaves[i], 0);
		grown_hash(&g, root);
		assert_memory_equal(root, expected, 32);
	}
	free(leaves);
}

/* Every one of revision, digest, key, presence is in the root. */
static void any_difference_shows(void **state)
{
	struct tree_leaf leaves[100];
	uint8_t before[32], after[32], digest[32] = {0};

	for (int i = 0; i < 100; i++)
		sample_leaf(i + 1, NULL, &leaves[i]);
	root_of(leaves, 100, before);
	tree_root(leaves, 99, after);
	assert_memory_not_equal(before, after, 32);
	tree_leaf_hash(leaves[50].key, 1000, digest, leaves[50].hash);
	tree_root(leaves, 100, after);
	assert_memory_not_equal(before, after, 32);
	memcpy(before, after, 32);
	digest[31] = 1;
	tree_leaf_hash(leaves[50].key, 1000, digest, leaves[50].hash);
	tree_root(leaves, 100, after);
	assert_memory_not_equal(before, after, 32);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots),
		cmocka_unit_test(leaf),
		cmocka_unit_test(nibbles),
		cmocka_unit_test(deep_prefix),
		cmocka_unit_test(order_of_arrival_does_not_matter),
		cmocka_unit_test(any_difference_shows),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
