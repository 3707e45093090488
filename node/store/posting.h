/*
 * Postings: for each term the ascending object numbers that have it, delta-coded in chunks of at
 * most POSTING_CHUNK.  Changes are gathered per verb in a batch and written once per chunk touched.
 * Terms are bytes without 0, cut at POSTING_TERM_MAX here as in every search; facet values are
 * terms that begin with byte 1.  Adding what is there and removing what is not change nothing.
 */
#ifndef MAILLAGE_STORE_POSTING_H
#define MAILLAGE_STORE_POSTING_H

#include "node/store/txn.h"

enum { POSTING_CHUNK = 256, POSTING_TERM_MAX = 120, POSTING_TERM_VALUE = 100 };

/* A set of object numbers. */
struct bitmap {
	uint64_t *words;
	size_t n_words;
};
int bitmap_init(struct bitmap *b, uint32_t max_object);	/* all clear; room for 0..max_object */
void bitmap_done(struct bitmap *b);
void bitmap_set(struct bitmap *b, uint32_t object);
int bitmap_has(const struct bitmap *b, uint32_t object);
void bitmap_and(struct bitmap *a, const struct bitmap *b);
uint64_t bitmap_count(const struct bitmap *b);
/* First member >= from, or UINT32_MAX. */
uint32_t bitmap_next(const struct bitmap *b, uint32_t from);

struct posting_batch;
struct posting_batch *posting_batch_new(void);
void posting_batch_free(struct posting_batch *b);
void posting_add(struct posting_batch *b, const char *term, size_t len, uint32_t object);
void posting_remove(struct posting_batch *b, const char *term, size_t len, uint32_t object);
int posting_flush(struct posting_batch *b, struct txn *t);	/* empties the batch */

/* Add a term's objects to the set. ERR_NOTFOUND if nobody has it. */
int posting_union(struct txn *t, const char *term, size_t len, struct bitmap *into);
uint64_t posting_count(struct txn *t, const char *term, size_t len);
/* How many of the term's objects are in the set. */
uint64_t posting_count_in(struct txn *t, const char *term, size_t len, const struct bitmap *in);
/*
 * Terms with a prefix, in order, at most `max`; `term` ends with NUL and lives until `each`
 * returns.  0 goes on, a negative code ends the walk and is returned, a positive one just ends it.
 */
int posting_terms(struct txn *t, const char *prefix, size_t len, unsigned max,
		  int (*each)(void *arg, const char *term, size_t len), void *arg);

#endif
