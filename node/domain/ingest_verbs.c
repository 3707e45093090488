#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/head_read.h"
#include "node/domain/ingest_page.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

enum { MATCHED_EVERY = 3600, AHEAD_MAX = 86400 };

struct page {
	struct txn *txn;
	const struct verb_input *in;
	struct ingest *ingest;
	struct ingest *own; /* if none was prepared */
	struct origin origin;
	struct feed feed;
	struct entry_batch batch;
	int64_t stored, removed, unchanged;
	uint64_t objects; /* of the origin before this page */
	bool created;	  /* the page brought a living record that was not held */
	bool head_new;
};

static int page_target(struct page *p, struct fault *fault)
{
	const char *nid, *audience;
	int err;

	if ((err = arg_text(p->in->args, "origin", NID_TEXT, 0, &nid, fault)) ||
	    (err = arg_text(p->in->args, "audience", AUDIENCE_MAX, 0, &audience, fault)))
		return err;
	err = origin_by_nid(p->txn, nid, &p->origin);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "/origin", "The node %s is not known here.", nid);
	if (err)
		return err;
	if (p->origin.origin == 1)
		return fault_set(fault, ERR_DENIED, "/origin", "This is this node's own feed.",
				 NULL);
	if (!p->origin.confirmed)
		return fault_set(fault, ERR_DENIED, "/origin",
				 "The address of %s has not been confirmed.", nid);
	err = feed_find(p->txn, p->origin.origin, audience, &p->feed);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "/audience", "This feed is not read here.", NULL);
	return err;
}

/* What was prepared counts only if it was prepared from this very page under this very key. */
static bool prepared_fits(const struct page *p, const struct ingest *g)
{
	return g && g->page == json_object_get(p->in->args, "page") &&
	       !strcmp(g->audience, p->feed.audience) &&
	       !strcmp(g->origin.nid, p->origin.identity.nid) &&
	       !strcmp(g->origin.origin, p->origin.identity.origin) &&
	       g->origin.op == p->origin.identity.op &&
	       !memcmp(g->origin.sign, p->origin.identity.sign, sizeof(g->origin.sign));
}

static int page_read(struct page *p, struct fault *fault)
{
	const char *after;
	int err = arg_text(p->in->args, "after", CURSOR_TEXT, 0, &after, fault);

	if (err)
		return err;
	p->ingest = p->in->prepared;
	if (!prepared_fits(p, p->ingest)) {
		err = ingest_new(json_object_get(p->in->args, "page"), &p->origin.identity,
				 p->feed.audience, &p->own);
		if (err)
			return err;
		p->ingest = p->own;
	}
	err = ingest_shape(p->ingest, after);
	if (err) {
		if (fault)
			*fault = p->ingest->fault;
		return err;
	}
	ingest_verify(p->ingest, 0, ingest_count(p->ingest), p->batch.terms);
	return ingest_refused(p->ingest, fault);
}

/*
 * A clock may go wrong by hours, not by days: what claims to be of the future would stand at the
 * top of every list, and a head of the future could never be followed.
 */
static int page_times(const struct page *p, struct fault *fault)
{
	const struct ingest *g = p->ingest;
	int64_t latest = p->in->now + AHEAD_MAX;
	char pointer[32];

	if (g->has_head && g->head.created > latest)
		return fault_set(fault, ERR_INVALID, "/head", "This head was signed in the future.",
				 NULL);
	for (size_t i = 0; i < g->n_items; i++) {
		const struct ingest_item *item = &g->items[i];

		if (item->state != ITEM_VERIFIED ||
		    (item->env.published <= latest && item->env.updated <= latest))
			continue;
		snprintf(pointer, sizeof(pointer), "/entries/%zu", i);
		return fault_set(fault, ERR_INVALID, pointer, "This record is of the future: %s.",
				 item->env.id);
	}
	return OK;
}

/* Never skip entries: the page must start at or before the cursor held. */
static int page_continues(const struct page *p, struct fault *fault)
{
	int64_t epoch, rev;

	cursor_parse(p->ingest->after, &epoch, &rev);
	if (rev == 0 || (epoch == p->feed.epoch && rev <= p->feed.rev))
		return OK;
	return fault_set(fault, ERR_CONFLICT, "/after",
			 "The page does not continue where this node stands.", NULL);
}

