#include "node/http/server.h"

#include <netdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "node/http/internal.h"

enum { WATCH_MS = 1000, BACKLOG = 512 };

/* GnuTLS's: TLS 1.2 and 1.3, forward secrecy always. */
static const char priorities[] =
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE";

int64_t server_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void server_log(struct server *s, const char *line)
{
	if (s->o.log)
		s->o.log(s->o.app, line);
}

void server_notify(struct server *s)
{
	if (!atomic_load(&s->quiet) && !atomic_load(&s->stopping))
		return;
	pthread_mutex_lock(&s->lock);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void deadline_after(int64_t ms, struct timespec *ret_ts)
{
	clock_gettime(CLOCK_MONOTONIC, ret_ts);
	ret_ts->tv_sec += ms / 1000;
	ret_ts->tv_nsec += ms % 1000 * 1000000;
	if (ret_ts->tv_nsec >= 1000000000) {
		ret_ts->tv_sec++;
		ret_ts->tv_nsec -= 1000000000;
	}
}

/* Connections */

static enum MHD_Result on_accept(void *cls, const struct sockaddr *sa, socklen_t len)
{
	struct server *s = cls;
	struct address peer;

	if (address_of_socket(sa, &peer) != OK || atomic_load(&s->quiet))
		return MHD_NO;
	return connections_admit(s->connections, &peer) == OK ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **place,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *fd, *sa;
	struct address peer;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		dispatch_abandon(s, *place);
		connections_remove(s->connections, *place);
		*place = NULL;
		return;
	}
	fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	sa = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (fd && sa && address_of_socket(sa->client_addr, &peer) == OK)
		*place = connections_add(s->connections, &peer, fd->connect_fd,
					 server_clock_us() / 1000 + s->o.deadline * INT64_C(1000),
					 s);
}

static int on_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
			  gnutls_pcert_st **ret_chain, unsigned *ret_count,
			  gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_count,
			  gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
	/* libmicrohttpd keeps its connection in the session. */
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	const union MHD_ConnectionInfo *place =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = place ? place->socket_context : NULL;

	*ret_ocsp = NULL;
	*ret_ocsp_count = 0;
	*ret_flags = 0;
	return c ? tls_certificate(((struct server *)c->owner)->tls, ret_chain, ret_count, ret_key)
		 : -1;
}

/* Escapes are decoded here, strictly, from the raw target; libmicrohttpd must leave them alone. */
static size_t on_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

/* The watcher */

static void watch_tls(struct server *s, int64_t now_ms, bool *failing)
{
	struct fault fault = {0};
	char text[400], line[512];
	int err = s->tls ? tls_refresh(s->tls, now_ms, &fault) : 0;

	if (err < 0 && !*failing) {
		fault_text(&fault, text, sizeof(text));
		snprintf(line, sizeof(line), "event=certificate-refused reason=\"%s\"", text);
		server_log(s, line);
	} else if (err > 0) {
		server_log(s, "event=certificate-loaded");
	}
	*failing = err < 0;
}

static void *watch(void *arg)
{
	struct server *s = arg;
	int64_t period_ms = s->o.deadline * INT64_C(1000) / 4;
	int64_t next_tls_ms = 0;
	bool failing = false;

	if (period_ms > WATCH_MS)
		period_ms = WATCH_MS;
	for (;;) {
		struct timespec until;
		int64_t now_ms = server_clock_us() / 1000;
		bool end;

		connections_sweep(s->connections, now_ms);
		if (now_ms >= next_tls_ms) {
			watch_tls(s, now_ms, &failing);
			next_tls_ms = now_ms + WATCH_MS;
		}
		request_orphans(s);
		deadline_after(period_ms, &until);
		pthread_mutex_lock(&s->lock);
		if (!s->orphans && !s->watch_end)
			pthread_cond_timedwait(&s->watch, &s->lock, &until);
		end = s->watch_end && !s->orphans;
		pthread_mutex_unlock(&s->lock);
		if (end)
			return NULL;
	}
}

/* Start */

/* Split "host:port", "[v6]:port" and ":port"; host is "" for every address. */
static int listen_split(const char *listen, char *host, size_t size, const char **ret_port)
{
	const char *colon = strrchr(listen, ':'), *start = listen, *end = colon;

	if (!colon || !colon[1])
		return ERR_INVALID;
	if (*listen == '[') {
		start = listen + 1;
		end = colon - 1;
		if (end < start || *end != ']')
			return ERR_INVALID;
	} else if (memchr(listen, ':', (size_t)(colon - listen))) {
		return ERR_INVALID;
	}
	if ((size_t)(end - start) >= size)
		return ERR_INVALID;
	memcpy(host, start, (size_t)(end - start));
	host[end - start] = '\0';
	*ret_port = colon + 1;
	return OK;
}

