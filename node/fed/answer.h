/*
 * What the endpoints share: answers made by laying stored canonical bytes end to end.
 */
#ifndef MAILLAGE_FED_ANSWER_H
#define MAILLAGE_FED_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "node/http/request.h"
#include "node/store/feed.h"
#include "node/store/record.h"

/*
 * The raw value of a top-level member of a canonical object ("\"Event\"", "17"), found by walking
 * the bytes: served documents are never parsed.  ERR_NOTFOUND.  `doc` must be canonical JSON.
 */
int answer_member(struct view doc, const char *name, struct view *ret_raw);
/* The same for a string without escapes, quotes left out. */
int answer_string(struct view doc, const char *name, struct view *ret_text);
bool answer_is(struct view text, const char *s);
/* An integer member. */
int answer_integer(struct view doc, const char *name, int64_t *ret);

/* Refuse with a kind of protocol/DESIGN.md, Errors. text: static English sentence, at most one %s for arg. */
int answer_problem(struct request *rq, unsigned status, const char *kind, int code,
		   const char *pointer, const char *text, const char *arg);
/* The answer to a failure of our own (store, memory) or of a lookup. */
int answer_failed(struct request *rq, int err);

/* Feed of (nid, public), for a nid this node knows. Origin and feed in one. */
int answer_feed(struct txn *t, const char *nid, struct origin *ret_origin, struct feed *ret_feed);

#endif
