/* Reading postings; the writing side is posting_batch.c. */
#include "node/store/posting.h"

#include <string.h>

#include "node/store/chunk.h"
#include "node/store/env.h"

enum { CHUNKS_PASSED = 8 }; /* steps to the next chunk that cost about as much as a search */

/* First chunk of a term: ERR_NOTFOUND if it has none. */
static int term_first(struct txn *t, const uint8_t *term, size_t len, struct view *ret_key,
		      struct view *ret_val)
{
	uint8_t start[CHUNK_KEY];
	int err;

	if (!len)
		return ERR_NOTFOUND;
	err = txn_seek(t, TABLE_POSTING, start, chunk_key(term, len, 0, start), ret_key, ret_val);
	return !err && !chunk_of(*ret_key, term, len) ? ERR_NOTFOUND : err;
}

static int term_next(struct txn *t, const uint8_t *term, size_t len, struct view *ret_key,
		     struct view *ret_val)
{
	int err = txn_seek_next(t, TABLE_POSTING, ret_key, ret_val);

	return !err && !chunk_of(*ret_key, term, len) ? ERR_NOTFOUND : err;
}

/* How many of the ascending objects the set has room for. */
static unsigned bits_room(const struct bitmap *b, const uint32_t *objects, unsigned n)
{
	while (n && objects[n - 1] / 64 >= b->n_words)
		n--;
	return n;
}

static void bits_set(struct bitmap *b, const uint32_t *objects, unsigned n)
{
	n = bits_room(b, objects, n);
	for (unsigned i = 0; i < n; i++)
		b->words[objects[i] / 64] |= UINT64_C(1) << objects[i] % 64;
}

static uint64_t bits_count(const struct bitmap *b, const uint32_t *objects, unsigned n)
{
	uint64_t total = 0;

	n = bits_room(b, objects, n);
	for (unsigned i = 0; i < n; i++)
		total += b->words[objects[i] / 64] >> objects[i] % 64 & 1;
	return total;
}

int posting_union(struct txn *t, const char *term, size_t len, struct bitmap *into)
{
	const uint8_t *bytes = (const uint8_t *)term;
	uint32_t objects[POSTING_CHUNK];
	struct view key, val;
	unsigned n;
	int err;

	len = chunk_term(term, len);
	err = term_first(t, bytes, len, &key, &val);
	if (err)
		return err;
	for (; !err; err = term_next(t, bytes, len, &key, &val)) {
		err = chunk_read(key, val, objects, &n);
		if (err)
			return err;
		bits_set(into, objects, n);
	}
	return err == ERR_NOTFOUND ? OK : err;
}

uint64_t posting_count(struct txn *t, const char *term, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)term;
	struct view key, val;
	uint64_t total = 0;
	int err;

	len = chunk_term(term, len);
	for (err = term_first(t, bytes, len, &key, &val); !err;
	     err = term_next(t, bytes, len, &key, &val))
		total += val.len >= CHUNK_HEAD ? be16_get(val.data) : 0;
	return total;
}

/* The term's last chunk that begins at or before `object`, coming from one that begins before it.
 */
static int term_skip(struct txn *t, const uint8_t *term, size_t len, uint32_t object,
		     struct view *ret_key, struct view *ret_val)
{
	uint8_t start[CHUNK_KEY];
	size_t start_len = chunk_key(term, len, object, start);
	int err = txn_seek(t, TABLE_POSTING, start, start_len, ret_key, ret_val);

	if (!err && chunk_of(*ret_key, term, len) && chunk_first(*ret_key) == object)
		return OK;
	if (err == ERR_NOTFOUND)
		return txn_seek_end(t, TABLE_POSTING, ret_key, ret_val);
	return err ? err : txn_seek_prev(t, TABLE_POSTING, ret_key, ret_val);
}

/* Chunks between two members of a sparse set are passed over undecoded, many of them unseen. */
uint64_t posting_count_in(struct txn *t, const char *term, size_t len, const struct bitmap *in)
{
	const uint8_t *bytes = (const uint8_t *)term;
	uint32_t objects[POSTING_CHUNK], member, last;
	unsigned n, passed = 0;
	struct view key, val;
	uint64_t total = 0;
	int err;

	len = chunk_term(term, len);
	err = term_first(t, bytes, len, &key, &val);
	while (!err && val.len >= CHUNK_HEAD) {
		last = be32_get(val.data + 2);
		member = bitmap_next(in, chunk_first(key));
		if (member == UINT32_MAX)
			break;
		if (member <= last) {
			if (chunk_read(key, val, objects, &n))
				break;
			total += bits_count(in, objects, n);
			passed = 0;
		} else if (++passed == CHUNKS_PASSED) {
			passed = 0;
			err = term_skip(t, bytes, len, member, &key, &val);
			if (err || !chunk_of(key, bytes, len))
				break;
			if (val.len >= CHUNK_HEAD && be32_get(val.data + 2) >= member)
				continue;
		}
		err = term_next(t, bytes, len, &key, &val);
	}
	return total;
}

int posting_terms(struct txn *t, const char *prefix, size_t len, unsigned max,
		  int (*each)(void *arg, const char *term, size_t len), void *arg)
{
	uint8_t start[CHUNK_KEY];
	char term[POSTING_TERM_MAX + 1];
	struct view key, val;
	size_t start_len, term_len;
	int err;

	if (len > POSTING_TERM_MAX)
		return OK;
	memcpy(start, prefix, len);
	start_len = len;
	if (!len)
		start[start_len++] = 1; /* no term is empty */
	for (; max; max--) {
		err = txn_seek(t, TABLE_POSTING, start, start_len, &key, &val);
		if (err)
			return err == ERR_NOTFOUND ? OK : err;
		if (key.len < len || memcmp(key.data, prefix, len))
			return OK;
		term_len = strnlen((const char *)key.data, key.len);
		if (!term_len || term_len > POSTING_TERM_MAX || key.len != term_len + 5)
			return ERR_CORRUPT;
		memcpy(term, key.data, term_len);
		term[term_len] = '\0';
		memcpy(start, term, term_len);
		start[term_len] = 1; /* after its chunks, before what it begins */
		start_len = term_len + 1;
		err = each(arg, term, term_len);
		if (err)
			return err < 0 ? err : OK;
	}
	return OK;
}
