/* The table of communes: the one that is shipped, and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/domain/territory.h"

static void the_shipped_table(void **state)
{
	const char *srcdir = getenv("srcdir");
	struct territories *all;
	struct territory t;
	char file[600];

	snprintf(file, sizeof(file), "%s/node/data/communes.csv", srcdir ? srcdir : ".");
	assert_int_equal(territories_load(file, &all, NULL), OK);
	assert_int_equal(territory_get(all, "97411", &t), OK);
	assert_string_equal(t.name, "Saint-Denis");
	assert_string_equal(t.zone, "Indian/Reunion");
	assert_string_equal(t.region, "La Réunion");
	assert_true(t.population > 100000);
	assert_int_equal(territory_get(all, "2A004", &t), OK);
	assert_string_equal(t.name, "Ajaccio");
	assert_int_equal(territory_get(all, "01001", &t), OK);
	assert_string_equal(t.name, "L'Abergement-Clémenciat");
	assert_string_equal(t.epci, "CC de la Dombes");
	assert_string_equal(t.postcode, "01400");
	assert_true(t.approximate);
	assert_int_equal(territory_get(all, "98901", &t), OK);	/* the last one */
	assert_int_equal(territory_get(all, "00000", &t), ERR_NOTFOUND);
	assert_int_equal(territory_get(all, "99999", &t), ERR_NOTFOUND);
	assert_int_equal(territory_get(all, "", &t), ERR_NOTFOUND);
	territories_free(all);
}

/* Places of one name are told apart by postcode; overseas by three digits of it. */
static void homonyms(void **state)
{
	static const struct {
		const char *name, *postcode, *code; /* "": not told */
	} cases[] = {
		{"Saint-Denis", "97400", "97411"}, {"Saint-Denis", "97490", "97411"},
		{"Saint-Denis", "93210", "93066"}, {"Saint-Denis", "30500", "30247"},
		{"Saint-Denis", "97200", ""},	   {"Saint-Louis", "97421", "97414"},
		{"Saint-Louis", "97450", "97414"}, {"Saint-Louis", "97134", "97126"},
		{"Saint-Louis", "68300", "68297"}, {"Sainte-Anne", "97180", "97128"},
		{"Sainte-Anne", "97227", "97226"}, {"Sainte-Anne", "32430", "32357"},
		{"Sainte-Anne", NULL, ""},
	};
	const char *srcdir = getenv("srcdir");
	struct territories *all;
	struct territory t;
	char file[600];

	snprintf(file, sizeof(file), "%s/node/data/communes.csv", srcdir ? srcdir : ".");
	assert_int_equal(territories_load(file, &all, NULL), OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = territory_find(all, cases[i].name, cases[i].postcode, &t);
		const char *found = err ? "" : t.code;

		if (strcmp(found, cases[i].code) != 0)
			fail_msg("%s %s is \"%s\", not \"%s\"", cases[i].name,
				 cases[i].postcode ? cases[i].postcode : "", found, cases[i].code);
	}
	territories_free(all);
}

static const char header[] = "code,name,department,region,epci,postcode,population,latitude,longitude,"
			     "timezone,approximate\n";

static int load(const char *text, struct territories **ret, struct fault *fault)
{
	char file[] = "/tmp/territory-XXXXXX";
	int fd = mkstemp(file), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = territories_load(file, ret, fault);
	unlink(file);
	return err;
}

static void quotes_order_and_line_ends(void **state)
{
	char text[600];
	struct territories *all;
	struct territory t;

	/* Out of order, quoted, with CRLF, and without an end of the last line. */
	snprintf(text, sizeof(text),
		 "%s\"20000\",\"B, \"\"la\"\" grande\",D,R,,1,2,3.0,4.0,Europe/Paris,0\r\n"
		 "10000,A,D,R,E,,5,,,Europe/Paris,1",
		 header);
	assert_int_equal(load(text, &all, NULL), OK);
	assert_int_equal(territory_get(all, "20000", &t), OK);
	assert_string_equal(t.name, "B, \"la\" grande");
	assert_string_equal(t.epci, "");
	assert_false(t.approximate);
	assert_int_equal(territory_get(all, "10000", &t), OK);
	assert_string_equal(t.latitude, "");
	assert_int_equal(t.population, 5);
	territories_free(all);
}

static void damaged_tables_are_refused(void **state)
{
	struct territories *all = NULL;
	struct fault fault = {0};
	char text[600];

	assert_int_equal(load("", &all, &fault), ERR_INVALID);
	assert_int_equal(load("code,name\n1,2\n", &all, &fault), ERR_INVALID);
	snprintf(text, sizeof(text), "%s10000,A,D,R\n", header);
	assert_int_equal(load(text, &all, &fault), ERR_INVALID);
	assert_string_equal(fault.arg, "2");
	snprintf(text, sizeof(text), "%s\"10000,A,D,R,E,1,1,1,1,Europe/Paris,1\n", header);
	assert_int_equal(load(text, &all, &fault), ERR_INVALID);
	snprintf(text, sizeof(text), "%s\"10000\"x,A,D,R,E,1,1,1,1,Europe/Paris,1\n", header);
	assert_int_equal(load(text, &all, &fault), ERR_INVALID);
	assert_int_equal(territories_load("/nonexistent", &all, &fault), ERR_NOTFOUND);
	assert_null(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_table),
		cmocka_unit_test(homonyms),
		cmocka_unit_test(quotes_order_and_line_ends),
		cmocka_unit_test(damaged_tables_are_refused),
	};

	return cmocka_run_group_tests_name("territory", tests, NULL, NULL);
}
