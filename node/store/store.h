/*
 * One LMDB environment, opened once by a process: DIR/store.mdb with its lock file beside it.
 * MDB_NOTLS, MDB_NORDAHEAD; never MDB_NOSYNC, never MDB_WRITEMAP.  All tables are opened at start in one
 * committed transaction.  Nothing derived from the store is cached across transactions except by
 * its transaction number.
 */
#ifndef MAILLAGE_STORE_STORE_H
#define MAILLAGE_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "protocol/base/err.h"

struct store;

enum table {
#define TABLE(symbol, name) TABLE_##symbol,
#define TABLE_DERIVED(symbol, name) TABLE_##symbol,
#include "node/store/tables.def"
#undef TABLE
#undef TABLE_DERIVED
	TABLE_COUNT
};

enum { STORE_FORMAT = 1 };

/* Name in META: a derived table was missing, as in a store of an older version, and was made empty. */
#define STORE_REINDEX "reindex"

struct store_options {
	size_t map_size;	/* bytes of address space, 0: 32 GiB (sparse); tests use 64 MiB */
	unsigned readers;	/* 0: 126 */
	int create;		/* make the file if it is not there */
	int read_only;		/* the store must exist with all its tables */
};

/*
 * Tables that an older version did not have are made.  ERR_NOTFOUND without `create`, ERR_AGAIN if
 * read_only keeps such tables from being made, ERR_VERSION for a store of a newer format, ERR_IO,
 * ERR_CORRUPT.
 */
int store_open(const char *dir, const struct store_options *o, struct store **ret_store,
	       struct fault *fault);
void store_close(struct store *s);
/* Number of the last committed transaction, of any process. */
uint64_t store_txn_number(struct store *s);
/*
 * Has a failed write of LMDB's own bookkeeping closed this store to every later transaction?  Only
 * opening it again helps; what was acknowledged is on disk.
 */
int store_broken(struct store *s);
/* Free slots of dead readers. At start and each minute. */
void store_reader_check(struct store *s);
/*
 * Compacting copy into a new file, 0600, fsynced, renamed into place. ERR_EXISTS for the store itself.
 */
int store_backup(struct store *s, const char *file, struct fault *fault);
/* Every table in key order, "table\tkey-hex\tvalue-hex\n"; for the replay test and for people. */
int store_dump(struct store *s, FILE *out);
const char *store_table_name(enum table t);

#endif
