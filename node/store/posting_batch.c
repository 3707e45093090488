/* Changing postings: gathered per term, written in the order of terms, each chunk touched once. */
#include <stdlib.h>
#include <string.h>

#include "node/store/chunk.h"
#include "node/store/env.h"
#include "node/store/posting.h"

enum { TABLE_FIRST = 64 }; /* slots of a new batch's table; a power of two */

struct term {
	uint64_t prefix;     /* first 8 bytes, for sorting */
	uint32_t hash, at;   /* at: in bytes */
	uint32_t n_ops, end; /* end: after its ops once they are gathered */
	uint8_t len;
};

struct op {
	uint32_t term, object;
	bool remove;
};

struct posting_batch {
	struct term *terms;
	struct op *ops;
	uint8_t *bytes;
	uint32_t *slots; /* term + 1, 0: free */
	size_t n_terms, terms_room, n_ops, ops_room, n_bytes, bytes_room, n_slots;
	int err;
};

struct posting_batch *posting_batch_new(void)
{
	return calloc(1, sizeof(struct posting_batch));
}

void posting_batch_free(struct posting_batch *b)
{
	if (!b)
		return;
	free(b->terms);
	free(b->ops);
	free(b->bytes);
	free(b->slots);
	free(b);
}

static void batch_clear(struct posting_batch *b)
{
	if (b->n_slots)
		memset(b->slots, 0, b->n_slots * sizeof(*b->slots));
	b->n_terms = b->n_ops = b->n_bytes = 0;
	b->err = OK;
}

/* Room for `more` items after n; keeps *array if there is no memory. */
static int grow(void *array, size_t size, size_t n, size_t more, size_t *room)
{
	size_t next = *room ? 2 * *room : 32;
	void *p;

	if (n + more <= *room)
		return OK;
	if (next < n + more)
		next = n + more;
	p = realloc(*(void **)array, next * size);
	if (!p)
		return ERR_NOMEM;
	*(void **)array = p;
	*room = next;
	return OK;
}

/* FNV-1a, finished so that the low bits depend on all of it. */
static uint32_t term_hash(const uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

static int table_grow(struct posting_batch *b)
{
	size_t n = b->n_slots ? 2 * b->n_slots : TABLE_FIRST;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < b->n_terms; i++) {
		size_t s = b->terms[i].hash & (n - 1);

		while (slots[s])
			s = (s + 1) & (n - 1);
		slots[s] = i + 1;
	}
	free(b->slots);
	b->slots = slots;
	b->n_slots = n;
	return OK;
}

static uint64_t term_prefix(const uint8_t *p, size_t len)
{
	uint8_t first[8] = {0};

	memcpy(first, p, len < 8 ? len : 8);
	return be64_get(first);
}

static int term_find(struct posting_batch *b, const uint8_t *p, size_t len, uint32_t *ret)
{
	uint32_t hash = term_hash(p, len);
	struct term *term;
	size_t s;

	if (2 * (b->n_terms + 1) > b->n_slots && table_grow(b))
		return ERR_NOMEM;
	for (s = hash & (b->n_slots - 1); b->slots[s]; s = (s + 1) & (b->n_slots - 1)) {
		term = &b->terms[b->slots[s] - 1];
		if (term->hash == hash && term->len == len &&
		    !memcmp(b->bytes + term->at, p, len)) {
			*ret = b->slots[s] - 1;
			return OK;
		}
	}
	if (grow(&b->terms, sizeof(*b->terms), b->n_terms, 1, &b->terms_room) ||
	    grow(&b->bytes, 1, b->n_bytes, len, &b->bytes_room))
		return ERR_NOMEM;
	b->terms[b->n_terms] = (struct term){
		.prefix = term_prefix(p, len),
		.hash = hash,
		.at = (uint32_t)b->n_bytes,
		.len = (uint8_t)len,
	};
	memcpy(b->bytes + b->n_bytes, p, len);
	b->n_bytes += len;
	*ret = (uint32_t)b->n_terms++;
	b->slots[s] = *ret + 1;
	return OK;
}

static void op_new(struct posting_batch *b, const char *term, size_t len, uint32_t object,
		   bool remove)
{
	uint32_t number;

	len = chunk_term(term, len);
	if (!len || b->err)
		return;
	b->err = term_find(b, (const uint8_t *)term, len, &number);
	if (!b->err)
		b->err = grow(&b->ops, sizeof(*b->ops), b->n_ops, 1, &b->ops_room);
	if (b->err)
		return;
	b->ops[b->n_ops++] = (struct op){number, object, remove};
	b->terms[number].n_ops++;
}

void posting_add(struct posting_batch *b, const char *term, size_t len, uint32_t object)
{
	op_new(b, term, len, object, false);
}

void posting_remove(struct posting_batch *b, const char *term, size_t len, uint32_t object)
{
	op_new(b, term, len, object, true);
}

