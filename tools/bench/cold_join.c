/*
 * A new node takes the 34,969 objects of another over HTTPS on loopback, with an authority of its
 * own making.  Time is taken without anything between the two; bytes are counted on a relay, as
 * they are on the wire, TLS and heads included.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/node.h"
#include "node/store/feed.h"
#include "node/store/set.h"
#include "tools/bench/bench.h"
#include "tools/bench/relay.h"

enum { JOINS = 3 };

struct sets {
	struct head_set set[HEAD_TYPES];
	size_t n;
};

/* One key signs for everything here: it lives as long as the bench. */
static void authority_make(const struct bench *b)
{
	const char *key = bench_path(b, "ca.key"), *cert = bench_path(b, "ca.pem");
	const char *node_key = bench_path(b, "node.key"), *node_cert = bench_path(b, "node.pem");
	const char *const authority[] = {"openssl",
					 "req",
					 "-x509",
					 "-newkey",
					 "ec",
					 "-pkeyopt",
					 "ec_paramgen_curve:P-256",
					 "-nodes",
					 "-days",
					 "2",
					 "-subj",
					 "/CN=Bench authority",
					 "-keyout",
					 key,
					 "-out",
					 cert,
					 NULL};
	const char *const node[] = {"openssl",
				    "req",
				    "-x509",
				    "-newkey",
				    "ec",
				    "-pkeyopt",
				    "ec_paramgen_curve:P-256",
				    "-nodes",
				    "-days",
				    "2",
				    "-subj",
				    "/CN=127.0.0.1",
				    "-addext",
				    "subjectAltName=IP:127.0.0.1",
				    "-CA",
				    cert,
				    "-CAkey",
				    key,
				    "-keyout",
				    node_key,
				    "-out",
				    node_cert,
				    NULL};

	run_to_end(b, 30, NULL, authority);
	run_to_end(b, 30, NULL, node);
}

static void sets_load(const struct bench *b, const char *dir, const char *nid,
		      char ret_nid[NID_TEXT], struct sets *ret)
{
	struct fault fault = {0};
	struct origin origin;
	struct feed feed;
	struct node *n;
	struct txn *t;
	int err = node_open(dir, b->share, &n, &fault);

	if (err)
		bench_die("%s cannot be opened: %s", dir, err_name(err));
	snprintf(ret_nid, NID_TEXT, "%s", n->identity.nid);
	err = txn_read(n->store, &t);
	if (!err)
		err = origin_by_nid(t, nid ? nid : n->identity.nid, &origin);
	if (!err)
		err = feed_find(t, origin.origin, "public", &feed);
	if (!err)
		err = set_list(t, feed.feed, ret->set, &ret->n);
	if (err)
		bench_die("%s holds no such feed", dir);
	txn_end(t);
	node_close(n);
}

static uint64_t sets_equal(const struct sets *a, const struct sets *b)
{
	uint64_t objects = 0;

	if (a->n != b->n)
		bench_die("the nodes hold different types");
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->set[i].type, b->set[i].type) != 0 ||
		    a->set[i].count != b->set[i].count ||
		    memcmp(a->set[i].root, b->set[i].root, sizeof(a->set[i].root)) != 0)
			bench_die("the roots of %s differ", a->set[i].type);
		objects += a->set[i].count;
	}
	return objects;
}

static const char *joiner(const struct bench *b, int i, const char *url)
{
	const char *dir = bench_path(b, "joiner-%d", i);

	node_make(b, dir, bench_port(), NULL, NULL);
	node_conf(dir, "ca_file", bench_path(b, "ca.pem"));
	maillage(b, 30, NULL, "peer", "add", dir, url, NULL);
	return dir;
}

static struct run join(const struct bench *b, const char *dir)
{
	return maillage(b, 120, bench_path(b, "sync.json"), "sync", dir, "--once", "--json", NULL);
}

void bench_cold_join(struct bench *b)
{
	struct relay relay = {.port = bench_port(), .to = bench_port()};
	double wall[JOINS], cpu[JOINS], server[JOINS];
	char a[BENCH_PATH], nid[NID_TEXT], other[NID_TEXT], url[64], listen[64];
	static struct sets held, taken;
	const char *dir = NULL;
	struct child node, between;
	uint64_t n = 0;

	authority_make(b);
	snprintf(a, sizeof(a), "%s", bench_path(b, "origin"));
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", relay.port);
	node_make(b, a, relay.port, bench_path(b, "node.pem"), bench_path(b, "node.key"));
	node_import(b, a, 0);
	sets_load(b, a, NULL, nid, &held);
	node = node_start(b, a, BENCH_ANY_CORE, true);
	for (int i = 0; i < JOINS; i++) {
		double before = child_cpu(&node);
		struct run r;

		dir = joiner(b, i, url);
		r = join(b, dir);
		wall[i] = r.wall;
		cpu[i] = r.cpu;
		server[i] = child_cpu(&node) - before;
		sets_load(b, dir, nid, other, &taken);
		n = sets_equal(&held, &taken);
		bench_say(b, "%llu objects in %.2f s (%.1f s CPU, the other's %.1f s)",
			  (unsigned long long)n, r.wall, r.cpu, server[i]);
	}
	child_stop(&node);
	bench_figure(b, "objects", (double)n, "1", NULL);
	bench_figure(b, "join", bench_median(wall, JOINS), "s", "<= 8");
	bench_figure(b, "cost of an object to the joiner",
		     bench_median(cpu, JOINS) / (double)n * 1e6, "CPU us", NULL);
	bench_figure(b, "cost of an object to the server",
		     bench_median(server, JOINS) / (double)n * 1e6, "CPU us", NULL);

	snprintf(listen, sizeof(listen), "127.0.0.1:%u", relay.to);
	node_conf(a, "listen", listen);
	node = node_start(b, a, BENCH_ANY_CORE, true);
	between = relay_start(&relay);
	dir = joiner(b, JOINS, url);
	join(b, dir);
	sets_load(b, dir, nid, other, &taken);
	sets_equal(&held, &taken);
	bench_figure(b, "bytes received for an object",
		     (double)atomic_load(&relay.count->to_client) / (double)n, "B", "<= 350");
	bench_figure(b, "bytes sent in all", (double)atomic_load(&relay.count->to_server), "B",
		     NULL);
	bench_figure(b, "connections", (double)atomic_load(&relay.count->connections), "1", NULL);
	relay_stop(&relay, &between);
	child_stop(&node);
}
