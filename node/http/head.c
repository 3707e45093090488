/*
 * What a request's head alone tells: framing, address, path, route, format, rate, size of the body.
 * The first thing wrong becomes the refusal; dispatch.c sends it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

#include "node/http/internal.h"
#include "node/http/negotiate.h"

static const char acme[] = "/.well-known/acme-challenge/";

/* Counts of the headers that frame a message or name its sender. */
struct framing {
	unsigned headers, hosts, lengths, encodings;
	const char *length, *encoding;
	char *forwarded; /* all X-Forwarded-For lines as one list */
	struct request *rq;
};

static enum MHD_Result framing_header(void *cls, enum MHD_ValueKind kind, const char *name,
				      const char *value)
{
	struct framing *f = cls;

	if (value == dispatch_no_cookie)
		return MHD_YES;
	f->headers++;
	if (strcasecmp(name, "Host") == 0) {
		f->hosts++;
	} else if (strcasecmp(name, "Cookie") == 0) {
		f->rq->cookies = f->rq->cookies ? f->rq->cookies : value;
	} else if (strcasecmp(name, "Content-Length") == 0) {
		f->lengths++;
		f->length = value;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		f->encodings++;
		f->encoding = value;
	} else if (strcasecmp(name, "X-Forwarded-For") == 0 && value) {
		f->forwarded = f->forwarded ? talloc_asprintf_append(f->forwarded, ",%s", value)
					    : talloc_strdup(f->rq, value);
	}
	return MHD_YES;
}

/*
 * Two readings of one message are how requests are smuggled past a proxy: whatever could be framed
 * in two ways is refused, and its connection closed.
 */
static void check_framing(struct request *rq, const struct framing *f)
{
	const char *length = f->length;
	bool good = f->hosts <= 1 && f->lengths <= 1 && f->encodings <= 1 &&
		    !(f->lengths && f->encodings) &&
		    (!f->encodings || (f->encoding && strcasecmp(f->encoding, "chunked") == 0)) &&
		    (!f->lengths || (length && *length && !length[strspn(length, "0123456789")]));

	if (!good) {
		rq->close = true;
		request_refuse(rq, MHD_HTTP_BAD_REQUEST, ERR_INVALID, "framing",
			       "The request's length is ambiguous.");
	}
	if (f->headers > HTTP_HEADERS) {
		rq->close = true;
		request_refuse(rq, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, ERR_LIMIT, "headers",
			       "The request has too many headers.");
	}
}

size_t head_content_length(struct request *rq)
{
	const char *length = request_header(rq, "Content-Length");
	unsigned long long n;

	if (request_header(rq, "Transfer-Encoding"))
		return SIZE_MAX;
	if (!length)
		return 0;
	n = strtoull(length, NULL, 10); /* ULLONG_MAX beyond its range, which is refused too */
	return n < SIZE_MAX ? (size_t)n : SIZE_MAX - 1;
}

static void read_address(struct request *rq, const char *forwarded)
{
	struct server *s = rq->server;

	if (!rq->place) {
		request_refuse(rq, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_NOMEM, NULL,
			       "The server is out of memory.");
		return;
	}
	rq->client = address_client(&s->proxies, &rq->place->peer, forwarded);
	address_text(&rq->client, rq->client_text);
}

static void read_method(struct request *rq, const char *method)
{
	rq->head = strcmp(method, "HEAD") == 0;
	rq->options = strcmp(method, "OPTIONS") == 0;
	if (rq->head || strcmp(method, "GET") == 0)
		rq->method = "GET";
	else if (strcmp(method, "POST") == 0)
		rq->method = "POST";
	else
		rq->method = talloc_strdup(rq, method);
}

static void read_path(struct request *rq)
{
	int err;

	if (strlen(rq->target) > HTTP_TARGET) {
		rq->close = true;
		request_refuse(rq, MHD_HTTP_URI_TOO_LONG, ERR_LIMIT, "target",
			       "The address is too long.");
		return;
	}
	if (rq->options && strcmp(rq->target, "*") == 0)
		return;
	err = url_path(rq, rq->target, &rq->path, &rq->raw_query);
	if (err == ERR_INVALID)
		request_refuse(rq, MHD_HTTP_BAD_REQUEST, err, "target",
			       "The address is malformed.");
	else if (err)
		request_refuse(rq, reply_status(err), err, NULL,
			       "There is nothing at this address.");
	if (err == OK && rq->raw_query &&
	    (err = url_pairs(rq, rq->raw_query, strlen(rq->raw_query), HTTP_QUERY_ARGS,
			     &rq->query)) != OK)
		request_refuse(rq, MHD_HTTP_BAD_REQUEST, err, "query", "The address is malformed.");
}

