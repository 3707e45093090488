/*
 * Private to query: which records match, as a count where that will do, as a set where it must.
 */
#ifndef MAILLAGE_DOMAIN_QUERY_PLAN_H
#define MAILLAGE_DOMAIN_QUERY_PLAN_H

#include "node/domain/derive.h"
#include "node/domain/query.h"

enum { PLAN_TYPES = 32 };
enum { PLAN_LONGEST = 366 * 86400 };	/* seconds: what began earlier is no longer looked for */

struct plan {
	struct txn *txn;
	const struct query *q;
	const char *types[PLAN_TYPES]; /* that may match, at least by their name */
	size_t n_types;
	bool all_types;	 /* every type of the list that the order walks */
	bool every_type; /* every type that is shown at all */
	uint64_t all;	 /* rows of that list */
	uint64_t total;	 /* exact number of matches */
	bool has_set;	 /* the set is needed or made; else types alone decide */
	struct bitmap set;
	uint32_t max; /* highest object number */
};

int plan_init(struct plan *p, struct txn *t, const struct query *q);
void plan_done(struct plan *p);
/* Make the set of a plan that did without. */
int plan_set(struct plan *p);
/*
 * Objects that may lie in the query's box (query_cells.c); of those also in *ret_edge only their rows can
 * tell.  Both sets are the caller's.
 */
int cells_find(struct plan *p, struct bitmap *ret_all, struct bitmap *ret_edge);
bool plan_type(const struct plan *p, const char *type);

#endif
