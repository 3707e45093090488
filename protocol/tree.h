/*
 * Set tree: hashes over the live set of one (origin, audience, type).
 *
 * key = SHA-256(id); leaf = SHA-256(0x00 | key | rev as 8 bytes big-endian | digest).  A node at a
 * hex prefix with at most TREE_BUCKET leaves is SHA-256(0x01 | leaves in key order), otherwise
 * SHA-256(0x02 | 16 children); empty = 32 zero bytes.  The shape depends on the set alone.
 */
#ifndef MAILLAGE_TREE_H
#define MAILLAGE_TREE_H

#include <stddef.h>
#include <stdint.h>

enum { TREE_BUCKET = 32, TREE_FAN = 16 };

struct tree_leaf {
	uint8_t key[32];
	uint8_t hash[32];
};

void tree_key(const char *id, uint8_t ret[32]);
void tree_leaf_hash(const uint8_t key[32], uint64_t rev, const uint8_t digest[32], uint8_t ret[32]);
/* n <= TREE_BUCKET leaf hashes laid end to end (32 * n bytes), in key order. n == 0: zeros. */
void tree_bucket_hash(const uint8_t *leaf_hashes, size_t n, uint8_t ret[32]);
void tree_node_hash(const uint8_t children[TREE_FAN][32], uint8_t ret[32]);
/* Nibble of a key at `depth` (0 is the highest). */
static inline unsigned tree_nibble(const uint8_t key[32], unsigned depth)
{
	return depth & 1 ? key[depth / 2] & 15 : key[depth / 2] >> 4;
}
/* Root of a whole set given in key order: the definition itself, for tests, check and reindex. */
void tree_root(const struct tree_leaf *leaves, size_t n, uint8_t ret[32]);

#endif
