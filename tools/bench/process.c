/* Programs and nodes run beside the bench. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench/bench.h"

enum { CHILDREN = 16, WORDS = 32, VARIABLES = 256 };

static pid_t running[CHILDREN];

static void remember(pid_t pid)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (!running[i]) {
			running[i] = pid;
			return;
		}
	bench_die("too many processes");
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (running[i] == pid)
			running[i] = 0;
}

void child_stop_all(void)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (running[i] && kill(running[i], SIGKILL) == 0)
			waitpid(running[i], NULL, 0);
	memset(running, 0, sizeof(running));
}

/* The environment, with MAILLAGE_SHARE. */
static char **environment(const struct bench *b)
{
	static char *variables[VARIABLES + 2], share[2 * BENCH_PATH];
	size_t n = 0;

	snprintf(share, sizeof(share), "MAILLAGE_SHARE=%s", b->share);
	for (char **e = environ; *e && n < VARIABLES; e++)
		if (strncmp(*e, "MAILLAGE_SHARE=", 15) != 0)
			variables[n++] = *e;
	variables[n++] = share;
	variables[n] = NULL;
	return variables;
}

static pid_t spawn(const struct bench *b, const char *const *argv, const char *out, int out_fd,
		   const char *err)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int failed;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (out_fd >= 0)
		posix_spawn_file_actions_adddup2(&files, out_fd, 1);
	else
		posix_spawn_file_actions_addopen(&files, 1, out ? out : "/dev/null",
						 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&files, 2, err, O_WRONLY | O_CREAT | O_APPEND, 0600);
	failed = posix_spawnp(&pid, argv[0], &files, NULL, (char **)argv, environment(b));
	posix_spawn_file_actions_destroy(&files);
	if (failed)
		bench_die("%s: %s", argv[0], strerror(failed));
	remember(pid);
	return pid;
}

/* False if it still runs after so many seconds. It is left to be waited for. */
static bool ended(pid_t pid, double seconds)
{
	double until = clock_wall() + seconds;

	while (clock_wall() < until) {
		siginfo_t info = {0};

		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid)
			return true;
		bench_pause(0.0005);
	}
	return false;
}

static double time_seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct run run_to_end(const struct bench *b, double seconds, const char *out,
		      const char *const *argv)
{
	const char *err = bench_path(b, "stderr");
	struct rusage use;
	double start = clock_wall();
	pid_t pid = spawn(b, argv, out, -1, err);
	struct run r;
	int status;

	if (!ended(pid, seconds))
		bench_die("%s %s takes more than %.0f s", argv[0], argv[1], seconds);
	r.wall = clock_wall() - start;
	forget(pid);
	if (wait4(pid, &status, 0, &use) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("%s %s failed: %s", argv[0], argv[1], bench_read(err, NULL));
	r.cpu = time_seconds(use.ru_utime) + time_seconds(use.ru_stime);
	r.rss = use.ru_maxrss;
	return r;
}

struct run maillage(const struct bench *b, double seconds, const char *out, const char *word, ...)
{
	const char *argv[WORDS] = {b->maillage, word};
	va_list args;
	size_t n = 2;

	va_start(args, word);
	while (n < WORDS - 1 && (argv[n] = va_arg(args, const char *)))
		n++;
	va_end(args);
	argv[n] = NULL;
	return run_to_end(b, seconds, out, argv);
}

static void await_byte(int fd, double seconds, const char *what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&p, 1, (int)(seconds * 1000)) != 1 || read(fd, &byte, 1) != 1)
		bench_die("%s does not start", what);
}

static void pipe_open(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0)
		bench_die("pipe: %s", strerror(errno));
}

struct child node_start(const struct bench *b, const char *dir, int core, bool wait)
{
	const char *argv[] = {b->maillage, "serve", dir, NULL};
	const char *log = bench_path(b, "serve.log");
	struct child c;
	int ends[2];

	pipe_open(ends);
	bench_pin(core);
	c.started = clock_wall();
	c.pid = spawn(b, argv, NULL, ends[1], log);
	bench_pin(BENCH_ANY_CORE);
	close(ends[1]);
	if (wait)
		await_byte(ends[0], 30, "the node");
	close(ends[0]);
	return c;
}

struct child child_fork(int core, void (*run)(void *arg, int ready), void *arg)
{
	struct child c = {.started = clock_wall()};
	int ends[2];

	pipe_open(ends);
	fflush(NULL);
	bench_pin(core);
	c.pid = fork();
	if (c.pid == 0) {
		run(arg, ends[1]);
		_exit(0);
	}
	bench_pin(BENCH_ANY_CORE);
	if (c.pid < 0)
		bench_die("fork: %s", strerror(errno));
	remember(c.pid);
	close(ends[1]);
	await_byte(ends[0], 30, "a server");
	close(ends[0]);
	return c;
}

void child_stop(struct child *c)
{
	kill(c->pid, SIGTERM);
	if (!ended(c->pid, 10))
		kill(c->pid, SIGKILL);
	forget(c->pid);
	waitpid(c->pid, NULL, 0);
}

double child_cpu(const struct child *c)
{
	clockid_t clock;
	struct timespec t;

	if (clock_getcpuclockid(c->pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		bench_die("process %ld has no clock", (long)c->pid);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
