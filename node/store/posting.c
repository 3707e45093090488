/* Reading postings; the writing side is posting_batch.c. */
#include "node/store/posting.h"

#include <string.h>

#include "node/store/chunk.h"
#include "node/store/env.h"

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
		for (unsigned i = 0; i < n; i++)
			bitmap_set(into, objects[i]);
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

uint64_t posting_count_in(struct txn *t, const char *term, size_t len, const struct bitmap *in)
{
	const uint8_t *bytes = (const uint8_t *)term;
	uint32_t objects[POSTING_CHUNK];
	struct view key, val;
	uint64_t total = 0;
	unsigned n;
	int err;

	len = chunk_term(term, len);
	for (err = term_first(t, bytes, len, &key, &val); !err;
	     err = term_next(t, bytes, len, &key, &val)) {
		if (chunk_read(key, val, objects, &n))
			break;
		for (unsigned i = 0; i < n; i++)
			total += (uint64_t)bitmap_has(in, objects[i]);
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
