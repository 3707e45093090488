#include "node/http/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>
#include <time.h>

#include "node/http/internal.h"
#include "node/http/negotiate.h"
#include "protocol/base/codec.h"

/* Life */

enum { POOL_BYTES = 4096 };

static void id_make(struct server *s, char out[9])
{
	/* Odd multiplication permutes the counter: distinct, and not the number of requests so far.
	 */
	uint64_t n = atomic_fetch_add(&s->next_id, 1) * UINT64_C(0x9e3779b97f4a7c15);
	uint8_t bytes[5];

	for (int i = 0; i < 5; i++)
		bytes[i] = (uint8_t)(n >> (24 + 8 * i));
	base32_encode(bytes, sizeof(bytes), out);
}

struct request *request_new(struct server *s, struct MHD_Connection *connection, const char *target)
{
	struct request *rq = talloc_pooled_object(NULL, struct request, 16, POOL_BYTES);
	const union MHD_ConnectionInfo *place;

	if (!rq)
		return NULL;
	memset(rq, 0, sizeof(*rq));
	rq->server = s;
	rq->connection = connection;
	place = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	rq->place = place ? place->socket_context : NULL;
	rq->start_us = server_clock_us();
	rq->now = time(NULL);
	rq->method = "";
	rq->path = (char *)"";
	rq->format = FORMAT_JSON;
	id_make(s, rq->id);
	rq->target = talloc_strdup(rq, target);
	if (!rq->target) {
		talloc_free(rq);
		return NULL;
	}
	return rq;
}

void request_free(struct request *rq)
{
	request_state_end(rq);
	atomic_fetch_sub(&rq->server->bodies, rq->body.len);
	buf_done(&rq->body);
	buf_done(&rq->step);
	talloc_free(rq);
}

void request_deadline(struct request *rq, int64_t ms_from_now)
{
	if (rq->place)
		atomic_store(&rq->place->deadline_ms,
			     ms_from_now ? server_clock_us() / 1000 + ms_from_now : 0);
}

void request_refuse(struct request *rq, unsigned status, int code, const char *kind,
		    const char *key)
{
	if (rq->refusal.status)
		return;
	rq->refusal.status = status;
	rq->refusal.kind = kind;
	fault_set(&rq->refusal.fault, code, "", key, NULL);
}

void *request_mem(struct request *rq)
{
	return rq;
}

void *request_app(struct request *rq)
{
	return rq->server->o.app;
}

void *request_state(struct request *rq)
{
	return rq->state;
}

void request_state_end(struct request *rq)
{
	void (*done)(void *state) = rq->state_done;
	void *state = rq->state;

	rq->state = NULL;
	rq->state_done = NULL;
	if (done)
		done(state);
}

void request_state_set(struct request *rq, void *state, void (*done)(void *state))
{
	request_state_end(rq);
	rq->state = state;
	rq->state_done = done;
}

/* Reading */

const struct route *request_route(const struct request *rq)
{
	return rq->match.route;
}

const char *request_method(const struct request *rq)
{
	return rq->method;
}

const char *request_path(const struct request *rq)
{
	return rq->path;
}

const char *request_target(const struct request *rq)
{
	return rq->target;
}

const char *request_id(const struct request *rq)
{
	return rq->id;
}

int64_t request_now(const struct request *rq)
{
	return rq->now;
}

const char *request_address(const struct request *rq)
{
	return rq->client_text;
}

const char *request_param(const struct request *rq, const char *name)
{
	const struct route_match *m = &rq->match;

	for (size_t i = 0; i < m->param_count; i++)
		if (strlen(name) == m->params[i].name_len &&
		    strncmp(name, m->params[i].name, m->params[i].name_len) == 0)
			return rq->params[i];
	return NULL;
}

const char *request_query_nth(const struct request *rq, const char *name, size_t n)
{
	for (size_t i = 0; i < rq->query.count; i++)
		if (strcmp(rq->query.items[i].name, name) == 0 && n-- == 0)
			return rq->query.items[i].value;
	return NULL;
}

const char *request_query(const struct request *rq, const char *name)
{
	return request_query_nth(rq, name, 0);
}

char *request_query_without(struct request *rq, const char *drop)
{
	struct buf out;
	char *text;

	buf_init(&out, (size_t)3 * HTTP_TARGET);
	for (size_t i = 0; i < rq->query.count; i++) {
		const struct url_pair *p = &rq->query.items[i];

		if (strcmp(p->name, "page") == 0 || (drop && strcmp(p->name, drop) == 0))
			continue;
		if (out.len)
			buf_char(&out, '&');
		url_encode(&out, p->name);
		buf_char(&out, '=');
		url_encode(&out, p->value);
	}
	text = talloc_strndup(rq, out.data ? out.data : "", out.len);
	buf_done(&out);
	return text;
}

const char *request_header(const struct request *rq, const char *name)
{
	const char *value;

	if (!rq->connection)
		return NULL;
	value = MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
	return value == dispatch_no_cookie ? rq->cookies : value;
}

struct cookie {
	const char *name;
	size_t name_len;
	const char *value;
	size_t len;
};

