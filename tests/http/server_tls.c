/* TLS with a certificate made here, and its replacement while the server runs. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/http/harness.h"
#include "tests/http/server.h"

/* Write a self-signed certificate with this serial number, and its key. */
static void certificate(struct site *site, unsigned char serial, const char *cert_name,
			const char *key_name)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
	gnutls_datum_t pem;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
				     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, &serial, 1);
	gnutls_x509_crt_set_activation_time(cert, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(cert, time(NULL) + 3600);
	gnutls_x509_crt_set_dn(cert, "CN=localhost", NULL);
	gnutls_x509_crt_set_key(cert, key);
	gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
	site_write(site, cert_name, (char *)pem.data);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	site_write(site, key_name, (char *)pem.data);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(key);
}

static int serial_of(gnutls_session_t session)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	unsigned char serial[32] = {0};
	size_t len = sizeof(serial);
	gnutls_x509_crt_t cert;

	if (!chain || !n)
		return -1;
	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER);
	gnutls_x509_crt_get_serial(cert, serial, &len);
	gnutls_x509_crt_deinit(cert);
	return serial[0];
}

/* One request over TLS: the certificate's serial number, -1 without a 200. */
static int ask_tls(struct site *site)
{
	static const char request[] = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	gnutls_certificate_credentials_t trust;
	gnutls_session_t session;
	char answer[2048] = "";
	int fd = dial(site->port), serial = -1, err;

	gnutls_certificate_allocate_credentials(&trust);
	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust);
	gnutls_transport_set_int(session, fd);
	while ((err = gnutls_handshake(session)) < 0 && !gnutls_error_is_fatal(err))
		;
	if (err == 0) {
		gnutls_record_send(session, request, sizeof(request) - 1);
		if (gnutls_record_recv(session, answer, sizeof(answer) - 1) > 0 &&
		    strncmp(answer, "HTTP/1.1 200", 12) == 0)
			serial = serial_of(session);
	}
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(trust);
	close(fd);
	return serial;
}

struct wanted {
	struct site *site;
	int serial;
};

static bool serial_reached(void *arg)
{
	struct wanted *w = arg;

	return ask_tls(w->site) == w->serial;
}

static bool line_logged(void *arg)
{
	struct wanted *w = arg;

	return atomic_load(&w->site->lines) > (unsigned)w->serial;
}

struct pair {
	struct site *site;
	int good;
};

static void *handshakes(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 20; i++)
		p->good += ask_tls(p->site) > 0;
	return NULL;
}

static void replaced_under_load(struct site *site)
{
	struct pair clients[4];
	pthread_t threads[4];
	struct wanted w = {site, 9};
	int good = 0;

	for (int i = 0; i < 4; i++) {
		clients[i] = (struct pair){site, 0};
		pthread_create(&threads[i], NULL, handshakes, &clients[i]);
	}
	certificate(site, 9, "cert.pem", "key.pem");
	check(wait_for(serial_reached, &w), "replaced again while others connect");
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		good += clients[i].good;
	}
	check(good == 80, "none of which fails");
}

static void start_refused(struct site *site, const char *cert, const char *key, const char *name)
{
	static const struct route none = {0};
	struct route_table table = {&none, 0};
	char cert_path[128], key_path[128];
	struct server_options o = {
		.listen = "127.0.0.1:0", .tls_cert = cert_path, .tls_key = key_path};
	struct fault fault = {0};
	struct server *server = NULL;

	snprintf(cert_path, sizeof(cert_path), "%s/%s", site->dir, cert);
	snprintf(key_path, sizeof(key_path), "%s/%s", site->dir, key);
	check(server_start(&o, &table, 1, &server, &fault) < 0 && fault.key && !server, "%s", name);
}

void test_tls(void)
{
	static const char *const names[] = {"cert.pem", "key.pem", "other.pem", "other-key.pem",
					    ""};
	struct site *site = calloc(1, sizeof(*site));
	char cert[128], key[128], path[128];
	struct server_options o = {.threads = 2,
				   .origin = "https://localhost",
				   .deadline = 1,
				   .timeout = 2,
				   .tls_cert = cert,
				   .tls_key = key};
	struct wanted w = {site, 7};
	int fd;

	strcpy(site->dir, "/tmp/maillage-tls-XXXXXX");
	if (!mkdtemp(site->dir)) {
		printf("Bail out! no scratch folder\n");
		exit(1);
	}
	snprintf(cert, sizeof(cert), "%s/cert.pem", site->dir);
	snprintf(key, sizeof(key), "%s/key.pem", site->dir);
	certificate(site, 5, "cert.pem", "key.pem");
	certificate(site, 6, "other.pem", "other-key.pem");
	start_refused(site, "cert.pem", "other-key.pem", "a key of another certificate is refused");
	start_refused(site, "cert.pem", "none.pem", "so is one that is missing");
	start_refused(site, "key.pem", "key.pem", "and what is no certificate");
	site_open(site, &o);
	check(ask_tls(site) == 5, "a request over TLS");
	certificate(site, 7, "cert.pem", "key.pem");
	check(wait_for(serial_reached, &w), "a replaced certificate is served");
	w.serial = (int)atomic_load(&site->lines);
	site_write(site, "cert.pem", "broken");
	check(wait_for(line_logged, &w) && ask_tls(site) == 7,
	      "a broken one is logged and the old one stays");
	replaced_under_load(site);
	fd = dial(site->port);
	check(closed_within(fd, PATIENCE_MS), "a handshake that never begins is ended");
	close(fd);
	site_close(site);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", site->dir, names[i]);
		remove(path);
	}
	free(site);
}
