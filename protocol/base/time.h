/*
 * Time as text.  Instants are Unix seconds (int64_t, UTC, no leap seconds).  Nothing here reads a
 * clock.  Sources: RFC 3339 section 5.6, ISO 8601.
 */
#ifndef MAILLAGE_BASE_TIME_H
#define MAILLAGE_BASE_TIME_H

#include <stdint.h>

enum { TIME_TEXT = 21 };	/* "2026-11-22T12:51:00Z" and its NUL */

/* Broken-down civil time, proleptic Gregorian. month 1-12, day 1-31, weekday 0 = Monday. */
struct civil {
	int year, month, day, hour, minute, second, weekday;
};

void time_format(int64_t t, char out[TIME_TEXT]);
/* Strictly YYYY-MM-DDThh:mm:ssZ, years 1970 to 9999: what fed/1 documents hold. */
int time_parse(const char *text, int64_t *ret_t);
/*
 * An event's time: RFC 3339 date-time with "Z" or a numeric offset, seconds optional, no
 * fraction.  *ret_offset is in seconds east of UTC.
 */
int time_parse_offset(const char *text, int64_t *ret_t, int *ret_offset);
void time_civil(int64_t t, struct civil *ret_civil);
int64_t time_from_civil(const struct civil *c);	/* weekday ignored */
/* IMF-fixdate of RFC 9110 section 5.6.7, both ways. out[30]. */
void time_http_format(int64_t t, char out[30]);
int time_http_parse(const char *text, int64_t *ret_t);

#endif
