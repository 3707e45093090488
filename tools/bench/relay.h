/*
 * A relay that counts: passes connections on to another loopback port, bytes untouched.
 */
#ifndef MAILLAGE_TOOLS_BENCH_RELAY_H
#define MAILLAGE_TOOLS_BENCH_RELAY_H

#include <stdatomic.h>

#include "tools/bench/bench.h"

struct relay_count {
	_Atomic uint64_t to_client, to_server, connections;
};

struct relay {
	unsigned port, to;
	struct relay_count *count; /* in memory both processes see */
};

struct child relay_start(struct relay *r);
void relay_stop(struct relay *r, struct child *c);

#endif
