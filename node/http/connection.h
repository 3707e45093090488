/*
 * Register of open connections: how many one address holds, and until when each may take to send
 * its head or body, or to take its answer.  libmicrohttpd's own timeout counts idle time only, so
 * a client that drips a byte a second would never meet it.
 */
#ifndef MAILLAGE_HTTP_CONNECTION_H
#define MAILLAGE_HTTP_CONNECTION_H

#include <stdatomic.h>
#include <stdint.h>

#include "node/http/address.h"

struct connection {
	struct connection *next, **link;
	struct address peer, group;
	void *owner;			/* the server */
	void *request;			/* under way; of the connection's own thread */
	int fd;				/* libmicrohttpd's; open while the connection is registered */
	_Atomic int64_t deadline_ms;	/* on the monotonic clock; 0: none */
};

struct connections;

struct connections *connections_new(unsigned per_address, const struct address_nets *exempt);
void connections_free(struct connections *cs);
/* May this address open one more? */
int connections_admit(struct connections *cs, const struct address *peer);
/* Register; NULL without memory. */
struct connection *connections_add(struct connections *cs, const struct address *peer, int fd,
				   int64_t deadline_ms, void *owner);
/* Must precede the close of fd: a swept descriptor must not be somebody else's. */
void connections_remove(struct connections *cs, struct connection *c);
/* Shut down the sockets that are late; libmicrohttpd then closes them. */
void connections_sweep(struct connections *cs, int64_t now_ms);
unsigned connections_count(struct connections *cs);

#endif
