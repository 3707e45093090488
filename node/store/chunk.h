/*
 * Private to this room: one chunk of postings.
 * Key: term | 0 | u32 first object. Value: u16 count | u32 last object | varint deltas of all but
 * the first, so that an object can be appended, and a term counted, without decoding.
 */
#ifndef MAILLAGE_STORE_CHUNK_H
#define MAILLAGE_STORE_CHUNK_H

#include "node/store/posting.h"
#include "protocol/base/codec.h"

enum {
	CHUNK_HEAD = 2 + 4,
	CHUNK_LEN = CHUNK_HEAD + 5 * (POSTING_CHUNK - 1), /* longest value */
	CHUNK_KEY = POSTING_TERM_MAX + 1 + 4,
};

/* The term as it is stored: cut at the ceiling and at a 0. */
size_t chunk_term(const char *term, size_t len);
/* term | 0 | object to out; its length. */
size_t chunk_key(const uint8_t *term, size_t len, uint32_t object, uint8_t out[CHUNK_KEY]);
/* Whether a key of the table is one of this term's. */
bool chunk_of(struct view key, const uint8_t *term, size_t len);
/* The objects of a chunk, or ERR_CORRUPT. */
int chunk_read(struct view key, struct view val, uint32_t out[POSTING_CHUNK], unsigned *ret_n);
/* Encode 0 < n <= POSTING_CHUNK ascending objects; the length. */
size_t chunk_write(const uint32_t *objects, unsigned n, uint8_t out[CHUNK_LEN]);

static inline uint32_t chunk_first(struct view key)
{
	return be32_get(key.data + key.len - 4);
}

/* Append one varint to p; the place after it. */
static inline uint8_t *chunk_varint(uint8_t *p, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

#endif
