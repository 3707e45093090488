/*
 * The server under test: its routes, and the worker that resumes suspended requests.
 */
#ifndef MAILLAGE_TESTS_HTTP_SERVER_H
#define MAILLAGE_TESTS_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "node/http/reply.h"
#include "node/http/server.h"

enum { WAITING_MAX = 1024, BIG = 20000, STREAMED = 3000000 };

struct site {
	struct server *server;
	unsigned port;
	char dir[64];			/* a scratch folder, removed at the end */
	char big[BIG];			/* compressible text */
	struct reply_kept *kept;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct request *waiting[WAITING_MAX];
	unsigned n_waiting;
	bool hold, end;			/* resume nothing; end the worker */
	pthread_t worker;

	atomic_uint finished, gone;	/* continuations run, and those whose client had left */
	atomic_uint states, states_done;
	atomic_bool leaked;		/* a log line held what it must not */
	atomic_uint lines;
};

/* Starts the server with these options (routes, hooks and origin are added). Exits on failure. */
void site_open(struct site *site, struct server_options *o);
/* Ends the worker, then the server unless the test has. */
void site_close(struct site *site);
void site_hold(struct site *site, bool hold);
unsigned site_waiting(struct site *site);
/* Write a file of the scratch folder (text), path relative to it. */
void site_write(struct site *site, const char *name, const char *text);

void test_answers(void);
void test_hooks(void);
void test_forms(void);
void test_limits(void);
void test_pieces(void);
void test_rates(void);
void test_static(void);
void test_suspend(void);
void test_stop(void);
void test_tls(void);

#endif
