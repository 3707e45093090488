#include "tests/unit/node/domain_test.h"

#include <lmdb.h>

#include "node/store/posting.h"

static char first_id[OBJECT_ID_MAX];

/* An own and a foreign feed, edits and a tombstone: enough leaves that the set tree has inner
 * nodes. */
static void fill(struct world *w)
{
	char name[160], gone[OBJECT_ID_MAX];

	introduce(w, 0, 1);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name),
			 "{'name':'Lieu numéro "
			 "%d','location':{'latitude':'48.%d','longitude':'2.3'}}",
			 i, 100 + i);
		create(w, 0, 1, "Place", doc("%s", name), i ? gone : first_id);
		create(w, 1, 1, "Organization",
		       doc("{'name':'Association %d','profile':'association'}", i), NULL);
	}
	done(must(w, 0, 2, "entry.delete", json_pack("{s:s}", "id", gone)));
	done(must(w, 0, 3, "head.sign", json_object()));
	read_all(w, 0, 1, 4, 500);
}

/* First item of a table at or after `start`, copied. */
struct item {
	uint8_t key[512], val[8192];
	size_t key_len, val_len;
};

static struct item item_at(struct txn *t, enum table table, const char *start, size_t len)
{
	struct view key, val;
	struct item i = {.key_len = 0};
	struct walk *w;

	assert_int_equal(walk_open(t, table, start, len, false, NULL, 0, &w), OK);
	assert_int_equal(walk_next(w, &key, &val), OK);
	memcpy(i.key, key.data, i.key_len = key.len);
	memcpy(i.val, val.data, i.val_len = val.len);
	walk_close(w);
	return i;
}

static struct txn *begin_write(struct world *w)
{
	struct txn *t = NULL;

	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	return t;
}

static void expect_finding(struct world *w, const char *what, const char *beginning)
{
	struct findings f = {0};

	if (check_run(world_node(w, 0), note_finding, NULL, &f) != ERR_CORRUPT || !f.n)
		fail_msg("%s: nothing was found", what);
	if (strncmp(f.first, beginning, strlen(beginning)) != 0)
		fail_msg("%s: \"%s\" is not \"%s…\"", what, f.first, beginning);
}

static void repaired(struct world *w)
{
	json_t *out = must(w, 0, 9, "reindex", json_object());

	assert_true(json_integer_value(json_object_get(out, "objects")) >= 80);
	json_decref(out);
	assert_clean(w, 0);
}

static void count_progress(void *arg, uint64_t done_, uint64_t total)
{
	uint64_t *seen = arg;

	assert_true(done_ <= total && done_ >= *seen);
	*seen = done_;
}

static void clean(void **state)
{
	struct world *w = *state;
	uint64_t seen = 0;
	char *before, *after;

	assert_clean(w, 0);
	fill(w);
	assert_clean(w, 0);
	assert_clean(w, 1);
	assert_int_equal(check_run(world_node(w, 0), NULL, count_progress, &seen), OK);
	assert_int_equal(seen, 80);
	/* Reindexing what is in order changes nothing but the counter (postings may be cut anew).
	 */
	before = dump(w, 0);
	repaired(w);
	after = dump(w, 0);
	assert_int_equal(strlen(before) > 1000, 1);
	free(before);
	free(after);
}

