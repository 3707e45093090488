/*
 * Edits over HTTP, each answered once it is durable: one by one against a bare write and fdatasync
 * of one page, then from 64 writers at once.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/auth/session.h"
#include "tools/bench/bench.h"
#include "tools/bench/load.h"

enum { WRITERS = 64, ALONE = 600, TOGETHER = 6400, PAGE_BYTES = 4096 };

struct edits {
	unsigned port;
	char cookie[SESSION_COOKIE], csrf[128];
	struct {
		char key[27];
		long long rev;
	} * objects;
	size_t n, from; /* from: the next nobody has edited */
};

/* An account that may edit everything, and its session, as a login would leave them. */
static void session_make(const struct bench *b, const char *dir, struct edits *e)
{
	char token[TOKEN_TEXT], hash[TOKEN_HASH_TEXT], name[SESSION_NAME];
	struct verb_result result = {0};
	struct fault fault = {0};
	struct verb_input in;
	json_int_t account;
	struct node *n;

	if (node_open(dir, b->share, &n, &fault))
		bench_die("%s cannot be opened", dir);
	node_input(&in, "account.add", "command",
		   json_pack("{s:s, s:s, s:s}", "email", "bench@example.org", "name", "Bench",
			     "role", "animator"));
	node_apply(n, &in, &result);
	account = json_integer_value(json_object_get(result.out, "account"));
	json_decref(result.out);
	token_make(token);
	token_hash_text(token, hash);
	node_input(&in, "session.open", "command",
		   json_pack("{s:I, s:s, s:I}", "account", account, "token_hash", hash, "expires",
			     (json_int_t)time(NULL) + 86400));
	if (!result.err) {
		node_apply(n, &in, &result);
		json_decref(result.out);
	}
	if (result.err)
		bench_die("no session can be made: %s", err_name(result.err));
	session_name(n, 0, name);
	snprintf(e->cookie, sizeof(e->cookie), "%s=%s", name, token);
	node_close(n);
}

static void objects_read(const struct bench *b, const char *dir, struct edits *e)
{
	const char *file = bench_path(b, "objects.ndjson");
	char *text, *save = NULL;

	maillage(b, 60, file, "export", dir, "--type", "Organization", "--format", "ndjson", NULL);
	text = bench_read(file, NULL);
	e->objects = calloc(ALONE + TOGETHER, sizeof(*e->objects));
	for (char *line = strtok_r(text, "\n", &save); line && e->n < ALONE + TOGETHER;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *doc = json_loads(line, 0, NULL);
		const char *id = json_string_value(json_object_get(doc, "id"));

		if (!id)
			bench_die("an object cannot be read");
		snprintf(e->objects[e->n].key, 27, "%s", strrchr(id, '/') + 1);
		e->objects[e->n++].rev = json_integer_value(json_object_get(doc, "rev"));
		json_decref(doc);
	}
	free(text);
	if (e->n < ALONE + TOGETHER)
		bench_die("there are too few objects");
}

static void csrf_get(struct edits *e)
{
	static const char field[] = "name=\"csrf\" value=\"";
	char request[LOAD_REQUEST], *answer, *body, *at;
	size_t len =
		(size_t)snprintf(request, sizeof(request),
				 "GET /edit/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
				 "Cookie: %s\r\n\r\n",
				 e->objects[0].key, e->cookie);

	answer = load_once(e->port, request, len, NULL, NULL, &body);
	at = strstr(body, field);
	if (!at)
		bench_die("there is no form");
	at += sizeof(field) - 1;
	snprintf(e->csrf, sizeof(e->csrf), "%.*s", (int)strcspn(at, "\""), at);
	free(answer);
}

static size_t edit(const void *arg, uint64_t n, char *out)
{
	const struct edits *e = arg;
	size_t i = e->from + n;
	char form[512];
	int len = snprintf(form, sizeof(form), "csrf=%s&rev=%lld&name=Edited+%zu&summary=An+edit",
			   e->csrf, e->objects[i].rev, i);

	return (size_t)snprintf(out, LOAD_REQUEST,
				"POST /edit/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
				"Cookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
				"Content-Length: %d\r\n\r\n%s",
				e->objects[i].key, e->cookie, len, form);
}

static struct load_result run(struct edits *e, unsigned clients, unsigned count)
{
	struct load l = {.port = e->port,
			 .clients = clients,
			 .seconds = 120,
			 .requests = count,
			 .status = 303,
			 .request = edit,
			 .arg = e};
	struct load_result r = load_run(&l);

	e->from += count;
	return r;
}

/* Pages of 4 KiB a second, each synced, in a file that is there already. */
static double raw_rate(const struct bench *b)
{
	static char page[PAGE_BYTES];
	int fd = open(bench_path(b, "raw"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	double start;

	for (int i = 0; i < 256; i++)
		if (pwrite(fd, page, sizeof(page), (off_t)i * PAGE_BYTES) != PAGE_BYTES)
			bench_die("the disk cannot be written");
	fdatasync(fd);
	start = clock_wall();
	for (int i = 0; i < ALONE; i++) {
		page[i % PAGE_BYTES]++;
		if (pwrite(fd, page, sizeof(page), (off_t)(i % 256) * PAGE_BYTES) != PAGE_BYTES ||
		    fdatasync(fd) != 0)
			bench_die("the disk cannot be written");
	}
	start = clock_wall() - start;
	close(fd);
	return ALONE / start;
}

void bench_edit(struct bench *b)
{
	const char *dir = bench_path(b, "edit");
	struct edits e = {.port = bench_port()};
	struct load_result alone, together;
	double before, after, raw, cpu;
	struct child node;

	node_make(b, dir, e.port, NULL, NULL);
	node_import(b, dir, 10000);
	session_make(b, dir, &e);
	objects_read(b, dir, &e);
	node = node_start(b, dir, BENCH_ANY_CORE, true);
	csrf_get(&e);
	before = raw_rate(b);
	alone = run(&e, 1, ALONE);
	after = raw_rate(b);
	raw = 2 / (1 / before + 1 / after);
	bench_say(b, "bare %.0f and %.0f, edits %.0f a second", before, after, alone.rate);
	cpu = child_cpu(&node);
	together = run(&e, WRITERS, TOGETHER);
	cpu = child_cpu(&node) - cpu;
	bench_say(b, "%d writers: %.0f a second, at most %.0f ms", WRITERS, together.rate,
		  together.most_ms);
	child_stop(&node);
	bench_figure(b, "write and fdatasync", raw, "1/s", NULL);
	bench_figure(b, "edits one by one", alone.rate, "1/s", NULL);
	bench_figure(b, "edits one by one to write and fdatasync", alone.rate / raw, "ratio",
		     ">= 0.12");
	bench_figure(b, "edits, 64 writers", together.rate, "1/s", NULL);
	bench_figure(b, "edits, 64 writers to one by one", together.rate / alone.rate, "ratio",
		     ">= 8");
	bench_figure(b, "longest edit, 64 writers", together.most_ms, "ms", "<= 1000");
	bench_figure(b, "cost of an edit, 64 writers", cpu / TOGETHER * 1e6, "CPU us", NULL);
	free(e.objects);
}
