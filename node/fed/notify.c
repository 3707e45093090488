/*
 * POST /fed/v1/notify {heads}: another node says that something changed.  A hint, never data: each
 * head is verified under its origin's known key, and one newer than the head held wakes the puller.
 */
#include <stdlib.h>
#include <string.h>

#include "node/domain/node.h"
#include "node/domain/peer.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/fed/signed.h"
#include "node/http/reply.h"
#include "node/sync/inbox.h"
#include "node/sync/sync.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

static int refused(struct request *rq, const struct signed_refusal *r)
{
	if (r->status == 429 || r->status == 503)
		reply_header(rq, "Retry-After", "2");
	return reply_problem(rq, r->status, r->kind, &r->fault);
}

/* Is this head newer than the one held, and of a node this one follows and does not block? */
static bool head_is_news(struct txn *t, const json_t *doc, struct head *h)
{
	const char *nid = json_string_value(json_object_get(doc, "origin"));
	const char *audience = json_string_value(json_object_get(doc, "audience"));
	struct origin origin;
	struct feed feed;
	struct peer peer;
	struct view held;
	int64_t epoch, rev;

	if (!nid || !audience || strcmp(audience, "public") != 0 || peer_by_nid(t, nid, &peer) ||
	    peer.blocked || answer_feed(t, nid, &origin, &feed))
		return false;
	if (!feed_head(t, feed.feed, &held) && !answer_integer(held, "epoch", &epoch) &&
	    !answer_integer(held, "rev", &rev)) {
		/* Compared before the signature is: what is no news costs nothing. */
		int64_t e = json_integer_value(json_object_get(doc, "epoch"));
		int64_t r = json_integer_value(json_object_get(doc, "rev"));

		if (e < epoch || (e == epoch && r <= rev))
			return false;
	}
	return head_verify(doc, &origin.identity, h, NULL) == OK;
}

static int heads_heard(struct node *n, const json_t *heads, const char *via)
{
	struct head *h = malloc(sizeof(*h));
	const json_t *doc;
	struct txn *t;
	size_t i;
	int err = h ? txn_read(n->store, &t) : ERR_NOMEM;

	if (err) {
		free(h);
		return err;
	}
	json_array_foreach (heads, i, doc) {
		if (head_is_news(t, doc, h))
			sync_wake(n, h->origin, via);
	}
	txn_end(t);
	free(h);
	return OK;
}

/* {"heads": [at most 500 objects]} */
static int body_read(struct request *rq, json_t **ret_doc, struct fault *fault)
{
	size_t len, i;
	const char *body = request_body(rq, &len);
	const json_t *heads, *head;
	json_t *doc;
	int err = canon_read(body, len, CANON_NATIVE, &doc, fault);

	if (err)
		return err;
	heads = json_object_get(doc, "heads");
	if (!json_is_array(heads) || json_array_size(heads) > FED_HEADS)
		goto refuse;
	json_array_foreach (heads, i, head) {
		if (!json_is_object(head))
			goto refuse;
	}
	*ret_doc = doc;
	return OK;
refuse:
	json_decref(doc);
	return fault_set(fault, ERR_INVALID, "/heads", "heads is a list of at most 500 heads.",
			 NULL);
}

int fed_notify(struct request *rq)
{
	struct node *n = request_app(rq);
	struct identity sender;
	struct signed_refusal refusal;
	struct fault fault = {0};
	json_t *doc = NULL;
	int err;

	if (!n->sync || !n->conf.notify)
		return answer_problem(rq, 503, "no-notify", ERR_BUSY, "",
				      "This node does not listen to notices.", NULL);
	if (signed_check(rq, &sender, &refusal) || signed_spend(rq, &refusal)) {
		if (refusal.kind && !strcmp(refusal.kind, "unknown-node"))
			sync_stranger(n);
		return refused(rq, &refusal);
	}
	if (inbox_space(sync_inbox(n->sync), sender.nid)) {
		refusal.status = 429;
		refusal.kind = NULL;
		fault_set(&refusal.fault, ERR_LIMIT, "", "One notice in two seconds is enough.",
			  NULL);
		return refused(rq, &refusal);
	}
	err = body_read(rq, &doc, &fault);
	if (err)
		return reply_problem(rq, fault.pointer[0] ? 422 : 400,
				     fault.pointer[0] ? "schema" : "malformed", &fault);
	sync_alive(n, sender.nid);
	err = heads_heard(n, json_object_get(doc, "heads"), sender.nid);
	json_decref(doc);
	return err ? answer_failed(rq, err) : reply_empty(rq, 202);
}
