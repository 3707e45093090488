/*
 * What was seen lately: a set of short texts, each with the time until which it is remembered, and
 * a ceiling.  Serves as the replay cache of signed requests and to space notices.  Thread-safe;
 * `now` and `until` are in any one unit, given by the caller.
 */
#ifndef MAILLAGE_SYNC_NONCE_H
#define MAILLAGE_SYNC_NONCE_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/base/err.h"

struct nonce_set;

/* max: texts remembered at one time. NULL without memory. */
struct nonce_set *nonce_new(size_t max);
void nonce_free(struct nonce_set *s);
/*
 * OK: not seen, and remembered while time < until.  ERR_EXISTS: seen, and not past.
 * ERR_LIMIT: full of texts that are not past; nothing is forgotten early.  ERR_NOMEM.
 */
int nonce_take(struct nonce_set *s, const char *text, int64_t now, int64_t until);
size_t nonce_count(struct nonce_set *s);

#endif
