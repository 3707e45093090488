#include "node/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/zone_file.h"
#include "protocol/base/codec.h"
#include "protocol/base/time.h"

static struct zone_set *set;

static int64_t at(const char *text)
{
	int64_t t;

	assert_int_equal(time_parse(text, &t), OK);
	return t;
}

static void expect(const char *name, const char *time, int offset, const char *abbreviation)
{
	const struct zone *z = zone_get(set, name);
	char got[16];

	assert_non_null(z);
	if (zone_offset(z, at(time), got) != offset || strcmp(got, abbreviation))
		fail_msg("%s at %s: %d %s", name, time, zone_offset(z, at(time), got), got);
}

/* Civil time as if UTC -> the instant, both as text. */
static void expect_instant(const char *name, const char *civil, const char *instant)
{
	const struct zone *z = zone_get(set, name);
	char got[TIME_TEXT];

	assert_non_null(z);
	time_format(zone_instant(z, at(civil)), got);
	assert_string_equal(got, instant);
}

static void paris(void **state)
{
	expect("Europe/Paris", "2026-01-15T12:00:00Z", 3600, "CET");
	expect("Europe/Paris", "2026-03-29T00:59:59Z", 3600, "CET");
	expect("Europe/Paris", "2026-03-29T01:00:00Z", 7200, "CEST");
	expect("Europe/Paris", "2026-10-25T00:59:59Z", 7200, "CEST");
	expect("Europe/Paris", "2026-10-25T01:00:00Z", 3600, "CET");
	/* Beyond the table: the footer's rule. */
	expect("Europe/Paris", "2099-03-29T00:59:59Z", 3600, "CET");
	expect("Europe/Paris", "2099-03-29T01:00:00Z", 7200, "CEST");
	expect("Europe/Paris", "2099-12-31T23:30:00Z", 3600, "CET");
	/* The gap: the later. The overlap: the earlier. */
	expect_instant("Europe/Paris", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z");
	expect_instant("Europe/Paris", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z");
	expect_instant("Europe/Paris", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z");
	expect_instant("Europe/Paris", "2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z");
	expect_instant("Europe/Paris", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z");
	expect_instant("Europe/Paris", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z");
}

static void overseas(void **state)
{
	expect("Pacific/Marquesas", "2026-01-15T12:00:00Z", -34200, "-0930");
	expect("Pacific/Marquesas", "2099-07-15T12:00:00Z", -34200, "-0930");
	expect_instant("Pacific/Marquesas", "2026-07-14T00:00:00Z", "2026-07-14T09:30:00Z");
	expect("Indian/Reunion", "2026-01-15T12:00:00Z", 14400, "+04");
	expect("Indian/Reunion", "2026-07-15T12:00:00Z", 14400, "+04");
	expect_instant("Indian/Reunion", "2026-07-14T00:00:00Z", "2026-07-13T20:00:00Z");
	expect("America/Miquelon", "2026-07-15T12:00:00Z", -7200, "-02");
	expect("America/Miquelon", "2026-12-15T12:00:00Z", -10800, "-03");
	expect("Pacific/Noumea", "2026-07-15T12:00:00Z", 39600, "+11");
	expect("UTC", "2026-07-15T12:00:00Z", 0, "UTC");
}

static void elsewhere(void **state)
{
	/* South of the equator, half an hour of summer, a day that never was. */
	expect("Australia/Lord_Howe", "2060-01-15T12:00:00Z", 39600, "+11");
	expect("Australia/Lord_Howe", "2060-07-15T12:00:00Z", 37800, "+1030");
	expect("America/Santiago", "2060-01-15T12:00:00Z", -10800, "-03");
	expect_instant("Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-29T22:00:00Z");
	expect_instant("Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z");
	expect_instant("Pacific/Apia", "2011-12-31T12:00:00Z", "2011-12-30T22:00:00Z");
}

static void names(void **state)
{
	static const char *const bad[] = {"",
					  "/etc/passwd",
					  "../zoneinfo/UTC",
					  "Europe/../UTC",
					  "Europe//Paris",
					  "Europe/Paris/",
					  "Europe",
					  "Europe/Nowhere",
					  "zone.tab",
					  "Europe/Par is",
					  "tzdata.zi",
					  "posix/Europe/Paris",
					  "right/Europe/Paris",
					  "Europe/Paris\n"};
	char long_name[400];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (zone_get(set, bad[i]))
			fail_msg("\"%s\" is no zone", bad[i]);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_null(zone_get(set, long_name));
	assert_null(zone_get(set, NULL));
	assert_ptr_equal(zone_get(set, "Europe/Paris"), zone_get(set, "Europe/Paris"));
}

static void rules(void **state)
{
	static const char *const bad[] = {"",
					  "CE",
					  "CET",
					  "CET-1CEST",
					  "CET-1CEST,M3.5.0",
					  "CET-1CEST,M13.5.0,M10.5.0/3",
					  "CET-1CEST,M3.6.0,M10.5.0/3",
					  "CET-1CEST,M3.5.7,M10.5.0/3",
					  "CET-1CEST,M3.5.0,M10.5.0/3x",
					  "<+0-1",
					  "CET-25",
					  "CET-1CEST,M3.5.0/168,M10.5.0",
					  "<+04>-4x",
					  "CET-1CEST,J0,J365"};
	struct zone_rule r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (zone_rule_parse(bad[i], &r) == OK)
			fail_msg("\"%s\" is no rule", bad[i]);
	assert_int_equal(zone_rule_parse("IST-2IDT,M3.4.4/26,M10.5.0", &r), OK);
	/* Friday after the fourth Thursday, at 02:00. */
	assert_int_equal(zone_rule_at(&r, at("2050-03-24T23:59:59Z"))->offset, 7200);
	assert_int_equal(zone_rule_at(&r, at("2050-03-25T00:00:00Z"))->offset, 10800);
	assert_int_equal(zone_rule_parse("AAA3BBB,J60/0,300/-1:30", &r), OK);
	assert_int_equal(zone_rule_at(&r, at("2048-03-01T02:59:59Z"))->offset, -10800);
	assert_int_equal(zone_rule_at(&r, at("2048-03-01T03:00:00Z"))->offset, -7200);
}

/* Every cut and every changed byte of a real file is refused or read, within bounds. */
static void damage(void **state)
{
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Paris", "rb");
	uint8_t data[8192], *copy;
	struct zone *z;
	size_t len;

	assert_non_null(f);
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (size_t n = 0; n < len; n++) {
		copy = malloc(n + 1);
		assert_non_null(copy);
		memcpy(copy, data, n);
		assert_int_not_equal(zone_file_parse(copy, n, &z), OK);
		free(copy);
	}
	for (size_t i = 0; i < len; i++) {
		static const uint8_t values[] = {0, 0xff, 0x80, 1};

		for (size_t v = 0; v < sizeof(values); v++) {
			uint8_t old = data[i];

			data[i] = values[v];
			if (zone_file_parse(data, len, &z) == OK) {
				zone_offset(z, at("2026-07-15T12:00:00Z"), NULL);
				zone_instant(z, at("2096-07-15T12:00:00Z"));
				zone_file_free(z);
			}
			data[i] = old;
		}
	}
}

static int setup(void **state)
{
	set = zone_set_new(NULL);
	return set ? 0 : -1;
}

static int teardown(void **state)
{
	zone_set_free(set);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paris), cmocka_unit_test(overseas), cmocka_unit_test(elsewhere),
		cmocka_unit_test(names), cmocka_unit_test(rules),    cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
