/*
 * How many objects have each facet value, kept beside the postings: a list without a filter reads its
 * total and its facets here, whatever the number of objects.
 *
 * FACET  facet term (derive_facet_term, derive_typed_term) -> u64
 */
#ifndef MAILLAGE_DOMAIN_FACET_H
#define MAILLAGE_DOMAIN_FACET_H

#include "node/store/txn.h"

/* Terms that are facets. */
static inline bool facet_is(const char *term)
{
	return term[0] == '\1' || term[0] == '\2';
}

struct facet_batch;
struct facet_batch *facet_batch_new(void);
void facet_batch_free(struct facet_batch *b);
/* One object more (+1) or less (-1) has the term. */
void facet_add(struct facet_batch *b, const char *term, size_t len, int change);
int facet_flush(struct facet_batch *b, struct txn *t);	/* empties the batch */

uint64_t facet_count(struct txn *t, const char *term, size_t len);
/*
 * Terms with a prefix, in order, at most `max`.  `term` lives until `each` returns.  0 goes on, a negative
 * code ends the walk and is returned, a positive one just ends it.
 */
int facet_each(struct txn *t, const char *prefix, size_t len, unsigned max,
	       int (*each)(void *arg, const char *term, size_t len, uint64_t count), void *arg);

#endif
