/*
 * Choosing a representation from Accept, Accept-Encoding and Accept-Language (RFC 9110 section
 * 12.5).  Malformed elements are skipped: a bad preference is no reason to refuse an answer.
 */
#ifndef MAILLAGE_HTTP_NEGOTIATE_H
#define MAILLAGE_HTTP_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>

#include "node/http/request.h"

/* The format a path ends in (".csv"), its suffix cut off *len; FORMAT_COUNT and *len unchanged if none. */
enum format negotiate_suffix(const char *path, size_t *len);
/*
 * Best of the `offered` formats (bit set) for an Accept header (may be NULL): highest quality,
 * then the order of the enum.  `fallback` if nothing offered is acceptable.
 */
enum format negotiate_format(const char *accept, unsigned offered, enum format fallback);
/* True if the header names text/html (or XHTML) itself: a browser, not a program that takes anything. */
bool negotiate_wants_html(const char *accept);
/* Is the content coding ("gzip", "br") acceptable?  Only if named, or covered by "*", with q > 0. */
bool negotiate_encoding(const char *accept_encoding, const char *coding);
/*
 * Best of n offered language tags; "fr" serves a range "fr-CA" too.  The first one offered if the
 * header is NULL or accepts none of them.  n > 0.
 */
const char *negotiate_language(const char *accept_language, const char *const *offered, size_t n);

#endif
