/*
 * One reading of a feed.  While a page is verified by the pool and applied by the writer, the next
 * one is already on its way; pages are applied in order, one at a time.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/head_read.h"
#include "node/domain/ingest.h"
#include "node/log.h"
#include "node/sync/puller.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

enum {
	PAGES = 2,  /* of one pull between the wire and the store */
	RANGE = 32, /* entries worth a job of their own */
};

struct page {
	struct pull *pull;
	struct page *next;
	char after[CURSOR_TEXT], cursor[CURSOR_TEXT];
	char etag[FETCH_ETAG];
	struct buf body; /* until it is parsed */
	json_t *doc;
	struct ingest *ingest;
	uint8_t head_digest[32];
	bool more, progress, parsed, verified, applying;
	int64_t head_epoch, head_rev;
	size_t n_entries;
	atomic_uint ranges; /* jobs not done */
	struct message message;
	int err;
	struct fault fault;
};

struct range {
	struct page *page;
	size_t from, to;
};

static void ask(struct pull *pl);
static void apply(struct pull *pl);
static void stuck_check(struct pull *pl);

static void page_free(struct page *pg)
{
	if (pg->ingest)
		ingest_free(pg->ingest);
	json_decref(pg->doc);
	buf_done(&pg->body);
	free(pg);
}

static void fail(struct pull *pl, enum pull_end end, int err, const char *text)
{
	if (pl->over)
		return;
	pl->over = true;
	pl->end = end;
	pl->err = err;
	snprintf(pl->text, sizeof(pl->text), "%.*s", PEER_ERROR - 1, text);
	fetch_line(pl->text);
}

static void fail_page(struct pull *pl, const struct page *pg, int err, const struct fault *fault)
{
	char text[PEER_ERROR], line[PEER_ERROR];

	fault_text(fault, text, sizeof(text));
	snprintf(line, sizeof(line), "Its page after %s is refused%s%.40s: %.80s", pg->after,
		 *fault->pointer ? " at " : "", fault->pointer, text);
	fail(pl,
	     err == ERR_NOMEM || err == ERR_BUSY || err == ERR_IO || err == ERR_CORRUPT
		     ? PULL_STOPPED
		     : PULL_FAILED,
	     err, line);
}

/* Once nothing is asked and nothing is out, the pull has ended. */
static void settle(struct pull *pl)
{
	if (!pl->over || pl->fetch || pl->waiting)
		return;
	while (pl->pages) {
		struct page *pg = pl->pages;

		pl->pages = pg->next;
		page_free(pg);
	}
	pl->origin->pull = NULL;
	pull_ended(pl);
	free(pl);
}

/* Does this node hold a later head than the page's?  Then the server is behind, not wrong. */
static bool page_behind(const struct pull *pl, const struct page *pg)
{
	struct head_place held = {0};
	struct origin origin;
	struct feed feed;
	struct txn *t;

	if (txn_read(pl->puller->node->store, &t))
		return false;
	if (!origin_by_nid(t, pl->origin->nid, &origin) &&
	    !feed_find(t, origin.origin, "public", &feed))
		head_place_load(t, feed.feed, &held);
	txn_end(t);
	return held.epoch > pg->head_epoch ||
	       (held.epoch == pg->head_epoch && held.rev > pg->head_rev);
}

