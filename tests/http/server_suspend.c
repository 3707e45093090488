/* Suspended requests, many clients, and the end of the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/http/harness.h"
#include "tests/http/server.h"

enum { CLIENTS = 16, EACH = 60, CROWD = 300, ROUNDS = 5 };

struct client {
	struct site *site;
	int number, good;
	const char *target;
};

static void *client_run(void *arg)
{
	struct client *c = arg;
	int fd = dial(c->site->port);

	for (int i = 0; i < EACH; i++) {
		char request[128], expected[32];
		struct answer a;

		snprintf(expected, sizeof(expected), "%d-%d", c->number, i);
		snprintf(request, sizeof(request), "GET %s?q=%s HTTP/1.1\r\nHost: x\r\n\r\n",
			 c->target, expected);
		send_text(fd, request);
		if (answer_read(fd, &a, false) && a.status == 200 && strcmp(a.body, expected) == 0)
			c->good++;
		answer_done(&a);
	}
	close(fd);
	return NULL;
}

static void under_load(struct site *site, const char *target)
{
	struct client clients[CLIENTS];
	pthread_t threads[CLIENTS];
	int good = 0;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){site, i, 0, target};
		pthread_create(&threads[i], NULL, client_run, &clients[i]);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], NULL);
		good += clients[i].good;
	}
	check(good == CLIENTS * EACH, "%d of %d requests to %s resumed with their own answer", good,
	      CLIENTS * EACH, target);
}

static void crowd(struct site *site)
{
	static int fds[CROWD];
	int64_t slowest = 0;
	int good = 0;

	for (int i = 0; i < CROWD; i++)
		fds[i] = dial(site->port);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t since = clock_ms();

		for (int i = 0; i < CROWD; i++)
			send_text(fds[i], "GET /kept HTTP/1.1\r\nHost: x\r\n\r\n");
		for (int i = 0; i < CROWD; i++) {
			struct answer a;

			good += answer_read(fds[i], &a, false) && a.status == 200 && a.len == BIG;
			answer_done(&a);
		}
		if (clock_ms() - since > slowest)
			slowest = clock_ms() - since;
	}
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
	check(good == CROWD * ROUNDS, "%d clients at once, %d rounds", CROWD, ROUNDS);
	check(slowest < PATIENCE_MS / 2, "none of them stalls");
}

struct expected {
	struct site *site;
	unsigned waiting, finished, done;
};

static bool waiting_reached(void *arg)
{
	struct expected *e = arg;

	return site_waiting(e->site) == e->waiting;
}

static bool finished_reached(void *arg)
{
	struct expected *e = arg;

	return atomic_load(&e->site->finished) == e->finished &&
	       atomic_load(&e->site->states) == atomic_load(&e->site->states_done);
}

/* End a connection with a reset, as a browser's stop button does. */
static void hang_up(int fd)
{
	struct linger reset = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void clients_that_leave(struct site *site, const char *request, const char *name)
{
	struct expected e = {site, 20, atomic_load(&site->finished) + 20, 0};
	int fds[20];

	site_hold(site, true);
	for (int i = 0; i < 20; i++) {
		fds[i] = dial(site->port);
		send_text(fds[i], request);
	}
	check(wait_for(waiting_reached, &e), "%s: suspended", name);
	for (int i = 0; i < 20; i++)
		hang_up(fds[i]);
	site_hold(site, false);
	check(wait_for(finished_reached, &e), "%s: every continuation ran, every state ended",
	      name);
	check(get(site->port, "/wait?q=x", NULL, NULL) == 200, "%s: others are served", name);
}

void test_suspend(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.connections = 1000};

	site_open(site, &o);
	under_load(site, "/wait");
	under_load(site, "/wait-twice");
	crowd(site);
	clients_that_leave(site, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", "leaving");
	clients_that_leave(site, "GET /wait-twice HTTP/1.1\r\nHost: x\r\n\r\n", "leaving twice");
	site_close(site);
	free(site);
}

/* Stopping */

static void *quiesce(void *arg)
{
	struct site *site = arg;

	server_quiesce(site->server, PATIENCE_MS / 1000);
	return NULL;
}

static void stop_in_peace(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2};
	struct expected e = {site, 8, 0, 0};
	pthread_t stopper;
	int fds[8], good = 0, idle;

	site_open(site, &o);
	site_hold(site, true);
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(site->port);
		send_text(fds[i], "GET /wait?q=last HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	idle = dial(site->port);
	check(wait_for(waiting_reached, &e), "requests wait while the server is stopped");
	pthread_create(&stopper, NULL, quiesce, site);
	site_hold(site, false);
	for (int i = 0; i < 8; i++) {
		struct answer a;

		good += answer_read(fds[i], &a, false) && a.status == 200 &&
			strcmp(a.body, "last") == 0;
		answer_done(&a);
		close(fds[i]);
	}
	pthread_join(stopper, NULL);
	check(good == 8, "and are answered before it ends");
	site_close(site);
	check(closed_within(idle, PATIENCE_MS), "idle connections are ended");
	close(idle);
	free(site);
}

static void *release_later(void *arg)
{
	struct site *site = arg;

	/* The server is being freed meanwhile: only what the fixture owns may be touched. */
	while (!atomic_load(&site->leaked))
		usleep(1000);
	site_hold(site, false);
	return NULL;
}

static void *stop_now(void *arg)
{
	struct site *site = arg;

	server_quiesce(site->server, 0);
	atomic_store(&site->leaked, true); /* lent as the signal: from here on, release */
	server_free(site->server);
	site->server = NULL;
	return NULL;
}

static void stop_at_once(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2};
	struct expected e = {site, 8, 8, 0};
	pthread_t stopper, releaser;
	int fds[8];

	site_open(site, &o);
	site_hold(site, true);
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(site->port);
		send_text(fds[i], "GET /wait-twice HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	wait_for(waiting_reached, &e);
	for (int i = 0; i < 4; i++)
		hang_up(fds[i]);
	pthread_create(&releaser, NULL, release_later, site);
	pthread_create(&stopper, NULL, stop_now, site);
	pthread_join(stopper, NULL);
	pthread_join(releaser, NULL);
	check(finished_reached(&e), "stopping at once waits for what is suspended");
	for (int i = 4; i < 8; i++)
		close(fds[i]);
	site_close(site);
	free(site);
}

void test_stop(void)
{
	stop_in_peace();
	stop_at_once();
}
