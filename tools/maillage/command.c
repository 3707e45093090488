#include "tools/maillage/command.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/domain/territory.h"
#include "protocol/base/time.h"

static void list(const struct command *table, const char *prefix, const char *doc, FILE *out)
{
	fprintf(out, "Usage: %s COMMAND ...\n\n%s\n\nCommands:\n", prefix, doc);
	for (; table->name; table++)
		fprintf(out, "  %-10s %s\n", table->name, table->summary);
	fprintf(out, "\n`%s COMMAND --help' explains each.\n", prefix);
}

int command_dispatch(const struct command *table, const char *prefix, const char *doc, int argc,
		     char **argv)
{
	static char name[64];

	if (argc < 2) {
		list(table, prefix, doc, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		list(table, prefix, doc, stdout);
		return EXIT_DONE;
	}
	for (const struct command *c = table; c->name; c++)
		if (strcmp(c->name, argv[1]) == 0) {
			char full[sizeof(name)];

			snprintf(full, sizeof(full), "%s %s", prefix, c->name);
			memcpy(name, full, sizeof(name));
			argv[1] = name;
			return c->run(argc - 1, argv + 1);
		}
	fprintf(stderr, "%s: there is no command \"%s\"; `%s --help' lists them\n", prefix, argv[1],
		prefix);
	return EXIT_USAGE;
}

void command_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(argp, argc, argv, 0, NULL, input) != 0)
		exit(EXIT_USAGE);
}

error_t command_positional(int key, char *arg, struct argp_state *state, const char **slots,
			   const char *const *names, unsigned n, unsigned least)
{
	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num >= n)
			argp_error(state, "\"%s\" is one argument too many", arg);
		else
			slots[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < least)
			argp_error(state, "%s is missing", names[state->arg_num]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_fail(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *c = line; *c; c++)	/* one line, whatever went into it */
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	command_progress_end();
	fprintf(stderr, "maillage: %s\n", line);
	return EXIT_REFUSED;
}

void command_fault_text(int err, const struct fault *fault, char *out, size_t size)
{
	char text[600], field[sizeof(fault->pointer)];

	if (!fault || fault->code == OK || !fault->key) {
		snprintf(out, size, "failed: %s", err_name(err));
		return;
	}
	fault_text(fault, text, sizeof(text));
	if (fault->pointer[0] == '\0') {
		snprintf(out, size, "%s", text);
		return;
	}
	snprintf(field, sizeof(field), "%s", fault->pointer + 1);
	for (char *c = field; *c; c++)
		if (*c == '/')
			*c = '.';
	snprintf(out, size, "%s: %s", field, text);
}

int command_fault(int err, const struct fault *fault)
{
	char text[800];

	command_fault_text(err, fault, text, sizeof(text));
	return command_fail("%s", text);
}

int command_own(const char *dir)
{
	struct passwd *owner;
	struct stat st;

	if (stat(dir, &st) != 0)
		return command_fail("%s: %s", dir,
				    errno == ENOENT ? "there is no node here; `maillage init' makes one"
						    : strerror(errno));
	if (st.st_uid == geteuid())
		return EXIT_DONE;
	owner = getpwuid(st.st_uid);
	if (geteuid() != 0)
		return command_fail("%s belongs to %s: run this command as that user", dir,
				    owner ? owner->pw_name : "another user");
	/* As root: the store's files must stay the owner's. */
	if ((owner ? initgroups(owner->pw_name, st.st_gid) : setgroups(0, NULL)) != 0 ||
	    setgid(st.st_gid) != 0 || setuid(st.st_uid) != 0)
		return command_fail("%s belongs to %s, and this command cannot become that user: %s",
				    dir, owner ? owner->pw_name : "another user", strerror(errno));
	return EXIT_DONE;
}

int command_damaged(const char *dir)
{
	struct fault fault = {0};

	fault_set(&fault, ERR_CORRUPT, "", "The store in %s is damaged: restore a backup.", dir);
	return command_fault(ERR_CORRUPT, &fault);
}

/* Is there a store, of which no node came out? */
static bool has_store(const char *dir)
{
	char file[600];
	struct stat st;

	return (size_t)snprintf(file, sizeof(file), "%s/store.mdb", dir) < sizeof(file) &&
	       stat(file, &st) == 0 && st.st_size > 0;
}

int command_open(const char *dir, struct node **ret_node)
{
	struct fault fault = {0};
	int err;

	if (command_own(dir) != EXIT_DONE)
		return EXIT_REFUSED;
	err = node_open(dir, NULL, ret_node, &fault);
	if (err == ERR_NOTFOUND && has_store(dir))
		return command_damaged(dir);
	return err == OK ? EXIT_DONE : command_fault(err, &fault);
}

const char *command_share(void)
{
	const char *share = getenv("MAILLAGE_SHARE");

	return share && *share ? share : PKGDATADIR;
}

int command_territories(struct node *n, struct fault *fault)
{
	char file[600];

	if (n->territories)
		return OK;
	snprintf(file, sizeof(file), "%s/communes.csv", n->share);
	return territories_load(file, &n->territories, fault);
}

int command_verb(struct node *n, const char *verb, json_t *args, json_t **ret_out,
		 struct fault *fault)
{
	struct verb_result result = {0};
	struct verb_input in;

	if (!args)
		return ERR_NOMEM;
	node_input(&in, verb, "command", args);
	node_apply(n, &in, &result);
	if (fault)
		*fault = result.fault;
	if (ret_out && result.err == OK)
		*ret_out = result.out;
	else
		json_decref(result.out);
	return result.err;
}

int command_head(struct node *n)
{
	struct fault fault = {0};
	int err = command_verb(n, "head.sign", json_object(), NULL, &fault);

	return err == OK || err == ERR_AGAIN ? EXIT_DONE : command_fault(err, &fault);
}

int command_close(struct node *n, int status)
{
	node_close(n);
	return status;
}

void command_json(json_t *doc)
{
	json_dumpf(doc, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(doc);
}

int command_url(const char *typed, char *out)
{
	size_t len = strlen(typed);

	while (len > 0 && typed[len - 1] == '/')
		len--;
	if (len >= ORIGIN_TEXT)
		return ERR_LIMIT;
	memcpy(out, typed, len);
	out[len] = '\0';
	return OK;
}

const char *command_time(int64_t t, char out[24])
{
	char text[TIME_TEXT];

	if (t <= 0)
		return "never";
	time_format(t, text);
	snprintf(out, 24, "%.10s %.5s", text, text + 11);
	return out;
}

static bool progress_open;

void command_progress(uint64_t done, uint64_t total)
{
	static int terminal = -1;

	if (terminal < 0)
		terminal = isatty(STDOUT_FILENO);
	printf(terminal ? "\r%llu" : "progress %llu", (unsigned long long)done);
	if (total > 0)
		printf(terminal ? " of %llu" : " %llu", (unsigned long long)total);
	if (!terminal)
		putchar('\n');
	progress_open = terminal;
	fflush(stdout);
}

void command_progress_end(void)
{
	if (!progress_open)
		return;
	fputs("\r\033[K", stdout);
	fflush(stdout);
	progress_open = false;
}

const struct argp_option command_json_option[] = {
	{"json", 'j', 0, 0, "Write JSON, for machines", 0},
	{0},
};
