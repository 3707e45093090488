/*
 * A node is a key history, not a domain (DESIGN.md, Identity).
 *
 * The log of operations starts with a genesis (n 0).  `next` announces the hash of the next
 * signing key, which is derived from the recovery secret shown once and never stored, so whoever
 * steals the live key cannot rotate.  This version reads and writes genesis only; a longer log is
 * ERR_VERSION.
 */
#ifndef MAILLAGE_IDENTITY_H
#define MAILLAGE_IDENTITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/err.h"
#include "protocol/key.h"

enum {
	NID_TEXT = 56,		/* "nid:" + base58btc of 32 bytes + NUL */
	ORIGIN_TEXT = 280,	/* scheme, host, port; no path, no trailing slash */
	SECRET_TEXT = 80,	/* the recovery secret as a person copies it: groups of base32 */
};

/* What a log says at its end. */
struct identity {
	char nid[NID_TEXT];
	char origin[ORIGIN_TEXT];
	int64_t op;			/* number of the last operation */
	int64_t created;		/* of the first operation */
	uint8_t sign[32];		/* current signing key */
};

/* The recovery secret (32 bytes) as text and back; the text carries a checksum against typing errors. */
void secret_format(const uint8_t secret[32], char out[SECRET_TEXT]);
int secret_parse(const char *text, uint8_t ret_secret[32]);
/*
 * Keys derived from it: the signing key of operation n, and the recovery key.  The seed is
 * HMAC-SHA-256 under the secret of a label (DESIGN.md, Identity).
 */
void secret_sign_key(const uint8_t secret[32], int64_t n, struct key *ret_key);
void secret_recovery_key(const uint8_t secret[32], struct key *ret_key);

/*
 * Check an origin: "https://host[:port]", lower case, no path, no default port; a name, an IPv4
 * address or an IPv6 address in its shortest form; http only if `allow_http`.
 */
int origin_check(const char *origin, int allow_http, struct fault *fault);
/* "http" and a loopback literal (127.0.0.0/8, [::1]) or localhost. */
int origin_is_loopback_http(const char *origin);

/* The signed genesis operation. Caller owns *ret_op. */
int identity_genesis(const struct key *sign, const uint8_t secret[32], const char *origin,
		     int64_t created, json_t **ret_op);
/* "nid:" and the base58btc of 32 bytes. */
bool nid_valid(const char *nid);
/*
 * Verify a log ({"nid", "operations":[…]} or the bare array, oldest first) and read it.
 * ERR_VERSION for a log this version cannot follow to its end, ERR_SIGNATURE, ERR_INVALID.
 */
int identity_read(const json_t *log, struct identity *ret_identity, struct fault *fault);
/* "<nid>#<Multikey>" of the current key. out[NID_TEXT + KEY_TEXT]. */
void identity_method(const struct identity *id, char out[NID_TEXT + KEY_TEXT]);

#endif
