/*
 * Reading the small JSON records of this store: objects of texts, whole numbers and truths, as
 * canon_write left them.  They are read with every page, so the usual one (canonical, nothing
 * escaped, nothing nested) is read where it stands; any other through a tree, with the same result.
 */
#ifndef MAILLAGE_STORE_FLAT_H
#define MAILLAGE_STORE_FLAT_H

#include <jansson.h>

#include "node/store/txn.h"

enum { FLAT_MEMBERS = 12 };

struct flat {
	size_t n;
	struct flat_member {
		struct view name, value;	/* into the map; texts without their quotes */
		enum { FLAT_TEXT, FLAT_NUMBER, FLAT_TRUE, FLAT_FALSE } kind;
	} members[FLAT_MEMBERS];
	json_t *tree;				/* instead of members, or NULL */
};

/* ERR_CORRUPT: no JSON object. flat_close ends it, before the transaction. */
int flat_open(struct view json, struct flat *ret);
void flat_close(struct flat *f);
/* Copy a text. ERR_CORRUPT if it is absent, no text or too long. */
int flat_text(const struct flat *f, const char *name, char *out, size_t size);
int flat_number(const struct flat *f, const char *name, int64_t *out);
bool flat_true(const struct flat *f, const char *name);

#endif
