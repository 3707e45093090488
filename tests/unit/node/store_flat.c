/* Records read in place and through a tree must say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/store/flat.h"

static struct view view_of(const char *text)
{
	return (struct view){(const uint8_t *)text, strlen(text)};
}

static void expect_content(const char *text, bool tree)
{
	struct flat f;
	char name[8];
	int64_t n = 0;

	assert_int_equal(flat_open(view_of(text), &f), OK);
	assert_int_equal(f.tree != NULL, tree);
	assert_int_equal(flat_text(&f, "name", name, sizeof(name)), OK);
	assert_string_equal(name, "Écho");
	assert_int_equal(flat_text(&f, "name", name, 5), ERR_CORRUPT); /* no room for the NUL */
	assert_int_equal(flat_text(&f, "empty", name, 1), OK);
	assert_string_equal(name, "");
	assert_int_equal(flat_number(&f, "rev", &n), OK);
	assert_true(n == -9007199254740991);
	assert_int_equal(flat_number(&f, "zero", &n), OK);
	assert_true(n == 0);
	assert_true(flat_true(&f, "yes"));
	assert_false(flat_true(&f, "no"));
	/* absent, or of another kind */
	assert_false(flat_true(&f, "nowhere"));
	assert_false(flat_true(&f, "name"));
	assert_int_equal(flat_text(&f, "nam", name, sizeof(name)), ERR_CORRUPT);
	assert_int_equal(flat_text(&f, "rev", name, sizeof(name)), ERR_CORRUPT);
	assert_int_equal(flat_text(&f, "yes", name, sizeof(name)), ERR_CORRUPT);
	assert_int_equal(flat_number(&f, "nowhere", &n), ERR_CORRUPT);
	assert_int_equal(flat_number(&f, "name", &n), ERR_CORRUPT);
	flat_close(&f);
}

static void both_ways(void **state)
{
	/* canonical */
	expect_content("{\"empty\":\"\",\"name\":\"Écho\",\"no\":false,\"rev\":-9007199254740991,"
		       "\"yes\":true,\"zero\":0}",
		       false);
	/* another order, spaces, escapes, something nested */
	expect_content("{\"name\":\"Écho\",\"empty\":\"\",\"no\":false,\"rev\":-9007199254740991,"
		       "\"yes\":true,\"zero\":0}",
		       true);
	expect_content("{\"empty\":\"\", \"name\":\"Écho\",\"no\":false,\"rev\":-9007199254740991,"
		       "\"yes\":true,\"zero\":0}",
		       true);
	expect_content("{\"empty\":\"\",\"name\":\"\\u00c9cho\",\"no\":false,"
		       "\"rev\":-9007199254740991,\"yes\":true,\"zero\":0}",
		       true);
	expect_content("{\"a\":[],\"empty\":\"\",\"name\":\"Écho\",\"no\":false,"
		       "\"rev\":-9007199254740991,\"yes\":true,\"zero\":0}",
		       true);
}

static void members_at_the_limit(void **state)
{
	struct flat f;
	int64_t n;

	assert_int_equal(
		flat_open(view_of("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,"
				  "\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12}"),
			  &f),
		OK);
	assert_null(f.tree);
	assert_int_equal(flat_number(&f, "l", &n), OK);
	assert_true(n == 12);
	flat_close(&f);
	assert_int_equal(
		flat_open(view_of("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,"
				  "\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13}"),
			  &f),
		OK);
	assert_int_equal(flat_number(&f, "m", &n), OK);
	assert_true(n == 13);
	flat_close(&f);
}

static void damage(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{\"a\":1",
		"[]",
		"{\"a\":1}x",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":-}",
		"{\"a\":01}",
		"{\"a\":tru}",
		"{\"a\":\"b}",
		"{a:1}",
		"{\"a\":1,}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\n\"}",
		"{\"a\":1,\"a\":2}",
		"null",
	};
	struct flat f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(flat_open(view_of(bad[i]), &f), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(members_at_the_limit),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
