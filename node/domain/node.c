#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/domain/stored.h"
#include "node/domain/territory.h"
#include "node/domain/verbs.h"
#include "node/store/feed.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/vocabulary.h"

enum { VOCABULARIES_MAX = 4 << 20, NODE_NAME = 120 };

static const char conf_name[] = "maillage.conf";

static int path_join(char *out, size_t size, const char *dir, const char *name, struct fault *fault)
{
	if ((size_t)snprintf(out, size, "%s/%s", dir, name) >= size)
		return fault_set(fault, ERR_LIMIT, "", "The path %s is too long.", dir);
	return OK;
}

/* --- open --- */

static int file_read(const char *path, size_t max, struct buf *out, struct fault *fault)
{
	FILE *f = fopen(path, "re");
	char block[8192];
	size_t n;
	int bad;

	if (!f)
		return fault_set(fault, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "",
				 "The file %s cannot be read.", path);
	buf_init(out, max);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(out, block, n);
	bad = ferror(f) || out->err;
	fclose(f);
	if (!bad)
		return OK;
	buf_done(out);
	return fault_set(fault, ERR_IO, "", "The file %s cannot be read.", path);
}

static int share_open(struct node *n, const char *share, struct fault *fault)
{
	char path[600];
	struct buf text;
	int err;

	if (!share)
		share = getenv("MAILLAGE_SHARE");
	if (!share || !*share)
		share = PKGDATADIR;
	if ((size_t)snprintf(n->share, sizeof(n->share), "%s", share) >= sizeof(n->share))
		return fault_set(fault, ERR_LIMIT, "", "The path %s is too long.", share);
	err = path_join(path, sizeof(path), n->share, "vocabularies.json", fault);
	if (!err)
		err = file_read(path, VOCABULARIES_MAX, &text, fault);
	if (err)
		return err;
	err = canon_read(text.data ? text.data : "", text.len, CANON_NATIVE, &n->vocabularies,
			 fault);
	buf_done(&text);
	if (!err)
		err = vocabulary_check(n->vocabularies, fault);
	if (err == ERR_INVALID)
		return fault_set(fault, err, "", "The vocabularies in %s are malformed.", path);
	return err;
}

static int key_load(struct node *n, struct txn *t)
{
	struct origin self;
	struct view seed;
	int err = txn_get(t, TABLE_META, "key", 3, &seed);

	if (err)
		return err;
	if (seed.len != 32)
		return ERR_CORRUPT;
	key_from_seed(&n->key, seed.data);
	err = origin_get(t, 1, &self);
	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	n->identity = self.identity;
	return memcmp(n->key.pub, n->identity.sign, 32) ? ERR_CORRUPT : OK;
}

static int self_open(struct node *n, struct fault *fault)
{
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err)
		return err;
	err = key_load(n, t);
	txn_end(t);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "", "%s holds no node: start with `maillage init`.",
				 n->dir);
	if (err == ERR_CORRUPT)
		return fault_set(fault, err, "",
				 "The store in %s does not hold the key of its own identity.",
				 n->dir);
	if (!err && strcmp(n->conf.url, n->identity.origin) != 0)
		return fault_set(
			fault, ERR_CONFLICT, "",
			"The url of maillage.conf is not this node's address, which is %s.",
			n->identity.origin);
	return err;
}

/* Derived tables that an older version did not have: filled before anything reads them. */
static int reindex_once(struct node *n, struct fault *fault)
{
	struct verb_result result = {0};
	struct verb_input in;
	struct view mark;
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err)
		return err;
	err = txn_get(t, TABLE_META, STORE_REINDEX, strlen(STORE_REINDEX), &mark);
	txn_end(t);
	if (err)
		return err == ERR_NOTFOUND ? OK : err;
	node_input(&in, "reindex", "upgrade", json_object());
	verb_apply(n->store, n, node_verbs, &in, &result);
	json_decref(result.out);
	if (result.err && fault)
		*fault = result.fault;
	return result.err;
}

