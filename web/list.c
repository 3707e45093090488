/* Lists of objects: the query a request asks, and its answer in each format. */
#include "web/list.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "node/http/server.h"
#include "protocol/base/time.h"
#include "protocol/schema.h"
#include "protocol/vocabulary.h"

enum { LIST_PAGES = 500, LIST_EXPORT_BYTES = 32 << 20, LIST_FACET_VALUES = 8 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const type_event[] = {"Event"}, *const type_call[] = {"CallForProjects"},
	*const type_group[] = {"Group"}, *const type_project[] = {"Project"},
	*const type_resource[] = {"Resource"}, *const type_place[] = {"Place"};
static const char *const facets_directory[] = {"type", "region", "department", "profile", "trade", "theme", "sdg", "node"};
static const char *const facets_dated[] = {"region", "department", "eventKind", "trade", "theme", "sdg", "node"};
static const char *const facets_plain[] = {"region", "department", "trade", "theme", "sdg", "node"};
static const char *const facets_project[] = {"projectStage", "region", "department", "theme", "sdg", "node"};
static const char *const facets_place[] = {"placeKind", "region", "department", "node"};
static const char *const facets_resource[] = {"resourceKind", "theme", "sdg", "node"};

/* Facets the address may hold without being offered as a list of links. */
static const char *const facets_hidden[] = {"territory"};

const struct list_kind list_directory = {
	.path = "/directory", .title = N_("Directory"),
	.lead = N_("Who does what in the territories of this network."),
	.order = ORDER_TITLE, .create = "Organization",
	.facets = facets_directory, .n_facets = COUNT(facets_directory),
	.empty = N_("Nothing matches. Try fewer words, or remove a filter."),
};
const struct list_kind list_agenda = {
	.path = "/agenda", .title = N_("Agenda"),
	.lead = N_("Meetings, workshops and other events, here and in the other territories."),
	.order = ORDER_START, .create = "Event", .dated = 1,
	.types = type_event, .n_types = 1, .facets = facets_dated, .n_facets = COUNT(facets_dated),
	.empty = N_("No event matches. Look at another period, or announce one."),
};
const struct list_kind list_calls = {
	.path = "/calls", .title = N_("Calls for projects"),
	.lead = N_("Calls that are open or about to open, by closing date."),
	.order = ORDER_START, .create = "CallForProjects", .dated = 1,
	.types = type_call, .n_types = 1, .facets = facets_plain, .n_facets = COUNT(facets_plain),
	.empty = N_("No call matches. Those of other territories appear here as soon as they are published."),
};
const struct list_kind list_communities = {
	.path = "/communities", .title = N_("Communities"),
	.lead = N_("Groups of people who work on the same subject or in the same place."),
	.order = ORDER_TITLE, .create = "Group",
	.types = type_group, .n_types = 1, .facets = facets_plain, .n_facets = COUNT(facets_plain),
	.empty = N_("No community matches. Start one: it takes a name and a sentence."),
};
const struct list_kind list_projects = {
	.path = "/projects", .title = N_("Projects"),
	.lead = N_("What territories and organisations are doing, alone or together."),
	.order = ORDER_UPDATED, .create = "Project",
	.types = type_project, .n_types = 1, .facets = facets_project, .n_facets = COUNT(facets_project),
	.empty = N_("No project matches. Tell others about yours."),
};
const struct list_kind list_places = {
	.path = "/places", .title = N_("Places"),
	.lead = N_("Where people meet, work and try things together."),
	.order = ORDER_TITLE, .create = "Place",
	.types = type_place, .n_types = 1, .facets = facets_place, .n_facets = COUNT(facets_place),
	.empty = N_("No place matches. Present one that is open to others."),
};
const struct list_kind list_resources = {
	.path = "/resources", .title = N_("Resources"),
	.lead = N_("Guides, methods, feedback and tools to use again elsewhere."),
	.order = ORDER_TITLE, .create = "Resource",
	.types = type_resource, .n_types = 1, .facets = facets_resource, .n_facets = COUNT(facets_resource),
	.empty = N_("No resource matches. Share one that helped you."),
};

static bool offers(const struct list_kind *kind, const char *facet)
{
	for (size_t i = 0; i < kind->n_facets; i++)
		if (strcmp(kind->facets[i], facet) == 0)
			return true;
	return false;
}

const char *list_facet_href(struct page *p, const char *path, const char *facet, const char *value)
{
	static const struct list_kind *const kinds[] = {
		&list_agenda, &list_calls, &list_communities, &list_projects, &list_places, &list_resources,
	};
	const struct list_kind *kind = &list_directory;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i]->path, path) == 0 && offers(kinds[i], facet))
			kind = kinds[i];
	return offers(kind, facet) ? page_fmt(p, "%s?%s=%s", kind->path, facet, page_encoded(p, value)) : NULL;
}

