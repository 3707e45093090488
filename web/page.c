/* Who reads, in which language, from which snapshot; and the hooks that decide it. */
#include "web/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "node/auth/csrf.h"
#include "node/auth/password.h"
#include "node/auth/role.h"
#include "web/web.h"

/* The reader's cookie, else Accept-Language, else the node's own language. */
static const struct catalogue *choose_language(const struct web *w, const struct request *rq)
{
	static const char *const offered[] = {"fr", "en"};
	const char *lang = request_cookie(rq, "maillage_lang");
	if (!lang || (strcmp(lang, "fr") && strcmp(lang, "en")))
		lang = request_accept_language(rq, offered, 2);
	if (!lang)
		lang = w->node->conf.lang;
	return w->catalogues[strcmp(lang, "en") == 0];
}

static void choose_zone(struct page *p)
{
	const char *name = request_cookie(p->rq, "maillage_zone");
	p->zone = name ? zone_get(p->node->zones, name) : NULL;
	if (!p->zone) {
		name = p->node->conf.zone;
		p->zone = zone_get(p->node->zones, name);
	}
	p->zone_name = talloc_strdup(request_mem(p->rq), name);
}

static void page_done(void *state)
{
	page_txn_end(state);
}

static struct page *page_new(struct request *rq)
{
	struct node *n = request_app(rq);
	struct page *p = talloc_zero(request_mem(rq), struct page);
	if (!p)
		return NULL;
	p->rq = rq;
	p->node = n;
	p->web = n->front;
	p->cat = choose_language(p->web, rq);
	p->lang = catalogue_lang(p->cat);
	choose_zone(p);
	request_state_set(rq, p, page_done);
	return p;
}

struct page *page_of(struct request *rq)
{
	struct page *p = request_state(rq);
	return p ? p : page_new(rq);
}

struct txn *page_txn(struct page *p)
{
	if (!p->txn && txn_read(p->node->store, &p->txn) != OK)
		p->txn = NULL;
	return p->txn;
}

void page_txn_end(struct page *p)
{
	txn_end(p->txn);
	p->txn = NULL;
}

bool page_may(const struct page *p, enum role least)
{
	return p->session.account.account && p->session.account.role >= least;
}

const char *page_csrf(struct page *p)
{
	if (!p->session.token[0]) {
		char cookie[SESSION_COOKIE];
		token_make(p->session.token);
		p->session.anonymous = 1;
		session_cookie(p->node, 1, p->session.token, 0, cookie);
		reply_header(p->rq, "Set-Cookie", cookie);
	}
	char *text = talloc_size(request_mem(p->rq), CSRF_TEXT);
	if (!text || csrf_make(p->session.token, text) != OK)
		return "";
	return text;
}

/* A browser says whose page sends a form; what sends neither header still needs the form's token. */
static bool sent_from_here(const struct node *n, struct request *rq)
{
	const char *site = request_header(rq, "Sec-Fetch-Site"), *origin = request_header(rq, "Origin");
	const char *host = request_header(rq, "Host"), *given = origin ? strstr(origin, "://") : NULL;
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	return !origin || strcmp(origin, n->identity.origin) == 0 || (given && host && strcmp(given + 3, host) == 0);
}

int web_admit(struct request *rq, const struct route *route, struct fault *fault)
{
	/* Nodes sign their requests; the endpoints verify them. */
	if (route->rate == RATE_FED || route->rate == RATE_FED_POST)
		return OK;
	struct page *p = page_of(rq);
	struct txn *t = p ? page_txn(p) : NULL;
	if (!t)
		return fault_set(fault, ERR_BUSY, "", "The node is busy. Try again in a moment.", NULL);
	int err = session_of(p->node, t, rq, &p->session);
	if (err)
		return fault_set(fault, err, "", "The node could not read its own data.", NULL);
	if (!role_may(p->session.account.role, route->who))
		return fault_set(fault, ERR_DENIED, "",
				 p->session.account.account ? "Your role does not allow this."
							    : "Log in to see this page.",
				 NULL);
	if (strcmp(route->method, "POST") == 0 &&
	    (!sent_from_here(p->node, rq) || csrf_check(p->session.token, request_form(rq, "csrf")) != OK))
		return fault_set(fault, ERR_DENIED, "/csrf",
				 "This form is no longer valid. Go back, reload the page and send it again.", NULL);
	return OK;
}

