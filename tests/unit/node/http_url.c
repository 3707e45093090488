#include "tests/unit/node/http_check.h"

#include "node/http/limits.h"
#include "node/http/url.h"
#include "protocol/base/err.h"

static int decode(const char *in, bool plus, char *out)
{
	void *mem = talloc_new(NULL);
	size_t len = strlen(in);
	int err = url_decode(exactly(mem, in, len), len, plus, out);

	talloc_free(mem);
	return err;
}

static void decodes(void **state)
{
	char out[64];

	assert_int_equal(decode("", false, out), OK);
	assert_string_equal(out, "");
	assert_int_equal(decode("a%20b+c", false, out), OK);
	assert_string_equal(out, "a b+c");
	assert_int_equal(decode("a%20b+c", true, out), OK);
	assert_string_equal(out, "a b c");
	assert_int_equal(decode("%C3%a9%2B", true, out), OK);
	assert_string_equal(out, "é+");
}

static void refuses_what_is_malformed(void **state)
{
	static const char *const bad[] = {"%",	 "%4",	      "%zz",	"a%4g", "%00",	"%c3",
					  "%ff", "%ed%a0%80", "%c0%af", "\xe9", "%%41", "%-1"};
	char out[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(decode(bad[i], true, out), ERR_INVALID);
}

static void encodes(void **state)
{
	struct buf b;
	char out[64];

	buf_init(&b, 100);
	url_encode(&b, "é a&b=c/~-._Z9");
	assert_string_equal(b.data, "%C3%A9%20a%26b%3Dc%2F~-._Z9");
	assert_int_equal(decode(b.data, true, out), OK);
	assert_string_equal(out, "é a&b=c/~-._Z9");
	buf_done(&b);
}

static int pairs(void *mem, const char *in, size_t max, struct url_pairs *ret_pairs)
{
	return url_pairs(mem, exactly(mem, in, strlen(in)), strlen(in), max, ret_pairs);
}

static void splits_queries(void **state)
{
	void *mem = talloc_new(NULL);
	struct url_pairs p;

	assert_int_equal(pairs(mem, "a=1&&b&a=%32&=x&c=d=e&", 8, &p), OK);
	assert_int_equal(p.count, 5);
	assert_string_equal(p.items[0].value, "1");
	assert_string_equal(p.items[1].name, "b");
	assert_string_equal(p.items[1].value, "");
	assert_string_equal(p.items[2].value, "2");
	assert_string_equal(p.items[3].name, "");
	assert_string_equal(p.items[4].value, "d=e");
	assert_int_equal(pairs(mem, "", 8, &p), OK);
	assert_int_equal(p.count, 0);
	assert_int_equal(pairs(mem, "a&b&c", 3, &p), OK);
	assert_int_equal(pairs(mem, "a&b&c&d", 3, &p), ERR_LIMIT);
	assert_int_equal(pairs(mem, "a=%0", 3, &p), ERR_INVALID);
	assert_int_equal(pairs(mem, "%00=a", 3, &p), ERR_INVALID);
	talloc_free(mem);
}

static int path_of(const char *target, char **ret_path, const char **ret_query)
{
	return url_path(NULL, target, ret_path, ret_query);
}

static void paths(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} good[] = {
		{"/", "/", NULL},
		{"/a/b?c=d?e", "/a/b", "c=d?e"},
		{"/a?", "/a", ""},
		{"/%C3%A9t%C3%A9", "/été", NULL},
		{"/a+b", "/a+b", NULL},
		{"/.well-known/fed", "/.well-known/fed", NULL},
		{"/a..b/...", "/a..b/...", NULL},
		{"http://other.example/a?q=/", "/a", "q=/"},
		{"https://other.example", "/", NULL},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const char *query = NULL;
		char *path = NULL;

		assert_int_equal(path_of(good[i].target, &path, &query), OK);
		assert_string_equal(path, good[i].path);
		assert_int_equal(query != NULL, good[i].query != NULL);
		if (query)
			assert_string_equal(query, good[i].query);
		talloc_free(path);
	}
}

static void path_tricks(void **state)
{
	static const char *const malformed[] = {"",	  "a",	   "*",	     "//%00", "/%2e%2e%2fx",
						"/a%2Fb", "/a\\b", "/a%5cb", "/%00",  "/%0a",
						"/%7f",	  "/%ff",  "/%",     "/%1"};
	static const char *const nowhere[] = {
		"//",	   "//x",   "/a//b",  "/..",
		"/../etc", "/a/..", "/a/./b", "/%2e%2E/x",
		"/.",	   "/a/",   "/%2e",   "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};
	const char *query;
	char *path;

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++)
		assert_int_equal(path_of(malformed[i], &path, &query), ERR_INVALID);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		assert_int_equal(path_of(nowhere[i], &path, &query), ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes), cmocka_unit_test(refuses_what_is_malformed),
		cmocka_unit_test(encodes), cmocka_unit_test(splits_queries),
		cmocka_unit_test(paths),   cmocka_unit_test(path_tricks),
	};

	return cmocka_run_group_tests_name("http/url", tests, NULL, NULL);
}
