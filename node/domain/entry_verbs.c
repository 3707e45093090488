#include <string.h>

#include "node/domain/account.h"
#include "node/domain/own.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "protocol/base/codec.h"
#include "protocol/charter.h"
#include "protocol/schema.h"

/* args.account, 0 if it is the command line or the node itself that acts. */
static int arg_account(struct txn *t, const json_t *args, uint32_t *ret_account,
		       enum role *ret_role, struct fault *fault)
{
	const json_t *v = json_object_get(args, "account");
	struct account account;
	int err;

	*ret_account = 0;
	*ret_role = ROLE_ADMIN;
	if (!v || (json_is_integer(v) && json_integer_value(v) == 0))
		return OK;
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
		return fault_set(fault, ERR_INVALID, "/account", "This is no account.", NULL);
	*ret_account = (uint32_t)json_integer_value(v);
	err = account_get(t, *ret_account, &account);
	if (err && err != ERR_NOTFOUND)
		return err;
	if (err || account.disabled || account.role < ROLE_MEMBER)
		return fault_set(fault, ERR_DENIED, "", "This account may not write here.", NULL);
	*ret_role = account.role;
	return OK;
}

static int arg_fields(const json_t *args, const json_t **ret_fields, struct fault *fault)
{
	*ret_fields = json_object_get(args, "fields");
	if (!json_is_object(*ret_fields))
		return fault_set(fault, ERR_INVALID, "", "A record is a JSON object.", NULL);
	return OK;
}

/* The body of a new version: the fields, checked, and its type. */
static int body_make(struct node *n, const struct record_type *type, const json_t *fields,
		     json_t **ret_doc, struct fault *fault)
{
	json_t *doc;
	int err = schema_check(type, fields, n->vocabularies, fault);

	if (err)
		return err;
	doc = json_deep_copy(fields);
	if (!doc || json_object_set_new(doc, "type", json_string(type->name))) {
		json_decref(doc);
		return ERR_NOMEM;
	}
	*ret_doc = doc;
	return OK;
}

static int write_fault(int err, struct fault *fault)
{
	return own_fault(err, "", "The record is larger than 64 KiB.", fault);
}

static int owner_put(struct txn *t, uint32_t object, uint32_t account)
{
	uint8_t key[4], val[4];

	be32_put(key, object);
	be32_put(val, account);
	return txn_put(t, TABLE_OWNER, key, 4, val, 4);
}

int entry_create(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	const struct record_type *type;
	const json_t *fields;
	const char *name;
	uint32_t account, object = 0;
	enum role role;
	json_t *doc = NULL;
	struct own w;
	int err;

	if ((err = arg_text(in->args, "type", TYPE_MAX, 0, &name, fault)) ||
	    (err = arg_fields(in->args, &fields, fault)) ||
	    (err = arg_account(t, in->args, &account, &role, fault)))
		return err;
	type = schema_type(name);
	if (!type)
		return fault_set(fault, ERR_INVALID, "/type", "There is no type \"%s\".", name);
	err = body_make(n, type, fields, &doc, fault);
	if (err)
		return err;
	err = own_begin(&w, n, t, in->now);
	if (!err)
		err = own_create(&w, doc, in->random, &object, fault);
	if (!err && account)
		err = owner_put(t, object, account);
	if (!err)
		err = own_end(&w);
	own_done(&w);
	if (!err)
		*ret_out = json_pack("{s:O, s:I}", "id", json_object_get(doc, "id"), "object",
				     (json_int_t)object);
	json_decref(doc);
	return write_fault(err, fault);
}

/* A living object of this node that `args` names and whose author or animator acts. */
struct target {
	uint32_t object;
	json_t *doc;	     /* as held */
	struct envelope env; /* into doc */
};

static int target_load(struct node *n, struct txn *t, const json_t *args, struct target *ret,
		       struct fault *fault)
{
	uint32_t account, owner;
	const char *id;
	enum role role;
	int err;

