#include "node/sync/ticker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "node/domain/head_read.h"
#include "node/log.h"
#include "node/store/feed.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"

enum {
	TICK_MS = 1000,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 3600 * 1000,
};

struct ticker {
	struct node *node;
	struct puller *puller;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	uint64_t seen;		   /* store's transaction number when last looked at */
	bool behind;		   /* our feed had moved beyond its head, and does still */
	int64_t minute, hour, day; /* ms of the next errand */
	bool head_failed;	   /* said once */
};

/* Run a verb; true if it changed something. */
static bool errand(struct ticker *tk, const char *verb)
{
	struct verb_input in;
	struct verb_result r;
	json_t *args = json_object();

	if (!args)
		return false;
	node_input(&in, verb, "node", args);
	node_apply(tk->node, &in, &r);
	json_decref(r.out);
	if (r.err && r.err != ERR_AGAIN && r.err != ERR_NOTFOUND) {
		if (!tk->head_failed)
			log_line("error", "sync", "event=tick verb=%s err=%s", verb,
				 err_name(r.err));
		tk->head_failed = true;
	} else {
		tk->head_failed = false;
	}
	return r.err == OK;
}

/* Has our feed moved beyond its head? Read only: an idle node writes nothing. */
static bool head_behind(struct ticker *tk)
{
	struct feed feed;
	struct head_place held;
	struct txn *t;
	bool behind = false;

	if (txn_read(tk->node->store, &t))
		return true; /* not known: the verb will say */
	if (!feed_get(t, 1, &feed))
		behind = head_place_load(t, 1, &held) || held.epoch != feed.epoch ||
			 held.rev != feed.rev;
	txn_end(t);
	return behind;
}

static void head_renew(struct ticker *tk)
{
	if (errand(tk, "head.sign"))
		puller_post(tk->puller, &tk->puller->own, notice_own, NULL);
}

static void tick(struct ticker *tk, int64_t now)
{
	uint64_t number = store_txn_number(tk->node->store);

	/* A head that could not be signed (a full disk) is tried again until it is. */
	if (number != tk->seen || tk->behind) {
		tk->behind = head_behind(tk);
		if (tk->behind) {
			head_renew(tk);
			tk->behind = head_behind(tk);
		}
	}
	if (number != tk->seen) {
		puller_post(tk->puller, &tk->puller->reload, puller_reload, NULL);
		tk->seen = number;
	}
	if (now >= tk->minute) {
		tk->minute = now + MINUTE_MS;
		store_reader_check(tk->node->store);
	}
	if (now >= tk->hour) {
		tk->hour = now + HOUR_MS;
		errand(tk, "session.expire");
		head_renew(tk);
	}
}

static void *ticker_main(void *arg)
{
	struct ticker *tk = arg;
	struct timespec until;

	pthread_mutex_lock(&tk->lock);
	while (!tk->stop) {
		pthread_mutex_unlock(&tk->lock);
		tick(tk, clock_ms());
		pthread_mutex_lock(&tk->lock);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_MS / 1000;
		if (!tk->stop)
			pthread_cond_timedwait(&tk->wake, &tk->lock, &until);
	}
	pthread_mutex_unlock(&tk->lock);
	return NULL;
}

int ticker_start(struct node *n, struct puller *p, struct ticker **ret_ticker)
{
	struct ticker *tk = calloc(1, sizeof(*tk));
	pthread_condattr_t attr;

	if (!tk)
		return ERR_NOMEM;
	tk->node = n;
	tk->puller = p;
	pthread_mutex_init(&tk->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&tk->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&tk->thread, NULL, ticker_main, tk)) {
		free(tk);
		return ERR_NOMEM;
	}
	*ret_ticker = tk;
	return OK;
}

void ticker_stop(struct ticker *tk)
{
	if (!tk)
		return;
	pthread_mutex_lock(&tk->lock);
	tk->stop = true;
	pthread_cond_signal(&tk->wake);
	pthread_mutex_unlock(&tk->lock);
	pthread_join(tk->thread, NULL);
	pthread_cond_destroy(&tk->wake);
	pthread_mutex_destroy(&tk->lock);
	free(tk);
}
