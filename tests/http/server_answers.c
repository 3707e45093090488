/* Answers: routing, negotiation, headers, coding, problems, streams; and forms. */
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/http/harness.h"
#include "tests/http/server.h"

static void keep_alive_and_pipelining(struct site *site)
{
	static const char one[] = "GET /o/1?q=one HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = dial(site->port), good = 0;
	struct answer a;

	for (int i = 0; i < 3; i++) {
		send_text(fd, one);
		good += answer_read(fd, &a, false) && a.status == 200;
		answer_done(&a);
	}
	check(good == 3, "three requests on one connection");
	good = 0;
	send_text(fd, "GET /o/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /o/2 HTTP/1.1\r\nHost: x\r\n\r\n"
		      "HEAD /o/3 HTTP/1.1\r\nHost: x\r\n\r\nGET /o/4 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 1; i <= 4; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key=%d\n", i);
		if (answer_read(fd, &a, i == 3) && a.status == 200)
			good += i == 3 ? a.len == 0 : strstr(a.body, key) != NULL;
		answer_done(&a);
	}
	check(good == 4, "pipelined requests are answered one by one, in order");
	close(fd);
}

static void routing(struct site *site)
{
	struct answer a;

	check(get(site->port, "/o/ab%C3%A9.csv?q=a%20b+c&type=x&page=2", NULL, &a) == 200 &&
		      strstr(a.body, "path=/o/abé\nkey=abé\nq=a b c\nformat=2\n") &&
		      strstr(a.body, "links=type=x\n"),
	      "path, parameter, query and format by suffix");
	answer_done(&a);
	check(get(site->port, "/echo", "Accept: application/json\r\nCookie: z=1; c=2\r\n", &a) ==
			      200 &&
		      strstr(a.body, "format=1\n") && strstr(a.body, "cookie=2\n") &&
		      answer_has(&a, "Vary", "Accept, Accept-Language, Cookie") &&
		      answer_has(&a, "Cache-Control", "private, no-cache"),
	      "format by Accept, and Vary names what the answer depends on");
	answer_done(&a);
	check(get(site->port, "/echo.ics", NULL, NULL) == 404, "a format that is not offered");
	check(get(site->port, "http://elsewhere.example/echo", NULL, NULL) == 200, "absolute form");
	check(ask(site->port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", &a) ==
			      405 &&
		      answer_has(&a, "Allow", "GET, HEAD, OPTIONS"),
	      "405 with Allow");
	answer_done(&a);
	check(ask(site->port, "BREW /form HTTP/1.1\r\nHost: x\r\n\r\n", &a) == 405 &&
		      answer_has(&a, "Allow", "POST, OPTIONS"),
	      "an unknown method of a known path");
	answer_done(&a);
	check(ask(site->port, "OPTIONS /o/x HTTP/1.1\r\nHost: x\r\n\r\n", &a) == 204 &&
		      answer_has(&a, "Allow", "GET, HEAD, OPTIONS"),
	      "OPTIONS");
	answer_done(&a);
	check(ask(site->port, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", NULL) == 204, "OPTIONS *");
	check(ask(site->port, "HEAD /big HTTP/1.1\r\nHost: x\r\n\r\n", &a) == 200 &&
		      answer_has(&a, "Content-Length", "20000"),
	      "HEAD tells the length");
	answer_done(&a);
	check(get(site->port, "/admin", NULL, NULL) == 403, "no hook to admit: nobody is admitted");
}

static void bad_targets(struct site *site)
{
	static const struct {
		const char *target;
		int status;
	} cases[] = {{"/o/%", 400},	    {"/o/%zz", 400},	     {"/o/%00", 400},
		     {"/o/%ff", 400},	    {"/o/a%2fb", 400},	     {"/o/a%5Cb", 400},
		     {"/o/%0d%0aX:y", 400}, {"/../etc/passwd", 404}, {"/o/%2e%2e", 404},
		     {"//echo", 404},	    {"/o//x", 404},	     {"/echo/", 404},
		     {"/o/./x", 404},	    {"echo", 400},	     {"/echo?q=%", 400},
		     {"/echo?q=%00", 400},  {"/echo?%ff", 400},	     {"/nothing", 404}};
	int good = 0, n = sizeof(cases) / sizeof(*cases);

	for (int i = 0; i < n; i++) {
		int status = get(site->port, cases[i].target, NULL, NULL);

		if (status == cases[i].status)
			good++;
		else
			printf("# %s: %d\n", cases[i].target, status);
	}
	check(good == n, "bad escapes and path tricks");
}

static void security_headers(struct site *site)
{
	static const char *const names[] = {
		"Content-Security-Policy",    "X-Content-Type-Options",	      "Referrer-Policy",
		"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy"};
	static const char *const targets[] = {"/",    "/big",	 "/kept", "/nothing",
					      "/o/%", "/stream", "/fail"};
	int good = 0;
	char value[512];
	struct answer a;

	for (size_t t = 0; t < 7; t++) {
		get(site->port, targets[t], NULL, &a);
		for (size_t i = 0; i < 6; i++)
			good += *answer_header(&a, names[i], value, sizeof(value)) != '\0';
		good -= *answer_header(&a, "Strict-Transport-Security", value, sizeof(value)) !=
			'\0';
		answer_done(&a);
	}
	check(good == 42, "security headers on every answer, HSTS only for an https origin");
	check(get(site->port, "/custom", NULL, &a) == 200 &&
		      answer_has(&a, "Content-Security-Policy", "sandbox") &&
		      answer_has(&a, "Cache-Control", "no-store") &&
		      strstr(a.head, "Set-Cookie: a=1") && strstr(a.head, "Set-Cookie: b=2"),
	      "a handler's header replaces the default, cookies repeat");
	answer_done(&a);
	check(get(site->port, "/broken-header", NULL, &a) == 500 && !strstr(a.head, "Set-Cookie"),
	      "a header with a line break is a bug, not a header");
	answer_done(&a);
}

/* A 304 and the answer after it: what stands behind a 304's head would spoil the next. */
static bool unchanged(struct site *site, const char *target, const char *tag)
{
	char request[256];
	struct answer a;
	int fd = dial(site->port), good = 0;

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
		 "If-None-Match: \"x\", %s\r\n\r\n",
		 target, tag);
	for (int i = 0; i < 3; i++) {
		send_text(fd, request);
		good += answer_read(fd, &a, false) && a.status == 304 &&
			!answer_has(&a, "Content-Length", "0") &&
			!answer_has(&a, "Transfer-Encoding", "chunked");
		answer_done(&a);
	}
	close(fd);
	return good == 3;
}

static void entity_tags(struct site *site)
{
	static const char *const targets[] = {"/big", "/kept"};
	struct answer a;

	for (int i = 0; i < 2; i++) {
		char tag[64];

		get(site->port, targets[i], "Accept-Encoding: gzip\r\n", &a);
		answer_header(&a, "ETag", tag, sizeof(tag));
		answer_done(&a);
		check(strstr(tag, "-gz\"") && unchanged(site, targets[i], tag),
		      "304 for %s, and again on its connection", targets[i]);
		check(get(site->port, targets[i], "If-None-Match: \"other\"\r\n", &a) == 200 &&
			      a.len == BIG,
		      "200 for another tag of %s", targets[i]);
		answer_done(&a);
	}
}

static bool unpacks(const struct answer *a, const struct site *site)
{
	char *out = malloc(BIG + 1);
	z_stream z = {.next_in = (Bytef *)a->body,
		      .avail_in = (uInt)a->len,
		      .next_out = (Bytef *)out,
		      .avail_out = BIG + 1};
	bool good;

	inflateInit2(&z, 15 + 16);
	good = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == BIG &&
	       memcmp(out, site->big, BIG) == 0;
	inflateEnd(&z);
	free(out);
	return good;
}

static void compression(struct site *site)
{
	struct answer a;

	for (int i = 0; i < 4; i++) {
		const char *target = i % 2 ? "/kept" : "/big";

		check(get(site->port, target, "Accept-Encoding: br, gzip;q=0.5\r\n", &a) == 200 &&
			      answer_has(&a, "Content-Encoding", "gzip") &&
			      answer_has(&a, "Vary", "Accept-Encoding") && a.len < BIG / 2 &&
			      unpacks(&a, site),
		      "%s compressed, time %d", target, i / 2 + 1);
		answer_done(&a);
	}
	check(get(site->port, "/big", "Accept-Encoding: gzip;q=0\r\n", &a) == 200 && a.len == BIG &&
		      answer_has(&a, "Vary", "Accept-Encoding"),
	      "not compressed where it is refused");
	answer_done(&a);
	check(get(site->port, "/echo", "Accept-Encoding: gzip\r\n", &a) == 200 &&
		      answer_has(&a, "Content-Encoding", ""),
	      "small answers are not compressed");
	answer_done(&a);
	check(get(site->port, "/huge", NULL, &a) == 500 && a.len < 1000,
	      "an answer beyond its ceiling is an error of the server");
	answer_done(&a);
}

static bool problem_is(const struct answer *a, const char *type, int status, const char *pointer)
{
	json_t *doc = json_loads(a->body ? a->body : "", 0, NULL);
	const char *p = json_string_value(json_object_get(doc, "pointer"));
	const char *t = json_string_value(json_object_get(doc, "type"));
	bool good = t && strcmp(t, type) == 0 && strcmp(p ? p : "", pointer) == 0 &&
		    json_integer_value(json_object_get(doc, "status")) == status &&
		    json_object_get(doc, "title") &&
		    answer_has(a, "Content-Type", "application/problem+json") &&
		    a->status == status;

	json_decref(doc);
	return good;
}

static void problems(struct site *site)
{
	struct answer a;

	get(site->port, "/refuse", NULL, &a);
	check(problem_is(&a, "urn:maillage:problem:taken", 422, "/name") &&
		      strstr(a.body, "The name \\\"x\\\" is taken."),
	      "a problem document with pointer and text");
	answer_done(&a);
	get(site->port, "/fail", NULL, &a);
	check(problem_is(&a, "urn:maillage:problem:conflict", 409, ""), "a handler's error");
	answer_done(&a);
	get(site->port, "/silent", NULL, &a);
	check(problem_is(&a, "urn:maillage:problem:internal", 500, ""), "a handler without answer");
	answer_done(&a);
	get(site->port, "/nothing", NULL, &a);
	check(problem_is(&a, "urn:maillage:problem:not-found", 404, ""), "nothing there");
	answer_done(&a);
}

static void streams(struct site *site)
{
	struct answer a;

	check(get(site->port, "/stream", NULL, &a) == 200 && a.len == STREAMED &&
		      strncmp(a.body + STREAMED - 10, "000000010\n", 10) == 0,
	      "a streamed answer of 3 MB");
	answer_done(&a);
	check(get(site->port, "/stream-fails", NULL, &a) == 0 && a.len == 8,
	      "a stream that fails is cut, not ended");
	answer_done(&a);
}

static bool counted(void *arg)
{
	struct site *site = arg;
	struct server_stats stats;

	server_stats(site->server, &stats);
	return stats.requests == atomic_load(&site->lines) && stats.connections == 0;
}

void test_answers(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2};
	struct server_stats stats;

	site_open(site, &o);
	keep_alive_and_pipelining(site);
	routing(site);
	bad_targets(site);
	security_headers(site);
	entity_tags(site);
	compression(site);
	problems(site);
	streams(site);
	get(site->port, "/echo?q=secret", "Cookie: c=secret\r\nAuthorization: secret\r\n", NULL);
	check(wait_for(counted, site), "one log line a request, connections are counted");
	check(!atomic_load(&site->leaked), "no query and no cookie in the log");
	server_stats(site->server, &stats);
	check(stats.responses_by_class[2] > 10 && stats.responses_by_class[4] > 10 &&
		      stats.bytes_out > STREAMED,
	      "answers are counted by class");
	site_close(site);
	free(site);
}

/* What the composition root plugs in */

static int admit(struct request *rq, const struct route *route, struct fault *fault)
{
	const char *name = request_form(rq, "name");

	if (route->who == WHO_ADMIN && !request_cookie(rq, "session"))
		return reply_redirect(rq, 303, "/login");
	if (name && strcmp(name, "forged") == 0)
		return fault_set(fault, ERR_SIGNATURE, "", "This is forged.", NULL);
	return OK;
}

static int error_page(struct request *rq, unsigned status, const struct fault *fault)
{
	char text[400];

	fault_text(fault, text, sizeof(text));
	return reply_bytes(rq, status, "text/html; charset=utf-8", text, strlen(text));
}

static int error_page_fails(struct request *rq, unsigned status, const struct fault *fault)
{
	reply_problem(rq, status, "again", fault);
	return ERR_NOMEM;
}

void test_hooks(void)
{
	static const char form[] = "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n"
				   "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
				   "name=forged";
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2, .admit = admit, .error_page = error_page};
	struct answer a;

	site_open(site, &o);
	check(get(site->port, "/admin", NULL, &a) == 303 && answer_has(&a, "Location", "/login"),
	      "the hook that admits may answer itself");
	answer_done(&a);
	check(get(site->port, "/admin", "Cookie: session=1\r\n", NULL) == 200, "or admit");
	check(ask(site->port, form, &a) == 401 && strstr(a.body, "This is forged."),
	      "or refuse, and sees the form");
	answer_done(&a);
	check(get(site->port, "/nothing", "Accept: text/html\r\n", &a) == 404 &&
		      strcmp(a.body, "There is nothing at this address.") == 0 &&
		      answer_has(&a, "Content-Type", "text/html; charset=utf-8"),
	      "people get an error page");
	answer_done(&a);
	get(site->port, "/nothing", "Accept: application/json\r\n", &a);
	check(problem_is(&a, "urn:maillage:problem:not-found", 404, ""),
	      "programs a problem document");
	answer_done(&a);
	site_close(site);
	memset(site, 0, sizeof(*site));
	o.error_page = error_page_fails;
	site_open(site, &o);
	check(get(site->port, "/nothing", "Accept: text/html\r\n", NULL) == 404,
	      "an error page that fails is no loop");
	site_close(site);
	free(site);
}

