/*
 * Federation at work: pulls other nodes' feeds, gives them notice of changes, signs heads, and does
 * the small regular work of a running node.
 *
 * Threads (all started here): the puller owns every transfer and all that is known of peers in
 * memory; a pool verifies pages; the ticker looks at the clock.  Others talk to the puller through
 * its mailbox only.
 */
#ifndef MAILLAGE_SYNC_SYNC_H
#define MAILLAGE_SYNC_SYNC_H

#include "node/domain/node.h"

struct sync;
struct inbox;

/*
 * Start with n->writer running and before the server takes requests: sets n->sync.
 * sync_stop: within 2 s, after server_free and before writer_stop; clears n->sync.
 */
int sync_start(struct node *n, struct fault *fault);
void sync_stop(struct node *n);

/* For the serving side: what is remembered of signed requests. */
struct inbox *sync_inbox(struct sync *s);
/* There is news of this origin, and `via` (NULL: unknown) has it. From any thread. */
void sync_wake(struct node *n, const char *origin, const char *via);
/* This node has just spoken to us: whatever was thought of its being down is past. */
void sync_alive(struct node *n, const char *nid);

/*
 * Somebody this node does not know has spoken to it: it may be one of the peers that were added and
 * never reached.  Asks those again now, at the addresses they were added with, once in 10 s at most.
 */
void sync_stranger(struct node *n);

/* What became of one peer in sync_once; strings live during the call. */
struct sync_report {
	const char *url, *nid;		/* nid "" if it could not be learnt */
	const char *via;		/* URL of the relay that answered for it, or NULL */
	int err;
	const char *text;		/* one line: what went wrong, or "" */
	uint64_t stored, removed;	/* objects so far */
	int64_t rev, head_rev;		/* how far the feed was read, of how far */
	bool done;			/* last word on this peer; else progress */
};
typedef void sync_report_fn(void *arg, const struct sync_report *r);

/*
 * Pull every peer once, to the end, in this process: for commands.  Works beside a running node.
 * Reports progress and one last word a peer.  OK if every peer (or a relay for it) answered to the end.
 */
int sync_once(struct node *n, sync_report_fn *report, void *arg, struct fault *fault);

/*
 * Charters and acts a node holds for a network, up to the page that has its charter, for `network
 * join`: *ret_documents is an array. For commands.
 */
int sync_network(struct node *n, const char *url, const char *network, json_t **ret_documents,
		 struct fault *fault);

#endif
