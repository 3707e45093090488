#include "node/domain/check.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/domain/check_run.h"
#include "node/domain/head_read.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/head.h"
#include "protocol/tree.h"

enum { STEP = 1000, LINE = 400 };

void check_finding(struct check *c, const char *fmt, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	c->found++;
	if (c->finding)
		c->finding(c->arg, line);
}

/* --- objects --- */

/* What the verification of one object needs of its feed; kept from object to object. */
struct source {
	struct feed feed;
	struct origin origin;
};

static int source_load(struct check *c, const struct record *r, struct source *s)
{
	int err;

	if (s->feed.feed == r->feed && s->origin.origin == r->origin)
		return OK;
	memset(s, 0, sizeof(*s));
	err = feed_get(c->txn, r->feed, &s->feed);
	if (!err)
		err = origin_get(c->txn, r->origin, &s->origin);
	if (!err && s->feed.origin != r->origin)
		err = ERR_CORRUPT;
	if (err == ERR_NOTFOUND || err == ERR_CORRUPT) {
		s->feed.feed = 0;
		check_finding(c, "object: object %u: its feed or origin cannot be read",
			      (unsigned)r->object);
		return ERR_NOTFOUND;
	}
	return err;
}

static void check_signature(struct check *c, const struct record *r, const struct source *s,
			    const struct reread *w)
{
	unsigned object = (unsigned)r->object;
	struct fault fault = {0};
	struct envelope env;
	uint8_t digest[32];
	struct buf bytes;
	char text[300];

	buf_init(&bytes, 2 * OBJECT_MAX);
	if (object_verify(w->doc, &s->origin.identity, s->feed.audience, &env, &bytes, digest,
			  &fault)) {
		fault_text(&fault, text, sizeof(text));
		check_finding(c, "object: object %u: %s", object, text);
	} else if (bytes.len != r->json.len || memcmp(bytes.data, r->json.data, bytes.len) != 0) {
		check_finding(c, "object: object %u: its bytes are not canonical", object);
	} else if (memcmp(digest, r->digest, sizeof(digest)) != 0) {
		check_finding(c, "object: object %u: the digest is not that of its bytes", object);
	}
	buf_done(&bytes);
}

static void check_places(struct check *c, const struct record *r, const struct reread *w)
{
	unsigned object = (unsigned)r->object;
	uint8_t entry[12], key[32];
	struct view v;
	uint32_t found = 0;
	bool dead;

	if (record_find(c->txn, r->origin, w->env.id, &found) || found != r->object)
		check_finding(c, "object_key: object %u: is not found by its id", object);
	be32_put(entry, r->feed);
	be64_put(entry + 4, (uint64_t)r->rev);
	if (txn_get(c->txn, TABLE_ENTRY, entry, sizeof(entry), &v) || v.len != 4 ||
	    be32_get(v.data) != r->object)
		check_finding(c, "entry: object %u: its feed does not list it", object);
	tree_key(w->env.id, key);
	dead = !txn_get(c->txn, TABLE_DEAD, key, sizeof(key), &v);
	if (dead != w->env.tombstone)
		check_finding(c, "dead: object %u: %s", object,
			      dead ? "is dead and has not been removed"
				   : "its tombstone is not recorded");
	if (w->env.rev != r->rev)
		check_finding(c, "object: object %u: its revision is not that of its bytes",
			      object);
	if (w->flags != r->flags)
		check_finding(c, "object: object %u: its flags do not follow from its bytes",
			      object);
	if (r->row.len != (w->shown ? w->derived.row.len : 0) ||
	    (r->row.len && memcmp(r->row.data, w->derived.row.data, r->row.len) != 0))
		check_finding(c, "object: object %u: its row does not follow from its bytes",
			      object);
}

static int check_object(struct check *c, uint32_t object, struct source *s)
{
	struct reread w;
	struct record r;
	int err = record_get(c->txn, object, &r);

	if (err == ERR_NOTFOUND)
		return OK;
	if (!err) {
		c->objects++;
		err = use_table_add(&c->use, &r);
	}
	if (!err)
		err = reread_load(&r, c->batch.terms, &w);
	if (err == ERR_CORRUPT) {
		check_finding(c, "object: object %u: cannot be read", (unsigned)object);
		return OK;
	}
	if (err)
		return err;
	err = source_load(c, &r, s);
	if (!err) {
		check_signature(c, &r, s, &w);
		check_places(c, &r, &w);
	}
	if (!err || err == ERR_NOTFOUND)
		err = reread_index(c->rebuilt, &c->batch, &r, &w);
	reread_done(&w);
	return err;
}

/* The scratch store is written in pieces, so that its transactions stay small. */
static int rebuild_step(struct check *c)
{
	int err = entry_batch_flush(&c->batch, c->rebuilt);

	if (!err)
		err = txn_commit(c->rebuilt);
	else
		txn_end(c->rebuilt);
	c->rebuilt = NULL;
	return err ? err : txn_write(c->scratch, &c->rebuilt);
}

static int check_objects(struct check *c)
{
	struct source s = {0};
	uint32_t last;
	int err = txn_last(c->txn, TABLE_OBJECT, &last);

	for (uint32_t o = 1; o <= last && !err; o++) {
		err = check_object(c, o, &s);
		if (!err && o % STEP == 0)
			err = rebuild_step(c);
		if (c->progress && (o % 256 == 0 || o == last))
			c->progress(c->arg, o, last);
	}
	return err ? err : rebuild_step(c);
}

/* --- feeds and origins --- */

