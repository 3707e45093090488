/*
 * Is the store whole?  check rebuilds every derived table into a scratch store and compares;
 * verifies every signature, digest, feed order and head on the way.  reindex rebuilds in place.
 */
#ifndef MAILLAGE_DOMAIN_CHECK_H
#define MAILLAGE_DOMAIN_CHECK_H

#include "node/domain/node.h"

/* report is called for each finding (one line) and for progress (done of total). Returns OK if clean, ERR_CORRUPT otherwise. */
int check_run(struct node *n, void (*finding)(void *arg, const char *line),
	      void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg);
/* verb "reindex" {} : clears the derived tables and fills them from OBJECT. */

#endif
