/*
 * The territory table (data/communes.csv): communes by COG code, with department, region and EPCI.
 */
#ifndef MAILLAGE_DOMAIN_TERRITORY_H
#define MAILLAGE_DOMAIN_TERRITORY_H

#include "protocol/base/err.h"

struct territories;
struct territory {
	const char *code, *name, *department, *region, *epci, *postcode, *zone;	/* borrowed for the table's life */
	const char *latitude, *longitude;
	long population;
	int approximate;
};

int territories_load(const char *file, struct territories **ret, struct fault *fault);
void territories_free(struct territories *t);
int territory_get(const struct territories *t, const char *code, struct territory *ret);
/*
 * By name as people write it, case and accents aside.  ERR_NOTFOUND also if several bear it: a
 * postcode (may be NULL) tells them apart.  Reads the whole table: for forms and imports, not for lists.
 */
int territory_find(const struct territories *t, const char *name, const char *postcode,
		   struct territory *ret);

#endif
