/*
 * Time zones from tzdata's TZif files (RFC 9636), read once and passed down: never TZ,
 * localtime or setenv.
 */
#ifndef MAILLAGE_ZONE_H
#define MAILLAGE_ZONE_H

#include <stdint.h>

#include "protocol/base/err.h"

struct zone;
struct zone_set;		/* cache of zones by name, locked inside, at most 600 */

struct zone_set *zone_set_new(const char *dir);	/* NULL: /usr/share/zoneinfo */
void zone_set_free(struct zone_set *s);
/* Borrowed for the set's life; NULL if unknown. Names are checked before they reach the file system. */
const struct zone *zone_get(struct zone_set *s, const char *name);
/* Seconds east of UTC at an instant, with the POSIX footer rule beyond the table. abbreviation may be NULL. */
int zone_offset(const struct zone *z, int64_t t, char abbreviation[16]);
/* Instant of a civil time there; in a gap the later, in an overlap the earlier. civil seconds = as if UTC. */
int64_t zone_instant(const struct zone *z, int64_t civil_seconds);

#endif
