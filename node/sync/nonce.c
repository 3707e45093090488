#include "node/sync/nonce.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 64 }; /* slots of an empty set; a power of two */

/* A keyed hash of the text, so that nobody can choose texts that fall on one slot. */
struct slot {
	uint8_t key[16];
	int64_t until; /* INT64_MIN: empty */
};

struct nonce_set {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t n_slots, used, max;
	uint8_t secret[crypto_generichash_KEYBYTES];
};

static struct slot *slots_new(size_t n)
{
	struct slot *slots = malloc(n * sizeof(*slots));

	for (size_t i = 0; slots && i < n; i++)
		slots[i].until = INT64_MIN;
	return slots;
}

struct nonce_set *nonce_new(size_t max)
{
	struct nonce_set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->max = max;
	s->n_slots = FIRST;
	s->slots = slots_new(s->n_slots);
	if (!s->slots) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	randombytes_buf(s->secret, sizeof(s->secret));
	return s;
}

void nonce_free(struct nonce_set *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->slots);
	free(s);
}

/* The slot of a key, or the empty one where it belongs. */
static struct slot *slot_find(struct slot *slots, size_t n, const uint8_t key[16])
{
	uint64_t at;

	memcpy(&at, key, sizeof(at));
	for (;; at++) {
		struct slot *s = &slots[at & (n - 1)];

		if (s->until == INT64_MIN || !memcmp(s->key, key, sizeof(s->key)))
			return s;
	}
}

/* Move what is not past into a table with room for as much again. */
static int rebuild(struct nonce_set *s, int64_t now)
{
	size_t live = 0, n = FIRST;
	struct slot *slots;

	for (size_t i = 0; i < s->n_slots; i++)
		live += s->slots[i].until > now;
	if (live >= s->max)
		return ERR_LIMIT;
	while (n < live * 4)
		n *= 2;
	slots = slots_new(n);
	if (!slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].until > now)
			*slot_find(slots, n, s->slots[i].key) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->n_slots = n;
	s->used = live;
	return OK;
}

static int take(struct nonce_set *s, const uint8_t key[16], int64_t now, int64_t until)
{
	struct slot *slot = slot_find(s->slots, s->n_slots, key);
	int err;

	if (slot->until > now)
		return ERR_EXISTS;
	if (slot->until == INT64_MIN) {
		if (s->used >= s->max || (s->used + 1) * 2 > s->n_slots) {
			err = rebuild(s, now);
			if (err)
				return err;
			slot = slot_find(s->slots, s->n_slots, key);
		}
		s->used++;
	}
	memcpy(slot->key, key, sizeof(slot->key));
	slot->until = until;
	return OK;
}

int nonce_take(struct nonce_set *s, const char *text, int64_t now, int64_t until)
{
	uint8_t key[16];
	int err;

	crypto_generichash(key, sizeof(key), (const unsigned char *)text, strlen(text), s->secret,
			   sizeof(s->secret));
	pthread_mutex_lock(&s->lock);
	err = take(s, key, now, until);
	pthread_mutex_unlock(&s->lock);
	return err;
}

size_t nonce_count(struct nonce_set *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->used;
	pthread_mutex_unlock(&s->lock);
	return n;
}
