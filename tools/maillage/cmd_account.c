/* maillage account: add here, the others in cmd_account_set.c. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "node/auth/password.h"
#include "node/domain/account.h"
#include "tools/maillage/account.h"
#include "tools/maillage/command.h"

struct add {
	const char *dir[1], *email, *name, *role;
	bool password_stdin, json;
};

enum { OPT_ROLE = 256, OPT_PASSWORD_STDIN };

static const struct argp_option options[] = {
	{"email", 'e', "E", 0, "E-mail address, with which the person logs in (required)", 0},
	{"name", 'n', "N", 0, "Name that others see (required)", 0},
	{"role", OPT_ROLE, "ROLE", 0, "member (default), animator or admin", 0},
	{"password-stdin", OPT_PASSWORD_STDIN, 0, 0, "Read the password from the first line of standard input; without it, it is asked for on the terminal", 0},
	{"json", 'j', 0, 0, "Write JSON, for machines", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct add *c = state->input;
	enum role role;

	switch (key) {
	case 'e':
		c->email = arg;
		return 0;
	case 'n':
		c->name = arg;
		return 0;
	case 'j':
		c->json = true;
		return 0;
	case OPT_ROLE:
		if (role_parse(arg, &role) != OK)
			argp_error(state, "--role is member, animator or admin");
		c->role = arg;
		return 0;
	case OPT_PASSWORD_STDIN:
		c->password_stdin = true;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num == 1 && !c->email)
			argp_error(state, "--email is missing");
		if (state->arg_num == 1 && !c->name)
			argp_error(state, "--name is missing");
		if (state->arg_num == 1 && !c->password_stdin && !isatty(STDIN_FILENO))
			argp_error(state, "there is no terminal to ask for the password: give --password-stdin");
		break;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	options, parse, "DIR", "Add an account to the node in DIR, which may be running.",
	NULL, NULL, NULL,
};

/* One line without its end. ERR_LIMIT: longer than a password may be. ERR_NOTFOUND: none. */
static int line_read(char out[PASSWORD_MAX])
{
	char line[PASSWORD_MAX + 2];
	int err = OK;

	if (!fgets(line, sizeof(line), stdin))
		return ERR_NOTFOUND;
	line[strcspn(line, "\r\n")] = '\0';
	if (strlen(line) >= PASSWORD_MAX)
		err = ERR_LIMIT;
	else
		strcpy(out, line);
	sodium_memzero(line, sizeof(line));
	return err;
}

static int line_ask(const char *prompt, char out[PASSWORD_MAX])
{
	struct termios before, hidden;
	int err;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return ERR_IO;
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	err = line_read(out);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return err;
}

static int password_get(bool from_stdin, char out[PASSWORD_MAX], struct fault *fault)
{
	char again[PASSWORD_MAX];
	int err, same;

	if (from_stdin) {
		err = line_read(out);
	} else {
		err = line_ask("Password: ", out);
		if (err == OK)
			err = line_ask("Again: ", again);
		same = err == OK && strcmp(out, again) == 0;
		sodium_memzero(again, sizeof(again));
		if (err == OK && !same)
			return fault_set(fault, ERR_INVALID, "/password",
					 "The two passwords differ.", NULL);
	}
	if (err == ERR_LIMIT)
		return fault_set(fault, err, "/password", "This password is too long.", NULL);
	if (err != OK)
		return fault_set(fault, err, "/password", "There is no password.", NULL);
	return password_check(out, fault);
}

int account_password(bool from_stdin, char stored[PASSWORD_TEXT], struct fault *fault)
{
	char password[PASSWORD_MAX];
	int err = password_get(from_stdin, password, fault);

	if (err == OK)
		err = password_hash(password, stored);
	sodium_memzero(password, sizeof(password));
	return err;
}

static int add(struct node *n, const struct add *c, char stored[PASSWORD_TEXT])
{
	struct fault fault = {0};
	json_t *out = NULL;
	json_int_t account;
	int err = command_verb(n, "account.add",
			       json_pack("{s:s, s:s, s:s, s:s}", "email", c->email, "name", c->name,
					 "role", c->role ? c->role : "member", "password", stored),
			       &out, &fault);

	if (err != OK)
		return command_fault(err, &fault);
	account = json_integer_value(json_object_get(out, "account"));
	if (c->json)
		command_json(json_incref(out));
	else
		printf("account %lld: %s\n", (long long)account, c->email);
	json_decref(out);
	return EXIT_DONE;
}

static int cmd_account_add(int argc, char **argv)
{
	char stored[PASSWORD_TEXT];
	struct fault fault = {0};
	struct add c = {0};
	struct node *n;
	int err;

	command_parse(&argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = account_password(c.password_stdin, stored, &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	return command_close(n, add(n, &c, stored));
}

int cmd_account(int argc, char **argv)
{
	static const struct command commands[] = {
		{"add", "add an account", cmd_account_add},
		{"list", "the accounts, their roles and whether they may log in", cmd_account_list},
		{"password", "set a new password, e.g. for one that is forgotten", cmd_account_password},
		{"disable", "shut an account out, and end its sessions", cmd_account_disable},
		{"enable", "let it in again", cmd_account_enable},
		{NULL, NULL, NULL},
	};

	return command_dispatch(commands, "maillage account", "Accounts of a node.", argc, argv);
}
