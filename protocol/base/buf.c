#include "protocol/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/err.h"

enum { BUF_FIRST = 128 }; /* bytes of the first allocation, unless more is asked for */

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->err = OK;
	if (b->data)
		b->data[0] = '\0';
}

static char *buf_grow(struct buf *b, size_t len)
{
	size_t cap;
	char *data;

	if (b->err)
		return NULL;
	if (len > b->max || b->len > b->max - len || b->max > SIZE_MAX / 4) {
		/* A ceiling beyond a quarter of the address space is no ceiling: our bug. */
		b->err = ERR_LIMIT;
		return NULL;
	}
	cap = b->cap ? b->cap * 2 : BUF_FIRST;
	if (cap < b->len + len + 1)
		cap = b->len + len + 1;
	if (cap > b->max + 1)
		cap = b->max + 1;
	data = realloc(b->data, cap);
	if (!data) {
		b->err = ERR_NOMEM;
		return NULL;
	}
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
	return data + b->len;
}

char *buf_room(struct buf *b, size_t len)
{
	/* cap never exceeds max + 1, so what fits the allocation is under the ceiling too. */
	if (b->err || b->cap - b->len <= len)
		return buf_grow(b, len);
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *p = buf_room(b, len);

	if (!p)
		return;
	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	b->len += len;
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		if (!b->err)
			b->err = ERR_NOMEM;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		buf_add(b, small, n);
		return;
	}
	p = buf_room(b, n);
	if (!p)
		return;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += n;
}

void buf_varint(struct buf *b, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (uint8_t)v | 0x80;
	bytes[n++] = (uint8_t)v;
	buf_add(b, bytes, n);
}

char *buf_steal(struct buf *b, size_t *ret_len)
{
	char *data;

	if (!buf_room(b, 0)) /* an empty buffer still hands out a string */
		return NULL;
	data = b->data;
	if (ret_len)
		*ret_len = b->len;
	*b = (struct buf){.max = b->max};
	return data;
}
