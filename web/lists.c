/* The lists by address, the month, and the home page. */
#include <stdio.h>
#include <string.h>

#include "node/domain/peer.h"
#include "protocol/base/time.h"
#include "web/handlers.h"
#include "web/list.h"

int handle_directory(struct request *rq) { return list_serve(page_of(rq), &list_directory); }
int handle_agenda(struct request *rq) { return list_serve(page_of(rq), &list_agenda); }
int handle_calls(struct request *rq) { return list_serve(page_of(rq), &list_calls); }
int handle_communities(struct request *rq) { return list_serve(page_of(rq), &list_communities); }
int handle_projects(struct request *rq) { return list_serve(page_of(rq), &list_projects); }
int handle_places(struct request *rq) { return list_serve(page_of(rq), &list_places); }
int handle_resources(struct request *rq) { return list_serve(page_of(rq), &list_resources); }

/* ---- the month ---- */

enum { MONTH_PAGES = 8, DAY_EVENTS = 6 };	/* pages of QUERY_PAGE_MAX events; later ones are on the list */

struct month {
	struct civil first;		/* day 1 at 00:00 */
	int64_t start, end;		/* as if UTC; the reader's zone is applied where instants are needed */
	int days;
};

static void month_of(int year, int month, struct month *m)
{
	struct civil next;
	m->first = (struct civil){.year = year, .month = month, .day = 1};
	m->start = time_from_civil(&m->first);
	next = (struct civil){.year = month == 12 ? year + 1 : year, .month = month == 12 ? 1 : month + 1, .day = 1};
	m->end = time_from_civil(&next);
	m->days = (int)((m->end - m->start) / 86400);
	time_civil(m->start, &m->first);
}

static int64_t local_instant(struct page *p, int64_t civil_seconds)
{
	return p->zone ? zone_instant(p->zone, civil_seconds) : civil_seconds;
}

static json_t *month_link(struct page *p, int year, int month)
{
	struct civil c = {.year = month < 1 ? year - 1 : month > 12 ? year + 1 : year,
			  .month = month < 1 ? 12 : month > 12 ? 1 : month, .day = 1};
	struct buf label;
	buf_init(&label, 64);
	i18n_month(p->cat, &c, &label);
	json_t *link = view_link(page_fmt(p, "/agenda/month?month=%04d-%02d", c.year, c.month), label.data);
	buf_done(&label);
	return link;
}

static json_t *day_view(struct page *p, const struct month *m, int day, const struct civil *today)
{
	struct civil c = m->first;
	struct buf label;
	json_t *v = json_object();
	time_civil(m->start + (day - 1) * 86400, &c);
	buf_init(&label, 100);
	i18n_weekday_date(p->cat, &c, &label);
	int64_t now = time_from_civil(&(struct civil){.year = today->year, .month = today->month, .day = today->day});
	view_str(v, "number", page_fmt(p, "%d", day));
	view_str(v, "label", label.data);
	view_str(v, "iso", page_fmt(p, "%04d-%02d-%02d", c.year, c.month, c.day));
	view_take(v, "is_today", json_boolean(m->start + (day - 1) * 86400 == now));
	view_take(v, "is_past", json_boolean(m->start + (day - 1) * 86400 < now));
	view_take(v, "events", json_array());
	buf_done(&label);
	return v;
}

static void day_event(struct page *p, json_t *days, const struct month *m, struct view row)
{
	int64_t t;
	int offset;
	struct civil c;
	struct buf time;
	if (time_parse_offset(row_get(row, ROW_START), &t, &offset) != OK)
		return;
	t += p->zone ? zone_offset(p->zone, t, NULL) : 0;
	int64_t index = (t - m->start) / 86400;
	json_t *day = t >= m->start ? json_array_get(days, (size_t)index) : NULL;
	if (!day)
		return;
	json_t *events = json_object_get(day, "events");
	const char *iso = json_string_value(json_object_get(day, "iso"));
	if (json_array_size(events) == DAY_EVENTS) {
		view_take(day, "more", view_link(page_fmt(p, "/agenda?from=%s", iso), T(p, "More that day")));
		return;
	}
	time_civil(t, &c);
	buf_init(&time, 32);
	i18n_time(p->cat, &c, &time);
	json_t *e = json_object();
	view_str(e, "href", page_object_path(p, row_get(row, ROW_ID)));
	view_str(e, "title", row_get(row, ROW_TITLE));
	view_str(e, "time", time.data);
	view_str(e, "place", row_get(row, ROW_PLACE));
	json_array_append_new(events, e);
	buf_done(&time);
}

static json_t *weekdays_view(struct page *p)
{
	json_t *list = json_array();
	for (int i = 0; i < 7; i++)
		json_array_append_new(list, json_pack("{s:s}", "short", i18n_weekday_short(p->cat, i)));
	return list;
}

