/*
 * node/http with real sockets on loopback: the fixture; the tests are in the server_*.c beside it.
 */
#include "tests/http/server.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "node/http/limits.h"
#include "tests/http/harness.h"

/* Handlers */

static int text(struct request *rq, const char *s)
{
	return reply_bytes(rq, 200, "text/plain; charset=utf-8", s, strlen(s));
}

/* What the request holds, a field a line. */
static int echo(struct request *rq)
{
	static const char *const languages[] = {"fr", "en"};
	const char *key = request_param(rq, "key"), *q = request_query(rq, "q");
	const char *cookie = request_cookie(rq, "c");

	return text(rq, talloc_asprintf(request_mem(rq),
					"method=%s\npath=%s\nkey=%s\nq=%s\nformat=%d\naddress=%s\n"
					"language=%s\ncookie=%s\nlinks=%s\n",
					request_method(rq), request_path(rq), key ? key : "",
					q ? q : "", request_format(rq), request_address(rq),
					request_accept_language(rq, languages, 2),
					cookie ? cookie : "", request_query_without(rq, "q")));
}

static int big(struct request *rq)
{
	struct site *site = request_app(rq);

	reply_etag(rq, "\"big\"");
	return reply_bytes(rq, 200, "text/html; charset=utf-8", site->big, BIG);
}

static int kept(struct request *rq)
{
	struct site *site = request_app(rq);
	struct reply_kept *k;
	int err;

	pthread_mutex_lock(&site->lock);
	if (!site->kept) {
		reply_etag(rq, "\"kept\"");
		reply_header(rq, "Content-Language", "fr");
		reply_keep(rq, 200, "text/html; charset=utf-8", site->big, BIG, &site->kept);
	}
	k = reply_kept_ref(site->kept);
	pthread_mutex_unlock(&site->lock);
	err = reply_kept(rq, k);
	reply_kept_free(k);
	return err;
}

static int huge(struct request *rq)
{
	char *data = calloc(1, HTTP_REPLY + 1);
	int err = data ? reply_bytes(rq, 200, "text/plain; charset=utf-8", data, HTTP_REPLY + 1)
		       : ERR_NOMEM;

	free(data);
	return err;
}

static int form(struct request *rq)
{
	struct request_file file = {.filename = "", .type = "", .data = ""};
	const char *name = request_form(rq, "name"), *second = request_form_nth(rq, "name", 1);
	size_t len;

	request_body(rq, &len);
	request_file(rq, "file", &file);
	return text(rq, talloc_asprintf(request_mem(rq),
					"name=%s\nsecond=%s\nfile=%s %s %zu\nbody=%zu\n",
					name ? name : "", second ? second : "", file.filename,
					file.type, file.len, len));
}

static int fail(struct request *rq)
{
	return ERR_CONFLICT;
}

static int silent(struct request *rq)
{
	return OK;
}

static int refuse(struct request *rq)
{
	struct fault fault;

	fault_set(&fault, ERR_INVALID, "/name", "The name %s is taken.", "\"x\"");
	return reply_problem(rq, 0, "taken", &fault);
}

static int custom(struct request *rq)
{
	reply_header(rq, "Content-Security-Policy", "sandbox");
	reply_header(rq, "Set-Cookie", "a=1");
	reply_header(rq, "Set-Cookie", "b=2");
	reply_cache(rq, "no-store");
	return text(rq, "");
}

static int broken_header(struct request *rq)
{
	reply_header(rq, "X", "a\r\nSet-Cookie: b");
	return text(rq, "");
}

static int next_line(struct request *rq, void *arg, struct buf *out)
{
	size_t *left = arg;

	for (int i = 0; i < 100 && *left; i++, *left -= 10)
		buf_fmt(out, "%09zu\n", *left);
	return OK;
}

static int stream(struct request *rq)
{
	size_t *left = talloc(request_mem(rq), size_t);

	*left = STREAMED;
	return reply_stream(rq, 200, "text/csv; charset=utf-8", next_line, left);
}

static int next_fails(struct request *rq, void *arg, struct buf *out)
{
	buf_str(out, "some");
	return --*(int *)arg ? OK : ERR_IO;
}

static int stream_fails(struct request *rq)
{
	int *left = talloc(request_mem(rq), int);

	*left = 3;
	return reply_stream(rq, 200, "text/csv; charset=utf-8", next_fails, left);
}

static int finish(struct request *rq, void *arg)
{
	struct site *site = request_app(rq);
	const char *q = request_query(rq, "q");

	atomic_fetch_add(&site->finished, 1);
	if (request_gone(rq))
		atomic_fetch_add(&site->gone, 1);
	return text(rq, q ? q : "none");
}

static void hand_over(struct site *site, struct request *rq)
{
	pthread_mutex_lock(&site->lock);
	site->waiting[site->n_waiting++] = rq;
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
}

static void state_done(void *state)
{
	struct site *site = state;

	atomic_fetch_add(&site->states_done, 1);
}

static int wait_once(struct request *rq)
{
	struct site *site = request_app(rq);
	int err;

	atomic_fetch_add(&site->states, 1);
	request_state_set(rq, site, state_done);
	err = request_suspend(rq, finish, NULL);
	hand_over(site, rq);
	return err;
}

