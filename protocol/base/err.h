/*
 * Error codes shared by every room, and the fault that explains one.
 *
 * Functions that can fail return `int`: 0 (OK) or one negative `enum err`.  Codes of foreign
 * libraries are mapped once, where the library is called.  Outputs named `ret_*` are written only
 * on success.
 */
#ifndef MAILLAGE_BASE_ERR_H
#define MAILLAGE_BASE_ERR_H

enum err {
	OK = 0,
	ERR_NOMEM = -1,		/* memory could not be had */
	ERR_INVALID = -2,	/* input breaks its format or schema (400, 422) */
	ERR_NOTFOUND = -3,	/* absent (404) */
	ERR_EXISTS = -4,	/* already there (409) */
	ERR_CONFLICT = -5,	/* not the revision expected, equivocation (409) */
	ERR_LIMIT = -6,		/* a named ceiling is reached (413, 429) */
	ERR_SIGNATURE = -7,	/* a signature or digest does not verify (401) */
	ERR_DENIED = -8,	/* known, and not allowed (403) */
	ERR_EXPIRED = -9,	/* cursor, token or session past its time (410) */
	ERR_BUSY = -10,		/* a queue is full, try again (503) */
	ERR_IO = -11,		/* disk or network failed */
	ERR_CORRUPT = -12,	/* what was stored does not read back */
	ERR_VERSION = -13,	/* a store or document of a newer version */
	ERR_AGAIN = -14,	/* not now: nothing is wrong */
	ERR_INTERNAL = -15,	/* our bug */
	ERR_FULL = -16,		/* the disk has no room (507) */
};

/*
 * Why something was refused, for a person and for a machine.  `pointer` is a JSON pointer (RFC
 * 6901) into the refused document, "" for the whole.  `key` is a static English sentence, the
 * message id of the translation catalogues; it may hold one %s, which stands for `arg`.
 */
struct fault {
	int code;
	char pointer[192];
	const char *key;
	char arg[160];
};

/* Short stable name of a code, for logs and problem documents: "not-found". Never NULL. */
const char *err_name(int code);

/*
 * Fill `fault` (may be NULL) and return `code`, so that a check reads
 * `return fault_set(fault, ERR_INVALID, "/name", "A name is required.", NULL);`
 * `pointer` and `arg` are copied and cut to their fields; `key` must be a string literal.
 */
int fault_set(struct fault *fault, int code, const char *pointer, const char *key, const char *arg);

/* The English sentence of a fault with its argument in place, written to out[size]. */
void fault_text(const struct fault *fault, char *out, unsigned long size);

#endif
