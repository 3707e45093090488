/* bench: measures this program against the goals it was given. See README.md beside this file. */
#include <argp.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocol/key.h"
#include "tools/bench/bench.h"

static const struct {
	const char *name;
	void (*run)(struct bench *b);
	const char *doc;
} benches[] = {
	{"import", bench_import, "communes of France into a new node"},
	{"cold_join", bench_cold_join, "a new node takes them over HTTPS"},
	{"page", bench_page, "pages against a ready buffer; many connections"},
	{"ingest", bench_ingest, "a peer's feed against bare signature checks"},
	{"node_size", bench_node_size, "memory, start and binary of a node"},
	{"edit", bench_edit, "durable edits over HTTP against write and fdatasync"},
};

enum { BENCHES = sizeof(benches) / sizeof(*benches) };

struct choice {
	struct bench b;
	bool chosen[BENCHES];
	bool keep;
};

static const struct argp_option options[] = {
	{"maillage", 'm', "FILE", 0, "The program to measure; default ./maillage", 0},
	{"share", 's', "FOLDER", 0, "Its data files; default ./share", 0},
	{"keep", 'k', 0, 0, "Leave the scratch folder behind", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *c = state->input;

	switch (key) {
	case 'm':
		c->b.maillage = arg;
		return 0;
	case 's':
		c->b.share = arg;
		return 0;
	case 'k':
		c->keep = true;
		return 0;
	case ARGP_KEY_ARG:
		for (size_t i = 0; i < BENCHES; i++)
			if (strcmp(benches[i].name, arg) == 0) {
				c->chosen[i] = true;
				return 0;
			}
		argp_error(state, "there is no bench %s", arg);
		return EINVAL;
	case ARGP_KEY_NO_ARGS:
		memset(c->chosen, true, sizeof(c->chosen));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *filter(int key, const char *text, void *input)
{
	char *out = NULL;
	size_t len;
	FILE *f;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&out, &len);
	if (!f)
		return NULL;
	fputs("Benches:\n", f);
	for (size_t i = 0; i < BENCHES; i++)
		fprintf(f, "  %-10s %s\n", benches[i].name, benches[i].doc);
	fclose(f);
	return out;
}

static const struct argp argp = {
	options,
	parse,
	"[BENCH...]",
	"Measure a node on this machine: figures as JSON lines on standard output, progress on "
	"standard "
	"error. Without BENCH, all of them.\v",
	NULL,
	filter,
	NULL,
};

static struct choice choice = {.b = {.maillage = "./maillage", .share = "./share"}};

static pid_t owner;

static void clean(void)
{
	const char *argv[] = {"rm", "-rf", choice.b.dir, NULL};

	if (getpid() != owner)
		return; /* a child that could not go on */
	child_stop_all();
	if (choice.b.dir[0] && !choice.keep)
		run_to_end(&choice.b, 60, NULL, argv);
}

static void interrupt(int signal)
{
	exit(1);
}

/* How much of the machine others used meanwhile says whether the figures count. */
static void run_one(struct bench *b, void (*run)(struct bench *b))
{
	double wall = clock_wall(), machine = clock_machine(), own = clock_own();

	run(b);
	wall = clock_wall() - wall;
	machine = clock_machine() - machine;
	own = clock_own() - own;
	bench_figure(b, "CPU used by others", (machine - own) / wall / bench_cores(),
		     "of all cores", NULL);
}

int main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	struct rlimit files;

	mallopt(M_MXFAST, 0);	/* as the program itself */
	argp_parse(&argp, argc, argv, 0, NULL, &choice);
	/* On a disk: in memory, syncing costs nothing. */
	snprintf(choice.b.dir, sizeof(choice.b.dir), "%s/maillage-bench.XXXXXX",
		 tmp ? tmp : "/var/tmp");
	if (!mkdtemp(choice.b.dir))
		bench_die("%s cannot be made", choice.b.dir);
	owner = getpid();
	atexit(clean);
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (key_library_init() != OK)
		bench_die("libsodium does not start");
	for (size_t i = 0; i < BENCHES; i++) {
		if (!choice.chosen[i])
			continue;
		choice.b.name = benches[i].name;
		run_one(&choice.b, benches[i].run);
	}
	return 0;
}
