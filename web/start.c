/* The room's context, the view every page starts from, and error pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

#include "config.h"
#include "node/http/server.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "node/http/cache.h"
#include "web/list.h"
#include "web/page.h"
#include "web/web.h"

int web_start(struct node *n, struct fault *fault)
{
	static const char *const langs[2] = {"fr", "en"};
	char path[600];
	struct web *w = calloc(1, sizeof *w);
	if (!w)
		return fault_set(fault, ERR_NOMEM, "", "Out of memory.", NULL);
	w->node = n;
	n->front = w;
	snprintf(w->stamp, sizeof w->stamp, "%llx", (unsigned long long)time(NULL));
	snprintf(path, sizeof path, "%s/templates", n->share);
	int err = tpl_set_load(path, &w->templates, fault);
	w->cache = cache_new();
	if (!err && !w->cache)
		err = fault_set(fault, ERR_NOMEM, "", "Out of memory.", NULL);
	for (int i = 0; !err && i < 2; i++) {
		snprintf(path, sizeof path, "%s/locale/%s.mo", n->share, langs[i]);
		err = catalogue_load(path, langs[i], &w->catalogues[i], fault);
	}
	return err;
}

void web_serve(struct node *n, struct server *s)
{
	struct web *w = n->front;
	w->server = s;
}

void web_stop(struct node *n)
{
	struct web *w = n->front;
	if (!w)
		return;
	cache_free(w->cache);
	tpl_set_free(w->templates);
	catalogue_free(w->catalogues[0]);
	catalogue_free(w->catalogues[1]);
	free(w);
	n->front = NULL;
}

/* ---- the base view ---- */

static json_t *view_nav(struct page *p)
{
	static const struct list_kind *const lists[] = {
		&list_directory, &list_agenda, &list_calls, &list_communities, &list_projects, &list_resources,
	};
	const char *path = request_path(p->rq);
	json_t *nav = json_array();
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		json_t *link = view_link(lists[i]->path, T(p, lists[i]->title));
		size_t len = strlen(lists[i]->path);
		view_take(link, "current", json_boolean(strncmp(path, lists[i]->path, len) == 0));
		json_array_append_new(nav, link);
	}
	json_t *link = view_link("/network", T(p, "Network"));
	view_take(link, "current", json_boolean(strcmp(path, "/network") == 0));
	json_array_append_new(nav, link);
	return nav;
}

static const char *accessibility_label(struct page *p, const char *level)
{
	if (strcmp(level, "full") == 0)
		return T(p, "Accessibility: fully compliant");
	if (strcmp(level, "partial") == 0)
		return T(p, "Accessibility: partially compliant");
	return T(p, "Accessibility: not compliant");
}

/* What a form left behind: one of a few known words in `?done=`, never free text. */
static const char *flash(struct page *p)
{
	static const struct { const char *word, *text; } known[] = {
		{"created", N_("Published. The other territories will see it within moments.")},
		{"saved", N_("Saved.")},
		{"deleted", N_("Deleted here. The other territories are being told.")},
		{"in", N_("Welcome back.")},
		{"out", N_("You are signed out.")},
		{"joined", N_("Your account is open. Welcome!")},
		{"peer", N_("This territory is now followed: what it publishes appears here shortly.")},
		{"unpeer", N_("This territory is no longer followed.")},
		{"role", N_("The role was changed.")},
		{"withdrawn", N_("The invitation is withdrawn: its link no longer opens an account.")},
	};
	const char *word = request_query(p->rq, "done");
	for (size_t i = 0; word && i < sizeof known / sizeof known[0]; i++)
		if (strcmp(known[i].word, word) == 0)
			return T(p, known[i].text);
	return NULL;
}

static const char *static_url(struct page *p, const char *name)
{
	const char *url = p->web->server ? server_static_url(p->web->server, name) : NULL;
	return url ? url : name;
}

static json_t *base_view(struct page *p)
{
	json_t *v = json_object();
	struct txn *t = page_txn(p);
	char name[200] = "", tagline[300] = "", place[200] = "", level[16] = "", accent[16] = "";
	if (t) {
		setting_get(t, "name", name, sizeof name);
		setting_get(t, "tagline", tagline, sizeof tagline);
		setting_get(t, "place", place, sizeof place);
		setting_get(t, "accessibility", level, sizeof level);
		setting_get(t, "accent", accent, sizeof accent);
	}
	bool french = strcmp(p->lang, "fr") == 0;
	view_str(v, "lang", p->lang);
	view_str(v, "lang_other", french ? "en" : "fr");
	view_str(v, "lang_other_name", french ? "English" : "Français");
	view_str(v, "lang_href", page_fmt(p, "/lang/%s?back=%s", french ? "en" : "fr", page_encoded(p, request_target(p->rq))));
	view_str(v, "site_name", name);
	view_str(v, "site_tagline", tagline);
	view_str(v, "place", place);
	view_str(v, "path", request_path(p->rq));
	view_take(v, "nav", view_nav(p));
	view_str(v, "css_href", static_url(p, "/static/app.css"));
	view_str(v, "logo_href", static_url(p, "/static/logo.svg"));
	if (accent[0])
		view_str(v, "theme_href", page_fmt(p, "/theme.css?%s", accent + 1));
	view_str(v, "flash", flash(p));
	view_str(v, "version", PACKAGE_VERSION);
	view_str(v, "source_href", "/source");
	view_str(v, "accessibility_label", accessibility_label(p, level));
	if (p->session.account.account) {
		view_take(v, "user", json_pack("{s:s, s:b, s:b}", "name", p->session.account.name,
					       "is_admin", p->session.account.role >= ROLE_ADMIN,
					       "is_animator", p->session.account.role >= ROLE_ANIMATOR));
		view_str(v, "csrf", page_csrf(p));
	}
	return v;
}

