#include "tests/unit/protocol/documents.h"

#include "protocol/base/text.h"
#include "protocol/limits.h"
#include "protocol/schema.h"
#include "protocol/vocabulary.h"

static json_t *shipped, *sample;

static int setup(void **state)
{
	const char *srcdir = getenv("srcdir");
	char file[512];

	snprintf(file, sizeof(file), "%s/protocol/types/vocabularies.json", srcdir ? srcdir : ".");
	shipped = json_load_file(file, JSON_REJECT_DUPLICATES, NULL);
	sample = json_of("{'trade':["
			 "{'code':'lieu','fr':'Autre','en':'Other'},"
			 "{'code':'venue','fr':'Gestion d’un lieu','en':'Venue','gcf':'Kote'},"
			 "{'code':'x','fr':'Œuvre','en':'Lieu'},"
			 "{'code':'autre','fr':'Fin','en':'End'}]}");
	return shipped ? 0 : -1;
}

static int teardown(void **state)
{
	json_decref(shipped);
	json_decref(sample);
	return 0;
}

static void shipped_is_sound(void **state)
{
	struct fault fault = {0};

	if (vocabulary_check(shipped, &fault))
		fail_msg("%s: %s (%s)", fault.pointer, fault.key, fault.arg);
	assert_int_equal(json_array_size(vocabulary_entries(shipped, "profile")), 4);
	assert_int_equal(json_array_size(vocabulary_entries(shipped, "trade")), 4);
	assert_int_equal(json_array_size(vocabulary_entries(shipped, "sdg")), 17);
	for (int i = 1; i <= 17; i++) {
		char code[4];

		snprintf(code, sizeof(code), "%d", i);
		assert_true(vocabulary_has(shipped, "sdg", code));
	}
}

/* Every vocabulary a table names is shipped, and every one shipped is named by a table. */
static void shipped_is_what_tables_use(void **state)
{
	size_t n;
	const struct record_type *const *types = schema_types(&n);
	const char *name;
	json_t *entries;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < types[i]->n_fields; j++) {
			const char *used = types[i]->fields[j].vocabulary;

			assert_true(!used || vocabulary_entries(shipped, used));
		}
	json_object_foreach (shipped, name, entries) {
		int used = 0;

		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < types[i]->n_fields; j++)
				used |= types[i]->fields[j].vocabulary &&
					!strcmp(types[i]->fields[j].vocabulary, name);
		assert_true(used);
	}
}

/* Imports find codes by label: no two entries of a list may read alike in one language. */
static void shipped_labels_differ(void **state)
{
	const char *name;
	json_t *entries;

	json_object_foreach (shipped, name, entries) {
		for (size_t i = 0; i < json_array_size(entries); i++) {
			const json_t *e = json_array_get(entries, i);
			const char *code = json_string_value(json_object_get(e, "code"));

			assert_string_equal(vocabulary_find(shipped, name, code), code);
			assert_string_equal(
				vocabulary_find(shipped, name,
						json_string_value(json_object_get(e, "fr"))),
				code);
			assert_string_equal(
				vocabulary_find(shipped, name,
						json_string_value(json_object_get(e, "en"))),
				code);
		}
	}
}

/* French typography: curly apostrophes, no-break spaces inside « » and before : ; ? ! */
static void shipped_labels_are_well_set(void **state)
{
	static const char *const bad[] = {"'",	"« ",  " »", " :", " ;", " ?",
					  " !", "...", "  ", "oe", "\""};
	const char *name;
	json_t *entries;

	json_object_foreach (shipped, name, entries) {
		for (size_t i = 0; i < json_array_size(entries); i++) {
			const char *fr = json_string_value(
				json_object_get(json_array_get(entries, i), "fr"));

			for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
				if (strstr(fr, bad[j]))
					fail_msg("%s: \"%s\" in %s", name, bad[j], fr);
		}
	}
}

static void lookups(void **state)
{
	assert_true(vocabulary_has(sample, "trade", "venue"));
	assert_false(vocabulary_has(sample, "trade", "Venue"));
	assert_false(vocabulary_has(sample, "trade", "none"));
	assert_false(vocabulary_has(sample, "none", "venue"));
	assert_false(vocabulary_has(NULL, "trade", "venue"));
	assert_null(vocabulary_entries(sample, "none"));
	assert_string_equal(vocabulary_label(sample, "trade", "venue", "en"), "Venue");
	assert_string_equal(vocabulary_label(sample, "trade", "venue", "gcf"), "Kote");
	assert_string_equal(vocabulary_label(sample, "trade", "x", "gcf"), "Œuvre");
	assert_string_equal(vocabulary_label(sample, "trade", "none", "fr"), "none");
	assert_string_equal(vocabulary_label(sample, "none", "venue", "fr"), "venue");
	assert_string_equal(vocabulary_label(NULL, "trade", "venue", "fr"), "venue");
}

