#include "protocol/tree.h"

#include <assert.h>
#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/canon.h"

enum { HASH = 32, DEPTH_MAX = 64 };

/* Each hash is one call over bytes laid end to end: the calls cost more than the bytes. */

void tree_key(const char *id, uint8_t ret[32])
{
	digest_bytes(id, strlen(id), ret);
}

void tree_leaf_hash(const uint8_t key[32], uint64_t rev, const uint8_t digest[32], uint8_t ret[32])
{
	uint8_t bytes[1 + HASH + 8 + HASH] = {0x00};

	memcpy(bytes + 1, key, HASH);
	be64_put(bytes + 1 + HASH, rev);
	memcpy(bytes + 1 + HASH + 8, digest, HASH);
	digest_bytes(bytes, sizeof(bytes), ret);
}

void tree_bucket_hash(const uint8_t *leaf_hashes, size_t n, uint8_t ret[32])
{
	uint8_t bytes[1 + TREE_BUCKET * HASH];

	assert(n <= TREE_BUCKET);
	if (n == 0) {
		memset(ret, 0, HASH);
		return;
	}
	bytes[0] = 0x01;
	memcpy(bytes + 1, leaf_hashes, n * HASH);
	digest_bytes(bytes, 1 + n * HASH, ret);
}

void tree_node_hash(const uint8_t children[TREE_FAN][32], uint8_t ret[32])
{
	uint8_t bytes[1 + TREE_FAN * HASH];

	bytes[0] = 0x02;
	memcpy(bytes + 1, children, TREE_FAN * HASH);
	digest_bytes(bytes, sizeof(bytes), ret);
}

static void hash_bucket(const struct tree_leaf *leaves, size_t n, uint8_t ret[32])
{
	uint8_t hashes[TREE_BUCKET * HASH];

	for (size_t i = 0; i < n; i++)
		memcpy(hashes + i * HASH, leaves[i].hash, HASH);
	tree_bucket_hash(hashes, n, ret);
}

static void hash_range(const struct tree_leaf *leaves, size_t n, unsigned depth, uint8_t ret[32])
{
	uint8_t children[TREE_FAN][HASH];
	size_t from = 0, to;

	if (n <= TREE_BUCKET) {
		hash_bucket(leaves, n, ret);
		return;
	}
	/* Beyond, a bucket's worth of keys would be equal: the caller's set is no set. */
	assert(depth < DEPTH_MAX);
	for (unsigned child = 0; child < TREE_FAN; child++, from = to) {
		for (to = from; to < n && tree_nibble(leaves[to].key, depth) == child; to++)
			;
		hash_range(leaves + from, to - from, depth + 1, children[child]);
	}
	assert(from == n); /* not in key order */
	tree_node_hash((const uint8_t(*)[32])children, ret);
}

void tree_root(const struct tree_leaf *leaves, size_t n, uint8_t ret[32])
{
	hash_range(leaves, n, 0, ret);
}
