/*
 * Inside of the room: the puller thread and what it owns.  Everything here but the mailbox is
 * touched by that thread alone (in sync_once: by the caller's).
 */
#ifndef MAILLAGE_SYNC_PULLER_H
#define MAILLAGE_SYNC_PULLER_H

#include <pthread.h>

#include "node/domain/peer.h"
#include "node/store/feed.h"
#include "node/sync/fetch.h"
#include "node/sync/pool.h"
#include "node/sync/sync.h"

enum {
	PULLER_FLIGHT = 24,	/* requests under way in all */
	PULLER_NOTICES = 16,	/* of them notices */
	PULLER_RELAYS = 4,	/* relays asked for one origin in one round */
	PULLER_STUCK = 8,	/* answers in a row that bring nothing and promise more, before that is an error; twice
				   as many of an origin that is writing, before it is left for a round */
	NOTICE_HEADS = 64,	/* heads waiting for one peer; beyond, it will learn by polling */
};

struct puller;
struct pull;

/*
 * Something to be run on the puller's thread.  Lies in the structure it is about, so that posting
 * it cannot fail; `run` may free that.
 */
struct message {
	void (*run)(struct puller *p, void *arg);
	void *arg;
	bool queued;			/* posted, not run yet */
	struct message *next;
};

/* One peer: as a server that answers, as an origin whose feed is followed, as somebody to notify. */
struct known {
	char url[ORIGIN_TEXT], nid[NID_TEXT];
	bool blocked, gone;		/* gone: no longer in the store, freed when idle */
	bool seen;			/* by the reload under way */

	/* the server */
	long failures;			/* in a row */
	int64_t next_try;		/* ms; not asked before, unless it speaks to us */
	bool answered;			/* since we started */
	char error[PEER_ERROR];		/* as recorded; "" if all is well */
	int err;			/* of that */
	int64_t saved_ok;		/* last_ok as recorded, Unix seconds */
	int64_t offset;			/* of its clock, seconds */
	bool identifying;
	bool absent;			/* it denied its own feed: who answers there now? */

	/* its feed */
	struct pull *pull;		/* under way */
	int64_t due, interval;		/* ms */
	uint64_t round;
	bool again;			/* news came during the pull */
	struct known *prefer;		/* who told the news, asked first */
	unsigned relay;			/* relays asked since the last success */
	unsigned stuck, empty;		/* ends of pulls that promised more; of them the last ones that brought nothing */
	int64_t rescan_at;		/* ms of the last reading from the beginning after a mismatch; 0: never */
	int64_t head_epoch, head_rev;	/* of the last head announced to others */
	char etag[FETCH_ETAG], etag_after[CURSOR_TEXT];
	struct known *etag_source;
	uint8_t head_digest[32];	/* of the last head read to the end... */
	bool head_matched;		/* ...and its set was that of this node */

	/* notices to it */
	struct known *notices[NOTICE_HEADS];	/* whose heads; NULL in place 0 .. n stands for our own */
	unsigned n_notices, notice_sent;	/* the first notice_sent are in the request under way */
	int64_t notice_at;		/* ms, not before */
	unsigned notice_tries;
	bool notice_busy;
	int64_t notice_deaf;		/* ms until which it is not told: it does not know us */

	/* sync_once */
	bool finished, failed;
	bool waiting;			/* for another peer to answer, that may serve as its relay */
	uint64_t stored, removed;
};

struct puller {
	struct node *node;
	struct fetcher *fetcher;
	struct pool *pool;
	struct known **known;		/* in order of URL */
	size_t n_known;
	unsigned applying;		/* verbs handed to the writer and not yet back */
	unsigned notices;		/* requests under way */
	unsigned pages;			/* in the hands of the pool */
	int64_t unmet_at;		/* ms, when peers never reached may be asked out of turn again */
	bool stopping;
	sync_report_fn *report;		/* sync_once, else NULL */
	void *report_arg;

	pthread_mutex_t lock;		/* guards the mailbox */
	struct message *first, **last;
	struct message stop, reload, own, stranger;	/* each at most once in the mailbox */
	pthread_t thread;
};

int puller_new(struct node *n, struct puller **ret_puller);
/* Aborts transfers, waits for verbs and pages under way. */
void puller_free(struct puller *p);
int puller_start(struct puller *p);	/* the thread */
void puller_stop(struct puller *p);	/* asks it to end and joins it */
/* Until every peer is finished: sync_once. */
void puller_drain(struct puller *p);

