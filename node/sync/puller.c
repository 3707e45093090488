#include "node/sync/puller.h"

#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/schedule.h"

enum {
	IDLE_MS = 1000,		 /* longest sleep of the loop */
	STUCK_MS = 1000,	 /* an origin that is writing signs a head a second */
	START_MS = 3000,	 /* the first polls are spread over so long */
	RESCAN_MS = 3600 * 1000, /* between two readings from the beginning */
};

/* The mailbox. */

int puller_post(struct puller *p, void (*run)(struct puller *p, void *arg), void *arg)
{
	struct message *m = malloc(sizeof(*m));

	if (!m)
		return ERR_NOMEM;
	*m = (struct message){run, arg, NULL};
	pthread_mutex_lock(&p->lock);
	*p->last = m;
	p->last = &m->next;
	pthread_mutex_unlock(&p->lock);
	fetcher_wake(p->fetcher);
	return OK;
}

static void mailbox_run(struct puller *p)
{
	struct message *m, *next;

	pthread_mutex_lock(&p->lock);
	m = p->first;
	p->first = NULL;
	p->last = &p->first;
	pthread_mutex_unlock(&p->lock);
	for (; m; m = next) {
		next = m->next;
		m->run(p, m->arg);
		free(m);
	}
}

/* The table of peers in memory. */

struct known *puller_by_nid(struct puller *p, const char *nid)
{
	for (size_t i = 0; i < p->n_known; i++)
		if (*nid && !strcmp(p->known[i]->nid, nid))
			return p->known[i];
	return NULL;
}

static struct known *by_url(struct puller *p, const char *url, size_t *ret_at)
{
	size_t low = 0, high = p->n_known;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = strcmp(p->known[mid]->url, url);

		if (!c)
			return p->known[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_at = low;
	return NULL;
}

static int known_add(struct puller *p, size_t at, const struct peer *peer)
{
	struct known **all = realloc(p->known, (p->n_known + 1) * sizeof(*all));
	struct known *k = calloc(1, sizeof(*k));

	if (all)
		p->known = all;
	if (!all || !k) {
		free(k);
		return ERR_NOMEM;
	}
	memmove(all + at + 1, all + at, (p->n_known - at) * sizeof(*all));
	all[at] = k;
	p->n_known++;
	snprintf(k->url, sizeof(k->url), "%s", peer->url);
	snprintf(k->nid, sizeof(k->nid), "%s", peer->nid);
	snprintf(k->error, sizeof(k->error), "%s", peer->error);
	k->failures = peer->failures;
	k->saved_ok = peer->last_ok;
	k->offset = peer->offset;
	k->interval = puller_least(p);
	/* A peer that failed before we stopped gets one chance at once: it may be why we were
	 * restarted. */
	k->due = clock_ms() +
		 (p->report || p->n_known < 16
			  ? 0
			  : START_MS - schedule_jitter(START_MS * 10, k->url, 0, 0) % START_MS);
	return OK;
}

static void known_free(struct puller *p, size_t at)
{
	struct known *k = p->known[at];

	notice_forget(p, k);
	for (size_t i = 0; i < p->n_known; i++) {
		struct known *o = p->known[i];

		if (o->prefer == k)
			o->prefer = NULL;
		if (o->etag_source == k)
			o->etag_source = NULL;
	}
	memmove(p->known + at, p->known + at + 1, (p->n_known - at - 1) * sizeof(*p->known));
	p->n_known--;
	free(k);
}

static bool known_busy(struct puller *p, const struct known *k)
{
	if (k->pull || k->identifying || k->notice_busy)
		return true;
	for (size_t i = 0; i < p->n_known; i++)
		if (p->known[i]->pull && p->known[i]->pull->source == k)
			return true;
	return false;
}

void puller_reload(struct puller *p, void *unused)
{
	struct peer *peer = malloc(sizeof(*peer));
	struct txn *t;
	char after[ORIGIN_TEXT] = "";
	int err = peer ? txn_read(p->node->store, &t) : ERR_NOMEM;

	(void)unused;
	if (err) {
		free(peer);
		log_line("error", "sync", "event=reload err=%s", err_name(err));
		return;
	}
	for (size_t i = 0; i < p->n_known; i++)
		p->known[i]->seen = false;
	while (!(err = peer_next(t, after, peer))) {
		size_t at = 0;
		struct known *k = by_url(p, peer->url, &at);

		strcpy(after, peer->url);
		if (!k && !known_add(p, at, peer))
			k = p->known[at];
		if (!k)
			continue;
		k->seen = true;
		k->gone = false;
		k->blocked = peer->blocked;
		if (!*k->nid && *peer->nid)
			snprintf(k->nid, sizeof(k->nid), "%s", peer->nid);
	}
	txn_end(t);
	free(peer);
	if (err != ERR_NOTFOUND) {
		log_line("error", "sync", "event=reload err=%s", err_name(err));
		return;
	}
	for (size_t i = 0; i < p->n_known; i++)
		p->known[i]->gone = !p->known[i]->seen;
}

/* Which server to ask for an origin's feed. */

static bool may_ask(const struct known *k, int64_t now)
{
	return !k->blocked && !k->gone && *k->nid && now >= k->next_try;
}

/* The relay of rank `rank` for an origin: peers that answer, in rendezvous order. */
static struct known *relay_pick(struct puller *p, const struct known *origin, unsigned rank,
				int64_t now)
{
	struct known *best = NULL, *under = NULL;
	uint64_t best_weight = 0, under_weight = UINT64_MAX;

	for (unsigned r = 0; r <= rank; r++) {
		best = NULL;
		for (size_t i = 0; i < p->n_known; i++) {
			struct known *k = p->known[i];
			uint64_t w = schedule_weight(origin->nid, k->nid);

			if (k == origin || k->failures || !k->answered || !may_ask(k, now) ||
			    (under && (w > under_weight || (w == under_weight && k >= under))))
				continue;
			if (!best || w > best_weight) {
				best = k;
				best_weight = w;
			}
		}
		if (!best)
			return NULL;
		under = best;
		under_weight = best_weight;
	}
	return best;
}

static struct known *source_pick(struct puller *p, struct known *k, int64_t now)
{
	struct known *prefer = k->prefer;

