#include "web/tpl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/i18n.h"

static const char *source_dir(void)
{
	const char *dir = getenv("srcdir");

	return dir ? dir : ".";
}

/* Compile `source`, which may use the partials of `spec`, and render it over `data`. */
static char *render_case(const json_t *spec)
{
	const json_t *partials = json_object_get(spec, "partials");
	struct tpl_source sources[16] = {{0}};
	struct tpl_set *set = NULL;
	struct fault fault = {0};
	struct buf out;
	const char *key;
	json_t *value;
	size_t count = 0;

	sources[count].name = "case";
	sources[count].text = json_string_value(json_object_get(spec, "template"));
	sources[count].len = strlen(sources[count].text);
	count++;
	json_object_foreach((json_t *)partials, key, value) {
		assert_true(count < 16);
		sources[count].name = key;
		sources[count].text = json_string_value(value);
		sources[count].len = json_string_length(value);
		count++;
	}
	assert_int_equal(tpl_set_compile(sources, count, &set, &fault), OK);
	buf_init(&out, 1 << 20);
	assert_int_equal(
		tpl_render(set, "case", NULL, json_object_get(spec, "data"), NULL, &out), OK);
	tpl_set_free(set);
	buf_add(&out, "", 0);
	return out.data ? buf_steal(&out, NULL) : strdup("");
}

static void run_spec(const char *name)
{
	char path[512];
	json_error_t error;
	json_t *file, *spec;
	size_t i, failed = 0;

	snprintf(path, sizeof(path), "%s/tests/unit/web/data/%s.json", source_dir(), name);
	file = json_load_file(path, 0, &error);
	if (!file)
		fail_msg("%s: %s", path, error.text);
	json_array_foreach(json_object_get(file, "tests"), i, spec) {
		const char *want = json_string_value(json_object_get(spec, "expected"));
		char *got = render_case(spec);

		if (strcmp(got, want) != 0) {
			print_error("%s, %s: wanted \"%s\", got \"%s\"\n", name,
				    json_string_value(json_object_get(spec, "name")), want, got);
			failed++;
		}
		free(got);
	}
	assert_true(i >= 10);
	assert_int_equal(failed, 0);
	json_decref(file);
}

static void spec_comments(void **state)
{
	run_spec("comments");
}

static void spec_interpolation(void **state)
{
	run_spec("interpolation");
}

static void spec_inverted(void **state)
{
	run_spec("inverted");
}

static void spec_partials(void **state)
{
	run_spec("partials");
}

static void spec_sections(void **state)
{
	run_spec("sections");
}

/* Render one template over a view given as JSON text. */
static void expect(const char *text, const char *view_text, const char *want)
{
	json_t *view = json_loads(view_text, 0, NULL);
	json_t *spec = json_pack("{s:s, s:o}", "template", text, "data", view);
	char *got;

	assert_non_null(view);
	assert_non_null(spec);
	got = render_case(spec);
	assert_string_equal(got, want);
	free(got);
	json_decref(spec);
}

static void iterators(void **state)
{
	expect("{{#list}}({{.}}){{/list}}", "{\"list\":[\"a\",1,2.5]}", "(a)(1)(2.5)");
	expect("{{#list}}({{#.}}{{.}}{{/.}}){{/list}}", "{\"list\":[[1,2],[\"a\"]]}", "(12)(a)");
	expect("{{#foo}}{{.}} is {{foo}}{{/foo}}", "{\"foo\":\"bar\"}", "bar is bar");
	expect("{{#list}}({{.}})({{{.}}}){{/list}}", "{\"list\":[\"<\"]}", "(&lt;)(<)");
}

static void falsehood(void **state)
{
	expect("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":\"\"}", "no");
	expect("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":0}", "no");
	expect("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":null}", "no");
	expect("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":{}}", "yes");
	expect("({{a}})", "{\"a\":null}", "()");
	expect("({{a}}) ({{b}})", "{\"a\":true,\"b\":-9007199254740993}",
	       "(true) (-9007199254740993)");
}

static void innermost_object(void **state)
{
	static const char VIEW[] = "{\"href\":\"/page\",\"items\":[{\"t\":\"A\"},"
				   "{\"t\":\"B\",\"href\":\"/b\"}]}";

	expect("{{#items}}{{.t}}{{.href}};{{/items}}", VIEW, "A;B/b;");
	expect("{{#items}}{{t}}{{href}};{{/items}}", VIEW, "A/page;B/b;");
	expect("{{#items?}}<{{#items}}{{.t}}{{/items}}{{.href}}>{{/items?}}{{^none?}}!{{/none?}}", VIEW,
	       "<AB/page>!");
	expect("{{#items}}{{#.href}}<{{.}} {{.t}}>{{/.href}}{{^.href}}{{.t}}{{/.href}}{{/items}}",
	       VIEW, "A</b B>");
}

static void escaping(void **state)
{
	expect("{{a}}|{{{a}}}|{{&a}}", "{\"a\":\"<b a='\\\"'>&\"}",
	       "&lt;b a=&#39;&quot;&#39;&gt;&amp;|<b a='\"'>&|<b a='\"'>&");
}

static void untranslated(void **state)
{
	expect("{{_ Hello <you>}}", "{}", "Hello &lt;you&gt;");
	expect("{{_ Hello %s, welcome|who.name}}!", "{\"who\":{\"name\":\"A & B\"}}",
	       "Hello A &amp; B, welcome!");
	expect("{{_ 100%s}} {{_name}}", "{\"_name\":\"n\"}", "100%s n");
}

