#include "node/http/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node/http/negotiate.h"
#include "node/http/reply.h"

static const char *const codings[CODING_COUNT] = {
	[CODING_GZIP] = "gzip",
	[CODING_BR] = "br",
};
static const char *const marks[CODING_COUNT] = {
	[CODING_NONE] = "",
	[CODING_GZIP] = "-gz",
	[CODING_BR] = "-br",
};

static const struct header security[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
	 "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
	 "base-uri 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	/* "no-referrer" would also make browsers send "Origin: null" with forms. */
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"},
	{"Strict-Transport-Security", "max-age=31536000"}, /* the last: https only */
};

bool header_have(const struct header *headers, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(headers[i].name, name) == 0)
			return true;
	return false;
}

size_t kept_security(bool https, const struct header *headers, size_t n, struct header *out)
{
	size_t count = sizeof(security) / sizeof(*security) - !https, written = 0;

	for (size_t i = 0; i < count; i++)
		if (!header_have(headers, n, security[i].name))
			out[written++] = security[i];
	return written;
}

void etag_coded(const char *etag, enum coding coding, char *out, size_t size)
{
	size_t len = strlen(etag);
	int n;

	if (len && etag[len - 1] == '"')
		len--;
	n = snprintf(out, size, "%.*s%s\"", (int)len, etag, marks[coding]);
	if (n < 0 || (size_t)n >= size)
		out[0] = '\0';
}

/* Weak comparison (RFC 9110 section 8.8.3.2), the coding's mark left aside. */
static bool etag_same(const char *tag, size_t len, const char *etag)
{
	size_t bare = strlen(etag) - 1; /* without the closing quote */

	if (len >= 2 && strncmp(tag, "W/", 2) == 0) {
		tag += 2;
		len -= 2;
	}
	if (len <= bare || strncmp(tag, etag, bare) != 0)
		return false;
	for (int c = 0; c < CODING_COUNT; c++) {
		size_t mark = strlen(marks[c]);

		if (len == bare + mark + 1 && strncmp(tag + bare, marks[c], mark) == 0 &&
		    tag[len - 1] == '"')
			return true;
	}
	return false;
}

bool etag_match(const char *if_none_match, const char *etag)
{
	if (!if_none_match || !etag || !*etag)
		return false;
	for (const char *p = if_none_match; *p;) {
		size_t len;

		p += strspn(p, " \t,");
		if (*p == '*')
			return true;
		len = strcspn(p, " \t,");
		if (len && etag_same(p, len, etag))
			return true;
		p += len;
	}
	return false;
}

static ssize_t read_nothing(void *cls, uint64_t at, char *out, size_t size)
{
	return MHD_CONTENT_READER_END_WITH_ERROR; /* never called: a 304 has no body */
}

/*
 * Never of unknown length: libmicrohttpd then writes a last chunk behind a 304, which the client of
 * a kept connection takes for the beginning of the next answer.
 */
struct MHD_Response *kept_empty(uint64_t len)
{
	return MHD_create_response_from_callback(len, 64, read_nothing, NULL, NULL);
}

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
	return !value || MHD_add_response_header(r, name, value) == MHD_YES;
}

/* What a 304 repeats of the 200 (RFC 9110 section 15.4.5). */
static bool dress_unchanged(struct MHD_Response *r, const struct kept_spec *spec,
			    enum coding coding)
{
	char etag[128] = "";

	if (spec->etag)
		etag_coded(spec->etag, coding, etag, sizeof(etag));
	return add(r, "ETag", *etag ? etag : NULL) && add(r, "Cache-Control", spec->cache) &&
	       add(r, "Vary", spec->vary);
}

static bool dress_full(struct MHD_Response *r, const struct kept_spec *spec, enum coding coding)
{
	struct header safe[KEPT_SECURITY];
	size_t n = kept_security(spec->https, spec->headers, spec->n_headers, safe);
	bool good = dress_unchanged(r, spec, coding) && add(r, "Content-Type", spec->type) &&
		    add(r, "Content-Encoding", codings[coding]);

	for (size_t i = 0; good && i < n; i++)
		good = add(r, safe[i].name, safe[i].value);
	for (size_t i = 0; good && i < spec->n_headers; i++)
		good = add(r, spec->headers[i].name, spec->headers[i].value);
	return good;
}

static int kept_responses(struct reply_kept *k, const struct kept_spec *spec, enum coding coding)
{
	const struct kept_body *body = &spec->bodies[coding];

	k->len[coding] = body->len;
	k->full[coding] = MHD_create_response_from_buffer(body->len, (void *)body->data,
							  spec->borrow ? MHD_RESPMEM_PERSISTENT
								       : MHD_RESPMEM_MUST_COPY);
	k->unchanged[coding] = kept_empty(body->len);
	if (k->full[coding] && k->unchanged[coding] && dress_full(k->full[coding], spec, coding) &&
	    dress_unchanged(k->unchanged[coding], spec, coding))
		return OK;
	return ERR_NOMEM;
}

int kept_new(const struct kept_spec *spec, struct reply_kept **ret_kept)
{
	struct reply_kept *k = calloc(1, sizeof(*k));

	if (!k)
		return ERR_NOMEM;
	atomic_init(&k->refs, 1);
	k->status = spec->status;
	k->etag = spec->etag ? strdup(spec->etag) : NULL;
	for (int c = 0; c < CODING_COUNT; c++) {
		if (spec->bodies[c].data && kept_responses(k, spec, (enum coding)c) != OK) {
			reply_kept_free(k);
			return ERR_NOMEM;
		}
	}
	*ret_kept = k;
	return OK;
}

struct reply_kept *reply_kept_ref(struct reply_kept *kept)
{
	atomic_fetch_add(&kept->refs, 1);
	return kept;
}

void reply_kept_free(struct reply_kept *kept)
{
	if (!kept || atomic_fetch_sub(&kept->refs, 1) != 1)
		return;
	for (int c = 0; c < CODING_COUNT; c++) {
		if (kept->full[c])
			MHD_destroy_response(kept->full[c]);
		if (kept->unchanged[c])
			MHD_destroy_response(kept->unchanged[c]);
	}
	free(kept->etag);
	free(kept);
}

enum coding kept_choose(const struct reply_kept *kept, const char *accept_encoding)
{
	for (int c = CODING_COUNT - 1; c > CODING_NONE; c--)
		if (kept->full[c] && negotiate_encoding(accept_encoding, codings[c]))
			return (enum coding)c;
	return CODING_NONE;
}
