#include "node/http/address.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

/* The bare address inside "[::1]:80" or "192.0.2.1:80". */
static void strip_port(const char **text, size_t *len)
{
	const char *colon;

	if (*len && **text == '[') {
		const char *close = memchr(*text, ']', *len);

		++*text;
		*len = close ? (size_t)(close - *text) : 0;
		return;
	}
	colon = memchr(*text, ':', *len);
	if (colon && !memchr(colon + 1, ':', *len - (size_t)(colon + 1 - *text)))
		*len = (size_t)(colon - *text);
}

int address_parse(const char *text, size_t len, struct address *ret_address)
{
	char copy[ADDRESS_TEXT];
	struct address a;

	strip_port(&text, &len);
	if (!len || len >= sizeof(copy))
		return ERR_INVALID;
	memcpy(copy, text, len);
	copy[len] = '\0';
	memcpy(a.bytes, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, copy, a.bytes + sizeof(mapped)) != 1 &&
	    inet_pton(AF_INET6, copy, a.bytes) != 1)
		return ERR_INVALID;
	*ret_address = a;
	return OK;
}

int address_of_socket(const struct sockaddr *sa, struct address *ret_address)
{
	if (sa && sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		memcpy(ret_address->bytes, mapped, sizeof(mapped));
		memcpy(ret_address->bytes + sizeof(mapped), &in->sin_addr, 4);
		return OK;
	}
	if (sa && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		memcpy(ret_address->bytes, &in6->sin6_addr, 16);
		return OK;
	}
	return ERR_INVALID;
}

void address_text(const struct address *a, char out[ADDRESS_TEXT])
{
	out[0] = '\0';
	if (is_v4(a))
		inet_ntop(AF_INET, a->bytes + sizeof(mapped), out, ADDRESS_TEXT);
	else
		inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT);
}

bool address_is_loopback(const struct address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return is_v4(a) ? a->bytes[12] == 127 : memcmp(a->bytes, one, 16) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void address_group(const struct address *a, struct address *ret_group)
{
	*ret_group = *a;
	if (!is_v4(a))
		memset(ret_group->bytes + 8, 0, 8);
}

static int net_parse(const char *text, size_t len, struct address_net *ret_net)
{
	const char *slash = memchr(text, '/', len);
	struct address_net net = {.bits = 128};
	unsigned bits = 0, most;
	int err = address_parse(text, slash ? (size_t)(slash - text) : len, &net.address);

	if (err)
		return err;
	if (slash) {
		most = is_v4(&net.address) ? 32 : 128;
		if (slash + 1 == text + len)
			return ERR_INVALID;
		for (const char *p = slash + 1; p < text + len; p++) {
			if (*p < '0' || *p > '9')
				return ERR_INVALID;
			bits = bits * 10 + (unsigned)(*p - '0');
			if (bits > most)
				return ERR_INVALID;
		}
		net.bits = 128 - most + bits;
	}
	*ret_net = net;
	return OK;
}

int address_nets_parse(const char *text, struct address_nets *ret_nets)
{
	struct address_nets nets = {0};

	for (const char *p = text ? text : ""; *p;) {
		size_t len;
		int err;

		p += strspn(p, " \t,");
		len = strcspn(p, " \t,");
		if (!len)
			break;
		if (nets.count == HTTP_PROXIES)
			return ERR_LIMIT;
		err = net_parse(p, len, &nets.items[nets.count]);
		if (err)
			return err;
		nets.count++;
		p += len;
	}
	*ret_nets = nets;
	return OK;
}

static bool net_has(const struct address_net *net, const struct address *a)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(net->address.bytes, a->bytes, whole) == 0 &&
	       (!rest || (net->address.bytes[whole] & mask) == (a->bytes[whole] & mask));
}

bool address_nets_have(const struct address_nets *nets, const struct address *a)
{
	for (size_t i = 0; i < nets->count; i++)
		if (net_has(&nets->items[i], a))
			return true;
	return false;
}

struct address address_client(const struct address_nets *trusted, const struct address *peer,
			      const char *forwarded_for)
{
	struct address client = *peer;
	const char *end = forwarded_for ? forwarded_for + strlen(forwarded_for) : NULL;

	for (int hops = 0; end && hops < HTTP_FORWARDED; hops++) {
		const char *start = end;
		size_t len;

		if (!address_nets_have(trusted, &client))
			break;
		while (start > forwarded_for && start[-1] != ',')
			start--;
		end = start > forwarded_for ? start - 1 : NULL;
		start += strspn(start, " \t");
		len = strcspn(start, " \t,");
		if (address_parse(start, len, &client) != OK)
			break;
	}
	return client;
}
