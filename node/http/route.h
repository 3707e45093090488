/*
 * Const route tables.  Rooms (web, fed) each own one; the composition root hands them to the
 * server in order.  A request that no pattern matches is 404; one whose pattern matches but not
 * its method is 405 with Allow.  There is no cascade of handlers.
 */
#ifndef MAILLAGE_HTTP_ROUTE_H
#define MAILLAGE_HTTP_ROUTE_H

#include <stddef.h>

#include "node/http/limits.h"
#include "node/http/request.h"

enum who { WHO_ANYONE, WHO_MEMBER, WHO_ANIMATOR, WHO_ADMIN, WHO_NODE };
enum rate { RATE_PAGE, RATE_FORM, RATE_LOGIN, RATE_FED, RATE_FED_POST, RATE_STATIC, RATE_COUNT };

struct route {
	const char *method;	/* "GET" or "POST"; HEAD follows GET, OPTIONS is answered by the server */
	const char *pattern;	/* "/o/:host/:key", "/files/" followed by "*path" takes the rest */
	enum who who;
	enum rate rate;
	size_t body_max;	/* bytes; 0 for GET */
	unsigned formats;	/* bit set of 1 << enum format; a suffix outside it is 404 */
	int (*handler)(struct request *rq);
};

struct route_table {
	const struct route *routes;
	size_t count;
};

#define FORMATS(...) ROUTE_FORMATS_(__VA_ARGS__, 0, 0, 0, 0, 0)
#define ROUTE_FORMATS_(a, b, c, d, e, f, ...) \
	(1u << (a) | 1u << (b) | 1u << (c) | 1u << (d) | 1u << (e) | 1u << (f))

/*
 * A path's match.  A literal segment beats `:name`, which beats `*rest`, whatever the order of the
 * tables; between equals the first counts.  `:name` and `*rest` match one character at least.
 * Where the last segment ends in ".csv", ".json", ... and a route offers that format, the suffix is
 * the format and no part of the name; a route with formats, but not that one, does not match.
 * A route whose `formats` is 0 sees the path as it is.
 */
struct route_match {
	const struct route *route;
	enum format format;	/* by suffix; FORMAT_COUNT if the path names none */
	size_t path_len;	/* without the suffix */
	unsigned methods;	/* ROUTE_GET | ROUTE_POST: what the path answers to, for Allow */
	size_t param_count;
	struct route_param {
		const char *name, *value;	/* into the pattern and the path, not terminated */
		size_t name_len, value_len;
	} params[HTTP_PARAMS];
};

enum { ROUTE_GET = 1, ROUTE_POST = 2 };

/* OK; ERR_NOTFOUND with `methods` set if the path is known to other methods (405), else 0 (404). */
int route_match(const struct route_table *tables, size_t n, const char *method, const char *path,
		struct route_match *ret_match);
/* Is the table one the server can serve: patterns, methods, parts within their limits? */
int route_check(const struct route_table *tables, size_t n, struct fault *fault);

#endif
