/*
 * Whole nodes inside one test process: a folder under a scratch place, store, writer, federation and
 * a server on a loopback port of its own, with the routes of fed/1 and nothing else.
 *
 * Everything here ends the program with a message when it cannot be done: tests need no error paths.
 */
#ifndef MAILLAGE_TESTS_TESTNODE_H
#define MAILLAGE_TESTS_TESTNODE_H

#include <jansson.h>
#include <stdbool.h>

#include "node/domain/node.h"
#include "node/domain/peer.h"
#include "node/http/server.h"
#include "node/store/feed.h"

struct testnode {
	char name[40];
	char dir[400], url[100];
	unsigned port;
	struct conf conf;	/* written at testnode_init; change it before */
	struct node *node;	/* while open */
	struct server *server;	/* while it serves */
};

/* A scratch folder for the whole program, removed at exit unless KEEP is in the environment. */
const char *testnode_scratch(void);
/* A loopback port nobody listens on. */
unsigned testnode_port(void);

/* Settings of a quick test: http on a free port, poll_min 1, poll_max 4, notices on. Nothing is made yet. */
void testnode_conf(struct testnode *n, const char *name);
/* The folder, with an identity made from the name: the same name is the same node. */
void testnode_init(struct testnode *n);
/* Open it and run the writer; no threads of federation, no server. */
void testnode_open(struct testnode *n);
/* Federation and server. */
void testnode_serve(struct testnode *n);
/* Only the server: a node that answers and asks nobody. */
void testnode_listen(struct testnode *n);
/* An existing folder, in another process: then open and serve as usual. */
void testnode_adopt(struct testnode *n, const char *dir);
/* Where the data files are, for another process's MAILLAGE_SHARE. */
const char *testnode_share(void);
void testnode_unserve(struct testnode *n);	/* the server and federation stop; the store stays open */
void testnode_close(struct testnode *n);
void testnode_wipe(struct testnode *n);		/* remove the folder */
/* testnode_conf, init, open, serve. */
void testnode_start(struct testnode *n, const char *name);

/* Run a verb (takes args); its answer (owned) or NULL. The _err form returns the code. */
json_t *testnode_verb(struct testnode *n, const char *verb, json_t *args);
int testnode_verb_err(struct testnode *n, const char *verb, json_t *args);
void testnode_peer(struct testnode *n, const char *url);
/* An Organization of that name; its id into out[320]. */
void testnode_create(struct testnode *n, const char *title, char *out);
/* n of them in one verb. */
void testnode_import(struct testnode *n, const char *prefix, unsigned count);
void testnode_delete(struct testnode *n, const char *id);
void testnode_head(struct testnode *n);		/* head.sign, if the feed has moved */

/* The sets of the public feed of `nid` as held by n: "Event 3 <root>;..." (owned). "" if unknown. */
char *testnode_sets(struct testnode *n, const char *nid);
uint64_t testnode_count(struct testnode *n, const char *nid);
/* n's own set, held by `at` too, under a head that matches? */
bool testnode_same(struct testnode *n, struct testnode *at);
/* State of a peer as recorded. */
bool testnode_peer_get(struct testnode *n, const char *url, struct peer *ret);

/* Wait on a condition; false after `seconds`. */
#define TESTNODE_UNTIL(seconds, condition)                                                         \
	({                                                                                         \
		int64_t until_ = testnode_ms() + (int64_t)((seconds)*1000);                        \
		bool met_;                                                                         \
		while (!(met_ = (condition)) && testnode_ms() < until_)                            \
			testnode_pause();                                                          \
		met_;                                                                              \
	})
int64_t testnode_ms(void);
void testnode_pause(void);

/* One request to any URL; the body (owned, NUL-terminated) and the status. headers: lines, or NULL. */
char *testnode_http(const char *method, const char *url, const char *const *headers, const char *body,
		    long *ret_status, char *ret_etag);

_Noreturn void testnode_die(const char *what, const char *detail);

#endif
