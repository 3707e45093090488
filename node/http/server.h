/*
 * The libmicrohttpd adapter: pool of epoll threads, limits, TLS, life and death of requests.
 */
#ifndef MAILLAGE_HTTP_SERVER_H
#define MAILLAGE_HTTP_SERVER_H

#include <stdint.h>

#include "node/http/route.h"

struct server;

/* Requests of one address in one class. Zeros: the default of rates.def. */
struct rate_limit {
	unsigned per_minute, burst;
};

struct server_options {
	const char *listen;		/* "127.0.0.1:8080", "[::]:443"; port 0 picks one */
	const char *origin;		/* configured URL, without trailing slash */
	const char *tls_cert, *tls_key;	/* PEM files or NULL; re-read when they change */
	const char *acme_dir;		/* served under /.well-known/acme-challenge/, or NULL */
	const char *static_dir;		/* files with hashed names, their .br and .gz beside them */
	const char *trusted_proxies;	/* comma-separated addresses, each with an optional /bits, or NULL */
	/* 0 in each of these takes the default of limits.def. */
	unsigned threads;		/* default: twice the processors, or what the connections need */
	unsigned connections;		/* in all; kept to 120 a thread */
	unsigned per_address;		/* connections of one address; loopback and proxies are exempt */
	unsigned timeout;		/* idle seconds */
	unsigned deadline;		/* seconds for a head, and for each 256 KiB of a body */
	struct rate_limit rates[RATE_COUNT];
	void *app;
	/* May this request pass? OK, or ERR_DENIED (403), ERR_SIGNATURE (401): the hook has filled fault, or has
	 * replied itself (a redirect to the login page). Runs once the body is complete, before the handler; must
	 * not suspend. For `who` and CSRF: the composition root wires auth here. NULL: only WHO_ANYONE passes. */
	int (*admit)(struct request *rq, const struct route *route, struct fault *fault);
	/* Renders an error for people by one of the reply functions. NULL: a plain problem document. Also called for
	 * requests without a route (request_route is NULL). */
	int (*error_page)(struct request *rq, unsigned status, const struct fault *fault);
	void (*log)(void *app, const char *line);	/* key=value, one request a line */
};

/*
 * Strings are copied; the routes the tables point to must outlive the server.  Not in a route table:
 * /static/, /favicon.ico, /robots.txt (from static_dir) and ACME challenges are answered here.
 * The process must ignore SIGPIPE only if it writes to sockets itself.
 */
int server_start(const struct server_options *o, const struct route_table *tables, size_t n_tables,
		 struct server **ret_server, struct fault *fault);
unsigned server_port(const struct server *s);
/* Stop accepting; wait at most `seconds` for running requests. */
void server_quiesce(struct server *s, unsigned seconds);
/*
 * Stop.  To call once whoever holds suspended requests is still there to resume them: this waits for
 * that.  From here on no new handler starts (503), and after it nobody may resume anything.
 */
void server_free(struct server *s);
/* Path of a static file with its content hash: "/static/app.css" -> "/static/app.3f2a9144.css". Borrowed; NULL if absent. */
const char *server_static_url(const struct server *s, const char *name);
/* Counters for /metrics. */
struct server_stats { uint64_t requests, responses_by_class[6], bytes_out; unsigned connections; };
void server_stats(const struct server *s, struct server_stats *ret);

#endif
