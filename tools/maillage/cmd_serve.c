/*
 * maillage serve: the composition root.  The one place that knows every room: opens the node,
 * starts the threads and hands the route tables to the server (node/DESIGN.md, Threads).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "config.h"
#include "node/auth/password.h"
#include "node/domain/territory.h"
#include "node/fed/fed.h"
#include "node/http/server.h"
#include "node/log.h"
#include "node/sync/sync.h"
#include "tools/maillage/command.h"
#include "tools/maillage/notify.h"
#include "web/web.h"

enum {
	STOP_SECONDS = 5,	/* after that the process ends as if killed, which the store survives */
	QUIESCE_SECONDS = 3,	/* of these, running requests may take */
};

struct serve {
	const char *dir[1];
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct serve *c = state->input;

	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	NULL, parse, "DIR",
	"Run the node in DIR in the foreground.\v"
	"Settings are in DIR/maillage.conf. SIGTERM and SIGINT let running requests finish and end "
	"it within 5 seconds, SIGHUP opens the log file anew. Prints one line, `ready URL port N', once "
	"it answers, and tells systemd (Type=notify).",
	NULL, NULL, NULL,
};

static void log_request(void *app, const char *line)
{
	log_line("info", "http", "%s", line);
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int server_open(struct node *n, struct server **ret_server, struct fault *fault)
{
	const struct route_table tables[] = {web_routes, fed_routes};
	const struct conf *conf = &n->conf;
	char static_dir[600];
	struct server_options o = {
		.listen = conf->listen,
		.origin = conf->url,
		.tls_cert = or_null(conf->tls_cert),
		.tls_key = or_null(conf->tls_key),
		.acme_dir = or_null(conf->acme_dir),
		.trusted_proxies = or_null(conf->trusted_proxies),
		.static_dir = static_dir,
		.threads = (unsigned)conf->threads,
		.connections = (unsigned)conf->connections,
		.per_address = (unsigned)conf->per_address,
		.timeout = (unsigned)conf->timeout,
		.app = n,
		.admit = web_admit,
		.error_page = web_error_page,
		.log = log_request,
	};

	snprintf(static_dir, sizeof(static_dir), "%s/static", n->share);
	return server_start(&o, tables, sizeof(tables) / sizeof(tables[0]), ret_server, fault);
}

/* In the order of the rooms; on a failure what was started is stopped by stop(). */
static int start(struct node *n, struct server **ret_server, struct fault *fault)
{
	int err = command_territories(n, fault);

	store_reader_check(n->store);
	if (err == OK)
		err = password_pool_new(&n->passwords);
	if (err == OK)
		err = writer_start(n->store, n, node_verbs, &n->writer);
	if (err == OK)
		err = web_start(n, fault);
	if (err == OK)
		err = sync_start(n, fault);
	if (err == OK)
		err = server_open(n, ret_server, fault);
	if (err == OK)
		web_serve(n, *ret_server);
	return err;
}

static void stop(struct node *n, struct server *server)
{
	if (server) {
		server_quiesce(server, QUIESCE_SECONDS);
		server_free(server);
	}
	if (n->sync)
		sync_stop(n);
	if (n->passwords)
		password_pool_free(n->passwords);
	n->passwords = NULL;
	if (n->writer)
		writer_stop(n->writer);
	n->writer = NULL;
	if (n->front)
		web_stop(n);
}

/*
 * Until a signal says stop (OK), or the store takes nothing any more: then only a new process helps,
 * and whoever runs this one starts it.
 */
static int wait_for_signal(struct node *n, const sigset_t *signals)
{
	struct timespec tick = {.tv_sec = 1};
	int got;

	for (;;) {
		got = sigtimedwait(signals, NULL, &tick);
		if (got == SIGTERM || got == SIGINT) {
			log_line("info", "serve", "event=stop signal=%s", strsignal(got));
			return OK;
		}
		if (got == SIGHUP && log_open(or_null(n->conf.file)) != OK)
			log_line("warn", "serve", "event=log-reopen err=io");
		if (got >= 0 || errno != EAGAIN)
			continue;
		if (store_broken(n->store)) {
			log_line("error", "serve", "event=stop reason=store-broken");
			return ERR_IO;
		}
	}
}

/* Something did not stop. The store survives this as it survives a power cut. */
static void give_up(int signal)
{
	static const char line[] = "level=error area=serve event=stop-timeout\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(EXIT_REFUSED);
	_exit(EXIT_REFUSED);
}

static int serve(struct node *n, const sigset_t *signals)
{
	struct fault fault = {0};
	struct server *server = NULL;
	int err = start(n, &server, &fault);

	if (err != OK) {
		stop(n, server);
		return command_fault(err, &fault);
	}
	log_line("info", "serve", "event=start version=%s nid=%s url=%s port=%u", PACKAGE_VERSION,
		 n->identity.nid, n->conf.url, server_port(server));
	printf("ready %s port %u\n", n->conf.url, server_port(server));
	fflush(stdout);
	notify_systemd("READY=1");
	err = wait_for_signal(n, signals);
	notify_systemd("STOPPING=1");
	signal(SIGALRM, give_up);
	alarm(STOP_SECONDS);
	stop(n, server);
	log_line("info", "serve", "event=stopped");
	return err == OK ? EXIT_DONE : EXIT_REFUSED;
}

/*
 * Two processes must not serve one folder: each would send, sign and count as the node.  The lock
 * is on the folder, which nobody replaces as an editor replaces a file; the process's end frees it.
 */
static int lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_DONE;
	if (fd >= 0 && errno == EWOULDBLOCK)
		return command_fail("This node is already running.");
	return command_fail("%s: %s", dir, strerror(errno));
}

int cmd_serve(int argc, char **argv)
{
	struct serve c = {0};
	struct node *n;
	sigset_t signals;

	command_parse(&argp, argc, argv, &c);
	if (command_own(c.dir[0]) != EXIT_DONE || lock(c.dir[0]) != EXIT_DONE)
		return EXIT_REFUSED;
	/* Blocked before any thread is made, so that all inherit it and only this one waits for them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	if (log_open(or_null(n->conf.file)) != OK)
		return command_close(n, command_fail("the log file %s cannot be opened",
						     n->conf.file));
	return command_close(n, serve(n, &signals));
}
