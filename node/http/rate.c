#include "node/http/rate.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAYS = 8, /* buckets of a set */
	SETS = HTTP_RATE_SLOTS / WAYS,
	LOCKS = 16,
	MINUTE = 60000 /* one token is this many parts, so that per_minute parts fall due each ms */
};

struct bucket {
	struct address group;
	int64_t due_ms;	 /* when `missing` was true; 0: never used */
	int64_t missing; /* parts of tokens below full */
	uint8_t class;
};

struct rate_table {
	struct rate_limit limits[RATE_COUNT];
	unsigned char key[crypto_shorthash_KEYBYTES]; /* so that nobody can aim at a set */
	pthread_mutex_t locks[LOCKS];
	struct bucket buckets[SETS][WAYS];
};

static const struct rate_limit defaults[RATE_COUNT] = {
#define RATE(name, a_minute, at_once) [RATE_##name] = {a_minute, at_once},
#include "node/http/rates.def"
};

struct rate_table *rate_new(const struct rate_limit *limits)
{
	struct rate_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	for (int i = 0; i < RATE_COUNT; i++) {
		t->limits[i] = defaults[i];
		if (limits && limits[i].per_minute)
			t->limits[i] = limits[i];
		if (!t->limits[i].burst)
			t->limits[i].burst = t->limits[i].per_minute;
	}
	crypto_shorthash_keygen(t->key);
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&t->locks[i], NULL);
	return t;
}

void rate_free(struct rate_table *t)
{
	if (!t)
		return;
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&t->locks[i]);
	free(t);
}

static int64_t missing_now(const struct bucket *b, const struct rate_limit *limit, int64_t now_ms)
{
	int64_t waited = now_ms > b->due_ms ? now_ms - b->due_ms : 0;

	if (waited > b->missing / limit->per_minute)
		return 0;
	return b->missing - waited * limit->per_minute;
}

/* The client's bucket of the set, or the one to forget. */
static struct bucket *bucket_find(struct rate_table *t, struct bucket *set, uint8_t class,
				  const struct address *group, int64_t now_ms)
{
	struct bucket *victim = NULL;
	int64_t least = INT64_MAX;

	for (int i = 0; i < WAYS; i++) {
		struct bucket *b = &set[i];
		int64_t missing;

		if (b->due_ms && b->class == class && address_equal(&b->group, group))
			return b;
		missing = b->due_ms ? missing_now(b, &t->limits[b->class], now_ms) : -1;
		if (missing < least) {
			least = missing;
			victim = b;
		}
	}
	*victim = (struct bucket){.group = *group, .due_ms = now_ms, .class = class};
	return victim;
}

static size_t set_of(const struct rate_table *t, const struct address *group, uint8_t class)
{
	unsigned char in[sizeof(*group) + 1], hash[crypto_shorthash_BYTES];
	uint64_t value;

	memcpy(in, group, sizeof(*group));
	in[sizeof(*group)] = class;
	crypto_shorthash(hash, in, sizeof(in), t->key);
	memcpy(&value, hash, sizeof(value));
	return (size_t)(value % SETS);
}

int rate_take(struct rate_table *t, enum rate class, const struct address *a, int64_t now_ms,
	      unsigned *ret_seconds)
{
	struct rate_limit limit = t->limits[class];
	struct address group;
	struct bucket *b;
	pthread_mutex_t *lock;
	int64_t missing, full;
	size_t set;
	int err = OK;

	if (class != RATE_LOGIN && address_is_loopback(a)) {
		limit.per_minute = limit.per_minute > UINT32_MAX / HTTP_RATE_LOOPBACK
					   ? UINT32_MAX
					   : limit.per_minute * HTTP_RATE_LOOPBACK;
		limit.burst = limit.per_minute;
	}
	address_group(a, &group);
	set = set_of(t, &group, (uint8_t) class);
	lock = &t->locks[set % LOCKS];
	full = (int64_t)limit.burst * MINUTE;
	pthread_mutex_lock(lock);
	b = bucket_find(t, t->buckets[set], (uint8_t) class, &group, now_ms);
	missing = missing_now(b, &limit, now_ms);
	if (missing + MINUTE <= full) {
		b->missing = missing + MINUTE;
		b->due_ms = now_ms > b->due_ms ? now_ms : b->due_ms;
	} else {
		int64_t wait_ms = (missing + MINUTE - full) / limit.per_minute;

		*ret_seconds = (unsigned)(wait_ms / 1000) + 1;
		err = ERR_LIMIT;
	}
	pthread_mutex_unlock(lock);
	return err;
}
