/* Any object: its fields by the type table, where it comes from, and the signed bytes. */
#include <string.h>

#include "node/domain/entry.h"
#include "node/http/server.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "protocol/schema.h"
#include "protocol/schema_value.h"
#include "protocol/vocabulary.h"
#include "web/handlers.h"
#include "web/list.h"
#include "web/markdown.h"

int object_find(struct page *p, struct record *ret)
{
	uint32_t object;
	struct txn *t = page_txn(p);
	if (!t)
		return ERR_BUSY;
	int err = query_object(t, request_param(p->rq, "host"), request_param(p->rq, "key"), &object);
	if (err && err != ERR_EXPIRED)
		return err;
	int found = record_get(t, object, ret);
	return found ? found : err;
}

bool object_editable(struct page *p, const struct record *r)
{
	uint32_t owner;
	if (r->origin != 1 || !page_may(p, ROLE_MEMBER))
		return false;
	if (page_may(p, ROLE_ANIMATOR))
		return true;
	return entry_owner(p->txn, r->object, &owner) == OK && owner == p->session.account.account;
}

/*
 * Other nodes' objects are stored as signed, whatever their fields hold: what is shown must first be
 * what the type table says.  The value at a path, or NULL.
 */
static const json_t *sound(const struct record_type *t, const char *path, const json_t *doc)
{
	const struct field *f = schema_field(t, path);
	const json_t *value = f ? schema_get(doc, path) : NULL;
	return value && value_check_all(f, value, NULL, path, NULL) == OK ? value : NULL;
}

static const char *sound_text(const struct record_type *t, const char *path, const json_t *doc)
{
	return json_string_value(sound(t, path, doc));
}

/* A deadline is meant where it was set: the reader's time, and that one where the clocks differ. */
static const char *both_times(struct page *p, const char *iso, const struct zone *own)
{
	int64_t t;
	int offset;
	if (time_parse_offset(iso, &t, &offset) != OK)
		return iso;
	const char *here = page_fmt(p, "%s (%s)", page_time(p, t, p->zone), p->zone_name);
	if (!own || !p->zone || zone_offset(own, t, NULL) == zone_offset(p->zone, t, NULL))
		return here;
	return page_fill(p, T(p, "%s; there: %s"), here, page_time(p, t, own), NULL);
}

/* One value for people: label of a code, link of an address, day of a date. own: the record's time zone or NULL. */
static json_t *value_view(struct page *p, const struct record_type *t, const struct field *f, const json_t *value,
			  const struct zone *own)
{
	json_t *v = json_object();
	const char *text = json_string_value(value);
	if (json_is_integer(value)) {
		view_str(v, "value", page_number(p, json_integer_value(value)));
	} else if (!text) {
		json_decref(v);
		return NULL;
	} else if (f->kind == FIELD_CODE && f->vocabulary) {
		view_str(v, "value", vocabulary_label(p->node->vocabularies, f->vocabulary, text, p->lang));
		if (f->index == INDEX_FACET)
			view_str(v, "href", list_facet_href(p, t->list, f->facet, text));
	} else if (f->kind == FIELD_URI || f->kind == FIELD_REF) {
		view_str(v, "value", text);
		view_str(v, "href", f->kind == FIELD_REF ? page_object_path(p, text) : text);
	} else if (f->kind == FIELD_EMAIL) {
		view_str(v, "value", text);
		view_str(v, "href", page_fmt(p, "mailto:%s", text));
	} else if (f->kind == FIELD_DATETIME) {
		view_str(v, "value", both_times(p, text, own));
	} else {
		view_str(v, "value", text);
	}
	return v;
}

static json_t *field_view(struct page *p, const struct record_type *t, const struct field *f, const json_t *value,
			  const struct zone *own)
{
	json_t *v;
	if (f->kind == FIELD_MARKDOWN) {
		struct buf html;
		buf_init(&html, 256 * 1024);
		v = json_object();
		if (markdown_render(json_string_value(value) ? json_string_value(value) : "", &html) == OK)
			view_str(v, "html", html.data);
		buf_done(&html);
	} else if (f->flags & FIELD_LIST) {
		size_t i;
		json_t *item, *items = json_array();
		json_array_foreach((json_t *)value, i, item) {
			json_t *one = value_view(p, t, f, item, own);
			if (one)
				json_array_append_new(items, one);
		}
		v = json_object();
		view_take(v, "items", items);
	} else {
		v = value_view(p, t, f, value, own);
	}
	if (v)
		view_str(v, "label", T(p, f->label));
	return v;
}

