/*
 * HTTP Message Signatures (RFC 9421) in the one profile of fed/1: label "sig", tag "fed-1",
 * alg "ed25519", keyid "<nid>#<Multikey>", mandatory created, expires, nonce.  GET covers @method
 * and @target-uri; POST adds content-digest and content-type (RFC 9530, sha-256 over raw bytes).
 */
#ifndef MAILLAGE_HTTPSIG_H
#define MAILLAGE_HTTPSIG_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/base/err.h"
#include "protocol/key.h"
#include "protocol/limits.h"

enum {
	HTTPSIG_LIFE = SIGNATURE_LIFE,		/* longest expires - created, seconds */
	HTTPSIG_PAST = SIGNATURE_PAST,		/* accepted age of created, seconds */
	HTTPSIG_FUTURE = SIGNATURE_FUTURE,	/* accepted lead of created, seconds */
	HTTPSIG_INPUT = 512,		/* longest Signature-Input value, with its NUL */
	HTTPSIG_KEYID = 160,		/* with its NUL */
	HTTPSIG_NONCE = 64,		/* with its NUL */
	HTTPSIG_TARGET = 8192,		/* longest target URI, bytes */
	HTTPSIG_HEADER = 256,		/* longest method, Content-Type, Content-Digest, bytes */
};

/* What a signature says before it is believed. */
struct httpsig {
	char keyid[HTTPSIG_KEYID];
	char nonce[HTTPSIG_NONCE];
	int64_t created, expires;
	uint8_t signature[64];
	char params[HTTPSIG_INPUT];	/* the inner list with parameters, as received */
	int covers_body;
};

struct httpsig_request {
	const char *method;		/* "GET", "POST" */
	const char *target_uri;		/* the configured origin + the raw request target as sent */
	const char *content_type;	/* NULL for GET */
	const char *content_digest;	/* the header's value, NULL for GET */
};

/* Values of Content-Digest, Signature-Input and Signature. out[64] for the digest. */
void httpsig_content_digest(const void *body, size_t len, char out[64]);
/*
 * Covers the body when content_digest is set (then content_type must be too).  keyid and nonce are
 * printable ASCII without '"' and '\\'.  ERR_INVALID for what cannot be signed, ERR_LIMIT for what
 * is too long, ERR_NOMEM.
 */
int httpsig_sign(const struct httpsig_request *rq, const struct key *k, const char *keyid,
		 int64_t created, const char *nonce, char ret_input[HTTPSIG_INPUT],
		 char ret_signature[128]);

/*
 * Parse the two headers strictly: one signature, exactly our components in the order above and our
 * parameters, each once, in any order. ERR_INVALID.
 */
int httpsig_parse(const char *signature_input, const char *signature, struct httpsig *ret_sig,
		  struct fault *fault);
/*
 * Window, coverage for this method (anything but GET and HEAD needs the body's), content digest
 * against body, then the signature.  No replay check.  ERR_EXPIRED: the window, that is clock-skew;
 * ERR_INVALID: coverage or a malformed value; ERR_SIGNATURE: digest or signature.
 */
int httpsig_verify(const struct httpsig *sig, const struct httpsig_request *rq, const void *body,
		   size_t body_len, const uint8_t pub[32], int64_t now, struct fault *fault);

#endif
