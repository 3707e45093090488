#include "tests/unit/protocol/testdata.h"

#include "protocol/base/err.h"
#include "protocol/base/time.h"

static void known_instants(void **state)
{
	static const struct {
		int64_t t;
		const char *text, *http;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
		{784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
		{951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
		{1709164799, "2024-02-28T23:59:59Z", "Wed, 28 Feb 2024 23:59:59 GMT"},
		{1709164800, "2024-02-29T00:00:00Z", "Thu, 29 Feb 2024 00:00:00 GMT"},
		{2147483648, "2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
		{4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
		{253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
	};
	char text[TIME_TEXT], http[30];
	int64_t t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		time_format(cases[i].t, text);
		assert_string_equal(text, cases[i].text);
		time_http_format(cases[i].t, http);
		assert_string_equal(http, cases[i].http);
		assert_int_equal(time_parse(text, &t), OK);
		assert_true(t == cases[i].t);
		assert_int_equal(time_http_parse(http, &t), OK);
		assert_true(t == cases[i].t);
	}
}

/* Every day of 800 years against a count that knows only the lengths of months. */
static void every_day(void **state)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t t = -5364662400; /* 1800-01-01, a Wednesday */
	int weekday = 2;

	for (int y = 1800; y < 2600; y++)
		for (int m = 1; m <= 12; m++) {
			int leap = m == 2 && (y % 400 == 0 || (y % 4 == 0 && y % 100 != 0));

			for (int d = 1; d <= days[m - 1] + leap; d++) {
				struct civil c;

				time_civil(t + 86399, &c);
				assert_int_equal(c.year, y);
				assert_int_equal(c.month, m);
				assert_int_equal(c.day, d);
				assert_int_equal(c.weekday, weekday);
				assert_int_equal(c.hour * 10000 + c.minute * 100 + c.second,
						 235959);
				assert_true(time_from_civil(&c) == t + 86399);
				t += 86400;
				weekday = (weekday + 1) % 7;
			}
		}
}

static void out_of_range_is_clamped(void **state)
{
	char text[TIME_TEXT];

	time_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	time_format(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
}

static void bad_times(void **state)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-11-22T12:51:00",
		"2026-11-22T12:51:00z",
		"2026-11-22t12:51:00Z",
		"2026-11-22 12:51:00Z",
		"2026-11-22T12:51:00Z ",
		" 2026-11-22T12:51:00Z",
		"2026-11-22T12:51:00.0Z",
		"2026-11-22T12:51:00+00:00",
		"2026-11-22T24:00:00Z",
		"2026-11-22T12:60:00Z",
		"2026-12-31T23:59:60Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2026-11-31T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z",
		"12026-11-22T12:51:00Z",
		"2026-1-22T12:51:00Z",
		"+026-11-22T12:51:00Z",
		"2026-11-22T12:51:0\xd9\xa0Z",
	};
	int64_t t = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (time_parse(bad[i], &t) != ERR_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
	assert_true(t == 42);
}

static void offsets(void **state)
{
	static const struct {
		const char *text;
		int64_t t;
		int offset;
	} good[] = {
		{"1970-01-01T00:00Z", 0, 0},
		{"1970-01-01T02:00:00+02:00", 0, 7200},
		{"1969-12-31T20:00-04:00", 0, -14400},
		{"1970-01-01T05:45:01+05:45", 1, 20700},
		{"1969-12-31T00:01:00-23:59", 0, -86340},
		{"1970-01-01T00:00:00-00:00", 0, 0},
		{"0001-01-01T00:00:00Z", -62135596800, 0},
		{"9999-12-31T23:59:59Z", 253402300799, 0},
	};
	static const char *const bad[] = {
		"1970-01-01T00:00",
		"1970-01-01T00:00+0200",
		"1970-01-01T00:00+2:00",
		"1970-01-01T00:00+24:00",
		"1970-01-01T00:00+02:60",
		"1970-01-01T00:00+02",
		"1970-01-01T00:00:00.5Z",
		"1970-01-01T00:00:00ZZ",
		"1970-01-01T00:00:Z",
		"1970-01-01T00:00:0Z",
		"1970-01-01",
		"1970-01-01T00:00:00+02:00 ",
		"0000-01-01T00:00:00Z",
		"1970-02-30T00:00Z",
		"1970-01-01T00:00:60Z",
		"1970-01-01T00:00:00\342\210\22202:00",
	};
	int64_t t;
	int offset;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(time_parse_offset(good[i].text, &t, &offset), OK);
		assert_true(t == good[i].t);
		assert_int_equal(offset, good[i].offset);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (time_parse_offset(bad[i], &t, &offset) != ERR_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
}

static void bad_http_dates(void **state)
{
	static const char *const bad[] = {
		"",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 000 1994 08:49:37 GMT",
		"000, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:60 GMT",
		"Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT!",
	};
	int64_t t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (time_http_parse(bad[i], &t) != ERR_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_instants),
		cmocka_unit_test(every_day),
		cmocka_unit_test(out_of_range_is_clamped),
		cmocka_unit_test(bad_times),
		cmocka_unit_test(offsets),
		cmocka_unit_test(bad_http_dates),
	};

	return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
