/*
 * Canonical JSON (RFC 8785, JCS) and the strict reader in front of it.
 */
#ifndef MAILLAGE_CANON_H
#define MAILLAGE_CANON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/limits.h"

enum canon_mode {
	CANON_NATIVE,	/* fed/1 documents: integers within +-(2^53 - 1), no other numbers */
	CANON_FULL,	/* all of RFC 8785: every number is an IEEE 754 double */
};

enum { CANON_DEPTH = DOCUMENT_DEPTH };	/* deepest nesting the reader accepts: [[1]] is 2 deep */

/*
 * Read one JSON document strictly: UTF-8, no duplicate member, no lone surrogate, no U+0000, no
 * NaN or overflow, depth <= CANON_DEPTH, ASCII member names (CANON_NATIVE), nothing after it.
 * CANON_NATIVE also refuses -0, whose canonical form is another text.  Any JSON value will do, not
 * only an object.  ERR_INVALID with the byte offset in fault->arg, or ERR_NOMEM.  The caller owns
 * *ret_doc (json_decref).
 */
int canon_read(const char *text, size_t len, enum canon_mode mode, json_t **ret_doc,
	       struct fault *fault);

/*
 * Append the canonical bytes of `doc` to `out`.  ERR_INVALID for NaN, infinities, integers beyond
 * +-(2^53 - 1), bad UTF-8, U+0000 and depth > CANON_DEPTH; else out->err.
 */
int canon_write(const json_t *doc, struct buf *out);
/* The same for an object as if it had no member `without` (one of ours: "proof"). */
int canon_write_without(const json_t *doc, const char *without, struct buf *out);
/*
 * As canon_write for an object, and where its member `name` stands: leaving out the *ret_len bytes
 * at out->data + *ret_at gives what canon_write_without gives.  *ret_len is 0 without that member.
 */
int canon_write_mark(const json_t *doc, const char *name, struct buf *out, size_t *ret_at,
		     size_t *ret_len);

/* ECMAScript Number::toString (ECMA-262 section 6.1.6.1.20). out[32]. ERR_INVALID if not finite. */
int canon_number(double v, char out[32]);

enum { DIGEST_TEXT = 72 };	/* "sha256:" + 64 hex + NUL */
/* SHA-256 of bytes; as binary and as "sha256:<hex>". */
void digest_bytes(const void *data, size_t len, uint8_t ret[32]);
/* SHA-256 of the bytes without the cut_len at data + cut_at. */
void digest_without(const void *data, size_t len, size_t cut_at, size_t cut_len, uint8_t ret[32]);
void digest_text(const uint8_t digest[32], char out[DIGEST_TEXT]);
int digest_parse(const char *text, uint8_t ret[32]);

#endif
