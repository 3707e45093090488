/* Ceilings: sizes, time, framing, rates; and the static folder. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/http/limits.h"
#include "tests/http/harness.h"
#include "tests/http/server.h"

/* "start" + n times "x" + "end", sent on a connection of its own. */
static int ask_long(struct site *site, const char *start, size_t n, const char *end)
{
	size_t head = strlen(start);
	char *text = malloc(head + n + strlen(end) + 1);
	int status;

	memcpy(text, start, head);
	memset(text + head, 'x', n);
	strcpy(text + head + n, end);
	status = ask(site->port, text, NULL);
	free(text);
	return status;
}

static void heads(struct site *site)
{
	static const char host[] = " HTTP/1.1\r\nHost: x\r\n\r\n";
	char many[4096] = "GET /echo HTTP/1.1\r\nHost: x\r\n";

	check(ask_long(site, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ", 20000, "\r\n\r\n") == 431,
	      "a head that is too large");
	check(ask_long(site, "GET /o/", HTTP_TARGET, host) == 414, "a target that is too long");
	check(ask_long(site, "GET /o/", 20000, host) == 414, "a target no head can hold");
	check(ask_long(site, "GET /o/", 4000, host) == 200, "a long target");
	for (int i = 0; i < HTTP_HEADERS; i++)
		strcat(many, "A: b\r\n");
	strcat(many, "\r\n");
	check(ask(site->port, many, NULL) == 431, "too many headers");
}

struct many {
	const char *name, *start, *piece, *end;
	int n, status;
};

/* start, then n times the piece with a number for its '#', then end, on a connection of its own. */
static int ask_many(struct site *site, const struct many *m, struct answer *a)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int status;

	fputs(m->start, f);
	for (int i = 0; i < m->n; i++) {
		for (const char *c = m->piece; *c; c++) {
			if (*c == '#')
				fprintf(f, "%d", i);
			else
				putc(*c, f);
		}
	}
	fputs(m->end, f);
	fclose(f);
	status = ask(site->port, text, a);
	free(text);
	return status;
}

#define LINE "GET /echo HTTP/1.1\r\nHost: x\r\n"
#define LINE_END " HTTP/1.1\r\nHost: x\r\n\r\n"

/* What is cheap to send and dear to keep: each request is answered, and nothing of it stays. */
static void small_pieces(struct site *site)
{
	static const struct many cases[] = {
		{"128 arguments", "GET /echo?z", "&a#=1", LINE_END, 127, 200},
		{"300 arguments", "GET /echo?z", "&a#=1", LINE_END, 300, 400},
		{"3,000 short arguments", "GET /echo?z", "&a", LINE_END, 3000, 400},
		{"300 cookies", LINE "Cookie: z=1", "; c#=1", "\r\n\r\n", 300, 200},
		{"4,000 short cookies", LINE "Cookie: z=1", ";a=", "\r\n\r\n", 4000, 200},
		{"300 fields", LINE, "A#: b\r\n", "\r\n", 300, 431},
	};
	static const struct many last = {"", LINE "Cookie: C=0", "; d#=1", "; c=kept ; c=2\r\n\r\n",
					 300, 200};
	struct answer a;
	int64_t since;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int got = ask_many(site, &cases[i], NULL);

		check(got == cases[i].status, "%s: %d, as it should be %d", cases[i].name, got,
		      cases[i].status);
	}
	check(ask_many(site, &last, &a) == 200 && strstr(a.body, "cookie=kept\n"),
	      "a cookie after many others");
	answer_done(&a);
	for (int round = 0; round < 100; round++)
		for (size_t i = 1; i < sizeof(cases) / sizeof(*cases); i++)
			ask_many(site, &cases[i], NULL);
	since = clock_ms();
	server_quiesce(site->server, 10);
	check(clock_ms() - since < 5000, "500 such requests leave none under way");
}

static void framing(struct site *site)
{
	static const char *const cases[] = {
		"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: "
		"6\r\n\r\nabcde",
		"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, "
		"chunked\r\n\r\n0\r\n\r\n",
		"POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nabcde",
		"GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
		"GET /echo HTTP/1.1\r\n\r\n",
	};
	int good = 0, n = sizeof(cases) / sizeof(*cases);

	for (int i = 0; i < n; i++) {
		int fd = dial(site->port);
		struct answer a;

		send_text(fd, cases[i]);
		answer_read(fd, &a, false);
		if (a.status == 400 && closed_within(fd, PATIENCE_MS))
			good++;
		else
			printf("# case %d: %d\n", i, a.status);
		answer_done(&a);
		close(fd);
	}
	check(good == n,
	      "a message that can be framed in two ways is refused and the connection ended");
}

