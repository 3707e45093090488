/*
 * Ed25519 signing keys and their text form (Multikey, W3C Controlled Identifiers section 2.2.2).
 * Secret keys live in this structure only and are wiped by key_done.
 */
#ifndef MAILLAGE_KEY_H
#define MAILLAGE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/base/err.h"

enum { KEY_TEXT = 64 };		/* z6Mk... and its NUL, with room */
enum { KEY_SECRET_TEXT = 96 };	/* z3u2... (Multikey secret, 0x8026) and its NUL, with room */

struct key {
	uint8_t pub[32];
	uint8_t seed[32];	/* valid if has_secret */
	uint8_t secret[64];	/* libsodium's expanded form, valid if has_secret */
	int has_secret;
};

/* Once per process, before anything else here. ERR_INTERNAL if libsodium refuses. */
int key_library_init(void);
/* A key pair from 32 secret bytes (RFC 8032 section 5.1.5). Deterministic. */
void key_from_seed(struct key *k, const uint8_t seed[32]);
void key_done(struct key *k);
void key_format(const uint8_t pub[32], char out[KEY_TEXT]);
int key_parse(const char *multikey, uint8_t ret_pub[32]);
int key_secret_format(const struct key *k, char out[KEY_SECRET_TEXT]);
int key_secret_parse(const char *text, struct key *ret_key);
/* X25519 public key as Multikey, z6LS... */
void key_format_x25519(const uint8_t pub[32], char out[KEY_TEXT]);
int key_parse_x25519(const char *multikey, uint8_t ret_pub[32]);

void key_sign(const struct key *k, const void *msg, size_t len, uint8_t ret_sig[64]);
/* ERR_SIGNATURE also for small-order keys and non-canonical S (malleability). */
int key_verify(const uint8_t pub[32], const void *msg, size_t len, const uint8_t sig[64]);

#endif