static void base_is_below(void **state)
{
	struct tpl_source source = {"t", "{{a}}{{b}}", 10};
	json_t *base = json_pack("{s:s,s:s}", "a", "base", "b", "base");
	json_t *view = json_pack("{s:s}", "b", "view");
	struct tpl_set *set = NULL;
	struct buf out;

	assert_int_equal(tpl_set_compile(&source, 1, &set, NULL), OK);
	buf_init(&out, 100);
	assert_int_equal(tpl_render(set, "t", base, view, NULL, &out), OK);
	assert_string_equal(out.data, "baseview");
	buf_done(&out);
	buf_init(&out, 3);
	assert_int_equal(tpl_render(set, "t", base, view, NULL, &out), ERR_LIMIT);
	assert_int_equal(tpl_render(set, "none", base, view, NULL, &out), ERR_NOTFOUND);
	buf_done(&out);
	tpl_set_free(set);
	json_decref(base);
	json_decref(view);
}

static void endless_partials(void **state)
{
	struct tpl_source source = {"t", "x{{>t}}", 7};
	struct tpl_set *set = NULL;
	struct buf out;

	assert_int_equal(tpl_set_compile(&source, 1, &set, NULL), OK);
	buf_init(&out, 1000);
	assert_int_equal(tpl_render(set, "t", NULL, NULL, NULL, &out), ERR_LIMIT);
	buf_done(&out);
	tpl_set_free(set);
}

static void refuse(const char *text, const char *where)
{
	struct tpl_source source = {"t", text, strlen(text)};
	struct tpl_set *set = NULL;
	struct fault fault = {0};

	assert_int_not_equal(tpl_set_compile(&source, 1, &set, &fault), OK);
	assert_string_equal(fault.arg, where);
	assert_null(set);
}

static void bad_templates(void **state)
{
	char deep[40 * 6 + 1] = "";

	refuse("a\nb {{name", "t:2");
	refuse("{{#a}}\n{{#b}}", "t:2");
	refuse("{{#a}}\n{{/b}}", "t:2");
	refuse("{{/a}}", "t:1");
	refuse("{{}}", "t:1");
	refuse("\n{{=<% %>=}}", "t:2");
	refuse("{{{a}}", "t:1");
	refuse("{{a..b}}", "t:1");
	refuse("{{a.b.c.d.e.f.g.h.i}}", "t:1");
	for (int i = 0; i < 40; i++)
		strcat(deep, "{{#a}}");
	refuse(deep, "t:1");
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void remove_file(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void load_folder(void **state)
{
	char dir[] = "/tmp/maillage-tpl-XXXXXX";
	struct tpl_set *set = NULL;
	struct fault fault = {0};
	struct buf out;

	assert_non_null(mkdtemp(dir));
	write_file(dir, "page.mustache", "<{{> part}}>");
	write_file(dir, "ignored.txt", "{{");
	assert_int_equal(tpl_set_load(dir, &set, &fault), ERR_NOTFOUND);
	assert_string_equal(fault.arg, "part");
	write_file(dir, "part.mustache", "{{a}}");
	assert_int_equal(tpl_set_load(dir, &set, &fault), OK);
	buf_init(&out, 100);
	assert_int_equal(tpl_render(set, "page", NULL, NULL, NULL, &out), OK);
	assert_string_equal(out.data, "<>");
	buf_done(&out);
	tpl_set_free(set);
	remove_file(dir, "page.mustache");
	remove_file(dir, "part.mustache");
	remove_file(dir, "ignored.txt");
	rmdir(dir);
	assert_int_equal(tpl_set_load(dir, &set, &fault), ERR_IO);
}

/* Every page we ship compiles, finds its partials and renders over nothing at all. */
static void shipped_templates(void **state)
{
	static const char *const PAGES[] = {"home", "list", "agenda", "object", "form", "confirm",
					    "login", "join", "me", "network", "admin", "error",
					    "text"};
	char dir[512];
	struct tpl_set *set = NULL;
	struct fault fault = {0};
	struct buf out;

	snprintf(dir, sizeof(dir), "%s/web/templates", source_dir());
	if (tpl_set_load(dir, &set, &fault) != OK)
		fail_msg("%s: %s", fault.key, fault.arg);
	for (size_t i = 0; i < sizeof(PAGES) / sizeof(*PAGES); i++) {
		buf_init(&out, 1 << 20);
		assert_int_equal(tpl_render(set, PAGES[i], NULL, NULL, NULL, &out), OK);
		assert_memory_equal(out.data, "<!doctype html>", 15);
		assert_non_null(strstr(out.data, "</html>"));
		/* One h1 a page; no style or script inside, which the content policy forbids. */
		assert_non_null(strstr(out.data, "<h1"));
		assert_null(strstr(strstr(out.data, "<h1") + 1, "<h1"));
		assert_null(strstr(out.data, " style="));
		assert_null(strstr(out.data, "<script"));
		assert_null(strstr(out.data, "<style"));
		buf_done(&out);
	}
	tpl_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec_comments),    cmocka_unit_test(spec_interpolation),
		cmocka_unit_test(spec_inverted),    cmocka_unit_test(spec_partials),
		cmocka_unit_test(spec_sections),    cmocka_unit_test(iterators),
		cmocka_unit_test(falsehood),	    cmocka_unit_test(innermost_object),
		cmocka_unit_test(escaping),	    cmocka_unit_test(untranslated),
		cmocka_unit_test(base_is_below),    cmocka_unit_test(endless_partials),
		cmocka_unit_test(bad_templates),    cmocka_unit_test(load_folder),
		cmocka_unit_test(shipped_templates),
	};

	return cmocka_run_group_tests_name("web/tpl", tests, NULL, NULL);
}