/* ---- the query ---- */

static int read_facet(struct page *p, const char *facet, struct query *q, struct fault *fault)
{
	const char *value;
	for (size_t i = 0; (value = request_query_nth(p->rq, facet, i)); i++) {
		if (!value[0])
			continue;
		if (q->n_facets == QUERY_FACETS)
			return fault_set(fault, ERR_INVALID, facet, "Too many filters at once.", NULL);
		q->facets[q->n_facets].name = facet;
		q->facets[q->n_facets++].value = value;
	}
	return OK;
}

/* "2026-11-22" at 00:00 of the reader's day, or a whole instant. */
static int read_day(struct page *p, const char *name, int64_t *ret_t, struct fault *fault)
{
	const char *text = request_query(p->rq, name);
	char whole[TIME_TEXT];
	if (!text || !text[0])
		return OK;
	if (strlen(text) == 10) {
		snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
		if (time_parse(whole, ret_t) == OK) {
			*ret_t = p->zone ? zone_instant(p->zone, *ret_t) : *ret_t;
			return OK;
		}
	} else if (time_parse(text, ret_t) == OK) {
		return OK;
	}
	return fault_set(fault, ERR_INVALID, name, "A date is written 2026-11-22.", NULL);
}

static int read_bbox(struct page *p, struct query *q, struct fault *fault)
{
	const char *text = request_query(p->rq, "bbox");
	char end;
	if (!text || !text[0])
		return OK;
	if (sscanf(text, "%lf,%lf,%lf,%lf%c", &q->bbox[0], &q->bbox[1], &q->bbox[2], &q->bbox[3], &end) != 4)
		return fault_set(fault, ERR_INVALID, "bbox",
				 "A bounding box is four numbers: west,south,east,north.", NULL);
	q->has_bbox = 1;
	return OK;
}

static int read_page(struct page *p, struct query *q, struct fault *fault)
{
	const char *text = request_query(p->rq, "page");
	char *end;
	q->page = 1;
	if (!text || !text[0])
		return OK;
	long n = strtol(text, &end, 10);
	if (*end || n < 1 || n > LIST_PAGES)
		return fault_set(fault, ERR_INVALID, "page", "There is no such page.", NULL);
	q->page = (unsigned)n;
	return OK;
}

int list_query(struct page *p, const struct list_kind *kind, struct query *q, struct fault *fault)
{
	memset(q, 0, sizeof *q);
	q->text = request_query(p->rq, "q");
	if (q->text && strlen(q->text) > QUERY_TEXT)
		return fault_set(fault, ERR_INVALID, "q", "The search is too long: a few words are enough.", NULL);
	if (q->text && !q->text[0])
		q->text = NULL;
	q->types = kind->types;
	q->n_types = kind->n_types;
	q->order = kind->order;
	q->limit = QUERY_PAGE;
	q->count = kind->facets;
	q->n_count = kind->n_facets;
	int err = OK;
	for (size_t i = 0; !err && i < kind->n_facets; i++)
		err = read_facet(p, kind->facets[i], q, fault);
	for (size_t i = 0; !err && i < COUNT(facets_hidden); i++)
		err = read_facet(p, facets_hidden[i], q, fault);
	if (!err && kind->dated)
		err = read_day(p, "from", &q->from, fault);
	if (!err && kind->dated)
		err = read_day(p, "to", &q->to, fault);
	if (!err)
		err = read_bbox(p, q, fault);
	if (!err)
		err = read_page(p, q, fault);
	/* Lists with dates start today; the day, not the second, so that the page can be kept. */
	if (!err && kind->dated && !q->from && !request_query(p->rq, "from"))
		q->from = page_today(p);
	return err;
}

/* ---- items ---- */

