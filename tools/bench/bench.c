#include "tools/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *fmt, ...)
{
	va_list args;

	fputs("bench: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void bench_say(const struct bench *b, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", b->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void bench_figure(const struct bench *b, const char *figure, double value, const char *unit,
		  const char *goal)
{
	double limit = goal ? strtod(goal + 2, NULL) : 0;
	bool met = goal && (goal[0] == '<' ? value <= limit : value >= limit);
	char number[40];
	json_t *line;

	snprintf(number, sizeof(number), "%.4g", value);
	line = json_pack("{s:s, s:s, s:f, s:s, s:s?}", "bench", b->name, "figure", figure, "value",
			 value >= 1000 ? (double)(int64_t)(value + 0.5) : strtod(number, NULL),
			 "unit", unit, "goal", goal);
	if (goal)
		json_object_set_new(line, "met", json_boolean(met));
	json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(10));
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

const char *bench_path(const struct bench *b, const char *fmt, ...)
{
	char name[BENCH_PATH], *out;
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (asprintf(&out, "%s/%s", b->dir, name) < 0)
		bench_die("out of memory");
	return out;
}

char *bench_read(const char *file, size_t *ret_len)
{
	FILE *in = fopen(file, "re");
	char *data = NULL;
	size_t len = 0, cap = 1 << 16;

	if (!in)
		bench_die("%s: %s", file, strerror(errno));
	for (;;) {
		data = realloc(data, cap + 1);
		if (!data || cap > BENCH_FILE_MAX)
			bench_die("%s is too large", file);
		len += fread(data + len, 1, cap - len, in);
		if (len < cap)
			break;
		cap *= 2;
	}
	fclose(in);
	data[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return data;
}

void bench_write(const char *file, const void *data, size_t len)
{
	FILE *out = fopen(file, "we");

	if (!out || fwrite(data, 1, len, out) != len || fclose(out) != 0)
		bench_die("%s: %s", file, strerror(errno));
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), order);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double clock_wall(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double clock_thread(void)
{
	return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double clock_machine(void)
{
	unsigned long long user, nice, system, idle, wait, irq, soft, steal;
	FILE *in = fopen("/proc/stat", "re");

	if (!in || fscanf(in, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
			  &idle, &wait, &irq, &soft, &steal) != 8)
		bench_die("/proc/stat cannot be read");
	fclose(in);
	return (double)(user + nice + system + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
}

static double used(int who)
{
	struct rusage use;

	getrusage(who, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

double clock_own(void)
{
	return used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);
}

void bench_pause(double seconds)
{
	struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&t, NULL);
}

int bench_cores(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

void bench_pin(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < bench_cores(); i++)
		if (core == BENCH_ANY_CORE || i == core % bench_cores())
			CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_die("cannot run on core %d: %s", core, strerror(errno));
}

unsigned bench_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		bench_die("no loopback port is free: %s", strerror(errno));
	close(fd);
	return ntohs(a.sin_port);
}
