#include "config.h"

#include "node/sync/netguard.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "protocol/identity.h"

struct block4 {
	uint32_t base;
	unsigned bits;
};

/* Special-purpose IPv4 blocks (IANA registry, RFC 6890) that are not global unicast. */
static const struct block4 inward4[] = {
	{0x00000000, 8},  /* 0/8: this network */
	{0x0a000000, 8},  /* 10/8: private (RFC 1918) */
	{0x64400000, 10}, /* 100.64/10: carrier-grade NAT (RFC 6598) */
	{0x7f000000, 8},  /* 127/8: loopback */
	{0xa9fe0000, 16}, /* 169.254/16: link-local */
	{0xac100000, 12}, /* 172.16/12: private */
	{0xc0000000, 24}, /* 192.0.0/24: protocol assignments */
	{0xc0000200, 24}, /* 192.0.2/24: documentation */
	{0xc0586300, 24}, /* 192.88.99/24: 6to4 relays */
	{0xc0a80000, 16}, /* 192.168/16: private */
	{0xc6120000, 15}, /* 198.18/15: benchmarks */
	{0xc6336400, 24}, /* 198.51.100/24: documentation */
	{0xcb007100, 24}, /* 203.0.113/24: documentation */
	{0xe0000000, 4},  /* 224/4: multicast */
	{0xf0000000, 4},  /* 240/4: reserved, broadcast */
};

static const char inward[] = "The address is not on the public network.";

static bool in_block4(uint32_t a, const struct block4 *b)
{
	return (a ^ b->base) >> (32 - b->bits) == 0;
}

static const char *refusal4(uint32_t a, bool loopback)
{
	if (loopback && a >> 24 == 127)
		return NULL;
	for (size_t i = 0; i < sizeof(inward4) / sizeof(inward4[0]); i++)
		if (in_block4(a, &inward4[i]))
			return inward;
	return NULL;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool starts(const uint8_t a[16], const uint8_t *prefix, size_t n)
{
	return !memcmp(a, prefix, n);
}

/* Only 2000::/3 is global unicast, and an address that carries an IPv4 one is judged by that. */
static const char *refusal6(const uint8_t a[16], bool loopback)
{
	static const uint8_t loop[16] = {[15] = 1};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t teredo[4] = {0x20, 0x01, 0x00, 0x00};
	static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
	static const uint8_t documentation2[2] = {0x3f, 0xff};

	if (starts(a, loop, sizeof(loop)))
		return loopback ? NULL : inward;
	if (starts(a, mapped, sizeof(mapped)))
		return refusal4(be32(a + 12), loopback);
	if (starts(a, nat64, sizeof(nat64)))
		return refusal4(be32(a + 12), false);
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4: 2002:V4ADDR::/48 */
		return refusal4(be32(a + 2), false);
	if (starts(a, teredo, sizeof(teredo))) /* server, and the client's address inverted */
		return refusal4(be32(a + 4), false) ? inward : refusal4(~be32(a + 12), false);
	if ((a[0] & 0xe0) != 0x20 || starts(a, documentation, sizeof(documentation)) ||
	    (starts(a, documentation2, 2) && (a[2] & 0xf0) == 0) ||
	    (a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02)) /* 2001::/23: protocol assignments */
		return inward;
	return NULL;
}

const char *netguard_refusal(const struct sockaddr *address, bool loopback)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;

		return refusal4(ntohl(in->sin_addr.s_addr), loopback);
	}
	if (address->sa_family == AF_INET6)
		return refusal6(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr,
				loopback);
	return "The address is neither IPv4 nor IPv6.";
}

void netguard_init(struct netguard *g, const char *own_url, const char *ca_file)
{
	char plain[ORIGIN_TEXT];

	memset(g, 0, sizeof(*g));
	g->http = origin_is_loopback_http(own_url);
	g->loopback = g->http;
	if (!strncmp(own_url, "https://", 8)) {
		/* The same host, asked as if it were http. */
		snprintf(plain, sizeof(plain), "http://%s", own_url + 8);
		g->loopback = origin_is_loopback_http(plain);
	}
	snprintf(g->ca_file, sizeof(g->ca_file), "%s", ca_file ? ca_file : "");
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct netguard_call *call = arg;
	const char *why = netguard_refusal(&address->addr, call->guard->loopback);

	if (purpose != CURLSOCKTYPE_IPCXN || why) {
		call->refused = why ? why : "The connection is not of a known kind.";
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct netguard_call *call = arg;

	buf_add(call->body, data, size * n);
	if (!call->body->err)
		return size * n;
	call->refused = call->body->err == ERR_LIMIT ? "The answer is larger than allowed."
						     : "There is no memory for the answer.";
	return 0;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct netguard_call *call = arg;

	call->header_bytes += size * n;
	if (call->header_bytes > NETGUARD_HEADERS) {
		call->refused = "The header of the answer is larger than allowed.";
		return 0;
	}
	if (call->header)
		call->header(call->arg, data, size * n);
	return size * n;
}

/* All options or an error: a guard with a hole is none. */
#define SET(option, value)                                                                         \
	do {                                                                                       \
		CURLcode code = curl_easy_setopt(easy, option, value);                             \
		if (code)                                                                          \
			return code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INTERNAL;             \
	} while (0)

static int setup_where(CURL *easy, struct netguard_call *call)
{
	const struct netguard *g = call->guard;
	const char *schemes = g->http ? "http,https" : "https";

	SET(CURLOPT_PROTOCOLS_STR, schemes);
	SET(CURLOPT_REDIR_PROTOCOLS_STR, schemes);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, call);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*g->ca_file) {
		/* Beside it, the system's authorities are looked up by name in their folder. */
		SET(CURLOPT_CAINFO, g->ca_file);
	} else {
		/* The bundle alone: libcurl reads it once for all connections of one multi handle.
		 */
		SET(CURLOPT_CAPATH, NULL);
	}
	return OK;
}

static int setup_how_much(CURL *easy, struct netguard_call *call)
{
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->body->max);
	SET(CURLOPT_CONNECTTIMEOUT, (long)NETGUARD_CONNECT);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)NETGUARD_STALL_RATE);
	SET(CURLOPT_LOW_SPEED_TIME, (long)NETGUARD_STALL);
	SET(CURLOPT_TIMEOUT, (long)NETGUARD_TOTAL);
	return OK;
}

int netguard_setup(CURL *easy, struct netguard_call *call)
{
	int err = setup_where(easy, call);

	if (!err)
		err = setup_how_much(easy, call);
	if (err)
		return err;
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	return OK;
}
