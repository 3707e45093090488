#include "node/domain/facet.h"

#include <stdlib.h>
#include <string.h>

#include "node/store/posting.h"
#include "protocol/base/codec.h"

struct change {
	int64_t delta;
	uint8_t len;
	char term[POSTING_TERM_MAX];
};

/* A verb touches few distinct facets: a small table of them. */
struct facet_batch {
	struct change *changes;
	size_t n, room;
	uint32_t *slots; /* change + 1, 0: free */
	size_t n_slots;	 /* a power of two, at least twice room */
	int err;
};

struct facet_batch *facet_batch_new(void)
{
	return calloc(1, sizeof(struct facet_batch));
}

void facet_batch_free(struct facet_batch *b)
{
	if (!b)
		return;
	free(b->changes);
	free(b->slots);
	free(b);
}

static size_t hash(const char *term, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)term[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static int grow(struct facet_batch *b)
{
	size_t n_slots = b->n_slots ? 2 * b->n_slots : 128, room = n_slots / 2;
	struct change *changes = realloc(b->changes, room * sizeof(*changes));
	uint32_t *slots;

	if (!changes)
		return ERR_NOMEM;
	b->changes = changes;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < b->n; i++) {
		size_t s = hash(changes[i].term, changes[i].len);

		while (slots[s & (n_slots - 1)])
			s++;
		slots[s & (n_slots - 1)] = i + 1;
	}
	free(b->slots);
	b->slots = slots;
	b->n_slots = n_slots;
	b->room = room;
	return OK;
}

void facet_add(struct facet_batch *b, const char *term, size_t len, int change)
{
	struct change *c;

	if (len > POSTING_TERM_MAX || b->err)
		return;
	if (b->n == b->room)
		b->err = grow(b);
	if (b->err)
		return;
	for (size_t s = hash(term, len);; s++) {
		uint32_t *slot = &b->slots[s & (b->n_slots - 1)];

		if (!*slot) {
			c = &b->changes[b->n++];
			c->delta = change;
			c->len = (uint8_t)len;
			memcpy(c->term, term, len);
			*slot = (uint32_t)b->n;
			return;
		}
		c = &b->changes[*slot - 1];
		if (c->len == len && !memcmp(c->term, term, len)) {
			c->delta += change;
			return;
		}
	}
}

static int change_write(struct txn *t, const struct change *c)
{
	uint64_t count = facet_count(t, c->term, c->len) + (uint64_t)c->delta;
	uint8_t val[8];
	int err;

	if (!count) {
		err = txn_del(t, TABLE_FACET, c->term, c->len);
		return err == ERR_NOTFOUND ? OK : err;
	}
	be64_put(val, count);
	return txn_put(t, TABLE_FACET, c->term, c->len, val, sizeof(val));
}

int facet_flush(struct facet_batch *b, struct txn *t)
{
	int err = b->err;

	for (size_t i = 0; i < b->n && !err; i++)
		if (b->changes[i].delta)
			err = change_write(t, &b->changes[i]);
	if (b->n)
		memset(b->slots, 0, b->n_slots * sizeof(*b->slots));
	b->n = 0;
	b->err = OK;
	return err;
}

uint64_t facet_count(struct txn *t, const char *term, size_t len)
{
	struct view v;

	if (txn_get(t, TABLE_FACET, term, len, &v) || v.len != 8)
		return 0;
	return be64_get(v.data);
}

int facet_each(struct txn *t, const char *prefix, size_t len, unsigned max,
	       int (*each)(void *arg, const char *term, size_t len, uint64_t count), void *arg)
{
	struct view key, val;
	struct walk *w;
	int err = walk_open(t, TABLE_FACET, prefix, len, false, prefix, len, &w);

	if (err)
		return err;
	for (; max && !(err = walk_next(w, &key, &val)); max--) {
		if (val.len != 8)
			err = ERR_CORRUPT;
		else
			err = each(arg, (const char *)key.data, key.len, be64_get(val.data));
		if (err)
			break;
	}
	walk_close(w);
	return err == ERR_NOTFOUND || err > 0 ? OK : err;
}