static bool sets_equal(const struct head_set *a, size_t n, const struct head_set *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].type, b[i].type) != 0 || a[i].count != b[i].count ||
		    memcmp(a[i].root, b[i].root, sizeof(a[i].root)) != 0)
			return false;
	return true;
}

int ingest_matches(struct txn *t, uint32_t feed, const struct head *h)
{
	struct head_set *sets = calloc(HEAD_TYPES, sizeof(*sets));
	size_t n;
	int equal;

	if (!sets)
		return 0;
	equal = !set_list(t, feed, sets, &n) && sets_equal(sets, n, h->sets, h->n_sets);
	free(sets);
	return equal;
}

static int head_write(struct page *p)
{
	struct buf bytes;
	int err;

	buf_init(&bytes, HEAD_MAX);
	err = canon_write(json_object_get(p->ingest->page, "head"), &bytes);
	if (!err)
		err = feed_head_put(p->txn, p->feed.feed, bytes.data, bytes.len);
	buf_done(&bytes);
	p->feed.head_at = p->ingest->head.created;
	p->head_new = true;
	return err;
}

/* Keep the highest head; two of one place that disagree are proof of a fork. *ret_current: the
 * page's is the highest. */
static int page_head(struct page *p, bool *ret_current, struct fault *fault)
{
	struct head *held;
	json_t *doc;
	int order, err;

	*ret_current = false;
	if (!p->ingest->has_head)
		return OK;
	err = head_load(p->txn, p->feed.feed, &doc);
	if (err == ERR_NOTFOUND) {
		*ret_current = true;
		return head_write(p);
	}
	if (err)
		return err;
	held = calloc(1, sizeof(*held));
	err = held ? head_verify(doc, &p->origin.identity, held, NULL) : ERR_NOMEM;
	json_decref(doc);
	if (err) {
		free(held);
		/* Verified when it was stored: a later key makes it void, anything else is damage.
		 */
		if (err != ERR_SIGNATURE)
			return err == ERR_NOMEM ? err : ERR_CORRUPT;
		*ret_current = true;
		return head_write(p);
	}
	order = head_compare(&p->ingest->head, held);
	*ret_current = order >= 0;
	if (order == 0 &&
	    !sets_equal(held->sets, held->n_sets, p->ingest->head.sets, p->ingest->head.n_sets))
		err = fault_set(fault, ERR_CONFLICT, "/head",
				"The origin signed two different heads of one revision.", NULL);
	else if (order > 0 || (order == 0 && p->ingest->head.created > held->created))
		err = head_write(p);
	free(held);
	return err;
}

/* Types of the sets held and of the page: no origin may open tables without end. */
static int check_types(struct page *p, struct fault *fault)
{
	struct head_set *sets = calloc(HEAD_TYPES + 1, sizeof(*sets));
	size_t n = 0;
	int err = sets ? set_list(p->txn, p->feed.feed, sets, &n) : ERR_NOMEM;

	for (size_t i = 0; i < p->ingest->n_items && !err; i++) {
		const struct ingest_item *item = &p->ingest->items[i];
		size_t j = 0;

		if (item->state != ITEM_VERIFIED || item->env.tombstone)
			continue;
		while (j < n && strcmp(sets[j].type, item->env.type) != 0)
			j++;
		if (j < n)
			continue;
		if (n == HEAD_TYPES)
			err = fault_set(fault, ERR_LIMIT, "",
					"This origin has more than 64 types of records.", NULL);
		else
			snprintf(sets[n++].type, sizeof(sets[0].type), "%s", item->env.type);
	}
	free(sets);
	return err;
}

/*
 * What replaces or ends records held here passes beyond the ceilings: an origin must be able to
 * change and take back what it published.
 */
static int check_use(struct page *p, struct fault *fault)
{
	struct entry_use use;

	entry_use_get(p->txn, p->origin.origin, &use);
	if (use.objects > ORIGIN_OBJECTS && use.objects > p->objects)
		return fault_set(fault, ERR_LIMIT, "", "This origin has more than 100,000 records.",
				 NULL);
	if (use.bytes > ORIGIN_BYTES && p->created)
		return fault_set(fault, ERR_LIMIT, "", "This origin takes more than 256 MiB.",
				 NULL);
	return OK;
}

