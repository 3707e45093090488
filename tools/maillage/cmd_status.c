/* maillage status: what the node holds and how it does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "config.h"
#include "node/domain/peer.h"
#include "node/store/feed.h"
#include "node/store/set.h"
#include "tools/maillage/command.h"

struct status {
	const char *dir[1];
	bool json;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct status *c = state->input;

	if (key == 'j') {
		c->json = true;
		return 0;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	command_json_option, parse, "DIR",
	"Say what the node in DIR holds: records by type, feeds and the age of their heads, peers, "
	"accounts.",
	NULL, NULL, NULL,
};

/* Add to a count by type. */
static void count_add(json_t *counts, const char *type, uint64_t n)
{
	json_int_t have = json_integer_value(json_object_get(counts, type));

	json_object_set_new(counts, type, json_integer(have + (json_int_t)n));
}

static int feed_status(struct txn *t, const struct feed *f, json_t *objects, json_t *feeds)
{
	struct head_set *sets = calloc(HEAD_TYPES, sizeof(*sets));
	json_t *types = json_object(), *feed;
	struct origin o = {0};
	size_t n = 0;
	int err = sets && types ? OK : ERR_NOMEM;

	if (err == OK)
		err = origin_get(t, f->origin, &o);
	if (err == OK)
		err = set_list(t, f->feed, sets, &n);
	for (size_t i = 0; err == OK && i < n; i++) {
		count_add(types, sets[i].type, sets[i].count);
		count_add(objects, sets[i].type, sets[i].count);
	}
	free(sets);
	if (err != OK) {
		json_decref(types);
		return err;
	}
	feed = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:o}", "origin",
			 o.identity.origin, "nid", o.identity.nid, "name", o.name, "audience",
			 f->audience, "epoch", (json_int_t)f->epoch, "rev", (json_int_t)f->rev,
			 "headCreated", (json_int_t)f->head_at, "matchedAt",
			 (json_int_t)f->matched_at, "own", f->feed == 1, "types", types);
	return json_array_append_new(feeds, feed) == 0 ? OK : ERR_NOMEM;
}

static int peers_status(struct txn *t, json_t *peers)
{
	struct peer p = {0};
	int err;

	while ((err = peer_next(t, p.url, &p)) == OK) {
		json_t *peer = json_pack("{s:s, s:s, s:b, s:I, s:I, s:s}", "url", p.url, "nid", p.nid,
					 "blocked", p.blocked, "lastOk", (json_int_t)p.last_ok,
					 "failures", (json_int_t)p.failures, "error", p.error);

		if (json_array_append_new(peers, peer) != 0)
			return ERR_NOMEM;
	}
	return err == ERR_NOTFOUND ? OK : err;
}

/* Everything from one snapshot. */
static int gather(struct node *n, struct txn *t, json_t **ret_status)
{
	json_t *objects = json_object(), *feeds = json_array(), *peers = json_array();
	char path[600], name[128] = "";
	struct feed f = {0};
	struct stat st = {0};
	int err;

	while ((err = feed_next(t, f.feed, &f)) == OK)
		if ((err = feed_status(t, &f, objects, feeds)) != OK)
			break;
	if (err == ERR_NOTFOUND)
		err = peers_status(t, peers);
	if (err == OK)
		err = setting_get(t, "name", name, sizeof(name));
	snprintf(path, sizeof(path), "%.500s/store.mdb", n->dir);
	if (err == OK && stat(path, &st) != 0)
		err = ERR_IO;
	if (err != OK) {
		json_decref(objects);
		json_decref(feeds);
		json_decref(peers);
		return err;
	}
	*ret_status = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:{s:I, s:I}, s:I}",
				"version", PACKAGE_VERSION, "name", name, "nid", n->identity.nid, "url",
				n->conf.url, "objects", objects, "feeds", feeds, "peers", peers,
				"accounts", (json_int_t)txn_entries(t, TABLE_ACCOUNT), "networks",
				(json_int_t)txn_entries(t, TABLE_NETWORK), "store", "bytes",
				(json_int_t)st.st_size, "transaction", (json_int_t)txn_number(t), "now",
				(json_int_t)time(NULL));
	return *ret_status ? OK : ERR_NOMEM;
}

static const char *text(const json_t *doc, const char *name)
{
	const char *s = json_string_value(json_object_get(doc, name));

	return s ? s : "";
}

static json_int_t number(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

static void print_counts(const json_t *counts, const char *indent)
{
	const char *type;
	json_t *n;

	json_object_foreach ((json_t *)counts, type, n)
		printf("%s%-18s %" PRId64 "\n", indent, type, (int64_t)json_integer_value(n));
}

/* "3 min ago". */
static void print_age(json_int_t now, json_int_t then)
{
	json_int_t s = now - then;

	if (then == 0)
		printf("none");
	else if (s < 120)
		printf("%" PRId64 " s ago", (int64_t)s);
	else if (s < 7200)
		printf("%" PRId64 " min ago", (int64_t)(s / 60));
	else
		printf("%" PRId64 " h ago", (int64_t)(s / 3600));
}

static void print(const json_t *s)
{
	json_int_t now = number(s, "now");
	json_t *item;
	size_t i;

	printf("%s  %s\n%s\n", text(s, "name"), text(s, "url"), text(s, "nid"));
	printf("%" PRId64 " accounts, %" PRId64 " networks, store of %" PRId64 " KiB\n\nRecords\n",
	       (int64_t)number(s, "accounts"), (int64_t)number(s, "networks"),
	       (int64_t)number(json_object_get(s, "store"), "bytes") / 1024);
	if (json_object_size(json_object_get(s, "objects")) == 0)
		printf("  none\n");
	print_counts(json_object_get(s, "objects"), "  ");
	printf("\nFeeds\n");
	json_array_foreach (json_object_get(s, "feeds"), i, item) {
		printf("  %s %s (%s): rev %" PRId64 ", head ", text(item, "name"),
		       text(item, "origin"), text(item, "audience"), (int64_t)number(item, "rev"));
		print_age(now, number(item, "headCreated"));
		if (!json_is_true(json_object_get(item, "own"))) {
			printf(", matched ");
			print_age(now, number(item, "matchedAt"));
		}
		printf("\n");
	}
	printf("\nPeers\n");
	if (json_array_size(json_object_get(s, "peers")) == 0)
		printf("  none; `maillage peer add DIR URL' adds one\n");
	json_array_foreach (json_object_get(s, "peers"), i, item) {
		printf("  %s: answered ", text(item, "url"));
		print_age(now, number(item, "lastOk"));
		printf("%s%s%s\n", json_is_true(json_object_get(item, "blocked")) ? ", blocked" : "",
		       *text(item, "error") ? ", " : "", text(item, "error"));
	}
}

int cmd_status(int argc, char **argv)
{
	struct status c = {0};
	json_t *s = NULL;
	struct node *n;
	struct txn *t;
	int err;

	command_parse(&argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = txn_read(n->store, &t);
	if (err == OK) {
		err = gather(n, t, &s);
		txn_end(t);
	}
	if (err != OK)
		return command_close(n, command_fault(err, NULL));
	if (c.json) {
		command_json(s);
	} else {
		print(s);
		json_decref(s);
	}
	return command_close(n, EXIT_DONE);
}
