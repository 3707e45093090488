#include "node/sync/schedule.h"

/* FNV-1a, 64 bits, with a final mix (MurmurHash3's): spreading, not secrecy. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

static uint64_t hash_mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

static const uint64_t hash_start = 0xcbf29ce484222325u;

int64_t schedule_interval(int64_t last, int news, int64_t least, int64_t most)
{
	int64_t next = news ? least : last + last / 2;

	if (next < least)
		next = least;
	return next > most ? most : next;
}

int64_t schedule_backoff(long failures, int64_t least, int64_t most)
{
	int64_t wait = least < SCHEDULE_AGAIN ? least : SCHEDULE_AGAIN;

	for (long i = 1; i < failures && wait < most; i++)
		wait *= 2;
	return wait > most ? most : wait;
}

int64_t schedule_jitter(int64_t ms, const char *id, uint64_t round, int late)
{
	uint64_t h = hash_mix(hash_text(hash_start, id) + round * 0x9e3779b97f4a7c15u);
	int64_t spread = ms / 10;
	int64_t part = spread > 0 ? (int64_t)(h % (uint64_t)(spread + 1)) : 0;

	return late ? ms + part : ms - part;
}

uint64_t schedule_weight(const char *a, const char *b)
{
	return hash_mix(hash_text(hash_text(hash_start, a) * 0x100000001b3u, b));
}
