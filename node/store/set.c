#include "node/store/set.h"

#include <stdlib.h>
#include <string.h>

#include "node/store/env.h"
#include "protocol/base/codec.h"
#include "protocol/tree.h"

/*
 * Tables (integers big-endian; PREFIX = u32 feed | type name | 0):
 * LEAF  PREFIX | SHA-256(id)              -> u64 rev | leaf hash | u32 object
 * NODE  PREFIX | u8 depth | its nibbles   -> 16 x (u32 count | hash), where more than TREE_BUCKET
 * leaves SET   u32 feed | type name              -> u64 count | root
 */
enum {
	LEAF_LEN = 8 + 32 + 4,
	CHILD_LEN = 4 + 32,
	NODE_LEN = TREE_FAN * CHILD_LEN,
	SET_LEN = 8 + 32,
	DEPTH_MAX = 64,
	PREFIX_MAX = 4 + TYPE_MAX,
};

struct op {
	uint32_t feed, type, seq, object;
	bool remove;
	uint64_t rev;
	uint8_t key[32], digest[32];
};

struct set_batch {
	struct op *ops;
	size_t n_ops, room;
	char (*types)[TYPE_MAX];
	uint32_t n_types;
	int err;
};

struct set_batch *set_batch_new(void)
{
	return calloc(1, sizeof(struct set_batch));
}

static void batch_clear(struct set_batch *b)
{
	free(b->ops);
	free(b->types);
	*b = (struct set_batch){0};
}

void set_batch_free(struct set_batch *b)
{
	if (!b)
		return;
	batch_clear(b);
	free(b);
}

static int type_number(struct set_batch *b, const char *type, uint32_t *ret)
{
	char(*types)[TYPE_MAX];
	size_t len = strlen(type);

	for (uint32_t i = 0; i < b->n_types; i++) {
		if (!strcmp(b->types[i], type)) {
			*ret = i;
			return OK;
		}
	}
	if (!len || len >= TYPE_MAX)
		return ERR_INVALID;
	types = realloc(b->types, (b->n_types + 1) * sizeof(*types));
	if (!types)
		return ERR_NOMEM;
	b->types = types;
	memcpy(types[b->n_types], type, len + 1);
	*ret = b->n_types++;
	return OK;
}

/* A new op, or NULL with the batch's error set. */
static struct op *op_new(struct set_batch *b, uint32_t feed, const char *type,
			 const uint8_t key[32])
{
	struct op *op;
	uint32_t number = 0;

	if (!b->err)
		b->err = type_number(b, type, &number);
	if (!b->err && b->n_ops == b->room) {
		size_t room = b->room ? 2 * b->room : 8;

		op = realloc(b->ops, room * sizeof(*op));
		if (op) {
			b->ops = op;
			b->room = room;
		} else {
			b->err = ERR_NOMEM;
		}
	}
	if (b->err)
		return NULL;
	op = &b->ops[b->n_ops];
	*op = (struct op){.feed = feed, .type = number, .seq = (uint32_t)b->n_ops++};
	memcpy(op->key, key, 32);
	return op;
}

void set_add(struct set_batch *b, uint32_t feed, const char *type, const uint8_t key[32],
	     uint64_t rev, const uint8_t digest[32], uint32_t object)
{
	struct op *op = op_new(b, feed, type, key);

	if (!op)
		return;
	op->rev = rev;
	op->object = object;
	memcpy(op->digest, digest, 32);
}

void set_remove(struct set_batch *b, uint32_t feed, const char *type, const uint8_t key[32])
{
	struct op *op = op_new(b, feed, type, key);

	if (op)
		op->remove = true;
}

/* --- one set being changed --- */

struct leaf {
	struct tree_leaf tree;
	uint32_t object;
};

struct sum {
	uint32_t count;
	uint8_t hash[32];
};

struct change {
	struct txn *txn;
	const struct op *const *ops;
	uint8_t prefix[PREFIX_MAX];
	size_t prefix_len;
	struct leaf *leaves; /* room for one bucket and all ops */
};

