#include "tests/unit/node/sync_test.h"

#include <arpa/inet.h>

#include "node/sync/netguard.h"

static const char *refusal(const char *text, bool loopback)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return netguard_refusal((struct sockaddr *)&in, loopback);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return netguard_refusal((struct sockaddr *)&in6, loopback);
}

static void public_addresses(void **state)
{
	static const char *const open[] = {
		"1.1.1.1",
		"8.8.8.8",
		"9.255.255.255",
		"11.0.0.0",
		"100.63.255.255",
		"100.128.0.0",
		"126.255.255.255",
		"128.0.0.1",
		"169.253.255.255",
		"169.255.0.0",
		"172.15.255.255",
		"172.32.0.0",
		"192.0.1.0",
		"192.167.255.255",
		"192.169.0.0",
		"198.17.255.255",
		"198.20.0.0",
		"198.51.99.255",
		"203.0.112.255",
		"223.255.255.255",
		"2001:41d0::1",
		"2606:4700:4700::1111",
		"2a01:e0a::1",
		/* carrying a public IPv4 address */
		"64:ff9b::8.8.8.8",
		"2002:808:808::1",
		"::ffff:8.8.8.8",
		"2001:0:808:808::f7f7:f7f7",
	};

	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		if (refusal(open[i], false) || refusal(open[i], true))
			fail_msg("%s is refused", open[i]);
	}
}

static void inward_addresses(void **state)
{
	static const char *const shut[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"169.254.0.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.1",
		"192.168.255.255",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::2",
		"::8.8.8.8",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"fc00::1",
		"fd12::1",
		"ff02::1",
		"100::1",
		"2001:db8::1",
		"3fff::1",
		"2001:1::1",
		"2001:10::1",
		"4000::1",
		"5f00::1",
		/* carrying an inward IPv4 address */
		"::ffff:10.0.0.1",
		"::ffff:169.254.169.254",
		"64:ff9b::10.0.0.1",
		"64:ff9b::192.168.1.1",
		"64:ff9b::127.0.0.1",
		"64:ff9b:1::8.8.8.8",
		"2002:7f00:1::1",
		"2002:a00:1::1",
		"2002:c0a8:101::",
		"2001:0:a00:1::1",
		"2001:0:808:808::80ff:fffe",
	};

	for (size_t i = 0; i < sizeof(shut) / sizeof(shut[0]); i++) {
		if (!refusal(shut[i], false) || !refusal(shut[i], true))
			fail_msg("%s is let through", shut[i]);
	}
}

static void loopback_addresses(void **state)
{
	static const char *const own[] = {"127.0.0.1", "127.255.255.254", "::1",
					  "::ffff:127.0.0.1"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_non_null(refusal(own[i], false));
		assert_null(refusal(own[i], true));
	}
}

static void who_may_reach_loopback(void **state)
{
	static const struct {
		const char *url;
		bool loopback, http;
	} cases[] = {
		{"http://127.0.0.1:8080", true, true},
		{"http://localhost:8080", true, true},
		{"http://[::1]:8080", true, true},
		{"https://localhost:8443", true, false},
		{"https://127.0.0.1:8443", true, false},
		{"https://ville.example.org", false, false},
		{"https://localhost.example.org", false, false},
		{"https://127.example.org", false, false},
		{"http://ville.example.org", false, false},
	};
	struct netguard g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		netguard_init(&g, cases[i].url, "");
		if (g.loopback != cases[i].loopback || g.http != cases[i].http)
			fail_msg("%s: loopback %d, http %d", cases[i].url, g.loopback, g.http);
	}
}

/* The rule holds where the socket is made, not only where addresses are compared. */
static void a_socket_inwards_is_refused(void **state)
{
	static const char *const urls[] = {
		"https://127.0.0.1:9/", "https://localhost:9/",		 "https://[::1]:9/",
		"https://10.0.0.1:9/",	"https://[::ffff:127.0.0.1]:9/", "https://2130706433:9/"};
	struct netguard g;

	netguard_init(&g, "https://ville.example.org", "");
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct buf body;
		struct netguard_call call = {.guard = &g, .body = &body};
		CURL *easy = curl_easy_init();

		buf_init(&body, 1000);
		assert_int_equal(netguard_setup(easy, &call), OK);
		curl_easy_setopt(easy, CURLOPT_URL, urls[i]);
		assert_int_equal(curl_easy_perform(easy), CURLE_COULDNT_CONNECT);
		assert_non_null(call.refused);
		curl_easy_cleanup(easy);
		buf_done(&body);
	}
}

static void other_schemes_are_refused(void **state)
{
	static const char *const urls[] = {"http://127.0.0.1:9/", "file:///etc/passwd",
					   "ftp://127.0.0.1/", "gopher://127.0.0.1/",
					   "https://user:secret@127.0.0.1:9/"};
	struct netguard g;

	netguard_init(&g, "https://localhost:8443", "");
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct buf body;
		struct netguard_call call = {.guard = &g, .body = &body};
		CURL *easy = curl_easy_init();
		CURLcode code;

		buf_init(&body, 1000);
		assert_int_equal(netguard_setup(easy, &call), OK);
		curl_easy_setopt(easy, CURLOPT_URL, urls[i]);
		code = curl_easy_perform(easy);
		if (code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_LOGIN_DENIED)
			fail_msg("%s: %s", urls[i], curl_easy_strerror(code));
		curl_easy_cleanup(easy);
		buf_done(&body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(inward_addresses),
		cmocka_unit_test(loopback_addresses),
		cmocka_unit_test(who_may_reach_loopback),
		cmocka_unit_test(a_socket_inwards_is_refused),
		cmocka_unit_test(other_schemes_are_refused),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("netguard", tests, NULL, NULL);
}