static int listen_on(const struct addrinfo *ai)
{
	int on = 1, off = 0;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			ai->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static int server_listen(struct server *s, struct fault *fault)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	const char *port;
	char host[256];

	if (listen_split(s->o.listen, host, sizeof(host), &port) != OK ||
	    getaddrinfo(*host ? host : NULL, port, &hints, &list) != 0)
		return fault_set(fault, ERR_INVALID, "", "%s is not an address to listen on.",
				 s->o.listen);
	for (struct addrinfo *ai = list; ai && s->listen_fd < 0; ai = ai->ai_next)
		s->listen_fd = listen_on(ai);
	freeaddrinfo(list);
	if (s->listen_fd < 0 || getsockname(s->listen_fd, (struct sockaddr *)&bound, &len) < 0)
		return fault_set(fault, ERR_IO, "", "Cannot listen on %s: in use, or not allowed.",
				 s->o.listen);
	s->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
						    : ((struct sockaddr_in *)&bound)->sin_port);
	return OK;
}

static void options_default(struct server_options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!o->connections)
		o->connections = o->threads ? o->threads * HTTP_PER_THREAD : HTTP_CONNECTIONS;
	if (!o->threads) {
		unsigned needed = (o->connections + HTTP_PER_THREAD - 1) / HTTP_PER_THREAD;

		o->threads = cpus > 1 ? 2 * (unsigned)cpus : 2;
		if (o->threads < needed)
			o->threads = needed;
	}
	if (o->threads < 2)
		o->threads = 2; /* a pool of one is refused */
	if (o->threads > HTTP_THREADS)
		o->threads = HTTP_THREADS;
	if (o->connections > o->threads * HTTP_PER_THREAD)
		o->connections = o->threads * HTTP_PER_THREAD;
	if (o->connections < o->threads)
		o->connections = o->threads;
	if (!o->per_address)
		o->per_address = HTTP_PER_ADDRESS;
	if (!o->timeout)
		o->timeout = HTTP_TIMEOUT;
	if (!o->deadline)
		o->deadline = HTTP_DEADLINE;
}

static int options_copy(struct server *s, const struct server_options *o)
{
	const char **strings[] = {&s->o.listen,		&s->o.origin,	&s->o.tls_cert,
				  &s->o.tls_key,	&s->o.acme_dir, &s->o.static_dir,
				  &s->o.trusted_proxies};

	s->o = *o;
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		if (!*strings[i])
			continue;
		*strings[i] = talloc_strdup(s->mem, *strings[i]);
		if (!*strings[i])
			return ERR_NOMEM;
	}
	options_default(&s->o);
	return OK;
}

static int daemon_start(struct server *s, struct fault *fault)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	/* {option, value or callback, pointer or closure}; TLS ends the list early without it. */
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL},
		{MHD_OPTION_THREAD_POOL_SIZE, s->o.threads, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, s->o.connections, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, s->o.timeout, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_POOL, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)dispatch_open, s},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)on_unescape, NULL},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)dispatch_close, s},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
		{s->tls ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, 0,
		 (void *)on_certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)priorities},
		{MHD_OPTION_END, 0, NULL},
	};

	if (s->tls)
		flags |= MHD_USE_TLS;
	s->daemon = MHD_start_daemon(flags, 0, on_accept, s, dispatch_handle, s, MHD_OPTION_ARRAY,
				     options, MHD_OPTION_END);
	if (s->daemon)
		return OK;
	s->listen_fd = -1; /* the library has closed it */
	return fault_set(fault, ERR_IO, "", "The HTTP server does not start on %s.", s->o.listen);
}

static int server_new(const struct server_options *o, struct server **ret_server)
{
	struct server *s = calloc(1, sizeof(*s));
	pthread_condattr_t monotonic;
	uint64_t id;

	if (!s)
		return ERR_NOMEM;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, &monotonic);
	pthread_cond_init(&s->watch, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->listen_fd = -1;
	randombytes_buf(&id, sizeof(id));
	atomic_init(&s->next_id, id);
	s->mem = talloc_new(NULL);
	*ret_server = s;
	return s->mem ? options_copy(s, o) : ERR_NOMEM;
}