/* Shown elsewhere on the page, or part of the one line that says where. */
static bool field_apart(const struct field *f)
{
	static const char *const apart[] = {"name", "summary", "content", "startTime", "endTime", "zone"};
	for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++)
		if (strcmp(apart[i], f->path) == 0)
			return true;
	return f->flags & FIELD_PLACE;
}

static json_t *place_view(struct page *p, const struct record_type *t, const json_t *doc)
{
	static const char *const parts[] = {
		"location.name", "location.address", "location.postalCode", "location.commune", "location.department",
	};
	struct buf line;
	json_t *v = NULL;
	buf_init(&line, 2000);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		const char *text = sound_text(t, parts[i], doc);
		if (!text)
			continue;
		if (line.len)
			buf_str(&line, i == 3 && sound_text(t, "location.postalCode", doc) ? " " : ", ");
		buf_str(&line, text);
	}
	const char *latitude = sound_text(t, "location.latitude", doc);
	const char *longitude = sound_text(t, "location.longitude", doc);
	if (line.len || (latitude && longitude)) {
		v = json_object();
		view_str(v, "label", T(p, "Place"));
		view_str(v, "value", line.len ? line.data : page_fmt(p, "%s, %s", latitude, longitude));
		/* RFC 5870: the reader's own map application, no third party. */
		if (latitude && longitude)
			view_str(v, "href", page_fmt(p, "geo:%s,%s", latitude, longitude));
	}
	buf_done(&line);
	return v;
}

static json_t *fields_view(struct page *p, const struct record_type *t, const json_t *doc)
{
	json_t *fields = json_array();
	json_t *place = place_view(p, t, doc);
	const char *zone_name = sound_text(t, "zone", doc);
	const struct zone *own = zone_name ? zone_get(p->node->zones, zone_name) : NULL;
	if (place)
		json_array_append_new(fields, place);
	for (size_t i = 0; i < t->n_fields; i++) {
		const json_t *value = sound(t, t->fields[i].path, doc);
		json_t *v = value && !field_apart(&t->fields[i]) ? field_view(p, t, &t->fields[i], value, own) : NULL;
		if (v)
			json_array_append_new(fields, v);
	}
	return fields;
}

/* "dimanche 22 novembre 2026, 14 h 30 – 16 h"; the end's day only where it is another one. */
static const char *span(struct page *p, int64_t from, int64_t to, const struct zone *zone)
{
	struct civil a, b;
	struct buf end;
	if (to <= from)
		return page_time(p, from, zone);
	time_civil(from + (zone ? zone_offset(zone, from, NULL) : 0), &a);
	time_civil(to + (zone ? zone_offset(zone, to, NULL) : 0), &b);
	if (a.year != b.year || a.month != b.month || a.day != b.day)
		return page_fill(p, T(p, "%s – until %s"), page_time(p, from, zone), page_time(p, to, zone), NULL);
	buf_init(&end, 64);
	i18n_time(p->cat, &b, &end);
	const char *text = page_fmt(p, "%s – %s", page_time(p, from, zone), end.data ? end.data : "");
	buf_done(&end);
	return text;
}

/* The reader's time first, the event's own beside it where the clocks differ. */
static json_t *when_view(struct page *p, const struct record_type *t, const json_t *doc)
{
	const char *start = sound_text(t, "startTime", doc), *end = sound_text(t, "endTime", doc);
	const char *zone_name = sound_text(t, "zone", doc);
	const struct zone *own = zone_name ? zone_get(p->node->zones, zone_name) : NULL;
	int64_t from, to = 0;
	int offset;
	if (!start || time_parse_offset(start, &from, &offset) != OK)
		return json_null();
	if (end && time_parse_offset(end, &to, &offset) != OK)
		to = 0;
	json_t *v = json_object();
	view_str(v, "text", span(p, from, to, p->zone));
	view_str(v, "start", start);
	view_str(v, "end", end);
	view_str(v, "zone", p->zone_name);
	if (own && p->zone && zone_offset(own, from, NULL) != zone_offset(p->zone, from, NULL)) {
		view_str(v, "own_text", span(p, from, to, own));
		view_str(v, "own_zone", zone_name);
	}
	return v;
}

static json_t *origin_view(struct page *p, const struct record *r)
{
	struct origin o;
	struct feed f;
	if (r->origin == 1)
		return json_null();
	json_t *v = json_object();
	if (origin_get(p->txn, r->origin, &o) == OK) {
		view_str(v, "name", o.name[0] ? o.name : o.identity.origin);
		view_str(v, "href", o.identity.origin);
		view_str(v, "host", strstr(o.identity.origin, "://") ? strstr(o.identity.origin, "://") + 3 : "");
	}
	if (feed_get(p->txn, r->feed, &f) == OK && f.matched_at) {
		view_str(v, "confirmed", page_day(p, f.matched_at));
		if (request_now(p->rq) - f.head_at > HEAD_STALE)
			view_str(v, "stale", T(p, "It has not answered for three days: this may be out of date."));
	}
	return v;
}