int handle_month(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *text = request_query(rq, "month");
	struct civil today;
	struct month m;
	int year, month;
	char end;
	struct query_result r = {0};
	int64_t now = request_now(rq);
	struct txn *t = page_txn(p);
	if (!t)
		return page_error(p, ERR_BUSY);
	time_civil(now + (p->zone ? zone_offset(p->zone, now, NULL) : 0), &today);
	if (!text || sscanf(text, "%4d-%2d%c", &year, &month, &end) != 2 || month < 1 || month > 12 || year < 1971 || year > 9000) {
		year = today.year;
		month = today.month;
	}
	month_of(year, month, &m);
	static const char *const types[] = {"Event"};
	struct query q = {.types = types, .n_types = 1, .order = ORDER_START, .limit = QUERY_PAGE_MAX,
			  .from = local_instant(p, m.start), .to = local_instant(p, m.end)};
	int kept;
	if (page_kept(p, "", &kept))
		return kept;
	json_t *days = json_array(), *v = json_object();
	int err = OK;
	for (int day = 1; day <= m.days; day++)
		json_array_append_new(days, day_view(p, &m, day, &today));
	for (q.page = 1; !err && q.page <= MONTH_PAGES; q.page++) {
		err = query_run(p->node, t, &q, request_mem(rq), &r);
		for (size_t i = 0; !err && i < r.n_rows; i++)
			day_event(p, days, &m, r.rows[i].row);
		if ((uint64_t)q.page * q.limit >= r.total)
			break;
	}
	if (err) {
		json_decref(days);
		json_decref(v);
		return page_error(p, err);
	}
	json_t *here = month_link(p, year, month);
	view_str(v, "title", T(p, "Agenda"));
	view_take(v, "month_label", json_incref(json_object_get(here, "label")));
	json_decref(here);
	view_take(v, "prev", month_link(p, year, month - 1));
	view_take(v, "next", month_link(p, year, month + 1));
	view_str(v, "list_href", "/agenda");
	view_str(v, "ics_href", "/agenda.ics");
	if (year != today.year || month != today.month)
		view_str(v, "today_href", "/agenda/month");
	view_take(v, "weekdays", weekdays_view(p));
	view_take(v, "first_weekday", json_integer(m.first.weekday + 1));
	view_take(v, "days", days);
	if (page_may(p, ROLE_MEMBER)) {
		view_str(v, "create_href", "/new/Event");
		view_str(v, "create_label", T(p, "Announce an event"));
	}
	if (!r.total)
		view_take(v, "empty", json_pack("{s:s, s:s, s:s}", "text", T(p, "Nothing is announced for this month."),
						"href", "/agenda", "label", T(p, "See what comes next")));
	return page_html(p, 200, "agenda", v);
}

/* ---- home ---- */

enum { HOME_EVENTS = 5, HOME_CALLS = 5, HOME_PROJECTS = 6, HOME_NODES = 24 };

static json_t *home_items(struct page *p, const char *type, enum query_order order, int64_t from, unsigned limit)
{
	struct query_result r = {0};
	const char *types[] = {type};
	struct query q = {.types = types, .n_types = 1, .order = order, .from = from, .page = 1, .limit = limit};
	json_t *items = json_array();
	if (query_run(p->node, p->txn, &q, request_mem(p->rq), &r) != OK)
		return items;
	for (size_t i = 0; i < r.n_rows; i++) {
		json_t *item = list_item(p, r.rows[i].row);
		/* Under its own heading the type says nothing new. */
		json_object_del(item, "type_label");
		json_array_append_new(items, item);
	}
	return items;
}

static json_t *home_territories(struct page *p)
{
	json_t *items = json_array();
	struct origin o;
	for (uint32_t at = 1; json_array_size(items) < HOME_NODES && origin_next(p->txn, at, &o) == OK; at = o.origin) {
		if (!o.confirmed)
			continue;
		const char *host = strstr(o.identity.origin, "://");
		json_t *item = json_object();
		view_str(item, "name", o.name[0] ? o.name : o.identity.origin);
		view_str(item, "href", o.identity.origin);
		view_str(item, "note", host ? host + 3 : NULL);
		json_array_append_new(items, item);
	}
	return items;
}

static const char *home_intro(struct page *p)
{
	char intro[601] = "", name[200] = "", place[200] = "";
	setting_get(p->txn, "intro", intro, sizeof intro);
	if (intro[0])
		return page_fmt(p, "%s", intro);
	setting_get(p->txn, "name", name, sizeof name);
	setting_get(p->txn, "place", place, sizeof place);
	if (place[0])
		return page_fill(p, T(p, "This is the node of %s (%s): its communities, projects, events and calls, and those of the territories it works with."), name, place, NULL);
	return page_fill(p, T(p, "This is the node of %s: its communities, projects, events and calls, and those of the territories it works with."), name, NULL);
}

int handle_home(struct request *rq)
{
	struct page *p = page_of(rq);
	int64_t today = page_today(p);
	int kept;
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	if (page_kept(p, "", &kept))
		return kept;
	json_t *v = json_object();
	view_str(v, "intro", home_intro(p));
	view_str(v, "search_hint", T(p, "An organisation, a place, a subject: “Saint-Denis”, “mobility”…"));
	view_take(v, "events", home_items(p, "Event", ORDER_START, today, HOME_EVENTS));
	view_take(v, "calls", home_items(p, "CallForProjects", ORDER_START, today, HOME_CALLS));
	view_take(v, "projects", home_items(p, "Project", ORDER_UPDATED, 0, HOME_PROJECTS));
	view_take(v, "territories", home_territories(p));
	if (!p->session.account.account)
		view_take(v, "join", json_pack("{s:s, s:s, s:s}",
			"text", T(p, "Accounts are opened by invitation, so that everybody here knows whom they deal with."),
			"href", "/join", "label", T(p, "How to join")));
	return page_html(p, 200, "home", v);
}
