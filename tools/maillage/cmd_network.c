/* maillage network create, join, show. */
#include <stdio.h>
#include <string.h>

#include "node/domain/network.h"
#include "node/domain/peer.h"
#include "node/sync/sync.h"
#include "tools/maillage/command.h"

struct networks {
	const char *args[2];	/* DIR, URL#HASH */
	const char *name, *purpose;
	bool json;
};

static const char *const names[] = {"DIR", "URL#CHARTERHASH"};

static const struct argp_option options_create[] = {
	{"name", 'n', "N", 0, "What the network is called (required)", 0},
	{"purpose", 'p', "TEXT", 0, "What it is for", 0},
	{"json", 'j', 0, 0, "Write JSON, for machines", 0},
	{0},
};

static error_t parse_create(int key, char *arg, struct argp_state *state)
{
	struct networks *c = state->input;

	switch (key) {
	case 'n':
		c->name = arg;
		return 0;
	case 'p':
		c->purpose = arg;
		return 0;
	case 'j':
		c->json = true;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num == 1 && !c->name)
			argp_error(state, "--name is missing");
		break;
	}
	return command_positional(key, arg, state, c->args, names, 1, 1);
}

static error_t parse_join(int key, char *arg, struct argp_state *state)
{
	struct networks *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->args, names, 2, 2);
}

static error_t parse_show(int key, char *arg, struct argp_state *state)
{
	struct networks *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->args, names, 1, 1);
}

static const struct argp argp_create = {
	options_create, parse_create, "DIR",
	"Found a network, whose charter and first member is the node in DIR.\v"
	"Prints the address with which others join: URL#CHARTERHASH.",
	NULL, NULL, NULL,
};

static const struct argp argp_join = {
	command_json_option, parse_join, "DIR URL#CHARTERHASH",
	"Join a network, known by the address of one of its nodes and the hash of its charter.\v"
	"Fetches the charter from URL, checks it against the hash, publishes this node's accession "
	"and makes URL a peer.",
	NULL, NULL, NULL,
};

static const struct argp argp_show = {
	command_json_option, parse_show, "DIR", "Show the networks of the node in DIR.",
	NULL, NULL, NULL,
};

/* The hash is the network's id after "net:". */
static void join_address(const struct node *n, const char *network, char *out, size_t size)
{
	snprintf(out, size, "%.279s#%.55s", n->identity.origin, network + strlen("net:"));
}

static int create(struct node *n, const struct networks *c)
{
	struct fault fault = {0};
	char address[ORIGIN_TEXT + NETWORK_TEXT];
	const char *network;
	json_t *out = NULL;
	json_t *args = json_pack("{s:s, s:s}", "name", c->name, "purpose",
				 c->purpose ? c->purpose : "");
	int err = command_verb(n, "network.create", args, &out, &fault);

	if (err != OK)
		return command_fault(err, &fault);
	network = json_string_value(json_object_get(out, "network"));
	join_address(n, network, address, sizeof(address));
	if (c->json)
		command_json(json_pack("{s:s, s:s}", "network", network, "join", address));
	else
		printf("network founded: %s\nothers join it with: %s\n", network, address);
	json_decref(out);
	return command_head(n);
}

static int cmd_network_create(int argc, char **argv)
{
	struct networks c = {0};
	struct node *n;

	command_parse(&argp_create, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, create(n, &c));
}

/* Among what a node answered: the charter with this hash, whoever sent it. Borrowed. */
static json_t *charter_find(json_t *documents, const char *network)
{
	char found[NETWORK_TEXT];
	json_t *doc;
	size_t i;

	json_array_foreach (documents, i, doc)
		if (charter_read(doc, found, NULL) == OK && strcmp(found, network) == 0)
			return doc;
	return NULL;
}

static int accede(struct node *n, const char *url, json_t *charter, bool json)
{
	struct fault fault = {0};
	json_t *out = NULL;
	int err = command_verb(n, "network.join",
			       json_pack("{s:O, s:s}", "charter", charter, "via", url), &out, &fault);

	if (err == OK)
		err = command_verb(n, "peer.add", json_pack("{s:s}", "url", url), NULL, &fault);
	if (err != OK) {
		json_decref(out);
		return command_fault(err, &fault);
	}
	if (json)
		command_json(json_incref(out));
	else
		printf("joined the network \"%s\": %s\n",
		       json_string_value(json_object_get(charter, "name")),
		       json_string_value(json_object_get(out, "network")));
	json_decref(out);
	return command_head(n);
}

static int join(struct node *n, const struct networks *c)
{
	const char *hash = strchr(c->args[1], '#');
	char typed[ORIGIN_TEXT], url[ORIGIN_TEXT], network[NETWORK_TEXT];
	struct fault fault = {0};
	json_t *documents = NULL, *charter;
	int err, status;

	if (!hash || (size_t)(hash - c->args[1]) >= sizeof(typed) ||
	    strlen(hash + 1) + strlen("net:") >= sizeof(network) || !hash[1])
		return command_fail("\"%s\" is not of the form URL#CHARTERHASH", c->args[1]);
	snprintf(typed, sizeof(typed), "%.*s", (int)(hash - c->args[1]), c->args[1]);
	snprintf(network, sizeof(network), "net:%s", hash + 1);
	command_url(typed, url);
	err = peer_url_check(n, url, &fault);
	if (err == OK)
		err = sync_network(n, url, network, &documents, &fault);
	if (err != OK)
		return command_fault(err, &fault);
	charter = charter_find(documents, network);
	if (!charter)
		status = command_fail("%s does not hold the charter with this hash", url);
	else
		status = accede(n, url, charter, c->json);
	json_decref(documents);
	return status;
}

static int cmd_network_join(int argc, char **argv)
{
	struct networks c = {0};
	struct node *n;

	command_parse(&argp_join, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, join(n, &c));
}

static int show(struct node *n, bool json)
{
	json_t *all = json ? json_array() : NULL;
	char address[ORIGIN_TEXT + NETWORK_TEXT], time[24];
	struct network w = {0};
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err != OK)
		return command_fault(err, NULL);
	while ((err = network_next(t, w.network, &w)) == OK) {
		join_address(n, w.network, address, sizeof(address));
		if (json)
			json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "network",
							     w.network, "name", w.name, "charter",
							     w.charter, "via", w.via, "joined",
							     (json_int_t)w.joined, "join", address));
		else
			printf("%s\n  %s\n  %s %s%s%s\n  others join it with: %s\n", w.name, w.network,
			       *w.via ? "joined" : "founded here", command_time(w.joined, time),
			       *w.via ? " through " : "", w.via, address);
	}
	txn_end(t);
	if (err != ERR_NOTFOUND) {
		json_decref(all);
		return command_fault(err, NULL);
	}
	if (json)
		command_json(json_pack("{s:o}", "networks", all));
	return EXIT_DONE;
}

static int cmd_network_show(int argc, char **argv)
{
	struct networks c = {0};
	struct node *n;

	command_parse(&argp_show, argc, argv, &c);
	if (command_open(c.args[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	return command_close(n, show(n, c.json));
}

int cmd_network(int argc, char **argv)
{
	static const struct command commands[] = {
		{"create", "found a network", cmd_network_create},
		{"join", "join a network", cmd_network_join},
		{"show", "show this node's networks", cmd_network_show},
		{NULL, NULL, NULL},
	};

	return command_dispatch(commands, "maillage network", "Networks without a central host.", argc,
				argv);
}
