/*
 * What an account wrote here.
 */
#ifndef MAILLAGE_DOMAIN_OWNER_H
#define MAILLAGE_DOMAIN_OWNER_H

#include "node/store/txn.h"

/* Numbers of an account's objects, newest first, at most `max`; *ret_n of them. */
int owner_objects(struct txn *t, uint32_t account, uint32_t *ret_objects, size_t max, size_t *ret_n);

#endif
