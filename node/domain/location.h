/*
 * What the territory table knows of the commune a record is in.
 */
#ifndef MAILLAGE_DOMAIN_LOCATION_H
#define MAILLAGE_DOMAIN_LOCATION_H

#include "node/domain/territory.h"
#include "protocol/schema.h"

/*
 * Fill what is absent of doc's location from its commune, known by its code or else by its name and
 * postcode: enough to be found by department and on the map.  Nothing happens without a table (t may be
 * NULL), for a type without a department, or if the commune is unknown or not the only one of its name.
 */
void location_complete(const struct territories *t, const struct record_type *type, json_t *doc);

/*
 * A person who changes the commune's name alone means another commune: the code and the position that
 * came with the old one (`held`: the version edited) leave `doc`, to be filled in again.
 */
void location_follow(const json_t *held, json_t *doc);

#endif
