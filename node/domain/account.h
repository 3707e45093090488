/*
 * Accounts, sessions and invitations of this node; nothing here ever enters a feed.
 *
 * Verbs:
 *   account.add     {email, name, role, password?}   password: Argon2id string -> {account}
 *   account.set     {account, name?, role?, password?, disabled?}
 *   session.open    {account, token_hash, expires, password?}
 *                   token_hash: hex SHA-256 of the cookie's token; password: the Argon2id string that was
 *                   verified, ERR_DENIED if it is the account's no more; beyond SESSION_MAX the oldest goes
 *   session.close   {token_hash}
 *   session.expire  {}                                      drops what is past; hourly
 *   invite.make     {token_hash, role, expires, email?}  email: only for this address
 *   invite.use      {token_hash, email, name, password, session?: {token_hash, expires}} -> {account}
 *   invite.cancel   {token_hash}
 *   setting.set     {values: {name: text, ...}}             all or none; the fault names "/<setting>"
 */
#ifndef MAILLAGE_DOMAIN_ACCOUNT_H
#define MAILLAGE_DOMAIN_ACCOUNT_H

#include "node/domain/node.h"

enum role { ROLE_NONE, ROLE_MEMBER, ROLE_ANIMATOR, ROLE_ADMIN };
enum { ACCOUNT_NAME = 100, ACCOUNT_EMAIL = 200, SESSION_DAYS = 30, INVITE_DAYS = 14, ACCOUNT_MAX = 100000,
       SESSION_MAX = 50,	/* of one account */
       INVITE_MAX = 1000 };	/* not yet used */

struct account {
	uint32_t account;
	char email[ACCOUNT_EMAIL], name[ACCOUNT_NAME];
	char password[160];		/* Argon2id string; "" : cannot log in */
	enum role role;
	int disabled;
	int64_t created;
};

const char *role_name(enum role r);		/* "member" */
int role_parse(const char *name, enum role *ret);
int account_get(struct txn *t, uint32_t account, struct account *ret);
int account_by_email(struct txn *t, const char *email, struct account *ret);
int account_next(struct txn *t, uint32_t after, struct account *ret);
/* Account of a live session. token_hash: 32 bytes. ERR_NOTFOUND, ERR_EXPIRED. */
int session_find(struct txn *t, const uint8_t token_hash[32], int64_t now, struct account *ret);
struct invite {
	uint8_t hash[32];		/* of its token */
	char email[ACCOUNT_EMAIL];	/* "" : for anybody */
	enum role role;
	int64_t expires, created;
};

/* Walk, past ones included until they are dropped; after_hash NULL: from the first. */
int invite_next(struct txn *t, const uint8_t *after_hash, struct invite *ret);
/* Role an open invitation gives. ERR_NOTFOUND, ERR_EXPIRED. */
int invite_find(struct txn *t, const uint8_t token_hash[32], int64_t now, enum role *ret_role);

#endif