/* --- one term's changes --- */

/* An op in a sortable word: object, then order of arrival, then whether it removes. */
static uint32_t word_object(uint64_t w)
{
	return (uint32_t)(w >> 32);
}

static bool word_removes(uint64_t w)
{
	return w & 1;
}

static int word_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Ascending objects, the last op of each; the number left. */
static size_t words_tidy(uint64_t *words, size_t n)
{
	size_t i, kept = 0;

	for (i = 1; i < n && word_object(words[i - 1]) < word_object(words[i]); i++)
		;
	if (i >= n)
		return n;
	qsort(words, n, sizeof(*words), word_compare);
	for (i = 0; i < n; i++) {
		if (kept && word_object(words[kept - 1]) == word_object(words[i]))
			kept--;
		words[kept++] = words[i];
	}
	return kept;
}

struct flush {
	struct txn *txn;
	const uint8_t *term;
	size_t len;
	uint32_t *scratch; /* room for one chunk and all ops of a term */
};

static int chunk_put(const struct flush *f, const uint32_t *objects, unsigned n)
{
	uint8_t key[CHUNK_KEY], val[CHUNK_LEN];
	size_t key_len = chunk_key(f->term, f->len, objects[0], key);

	return txn_put(f->txn, TABLE_POSTING, key, key_len, val, chunk_write(objects, n, val));
}

/* Fresh chunks, full ones first: what comes at the end stays there. */
static int chunks_put(const struct flush *f, const uint32_t *objects, size_t n)
{
	int err = OK;

	for (size_t some; n && !err; objects += some, n -= some) {
		some = n < POSTING_CHUNK ? n : POSTING_CHUNK;
		err = chunk_put(f, objects, (unsigned)some);
	}
	return err;
}

/*
 * Objects after the last of a chunk: its bytes stay, the new ones are put behind them.  chunk_find
 * found it by going back, so the cursor stands at it.
 */
static int chunk_append(const struct flush *f, struct view key, struct view val,
			const uint32_t *objects, size_t n)
{
	uint8_t k[CHUNK_KEY], v[CHUNK_LEN], *p = v + val.len;
	unsigned count = be16_get(val.data);
	uint32_t last = be32_get(val.data + 2);
	int err;

	if (val.len > CHUNK_HEAD + 5 * (size_t)(count - 1))
		return ERR_CORRUPT;
	if (count < POSTING_CHUNK && n) {
		memcpy(v, val.data, val.len);
		memcpy(k, key.data, key.len);
		for (; n && count < POSTING_CHUNK; count++, n--) {
			p = chunk_varint(p, *objects - last);
			last = *objects++;
		}
		be16_put(v, (uint16_t)count);
		be32_put(v + 2, last);
		err = txn_put_here(f->txn, TABLE_POSTING, k, key.len, v, (size_t)(p - v));
		if (err)
			return err;
	}
	return chunks_put(f, objects, n);
}

/* Merge ops into a chunk that is decoded and written anew, in equal parts if it grew too long. */
static int chunk_merge(const struct flush *f, struct view key, struct view val,
		       const uint64_t *words, size_t n_words)
{
	uint32_t old[POSTING_CHUNK], *out = f->scratch;
	uint8_t k[CHUNK_KEY];
	size_t n = 0, w, parts, k_len = key.len;
	unsigned n_old, i = 0;
	bool changed = false;
	int err = chunk_read(key, val, old, &n_old);

	if (err)
		return err;
	for (w = 0; w < n_words; w++) {
		uint32_t object = word_object(words[w]);
		bool there;

		while (i < n_old && old[i] < object)
			out[n++] = old[i++];
		there = i < n_old && old[i] == object;
		i += there;
		if (!word_removes(words[w]))
			out[n++] = object;
		changed |= there == word_removes(words[w]);
	}
	while (i < n_old)
		out[n++] = old[i++];
	if (!changed)
		return OK;
	memcpy(k, key.data, k_len);
	if (!n || out[0] != old[0])
		err = txn_del(f->txn, TABLE_POSTING, k, k_len);
	for (parts = (n + POSTING_CHUNK - 1) / POSTING_CHUNK; parts && !err; parts--) {
		size_t some = (n + parts - 1) / parts;

		err = chunk_put(f, out, (unsigned)some);
		out += some;
		n -= some;
	}
	return err;
}

/* The added objects of ops, in scratch. */
static size_t words_added(const struct flush *f, const uint64_t *words, size_t n)
{
	size_t added = 0;

	for (size_t i = 0; i < n; i++)
		if (!word_removes(words[i]))
			f->scratch[added++] = word_object(words[i]);
	return added;
}

/*
 * The chunk an object belongs to: the last that begins at or before it, else the term's first.
 * *ret_bound: where the next one begins, or beyond all objects. ERR_NOTFOUND if the term has none.
 */
