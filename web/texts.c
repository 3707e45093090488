/* The pages of the foot, the accent's style sheet, health and metrics. */
#include <string.h>
#include <talloc.h>

#include "config.h"
#include "node/http/server.h"
#include "web/accent.h"
#include "web/handlers.h"
#include "web/markdown.h"

enum { TEXT_BYTES = 32 * 1024 + 1 };	/* the longest setting, and its NUL */

static const struct text_page {
	const char *path, *title, *setting;
	const char *standard;	/* message id in Markdown, for a site that has not written its own */
} pages[] = {
	{"/legal", N_("Legal notice"), "legal", NULL},
	{"/privacy", N_("Personal data"), "privacy",
	 N_("This site sets a cookie only to keep you signed in, to protect its forms, and to remember your language and time zone. It measures no audience and sends nothing to third parties.\n\nOf an account it keeps the name, the e-mail address, the role and what was published with it. The e-mail address never leaves this site. What is published goes to the other territories of the network; deleting it removes it from them too.")},
	{"/accessibility", N_("Accessibility"), "accessibility_text",
	 N_("This site means to be usable by everyone: with the keyboard, with a screen reader, without JavaScript, on a small screen, in light and dark. It has not been audited yet, so it calls itself not compliant with the RGAA.\n\nIf something stops you, tell the team of this site (see Contact): you will get an answer, and the content in another form.")},
	{"/contact", N_("Contact"), "contact", NULL},
	{"/source", N_("Source code"), "source",
	 N_("This site runs Maillage, free software under the GNU Affero General Public License, version 3 or later. You may read it, use it, change it and share it under the same terms, and ask the team of this site for the very version it runs.")},
};

/* Whoever can write the page is led there. */
static json_t *missing_view(struct page *p)
{
	json_t *v = json_object();
	view_str(v, "text", T(p, "The team of this site has not written this page yet."));
	if (page_may(p, ROLE_ADMIN)) {
		view_str(v, "href", "/admin#settings");
		view_str(v, "label", T(p, "Write it"));
	}
	return v;
}

int handle_text(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct text_page *t = NULL;
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
		if (strcmp(pages[i].path, request_path(rq)) == 0)
			t = &pages[i];
	if (!t || !page_txn(p))
		return page_error(p, t ? ERR_BUSY : ERR_NOTFOUND);
	int kept;
	if (page_kept(p, "", &kept))
		return kept;
	char *text = talloc_zero_size(request_mem(rq), TEXT_BYTES);
	struct buf html;
	json_t *v = json_object();
	if (!text)
		return page_error(p, ERR_NOMEM);
	setting_get(p->txn, t->setting, text, TEXT_BYTES);
	view_str(v, "title", T(p, t->title));
	buf_init(&html, 256 * 1024);
	if ((text[0] || t->standard) && markdown_render(text[0] ? text : T(p, t->standard), &html) == OK)
		view_str(v, "html", html.data);
	buf_done(&html);
	if (!text[0] && !t->standard)
		view_take(v, "missing", missing_view(p));
	return page_html(p, 200, "text", v);
}

int handle_theme(struct request *rq)
{
	struct page *p = page_of(rq);
	char accent[16] = "";
	struct buf css;
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	setting_get(p->txn, "accent", accent, sizeof accent);
	buf_init(&css, 1024);
	if (accent_css(accent, &css) != OK) {
		buf_done(&css);
		return page_error(p, ERR_NOTFOUND);
	}
	reply_cache(rq, "public, max-age=86400");
	return reply_buf(rq, 200, "text/css; charset=utf-8", &css);
}

int handle_health(struct request *rq)
{
	struct page *p = page_of(rq);
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	return reply_bytes(rq, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

/* Prometheus text format, version 0.0.4. Counts only: nothing about persons. */
int handle_metrics(struct request *rq)
{
	struct page *p = page_of(rq);
	struct server_stats s = {0};
	struct buf out;
	struct txn *t = page_txn(p);
	if (!t)
		return page_error(p, ERR_BUSY);
	if (p->web->server)
		server_stats(p->web->server, &s);
	buf_init(&out, 16 * 1024);
	buf_fmt(&out, "# TYPE maillage_requests_total counter\nmaillage_requests_total %llu\n", (unsigned long long)s.requests);
	buf_str(&out, "# TYPE maillage_responses_total counter\n");
	for (int i = 1; i < 6; i++)
		buf_fmt(&out, "maillage_responses_total{class=\"%dxx\"} %llu\n", i, (unsigned long long)s.responses_by_class[i]);
	buf_fmt(&out, "# TYPE maillage_bytes_total counter\nmaillage_bytes_total %llu\n", (unsigned long long)s.bytes_out);
	buf_fmt(&out, "# TYPE maillage_connections gauge\nmaillage_connections %u\n", s.connections);
	buf_fmt(&out, "# TYPE maillage_objects gauge\nmaillage_objects %llu\n", (unsigned long long)txn_entries(t, TABLE_OBJECT));
	buf_fmt(&out, "# TYPE maillage_store_transaction counter\nmaillage_store_transaction %llu\n", (unsigned long long)txn_number(t));
	return reply_buf(rq, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}
