#include "node/sync/fetch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/base/codec.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "protocol/httpsig.h"
#include "protocol/limits.h"

enum { CONNECTIONS = 256 }; /* kept open in all */

struct fetcher {
	struct node *node;
	struct netguard guard;
	CURLM *multi;
	CURLSH *share;
	struct fetch *flight;
	unsigned n_flight;
};

int fetcher_new(struct node *n, struct fetcher **ret_fetcher)
{
	struct fetcher *fr = calloc(1, sizeof(*fr));

	if (!fr)
		return ERR_NOMEM;
	fr->node = n;
	netguard_init(&fr->guard, n->identity.origin, n->conf.ca_file);
	fr->multi = curl_multi_init();
	fr->share = curl_share_init();
	if (!fr->multi || !fr->share) {
		fetcher_free(fr);
		return ERR_NOMEM;
	}
	/* One thread uses the share: no locks. */
	curl_share_setopt(fr->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	curl_multi_setopt(fr->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)FED_FLIGHT);
	curl_multi_setopt(fr->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
	*ret_fetcher = fr;
	return OK;
}

void fetcher_free(struct fetcher *fr)
{
	if (!fr)
		return;
	while (fr->flight)
		fetch_abort(fr->flight);
	curl_multi_cleanup(fr->multi);
	if (fr->share)
		curl_share_cleanup(fr->share);
	free(fr);
}

unsigned fetcher_flight(const struct fetcher *fr)
{
	return fr->n_flight;
}

void fetcher_wake(struct fetcher *fr)
{
	curl_multi_wakeup(fr->multi);
}

struct fetch *fetch_new(const char *origin, const char *target)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	if ((size_t)snprintf(f->url, sizeof(f->url), "%s%s", origin, target) >= sizeof(f->url)) {
		free(f);
		return NULL;
	}
	f->max = FETCH_SMALL;
	return f;
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	if (f->easy)
		curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	buf_done(&f->body);
	free(f->post);
	free(f);
}

void fetch_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == '"' || *text == 127)
			*text = ' ';
}

/* The value of a header line if it is that header. */
static bool header_is(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	if (len <= n + 1 || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (unsigned char)line[len - 1] <= ' ')
		len--;
	if (len >= size)
		return false;
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

static void on_header(void *arg, const char *line, size_t len)
{
	struct fetch *f = arg;
	char value[64];

	if (header_is(line, len, "ETag", f->etag, sizeof(f->etag)))
		return;
	if (header_is(line, len, "Date", value, sizeof(value)))
		time_http_parse(value, &f->date);
	else if (header_is(line, len, "Retry-After", value, sizeof(value)))
		f->retry_after = strtol(value, NULL, 10);
}

static int header_add(struct fetch *f, const char *name, const char *value)
{
	char line[HTTPSIG_INPUT + 64];
	struct curl_slist *more;

	/* "Name:" alone takes back what libcurl would send. */
	if ((size_t)snprintf(line, sizeof(line), "%s:%s%s", name, *value ? " " : "", value) >=
	    sizeof(line))
		return ERR_LIMIT;
	more = curl_slist_append(f->headers, line);
	if (!more)
		return ERR_NOMEM;
	f->headers = more;
	return OK;
}

/* RFC 9421 by this node's key: covers method, target and, of a POST, type and digest of the body.
 */
static int sign(struct fetcher *fr, struct fetch *f)
{
	char digest[64], input[HTTPSIG_INPUT], signature[128], method[NID_TEXT + KEY_TEXT],
		nonce[32];
	uint8_t random[16];
	struct httpsig_request rq = {.method = f->post ? "POST" : "GET", .target_uri = f->url};
	int err;

	if (f->post) {
		httpsig_content_digest(f->post, f->post_len, digest);
		rq.content_type = "application/json";
		rq.content_digest = digest;
	}
	randombytes_buf(random, sizeof(random));
	base64url_encode(random, sizeof(random), nonce);
	identity_method(&fr->node->identity, method);
	err = httpsig_sign(&rq, &fr->node->key, method, (int64_t)time(NULL) + f->offset, nonce,
			   input, signature);
	if (!err && f->post)
		err = header_add(f, "Content-Digest", digest);
	if (!err)
		err = header_add(f, "Signature-Input", input);
	return err ? err : header_add(f, "Signature", signature);
}

static int setup(struct fetcher *fr, struct fetch *f)
{
	int err;

	f->easy = curl_easy_init();
	if (!f->easy)
		return ERR_NOMEM;
	buf_init(&f->body, f->max);
	f->call = (struct netguard_call){
		.guard = &fr->guard, .body = &f->body, .header = on_header, .arg = f};
	err = netguard_setup(f->easy, &f->call);
	if (!err)
		err = header_add(f, "Accept", "");
	if (!err && *f->if_none_match)
		err = header_add(f, "If-None-Match", f->if_none_match);
	if (!err && f->post) {
		/* "Expect:" spares the wait for a 100. */
		err = header_add(f, "Content-Type", "application/json");
		if (!err)
			err = header_add(f, "Expect", "");
	}
	if (!err && f->sign)
		err = sign(fr, f);
	if (err)
		return err;
	if (curl_easy_setopt(f->easy, CURLOPT_URL, f->url) ||
	    curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f) ||
	    curl_easy_setopt(f->easy, CURLOPT_SHARE, fr->share) ||
	    curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->curl_text) ||
	    curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers))
		return ERR_NOMEM;
	if (f->post && (curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE, (long)f->post_len) ||
			curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS, f->post)))
		return ERR_NOMEM;
	return OK;
}

