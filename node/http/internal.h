/*
 * What the files of this room share: the server and the request behind their opaque names.
 *
 * Threads: libmicrohttpd's pool runs everything about a request; the watcher (server.c) cuts late
 * connections, re-reads certificates and finishes orphans.  Locks, never nested: server.lock, the
 * register's of connections, the limiter's, tls's.
 */
#ifndef MAILLAGE_HTTP_INTERNAL_H
#define MAILLAGE_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "node/http/address.h"
#include "node/http/connection.h"
#include "node/http/form.h"
#include "node/http/gzip.h"
#include "node/http/kept.h"
#include "node/http/limits.h"
#include "node/http/rate.h"
#include "node/http/reply.h"
#include "node/http/request.h"
#include "node/http/route.h"
#include "node/http/server.h"
#include "node/http/static.h"
#include "node/http/tls.h"
#include "node/http/url.h"

struct server {
	struct server_options o;	/* strings are copies under `mem` */
	void *mem;			/* talloc parent of what lives as long as the server */
	const struct route_table *tables;
	size_t n_tables;
	struct MHD_Daemon *daemon;
	int listen_fd;
	unsigned port;
	bool https;			/* the origin is: HSTS */
	struct address_nets proxies;
	struct connections *connections;
	struct rate_table *rates;
	struct gzip *gzip;
	struct statics *statics;	/* NULL without a folder */
	struct tls *tls;		/* NULL for plain HTTP */

	atomic_bool quiet;		/* no new connections; answers close theirs */
	atomic_bool stopping;		/* no new handlers */
	atomic_uint active;		/* requests from their first line to their completion */
	atomic_uint running;		/* handlers on a thread right now */
	_Atomic size_t bodies;		/* bytes of request bodies held */
	_Atomic uint64_t next_id;
	_Atomic uint64_t requests, by_class[6], bytes_out;

	pthread_mutex_t lock;		/* the fields below */
	pthread_cond_t changed;		/* somebody stops the server and waits */
	pthread_cond_t watch;		/* the watcher has work, or must end */
	unsigned suspended, resuming, orphaned;
	struct request *orphans;	/* resumed, their client gone: the watcher runs them */
	bool watch_end, watching;
	pthread_t watcher;
};

struct refusal {
	unsigned status;	/* 0: none */
	const char *kind;
	struct fault fault;
	unsigned retry_after;	/* seconds; 0: no header */
};

/* Request headers the answer depended on, for Vary. */
enum { VARY_ACCEPT = 1, VARY_ENCODING = 2, VARY_LANGUAGE = 4, VARY_COOKIE = 8 };

struct request {
	struct server *server;
	struct MHD_Connection *connection;	/* NULL once the client is gone */
	struct connection *place;		/* in the register; may be NULL */
	char id[9];
	int64_t now, start_us;
	uint64_t us;				/* until the answer was ready */

	const char *target, *raw_query, *method;
	const char *cookies;			/* the client's first Cookie field, or NULL */
	char *path;
	bool head, options;
	struct address client;
	char client_text[ADDRESS_TEXT];
	struct route_match match;		/* match.route is NULL without one */
	const char *params[HTTP_PARAMS];	/* values of match.params, terminated */
	const struct reply_kept *file;		/* a static file */
	const char *challenge;			/* token of an ACME challenge */
	enum format format;
	struct url_pairs query;
	struct form form;

	bool has_head, handled, discard, close;
	size_t body_max, received;
	struct buf body;
	struct refusal refusal;

	struct header headers[HTTP_REPLY_HEADERS];
	size_t n_headers;
	const char *etag, *cache;
	int reply_err;				/* a header that could not be kept */
	unsigned vary;
	bool replied, streaming, in_error_page;
	unsigned status;
	uint64_t bytes;
	int (*next)(struct request *rq, void *arg, struct buf *out);
	void *next_arg;
	struct buf step;
	size_t step_at;

	int (*then)(struct request *rq, void *arg);
	void *then_arg;
	bool gone;				/* fixed while suspended; under server.lock otherwise */
	bool ending, resumed;			/* of a gone request, under server.lock */
	struct request *next_orphan;

	void *state;
	void (*state_done)(void *state);
};

/* server.c */
int64_t server_clock_us(void);
void server_log(struct server *s, const char *line);
void server_notify(struct server *s);	/* a counter that server_quiesce or server_free waits for fell */

/* dispatch.c: libmicrohttpd's callbacks */
void *dispatch_open(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result dispatch_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *upload_len, void **request);
void dispatch_close(void *cls, struct MHD_Connection *connection, void **request,
		    enum MHD_RequestTerminationCode code);
/* A connection closes: end the request whose end libmicrohttpd did not tell. */
void dispatch_abandon(struct server *s, struct connection *place);
/* Value of the Cookie field dispatch_open adds; told from the client's by its address. */
extern const char dispatch_no_cookie[];

/* head.c: judge a request by its head alone; fills route, format, address or the refusal */
void head_read(struct request *rq, const char *method);
/* Bytes announced; SIZE_MAX for a chunked body. */
size_t head_content_length(struct request *rq);

/* request.c */
struct request *request_new(struct server *s, struct MHD_Connection *connection, const char *target);
void request_free(struct request *rq);
void request_deadline(struct request *rq, int64_t ms_from_now);	/* 0: none */
/* Run the continuation of a suspended request; counts it as no longer suspended. */
int request_continue(struct request *rq);
/* The client is gone: finish what is pending, then free, perhaps later on the watcher. */
void request_end(struct request *rq);
void request_orphans(struct server *s);	/* the watcher's part of it */
void request_refuse(struct request *rq, unsigned status, int code, const char *kind, const char *key);
void request_state_end(struct request *rq);

/* reply.c */
int reply_response(struct request *rq, unsigned status, struct MHD_Response *response, uint64_t len);
int reply_refusal(struct request *rq);
int reply_fixed(struct request *rq, const struct reply_kept *kept);

#endif
