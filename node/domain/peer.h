/*
 * Peers: nodes this node pulls from, and networks.
 *
 * Verbs:
 *   peer.add      {url, nid?}                  -> {peer}      url kept as given until its identity is known
 *   peer.identify {url, operations, name?}     -> {nid}       identity answered there; origin confirmed, feed made
 *   peer.state    {url, last_ok?, last_try?, failures?, next_try?, error?, offset?}
 *   peer.block    {url|nid, blocked}
 *   peer.remove   {url}
 *   network.create {name, purpose?}            -> {network, charter}   charter and accession into the public feed
 *   network.join   {charter: document, via}    -> {network}   accession into the public feed
 */
#ifndef MAILLAGE_DOMAIN_PEER_H
#define MAILLAGE_DOMAIN_PEER_H

#include "node/domain/node.h"

enum { PEER_MAX = 2000, PEER_ERROR = 200 };

struct peer {
	char url[ORIGIN_TEXT];
	char nid[NID_TEXT];		/* "" until identified */
	int blocked;
	int64_t added, last_try, last_ok, next_try;
	long failures;
	int64_t offset;			/* seconds its clock is ahead of ours */
	char error[PEER_ERROR];		/* last failure, one line */
};

int peer_get(struct txn *t, const char *url, struct peer *ret);
int peer_by_nid(struct txn *t, const char *nid, struct peer *ret);
/* Walk in order of URL; after "" from the first. */
int peer_next(struct txn *t, const char *after, struct peer *ret);
/* May this origin be reached from this node? http and loopback exactly when our own URL is http loopback. */
int peer_url_check(const struct node *n, const char *url, struct fault *fault);

#endif
