#include "tests/unit/node/domain_test.h"

#include "node/domain/derive.h"
#include "protocol/base/time.h"

static struct text_terms *terms;

static bool has_term(const struct derived *d, const char *term)
{
	for (size_t i = 0; i < d->terms.len; i += 1 + (uint8_t)d->terms.data[i])
		if ((uint8_t)d->terms.data[i] == strlen(term) &&
		    !memcmp(d->terms.data + i + 1, term, strlen(term)))
			return true;
	return false;
}

static bool has_facet(const struct derived *d, const char *type, const char *name,
		      const char *value)
{
	char term[POSTING_TERM_MAX + 1];

	derive_facet_term(name, value, term);
	if (!has_term(d, term))
		return false;
	derive_typed_term(type, name, value, term);
	return has_term(d, term);
}

static struct view row_of(const struct derived *d)
{
	return (struct view){(const uint8_t *)d->row.data, d->row.len};
}

static json_t *event(const char *more)
{
	return doc("{'id':'https://lune.example.org/o/aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Event',"
		   "'updated':'2026-11-22T12:51:00Z','name':'L’Été des communes','startTime':"
		   "'2026-12-01T18:00+01:00'%s}",
		   more);
}

static void full(void **state)
{
	json_t *d =
		event(",'endTime':'2026-12-01T20:00+01:00','zone':'Europe/Paris','summary':"
		      "'Rencontres ouvertes','content':'Avec *beaucoup* d’habitants','eventKind':"
		      "'meeting','sdg':['11','13'],'theme':['water'],'url':'https://x.example/"
		      "a','location':"
		      "{'commune':'Saint-Denis','cog':'97411','region':'La Réunion','latitude':"
		      "'-20.8789','longitude':'55.4481','address':'3 rue Juliette Dodu'}");
	char cell[POSTING_TERM_MAX + 1];
	struct derived r;
	double y, x;

	assert_int_equal(derive(d, terms, &r), OK);
	assert_string_equal(row_get(row_of(&r), ROW_TYPE), "Event");
	assert_string_equal(row_get(row_of(&r), ROW_TITLE), "L’Été des communes");
	assert_string_equal(row_get(row_of(&r), ROW_SUMMARY), "Rencontres ouvertes");
	assert_string_equal(row_get(row_of(&r), ROW_PLACE), "Saint-Denis");
	assert_string_equal(row_get(row_of(&r), ROW_START), "2026-12-01T18:00+01:00");
	assert_string_equal(row_get(row_of(&r), ROW_END), "2026-12-01T20:00+01:00");
	assert_string_equal(row_get(row_of(&r), ROW_ZONE), "Europe/Paris");
	assert_string_equal(row_get(row_of(&r), ROW_URL), "https://x.example/a");
	assert_string_equal(row_get(row_of(&r), ROW_UPDATED), "2026-11-22T12:51:00Z");
	assert_string_equal(
		row_get(row_of(&r), ROW_TAGS),
		"eventKind:meeting;territory:97411;region:La Réunion;theme:water;sdg:11;sdg:13");
	assert_true(derive_position(row_of(&r), &y, &x));
	assert_true(y > -20.87891 && y < -20.87889 && x > 55.44809 && x < 55.44811);
	assert_true(has_facet(&r, "Event", "type", "Event"));
	assert_true(has_facet(&r, "Event", "node", "lune.example.org"));
	assert_true(has_facet(&r, "Event", "eventKind", "meeting"));
	assert_true(has_facet(&r, "Event", "sdg", "11") && has_facet(&r, "Event", "sdg", "13"));
	assert_true(has_facet(&r, "Event", "territory", "97411"));
	assert_true(has_facet(&r, "Event", "region", "La Réunion"));
	assert_false(has_facet(&r, "Event", "zone", "Europe/Paris"));
	derive_cell_term(1, -20.8789, 55.4481, cell);
	assert_string_equal(cell, "\3"
				  "00690235");
	assert_true(has_term(&r, cell));
	derive_cell_term(DERIVE_FINE, -20.8789, 55.4481, cell);
	assert_string_equal(cell, "\4"
				  "06912354");
	assert_true(has_term(&r, cell));
	assert_true(has_term(&r, "commun") && has_term(&r, "ete") && has_term(&r, "juliet"));
	assert_int_equal(r.n_lists, 3);
	/* Sorted and unique. */
	for (size_t i = 0, last = SIZE_MAX; i < r.terms.len;
	     last = i, i += 1 + (uint8_t)r.terms.data[i]) {
		const uint8_t *a = (uint8_t *)r.terms.data + last, *b = (uint8_t *)r.terms.data + i;
		int order;

		if (last == SIZE_MAX)
			continue;
		order = memcmp(a + 1, b + 1, a[0] < b[0] ? a[0] : b[0]);
		assert_true(order < 0 || (order == 0 && a[0] < b[0]));
	}
	derived_done(&r);
	json_decref(d);
}