json_t *list_item_json(struct view row)
{
	static const struct { enum row_field field; const char *name; } members[] = {
		{ROW_ID, "id"}, {ROW_TYPE, "type"}, {ROW_TITLE, "name"}, {ROW_SUMMARY, "summary"},
		{ROW_PLACE, "place"}, {ROW_START, "startTime"}, {ROW_END, "endTime"}, {ROW_ZONE, "zone"},
		{ROW_LATITUDE, "latitude"}, {ROW_LONGITUDE, "longitude"}, {ROW_UPDATED, "updated"},
		{ROW_URL, "url"},
	};
	json_t *item = json_object();
	for (size_t i = 0; i < COUNT(members); i++)
		view_str(item, members[i].name, row_get(row, members[i].field));
	return item;
}

/* The tags of a row are "facet:code;…"; cards show the themes, trades and profile. */
static json_t *item_tags(struct page *p, struct view row)
{
	json_t *tags = json_array();
	char *text = talloc_strdup(request_mem(p->rq), row_get(row, ROW_TAGS));
	char *save = NULL;
	for (char *tag = text ? strtok_r(text, ";", &save) : NULL; tag; tag = strtok_r(NULL, ";", &save)) {
		char *colon = strchr(tag, ':');
		if (!colon || json_array_size(tags) == 4)
			continue;
		*colon = '\0';
		if (strcmp(tag, "profile") == 0 || strcmp(tag, "trade") == 0 || strcmp(tag, "theme") == 0)
			json_array_append_new(tags, json_string(list_facet_label(p, tag, colon + 1)));
	}
	return tags;
}

/* The day of an event as on a tear-off calendar. */
static void item_leaf(struct page *p, json_t *item, const char *iso)
{
	int64_t t;
	int offset;
	struct civil c;
	struct buf month;
	if (time_parse_offset(iso, &t, &offset) != OK)
		return;
	time_civil(t + (p->zone ? zone_offset(p->zone, t, NULL) : 0), &c);
	buf_init(&month, 64);
	i18n_month_short(p->cat, &c, &month);
	view_take(item, "leaf", json_pack("{s:s, s:s}", "day", page_fmt(p, "%d", c.day),
					  "month", month.data ? month.data : ""));
	buf_done(&month);
}

/* A call is open, closed, or yet to open, as of the day the page is made. */
static void item_call(struct page *p, json_t *item, const char *start, const char *end)
{
	int64_t opens = 0, closes = 0, now = request_now(p->rq);
	int offset;
	const char *label = N_("Open");
	if (start[0])
		time_parse_offset(start, &opens, &offset);
	if (end[0] && time_parse_offset(end, &closes, &offset) == OK)
		view_str(item, "date", page_fill(p, T(p, "Closes on %s"), page_date(p, end), NULL));
	view_str(item, "datetime", end);
	bool open = opens <= now && (!closes || closes > now);
	if (closes && closes <= now)
		label = N_("Closed");
	else if (opens > now)
		label = N_("Opens soon");
	view_take(item, "status", json_pack("{s:s, s:b}", "label", T(p, label), "is_good", open));
}

bool list_dated(struct view row)
{
	bool call = strcmp(row_get(row, ROW_TYPE), "CallForProjects") == 0;
	return row_get(row, call ? ROW_END : ROW_START)[0] != '\0';
}

json_t *list_item(struct page *p, struct view row)
{
	json_t *item = json_object();
	const char *id = row_get(row, ROW_ID), *type = row_get(row, ROW_TYPE);
	const struct record_type *t = schema_type(type);
	const char *start = row_get(row, ROW_START), *end = row_get(row, ROW_END);
	const char *own = p->node->identity.origin;

	view_str(item, "href", page_object_path(p, id));
	view_str(item, "title", row_get(row, ROW_TITLE));
	view_str(item, "type_label", t ? T(p, t->label) : type);
	view_str(item, "summary", row_get(row, ROW_SUMMARY));
	view_str(item, "place", row_get(row, ROW_PLACE));
	if (strcmp(type, "CallForProjects") == 0) {
		item_call(p, item, start, end);
	} else if (start[0]) {
		item_leaf(p, item, start);
		view_str(item, "date", page_date(p, start));
		view_str(item, "datetime", start);
	}
	if (strncmp(id, own, strlen(own)) != 0)
		view_str(item, "origin", page_origin_name(p, id));
	view_take(item, "tags", item_tags(p, row));
	return item;
}

