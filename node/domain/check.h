/*
 * Is the store whole?  check rebuilds every derived table into a scratch store and compares;
 * verifies every signature, digest, feed order and head on the way.  reindex rebuilds in place.
 */
#ifndef MAILLAGE_DOMAIN_CHECK_H
#define MAILLAGE_DOMAIN_CHECK_H

#include "node/domain/node.h"

/*
 * finding is called with one line for each thing that is wrong ("posting: object 12: …"), progress (may be NULL)
 * with objects done of total.  OK if clean, ERR_CORRUPT if anything was found, else why it could not be told.
 * A scratch folder is made in the node's and removed again.
 */
int check_run(struct node *n, void (*finding)(void *arg, const char *line),
	      void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg);
/* verb "reindex" {} : clears the derived tables and fills them from OBJECT. */

#endif
