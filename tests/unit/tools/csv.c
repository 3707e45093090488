/* The CSV reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/import/csv.h"

struct reader {
	FILE *in;
	struct csv *csv;
	struct fault fault;
};

static struct reader from(const char *text, size_t len)
{
	struct reader r = {0};

	/* fmemopen of nothing fails */
	r.in = len ? fmemopen((void *)(uintptr_t)text, len, "r") : fopen("/dev/null", "r");
	assert_non_null(r.in);
	assert_int_equal(csv_open(r.in, &r.csv), OK);
	return r;
}

static void end(struct reader *r)
{
	csv_close(r->csv);
	fclose(r->in);
}

/* The next record as "line:cell|cell". */
static char *row(struct reader *r)
{
	static char text[400];
	struct csv_row row = {0};
	size_t at;
	int err = csv_next(r->csv, &row, &r->fault);

	if (err != OK) {
		snprintf(text, sizeof(text), "%s", err_name(err));
		return text;
	}
	at = (size_t)snprintf(text, sizeof(text), "%zu:", row.line);
	for (size_t i = 0; i < row.n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? "|" : "", row.cells[i]);
	return text;
}

#define READ(text) struct reader r = from(text, sizeof(text) - 1)

static void plain_and_quoted(void **state)
{
	READ("a,b,c\n1,,3\r\n\"x, \"\"y\"\"\nz\",\"\",é\n\n\nlast,one,");

	assert_string_equal(row(&r), "1:a|b|c");
	assert_string_equal(row(&r), "2:1||3");
	assert_string_equal(row(&r), "3:x, \"y\"\nz||é");
	assert_string_equal(row(&r), "7:last|one|");
	assert_string_equal(row(&r), "not-found");
	assert_string_equal(row(&r), "not-found");
	end(&r);
}

