/*
 * The handlers of the route table, one a file of this room.
 */
#ifndef MAILLAGE_FED_ENDPOINTS_H
#define MAILLAGE_FED_ENDPOINTS_H

struct request;

int fed_wellknown(struct request *rq);
int fed_identity(struct request *rq);
int fed_feed(struct request *rq);
int fed_objects(struct request *rq);
int fed_heads(struct request *rq);
int fed_network(struct request *rq);
int fed_notify(struct request *rq);

#endif
