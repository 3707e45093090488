/*
 * Other nodes' objects: one feed page is one verb, applied with its cursor in one transaction;
 * replaying a page changes nothing.
 *
 * Verbs:
 *   origin.add   {operations: [...], confirmed, name?}      -> {origin, feed}
 *   feed.page    {origin: nid, audience, after, page}        page: the answer of /fed/v1/feed as received
 *       -> {stored, removed, unchanged, more, next, matched}
 *   origin.name  {nid, name}
 * Each entry: rev, id, type, digest agree with the object; ascending; after < rev <= head.rev; verified under the
 * origin's key; a lower rev than held is ignored; same rev with another digest is ERR_CONFLICT (both kept aside later).
 * more false: the sets are compared with the head ("matched").
 */
#ifndef MAILLAGE_DOMAIN_INGEST_H
#define MAILLAGE_DOMAIN_INGEST_H

#include "node/domain/entry.h"

/*
 * Verify and derive entries [from, to) of a page ahead of the verb, on any thread: independent
 * ranges may run at once.  Then the struct ingest is the verb's `prepared`.
 */
struct ingest;
int ingest_new(json_t *page, const struct identity *origin, const char *audience, struct ingest **ret);
size_t ingest_count(const struct ingest *g);
/* terms belongs to the calling thread. Refused entries are remembered, not fatal, and reported by the verb. */
void ingest_verify(struct ingest *g, size_t from, size_t to, struct text_terms *terms);
void ingest_free(void *g);

/* Does the stored set of a feed equal this head? */
int ingest_matches(struct txn *t, uint32_t feed, const struct head *h);

#endif
