#include "tools/bench/relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 64, PIECE = 256 * 1024 };

/* Two descriptors at 2i + 1 and 2i + 2: client and server. The listening one is at 0. */
struct table {
	struct pollfd fds[2 * PAIRS + 1];
	nfds_t n;
};

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons((uint16_t)port)};
}

static void pair_open(struct table *t, const struct relay *r)
{
	struct sockaddr_in a = loopback(r->to);
	int client = accept(t->fds[0].fd, NULL, NULL);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0 || server < 0 || t->n == 2 * PAIRS + 1 ||
	    connect(server, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(client);
		close(server);
		return;
	}
	t->fds[t->n++] = (struct pollfd){.fd = client, .events = POLLIN};
	t->fds[t->n++] = (struct pollfd){.fd = server, .events = POLLIN};
	atomic_fetch_add(&r->count->connections, 1);
}

static void pair_close(struct table *t, nfds_t i)
{
	nfds_t first = i - (i + 1) % 2;

	close(t->fds[first].fd);
	close(t->fds[first + 1].fd);
	t->fds[first + 1] = t->fds[--t->n];
	t->fds[first] = t->fds[--t->n];
}

/* False at the end of either side. */
static bool pass(struct table *t, nfds_t i, struct relay_count *count)
{
	static char piece[PIECE];
	bool from_client = i % 2 == 1;
	int to = t->fds[from_client ? i + 1 : i - 1].fd;
	ssize_t n = recv(t->fds[i].fd, piece, sizeof(piece), 0), done = 0;

	while (done < n) {
		ssize_t sent = send(to, piece + done, (size_t)(n - done), MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += sent;
	}
	atomic_fetch_add(from_client ? &count->to_server : &count->to_client, (uint64_t)done);
	return n > 0;
}

static void relay(void *arg, int ready)
{
	static struct table t;
	struct relay *r = arg;
	struct sockaddr_in a = loopback(r->port);
	int one = 1;

	t.n = 1;
	t.fds[0] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLIN};
	setsockopt(t.fds[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(t.fds[0].fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(t.fds[0].fd, PAIRS) != 0 || write(ready, "r", 1) != 1)
		_exit(1);
	while (poll(t.fds, t.n, -1) > 0) {
		if (t.fds[0].revents)
			pair_open(&t, r);
		for (nfds_t i = t.n - 1; i > 0; i--)
			if (t.fds[i].revents && !pass(&t, i, r->count)) {
				pair_close(&t, i);
				break; /* the table has moved */
			}
	}
}

struct child relay_start(struct relay *r)
{
	r->count = mmap(NULL, sizeof(*r->count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (r->count == MAP_FAILED)
		bench_die("no memory for a relay");
	return child_fork(BENCH_ANY_CORE, relay, r);
}

void relay_stop(struct relay *r, struct child *c)
{
	child_stop(c);
	munmap(r->count, sizeof(*r->count));
}