/* One field: pairs between semicolons, as they were set; the first of a name counts. */
static enum MHD_Result cookie_find(void *cls, enum MHD_ValueKind kind, const char *name,
				   const char *text)
{
	struct cookie *c = cls;

	if (!text || strcasecmp(name, MHD_HTTP_HEADER_COOKIE) != 0)
		return MHD_YES;
	while (*text) {
		size_t len;

		text += strspn(text, " \t;");
		len = strcspn(text, ";");
		if (len > c->name_len && text[c->name_len] == '=' &&
		    strncmp(text, c->name, c->name_len) == 0) {
			c->value = text + c->name_len + 1;
			c->len = len - c->name_len - 1;
			while (c->len && strchr(" \t", c->value[c->len - 1]))
				c->len--;
			return MHD_NO;
		}
		text += len;
	}
	return MHD_YES;
}

const char *request_cookie(const struct request *rq, const char *name)
{
	struct cookie c = {.name = name, .name_len = strlen(name)};

	((struct request *)rq)->vary |= VARY_COOKIE;
	if (rq->connection)
		MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, cookie_find, &c);
	return c.value ? talloc_strndup((void *)(uintptr_t)rq, c.value, c.len) : NULL;
}

const char *request_form_nth(const struct request *rq, const char *name, size_t n)
{
	for (size_t i = 0; i < rq->form.count; i++) {
		const struct form_field *f = &rq->form.fields[i];

		if (!f->filename && strcmp(f->name, name) == 0 && n-- == 0)
			return f->data;
	}
	return NULL;
}

const char *request_form(const struct request *rq, const char *name)
{
	return request_form_nth(rq, name, 0);
}

bool request_file(const struct request *rq, const char *name, struct request_file *ret_file)
{
	for (size_t i = 0; i < rq->form.count; i++) {
		const struct form_field *f = &rq->form.fields[i];

		if (f->filename && strcmp(f->name, name) == 0) {
			*ret_file = (struct request_file){f->filename, f->type, f->data, f->len};
			return true;
		}
	}
	return false;
}

const char *request_body(const struct request *rq, size_t *ret_len)
{
	if (ret_len)
		*ret_len = rq->body.len;
	return rq->body.data ? rq->body.data : "";
}

enum format request_format(const struct request *rq)
{
	return rq->format;
}

const char *request_accept_language(const struct request *rq, const char *const *offered, size_t n)
{
	((struct request *)rq)->vary |= VARY_LANGUAGE;
	return negotiate_language(request_header(rq, "Accept-Language"), offered, n);
}

/* Suspending */

bool request_gone(const struct request *rq)
{
	return rq->gone;
}

int request_suspend(struct request *rq, int (*then)(struct request *rq, void *arg), void *arg)
{
	struct server *s = rq->server;

	rq->then = then;
	rq->then_arg = arg;
	pthread_mutex_lock(&s->lock);
	s->suspended++;
	pthread_mutex_unlock(&s->lock);
	request_deadline(rq, 0);
	if (!rq->gone)
		MHD_suspend_connection(rq->connection);
	return OK;
}

/*
 * A suspended connection cannot end, so `gone` does not change here; and once it is resumed the
 * request may be freed by the time MHD_resume_connection returns.
 */
void request_resume(struct request *rq)
{
	struct server *s = rq->server;
	struct MHD_Connection *connection = rq->connection;

	pthread_mutex_lock(&s->lock);
	if (rq->gone) {
		rq->resumed = true;
		if (!rq->ending) {
			rq->next_orphan = s->orphans;
			s->orphans = rq;
			pthread_cond_signal(&s->watch);
		}
		pthread_mutex_unlock(&s->lock);
		return;
	}
	s->resuming++;
	pthread_mutex_unlock(&s->lock);
	MHD_resume_connection(connection);
	pthread_mutex_lock(&s->lock);
	s->resuming--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

int request_continue(struct request *rq)
{
	struct server *s = rq->server;
	int (*then)(struct request * rq, void *arg) = rq->then;

	rq->then = NULL;
	pthread_mutex_lock(&s->lock);
	s->suspended--;
	atomic_fetch_add(&s->running, 1);
	pthread_mutex_unlock(&s->lock);
	return then(rq, rq->then_arg);
}

/*
 * Run what is pending of a request whose client is gone.  Its continuation may suspend again, and
 * be resumed before it has even returned (`ending` tells request_resume that somebody looks after
 * it); a request that waits is left for the watcher.
 */
static void orphan_run(struct request *rq)
{
	struct server *s = rq->server;
	bool waiting;

	do {
		pthread_mutex_lock(&s->lock);
		rq->ending = true;
		rq->resumed = false;
		pthread_mutex_unlock(&s->lock);
		request_continue(rq);
		pthread_mutex_lock(&s->lock);
		atomic_fetch_sub(&s->running, 1);
		waiting = rq->then && !rq->resumed;
		rq->ending = false;
		pthread_mutex_unlock(&s->lock);
	} while (!waiting && rq->then);
	if (waiting)
		return;
	request_free(rq);
	pthread_mutex_lock(&s->lock);
	s->orphaned--;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void request_end(struct request *rq)
{
	struct server *s = rq->server;

	if (!rq->then) {
		request_free(rq);
		return;
	}
	pthread_mutex_lock(&s->lock);
	rq->gone = true;
	rq->connection = NULL;
	rq->place = NULL;
	s->orphaned++;
	pthread_mutex_unlock(&s->lock);
	orphan_run(rq);
}

void request_orphans(struct server *s)
{
	for (;;) {
		struct request *rq;

		pthread_mutex_lock(&s->lock);
		rq = s->orphans;
		if (rq)
			s->orphans = rq->next_orphan;
		pthread_mutex_unlock(&s->lock);
		if (!rq)
			return;
		orphan_run(rq);
	}
}
