/* Dates, times and numbers as French and English print them. */
#include "web/i18n.h"

#include <stdbool.h>
#include <string.h>

#define NO_BREAK_SPACE "\u00a0"
#define NARROW_NO_BREAK_SPACE "\u202f"

struct words {
	const char *months[12];
	const char *months_short[12];
	const char *weekdays[7];
	const char *weekdays_short[7];
};

static const struct words FRENCH = {
	{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
	 "octobre", "novembre", "décembre"},
	{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
	 "déc."},
	{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"},
	{"lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."},
};

static const struct words ENGLISH = {
	{"January", "February", "March", "April", "May", "June", "July", "August", "September",
	 "October", "November", "December"},
	{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
};

static bool is_french(const struct catalogue *c)
{
	return strcmp(catalogue_lang(c), "fr") == 0;
}

static const struct words *words_of(const struct catalogue *c)
{
	return is_french(c) ? &FRENCH : &ENGLISH;
}

/* A month or weekday out of range is our bug, but a page is not worth a crash. */
static const char *word_at(const char *const *words, int count, int at)
{
	return at >= 0 && at < count ? words[at] : "";
}

void i18n_date(const struct catalogue *c, const struct civil *d, struct buf *out)
{
	const char *first = is_french(c) && d->day == 1 ? "er" : "";

	buf_fmt(out, "%d%s ", d->day, first);
	i18n_month(c, d, out);
}

void i18n_weekday_date(const struct catalogue *c, const struct civil *d, struct buf *out)
{
	buf_fmt(out, "%s ", i18n_weekday(c, d->weekday));
	i18n_date(c, d, out);
}

void i18n_time(const struct catalogue *c, const struct civil *d, struct buf *out)
{
	if (!is_french(c))
		buf_fmt(out, "%02d:%02d", d->hour, d->minute);
	else if (d->minute == 0)
		buf_fmt(out, "%d" NO_BREAK_SPACE "h", d->hour);
	else
		buf_fmt(out, "%d" NO_BREAK_SPACE "h" NO_BREAK_SPACE "%02d", d->hour, d->minute);
}

void i18n_month(const struct catalogue *c, const struct civil *d, struct buf *out)
{
	buf_fmt(out, "%s %d", word_at(words_of(c)->months, 12, d->month - 1), d->year);
}

void i18n_month_short(const struct catalogue *c, const struct civil *d, struct buf *out)
{
	buf_str(out, word_at(words_of(c)->months_short, 12, d->month - 1));
}

const char *i18n_weekday(const struct catalogue *c, int weekday)
{
	return word_at(words_of(c)->weekdays, 7, weekday);
}

const char *i18n_weekday_short(const struct catalogue *c, int weekday)
{
	return word_at(words_of(c)->weekdays_short, 7, weekday);
}

void i18n_number(const struct catalogue *c, int64_t n, struct buf *out)
{
	const char *separator = is_french(c) ? NARROW_NO_BREAK_SPACE : ",";
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	unsigned groups[7]; /* 2^64 has 20 digits */
	int count = 0;

	do {
		groups[count++] = (unsigned)(left % 1000);
		left /= 1000;
	} while (left);
	if (n < 0)
		buf_str(out, is_french(c) ? "\u2212" : "-");
	buf_fmt(out, "%u", groups[--count]);
	while (count > 0)
		buf_fmt(out, "%s%03u", separator, groups[--count]);
}
