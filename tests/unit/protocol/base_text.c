#include "tests/unit/protocol/testdata.h"

#include <utf8proc.h>

#include "protocol/base/err.h"
#include "protocol/base/text.h"
#include "protocol/base/utf8.h"

static const char *const malformed[] = {
	"\x80",
	"\xc3",
	"\xc0\x80",
	"\xc1\xbf",
	"\xe0\x80\x80",
	"\xe0\x9f\xbf",
	"\xed\xa0\x80",
	"\xed\xbf\xbf",
	"\xf0\x80\x80\x80",
	"\xf0\x8f\xbf\xbf",
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80",
	"\xff",
	"\xfe",
	"\xe2\x82",
	"\xf0\x9f\x98",
	"plain text and then \xe9",
	"\xc3\xa9\xa9",
	"\xe2\x28\xa1",
};

static void validity(void **state)
{
	assert_true(text_valid("", 0));
	assert_true(text_valid("plain ASCII of more than eight bytes", 36));
	assert_true(
		text_valid("d\xc3\xa9j\xc3\xa0 vu \xe2\x82\xac \xf0\x9f\x98\x80\xef\xbf\xbf", 21));
	assert_true(text_valid("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10));
	assert_false(text_valid("a\0b", 3));
	assert_false(text_valid("12345678\0abcdefgh", 17));
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_false(text_valid(malformed[i], strlen(malformed[i])));
}

static void lengths(void **state)
{
	assert_int_equal(text_length(""), 0);
	assert_int_equal(text_length("\xc3\x89t\xc3\xa9 \xf0\x9f\x98\x80"), 5);
}

static void nfc(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"plain", "plain"},
		{"e\xcc\x81t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
		{"\xc3\xa9", "\xc3\xa9"},
		{"\xe2\x84\xab", "\xc3\x85"},				  /* Angstrom sign */
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"}, /* Hangul */
		{"q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87"},		  /* mark order */
		{"\xef\xac\x81", "\xef\xac\x81"},			  /* a ligature stays */
	};
	char *out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_nfc(cases[i][0], strlen(cases[i][0]), &out), OK);
		assert_string_equal(out, cases[i][1]);
		free(out);
	}
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_int_equal(text_nfc(malformed[i], strlen(malformed[i]), &out), ERR_INVALID);
	assert_int_equal(text_nfc("a\0b", 3, &out), ERR_INVALID);
}

static void assert_fold(const char *text, const char *expected)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_str(&b, "|");
	assert_int_equal(text_fold(text, strlen(text), &b), OK);
	assert_string_equal(b.data + 1, expected);
	buf_done(&b);
}

static void folding(void **state)
{
	assert_fold("", "");
	assert_fold(" \t\n ", "");
	assert_fold("  Saint-\xc3\x89tienne-du-Rouvray (76)  ", "saint etienne du rouvray 76");
	assert_fold("\xc5\x92uvre & \xc3\x86gir \xe2\x80\x94 c\xc5\x93ur", "oeuvre aegir coeur");
	assert_fold("L\xe2\x80\x99\xc3\x8ele-d'Aix", "l ile d aix");
	assert_fold("e\xcc\x81le\xcc\x81gant", "elegant");
	assert_fold("Stra\xc3\x9f"
		    "e",
		    "strasse");
	assert_fold("\xef\xac\x81n \xe2\x91\xa0 m\xc2\xb2 \xc2\xbd", "fin 1 m2 1 2");
	assert_fold("\xc5\x81\xc3\xb3"
		    "d\xc5\xba, K\xc3\xb8"
		    "benhavn",
		    "lodz kobenhavn");
	assert_fold("co\xc2\xadop\xc3\xa9rative", "cooperative"); /* soft hyphen */
	assert_fold("a\xe2\x80\x8b"
		    "b",
		    "a b"); /* zero width space */
	assert_fold("\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1",
		    "\xce\xb1\xce\xb8\xce\xb7\xce\xbd\xce\xb1");
	assert_fold("\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
		    "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0");
	assert_fold("\xf0\x9f\x8c\xb3 arbre \xf0\x9f\x8c\xb3", "arbre");
	assert_fold("100 % \xe2\x82\xac", "100");
	/* The longest decomposition of all. */
	assert_fold("\xef\xb7\xba",
		    "\xd8\xb5\xd9\x84\xd9\x89 \xd8\xa7\xd9\x84\xd9\x84\xd9\x87 "
		    "\xd8\xb9\xd9\x84\xd9\x8a\xd9\x87 \xd9\x88\xd8\xb3\xd9\x84\xd9\x85");
}

