/*
 * Answers.  A handler calls exactly one of these and returns its value.  Security headers,
 * ETag handling (304, also for strong comparison of If-None-Match), HEAD and gzip are added here.
 */
#ifndef MAILLAGE_HTTP_REPLY_H
#define MAILLAGE_HTTP_REPLY_H

#include "node/http/request.h"

/*
 * Add a header to the coming reply; copied. Set-Cookie may repeat.  One of the security headers'
 * names replaces the default: an attachment brings its own Content-Security-Policy.
 */
void reply_header(struct request *rq, const char *name, const char *value);
/* Quoted strong entity tag of the coming reply, e.g. "\"12-fr-html\"". */
void reply_etag(struct request *rq, const char *etag);
/* Has the client this version already (If-None-Match)? Then reply_empty(rq, 304), and nothing need be read. */
bool reply_etag_current(struct request *rq);
/* Cache-Control other than the default "no-cache" ("private, no-cache" if the request bore a cookie). */
void reply_cache(struct request *rq, const char *cache_control);

/* Copy `len` bytes. type: media type with charset. Compressed if large enough and accepted. */
int reply_bytes(struct request *rq, unsigned status, const char *type, const void *data, size_t len);
/* Take the buffer's memory (b is empty afterwards). A failed buffer becomes a 500. */
int reply_buf(struct request *rq, unsigned status, const char *type, struct buf *b);
/* Takes the reference. Written compactly. */
int reply_json(struct request *rq, unsigned status, json_t *doc);
/*
 * Chunked, for exports of any length.  `next` appends some bytes to out whenever the client can take
 * more and leaves it empty at the end; a negative error cuts the connection.  It must not suspend.
 */
int reply_stream(struct request *rq, unsigned status, const char *type,
		 int (*next)(struct request *rq, void *arg, struct buf *out), void *arg);
int reply_redirect(struct request *rq, unsigned status, const char *location);	/* 303 after a POST */
int reply_empty(struct request *rq, unsigned status);				/* 202, 204, 304 */
/*
 * RFC 9457 problem document (application/problem+json), or, for a request that wants HTML, what
 * the server's `error_page` hook renders.  `fault` gives code, pointer and text; status 0 derives
 * it from fault->code.  `kind` is the last part of the type URI, "bad-signature"; NULL derives it.
 */
int reply_problem(struct request *rq, unsigned status, const char *kind, const struct fault *fault);
/*
 * An answer built once and sent many times, plain and compressed: what a cache of pages keeps.
 * It takes the headers, entity tag and cache control set on rq so far; nothing of it is about one
 * client.  Counted references, thread-safe: a sender needs one only until reply_kept returns.
 */
struct reply_kept;
int reply_keep(struct request *rq, unsigned status, const char *type, const void *data, size_t len,
	       struct reply_kept **ret_kept);
struct reply_kept *reply_kept_ref(struct reply_kept *kept);
void reply_kept_free(struct reply_kept *kept);
/* Send it, or 304. Headers set on rq meanwhile are not sent. */
int reply_kept(struct request *rq, struct reply_kept *kept);
/* Status that belongs to an error code: ERR_NOTFOUND 404, ERR_LIMIT 413, ... */
unsigned reply_status(int err);

#endif
