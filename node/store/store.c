#include "node/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/env.h"
#include "protocol/base/codec.h"

static const char *const table_names[TABLE_COUNT] = {
#define TABLE(symbol, name) [TABLE_##symbol] = name,
#define TABLE_DERIVED(symbol, name) [TABLE_##symbol] = name,
#include "node/store/tables.def"
#undef TABLE
#undef TABLE_DERIVED
};

static const bool table_derived[TABLE_COUNT] = {
#define TABLE(symbol, name) [TABLE_##symbol] = false,
#define TABLE_DERIVED(symbol, name) [TABLE_##symbol] = true,
#include "node/store/tables.def"
#undef TABLE
#undef TABLE_DERIVED
};

static const char format_name[] = "format", reindex_name[] = STORE_REINDEX;

const char *store_table_name(enum table t)
{
	return t < TABLE_COUNT ? table_names[t] : "";
}

int store_err(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return OK;
	case MDB_NOTFOUND:
	case ENOENT:
		return ERR_NOTFOUND;
	case MDB_KEYEXIST:
	case EEXIST:
		return ERR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_MAP_RESIZED: /* another process opened the store with a larger map than ours */
	case MDB_TXN_FULL:
	case MDB_BAD_VALSIZE:
		return ERR_LIMIT;
	case MDB_READERS_FULL:
	case EAGAIN:
	case EBUSY:
		return ERR_BUSY;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return ERR_CORRUPT;
	case MDB_VERSION_MISMATCH:
		return ERR_VERSION;
	case ENOMEM:
		return ERR_NOMEM;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case EINVAL:
	case MDB_BAD_DBI:
	case MDB_BAD_RSLOT:
	case MDB_BAD_TXN:
	case MDB_CURSOR_FULL:
	case MDB_DBS_FULL:
	case MDB_INCOMPATIBLE:
	case MDB_PAGE_FULL:
		return ERR_INTERNAL;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	default: /* EIO, MDB_PANIC after a failed sync, and whatever a disk may say */
		return ERR_IO;
	}
}

static int open_fault(struct fault *fault, int err, const char *dir)
{
	const char *key;

	switch (err) {
	case ERR_NOTFOUND:
		key = "There is no store in %s.";
		break;
	case ERR_VERSION:
		key = "The store in %s was written by a newer version of this program.";
		break;
	case ERR_AGAIN:
		key = "The store in %s was written by an older version of this program and "
		      "must be opened for writing once.";
		break;
	case ERR_CORRUPT:
		key = "The store in %s is damaged: restore a backup.";
		break;
	case ERR_DENIED:
		key = "The store in %s may not be opened by this user.";
		break;
	case ERR_NOMEM:
		key = "There is not enough memory to open the store in %s.";
		break;
	default:
		key = "The store in %s could not be opened.";
		break;
	}
	return fault_set(fault, err, "", key, dir);
}

/* The record of the format is lost if the file holds anything at all. */
static int format_missing(MDB_txn *txn)
{
	MDB_dbi main;
	MDB_stat stat;
	int rc = mdb_dbi_open(txn, NULL, 0, &main);

	if (!rc)
		rc = mdb_stat(txn, main, &stat);
	return rc ? store_err(rc) : stat.ms_entries ? ERR_CORRUPT : ERR_NOTFOUND;
}

/* Format of the store, ERR_NOTFOUND for a file in which nothing was ever committed. */
static int format_check(struct store *s, MDB_txn *txn)
{
	MDB_val key = store_val(format_name, sizeof(format_name) - 1), val;
	int rc = mdb_dbi_open(txn, table_names[TABLE_META], 0, &s->dbi[TABLE_META]);
	uint64_t format;

	if (!rc)
		rc = mdb_get(txn, s->dbi[TABLE_META], &key, &val);
	if (rc == MDB_NOTFOUND)
		return format_missing(txn);
	if (rc)
		return rc == MDB_INCOMPATIBLE ? ERR_CORRUPT : store_err(rc);
	if (val.mv_size != 8)
		return ERR_CORRUPT;
	format = be64_get(val.mv_data);
	return format > STORE_FORMAT ? ERR_VERSION : format ? OK : ERR_CORRUPT;
}