static void folding_of_malformed_text_appends_nothing(void **state)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_str(&b, "before");
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		assert_int_equal(text_fold(malformed[i], strlen(malformed[i]), &b), ERR_INVALID);
		assert_string_equal(b.data, "before");
		assert_int_equal(b.len, 6);
	}
	buf_done(&b);
	buf_init(&b, 3);
	assert_int_equal(text_fold("abcd", 4, &b), ERR_LIMIT);
	buf_done(&b);
	/* Long enough to be appended in pieces. */
	buf_init(&b, 100000);
	for (int i = 0; i < 3000; i++)
		buf_str(&b, "\xc3\x89 ");
	buf_str(&b, "\xff");
	{
		struct buf out;

		buf_init(&out, 100000);
		assert_int_equal(text_fold(b.data, b.len, &out), ERR_INVALID);
		assert_int_equal(out.len, 0);
		assert_int_equal(text_fold(b.data, b.len - 1, &out), OK);
		assert_int_equal(out.len, 5999);
		buf_done(&out);
	}
	buf_done(&b);
}

/* What utf8proc says about a whole string: folding without any of our tables. */
static void reference_fold(int32_t cp, char *out)
{
	static const struct {
		int32_t cp;
		const char *text;
	} letters[] = {{0xe6, "ae"}, {0x153, "oe"}, {0xf8, "o"}, {0x111, "d"}, {0x142, "l"}};
	utf8proc_uint8_t bytes[8], *mapped;
	utf8proc_ssize_t n, at = 0;
	char *start = out;
	int gap = 0;

	bytes[utf8proc_encode_char(cp, bytes)] = 0;
	n = utf8proc_map(bytes, 0, &mapped,
			 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
				 UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
				 UTF8PROC_IGNORE);
	assert_true(n >= 0);
	while (at < n) {
		utf8proc_int32_t part;
		const char *letter = NULL, *category;

		at += utf8proc_iterate(mapped + at, n - at, &part);
		for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (letters[i].cp == part)
				letter = letters[i].text;
		category = utf8proc_category_string(part);
		if ((*category != 'L' && *category != 'N') || part == 0x2bc) {
			gap = out != start;
			continue;
		}
		if (gap)
			*out++ = ' ';
		gap = 0;
		if (letter)
			out = stpcpy(out, letter);
		else
			out += utf8proc_encode_char(part, (utf8proc_uint8_t *)out);
	}
	*out = '\0';
	free(mapped);
}

/* The tables for Latin say what the library says, and folding twice changes nothing. */
static void every_character(void **state)
{
	struct buf b, again;
	char expected[256];

	buf_init(&b, 1000);
	buf_init(&again, 1000);
	buf_str(&b, "");
	for (int32_t cp = 1; cp <= 0x10ffff; cp++) {
		uint8_t bytes[4];
		size_t n;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_put(cp, bytes);
		assert_int_equal(utf8_step(bytes, n), n);
		assert_int_equal(utf8_get(bytes, n), cp);
		buf_clear(&b);
		assert_int_equal(text_fold((char *)bytes, n, &b), OK);
		reference_fold(cp, expected);
		if (strcmp(b.data, expected))
			fail_msg("U+%04X folds to \"%s\", not \"%s\"", (unsigned)cp, b.data,
				 expected);
		buf_clear(&again);
		buf_str(&again, "");
		assert_int_equal(text_fold(b.data, b.len, &again), OK);
		if (strcmp(b.data, again.data ? again.data : ""))
			fail_msg("U+%04X folds to \"%s\", then to \"%s\"", (unsigned)cp, b.data,
				 again.data);
	}
	buf_done(&b);
	buf_done(&again);
}

static void collect(void *arg, const char *term, size_t len, const char *whole)
{
	struct buf *b = arg;

	assert_int_equal(strlen(term), len);
	assert_true(len && len <= TEXT_TERM_MAX && strlen(whole) <= TEXT_TERM_MAX);
	assert_true(text_valid(term, len) && text_valid(whole, strlen(whole)));
	buf_fmt(b, "%s%s", b->len ? " " : "", term);
}

