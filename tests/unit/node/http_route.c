#include "tests/unit/node/http_check.h"

#include "node/http/route.h"

static int handler(struct request *rq)
{
	return 0;
}

#define GET(pattern, formats)                                                                      \
	{                                                                                          \
		"GET", pattern, WHO_ANYONE, RATE_PAGE, 0, formats, handler                         \
	}
#define POST(pattern)                                                                              \
	{                                                                                          \
		"POST", pattern, WHO_MEMBER, RATE_FORM, 100, 0, handler                            \
	}

enum { PAGES = FORMATS(FORMAT_HTML, FORMAT_JSON, FORMAT_CSV), HTML = FORMATS(FORMAT_HTML) };

static const struct route web[] = {
	GET("/", HTML),
	GET("/directory", PAGES),
	GET("/o/:host/:key", PAGES),
	GET("/o/:key", FORMATS(FORMAT_HTML, FORMAT_JSON)),
	GET("/o/new", HTML),
	POST("/o/:key"),
	POST("/login"),
};
static const struct route fed[] = {
	GET("/fed/v1/feed", 0),
	GET("/files/*path", 0),
	GET("/files/:name/info", 0),
	GET("/manifest.json", 0),
};
static const struct route_table tables[] = {{web, 7}, {fed, 4}};

static const char *found(const char *method, const char *path, struct route_match *m)
{
	return route_match(tables, 2, method, path, m) == OK ? m->route->pattern : "";
}

static void literals_beat_names_and_names_beat_the_rest(void **state)
{
	struct route_match m;

	assert_string_equal(found("GET", "/", &m), "/");
	assert_string_equal(found("GET", "/directory", &m), "/directory");
	assert_string_equal(found("GET", "/o/new", &m), "/o/new");
	assert_string_equal(found("GET", "/o/abc", &m), "/o/:key");
	assert_string_equal(found("POST", "/o/new", &m), "/o/:key");
	assert_string_equal(found("GET", "/files/a/info", &m), "/files/:name/info");
	assert_string_equal(found("GET", "/files/a/b/c", &m), "/files/*path");
	assert_string_equal(found("GET", "/files/a", &m), "/files/*path");
}

static void what_no_pattern_matches(void **state)
{
	static const char *const paths[] = {"",
					    "x",
					    "/x",
					    "/o",
					    "/o/",
					    "/files",
					    "/files/",
					    "/directory/",
					    "/directory/x",
					    "/o/a/b/c",
					    "/dir",
					    "/directoryx",
					    "/fed/v1/feed.json"};
	struct route_match m;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_string_equal(found("GET", paths[i], &m), "");
		assert_int_equal(m.methods, 0);
	}
}

static void parts_of_the_path(void **state)
{
	struct route_match m;

	found("GET", "/o/a.example/k", &m);
	assert_int_equal(m.param_count, 2);
	assert_int_equal(m.params[0].name_len, 4);
	assert_memory_equal(m.params[0].name, "host", 4);
	assert_int_equal(m.params[0].value_len, 9);
	assert_memory_equal(m.params[0].value, "a.example", 9);
	assert_memory_equal(m.params[1].value, "k", 1);
	found("GET", "/files/a/b", &m);
	assert_int_equal(m.params[0].value_len, 3);
	assert_memory_equal(m.params[0].value, "a/b", 3);
}

static void formats_by_suffix(void **state)
{
	struct route_match m;

	assert_string_equal(found("GET", "/directory.csv", &m), "/directory");
	assert_int_equal(m.format, FORMAT_CSV);
	assert_int_equal(m.path_len, 10);
	assert_string_equal(found("GET", "/o/h.example/abc.json", &m), "/o/:host/:key");
	assert_int_equal(m.format, FORMAT_JSON);
	assert_int_equal(m.params[1].value_len, 3);
	assert_string_equal(found("GET", "/directory", &m), "/directory");
	assert_int_equal(m.format, FORMAT_COUNT);
	/* A format the route does not offer is no part of a name either. */
	assert_string_equal(found("GET", "/directory.ics", &m), "");
	assert_string_equal(found("GET", "/o/abc.csv", &m), "");
	assert_string_equal(found("GET", "/o/new.json", &m), "/o/:key");
	/* Other suffixes are. */
	assert_string_equal(found("GET", "/o/abc.txt", &m), "/o/:key");
	assert_int_equal(m.params[0].value_len, 7);
	/* A route without formats sees the path as it is. */
	assert_string_equal(found("GET", "/files/a.json", &m), "/files/*path");
	assert_int_equal(m.params[0].value_len, 6);
	assert_string_equal(found("GET", "/manifest.json", &m), "/manifest.json");
	assert_int_equal(m.format, FORMAT_COUNT);
}

static void methods_for_allow(void **state)
{
	struct route_match m;

	assert_string_equal(found("GET", "/login", &m), "");
	assert_int_equal(m.methods, ROUTE_POST);
	assert_string_equal(found("PUT", "/o/abc", &m), "");
	assert_int_equal(m.methods, ROUTE_GET | ROUTE_POST);
	assert_string_equal(found("GET", "/nowhere", &m), "");
	assert_int_equal(m.methods, 0);
}

static void tables_are_checked(void **state)
{
	static const struct route bad[] = {
		GET("o", 0),
		GET("/o//x", 0),
		GET("/o/", 0),
		GET("/:", 0),
		GET("/*rest/x", 0),
		GET("/:a/:b/:c/:d/:e/:f/:g/:h/:i", 0),
		{"PUT", "/x", WHO_ANYONE, RATE_PAGE, 0, 0, handler},
		{"GET", "/x", WHO_ANYONE, RATE_PAGE, 10, 0, handler},
		{"GET", "/x", WHO_ANYONE, RATE_PAGE, 0, 0, NULL},
		{"GET", "/x", WHO_ANYONE, RATE_COUNT, 0, 0, handler},
	};
	struct fault fault = {0};

	assert_int_equal(route_check(tables, 2, &fault), OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct route_table table = {&bad[i], 1};

		assert_int_equal(route_check(&table, 1, &fault), ERR_INTERNAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_beat_names_and_names_beat_the_rest),
		cmocka_unit_test(what_no_pattern_matches),
		cmocka_unit_test(parts_of_the_path),
		cmocka_unit_test(formats_by_suffix),
		cmocka_unit_test(methods_for_allow),
		cmocka_unit_test(tables_are_checked),
	};

	return cmocka_run_group_tests_name("http/route", tests, NULL, NULL);
}