static int item_store(struct page *p, size_t i, struct fault *fault)
{
	const struct ingest_item *item = &p->ingest->items[i];
	struct entry_version v = {
		.feed = p->feed.feed,
		.origin = p->origin.origin,
		.env = item->env,
		.digest = item->digest,
		.json = item->bytes.data,
		.json_len = item->bytes.len,
		.doc = json_object_get(json_array_get(p->ingest->entries, i), "object"),
		.derived = item->shown ? &item->derived : NULL,
		.hidden = !item->shown,
		.now = p->in->now,
	};
	char pointer[32];
	uint32_t object;
	bool held = item->env.tombstone ||
		    !record_find(p->txn, p->origin.origin, item->env.id, &object);
	int err = entry_store(p->txn, &p->batch, &v, NULL);

	if (!err && !held)
		p->created = true;
	snprintf(pointer, sizeof(pointer), "/entries/%zu", i);
	switch (err) {
	case OK:
		if (item->env.tombstone)
			p->removed++;
		else
			p->stored++;
		return OK;
	case ERR_AGAIN:
		p->unchanged++;
		return OK;
	case ERR_EXPIRED:
		/* A relay that is behind may still hold it after the tombstone itself has gone. */
		if (record_find(p->txn, p->origin.origin, item->env.id, &object)) {
			p->unchanged++;
			return OK;
		}
		return fault_set(fault, err, pointer, "A deleted record came back.", NULL);
	case ERR_CONFLICT:
		return fault_set(fault, err, pointer,
				 "The origin signed two different records of one revision.", NULL);
	case ERR_INVALID:
		return fault_set(fault, err, pointer, "The type or audience of a record changed.",
				 NULL);
	default:
		return err;
	}
}

/* The cursor advances, and starts again with a new epoch; a relay that is behind moves nothing. */
static void cursor_advance(struct page *p)
{
	const struct ingest *g = p->ingest;

	if (g->next_epoch < p->feed.epoch ||
	    (g->next_epoch == p->feed.epoch && g->next_rev <= p->feed.rev))
		return;
	p->feed.epoch = g->next_epoch;
	p->feed.rev = g->next_rev;
}

static int page_store(struct page *p, bool *ret_matched, struct fault *fault)
{
	const struct feed before = p->feed;
	struct entry_use use;
	bool current, changed;
	int err = check_types(p, fault);

	entry_use_get(p->txn, p->origin.origin, &use);
	p->objects = use.objects;
	for (size_t i = 0; i < p->ingest->n_items && !err; i++)
		if (p->ingest->items[i].state == ITEM_VERIFIED)
			err = item_store(p, i, fault);
	if (!err)
		err = entry_batch_flush(&p->batch, p->txn);
	if (!err)
		err = check_use(p, fault);
	if (!err)
		err = page_head(p, &current, fault);
	if (err)
		return err;
	cursor_advance(p);
	changed = p->stored + p->removed > 0;
	*ret_matched = current && !p->ingest->more &&
		       ingest_matches(p->txn, p->feed.feed, &p->ingest->head);
	/* An idle poll writes nothing. */
	if (*ret_matched && (changed || p->head_new || !p->feed.matched_at ||
			     p->in->now >= p->feed.matched_at + MATCHED_EVERY))
		p->feed.matched_at = p->in->now;
	if (changed)
		txn_counter_next(p->txn, "public");
	if (before.epoch == p->feed.epoch && before.rev == p->feed.rev &&
	    before.matched_at == p->feed.matched_at && before.head_at == p->feed.head_at)
		return txn_error(p->txn);
	return feed_put(p->txn, &p->feed);
}

int feed_page(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	      struct fault *fault)
{
	struct page p = {.txn = t, .in = in};
	char next[CURSOR_TEXT];
	bool matched = false;
	int err = page_target(&p, fault);

	if (err)
		return err;
	err = entry_batch_init(&p.batch);
	if (!err)
		err = page_read(&p, fault);
	if (!err)
		err = page_times(&p, fault);
	if (!err)
		err = page_continues(&p, fault);
	if (!err)
		err = page_store(&p, &matched, fault);
	if (!err) {
		cursor_format(p.feed.epoch, p.feed.rev, next);
		*ret_out = json_pack("{s:I, s:I, s:I, s:b, s:s, s:b}", "stored",
				     (json_int_t)p.stored, "removed", (json_int_t)p.removed,
				     "unchanged", (json_int_t)p.unchanged, "more", p.ingest->more,
				     "next", next, "matched", matched);
	}
	entry_batch_done(&p.batch);
	ingest_free(p.own);
	return err;
}