/* Open every table, making those that are missing if `create`; *ret_derived: one was a derived one. */
static int tables_open(struct store *s, MDB_txn *txn, bool create, bool *ret_derived)
{
	int rc = MDB_SUCCESS;

	*ret_derived = false;
	for (int i = 0; i < TABLE_COUNT && !rc; i++) {
		rc = mdb_dbi_open(txn, table_names[i], 0, &s->dbi[i]);
		if (rc == MDB_NOTFOUND && create) {
			rc = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &s->dbi[i]);
			*ret_derived = *ret_derived || table_derived[i];
		}
	}
	return rc == MDB_INCOMPATIBLE ? ERR_CORRUPT : store_err(rc);
}

/*
 * Handles live on only if the transaction that opened them is committed, a reading one too.
 * ERR_NOTFOUND: there is nothing; ERR_AGAIN: the store is of a version that had fewer tables.
 */
static int tables_find(struct store *s)
{
	bool derived;
	MDB_txn *txn;
	int err = store_err(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn));

	if (err)
		return err;
	err = format_check(s, txn);
	if (!err) {
		err = tables_open(s, txn, false, &derived);
		err = err == ERR_NOTFOUND ? ERR_AGAIN : err;
	}
	if (err) {
		mdb_txn_abort(txn);
		return err;
	}
	return store_err(mdb_txn_commit(txn));
}

static int tables_create(struct store *s)
{
	MDB_txn *txn;
	uint8_t format[8];
	MDB_val key = store_val(format_name, sizeof(format_name) - 1), val = store_val(format, 8);
	MDB_val mark = store_val(reindex_name, sizeof(reindex_name) - 1);
	bool fresh = false, derived = false;
	int err = store_err(mdb_txn_begin(s->env, NULL, 0, &txn));

	if (err)
		return err;
	err = format_check(s, txn); /* again: another process may have been here first */
	fresh = err == ERR_NOTFOUND;
	if (!err || fresh)
		err = tables_open(s, txn, true, &derived);
	if (!err && derived && !fresh) {
		be64_put(format, 1);
		err = store_err(mdb_put(txn, s->dbi[TABLE_META], &mark, &val, 0));
	}
	if (!err) {
		be64_put(format, STORE_FORMAT);
		err = store_err(mdb_put(txn, s->dbi[TABLE_META], &key, &val, 0));
	}
	if (err) {
		mdb_txn_abort(txn);
		return err;
	}
	return store_err(mdb_txn_commit(txn));
}

/*
 * Are all pages from `first` to the last free?  Such pages may never have been written: a
 * transaction took them at the end of the file and gave them back.
 */
static int tail_free(struct store *s, size_t first, size_t last)
{
	MDB_txn *txn;
	MDB_cursor *c;
	MDB_val key, val;
	size_t seen = 0;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn); /* a writing one may not look */

	if (rc)
		return store_err(rc);
	rc = mdb_cursor_open(txn, 0, &c); /* the table of free pages */
	if (rc) {
		mdb_txn_abort(txn);
		return store_err(rc);
	}
	while (!(rc = mdb_cursor_get(c, &key, &val, MDB_NEXT))) {
		size_t n = val.mv_size / sizeof(size_t), page;

		for (size_t i = 1; i < n; i++) { /* after their number, each once in all lists */
			memcpy(&page, (uint8_t *)val.mv_data + i * sizeof(page), sizeof(page));
			seen += page >= first && page <= last;
		}
	}
	mdb_cursor_close(c);
	mdb_txn_abort(txn);
	if (rc != MDB_NOTFOUND)
		return store_err(rc);
	return seen == last - first + 1 ? OK : ERR_CORRUPT;
}