static void bodies(struct site *site)
{
	int fd = dial(site->port);
	char body[6000];
	struct answer a;

	memset(body, 'x', sizeof(body));
	send_text(fd, "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 6000\r\n\r\n");
	send_all(fd, body, 6000);
	check(answer_read(fd, &a, false) && a.status == 413, "a body over the route's limit");
	answer_done(&a);
	send_text(fd, "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n");
	send_all(fd, body, 5000);
	check(answer_read(fd, &a, false) && a.status == 200 && strstr(a.body, "body=5000\n"),
	      "one within it, on the same connection");
	answer_done(&a);
	close(fd);
	check(ask(site->port,
		  "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx",
		  NULL) == 413,
	      "a huge one is refused by its announcement");
	check(ask(site->port,
		  "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 6000\r\n"
		  "Expect: 100-continue\r\n\r\n",
		  NULL) == 413,
	      "refused before it is sent, for a client that asks");
	check(ask(site->port, "GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
		  NULL) == 413,
	      "a GET has no body");
	fd = dial(site->port);
	send_text(fd, "POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		send_text(fd, "1770\r\n");
		send_all(fd, body, 6000);
		send_text(fd, "\r\n");
	}
	send_text(fd, "0\r\n\r\n");
	check(answer_read(fd, &a, false) && a.status == 413, "a chunked one over the limit");
	answer_done(&a);
	close(fd);
	fd = dial(site->port);
	send_text(fd, "POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "3\r\nabc\r\n0\r\n\r\n");
	check(answer_read(fd, &a, false) && a.status == 200 && strstr(a.body, "body=3\n"),
	      "a chunked one within it");
	answer_done(&a);
	close(fd);
}

static void endless_body(struct site *site)
{
	static char chunk[65536 + 16];
	int fd = dial(site->port), sent = 0;

	memcpy(chunk, "10000\r\n", 7);
	memset(chunk + 7, 'x', 65536);
	memcpy(chunk + 7 + 65536, "\r\n", 2);
	send_text(fd, "POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (sent < 1000 && send_all(fd, chunk, 65536 + 9))
		sent++;
	check(sent < 1000, "an endless body is cut");
	close(fd);
}

/* Send byte after byte until the server ends it; how long it bore it, in ms. */
static int64_t drip(int fd, const char *start)
{
	int64_t since = clock_ms();

	send_text(fd, start);
	while (clock_ms() - since < PATIENCE_MS) {
		if (!send_text(fd, "a") || closed_within(fd, 40))
			break;
	}
	return clock_ms() - since;
}

static void dripping(struct site *site)
{
	int fd = dial(site->port);
	struct answer a;
	int64_t ms = drip(fd, "GET /echo HTTP/1.1\r\nX-");

	check(ms >= 900 && ms < 8000, "a dripped head is cut");
	close(fd);
	fd = dial(site->port);
	ms = drip(fd, "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n");
	check(ms >= 900 && ms < 8000, "a dripped body is cut");
	close(fd);
	fd = dial(site->port);
	send_text(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	answer_read(fd, &a, false);
	ms = drip(fd, "GET /ec");
	check(a.status == 200 && ms >= 900 && ms < 12000, "a dripped second request is cut");
	answer_done(&a);
	close(fd);
	fd = dial(site->port);
	check(closed_within(fd, PATIENCE_MS), "a silent connection is ended");
	close(fd);
}

/*
 * Behind a NUL libmicrohttpd finds a query where the target has ended for everybody else; it runs
 * out of memory for it and is silent.  The deadline ends that, and the request with it.
 */
static void silence(struct site *site)
{
	static const char start[] = "GET /echo\0?", end[] = LINE_END;
	int fd = dial(site->port);
	int64_t since;

	send_all(fd, start, sizeof(start) - 1);
	for (int i = 0; i < 300; i++)
		send_text(fd, "a=1&");
	send_text(fd, end);
	check(closed_within(fd, PATIENCE_MS), "a request nobody answers is cut");
	close(fd);
	since = clock_ms();
	server_quiesce(site->server, 10);
	check(clock_ms() - since < 5000, "and is no longer under way");
}

/* A site of its own: the deadline must not be what ends a connection. */
void test_pieces(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2};

	site_open(site, &o);
	small_pieces(site);
	site_close(site);
	free(site);
}

void test_limits(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2, .deadline = 1, .timeout = 2};
	int64_t since;

	site_open(site, &o);
	heads(site);
	framing(site);
	bodies(site);
	endless_body(site);
	dripping(site);
	since = clock_ms();
	check(get(site->port, "/echo", NULL, NULL) == 200 && clock_ms() - since < PATIENCE_MS / 2,
	      "and others are served");
	silence(site);
	site_close(site);
	free(site);
}

static int login(struct site *site, const char *forwarded, struct answer *a)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "POST /login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n"
		 "Content-Length: 3\r\n\r\na=b",
		 forwarded);
	return ask(site->port, request, a);
}

