/* maillage peer add, list, block, remove. */
#include <stdio.h>
#include <string.h>

#include "node/domain/peer.h"
#include "tools/maillage/command.h"

struct peers {
	const char *args[2];	/* DIR, URL or nid */
	bool json, undo;
};

static const char *const names[] = {"DIR", "URL"};

static error_t parse_two(int key, char *arg, struct argp_state *state)
{
	struct peers *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	if (key == 'u') {
		c->undo = true;
		return 0;
	}
	return command_positional(key, arg, state, c->args, names, 2, 2);
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
	struct peers *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->args, names, 1, 1);
}

static const struct argp argp_add = {
	command_json_option, parse_two, "DIR URL",
	"Pull the public feed of the node at URL, network or not.\v"
	"A running node takes it up within 5 seconds; else `maillage sync DIR' or the next start does.",
	NULL, NULL, NULL,
};

static const struct argp argp_list = {
	command_json_option, parse_one, "DIR", "List the peers of the node in DIR.", NULL, NULL, NULL,
};

static const struct argp_option options_block[] = {
	{"undo", 'u', 0, 0, "Let it be a peer again", 0},
	{0},
};

static const struct argp argp_block = {
	options_block, parse_two, "DIR URL",
	"Stop pulling from a peer, named by URL or nid, and keep it on the list as blocked.",
	NULL, NULL, NULL,
};

static const struct argp argp_remove = {
	NULL, parse_two, "DIR URL",
	"Take a peer, named by URL or nid, off the list. What was pulled from it stays.",
	NULL, NULL, NULL,
};

/* {"url": …} or {"nid": …}. */
static json_t *named(const char *typed)
{
	char url[ORIGIN_TEXT];

	if (strncmp(typed, "nid:", 4) == 0)
		return json_pack("{s:s}", "nid", typed);
	if (command_url(typed, url) != OK)
		return json_pack("{s:s}", "url", typed);
	return json_pack("{s:s}", "url", url);
}

static int add(struct node *n, const struct peers *c)
{
	struct fault fault = {0};
	char url[ORIGIN_TEXT];
	json_t *out = NULL;
	bool added;
	int err;

	if (command_url(c->args[1], url) != OK)
		return command_fail("this address is too long");
	err = command_verb(n, "peer.add", json_pack("{s:s}", "url", url), &out, &fault);
	if (err != OK)
		return command_fault(err, &fault);
	added = json_is_true(json_object_get(out, "added"));
	if (c->json)
		command_json(json_incref(out));
	else
		printf(added ? "peer added: %s\n" : "a peer already: %s\n", url);
	json_decref(out);
	return EXIT_DONE;
}

static int cmd_peer_add(int argc, char **argv)
{
	struct peers c = {0};
	struct node *n;

	command_parse(&argp_add, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, add(n, &c));
}

static json_t *peer_json(const struct peer *p)
{
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:s}", "url", p->url, "nid", p->nid,
			 "blocked", p->blocked, "added", (json_int_t)p->added, "lastOk",
			 (json_int_t)p->last_ok, "lastTry", (json_int_t)p->last_try, "failures",
			 (json_int_t)p->failures, "error", p->error);
}

static void peer_print(const struct peer *p)
{
	char time[24];

	printf("%s  %s  last answer %s%s%s%s\n", p->url, *p->nid ? p->nid : "(not yet identified)",
	       command_time(p->last_ok, time), p->blocked ? "  blocked" : "",
	       *p->error ? "  " : "", p->error);
}

static int list(struct node *n, bool json)
{
	json_t *all = json ? json_array() : NULL;
	struct peer p = {0};
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err != OK)
		return command_fault(err, NULL);
	while ((err = peer_next(t, p.url, &p)) == OK) {
		if (json)
			json_array_append_new(all, peer_json(&p));
		else
			peer_print(&p);
	}
	txn_end(t);
	if (err != ERR_NOTFOUND) {
		json_decref(all);
		return command_fault(err, NULL);
	}
	if (json)
		command_json(json_pack("{s:o}", "peers", all));
	return EXIT_DONE;
}

static int cmd_peer_list(int argc, char **argv)
{
	struct peers c = {0};
	struct node *n;

	command_parse(&argp_list, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, list(n, c.json));
}

static int change(const struct peers *c, const char *verb, json_t *args, const char *said)
{
	struct fault fault = {0};
	struct node *n;
	int err;

	if (command_open(c->args[0], &n) != EXIT_DONE) {
		json_decref(args);
		return EXIT_REFUSED;
	}
	err = command_verb(n, verb, args, NULL, &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	printf("%s: %s\n", said, c->args[1]);
	return command_close(n, EXIT_DONE);
}

static int cmd_peer_block(int argc, char **argv)
{
	struct peers c = {0};
	json_t *args;

	command_parse(&argp_block, argc, argv, &c);
	args = named(c.args[1]);
	json_object_set_new(args, "blocked", json_boolean(!c.undo));
	return change(&c, "peer.block", args, c.undo ? "no longer blocked" : "blocked");
}

static int cmd_peer_remove(int argc, char **argv)
{
	struct peers c = {0};

	command_parse(&argp_remove, argc, argv, &c);
	return change(&c, "peer.remove", named(c.args[1]), "peer removed");
}

int cmd_peer(int argc, char **argv)
{
	static const struct command commands[] = {
		{"add", "pull the public feed of another node", cmd_peer_add},
		{"list", "list the peers", cmd_peer_list},
		{"block", "stop pulling from a peer", cmd_peer_block},
		{"remove", "take a peer off the list", cmd_peer_remove},
		{NULL, NULL, NULL},
	};

	return command_dispatch(commands, "maillage peer", "Nodes from which a node pulls.", argc, argv);
}