/* A damage planted in each derived table is found, named and repaired. */
static void derived_tables(void **state)
{
	static const enum table tables[] = {TABLE_LEAF, TABLE_NODE,    TABLE_SET,
					    TABLE_LIST, TABLE_POSTING, TABLE_FACET};
	struct world *w = *state;
	struct item i;
	struct txn *t;

	fill(w);
	for (size_t n = 0; n < sizeof(tables) / sizeof(tables[0]); n++) {
		const char *name = store_table_name(tables[n]);

		t = begin_write(w);
		i = item_at(t, tables[n], "", 0);
		assert_int_equal(txn_del(t, tables[n], i.key, i.key_len), OK);
		assert_int_equal(txn_commit(t), OK);
		expect_finding(w, "missing", name);
		repaired(w);

		t = begin_write(w);
		i = item_at(t, tables[n], "", 0);
		i.val[i.val_len - 1] ^= 1;
		assert_int_equal(txn_put(t, tables[n], i.key, i.key_len, i.val, i.val_len), OK);
		assert_int_equal(txn_commit(t), OK);
		expect_finding(w, "changed", name);
		repaired(w);

		t = begin_write(w);
		i = item_at(t, tables[n], "", 0);
		i.key[i.key_len - 5] ^= 1;
		assert_int_equal(txn_put(t, tables[n], i.key, i.key_len, i.val, i.val_len), OK);
		assert_int_equal(txn_commit(t), OK);
		expect_finding(w, "extra", name);
		repaired(w);
	}
}

static void postings(void **state)
{
	struct world *w = *state;
	struct posting_batch *b = posting_batch_new();
	struct txn *t;

	fill(w);
	t = begin_write(w);
	posting_remove(b, "lieu", 4, 3);
	posting_add(b, "lieu", 4, 60);
	posting_add(b, "canular", 7, 3);
	assert_int_equal(posting_flush(b, t), OK);
	assert_int_equal(txn_commit(t), OK);
	posting_batch_free(b);
	expect_finding(w, "a term removed", "posting: object 3: term \"lieu\" is missing");
	repaired(w);
}

static void rows_and_counts(void **state)
{
	struct world *w = *state;
	struct entry_use use = {1, 2};
	struct record r;
	struct txn *t;

	fill(w);
	t = begin_write(w);
	assert_int_equal(record_get(t, 5, &r), OK);
	r.row = (struct view){0};
	r.flags = RECORD_HIDDEN;
	assert_int_equal(record_put(t, &r, first_id, NULL), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "row", "object: object 5: its flags");
	repaired(w);

	t = begin_write(w);
	assert_int_equal(entry_use_put(t, 1, &use), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "use", "meta: origin 1: what it takes is miscounted");
	repaired(w);
}

