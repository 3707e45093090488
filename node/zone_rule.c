/*
 * The footer of a TZif file: a POSIX TZ rule (POSIX.1-2017, XBD 8.3) with the extensions of RFC
 * 9636 section 3.3.1: times from -167 to 167 hours.
 */
#include <string.h>

#include "node/zone_file.h"
#include "protocol/base/time.h"

static const char *number(const char *s, int least, int most, int *ret)
{
	int v = 0, digits = 0;

	for (; *s >= '0' && *s <= '9' && digits < 4; s++, digits++)
		v = 10 * v + (*s - '0');
	if (!digits || v < least || v > most)
		return NULL;
	*ret = v;
	return s;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static const char *clock_time(const char *s, int most_hours, int *ret)
{
	int sign = *s == '-' ? -1 : 1, h, m = 0, sec = 0;

	if (*s == '-' || *s == '+')
		s++;
	s = number(s, 0, most_hours, &h);
	if (s && *s == ':')
		s = number(s + 1, 0, 59, &m);
	if (s && *s == ':')
		s = number(s + 1, 0, 59, &sec);
	if (s)
		*ret = sign * (3600 * h + 60 * m + sec);
	return s;
}

/* Letters, or anything but '>' between "<" and ">". */
static const char *name(const char *s, char out[ZONE_ABBREVIATION])
{
	size_t n;
	bool quoted = *s == '<';

	s += quoted;
	n = quoted ? strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")
		   : strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	if (n < 3 || n >= ZONE_ABBREVIATION || (quoted && s[n] != '>'))
		return NULL;
	memcpy(out, s, n);
	out[n] = '\0';
	return s + n + quoted;
}

static const char *date(const char *s, struct zone_date *d)
{
	if (*s == 'M') {
		d->kind = 'M';
		s = number(s + 1, 1, 12, &d->month);
		s = s && *s == '.' ? number(s + 1, 1, 5, &d->week) : NULL;
		s = s && *s == '.' ? number(s + 1, 0, 6, &d->day) : NULL;
	} else if (*s == 'J') {
		d->kind = 'J';
		s = number(s + 1, 1, 365, &d->day);
	} else {
		d->kind = 'D';
		s = number(s, 0, 365, &d->day);
	}
	d->seconds = 2 * 3600;
	return s && *s == '/' ? clock_time(s + 1, 167, &d->seconds) : s;
}

int zone_rule_parse(const char *text, struct zone_rule *ret)
{
	struct zone_rule r = {0};
	const char *s = name(text, r.standard.abbreviation);
	int west;

	s = s ? clock_time(s, 24, &west) : NULL;
	if (!s)
		return ERR_INVALID;
	r.standard.offset = -west;
	if (*s) {
		r.has_summer = true;
		r.summer.offset = r.standard.offset + 3600;
		s = name(s, r.summer.abbreviation);
		if (s && *s && *s != ',') {
			s = clock_time(s, 24, &west);
			r.summer.offset = -west;
		}
		s = s && *s == ',' ? date(s + 1, &r.start) : NULL;
		s = s && *s == ',' ? date(s + 1, &r.end) : NULL;
		if (!s || *s)
			return ERR_INVALID;
	}
	*ret = r;
	return OK;
}

static bool leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Civil seconds of a date in a year. */
static int64_t date_civil(const struct zone_date *d, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct civil c = {.year = year, .month = 1, .day = 1};
	int64_t t;
	int first, day, length;

	if (d->kind != 'M') {
		t = time_from_civil(&c);
		day = d->kind == 'D' ? d->day : d->day - 1 + (leap_year(year) && d->day >= 60);
		return t + 86400 * (int64_t)day + d->seconds;
	}
	c.month = d->month;
	t = time_from_civil(&c);
	time_civil(t, &c);
	first = (c.weekday + 1) % 7; /* POSIX counts from Sunday */
	day = (d->day - first + 7) % 7 + 7 * (d->week - 1);
	length = days[d->month - 1] + (d->month == 2 && leap_year(year));
	while (day >= length)
		day -= 7;
	return t + 86400 * (int64_t)day + d->seconds;
}

const struct zone_kind *zone_rule_at(const struct zone_rule *r, int64_t t)
{
	struct civil c;
	int64_t start, end;
	bool summer;

	if (!r->has_summer)
		return &r->standard;
	time_civil(t + r->standard.offset, &c);
	start = date_civil(&r->start, c.year) - r->standard.offset;
	end = date_civil(&r->end, c.year) - r->summer.offset;
	/* South of the equator summer runs over the turn of the year. */
	summer = start < end ? t >= start && t < end : t >= start || t < end;
	return summer ? &r->summer : &r->standard;
}
