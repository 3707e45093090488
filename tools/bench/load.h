/*
 * A load generator: one thread, kept connections, one request at a time on each, bounded in time.
 */
#ifndef MAILLAGE_TOOLS_BENCH_LOAD_H
#define MAILLAGE_TOOLS_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

enum { LOAD_REQUEST = 4096, LOAD_CLIENTS = 2000 };

struct load {
	unsigned port, clients;
	double seconds;	   /* at most */
	uint64_t requests; /* at most; 0: no limit but time */
	unsigned status;   /* what every answer has to be */
	/* Write the n-th request into out[LOAD_REQUEST]; returns its length. */
	size_t (*request)(const void *arg, uint64_t n, char *out);
	const void *arg;
};

struct load_result {
	uint64_t answers, bytes; /* bytes: heads and bodies */
	double seconds, rate;	 /* rate: answers a second */
	double p50_ms, p99_ms, most_ms;
};

/* Ends the program on an answer of another status, a closed connection or a malformed answer. */
struct load_result load_run(const struct load *l);

/*
 * One request on a connection of its own: the whole answer in new memory, NUL after it. *ret_body
 * points behind its head. ret_status may be NULL: then it must be 200.
 */
char *load_once(unsigned port, const char *request, size_t len, unsigned *ret_status,
		size_t *ret_len, char **ret_body);
/* GET with the headers a browser without compression sends; for load.request with a path as arg. */
size_t load_get(const void *path, uint64_t n, char *out);

#endif
