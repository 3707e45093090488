/*
 * The pages of a node: one const route table, the hooks of the HTTP server, and what they share.
 */
#ifndef MAILLAGE_WEB_WEB_H
#define MAILLAGE_WEB_WEB_H

#include "node/domain/node.h"
#include "node/http/route.h"

struct server;

extern const struct route_table web_routes;

/*
 * Load templates and catalogues from node->share and hang the room's context on node->front.
 * The server is made later: web_serve gives it once it runs, for the names of static files.
 */
int web_start(struct node *n, struct fault *fault);
void web_serve(struct node *n, struct server *s);
void web_stop(struct node *n);

/* server_options.admit: session, role of the route, CSRF. Addresses under /fed/ see to themselves. */
int web_admit(struct request *rq, const struct route *route, struct fault *fault);
/* server_options.error_page: the error as a page in the reader's language; sends strangers to /login. */
int web_error_page(struct request *rq, unsigned status, const struct fault *fault);

#endif