/* Key of the node above `depth` nibbles of key. */
static size_t node_key(const struct change *c, const uint8_t key[32], unsigned depth,
		       uint8_t out[PREFIX_MAX + 1 + DEPTH_MAX])
{
	uint8_t *p = out + c->prefix_len;

	memcpy(out, c->prefix, c->prefix_len);
	*p++ = (uint8_t)depth;
	for (unsigned i = 0; i < depth; i++)
		*p++ = (uint8_t)tree_nibble(key, i);
	return (size_t)(p - out);
}

static bool nibbles_equal(const uint8_t a[32], const uint8_t b[32], unsigned depth)
{
	return !memcmp(a, b, depth / 2) && (!(depth & 1) || a[depth / 2] >> 4 == b[depth / 2] >> 4);
}

/* Leaves that share the first `depth` nibbles of key. ERR_CORRUPT unless they are `count`. */
static int leaves_load(const struct change *c, const uint8_t key[32], unsigned depth,
		       uint32_t count, struct leaf *out)
{
	uint8_t start[PREFIX_MAX + 32] = {0};
	const size_t at = c->prefix_len;
	struct view k, v;
	uint32_t n = 0;
	int err;

	memcpy(start, c->prefix, at);
	memcpy(start + at, key, depth / 2);
	if (depth & 1)
		start[at + depth / 2] = key[depth / 2] & 0xf0;
	err = txn_seek(c->txn, TABLE_LEAF, start, at + 32, &k, &v);
	for (; !err; err = txn_seek_next(c->txn, TABLE_LEAF, &k, &v)) {
		if (k.len < at || memcmp(k.data, c->prefix, at))
			break;
		if (k.len != at + 32 || v.len != LEAF_LEN)
			return ERR_CORRUPT;
		if (!nibbles_equal(k.data + at, key, depth))
			break;
		if (n == count)
			return ERR_CORRUPT;
		memcpy(out[n].tree.key, k.data + at, 32);
		memcpy(out[n].tree.hash, v.data + 8, 32);
		out[n++].object = be32_get(v.data + 40);
	}
	if (err && err != ERR_NOTFOUND)
		return err;
	return n == count ? OK : ERR_CORRUPT;
}

static void bucket_hash(const struct leaf *leaves, uint32_t n, uint8_t ret[32])
{
	uint8_t hashes[TREE_BUCKET * 32];

	for (uint32_t i = 0; i < n; i++)
		memcpy(hashes + 32 * i, leaves[i].tree.hash, 32);
	tree_bucket_hash(hashes, n, ret);
}

static int node_write(const struct change *c, const uint8_t key[32], unsigned depth,
		      const struct sum children[TREE_FAN], uint8_t ret_hash[32])
{
	uint8_t k[PREFIX_MAX + 1 + DEPTH_MAX], v[NODE_LEN], hashes[TREE_FAN][32];
	size_t len = node_key(c, key, depth, k);

	for (unsigned i = 0; i < TREE_FAN; i++) {
		be32_put(v + i * CHILD_LEN, children[i].count);
		memcpy(v + i * CHILD_LEN + 4, children[i].hash, 32);
		memcpy(hashes[i], children[i].hash, 32);
	}
	tree_node_hash(hashes, ret_hash);
	return txn_put(c->txn, TABLE_NODE, k, len, v, sizeof(v));
}

static int node_load(const struct change *c, const uint8_t key[32], unsigned depth, uint32_t count,
		     struct sum ret[TREE_FAN])
{
	uint8_t k[PREFIX_MAX + 1 + DEPTH_MAX];
	struct view v;
	uint64_t total = 0;
	int err = txn_get(c->txn, TABLE_NODE, k, node_key(c, key, depth, k), &v);

	if (err == ERR_NOTFOUND || (!err && v.len != NODE_LEN))
		return ERR_CORRUPT;
	if (err)
		return err;
	for (unsigned i = 0; i < TREE_FAN; i++) {
		ret[i].count = be32_get(v.data + i * CHILD_LEN);
		memcpy(ret[i].hash, v.data + i * CHILD_LEN + 4, 32);
		total += ret[i].count;
	}
	return total == count ? OK : ERR_CORRUPT;
}

