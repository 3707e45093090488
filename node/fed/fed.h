/*
 * The serving side of /fed/v1: one endpoint a file, one const route table.  request_app(rq) is the
 * struct node; what must be remembered between requests (nonces, spacing) hangs on node->sync.
 *
 * Public reads are unsigned.  A route with WHO_NODE checks its RFC 9421 signature itself
 * (fed/signed.h), because only it can name the kind of refusal: `admit` lets WHO_NODE through.
 */
#ifndef MAILLAGE_FED_FED_H
#define MAILLAGE_FED_FED_H

#include "node/http/route.h"

extern const struct route_table fed_routes;

#endif
