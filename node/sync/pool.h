/*
 * A few threads for work that needs a processor and nothing else: parsing and verifying pages.
 * Each thread has its own splitter of terms.
 */
#ifndef MAILLAGE_SYNC_POOL_H
#define MAILLAGE_SYNC_POOL_H

#include "protocol/base/err.h"
#include "protocol/base/text.h"

struct pool;
typedef void pool_fn(void *arg, struct text_terms *terms);

enum { POOL_THREADS = 16 };

/* threads 0: one a processor, at most POOL_THREADS. */
int pool_new(unsigned threads, struct pool **ret_pool);
/* Runs what is queued, then ends the threads. */
void pool_free(struct pool *p);
/* front: before what waits, for work that finishes what was begun. ERR_NOMEM: not queued. */
int pool_run(struct pool *p, pool_fn *fn, void *arg, int front);
unsigned pool_threads(const struct pool *p);

#endif