/* Hash of n > 0 leaves in memory; writes the nodes above them. */
static int build(const struct change *c, const struct leaf *leaves, uint32_t n, unsigned depth,
		 struct sum *ret)
{
	struct sum children[TREE_FAN] = {0};
	uint32_t from = 0, to;
	int err;

	ret->count = n;
	if (n <= TREE_BUCKET) {
		bucket_hash(leaves, n, ret->hash);
		return OK;
	}
	for (unsigned i = 0; i < TREE_FAN; i++, from = to) {
		for (to = from; to < n && tree_nibble(leaves[to].tree.key, depth) == i; to++)
			;
		if (to == from)
			continue;
		err = build(c, leaves + from, to - from, depth + 1, &children[i]);
		if (err)
			return err;
	}
	return node_write(c, leaves[0].tree.key, depth, children, ret->hash);
}

/* Apply one op to the leaf it finds (or NULL); *ret_keep tells whether `leaf` is there afterwards.
 */
static int leaf_apply(const struct change *c, const struct op *op, const struct leaf *old,
		      struct leaf *leaf, bool *ret_keep, bool *changed)
{
	uint8_t k[PREFIX_MAX + 32], v[LEAF_LEN];

	memcpy(k, c->prefix, c->prefix_len);
	memcpy(k + c->prefix_len, op->key, 32);
	*ret_keep = !op->remove;
	if (op->remove) {
		if (!old)
			return OK;
		*changed = true;
		return txn_del(c->txn, TABLE_LEAF, k, c->prefix_len + 32);
	}
	memcpy(leaf->tree.key, op->key, 32);
	tree_leaf_hash(op->key, op->rev, op->digest, leaf->tree.hash);
	leaf->object = op->object;
	if (old && old->object == leaf->object && !memcmp(old->tree.hash, leaf->tree.hash, 32))
		return OK;
	*changed = true;
	be64_put(v, op->rev);
	memcpy(v + 8, leaf->tree.hash, 32);
	be32_put(v + 40, op->object);
	return txn_put(c->txn, TABLE_LEAF, k, c->prefix_len + 32, v, sizeof(v));
}

static int bucket_update(const struct change *c, const struct op *const *ops, size_t n_ops,
			 unsigned depth, struct sum *s, bool *changed)
{
	struct leaf old[TREE_BUCKET], *out = c->leaves;
	uint32_t n = 0, i = 0;
	bool keep;
	int err, order;

	err = leaves_load(c, ops[0]->key, depth, s->count, old);
	if (err)
		return err;
	for (size_t o = 0; o < n_ops; o++) {
		order = -1;
		while (i < s->count && (order = memcmp(old[i].tree.key, ops[o]->key, 32)) < 0)
			out[n++] = old[i++];
		order = i < s->count ? order : 1;
		err = leaf_apply(c, ops[o], order ? NULL : &old[i], &out[n], &keep, changed);
		if (err)
			return err;
		n += keep;
		i += !order;
	}
	while (i < s->count)
		out[n++] = old[i++];
	if (!*changed)
		return OK;
	if (n)
		return build(c, out, n, depth, s);
	*s = (struct sum){0};
	return OK;
}

/* Bring the node above ops (all with the same first `depth` nibbles, in key order) up to date. */
static int node_update(const struct change *c, const struct op *const *ops, size_t n_ops,
		       unsigned depth, struct sum *s, bool *changed)
{
	uint8_t k[PREFIX_MAX + 1 + DEPTH_MAX];
	struct sum children[TREE_FAN];
	struct leaf leaves[TREE_BUCKET];
	size_t from, to;
	int err;

	if (s->count <= TREE_BUCKET)
		return bucket_update(c, ops, n_ops, depth, s, changed);
	if (depth >= DEPTH_MAX)
		return ERR_CORRUPT;
	err = node_load(c, ops[0]->key, depth, s->count, children);
	for (from = 0; from < n_ops && !err; from = to) {
		unsigned nibble = tree_nibble(ops[from]->key, depth);
		struct sum *child = &children[nibble];
		uint32_t before = child->count;
		bool here = false;

		for (to = from + 1; to < n_ops && tree_nibble(ops[to]->key, depth) == nibble; to++)
			;
		err = node_update(c, ops + from, to - from, depth + 1, child, &here);
		s->count += child->count - before;
		*changed |= here;
	}
	if (err || !*changed)
		return err;
	if (s->count > TREE_BUCKET)
		return node_write(c, ops[0]->key, depth, children, s->hash);
	err = txn_del(c->txn, TABLE_NODE, k, node_key(c, ops[0]->key, depth, k));
	if (!err)
		err = leaves_load(c, ops[0]->key, depth, s->count, leaves);
	if (!err)
		bucket_hash(leaves, s->count, s->hash);
	return err;
}

