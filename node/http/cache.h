/*
 * Answers that many readers share, kept as they were sent.  An entry is found by its address
 * and its entity tag, so a public change, another language or another day simply misses: nothing
 * is ever invalidated.  Fixed size; a newer page takes the slot of an older one.
 */
#ifndef MAILLAGE_HTTP_CACHE_H
#define MAILLAGE_HTTP_CACHE_H

#include <stddef.h>

struct cache;
struct reply_kept;

enum {
	CACHE_SLOTS = 256,
	CACHE_PAGE = 64 * 1024,		/* bytes of a page that is worth keeping */
	CACHE_KEY = 600,		/* bytes of address and tag; longer ones are not kept */
};

struct cache *cache_new(void);
void cache_free(struct cache *c);
/* A reference for the caller (reply_kept_free), or NULL. */
struct reply_kept *cache_get(struct cache *c, const char *key);
/* Takes the reference. */
void cache_put(struct cache *c, const char *key, struct reply_kept *kept);

#endif
