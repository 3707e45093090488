#include "node/auth/session.h"

#include <stdio.h>
#include <string.h>

void session_name(const struct node *n, int anonymous, char out[SESSION_NAME])
{
	snprintf(out, SESSION_NAME, "maillage_%.8s%s", n->identity.nid + strlen("nid:"),
		 anonymous ? "_anon" : "");
}

/* The cookie's token if it is one. */
static int cookie(const struct node *n, const struct request *rq, int anonymous,
		  struct session *into, uint8_t ret_hash[32])
{
	char name[SESSION_NAME];
	const char *value;

	session_name(n, anonymous, name);
	value = request_cookie(rq, name);
	if (!value || token_hash(value, ret_hash) != OK)
		return ERR_NOTFOUND;
	memcpy(into->token, value, TOKEN_TEXT);
	into->anonymous = anonymous;
	return OK;
}

int session_of(const struct node *n, struct txn *t, const struct request *rq, struct session *ret)
{
	uint8_t hash[32];
	int err;

	memset(ret, 0, sizeof(*ret));
	if (cookie(n, rq, 0, ret, hash) == OK) {
		err = session_find(t, hash, request_now(rq), &ret->account);
		if (err == OK)
			return OK;
		memset(ret, 0, sizeof(*ret));
		if (err != ERR_NOTFOUND && err != ERR_EXPIRED && err != ERR_DENIED)
			return err;
	}
	cookie(n, rq, 1, ret, hash);
	return OK;
}

void session_cookie(const struct node *n, int anonymous, const char *token, long seconds,
		    char out[SESSION_COOKIE])
{
	char name[SESSION_NAME], age[40] = "";

	session_name(n, anonymous, name);
	if (!token)
		snprintf(age, sizeof(age), "; Max-Age=0");
	else if (seconds > 0)
		snprintf(age, sizeof(age), "; Max-Age=%ld", seconds);
	snprintf(out, SESSION_COOKIE, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name,
		 token ? token : "", strncmp(n->conf.url, "https:", 6) == 0 ? "; Secure" : "", age);
}
