#include <string.h>

#include "node/domain/account_write.h"
#include "node/domain/audit.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"

static int invite_read(struct txn *t, const uint8_t hash[32], int64_t now, json_t **ret_doc)
{
	int err = stored_get(t, TABLE_INVITE, hash, 32, ret_doc);

	if (err != OK)
		return err;
	if (stored_number(*ret_doc, "expires") <= now) {
		json_decref(*ret_doc);
		return ERR_EXPIRED;
	}
	return OK;
}

int invite_find(struct txn *t, const uint8_t token_hash[32], int64_t now, enum role *ret_role)
{
	json_t *doc;
	int err = invite_read(t, token_hash, now, &doc);

	if (err != OK)
		return err;
	err = role_parse(json_string_value(json_object_get(doc, "role")), ret_role);
	json_decref(doc);
	return err == OK ? OK : ERR_CORRUPT;
}

int invite_next(struct txn *t, const uint8_t *after_hash, struct invite *ret)
{
	uint8_t start[33] = {0};
	struct walk *w;
	struct view k, v;
	json_t *doc;
	int err;

	/* The first key behind a hash is that hash and a zero. */
	if (after_hash)
		memcpy(start, after_hash, 32);
	err = walk_open(t, TABLE_INVITE, start, after_hash ? 33 : 0, false, NULL, 0, &w);
	if (err != OK)
		return err;
	err = walk_next(w, &k, &v);
	if (err == OK)
		err = k.len == 32 ? stored_read(v, &doc) : ERR_CORRUPT;
	if (err == OK) {
		memset(ret, 0, sizeof(*ret));
		memcpy(ret->hash, k.data, 32);
		stored_text(doc, "email", ret->email, sizeof(ret->email));
		ret->expires = stored_number(doc, "expires");
		ret->created = stored_number(doc, "created");
		if (role_parse(json_string_value(json_object_get(doc, "role")), &ret->role) != OK)
			err = ERR_CORRUPT;
		json_decref(doc);
	}
	walk_close(w);
	return err;
}

int invite_make(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	json_int_t expires = stored_number(in->args, "expires");
	const char *email;
	uint8_t hash[32];
	enum role role;
	struct view v;
	json_t *doc;
	int err = arg_hash(in->args, "token_hash", hash, fault);

	if (err == OK)
		err = arg_role(in->args, &role, fault);
	if (err == OK)
		err = arg_text(in->args, "email", ACCOUNT_EMAIL, 1, &email, fault);
	if (err != OK)
		return err;
	if (expires <= in->now || expires > in->now + INVITE_DAYS * 86400)
		return fault_set(fault, ERR_INVALID, "/expires", "This is not an invitation's end.",
				 NULL);
	if (txn_get(t, TABLE_INVITE, hash, sizeof(hash), &v) == OK)
		return fault_set(fault, ERR_EXISTS, "/token_hash", "This invitation exists.", NULL);
	if (txn_entries(t, TABLE_INVITE) >= INVITE_MAX)
		return fault_set(fault, ERR_LIMIT, "",
				 "Too many invitations are open: cancel some of them first.", NULL);
	doc = json_pack("{s:s, s:I, s:I}", "role", role_name(role), "expires", expires, "created",
			(json_int_t)in->now);
	if (doc && email && *email)
		json_object_set_new(doc, "email", json_string(email));
	err = stored_put(t, TABLE_INVITE, hash, sizeof(hash), doc);
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:s}", "role", role_name(role)));
	if (err == OK)
		*ret_out = json_object();
	return err;
}

int invite_cancel(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		  struct fault *fault)
{
	uint8_t hash[32];
	int err = arg_hash(in->args, "token_hash", hash, fault);

	if (err == OK)
		err = txn_del(t, TABLE_INVITE, hash, sizeof(hash));
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "", "This invitation was used or never existed.", NULL);
	return err == OK ? audit_write(t, in, NULL) : err;
}

/* Whoever was invited by name is the one to use it. */
static int invited(const json_t *invite, const json_t *args, struct fault *fault)
{
	const char *only = json_string_value(json_object_get(invite, "email"));
	const char *email = json_string_value(json_object_get(args, "email"));

	if (!only || (email && email_same(only, email)))
		return OK;
	return fault_set(fault, ERR_DENIED, "/email",
			 "This invitation is for another e-mail address.", NULL);
}

int invite_use(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	       struct fault *fault)
{
	const json_t *session = json_object_get(in->args, "session");
	uint8_t hash[32];
	uint32_t number;
	enum role role;
	json_t *invite;
	int err = arg_hash(in->args, "token_hash", hash, fault);

	if (err != OK)
		return err;
	err = invite_read(t, hash, in->now, &invite);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "", "This invitation was used or never existed.", NULL);
	if (err == ERR_EXPIRED)
		return fault_set(fault, err, "", "This invitation is too old: ask for another.",
				 NULL);
	if (err != OK)
		return err;
	if (role_parse(json_string_value(json_object_get(invite, "role")), &role) != OK)
		err = ERR_CORRUPT;
	if (err == OK)
		err = invited(invite, in->args, fault);
	json_decref(invite);
	if (err == OK)
		err = account_make(t, in, role, 1, &number, fault);
	if (err == OK)
		err = txn_del(t, TABLE_INVITE, hash, sizeof(hash));
	if (err == OK && session)
		err = session_make(t, number, session, in->now, fault);
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:I, s:s}", "account", (json_int_t)number,
						   "role", role_name(role)));
	if (err == OK)
		*ret_out = json_pack("{s:I}", "account", (json_int_t)number);
	return err;
}