/* A foreign object may break the type table: what breaks it is not shown, the rest is. */
static void tolerant(void **state)
{
	json_t *d = event(
		",'url':'javascript:alert(1)','zone':'<b>','endTime':'soon','summary':3,'eventKind'"
		":"
		"'a\\u0001b','theme':'water','sdg':[11,'13','x y'],'location':{'latitude':'91.0',"
		"'longitude':'2.0','region':'a;b','commune':['x']},'extra':{'a':[1]}");
	struct derived r;

	assert_int_equal(derive(d, terms, &r), OK);
	assert_string_equal(row_get(row_of(&r), ROW_URL), "");
	assert_string_equal(row_get(row_of(&r), ROW_ZONE), "");
	assert_string_equal(row_get(row_of(&r), ROW_END), "");
	assert_string_equal(row_get(row_of(&r), ROW_SUMMARY), "");
	assert_string_equal(row_get(row_of(&r), ROW_LATITUDE), "");
	assert_string_equal(row_get(row_of(&r), ROW_LONGITUDE), "");
	assert_string_equal(row_get(row_of(&r), ROW_PLACE), "");
	assert_string_equal(row_get(row_of(&r), ROW_TAGS), ";sdg:13"); /* and a region */
	assert_true(has_facet(&r, "Event", "sdg", "13"));
	assert_true(has_facet(&r, "Event", "region", "a;b"));
	assert_false(has_facet(&r, "Event", "theme", "water"));
	derived_done(&r);
	json_decref(d);
}

/* Tags that do not all fit say so; a value named twice is one. */
static void many_tags(void **state)
{
	json_t *d = event(",'sdg':['1','2','11','1','1'],'theme':['water']"), *themes;
	struct derived r;
	char code[64];

	assert_int_equal(derive(d, terms, &r), OK);
	assert_string_equal(row_get(row_of(&r), ROW_TAGS), "theme:water;sdg:1;sdg:2;sdg:11");
	derived_done(&r);
	json_object_set_new(d, "sdg", json_pack("[s,s,s]", "11", "1", "1"));
	assert_int_equal(derive(d, terms, &r), OK);
	assert_string_equal(row_get(row_of(&r), ROW_TAGS), "theme:water;sdg:11;sdg:1");
	derived_done(&r);
	themes = json_object_get(d, "theme");
	for (int i = 0; i < 7; i++) {
		snprintf(code, sizeof(code), "a-rather-long-code-of-a-theme-number-%02d", i);
		json_array_append_new(themes, json_string(code));
	}
	assert_int_equal(derive(d, terms, &r), OK);
	assert_memory_equal(row_get(row_of(&r), ROW_TAGS), ";theme:water;theme:a-rather", 27);
	assert_true(has_facet(&r, "Event", "theme", code) && has_facet(&r, "Event", "sdg", "11"));
	derived_done(&r);
	json_decref(d);
}

