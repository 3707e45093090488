#include "tests/unit/protocol/documents.h"

#include "protocol/limits.h"
#include "protocol/schema.h"

static void tables(void **state)
{
	size_t n;
	const struct record_type *const *types = schema_types(&n);

	assert_int_equal(n, 7);
	assert_string_equal(types[0]->name, "Organization");
	for (size_t i = 0; i < n; i++) {
		const struct record_type *t = types[i];

		assert_ptr_equal(schema_type(t->name), t);
		assert_true(t->list[0] == '/' && t->label && t->plural);
		for (size_t j = 0; j < t->n_fields; j++) {
			const struct field *f = &t->fields[j];

			assert_ptr_equal(schema_field(t, f->path), f); /* paths are unique */
			assert_non_null(f->label);
			assert_true(f->max > 0);
			assert_true((f->index == INDEX_FACET) == (f->facet != NULL));
			assert_true(!f->vocabulary || f->kind == FIELD_CODE);
			assert_true(!(f->flags & FIELD_LIST) || f->max <= FIELD_VALUES);
		}
		assert_int_equal(schema_field(t, "name")->index, INDEX_TITLE);
		assert_true(schema_field(t, "name")->flags & FIELD_REQUIRED);
	}
	assert_null(schema_type("Nothing"));
	assert_null(schema_field(types[0], "location"));
}

static void paths(void **state)
{
	json_t *doc = json_of("{'name':'N','location':{'latitude':'1'}}");

	assert_string_equal(json_string_value(schema_get(doc, "name")), "N");
	assert_string_equal(json_string_value(schema_get(doc, "location.latitude")), "1");
	assert_null(schema_get(doc, "location.longitude"));
	assert_null(schema_get(doc, "name.first"));
	assert_null(schema_get(doc, "a.b.c"));
	assert_null(schema_get(NULL, "a"));
	assert_int_equal(schema_set(doc, "identifiers.cog", json_string("97411")), OK);
	assert_int_equal(schema_set(doc, "identifiers.rna", json_string("W1")), OK);
	assert_string_equal(json_string_value(schema_get(doc, "identifiers.cog")), "97411");
	assert_int_equal(schema_set(doc, "name.first", json_string("x")), ERR_INVALID);
	assert_string_equal(json_string_value(schema_get(doc, "name")), "N");
	assert_int_equal(schema_set(doc, "identifiers.rna", NULL), OK);
	assert_non_null(schema_get(doc, "identifiers"));
	assert_int_equal(schema_set(doc, "identifiers.cog", NULL), OK);
	assert_null(schema_get(doc, "identifiers"));
	assert_int_equal(schema_set(doc, "identifiers.cog", NULL), OK);
	assert_int_equal(schema_set(doc, "name.first", NULL), OK);
	json_decref(doc);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