/*
 * Run on the puller's thread, soon. From any thread.  A message that waits to be run is not posted
 * again: run(arg) of the first time is to come.
 */
void puller_post(struct puller *p, struct message *m, void (*run)(struct puller *p, void *arg), void *arg);

/* peers.c */
/* Read the table of peers again. On the puller's thread. */
void puller_reload(struct puller *p, void *unused);
/* Ask now who answers at the addresses of peers that never did. */
void puller_retry_unmet(struct puller *p, void *unused);
struct known *puller_by_nid(struct puller *p, const char *nid);
bool peers_busy(struct puller *p, const struct known *k);
void peers_free(struct puller *p, size_t at);	/* not while busy */

/* choose.c */
/* The server to ask for k's feed now, or NULL. */
struct known *choose_source(struct puller *p, struct known *k, int64_t now);
/* Set when k's feed is asked for again. */
void choose_due(struct puller *p, struct known *k, bool news);
/* sync_once: is a peer still at work that may turn out to be a relay for this one? */
bool choose_others_at_work(const struct puller *p, const struct known *k);
/* sync_once: the last word on a peer; pl NULL if its feed could not even be asked for. */
void puller_finish(struct puller *p, struct known *k, const struct pull *pl, int err, const char *text);

/* known.c: what is thought of a server, in memory and in peer.state. */
void known_answered(struct puller *p, struct known *k);
void known_failed(struct puller *p, struct known *k, int err, const char *text);
int64_t puller_least(const struct puller *p);	/* conf in ms */
int64_t puller_most(const struct puller *p);
/* Queue a verb; `done` on the puller's thread, result->out is released after it. */
typedef void puller_done_fn(struct puller *p, void *arg, struct verb_result *r);
int puller_apply(struct puller *p, const char *verb, const char *actor, json_t *args, void *prepared,
		 void (*prepared_free)(void *), puller_done_fn *done, void *arg);

/* identify.c */
void identify_start(struct puller *p, struct known *k);

/* pull.c: one reading of one origin's feed from one server, page by page. */
enum pull_end {
	PULL_DONE,		/* read to the end, and the set is the head's */
	PULL_IDLE,		/* nothing new (304) */
	PULL_STUCK,		/* the server has no more for now, and says that there is more */
	PULL_ABSENT,		/* the server does not hold that feed */
	PULL_BEHIND,		/* read to the end of what the server has, and its head is older than ours */
	PULL_DIFFERS,		/* read to the end, and the set is not the head's */
	PULL_FAILED,		/* pull->err, pull->text: the server's fault */
	PULL_STOPPED,		/* ours: stopping, or no memory */
};

struct pull {
	struct puller *puller;
	struct known *origin, *source;
	struct identity identity;	/* the origin's */
	char after[CURSOR_TEXT];	/* of the next request */
	char first[CURSOR_TEXT];	/* where it began */
	struct fetch *fetch;
	struct page *pages, **last;	/* in order of the feed */
	unsigned n_pages, waiting;	/* waiting: pages not back from pool or writer */
	bool over;			/* nothing more is asked */
	bool stuck;			/* the last page brought nothing */
	bool rescanned;			/* began at 0.0 after a 410 */
	enum pull_end end;
	int err;
	char text[PEER_ERROR];
	uint64_t stored, removed;
	int64_t rev, head_epoch, head_rev;
	char etag[FETCH_ETAG];
	unsigned requests;
};

/* rescan: from the beginning, whatever the cursor. ERR_*: nothing begun. */
int pull_start(struct puller *p, struct known *origin, struct known *source, bool rescan);
/* Ask for no more and forget what is under way; pull_ended follows. */
void pull_abort(struct pull *pl);
/* choose.c: called once for each pull; frees nothing. */
void pull_ended(struct pull *pl);

/* notify.c */
/* Our own head (of NULL) or another's has changed: tell `k`. */
void notice_add(struct puller *p, struct known *k, struct known *of);
void notice_own(struct puller *p, void *unused);
/* An origin's new head was read from `source`: tell some who may not know. */
void notice_forward(struct puller *p, struct known *of, struct known *source);
/* Send what is due; the time of the next, or INT64_MAX. */
int64_t notice_pump(struct puller *p, int64_t now);
/* Drop pointers to a peer that goes. */
void notice_forget(struct puller *p, struct known *k);

#endif