static void separators_are_told(void **state)
{
	static const struct {
		const char *text;
		const char *first;
	} rows[] = {
		{"a;b,c;d\n", "1:a|b,c|d"},
		{"a\tb;c\td\n", "1:a|b;c|d"},
		{"\"a;b;c\",d\n", "1:a;b;c|d"},
		{"alone\n", "1:alone"},
		{"\xef\xbb\xbf\"a\";b\n", "1:a|b"},
		{"\n\r\na;b\n", "3:a|b"},
		{"\xef\xbb\xbf\na;b\n", "2:a|b"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader r = from(rows[i].text, strlen(rows[i].text));

		assert_string_equal(row(&r), rows[i].first);
		end(&r);
	}
}

static void the_apostrophe_before_a_formula_goes(void **state)
{
	static const char text[] = "'+262 692,'=1+1,'@a,'-x\n''=x,'tis,'','\n";
	struct reader r = from(text, strlen(text));

	assert_string_equal(row(&r), "1:+262 692|=1+1|@a|-x");
	assert_string_equal(row(&r), "2:'=x|'tis|''|'");
	end(&r);
}

static void empty_files_end(void **state)
{
	static const char *const texts[] = {"", "\n", "\r\n\r\n", "\xef\xbb\xbf"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reader r = from(texts[i], strlen(texts[i]));

		assert_string_equal(row(&r), "not-found");
		end(&r);
	}
}

static void a_long_field_is_refused_and_reading_goes_on(void **state)
{
	size_t big = 10 * 1024 * 1024, len = 0;
	char *text = malloc(big + 100);
	struct reader r;

	len += (size_t)sprintf(text, "a,b\n1,\"");
	memset(text + len, 'x', big);
	text[len + 5] = '\n';	/* lines are counted inside too */
	len += big;
	len += (size_t)sprintf(text + len, "\"\n2,y\n");
	r = from(text, len);
	assert_string_equal(row(&r), "1:a|b");
	assert_string_equal(row(&r), "limit");
	assert_int_equal(csv_line(r.csv), 2);
	assert_string_equal(row(&r), "4:2|y");
	end(&r);
	free(text);
}

static void the_ceiling_is_exact(void **state)
{
	char *text = malloc(CSV_FIELD_MAX + 10);
	struct csv_row got;
	struct reader r;

	memset(text, 'x', CSV_FIELD_MAX);
	strcpy(text + CSV_FIELD_MAX - 1, "\n");
	r = from(text, CSV_FIELD_MAX);
	assert_int_equal(csv_next(r.csv, &got, &r.fault), OK);
	assert_int_equal(strlen(got.cells[0]), CSV_FIELD_MAX - 1);
	end(&r);
	strcpy(text + CSV_FIELD_MAX - 1, "x\n");
	r = from(text, CSV_FIELD_MAX + 1);
	assert_int_equal(csv_next(r.csv, &got, &r.fault), ERR_LIMIT);
	end(&r);
	free(text);
}

static void too_many_columns(void **state)
{
	char text[CSV_COLUMNS_MAX + 10];
	struct reader r;

	memset(text, ',', CSV_COLUMNS_MAX);
	strcpy(text + CSV_COLUMNS_MAX, "\nx\n");
	r = from(text, strlen(text));
	assert_string_equal(row(&r), "limit");
	assert_string_equal(row(&r), "2:x");
	end(&r);
}

static void what_is_no_csv(void **state)
{
	static const struct {
		const char *text;
		size_t len, line;
	} rows[] = {
		{"a,b\n1,\"x\n", 9, 2},		  /* never closed */
		{"a,b\n\"x\"y,1\n", 11, 2},	  /* text after a quote */
		{"a,b\n1,\0,\n", 9, 2},		  /* NUL */
		{"a,b\r1,2\r", 8, 1},		  /* CR alone */
		{"a,b\n1,caf\xe9\n", 11, 2},	  /* Latin-1 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader r = from(rows[i].text, rows[i].len);
		char *got;

		do {
			got = row(&r);
		} while (got[0] >= '0' && got[0] <= '9');
		assert_string_equal(got, "invalid");
		assert_int_equal(csv_line(r.csv), rows[i].line);
		assert_non_null(r.fault.key);
		end(&r);
	}
}

static void utf8_is_looked_for_ahead(void **state)
{
	char *text = malloc(200000);
	struct fault fault = {0};
	size_t line = 0, len = 0;
	FILE *in;

	/* Two-byte characters lie across every boundary of a block. */
	text[len++] = 'x';
	while (len < 100001)
		len += (size_t)sprintf(text + len, "é");
	text[len++] = '\n';
	in = fmemopen(text, len, "r");
	assert_int_equal(csv_check_utf8(in, &line, &fault), OK);
	assert_int_equal(ftell(in), 0);
	fclose(in);
	len += (size_t)sprintf(text + len, "caf\xe9\n");
	in = fmemopen(text, len, "r");
	assert_int_equal(csv_check_utf8(in, &line, &fault), ERR_INVALID);
	assert_int_equal(line, 2);
	assert_non_null(strstr(fault.key, "iconv"));
	fclose(in);
	in = fmemopen(text, 2, "r");	/* half a character at the very end */
	assert_int_equal(csv_check_utf8(in, &line, &fault), ERR_INVALID);
	fclose(in);
	in = fmemopen((void *)(uintptr_t) "\xff\xfe" "a\0", 4, "r");
	assert_int_equal(csv_check_utf8(in, &line, &fault), ERR_INVALID);
	assert_non_null(strstr(fault.key, "UTF-16"));
	fclose(in);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_quoted),
		cmocka_unit_test(separators_are_told),
		cmocka_unit_test(the_apostrophe_before_a_formula_goes),
		cmocka_unit_test(empty_files_end),
		cmocka_unit_test(a_long_field_is_refused_and_reading_goes_on),
		cmocka_unit_test(the_ceiling_is_exact),
		cmocka_unit_test(too_many_columns),
		cmocka_unit_test(what_is_no_csv),
		cmocka_unit_test(utf8_is_looked_for_ahead),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
