/* maillage sync: pull from all peers in this process. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/sync/sync.h"
#include "tools/maillage/command.h"

struct syncing {
	const char *dir[1];
	bool once, json;
};

enum { OPT_ONCE = 256 };

static const struct argp_option options[] = {
	{"once", OPT_ONCE, 0, 0, "One round; without it, a round each sync.poll_min seconds until interrupted", 0},
	{"json", 'j', 0, 0, "Write one JSON line a peer, for machines", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct syncing *c = state->input;

	if (key == OPT_ONCE) {
		c->once = true;
		return 0;
	}
	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	options, parse, "DIR",
	"Pull from every peer of the node in DIR, to the end, also beside a running node.\v"
	"Exit status 1 if a peer, or a relay for it, did not answer to the end.",
	NULL, NULL, NULL,
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	interrupted = 1;
}

static void report(void *arg, const struct sync_report *r)
{
	const struct syncing *c = arg;

	if (!r->done) {
		if (!c->json)
			command_progress((uint64_t)r->stored, 0);
		return;
	}
	command_progress_end();
	if (c->json) {
		command_json(json_pack("{s:s, s:s, s:s*, s:s, s:I, s:I, s:I, s:I, s:s}", "url", r->url,
				       "nid", r->nid, "via", r->via, "result", err_name(r->err),
				       "stored", (json_int_t)r->stored, "removed",
				       (json_int_t)r->removed, "rev", (json_int_t)r->rev, "headRev",
				       (json_int_t)r->head_rev, "error", r->text));
	} else {
		printf("%s%s%s: %s%s%llu stored, %llu removed\n", r->url, r->via ? " through " : "",
		       r->via ? r->via : "", r->err != OK ? r->text : "", r->err != OK ? "; " : "",
		       (unsigned long long)r->stored, (unsigned long long)r->removed);
	}
	fflush(stdout);
}

static int rounds(struct node *n, struct syncing *c)
{
	struct fault fault = {0};
	int err;

	do {
		memset(&fault, 0, sizeof(fault));
		err = sync_once(n, report, c, &fault);
		if (err != OK)
			command_fault(err, &fault);
		if (!c->once && !interrupted)
			sleep((unsigned)n->conf.poll_min);
	} while (!c->once && !interrupted);
	return err == OK || !c->once ? EXIT_DONE : EXIT_REFUSED;
}

int cmd_sync(int argc, char **argv)
{
	struct sigaction once = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
	struct syncing c = {0};
	struct node *n;

	command_parse(&argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	if (!c.once) {
		sigaction(SIGINT, &once, NULL);
		sigaction(SIGTERM, &once, NULL);
	}
	return command_close(n, rounds(n, &c));
}