static int chunk_find(const struct flush *f, uint32_t object, struct view *key, struct view *val,
		      uint64_t *ret_bound)
{
	uint8_t start[CHUNK_KEY];
	size_t len = chunk_key(f->term, f->len, object, start);
	struct view next_key, next_val;
	bool after; /* next_key is this term's */
	int err;

	err = txn_seek(f->txn, TABLE_POSTING, start, len, &next_key, &next_val);
	if (err && err != ERR_NOTFOUND)
		return err;
	after = !err && chunk_of(next_key, f->term, f->len);
	if (after && chunk_first(next_key) == object) {
		*key = next_key;
		*val = next_val;
	} else {
		err = err ? txn_seek_end(f->txn, TABLE_POSTING, key, val)
			  : txn_seek_prev(f->txn, TABLE_POSTING, key, val);
		if (!err && chunk_of(*key, f->term, f->len)) {
			*ret_bound = after ? chunk_first(next_key) : UINT64_MAX;
			return OK;
		}
		if (err && err != ERR_NOTFOUND)
			return err;
		if (!after)
			return ERR_NOTFOUND;
		*key = next_key; /* before the first: the first takes it */
		*val = next_val;
		err = txn_seek(f->txn, TABLE_POSTING, start, len, &next_key, &next_val);
		if (err)
			return err;
	}
	err = txn_seek_next(f->txn, TABLE_POSTING, &next_key, &next_val);
	if (err && err != ERR_NOTFOUND)
		return err;
	after = !err && chunk_of(next_key, f->term, f->len);
	*ret_bound = after ? chunk_first(next_key) : UINT64_MAX;
	return OK;
}

static int term_flush(const struct flush *f, const uint64_t *words, size_t n)
{
	struct view key, val;
	uint64_t bound;
	size_t some;
	int err;

	for (; n; words += some, n -= some) {
		err = chunk_find(f, word_object(words[0]), &key, &val, &bound);
		if (err == ERR_NOTFOUND)
			return chunks_put(f, f->scratch, words_added(f, words, n));
		if (err)
			return err;
		if (val.len < CHUNK_HEAD || !be16_get(val.data))
			return ERR_CORRUPT;
		for (some = 1; some < n && word_object(words[some]) < bound; some++)
			;
		if (word_object(words[0]) > be32_get(val.data + 2))
			err = chunk_append(f, key, val, f->scratch, words_added(f, words, some));
		else
			err = chunk_merge(f, key, val, words, some);
		if (err)
			return err;
	}
	return OK;
}

/* --- all of them --- */

static int term_compare(const void *pa, const void *pb, void *arg)
{
	const struct posting_batch *b = arg;
	const struct term *x = &b->terms[*(const uint32_t *)pa],
			  *y = &b->terms[*(const uint32_t *)pb];
	size_t len = x->len < y->len ? x->len : y->len;
	int c;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	c = memcmp(b->bytes + x->at, b->bytes + y->at, len);
	return c ? c : x->len - y->len;
}

/* Term numbers in the order of their bytes, and all ops as words, a term's together. */
static void batch_sort(struct posting_batch *b, uint32_t *order, uint64_t *words)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < b->n_terms; i++) {
		order[i] = i;
		b->terms[i].end = at;
		at += b->terms[i].n_ops;
	}
	for (size_t i = 0; i < b->n_ops; i++) {
		struct op *op = &b->ops[i];

		words[b->terms[op->term].end++] =
			(uint64_t)op->object << 32 | (uint32_t)(i << 1) | op->remove;
	}
	qsort_r(order, b->n_terms, sizeof(*order), term_compare, b);
}

int posting_flush(struct posting_batch *b, struct txn *t)
{
	struct flush f = {.txn = t};
	uint32_t *order = NULL;
	uint64_t *words = NULL;
	int err = b->err;

	if (!err && b->n_ops) {
		order = malloc(b->n_terms * sizeof(*order));
		words = malloc(b->n_ops * sizeof(*words));
		f.scratch = malloc((POSTING_CHUNK + b->n_ops) * sizeof(*f.scratch));
		if (!order || !words || !f.scratch)
			err = ERR_NOMEM;
		else
			batch_sort(b, order, words);
	}
	for (size_t i = 0; i < b->n_terms && !err; i++) {
		const struct term *term = &b->terms[order[i]];
		uint64_t *own = words + (term->end - term->n_ops);

		f.term = b->bytes + term->at;
		f.len = term->len;
		err = term_flush(&f, own, words_tidy(own, term->n_ops));
	}
	free(f.scratch);
	free(words);
	free(order);
	batch_clear(b);
	return err ? txn_fail(t, err == ERR_NOTFOUND ? ERR_CORRUPT : err) : OK;
}
