/*
 * Answers built once and sent many times, in the content codings they are worth: static files, and
 * whatever a cache of pages keeps.  The public part is in reply.h.
 */
#ifndef MAILLAGE_HTTP_KEPT_H
#define MAILLAGE_HTTP_KEPT_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum coding { CODING_NONE, CODING_GZIP, CODING_BR, CODING_COUNT };

struct header {
	const char *name, *value;
};

struct kept_body {
	const void *data;	/* NULL: not in this coding */
	size_t len;
};

struct kept_spec {
	unsigned status;
	bool https;			/* adds HSTS */
	const char *type, *etag, *cache, *vary;	/* etag without quotes' coding mark, may be NULL */
	const struct header *headers;
	size_t n_headers;
	struct kept_body bodies[CODING_COUNT];
	bool borrow;			/* the bytes outlive the answer; otherwise they are copied */
};

struct reply_kept {
	atomic_uint refs;
	unsigned status;
	char *etag;
	size_t len[CODING_COUNT];
	struct MHD_Response *full[CODING_COUNT], *unchanged[CODING_COUNT];
};

int kept_new(const struct kept_spec *spec, struct reply_kept **ret_kept);
/* The coding to send to a client that sends this Accept-Encoding. */
enum coding kept_choose(const struct reply_kept *kept, const char *accept_encoding);

/* A response without body for a 304; its Content-Length is the body's that the client has. */
struct MHD_Response *kept_empty(uint64_t len);

/* Does an If-None-Match value (may be NULL) name this tag, in whatever coding it was sent? */
bool etag_match(const char *if_none_match, const char *etag);
/* Tag of a coded variant: "\"a\"" is "\"a-gz\"" compressed. Into out[size]; cut tags become "". */
void etag_coded(const char *etag, enum coding coding, char *out, size_t size);

/*
 * The security headers every answer bears, unless `headers` has one of that name.
 * Returns the number written to out[KEPT_SECURITY].
 */
enum { KEPT_SECURITY = 8 };
size_t kept_security(bool https, const struct header *headers, size_t n, struct header *out);
bool header_have(const struct header *headers, size_t n, const char *name);

#endif
