/* Forms made from type tables, and read back. */
#include "web/forms.h"

#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "node/domain/location.h"
#include "protocol/base/time.h"
#include "protocol/vocabulary.h"

/* "/location/latitude" and "location.latitude" name the same field. */
static bool fault_names(const struct fault *fault, const char *path)
{
	if (!fault || fault->pointer[0] != '/')
		return false;
	const char *a = fault->pointer + 1;
	for (; *path && *a; a++, path++)
		if (*path != *a && !(*path == '.' && *a == '/'))
			return false;
	/* "/theme/3" is about "theme". */
	return !*path && (!*a || *a == '/');
}

static const char *field_id(struct page *p, const char *path)
{
	char *id = page_fmt(p, "f-%s", path);
	for (char *c = id; *c; c++)
		if (*c == '.')
			*c = '-';
	return id;
}

json_t *form_field(struct page *p, const char *name, const char *label, const char *help, const char *widget,
		   const char *value, const struct fault *fault)
{
	json_t *v = json_object();
	view_str(v, "name", name);
	view_str(v, "id", field_id(p, name));
	view_str(v, "label", label);
	view_str(v, "help", help);
	view_str(v, "value", value);
	view_take(v, "widget", json_pack("{s:b}", widget, 1));
	if (fault_names(fault, name))
		view_str(v, "error", page_fault_text(p, fault));
	return v;
}

void form_option(json_t *field, const char *value, const char *label, bool selected)
{
	json_t *options = json_object_get(field, "options");
	if (!options) {
		options = json_array();
		view_take(field, "options", options);
	}
	json_array_append_new(options, json_pack("{s:s, s:s, s:b}", "value", value, "label", label, "selected", selected));
}

/* In the summary a sentence stands alone: the name of its field goes first. */
static const char *fault_label(struct page *p, const struct fault *fault, const json_t *fields)
{
	size_t i;
	json_t *f;
	json_array_foreach(fields, i, f)
		if (fault_names(fault, json_string_value(json_object_get(f, "name"))))
			return json_string_value(json_object_get(f, "label"));
	return NULL;
}

json_t *form_errors(struct page *p, const struct fault *fault, const json_t *fields)
{
	json_t *errors = json_array();
	if (!fault || !fault->code)
		return errors;
	json_t *e = json_object();
	if (fault->pointer[0] == '/') {
		char *path = page_fmt(p, "%s", fault->pointer + 1);
		for (char *c = path; *c; c++)
			if (*c == '/')
				*c = '.';
		view_str(e, "href", page_fmt(p, "#%s", field_id(p, path)));
	}
	const char *label = fault_label(p, fault, fields);
	const char *text = page_fault_text(p, fault);
	view_str(e, "text", label ? page_fill(p, T(p, "%s: %s"), label, text, NULL) : text);
	json_array_append_new(errors, e);
	return errors;
}

static const char *widget_of(const struct field *f)
{
	if (f->kind == FIELD_CODE && f->vocabulary)
		return f->flags & FIELD_LIST ? "is_multi" : "is_select";
	switch (f->kind) {
	case FIELD_MARKDOWN: return "is_long";
	case FIELD_EMAIL: return "is_email";
	case FIELD_URI: return "is_url";
	case FIELD_INTEGER: return "is_number";
	case FIELD_DATE: return "is_date";
	case FIELD_DATETIME: return "is_datetime";
	case FIELD_ZONE: return "is_select";
	default: return "is_text";
	}
}

static const char *default_zone(struct page *p)
{
	return p->node->conf.zone;	/* `init` sets it to the territory's */
}

/* "2026-11-22T18:30:00+04:00" as the wall clock of `zone`: "2026-11-22T18:30". */
static const char *wall_clock(struct page *p, const char *iso, const struct zone *zone)
{
	int64_t t;
	int offset;
	struct civil c;
	if (time_parse_offset(iso, &t, &offset) != OK)
		return iso;
	time_civil(t + (zone ? zone_offset(zone, t, NULL) : offset), &c);
	return page_fmt(p, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

/* What most new records of this node will hold. */
static const char *first_value(struct page *p, const struct field *f)
{
	struct territory own;
	if (f->kind == FIELD_ZONE)
		return default_zone(p);
	if (strcmp(f->path, "location.commune") == 0 && p->node->territories && p->node->conf.territory[0] &&
	    territory_get(p->node->territories, p->node->conf.territory, &own) == OK)
		return own.name;
	return NULL;
}

static const char *shown_value(struct page *p, const struct field *f, const json_t *doc, bool refused)
{
	if (refused)
		return request_form(p->rq, f->path);
	const json_t *value = doc ? schema_get(doc, f->path) : NULL;
	if (!value)
		return doc ? NULL : first_value(p, f);
	if (f->kind == FIELD_DATETIME && json_is_string(value)) {
		const char *zone = json_string_value(schema_get(doc, "zone"));
		return wall_clock(p, json_string_value(value), zone_get(p->node->zones, zone ? zone : default_zone(p)));
	}
	struct buf text;
	buf_init(&text, 64 * 1024);
	schema_to_text(f, value, &text);
	const char *ret = page_fmt(p, "%s", text.data ? text.data : "");
	buf_done(&text);
	return ret;
}

static bool is_chosen(struct page *p, const struct field *f, const json_t *doc, bool refused, const char *code)
{
	const char *posted;
	if (refused) {
		for (size_t i = 0; (posted = request_form_nth(p->rq, f->path, i)); i++)
			if (strcmp(posted, code) == 0)
				return true;
		return false;
	}
	const json_t *value = doc ? schema_get(doc, f->path) : NULL;
	if (json_is_string(value))
		return strcmp(json_string_value(value), code) == 0;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *one = json_string_value(json_array_get(value, i));
		if (one && strcmp(one, code) == 0)
			return true;
	}
	return false;
}

static void add_options(struct page *p, json_t *v, const struct field *f, const json_t *doc, bool refused)
{
	size_t i;
	json_t *entry;
	const json_t *entries = vocabulary_entries(p->node->vocabularies, f->vocabulary);
	if (!(f->flags & (FIELD_LIST | FIELD_REQUIRED)))
		form_option(v, "", T(p, "Not stated"), false);
	json_array_foreach((json_t *)entries, i, entry) {
		const char *code = json_string_value(json_object_get(entry, "code"));
		const char *label = json_string_value(json_object_get(entry, p->lang));
		form_option(v, code, label ? label : code, is_chosen(p, f, doc, refused, code));
	}
}

/* The zones of the French territories and UTC; another one that is already set stays. */
void form_zones(struct page *p, json_t *v, const char *chosen)
{
	static const char *const zones[] = {
		"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Miquelon",
		"Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Marquesas",
		"Pacific/Gambier", "Pacific/Wallis", "UTC",
	};
	bool found = !chosen || !chosen[0];
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
		bool same = chosen && strcmp(chosen, zones[i]) == 0;
		form_option(v, zones[i], zones[i], same);
		found |= same;
	}
	if (!found)
		form_option(v, chosen, chosen, true);
}

