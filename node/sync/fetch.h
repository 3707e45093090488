/*
 * Requests to other nodes, many at once on one thread: a curl_multi with kept connections and TLS
 * sessions, every request under netguard.
 */
#ifndef MAILLAGE_SYNC_FETCH_H
#define MAILLAGE_SYNC_FETCH_H

#include "node/domain/node.h"
#include "node/domain/peer.h"
#include "node/sync/netguard.h"

enum {
	FETCH_URL = 1024,
	FETCH_ETAG = 80,
	FETCH_KIND = 40,
	FETCH_PAGE = 768 * 1024,	/* largest answer: a page of FED_ANSWER, one object and a head beyond */
	FETCH_SMALL = 256 * 1024,	/* an identity, a problem document */
};

struct fetcher;
struct fetch;
typedef void fetch_done_fn(void *arg, struct fetch *f);

/* One request, and then its answer. Borrowed by `done`, freed after it. */
struct fetch {
	/* asked */
	char url[FETCH_URL];
	char if_none_match[FETCH_ETAG];
	size_t max;			/* bytes of the body, decoded */
	char *post;			/* JSON, owned (free()); NULL: a GET */
	size_t post_len;
	bool sign;			/* by this node (RFC 9421) */
	int64_t offset;			/* seconds to add to our clock when signing */
	fetch_done_fn *done;
	void *arg;
	/* answered */
	int err;			/* OK: an HTTP answer is here. ERR_IO, ERR_LIMIT, ERR_DENIED, ERR_AGAIN: aborted */
	long status;
	struct buf body;
	char etag[FETCH_ETAG];		/* with its quotes, "" if none or too long */
	char kind[FETCH_KIND];		/* of a problem document, "" if none */
	int64_t date;			/* the peer's clock, 0 if it does not say */
	long retry_after;		/* seconds, 0 if it does not say */
	char text[PEER_ERROR];		/* what went wrong, one line, for an administrator */
	/* inner */
	struct netguard_call call;
	struct fetcher *fetcher;
	CURL *easy;
	struct curl_slist *headers;
	char curl_text[CURL_ERROR_SIZE];
	struct fetch *next, *prev;
};

int fetcher_new(struct node *n, struct fetcher **ret_fetcher);
/* Aborts what runs; `done` is called with ERR_AGAIN. */
void fetcher_free(struct fetcher *fr);
/* Wait at most `ms` for something to happen, and let it: calls `done` of what is finished. */
void fetcher_run(struct fetcher *fr, int ms);
/* Make fetcher_run return now. From any thread. */
void fetcher_wake(struct fetcher *fr);
unsigned fetcher_flight(const struct fetcher *fr);

/* A request to be filled in; NULL without memory. */
struct fetch *fetch_new(const char *origin, const char *target);
/* Send it (takes f): `done` will be called once, from fetcher_run. On an error f is freed, done not called. */
int fetch_start(struct fetcher *fr, struct fetch *f);
/* Give it up: done is called with ERR_AGAIN before this returns. */
void fetch_abort(struct fetch *f);
void fetch_free(struct fetch *f);

/* Make one line of it: control characters and quotes become spaces. */
void fetch_line(char *text);

#endif
