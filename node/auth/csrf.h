/*
 * Proof that a form was served by this node to this browser: HMAC-SHA-256 under the token of the
 * session cookie, or of the anonymous cookie where there is no session.  Whoever cannot read the
 * cookie cannot make it, and it ends with the session.
 */
#ifndef MAILLAGE_AUTH_CSRF_H
#define MAILLAGE_AUTH_CSRF_H

#include "node/auth/token.h"

enum { CSRF_TEXT = 44 };	/* base64url of 32 bytes and NUL */

/* ERR_INVALID if `token` is none. */
int csrf_make(const char *token, char ret_text[CSRF_TEXT]);
/* OK, or ERR_DENIED for a missing or foreign value (NULL is fine). Compares in constant time. */
int csrf_check(const char *token, const char *given);

#endif
