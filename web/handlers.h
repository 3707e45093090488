/*
 * The handlers of the route table, one noun a file.  Each decodes, makes one domain call, replies.
 */
#ifndef MAILLAGE_WEB_HANDLERS_H
#define MAILLAGE_WEB_HANDLERS_H

#include "node/store/feed.h"
#include "node/store/record.h"
#include "web/page.h"

int handle_home(struct request *rq);
int handle_directory(struct request *rq);
int handle_agenda(struct request *rq);
int handle_month(struct request *rq);
int handle_calls(struct request *rq);
int handle_communities(struct request *rq);
int handle_projects(struct request *rq);
int handle_places(struct request *rq);
int handle_resources(struct request *rq);
int handle_object(struct request *rq);

int handle_new(struct request *rq);
int handle_create(struct request *rq);
int handle_edit(struct request *rq);
int handle_update(struct request *rq);
int handle_delete(struct request *rq);		/* asks */
int handle_delete_post(struct request *rq);

int handle_login(struct request *rq);
int handle_login_post(struct request *rq);
int handle_logout(struct request *rq);
int handle_join(struct request *rq);		/* how to join; with a token: the form */
int handle_join_post(struct request *rq);
int handle_me(struct request *rq);
int handle_me_post(struct request *rq);
int handle_language(struct request *rq);

int handle_network(struct request *rq);
int handle_admin(struct request *rq);
int handle_admin_settings(struct request *rq);
int handle_admin_role(struct request *rq);
int handle_admin_invite(struct request *rq);
int handle_admin_withdraw(struct request *rq);
int handle_admin_peer(struct request *rq);
int handle_admin_unpeer(struct request *rq);

int handle_text(struct request *rq);		/* legal, privacy, accessibility, contact, source */
int handle_theme(struct request *rq);
int handle_health(struct request *rq);
int handle_metrics(struct request *rq);

/* The record at /o/[host/]key. ERR_EXPIRED with *ret set for a tombstone. */
int object_find(struct page *p, struct record *ret);
/* May this reader change it? Ours, and written by them, or an animator reads. */
bool object_editable(struct page *p, const struct record *r);

#endif
