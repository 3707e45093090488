#include "tests/unit/node/store_test.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "protocol/base/codec.h"

static void opens(void **state)
{
	struct world *w = *state;
	struct store *s = NULL;
	struct fault fault = {0};
	struct stat st;
	char text[400];

	assert_int_equal(store_open("/nonexistent", NULL, &s, &fault), ERR_NOTFOUND);
	fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "There is no store in /nonexistent.");
	assert_null(s);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	world_reopen(w);
	for (int i = 0; i < TABLE_COUNT; i++)
		assert_true(*store_table_name(i));
}

static void opens_without_writing(void **state)
{
	struct world *w = *state;
	struct store_options o = {.map_size = TEST_MAP, .read_only = 1};
	struct fault fault;
	struct txn *t;
	uint64_t number = store_txn_number(w->store);

	world_reopen(w);
	assert_int_equal(store_txn_number(w->store), number);
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(store_open(w->dir, &o, &w->store, &fault), OK);
	assert_int_equal(store_txn_number(w->store), number);
	t = begin_read(w);
	assert_int_equal(txn_number(t), number);
	txn_end(t);
	assert_int_equal(txn_write(w->store, &t), ERR_DENIED);
}

static void refuses_newer_format(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct store *s = NULL;
	struct fault fault = {0};
	uint64_t number;
	uint8_t format[8];

	be64_put(format, STORE_FORMAT + 1);
	assert_int_equal(txn_put(t, TABLE_META, "format", 6, format, 8), OK);
	assert_int_equal(txn_commit(t), OK);
	number = store_txn_number(w->store);
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(store_open(w->dir, &test_options, &s, &fault), ERR_VERSION);
	assert_int_equal(fault.code, ERR_VERSION);
	assert_string_equal(fault.key,
			    "The store in %s was written by a newer version of this program.");
	assert_string_equal(fault.arg, w->dir);
	assert_true(number > 0);
}

static void refuses_other_files(void **state)
{
	struct world *w = *state;
	struct store *s = NULL;
	struct fault fault = {0};
	char page[8192];
	int fd;

	store_close(w->store);
	w->store = NULL;
	fd = open(w->path, O_WRONLY | O_TRUNC);
	memset(page, 'x', sizeof(page));
	assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	close(fd);
	assert_int_equal(store_open(w->dir, &test_options, &s, &fault), ERR_CORRUPT);
	assert_string_equal(fault.key, "The store in %s is damaged: restore a backup.");
}

/* Bytes lost at the end read as damage, they do not kill the process. */
static void survives_truncation(void **state)
{
	struct world *w = *state;
	struct fault fault;
	struct stat st, cut;
	char key[8], val[900];
	struct txn *t = begin_write(w);

	memset(val, 'v', sizeof(val));
	for (int i = 0; i < 4000; i++) {
		snprintf(key, sizeof(key), "%05d", i);
		assert_int_equal(txn_put(t, TABLE_PEER, key, 5, val, sizeof(val)), OK);
	}
	assert_int_equal(txn_commit(t), OK);
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(truncate(w->path, st.st_size / 3 / 4096 * 4096), 0);
	assert_int_equal(stat(w->path, &cut), 0);
	for (int i = 0; i < 2; i++) { /* nor does the first look make it seem whole */
		assert_int_equal(store_open(w->dir, &test_options, &w->store, &fault), ERR_CORRUPT);
		assert_int_equal(stat(w->path, &st), 0);
		assert_int_equal(st.st_size, cut.st_size);
	}
}

/* A transaction may take pages at the end and give them back without writing them. */
static void opens_what_is_short_of_free_pages(void **state)
{
	struct world *w = *state;
	struct fault fault;
	struct stat st;
	char key[8], val[900];
	struct txn *t = begin_write(w);

	memset(val, 'v', sizeof(val));
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "%05d", i);
		assert_int_equal(txn_put(t, TABLE_PEER, key, 5, val, sizeof(val)), OK);
	}
	assert_int_equal(txn_commit(t), OK);
	t = begin_write(w);
	assert_int_equal(txn_clear(t, TABLE_PEER), OK);
	assert_int_equal(txn_commit(t), OK);
	for (int i = 0; i < 8; i++) { /* what is used moves to the front */
		t = begin_write(w);
		assert_int_equal(put_text(t, TABLE_META, "a", "1"), OK);
		assert_int_equal(txn_commit(t), OK);
	}
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(truncate(w->path, st.st_size - (off_t)20 * 4096), 0);
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &fault), OK);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), 0);
	assert_true(has_text(t, TABLE_META, "a", "1"));
	txn_end(t);
}

/* A store that holds something has lost the record of its format, it is not new. */
static void refuses_lost_format(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct fault fault;

	assert_int_equal(txn_clear(t, TABLE_META), OK);
	assert_int_equal(txn_commit(t), OK);
	store_close(w->store);
	w->store = NULL;
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &fault), ERR_CORRUPT);
}

