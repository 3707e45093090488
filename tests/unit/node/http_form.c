#include "tests/unit/node/http_check.h"

#include "node/http/form.h"
#include "node/http/limits.h"

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=XX"
#define TEXT(name, value)                                                                          \
	"--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static int parse(void *mem, const char *type, const char *body, struct form *form)
{
	struct fault fault = {0};
	size_t len = strlen(body);

	memset(form, 0, sizeof(*form));
	return form_parse(mem, type, exactly(mem, body, len), len, form, &fault);
}

static void content_types(void **state)
{
	assert_true(form_is(URLENCODED));
	assert_true(form_is("Application/X-WWW-Form-urlencoded; charset=utf-8"));
	assert_true(form_is(MULTIPART));
	assert_false(form_is("application/json"));
	assert_false(form_is("multipart/form-dataX"));
	assert_false(form_is("multipart/mixed; boundary=XX"));
	assert_false(form_is(NULL));
}

static void urlencoded(void **state)
{
	void *mem = talloc_new(NULL);
	struct form f;

	assert_int_equal(parse(mem, URLENCODED, "name=L%27atelier+caf%C3%A9&empty=&name=2", &f),
			 OK);
	assert_int_equal(f.count, 3);
	assert_string_equal(f.fields[0].name, "name");
	assert_string_equal(f.fields[0].data, "L'atelier café");
	assert_null(f.fields[0].filename);
	assert_string_equal(f.fields[1].data, "");
	assert_string_equal(f.fields[2].data, "2");
	assert_int_equal(parse(mem, URLENCODED, "", &f), OK);
	assert_int_equal(f.count, 0);
	assert_int_equal(parse(mem, URLENCODED, "a=%e9", &f), ERR_INVALID);
	assert_int_equal(parse(mem, URLENCODED, "a=%", &f), ERR_INVALID);
	assert_int_equal(parse(mem, URLENCODED, "a=%00", &f), ERR_INVALID);
	talloc_free(mem);
}

static void multipart(void **state)
{
	static const char body[] = TEXT("name", "caf\xc3\xa9") TEXT(
		"empty", "") "--XX\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; "
			     "name=\"file\"; "
			     "filename=\"a \\\"b\\\".csv\"\r\n\r\na,b\r\n\r\n--XY\r\n\r\n--XX\r\n"
			     "content-disposition: FORM-DATA;name=bare\r\n\r\nline 1\r\nline "
			     "2\r\n--XX--\r\n";
	void *mem = talloc_new(NULL);
	struct form f;

	assert_int_equal(parse(mem, MULTIPART, body, &f), OK);
	assert_int_equal(f.count, 4);
	assert_string_equal(f.fields[0].name, "name");
	assert_string_equal(f.fields[0].data, "café");
	assert_string_equal(f.fields[1].data, "");
	assert_string_equal(f.fields[2].filename, "a \"b\".csv");
	assert_string_equal(f.fields[2].type, "text/csv");
	assert_int_equal(f.fields[2].len, 13);
	assert_memory_equal(f.fields[2].data, "a,b\r\n\r\n--XY\r\n", 13);
	assert_string_equal(f.fields[3].name, "bare");
	assert_string_equal(f.fields[3].data, "line 1\r\nline 2");
	assert_int_equal(
		parse(mem, "multipart/form-data; boundary=\"XX\"", TEXT("a", "b") "--XX--", &f),
		OK);
	assert_int_equal(parse(mem, MULTIPART, "--XX--\r\n", &f), OK);
	assert_int_equal(f.count, 0);
	talloc_free(mem);
}

static void files_hold_any_bytes(void **state)
{
	static const char body[] = "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
				   "filename=\"\"\r\n\r\n\0\xff\r\n--XX--";
	void *mem = talloc_new(NULL);
	struct form f = {0};
	struct fault fault = {0};

	assert_int_equal(form_parse(mem, MULTIPART, body, sizeof(body) - 1, &f, &fault), OK);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.fields[0].len, 2);
	assert_string_equal(f.fields[0].filename, "");
	assert_string_equal(f.fields[0].type, "");
	talloc_free(mem);
}

static void malformed_multipart(void **state)
{
	static const char *const bad[] = {
		"",
		"--XX",
		"--XX\r\n",
		"--XX\r\n\r\n",
		"--XX\n",
		"x--XX--",
		TEXT("a", "b"),
		TEXT("a", "b") "--XX",
		TEXT("a", "\xff") "--XX--",
		TEXT("\xff", "b") "--XX--",
		TEXT("a", "b") "--XXX--",
		"--XX\r\n\r\nno head\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
		"Content-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nx\r\n--XX--",
		"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nx\r\n--XX--",
	};
	void *mem = talloc_new(NULL);
	struct form f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parse(mem, MULTIPART, bad[i], &f), ERR_INVALID);
	assert_int_equal(parse(mem, "multipart/form-data", "--XX--", &f), ERR_INVALID);
	assert_int_equal(parse(mem, "multipart/form-data; boundary=", "----", &f), ERR_INVALID);
	assert_int_equal(parse(mem, "multipart/form-data; boundary=\"XX", "--XX--", &f),
			 ERR_INVALID);
	talloc_free(mem);
}

/* Repeat `piece` n times between the start and `end`. */
static char *repeated(void *mem, const char *piece, size_t n, const char *end)
{
	char *text = talloc_strdup(mem, "");

	while (n--)
		text = talloc_strdup_append_buffer(text, piece);
	return talloc_strdup_append_buffer(text, end);
}

static void ceilings(void **state)
{
	static const char file[] = "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
				   "filename=\"x\"\r\n\r\n\r\n";
	char long_type[128] = "multipart/form-data; boundary=";
	void *mem = talloc_new(NULL);
	struct form f;

	assert_int_equal(parse(mem, URLENCODED, repeated(mem, "a&", HTTP_FORM_FIELDS, ""), &f), OK);
	assert_int_equal(f.count, HTTP_FORM_FIELDS);
	assert_int_equal(parse(mem, URLENCODED, repeated(mem, "a&", HTTP_FORM_FIELDS, "a"), &f),
			 ERR_LIMIT);
	assert_int_equal(
		parse(mem, MULTIPART, repeated(mem, TEXT("a", ""), HTTP_FORM_FIELDS, "--XX--"), &f),
		OK);
	assert_int_equal(parse(mem, MULTIPART,
			       repeated(mem, TEXT("a", ""), HTTP_FORM_FIELDS + 1, "--XX--"), &f),
			 ERR_LIMIT);
	assert_int_equal(parse(mem, MULTIPART, repeated(mem, file, HTTP_FORM_FILES, "--XX--"), &f),
			 OK);
	assert_int_equal(
		parse(mem, MULTIPART, repeated(mem, file, HTTP_FORM_FILES + 1, "--XX--"), &f),
		ERR_LIMIT);
	memset(long_type + strlen(long_type), 'x', HTTP_BOUNDARY + 1);
	assert_int_equal(parse(mem, long_type, repeated(mem, "-", 100, ""), &f), ERR_INVALID);
	talloc_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_types),       cmocka_unit_test(urlencoded),
		cmocka_unit_test(multipart),	       cmocka_unit_test(files_hold_any_bytes),
		cmocka_unit_test(malformed_multipart), cmocka_unit_test(ceilings),
	};

	return cmocka_run_group_tests_name("http/form", tests, NULL, NULL);
}
