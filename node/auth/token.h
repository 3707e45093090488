/*
 * Bearer tokens: 32 random bytes as base64url.  The store holds only their SHA-256, so a copy of it
 * opens no session and no invitation.
 */
#ifndef MAILLAGE_AUTH_TOKEN_H
#define MAILLAGE_AUTH_TOKEN_H

#include <stdint.h>

#include "protocol/base/err.h"

enum {
	TOKEN_TEXT = 44,	/* 43 characters and NUL */
	TOKEN_HASH_TEXT = 65,	/* lower-case hex and NUL, as verbs take it */
};

/* A fresh token from the system's random numbers. */
void token_make(char out[TOKEN_TEXT]);
/* SHA-256 of the token's 32 bytes. ERR_INVALID if it does not look like one. */
int token_hash(const char *token, uint8_t ret_hash[32]);
int token_hash_text(const char *token, char ret_hex[TOKEN_HASH_TEXT]);

#endif
