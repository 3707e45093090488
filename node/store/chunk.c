#include "node/store/chunk.h"

#include <string.h>

size_t chunk_term(const char *term, size_t len)
{
	return strnlen(term, len < POSTING_TERM_MAX ? len : POSTING_TERM_MAX);
}

size_t chunk_key(const uint8_t *term, size_t len, uint32_t object, uint8_t out[CHUNK_KEY])
{
	memcpy(out, term, len);
	out[len] = 0;
	be32_put(out + len + 1, object);
	return len + 1 + 4;
}

bool chunk_of(struct view key, const uint8_t *term, size_t len)
{
	return key.len == len + 5 && !memcmp(key.data, term, len) && !key.data[len];
}

/* NULL if it does not end within 5 bytes or before `end`. */
static const uint8_t *varint_read(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
	uint32_t v = 0;

	for (unsigned shift = 0; p < end && shift < 35; shift += 7) {
		v |= (uint32_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80) {
			*ret = v;
			return p;
		}
	}
	return NULL;
}

int chunk_read(struct view key, struct view val, uint32_t out[POSTING_CHUNK], unsigned *ret_n)
{
	const uint8_t *p = val.data + CHUNK_HEAD, *end = val.data + val.len;
	uint64_t object;
	uint32_t delta;
	unsigned n, i = 1;

	if (val.len < CHUNK_HEAD || key.len < 5)
		return ERR_CORRUPT;
	n = be16_get(val.data);
	if (!n || n > POSTING_CHUNK)
		return ERR_CORRUPT;
	object = out[0] = chunk_first(key);
	while (i < n) {
		if (p < end && *p < 0x80)
			delta = *p++;
		else if (!(p = varint_read(p, end, &delta)))
			return ERR_CORRUPT;
		object += delta;
		if (!delta || object > UINT32_MAX)
			return ERR_CORRUPT;
		out[i++] = (uint32_t)object;
	}
	if (p != end || out[n - 1] != be32_get(val.data + 2))
		return ERR_CORRUPT;
	*ret_n = n;
	return OK;
}

size_t chunk_write(const uint32_t *objects, unsigned n, uint8_t out[CHUNK_LEN])
{
	uint8_t *p = out + CHUNK_HEAD;

	be16_put(out, (uint16_t)n);
	be32_put(out + 2, objects[n - 1]);
	for (unsigned i = 1; i < n; i++)
		p = chunk_varint(p, objects[i] - objects[i - 1]);
	return (size_t)(p - out);
}