static int node_fill(struct node *n, const char *dir, const char *share, struct fault *fault)
{
	struct store_options options = {0};
	char path[600];
	int err = key_library_init();

	if (err)
		return err;
	if ((size_t)snprintf(n->dir, sizeof(n->dir), "%s", dir) >= sizeof(n->dir))
		return fault_set(fault, ERR_LIMIT, "", "The path %s is too long.", dir);
	if ((err = path_join(path, sizeof(path), dir, conf_name, fault)) ||
	    (err = conf_read(path, &n->conf, fault)) || (err = share_open(n, share, fault)))
		return err;
	options.map_size = (size_t)n->conf.map_gib << 30;
	err = store_open(dir, &options, &n->store, fault);
	if (err == ERR_NOTFOUND)
		return fault_set(fault, err, "", "%s holds no node: start with `maillage init`.",
				 dir);
	if (!err)
		err = self_open(n, fault);
	if (!err)
		err = reindex_once(n, fault);
	if (err)
		return err;
	n->zones = zone_set_new(NULL);
	return n->zones ? OK : ERR_NOMEM;
}

int node_open(const char *dir, const char *share, struct node **ret_node, struct fault *fault)
{
	struct node *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return ERR_NOMEM;
	err = node_fill(n, dir, share, fault);
	if (err) {
		node_close(n);
		return err;
	}
	*ret_node = n;
	return OK;
}

void node_close(struct node *n)
{
	if (!n)
		return;
	if (n->territories)
		territories_free(n->territories);
	zone_set_free(n->zones);
	json_decref(n->vocabularies);
	if (n->store)
		store_close(n->store);
	key_done(&n->key);
	free(n);
}

/* --- init --- */

static int dir_make(const char *dir, struct fault *fault)
{
	static const char *const files[] = {"maillage.conf", "store.mdb"};
	char path[600];

	if (mkdir(dir, 0700) && errno != EEXIST)
		return fault_set(fault, ERR_IO, "", "The folder %s cannot be made.", dir);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int err = path_join(path, sizeof(path), dir, files[i], fault);

		if (err)
			return err;
		if (access(path, F_OK) == 0)
			return fault_set(fault, ERR_EXISTS, "", "%s holds a node already.", dir);
	}
	return OK;
}

static int conf_save(const char *dir, const struct conf *conf, struct fault *fault)
{
	char path[600];
	FILE *f;
	int err = path_join(path, sizeof(path), dir, conf_name, fault), bad;

	if (err)
		return err;
	f = fopen(path, "wxe");
	if (!f)
		return fault_set(fault, ERR_IO, "", "The file %s cannot be written.", path);
	bad = fchmod(fileno(f), 0640) || conf_write(conf, f) || fflush(f) || fsync(fileno(f));
	if (fclose(f) || bad) {
		unlink(path);
		return fault_set(fault, ERR_IO, "", "The file %s cannot be written.", path);
	}
	return OK;
}

static int store_make(const char *dir, const struct conf *conf, json_t *args, int64_t now,
		      struct fault *fault)
{
	struct store_options options = {.map_size = (size_t)conf->map_gib << 30, .create = 1};
	struct verb_result result = {0};
	struct verb_input in;
	struct store *s;
	struct node n = {.conf = *conf};
	int err = store_open(dir, &options, &s, fault);

	if (err) {
		json_decref(args);
		return err;
	}
	n.store = s;
	node_input(&in, "node.init", "command", args);
	in.now = now;
	verb_apply(s, &n, node_verbs, &in, &result);
	store_close(s);
	json_decref(result.out);
	if (result.err && fault)
		*fault = result.fault;
	return result.err;
}

/* What the verb needs: the genesis operation, the seed it is signed with, and the first settings.
 */
