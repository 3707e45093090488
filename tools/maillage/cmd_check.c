/* maillage check, reindex, backup: the care of a store. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/domain/check.h"
#include "tools/maillage/command.h"

struct care {
	const char *args[2];	/* DIR, FILE */
	bool json;
	json_t *findings;
	unsigned long found;
};

static const char *const names[] = {"DIR", "FILE"};

static error_t parse_json(int key, char *arg, struct argp_state *state)
{
	struct care *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->args, names, 1, 1);
}

static error_t parse_dir(int key, char *arg, struct argp_state *state)
{
	return command_positional(key, arg, state, ((struct care *)state->input)->args, names, 1, 1);
}

static error_t parse_backup(int key, char *arg, struct argp_state *state)
{
	return command_positional(key, arg, state, ((struct care *)state->input)->args, names, 2, 2);
}

static const struct argp argp_check = {
	command_json_option, parse_json, "DIR",
	"Verify every signature, digest, feed and head in the store of DIR, rebuild every index beside "
	"it and compare.\v"
	"Changes nothing. One line a finding; exit status 1 if there is any.",
	NULL, NULL, NULL,
};

static const struct argp argp_reindex = {
	NULL, parse_dir, "DIR",
	"Rebuild every index of the store in DIR from its records.\v"
	"In one transaction: a running node answers meanwhile and writes afterwards.",
	NULL, NULL, NULL,
};

static const struct argp argp_backup = {
	NULL, parse_backup, "DIR FILE",
	"Write a compact copy of the store in DIR to FILE, replacing it at once when it is whole.\v"
	"FILE holds everything, the signing key and the accounts too: keep it as safe as the node. A "
	"running node goes on.",
	NULL, NULL, NULL,
};

static void finding(void *arg, const char *line)
{
	struct care *c = arg;

	c->found++;
	command_progress_end();
	if (c->json)
		json_array_append_new(c->findings, json_string(line));
	else
		printf("%s\n", line);
}

static void progress(void *arg, uint64_t done, uint64_t total)
{
	const struct care *c = arg;

	if (!c->json)
		command_progress(done, total);
}

/* Of a process that followed a damaged page. */
static const int damage_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

/* What a check that died could not remove. One that still runs keeps its open files. */
static void scratch_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		static const char *const files[] = {"store.mdb", "store.mdb-lock"};
		int fd = -1;

		if (strncmp(e->d_name, "check-", 6) == 0 && strlen(e->d_name) == 12)
			fd = openat(dirfd(dir), e->d_name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
			unlinkat(fd, files[i], 0);
		close(fd);
		unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

static int check(struct care *c)
{
	struct node *n;
	int err;

	if (command_open(c->args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	c->findings = json_array();
	err = check_run(n, finding, progress, c);
	command_progress_end();
	if (c->json)
		command_json(json_pack("{s:b, s:O}", "clean", err == OK, "findings", c->findings));
	else if (err == OK)
		printf("clean\n");
	json_decref(c->findings);
	if (err == ERR_CORRUPT && c->found == 0)
		return command_close(n, command_damaged(c->args[0]));
	if (err == ERR_CORRUPT)
		return command_close(n, command_fail("%lu findings", c->found));
	return command_close(n, err == OK ? EXIT_DONE : command_fault(err, NULL));
}

/*
 * LMDB trusts its pages: a damaged one may lead it anywhere in memory.  So the work is done by a
 * process of its own, and this one tells what became of it.
 */
int cmd_check(int argc, char **argv)
{
	struct care c = {0};
	int status;
	pid_t pid;

	command_parse(&argp_check, argc, argv, &c);
	if (command_own(c.args[0]) != EXIT_DONE)
		return EXIT_REFUSED;
	pid = fork();
	if (pid < 0)
		return command_fail("%s", strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		for (size_t i = 0; i < sizeof(damage_signals) / sizeof(*damage_signals); i++)
			signal(damage_signals[i], SIG_DFL);
		return check(&c);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return command_fail("%s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_DONE)
		scratch_remove(c.args[0]);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	for (size_t i = 0; i < sizeof(damage_signals) / sizeof(*damage_signals); i++)
		if (WTERMSIG(status) == damage_signals[i])
			return command_damaged(c.args[0]);
	return command_fail("%s", strsignal(WTERMSIG(status)));
}

int cmd_reindex(int argc, char **argv)
{
	struct fault fault = {0};
	struct care c = {0};
	struct node *n;
	int err;

	command_parse(&argp_reindex, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = command_verb(n, "reindex", json_object(), NULL, &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	printf("indexes rebuilt\n");
	return command_close(n, EXIT_DONE);
}

int cmd_backup(int argc, char **argv)
{
	struct fault fault = {0};
	struct care c = {0};
	struct node *n;
	int err;

	command_parse(&argp_backup, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = store_backup(n->store, c.args[1], &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	printf("backup written: %s\n", c.args[1]);
	return command_close(n, EXIT_DONE);
}