static size_t set_key(uint32_t feed, const char *type, uint8_t key[PREFIX_MAX])
{
	size_t len = strnlen(type, TYPE_MAX - 1);

	be32_put(key, feed);
	memcpy(key + 4, type, len);
	return 4 + len;
}

/* {0} if there is none. */
static int set_load(struct txn *t, const uint8_t *key, size_t len, struct sum *ret)
{
	struct view v;
	int err = txn_get(t, TABLE_SET, key, len, &v);

	*ret = (struct sum){0};
	if (err)
		return err == ERR_NOTFOUND ? OK : err;
	if (v.len != SET_LEN || !be64_get(v.data) || be64_get(v.data) > UINT32_MAX)
		return ERR_CORRUPT;
	ret->count = (uint32_t)be64_get(v.data);
	memcpy(ret->hash, v.data + 8, 32);
	return OK;
}

/* Room for one more set under this feed? */
static int sets_room(struct txn *t, uint32_t feed)
{
	uint8_t prefix[4];
	struct view key, val;
	struct walk *w;
	unsigned n = 0;
	int err;

	be32_put(prefix, feed);
	err = walk_open(t, TABLE_SET, NULL, 0, false, prefix, 4, &w);
	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val)))
		n++;
	walk_close(w);
	if (err != ERR_NOTFOUND)
		return err;
	return n < HEAD_TYPES ? OK : ERR_LIMIT;
}

static int set_update(struct change *c, const struct op *const *ops, size_t n, const char *type)
{
	uint8_t key[PREFIX_MAX], val[SET_LEN];
	size_t len = set_key(ops[0]->feed, type, key);
	struct sum s;
	bool changed = false, was;
	int err = set_load(c->txn, key, len, &s);

	if (err)
		return err;
	was = s.count;
	memcpy(c->prefix, key, len);
	c->prefix[len] = 0;
	c->prefix_len = len + 1;
	err = node_update(c, ops, n, 0, &s, &changed);
	if (err || !changed)
		return err;
	if (!s.count)
		return txn_del(c->txn, TABLE_SET, key, len);
	if (!was && (err = sets_room(c->txn, ops[0]->feed)))
		return err;
	be64_put(val, s.count);
	memcpy(val + 8, s.hash, 32);
	return txn_put(c->txn, TABLE_SET, key, len, val, sizeof(val));
}

static int op_compare_set(const struct op *a, const struct op *b, const struct set_batch *batch)
{
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	return a->type == b->type ? 0 : strcmp(batch->types[a->type], batch->types[b->type]);
}