static int wait_again(struct request *rq, void *arg)
{
	int err = request_suspend(rq, finish, NULL);

	hand_over(request_app(rq), rq);
	return err;
}

static int wait_twice(struct request *rq)
{
	int err = request_suspend(rq, wait_again, NULL);

	hand_over(request_app(rq), rq);
	return err;
}

enum { PAGES = FORMATS(FORMAT_HTML, FORMAT_JSON, FORMAT_CSV) };

static const struct route routes[] = {
	{"GET", "/", WHO_ANYONE, RATE_PAGE, 0, FORMATS(FORMAT_HTML), echo},
	{"GET", "/echo", WHO_ANYONE, RATE_PAGE, 0, PAGES, echo},
	{"GET", "/o/:key", WHO_ANYONE, RATE_PAGE, 0, PAGES, echo},
	{"GET", "/big", WHO_ANYONE, RATE_PAGE, 0, 0, big},
	{"GET", "/huge", WHO_ANYONE, RATE_PAGE, 0, 0, huge},
	{"GET", "/kept", WHO_ANYONE, RATE_PAGE, 0, 0, kept},
	{"GET", "/fail", WHO_ANYONE, RATE_PAGE, 0, 0, fail},
	{"GET", "/silent", WHO_ANYONE, RATE_PAGE, 0, 0, silent},
	{"GET", "/refuse", WHO_ANYONE, RATE_PAGE, 0, 0, refuse},
	{"GET", "/custom", WHO_ANYONE, RATE_PAGE, 0, 0, custom},
	{"GET", "/broken-header", WHO_ANYONE, RATE_PAGE, 0, 0, broken_header},
	{"GET", "/stream", WHO_ANYONE, RATE_PAGE, 0, FORMATS(FORMAT_CSV), stream},
	{"GET", "/stream-fails", WHO_ANYONE, RATE_PAGE, 0, 0, stream_fails},
	{"GET", "/wait", WHO_ANYONE, RATE_PAGE, 0, 0, wait_once},
	{"GET", "/wait-twice", WHO_ANYONE, RATE_PAGE, 0, 0, wait_twice},
	{"GET", "/admin", WHO_ADMIN, RATE_PAGE, 0, 0, echo},
	{"POST", "/form", WHO_ANYONE, RATE_FORM, 5000, FORMATS(FORMAT_HTML), form},
	{"POST", "/upload", WHO_ANYONE, RATE_FORM, 5 << 20, 0, form},
	{"POST", "/login", WHO_ANYONE, RATE_LOGIN, 5000, 0, form},
};

/* The fixture */

static void *work(void *arg)
{
	struct site *site = arg;

	pthread_mutex_lock(&site->lock);
	while (!site->end) {
		struct request *rq;

		if (site->hold || !site->n_waiting) {
			pthread_cond_wait(&site->changed, &site->lock);
			continue;
		}
		rq = site->waiting[--site->n_waiting];
		pthread_mutex_unlock(&site->lock);
		request_resume(rq);
		pthread_mutex_lock(&site->lock);
	}
	pthread_mutex_unlock(&site->lock);
	return NULL;
}

static void log_line(void *app, const char *line)
{
	struct site *site = app;

	if (!strstr(line, "event=bug"))
		atomic_fetch_add(&site->lines, 1);
	if (strstr(line, "secret"))
		atomic_store(&site->leaked, true);
}

void site_open(struct site *site, struct server_options *o)
{
	static const struct route_table table = {routes, sizeof(routes) / sizeof(*routes)};
	struct fault fault = {0};
	char reason[400];

	pthread_mutex_init(&site->lock, NULL);
	pthread_cond_init(&site->changed, NULL);
	for (size_t i = 0; i < BIG; i++)
		site->big[i] = "<li class=\"card\"> text </li>\n"[(i * i + i / 7) % 29];
	o->app = site;
	o->log = log_line;
	o->listen = "127.0.0.1:0";
	if (!o->origin)
		o->origin = "http://127.0.0.1";
	if (server_start(o, &table, 1, &site->server, &fault) != OK) {
		fault_text(&fault, reason, sizeof(reason));
		printf("Bail out! the server does not start: %s\n", reason);
		exit(1);
	}
	site->port = server_port(site->server);
	pthread_create(&site->worker, NULL, work, site);
}

void site_close(struct site *site)
{
	server_free(site->server);
	pthread_mutex_lock(&site->lock);
	site->end = true;
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
	pthread_join(site->worker, NULL);
	pthread_cond_destroy(&site->changed);
	pthread_mutex_destroy(&site->lock);
	reply_kept_free(site->kept);
}

void site_hold(struct site *site, bool hold)
{
	pthread_mutex_lock(&site->lock);
	site->hold = hold;
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
}

unsigned site_waiting(struct site *site)
{
	unsigned n;

	pthread_mutex_lock(&site->lock);
	n = site->n_waiting;
	pthread_mutex_unlock(&site->lock);
	return n;
}

void site_write(struct site *site, const char *name, const char *content)
{
	char path[256], fresh[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", site->dir, name);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	f = fopen(fresh, "w");
	if (!f || fputs(content, f) < 0 || fclose(f) != 0 || rename(fresh, path) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_answers();
	test_hooks();
	test_forms();
	test_limits();
	test_pieces();
	test_rates();
	test_static();
	test_suspend();
	test_stop();
	test_tls();
	return check_end();
}