static void assert_terms(struct text_terms *t, const char *text, const char *expected)
{
	struct buf b;

	buf_init(&b, 10000);
	/* Twice: from the stemmer, then from the memory of stems. */
	for (int i = 0; i < 2; i++) {
		buf_clear(&b);
		buf_add(&b, "", 0);
		assert_int_equal(text_terms_each(t, text, strlen(text), collect, &b), OK);
		assert_string_equal(b.data, expected);
	}
	buf_done(&b);
}

static void french_terms(void **state)
{
	struct text_terms *t = text_terms_new("fr");

	assert_non_null(t);
	assert_terms(t, "", "");
	assert_terms(t, "L'eau, l\xe2\x80\x99\xc3\xa9nergie et d'autres", "eau energ autr");
	assert_terms(t,
		     "Jusqu'\xc3\xa0 Lorsqu'il Puisqu'on qu'elle n'est s'il j'ai c'\xc3\xa9tait "
		     "m'a t'en",
		     "est ai etait");
	assert_terms(t, "mobilit\xc3\xa9s MOBILIT\xc3\x89 mobilite", "mobilit mobilit mobilit");
	assert_terms(t, "Les \xc3\xa9lus de la commune", "elus commun");
	assert_terms(t, "2A004 97411 14h30 M2 12,5", "2a004 97411 14h30 m2 12 5");
	assert_terms(t, "arc d l qu", "arc d l"); /* no apostrophe: initials, not elisions */
	assert_terms(t, "aujourd'hui presqu'\xc3\xaele", "aujourd hui presqu ile");
	assert_terms(t, "Grand Est, Pas-de-Calais", "grand est pas cal");
	assert_terms(t,
		     "a au aux avec ce ces cet cette dans de des du elle elles en et eux il ils je "
		     "la le les leur leurs lui ma me mes moi mon ne nos notre nous on ou par pour "
		     "qu que qui sa se ses sont sur ta te tes toi tu un une vos votre vous y",
		     "");
	text_terms_free(t);
	text_terms_free(NULL);
}

static void english_terms(void **state)
{
	struct text_terms *t = text_terms_new("en");

	assert_non_null(t);
	assert_terms(t, "The cities' and a city's running networks aren't",
		     "citi citi run network aren");
	assert_terms(t,
		     "a an and are as at be but by d for from has i in is it its ll m of on or our "
		     "re s so t that the their they this to ve was we were will with you your",
		     "");
	text_terms_free(t);
}

static void long_terms_are_cut_between_characters(void **state)
{
	struct text_terms *t = text_terms_new("fr");
	char text[400] = "", expected[100] = "";

	memset(text, '7', 60);
	memset(expected, '7', TEXT_TERM_MAX);
	assert_terms(t, text, expected);
	/* Three bytes a character: 13 fit. */
	*text = *expected = '\0';
	for (int i = 0; i < 20; i++)
		strcat(text, "\xe4\xb8\xad");
	strcat(text, "1");
	for (int i = 0; i < 13; i++)
		strcat(expected, "\xe4\xb8\xad");
	assert_terms(t, text, expected);
	text_terms_free(t);
}

static void terms_of_malformed_text(void **state)
{
	struct text_terms *t = text_terms_new("fr");
	struct buf b;

	buf_init(&b, 10000);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_int_equal(
			text_terms_each(t, malformed[i], strlen(malformed[i]), collect, &b),
			ERR_INVALID);
	assert_int_equal(text_terms_each(t, "a\0b", 3, collect, &b), ERR_INVALID);
	buf_done(&b);
	text_terms_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validity),
		cmocka_unit_test(lengths),
		cmocka_unit_test(nfc),
		cmocka_unit_test(folding),
		cmocka_unit_test(folding_of_malformed_text_appends_nothing),
		cmocka_unit_test(every_character),
		cmocka_unit_test(french_terms),
		cmocka_unit_test(english_terms),
		cmocka_unit_test(long_terms_are_cut_between_characters),
		cmocka_unit_test(terms_of_malformed_text),
	};

	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