static void hidden(void **state)
{
	static const char *const bad[] = {
		"{'id':'https://a.example/o/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Tombstone','name':'x'}",
		"{'id':'https://a.example/o/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'SealKey','name':'x'}",
		"{'id':'https://a.example/o/aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Place'}",
		"{'id':'https://a.example/o/aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Place','name':' "
		"\\n'}",
		"{'id':'https://a.example/o/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Place','name':['x']}",
		"{'id':'nonsense','type':'Place','name':'x'}",
		"{'type':'Place','name':'x'}",
		"{'name':'x'}",
		"[]",
	};
	struct derived r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *d = doc("%s", bad[i]);

		assert_int_equal(derive(d, terms, &r), ERR_NOTFOUND);
		json_decref(d);
	}
}

static void identifiers(void **state)
{
	json_t *d =
		doc("{'id':'https://a.example:8443/o/"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'Resource','name':"
		    "'Livre','isbn':'978-2-07-036822-8','author':['Émile Zola','O. de Gouges']}");
	struct derived r;

	assert_int_equal(derive(d, terms, &r), OK);
	assert_true(has_term(&r, "9782070368228"));
	assert_true(has_term(&r, "978") && has_term(&r, "zol") && has_term(&r, "goug"));
	assert_true(has_facet(&r, "Resource", "node", "a.example:8443"));
	assert_int_equal(r.n_lists, 2);
	derived_done(&r);
	json_decref(d);
}

static void list_keys(void **state)
{
	json_t *d = event("");
	uint8_t key[LIST_KEY_MAX], later[8];
	struct derived r;
	size_t len;

	assert_int_equal(derive(d, terms, &r), OK);
	assert_int_equal(derive_list_key(LIST_TITLE, row_of(&r), key, &len), OK);
	assert_int_equal(len, 18);
	assert_memory_equal(key, "l ete des communes", len);
	assert_int_equal(derive_list_key(LIST_START, row_of(&r), key, &len), OK);
	derive_time_key(1796144400, later);
	assert_memory_equal(key, later, 8);
	derive_time_key(-5, key);
	assert_true(memcmp(key, later, 8) < 0);
	derived_done(&r);
	json_decref(d);
	/* A call is listed by its closing; without one it comes last, whenever it opens. */
	d = doc("{'id':'https://a.example/o/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaa','type':'CallForProjects','name':'x',"
		"'opens':'2026-01-01T00:00Z'}");
	assert_int_equal(derive(d, terms, &r), OK);
	assert_int_equal(derive_list_key(LIST_START, row_of(&r), key, &len), OK);
	assert_memory_equal(key, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	derived_done(&r);
	json_decref(d);
}

static void cuts(void **state)
{
	char value[400], term[POSTING_TERM_MAX + 1];
	size_t len;

	memset(value, 'a', 83);
	strcpy(value + 83, "éé"); /* two bytes, of which one would fit */
	len = derive_facet_term("region", value, term);
	assert_int_equal(len, 1 + 6 + 1 + 83);
	len = derive_typed_term("CallForProjects", "resourceKind", value, term);
	assert_true(len <= POSTING_TERM_MAX);
	assert_int_equal(len, 1 + 15 + 1 + 12 + 1 + 83);
	assert_int_equal(strlen(term), len);
	derive_cell_term(1, 90, 180, term);
	assert_string_equal(term, "\3"
				  "01790359");
	derive_cell_term(DERIVE_FINE, 90, 180, term);
	assert_string_equal(term, "\4"
				  "17993599");
	derive_cell_term(1, -90, -180, term);
	assert_string_equal(term, "\3"
				  "00000000");
}

static int setup(void **state)
{
	terms = text_terms_new(DERIVE_LANG);
	return terms ? 0 : -1;
}

static int teardown(void **state)
{
	text_terms_free(terms);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full),	       cmocka_unit_test(tolerant),
		cmocka_unit_test(hidden),      cmocka_unit_test(many_tags),
		cmocka_unit_test(identifiers), cmocka_unit_test(list_keys),
		cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
