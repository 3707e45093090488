#include "node/sync/sync.h"

#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/inbox.h"
#include "node/sync/puller.h"
#include "node/sync/ticker.h"

struct sync {
	struct node *node;
	struct inbox *inbox;
	struct puller *puller;
	struct ticker *ticker;
};

struct inbox *sync_inbox(struct sync *s)
{
	return s->inbox;
}

struct wake {
	char origin[NID_TEXT], via[NID_TEXT];
	struct message message;
};

static void wake_run(struct puller *p, void *arg)
{
	struct wake *w = arg;
	struct known *k = puller_by_nid(p, w->origin);

	if (k && k->pull) {
		k->again = true;
	} else if (k) {
		k->due = clock_ms();
		k->relay = 0;
		k->prefer = puller_by_nid(p, w->via);
	}
	free(w);
}

static void alive_run(struct puller *p, void *arg)
{
	struct wake *w = arg;
	struct known *k = puller_by_nid(p, w->origin);

	if (k) {
		k->notice_deaf = 0;
		/* Only of its being out of reach: for what was wrong with its answers it waits. */
		if (k->failures && (k->err == ERR_IO || k->err == ERR_BUSY || !k->err)) {
			k->next_try = 0;
			k->due = clock_ms();
		}
	}
	free(w);
}

static void wake_post(struct sync *s, void (*run)(struct puller *p, void *arg), const char *origin,
		      const char *via)
{
	struct wake *w = calloc(1, sizeof(*w));

	/* Without memory the news is lost, and polling finds it. */
	if (!s || !w || strlen(origin) >= sizeof(w->origin) || strlen(via) >= sizeof(w->via)) {
		free(w);
		return;
	}
	strcpy(w->origin, origin);
	strcpy(w->via, via);
	puller_post(s->puller, &w->message, run, w);
}

void sync_wake(struct node *n, const char *origin, const char *via)
{
	wake_post(n->sync, wake_run, origin, via ? via : "");
}

void sync_alive(struct node *n, const char *nid)
{
	wake_post(n->sync, alive_run, nid, "");
}

void sync_stranger(struct node *n)
{
	struct puller *p = n->sync->puller;

	puller_post(p, &p->stranger, puller_retry_unmet, NULL);
}

static void sync_free(struct sync *s)
{
	puller_free(s->puller);
	inbox_free(s->inbox);
	free(s);
}

int sync_start(struct node *n, struct fault *fault)
{
	struct sync *s = calloc(1, sizeof(*s));
	int err = ERR_NOMEM;

	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(s);
		return fault_set(fault, ERR_INTERNAL, "", "libcurl could not be started.", NULL);
	}
	if (s) {
		s->node = n;
		s->inbox = inbox_new((int64_t)time(NULL));
		err = s->inbox ? puller_new(n, &s->puller) : ERR_NOMEM;
	}
	if (!err) {
		puller_reload(s->puller, NULL);
		/* Also at the start: who thought us dead learns that we are back. */
		notice_own(s->puller, NULL);
		err = puller_start(s->puller);
	}
	if (!err) {
		n->sync = s;
		err = ticker_start(n, s->puller, &s->ticker);
		if (err) {
			n->sync = NULL;
			puller_stop(s->puller);
		}
	}
	if (err) {
		if (s)
			sync_free(s);
		curl_global_cleanup();
		return fault_set(fault, err, "", "Synchronisation could not be started.", NULL);
	}
	return OK;
}

void sync_stop(struct node *n)
{
	struct sync *s = n->sync;

	if (!s)
		return;
	ticker_stop(s->ticker);
	puller_stop(s->puller);
	n->sync = NULL;
	sync_free(s);
	curl_global_cleanup();
}

int sync_once(struct node *n, sync_report_fn *report, void *arg, struct fault *fault)
{
	struct puller *p = NULL;
	bool own_writer = !n->writer;
	int err = OK;

	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return fault_set(fault, ERR_INTERNAL, "", "libcurl could not be started.", NULL);
	if (own_writer)
		err = writer_start(n->store, n, node_verbs, &n->writer);
	if (!err)
		err = puller_new(n, &p);
	if (!err) {
		p->report = report;
		p->report_arg = arg;
		puller_reload(p, NULL);
		puller_drain(p);
		for (size_t i = 0; i < p->n_known; i++)
			if (p->known[i]->failed && !err)
				err = ERR_IO;
		if (err)
			fault_set(fault, err, "", "Not every peer could be read.", NULL);
	} else {
		fault_set(fault, err, "", "Synchronisation could not be started.", NULL);
	}
	puller_free(p);
	if (own_writer && n->writer) {
		writer_stop(n->writer);
		n->writer = NULL;
	}
	curl_global_cleanup();
	return err;
}
