/*
 * Reading lists: search, facets, order, pages.  Never parses objects.
 */
#ifndef MAILLAGE_DOMAIN_QUERY_H
#define MAILLAGE_DOMAIN_QUERY_H

#include "node/domain/node.h"
#include "node/store/posting.h"
#include "node/store/row.h"

enum { QUERY_FACETS = 12, QUERY_PAGE = 20, QUERY_PAGE_MAX = 500, QUERY_TEXT = 200, QUERY_EXPORT_MAX = 100000 };
enum query_order { ORDER_TITLE, ORDER_START, ORDER_START_DESC, ORDER_UPDATED };

struct query {
	const char *text;			/* words, all must match; the last one also as a prefix; NULL: all */
	struct { const char *name, *value; } facets[QUERY_FACETS];
	size_t n_facets;			/* all must match; same name twice: either */
	const char *const *types;		/* restrict to these, NULL: all that are shown */
	size_t n_types;
	int64_t from, to;			/* of LIST_START, 0: open; what is under way at `from` counts too */
	double bbox[4];				/* west south east north */
	int has_bbox;
	enum query_order order;
	unsigned page;				/* from 1 */
	unsigned limit;				/* rows a page, QUERY_PAGE */
	const char *const *count;		/* facet names to count */
	size_t n_count;
};

struct query_row {
	uint32_t object;
	struct view row;			/* into the transaction */
};

struct query_value { char value[POSTING_TERM_VALUE]; uint64_t count; };

struct query_result {
	uint64_t total;
	struct query_row *rows;			/* talloc children of mem */
	size_t n_rows;
	struct { const char *name; struct query_value *values; size_t n; } facets[QUERY_FACETS];
	size_t n_facets;			/* values by falling count, at most 50 each */
};

/* mem: talloc context the result hangs on. */
int query_run(struct node *n, struct txn *t, const struct query *q, void *mem, struct query_result *ret);
/* All rows that match, without paging, for exports: each returns 0 to go on. At most QUERY_EXPORT_MAX. */
int query_each(struct node *n, struct txn *t, const struct query *q,
	       int (*each)(void *arg, uint32_t object, struct view row), void *arg);

/* Own object by key, others' by host and key. ERR_NOTFOUND, ERR_EXPIRED for a tombstone. */
int query_object(struct txn *t, const char *host, const char *key, uint32_t *ret_object);

#endif
