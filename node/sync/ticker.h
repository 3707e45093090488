/*
 * The clock's errands of a running node, on one thread.
 *
 * Each second: has the store changed, by this process or a command's?  Then sign a head if our feed
 * has moved, give notice, and look for new peers.  Each minute: free readers of dead processes.
 * Hourly: drop expired sessions.  The daily head comes from the same verb, which knows its age.
 */
#ifndef MAILLAGE_SYNC_TICKER_H
#define MAILLAGE_SYNC_TICKER_H

#include "node/domain/node.h"

struct ticker;
struct puller;

int ticker_start(struct node *n, struct puller *p, struct ticker **ret_ticker);
void ticker_stop(struct ticker *t);	/* joins and frees */

#endif
