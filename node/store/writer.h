/*
 * One writer.  Verbs queue up; the writer thread runs what is queued in one LMDB transaction, each
 * verb in a child transaction so that one refusal does not harm its neighbours, commits once
 * (one fdatasync for all), then reports to each.  Group: everything queued, at most 1000 verbs or 5 ms.
 *
 * A verb is named and takes only plain data; time and random bytes are given to it.  The same
 * verbs in the same order give the same tables, byte for byte.
 */
#ifndef MAILLAGE_STORE_WRITER_H
#define MAILLAGE_STORE_WRITER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "node/store/txn.h"

struct node;	/* the domain's; the store only hands it through */
struct writer;

enum { VERB_RANDOM = 64, VERB_ACTOR = 96, WRITER_QUEUE = 4096, WRITER_GROUP = 1000 };

struct verb_input {
	const char *verb;		/* name; literal */
	char actor[VERB_ACTOR];		/* "account:12", "command", "peer:nid:…", "node" */
	int64_t now;			/* Unix seconds */
	uint8_t random[VERB_RANDOM];	/* a verb that needs more expands these */
	json_t *args;			/* owned by the submission */
	/*
	 * Results computed ahead from `args` alone (canonical bytes, digests, terms), or NULL: the verb
	 * computes them itself and the outcome is the same.  Freed by prepared_free after the verb ran.
	 */
	void *prepared;
	void (*prepared_free)(void *prepared);
};

struct verb_result {
	int err;
	struct fault fault;
	json_t *out;			/* the verb's answer or NULL; the receiver takes the reference */
};

typedef int verb_fn(struct node *node, struct txn *txn, const struct verb_input *in,
		    json_t **ret_out, struct fault *fault);

struct verb {
	const char *name;
	verb_fn *run;
};

/* table ends with {NULL, NULL} and must outlive the writer. Starts the thread. */
int writer_start(struct store *s, struct node *node, const struct verb *table, struct writer **ret);
/* Runs what is queued, then stops. */
void writer_stop(struct writer *w);

/*
 * Queue a verb (takes args and prepared in any case).  done runs on the writer's thread after the
 * commit that covers the verb, must be short, and takes result->out.  ERR_BUSY if the queue is
 * full, or the writer is stopping: done is not called.  If the commit fails, every verb of the
 * group gets that error, also one that was refused: the state that refused it is not there.
 */
int writer_submit(struct writer *w, struct verb_input *in, void (*done)(void *arg, struct verb_result *result),
		  void *arg);
/*
 * Queue and wait, for room in the queue too. For threads that may block: puller, tickers, tests;
 * never the writer's own (a verb, a done).
 */
void writer_apply(struct writer *w, struct verb_input *in, struct verb_result *ret);
/*
 * Run one verb at once in this thread, in a transaction of its own. For commands.  A command that
 * runs many is made to pause: after 20 ms of holding the lock it sleeps 5 ms, so that the node's
 * writer gets its turn (the lock is not fair).
 */
void verb_apply(struct store *s, struct node *node, const struct verb *table, struct verb_input *in,
		struct verb_result *ret);

#endif
