/*
 * What has to be remembered of requests other nodes sign: nonces for the window in which a
 * signature is accepted, and when each node last gave notice.  In memory only, so a signature
 * made before this process began counts as seen.
 */
#ifndef MAILLAGE_SYNC_INBOX_H
#define MAILLAGE_SYNC_INBOX_H

#include <stdint.h>

#include "protocol/base/err.h"

enum {
	INBOX_NONCES = 65536,	/* beyond: 503 until some are past */
	INBOX_SENDERS = 8192,	/* nodes whose last notice is remembered */
	INBOX_SPACING = 2000,	/* milliseconds between two notices of one node */
};

struct inbox;

/* started: Unix seconds from which signatures are believed. */
struct inbox *inbox_new(int64_t started);
void inbox_free(struct inbox *b);
/* OK the first time, ERR_EXISTS for a replay, ERR_LIMIT when too many are remembered. */
int inbox_nonce(struct inbox *b, const char *keyid, const char *nonce, int64_t created, int64_t now);
/* May this node give notice now? ERR_EXISTS: too soon. Counts the notice if so. */
int inbox_space(struct inbox *b, const char *nid);

#endif