/* ---- facets ---- */

static const char *facet_title(struct page *p, const char *facet)
{
	static const struct { const char *facet, *title; } titles[] = {
		{"type", N_("Type")}, {"region", N_("Region")}, {"department", N_("Department")},
		{"profile", N_("Profile")}, {"trade", N_("Trades")}, {"theme", N_("Themes")},
		{"sdg", N_("Sustainable Development Goals")}, {"node", N_("Published on")},
		{"eventKind", N_("Kind of event")}, {"resourceKind", N_("Kind of resource")},
		{"placeKind", N_("Kind of place")}, {"projectStage", N_("Stage")}, {"territory", N_("Commune")},
	};
	for (size_t i = 0; i < COUNT(titles); i++)
		if (strcmp(titles[i].facet, facet) == 0)
			return T(p, titles[i].title);
	return facet;
}

const char *list_facet_label(struct page *p, const char *facet, const char *value)
{
	if (strcmp(facet, "type") == 0) {
		const struct record_type *t = schema_type(value);
		return t ? T(p, t->plural) : value;
	}
	if (strcmp(facet, "node") == 0)
		return page_host_name(p, value);
	if (vocabulary_entries(p->node->vocabularies, facet))
		return vocabulary_label(p->node->vocabularies, facet, value, p->lang);
	return value;
}

/* The list's address with what is left of the query, and one argument set (NULL: none). */
static const char *link_to(struct page *p, const char *path, const char *rest, const char *name, const char *value)
{
	bool more = rest && rest[0];
	if (!value)
		return page_fmt(p, "%s%s%s", path, more ? "?" : "", more ? rest : "");
	return page_fmt(p, "%s?%s%s%s=%s", path, more ? rest : "", more ? "&" : "", name, page_encoded(p, value));
}

/* The list's address with one argument left out, or set to `value`. */
static const char *link_with(struct page *p, const char *path, const char *name, const char *value)
{
	return link_to(p, path, request_query_without(p->rq, name), name, value);
}

static const char *chosen(const struct query *q, const char *facet)
{
	for (size_t i = 0; i < q->n_facets; i++)
		if (strcmp(q->facets[i].name, facet) == 0)
			return q->facets[i].value;
	return NULL;
}

/* now: the value chosen, or NULL; rest: the query without this facet. */
static json_t *facet_value(struct page *p, const char *path, const char *facet, const char *now, const char *rest,
			   const struct query_value *v)
{
	bool selected = now && strcmp(now, v->value) == 0;
	json_t *link = view_link(link_to(p, path, rest, facet, selected ? NULL : v->value),
				 list_facet_label(p, facet, v->value));
	view_str(link, "count", page_number(p, (int64_t)v->count));
	view_take(link, "selected", json_boolean(selected));
	return link;
}

/* The first few values of each facet at once, the others behind "more choices". */
static json_t *view_facets(struct page *p, const struct list_kind *kind, const struct query *q,
			   const struct query_result *r)
{
	json_t *groups = json_array();
	for (size_t i = 0; i < r->n_facets; i++) {
		if (r->facets[i].n == 0)
			continue;
		json_t *values = json_array(), *others = json_array(), *group = json_object();
		const char *facet = r->facets[i].name, *now = chosen(q, facet);
		const char *rest = request_query_without(p->rq, facet);
		for (size_t j = 0; j < r->facets[i].n; j++)
			json_array_append_new(j < LIST_FACET_VALUES ? values : others,
					      facet_value(p, kind->path, facet, now, rest, &r->facets[i].values[j]));
		view_str(group, "label", facet_title(p, facet));
		view_take(group, "values", values);
		view_take(group, "rest", others);
		json_array_append_new(groups, group);
	}
	return groups;
}

/* What narrows a list beside words and facets. */
static const struct { const char *name, *label; } limits[] = {
	{"from", N_("From")}, {"to", N_("Until")}, {"bbox", N_("Area")},
};

