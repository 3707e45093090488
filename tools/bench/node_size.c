/* What a node of 10,000 objects takes: memory of its own, time to its first page, its binary. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/bench/bench.h"
#include "tools/bench/load.h"

enum { OBJECTS = 10000, STARTS = 9 };

struct memory {
	double own, shared_file; /* KiB */
};

/* Private memory, and of it what is pages of the store's file, which the kernel can take back. */
static struct memory memory_of(const struct child *c)
{
	struct memory m = {0, 0};
	bool store = false;
	char name[64], line[1024];
	FILE *in;

	snprintf(name, sizeof(name), "/proc/%ld/smaps", (long)c->pid);
	in = fopen(name, "re");
	if (!in)
		bench_die("%s cannot be read", name);
	while (fgets(line, sizeof(line), in)) {
		double kib;

		if (sscanf(line, "Private_Clean: %lf", &kib) == 1 ||
		    sscanf(line, "Private_Dirty: %lf", &kib) == 1) {
			m.own += kib;
			if (store)
				m.shared_file += kib;
		} else if (strchr(line, '-') && strchr(line, ':') && line[0] != ' ' &&
			   strspn(line, "0123456789abcdef") > 0 &&
			   line[strspn(line, "0123456789abcdef")] == '-') {
			store = strstr(line, "store.mdb") != NULL;
		}
	}
	fclose(in);
	return m;
}

static bool answers(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)port)};
	char request[LOAD_REQUEST], start[16] = "";
	size_t len = load_get("/directory", 0, request);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		    write(fd, request, len) == (ssize_t)len && read(fd, start, 12) == 12 &&
		    strcmp(start, "HTTP/1.1 200") == 0;

	close(fd);
	return good;
}

/* Milliseconds from its start to the first page. */
static double first_page(const struct bench *b, const char *dir, unsigned port, struct child *ret)
{
	*ret = node_start(b, dir, BENCH_ANY_CORE, false);
	while (!answers(port)) {
		if (clock_wall() - ret->started > 30)
			bench_die("the node does not answer");
		bench_pause(0.0005);
	}
	return (clock_wall() - ret->started) * 1e3;
}

static double stripped(const struct bench *b)
{
	const char *copy = bench_path(b, "stripped");
	const char *argv[] = {"strip", "-o", copy, b->maillage, NULL};
	struct stat st;

	run_to_end(b, 30, NULL, argv);
	if (stat(copy, &st) != 0)
		bench_die("the binary cannot be measured");
	return (double)st.st_size / (1 << 20);
}

void bench_node_size(struct bench *b)
{
	const char *dir = bench_path(b, "size");
	unsigned port = bench_port();
	struct load l = {.port = port,
			 .clients = 64,
			 .seconds = 2,
			 .status = 200,
			 .request = load_get,
			 .arg = "/directory"};
	double ms[STARTS];
	struct child node;
	struct memory m;

	node_make(b, dir, port, NULL, NULL);
	node_import(b, dir, OBJECTS);
	for (int i = 0; i < STARTS; i++) {
		ms[i] = first_page(b, dir, port, &node);
		if (i < STARTS - 1)
			child_stop(&node);
	}
	m = memory_of(&node);
	bench_figure(b, "start to first page", bench_median(ms, STARTS), "ms", "<= 150");
	bench_figure(b, "private memory after the first page", m.own / 1024, "MiB", "<= 30");
	load_run(&l);
	m = memory_of(&node);
	bench_figure(b, "private memory after 64 clients", m.own / 1024, "MiB", "<= 30");
	bench_figure(b, "of it pages of the store", m.shared_file / 1024, "MiB", NULL);
	child_stop(&node);
	bench_figure(b, "stripped binary", stripped(b), "MiB", "<= 2");
}