/* Forms, with libcurl as the browser */

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	strncat(arg, data, size * n);
	return size * n;
}

static long post(struct site *site, CURL *curl, char out[1024])
{
	char url[64];
	long status = 0;

	*out = '\0';
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/form", site->port);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

void test_forms(void)
{
	struct site *site = calloc(1, sizeof(*site));
	struct server_options o = {.threads = 2};
	CURL *curl = curl_easy_init();
	curl_mime *mime = curl_mime_init(curl);
	curl_mimepart *part;
	char out[1024];

	site_open(site, &o);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "name=%C3%A9t%C3%A9+x&name=2");
	check(post(site, curl, out) == 200 && strstr(out, "name=été x\nsecond=2\n"),
	      "an urlencoded form");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "name=%e9");
	check(post(site, curl, out) == 400, "a form that is not UTF-8");
	part = curl_mime_addpart(mime);
	curl_mime_name(part, "name");
	curl_mime_data(part, "été", CURL_ZERO_TERMINATED);
	part = curl_mime_addpart(mime);
	curl_mime_name(part, "file");
	curl_mime_filename(part, "a.csv");
	curl_mime_type(part, "text/csv");
	curl_mime_data(part, "\xff\0,1\n", 5);
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
	check(post(site, curl, out) == 200 &&
		      strstr(out, "name=été\nsecond=\nfile=a.csv text/csv 5\n"),
	      "a multipart form with a file");
	check(ask(site->port,
		  "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
		  "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\n",
		  NULL) == 400,
	      "a malformed multipart form");
	curl_mime_free(mime);
	curl_easy_cleanup(curl);
	site_close(site);
	free(site);
}
