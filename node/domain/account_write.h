/*
 * What the verbs of accounts, sessions and invitations share; for account.c, session.c, invite.c.
 */
#ifndef MAILLAGE_DOMAIN_ACCOUNT_WRITE_H
#define MAILLAGE_DOMAIN_ACCOUNT_WRITE_H

#include "node/domain/account.h"

/* args.role. */
int arg_role(const json_t *args, enum role *ret, struct fault *fault);
/* Are these one person's address?  ASCII case does not count. */
int email_same(const char *a, const char *b);
/* A new account from args.email, args.name, args.password. Writes no audit line. */
int account_make(struct txn *t, const struct verb_input *in, enum role role, int need_password,
		 uint32_t *ret_account, struct fault *fault);
/* A session from {token_hash, expires}. */
int session_make(struct txn *t, uint32_t account, const json_t *args, int64_t now,
		 struct fault *fault);
int session_close_all(struct txn *t, uint32_t account);

#endif