static int check_entries(struct check *c)
{
	struct view key, val;
	struct walk *w;
	int err = walk_open(c->txn, TABLE_ENTRY, NULL, 0, false, NULL, 0, &w);

	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		struct record r;

		if (key.len != 12 || val.len != 4 || record_get(c->txn, be32_get(val.data), &r) ||
		    r.feed != be32_get(key.data) || (uint64_t)r.rev != be64_get(key.data + 4))
			check_finding(c, "entry: object %u: is listed at a place it does not have",
				      val.len == 4 ? (unsigned)be32_get(val.data) : 0);
	}
	walk_close(w);
	if (txn_entries(c->txn, TABLE_OBJECT_KEY) != c->objects)
		check_finding(c, "object_key: holds other ids than those of the objects");
	return err == ERR_NOTFOUND ? OK : err;
}

static void check_head(struct check *c, const struct feed *f, const struct origin *o)
{
	struct head *h = calloc(1, sizeof(*h));
	json_t *doc = NULL;
	int err = h ? head_load(c->txn, f->feed, &doc) : ERR_NOMEM;

	if (!err)
		err = head_verify(doc, &o->identity, h, NULL);
	if (err && err != ERR_NOTFOUND)
		check_finding(c, "head: feed %u: its head does not verify", (unsigned)f->feed);
	else if (!err && strcmp(h->audience, f->audience) != 0)
		check_finding(c, "head: feed %u: its head is of another audience",
			      (unsigned)f->feed);
	else if (!err && o->origin == 1 && h->epoch == f->epoch && h->rev > f->rev)
		check_finding(c, "head: feed %u: its head is ahead of it", (unsigned)f->feed);
	else if (!err && o->origin == 1 && h->epoch == f->epoch && h->rev == f->rev &&
		 !ingest_matches(c->txn, f->feed, h))
		check_finding(c, "head: feed %u: its head does not match its sets",
			      (unsigned)f->feed);
	json_decref(doc);
	free(h);
}

/* Nothing of this node lies beyond the last rev it gave. */
static void check_feed(struct check *c, const struct feed *f)
{
	struct origin o;
	int64_t rev;
	uint32_t object;

	if (origin_get(c->txn, f->origin, &o)) {
		check_finding(c, "feed: feed %u: its origin cannot be read", (unsigned)f->feed);
		return;
	}
	if (f->origin == 1 && !record_next(c->txn, f->feed, f->rev, &rev, &object))
		check_finding(c, "feed: feed %u: object %u lies beyond its last revision",
			      (unsigned)f->feed, (unsigned)object);
	check_head(c, f, &o);
}

static void check_origin(struct check *c, const struct origin *o)
{
	struct entry_use held, none = {0};
	const struct entry_use *is = o->origin < c->use.n ? &c->use.use[o->origin] : &none;
	struct identity id;
	json_t *ops = NULL;

	if (origin_ops(c->txn, o->origin, &ops) || identity_read(ops, &id, NULL) ||
	    strcmp(id.nid, o->identity.nid) != 0 || memcmp(id.sign, o->identity.sign, 32) != 0)
		check_finding(c, "identity: origin %u: its log does not give its identity",
			      (unsigned)o->origin);
	json_decref(ops);
	entry_use_get(c->txn, o->origin, &held);
	if (memcmp(&held, is, sizeof(held)) != 0)
		check_finding(c, "meta: origin %u: what it takes is miscounted",
			      (unsigned)o->origin);
}

static int check_sources(struct check *c)
{
	struct origin o = {0};
	struct feed f = {0};
	int err;

	while (!(err = feed_next(c->txn, f.feed, &f)))
		check_feed(c, &f);
	if (err == ERR_CORRUPT)
		check_finding(c, "feed: feed %u or the next cannot be read", (unsigned)f.feed);
	else if (err != ERR_NOTFOUND)
		return err;
	while (!(err = origin_next(c->txn, o.origin, &o)))
		check_origin(c, &o);
	if (err == ERR_CORRUPT)
		check_finding(c, "origin: origin %u or the next cannot be read",
			      (unsigned)o.origin);
	return err == ERR_NOTFOUND || err == ERR_CORRUPT ? OK : err;
}

/* --- the scratch store --- */

/* A folder with files only, made by this run. */
static void scratch_remove(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(dir);
}

static int check_all(struct check *c)
{
	int err = txn_read(c->node->store, &c->txn);

	if (!err)
		err = txn_write(c->scratch, &c->rebuilt);
	if (!err)
		err = entry_batch_init(&c->batch);
	if (!err)
		err = check_objects(c);
	if (!err)
		err = check_tables(c);
	if (!err)
		err = check_entries(c);
	if (!err)
		err = check_sources(c);
	entry_batch_done(&c->batch);
	txn_end(c->rebuilt);
	txn_end(c->txn);
	free(c->use.use);
	return err;
}

int check_run(struct node *n, void (*finding)(void *arg, const char *line),
	      void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg)
{
	struct check c = {.node = n, .finding = finding, .progress = progress, .arg = arg};
	struct store_options options = {.create = 1, .map_size = (size_t)n->conf.map_gib << 30};
	char dir[sizeof(n->dir) + 16];
	int err;

	snprintf(dir, sizeof(dir), "%s/check-XXXXXX", n->dir);
	if (!mkdtemp(dir))
		return ERR_IO;
	err = store_open(dir, &options, &c.scratch, NULL);
	if (!err) {
		err = check_all(&c);
		store_close(c.scratch);
	}
	scratch_remove(dir);
	return err ? err : c.found ? ERR_CORRUPT : OK;
}
