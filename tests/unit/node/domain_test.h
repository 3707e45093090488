/*
 * Nodes in scratch folders, verbs with fixed time and random bytes, and pages of feeds made from
 * ENTRY and HEAD as a node would serve them.
 */
#ifndef MAILLAGE_TEST_DOMAIN_H
#define MAILLAGE_TEST_DOMAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/domain/check.h"
#include "node/domain/entry.h"
#include "node/domain/ingest.h"
#include "node/domain/node.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/head.h"

enum { T0 = 1790000000, NODES = 3 };

struct world {
	char dir[64];
	struct node *node[NODES];
	uint64_t drawn; /* verbs so far: each has its own random bytes */
};

static inline struct node *world_node(struct world *w, int i)
{
	static const char *const urls[NODES] = {"https://lune.example.org",
						"https://mars.example.org",
						"https://venus.example.org"};
	const char *srcdir = getenv("srcdir");
	char dir[128], share[512];
	uint8_t seed[32], secret[32];
	struct fault fault = {0};
	struct conf conf;

	if (w->node[i])
		return w->node[i];
	memset(seed, 16 + i, sizeof(seed));
	memset(secret, 64 + i, sizeof(secret));
	conf_defaults(&conf);
	conf.map_gib = 1;
	snprintf(conf.url, sizeof(conf.url), "%s", urls[i]);
	snprintf(dir, sizeof(dir), "%s/%d", w->dir, i);
	snprintf(share, sizeof(share), "%s/protocol/types", srcdir ? srcdir : ".");
	if (node_init(dir, &conf, "Nœud", seed, secret, T0, &fault) ||
	    node_open(dir, share, &w->node[i], &fault)) {
		char text[400];

		fault_text(&fault, text, sizeof(text));
		fail_msg("node %d: %s", i, text);
	}
	return w->node[i];
}

static inline int world_new(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *tmp = getenv("TMPDIR");

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "%s/domain-XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(w->dir))
		return -1;
	*state = w;
	return 0;
}

static inline int world_free(void **state)
{
	static const char *const files[] = {"store.mdb", "store.mdb-lock", "maillage.conf"};
	struct world *w = *state;
	char path[160];

	for (int i = 0; i < NODES; i++) {
		node_close(w->node[i]);
		for (int f = 0; f < 3; f++) {
			snprintf(path, sizeof(path), "%s/%d/%s", w->dir, i, files[f]);
			unlink(path);
		}
		snprintf(path, sizeof(path), "%s/%d", w->dir, i);
		rmdir(path);
	}
	if (rmdir(w->dir))
		return -1; /* something was left behind */
	free(w);
	return 0;
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_new, world_free)

/* Any document. The caller owns it. */
static inline json_t *doc(const char *fmt, ...)
{
	char text[8192];
	va_list args;
	json_t *d;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	d = json_loads(text, 0, NULL);
	if (!d)
		fail_msg("no JSON: %s", text);
	return d;
}

/* Random bytes of the n-th verb. */
static inline void draw(uint64_t n, uint8_t out[VERB_RANDOM])
{
	uint8_t place[8], hash[32];

	be64_put(place, n);
	digest_bytes(place, sizeof(place), hash);
	memcpy(out, hash, 32);
	memcpy(out + 32, hash, 32);
}

/* Run a verb at T0 + `at`; its answer in *ret_out (may be NULL). */
static inline struct verb_result run(struct world *w, int node, int at, const char *verb,
				     json_t *args)
{
	struct verb_result r = {0};
	struct verb_input in;

	node_input(&in, verb, "command", args);
	in.now = T0 + at;
	draw(++w->drawn, in.random);
	node_apply(world_node(w, node), &in, &r);
	return r;
}

static inline json_t *must(struct world *w, int node, int at, const char *verb, json_t *args)
{
	struct verb_result r = run(w, node, at, verb, args);
	char text[400];

	fault_text(&r.fault, text, sizeof(text));
	if (r.err)
		fail_msg("%s: %s (%s %s)", verb, err_name(r.err), text, r.fault.pointer);
	return r.out;
}

static inline void done(json_t *out)
{
	json_decref(out);
}

/* A verb that must be refused with this code at this pointer. */
static inline void refused(struct world *w, int node, int at, const char *verb, json_t *args,
			   int err, const char *pointer)
{
	struct verb_result r = run(w, node, at, verb, args);

	assert_string_equal(err_name(r.err), err_name(err));
	assert_string_equal(r.fault.pointer, pointer);
	assert_non_null(r.fault.key);
	json_decref(r.out);
}

/* Create a record; its id is written to out. Takes fields. */
static inline uint32_t create(struct world *w, int node, int at, const char *type, json_t *fields,
			      char out[OBJECT_ID_MAX])
{
	json_t *r = must(w, node, at, "entry.create",
			 json_pack("{s:s, s:o}", "type", type, "fields", fields));
	uint32_t object = (uint32_t)json_integer_value(json_object_get(r, "object"));

	if (out)
		snprintf(out, OBJECT_ID_MAX, "%s", json_string_value(json_object_get(r, "id")));
	json_decref(r);
	return object;
}

