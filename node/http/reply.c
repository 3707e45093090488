#include "node/http/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <talloc.h>

#include "node/http/internal.h"
#include "node/http/negotiate.h"

/* Headers */

void reply_header(struct request *rq, const char *name, const char *value)
{
	struct header *h = &rq->headers[rq->n_headers];

	if (rq->n_headers == HTTP_REPLY_HEADERS) {
		rq->reply_err = ERR_LIMIT;
		return;
	}
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p < ' ' && *p != '\t') {
			rq->reply_err = ERR_INTERNAL;
			return;
		}
	}
	h->name = talloc_strdup(rq, name);
	h->value = talloc_strdup(rq, value);
	if (h->name && h->value)
		rq->n_headers++;
	else
		rq->reply_err = ERR_NOMEM;
}

void reply_etag(struct request *rq, const char *etag)
{
	rq->etag = talloc_strdup(rq, etag);
}

bool reply_etag_current(struct request *rq)
{
	return rq->etag && strcmp(rq->method, "GET") == 0 &&
	       etag_match(request_header(rq, "If-None-Match"), rq->etag);
}

void reply_cache(struct request *rq, const char *cache_control)
{
	rq->cache = talloc_strdup(rq, cache_control);
}

static const char *cache_control(const struct request *rq)
{
	if (rq->cache)
		return rq->cache;
	return request_header(rq, "Cookie") ? "private, no-cache" : "no-cache";
}

static void vary_text(const struct request *rq, char out[64])
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{VARY_ACCEPT, "Accept"},
		     {VARY_ENCODING, "Accept-Encoding"},
		     {VARY_LANGUAGE, "Accept-Language"},
		     {VARY_COOKIE, "Cookie"}};

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(rq->vary & names[i].bit))
			continue;
		if (*out)
			strcat(out, ", ");
		strcat(out, names[i].name);
	}
}

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

/*
 * Everything of the head but the type and coding of a body.  A 304 leaves out the security headers:
 * the stored answer it confirms has them, and an idle poll should be small.
 */
static bool dress(struct request *rq, struct MHD_Response *r, enum coding coding, bool secure)
{
	struct header safe[KEPT_SECURITY];
	size_t n = secure ? kept_security(rq->server->https, rq->headers, rq->n_headers, safe) : 0;
	char vary[64], etag[128];
	bool good = add(r, "Cache-Control", cache_control(rq));

	for (size_t i = 0; good && i < n; i++)
		good = add(r, safe[i].name, safe[i].value);
	for (size_t i = 0; good && i < rq->n_headers; i++)
		good = add(r, rq->headers[i].name, rq->headers[i].value);
	vary_text(rq, vary);
	if (good && *vary)
		good = add(r, "Vary", vary);
	if (good && rq->etag) {
		etag_coded(rq->etag, coding, etag, sizeof(etag));
		good = !*etag || add(r, "ETag", etag);
	}
	if (good && (rq->close || atomic_load(&rq->server->quiet)))
		good = add(r, "Connection", "close");
	return good;
}

/* Sending */

int reply_response(struct request *rq, unsigned status, struct MHD_Response *response, uint64_t len)
{
	int err = OK;

	if (!response)
		return ERR_NOMEM;
	if (rq->connection && !rq->replied) {
		request_deadline(rq,
				 (HTTP_REPLY_SECONDS + (int64_t)(len / HTTP_REPLY_RATE)) * 1000);
		if (MHD_queue_response(rq->connection, status, response) != MHD_YES)
			err = ERR_IO;
	}
	MHD_destroy_response(response);
	if (err)
		return err;
	rq->replied = true;
	rq->status = status;
	rq->bytes = rq->head ? 0 : len;
	rq->us = (uint64_t)(server_clock_us() - rq->start_us);
	return OK;
}

/* The last resort: no headers to fail upon but the plain ones. */
static int reply_failure(struct request *rq)
{
	rq->n_headers = 0;
	rq->reply_err = OK;
	rq->etag = NULL;
	return reply_bytes(rq, MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8",
			   "Internal error\n", 15);
}

static int send_dressed(struct request *rq, unsigned status, const char *type, enum coding coding,
			struct MHD_Response *r, uint64_t len)
{
	bool good = r && dress(rq, r, coding, status != MHD_HTTP_NOT_MODIFIED);

	if (good && type)
		good = add(r, "Content-Type", type);
	if (good && coding == CODING_GZIP)
		good = add(r, "Content-Encoding", "gzip");
	if (good)
		return reply_response(rq, status, r, len);
	if (r)
		MHD_destroy_response(r);
	return ERR_NOMEM;
}

