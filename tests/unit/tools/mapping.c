/* Columns to fields, keys of rows, and the formats that are not CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/import/mapping.h"
#include "tools/import/source.h"

/* All rows of a text as one text: "<key> <fields as JSON>\n", or the fault. */
static char *read_all(const char *format, const char *type, const char *const *maps, const char *text)
{
	static char out[8192];
	const struct source_format *f = source_format(format);
	struct zone_set *zones = zone_set_new(NULL);
	struct source_context cx = {.zones = zones, .zone = "Indian/Reunion"};
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct source_row row;
	struct fault fault = {0};
	struct mapping *m;
	size_t at = 0, n = 0, line = 0;
	const char *const *columns = NULL;
	void *state = NULL;
	int err;

	assert_non_null(f);
	assert_int_equal(mapping_new(schema_type(type), &m), OK);
	for (size_t i = 0; maps && maps[i]; i++)
		assert_int_equal(mapping_add(m, maps[i], NULL), OK);
	err = f->open(in, &cx, &state, &line, &fault);
	if (err == OK && f->columns)
		columns = f->columns(state, &n);
	if (err == OK)
		err = mapping_bind(m, columns, n, &fault);
	out[0] = '\0';
	while (err == OK) {
		char key[MAPPING_KEY];
		json_t *fields = NULL;
		char *json;

		memset(&fault, 0, sizeof(fault));
		err = f->next(state, &row, &fault);
		if (err == ERR_NOTFOUND)
			break;
		if (err == OK)
			err = mapping_row(m, &row, NULL, &fields, &fault);
		if (err != OK) {
			at += (size_t)snprintf(out + at, sizeof(out) - at, "%zu refused %s\n", row.line,
					       fault.pointer);
			err = OK;
			continue;
		}
		assert_int_equal(mapping_key(m, &row, fields, key), OK);
		json = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);
		/* A digest need not be spelled. */
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%.12s %s\n",
				       strncmp(key, "sha256:", 7) == 0 ? "digest" : key, json);
		free(json);
		json_decref(fields);
	}
	if (err != OK && fault.key) {
		char said[400];

		fault_text(&fault, said, sizeof(said));
		snprintf(out, sizeof(out), "%s: %s", err_name(err), said);
	}
	if (state)
		f->close(state);
	mapping_free(m);
	fclose(in);
	zone_set_free(zones);
	return out;
}

static void columns_with_the_names_of_fields(void **state)
{
	assert_string_equal(
		read_all("csv", "Organization", NULL,
			 "name;identifiers.siren;location.latitude;unknown;trade\nX;732 829 320;-21,5;u;a|b\n"),
		"siren:732829 {\"identifiers\":{\"siren\":\"732829320\"},\"location\":{\"latitude\":\"-21.5\"},"
		"\"name\":\"X\",\"trade\":[\"a\",\"b\"]}\n");
}

static void columns_named_by_map(void **state)
{
	static const char *const maps[] = {"name=Nom", "identifiers.rna=Numéro", NULL};
	static const char *const absent[] = {"name=Nom", "url=Site", NULL};
	const char *csv = "Nom,Numéro,name\nX,W123456789,not me\n";

	assert_string_equal(read_all("csv", "Organization", maps, csv),
			    "rna:W1234567 {\"identifiers\":{\"rna\":\"W123456789\"},\"name\":\"X\"}\n");
	assert_string_equal(read_all("csv", "Organization", absent, csv),
			    "not-found: there is no column \"Site\"; it has: Nom, Numéro, name");
	assert_string_equal(read_all("csv", "Organization", NULL, "url\nhttps://a.fr\n"),
			    "not-found: there is no column \"name\"; it has: url");
}

