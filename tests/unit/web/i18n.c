#include "web/i18n.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MO_MAX = 4096 };

struct pair {
	const char *id;
	size_t id_len;
	const char *text;
	size_t text_len;
};

#define PAIR(id, text) {id, sizeof(id) - 1, text, sizeof(text) - 1}

static const struct pair FRENCH[] = {
	PAIR("", "Content-Type: text/plain; charset=UTF-8\n"
		 "Plural-Forms: nplurals=2; plural=(n > 1);\n"),
	PAIR("%lu day\0%lu days", "%lu jour\0%lu jours"),
	PAIR("Agenda", "Agenda "),
	PAIR("Empty", ""),
	PAIR("Home", "Accueil"),
};
enum { FRENCH_COUNT = sizeof(FRENCH) / sizeof(*FRENCH) };

static void put_word(unsigned char *out, uint32_t v, int swapped)
{
	if (swapped)
		v = __builtin_bswap32(v);
	memcpy(out, &v, sizeof(v));
}

/* A .mo file as msgfmt lays it out. Returns its length. */
static size_t make_mo(unsigned char *out, const struct pair *pairs, uint32_t count, int swapped)
{
	const uint32_t header[7] = {0x950412deU, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count};
	size_t at = 28 + 16 * (size_t)count;

	for (int i = 0; i < 7; i++)
		put_word(out + (size_t)i * 4, header[i], swapped);
	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct pair *p = &pairs[i % count];
		const char *text = i < count ? p->id : p->text;
		size_t len = i < count ? p->id_len : p->text_len;

		put_word(out + 28 + (size_t)i * 8, (uint32_t)len, swapped);
		put_word(out + 32 + (size_t)i * 8, (uint32_t)at, swapped);
		memcpy(out + at, text, len + 1);
		at += len + 1;
	}
	assert_true(at < MO_MAX);
	return at;
}

static void translate(void **state)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		unsigned char mo[MO_MAX];
		size_t len = make_mo(mo, FRENCH, FRENCH_COUNT, swapped);
		struct catalogue *c = NULL;

		assert_int_equal(catalogue_parse(mo, len, "fr", &c, NULL), OK);
		assert_string_equal(catalogue_lang(c), "fr");
		assert_string_equal(tr(c, "Home"), "Accueil");
		assert_string_equal(tr(c, "Unknown"), "Unknown");
		assert_string_equal(tr(c, "Empty"), "Empty");
		assert_string_equal(tr(NULL, "Home"), "Home");
		assert_string_equal(trn(c, "%lu day", "%lu days", 0), "%lu jour");
		assert_string_equal(trn(c, "%lu day", "%lu days", 1), "%lu jour");
		assert_string_equal(trn(c, "%lu day", "%lu days", 2), "%lu jours");
		assert_string_equal(trn(NULL, "%lu day", "%lu days", 0), "%lu days");
		assert_string_equal(trn(c, "%lu hour", "%lu hours", 1), "%lu hour");
		catalogue_free(c);
	}
}

static void english_plural(void **state)
{
	static const struct pair PAIRS[] = {
		PAIR("", "Plural-Forms: nplurals=2; plural=(n != 1);\n"),
		PAIR("a\0b", "one\0many"),
	};
	unsigned char mo[MO_MAX];
	size_t len = make_mo(mo, PAIRS, 2, 0);
	struct catalogue *c = NULL;

	assert_int_equal(catalogue_parse(mo, len, "en", &c, NULL), OK);
	assert_string_equal(trn(c, "a", "b", 0), "many");
	assert_string_equal(trn(c, "a", "b", 1), "one");
	catalogue_free(c);
}

