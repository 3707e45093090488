#include "node/fed/fed.h"

#include "node/fed/endpoints.h"
#include "protocol/limits.h"

static const struct route routes[] = {
	{"GET", "/.well-known/fed", WHO_ANYONE, RATE_FED, 0, 0, fed_wellknown},
	{"GET", "/fed/v1/identity", WHO_ANYONE, RATE_FED, 0, 0, fed_identity},
	{"GET", "/fed/v1/feed", WHO_ANYONE, RATE_FED, 0, 0, fed_feed},
	{"GET", "/fed/v1/heads", WHO_ANYONE, RATE_FED, 0, 0, fed_heads},
	{"GET", "/fed/v1/network", WHO_ANYONE, RATE_FED, 0, 0, fed_network},
	{"POST", "/fed/v1/objects", WHO_ANYONE, RATE_FED_POST, FED_BODY, 0, fed_objects},
	{"POST", "/fed/v1/notify", WHO_NODE, RATE_FED_POST, FED_BODY, 0, fed_notify},
};

const struct route_table fed_routes = {routes, sizeof(routes) / sizeof(routes[0])};
