/* A store of 64 MiB in a scratch folder for each test, and small helpers. */
#ifndef MAILLAGE_TEST_STORE_H
#define MAILLAGE_TEST_STORE_H

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

#include "node/store/store.h"
#include "node/store/txn.h"
#include "node/store/writer.h"

#define TEST_MAP ((size_t)64 << 20)

struct world {
	char dir[64], path[128];
	struct store *store;
};

static const struct store_options test_options = {.map_size = TEST_MAP, .create = 1};

static inline int world_new(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *tmp = getenv("TMPDIR");
	struct fault fault;

	if (!w)
		return -1;
	if (!tmp || strlen(tmp) > 40)
		tmp = "/tmp";
	snprintf(w->dir, sizeof(w->dir), "%s/store-XXXXXX", tmp);
	if (!mkdtemp(w->dir) || store_open(w->dir, &test_options, &w->store, &fault))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/store.mdb", w->dir);
	*state = w;
	return 0;
}

static inline int world_free(void **state)
{
	static const char *const files[] = {"store.mdb",      "store.mdb-lock",	     "backup.mdb",
					    "copy/store.mdb", "copy/store.mdb-lock", "acks"};
	struct world *w = *state;
	char path[128];

	store_close(w->store);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/copy", w->dir);
	rmdir(path);
	rmdir(w->dir);
	free(w);
	return 0;
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_new, world_free)

static inline void world_reopen(struct world *w)
{
	struct fault fault;

	store_close(w->store);
	w->store = NULL;
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &fault), OK);
}

static inline struct txn *begin_read(struct world *w)
{
	struct txn *t = NULL;

	assert_int_equal(txn_read(w->store, &t), OK);
	return t;
}

static inline struct txn *begin_write(struct world *w)
{
	struct txn *t = NULL;

	assert_int_equal(txn_write(w->store, &t), OK);
	return t;
}

static inline int put_text(struct txn *t, enum table table, const char *key, const char *val)
{
	return txn_put(t, table, key, strlen(key), val, strlen(val));
}

static inline bool has_text(struct txn *t, enum table table, const char *key, const char *val)
{
	struct view v;

	return !txn_get(t, table, key, strlen(key), &v) && v.len == strlen(val) &&
	       !memcmp(v.data, val, v.len);
}

/* The whole store as text; free it. */
static inline char *dump_text(struct store *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(store_dump(s, f), OK);
	fclose(f);
	return text;
}

/* xorshift64*: the same numbers in every run. */
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

static inline struct view view_of(const char *text)
{
	return (struct view){(const uint8_t *)text, strlen(text)};
}

static inline void assert_view(struct view v, const char *text)
{
	assert_int_equal(v.len, strlen(text));
	assert_memory_equal(v.data, text, v.len);
}

#endif
