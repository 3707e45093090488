/*
 * Whom to ask for a feed, when again, and what follows from how a reading ended.
 */
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"
#include "node/sync/schedule.h"

enum {
	STUCK_MS = 1000,	 /* an origin that is writing signs a head a second */
	RESCAN_MS = 3600 * 1000, /* between two readings from the beginning */
};

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

struct known *choose_source(struct puller *p, struct known *k, int64_t now)
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

void choose_due(struct puller *p, struct known *k, bool news)
{
	int64_t now = clock_ms();

	k->interval = schedule_interval(k->interval, news, puller_least(p), puller_most(p));
	k->due = now + schedule_jitter(k->interval, k->url, k->round++, 0);
	/* While it is down: its own address when its turn comes, relays at the feed's pace. */
	if (k->next_try > now && k->next_try < k->due)
		k->due = k->next_try;
	k->relay = 0;
	k->stuck = k->empty = 0;
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
bool choose_others_at_work(const struct puller *p, const struct known *k)
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
	if (p->report && choose_others_at_work(p, k)) {
		k->waiting = true;
		k->due = INT64_MAX;
		return;
	}
	puller_finish(p, k, pl, err, text);
	choose_due(p, k, false);
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
	choose_due(p, k, news);
}

static void pull_stuck(struct puller *p, struct pull *pl)
{
	struct known *k = pl->origin;

	if (pl->source != k) {
		pull_elsewhere(p, pl, ERR_AGAIN, "The relays asked hold only a part of its feed.");
		return;
	}
	k->stuck++;
	k->empty = pl->stored || pl->removed ? 0 : k->empty + 1;
	if (k->empty > PULLER_STUCK) {
		int err = pl->err ? pl->err : ERR_BUSY;
		const char *text =
			pl->err ? pl->text : "It sent empty pages, and said that there was more.";

		known_failed(p, k, err, text);
		pull_elsewhere(p, pl, err, text);
	} else if (k->stuck <= 2 * PULLER_STUCK) {
		k->due = clock_ms() + STUCK_MS;
	} else {
		/* It writes without pause; what it had is here. */
		known_answered(p, k);
		puller_finish(p, k, pl, OK, "");
		choose_due(p, k, true);
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
