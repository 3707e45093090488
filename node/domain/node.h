/*
 * One node: its store, keys and what every verb and page needs.  Made by the composition root
 * (tools/maillage) and passed; there are no globals.
 */
#ifndef MAILLAGE_DOMAIN_NODE_H
#define MAILLAGE_DOMAIN_NODE_H

#include <jansson.h>

#include "node/conf.h"
#include "node/store/writer.h"
#include "node/zone.h"
#include "protocol/identity.h"
#include "protocol/key.h"

struct territories;
struct sync;
struct password_pool;

struct node {
	char dir[512], share[512];	/* DIR; where installed data files are */
	struct conf conf;
	struct store *store;
	struct writer *writer;		/* NULL in commands: verb_apply is used instead */
	struct key key;			/* signing key */
	struct identity identity;	/* this node: origin 1, public feed 1 */
	json_t *vocabularies;
	struct zone_set *zones;
	struct territories *territories;	/* loaded on first use by commands, at start by serve */
	struct sync *sync;		/* NULL in commands */
	struct password_pool *passwords;
	void *front;			/* the web room's context */
};

/* Every verb of the domain, ended by {NULL, NULL}. */
extern const struct verb node_verbs[];

/* `share` NULL: $MAILLAGE_SHARE, else PKGDATADIR, for vocabularies.json, communes.csv, templates, static, locale. */
int node_open(const char *dir, const char *share, struct node **ret_node, struct fault *fault);
void node_close(struct node *n);
/*
 * `maillage init`: makes DIR, maillage.conf and the store; verb "node.init" writes identity and
 * settings. secret and seed are 32 random bytes each. Refuses a DIR that holds a node.
 */
int node_init(const char *dir, const struct conf *conf, const char *name, const uint8_t seed[32],
	      const uint8_t secret[32], int64_t now, struct fault *fault);

/* Fill `in` with actor, time and fresh random bytes: the one place where a verb's inputs meet clock and entropy. */
void node_input(struct verb_input *in, const char *verb, const char *actor, json_t *args);
/* Apply through the writer thread if there is one, else at once. */
void node_apply(struct node *n, struct verb_input *in, struct verb_result *ret);

/* Settings an administrator changes in the browser (META "setting:…"): name, tagline, accent, legal, privacy,
 * accessibility (none|partial|full), accessibility_text, contact, territory. `out` "" if unset. */
int setting_get(struct txn *t, const char *name, char *out, size_t size);
/* Counter bumped by every change that anonymous readers can see; part of their ETag. */
uint64_t node_public_counter(struct txn *t);

#endif
