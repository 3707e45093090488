#include "node/sync/puller.h"

#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"

enum { IDLE_MS = 1000 }; /* longest sleep of the loop */

/* The mailbox. */

void puller_post(struct puller *p, struct message *m, void (*run)(struct puller *p, void *arg),
		 void *arg)
{
	pthread_mutex_lock(&p->lock);
	if (!m->queued) {
		*m = (struct message){run, arg, true, NULL};
		*p->last = m;
		p->last = &m->next;
		/* Under the lock: once the message has run, the puller may be gone. */
		fetcher_wake(p->fetcher);
	}
	pthread_mutex_unlock(&p->lock);
}

static void mailbox_run(struct puller *p)
{
	struct message *m, *next, now;

	pthread_mutex_lock(&p->lock);
	m = p->first;
	p->first = NULL;
	p->last = &p->first;
	for (; m; m = next) {
		next = m->next;
		now = *m;
		m->queued = false;
		pthread_mutex_unlock(&p->lock);
		now.run(p, now.arg); /* frees m, or posts it again */
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
}

/* Begin what is due; the time of the next, or INT64_MAX. */
static int64_t poll_due(struct puller *p, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];
		struct known *source;

		if (k->gone && !peers_busy(p, k)) {
			peers_free(p, i--);
			continue;
		}
		if (k->blocked || k->gone || k->pull || k->identifying || k->finished)
			continue;
		if (k->due > now) {
			next = k->due < next ? k->due : next;
			continue;
		}
		if (fetcher_flight(p->fetcher) >= PULLER_FLIGHT)
			return now + 50; /* a transfer that ends wakes us earlier */
		if (!*k->nid) {
			identify_start(p, k);
			continue;
		}
		source = choose_source(p, k, now);
		if (!source || pull_start(p, k, source, false))
			choose_due(p, k, false);
	}
	return next;
}

/* One turn of the loop. */
static void turn(struct puller *p)
{
	int64_t now, next, notice;

	mailbox_run(p);
	if (p->stopping)
		return;
	now = clock_ms();
	next = poll_due(p, now);
	notice = p->report ? INT64_MAX : notice_pump(p, now);
	if (notice < next)
		next = notice;
	now = clock_ms();
	fetcher_run(p->fetcher, next <= now	       ? 0
				: next - now > IDLE_MS ? IDLE_MS
						       : (int)(next - now));
}

static void stop_all(struct puller *p)
{
	p->stopping = true;
	for (size_t i = 0; i < p->n_known; i++)
		if (p->known[i]->pull)
			pull_abort(p->known[i]->pull);
}

static void *puller_main(void *arg)
{
	struct puller *p = arg;

	while (!p->stopping)
		turn(p);
	return NULL;
}

static void stop_message(struct puller *p, void *unused)
{
	(void)unused;
	stop_all(p);
}

int puller_new(struct node *n, struct puller **ret_puller)
{
	struct puller *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return ERR_NOMEM;
	p->node = n;
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	err = fetcher_new(n, &p->fetcher);
	if (!err)
		err = pool_new(0, &p->pool);
	if (err) {
		fetcher_free(p->fetcher);
		pthread_mutex_destroy(&p->lock);
		free(p);
		return err;
	}
	*ret_puller = p;
	return OK;
}

void puller_free(struct puller *p)
{
	if (!p)
		return;
	stop_all(p);
	mailbox_run(p);
	/* Identities and notices under way end here too. */
	while (p->applying || p->pages) {
		mailbox_run(p);
		fetcher_run(p->fetcher, 10);
	}
	fetcher_free(p->fetcher);
	p->fetcher = NULL;
	pool_free(p->pool);
	while (p->n_known)
		peers_free(p, p->n_known - 1);
	free(p->known);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int puller_start(struct puller *p)
{
	return pthread_create(&p->thread, NULL, puller_main, p) ? ERR_NOMEM : OK;
}

void puller_stop(struct puller *p)
{
	puller_post(p, &p->stop, stop_message, NULL);
	pthread_join(p->thread, NULL);
}

void puller_drain(struct puller *p)
{
	bool left = true;

	while (left) {
		turn(p);
		left = p->applying > 0;
		for (size_t i = 0; i < p->n_known; i++)
			left |= !p->known[i]->finished && !p->known[i]->blocked &&
				!p->known[i]->gone;
	}
}