static void page_applied(struct puller *p, void *arg, struct verb_result *r)
{
	struct page *pg = arg;
	struct pull *pl = pg->pull;
	bool more = pg->more;

	pl->waiting--;
	if (r->err) {
		fail_page(pl, pg, r->err, &r->fault);
		settle(pl);
		return;
	}
	pl->stored += (uint64_t)json_integer_value(json_object_get(r->out, "stored"));
	pl->removed += (uint64_t)json_integer_value(json_object_get(r->out, "removed"));
	cursor_parse(pg->cursor, &(int64_t){0}, &pl->rev);
	pl->head_epoch = pg->head_epoch;
	pl->head_rev = pg->head_rev;
	if (!more) {
		bool matched = json_is_true(json_object_get(r->out, "matched"));

		if (!strcmp(pg->after, pg->cursor))
			snprintf(pl->etag, sizeof(pl->etag), "%s", pg->etag);
		pl->origin->head_matched = matched;
		memcpy(pl->origin->head_digest, pg->head_digest, sizeof(pg->head_digest));
		fail(pl,
		     matched		   ? PULL_DONE
		     : page_behind(pl, pg) ? PULL_BEHIND
					   : PULL_DIFFERS,
		     OK, "");
	}
	pl->pages = pg->next;
	if (!pl->pages)
		pl->last = &pl->pages;
	pl->n_pages--;
	page_free(pg);
	if (p->report && !pl->over)
		p->report(p->report_arg, &(struct sync_report){.url = pl->origin->url,
							       .nid = pl->origin->nid,
							       .text = "",
							       .stored = pl->stored,
							       .removed = pl->removed,
							       .rev = pl->rev,
							       .head_rev = pl->head_rev});
	apply(pl);
	ask(pl);
	stuck_check(pl);
	settle(pl);
}

/* Hand the first page to the writer if it is ready and none is there. */
static void apply(struct pull *pl)
{
	struct page *pg = pl->pages;
	char actor[VERB_ACTOR];
	json_t *args;
	struct ingest *ingest;
	int err;

	if (pl->over || !pg || !pg->verified || pg->applying)
		return;
	pg->applying = true;
	snprintf(actor, sizeof(actor), "peer:%s", pl->source->nid);
	args = json_pack("{s:s, s:s, s:s, s:o}", "origin", pl->origin->nid, "audience", "public",
			 "after", pg->after, "page", pg->doc);
	ingest = pg->ingest;
	pg->doc = NULL; /* both are the verb's now */
	pg->ingest = NULL;
	pl->waiting++;
	err = puller_apply(pl->puller, "feed.page", actor, args, ingest, ingest_free, page_applied,
			   pg);
	if (err) {
		pl->waiting--;
		fail(pl, PULL_STOPPED, err, "This node had no time to store a page.");
	}
}

static void page_verified(struct puller *p, void *arg)
{
	struct page *pg = arg;
	struct pull *pl = pg->pull;

	p->pages--;
	pl->waiting--;
	pg->verified = true;
	apply(pl);
	settle(pl);
}

/* On a thread of the pool. */
static void range_verify(void *arg, struct text_terms *terms)
{
	struct range *r = arg;
	struct page *pg = r->page;

	ingest_verify(pg->ingest, r->from, r->to, terms);
	free(r);
	if (atomic_fetch_sub(&pg->ranges, 1) == 1)
		puller_post(pg->pull->puller, &pg->message, page_verified, pg);
}

/* Split what there is to verify over the pool; what cannot be handed out is done by the verb
 * itself. */
static void verify(struct pull *pl, struct page *pg)
{
	size_t n = ingest_count(pg->ingest);
	size_t jobs = pool_threads(pl->puller->pool);
	size_t from = 0;

	if (jobs > n / RANGE)
		jobs = n / RANGE ? n / RANGE : 1;
	pl->waiting++;
	pl->puller->pages++;
	/* One more than the jobs: ours, so that none of them is the last before all are queued. */
	atomic_store(&pg->ranges, 1);
	for (size_t i = 0; i < jobs; i++) {
		struct range *r = malloc(sizeof(*r));
		size_t to = n * (i + 1) / jobs;

		if (r) {
			*r = (struct range){pg, from, to};
			atomic_fetch_add(&pg->ranges, 1);
			if (pool_run(pl->puller->pool, range_verify, r, 1)) {
				atomic_fetch_sub(&pg->ranges, 1);
				free(r);
			}
		}
		from = to;
	}
	if (atomic_fetch_sub(&pg->ranges, 1) == 1)
		puller_post(pl->puller, &pg->message, page_verified, pg);
}

/* An empty last page under the head whose set was matched already: there is nothing to store. */
static bool page_known(struct pull *pl, struct page *pg)
{
	struct known *k = pl->origin;

	if (pg->more || pg->n_entries || pl->pages != pg || strcmp(pg->after, pg->cursor) != 0 ||
	    !k->head_matched ||
	    memcmp(k->head_digest, pg->head_digest, sizeof(k->head_digest)) != 0)
		return false;
	snprintf(pl->etag, sizeof(pl->etag), "%s", pg->etag);
	return true;
}