/*
 * A file cut short would kill the process at the first touch of a lost page.  Zeros in their place
 * read as corrupt pages; they stay only where no page is lost.
 */
static int file_extend(struct store *s)
{
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;
	struct stat st;
	off_t need, have;
	int fd, err;

	if (mdb_env_info(s->env, &info) || mdb_env_stat(s->env, &stat) ||
	    mdb_env_get_fd(s->env, &fd))
		return ERR_INTERNAL;
	need = (off_t)(info.me_last_pgno + 1) * stat.ms_psize;
	if (fstat(fd, &st))
		return store_err(errno);
	if (st.st_size >= need || s->read_only)
		return OK;
	err = store_err(mdb_txn_begin(s->env, NULL, 0, &txn)); /* nobody else grows it meanwhile */
	if (err)
		return err;
	if (mdb_env_info(s->env, &info) || fstat(fd, &st)) {
		mdb_txn_abort(txn);
		return ERR_IO;
	}
	need = (off_t)(info.me_last_pgno + 1) * stat.ms_psize;
	have = st.st_size;
	if (have < need && ftruncate(fd, need)) {
		err = store_err(errno);
	} else if (have < need) {
		err = tail_free(s, (size_t)have / stat.ms_psize, info.me_last_pgno);
		if (err && ftruncate(fd, have))
			err = ERR_CORRUPT;
	}
	mdb_txn_abort(txn);
	return err;
}

/* What LMDB calls when a page makes no sense to it; it would abort the process after this. */
static void on_damage(MDB_env *env, const char *reason)
{
	static const char line[] = "maillage: The store is damaged: restore a backup.\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(1);
	_exit(1);
}

static int env_open(struct store *s, const struct store_options *o)
{
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD;
	struct stat st;
	int rc;

	if (stat(s->file, &st)) {
		if (errno != ENOENT || !o->create || o->read_only)
			return store_err(errno);
	} else if (!S_ISREG(st.st_mode)) {
		return ERR_CORRUPT;
	}
	rc = mdb_env_create(&s->env);
	if (!rc)
		rc = mdb_env_set_assert(s->env, on_damage);
	if (!rc)
		rc = mdb_env_set_mapsize(s->env, o->map_size ? o->map_size : STORE_MAP_SIZE);
	if (!rc)
		rc = mdb_env_set_maxreaders(s->env, o->readers ? o->readers : STORE_READERS);
	if (!rc)
		rc = mdb_env_set_maxdbs(s->env, TABLE_COUNT);
	if (!rc)
		rc = mdb_env_open(s->env, s->file, flags | (o->read_only ? MDB_RDONLY : 0), 0600);
	if (rc == MDB_VERSION_MISMATCH || rc == MDB_INVALID)
		return ERR_CORRUPT;
	return rc ? store_err(rc) : file_extend(s);
}

int store_open(const char *dir, const struct store_options *o, struct store **ret_store,
	       struct fault *fault)
{
	static const struct store_options defaults;
	struct store *s = calloc(1, sizeof(*s));
	int err, dead;

	if (!o)
		o = &defaults;
	if (!s)
		return open_fault(fault, ERR_NOMEM, dir);
	pthread_mutex_init(&s->lock, NULL);
	s->read_only = o->read_only;
	if (asprintf(&s->file, "%s/store.mdb", dir) < 0) {
		s->file = NULL;
		err = ERR_NOMEM;
	} else {
		err = env_open(s, o);
	}
	if (!err) {
		mdb_reader_check(s->env, &dead);
		err = tables_find(s);
		if (!o->read_only && (err == ERR_AGAIN || (err == ERR_NOTFOUND && o->create)))
			err = tables_create(s);
	}
	if (err) {
		store_close(s);
		return open_fault(fault, err, dir);
	}
	*ret_store = s;
	return OK;
}

