/*
 * Preloaded into the program under test: does anything leave before the disk has it?
 *
 * A kill -9 proves nothing about fdatasync, because the page cache survives it.  So this library
 * watches the calls themselves, on the file MAILLAGE_FAULT_STORE (an absolute path).
 *
 * What LMDB does at a commit (without MDB_NOSYNC and MDB_WRITEMAP): pwrite and writev of the changed
 * pages, fdatasync, then one pwrite of the meta page through a second descriptor that was opened
 * O_DSYNC.  The commit is durable when that last call has returned.  A commit that changed nothing
 * calls nothing.  Hence, with `begun` counting the commits whose first page was written and
 * `durable` the number of the last one whose meta page is on the disk:
 *
 *   1. Order.  The meta page is never written while pages written before it are not synced.
 *   2. Requests.  A verb runs after the last byte of its request was read, and its pages are written
 *      after it ran.  So an answer 2xx or 303 to a POST may leave only when a commit that had not
 *      begun at that read is durable: durable > begun as noted at the read.  Reads of the store, and
 *      the commits of others that were under way, cannot stand in for it.  POSTs that only ask are
 *      not judged: /fed/v1/{tree,objects,notify}.
 *   3. Progress.  A line "progress N" on standard output may leave only when some commit has become
 *      durable since the last such line, and no line "progress" or "imported" while a commit is
 *      under way.
 *
 * Rules 2 and 3 hold for requests and rows that change something: the tests send no others.  With
 * many clients at once the commit of a neighbour that begins after the read can hide a breach, so the
 * tests that rely on rule 2 have one client.
 *
 * MAILLAGE_FAULT_LOG gets one line for each of these events: "held POST /path 303" and "held
 * progress N" when the rule was kept (a test that sees none has shown nothing), "BROKEN …" when not.
 *
 * Faults made here:
 *   MAILLAGE_FAULT_LOSE=sync   forget every fdatasync; =meta forget every meta page: rules break
 *   MAILLAGE_FAULT_ARM=FILE    when FILE.sync exists the next sync of the store removes it and fails
 *                              with EIO; when FILE.meta exists the next write of the meta page does
 *   MAILLAGE_FAULT_CLOCK=FILE  the seconds written in FILE are added to the time of day
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { FD_MAX = 4096, PATH_TEXT = 120, LINE_TEXT = 300 };

struct conversation {
	bool post;		/* a POST was read and is not answered */
	uint64_t begun;		/* commits begun at the last read of it */
	char path[PATH_TEXT];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct conversation talks[FD_MAX];
static uint64_t begun, durable, told;	/* told: `durable` at the last progress line */
static bool dirty;			/* pages were written and not synced */
static bool under_way;			/* a commit has begun; its meta page or a failure ends it */

/* The library's own function of that name. */
#define REAL(name)                                                                                 \
	static __typeof__(name) *real;                                                             \
	if (!real)                                                                                 \
		real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	const char *file = getenv("MAILLAGE_FAULT_LOG");
	char line[LINE_TEXT];
	va_list args;
	int fd, n;

	if (!file)
		return;
	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || syscall(SYS_write, fd, line, (size_t)n) != n)
		abort();
	syscall(SYS_close, fd);
}

static bool lose(const char *what)
{
	const char *env = getenv("MAILLAGE_FAULT_LOSE");

	return env && !strcmp(env, what);
}

/* Whether this fault is ordered, once. */
static bool armed(const char *what)
{
	const char *file = getenv("MAILLAGE_FAULT_ARM");
	char path[512];

	if (!file)
		return false;
	snprintf(path, sizeof(path), "%s.%s", file, what);
	return unlink(path) == 0;
}

/* 0: another file; 1: the store; 2: its descriptor for meta pages. */
static int store_fd(int fd)
{
	const char *store = getenv("MAILLAGE_FAULT_STORE");
	char link[64], path[512];
	ssize_t n;
	int flags, saved = errno;

	if (!store)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n > 0)
		path[n] = '\0';
	flags = n > 0 && !strcmp(path, store) ? fcntl(fd, F_GETFL) : -1;
	errno = saved;
	return flags < 0 ? 0 : flags & O_DSYNC ? 2 : 1;
}

/* --- writing the store --- */

static void pages_begin(void)
{
	pthread_mutex_lock(&lock);
	if (!under_way)
		begun++;
	under_way = dirty = true;
	pthread_mutex_unlock(&lock);
}

/* False: this write is to fail. */
static bool meta_begin(void)
{
	pthread_mutex_lock(&lock);
	if (dirty)
		say("BROKEN the meta page of commit %llu is written before its pages are synced",
		    (unsigned long long)begun);
	pthread_mutex_unlock(&lock);
	return !armed("meta");
}

static void meta_end(bool done)
{
	pthread_mutex_lock(&lock);
	under_way = false;
	if (done && !dirty && !lose("meta"))
		durable = begun;
	pthread_mutex_unlock(&lock);
}

#define STORE_WRITE(fd, call)                                                                      \
	do {                                                                                       \
		int kind_ = store_fd(fd);                                                          \
		ssize_t n_;                                                                        \
		if (kind_ == 1)                                                                    \
			pages_begin();                                                             \
		if (kind_ == 2 && !meta_begin()) {                                                 \
			errno = EIO;                                                               \
			return -1;                                                                 \
		}                                                                                  \
		n_ = (call);                                                                       \
		if (kind_ == 2)                                                                    \
			meta_end(n_ > 0);                                                          \
		return n_;                                                                         \
	} while (0)

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	REAL(pwrite);
	STORE_WRITE(fd, real(fd, data, len, at));
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	REAL(pwrite64);
	STORE_WRITE(fd, real(fd, data, len, at));
}