/* The page that brought nothing is the only one left: that is the end of it. */
static void stuck_check(struct pull *pl)
{
	if (pl->stuck && pl->n_pages == 1)
		fail(pl, PULL_STUCK, OK, "");
}

static void page_parsed(struct puller *p, void *arg)
{
	struct page *pg = arg;
	struct pull *pl = pg->pull;

	p->pages--;
	pl->waiting--;
	if (pg->err)
		fail_page(pl, pg, pg->err, &pg->fault);
	else if (!pg->progress && pg->more)
		pl->stuck = true; /* once what came before is applied */
	else if (page_known(pl, pg))
		fail(pl, PULL_IDLE, OK, "");
	if (!pl->over && !pl->stuck) {
		pg->parsed = true;
		snprintf(pl->after, sizeof(pl->after), "%s", pg->cursor);
		verify(pl, pg);
		ask(pl);
	}
	stuck_check(pl);
	settle(pl);
}

/* Zeros for a head that has no canonical form: it is refused later. */
static void head_digest(const json_t *head, uint8_t ret[32])
{
	struct buf bytes;

	memset(ret, 0, 32);
	buf_init(&bytes, HEAD_MAX);
	if (head && !canon_write(head, &bytes))
		digest_bytes(bytes.data, bytes.len, ret);
	buf_done(&bytes);
}

/* Shape of a page as far as the puller needs it; the rest is the domain's. */
static int page_shape(struct page *pg)
{
	const char *cursor = json_string_value(json_object_get(pg->doc, "next"));
	const json_t *more = json_object_get(pg->doc, "more");
	const json_t *head = json_object_get(pg->doc, "head");
	int64_t epoch, rev;

	if (!cursor || strlen(cursor) >= sizeof(pg->cursor) || cursor_parse(cursor, &epoch, &rev))
		return fault_set(&pg->fault, ERR_INVALID, "/next", "next is not a cursor.", NULL);
	if (!json_is_boolean(more))
		return fault_set(&pg->fault, ERR_INVALID, "/more", "more is not true or false.",
				 NULL);
	snprintf(pg->cursor, sizeof(pg->cursor), "%s", cursor);
	pg->more = json_is_true(more);
	pg->n_entries = json_array_size(json_object_get(pg->doc, "entries"));
	pg->progress = strcmp(pg->cursor, pg->after) != 0 && pg->n_entries > 0;
	pg->head_epoch = json_integer_value(json_object_get(head, "epoch"));
	pg->head_rev = json_integer_value(json_object_get(head, "rev"));
	head_digest(head, pg->head_digest);
	return OK;
}

/* On a thread of the pool. */
static void page_parse(void *arg, struct text_terms *terms)
{
	struct page *pg = arg;

	(void)terms;
	pg->err = canon_read(pg->body.data ? pg->body.data : "", pg->body.len, CANON_NATIVE,
			     &pg->doc, &pg->fault);
	buf_done(&pg->body);
	if (!pg->err)
		pg->err = page_shape(pg);
	if (!pg->err)
		pg->err = ingest_new(pg->doc, &pg->pull->identity, "public", &pg->ingest);
	if (pg->err && !pg->fault.code)
		fault_set(&pg->fault, pg->err, "", "It is not a page of a feed.", NULL);
	puller_post(pg->pull->puller, &pg->message, page_parsed, pg);
}

static void page_received(struct pull *pl, struct fetch *f)
{
	struct page *pg = calloc(1, sizeof(*pg));

	if (!pg) {
		fail(pl, PULL_STOPPED, ERR_NOMEM, "There was no memory for a page.");
		return;
	}
	pg->pull = pl;
	snprintf(pg->after, sizeof(pg->after), "%s", pl->after);
	snprintf(pg->etag, sizeof(pg->etag), "%s", f->etag);
	pg->body = f->body;
	buf_init(&f->body, 0);
	*pl->last = pg;
	pl->last = &pg->next;
	pl->n_pages++;
	pl->waiting++;
	pl->puller->pages++;
	if (pool_run(pl->puller->pool, page_parse, pg, 0)) {
		pl->waiting--;
		pl->puller->pages--;
		fail(pl, PULL_STOPPED, ERR_NOMEM, "There was no memory for a page.");
	}
}