static void reuses_readers(void **state)
{
	struct world *w = *state;
	struct txn *many[126], *t;

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 120; i++)
			many[i] = begin_read(w);
		for (int i = 0; i < 120; i++)
			txn_end(many[i]);
	}
	/* The table of readers has an end, and it is told. */
	for (int i = 0; i < 126; i++)
		many[i] = begin_read(w);
	assert_int_equal(txn_read(w->store, &t), ERR_BUSY);
	for (int i = 0; i < 126; i++)
		txn_end(many[i]);
	t = begin_read(w);
	txn_end(t);
}

static void readers_see_snapshots(void **state)
{
	struct world *w = *state;
	struct txn *old = begin_read(w), *t = begin_write(w), *now;

	assert_int_equal(put_text(t, TABLE_PEER, "a", "1"), OK);
	assert_int_equal(txn_commit(t), OK);
	now = begin_read(w);
	assert_false(has_text(old, TABLE_PEER, "a", "1"));
	assert_true(has_text(now, TABLE_PEER, "a", "1"));
	assert_true(txn_number(now) == txn_number(old) + 1);
	txn_end(old);
	txn_end(now);
	old = begin_read(w); /* a reader taken from the pool is as new as any */
	assert_true(has_text(old, TABLE_PEER, "a", "1"));
	txn_end(old);
}

static void backs_up(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	char file[128], dir[128], *dump, *copy;
	struct store *s = NULL;
	struct fault fault;
	struct stat st;

	for (int i = 0; i < 3000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "peer %d", i);
		assert_int_equal(put_text(t, i % 2 ? TABLE_PEER : TABLE_LIST, key, key), OK);
	}
	assert_int_equal(txn_commit(t), OK);
	dump = dump_text(w->store);
	snprintf(dir, sizeof(dir), "%s/copy", w->dir);
	snprintf(file, sizeof(file), "%s/copy/store.mdb", w->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(store_backup(w->store, file, &fault), OK);
	assert_int_equal(store_backup(w->store, file, &fault), OK); /* over the last one */
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_open(dir, &test_options, &s, &fault), OK);
	copy = dump_text(s);
	assert_string_equal(copy, dump);
	assert_non_null(strstr(copy, "peer\t706565722031\t706565722031\n"));
	store_close(s);
	free(copy);
	free(dump);
	assert_int_equal(store_backup(w->store, "/nonexistent/b.mdb", &fault), ERR_NOTFOUND);
	assert_string_equal(fault.key, "The backup %s could not be written.");
}

/* A backup written over the store would leave whoever has it open with a file without a name. */
static void keeps_backups_off_itself(void **state)
{
	static const char *const names[] = {"store.mdb", "./store.mdb", "store.mdb-lock",
					    "backup.mdb", "acks"};
	struct world *w = *state;
	char file[128], other[128];
	struct fault fault;
	struct stat before, after;

	assert_int_equal(stat(w->path, &before), 0);
	snprintf(file, sizeof(file), "%s/backup.mdb", w->dir);
	assert_int_equal(symlink("store.mdb", file), 0);
	snprintf(file, sizeof(file), "%s/store.mdb-lock", w->dir);
	snprintf(other, sizeof(other), "%s/acks", w->dir);
	assert_int_equal(link(file, other), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(file, sizeof(file), "%s/%s", w->dir, names[i]);
		assert_int_equal(store_backup(w->store, file, &fault), ERR_EXISTS);
		assert_string_equal(fault.key, "%s is the store itself: choose another file for the "
					       "backup.");
	}
	assert_int_equal(stat(w->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* A command opens the store while the node runs. */
static void is_shared(void **state)
{
	struct world *w = *state;
	struct txn *t;
	pid_t pid;
	int status;

	store_close(w->store); /* LMDB's environments do not survive fork */
	w->store = NULL;
	pid = fork();
	if (!pid) {
		struct store *s;
		struct fault fault;

		if (store_open(w->dir, &test_options, &s, &fault) || txn_write(s, &t) ||
		    put_text(t, TABLE_PEER, "child", "1") || txn_commit(t))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &(struct fault){0}), OK);
	t = begin_write(w);
	assert_int_equal(put_text(t, TABLE_PEER, "parent", "1"), OK);
	assert_int_equal(txn_commit(t), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	t = begin_read(w);
	assert_true(has_text(t, TABLE_PEER, "child", "1"));
	assert_true(has_text(t, TABLE_PEER, "parent", "1"));
	assert_int_equal(txn_number(t), store_txn_number(w->store));
	txn_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(opens),
		world_test(opens_without_writing),
		world_test(refuses_newer_format),
		world_test(refuses_other_files),
		world_test(survives_truncation),
		world_test(opens_what_is_short_of_free_pages),
		world_test(refuses_lost_format),
		world_test(reuses_readers),
		world_test(readers_see_snapshots),
		world_test(backs_up),
		world_test(keeps_backups_off_itself),
		world_test(is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
