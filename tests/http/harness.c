#include "tests/http/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int tests, failures;

bool check(bool good, const char *name, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tests);
	va_start(ap, name);
	vprintf(name, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	failures += !good;
	return good;
}

int check_end(void)
{
	printf("1..%d\n", tests);
	return failures != 0;
}

int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool wait_for(bool (*ready)(void *arg), void *arg)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (!ready(arg)) {
		if (clock_ms() > end)
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

int dial(unsigned port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.1", &sa.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		printf("Bail out! cannot connect: %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

bool send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool send_text(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

/* One byte at a time, so that what follows an answer stays in the socket. */
static bool read_head(int fd, struct answer *a)
{
	size_t n = 0;

	while (n + 1 < sizeof(a->head)) {
		if (recv(fd, a->head + n, 1, 0) != 1)
			return false;
		a->head[++n] = '\0';
		if (n >= 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static bool read_more(int fd, struct answer *a, size_t len)
{
	char *grown = realloc(a->body, a->len + len + 1);
	size_t end = a->len + len;

	if (!grown)
		return false;
	a->body = grown;
	while (a->len < end) {
		ssize_t n = recv(fd, a->body + a->len, end - a->len, 0);

		if (n <= 0)
			return false;
		a->len += (size_t)n;
	}
	a->body[a->len] = '\0';
	return true;
}

/* A line without its CR LF. */
static bool read_line(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && recv(fd, out + n, 1, 0) == 1) {
		if (out[n++] != '\n')
			continue;
		out[n - 1] = '\0';
		out[strcspn(out, "\r")] = '\0';
		return true;
	}
	return false;
}

static bool read_chunks(int fd, struct answer *a)
{
	char line[64];

	for (;;) {
		size_t len;

		if (!read_line(fd, line, sizeof(line)))
			return false;
		len = strtoul(line, NULL, 16);
		if (len && !read_more(fd, a, len))
			return false;
		if (!read_line(fd, line, sizeof(line)))
			return false;
		if (!len)
			return true;
	}
}

static bool read_body(int fd, struct answer *a, bool to_head)
{
	char value[32];

	if (to_head || a->status == 204 || a->status == 304)
		return read_more(fd, a, 0);
	if (answer_has(a, "Transfer-Encoding", "chunked"))
		return read_more(fd, a, 0) && read_chunks(fd, a);
	answer_header(a, "Content-Length", value, sizeof(value));
	return read_more(fd, a, strtoul(value, NULL, 10));
}

bool answer_read(int fd, struct answer *a, bool to_head)
{
	*a = (struct answer){0};
	if (!read_head(fd, a) || sscanf(a->head, "HTTP/1.1 %d", &a->status) != 1 ||
	    !read_body(fd, a, to_head)) {
		a->status = 0;
		return false;
	}
	return true;
}

const char *answer_header(const struct answer *a, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	out[0] = '\0';
	for (const char *p = strchr(a->head, '\n'); p; p = strchr(p, '\n')) {
		if (strncasecmp(++p, name, len) != 0 || p[len] != ':')
			continue;
		p += len + 1;
		p += strspn(p, " ");
		snprintf(out, size, "%.*s", (int)strcspn(p, "\r\n"), p);
		break;
	}
	return out;
}

bool answer_has(const struct answer *a, const char *name, const char *value)
{
	char text[1024];

	return strcmp(answer_header(a, name, text, sizeof(text)), value) == 0;
}

void answer_done(struct answer *a)
{
	free(a->body);
	a->body = NULL;
}

int ask(unsigned port, const char *request, struct answer *a)
{
	struct answer own;
	int fd = dial(port), status;

	send_text(fd, request);
	answer_read(fd, a ? a : &own, strncmp(request, "HEAD ", 5) == 0);
	close(fd);
	status = a ? a->status : own.status;
	if (!a)
		answer_done(&own);
	return status;
}

int get(unsigned port, const char *target, const char *headers, struct answer *a)
{
	char request[4096];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target,
		 headers ? headers : "");
	return ask(port, request, a);
}

bool closed_within(int fd, int ms)
{
	int64_t end = clock_ms() + ms;
	char byte[256];

	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = end - clock_ms();

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		if (recv(fd, byte, sizeof(byte), 0) <= 0)
			return true;
	}
}
