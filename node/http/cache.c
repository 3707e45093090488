#include "node/http/cache.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/http/reply.h"

struct slot {
	char *key;
	struct reply_kept *kept;
};

struct cache {
	pthread_mutex_t lock;
	struct slot slots[CACHE_SLOTS];
};

struct cache *cache_new(void)
{
	struct cache *c = calloc(1, sizeof *c);
	if (c)
		pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void slot_clear(struct slot *s)
{
	free(s->key);
	if (s->kept)
		reply_kept_free(s->kept);
	s->key = NULL;
	s->kept = NULL;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		slot_clear(&c->slots[i]);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* FNV-1a, 32 bits. */
static struct slot *slot_of(struct cache *c, const char *key)
{
	uint32_t h = 2166136261u;
	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return &c->slots[h % CACHE_SLOTS];
}

struct reply_kept *cache_get(struct cache *c, const char *key)
{
	struct reply_kept *kept = NULL;
	struct slot *s = slot_of(c, key);
	pthread_mutex_lock(&c->lock);
	if (s->key && strcmp(s->key, key) == 0)
		kept = reply_kept_ref(s->kept);
	pthread_mutex_unlock(&c->lock);
	return kept;
}

void cache_put(struct cache *c, const char *key, struct reply_kept *kept)
{
	char *copy = strlen(key) < CACHE_KEY ? strdup(key) : NULL;
	struct slot *s = slot_of(c, key), old;
	if (!copy) {
		reply_kept_free(kept);
		return;
	}
	pthread_mutex_lock(&c->lock);
	old = *s;
	s->key = copy;
	s->kept = kept;
	pthread_mutex_unlock(&c->lock);
	slot_clear(&old);
}