static inline struct txn *begin_read(struct world *w, int node)
{
	struct txn *t = NULL;

	assert_int_equal(txn_read(world_node(w, node)->store, &t), OK);
	return t;
}

static inline char *dump(struct world *w, int node)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(store_dump(world_node(w, node)->store, f), OK);
	fclose(f);
	return text;
}

/* Does the dump hold these bytes, in any key or value? */
static inline bool dump_has(const char *dumped, const char *bytes)
{
	char hex[400];

	hex_encode((const uint8_t *)bytes, strlen(bytes), hex);
	return strstr(dumped, hex) != NULL;
}

/* --- feeds --- */

static inline json_t *view_doc(struct view v)
{
	json_t *d = NULL;

	assert_int_equal(canon_read((const char *)v.data, v.len, CANON_NATIVE, &d, NULL), OK);
	return d;
}

static inline json_t *page_entry(int64_t rev, json_t *object)
{
	char text[DIGEST_TEXT];
	uint8_t digest[32];
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(canon_write(object, &b), OK);
	digest_bytes(b.data, b.len, digest);
	buf_done(&b);
	digest_text(digest, text);
	return json_pack("{s:I, s:O, s:O, s:s, s:o}", "rev", (json_int_t)rev, "id",
			 json_object_get(object, "id"), "type", json_object_get(object, "type"),
			 "digest", text, "object", object);
}

/* A page of a node's own feed, under the head it holds. */
static inline json_t *page_make(struct world *w, int node, const char *after, size_t limit)
{
	struct node *n = world_node(w, node);
	struct txn *t = begin_read(w, node);
	json_t *entries = json_array(), *head, *page;
	char next[CURSOR_TEXT];
	int64_t epoch, rev, last;
	uint32_t object;
	struct record r;
	struct view v;
	bool more = false;

	assert_int_equal(cursor_parse(after, &epoch, &last), OK);
	assert_int_equal(feed_head(t, 1, &v), OK);
	head = view_doc(v);
	while (!record_next(t, 1, last, &rev, &object)) {
		if (json_array_size(entries) == limit) {
			more = true;
			break;
		}
		assert_int_equal(record_get(t, object, &r), OK);
		json_array_append_new(entries, page_entry(rev, view_doc(r.json)));
		last = rev;
	}
	txn_end(t);
	if (!more)
		last = json_integer_value(json_object_get(head, "rev"));
	cursor_format(json_integer_value(json_object_get(head, "epoch")), last, next);
	page = json_pack("{s:s, s:s, s:o, s:s, s:b, s:o}", "origin", n->identity.nid, "audience",
			 "public", "entries", entries, "next", next, "more", more, "head", head);
	assert_non_null(page);
	return page;
}

/* `reader` learns who `node` is. */
static inline void introduce(struct world *w, int reader, int node)
{
	struct txn *t = begin_read(w, node);
	json_t *ops = NULL;

	assert_int_equal(origin_ops(t, 1, &ops), OK);
	txn_end(t);
	done(must(w, reader, 0, "origin.add",
		  json_pack("{s:o, s:b, s:s}", "operations", ops, "confirmed", 1, "name",
			    "Un autre")));
}

/* Arguments of feed.page. Takes page. */
static inline json_t *page_args(struct world *w, int node, const char *after, json_t *page)
{
	return json_pack("{s:s, s:s, s:s, s:o}", "origin", world_node(w, node)->identity.nid,
			 "audience", "public", "after", after, "page", page);
}

/* Sign `node`'s head and let `reader` read the whole feed. */
static inline void read_all(struct world *w, int reader, int node, int at, size_t limit)
{
	struct verb_result signed_head = run(w, node, at, "head.sign", json_object());
	char after[CURSOR_TEXT] = "0.0";
	bool more = true;

	json_decref(signed_head.out);
	while (more) {
		json_t *out = must(w, reader, at, "feed.page",
				   page_args(w, node, after, page_make(w, node, after, limit)));

		more = json_is_true(json_object_get(out, "more"));
		if (!more)
			assert_true(json_is_true(json_object_get(out, "matched")));
		snprintf(after, sizeof(after), "%s",
			 json_string_value(json_object_get(out, "next")));
		json_decref(out);
	}
}

/* --- check --- */

struct findings {
	int n;
	char first[400];
};

static inline void note_finding(void *arg, const char *line)
{
	struct findings *f = arg;

	if (!f->n++)
		snprintf(f->first, sizeof(f->first), "%s", line);
}

static inline void assert_clean(struct world *w, int node)
{
	struct findings f = {0};
	int err = check_run(world_node(w, node), note_finding, NULL, &f);

	if (err)
		fail_msg("check: %s, %d findings, the first: %s", err_name(err), f.n, f.first);
}

#endif