	k->prefer = NULL;
	if (prefer && prefer != k && may_ask(prefer, now))
		return prefer;
	if (may_ask(k, now))
		return k;
	if (k->relay >= PULLER_RELAYS)
		return NULL;
	return relay_pick(p, k, k->relay++, now);
}

/* When a feed is to be asked for again. */

static void due_after(struct puller *p, struct known *k, bool news)
{
	int64_t now = clock_ms();

	k->interval = schedule_interval(k->interval, news, puller_least(p), puller_most(p));
	k->due = now + schedule_jitter(k->interval, k->url, k->round++, 0);
	/* While it is down: its own address when its turn comes, relays at the feed's pace. */
	if (k->next_try > now && k->next_try < k->due)
		k->due = k->next_try;
	k->relay = 0;
	k->stuck = 0;
	if (k->again) {
		k->again = false;
		k->due = now;
	}
}

void puller_finish(struct puller *p, struct known *k, const struct pull *pl, int err,
		   const char *text)
{
	struct sync_report r = {.url = k->url,
				.nid = k->nid,
				.via = pl && pl->source != k ? pl->source->url : NULL,
				.err = err,
				.text = text,
				.stored = k->stored,
				.removed = k->removed,
				.rev = pl ? pl->rev : 0,
				.head_rev = pl ? pl->head_rev : 0,
				.done = true};

	if (!p->report || k->finished)
		return;
	k->finished = true;
	k->failed = err != OK;
	p->report(p->report_arg, &r);
	for (size_t i = 0; !err && i < p->n_known; i++) {
		if (p->known[i]->waiting) {
			p->known[i]->waiting = false;
			p->known[i]->relay = 0;
			p->known[i]->due = clock_ms();
		}
	}
}

/* sync_once: is a peer still at work that may turn out to be a relay for this one? */
static bool others_at_work(const struct puller *p, const struct known *k)
{
	for (size_t i = 0; i < p->n_known; i++) {
		const struct known *o = p->known[i];

		if (o != k && !o->finished && !o->waiting && !o->blocked && !o->gone)
			return true;
	}
	return false;
}

/* The server read from cannot help: try another at once, or leave it for a round. */
static void pull_elsewhere(struct puller *p, struct pull *pl, int err, const char *text)
{
	struct known *k = pl->origin;
	int64_t now = clock_ms();

	if (k->relay < PULLER_RELAYS &&
	    (may_ask(k, now) ? pl->source != k : relay_pick(p, k, k->relay, now) != NULL)) {
		k->due = now;
		return;
	}
	if (p->report && others_at_work(p, k)) {
		k->waiting = true;
		k->due = INT64_MAX;
		return;
	}
	puller_finish(p, k, pl, err, text);
	due_after(p, k, false);
}

/* A set that is not the head's: read everything again, once in a while; else it is the server's
 * fault. */
static void pull_differs(struct puller *p, struct pull *pl)
{
	static const char text[] = "Its feed is complete and does not match its signed head.";
	struct known *k = pl->origin;
	int64_t now = clock_ms();

	if (strcmp(pl->first, "0.0") != 0 && (!k->rescan_at || now - k->rescan_at > RESCAN_MS)) {
		k->rescan_at = now;
		if (!pull_start(p, k, pl->source, true))
			return;
	}
	known_failed(p, pl->source, ERR_CONFLICT, text);
	pull_elsewhere(p, pl, ERR_CONFLICT, text);
}

static void pull_good(struct puller *p, struct pull *pl)
{
	struct known *k = pl->origin;
	bool news = pl->end == PULL_DONE && (pl->stored || pl->removed);

	known_answered(p, pl->source);
	if (*pl->etag) {
		snprintf(k->etag, sizeof(k->etag), "%s", pl->etag);
		snprintf(k->etag_after, sizeof(k->etag_after), "%s", pl->after);
		k->etag_source = pl->source;
	}
	if (news)
		log_line("info", "sync",
			 "event=pulled peer=%s via=%s stored=%llu removed=%llu rev=%lld", k->url,
			 pl->source->url, (unsigned long long)pl->stored,
			 (unsigned long long)pl->removed, (long long)pl->rev);
	if (pl->end == PULL_DONE &&
	    (pl->head_epoch > k->head_epoch ||
	     (pl->head_epoch == k->head_epoch && pl->head_rev > k->head_rev))) {
		k->head_epoch = pl->head_epoch;
		k->head_rev = pl->head_rev;
		if (news)
			notice_forward(p, k, pl->source);
	}
	puller_finish(p, k, pl, OK, "");
	due_after(p, k, news);
}

static void pull_stuck(struct puller *p, struct pull *pl)
{
	struct known *k = pl->origin;

	if (pl->source != k) {
		pull_elsewhere(p, pl, ERR_AGAIN, "The relays asked hold only a part of its feed.");
		return;
	}
	if (pl->err && k->stuck >= PULLER_STUCK) {
		known_failed(p, k, pl->err, pl->text);
		pull_elsewhere(p, pl, pl->err, pl->text);
	} else if (k->stuck++ < PULLER_STUCK) {
		k->due = clock_ms() + STUCK_MS;
	} else {
		/* It writes without pause; what it had is here. */
		known_answered(p, k);
		puller_finish(p, k, pl, OK, "");
		due_after(p, k, true);
	}
}

void pull_ended(struct pull *pl)
{
	struct puller *p = pl->puller;
	struct known *k = pl->origin;

	k->stored += pl->stored;
	k->removed += pl->removed;
	if (p->stopping)
		return;
	switch (pl->end) {
	case PULL_DONE:
	case PULL_IDLE:
		pull_good(p, pl);
		return;
	case PULL_STUCK:
		pull_stuck(p, pl);
		return;
	case PULL_BEHIND:
		if (pl->source == k) /* what it signed once it cannot take back */
			known_failed(p, k, ERR_CONFLICT,
				     "It serves an older state than it signed before.");
		pull_elsewhere(p, pl, ERR_CONFLICT,
			       "What was answered is older than what is here.");
		return;
	case PULL_DIFFERS:
		pull_differs(p, pl);
		return;
	case PULL_ABSENT:
		if (pl->source == k) {
			/* Somebody else may answer at that address now: ask who. */
			k->absent = true;
			identify_start(p, k);
			return;
		}
		break;
	case PULL_FAILED:
	case PULL_STOPPED:
		known_failed(p, pl->source, pl->err, pl->text);
		break;
	}
	pull_elsewhere(p, pl, pl->err, pl->text);
}

/* Begin what is due; the time of the next, or INT64_MAX. */
static int64_t poll_due(struct puller *p, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];
		struct known *source;

		if (k->gone && !known_busy(p, k)) {
			known_free(p, i--);
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
		source = source_pick(p, k, now);
		if (!source || pull_start(p, k, source, false))
			due_after(p, k, false);
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
	/* Identities and notices under way end here too. */
	while (p->applying || p->pages) {
		mailbox_run(p);
		fetcher_run(p->fetcher, 10);
	}
	fetcher_free(p->fetcher);
	p->fetcher = NULL;
	pool_free(p->pool);
	while (p->n_known)
		known_free(p, p->n_known - 1);
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
	if (puller_post(p, stop_message, NULL))
		p->stopping = true; /* without memory for a message, at the next turn */
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