static json_t *view_active(struct page *p, const struct list_kind *kind, const struct query *q)
{
	json_t *active = json_array();
	if (q->text)
		json_array_append_new(active, view_link(link_with(p, kind->path, "q", NULL), q->text));
	for (size_t i = 0; i < q->n_facets; i++) {
		json_t *a = view_link(link_with(p, kind->path, q->facets[i].name, NULL),
				      list_facet_label(p, q->facets[i].name, q->facets[i].value));
		view_str(a, "facet", facet_title(p, q->facets[i].name));
		json_array_append_new(active, a);
	}
	for (size_t i = 0; i < COUNT(limits); i++) {
		const char *value = request_query(p->rq, limits[i].name);
		if (!value || !value[0])
			continue;
		json_t *a = view_link(link_with(p, kind->path, limits[i].name, NULL), value);
		view_str(a, "facet", T(p, limits[i].label));
		json_array_append_new(active, a);
	}
	return active;
}

static json_t *view_pages(struct page *p, const struct list_kind *kind, const struct query *q, uint64_t total)
{
	uint64_t last = (total + q->limit - 1) / q->limit;
	if (last > LIST_PAGES)
		last = LIST_PAGES;
	if (last < 2)
		return json_null();
	json_t *pages = json_object();
	if (q->page > 1)
		view_str(pages, "prev", link_with(p, kind->path, "page", page_fmt(p, "%u", q->page - 1)));
	if (q->page < last)
		view_str(pages, "next", link_with(p, kind->path, "page", page_fmt(p, "%u", q->page + 1)));
	view_str(pages, "current", page_number(p, q->page));
	view_str(pages, "last", page_number(p, (int64_t)last));
	return pages;
}

static json_t *view_formats(struct page *p, const struct list_kind *kind)
{
	static const struct { enum format format; const char *suffix, *label, *type; } formats[] = {
		{FORMAT_ICS, "ics", N_("Calendar (iCalendar)"), "text/calendar"},
		{FORMAT_CSV, "csv", N_("Spreadsheet (CSV)"), "text/csv"},
		{FORMAT_GEOJSON, "geojson", N_("Map data (GeoJSON)"), "application/geo+json"},
		{FORMAT_ATOM, "atom", N_("News feed (Atom)"), "application/atom+xml"},
		{FORMAT_JSON, "json", N_("For programs (JSON)"), "application/json"},
	};
	json_t *list = json_array();
	const char *rest = request_query_without(p->rq, NULL);
	for (size_t i = 0; i < COUNT(formats); i++) {
		if (!(request_route(p->rq)->formats & 1u << formats[i].format))
			continue;
		json_t *link = view_link(page_fmt(p, "%s.%s%s%s", kind->path, formats[i].suffix,
						  rest && rest[0] ? "?" : "", rest ? rest : ""),
					 T(p, formats[i].label));
		view_str(link, "type", formats[i].type);
		json_array_append_new(list, link);
	}
	return list;
}

static json_t *view_empty(struct page *p, const struct list_kind *kind, bool narrowed)
{
	json_t *empty = json_object();
	bool member = page_may(p, ROLE_MEMBER) && kind->create;
	view_str(empty, "text", T(p, kind->empty));
	if (narrowed) {
		view_str(empty, "href", kind->path);
		view_str(empty, "label", T(p, "Show everything"));
	} else {
		view_str(empty, "href", member ? page_fmt(p, "/new/%s", kind->create) : "/join");
		view_str(empty, "label", member ? T(p, "Add the first one") : T(p, "How to take part"));
	}
	return empty;
}

static json_t *view_of(struct page *p, const struct list_kind *kind, const struct query *q, const struct query_result *r)
{
	json_t *view = json_object(), *items = json_array(), *hidden = json_array();
	const struct record_type *t = kind->create ? schema_type(kind->create) : NULL;
	for (size_t i = 0; i < r->n_rows; i++)
		json_array_append_new(items, list_item(p, r->rows[i].row));
	for (size_t i = 0; i < q->n_facets; i++)
		json_array_append_new(hidden, json_pack("{s:s, s:s}", "name", q->facets[i].name, "value", q->facets[i].value));
	for (size_t i = 0; i < COUNT(limits); i++) {
		const char *value = request_query(p->rq, limits[i].name);
		if (value && value[0])
			json_array_append_new(hidden, json_pack("{s:s, s:s}", "name", limits[i].name, "value", value));
	}
	view_str(view, "title", T(p, kind->title));
	view_str(view, "lead", T(p, kind->lead));
	view_str(view, "path", kind->path);
	view_str(view, "q", q->text);
	view_take(view, "hidden", hidden);
	json_t *active = view_active(p, kind, q);
	bool narrowed = json_array_size(active) > 0;
	view_take(view, "active", active);
	view_take(view, "facets", view_facets(p, kind, q, r));
	view_str(view, "total", page_fill(p, trn(p->cat, "%s result", "%s results", r->total),
					 page_number(p, (int64_t)r->total), NULL));
	view_take(view, "items", items);
	view_take(view, "pages", view_pages(p, kind, q, r->total));
	view_take(view, "formats", view_formats(p, kind));
	if (t && page_may(p, ROLE_MEMBER)) {
		view_str(view, "create_href", page_fmt(p, "/new/%s", t->name));
		view_str(view, "create_label", page_fill(p, T(p, "Add: %s"), T(p, t->label), NULL));
	}
	if (kind == &list_agenda)
		view_str(view, "month_href", "/agenda/month");
	if (!r->n_rows)
		view_take(view, "empty", view_empty(p, kind, narrowed));
	return view;
}

