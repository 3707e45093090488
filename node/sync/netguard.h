/*
 * The one place that configures a libcurl handle.  Every outgoing HTTP request of the node passes
 * here: which schemes, which addresses, how much may come back, how slowly.
 *
 * Addresses are checked once resolved, when the socket is made, so that a name cannot point
 * inwards: only global unicast is reached.  Loopback is open exactly when this node's own address
 * is a loopback one; plain http exactly when that address is http too.  No redirects, no proxy.
 */
#ifndef MAILLAGE_SYNC_NETGUARD_H
#define MAILLAGE_SYNC_NETGUARD_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "node/conf.h"
#include "protocol/base/buf.h"

enum {
	NETGUARD_CONNECT = 10,		/* seconds to connect */
	NETGUARD_STALL_RATE = 1024,	/* bytes a second... */
	NETGUARD_STALL = 10,		/* ...below which a transfer is given up after so many seconds */
	NETGUARD_TOTAL = 600,		/* seconds for one request at most */
	NETGUARD_HEADERS = 32 * 1024,	/* bytes of an answer's header */
};

struct netguard {
	bool loopback, http;		/* allowed */
	char ca_file[CONF_TEXT_MAX];	/* one more authority, "" : none */
};

/* One request under guard: what it may bring, and why it was cut. */
struct netguard_call {
	const struct netguard *guard;
	struct buf *body;		/* receives the decoded body up to body->max */
	const char *refused;		/* set if the guard cut it: a static sentence */
	size_t header_bytes;
	/* Each header line, not terminated; may be NULL. */
	void (*header)(void *arg, const char *line, size_t len);
	void *arg;
};

void netguard_init(struct netguard *g, const char *own_url, const char *ca_file);
/* Why this address is never reached, or NULL if it may be. A static sentence. */
const char *netguard_refusal(const struct sockaddr *address, bool loopback);
/* Configure a fresh handle. ERR_NOMEM, ERR_INTERNAL. `call` outlives the request. */
int netguard_setup(CURL *easy, struct netguard_call *call);

#endif
