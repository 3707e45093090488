/*
 * Private to query: counting facet values in rows.
 */
#ifndef MAILLAGE_DOMAIN_QUERY_TALLY_H
#define MAILLAGE_DOMAIN_QUERY_TALLY_H

#include <stdbool.h>

#include "node/store/row.h"
#include "protocol/base/err.h"

struct tally;
/* names: facets to count, borrowed. NULL without memory. */
struct tally *tally_new(const char *const *names, size_t n);
void tally_free(struct tally *t);
/* ERR_NOTFOUND: the row does not hold all its facets. Values are borrowed from the row. */
int tally_row(struct tally *t, struct view row);
/* The values of one facet in the order of their bytes, each once; false at the end. */
bool tally_next(struct tally *t, size_t facet, const char **ret_value, uint64_t *ret_count);

#endif