/* Every cut and every changed byte either loads or is refused; the sanitizers watch. */
static void hostile_files(void **state)
{
	unsigned char mo[MO_MAX];
	size_t len = make_mo(mo, FRENCH, FRENCH_COUNT, 0);
	struct fault fault;
	struct catalogue *c;

	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(catalogue_parse(mo, cut, "fr", &c, &fault), ERR_CORRUPT);
	for (size_t at = 0; at < len; at++) {
		static const unsigned char VALUES[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
		unsigned char kept = mo[at];

		for (size_t v = 0; v < sizeof(VALUES); v++) {
			mo[at] = VALUES[v];
			if (catalogue_parse(mo, len, "fr", &c, &fault) == OK) {
				tr(c, "Home");
				trn(c, "%lu day", "%lu days", 2);
				catalogue_free(c);
			}
		}
		mo[at] = kept;
	}
}

static void no_rule(void **state)
{
	static const struct pair PAIRS[] = {PAIR("", "Plural-Forms: nplurals=3; plural=n%10;\n")};
	unsigned char mo[MO_MAX];
	size_t len = make_mo(mo, PAIRS, 1, 0);
	struct fault fault = {0};
	struct catalogue *c = NULL;

	assert_int_equal(catalogue_parse(mo, len, "pl", &c, &fault), ERR_CORRUPT);
	assert_string_equal(fault.arg, "pl");
	assert_int_equal(catalogue_load("/nonexistent.mo", "fr", &c, &fault), ERR_IO);
	assert_null(c);
}

/* The catalogues that were just built. */
static void built_catalogues(void **state)
{
	struct catalogue *fr = NULL, *en = NULL;

	assert_int_equal(catalogue_load("web/po/fr.mo", "fr", &fr, NULL), OK);
	assert_int_equal(catalogue_load("web/po/en.mo", "en", &en, NULL), OK);
	assert_string_equal(tr(fr, "Privacy"), "Données personnelles");
	assert_string_equal(tr(en, "Privacy"), "Privacy");
	catalogue_free(fr);
	catalogue_free(en);
}

typedef void formatter(const struct catalogue *c, const struct civil *d, struct buf *out);

static struct catalogue *french(void)
{
	unsigned char mo[MO_MAX];
	size_t len = make_mo(mo, FRENCH, FRENCH_COUNT, 0);
	struct catalogue *c = NULL;

	assert_int_equal(catalogue_parse(mo, len, "fr", &c, NULL), OK);
	return c;
}

static void expect(formatter *format, struct civil d, const char *fr, const char *en)
{
	struct catalogue *c = french();
	struct buf out;

	buf_init(&out, 100);
	format(c, &d, &out);
	assert_string_equal(out.data, fr);
	buf_clear(&out);
	format(NULL, &d, &out);
	assert_string_equal(out.data, en);
	buf_done(&out);
	catalogue_free(c);
}

static void dates(void **state)
{
	const struct civil sunday = {2026, 11, 22, 14, 30, 0, 6};
	const struct civil new_year = {2027, 1, 1, 9, 0, 0, 4};
	const struct civil early = {2026, 8, 3, 0, 5, 0, 0};

	expect(i18n_date, sunday, "22 novembre 2026", "22 November 2026");
	expect(i18n_date, new_year, "1er janvier 2027", "1 January 2027");
	expect(i18n_weekday_date, sunday, "dimanche 22 novembre 2026", "Sunday 22 November 2026");
	expect(i18n_weekday_date, new_year, "vendredi 1er janvier 2027", "Friday 1 January 2027");
	expect(i18n_time, sunday, "14\u00a0h\u00a030", "14:30");
	expect(i18n_time, new_year, "9\u00a0h", "09:00");
	expect(i18n_time, early, "0\u00a0h\u00a005", "00:05");
	expect(i18n_month, early, "août 2026", "August 2026");
	expect(i18n_month_short, sunday, "nov.", "Nov");
	assert_string_equal(i18n_weekday(NULL, 0), "Monday");
	assert_string_equal(i18n_weekday_short(NULL, 6), "Sun");
	assert_string_equal(i18n_weekday(NULL, 7), "");
}

static void expect_number(int64_t n, const char *fr, const char *en)
{
	struct catalogue *c = french();
	struct buf out;

	buf_init(&out, 100);
	i18n_number(c, n, &out);
	assert_string_equal(out.data, fr);
	buf_clear(&out);
	i18n_number(NULL, n, &out);
	assert_string_equal(out.data, en);
	buf_done(&out);
	catalogue_free(c);
}

static void numbers(void **state)
{
	expect_number(0, "0", "0");
	expect_number(999, "999", "999");
	expect_number(2769, "2\u202f769", "2,769");
	expect_number(560000, "560\u202f000", "560,000");
	expect_number(1000007, "1\u202f000\u202f007", "1,000,007");
	expect_number(-1234, "\u22121\u202f234", "-1,234");
	expect_number(INT64_MIN,
		      "\u22129\u202f223\u202f372\u202f036\u202f854\u202f775\u202f808",
		      "-9,223,372,036,854,775,808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translate),	 cmocka_unit_test(english_plural),
		cmocka_unit_test(hostile_files), cmocka_unit_test(no_rule),
		cmocka_unit_test(built_catalogues), cmocka_unit_test(dates),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("web/i18n", tests, NULL, NULL);
}