static int init_args(const struct conf *conf, const char *name, const uint8_t seed[32],
		     const uint8_t secret[32], int64_t now, json_t **ret_args, struct fault *fault)
{
	char hex[65];
	struct key key;
	json_t *genesis;
	int err = origin_check(conf->url, origin_is_loopback_http(conf->url), fault);

	if (err)
		return err;
	if (!*name || strlen(name) > NODE_NAME || strpbrk(name, "\r\n"))
		return fault_set(fault, ERR_INVALID, "/name", "A node's name is one line of text.",
				 NULL);
	key_from_seed(&key, seed);
	err = identity_genesis(&key, secret, conf->url, now, &genesis);
	key_done(&key);
	if (err)
		return err;
	hex_encode(seed, 32, hex);
	*ret_args = json_pack("{s:[o], s:s, s:s, s:s}", "operations", genesis, "seed", hex, "name",
			      name, "territory", conf->territory);
	sodium_memzero(hex, sizeof(hex));
	return *ret_args ? OK : ERR_NOMEM;
}

int node_init(const char *dir, const struct conf *conf, const char *name, const uint8_t seed[32],
	      const uint8_t secret[32], int64_t now, struct fault *fault)
{
	json_t *args = NULL;
	int err = key_library_init();

	if (!err)
		err = conf_check(conf, fault);
	if (!err)
		err = dir_make(dir, fault);
	if (!err)
		err = init_args(conf, name, seed, secret, now, &args, fault);
	if (!err)
		err = store_make(dir, conf, args, now, fault);
	/* Last, so that a folder with a configuration holds a node. */
	if (!err)
		err = conf_save(dir, conf, fault);
	return err;
}

static int text_put(struct txn *t, const char *key, const char *text)
{
	return *text ? txn_put(t, TABLE_META, key, strlen(key), text, strlen(text)) : OK;
}

static int self_put(struct txn *t, const json_t *args, const char *name, int64_t now,
		    struct fault *fault)
{
	json_t *operations = json_object_get(args, "operations");
	struct origin self = {.confirmed = 1};
	struct feed feed = {.audience = "public", .epoch = now};
	int err = identity_read(operations, &self.identity, fault);

	if (err)
		return err;
	snprintf(self.name, sizeof(self.name), "%s", name);
	err = origin_put(t, &self);
	if (!err)
		err = origin_ops_put(t, self.origin, operations);
	feed.origin = self.origin;
	if (!err)
		err = feed_put(t, &feed);
	if (!err && (self.origin != 1 || feed.feed != 1))
		err = ERR_EXISTS;
	return err ? err : text_put(t, "nid", self.identity.nid);
}

int node_init_verb(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		   struct fault *fault)
{
	const char *name, *territory;
	uint8_t seed[32];
	struct view held;
	int err;

	if ((err = arg_text(in->args, "name", NODE_NAME + 1, 0, &name, fault)) ||
	    (err = arg_text(in->args, "territory", 8, 1, &territory, fault)) ||
	    (err = arg_hash(in->args, "seed", seed, fault)))
		return err;
	if (!txn_get(t, TABLE_META, "key", 3, &held))
		return fault_set(fault, ERR_EXISTS, "", "This store holds a node already.", NULL);
	err = self_put(t, in->args, name, in->now, fault);
	if (!err)
		err = txn_put(t, TABLE_META, "key", 3, seed, sizeof(seed));
	sodium_memzero(seed, sizeof(seed));
	if (!err)
		err = text_put(t, "setting:name", name);
	if (!err && territory)
		err = text_put(t, "setting:territory", territory);
	return err;
}

/* --- verbs --- */

void node_input(struct verb_input *in, const char *verb, const char *actor, json_t *args)
{
	memset(in, 0, sizeof(*in));
	in->verb = verb;
	snprintf(in->actor, sizeof(in->actor), "%s", actor);
	in->now = time(NULL);
	randombytes_buf(in->random, sizeof(in->random));
	in->args = args;
}

void node_apply(struct node *n, struct verb_input *in, struct verb_result *ret)
{
	if (n->writer)
		writer_apply(n->writer, in, ret);
	else
		verb_apply(n->store, n, node_verbs, in, ret);
}

uint64_t node_public_counter(struct txn *t)
{
	return txn_counter(t, "public");
}
