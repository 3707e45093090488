#include "node/domain/account.h"

#include <string.h>

#include "node/domain/account_write.h"
#include "node/domain/audit.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "protocol/base/codec.h"
#include "protocol/schema_value.h"

static const char *const roles[] = {"none", "member", "animator", "admin"};

const char *role_name(enum role r)
{
	return r >= ROLE_NONE && r <= ROLE_ADMIN ? roles[r] : roles[ROLE_NONE];
}

int role_parse(const char *name, enum role *ret)
{
	for (int r = ROLE_MEMBER; name && r <= ROLE_ADMIN; r++)
		if (strcmp(name, roles[r]) == 0) {
			*ret = (enum role)r;
			return OK;
		}
	return ERR_INVALID;
}

int arg_role(const json_t *args, enum role *ret, struct fault *fault)
{
	if (role_parse(json_string_value(json_object_get(args, "role")), ret) != OK)
		return fault_set(fault, ERR_INVALID, "/role",
				 "The role must be member, animator or admin.", NULL);
	return OK;
}

/* Key of an address: e-mail addresses that differ in ASCII case are the same person's. */
static size_t email_key(const char *email, char out[ACCOUNT_EMAIL])
{
	size_t len = strnlen(email, ACCOUNT_EMAIL - 1);

	for (size_t i = 0; i < len; i++)
		out[i] = email[i] >= 'A' && email[i] <= 'Z' ? (char)(email[i] + 32) : email[i];
	out[len] = '\0';
	return len;
}

int email_same(const char *a, const char *b)
{
	char x[ACCOUNT_EMAIL], y[ACCOUNT_EMAIL];

	email_key(a, x);
	email_key(b, y);
	return strcmp(x, y) == 0;
}

static int account_read(uint32_t number, const json_t *doc, struct account *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->account = number;
	stored_text(doc, "email", ret->email, sizeof(ret->email));
	stored_text(doc, "name", ret->name, sizeof(ret->name));
	stored_text(doc, "password", ret->password, sizeof(ret->password));
	if (role_parse(json_string_value(json_object_get(doc, "role")), &ret->role) != OK)
		return ERR_CORRUPT;
	ret->disabled = json_is_true(json_object_get(doc, "disabled"));
	ret->created = stored_number(doc, "created");
	return OK;
}

int account_get(struct txn *t, uint32_t account, struct account *ret)
{
	uint8_t key[4];
	json_t *doc;
	int err;

	be32_put(key, account);
	err = stored_get(t, TABLE_ACCOUNT, key, sizeof(key), &doc);
	if (err != OK)
		return err;
	err = account_read(account, doc, ret);
	json_decref(doc);
	return err;
}

int account_by_email(struct txn *t, const char *email, struct account *ret)
{
	char key[ACCOUNT_EMAIL];
	struct view v;
	size_t len;
	int err;

	if (!*email || strlen(email) >= ACCOUNT_EMAIL)
		return ERR_NOTFOUND;
	len = email_key(email, key);
	err = txn_get(t, TABLE_ACCOUNT_KEY, key, len, &v);
	if (err != OK)
		return err;
	return v.len == 4 ? account_get(t, be32_get(v.data), ret) : ERR_CORRUPT;
}

int account_next(struct txn *t, uint32_t after, struct account *ret)
{
	struct walk *w;
	struct view k, v;
	uint8_t key[4];
	json_t *doc;
	int err;

	if (after == UINT32_MAX)
		return ERR_NOTFOUND;
	be32_put(key, after + 1);
	err = walk_open(t, TABLE_ACCOUNT, key, sizeof(key), false, NULL, 0, &w);
	if (err != OK)
		return err;
	err = walk_next(w, &k, &v);
	if (err == OK && k.len != sizeof(key))
		err = ERR_CORRUPT;
	if (err == OK)
		err = stored_read(v, &doc);
	if (err == OK) {
		err = account_read(be32_get(k.data), doc, ret);
		json_decref(doc);
	}
	walk_close(w);
	return err;
}

static int account_put(struct txn *t, const struct account *a)
{
	uint8_t key[4];
	json_t *doc = json_pack("{s:s, s:s, s:s, s:b, s:I}", "email", a->email, "name", a->name,
				"role", role_name(a->role), "disabled", a->disabled, "created",
				(json_int_t)a->created);

	if (doc && *a->password)
		json_object_set_new(doc, "password", json_string(a->password));
	be32_put(key, a->account);
	return stored_put(t, TABLE_ACCOUNT, key, sizeof(key), doc);
}

static int email_check(const char *email, struct fault *fault)
{
	static const struct field field = {.path = "email", .kind = FIELD_EMAIL,
					   .max = ACCOUNT_EMAIL - 1};
	json_t *v = json_string(email);
	int err = v ? value_check(&field, v, NULL, "/email", fault) : ERR_NOMEM;

	json_decref(v);
	return err;
}

static int name_arg(const json_t *args, int optional, const char **ret, struct fault *fault)
{
	int err = arg_text(args, "name", ACCOUNT_NAME, optional, ret, fault);

	if (err != OK || !*ret)
		return err;
	if (strpbrk(*ret, "\r\n\t") || strspn(*ret, " ") == strlen(*ret))
		return fault_set(fault, ERR_INVALID, "/name", "A name is one line of text.", NULL);
	return OK;
}