static json_t *json_of(struct page *p, const struct list_kind *kind, const struct query *q, const struct query_result *r)
{
	json_t *items = json_array(), *facets = json_object(), *next = json_null();
	for (size_t i = 0; i < r->n_rows; i++)
		json_array_append_new(items, list_item_json(r->rows[i].row));
	for (size_t i = 0; i < r->n_facets; i++) {
		json_t *values = json_object();
		for (size_t j = 0; j < r->facets[i].n; j++)
			json_object_set_new(values, r->facets[i].values[j].value,
					    json_integer((json_int_t)r->facets[i].values[j].count));
		json_object_set_new(facets, r->facets[i].name, values);
	}
	if (q->page < LIST_PAGES && (uint64_t)q->page * q->limit < r->total)
		next = json_string(page_fmt(p, "%s%s", p->node->identity.origin,
					    link_with(p, page_fmt(p, "%s.json", kind->path), "page", page_fmt(p, "%u", q->page + 1))));
	return json_pack("{s:o, s:I, s:o, s:o}", "items", items, "total", (json_int_t)r->total, "facets", facets, "next", next);
}

/* Formats that hold every row that matches, not one page of them. */
static int serve_whole(struct page *p, const struct list_kind *kind, const struct query *q)
{
	static const char *const types[FORMAT_COUNT] = {
		[FORMAT_CSV] = "text/csv; charset=utf-8",
		[FORMAT_GEOJSON] = "application/geo+json",
		[FORMAT_ICS] = "text/calendar; charset=utf-8",
		[FORMAT_ATOM] = "application/atom+xml; charset=utf-8",
	};
	enum format f = request_format(p->rq);
	struct buf out;
	int err = ERR_INTERNAL;
	buf_init(&out, LIST_EXPORT_BYTES);
	if (f == FORMAT_CSV)
		err = format_csv(p, q, &out);
	else if (f == FORMAT_GEOJSON)
		err = format_geojson(p, q, &out);
	else if (f == FORMAT_ICS)
		err = format_ics(p, q, &out);
	else if (f == FORMAT_ATOM)
		err = format_atom(p, q, T(p, kind->title), kind->path, &out);
	if (err) {
		buf_done(&out);
		return page_error(p, err);
	}
	return page_text(p, types[f], &out);
}

int list_serve(struct page *p, const struct list_kind *kind)
{
	struct fault fault = {0};
	struct query q;
	struct query_result r = {0};
	struct txn *t = page_txn(p);
	int kept;
	if (!t)
		return page_error(p, ERR_BUSY);
	if (list_query(p, kind, &q, &fault) != OK)
		return page_fault(p, &fault);
	if (page_kept(p, "", &kept))
		return kept;
	enum format f = request_format(p->rq);
	if (f != FORMAT_HTML && f != FORMAT_JSON)
		return serve_whole(p, kind, &q);
	int err = query_run(p->node, t, &q, request_mem(p->rq), &r);
	if (err)
		return page_error(p, err);
	if (q.page > 1 && r.n_rows == 0) {
		fault_set(&fault, ERR_NOTFOUND, "page", "There is no such page.", NULL);
		return page_fault(p, &fault);
	}
	if (f == FORMAT_JSON)
		return reply_json(p->rq, 200, json_of(p, kind, &q, &r));
	return page_html(p, 200, "list", view_of(p, kind, &q, &r));
}
