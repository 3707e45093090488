#include "tools/bench/ready.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { POOL = 16384, TIMEOUT = 60, LINE = 1024 };

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_len, void **request)
{
	static int seen;

	if (!*request) { /* the head alone: libmicrohttpd calls again for the answer */
		*request = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, cls);
}

/* The node's own headers, so that both servers send the same bytes; libmicrohttpd adds these three.
 */
static void dress(struct MHD_Response *response, const struct ready *r)
{
	static const char *const own[] = {"Date", "Content-Length", "Connection"};
	const char *at = strstr(r->answer, "\r\n") + 2;

	while (at < r->body - 2) {
		const char *end = strstr(at, "\r\n"), *colon = memchr(at, ':', (size_t)(end - at));
		char line[LINE];
		bool skip = false;

		if (!colon || end - at >= LINE)
			bench_die("a header of the node cannot be read");
		memcpy(line, at, (size_t)(end - at));
		line[end - at] = '\0';
		line[colon - at] = '\0';
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			skip |= strcasecmp(line, own[i]) == 0;
		if (!skip)
			MHD_add_response_header(response, line, line + (colon - at) + 2);
		at = end + 2;
	}
}

static void serve(void *arg, int ready)
{
	const struct ready *r = arg;
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				.sin_port = htons((uint16_t)r->port)};
	struct MHD_Response *response = MHD_create_response_from_buffer(
		r->len - (size_t)(r->body - r->answer), (void *)r->body, MHD_RESPMEM_PERSISTENT);
	struct MHD_Daemon *d;

	dress(response, r);
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
			     NULL, handle, response, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&a,
			     MHD_OPTION_THREAD_POOL_SIZE, r->threads, MHD_OPTION_CONNECTION_LIMIT,
			     r->connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT,
			     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL,
			     MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!d || write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

struct child ready_start(const struct ready *r, int core)
{
	return child_fork(core, serve, (void *)r);
}
