#include "node/http/tls.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/http/limits.h"

/* One loaded pair. Replaced ones wait for the handshakes that still use them. */
struct pair {
	struct pair *older;
	gnutls_pcert_st chain[HTTP_TLS_CHAIN];
	unsigned count;
	gnutls_privkey_t key;
	int64_t retired_ms;
};

struct tls {
	char *cert, *key;
	struct stat cert_stat, key_stat; /* as last loaded; the watcher's alone */
	pthread_mutex_t lock;
	struct pair *pairs; /* newest first; under lock */
};

static void pair_free(struct pair *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->count; i++)
		gnutls_pcert_deinit(&p->chain[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
	free(p);
}

static int load(const char *path, gnutls_datum_t *ret_data, struct fault *fault)
{
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size > HTTP_TLS_FILE ||
	    gnutls_load_file(path, ret_data) < 0)
		return fault_set(fault, ERR_IO, "", "The file %s cannot be read.", path);
	return OK;
}

static bool same_key(const struct pair *p)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	gnutls_pubkey_t public;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return false;
	same = gnutls_pubkey_import_privkey(public, p->key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(public, 0, of_key, &key_len) == 0 &&
	       gnutls_pubkey_get_key_id(p->chain[0].pubkey, 0, of_cert, &cert_len) == 0 &&
	       cert_len == key_len && memcmp(of_cert, of_key, key_len) == 0;
	gnutls_pubkey_deinit(public);
	return same;
}

static int pair_parse(struct tls *t, struct pair *p, const gnutls_datum_t *cert,
		      const gnutls_datum_t *key, struct fault *fault)
{
	unsigned count = HTTP_TLS_CHAIN;

	if (gnutls_pcert_list_import_x509_raw(p->chain, &count, cert, GNUTLS_X509_FMT_PEM,
					      GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED) < 0)
		return fault_set(fault, ERR_INVALID, "", "The file %s holds no certificate chain.",
				 t->cert);
	p->count = count;
	if (gnutls_privkey_init(&p->key) < 0)
		return ERR_NOMEM;
	if (gnutls_privkey_import_x509_raw(p->key, key, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
		return fault_set(fault, ERR_INVALID, "", "The file %s holds no private key.",
				 t->key);
	if (!same_key(p))
		return fault_set(fault, ERR_INVALID, "",
				 "The certificate in %s does not belong to the private key.",
				 t->cert);
	return OK;
}

static int pair_load(struct tls *t, struct pair **ret_pair, struct fault *fault)
{
	gnutls_datum_t cert = {0}, key = {0};
	struct pair *p = calloc(1, sizeof(*p));
	int err = p ? load(t->cert, &cert, fault) : ERR_NOMEM;

	if (err == OK)
		err = load(t->key, &key, fault);
	if (err == OK)
		err = pair_parse(t, p, &cert, &key, fault);
	gnutls_free(cert.data);
	if (key.data)
		gnutls_memset(key.data, 0, key.size);
	gnutls_free(key.data);
	if (err)
		pair_free(p);
	else
		*ret_pair = p;
	return err;
}

static bool file_same(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Put the new pair first and free those whose handshakes must be over. */
static void pair_install(struct tls *t, struct pair *p, int64_t now_ms)
{
	struct pair **link, *old = NULL;

	pthread_mutex_lock(&t->lock);
	p->older = t->pairs;
	if (p->older)
		p->older->retired_ms = now_ms;
	t->pairs = p;
	for (link = &p->older; *link; link = &(*link)->older) {
		if ((*link)->retired_ms + HTTP_TLS_RETIRED * 1000 < now_ms) {
			old = *link;
			*link = NULL;
			break;
		}
	}
	pthread_mutex_unlock(&t->lock);
	while (old) {
		struct pair *older = old->older;

		pair_free(old);
		old = older;
	}
}

int tls_refresh(struct tls *t, int64_t now_ms, struct fault *fault)
{
	struct stat cert, key;
	struct pair *p;
	int err;

	if (stat(t->cert, &cert) < 0)
		return fault_set(fault, ERR_IO, "", "The file %s cannot be read.", t->cert);
	if (stat(t->key, &key) < 0)
		return fault_set(fault, ERR_IO, "", "The file %s cannot be read.", t->key);
	if (file_same(&cert, &t->cert_stat) && file_same(&key, &t->key_stat))
		return 0;
	err = pair_load(t, &p, fault);
	if (err)
		return err;
	t->cert_stat = cert;
	t->key_stat = key;
	pair_install(t, p, now_ms);
	return 1;
}

int tls_open(const char *cert, const char *key, struct tls **ret_tls, struct fault *fault)
{
	struct tls *t = calloc(1, sizeof(*t));
	int err = ERR_NOMEM;

	if (!t)
		return ERR_NOMEM;
	pthread_mutex_init(&t->lock, NULL);
	t->cert = strdup(cert);
	t->key = strdup(key);
	if (t->cert && t->key)
		err = tls_refresh(t, 0, fault);
	if (err < 0) {
		tls_free(t);
		return err;
	}
	*ret_tls = t;
	return OK;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	for (struct pair *p = t->pairs, *older; p; p = older) {
		older = p->older;
		pair_free(p);
	}
	pthread_mutex_destroy(&t->lock);
	free(t->cert);
	free(t->key);
	free(t);
}

int tls_certificate(struct tls *t, gnutls_pcert_st **ret_chain, unsigned *ret_count,
		    gnutls_privkey_t *ret_key)
{
	struct pair *p;

	pthread_mutex_lock(&t->lock);
	p = t->pairs;
	pthread_mutex_unlock(&t->lock);
	*ret_chain = p->chain;
	*ret_count = p->count;
	*ret_key = p->key;
	return OK;
}