	ret->doc = NULL;
	if ((err = arg_text(args, "id", OBJECT_ID_MAX, 0, &id, fault)) ||
	    (err = arg_account(t, args, &account, &role, fault)))
		return err;
	err = record_find(t, 1, id, &ret->object);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "/id", "There is no such record here.", NULL);
	if (err)
		return err;
	if (role < ROLE_ANIMATOR) {
		err = entry_owner(t, ret->object, &owner);
		if (err && err != ERR_NOTFOUND)
			return err;
		if (err || owner != account)
			return fault_set(fault, ERR_DENIED, "",
					 "Only its author and animators may change this record.",
					 NULL);
	}
	err = own_load(t, ret->object, &ret->doc);
	if (!err && object_envelope(ret->doc, &n->identity, &ret->env, NULL))
		err = ERR_CORRUPT;
	if (!err && ret->env.tombstone)
		err = fault_set(fault, ERR_EXPIRED, "/id", "This record was deleted.", NULL);
	if (!err && act_is(ret->env.type))
		err = fault_set(fault, ERR_DENIED, "",
				"A charter or an act is not changed: it is followed by another.",
				NULL);
	return err;
}

/* Written by one's own hand a moment ago or not: never over a version the writer has not seen. */
static int check_rev(const json_t *args, const struct target *at, struct fault *fault)
{
	const json_t *rev = json_object_get(args, "rev");

	if (!json_is_integer(rev))
		return fault_set(fault, ERR_INVALID, "/rev", "The revision edited is missing.",
				 NULL);
	if (json_integer_value(rev) != at->env.rev)
		return fault_set(fault, ERR_CONFLICT, "/rev",
				 "This record was changed in the meantime.", NULL);
	return OK;
}

static json_t *answer(const char *id, int64_t rev)
{
	return json_pack("{s:s, s:I}", "id", id, "rev", (json_int_t)rev);
}

static int update(struct node *n, struct txn *t, const struct verb_input *in,
		  const struct target *at, json_t **ret_out, struct fault *fault)
{
	const struct record_type *type = schema_type(at->env.type);
	const json_t *fields;
	json_t *doc = NULL;
	struct own w;
	int err = arg_fields(in->args, &fields, fault);

	if (!err && !type)
		err = fault_set(fault, ERR_DENIED, "", "Records of type \"%s\" are not edited.",
				at->env.type);
	if (!err)
		err = body_make(n, type, fields, &doc, fault);
	if (!err)
		err = own_keep(type, at->doc, doc);
	if (err) {
		json_decref(doc);
		return err;
	}
	if (own_same(at->doc, doc)) {
		*ret_out = answer(at->env.id, at->env.rev);
		json_decref(doc);
		return OK;
	}
	err = own_begin(&w, n, t, in->now);
	if (!err)
		err = own_replace(&w, doc, at->env.id, at->env.published);
	if (!err)
		err = own_end(&w);
	if (!err)
		*ret_out = answer(at->env.id, w.feed.rev);
	own_done(&w);
	json_decref(doc);
	return write_fault(err, fault);
}

int entry_update(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	struct target at;
	int err = target_load(n, t, in->args, &at, fault);

	if (!err)
		err = check_rev(in->args, &at, fault);
	if (!err)
		err = update(n, t, in, &at, ret_out, fault);
	json_decref(at.doc);
	return err;
}

static int arg_reason(const json_t *args, const char **ret, struct fault *fault)
{
	static const char *const reasons[] = {"deleted", "erased", "moved", "moderated"};
	int err = arg_text(args, "reason", 16, 1, ret, fault);

	if (err)
		return err;
	if (!*ret)
		*ret = reasons[0];
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(*ret, reasons[i]))
			return OK;
	return fault_set(fault, ERR_INVALID, "/reason",
			 "The reason is deleted, erased, moved or moderated.", NULL);
}

int entry_delete(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	const char *reason;
	struct target at;
	struct own w;
	int err = arg_reason(in->args, &reason, fault);

	if (err)
		return err;
	err = target_load(n, t, in->args, &at, fault);
	if (!err) {
		err = own_begin(&w, n, t, in->now);
		if (!err)
			err = own_remove(&w, &at.env, reason);
		if (!err)
			err = own_end(&w);
		if (!err)
			*ret_out = answer(at.env.id, w.feed.rev);
		own_done(&w);
	}
	json_decref(at.doc);
	return err;
}
