/*
 * Requests signed by another node (protocol/httpsig.h): who sent this, surely, and for the first
 * time?
 */
#ifndef MAILLAGE_FED_SIGNED_H
#define MAILLAGE_FED_SIGNED_H

#include "node/http/request.h"
#include "protocol/identity.h"

/* Why a request was not believed: the status and the kind of its problem document. */
struct signed_refusal {
	unsigned status;
	const char *kind;
	struct fault fault;
};

/*
 * Verify the request's signature under the current key of a node this one knows.  An unknown node
 * is refused and nothing is fetched.  OK, and *ret_identity is the sender's; else refusal is set.
 * The nonce is not spent yet: signed_spend does that, once the request is known to be acted upon.
 */
int signed_check(struct request *rq, struct identity *ret_identity, struct signed_refusal *refusal);
/* Refuse a second use of this request's nonce, and requests of before this process. */
int signed_spend(struct request *rq, struct signed_refusal *refusal);

#endif
