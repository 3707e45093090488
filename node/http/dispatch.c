/*
 * libmicrohttpd's callbacks: the life of one request.
 *
 * dispatch_open at its first line; dispatch_handle once with the head, then for each piece of the
 * body, then for the answer, and again after each suspension; dispatch_close at its end, whatever
 * the end is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>
#include <unistd.h>

#include "node/http/internal.h"

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

const char dispatch_no_cookie[] = "";

/*
 * libmicrohttpd would divide the query and the cookies too, at 64 bytes of the connection's pool
 * for each: a head of 2 KB overflows it, which 0.9.75 then neither answers nor tells the end of.
 * Both are read from the text instead, so it finds an empty query, and an empty cookie first.
 */
static void parse_nothing(struct MHD_Connection *connection, const char *target)
{
	char *query = strchr(target, '?'); /* in its buffer, which it cuts there next */

	if (query)
		query[1] = '\0';
	MHD_set_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE,
				 dispatch_no_cookie);
}

void *dispatch_open(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct server *s = cls;
	struct request *rq = request_new(s, connection, target);

	parse_nothing(connection, target);
	if (!rq)
		return NULL;
	atomic_fetch_add(&s->active, 1);
	/* The rest of the head gets its time, but no more than was left for the whole of it. */
	if (rq->place) {
		int64_t full = rq->start_us / 1000 + s->o.deadline * INT64_C(1000);
		int64_t left = atomic_load(&rq->place->deadline_ms);

		atomic_store(&rq->place->deadline_ms, left ? min64(left, full) : full);
		rq->place->request = rq;
	}
	return rq;
}

/* The body */

static void body_forget(struct request *rq)
{
	rq->discard = true;
	atomic_fetch_sub(&rq->server->bodies, rq->body.len);
	buf_done(&rq->body);
	buf_init(&rq->body, 0);
}

/* A piece of the body; an error cuts the connection. */
static int body_add(struct request *rq, const char *data, size_t len)
{
	struct server *s = rq->server;

	rq->received += len;
	if (!rq->discard && rq->received > rq->body_max) {
		request_refuse(rq, MHD_HTTP_CONTENT_TOO_LARGE, ERR_LIMIT, "body",
			       "What was sent is too large.");
		body_forget(rq);
	}
	if (!rq->discard && atomic_fetch_add(&s->bodies, len) + len > HTTP_BODIES) {
		atomic_fetch_sub(&s->bodies, len);
		request_refuse(rq, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_BUSY, NULL,
			       "The server is busy: please try again in a moment.");
		body_forget(rq);
	} else if (!rq->discard) {
		buf_add(&rq->body, data, len);
		if (rq->body.err) {
			atomic_fetch_sub(&s->bodies, len);
			request_refuse(rq, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_NOMEM, NULL,
				       "The server is out of memory.");
			body_forget(rq);
		}
	}
	return rq->discard && rq->received > HTTP_DRAIN ? ERR_LIMIT : OK;
}

/*
 * A refusal goes out before the body where the sender would wait for leave to send it, or where the
 * body is too large to be read for nothing.  Otherwise the body is read and forgotten first: an
 * answer sent while the other side still sends is lost with the connection's reset.
 */
static bool refuse_early(struct request *rq, size_t len)
{
	return rq->close || request_header(rq, "Expect") || (len != SIZE_MAX && len > HTTP_DRAIN);
}

static int head_handle(struct request *rq, const char *method)
{
	size_t len;
	int64_t steps;

	rq->has_head = true;
	head_read(rq, method);
	len = head_content_length(rq);
	if (!len) {
		request_deadline(rq, 0);
		return OK;
	}
	if (rq->refusal.status) {
		if (refuse_early(rq, len)) {
			rq->close = true;
			return reply_refusal(rq);
		}
		body_forget(rq);
	}
	steps = 1 + (int64_t)((len < rq->body_max ? len : rq->body_max) / HTTP_BODY_STEP);
	request_deadline(rq, steps * rq->server->o.deadline * 1000);
	return OK;
}

/* The answer */

static int reply_challenge(struct request *rq)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	struct fault fault = {0};
	char path[4096], text[HTTP_ACME_BYTES];
	const char *token = rq->challenge;
	ssize_t n = -1;
	int fd = -1;

	if (*token && !token[strspn(token, allowed)] &&
	    (size_t)snprintf(path, sizeof(path), "%s/%s", rq->server->o.acme_dir, token) <
		    sizeof(path))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n > 0 && n < (ssize_t)sizeof(text))
		return reply_bytes(rq, MHD_HTTP_OK, "text/plain", text, (size_t)n);
	fault_set(&fault, ERR_NOTFOUND, "", "There is nothing at this address.", NULL);
	return reply_problem(rq, MHD_HTTP_NOT_FOUND, NULL, &fault);
}

static int reply_options(struct request *rq)
{
	unsigned methods = rq->match.methods;

	if (strcmp(rq->target, "*") == 0)
		methods = ROUTE_GET | ROUTE_POST;
	reply_header(rq, "Allow",
		     methods == ROUTE_POST  ? "POST, OPTIONS"
		     : methods == ROUTE_GET ? "GET, HEAD, OPTIONS"
					    : "GET, HEAD, POST, OPTIONS");
	return reply_empty(rq, MHD_HTTP_NO_CONTENT);
}

