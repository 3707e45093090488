#include "node/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "protocol/base/err.h"
#include "protocol/base/time.h"

/* A line longer than this is cut: pipes and files take so much in one piece. */
enum { LINE_MAX_BYTES = 4096 };

/* The process's log: the one thing that everybody writes to and nobody is handed. */
static atomic_int log_fd = STDERR_FILENO;

int log_open(const char *file)
{
	int fd, old;

	if (!file || !*file) {
		fd = STDERR_FILENO;
	} else {
		fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0)
			return ERR_IO;
	}
	old = atomic_load(&log_fd);
	if (old != STDERR_FILENO && fd != STDERR_FILENO) {
		/* Another thread may be writing to it: put the new file under the old number. */
		int err = dup3(fd, old, O_CLOEXEC) < 0 ? ERR_IO : OK;

		close(fd);
		return err;
	}
	atomic_store(&log_fd, fd);
	return OK;
}

static size_t stamp(char *out, size_t size, const char *level, const char *area)
{
	struct timespec now;
	char text[TIME_TEXT];
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	time_format(now.tv_sec, text);
	n = snprintf(out, size, "%.19s.%03ldZ level=%s area=%s ", text, now.tv_nsec / 1000000,
		     level, area);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

void log_line(const char *level, const char *area, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	size_t start = stamp(line, sizeof(line) / 2, level, area), len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line + start, sizeof(line) - start, fmt, args);
	va_end(args);
	len = start + (n < 0 ? 0 : (size_t)n);
	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	for (size_t i = start; i < len; i++) /* nobody's text makes a second line */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	while (write(atomic_load(&log_fd), line, len) < 0 && errno == EINTR)
		;
}
