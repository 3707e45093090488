/* maillage account list, password, disable and enable. */
#include <stdio.h>
#include <unistd.h>

#include "node/domain/account.h"
#include "tools/maillage/account.h"
#include "tools/maillage/command.h"

/* ---- list */

struct list {
	const char *dir[1];
	bool json;
};

static error_t list_parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct list *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp list_argp = {
	command_json_option, list_parse, "DIR", "Show the accounts of the node in DIR.",
	NULL, NULL, NULL,
};

static void account_show(const struct account *a)
{
	char created[24];

	printf("%u  %s  %s  %s  since %s%s\n", a->account, a->email, role_name(a->role), a->name,
	       command_time(a->created, created), a->disabled ? "  (disabled)" : "");
}

static json_t *account_json(const struct account *a)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:b, s:I}", "account", (json_int_t)a->account,
			 "email", a->email, "name", a->name, "role", role_name(a->role), "disabled",
			 a->disabled, "created", (json_int_t)a->created);
}

static int list_write(struct node *n, bool json)
{
	json_t *accounts = json_array();
	struct account a = {0};
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err == OK) {
		while ((err = account_next(t, a.account, &a)) == OK)
			if (json)
				json_array_append_new(accounts, account_json(&a));
			else
				account_show(&a);
		txn_end(t);
	}
	if (err != ERR_NOTFOUND) {
		json_decref(accounts);
		return command_fault(err, NULL);
	}
	if (json)
		command_json(json_pack("{s:o}", "accounts", accounts));
	else
		json_decref(accounts);
	return EXIT_DONE;
}

int cmd_account_list(int argc, char **argv)
{
	struct list c = {0};
	struct node *n;

	command_parse(&list_argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, list_write(n, c.json));
}

/* ---- password, disable, enable */

struct set {
	const char *dir[1], *email;
	bool asks, password_stdin;	/* asks: this command is about the password */
};

enum { OPT_PASSWORD_STDIN = 256 };

static const struct argp_option password_options[] = {
	{"email", 'e', "E", 0, "E-mail address of the account (required)", 0},
	{"password-stdin", OPT_PASSWORD_STDIN, 0, 0, "Read the password from the first line of standard input; without it, it is asked for on the terminal", 0},
	{0},
};

static const struct argp_option set_options[] = {
	{"email", 'e', "E", 0, "E-mail address of the account (required)", 0},
	{0},
};

static error_t set_parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct set *c = state->input;

	switch (key) {
	case 'e':
		c->email = arg;
		return 0;
	case OPT_PASSWORD_STDIN:
		c->password_stdin = true;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num == 1 && !c->email)
			argp_error(state, "--email is missing");
		if (state->arg_num == 1 && c->asks && !c->password_stdin && !isatty(STDIN_FILENO))
			argp_error(state, "there is no terminal to ask for the password: give --password-stdin");
		break;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp password_argp = {
	password_options, set_parse, "DIR",
	"Give an account of the node in DIR, which may be running, a new password. Whoever is logged in "
	"to this account is logged out.",
	NULL, NULL, NULL,
};
static const struct argp disable_argp = {
	set_options, set_parse, "DIR",
	"Shut an account of the node in DIR, which may be running, out: its sessions end at once and nobody "
	"can log in to it. What it published stays. The last administrator cannot be shut out.",
	NULL, NULL, NULL,
};
static const struct argp enable_argp = {
	set_options, set_parse, "DIR",
	"Let an account of the node in DIR, which may be running, in again, with the password it had.",
	NULL, NULL, NULL,
};

static int account_find(struct node *n, const char *email, uint32_t *ret_account, struct fault *fault)
{
	struct account a;
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err != OK)
		return err;
	err = account_by_email(t, email, &a);
	txn_end(t);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "/email", "There is no account with this e-mail address.",
				 NULL);
	if (err == OK)
		*ret_account = a.account;
	return err;
}

/* The account's number joins `values`, which are taken. */
static int set(struct node *n, uint32_t account, json_t *values, struct fault *fault)
{
	if (!values || json_object_set_new(values, "account", json_integer(account)) != 0) {
		json_decref(values);
		return ERR_NOMEM;
	}
	return command_verb(n, "account.set", values, NULL, fault);
}

int cmd_account_password(int argc, char **argv)
{
	struct set c = {.asks = true};
	char stored[PASSWORD_TEXT];
	struct fault fault = {0};
	uint32_t account;
	struct node *n;
	int err;

	command_parse(&password_argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = account_find(n, c.email, &account, &fault);
	if (err == OK)
		err = account_password(c.password_stdin, stored, &fault);
	if (err == OK)
		err = set(n, account, json_pack("{s:s}", "password", stored), &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	printf("new password set: %s\n", c.email);
	return command_close(n, EXIT_DONE);
}

static int set_disabled(const struct argp *argp, int argc, char **argv, bool disabled)
{
	struct fault fault = {0};
	struct set c = {0};
	uint32_t account;
	struct node *n;
	int err;

	command_parse(argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = account_find(n, c.email, &account, &fault);
	if (err == OK)
		err = set(n, account, json_pack("{s:b}", "disabled", disabled), &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	printf("%s: %s\n", disabled ? "disabled" : "enabled", c.email);
	return command_close(n, EXIT_DONE);
}

int cmd_account_disable(int argc, char **argv)
{
	return set_disabled(&disable_argp, argc, argv, true);
}

int cmd_account_enable(int argc, char **argv)
{
	return set_disabled(&enable_argp, argc, argv, false);
}