static int parse_form(struct request *rq, struct fault *fault)
{
	const char *type = request_header(rq, "Content-Type");

	if (!form_is(type))
		return OK;
	return form_parse(rq, type, rq->body.data ? rq->body.data : "", rq->body.len, &rq->form,
			  fault);
}

static int admit(struct request *rq, struct fault *fault)
{
	const struct route *r = rq->match.route;
	struct server *s = rq->server;

	if (s->o.admit)
		return s->o.admit(rq, r, fault);
	if (r->who == WHO_ANYONE)
		return OK;
	return fault_set(fault, ERR_DENIED, "", "This needs other rights.", NULL);
}

static int answer(struct request *rq)
{
	struct fault fault = {0};
	int err;

	rq->handled = true;
	if (rq->refusal.status)
		return reply_refusal(rq);
	if (rq->options)
		return reply_options(rq);
	if (rq->file)
		return reply_fixed(rq, rq->file);
	if (rq->challenge)
		return reply_challenge(rq);
	err = parse_form(rq, &fault);
	if (err == OK)
		err = admit(rq, &fault);
	if (rq->replied)
		return OK;
	if (err) {
		fault.code = err;
		return reply_problem(rq, 0, NULL, &fault);
	}
	return rq->match.route->handler(rq);
}

/* A handler has returned: an answer, a suspension, or its failure, which is answered here. */
static enum MHD_Result settle(struct request *rq, int err)
{
	struct fault fault = {.code = err};

	if (!rq->replied && !rq->then) {
		char line[128];

		if (err == OK) {
			snprintf(line, sizeof(line), "id=%s event=bug reason=\"no answer\"",
				 rq->id);
			server_log(rq->server, line);
			fault.code = ERR_INTERNAL;
		}
		reply_problem(rq, 0, NULL, &fault);
	}
	if (rq->replied && !rq->streaming)
		request_state_end(rq);
	return rq->replied || rq->then ? MHD_YES : MHD_NO;
}

/* Once the server stops no handler may start, because it could suspend its connection. */
static int enter(struct request *rq)
{
	struct server *s = rq->server;

	atomic_fetch_add(&s->running, 1);
	if (atomic_load(&s->stopping) && !rq->refusal.status) {
		rq->close = true;
		request_refuse(rq, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_BUSY, NULL,
			       "The server is stopping: please try again in a moment.");
	}
	return answer(rq);
}

static enum MHD_Result leave(struct request *rq, int err)
{
	struct server *s = rq->server;
	enum MHD_Result result = settle(rq, err);

	atomic_fetch_sub(&s->running, 1);
	if (atomic_load(&s->stopping))
		server_notify(s);
	return result;
}

enum MHD_Result dispatch_handle(void *cls, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *upload_len, void **request)
{
	struct request *rq = *request;
	size_t len = *upload_len;

	if (!rq)
		return MHD_NO; /* no memory for it */
	if (!rq->has_head)
		return head_handle(rq, method) == OK ? MHD_YES : MHD_NO;
	if (len) {
		*upload_len = 0;
		return body_add(rq, upload, len) == OK ? MHD_YES : MHD_NO;
	}
	if (rq->then)
		return leave(rq, request_continue(rq));
	if (rq->handled)
		return rq->replied ? MHD_YES : MHD_NO;
	request_deadline(rq, 0);
	return leave(rq, enter(rq));
}

/* The end */

/* The path as sent, without the query, and without what could break the line or hide in it. */
static void path_clean(const char *target, char *out, size_t size)
{
	size_t n = 0;

	for (; *target && *target != '?' && n + 1 < size; target++)
		out[n++] = *target > ' ' && *target < 0x7f && *target != '"' ? *target : '_';
	out[n] = '\0';
}

static void account(struct request *rq)
{
	struct server *s = rq->server;
	char path[160], method[12], line[320];

	atomic_fetch_add(&s->requests, 1);
	atomic_fetch_add(&s->by_class[rq->status / 100 % 6], 1);
	atomic_fetch_add(&s->bytes_out, rq->bytes);
	if (!s->o.log)
		return;
	path_clean(rq->target, path, sizeof(path));
	path_clean(rq->head ? "HEAD" : rq->method, method, sizeof(method));
	snprintf(line, sizeof(line), "id=%s method=%s path=%s status=%u bytes=%llu us=%llu", rq->id,
		 method, path, rq->status, (unsigned long long)rq->bytes,
		 (unsigned long long)rq->us);
	server_log(s, line);
}

static void finish(struct server *s, struct request *rq)
{
	if (rq->place)
		rq->place->request = NULL;
	account(rq);
	request_end(rq);
	atomic_fetch_sub(&s->active, 1);
	server_notify(s);
}

void dispatch_close(void *cls, struct MHD_Connection *connection, void **request,
		    enum MHD_RequestTerminationCode code)
{
	struct server *s = cls;
	struct request *rq = *request;

	*request = NULL;
	if (!rq)
		return;
	/* Waiting for the next request is idling; sending it has its own time. */
	request_deadline(rq, (s->o.timeout + s->o.deadline) * INT64_C(1000));
	finish(s, rq);
}

void dispatch_abandon(struct server *s, struct connection *place)
{
	if (place && place->request)
		finish(s, place->request);
}
