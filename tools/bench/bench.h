/*
 * What the benches share: figures, a scratch folder, processes and their CPU time.
 *
 * A bench prints figures, one JSON line each on standard output, and tells on standard error what
 * it is doing.  Whatever cannot be done ends the program with a message, so nothing here returns
 * errors; what was started is ended, and the scratch folder removed, whichever way the program
 * ends.
 */
#ifndef MAILLAGE_TOOLS_BENCH_H
#define MAILLAGE_TOOLS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_PATH = 512, BENCH_FILE_MAX = 64 << 20, BENCH_ANY_CORE = -1 };

struct bench {
	const char *name;     /* of the bench that runs */
	const char *maillage; /* the program */
	const char *share;    /* its templates, catalogues, communes.csv */
	char dir[BENCH_PATH]; /* scratch */
};

_Noreturn void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void bench_say(const struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* goal: "<= 8", ">= 0.5", or NULL for a figure that only informs. */
void bench_figure(const struct bench *b, const char *figure, double value, const char *unit,
		  const char *goal);
/* A path under the scratch folder; the text lives as long as the program. */
const char *bench_path(const struct bench *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The whole file in new memory, NUL after it. */
char *bench_read(const char *file, size_t *ret_len);
void bench_write(const char *file, const void *data, size_t len);
/* The middle one; sorts. */
double bench_median(double *values, size_t n);

double clock_wall(void);   /* seconds, monotonic */
double clock_thread(void); /* CPU seconds of this thread */
void bench_pause(double seconds);
/* CPU seconds of the whole machine, and of this program with what it started and has ended. */
double clock_machine(void);
double clock_own(void);
/* Run this thread, and what it starts from here on, on one core (BENCH_ANY_CORE: on all). */
void bench_pin(int core);
int bench_cores(void);
/* A loopback port nobody listens on. */
unsigned bench_port(void);

/* --- processes (process.c) --- */

struct run {
	double wall, cpu; /* seconds; cpu with the process's threads */
	long rss;	  /* KiB, most at any time */
};

/*
 * Run a program to its end, at most `seconds`; it must succeed.  argv ends with NULL; out: file for
 * its output, or NULL.
 */
struct run run_to_end(const struct bench *b, double seconds, const char *out,
		      const char *const *argv);
/* The same for `maillage …`, the words ended by NULL. */
struct run maillage(const struct bench *b, double seconds, const char *out, const char *word, ...)
	__attribute__((sentinel));

struct child {
	pid_t pid;
	double started; /* clock_wall */
};

/* `maillage serve dir` on a core, log in the scratch folder; `wait`: until it says that it is
 * ready. */
struct child node_start(const struct bench *b, const char *dir, int core, bool wait);
/* A process that runs `run(arg)` on a core, once it has written a byte to the descriptor it gets.
 */
struct child child_fork(int core, void (*run)(void *arg, int ready), void *arg);
void child_stop(struct child *c);
/* CPU seconds of all its threads so far. */
double child_cpu(const struct child *c);
/* Kill what still runs. */
void child_stop_all(void);

/* --- nodes (nodes.c) --- */

/* A new node under dir that answers at http(s)://127.0.0.1:port; cert and key NULL: http. */
void node_make(const struct bench *b, const char *dir, unsigned port, const char *cert,
	       const char *key);
/* The first `rows` communes (0: all) as organisations. */
struct run node_import(const struct bench *b, const char *dir, unsigned rows);
/* Set `name = value` in its maillage.conf. */
void node_conf(const char *dir, const char *name, const char *value);

/* --- benches --- */

void bench_import(struct bench *b);
void bench_cold_join(struct bench *b);
void bench_page(struct bench *b);
void bench_ingest(struct bench *b);
void bench_node_size(struct bench *b);
void bench_edit(struct bench *b);

#endif
