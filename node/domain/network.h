/*
 * Networks this node founded or joined.  The verbs are in peer.h's list: network.create, network.join.
 */
#ifndef MAILLAGE_DOMAIN_NETWORK_H
#define MAILLAGE_DOMAIN_NETWORK_H

#include "node/domain/node.h"
#include "protocol/charter.h"
#include "protocol/object.h"

/* NETWORK_NAME: 200 characters. */
enum { NETWORK_NAME = 4 * 200 + 1, NETWORK_PURPOSE = 2000, NETWORK_MAX = 100 };

struct network {
	char network[NETWORK_TEXT];
	char charter[OBJECT_ID_MAX];	/* id of the founding charter */
	char name[NETWORK_NAME];
	char via[ORIGIN_TEXT];		/* where its charter was had from; "" : founded here */
	int64_t joined;
};

int network_get(struct txn *t, const char *network, struct network *ret);
/* Walk; after "" from the first. */
int network_next(struct txn *t, const char *after, struct network *ret);
/* The signed founding charter. The caller owns *ret_doc. */
int network_charter(struct txn *t, const char *network, json_t **ret_doc);

#endif
