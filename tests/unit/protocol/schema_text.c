#include "tests/unit/protocol/documents.h"

#include "protocol/schema.h"

static json_t *words;

static int setup(void **state)
{
	words = json_of(
		"{'profile':[{'code':'public','fr':'Acteurs publics','en':'Public bodies'}],"
		"'trade':[{'code':'dialogue','fr':'Dialogue territorial','en':'D'},"
		"{'code':'venue','fr':'Gestion d’un lieu','en':'Running a venue'}]}");
	return 0;
}

static int teardown(void **state)
{
	json_decref(words);
	return 0;
}

static const struct field *field(const char *type, const char *path)
{
	const struct field *f = schema_field(schema_type(type), path);

	assert_non_null(f);
	return f;
}

/* `text` becomes the JSON `expected`, and one of its spellings comes back. */
static void becomes(const char *type, const char *path, const char *text, const char *expected)
{
	json_t *value = NULL, *wanted = json_of(expected);
	struct fault fault = {0};

	if (schema_from_text(field(type, path), text, words, &value, &fault))
		fail_msg("%s refused: %s (%s)", text, fault.key, fault.arg);
	if (!json_equal(value, wanted))
		fail_msg("%s became %s", text, json_dumps(value, JSON_ENCODE_ANY));
	json_decref(value);
	json_decref(wanted);
}

static void refuse(const char *type, const char *path, const char *text, const char *pointer)
{
	json_t *value = NULL;
	struct fault fault = {0};

	if (schema_from_text(field(type, path), text, words, &value, &fault) != ERR_INVALID)
		fail_msg("accepted: %s", text);
	assert_string_equal(fault.pointer, pointer);
	assert_null(value);
}

static void empty_cells(void **state)
{
	static const char *const empty[] = {"", "  ", "\t\r\n", "\xc2\xa0", "\xef\xbb\xbf "};
	static const char *const paths[] = {"name", "content", "url", "trade", "location.latitude"};

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
			json_t *value = json_true();

			assert_int_equal(schema_from_text(field("Organization", paths[j]), empty[i],
							  words, &value, NULL),
					 OK);
			assert_null(value);
		}
}

static void lines(void **state)
{
	becomes("Organization", "name", "  Ville \xc2\xa0", "'Ville'");
	becomes("Organization", "name", "\xef\xbb\xbfVille", "'Ville'");
	becomes("Organization", "name", "Deux\r\n lignes", "'Deux lignes'");
	becomes("Organization", "name", "a\tb", "'a b'");
	becomes("Organization", "name", "100\xe2\x80\xaf%", "'100\xe2\x80\xaf%'");
	/* e and a combining accent become é. */
	becomes("Organization", "name", "Re\xcc\x81union", "'Réunion'");
	refuse("Organization", "name", "a\x01", "/name");
	refuse("Organization", "name", "\xff", "/name");
	refuse("Organization", "name", "\xed\xa0\x80", "/name");
}

static void paragraphs(void **state)
{
	becomes("Organization", "content", "\n# A\r\n\r\nB\rC \n", "'# A\\n\\nB\\nC'");
}

static void numbers(void **state)
{
	becomes("CallForProjects", "budget",
		" 1 000\xc2\xa0"
		"000 ",
		"1000000");
	becomes("CallForProjects", "budget", "0", "0");
	refuse("CallForProjects", "budget", "1.5", "/budget");
	refuse("CallForProjects", "budget", "-5", "/budget");
	refuse("CallForProjects", "budget", "12 €", "/budget");
	refuse("CallForProjects", "budget", "99999999999999999999999", "/budget");
	becomes("Organization", "location.latitude", "48,8584", "'48.8584'");
	becomes("Organization", "location.latitude", " +48.8584", "'48.8584'");
	becomes("Organization", "location.longitude", "-61,5", "'-61.5'");
	refuse("Organization", "location.latitude", "48,85,84", "/location/latitude");
	refuse("Organization", "location.latitude", "91", "/location/latitude");
	refuse("Organization", "location.latitude", "48°51'N", "/location/latitude");
}

