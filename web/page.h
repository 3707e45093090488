/*
 * What every page handler has at hand: who reads, in which language, from which snapshot.
 * A page lives as long as its request; its read transaction ends before the request is parked.
 */
#ifndef MAILLAGE_WEB_PAGE_H
#define MAILLAGE_WEB_PAGE_H

#include <jansson.h>

#include "node/auth/session.h"
#include "node/domain/account.h"
#include "node/domain/node.h"
#include "node/domain/query.h"
#include "node/http/reply.h"
#include "node/http/request.h"
#include "node/http/route.h"
#include "web/i18n.h"
#include "web/tpl.h"

struct server;

/* Context of the room, hung on node->front. Read-only once the server runs. */
struct web {
	struct node *node;
	struct server *server;
	struct tpl_set *templates;
	struct cache *cache;
	struct catalogue *catalogues[2];	/* fr, en */
	char stamp[24];			/* of this run: templates and static files may differ in the next */
};

struct page {
	struct request *rq;
	struct node *node;
	struct web *web;
	struct txn *txn;			/* page_txn opens it */
	struct session session;			/* session.account.account 0: nobody */
	const struct catalogue *cat;
	const char *lang;
	const struct zone *zone;		/* the reader's */
	const char *zone_name;
	const char *keep;			/* key under which the coming 200 is kept, or NULL */
};

struct page *page_of(struct request *rq);
/* The page's snapshot, opened on first use. NULL if none could be had: return page_error(p, ERR_BUSY). */
struct txn *page_txn(struct page *p);
void page_txn_end(struct page *p);
bool page_may(const struct page *p, enum role least);
/* The form token; a reader without a session gets the anonymous cookie it is bound to. Borrowed. */
const char *page_csrf(struct page *p);

/*
 * Serve a view as HTML through `template`: adds the base view (VIEWS.md) and the page's title.
 * Takes the reference to view.
 */
int page_html(struct page *p, unsigned status, const char *template, json_t *view);
/* The sentence of a fault in the reader's language. */
const char *page_fault_text(struct page *p, const struct fault *fault);
/* 404 page, or the problem document in another format. */
int page_fault(struct page *p, const struct fault *fault);
int page_error(struct page *p, int err);
/*
 * Pages that anonymous readers share: sets the ETag (public counter, language, format, day, `extra`), and
 * answers from the cache where it can: then it returns true and *ret is the handler's value.  Otherwise what
 * page_html or page_text answers next is kept.
 */
bool page_kept(struct page *p, const char *extra, int *ret);
/* A 200 of another format, kept like a page. Takes the buffer's memory. */
int page_text(struct page *p, const char *type, struct buf *b);

/*
 * Apply a verb for this request: parks it, then `then` runs with the result (result->out is
 * released afterwards).  The actor is the account.  Takes args.
 */
int page_apply(struct page *p, const char *verb, json_t *args,
	       int (*then)(struct page *p, struct verb_result *result, void *arg), void *arg);

/* Hash a password, or compare it with an Argon2id string (hash NULL: nobody's, same time), off the HTTP threads. */
int page_password_hash(struct page *p, const char *password,
		       int (*then)(struct page *p, int err, const char *hash, void *arg), void *arg);
int page_password_verify(struct page *p, const char *password, const char *hash,
			 int (*then)(struct page *p, int err, const char *hash, void *arg), void *arg);

/* A sentence in the reader's language. */
#define T(p, msgid) tr((p)->cat, msgid)

/* Dates of the reader. iso: RFC 3339 with offset. Text allocated on the request. */
const char *page_date(struct page *p, const char *iso);		/* "dimanche 22 novembre 2026, 14 h 30" */
const char *page_time(struct page *p, int64_t t, const struct zone *zone);	/* the same in another zone */
const char *page_day(struct page *p, int64_t t);		/* "22 novembre 2026" */
/* A role as people call it. */
const char *page_role(struct page *p, enum role role);
/* The instant at which the reader's day began. */
int64_t page_today(struct page *p);
const char *page_number(struct page *p, int64_t n);
/* printf on the request's memory. */
char *page_fmt(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A translated sentence with its %s filled in order by the strings that follow, ended by NULL. */
const char *page_fill(struct page *p, const char *text, ...) __attribute__((sentinel));

/* Percent-encoded, as the value of a query argument (RFC 3986 section 2.3: all but unreserved characters). */
const char *page_encoded(struct page *p, const char *value);

/* Path of an object's page from its id: own "/o/<key>", others' "/o/<host>/<key>". */
const char *page_object_path(struct page *p, const char *id);
const char *page_id_host(struct page *p, const char *id);
/* The name a node goes by, its host if it has none. */
const char *page_host_name(struct page *p, const char *host);
/* Host of an id's origin; the name this node knows it by goes first if there is one. */
const char *page_origin_name(struct page *p, const char *id);

/* {"href","label"} helpers for views; NULL values are left out. */
void view_str(json_t *view, const char *name, const char *value);
void view_take(json_t *view, const char *name, json_t *value);
json_t *view_link(const char *href, const char *label);

#endif
