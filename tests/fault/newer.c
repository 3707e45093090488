/* newer DIR: mark the store in DIR as one of the next format, as a newer program would make it. */
#include <lmdb.h>
#include <stdio.h>

#include "node/store/store.h"
#include "protocol/base/codec.h"

static int fail(const char *what, int rc)
{
	fprintf(stderr, "newer: %s: %s\n", what, mdb_strerror(rc));
	return 1;
}

int main(int argc, char **argv)
{
	char path[1024];
	char name[] = "format";
	uint8_t format[8];
	MDB_val key = {.mv_size = 6, .mv_data = name}, val = {.mv_size = 8, .mv_data = format};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc;

	if (argc != 2)
		return fail("usage: newer DIR", 0);
	snprintf(path, sizeof(path), "%s/store.mdb", argv[1]);
	be64_put(format, STORE_FORMAT + 1);
	if ((rc = mdb_env_create(&env)) || (rc = mdb_env_set_maxdbs(env, 1)) ||
	    (rc = mdb_env_open(env, path, MDB_NOSUBDIR, 0600)))
		return fail(path, rc);
	if ((rc = mdb_txn_begin(env, NULL, 0, &txn)) ||
	    (rc = mdb_dbi_open(txn, store_table_name(TABLE_META), 0, &dbi)) ||
	    (rc = mdb_put(txn, dbi, &key, &val, 0)) || (rc = mdb_txn_commit(txn)))
		return fail("format", rc);
	mdb_env_close(env);
	return 0;
}
