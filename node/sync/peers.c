/*
 * The peers in memory: read from the table of the store, in order of URL.
 */
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"
#include "node/sync/schedule.h"

enum {
	START_MS = 3000, /* the first polls of many are spread over so long */
	UNMET_MS =
		10000, /* between two rounds to peers never reached, however many strangers call */
};

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

void peers_free(struct puller *p, size_t at)
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

bool peers_busy(struct puller *p, const struct known *k)
{
	if (k->pull || k->identifying || k->notice_busy)
		return true;
	for (size_t i = 0; i < p->n_known; i++)
		if (p->known[i]->pull && p->known[i]->pull->source == k)
			return true;
	return false;
}

void puller_retry_unmet(struct puller *p, void *unused)
{
	int64_t now = clock_ms();

	(void)unused;
	if (now < p->unmet_at)
		return;
	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];

		if (*k->nid || k->blocked || k->gone || k->identifying)
			continue;
		k->due = now;
		p->unmet_at = now + UNMET_MS;
	}
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
