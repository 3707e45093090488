/*
 * Notices: signed, small, and only hints.  Our own head goes to every peer; another's, once read,
 * to a few in rendezvous order, so that it travels on even where its origin is not known.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"
#include "node/sync/schedule.h"
#include "protocol/limits.h"

enum {
	SPACING_MS = 2200,     /* a little more than what the other side allows */
	DEAF_MS = 600 * 1000,  /* a node that does not know us is left alone so long */
	SHUT_MS = 3600 * 1000, /* and so long one that hears nobody, unless it speaks to us */
	TRIES = 4,
	FORWARDS = 4,	  /* peers told of another's head */
	BODY_ROOM = 1024, /* of FED_BODY, kept free */
};

void notice_add(struct puller *p, struct known *k, struct known *of)
{
	if (!p->node->conf.notify || p->report || k == of || k->gone)
		return;
	for (unsigned i = k->notice_busy ? k->notice_sent : 0; i < k->n_notices; i++)
		if (k->notices[i] == of)
			return;
	if (k->n_notices == NOTICE_HEADS)
		return; /* it will see by polling */
	k->notices[k->n_notices++] = of;
	k->notice_tries = 0;
}

void notice_own(struct puller *p, void *unused)
{
	(void)unused;
	for (size_t i = 0; i < p->n_known; i++)
		notice_add(p, p->known[i], NULL);
}

void notice_forward(struct puller *p, struct known *of, struct known *source)
{
	struct known *chosen[FORWARDS];
	unsigned n = 0;

	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];
		unsigned at = n;

		if (k == of || k == source || k->blocked || k->failures || !*k->nid)
			continue;
		while (at > 0 && schedule_weight(p->node->identity.nid, chosen[at - 1]->nid) <
					 schedule_weight(p->node->identity.nid, k->nid))
			at--;
		if (at == FORWARDS)
			continue;
		if (n < FORWARDS)
			n++;
		memmove(chosen + at + 1, chosen + at, (n - 1 - at) * sizeof(*chosen));
		chosen[at] = k;
	}
	for (unsigned i = 0; i < n; i++)
		notice_add(p, chosen[i], of);
}

void notice_forget(struct puller *p, struct known *gone)
{
	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];
		unsigned n = 0, sent = 0;

		for (unsigned j = 0; j < k->n_notices; j++) {
			if (k->notices[j] == gone)
				continue;
			sent += k->notice_busy && j < k->notice_sent;
			k->notices[n++] = k->notices[j];
		}
		k->n_notices = n;
		k->notice_sent = sent;
	}
}

static void drop_sent(struct known *k)
{
	k->n_notices -= k->notice_sent;
	memmove(k->notices, k->notices + k->notice_sent, k->n_notices * sizeof(k->notices[0]));
	k->notice_sent = 0;
}

static void retry(struct known *k, int64_t wait)
{
	if (++k->notice_tries >= TRIES) {
		drop_sent(k);
		k->notice_tries = 0;
	}
	k->notice_at = clock_ms() + wait;
	k->notice_sent = 0;
}

/* Learn a peer's clock from the Date of its refusal. */
static void clock_learn(struct known *k, const struct fetch *f)
{
	if (f->date)
		k->offset = f->date - (int64_t)time(NULL);
}

/* It hears no notice at all: not ours, and not in a moment either. */
static bool is_shut(const struct fetch *f)
{
	return f->status == 404 || (f->status == 503 && !strcmp(f->kind, "no-notify"));
}

