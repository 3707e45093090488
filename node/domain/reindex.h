/*
 * Filling the derived tables from OBJECT, in place or in a scratch store; private to check and
 * reindex.
 */
#ifndef MAILLAGE_DOMAIN_REINDEX_H
#define MAILLAGE_DOMAIN_REINDEX_H

#include "node/domain/entry.h"

/* One record read back from its bytes. */
struct reread {
	json_t *doc;
	struct envelope env;	/* into doc */
	uint32_t flags;		/* as they should be */
	struct derived derived; /* of what is shown */
	bool shown;
};

/* ERR_CORRUPT: the bytes are no object. */
int reread_load(const struct record *r, struct text_terms *terms, struct reread *ret);
void reread_done(struct reread *w);
/* Its postings, rows and leaf, into the tables of t and the batch. */
int reread_index(struct txn *t, struct entry_batch *b, const struct record *r,
		 const struct reread *w);

/* What each origin takes, gathered while walking. */
struct use_table {
	struct entry_use *use;
	uint32_t n;
};
int use_table_add(struct use_table *u, const struct record *r);

#endif
