/*
 * Reading heads that were verified before they were stored.
 */
#ifndef MAILLAGE_DOMAIN_HEAD_READ_H
#define MAILLAGE_DOMAIN_HEAD_READ_H

#include "node/store/feed.h"

struct head_place {
	int64_t epoch, rev;
};

/* Where the head held of a feed stands. ERR_NOTFOUND: none is held. */
int head_place_load(struct txn *t, uint32_t feed, struct head_place *ret);
/* The document. The caller owns *ret_doc. */
int head_load(struct txn *t, uint32_t feed, json_t **ret_doc);

#endif