/* What the server answers itself, outside the route tables. */
static bool find_own(struct request *rq)
{
	struct server *s = rq->server;
	size_t len = sizeof(acme) - 1;

	if (s->o.acme_dir && strncmp(rq->path, acme, len) == 0)
		rq->challenge = rq->path + len;
	else if (s->statics)
		rq->file = statics_find(s->statics, rq->path);
	if (!rq->challenge && !rq->file)
		return false;
	rq->match.methods = ROUTE_GET;
	return true;
}

static void find_route(struct request *rq)
{
	struct server *s = rq->server;
	struct route_match *m = &rq->match;
	bool own = find_own(rq), whole = rq->options && strcmp(rq->target, "*") == 0;
	int err = own ? OK : route_match(s->tables, s->n_tables, rq->method, rq->path, m);

	if (err) {
		m->route = NULL;
		m->format = FORMAT_COUNT;
		m->param_count = 0;
	}
	if (whole || (rq->options && m->methods))
		return;
	if ((own && strcmp(rq->method, "GET") != 0) || (err && m->methods))
		request_refuse(rq, MHD_HTTP_METHOD_NOT_ALLOWED, ERR_DENIED, "method",
			       "This address does not answer to this method.");
	else if (err)
		request_refuse(rq, MHD_HTTP_NOT_FOUND, ERR_NOTFOUND, NULL,
			       "There is nothing at this address.");
}

/* Terminate what route_match left as slices of the path. */
static void copy_params(struct request *rq)
{
	struct route_match *m = &rq->match;

	if (!m->route)
		return;
	for (size_t i = 0; i < m->param_count; i++)
		rq->params[i] = talloc_strndup(rq, m->params[i].value, m->params[i].value_len);
	rq->path[m->path_len] = '\0';
}

static void choose_format(struct request *rq)
{
	const struct route *r = rq->match.route;
	const char *accept = request_header(rq, "Accept");
	enum format first = FORMAT_HTML;

	if (r && r->formats && rq->match.format != FORMAT_COUNT) {
		rq->format = rq->match.format;
		return;
	}
	if (!r || !r->formats) {
		rq->format = negotiate_wants_html(accept) ? FORMAT_HTML : FORMAT_JSON;
		return;
	}
	while (!(r->formats & 1u << first))
		first++;
	rq->format = negotiate_format(accept, r->formats, first);
	if (r->formats & (r->formats - 1))
		rq->vary |= VARY_ACCEPT;
}

static void check_rate(struct request *rq)
{
	const struct route *r = rq->match.route;
	enum rate class = r ? r->rate : rq->file ? RATE_STATIC : RATE_PAGE;
	unsigned seconds;

	if (!rq->place ||
	    rate_take(rq->server->rates, class, &rq->client, rq->start_us / 1000, &seconds) == OK)
		return;
	rq->refusal = (struct refusal){.status = 0};
	request_refuse(rq, MHD_HTTP_TOO_MANY_REQUESTS, ERR_LIMIT, "rate",
		       "Too many requests: please wait a moment.");
	rq->refusal.retry_after = seconds;
}

static void check_body(struct request *rq)
{
	size_t len = head_content_length(rq);

	rq->body_max = rq->match.route ? rq->match.route->body_max : 0;
	buf_init(&rq->body, rq->body_max);
	if (len > rq->body_max && len != SIZE_MAX)
		request_refuse(rq, MHD_HTTP_CONTENT_TOO_LARGE, ERR_LIMIT, "body",
			       "What was sent is too large.");
}

void head_read(struct request *rq, const char *method)
{
	struct framing f = {.rq = rq};

	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, framing_header, &f);
	check_framing(rq, &f);
	read_method(rq, method);
	read_address(rq, f.forwarded);
	if (!rq->refusal.status)
		read_path(rq);
	if (!rq->refusal.status)
		find_route(rq);
	copy_params(rq);
	choose_format(rq);
	check_rate(rq);
	check_body(rq);
	if (!rq->method)
		request_refuse(rq, MHD_HTTP_SERVICE_UNAVAILABLE, ERR_NOMEM, NULL,
			       "The server is out of memory.");
}