/* Damage to what is not derived is found; no reindex can repair it. */
static void drop_table(const char *dir, const char *name)
{
	char file[128];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	snprintf(file, sizeof(file), "%s/0/store.mdb", dir);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, file, MDB_NOSUBDIR, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, name, 0, &dbi), 0);
	assert_int_equal(mdb_drop(txn, dbi, 1), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

/* A store of a version that had fewer tables is brought up to date when it is opened. */
static void older_store(void **state)
{
	struct world *w = *state;
	const struct store_options look = {.map_size = 1 << 30, .read_only = 1};
	const char *srcdir = getenv("srcdir");
	char share[512], dir[128], term[POSTING_TERM_MAX + 1];
	struct fault fault = {0};
	struct store *s = NULL;
	struct view mark;
	struct txn *t;
	size_t len;

	fill(w);
	node_close(w->node[0]);
	w->node[0] = NULL;
	drop_table(w->dir, "facet");
	drop_table(w->dir, "invite");
	snprintf(dir, sizeof(dir), "%s/0", w->dir);
	snprintf(share, sizeof(share), "%s/protocol/types", srcdir ? srcdir : ".");
	assert_int_equal(store_open(dir, &look, &s, &fault), ERR_AGAIN);
	assert_non_null(strstr(fault.key, "older version"));
	assert_int_equal(node_open(dir, share, &w->node[0], &fault), OK);
	t = begin_read(w, 0);
	len = derive_facet_term("type", "Place", term);
	assert_int_equal(facet_count(t, term, len), 39);
	assert_int_equal(txn_get(t, TABLE_META, STORE_REINDEX, strlen(STORE_REINDEX), &mark),
			 ERR_NOTFOUND);
	assert_int_equal(txn_entries(t, TABLE_INVITE), 0);
	txn_end(t);
	assert_clean(w, 0);
}

/* What cannot be read is not "nothing": the tables stay as they are. */
static void reindex_that_fails(void **state)
{
	struct world *w = *state;
	struct txn *t;

	fill(w);
	t = begin_write(w);
	assert_int_equal(txn_put(t, TABLE_OBJECT, "\xff\xff\xff", 3, "", 0), OK);
	assert_int_equal(txn_commit(t), OK);
	assert_int_equal(run(w, 0, 9, "reindex", json_object()).err, ERR_CORRUPT);
	t = begin_write(w);
	assert_true(txn_entries(t, TABLE_LIST) > 0);
	assert_int_equal(txn_del(t, TABLE_OBJECT, "\xff\xff\xff", 3), OK);
	assert_int_equal(txn_commit(t), OK);
	assert_clean(w, 0);
}

static void sources(void **state)
{
	struct world *w = *state;
	struct item i;
	struct txn *t;
	struct view v;
	uint8_t key[32];

	fill(w);
	t = begin_write(w);
	i = item_at(t, TABLE_OBJECT, "\0\0\0\2", 4);
	*(char *)memmem(i.val, i.val_len, "Lieu num", 8) = 'M';
	assert_int_equal(txn_put(t, TABLE_OBJECT, i.key, i.key_len, i.val, i.val_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "object", "object: object 2: ");
	t = begin_write(w);
	*(char *)memmem(i.val, i.val_len, "Mieu num", 8) = 'L';
	assert_int_equal(txn_put(t, TABLE_OBJECT, i.key, i.key_len, i.val, i.val_len), OK);
	assert_int_equal(txn_commit(t), OK);
	assert_clean(w, 0);

	t = begin_write(w);
	i.val[40] ^= 1; /* the digest */
	assert_int_equal(txn_put(t, TABLE_OBJECT, i.key, i.key_len, i.val, i.val_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "digest", "object: object 2: the digest");
	t = begin_write(w);
	i.val[40] ^= 1;
	i.val[i.val_len - 1] = ' ';
	assert_int_equal(txn_put(t, TABLE_OBJECT, i.key, i.key_len, i.val, i.val_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "no JSON", "object: object 2: cannot be read");
	refused(w, 0, 9, "reindex", json_object(), ERR_CORRUPT, "");
	t = begin_write(w);
	i.val[i.val_len - 1] = '}';
	assert_int_equal(txn_put(t, TABLE_OBJECT, i.key, i.key_len, i.val, i.val_len), OK);

	i = item_at(t, TABLE_ENTRY, "", 0);
	assert_int_equal(txn_del(t, TABLE_ENTRY, i.key, i.key_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "entry", "entry: object 1: its feed does not list it");
	t = begin_write(w);
	assert_int_equal(txn_put(t, TABLE_ENTRY, i.key, i.key_len, i.val, i.val_len), OK);

	digest_bytes(first_id, strlen(first_id), key);
	assert_int_equal(txn_put(t, TABLE_DEAD, key, 32, "\0\0\0\1", 4), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "dead", "dead: object 1: is dead");
	t = begin_write(w);
	assert_int_equal(txn_del(t, TABLE_DEAD, key, 32), OK);

	i = item_at(t, TABLE_OBJECT_KEY, "", 0);
	assert_int_equal(txn_del(t, TABLE_OBJECT_KEY, i.key, i.key_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "object_key", "object_key: object ");
	t = begin_write(w);
	assert_int_equal(txn_put(t, TABLE_OBJECT_KEY, i.key, i.key_len, i.val, i.val_len), OK);

	assert_int_equal(feed_head(t, 1, &v), OK);
	i = item_at(t, TABLE_HEAD, "", 0);
	*(char *)memmem(i.val, i.val_len, "\"rev\":41", 8) = '\'';
	assert_int_equal(txn_put(t, TABLE_HEAD, i.key, i.key_len, i.val, i.val_len), OK);
	assert_int_equal(txn_commit(t), OK);
	expect_finding(w, "head", "head: feed 1: its head does not verify");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(clean),	     world_test(derived_tables), world_test(postings),
		world_test(rows_and_counts), world_test(sources), world_test(older_store), world_test(reindex_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
