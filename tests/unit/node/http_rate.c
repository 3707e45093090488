#include "tests/unit/node/http_check.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>

#include "node/http/rate.h"

static struct address at(const char *text)
{
	struct address a;

	assert_int_equal(address_parse(text, strlen(text), &a), OK);
	return a;
}

static void a_burst_then_the_rate(void **state)
{
	const struct rate_limit limits[RATE_COUNT] = {[RATE_LOGIN] = {10, 3}};
	struct rate_table *t = rate_new(limits);
	struct address a = at("192.0.2.1"), b = at("192.0.2.2");
	unsigned wait = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_take(t, RATE_LOGIN, &a, 1000, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 1000, &wait), ERR_LIMIT);
	assert_int_equal(wait, 7);
	assert_int_equal(rate_take(t, RATE_LOGIN, &b, 1000, &wait), OK);
	assert_int_equal(rate_take(t, RATE_FORM, &a, 1000, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 6999, &wait), ERR_LIMIT);
	assert_int_equal(wait, 1);
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 7000, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 7000, &wait), ERR_LIMIT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_take(t, RATE_LOGIN, &a, 1000000, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 1000000, &wait), ERR_LIMIT);
	/* Threads race with their clocks: an older time gives nothing. */
	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 999000, &wait), ERR_LIMIT);
	rate_free(t);
}

static void one_client_is_a_64(void **state)
{
	const struct rate_limit limits[RATE_COUNT] = {[RATE_LOGIN] = {1, 1}};
	struct rate_table *t = rate_new(limits);
	struct address a = at("2001:db8::1"), same = at("2001:db8::ffff:2"),
		       other = at("2001:db8:0:1::1"), v4 = at("192.0.2.1");
	unsigned wait;

	assert_int_equal(rate_take(t, RATE_LOGIN, &a, 1, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &same, 1, &wait), ERR_LIMIT);
	assert_int_equal(rate_take(t, RATE_LOGIN, &other, 1, &wait), OK);
	assert_int_equal(rate_take(t, RATE_LOGIN, &v4, 1, &wait), OK);
	rate_free(t);
}

static void loopback_is_limited_where_passwords_are(void **state)
{
	struct rate_table *t = rate_new(NULL);
	struct address a = at("127.0.0.1"), b = at("192.0.2.1");
	unsigned wait, passed = 0;

	for (int i = 0; i < 5000; i++)
		assert_int_equal(rate_take(t, RATE_FORM, &a, 1, &wait), OK);
	for (int i = 0; i < 5000; i++)
		passed += rate_take(t, RATE_FORM, &b, 1, &wait) == OK;
	assert_in_range(passed, 10, 1000);
	for (passed = 0; rate_take(t, RATE_LOGIN, &a, 1, &wait) == OK; passed++)
		;
	assert_int_equal(passed, 10);
	rate_free(t);
}

/* More addresses than the table holds must not make it forget one that keeps trying. */
static void a_flood_does_not_free_the_busy(void **state)
{
	struct rate_table *t = rate_new(NULL);
	struct address busy = at("192.0.2.1"), other;
	unsigned wait;
	char text[32];

	for (int i = 0; i < 10; i++)
		assert_int_equal(rate_take(t, RATE_LOGIN, &busy, 1, &wait), OK);
	for (int i = 0; i < 4 * HTTP_RATE_SLOTS; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		other = at(text);
		rate_take(t, RATE_LOGIN, &other, 1, &wait);
	}
	assert_int_equal(rate_take(t, RATE_LOGIN, &busy, 1, &wait), ERR_LIMIT);
	rate_free(t);
}

static void addresses(void **state)
{
	static const char *const bad[] = {"",	  "1.2.3", "1.2.3.4.5",	 "::g",
					  "[::1", "x",	   "1.2.3.4:5:6"};
	struct address a, b;
	char text[ADDRESS_TEXT];

	a = at("::ffff:192.0.2.1");
	b = at("192.0.2.1");
	assert_true(address_equal(&a, &b));
	address_text(&a, text);
	assert_string_equal(text, "192.0.2.1");
	a = at("[2001:db8::1]:443");
	address_text(&a, text);
	assert_string_equal(text, "2001:db8::1");
	a = at("192.0.2.1:80");
	assert_true(address_equal(&a, &b));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(address_parse(bad[i], strlen(bad[i]), &a), ERR_INVALID);
}

static const char *client(const char *trusted, const char *peer, const char *forwarded)
{
	static char text[ADDRESS_TEXT];
	struct address_nets nets;
	struct address p = at(peer), c;

	assert_int_equal(address_nets_parse(trusted, &nets), OK);
	c = address_client(&nets, &p, forwarded);
	address_text(&c, text);
	return text;
}

static void clients_behind_proxies(void **state)
{
	struct address_nets nets;

	assert_string_equal(client(NULL, "192.0.2.9", "1.1.1.1"), "192.0.2.9");
	assert_string_equal(client("127.0.0.1", "127.0.0.1", "1.1.1.1"), "1.1.1.1");
	assert_string_equal(client("127.0.0.1", "127.0.0.1", "6.6.6.6, 1.1.1.1"), "1.1.1.1");
	assert_string_equal(
		client("127.0.0.1, 10.0.0.0/8", "127.0.0.1", "6.6.6.6,1.1.1.1, 10.1.2.3"),
		"1.1.1.1");
	assert_string_equal(client("10.0.0.0/8", "10.0.0.1", "10.0.0.2"), "10.0.0.2");
	assert_string_equal(client("::1", "::1", "2001:db8::7"), "2001:db8::7");
	assert_string_equal(client("2001:db8::/33", "2001:db8::1", "1.1.1.1"), "1.1.1.1");
	assert_string_equal(client("2001:db8::/33", "2001:db8:8000::1", "1.1.1.1"),
			    "2001:db8:8000::1");
	/* What stands behind a hop that is no address cannot be believed. */
	assert_string_equal(client("127.0.0.1", "127.0.0.1", "1.1.1.1, unknown"), "127.0.0.1");
	assert_string_equal(client("127.0.0.1", "127.0.0.1", ""), "127.0.0.1");
	assert_string_equal(client("127.0.0.1", "127.0.0.1", NULL), "127.0.0.1");
	assert_int_equal(address_nets_parse("10.0.0.0/33", &nets), ERR_INVALID);
	assert_int_equal(address_nets_parse("10.0.0.0/", &nets), ERR_INVALID);
	assert_int_equal(address_nets_parse("proxy.example", &nets), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_the_rate),
		cmocka_unit_test(one_client_is_a_64),
		cmocka_unit_test(loopback_is_limited_where_passwords_are),
		cmocka_unit_test(a_flood_does_not_free_the_busy),
		cmocka_unit_test(addresses),
		cmocka_unit_test(clients_behind_proxies),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("http/rate", tests, NULL, NULL);
}