static void times(void **state)
{
	becomes("Project", "startDate", "2026-11-22", "'2026-11-22'");
	becomes("Project", "startDate", "22/11/2026", "'2026-11-22'");
	refuse("Project", "startDate", "31/02/2026", "/startDate");
	refuse("Project", "startDate", "22-11-2026", "/startDate");
	becomes("Event", "startTime", " 2026-12-01T14:30+04:00", "'2026-12-01T14:30+04:00'");
	refuse("Event", "startTime", "2026-12-01T14:30", "/startTime");
	becomes("Event", "zone", "Indian/Reunion", "'Indian/Reunion'");
}

static void choices(void **state)
{
	becomes("Organization", "profile", "public", "'public'");
	becomes("Organization", "profile", "ACTEURS PUBLICS", "'public'");
	becomes("Organization", "profile", "Public bodies", "'public'");
	refuse("Organization", "profile", "privé", "/profile");
}

static void lists(void **state)
{
	becomes("Organization", "trade", "venue", "['venue']");
	becomes("Organization", "trade", "gestion d'un lieu ; Dialogue territorial",
		"['venue','dialogue']");
	becomes("Organization", "trade", "venue|venue|;", "['venue']");
	becomes("Resource", "author", "Ada Lovelace; Émilie du Châtelet;",
		"['Ada Lovelace','Émilie du Châtelet']");
	refuse("Organization", "trade", "venue;nothing", "/trade");
}

static void only_separators(void **state)
{
	json_t *value = json_true();

	assert_int_equal(
		schema_from_text(field("Organization", "trade"), " ; | ", words, &value, NULL), OK);
	assert_null(value);
}

static void identifiers(void **state)
{
	becomes("Organization", "identifiers.siren", "552 100 554", "'552100554'");
	becomes("Organization", "identifiers.siret",
		"552\xc2\xa0"
		"100\xe2\x80\xaf"
		"554 00013",
		"'55210055400013'");
	becomes("Organization", "identifiers.cog", "2a004", "'2A004'");
	becomes("Organization", "identifiers.rna", "w751234567", "'W751234567'");
	refuse("Organization", "identifiers.siren", "552 100 553", "/identifiers/siren");
	becomes("Resource", "language", "fr", "'fr'"); /* no identifier: capitals stay as written */
}

static void addresses(void **state)
{
	becomes("Organization", "url", " https://exemple.fr ", "'https://exemple.fr'");
	refuse("Organization", "url", "www.exemple.fr", "/url");
	refuse("Organization", "url", "javascript:alert(1)", "/url");
	becomes("Organization", "email", "a@b.fr ", "'a@b.fr'");
	refuse("Organization", "email", "a at b", "/email");
}

static void assert_text(const char *type, const char *path, const char *value, const char *expected)
{
	json_t *v = json_of(value);
	struct buf out;

	buf_init(&out, 1000);
	buf_str(&out, "|");
	schema_to_text(field(type, path), v, &out);
	assert_string_equal(out.data + 1, expected);
	buf_done(&out);
	json_decref(v);
}

static void to_text(void **state)
{
	assert_text("Organization", "name", "'Réunion'", "Réunion");
	assert_text("Organization", "trade", "['venue','dialogue']", "venue; dialogue");
	assert_text("Organization", "trade", "[]", "");
	assert_text("CallForProjects", "budget", "1000000", "1000000");
	assert_text("CallForProjects", "budget", "null", "");
	assert_text("Organization", "location.latitude", "'48.8584'", "48.8584");
}

static void absent_to_text(void **state)
{
	struct buf out;

	buf_init(&out, 1000);
	schema_to_text(field("Organization", "name"), NULL, &out);
	schema_to_text(field("Organization", "trade"), NULL, &out);
	assert_int_equal(out.len, 0);
	buf_done(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_cells), cmocka_unit_test(lines),
		cmocka_unit_test(paragraphs),  cmocka_unit_test(numbers),
		cmocka_unit_test(times),       cmocka_unit_test(choices),
		cmocka_unit_test(lists),       cmocka_unit_test(only_separators),
		cmocka_unit_test(identifiers), cmocka_unit_test(addresses),
		cmocka_unit_test(to_text),     cmocka_unit_test(absent_to_text),
	};

	return cmocka_run_group_tests_name("schema_text", tests, setup, teardown);
}
