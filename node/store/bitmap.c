/* Sets of object numbers, one bit each. The loops are plain, so that the compiler vectorises them.
 */
#include <stdlib.h>
#include <string.h>

#include "node/store/posting.h"

int bitmap_init(struct bitmap *b, uint32_t max_object)
{
	b->n_words = (size_t)max_object / 64 + 1;
	b->words = calloc(b->n_words, sizeof(*b->words));
	if (b->words)
		return OK;
	b->n_words = 0;
	return ERR_NOMEM;
}

void bitmap_done(struct bitmap *b)
{
	free(b->words);
	*b = (struct bitmap){0};
}

void bitmap_set(struct bitmap *b, uint32_t object)
{
	if (object / 64 < b->n_words)
		b->words[object / 64] |= UINT64_C(1) << object % 64;
}

int bitmap_has(const struct bitmap *b, uint32_t object)
{
	return object / 64 < b->n_words && b->words[object / 64] >> object % 64 & 1;
}

void bitmap_and(struct bitmap *a, const struct bitmap *b)
{
	size_t n = a->n_words < b->n_words ? a->n_words : b->n_words;
	uint64_t *restrict x = a->words;
	const uint64_t *restrict y = b->words;

	for (size_t i = 0; i < n; i++)
		x[i] &= y[i];
	if (n < a->n_words)
		memset(x + n, 0, (a->n_words - n) * sizeof(*x));
}

uint64_t bitmap_count(const struct bitmap *b)
{
	uint64_t total = 0;

	for (size_t i = 0; i < b->n_words; i++) {
		uint64_t w = b->words[i];

		w -= w >> 1 & UINT64_C(0x5555555555555555);
		w = (w & UINT64_C(0x3333333333333333)) + (w >> 2 & UINT64_C(0x3333333333333333));
		w = (w + (w >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
		w += w >> 8;
		w += w >> 16;
		w += w >> 32;
		total += w & 0x7f;
	}
	return total;
}

uint32_t bitmap_next(const struct bitmap *b, uint32_t from)
{
	size_t i = from / 64;
	uint64_t w;

	if (i >= b->n_words)
		return UINT32_MAX;
	w = b->words[i] & UINT64_MAX << from % 64;
	while (!w) {
		if (++i == b->n_words)
			return UINT32_MAX;
		w = b->words[i];
	}
	return (uint32_t)(i * 64 + (unsigned)__builtin_ctzll(w));
}
