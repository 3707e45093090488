/* Words of a page: dates, numbers, addresses of objects, and small view builders. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "node/http/url.h"
#include "node/store/feed.h"
#include "protocol/base/time.h"
#include "web/page.h"

char *page_fmt(struct page *p, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = talloc_vasprintf(request_mem(p->rq), fmt, ap);
	va_end(ap);
	return s ? s : talloc_strdup(request_mem(p->rq), "");
}

const char *page_fill(struct page *p, const char *text, ...)
{
	va_list ap;
	char *out = talloc_strdup(request_mem(p->rq), "");
	va_start(ap, text);
	for (const char *hole; out && (hole = strstr(text, "%s")); text = hole + 2) {
		const char *value = va_arg(ap, const char *);
		if (!value)
			break;
		out = talloc_strndup_append(out, text, (size_t)(hole - text));
		out = out ? talloc_strdup_append(out, value) : NULL;
	}
	va_end(ap);
	out = out ? talloc_strdup_append(out, text) : NULL;
	return out ? out : "";
}

/* Copies the buffer onto the request and frees it. */
static const char *taken(struct page *p, struct buf *b)
{
	char *s = talloc_strndup(request_mem(p->rq), b->data ? b->data : "", b->len);
	buf_done(b);
	return s ? s : "";
}

const char *page_time(struct page *p, int64_t t, const struct zone *zone)
{
	struct civil c;
	struct buf b;
	char abbreviation[16];
	time_civil(t + (zone ? zone_offset(zone, t, abbreviation) : 0), &c);
	buf_init(&b, 256);
	i18n_weekday_date(p->cat, &c, &b);
	buf_str(&b, ", ");
	i18n_time(p->cat, &c, &b);
	return taken(p, &b);
}

const char *page_date(struct page *p, const char *iso)
{
	int64_t t;
	int offset;
	if (time_parse_offset(iso, &t, &offset) != OK)
		return iso;
	return page_time(p, t, p->zone);
}

const char *page_day(struct page *p, int64_t t)
{
	struct civil c;
	struct buf b;
	time_civil(t + (p->zone ? zone_offset(p->zone, t, NULL) : 0), &c);
	buf_init(&b, 128);
	i18n_date(p->cat, &c, &b);
	return taken(p, &b);
}

const char *page_role(struct page *p, enum role role)
{
	return role == ROLE_ADMIN ? T(p, "Administrator") : role == ROLE_ANIMATOR ? T(p, "Animator") : T(p, "Member");
}

int64_t page_today(struct page *p)
{
	int64_t now = request_now(p->rq), local = now + (p->zone ? zone_offset(p->zone, now, NULL) : 0);
	local -= local % 86400;
	return p->zone ? zone_instant(p->zone, local) : local;
}

const char *page_number(struct page *p, int64_t n)
{
	struct buf b;
	buf_init(&b, 64);
	i18n_number(p->cat, n, &b);
	return taken(p, &b);
}

const char *page_encoded(struct page *p, const char *value)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	url_encode(&b, value);
	return taken(p, &b);
}

/* The part of an id between "://" and "/o/", on the request's memory. */
const char *page_id_host(struct page *p, const char *id)
{
	const char *host = strstr(id, "://");
	const char *end = host ? strstr(host + 3, "/o/") : NULL;
	return end ? talloc_strndup(request_mem(p->rq), host + 3, (size_t)(end - host - 3)) : "";
}

const char *page_object_path(struct page *p, const char *id)
{
	const char *own = p->node->identity.origin;
	size_t len = strlen(own);
	if (strncmp(id, own, len) == 0 && strncmp(id + len, "/o/", 3) == 0)
		return page_fmt(p, "%s", id + len);
	const char *key = strrchr(id, '/');
	return page_fmt(p, "/o/%s%s", page_id_host(p, id), key ? key : "/");
}

const char *page_host_name(struct page *p, const char *host)
{
	struct origin o;
	char name[200] = "";
	struct txn *t = page_txn(p);
	if (!t || origin_by_host(t, host, &o) != OK)
		return host;
	if (o.origin == 1)
		setting_get(t, "name", name, sizeof name);
	return name[0] ? page_fmt(p, "%s", name) : o.name[0] ? page_fmt(p, "%s", o.name) : host;
}

const char *page_origin_name(struct page *p, const char *id)
{
	return page_host_name(p, page_id_host(p, id));
}

void view_str(json_t *view, const char *name, const char *value)
{
	if (value && value[0])
		json_object_set_new_nocheck(view, name, json_string(value));
}

void view_take(json_t *view, const char *name, json_t *value)
{
	if (value)
		json_object_set_new_nocheck(view, name, value);
}

json_t *view_link(const char *href, const char *label)
{
	json_t *link = json_object();
	view_str(link, "href", href);
	view_str(link, "label", label);
	return link;
}
