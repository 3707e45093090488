/*
 * When to ask whom again: pure functions over milliseconds, without a clock.
 */
#ifndef MAILLAGE_SYNC_SCHEDULE_H
#define MAILLAGE_SYNC_SCHEDULE_H

#include <stdint.h>

/* The next interval between two polls: the shortest after news, else half as long again as the last. */
int64_t schedule_interval(int64_t last, int news, int64_t least, int64_t most);
enum { SCHEDULE_AGAIN = 5000 }; /* ms after a first failure, at most: two nodes started together meet soon */
/* Wait after the n-th failure in a row (n >= 1): doubles from `least` or SCHEDULE_AGAIN, up to `most`. */
int64_t schedule_backoff(long failures, int64_t least, int64_t most);
/*
 * Spread by name and round, always the same for the same: 0.9 to 1.0 of ms for polls, 1.0 to 1.1
 * for `late`, so that a dead peer is never asked more often than the ceiling says.
 */
int64_t schedule_jitter(int64_t ms, const char *id, uint64_t round, int late);
/* Rendezvous weight of b for a: ordering the b's by it gives each a its own order (highest first). */
uint64_t schedule_weight(const char *a, const char *b);

#endif
