/*
 * Request targets and percent-encoding (RFC 3986, RFC 9112 section 3.2, and the WHATWG form
 * encoding).  Strict: a malformed escape, a NUL or text that is not UTF-8 is refused, never repaired.
 */
#ifndef MAILLAGE_HTTP_URL_H
#define MAILLAGE_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/buf.h"

struct url_pair {
	const char *name, *value;
};

struct url_pairs {
	struct url_pair *items;
	size_t count;
};

/*
 * Decode `len` bytes into out[len + 1], NUL-terminated; `plus` turns '+' into a space.
 * ERR_INVALID for a bad escape, a NUL, or a result that is not UTF-8.
 */
int url_decode(const char *in, size_t len, bool plus, char *out);

/* Append s with everything but RFC 3986's unreserved characters escaped. */
void url_encode(struct buf *out, const char *s);

/*
 * Split "name=value&..." into at most `max` decoded pairs, allocated under the talloc parent.
 * Empty pieces are skipped, a piece without '=' has the value "".  ERR_LIMIT beyond `max`.
 */
int url_pairs(void *mem, const char *in, size_t len, size_t max, struct url_pairs *ret_pairs);

/*
 * Decoded path of a raw request target, origin form or absolute form, and where its raw query
 * begins (NULL without one).
 * ERR_INVALID: not a path, bad escape, control character, encoded slash or backslash.
 * ERR_NOTFOUND: an empty, "." or ".." segment, too many segments: no resource has such a name.
 */
int url_path(void *mem, const char *target, char **ret_path, const char **ret_query);

#endif