static void finding(void **state)
{
	assert_string_equal(vocabulary_find(sample, "trade", "venue"), "venue");
	assert_string_equal(vocabulary_find(sample, "trade", " VENUE "), "venue");
	assert_string_equal(vocabulary_find(sample, "trade", "gestion d'un LIEU"), "venue");
	assert_string_equal(vocabulary_find(sample, "trade", "oeuvre"), "x");
	/* The code of one is the label of another: the code wins. */
	assert_string_equal(vocabulary_find(sample, "trade", "Lieu"), "lieu");
	assert_string_equal(vocabulary_find(sample, "trade", "AUTRE"), "autre");
	assert_null(vocabulary_find(sample, "trade", "gestion"));
	assert_null(vocabulary_find(sample, "trade", ""));
	assert_null(vocabulary_find(sample, "trade", " - "));
	assert_null(vocabulary_find(sample, "none", "venue"));
	assert_null(vocabulary_find(NULL, "trade", "venue"));
}

/* What is found outlives the text it was found by. */
static void found_is_borrowed_from_the_document(void **state)
{
	char text[] = "venue";
	const char *found = vocabulary_find(sample, "trade", text);

	memset(text, 'x', 5);
	assert_string_equal(found, "venue");
}

static void refuse(const char *text, const char *pointer)
{
	json_t *doc = json_of(text);
	struct fault fault = {0};

	if (vocabulary_check(doc, &fault) != ERR_INVALID)
		fail_msg("not refused: %s", text);
	assert_string_equal(fault.pointer, pointer);
	json_decref(doc);
}

static void broken(void **state)
{
	refuse("[]", "");
	refuse("{'':[{'code':'a','fr':'A','en':'A'}]}", "");
	refuse("{'My list':[{'code':'a','fr':'A','en':'A'}]}", "");
	refuse("{'List':[{'code':'a','fr':'A','en':'A'}]}", "");
	refuse("{'list':{}}", "/list");
	refuse("{'list':[]}", "/list");
	refuse("{'list':[1]}", "/list/0");
	refuse("{'list':[{'fr':'A','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'','fr':'A','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a b','fr':'A','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':1,'fr':'A','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':'','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':'A\\u0007','en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':1,'en':'A'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':'A','en':'A','colour':'red'}]}", "/list/0");
	refuse("{'list':[{'code':'a','fr':'A','en':'A'},{'code':'b','fr':'B','en':'B'},"
	       "{'code':'a','fr':'C','en':'C'}]}",
	       "/list/2");
}

static void ceilings(void **state)
{
	json_t *doc = json_object(), *list = json_array(), *entry;
	char text[VOCABULARY_LABEL * 2 + 3];

	for (int i = 0; i < VOCABULARY_ENTRIES; i++) {
		snprintf(text, sizeof(text), "%d", i);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "code", text, "fr", "A", "en", "A"));
	}
	json_object_set(doc, "list", list);
	assert_int_equal(vocabulary_check(doc, NULL), OK);
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:s}", "code", "last", "fr", "A", "en", "A"));
	assert_int_equal(vocabulary_check(doc, NULL), ERR_INVALID);
	json_array_clear(list);
	/* 120 characters of two bytes are 120 characters. */
	text[0] = '\0';
	for (int i = 0; i < VOCABULARY_LABEL; i++)
		strcat(text, "é");
	entry = json_pack("{s:s, s:s, s:s}", "code", "a", "fr", text, "en", "A");
	json_array_append_new(list, entry);
	assert_int_equal(vocabulary_check(doc, NULL), OK);
	strcat(text, "e");
	json_object_set_new(entry, "fr", json_string(text));
	assert_int_equal(vocabulary_check(doc, NULL), ERR_INVALID);
	json_object_set_new(entry, "fr", json_string("A"));
	for (int i = 1; i < VOCABULARIES; i++) {
		snprintf(text, sizeof(text), "list%d", i);
		json_object_set(doc, text, list);
	}
	assert_int_equal(vocabulary_check(doc, NULL), OK);
	json_object_set(doc, "more", list);
	assert_int_equal(vocabulary_check(doc, NULL), ERR_INVALID);
	json_decref(list);
	json_decref(doc);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_is_sound),
		cmocka_unit_test(shipped_is_what_tables_use),
		cmocka_unit_test(shipped_labels_differ),
		cmocka_unit_test(shipped_labels_are_well_set),
		cmocka_unit_test(lookups),
		cmocka_unit_test(finding),
		cmocka_unit_test(found_is_borrowed_from_the_document),
		cmocka_unit_test(broken),
		cmocka_unit_test(ceilings),
	};

	return cmocka_run_group_tests_name("vocabulary", tests, setup, teardown);
}