json_t *form_fields(struct page *p, const struct record_type *t, const json_t *doc, bool refused,
		    const struct fault *fault)
{
	json_t *fields = json_array();
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		if (f->flags & FIELD_INTERNAL)
			continue;
		const char *help = f->help ? T(p, f->help) : NULL;
		if (f->kind == FIELD_MARKDOWN && !help)
			help = T(p, "Paragraphs, lists and links in Markdown.");
		json_t *v = form_field(p, f->path, T(p, f->label), help, widget_of(f), shown_value(p, f, doc, refused), fault);
		view_take(v, "required", json_boolean(f->flags & FIELD_REQUIRED));
		if (f->kind == FIELD_TEXT || f->kind == FIELD_MARKDOWN)
			view_take(v, "max", json_integer((json_int_t)f->max));
		if (f->kind == FIELD_ZONE)
			form_zones(p, v, shown_value(p, f, doc, refused));
		else if (f->vocabulary)
			add_options(p, v, f, doc, refused);
		json_array_append_new(fields, v);
	}
	return fields;
}

/* ---- reading ---- */

/* The wall clock typed in, at the form's own time zone, as RFC 3339 with its offset. */
static int read_datetime(struct page *p, const struct field *f, const char *text, json_t **ret, struct fault *fault)
{
	char whole[40];
	int64_t t;
	int offset;
	const char *zone_name = request_form(p->rq, "zone");
	const struct zone *zone = zone_get(p->node->zones, zone_name && zone_name[0] ? zone_name : default_zone(p));
	*ret = NULL;
	if (!text[0])
		return OK;
	if (!zone)
		return fault_set(fault, ERR_INVALID, "/zone", "This time zone is not known: write it as Europe/Paris.", NULL);
	snprintf(whole, sizeof whole, "%.24s%s", text, strlen(text) == 16 ? ":00Z" : "Z");
	if (time_parse(whole, &t) != OK)
		return fault_set(fault, ERR_INVALID, page_fmt(p, "/%s", f->path), "A date and time is written 2026-11-22T14:30.", NULL);
	/* A wall clock the spring forward leaves out becomes the one that stands there. */
	t = zone_instant(zone, t);
	offset = zone_offset(zone, t, NULL);
	struct civil c;
	time_civil(t + offset, &c);
	if (c.year > 9998 || c.year < 1970)
		return fault_set(fault, ERR_INVALID, page_fmt(p, "/%s", f->path), "This date is out of reach.", NULL);
	*ret = json_string(page_fmt(p, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
				    c.second, offset < 0 ? '-' : '+', (offset < 0 ? -offset : offset) / 3600,
				    (offset < 0 ? -offset : offset) / 60 % 60));
	return OK;
}

/* Ticked boxes, one form value each, as one list. */
static json_t *read_choices(struct page *p, const struct field *f)
{
	const char *value;
	json_t *list = json_array();
	for (size_t i = 0; (value = request_form_nth(p->rq, f->path, i)); i++)
		if (value[0])
			json_array_append_new(list, json_string(value));
	if (json_array_size(list) == 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static int read_field(struct page *p, const struct field *f, json_t **ret, struct fault *fault)
{
	const char *text = request_form(p->rq, f->path);
	*ret = NULL;
	if (f->flags & FIELD_LIST && f->vocabulary) {
		*ret = read_choices(p, f);
		return OK;
	}
	if (!text)
		return OK;
	if (f->kind == FIELD_DATETIME)
		return read_datetime(p, f, text, ret, fault);
	return schema_from_text(f, text, p->node->vocabularies, ret, fault);
}

int form_read(struct page *p, const struct record_type *t, const json_t *held, json_t **ret_doc, struct fault *fault)
{
	json_t *doc = json_pack("{s:s}", "type", t->name);
	int err = OK;
	for (size_t i = 0; !err && i < t->n_fields; i++) {
		json_t *value = NULL;
		if (t->fields[i].flags & FIELD_INTERNAL)
			continue;
		err = read_field(p, &t->fields[i], &value, fault);
		if (!err && value)
			err = schema_set(doc, t->fields[i].path, value);
	}
	if (err) {
		json_decref(doc);
		return err;
	}
	if (held)
		location_follow(held, doc);
	location_complete(p->node->territories, t, doc);
	*ret_doc = doc;
	return OK;
}