int fetch_start(struct fetcher *fr, struct fetch *f)
{
	int err = setup(fr, f);

	if (!err && curl_multi_add_handle(fr->multi, f->easy))
		err = ERR_INTERNAL;
	if (err) {
		fetch_free(f);
		return err;
	}
	f->fetcher = fr;
	f->next = fr->flight;
	if (fr->flight)
		fr->flight->prev = f;
	fr->flight = f;
	fr->n_flight++;
	return OK;
}

static void finish(struct fetch *f)
{
	struct fetcher *fr = f->fetcher;

	if (f->prev)
		f->prev->next = f->next;
	else
		fr->flight = f->next;
	if (f->next)
		f->next->prev = f->prev;
	fr->n_flight--;
	curl_multi_remove_handle(fr->multi, f->easy);
	f->done(f->arg, f);
	fetch_free(f);
}

void fetch_abort(struct fetch *f)
{
	f->err = ERR_AGAIN;
	snprintf(f->text, sizeof(f->text), "The request was given up.");
	finish(f);
}

/* The kind of a problem document: the last part of its type. And its words, for the log. */
static void problem_read(struct fetch *f)
{
	json_t *doc;
	const char *type, *detail, *slash;

	if (f->body.err || !f->body.len || f->body.data[0] != '{' ||
	    canon_read(f->body.data, f->body.len, CANON_FULL, &doc, NULL))
		return;
	type = json_string_value(json_object_get(doc, "type"));
	slash = type ? strpbrk(type, "/:#") : NULL;
	while (slash && strpbrk(slash + 1, "/:#"))
		slash = strpbrk(slash + 1, "/:#");
	if (type)
		snprintf(f->kind, sizeof(f->kind), "%s", slash ? slash + 1 : type);
	detail = json_string_value(json_object_get(doc, "detail"));
	snprintf(f->text, sizeof(f->text), "The answer was %ld%s%s%s%.120s", f->status,
		 *f->kind ? " " : "", f->kind, detail ? ": " : "", detail ? detail : "");
	json_decref(doc);
}

static void outcome(struct fetch *f, CURLcode code)
{
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &f->status);
	if (code == CURLE_OK) {
		if (f->status == 304 && !*f->if_none_match) {
			snprintf(f->text, sizeof(f->text),
				 "It answered 304 to a request that asked nothing.");
		} else if (f->status < 200 || (f->status > 299 && f->status != 304)) {
			snprintf(f->text, sizeof(f->text), "The answer was %ld.", f->status);
			problem_read(f);
			fetch_line(f->text);
		}
		return;
	}
	f->err = code == CURLE_FILESIZE_EXCEEDED ? ERR_LIMIT : ERR_IO;
	if (f->call.refused) {
		f->err = f->body.err == ERR_LIMIT ? ERR_LIMIT : ERR_DENIED;
		snprintf(f->text, sizeof(f->text), "%s", f->call.refused);
	} else if (code == CURLE_FILESIZE_EXCEEDED) {
		snprintf(f->text, sizeof(f->text), "The answer is larger than allowed.");
	} else {
		snprintf(f->text, sizeof(f->text), "%s: %.140s", curl_easy_strerror(code),
			 f->curl_text);
	}
	fetch_line(f->text);
}

void fetcher_run(struct fetcher *fr, int ms)
{
	CURLMsg *msg;
	int running, left;

	/* Waits not at all for a request that was just added: its first step is due. */
	curl_multi_poll(fr->multi, NULL, 0, ms, NULL);
	curl_multi_perform(fr->multi, &running);
	while ((msg = curl_multi_info_read(fr->multi, &left))) {
		struct fetch *f;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&f);
		outcome(f, code);
		finish(f);
	}
}
