#include "node/sync/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/sync/clock.h"
#include "node/sync/nonce.h"
#include "protocol/httpsig.h"

struct inbox {
	struct nonce_set *nonces, *senders;
	int64_t started;
};

struct inbox *inbox_new(int64_t started)
{
	struct inbox *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->started = started;
	b->nonces = nonce_new(INBOX_NONCES);
	b->senders = nonce_new(INBOX_SENDERS);
	if (!b->nonces || !b->senders) {
		inbox_free(b);
		return NULL;
	}
	return b;
}

void inbox_free(struct inbox *b)
{
	if (!b)
		return;
	nonce_free(b->nonces);
	nonce_free(b->senders);
	free(b);
}

int inbox_nonce(struct inbox *b, const char *keyid, const char *nonce, int64_t created, int64_t now)
{
	char text[HTTPSIG_KEYID + HTTPSIG_NONCE + 2];

	/* The second in which we began is split between two processes. */
	if (created <= b->started)
		return ERR_EXISTS;
	snprintf(text, sizeof(text), "%s %s", keyid, nonce);
	/* Past created + HTTPSIG_PAST the clock refuses it; created may lead by HTTPSIG_FUTURE. */
	return nonce_take(b->nonces, text, now, created + HTTPSIG_PAST + 1);
}

int inbox_space(struct inbox *b, const char *nid)
{
	int64_t now = clock_ms();

	return nonce_take(b->senders, nid, now, now + INBOX_SPACING);
}
