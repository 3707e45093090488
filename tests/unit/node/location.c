#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/domain/location.h"

static json_t *body(const char *text)
{
	json_t *doc = json_loads(text, 0, NULL);

	assert_non_null(doc);
	return doc;
}

static void expect(const char *held_text, const char *doc_text, const char *after_text)
{
	json_t *held = body(held_text), *doc = body(doc_text), *after = body(after_text);

	location_follow(held, doc);
	assert_true(json_equal(doc, after));
	json_decref(held);
	json_decref(doc);
	json_decref(after);
}

#define HELD "{\"location\":{\"commune\":\"Loos-en-Gohelle\",\"cog\":\"62528\",\"latitude\":\"50.45\"}}"

static void another_name_means_another_commune(void **state)
{
	expect(HELD,
	       "{\"location\":{\"commune\":\"Saint-Denis\",\"cog\":\"62528\",\"latitude\":\"50.45\"}}",
	       "{\"location\":{\"commune\":\"Saint-Denis\"}}");
}

static void what_was_typed_stays(void **state)
{
	expect(HELD, HELD, HELD);
	expect(HELD,
	       "{\"location\":{\"commune\":\"Saint-Denis\",\"cog\":\"97411\",\"latitude\":\"50.45\"}}",
	       "{\"location\":{\"commune\":\"Saint-Denis\",\"cog\":\"97411\",\"latitude\":\"50.45\"}}");
	expect(HELD,
	       "{\"location\":{\"commune\":\"Saint-Denis\",\"cog\":\"62528\",\"latitude\":\"-20.88\"}}",
	       "{\"location\":{\"commune\":\"Saint-Denis\",\"latitude\":\"-20.88\"}}");
}

static void completed_from_the_table(void **state)
{
	struct territories *t = NULL;
	const char *top = getenv("top_srcdir") ? getenv("top_srcdir") : getenv("srcdir");
	char file[600];
	json_t *doc = body("{\"location\":{\"commune\":\"saint-denis\",\"postalCode\":\"97400\"}}");

	snprintf(file, sizeof(file), "%s/node/data/communes.csv", top ? top : ".");
	assert_int_equal(territories_load(file, &t, NULL), OK);
	location_complete(t, schema_type("Event"), doc);
	assert_string_equal(json_string_value(schema_get(doc, "location.cog")), "97411");
	assert_string_equal(json_string_value(schema_get(doc, "location.department")), "La Réunion");
	assert_non_null(schema_get(doc, "location.latitude"));
	json_decref(doc);
	territories_free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_name_means_another_commune),
		cmocka_unit_test(what_was_typed_stays),
		cmocka_unit_test(completed_from_the_table),
	};

	return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}
