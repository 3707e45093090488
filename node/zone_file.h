/*
 * One zone as read from its TZif file (RFC 9636); for zone.c.
 */
#ifndef MAILLAGE_ZONE_FILE_H
#define MAILLAGE_ZONE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/err.h"

enum { ZONE_TIMES = 4096, ZONE_KINDS = 256, ZONE_ABBREVIATION = 16 };

struct zone_kind {
	int offset; /* seconds east of UTC */
	char abbreviation[ZONE_ABBREVIATION];
};

/* When daylight saving starts or ends in a year: 'J' 1..365 without 29 February, 'D' 0..365, 'M'
 * month.week.day. */
struct zone_date {
	char kind;
	int month, week, day;
	int seconds; /* after midnight, may be negative or beyond a day */
};

/* The POSIX TZ rule of the footer, for times after the table. */
struct zone_rule {
	struct zone_kind standard, summer;
	bool has_summer;
	struct zone_date start, end; /* of summer, in the civil time that ends there */
};

struct zone {
	size_t n_times;
	int64_t *times;
	uint8_t *kind_of;
	size_t n_kinds;
	struct zone_kind *kinds;
	bool has_rule;
	struct zone_rule rule;
};

int zone_file_read(const char *path, struct zone **ret);
int zone_file_parse(const uint8_t *data, size_t len, struct zone **ret);
void zone_file_free(struct zone *z);

/* zone_rule.c */
int zone_rule_parse(const char *text, struct zone_rule *ret);
const struct zone_kind *zone_rule_at(const struct zone_rule *r, int64_t t);

#endif