static int server_prepare(struct server *s, struct fault *fault)
{
	int err;

	s->https = s->o.origin && strncasecmp(s->o.origin, "https://", 8) == 0;
	if (address_nets_parse(s->o.trusted_proxies, &s->proxies) != OK)
		return fault_set(fault, ERR_INVALID, "", "%s is no list of addresses.",
				 s->o.trusted_proxies);
	s->connections = connections_new(s->o.per_address, &s->proxies);
	s->rates = rate_new(s->o.rates);
	s->gzip = gzip_new(s->o.threads);
	if (!s->connections || !s->rates || !s->gzip)
		return ERR_NOMEM;
	if (s->o.static_dir) {
		err = statics_open(s->o.static_dir, s->https, &s->statics, fault);
		if (err)
			return err;
	}
	if (s->o.tls_cert && s->o.tls_key)
		return tls_open(s->o.tls_cert, s->o.tls_key, &s->tls, fault);
	return OK;
}

int server_start(const struct server_options *o, const struct route_table *tables, size_t n_tables,
		 struct server **ret_server, struct fault *fault)
{
	struct server *s = NULL;
	int err = sodium_init() < 0 ? ERR_INTERNAL : route_check(tables, n_tables, fault);

	if (err)
		return err;
	err = server_new(o, &s);
	if (err == OK) {
		s->tables = talloc_memdup(s->mem, tables, n_tables * sizeof(*tables));
		s->n_tables = n_tables;
		err = s->tables ? server_prepare(s, fault) : ERR_NOMEM;
	}
	if (err == OK)
		err = server_listen(s, fault);
	if (err == OK)
		err = daemon_start(s, fault);
	if (err == OK) {
		s->watching = pthread_create(&s->watcher, NULL, watch, s) == 0;
		err = s->watching ? OK : ERR_NOMEM;
	}
	if (err)
		server_free(s);
	else
		*ret_server = s;
	return err;
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

/* Stop */

void server_quiesce(struct server *s, unsigned seconds)
{
	struct timespec until;

	deadline_after((int64_t)seconds * 1000, &until);
	if (!atomic_exchange(&s->quiet, true)) {
		/* The descriptor stays ours until the threads that watch it are gone. */
		MHD_quiesce_daemon(s->daemon);
		shutdown(s->listen_fd, SHUT_RDWR);
	}
	pthread_mutex_lock(&s->lock);
	while (atomic_load(&s->active) &&
	       pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
		;
	pthread_mutex_unlock(&s->lock);
}

/*
 * MHD_stop_daemon aborts the process if a connection is suspended, so wait until none is and none
 * can become so.  Our callers resume what they hold; should one not, the daemon is left running
 * for the few moments the process still has.
 */
static bool wait_idle(struct server *s)
{
	struct timespec until;
	bool idle;

	deadline_after(HTTP_STOP_SECONDS * INT64_C(1000), &until);
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->stopping, true);
	for (;;) {
		idle = !s->suspended && !s->resuming && !s->orphaned && !atomic_load(&s->running);
		if (idle || pthread_cond_timedwait(&s->changed, &s->lock, &until) != 0)
			break;
	}
	pthread_mutex_unlock(&s->lock);
	return idle;
}

static void watch_stop(struct server *s)
{
	if (!s->watching)
		return;
	pthread_mutex_lock(&s->lock);
	s->watch_end = true;
	pthread_cond_signal(&s->watch);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->watcher, NULL);
	s->watching = false;
}

void server_free(struct server *s)
{
	if (!s)
		return;
	if (s->daemon) {
		server_quiesce(s, 0);
		if (!wait_idle(s)) {
			server_log(s,
				   "event=stop-abandoned reason=\"requests are still suspended\"");
			return;
		}
		MHD_stop_daemon(s->daemon);
	}
	watch_stop(s);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	tls_free(s->tls);
	statics_free(s->statics);
	gzip_free(s->gzip);
	rate_free(s->rates);
	connections_free(s->connections);
	pthread_cond_destroy(&s->watch);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	talloc_free(s->mem);
	free(s);
}

/* Reading */

const char *server_static_url(const struct server *s, const char *name)
{
	return statics_url(s->statics, name);
}

void server_stats(const struct server *s, struct server_stats *ret)
{
	struct server *mutable = (struct server *)s;

	ret->requests = atomic_load(&mutable->requests);
	ret->bytes_out = atomic_load(&mutable->bytes_out);
	for (int i = 0; i < 6; i++)
		ret->responses_by_class[i] = atomic_load(&mutable->by_class[i]);
	ret->connections = connections_count(mutable->connections);
}