EXPORT ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	REAL(pwritev);
	STORE_WRITE(fd, real(fd, v, n, at));
}

EXPORT ssize_t writev(int fd, const struct iovec *v, int n)
{
	REAL(writev);
	STORE_WRITE(fd, real(fd, v, n));
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
	REAL(write);
	STORE_WRITE(fd, real(fd, data, len));
}

static int synced(int fd, int (*real)(int))
{
	bool store = store_fd(fd) != 0;
	int rc;

	if (store && armed("sync")) {
		errno = EIO;
		rc = -1;
	} else {
		rc = real(fd);
	}
	if (store) {
		pthread_mutex_lock(&lock);
		if (rc)
			under_way = false; /* LMDB gives the commit up */
		else if (!lose("sync"))
			dirty = false;
		pthread_mutex_unlock(&lock);
	}
	return rc;
}

EXPORT int fdatasync(int fd)
{
	REAL(fdatasync);
	return synced(fd, real);
}

EXPORT int fsync(int fd)
{
	REAL(fsync);
	return synced(fd, real);
}

/* --- requests and answers --- */

static bool only_asks(const char *path)
{
	static const char *const asking[] = {"/fed/v1/tree", "/fed/v1/objects", "/fed/v1/notify"};

	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		if (!strcmp(path, asking[i]))
			return true;
	return false;
}

static void was_read(int fd, const char *data, ssize_t n)
{
	struct conversation *c;
	size_t len;

	if (fd < 0 || fd >= FD_MAX || n <= 0)
		return;
	c = &talks[fd];
	pthread_mutex_lock(&lock);
	if (n > 5 && !memcmp(data, "POST ", 5)) {
		for (len = 0; len < PATH_TEXT - 1 && 5 + (ssize_t)len < n; len++)
			if (strchr(" ?\r\n", data[5 + len]))
				break;
		memcpy(c->path, data + 5, len);
		c->path[len] = '\0';
		c->post = !only_asks(c->path);
	} else if (n > 4 && (!memcmp(data, "GET ", 4) || !memcmp(data, "HEAD", 4))) {
		c->post = false;
	}
	c->begun = begun;
	pthread_mutex_unlock(&lock);
}

static void is_sent(int fd, const void *data, size_t len)
{
	static const char version[] = "HTTP/1.1 ";
	struct conversation *c;
	const char *status;

	if (fd < 0 || fd >= FD_MAX || len < sizeof(version) + 2 ||
	    memcmp(data, version, sizeof(version) - 1) != 0)
		return;
	status = (const char *)data + sizeof(version) - 1;
	c = &talks[fd];
	pthread_mutex_lock(&lock);
	if (c->post && *status != '1') {
		if (*status == '2' || !memcmp(status, "303", 3))
			say("%s POST %s %.3s", durable > c->begun ? "held" : "BROKEN", c->path, status);
		else
			say("refused POST %s %.3s", c->path, status);
		c->post = false;
	}
	pthread_mutex_unlock(&lock);
}

EXPORT ssize_t recv(int fd, void *data, size_t len, int flags)
{
	ssize_t n;
	REAL(recv);

	n = real(fd, data, len, flags);
	was_read(fd, data, n);
	return n;
}

EXPORT ssize_t send(int fd, const void *data, size_t len, int flags)
{
	REAL(send);
	is_sent(fd, data, len);
	return real(fd, data, len, flags);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	REAL(sendto);
	is_sent(fd, data, len);
	return real(fd, data, len, flags, to, to_len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	REAL(sendmsg);
	if (m->msg_iovlen)
		is_sent(fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len);
	return real(fd, m, flags);
}

/* --- standard output: stdio writes past write(2), so the stream itself is replaced --- */

static bool starts(const char *data, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !memcmp(data, word, n);
}

static void line_leaves(const char *data, size_t len)
{
	bool progress = starts(data, len, "progress ");

	if (!progress && !starts(data, len, "imported "))
		return;
	pthread_mutex_lock(&lock);
	say("%s %.*s", under_way || (progress && durable <= told) ? "BROKEN" : "held",
	    (int)(len < 40 ? len : 40), data);
	if (progress)
		told = durable;
	pthread_mutex_unlock(&lock);
}

static ssize_t output(void *cookie, const char *data, size_t len)
{
	const char *end;
	size_t at = 0;

	while ((end = memchr(data + at, '\n', len - at))) {
		line_leaves(data + at, (size_t)(end - data) - at);
		at = (size_t)(end - data) + 1;
	}
	return syscall(SYS_write, STDOUT_FILENO, data, len);
}

static void __attribute__((constructor)) stdout_replace(void)
{
	static const cookie_io_functions_t functions = {.write = output};
	FILE *stream;

	if (!getenv("MAILLAGE_FAULT_STORE") || !(stream = fopencookie(NULL, "w", functions)))
		return;
	stdout = stream;
}

/* --- the time of day --- */

static time_t clock_offset(void)
{
	const char *file = getenv("MAILLAGE_FAULT_CLOCK");
	char text[32] = "";
	int fd;

	if (!file)
		return 0;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (syscall(SYS_read, fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	syscall(SYS_close, fd);
	return (time_t)strtoll(text, NULL, 10);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc;
	REAL(clock_gettime);

	rc = real(clock, ts);
	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += clock_offset();
	return rc;
}

EXPORT time_t time(time_t *ret)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

EXPORT int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ret->tv_sec = ts.tv_sec;
	ret->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
