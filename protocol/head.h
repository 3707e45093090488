/*
 * Heads commit to the whole live set of one (origin, audience), and cursors count through a feed.
 */
#ifndef MAILLAGE_HEAD_H
#define MAILLAGE_HEAD_H

#include <jansson.h>
#include <stdint.h>

#include "protocol/base/err.h"
#include "protocol/identity.h"
#include "protocol/key.h"
#include "protocol/limits.h"
#include "protocol/object.h"

enum {
	CURSOR_TEXT = 44,	/* "<epoch>.<rev>" and NUL */
};

struct head_set {
	char type[TYPE_MAX];
	uint64_t count;
	uint8_t root[32];
};

struct head {
	char origin[NID_TEXT];
	char audience[AUDIENCE_MAX];
	int64_t op, epoch, rev, floor, created;
	size_t n_sets;
	struct head_set sets[HEAD_TYPES];	/* by type name, ascending; empty sets are absent */
};

/* The signed head; sets in any order. ERR_INVALID for a set that is empty or no type. */
int head_sign(const struct head *h, const struct key *k, const struct identity *identity, json_t **ret_doc);
/*
 * Check shape and signature under the identity's current key.  ERR_AGAIN if the head names a later
 * operation than `identity` knows (fetch the identity, then try again), ERR_SIGNATURE for an
 * earlier one: a retired key signs no head.
 */
int head_verify(const json_t *doc, const struct identity *identity, struct head *ret, struct fault *fault);
/* Order by (epoch, rev): <0, 0, >0. */
int head_compare(const struct head *a, const struct head *b);

/* "0.0" is the beginning of a feed. Parsing is strict: two decimal numbers without leading zeros. */
void cursor_format(int64_t epoch, int64_t rev, char out[CURSOR_TEXT]);
int cursor_parse(const char *text, int64_t *ret_epoch, int64_t *ret_rev);

#endif