static bool compressible(const char *type)
{
	static const char *const kinds[] = {"text/", "application/json", "application/xml",
					    "application/javascript", "image/svg+xml"};
	size_t len = strcspn(type, "; ");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(type, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return (len > 5 && strncmp(type + len - 5, "+json", 5) == 0) ||
	       (len > 4 && strncmp(type + len - 4, "+xml", 4) == 0);
}

static bool worth_gzip(struct request *rq, const char *type, size_t len)
{
	if (len < HTTP_GZIP_MIN || !compressible(type) ||
	    header_have(rq->headers, rq->n_headers, "Content-Encoding"))
		return false;
	rq->vary |= VARY_ENCODING;
	return negotiate_encoding(request_header(rq, "Accept-Encoding"), "gzip");
}

/* `own` is data itself where it is malloc'd and ours to pass on, else NULL. */
static int reply_body(struct request *rq, unsigned status, const char *type, const void *data,
		      size_t len, void *own)
{
	struct MHD_Response *r;
	enum coding coding = CODING_NONE;
	void *packed;
	size_t packed_len;
	bool pack;

	if (len > HTTP_REPLY)
		rq->reply_err = ERR_LIMIT;
	if (rq->reply_err) {
		free(own);
		return reply_failure(rq);
	}
	pack = worth_gzip(rq, type, len);
	if (status == MHD_HTTP_OK && reply_etag_current(rq)) {
		free(own);
		return send_dressed(rq, MHD_HTTP_NOT_MODIFIED, NULL, CODING_NONE, kept_empty(len),
				    0);
	}
	if (pack && gzip_pack(rq->server->gzip, data, len, &packed, &packed_len) == OK) {
		free(own);
		data = own = packed;
		len = packed_len;
		coding = CODING_GZIP;
	}
	r = MHD_create_response_from_buffer(len, (void *)data,
					    own ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_MUST_COPY);
	if (!r)
		free(own);
	return send_dressed(rq, status, type, coding, r, len);
}

int reply_bytes(struct request *rq, unsigned status, const char *type, const void *data, size_t len)
{
	return reply_body(rq, status, type, data, len, NULL);
}

int reply_buf(struct request *rq, unsigned status, const char *type, struct buf *b)
{
	size_t len = 0;
	char *data = buf_steal(b, &len);

	if (data)
		return reply_body(rq, status, type, data, len, data);
	rq->reply_err = b->err ? b->err : ERR_NOMEM;
	buf_done(b);
	return reply_failure(rq);
}

int reply_json(struct request *rq, unsigned status, json_t *doc)
{
	char *text = doc ? json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(doc);
	if (!text)
		return reply_failure(rq);
	return reply_body(rq, status, "application/json", text, strlen(text), text);
}

int reply_redirect(struct request *rq, unsigned status, const char *location)
{
	reply_header(rq, "Location", location);
	return reply_empty(rq, status);
}

int reply_empty(struct request *rq, unsigned status)
{
	struct MHD_Response *r;

	if (rq->reply_err)
		return reply_failure(rq);
	r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	return send_dressed(rq, status, NULL, CODING_NONE, r, 0);
}

/* Streaming */

/* A reader that returned 0 would be called again at once and spin, so each call produces or ends.
 */
static ssize_t stream_read(void *cls, uint64_t at, char *out, size_t size)
{
	struct request *rq = cls;
	size_t n;

	if (rq->step_at == rq->step.len) {
		buf_clear(&rq->step);
		rq->step_at = 0;
		if (rq->next(rq, rq->next_arg, &rq->step) < 0 || rq->step.err)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (!rq->step.len)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	n = rq->step.len - rq->step_at;
	if (n > size)
		n = size;
	memcpy(out, rq->step.data + rq->step_at, n);
	rq->step_at += n;
	rq->bytes += n;
	request_deadline(rq, HTTP_REPLY_SECONDS * INT64_C(1000));
	return (ssize_t)n;
}

int reply_stream(struct request *rq, unsigned status, const char *type,
		 int (*next)(struct request *rq, void *arg, struct buf *out), void *arg)
{
	enum { PIECE = 16384 };
	struct MHD_Response *r;

	if (rq->reply_err)
		return reply_failure(rq);
	if (status == MHD_HTTP_OK && reply_etag_current(rq))
		return reply_empty(rq, MHD_HTTP_NOT_MODIFIED);
	buf_init(&rq->step, HTTP_STREAM_STEP);
	rq->next = next;
	rq->next_arg = arg;
	rq->streaming = true;
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, stream_read, rq, NULL);
	return send_dressed(rq, status, type, CODING_NONE, r, 0);
}

/* Kept answers */

int reply_keep(struct request *rq, unsigned status, const char *type, const void *data, size_t len,
	       struct reply_kept **ret_kept)
{
	char vary[64];
	struct kept_spec spec = {.status = status,
				 .https = rq->server->https,
				 .type = type,
				 .etag = rq->etag,
				 .cache = cache_control(rq),
				 .vary = vary,
				 .headers = rq->headers,
				 .n_headers = rq->n_headers,
				 .bodies = {[CODING_NONE] = {data, len}}};
	void *packed = NULL;
	int err;

	if (rq->reply_err)
		return rq->reply_err;
	worth_gzip(rq, type, len);
	vary_text(rq, vary);
	if (len >= HTTP_GZIP_MIN && compressible(type) &&
	    gzip_pack(rq->server->gzip, data, len, &packed, &spec.bodies[CODING_GZIP].len) == OK)
		spec.bodies[CODING_GZIP].data = packed;
	if (!*vary)
		spec.vary = NULL;
	err = kept_new(&spec, ret_kept);
	free(packed);
	return err;
}

int reply_fixed(struct request *rq, const struct reply_kept *kept)
{
	enum coding coding = kept_choose(kept, request_header(rq, "Accept-Encoding"));
	unsigned status = kept->status;
	struct MHD_Response *r = kept->full[coding];
	size_t len = kept->len[coding];
	int err;

	if (status == MHD_HTTP_OK && etag_match(request_header(rq, "If-None-Match"), kept->etag)) {
		status = MHD_HTTP_NOT_MODIFIED;
		r = kept->unchanged[coding];
		len = 0;
	}
	if (!rq->connection || rq->replied)
		return OK;
	request_deadline(rq, (HTTP_REPLY_SECONDS + (int64_t)(len / HTTP_REPLY_RATE)) * 1000);
	err = MHD_queue_response(rq->connection, status, r) == MHD_YES ? OK : ERR_IO;
	rq->replied = err == OK;
	rq->status = status;
	rq->bytes = rq->head ? 0 : len;
	rq->us = (uint64_t)(server_clock_us() - rq->start_us);
	return err;
}

int reply_kept(struct request *rq, struct reply_kept *kept)
{
	return reply_fixed(rq, kept);
}

/* Problems */

unsigned reply_status(int err)
{
	switch (err) {
	case OK:
		return MHD_HTTP_OK;
	case ERR_INVALID:
		return MHD_HTTP_BAD_REQUEST;
	case ERR_NOTFOUND:
		return MHD_HTTP_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_CONFLICT:
		return MHD_HTTP_CONFLICT;
	case ERR_LIMIT:
		return MHD_HTTP_CONTENT_TOO_LARGE;
	case ERR_SIGNATURE:
		return MHD_HTTP_UNAUTHORIZED;
	case ERR_DENIED:
		return MHD_HTTP_FORBIDDEN;
	case ERR_EXPIRED:
		return MHD_HTTP_GONE;
	case ERR_NOMEM:
	case ERR_BUSY:
	case ERR_AGAIN:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case ERR_FULL:
		return MHD_HTTP_INSUFFICIENT_STORAGE;
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

/* `members` of RFC 9457; absent ones are left out. */
static json_t *problem_document(unsigned status, const char *kind, const struct fault *fault)
{
	char type[96], detail[400] = "";
	json_t *doc;

	snprintf(type, sizeof(type), "urn:maillage:problem:%s", kind);
	if (fault && fault->key)
		fault_text(fault, detail, sizeof(detail));
	doc = json_pack("{s:s, s:s, s:i}", "type", type, "title", MHD_get_reason_phrase_for(status),
			"status", (int)status);
	if (doc && *detail)
		json_object_set_new(doc, "detail", json_string(detail));
	if (doc && fault && fault->pointer[0])
		json_object_set_new(doc, "pointer", json_string(fault->pointer));
	return doc;
}

/* Seconds after which trying again makes sense, unless the handler said so itself. */
static void retry_after(struct request *rq, unsigned status)
{
	char text[16];
	unsigned seconds = rq->refusal.retry_after;

	if ((status != MHD_HTTP_TOO_MANY_REQUESTS && status != MHD_HTTP_SERVICE_UNAVAILABLE) ||
	    header_have(rq->headers, rq->n_headers, "Retry-After"))
		return;
	snprintf(text, sizeof(text), "%u", seconds ? seconds : 2);
	reply_header(rq, "Retry-After", text);
}

int reply_problem(struct request *rq, unsigned status, const char *kind, const struct fault *fault)
{
	struct server *s = rq->server;
	int code = fault ? fault->code : ERR_INTERNAL;
	json_t *doc;
	char *text;

	if (!status)
		status = code == ERR_INVALID && fault->pointer[0] ? MHD_HTTP_UNPROCESSABLE_CONTENT
								  : reply_status(code);
	rq->etag = NULL;
	retry_after(rq, status);
	if (rq->format == FORMAT_HTML && s->o.error_page && !rq->in_error_page) {
		rq->in_error_page = true;
		if (s->o.error_page(rq, status, fault) == OK && rq->replied)
			return OK;
	}
	doc = problem_document(status, kind ? kind : err_name(code), fault);
	text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
	json_decref(doc);
	if (!text)
		return reply_failure(rq);
	return reply_body(rq, status, "application/problem+json", text, strlen(text), text);
}

int reply_refusal(struct request *rq)
{
	struct refusal *r = &rq->refusal;

	if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		reply_header(rq, "Allow",
			     rq->match.methods == ROUTE_GET    ? "GET, HEAD, OPTIONS"
			     : rq->match.methods == ROUTE_POST ? "POST, OPTIONS"
							       : "GET, HEAD, POST, OPTIONS");
	return reply_problem(rq, r->status, r->kind, &r->fault);
}
