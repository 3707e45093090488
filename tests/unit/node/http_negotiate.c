#include "tests/unit/node/http_check.h"

#include "node/http/kept.h"
#include "node/http/negotiate.h"

enum { ALL = (1 << FORMAT_COUNT) - 1 };

static enum format pick(const char *accept, unsigned offered)
{
	return negotiate_format(accept, offered, FORMAT_HTML);
}

static void formats_by_quality(void **state)
{
	assert_int_equal(pick(NULL, ALL), FORMAT_HTML);
	assert_int_equal(pick("*/*", ALL), FORMAT_HTML);
	assert_int_equal(pick("text/csv", ALL), FORMAT_CSV);
	assert_int_equal(pick("application/json, text/html;q=0.9", ALL), FORMAT_JSON);
	assert_int_equal(pick("application/json;q=0.8, text/html;q=0.9", ALL), FORMAT_HTML);
	assert_int_equal(pick("text/html;q=0, */*;q=0.1", ALL), FORMAT_JSON);
	assert_int_equal(pick("text/*;q=0.5, text/csv", ALL), FORMAT_CSV);
	assert_int_equal(pick("application/*", 1 << FORMAT_CSV | 1 << FORMAT_GEOJSON),
			 FORMAT_GEOJSON);
	assert_int_equal(pick("TEXT/Calendar ; charset=x ; Q=0.3", ALL), FORMAT_ICS);
	assert_int_equal(pick("text/csv", 1 << FORMAT_HTML), FORMAT_HTML);
	assert_int_equal(pick("image/png", ALL), FORMAT_HTML);
}

static void malformed_preferences_are_skipped(void **state)
{
	assert_int_equal(pick("", ALL), FORMAT_HTML);
	assert_int_equal(pick(",,;q=1,", ALL), FORMAT_HTML);
	assert_int_equal(pick("text/csv;q=2, application/json", ALL), FORMAT_JSON);
	assert_int_equal(pick("text/csv;q=, application/json", ALL), FORMAT_JSON);
	assert_int_equal(pick("text/csv;q=0.9x, application/json;q=0.1", ALL), FORMAT_JSON);
	assert_int_equal(pick("text/csv garbage, application/json;q=0.1", ALL), FORMAT_JSON);
	assert_int_equal(pick("text/csv;q=1.5", ALL), FORMAT_HTML);
}

static void browsers_name_html(void **state)
{
	assert_true(negotiate_wants_html("text/html,application/xhtml+xml,*/*;q=0.8"));
	assert_false(negotiate_wants_html("*/*"));
	assert_false(negotiate_wants_html("text/html;q=0, */*"));
	assert_false(negotiate_wants_html(NULL));
}

static void codings(void **state)
{
	assert_true(negotiate_encoding("gzip, deflate, br", "gzip"));
	assert_true(negotiate_encoding("GZIP;q=0.1", "gzip"));
	assert_true(negotiate_encoding("*", "gzip"));
	assert_false(negotiate_encoding("gzip;q=0, *", "gzip"));
	assert_false(negotiate_encoding("gzip;q=0.000", "gzip"));
	assert_false(negotiate_encoding("br", "gzip"));
	assert_false(negotiate_encoding("x-gzip", "gzip"));
	assert_false(negotiate_encoding("*;q=0", "gzip"));
	assert_false(negotiate_encoding(NULL, "gzip"));
}

static void languages(void **state)
{
	static const char *const offered[] = {"fr", "en"};

	assert_string_equal(negotiate_language(NULL, offered, 2), "fr");
	assert_string_equal(negotiate_language("de", offered, 2), "fr");
	assert_string_equal(negotiate_language("en-GB,en;q=0.9", offered, 2), "en");
	assert_string_equal(negotiate_language("fr-CA, en;q=0.9", offered, 2), "fr");
	assert_string_equal(negotiate_language("en;q=0.2, fr;q=0.3", offered, 2), "fr");
	assert_string_equal(negotiate_language("en;q=0", offered, 2), "fr");
	assert_string_equal(negotiate_language("english", offered, 2), "fr");
}

static void suffixes(void **state)
{
	size_t len = 0;

	assert_int_equal(negotiate_suffix("/a.geojson", &len), FORMAT_GEOJSON);
	assert_int_equal(len, 2);
	len = 99;
	assert_int_equal(negotiate_suffix("/a.b/c", &len), FORMAT_COUNT);
	assert_int_equal(negotiate_suffix("/.json", &len), FORMAT_COUNT);
	assert_int_equal(negotiate_suffix("/a.JSON", &len), FORMAT_COUNT);
	assert_int_equal(negotiate_suffix("/a.jsonx", &len), FORMAT_COUNT);
	assert_int_equal(len, 99);
}

static void entity_tags(void **state)
{
	char out[16];

	assert_true(etag_match("\"a\"", "\"a\""));
	assert_true(etag_match("W/\"x\", W/\"a-gz\"", "\"a\""));
	assert_true(etag_match("*", "\"a\""));
	assert_false(etag_match("\"a-zz\"", "\"a\""));
	assert_false(etag_match("\"ab\"", "\"a\""));
	assert_false(etag_match("\"a", "\"a\""));
	assert_false(etag_match("", "\"a\""));
	assert_false(etag_match(NULL, "\"a\""));
	assert_false(etag_match("\"a\"", NULL));
	etag_coded("\"a\"", CODING_BR, out, sizeof(out));
	assert_string_equal(out, "\"a-br\"");
	etag_coded("\"0123456789abcdef\"", CODING_NONE, out, sizeof(out));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_by_quality),
		cmocka_unit_test(malformed_preferences_are_skipped),
		cmocka_unit_test(browsers_name_html),
		cmocka_unit_test(codings),
		cmocka_unit_test(languages),
		cmocka_unit_test(suffixes),
		cmocka_unit_test(entity_tags),
	};

	return cmocka_run_group_tests_name("http/negotiate", tests, NULL, NULL);
}
