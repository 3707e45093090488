/*
 * Private to check: what is found, and where to.
 */
#ifndef MAILLAGE_DOMAIN_CHECK_RUN_H
#define MAILLAGE_DOMAIN_CHECK_RUN_H

#include "node/domain/check.h"
#include "node/domain/ingest.h"
#include "node/domain/reindex.h"

struct check {
	struct node *node;
	struct txn *txn; /* the node's store, one snapshot */
	struct store *scratch;
	struct txn *rebuilt; /* the scratch store */
	struct entry_batch batch;
	struct use_table use;
	uint64_t found, objects;
	void (*finding)(void *arg, const char *line);
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

void check_finding(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Compare the derived tables of both stores. */
int check_tables(struct check *c);

#endif