static void notice_refused(struct known *k, const struct fetch *f)
{
	int64_t now = clock_ms();

	if (f->err) {
		retry(k, SPACING_MS << (2 * k->notice_tries));
	} else if (f->status == 401 && !strcmp(f->kind, "clock-skew")) {
		clock_learn(k, f);
		retry(k, 0);
	} else if (f->status == 401 && !strcmp(f->kind, "replay")) {
		retry(k, 1100); /* it began in this very second */
	} else if (!is_shut(f) && (f->status == 429 || f->status == 503)) {
		int64_t wait =
			f->retry_after > 0 && f->retry_after < 60 ? f->retry_after * 1000 : 0;

		retry(k, wait > SPACING_MS ? wait : SPACING_MS);
	} else {
		/* It does not know us, or does not listen: it will poll. */
		drop_sent(k);
		k->n_notices = 0;
		k->notice_deaf = now + (is_shut(f) ? SHUT_MS : DEAF_MS);
		log_line("info", "sync", "event=notice-refused peer=%s status=%ld kind=%s", k->url,
			 f->status, *f->kind ? f->kind : "-");
	}
}

struct notice {
	struct puller *puller;
	struct known *known;
};

static void on_notice(void *arg, struct fetch *f)
{
	struct notice *nt = arg;
	struct known *k = nt->known;

	nt->puller->notices--;
	k->notice_at = clock_ms() + SPACING_MS;
	if (!f->err && f->status / 100 == 2) {
		drop_sent(k);
		k->notice_tries = 0;
	} else if (f->err != ERR_AGAIN) {
		notice_refused(k, f);
	}
	k->notice_busy = false;
	free(nt);
}

/* The heads waiting for a peer, as held now; how many of the list they cover. */
static int body_write(struct puller *p, struct known *k, struct buf *out, unsigned *ret_sent)
{
	struct txn *t;
	unsigned i, written = 0;
	int err = txn_read(p->node->store, &t);

	if (err)
		return err;
	buf_str(out, "{\"heads\":[");
	for (i = 0; i < k->n_notices; i++) {
		const char *nid = k->notices[i] ? k->notices[i]->nid : p->node->identity.nid;
		struct origin origin;
		struct feed feed;
		struct view head;

		if (origin_by_nid(t, nid, &origin) ||
		    feed_find(t, origin.origin, "public", &feed) || feed_head(t, feed.feed, &head))
			continue;
		if (out->len + head.len + BODY_ROOM > FED_BODY)
			break;
		if (written++)
			buf_char(out, ',');
		buf_add(out, head.data, head.len);
	}
	buf_str(out, "]}");
	txn_end(t);
	*ret_sent = i;
	if (!out->err && !written)
		return ERR_NOTFOUND;
	return out->err;
}

static void notice_send(struct puller *p, struct known *k)
{
	struct notice *nt = calloc(1, sizeof(*nt));
	struct fetch *f = fetch_new(k->url, "/fed/v1/notify");
	struct buf body;
	int err;

	buf_init(&body, FED_BODY);
	err = nt && f ? body_write(p, k, &body, &k->notice_sent) : ERR_NOMEM;
	if (err) {
		if (err == ERR_NOTFOUND)
			drop_sent(k);
		k->notice_at = clock_ms() + SPACING_MS;
		buf_done(&body);
		fetch_free(f);
		free(nt);
		return;
	}
	*nt = (struct notice){p, k};
	f->post = buf_steal(&body, &f->post_len);
	f->sign = true;
	f->offset = k->offset;
	f->done = on_notice;
	f->arg = nt;
	k->notice_busy = true;
	p->notices++;
	if (fetch_start(p->fetcher, f)) {
		p->notices--;
		k->notice_busy = false;
		k->notice_at = clock_ms() + SPACING_MS;
		free(nt);
	}
}

int64_t notice_pump(struct puller *p, int64_t now)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < p->n_known; i++) {
		struct known *k = p->known[i];

		if (!k->n_notices || k->notice_busy)
			continue;
		if (k->gone || k->blocked || k->failures || !*k->nid || now < k->notice_deaf) {
			k->n_notices = 0; /* it will see by polling, or be told when it is back */
			continue;
		}
		if (k->notice_at > now)
			next = k->notice_at < next ? k->notice_at : next;
		else if (p->notices >= PULLER_NOTICES)
			return next;
		else
			notice_send(p, k);
	}
	return next;
}
