/*
 * Origins (nodes this store knows), their identity logs, and one feed per (origin, audience).
 * Origin 1 is this node itself, feed 1 its public feed.
 */
#ifndef MAILLAGE_STORE_FEED_H
#define MAILLAGE_STORE_FEED_H

#include <jansson.h>

#include "node/store/txn.h"
#include "protocol/head.h"
#include "protocol/identity.h"

struct origin {
	uint32_t origin;		/* number */
	struct identity identity;
	int confirmed;			/* <origin>/fed/v1/identity has answered with this nid */
	char name[128];			/* what it calls itself, for lists; may be "" */
};

struct feed {
	uint32_t feed, origin;
	char audience[AUDIENCE_MAX];
	int64_t epoch, rev;		/* own: last given; others': cursor reached (next) */
	int64_t floor;
	int64_t matched_at;		/* last time the set equalled a verified head, 0: never */
	int64_t head_at;		/* created of the head held, 0: none */
};

int origin_get(struct txn *t, uint32_t origin, struct origin *ret);
int origin_by_nid(struct txn *t, const char *nid, struct origin *ret);
/* By the host[:port] of its URL; only confirmed ones. */
int origin_by_host(struct txn *t, const char *host, struct origin *ret);
/*
 * origin 0: next number, written back; another must be in use or be the next (else ERR_NOTFOUND).
 * ERR_EXISTS: the nid has another number. ERR_CONFLICT: the number has another nid. A confirmed
 * origin takes over its host's name.
 */
int origin_put(struct txn *t, struct origin *o);
int origin_next(struct txn *t, uint32_t after, struct origin *ret);	/* walk */
int origin_ops_put(struct txn *t, uint32_t origin, const json_t *ops);
int origin_ops(struct txn *t, uint32_t origin, json_t **ret_ops);	/* array, oldest first */

int feed_get(struct txn *t, uint32_t feed, struct feed *ret);
int feed_find(struct txn *t, uint32_t origin, const char *audience, struct feed *ret);
int feed_put(struct txn *t, struct feed *f);	/* numbers and errors as origin_put; origin and audience stay */
int feed_next(struct txn *t, uint32_t after, struct feed *ret);
int feed_head(struct txn *t, uint32_t feed, struct view *ret_json);	/* highest verified head */
int feed_head_put(struct txn *t, uint32_t feed, const void *json, size_t len);

#endif
