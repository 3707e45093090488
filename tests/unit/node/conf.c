#include "node/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char file[64];

static int read_text(const char *text, struct conf *c, struct fault *fault)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	memset(fault, 0, sizeof(*fault));
	return conf_read(file, c, fault);
}

static void defaults(void **state)
{
	struct fault fault;
	struct conf c;

	assert_int_equal(read_text("[node]\nurl = https://a.example.org\n", &c, &fault), OK);
	assert_string_equal(c.url, "https://a.example.org");
	assert_string_equal(c.lang, "fr");
	assert_string_equal(c.zone, "Europe/Paris");
	assert_string_equal(c.listen, "127.0.0.1:8080");
	assert_int_equal(c.connections, 480);
	assert_int_equal(c.notify, 1);
	assert_int_equal(c.map_gib, 32);
}

static void values(void **state)
{
	struct fault fault;
	char text[1200], long_value[CONF_TEXT_MAX];
	struct conf c;

	assert_int_equal(
		read_text("; a comment\n# another\n[node]\n url=http://127.0.0.1:9000  ; inline\n"
			  "lang: en\n\n[http]\nconnections = 7000\n[sync]\nnotify = no\n",
			  &c, &fault),
		OK);
	assert_string_equal(c.url, "http://127.0.0.1:9000");
	assert_string_equal(c.lang, "en");
	assert_int_equal(c.connections, 7000);
	assert_int_equal(c.notify, 0);
	memset(long_value, 'x', sizeof(long_value) - 1);
	long_value[0] = '/';
	long_value[sizeof(long_value) - 1] = '\0';
	snprintf(text, sizeof(text), "[node]\nurl = https://a.example.org\n[log]\nfile = %s\n",
		 long_value);
	assert_int_equal(read_text(text, &c, &fault), OK);
	assert_string_equal(c.file, long_value);
}

static void refusals(void **state)
{
	static const struct {
		const char *text, *arg;
	} bad[] = {
		{"[node]\nurl = https://a.example.org\ncolour = red\n", ":3: node.colour"},
		{"[node]\nurl = https://a.example.org\n[nodes]\nlang = fr\n", ":3"},
		{"[nothing]\n", ":1"},
		{"url = https://a.example.org\n", ":1: url"},
		{"[http]\nurl = https://a.example.org\n", ":2: http.url"},
		{"[node]\nurl = https://a.example.org\nurl = https://b.example.org\n",
		 ":3: node.url"},
		{"[node]\nurl = https://a.example.org\n  and more\n", ":3: node.url"},
		{"[http]\nconnections = 12x\n", ":2: http.connections"},
		{"[http]\nconnections = 15\n", ":2: http.connections"},
		{"[http]\nconnections = 7001\n", ":2: http.connections"},
		{"[http]\nconnections = 99999999999999999999\n", ":2: http.connections"},
		{"[http]\nconnections =\n", ":2: http.connections"},
		{"[sync]\nnotify = perhaps\n", ":2: sync.notify"},
		{"[node]\nlang\n", ":2"},
		{"[node\nlang = fr\n", ":1"},
		{"[node]\nlang = f\xff\n", ":2: node.lang"},
	};
	struct fault fault;
	struct conf c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(bad[i].text, &c, &fault), ERR_INVALID);
		if (!strstr(fault.arg, bad[i].arg) || !strstr(fault.arg, "conf-test"))
			fail_msg("case %zu says \"%s\", not \"%s\"", i, fault.arg, bad[i].arg);
	}
}

static void long_line(void **state)
{
	struct fault fault;
	char text[2000];
	struct conf c;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "[log]\nfile = /", 14);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(read_text(text, &c, &fault), ERR_INVALID);
	assert_non_null(strstr(fault.arg, ":2"));
}

static void relations(void **state)
{
	static const char *const bad[] = {
		"[node]\nlang = fr\n",
		"[node]\nurl = http://a.example.org\n",
		"[node]\nurl = https://a.example.org/path\n",
		"[node]\nurl = https://a.example.org\nlang = de\n",
		"[node]\nurl = https://a.example.org\nzone = ../etc/passwd\n",
		"[node]\nurl = https://a.example.org\nterritory = 974\n",
		"[node]\nurl = https://a.example.org\n[http]\nlisten = 8080\n",
		"[node]\nurl = https://a.example.org\n[http]\nlisten = 127.0.0.1:99999\n",
		"[node]\nurl = https://a.example.org\n[http]\nlisten = ::1:80\n",
		"[node]\nurl = https://a.example.org\n[http]\ntls_cert = /a.pem\n",
		"[node]\nurl = https://a.example.org\n[sync]\npoll_min = 60\npoll_max = 30\n",
	};
	struct fault fault;
	struct conf c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_text(bad[i], &c, &fault) != ERR_INVALID || !fault.key)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_int_equal(
		read_text("[node]\nurl = https://a.example.org\n[http]\nlisten = [::1]:80\n", &c,
			  &fault),
		OK);
}

static void absent(void **state)
{
	struct fault fault;
	struct conf c;

	assert_int_equal(conf_read("/nonexistent/maillage.conf", &c, &fault), ERR_NOTFOUND);
}

static void written_reads_back(void **state)
{
	struct conf c, back;
	struct fault fault;
	FILE *f;

	conf_defaults(&c);
	strcpy(c.url, "https://commune.example.fr");
	strcpy(c.territory, "2A004");
	strcpy(c.ca_file, "/etc/one more/ca.pem");
	c.threads = 7;
	c.notify = 0;
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(conf_write(&c, f), OK);
	fclose(f);
	assert_int_equal(conf_read(file, &back, &fault), OK);
	assert_memory_equal(&c, &back, sizeof(c));
	strcpy(c.ca_file, "/etc/ca.pem ; rm");
	assert_int_equal(conf_check(&c, &fault), ERR_INVALID);
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	snprintf(file, sizeof(file), "%s/conf-test-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	fd = mkstemp(file);
	if (fd < 0)
		return -1;
	return close(fd);
}

static int teardown(void **state)
{
	return unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),	      cmocka_unit_test(values),
		cmocka_unit_test(refusals),	      cmocka_unit_test(long_line),
		cmocka_unit_test(relations),	      cmocka_unit_test(absent),
		cmocka_unit_test(written_reads_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