bool page_kept(struct page *p, const char *extra, int *ret)
{
	struct civil day;
	char accent[16] = "";
	if (p->session.account.account || request_query(p->rq, "done") || !page_txn(p))
		return false;
	int64_t now = request_now(p->rq);
	time_civil(now + (p->zone ? zone_offset(p->zone, now, NULL) : 0), &day);
	setting_get(p->txn, "accent", accent, sizeof accent);
	const char *etag = page_fmt(p, "\"%llx-%s-%s-%d-%d%02d%02d-%s%s\"",
				    (unsigned long long)node_public_counter(p->txn), p->web->stamp, p->lang,
				    (int)request_format(p->rq), day.year, day.month, day.day, p->zone_name, extra);
	reply_etag(p->rq, etag);
	p->keep = page_fmt(p, "%s %s", etag, request_target(p->rq));
	struct reply_kept *kept = cache_get(p->web->cache, p->keep);
	if (!kept)
		return false;
	*ret = reply_kept(p->rq, kept);
	reply_kept_free(kept);
	return true;
}

/* Answer with the buffer; a 200 that page_kept announced is kept for the next reader. */
static int answer(struct page *p, unsigned status, const char *type, struct buf *b)
{
	struct reply_kept *kept;
	if (status != 200 || !p->keep || b->err || b->len > CACHE_PAGE ||
	    reply_keep(p->rq, status, type, b->data, b->len, &kept) != OK)
		return reply_buf(p->rq, status, type, b);
	buf_done(b);
	cache_put(p->web->cache, p->keep, reply_kept_ref(kept));
	int ret = reply_kept(p->rq, kept);
	reply_kept_free(kept);
	return ret;
}

int page_text(struct page *p, const char *type, struct buf *b)
{
	return answer(p, 200, type, b);
}

int page_html(struct page *p, unsigned status, const char *template, json_t *view)
{
	struct buf out;
	json_t *base = base_view(p);
	buf_init(&out, 4 << 20);
	int err = tpl_render(p->web->templates, template, base, view, p->cat, &out);
	json_decref(base);
	json_decref(view);
	if (err) {
		struct fault fault;
		buf_done(&out);
		fault_set(&fault, ERR_INTERNAL, "", "This page could not be made.", NULL);
		return reply_problem(p->rq, 500, NULL, &fault);
	}
	reply_header(p->rq, "Content-Language", p->lang);
	return answer(p, status, "text/html; charset=utf-8", &out);
}

/* ---- errors ---- */

static const char *error_title(struct page *p, unsigned status)
{
	switch (status) {
	case 400: return T(p, "This request could not be understood");
	case 401:
	case 403: return T(p, "You cannot do this here");
	case 404: return T(p, "This page does not exist");
	case 405: return T(p, "This address does not answer to that");
	case 409: return T(p, "Somebody else changed this meanwhile");
	case 410: return T(p, "This has been deleted");
	case 413: return T(p, "This is too large");
	case 422: return T(p, "This cannot be accepted as it is");
	case 429: return T(p, "Too many requests");
	case 503: return T(p, "The site is busy");
	case 507: return T(p, "The disk of this site is full");
	default: return status >= 500 ? T(p, "Something went wrong on our side") : T(p, "This did not work");
	}
}

static const char *fault_sentence(struct page *p, const struct fault *fault)
{
	if (!fault || !fault->key)
		return NULL;
	const char *text = T(p, fault->key), *hole = strstr(text, "%s");
	if (!hole)
		return text;
	return page_fmt(p, "%.*s%s%s", (int)(hole - text), text, fault->arg, hole + 2);
}

const char *page_fault_text(struct page *p, const struct fault *fault)
{
	const char *text = fault_sentence(p, fault);
	return text ? text : T(p, "This did not work");
}

int web_error_page(struct request *rq, unsigned status, const struct fault *fault)
{
	struct page *p = page_of(rq);
	struct fault busy;
	if (!p) {
		fault_set(&busy, ERR_NOMEM, "", "Out of memory.", NULL);
		return reply_problem(rq, 503, NULL, &busy);
	}
	/* A stranger who needs an account comes back here after signing in. */
	if (status == 403 && !p->session.account.account && fault && !strcmp(fault->pointer, "") &&
	    strcmp(request_method(rq), "GET") == 0)
		return reply_redirect(rq, 303, page_fmt(p, "/login?next=%s", page_encoded(p, request_target(rq))));
	json_t *view = json_object();
	view_str(view, "title", error_title(p, status));
	view_str(view, "text", fault_sentence(p, fault));
	view_str(view, "status", page_fmt(p, "%u", status));
	view_str(view, "request_id", request_id(rq));
	return page_html(p, status, "error", view);
}

int page_fault(struct page *p, const struct fault *fault)
{
	unsigned status = reply_status(fault->code);
	if (request_format(p->rq) == FORMAT_HTML)
		return web_error_page(p->rq, status, fault);
	return reply_problem(p->rq, status, NULL, fault);
}

int page_error(struct page *p, int err)
{
	static const struct { int err; const char *text; } texts[] = {
		{ERR_NOTFOUND, N_("Nothing is published at this address.")},
		{ERR_EXPIRED, N_("What stood here was deleted by those who published it.")},
		{ERR_DENIED, N_("Your role does not allow this.")},
		{ERR_BUSY, N_("The node is busy. Try again in a moment.")},
		{ERR_LIMIT, N_("A limit of this site is reached.")},
	};
	struct fault fault;
	const char *text = N_("The node could not do this. Its administrator finds the reason in the log.");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].err == err)
			text = texts[i].text;
	memset(&fault, 0, sizeof fault);
	fault.code = err;
	fault.key = text;
	return page_fault(p, &fault);
}
