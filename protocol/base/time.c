#include "protocol/base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/err.h"

enum { DAY = 86400 };

static const int64_t first_second = -62167219200; /* 0000-01-01T00:00:00Z */
static const int64_t last_second = 253402300799;  /* 9999-12-31T23:59:59Z */

static const char week_days[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01.  Years are counted from 1 March, so that the leap day comes last and
 * months have the regular lengths (153 m + 2) / 5; 400 years are one cycle of 146,097 days.
 */
static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t cycle = floor_div(y, 400);
	int64_t year_of_cycle = y - cycle * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
	       day_of_year - 719468;
}

static int days_of_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

void time_civil(int64_t t, struct civil *ret_civil)
{
	int64_t days = floor_div(t, DAY);
	int second = (int)(t - days * DAY);
	int64_t shifted = days + 719468;
	int64_t cycle = floor_div(shifted, 146097);
	int64_t doc = shifted - cycle * 146097; /* day of the cycle */
	int64_t yoc = (doc - doc / 1460 + doc / 36524 - doc / 146096) / 365;
	int doy = (int)(doc - (365 * yoc + yoc / 4 - yoc / 100));
	int m = (5 * doy + 2) / 153;

	*ret_civil = (struct civil){
		.year = (int)(yoc + cycle * 400 + (m >= 10)),
		.month = m < 10 ? m + 3 : m - 9,
		.day = doy - (153 * m + 2) / 5 + 1,
		.hour = second / 3600,
		.minute = second / 60 % 60,
		.second = second % 60,
		.weekday = (int)(((days + 3) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
	};
}

int64_t time_from_civil(const struct civil *c)
{
	return days_from_date(c->year, c->month, c->day) * DAY + c->hour * 3600 + c->minute * 60 +
	       c->second;
}

static void put_digits(char *out, int n, int v)
{
	while (n--) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* Years outside 0 to 9999 have no four digits: show the nearest that has. */
static int64_t clamp(int64_t t)
{
	return t < first_second ? first_second : t > last_second ? last_second : t;
}

void time_format(int64_t t, char out[TIME_TEXT])
{
	struct civil c;

	time_civil(clamp(t), &c);
	memcpy(out, "0000-00-00T00:00:00Z", TIME_TEXT);
	put_digits(out, 4, c.year);
	put_digits(out + 5, 2, c.month);
	put_digits(out + 8, 2, c.day);
	put_digits(out + 11, 2, c.hour);
	put_digits(out + 14, 2, c.minute);
	put_digits(out + 17, 2, c.second);
}

/*
 * Match `text` against `pattern`, where 0 stands for a digit, and collect the runs of digits in
 * `fields`.  Return what follows the match, or NULL.
 */
static const char *match(const char *text, const char *pattern, int *fields)
{
	bool in_digits = false;

	fields--;
	for (; *pattern; pattern++, text++) {
		if (*pattern != '0') {
			if (*text != *pattern)
				return NULL;
			in_digits = false;
			continue;
		}
		if (*text < '0' || *text > '9')
			return NULL;
		if (!in_digits)
			*++fields = 0;
		in_digits = true;
		*fields = *fields * 10 + (*text - '0');
	}
	return text;
}

static bool civil_valid(const struct civil *c)
{
	return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= days_of_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
	       c->second <= 59;
}

int time_parse(const char *text, int64_t *ret_t)
{
	int f[6];
	const char *rest = match(text, "0000-00-00T00:00:00Z", f);
	struct civil c;

	if (!rest || *rest)
		return ERR_INVALID;
	c = (struct civil){f[0], f[1], f[2], f[3], f[4], f[5], 0};
	if (c.year < 1970 || !civil_valid(&c))
		return ERR_INVALID;
	*ret_t = time_from_civil(&c);
	return OK;
}

int time_parse_offset(const char *text, int64_t *ret_t, int *ret_offset)
{
	int f[5], second = 0, zone[2] = {0, 0}, offset;
	const char *rest = match(text, "0000-00-00T00:00", f);
	struct civil c;

	if (rest && *rest == ':')
		rest = match(rest, ":00", &second);
	if (!rest)
		return ERR_INVALID;
	c = (struct civil){f[0], f[1], f[2], f[3], f[4], second, 0};
	if (c.year < 1 || !civil_valid(&c))
		return ERR_INVALID;
	if (*rest == 'Z') {
		offset = 0;
		rest++;
	} else {
		bool west = *rest == '-';

		rest = match(rest, west ? "-00:00" : "+00:00", zone);
		if (!rest || zone[0] > 23 || zone[1] > 59)
			return ERR_INVALID;
		offset = zone[0] * 3600 + zone[1] * 60;
		if (west)
			offset = -offset;
	}
	if (*rest)
		return ERR_INVALID;
	*ret_t = time_from_civil(&c) - offset;
	*ret_offset = offset;
	return OK;
}

void time_http_format(int64_t t, char out[30])
{
	struct civil c;

	time_civil(clamp(t), &c);
	memcpy(out, "Thu, 01 Jan 1970 00:00:00 GMT", 30);
	memcpy(out, week_days[c.weekday], 3);
	put_digits(out + 5, 2, c.day);
	memcpy(out + 8, month_names[c.month - 1], 3);
	put_digits(out + 12, 4, c.year);
	put_digits(out + 17, 2, c.hour);
	put_digits(out + 20, 2, c.minute);
	put_digits(out + 23, 2, c.second);
}

int time_http_parse(const char *text, int64_t *ret_t)
{
	char pattern[] = "Thu, 00 Jan 0000 00:00:00 GMT", again[30];
	struct civil c = {0};
	int f[5];

	if (strlen(text) != sizeof(pattern) - 1)
		return ERR_INVALID;
	for (int m = 0; m < 12; m++)
		if (!memcmp(text + 8, month_names[m], 3))
			c.month = m + 1;
	if (!c.month)
		return ERR_INVALID;
	memcpy(pattern + 8, text + 8, 3);
	/* Any day of the week passes here, also one that is wrong: see below. */
	if (!match(text + 3, pattern + 3, f))
		return ERR_INVALID;
	c.day = f[0];
	c.year = f[1];
	c.hour = f[2];
	c.minute = f[3];
	c.second = f[4];
	if (!civil_valid(&c))
		return ERR_INVALID;
	/* The day of the week must be the right one: write it again and compare. */
	time_http_format(time_from_civil(&c), again);
	if (memcmp(again, text, sizeof(again)))
		return ERR_INVALID;
	*ret_t = time_from_civil(&c);
	return OK;
}
