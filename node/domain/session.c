#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/account_write.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"

enum { SESSION_EXPIRE_MAX = 5000 };	/* dropped by one session.expire: it stays short */

int session_find(struct txn *t, const uint8_t token_hash[32], int64_t now, struct account *ret)
{
	json_t *doc;
	json_int_t account;
	int err = stored_get(t, TABLE_SESSION, token_hash, 32, &doc);

	if (err != OK)
		return err;
	account = stored_number(doc, "account");
	if (stored_number(doc, "expires") <= now)
		err = ERR_EXPIRED;
	json_decref(doc);
	if (err == OK)
		err = account_get(t, (uint32_t)account, ret);
	if (err == OK && ret->disabled)
		err = ERR_NOTFOUND;
	return err;
}

/* The oldest session of an account, and how many it has. */
static int session_oldest(struct txn *t, uint32_t account, uint8_t ret_key[32], size_t *ret_n)
{
	int64_t oldest = INT64_MAX;
	struct walk *w;
	struct view k, v;
	char start[32];
	size_t len = (size_t)snprintf(start, sizeof(start), "{\"account\":%u,", (unsigned)account);
	int err = walk_open(t, TABLE_SESSION, NULL, 0, false, NULL, 0, &w);

	*ret_n = 0;
	if (err != OK)
		return err;
	while ((err = walk_next(w, &k, &v)) == OK) {
		json_t *doc;

		/* Members are sorted: others' sessions need no parsing. */
		if (v.len < len || memcmp(v.data, start, len) != 0)
			continue;
		if (k.len != 32 || stored_read(v, &doc) != OK) {
			err = ERR_CORRUPT;
			break;
		}
		++*ret_n;
		if (stored_number(doc, "created") < oldest) {
			oldest = stored_number(doc, "created");
			memcpy(ret_key, k.data, 32);
		}
		json_decref(doc);
	}
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

/* Room for one more session: the oldest give way. */
static int session_room(struct txn *t, uint32_t account)
{
	uint8_t key[32];
	size_t n;
	int err;

	while ((err = session_oldest(t, account, key, &n)) == OK && n >= SESSION_MAX)
		if ((err = txn_del(t, TABLE_SESSION, key, sizeof(key))) != OK)
			return err;
	return err;
}

int session_make(struct txn *t, uint32_t account, const json_t *args, int64_t now,
		 struct fault *fault)
{
	json_int_t expires = stored_number(args, "expires");
	uint8_t hash[32];
	struct view v;
	int err = arg_hash(args, "token_hash", hash, fault);

	if (err != OK)
		return err;
	if (expires <= now || expires > now + SESSION_DAYS * 86400)
		return fault_set(fault, ERR_INVALID, "/expires", "This is not a session's end.",
				 NULL);
	if (txn_get(t, TABLE_SESSION, hash, sizeof(hash), &v) == OK)
		return fault_set(fault, ERR_EXISTS, "/token_hash", "This session exists.", NULL);
	err = session_room(t, account);
	if (err != OK)
		return err;
	return stored_put(t, TABLE_SESSION, hash, sizeof(hash),
			  json_pack("{s:I, s:I, s:I}", "account", (json_int_t)account, "created",
				    (json_int_t)now, "expires", expires));
}

int session_open(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	json_int_t number = stored_number(in->args, "account");
	const char *password;
	struct account a;
	int err = arg_text(in->args, "password", sizeof(a.password), 1, &password, fault);

	if (err != OK)
		return err;
	err = ERR_NOTFOUND;

	if (number > 0 && number <= UINT32_MAX)
		err = account_get(t, (uint32_t)number, &a);
	if (err == OK && a.disabled)
		err = ERR_DENIED;
	if (err != OK)
		return fault_set(fault, err, "/account", "There is no such account.", NULL);
	/* Verifying takes a while, in which the password may have been changed. */
	if (password && strcmp(password, a.password) != 0)
		return fault_set(fault, ERR_DENIED, "/password",
				 "The e-mail or the password is not right.", NULL);
	return session_make(t, a.account, in->args, in->now, fault);
}

int session_close(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		  struct fault *fault)
{
	uint8_t hash[32];
	int err = arg_hash(in->args, "token_hash", hash, fault);

	if (err == OK)
		err = txn_del(t, TABLE_SESSION, hash, sizeof(hash));
	return err == ERR_NOTFOUND ? OK : err;
}

/* Keys of a table whose document `drop` says yes to, deleted after the walk; at most `max`. */
static int sweep(struct txn *t, enum table table, size_t max,
		 int (*drop)(const json_t *doc, int64_t arg), int64_t arg, size_t *ret_n)
{
	uint8_t(*keys)[32] = NULL, (*more)[32];
	size_t n = 0, room = 0;
	struct view k, v;
	struct walk *w;
	json_t *doc;
	int err = walk_open(t, table, NULL, 0, false, NULL, 0, &w);

	if (err != OK)
		return err;
	while (n < max && (err = walk_next(w, &k, &v)) == OK) {
		if (k.len != 32 || stored_read(v, &doc) != OK) {
			err = ERR_CORRUPT;
			break;
		}
		if (drop(doc, arg)) {
			if (n == room) {
				room = room ? room * 2 : 64;
				more = realloc(keys, room * sizeof(*keys));
				if (!more) {
					json_decref(doc);
					err = ERR_NOMEM;
					break;
				}
				keys = more;
			}
			memcpy(keys[n++], k.data, 32);
		}
		json_decref(doc);
	}
	walk_close(w);
	if (err == ERR_NOTFOUND)
		err = OK;
	for (size_t i = 0; err == OK && i < n; i++)
		err = txn_del(t, table, keys[i], 32);
	free(keys);
	if (err == OK)
		*ret_n = n;
	return err;
}

static int drop_account(const json_t *doc, int64_t account)
{
	return stored_number(doc, "account") == account;
}

static int drop_past(const json_t *doc, int64_t now)
{
	return stored_number(doc, "expires") <= now;
}

int session_close_all(struct txn *t, uint32_t account)
{
	size_t n;

	return sweep(t, TABLE_SESSION, SIZE_MAX, drop_account, account, &n);
}

int session_expire(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		   struct fault *fault)
{
	size_t sessions, invites;
	int err = sweep(t, TABLE_SESSION, SESSION_EXPIRE_MAX, drop_past, in->now, &sessions);

	if (err == OK)
		err = sweep(t, TABLE_INVITE, SESSION_EXPIRE_MAX, drop_past, in->now, &invites);
	if (err == OK)
		*ret_out = json_pack("{s:I, s:I}", "sessions", (json_int_t)sessions, "invites",
				     (json_int_t)invites);
	return err;
}
