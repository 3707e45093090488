/*
 * One request while it is answered.  It lives in a talloc context that libmicrohttpd's completion
 * callback frees, also when the client goes away; everything handlers allocate for an answer hangs
 * on it.  http knows neither domain nor store: `app` is what the composition root passed in.
 */
#ifndef MAILLAGE_HTTP_REQUEST_H
#define MAILLAGE_HTTP_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

struct request;
struct route;

enum format {
	FORMAT_HTML, FORMAT_JSON, FORMAT_CSV, FORMAT_GEOJSON, FORMAT_ICS, FORMAT_ATOM, FORMAT_COUNT
};

/* talloc parent of everything allocated for this request. Also a valid talloc context itself. */
void *request_mem(struct request *rq);
void *request_app(struct request *rq);
/* A slot for the application's own per-request state (reader transaction, session, language). */
void *request_state(struct request *rq);
/*
 * `done` runs once: when the handler (or the continuation of a suspended request) that replied has
 * returned, for a streamed reply in the completion callback, and in any case before the request's
 * memory goes.  Replacing a state runs the old one's `done`.
 */
void request_state_set(struct request *rq, void *state, void (*done)(void *state));

const struct route *request_route(const struct request *rq);	/* NULL for an unknown path */
const char *request_method(const struct request *rq);	/* "GET" (also for HEAD), "POST" */
const char *request_path(const struct request *rq);	/* decoded, without suffix of a format */
const char *request_target(const struct request *rq);	/* raw bytes as sent, with the query */
/* Value of a `:name` or `*name` part of the route's pattern, decoded, without the format's suffix, or NULL. */
const char *request_param(const struct request *rq, const char *name);
/* First value of a query argument, percent-decoded valid UTF-8, or NULL. */
const char *request_query(const struct request *rq, const char *name);
/* n-th value of a repeated query argument, or NULL. */
const char *request_query_nth(const struct request *rq, const char *name, size_t n);
/* The query again, percent-encoded, without argument `drop` (may be NULL) and `page`: "q=a&type=Event", for links. */
char *request_query_without(struct request *rq, const char *drop);
const char *request_header(const struct request *rq, const char *name);
const char *request_cookie(const struct request *rq, const char *name);
/* Field of an application/x-www-form-urlencoded or multipart/form-data body, or NULL. */
const char *request_form(const struct request *rq, const char *name);
const char *request_form_nth(const struct request *rq, const char *name, size_t n);
/* A file of a multipart form: bytes as sent (borrowed), its name and media type for showing only. */
struct request_file {
	const char *filename, *type, *data;
	size_t len;
};
bool request_file(const struct request *rq, const char *name, struct request_file *ret_file);
/* The raw body; "" if none. */
const char *request_body(const struct request *rq, size_t *ret_len);
/*
 * By suffix, else the best of the route's formats by Accept, else the first of them.  For a route that
 * declares none, and for an unknown path: HTML if Accept names it (a browser), else JSON.
 */
enum format request_format(const struct request *rq);
/* Best of the offered tags for Accept-Language, the first if none is accepted. n > 0. */
const char *request_accept_language(const struct request *rq, const char *const *offered, size_t n);
/* Client address as text: the socket's, or the last untrusted hop behind trusted_proxies. */
const char *request_address(const struct request *rq);
int64_t request_now(const struct request *rq);		/* Unix seconds, taken when it arrived */
const char *request_id(const struct request *rq);	/* 8 characters, also in the log */

/*
 * Park the request: libmicrohttpd stops polling its connection until request_resume, which may be
 * called from any thread, exactly once.  After resuming, `then(rq, arg)` runs on a libmicrohttpd
 * thread and must reply, or suspend again.  Suspend first, hand the work over second; return what this
 * returns.  If the client is gone meanwhile, `then` still runs (request_gone) and its reply is dropped.
 * There is no timeout: who holds a suspended request guarantees to resume it.
 */
int request_suspend(struct request *rq, int (*then)(struct request *rq, void *arg), void *arg);
void request_resume(struct request *rq);
bool request_gone(const struct request *rq);

#endif
