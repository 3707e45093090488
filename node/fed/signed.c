#include "node/fed/signed.h"

#include <string.h>

#include "node/domain/node.h"
#include "node/store/feed.h"
#include "node/sync/inbox.h"
#include "node/sync/sync.h"
#include "protocol/base/time.h"
#include "protocol/httpsig.h"

static int refuse(struct signed_refusal *r, unsigned status, const char *kind, int code,
		  const char *text)
{
	r->status = status;
	r->kind = kind;
	return fault_set(&r->fault, code, "", text, NULL);
}

static int signature_of(struct request *rq, struct httpsig *ret_sig, struct signed_refusal *r)
{
	const char *input = request_header(rq, "Signature-Input");
	const char *signature = request_header(rq, "Signature");

	if (!input || !signature)
		return refuse(r, 401, "bad-signature", ERR_SIGNATURE,
			      "This request must be signed by a node.");
	if (httpsig_parse(input, signature, ret_sig, &r->fault)) {
		r->status = 401;
		r->kind = "bad-signature";
		return ERR_SIGNATURE;
	}
	return OK;
}

/* The node a keyid names, if its current key is the one named. */
static int signer(struct node *n, const char *keyid, struct identity *ret_identity,
		  struct signed_refusal *r)
{
	char nid[NID_TEXT], method[NID_TEXT + KEY_TEXT];
	size_t len = strcspn(keyid, "#");
	struct origin origin;
	struct txn *t;
	int err;

	if (len >= sizeof(nid))
		return refuse(r, 401, "bad-signature", ERR_SIGNATURE, "The keyid names no node.");
	memcpy(nid, keyid, len);
	nid[len] = '\0';
	err = txn_read(n->store, &t);
	if (!err) {
		err = origin_by_nid(t, nid, &origin);
		txn_end(t);
	}
	if (err == ERR_NOTFOUND || (!err && origin.origin == 1))
		return refuse(r, 403, "unknown-node", ERR_DENIED,
			      "This node does not know the sender.");
	if (err)
		return refuse(r, 503, NULL, err, "The node could not answer.");
	identity_method(&origin.identity, method);
	if (strcmp(method, keyid) != 0)
		return refuse(r, 403, "unknown-node", ERR_DENIED,
			      "This is not the sender's current key.");
	*ret_identity = origin.identity;
	return OK;
}

int signed_check(struct request *rq, struct identity *ret_identity, struct signed_refusal *refusal)
{
	struct node *n = request_app(rq);
	struct httpsig sig;
	size_t len;
	const char *body = request_body(rq, &len);
	int64_t now = request_now(rq);
	struct buf target;
	struct httpsig_request signed_rq = {.method = request_method(rq)};
	int err;

	memset(refusal, 0, sizeof(*refusal));
	err = signature_of(rq, &sig, refusal);
	if (!err)
		err = signer(n, sig.keyid, ret_identity, refusal);
	if (err)
		return err;
	if (sig.created < now - HTTPSIG_PAST || sig.created > now + HTTPSIG_FUTURE)
		return refuse(refusal, 401, "clock-skew", ERR_SIGNATURE,
			      "The sender's clock is not ours: sign again by our Date.");
	if (!strcmp(signed_rq.method, "POST")) {
		signed_rq.content_type = request_header(rq, "Content-Type");
		signed_rq.content_digest = request_header(rq, "Content-Digest");
	}
	buf_init(&target, 16 * 1024);
	buf_str(&target, n->identity.origin);
	buf_str(&target, request_target(rq));
	if (target.err) {
		err = refuse(refusal, 401, "bad-signature", ERR_SIGNATURE,
			     "The target is too long.");
	} else {
		signed_rq.target_uri = target.data;
		err = httpsig_verify(&sig, &signed_rq, body, len, ret_identity->sign, now,
				     &refusal->fault);
		refusal->status = 401;
		refusal->kind = "bad-signature";
	}
	buf_done(&target);
	return err;
}

int signed_spend(struct request *rq, struct signed_refusal *refusal)
{
	struct node *n = request_app(rq);
	struct httpsig sig;
	int err = signature_of(rq, &sig, refusal);

	if (err)
		return err;
	switch (inbox_nonce(sync_inbox(n->sync), sig.keyid, sig.nonce, sig.created,
			    request_now(rq))) {
	case OK:
		return OK;
	case ERR_EXISTS:
		return refuse(refusal, 401, "replay", ERR_SIGNATURE,
			      "This request was seen before, or may have been: sign it again.");
	default:
		return refuse(refusal, 503, NULL, ERR_BUSY,
			      "Too many signed requests at this time.");
	}
}
