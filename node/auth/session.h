/*
 * Who is asking: the session cookie of a request, and the cookies a handler sets.
 *
 * Names carry the node's nid, because browsers share cookies between the ports of a host:
 * "maillage_<8 characters>" for a session, "maillage_<8 characters>_anon" for a reader without one
 * who was shown a form.
 */
#ifndef MAILLAGE_AUTH_SESSION_H
#define MAILLAGE_AUTH_SESSION_H

#include "node/auth/token.h"
#include "node/domain/account.h"
#include "node/http/request.h"

enum { SESSION_NAME = 32, SESSION_COOKIE = 200 };

struct session {
	struct account account;		/* account.account 0, role ROLE_NONE: nobody */
	char token[TOKEN_TEXT];		/* of the session, else of the anonymous cookie, else "" */
	int anonymous;			/* token is the anonymous cookie's */
};

/* out: name of the cookie. */
void session_name(const struct node *n, int anonymous, char out[SESSION_NAME]);
/* Always fills *ret; an unknown, ended or disabled session is nobody. Errors are the store's. */
int session_of(const struct node *n, struct txn *t, const struct request *rq, struct session *ret);
/*
 * Value of Set-Cookie: HttpOnly, SameSite=Lax, Path=/, Secure under https.  seconds: life of the
 * cookie, 0 until the browser closes; token NULL removes it.
 */
void session_cookie(const struct node *n, int anonymous, const char *token, long seconds,
		    char out[SESSION_COOKIE]);

#endif
