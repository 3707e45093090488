/*
 * A growing byte buffer with a ceiling.  Growth is geometric; once the ceiling or memory is
 * exhausted the buffer turns sticky-failed (`err` set), later appends do nothing, and the caller
 * checks once at the end.
 */
#ifndef MAILLAGE_BASE_BUF_H
#define MAILLAGE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;		/* owned; NUL after len bytes whenever data is not NULL */
	size_t len;
	size_t cap;
	size_t max;		/* ceiling of len in bytes */
	int err;		/* OK, ERR_LIMIT or ERR_NOMEM; sticky */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
/* Forget the content and the error, keep the memory. */
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Unsigned LEB128. */
void buf_varint(struct buf *b, uint64_t v);
/*
 * Room for `len` more bytes and a NUL at data + len, for a writer that fills them itself and then
 * advances b->len and writes the NUL.  NULL if the buffer has failed or fails now.
 */
char *buf_room(struct buf *b, size_t len);
/* Hand the bytes over to the caller (free()); the buffer is empty afterwards. NULL if failed. */
char *buf_steal(struct buf *b, size_t *ret_len);

#endif