static void wrong_maps(void **state)
{
	static const char *const wrong[] = {"name", "=x", "name=", "nom=x", "nam=x", "names=x"};
	struct fault fault = {0};
	struct mapping *m;

	assert_int_equal(mapping_new(schema_type("Organization"), &m), OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(mapping_add(m, wrong[i], &fault), ERR_INVALID);
	mapping_free(m);
}

static void the_table_of_communes(void **state)
{
	assert_string_equal(
		read_all("csv", "Organization", NULL,
			 "code,name,department,region,epci,postcode,population,latitude,longitude,timezone,"
			 "approximate,departmentCode,regionCode,epciCode\n"
			 "97411,Saint-Denis,La Réunion,La Réunion,CINOR,97400,150000,-20.88,55.45,"
			 "Indian/Reunion,0,974,04,249740119\n"),
		"cog:97411 {\"identifiers\":{\"cog\":\"97411\"},\"location\":{\"cog\":\"97411\",\"commune\":"
		"\"Saint-Denis\",\"department\":\"La Réunion\",\"latitude\":\"-20.88\",\"longitude\":"
		"\"55.45\",\"postalCode\":\"97400\",\"region\":\"La Réunion\"},\"name\":\"Saint-Denis\"}\n");
	/* A column "code" of somebody else is not a COG code. */
	assert_non_null(strstr(read_all("csv", "Organization", NULL, "code,name\nA7,X\n"),
			       "{\"name\":\"X\"}"));
}

/* The key of the one row of a CSV. */
static char *key_of(const char *csv)
{
	static char key[MAPPING_KEY];
	struct source_context cx = {0};
	FILE *in = fmemopen((void *)(uintptr_t)csv, strlen(csv), "r");
	const char *const *columns;
	struct source_row row;
	struct mapping *m;
	size_t n, line;
	json_t *fields;
	void *state;

	assert_int_equal(mapping_new(schema_type("Organization"), &m), OK);
	assert_int_equal(source_csv.open(in, &cx, &state, &line, NULL), OK);
	columns = source_csv.columns(state, &n);
	assert_int_equal(mapping_bind(m, columns, n, NULL), OK);
	assert_int_equal(source_csv.next(state, &row, NULL), OK);
	assert_int_equal(mapping_row(m, &row, NULL, &fields, NULL), OK);
	assert_int_equal(mapping_key(m, &row, fields, key), OK);
	json_decref(fields);
	source_csv.close(state);
	mapping_free(m);
	fclose(in);
	return key;
}

static void keys_of_rows(void **state)
{
	char first[MAPPING_KEY];
	const char *both = "name,siren,siret,rna,cog\nX,732829320,73282932000074,W123456789,97411\n";

	assert_int_equal(strncmp(read_all("csv", "Organization", NULL, both), "siret:732829 ", 13), 0);
	assert_int_equal(strncmp(read_all("csv", "Organization", NULL, "name,siren,rna\nX,,W123456789\n"),
				 "rna:W1234567 ", 13), 0);
	/* Without an identifier, the whole mapped row; what is not mapped does not count. */
	strcpy(first, key_of("name,siren,other\nX,,1\n"));
	assert_int_equal(strncmp(first, "sha256:", 7), 0);
	assert_string_equal(key_of("other,name\n2,X\n"), first);
	assert_string_not_equal(key_of("name\nY\n"), first);
}

static void bad_rows_name_their_field(void **state)
{
	assert_string_equal(read_all("csv", "Organization", NULL,
				     "name,latitude\nX,high\nY\nZ,1.5\n"),
			    "2 refused /location/latitude\n3 refused \n"
			    "digest {\"location\":{\"latitude\":\"1.5\"},\"name\":\"Z\"}\n");
}

static void json_lines(void **state)
{
	assert_string_equal(
		read_all("ndjson", "Organization", NULL,
			 "{\"name\":\"X\",\"location\":{\"latitude\":48.5},\"trade\":[\"a\",\"b\"],\"id\":\"ignored\","
			 "\"identifiers\":{\"cog\":\"2A004\"}}\n\nnot json\n[1]\n"
			 "{\"name\":true}\n{\"name\":\"Y\",\"lat\":1}"),
		"cog:2A004 {\"identifiers\":{\"cog\":\"2A004\"},\"location\":{\"latitude\":\"48.5\"},\"name\":"
		"\"X\",\"trade\":[\"a\",\"b\"]}\n3 refused \n4 refused \n5 refused /name\n"
		"digest {\"location\":{\"latitude\":\"1\"},\"name\":\"Y\"}\n");
}

static void geojson_features(void **state)
{
	assert_string_equal(
		read_all("geojson", "Place", NULL,
			 "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":"
			 "{\"type\":\"Point\",\"coordinates\":[55.45,-20.88]},\"properties\":{\"name\":\"X\"}},"
			 "{\"type\":\"Feature\",\"geometry\":null,\"properties\":null}]}"),
		"digest {\"location\":{\"latitude\":\"-20.88\",\"longitude\":\"55.45\"},\"name\":\"X\"}\n"
		"2 refused \n");
	assert_string_equal(read_all("geojson", "Place", NULL, "{}"),
			    "invalid: not a GeoJSON FeatureCollection");
	assert_int_equal(strncmp(read_all("geojson", "Place", NULL, "{\"a\":1,\"a\":2}"), "invalid: not JSON",
				 17), 0);
}

static void calendars(void **state)
{
	const char *text = read_all(
		"ics", "Event", NULL,
		"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
		"BEGIN:VEVENT\r\nUID:abcdefgh@x\r\nSUMMARY:R\xc3\xa9union\\, tard\r\n"
		"DTSTART;TZID=Europe/Paris:20260329T033000\r\nDTEND;TZID=Europe/Paris:20260329T043000\r\n"
		"LOCATION:Mairie\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:U\r\nDTSTART:20260722T200000Z\r\nEND:VEVENT\r\n"
		"BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Z\r\nDTSTART;TZID=Nowhere/Else:20260722T200000\r\nEND:VEVENT\r\n"
		"END:VCALENDAR\r\n");

	assert_string_equal(text,
			    "uid:abcdefgh {\"endTime\":\"2026-03-29T04:30:00+02:00\",\"location\":{\"name\":"
			    "\"Mairie\"},\"name\":\"Réunion, tard\",\"startTime\":\"2026-03-29T03:30:00+02:00\","
			    "\"zone\":\"Europe/Paris\"}\n"
			    "uid:2 {\"name\":\"U\",\"startTime\":\"2026-07-23T00:00:00+04:00\",\"zone\":"
			    "\"Indian/Reunion\"}\n3 refused /zone\n");
#define EVENT(uid)                                                                                 \
	"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:" uid "\r\nSUMMARY:" uid                           \
	"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	/* Several calendars in one file, one of them empty. */
	assert_string_equal(read_all("ics", "Event", NULL,
				     EVENT("1") "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" EVENT("2")),
			    "uid:1 {\"name\":\"1\"}\nuid:2 {\"name\":\"2\"}\n");
	assert_string_equal(read_all("ics", "Event", NULL, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "");
	assert_string_equal(read_all("ics", "Event", NULL, "name,url\nX,\n"),
			    "invalid: not an iCalendar file");
}

static void gogocarto_elements(void **state)
{
	assert_non_null(strstr(
		read_all("gogocarto", "Organization", NULL,
			 "{\"data\":[{\"name\":\"X\",\"geo\":{\"latitude\":48.5,\"longitude\":2},\"address\":"
			 "{\"addressLocality\":\"Lens\"},\"website\":\"https://x.fr\"}]}"),
		"{\"location\":{\"commune\":\"Lens\",\"latitude\":\"48.5\",\"longitude\":\"2\"},\"name\":\"X\","
		"\"url\":\"https://x.fr\"}"));
}

static void formats_by_name(void **state)
{
	assert_ptr_equal(source_guess("a/b.CSV"), &source_csv);
	assert_ptr_equal(source_guess("x.geojson"), &source_geojson);
	assert_ptr_equal(source_guess("x.ndjson"), &source_ndjson);
	assert_ptr_equal(source_guess("x.ics"), &source_ics);
	assert_null(source_guess("-"));
	assert_null(source_guess(".csv"));
	assert_null(source_format("aides"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_with_the_names_of_fields),
		cmocka_unit_test(columns_named_by_map),
		cmocka_unit_test(wrong_maps),
		cmocka_unit_test(the_table_of_communes),
		cmocka_unit_test(keys_of_rows),
		cmocka_unit_test(bad_rows_name_their_field),
		cmocka_unit_test(json_lines),
		cmocka_unit_test(geojson_features),
		cmocka_unit_test(calendars),
		cmocka_unit_test(gogocarto_elements),
		cmocka_unit_test(formats_by_name),
	};

	return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
