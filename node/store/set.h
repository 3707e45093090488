/*
 * The set tree of each (feed, type), stored: leaves, interior nodes, and (count, root) per type.
 * Changes are gathered per verb; flush recomputes each touched path once (protocol/tree.h).
 */
#ifndef MAILLAGE_STORE_SET_H
#define MAILLAGE_STORE_SET_H

#include "node/store/txn.h"
#include "protocol/head.h"

struct set_batch;
struct set_batch *set_batch_new(void);
void set_batch_free(struct set_batch *b);
/* Add or replace a leaf; remove one. key = SHA-256(id). */
void set_add(struct set_batch *b, uint32_t feed, const char *type, const uint8_t key[32], uint64_t rev,
	     const uint8_t digest[32], uint32_t object);
void set_remove(struct set_batch *b, uint32_t feed, const char *type, const uint8_t key[32]);
int set_flush(struct set_batch *b, struct txn *t);

/* Count and root of every non-empty type of a feed, by type name, ascending. */
int set_list(struct txn *t, uint32_t feed, struct head_set ret_sets[HEAD_TYPES], size_t *ret_n);
/*
 * The leaves of a set in order of their keys, from behind `after` (NULL: from the first), until `leaf`
 * does not return OK; that is returned.
 */
typedef int set_leaf_fn(void *arg, const uint8_t key[32], uint32_t object);
int set_walk(struct txn *t, uint32_t feed, const char *type, const uint8_t *after, set_leaf_fn *leaf,
	     void *arg);
/* Recompute the root from the leaves alone (check). */
int set_verify(struct txn *t, uint32_t feed, const char *type);

#endif
