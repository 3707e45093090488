/*
 * Client addresses: who is asking, also behind a trusted proxy.
 */
#ifndef MAILLAGE_HTTP_ADDRESS_H
#define MAILLAGE_HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/http/limits.h"
#include "protocol/base/err.h"

/* An IPv6 address; IPv4 in its mapped form ::ffff:a.b.c.d. */
struct address {
	uint8_t bytes[16];
};

struct address_net {
	struct address address;
	unsigned bits;
};

struct address_nets {
	struct address_net items[HTTP_PROXIES];
	size_t count;
};

enum { ADDRESS_TEXT = 46 };

/* Numeric IPv4 or IPv6, also as "[::1]:80" or "192.0.2.1:80" (proxies write such). */
int address_parse(const char *text, size_t len, struct address *ret_address);
int address_of_socket(const struct sockaddr *sa, struct address *ret_address);
void address_text(const struct address *a, char out[ADDRESS_TEXT]);
bool address_is_loopback(const struct address *a);
bool address_equal(const struct address *a, const struct address *b);
/* What limits count as one client: the IPv4 address, or the IPv6 /64. */
void address_group(const struct address *a, struct address *ret_group);

/* Comma-separated addresses, each with an optional /bits; NULL is none. ERR_INVALID, ERR_LIMIT. */
int address_nets_parse(const char *text, struct address_nets *ret_nets);
bool address_nets_have(const struct address_nets *nets, const struct address *a);
/*
 * The client behind `peer`: if the peer is trusted, the right-most hop of X-Forwarded-For that is
 * not.  A hop that is no address ends the walk: what stands left of it cannot be believed.
 */
struct address address_client(const struct address_nets *trusted, const struct address *peer,
			      const char *forwarded_for);

#endif