void test_rates(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {
		.threads = 2, .rates = {[RATE_LOGIN] = {6, 3}}, .trusted_proxies = "127.0.0.1"};
	char value[16];
	struct answer a;
	int passed = 0;

	site_open(site, &o);
	for (int i = 0; i < 3; i++)
		passed += login(site, "192.0.2.7", NULL) == 200;
	check(passed == 3 && login(site, "192.0.2.7", &a) == 429 &&
		      atoi(answer_header(&a, "Retry-After", value, sizeof(value))) >= 1 &&
		      strstr(a.body, "urn:maillage:problem:rate"),
	      "429 with Retry-After");
	answer_done(&a);
	check(login(site, "192.0.2.7, 192.0.2.8", NULL) == 200,
	      "a client is the last hop that is no proxy");
	check(login(site, "192.0.2.9, 192.0.2.7", NULL) == 429,
	      "what a client adds changes nothing");
	check(get(site->port, "/echo", "X-Forwarded-For: 192.0.2.7\r\n", &a) == 200 &&
		      strstr(a.body, "address=192.0.2.7\n"),
	      "classes are counted apart");
	answer_done(&a);
	site_close(site);
	free(site);
}

/* The static folder */

static void static_write(struct site *site)
{
	char path[128];

	strcpy(site->dir, "/tmp/maillage-http-XXXXXX");
	if (!mkdtemp(site->dir)) {
		printf("Bail out! no scratch folder\n");
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/lib", site->dir);
	mkdir(path, 0700);
	site_write(site, "app.css", "body{background:url(lib/a.png)}");
	site_write(site, "app.css.gz", "stands for the compressed one");
	site_write(site, "favicon.ico", "icon");
	site_write(site, ".hidden", "x");
	site_write(site, "lib/a.png", "png");
	site_write(site, "token-1_A", "proof");
}

static void static_remove(struct site *site)
{
	static const char *const names[] = {"app.css",	 "app.css.gz", "favicon.ico", ".hidden",
					    "lib/a.png", "token-1_A",  "lib",	      ""};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", site->dir, names[i]);
		remove(path);
	}
}

static void static_files(struct site *site)
{
	const char *url = server_static_url(site->server, "/static/app.css");
	char tag[64], headers[128];
	struct answer a;

	check(get(site->port, "/static/app.css", NULL, &a) == 200 && strstr(a.body, "lib/a.png") &&
		      answer_has(&a, "Content-Type", "text/css; charset=utf-8") &&
		      answer_has(&a, "Cache-Control", "no-cache") &&
		      answer_has(&a, "X-Content-Type-Options", "nosniff"),
	      "a file by its plain name");
	answer_header(&a, "ETag", tag, sizeof(tag));
	answer_done(&a);
	snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", tag);
	check(get(site->port, "/static/app.css", headers, NULL) == 304, "and unchanged");
	check(url && strlen(url) == strlen("/static/app.12345678.css") &&
		      get(site->port, url, NULL, &a) == 200 &&
		      answer_has(&a, "Cache-Control", "public, max-age=31536000, immutable"),
	      "by its hashed name, for a year");
	answer_done(&a);
	check(get(site->port, "/static/app.css", "Accept-Encoding: gzip\r\n", &a) == 200 &&
		      strcmp(a.body, "stands for the compressed one") == 0 &&
		      answer_has(&a, "Content-Encoding", "gzip") &&
		      answer_has(&a, "Vary", "Accept-Encoding"),
	      "the compressed one beside it");
	answer_done(&a);
	check(get(site->port, "/static/lib/a.png", NULL, NULL) == 200 &&
		      get(site->port, "/favicon.ico", NULL, NULL) == 200,
	      "a folder below, and the icon");
	check(get(site->port, "/static/.hidden", NULL, NULL) == 404 &&
		      get(site->port, "/static/app.css.gz", NULL, NULL) == 404 &&
		      get(site->port, "/static/", NULL, NULL) == 404 &&
		      get(site->port, "/static/lib", NULL, NULL) == 404 &&
		      get(site->port, "/static/none", NULL, NULL) == 404 &&
		      !server_static_url(site->server, "/static/none"),
	      "and nothing else");
	check(ask(site->port,
		  "POST /static/app.css HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		  NULL) == 405,
	      "files are read only");
}

static void challenges(struct site *site)
{
	struct answer a;

	check(get(site->port, "/.well-known/acme-challenge/token-1_A", NULL, &a) == 200 &&
		      strcmp(a.body, "proof") == 0,
	      "an ACME challenge");
	answer_done(&a);
	check(get(site->port, "/.well-known/acme-challenge/app.css", NULL, NULL) == 404 &&
		      get(site->port, "/.well-known/acme-challenge/lib/a.png", NULL, NULL) == 404 &&
		      get(site->port, "/.well-known/acme-challenge/lib", NULL, NULL) == 404 &&
		      get(site->port, "/.well-known/acme-challenge/", NULL, NULL) == 404,
	      "and no other file of that folder");
}

void test_static(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2, .origin = "https://a.example"};
	struct answer a;

	static_write(site);
	o.static_dir = o.acme_dir = site->dir;
	site_open(site, &o);
	static_files(site);
	challenges(site);
	get(site->port, "/", NULL, &a);
	check(answer_has(&a, "Strict-Transport-Security", "max-age=31536000"),
	      "HSTS for an https origin");
	answer_done(&a);
	site_close(site);
	static_remove(site);
	free(site);
}
