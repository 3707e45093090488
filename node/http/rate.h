/*
 * Token buckets per address and class, in a table of fixed size.  When a set of the table is full,
 * the bucket that lacks the fewest tokens is forgotten: a busy client cannot flush itself out
 * without being idle.  Thread-safe.
 */
#ifndef MAILLAGE_HTTP_RATE_H
#define MAILLAGE_HTTP_RATE_H

#include <stdint.h>

#include "node/http/address.h"
#include "node/http/server.h"

struct rate_table;

/* `limits` holds RATE_COUNT entries or is NULL for the defaults. NULL without memory. */
struct rate_table *rate_new(const struct rate_limit *limits);
void rate_free(struct rate_table *t);
/*
 * Take one token of `class` for the address at monotonic time now_ms (never decreasing by more
 * than threads race).  OK, or ERR_LIMIT with the seconds until there is one again.
 */
int rate_take(struct rate_table *t, enum rate class, const struct address *a, int64_t now_ms,
	      unsigned *ret_seconds);

#endif
