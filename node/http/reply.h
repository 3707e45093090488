/*
 * Answers.  A handler calls exactly one of these and returns its value.  Security headers,
 * ETag handling (304, also for strong comparison of If-None-Match), HEAD and gzip are added here.
 */
#ifndef MAILLAGE_HTTP_REPLY_H
#define MAILLAGE_HTTP_REPLY_H

#include "node/http/request.h"

/* Add a header to the coming reply; copied. Set-Cookie may repeat. */
void reply_header(struct request *rq, const char *name, const char *value);
/* Quoted strong entity tag of the coming reply, e.g. "\"12-fr-html\"". */
void reply_etag(struct request *rq, const char *etag);
/* Content-Language, Cache-Control other than the default "no-cache" (private if there is a session). */
void reply_cache(struct request *rq, const char *cache_control);

/* Copy `len` bytes. type: media type with charset. Compressed if large enough and accepted. */
int reply_bytes(struct request *rq, unsigned status, const char *type, const void *data, size_t len);
/* Take the buffer's memory (b is empty afterwards). A failed buffer becomes a 500. */
int reply_buf(struct request *rq, unsigned status, const char *type, struct buf *b);
/* Takes the reference. Written compactly. */
int reply_json(struct request *rq, unsigned status, json_t *doc);
int reply_redirect(struct request *rq, unsigned status, const char *location);	/* 303 after a POST */
int reply_empty(struct request *rq, unsigned status);				/* 202, 204, 304 */
/*
 * RFC 9457 problem document (application/problem+json), or, for a request that wants HTML, what
 * the server's `error_page` hook renders.  `fault` gives code, pointer and text; status 0 derives
 * it from fault->code.  `kind` is the last part of the type URI, "bad-signature"; NULL derives it.
 */
int reply_problem(struct request *rq, unsigned status, const char *kind, const struct fault *fault);
/* Status that belongs to an error code: ERR_NOTFOUND 404, ERR_LIMIT 413, ... */
unsigned reply_status(int err);

#endif