/* ---- verbs ---- */

struct apply {
	struct page *p;
	int (*then)(struct page *p, struct verb_result *result, void *arg);
	void *arg;
	struct verb_input input;
	struct verb_result result;
};

static int apply_then(struct request *rq, void *arg)
{
	struct apply *a = arg;
	int ret = a->then(a->p, &a->result, a->arg);
	json_decref(a->result.out);
	return ret;
}

/* On the writer's thread. */
static void apply_done(void *arg, struct verb_result *result)
{
	struct apply *a = arg;
	a->result = *result;
	result->out = NULL;
	request_resume(a->p->rq);
}

int page_apply(struct page *p, const char *verb, json_t *args,
	       int (*then)(struct page *p, struct verb_result *result, void *arg), void *arg)
{
	struct apply *a = talloc_zero(request_mem(p->rq), struct apply);
	if (!a) {
		json_decref(args);
		return page_error(p, ERR_NOMEM);
	}
	a->p = p;
	a->then = then;
	a->arg = arg;
	char actor[VERB_ACTOR];
	snprintf(actor, sizeof actor, "account:%u", p->session.account.account);
	node_input(&a->input, verb, actor, args);
	page_txn_end(p);	/* a parked request pins no snapshot */
	int ret = request_suspend(p->rq, apply_then, a);
	int err = writer_submit(p->node->writer, &a->input, apply_done, a);
	if (err) {
		a->result.err = fault_set(&a->result.fault, err, "", "The node is busy. Try again in a moment.", NULL);
		request_resume(p->rq);
	}
	return ret;
}

/* ---- passwords ---- */

struct password_job {
	struct page *p;
	int (*then)(struct page *p, int err, const char *hash, void *arg);
	void *arg;
	int err;
	char hash[PASSWORD_TEXT];
};

static int password_then(struct request *rq, void *arg)
{
	struct password_job *j = arg;
	return j->then(j->p, j->err, j->hash, j->arg);
}

/* On the password thread. */
static void password_ready(void *arg, int err, const char *stored)
{
	struct password_job *j = arg;
	j->err = err;
	if (stored)
		snprintf(j->hash, sizeof j->hash, "%s", stored);
	request_resume(j->p->rq);
}

static struct password_job *password_job_new(struct page *p,
					     int (*then)(struct page *, int, const char *, void *), void *arg)
{
	struct password_job *j = talloc_zero(request_mem(p->rq), struct password_job);
	if (j) {
		j->p = p;
		j->then = then;
		j->arg = arg;
		page_txn_end(p);
	}
	return j;
}

static void password_queued(struct password_job *j, int err)
{
	if (err)
		password_ready(j, err, NULL);
}

int page_password_hash(struct page *p, const char *password,
		       int (*then)(struct page *p, int err, const char *hash, void *arg), void *arg)
{
	struct password_job *j = password_job_new(p, then, arg);
	if (!j)
		return page_error(p, ERR_NOMEM);
	int ret = request_suspend(p->rq, password_then, j);
	password_queued(j, password_pool_hash(p->node->passwords, password, password_ready, j));
	return ret;
}

int page_password_verify(struct page *p, const char *password, const char *hash,
			 int (*then)(struct page *p, int err, const char *hash, void *arg), void *arg)
{
	/* hash may point into the snapshot that ends now. */
	hash = hash ? talloc_strdup(request_mem(p->rq), hash) : NULL;
	struct password_job *j = password_job_new(p, then, arg);
	if (!j)
		return page_error(p, ERR_NOMEM);
	int ret = request_suspend(p->rq, password_then, j);
	password_queued(j, password_pool_verify(p->node->passwords, hash, password, password_ready, j));
	return ret;
}