void store_close(struct store *s)
{
	struct txn *t;

	if (!s)
		return;
	while ((t = s->readers)) {
		s->readers = t->next;
		for (int i = 0; i < TABLE_COUNT; i++)
			if (t->cursors[i])
				mdb_cursor_close(t->cursors[i]);
		mdb_txn_abort(t->mdb);
		free(t);
	}
	if (s->env)
		mdb_env_close(s->env);
	pthread_mutex_destroy(&s->lock);
	free(s->file);
	free(s);
}

uint64_t store_txn_number(struct store *s)
{
	MDB_envinfo info;

	return mdb_env_info(s->env, &info) ? 0 : info.me_last_txnid;
}

int store_broken(struct store *s)
{
	MDB_txn *mdb;
	int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &mdb);

	if (rc == MDB_SUCCESS)
		mdb_txn_abort(mdb);
	return rc == MDB_PANIC;
}

void store_reader_check(struct store *s)
{
	int dead;

	mdb_reader_check(s->env, &dead);
}

static int dir_sync(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *dir = slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
	int fd, rc = 0;

	if (!dir)
		return ERR_NOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return store_err(errno);
	if (fsync(fd))
		rc = errno;
	close(fd);
	return store_err(rc);
}

/* Is this path, perhaps through links, one of the files the store lives in? */
static bool own_file(struct store *s, const char *file)
{
	struct stat st, own;
	char *lock;
	bool is;
	int fd;

	if (stat(file, &st))
		return false;
	if (!mdb_env_get_fd(s->env, &fd) && !fstat(fd, &own) && own.st_dev == st.st_dev &&
	    own.st_ino == st.st_ino)
		return true;
	if (asprintf(&lock, "%s-lock", s->file) < 0)
		return true; /* rather no backup than no store */
	is = !stat(lock, &own) && own.st_dev == st.st_dev && own.st_ino == st.st_ino;
	free(lock);
	return is;
}

int store_backup(struct store *s, const char *file, struct fault *fault)
{
	char *part;
	int fd, rc = 0, err;

	if (own_file(s, file))
		return fault_set(fault, ERR_EXISTS, "",
				 "%s is the store itself: choose another file for the backup.",
				 file);
	if (asprintf(&part, "%s.XXXXXX", file) < 0)
		return fault_set(fault, ERR_NOMEM, "", "The backup %s could not be written.", file);
	fd = mkostemp(part, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		err = store_err(errno);
		free(part);
		return fault_set(fault, err, "", "The backup %s could not be written.", file);
	}
	rc = mdb_env_copyfd2(s->env, fd, MDB_CP_COMPACT);
	if (!rc && fsync(fd))
		rc = errno;
	if (close(fd) && !rc)
		rc = errno;
	if (!rc && rename(part, file))
		rc = errno;
	if (rc)
		unlink(part);
	free(part);
	err = rc ? store_err(rc) : dir_sync(file);
	if (err)
		return fault_set(fault, err, "", "The backup %s could not be written.", file);
	return OK;
}

static void dump_hex(struct view v, FILE *out)
{
	char hex[2 * 256 + 1];

	for (size_t at = 0, n; at < v.len; at += n) {
		n = v.len - at < 256 ? v.len - at : 256;
		hex_encode(v.data + at, n, hex);
		fwrite(hex, 1, 2 * n, out);
	}
}

static int dump_table(struct txn *t, enum table table, FILE *out)
{
	struct walk *w;
	struct view key, val;
	int err = walk_open(t, table, NULL, 0, false, NULL, 0, &w);

	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		fputs(table_names[table], out);
		putc('\t', out);
		dump_hex(key, out);
		putc('\t', out);
		dump_hex(val, out);
		putc('\n', out);
	}
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

int store_dump(struct store *s, FILE *out)
{
	struct txn *t;
	int err = txn_read(s, &t);

	if (err)
		return err;
	for (int i = 0; i < TABLE_COUNT && !err; i++)
		err = dump_table(t, i, out);
	txn_end(t);
	if (!err && (fflush(out) || ferror(out)))
		err = ERR_IO;
	return err;
}
