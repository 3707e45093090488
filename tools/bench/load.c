#include "tools/bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/bench/bench.h"

enum { HEAD_MAX = 8192, PIECE = 64 * 1024, EVENTS = 256, ONCE_MAX = 16 << 20, STALL_SECONDS = 10 };

struct client {
	int fd;
	bool busy;
	char head[HEAD_MAX];
	size_t head_len;
	uint64_t left; /* of the body, once the head is there */
	double sent;
};

struct generator {
	const struct load *l;
	struct client *clients;
	int epoll;
	uint64_t asked;
	unsigned busy;
	uint32_t *us; /* of each answer */
	size_t cap;
	double until;
	struct load_result r;
};

static int dial(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)port)};
	struct timeval patience = {STALL_SECONDS, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

size_t load_get(const void *path, uint64_t n, char *out)
{
	return (size_t)snprintf(out, LOAD_REQUEST,
				"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
				"Accept-Language: fr\r\n\r\n",
				(const char *)path);
}

/* Status and Content-Length of a head. */
static unsigned head_read(const char *head, uint64_t *ret_length)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	if (strncmp(head, "HTTP/1.1 ", 9) != 0 || !at)
		bench_die("an answer cannot be read: %.200s", head);
	*ret_length = strtoull(at + 17, NULL, 10);
	return (unsigned)strtoul(head + 9, NULL, 10);
}

static void ask(struct generator *g, struct client *c)
{
	char text[LOAD_REQUEST];
	size_t len;

	if (clock_wall() >= g->until || (g->l->requests && g->asked == g->l->requests)) {
		c->busy = false;
		return;
	}
	len = g->l->request(g->l->arg, g->asked++, text);
	if (!c->busy)
		g->busy++;
	c->busy = true;
	c->head_len = 0;
	c->left = 0;
	c->sent = clock_wall();
	/* A few KiB always fit an idle connection's buffer. */
	if (len >= LOAD_REQUEST || send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		bench_die("a request cannot be sent: %s", strerror(errno));
}

static void answered(struct generator *g, struct client *c)
{
	double taken = clock_wall() - c->sent;

	if (g->r.answers == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 65536;
		g->us = realloc(g->us, g->cap * sizeof(*g->us));
		if (!g->us)
			bench_die("out of memory");
	}
	g->us[g->r.answers++] = (uint32_t)(taken * 1e6);
	ask(g, c);
	if (!c->busy)
		g->busy--;
}

/* Bytes of the head; returns how many of them were of the head. */
static size_t take_head(struct generator *g, struct client *c, const char *data, size_t len)
{
	size_t room = sizeof(c->head) - 1 - c->head_len, n = len < room ? len : room;
	size_t before = c->head_len;
	unsigned status;
	char *end;

	memcpy(c->head + before, data, n);
	c->head_len += n;
	c->head[c->head_len] = '\0';
	end = strstr(c->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
	if (!end) {
		if (n < len)
			bench_die("the head of an answer is too large");
		return n;
	}
	end[2] = '\0';
	status = head_read(c->head, &c->left);
	if (status != g->l->status)
		bench_die("an answer is %u instead of %u: %s", status, g->l->status, c->head);
	n = (size_t)(end + 4 - c->head) - before;
	c->head_len = sizeof(c->head); /* the head is there */
	return n;
}

static void take(struct generator *g, struct client *c)
{
	static char piece[PIECE];
	ssize_t n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);
	size_t used = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !c->busy)
		bench_die("a connection was closed");
	g->r.bytes += (uint64_t)n;
	if (c->head_len != sizeof(c->head))
		used = take_head(g, c, piece, (size_t)n);
	if (c->head_len != sizeof(c->head))
		return;
	if ((size_t)n - used > c->left)
		bench_die("an answer is longer than it says");
	c->left -= (size_t)n - used;
	if (!c->left)
		answered(g, c);
}

static int order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sum_up(struct generator *g)
{
	size_t n = g->r.answers;

	if (!n)
		bench_die("there was no answer");
	qsort(g->us, n, sizeof(*g->us), order);
	g->r.rate = (double)n / g->r.seconds;
	g->r.p50_ms = g->us[n / 2] / 1e3;
	g->r.p99_ms = g->us[n - 1 - n / 100] / 1e3;
	g->r.most_ms = g->us[n - 1] / 1e3;
}

struct load_result load_run(const struct load *l)
{
	struct generator g = {.l = l, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct epoll_event events[EVENTS];
	double start;

	g.clients = calloc(l->clients, sizeof(*g.clients));
	if (!g.clients || g.epoll < 0)
		bench_die("no load can be made");
	for (unsigned i = 0; i < l->clients; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = &g.clients[i]};

		g.clients[i].fd = dial(l->port);
		if (g.clients[i].fd < 0 ||
		    epoll_ctl(g.epoll, EPOLL_CTL_ADD, g.clients[i].fd, &e) != 0)
			bench_die("connection %u of %u: %s", i + 1, l->clients, strerror(errno));
	}
	start = clock_wall();
	g.until = start + l->seconds;
	for (unsigned i = 0; i < l->clients; i++)
		ask(&g, &g.clients[i]);
	while (g.busy) {
		int n = epoll_wait(g.epoll, events, EVENTS, STALL_SECONDS * 1000);

		if (n == 0)
			bench_die("%u requests wait for more than %d s", g.busy, STALL_SECONDS);
		for (int i = 0; i < n; i++)
			take(&g, events[i].data.ptr);
	}
	g.r.seconds = clock_wall() - start;
	for (unsigned i = 0; i < l->clients; i++)
		close(g.clients[i].fd);
	close(g.epoll);
	sum_up(&g);
	free(g.clients);
	free(g.us);
	return g.r;
}

char *load_once(unsigned port, const char *request, size_t len, unsigned *ret_status,
		size_t *ret_len, char **ret_body)
{
	char *data = malloc(ONCE_MAX + 1), *end = NULL;
	uint64_t length = 0;
	size_t n = 0;
	unsigned status = 0;
	int fd = dial(port);

	if (fd < 0 || !data || send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		bench_die("port %u does not answer", port);
	while (!end || n < (size_t)(end + 4 - data) + length) {
		ssize_t got = recv(fd, data + n, ONCE_MAX - n, 0);

		if (got <= 0)
			bench_die("an answer ends early");
		n += (size_t)got;
		data[n] = '\0';
		if (!end && (end = strstr(data, "\r\n\r\n")))
			status = head_read(data, &length);
	}
	close(fd);
	if (!ret_status && status != 200)
		bench_die("an answer is %u instead of 200: %.400s", status, data);
	if (ret_status)
		*ret_status = status;
	*ret_body = end + 4;
	if (ret_len)
		*ret_len = n;
	return data;
}