static void on_page(void *arg, struct fetch *f)
{
	struct pull *pl = arg;

	pl->fetch = NULL;
	if (pl->over)
		; /* whatever came, nobody waits for it */
	else if (f->err)
		fail(pl, f->err == ERR_AGAIN ? PULL_STOPPED : PULL_FAILED, f->err, f->text);
	else if (f->status == 200)
		page_received(pl, f);
	else if (f->status == 304 && *f->if_none_match)
		fail(pl, PULL_IDLE, OK, "");
	else if (f->status == 410 && strcmp(pl->after, "0.0") != 0 && !pl->rescanned) {
		pl->rescanned = true;
		snprintf(pl->after, sizeof(pl->after), "0.0");
		ask(pl);
	} else if (f->status == 404)
		fail(pl, PULL_ABSENT, ERR_NOTFOUND, f->text);
	else if (f->status == 503)
		fail(pl, PULL_STUCK, ERR_BUSY, f->text);
	else
		fail(pl, PULL_FAILED, ERR_IO, f->text);
	settle(pl);
}

/* Ask for the next page, if there is one and room for it. */
static void ask(struct pull *pl)
{
	struct page *newest = NULL;
	char target[256];
	struct fetch *f;

	for (struct page *pg = pl->pages; pg; pg = pg->next)
		newest = pg;
	if (pl->over || pl->stuck || pl->fetch || pl->n_pages >= PAGES ||
	    (newest && (!newest->parsed || !newest->more)))
		return;
	/* Audience and limit are what they are unless said: an idle poll is short. */
	snprintf(target, sizeof(target), "/fed/v1/feed?origin=%s&after=%s", pl->origin->nid,
		 pl->after);
	f = fetch_new(pl->source->url, target);
	if (!f) {
		fail(pl, PULL_STOPPED, ERR_NOMEM, "There was no memory for a request.");
		return;
	}
	f->max = FETCH_PAGE;
	f->done = on_page;
	f->arg = pl;
	if (pl->origin->etag_source == pl->source && !strcmp(pl->origin->etag_after, pl->after))
		snprintf(f->if_none_match, sizeof(f->if_none_match), "%s", pl->origin->etag);
	pl->requests++;
	pl->fetch = f;
	if (fetch_start(pl->puller->fetcher, f)) {
		pl->fetch = NULL;
		fail(pl, PULL_STOPPED, ERR_NOMEM, "There was no memory for a request.");
	}
}

static int pull_place(struct pull *pl, bool rescan)
{
	struct origin origin;
	struct feed feed;
	struct txn *t;
	int err = txn_read(pl->puller->node->store, &t);

	if (err)
		return err;
	err = origin_by_nid(t, pl->origin->nid, &origin);
	if (!err)
		err = feed_find(t, origin.origin, "public", &feed);
	txn_end(t);
	if (err)
		return err;
	pl->identity = origin.identity;
	if (rescan || (!feed.epoch && !feed.rev))
		snprintf(pl->after, sizeof(pl->after), "0.0");
	else
		cursor_format(feed.epoch, feed.rev, pl->after);
	snprintf(pl->first, sizeof(pl->first), "%s", pl->after);
	pl->rev = feed.rev;
	return OK;
}

int pull_start(struct puller *p, struct known *origin, struct known *source, bool rescan)
{
	struct pull *pl = calloc(1, sizeof(*pl));
	int err;

	if (!pl)
		return ERR_NOMEM;
	*pl = (struct pull){.puller = p, .origin = origin, .source = source, .last = NULL};
	pl->last = &pl->pages;
	err = pull_place(pl, rescan);
	if (err) {
		free(pl);
		return err;
	}
	origin->pull = pl;
	ask(pl);
	settle(pl);
	return OK;
}

void pull_abort(struct pull *pl)
{
	fail(pl, PULL_STOPPED, ERR_AGAIN, "");
	if (pl->fetch)
		fetch_abort(pl->fetch); /* settles */
	else
		settle(pl);
}