/* An Argon2id string, never the password itself: a verb's arguments may be kept. */
static int password_arg(const json_t *args, int optional, const char **ret, struct fault *fault)
{
	int err = arg_text(args, "password", sizeof(((struct account *)0)->password), optional, ret,
			   fault);

	if (err == OK && *ret && **ret && strncmp(*ret, "$argon2id$", 10) != 0)
		return fault_set(fault, ERR_INVALID, "/password", "This is not an Argon2id hash.",
				 NULL);
	return err;
}

int account_make(struct txn *t, const struct verb_input *in, enum role role, int need_password,
		 uint32_t *ret_account, struct fault *fault)
{
	const char *email, *name, *password;
	char key[ACCOUNT_EMAIL];
	struct account a = {0}, old;
	uint8_t number[4];
	size_t len;
	int err;

	err = arg_text(in->args, "email", ACCOUNT_EMAIL, 0, &email, fault);
	if (err == OK)
		err = email_check(email, fault);
	if (err == OK)
		err = name_arg(in->args, 0, &name, fault);
	if (err == OK)
		err = password_arg(in->args, !need_password, &password, fault);
	if (err != OK)
		return err;
	err = account_by_email(t, email, &old);
	if (err == OK)
		return fault_set(fault, ERR_EXISTS, "/email",
				 "There is already an account with this e-mail address.", NULL);
	if (err != ERR_NOTFOUND)
		return err;
	if (txn_entries(t, TABLE_ACCOUNT) >= ACCOUNT_MAX)
		return fault_set(fault, ERR_LIMIT, "", "This node has no room for more accounts.",
				 NULL);
	a.account = (uint32_t)txn_counter_next(t, "account");
	strcpy(a.email, email);
	strcpy(a.name, name);
	strcpy(a.password, password ? password : "");
	a.role = role;
	a.created = in->now;
	len = email_key(email, key);
	be32_put(number, a.account);
	err = txn_put(t, TABLE_ACCOUNT_KEY, key, len, number, sizeof(number));
	if (err == OK)
		err = account_put(t, &a);
	if (err == OK)
		*ret_account = a.account;
	return err;
}

int account_add(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	uint32_t number;
	enum role role;
	int err = arg_role(in->args, &role, fault);

	if (err == OK)
		err = account_make(t, in, role, 0, &number, fault);
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:I, s:s}", "account", (json_int_t)number,
						   "role", role_name(role)));
	if (err == OK)
		*ret_out = json_pack("{s:I}", "account", (json_int_t)number);
	return err;
}

/* Is there another administrator who can log in? */
static int other_admin(struct txn *t, uint32_t account, struct fault *fault)
{
	struct account a = {0};
	int err;

	while ((err = account_next(t, a.account, &a)) == OK)
		if (a.account != account && a.role == ROLE_ADMIN && !a.disabled)
			return OK;
	if (err != ERR_NOTFOUND)
		return err;
	return fault_set(fault, ERR_DENIED, "/role", "The last administrator must stay one.", NULL);
}

int account_set(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	json_int_t number = json_integer_value(json_object_get(in->args, "account"));
	const json_t *disabled = json_object_get(in->args, "disabled");
	const char *name, *password;
	struct account a, old;
	json_t *changed;
	int err = ERR_NOTFOUND;

	if (number > 0 && number <= UINT32_MAX)
		err = account_get(t, (uint32_t)number, &a);
	if (err != OK)
		return fault_set(fault, err, "/account", "There is no such account.", NULL);
	old = a;
	err = name_arg(in->args, 1, &name, fault);
	if (err == OK)
		err = password_arg(in->args, 1, &password, fault);
	if (err == OK && json_object_get(in->args, "role"))
		err = arg_role(in->args, &a.role, fault);
	if (err != OK)
		return err;
	if (disabled)
		a.disabled = json_is_true(disabled);
	if (old.role == ROLE_ADMIN && !old.disabled && (a.role != ROLE_ADMIN || a.disabled))
		err = other_admin(t, a.account, fault);
	if (err != OK)
		return err;
	if (name)
		strcpy(a.name, name);
	if (password)
		strcpy(a.password, password);
	/* Whoever was logged in with the old password, or as the account was, is so no more. */
	if (password || (a.disabled && !old.disabled))
		err = session_close_all(t, a.account);
	changed = json_pack("{s:I}", "account", (json_int_t)a.account);
	if (a.role != old.role)
		json_object_set_new(changed, "role", json_string(role_name(a.role)));
	if (a.disabled != old.disabled)
		json_object_set_new(changed, "disabled", json_boolean(a.disabled));
	if (strcmp(a.name, old.name) != 0)
		json_object_set_new(changed, "renamed", json_true());
	if (password)
		json_object_set_new(changed, "password", json_true());
	if (err == OK)
		err = account_put(t, &a);
	if (err != OK) {
		json_decref(changed);
		return err;
	}
	return audit_write(t, in, changed);
}
