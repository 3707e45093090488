/*
 * The server's certificate and key, re-read when their files change.
 */
#ifndef MAILLAGE_HTTP_TLS_H
#define MAILLAGE_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdint.h>

#include "protocol/base/err.h"

struct tls;

/* PEM files: the chain, leaf first, and its private key. ERR_IO or ERR_INVALID with the fault. */
int tls_open(const char *cert, const char *key, struct tls **ret_tls, struct fault *fault);
void tls_free(struct tls *t);
/*
 * Look at the files and load them if they changed.  A pair that does not load or does not belong
 * together leaves the old one in use and is looked at again.  1 loaded, 0 unchanged, else an error.
 */
int tls_refresh(struct tls *t, int64_t now_ms, struct fault *fault);
/* For GnuTLS's certificate callback; what is returned stays valid through the handshake. */
int tls_certificate(struct tls *t, gnutls_pcert_st **ret_chain, unsigned *ret_count,
		    gnutls_privkey_t *ret_key);

#endif