static int op_compare(const void *pa, const void *pb, void *arg)
{
	const struct op *a = *(const struct op *const *)pa, *b = *(const struct op *const *)pb;
	int c = op_compare_set(a, b, arg);

	if (!c)
		c = memcmp(a->key, b->key, 32);
	return c ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

/* In order of set and key, only the last op of each key. */
static const struct op **ops_sorted(struct set_batch *b, size_t *ret_n)
{
	const struct op **ops = malloc(b->n_ops * sizeof(*ops));
	size_t n = 0;

	if (!ops)
		return NULL;
	for (size_t i = 0; i < b->n_ops; i++)
		ops[i] = &b->ops[i];
	qsort_r(ops, b->n_ops, sizeof(*ops), op_compare, b);
	for (size_t i = 0; i < b->n_ops; i++) {
		if (n && !op_compare_set(ops[n - 1], ops[i], b) &&
		    !memcmp(ops[n - 1]->key, ops[i]->key, 32))
			n--;
		ops[n++] = ops[i];
	}
	*ret_n = n;
	return ops;
}

int set_flush(struct set_batch *b, struct txn *t)
{
	struct change c = {.txn = t};
	const struct op **ops = NULL;
	size_t n = 0, from, to;
	int err = b->err;

	if (!err && b->n_ops) {
		ops = ops_sorted(b, &n);
		c.leaves = malloc((TREE_BUCKET + b->n_ops + 1) * sizeof(*c.leaves));
		if (!ops || !c.leaves)
			err = ERR_NOMEM;
	}
	for (from = 0; !err && from < n; from = to) {
		for (to = from + 1; to < n && !op_compare_set(ops[from], ops[to], b); to++)
			;
		err = set_update(&c, ops + from, to - from, b->types[ops[from]->type]);
		if (err == ERR_NOTFOUND)
			err = ERR_CORRUPT;
	}
	free(ops);
	free(c.leaves);
	batch_clear(b);
	return err ? txn_fail(t, err) : OK;
}

int set_list(struct txn *t, uint32_t feed, struct head_set ret_sets[HEAD_TYPES], size_t *ret_n)
{
	uint8_t prefix[4];
	struct view key, val;
	struct walk *w;
	size_t n = 0, len;
	int err;

	be32_put(prefix, feed);
	err = walk_open(t, TABLE_SET, NULL, 0, false, prefix, 4, &w);
	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		len = key.len - 4;
		if (n == HEAD_TYPES || !len || len >= TYPE_MAX || val.len != SET_LEN) {
			err = ERR_CORRUPT;
			break;
		}
		memset(&ret_sets[n], 0, sizeof(ret_sets[n]));
		memcpy(ret_sets[n].type, key.data + 4, len);
		ret_sets[n].count = be64_get(val.data);
		memcpy(ret_sets[n].root, val.data + 8, 32);
		n++;
	}
	walk_close(w);
	if (err != ERR_NOTFOUND)
		return err;
	*ret_n = n;
	return OK;
}

int set_walk(struct txn *t, uint32_t feed, const char *type, const uint8_t *after,
	     set_leaf_fn *leaf, void *arg)
{
	uint8_t from[PREFIX_MAX + 32];
	size_t len = set_key(feed, type, from);
	struct view key, val;
	struct walk *w;
	int err;

	from[len++] = 0;
	if (after)
		memcpy(from + len, after, 32);
	err = walk_open(t, TABLE_LEAF, after ? from : NULL, after ? len + 32 : 0, false, from, len,
			&w);
	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		if (key.len != len + 32 || val.len != LEAF_LEN)
			err = ERR_CORRUPT;
		else if (!after || memcmp(key.data + len, after, 32) != 0)
			err = leaf(arg, key.data + len, be32_get(val.data + 8 + 32));
		if (err)
			break;
	}
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

int set_verify(struct txn *t, uint32_t feed, const char *type)
{
	uint8_t prefix[PREFIX_MAX], root[32];
	size_t len = set_key(feed, type, prefix), n = 0;
	struct tree_leaf *leaves;
	struct view key, val;
	struct walk *w;
	struct sum s;
	int err = set_load(t, prefix, len, &s);

	if (err)
		return err;
	prefix[len++] = 0;
	leaves = malloc((s.count + (size_t)1) * sizeof(*leaves));
	if (!leaves)
		return ERR_NOMEM;
	err = walk_open(t, TABLE_LEAF, NULL, 0, false, prefix, len, &w);
	if (err) {
		free(leaves);
		return err;
	}
	while (!(err = walk_next(w, &key, &val))) {
		if (n == s.count || key.len != len + 32 || val.len != LEAF_LEN) {
			err = ERR_CORRUPT;
			break;
		}
		memcpy(leaves[n].key, key.data + len, 32);
		memcpy(leaves[n++].hash, val.data + 8, 32);
	}
	walk_close(w);
	if (err == ERR_NOTFOUND) {
		tree_root(leaves, n, root);
		err = n == s.count && !memcmp(root, s.hash, 32) ? OK : ERR_CORRUPT;
	}
	free(leaves);
	return err;
}
