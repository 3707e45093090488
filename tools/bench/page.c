/*
 * Pages of a node against the same bytes from a ready buffer: both servers on one core in turn, the
 * load generator on another, answers counted by CPU second of the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/bench.h"
#include "tools/bench/load.h"
#include "tools/bench/ready.h"

enum { ROUNDS = 5, THREADS = 8, CONNECTIONS = 960, CLIENTS = 64, SERVER_CORE = 0, CLIENT_CORE = 1 };

static const double round_seconds = 1.5;

struct place {
	const struct bench *b;
	struct child node;
	unsigned port;
};

static double per_cpu(const struct child *c, const struct load *l)
{
	double before = child_cpu(c);
	struct load_result r = load_run(l);

	return (double)r.answers / (child_cpu(c) - before);
}

static void interleave(const struct place *p, const char *name, const struct load *at_node,
		       const char *path, const char *goal)
{
	char request[LOAD_REQUEST], figure[64], *answer, *body;
	double node[ROUNDS], buffer[ROUNDS], ratio[ROUNDS];
	struct ready r = {.port = bench_port(), .threads = THREADS, .connections = CONNECTIONS};
	struct load at_buffer = {.port = r.port,
				 .clients = CLIENTS,
				 .seconds = round_seconds,
				 .status = 200,
				 .request = load_get,
				 .arg = path};
	struct child ready;

	answer = load_once(p->port, request, load_get(path, 0, request), NULL, &r.len, &body);
	r.answer = answer;
	r.body = body;
	ready = ready_start(&r, SERVER_CORE);
	bench_pin(CLIENT_CORE);
	per_cpu(&ready, &at_buffer); /* warms both up */
	per_cpu(&p->node, at_node);
	for (int i = 0; i < ROUNDS; i++) {
		buffer[i] = per_cpu(&ready, &at_buffer);
		node[i] = per_cpu(&p->node, at_node);
		ratio[i] = node[i] / buffer[i];
		bench_say(p->b, "%s: %.0f against %.0f answers a CPU second", name, node[i],
			  buffer[i]);
	}
	bench_pin(BENCH_ANY_CORE);
	child_stop(&ready);
	snprintf(figure, sizeof(figure), "%s bytes", name);
	bench_figure(p->b, figure, (double)r.len, "B", NULL);
	snprintf(figure, sizeof(figure), "%s from a ready buffer", name);
	bench_figure(p->b, figure, bench_median(buffer, ROUNDS), "1/CPU s", NULL);
	bench_figure(p->b, name, bench_median(node, ROUNDS), "1/CPU s", NULL);
	snprintf(figure, sizeof(figure), "%s to ready buffer", name);
	bench_figure(p->b, figure, bench_median(ratio, ROUNDS), "ratio", goal);
	free(answer);
}

/* An address nobody has asked for: nothing kept of an earlier answer can serve. */
static size_t get_new(const void *path, uint64_t n, char *out)
{
	char target[256];

	snprintf(target, sizeof(target), "%s?new=%llu", (const char *)path, (unsigned long long)n);
	return load_get(target, n, out);
}

/* Many kept connections: as good as few.  In turn, and the best of each counts: the cores are
 * shared. */
static void crowd(const struct place *p, const char *path)
{
	static const unsigned clients[] = {CLIENTS, 256, 900};
	struct load l = {.port = p->port,
			 .seconds = round_seconds,
			 .status = 200,
			 .request = load_get,
			 .arg = path};
	double best[3] = {0}, longest[3] = {0};
	char figure[64];

	for (int i = 0; i < ROUNDS * 3; i++) {
		struct load_result r;

		l.clients = clients[i % 3];
		r = load_run(&l);
		bench_say(p->b, "%u clients: %.0f answers a second, at most %.0f ms", l.clients,
			  r.rate, r.most_ms);
		if (r.rate > best[i % 3])
			best[i % 3] = r.rate;
		if (r.most_ms > longest[i % 3])
			longest[i % 3] = r.most_ms;
	}
	bench_figure(p->b, "rate, 64 clients", best[0], "1/s", NULL);
	for (size_t i = 0; i < 3; i++) {
		snprintf(figure, sizeof(figure), "longest answer, %u clients", clients[i]);
		bench_figure(p->b, figure, longest[i], "ms", "<= 1000");
		snprintf(figure, sizeof(figure), "rate, %u clients to 64", clients[i]);
		if (i > 0)
			bench_figure(p->b, figure, best[i] / best[0], "ratio", ">= 0.6");
	}
}

/* Path of some object of this node. */
static void object_path(const struct place *p, const char *dir, char out[128])
{
	const char *file = bench_path(p->b, "export.ndjson");
	char *text, *id;

	maillage(p->b, 60, file, "export", dir, "--type", "Organization", "--format", "ndjson",
		 NULL);
	text = bench_read(file, NULL);
	id = strstr(text, "/o/");
	if (!id)
		bench_die("there is no object to ask for");
	snprintf(out, 128, "%.29s", id);
	free(text);
}

void bench_page(struct bench *b)
{
	const char *dir = bench_path(b, "page");
	struct place p = {.b = b, .port = bench_port()};
	char connections[16], threads[16], path[128];
	static const char directory[] = "/directory";
	struct load l = {.port = p.port,
			 .clients = CLIENTS,
			 .seconds = round_seconds,
			 .status = 200,
			 .request = load_get,
			 .arg = path};

	node_make(b, dir, p.port, NULL, NULL);
	node_import(b, dir, 0);
	object_path(&p, dir, path);
	snprintf(connections, sizeof(connections), "%d", CONNECTIONS);
	snprintf(threads, sizeof(threads), "%d", THREADS);
	node_conf(dir, "connections", connections);
	node_conf(dir, "threads", threads);
	p.node = node_start(b, dir, SERVER_CORE, true);
	interleave(&p, "object page", &l, path, NULL);
	l.arg = directory;
	interleave(&p, "directory page", &l, directory, ">= 0.8");
	l.request = get_new;
	interleave(&p, "directory page, asked for the first time", &l, directory, ">= 0.4");
	child_stop(&p.node);
	p.node = node_start(b, dir, BENCH_ANY_CORE, true);
	crowd(&p, path);
	child_stop(&p.node);
}