static json_t *formats_view(struct page *p, const char *path, bool dated)
{
	json_t *list = json_array();
	json_t *link = view_link(page_fmt(p, "%s.json", path), T(p, "Signed object (JSON)"));
	view_str(link, "type", "application/json");
	json_array_append_new(list, link);
	if (dated) {
		link = view_link(page_fmt(p, "%s.ics", path), T(p, "Add to my calendar"));
		view_str(link, "type", "text/calendar");
		json_array_append_new(list, link);
	}
	return list;
}

static json_t *object_view(struct page *p, const struct record *r, const json_t *doc, const struct record_type *t)
{
	json_t *v = json_object();
	const char *id = json_string_value(json_object_get(doc, "id"));
	const char *content = sound_text(t, "content", doc);
	const char *path = page_object_path(p, id);
	bool dated = list_dated(r->row);
	struct buf html;
	int64_t updated;

	/* The card already knows leaf and status. */
	json_t *card = list_item(p, r->row);
	view_take(v, "leaf", json_incref(json_object_get(card, "leaf")));
	view_take(v, "status", json_incref(json_object_get(card, "status")));
	json_decref(card);
	view_str(v, "title", row_get(r->row, ROW_TITLE));
	view_take(v, "crumbs", json_pack("[o]", view_link(t->list, T(p, t->plural))));
	view_str(v, "type_label", T(p, t->label));
	view_str(v, "summary", sound_text(t, "summary", doc));
	view_str(v, "description", row_get(r->row, ROW_SUMMARY));
	view_take(v, "when", when_view(p, t, doc));
	view_take(v, "fields", fields_view(p, t, doc));
	buf_init(&html, 256 * 1024);
	if (content && markdown_render(content, &html) == OK)
		view_str(v, "body_html", html.data);
	buf_done(&html);
	view_take(v, "origin", origin_view(p, r));
	if (time_parse(row_get(r->row, ROW_UPDATED), &updated) == OK)
		view_str(v, "updated", page_day(p, updated));
	view_take(v, "formats", formats_view(p, path, dated));
	if (object_editable(p, r)) {
		view_str(v, "edit_href", page_fmt(p, "/edit/%s", request_param(p->rq, "key")));
		view_str(v, "delete_href", page_fmt(p, "/delete/%s", request_param(p->rq, "key")));
	}
	return v;
}

static int object_json(struct page *p, const struct record *r)
{
	char digest[DIGEST_TEXT];
	digest_text(r->digest, digest);
	reply_etag(p->rq, page_fmt(p, "\"%s\"", digest + 7));
	return reply_bytes(p->rq, r->flags & RECORD_TOMBSTONE ? 410 : 200, "application/json", r->json.data, r->json.len);
}

int handle_object(struct request *rq)
{
	struct page *p = page_of(rq);
	struct record r;
	struct fault fault;
	int kept, err = object_find(p, &r);
	if (err && err != ERR_EXPIRED)
		return page_error(p, err);
	if (request_format(rq) == FORMAT_JSON)
		return object_json(p, &r);
	const struct record_type *t = r.row.len ? schema_type(row_get(r.row, ROW_TYPE)) : NULL;
	if (err || !t)
		return page_error(p, err ? err : ERR_NOTFOUND);
	if (request_format(rq) == FORMAT_ICS) {
		struct buf out;
		buf_init(&out, 64 * 1024);
		err = format_ics_one(p, r.row, &out);
		if (err) {
			buf_done(&out);
			return page_error(p, err);
		}
		return reply_buf(rq, 200, "text/calendar; charset=utf-8", &out);
	}
	struct feed f;
	int64_t confirmed = feed_get(p->txn, r.feed, &f) == OK ? f.matched_at / 86400 : 0;
	if (page_kept(p, page_fmt(p, "-%lld", (long long)confirmed), &kept))
		return kept;
	json_t *doc;
	if (canon_read((const char *)r.json.data, r.json.len, CANON_NATIVE, &doc, &fault) != OK)
		return page_error(p, ERR_CORRUPT);
	json_t *view = object_view(p, &r, doc, t);
	json_decref(doc);
	return page_html(p, 200, "object", view);
}
