/*
 * What the node's server is measured against: libmicrohttpd with the node's own settings, handing
 * out one answer from a buffer that is ready.
 */
#ifndef MAILLAGE_TOOLS_BENCH_READY_H
#define MAILLAGE_TOOLS_BENCH_READY_H

#include <stddef.h>

#include "tools/bench/bench.h"

struct ready {
	unsigned port, threads, connections;
	const char *answer, *body; /* one answer of the node: its head, and where its body begins */
	size_t len;		   /* of both */
};

struct child ready_start(const struct ready *r, int core);

#endif
