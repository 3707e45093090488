/* maillage export: records of one type to standard output, in chunks, each from one snapshot. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/store/feed.h"
#include "node/store/record.h"
#include "node/store/row.h"
#include "protocol/base/time.h"
#include "protocol/schema.h"
#include "tools/maillage/command.h"

enum { CHUNK = 500, CHUNK_BYTES = 64 * 1024 * 1024 };

struct export {
	const char *dir[1], *type, *format;
	bool own;
	/* at work */
	const struct record_type *record;
	const struct writer_format *writer;
	struct buf out;
	bool comma;	/* GeoJSON: something stands before the next feature */
};

/* What a format adds to the stream. */
struct writer_format {
	const char *name;
	void (*begin)(struct export *c);
	void (*record)(struct export *c, const struct record *r, const json_t *doc);
	void (*end)(struct export *c);
};

/* ---- CSV: id and every field of the type by its path, as import reads it */

/*
 * A cell that a spreadsheet would take for a formula is led by an apostrophe, and so is one that
 * looks as if it had been: import takes one away.
 */
static void csv_cell(struct buf *out, const char *text)
{
	bool number = strspn(text + (*text == '-' || *text == '+'), "0123456789.") ==
		      strlen(text) - (*text == '-' || *text == '+');
	bool quote = strpbrk(text, "\",\r\n;\t") != NULL;
	char led = text[strspn(text, "'")];

	if (quote)
		buf_char(out, '"');
	if (led && strchr("=+-@\t\r", led) && !number)
		buf_char(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buf_char(out, '"');
		buf_char(out, *text);
	}
	if (quote)
		buf_char(out, '"');
}

static void csv_begin(struct export *c)
{
	buf_str(&c->out, "id");
	for (size_t i = 0; i < c->record->n_fields; i++)
		buf_fmt(&c->out, ",%s", c->record->fields[i].path);
	buf_str(&c->out, "\r\n");
}

static void csv_record(struct export *c, const struct record *r, const json_t *doc)
{
	struct buf cell;

	csv_cell(&c->out, json_string_value(json_object_get(doc, "id")));
	buf_init(&cell, CHUNK_BYTES);
	for (size_t i = 0; i < c->record->n_fields; i++) {
		const struct field *f = &c->record->fields[i];
		const json_t *v = schema_get(doc, f->path);

		buf_char(&c->out, ',');
		buf_clear(&cell);
		if (v)
			schema_to_text(f, v, &cell);
		csv_cell(&c->out, cell.data && cell.len ? cell.data : "");
	}
	buf_done(&cell);
	buf_str(&c->out, "\r\n");
}

/* ---- NDJSON: the signed objects, byte for byte */

static void ndjson_record(struct export *c, const struct record *r, const json_t *doc)
{
	buf_add(&c->out, r->json.data, r->json.len);
	buf_char(&c->out, '\n');
}

/* ---- GeoJSON: located records */

static void geojson_begin(struct export *c)
{
	buf_str(&c->out, "{\"type\":\"FeatureCollection\",\"features\":[");
}

static void geojson_record(struct export *c, const struct record *r, const json_t *doc)
{
	const char *latitude = json_string_value(schema_get(doc, "location.latitude"));
	const char *longitude = json_string_value(schema_get(doc, "location.longitude"));
	json_t *feature, *properties;
	char *text;

	if (!latitude || !longitude)
		return;
	properties = json_object();
	json_object_set(properties, "id", json_object_get(doc, "id"));
	for (size_t i = 0; i < c->record->n_fields; i++) {
		const char *path = c->record->fields[i].path;
		json_t *v = schema_get(doc, path);

		if (v)
			json_object_set(properties, path, v);
	}
	feature = json_pack("{s:s, s:{s:s, s:[f, f]}, s:o}", "type", "Feature", "geometry", "type",
			    "Point", "coordinates", atof(longitude), atof(latitude), "properties",
			    properties);
	text = json_dumps(feature, JSON_COMPACT | JSON_REAL_PRECISION(9));
	buf_str(&c->out, c->comma ? ",\n" : "\n");
	c->comma = true;
	buf_str(&c->out, text ? text : "null");
	free(text);
	json_decref(feature);
}

static void geojson_end(struct export *c)
{
	buf_str(&c->out, "\n]}\n");
}

/* ---- iCalendar: events by their time, calls by their end */

static void ics_begin(struct export *c)
{
	buf_str(&c->out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Maillage//maillage export//EN\r\n");
}

static icaltimetype ics_time(int64_t t)
{
	return icaltime_from_timet_with_zone((time_t)t, 0, icaltimezone_get_utc_timezone());
}

static void ics_text(icalcomponent *e, icalproperty *(*make)(const char *), const json_t *v)
{
	if (json_is_string(v))
		icalcomponent_add_property(e, make(json_string_value(v)));
}

/* Path of the field that says when a record begins or ends, or NULL. */
static const char *time_path(const struct record_type *type, enum field_index index)
{
	for (size_t i = 0; i < type->n_fields; i++)
		if (type->fields[i].index == index)
			return type->fields[i].path;
	return NULL;
}

static const char *time_text(const struct record_type *type, enum field_index index,
			     const json_t *doc)
{
	const char *path = time_path(type, index);

	return path ? json_string_value(schema_get(doc, path)) : NULL;
}

static void ics_record(struct export *c, const struct record *r, const json_t *doc)
{
	bool call = strcmp(c->record->name, "CallForProjects") == 0;
	const char *end = time_text(c->record, INDEX_END, doc);
	const char *start = call ? end : time_text(c->record, INDEX_START, doc);
	const json_t *place = schema_get(doc, "location.name");
	icalcomponent *e;
	int64_t t;
	int offset;
	char *text;

	if (!start || time_parse_offset(start, &t, &offset) != OK)
		return;
	e = icalcomponent_new(ICAL_VEVENT_COMPONENT);
	ics_text(e, icalproperty_new_uid, json_object_get(doc, "id"));
	icalcomponent_add_property(e, icalproperty_new_dtstart(ics_time(t)));
	if (!call && end && time_parse_offset(end, &t, &offset) == OK)
		icalcomponent_add_property(e, icalproperty_new_dtend(ics_time(t)));
	if (time_parse(json_string_value(json_object_get(doc, "updated")), &t) == OK)
		icalcomponent_add_property(e, icalproperty_new_dtstamp(ics_time(t)));
	ics_text(e, icalproperty_new_summary, json_object_get(doc, "name"));
	ics_text(e, icalproperty_new_description, json_object_get(doc, "content"));
	ics_text(e, icalproperty_new_location, place ? place : schema_get(doc, "location.commune"));
	ics_text(e, icalproperty_new_url, json_object_get(doc, "url"));
	text = icalcomponent_as_ical_string_r(e);
	buf_str(&c->out, text ? text : "");
	free(text);
	icalcomponent_free(e);
}

static void ics_end(struct export *c)
{
	buf_str(&c->out, "END:VCALENDAR\r\n");
}

static const struct writer_format formats[] = {
	{"csv", csv_begin, csv_record, NULL},
	{"ndjson", NULL, ndjson_record, NULL},
	{"geojson", geojson_begin, geojson_record, geojson_end},
	{"ics", ics_begin, ics_record, ics_end},
};

static const struct argp_option options[] = {
	{"type", 't', "T", 0, "Organization, Event, CallForProjects, Project, Group, Place, Resource (required)", 0},
	{"format", 'f', "FORMAT", 0, "csv, ndjson, geojson or ics (required)", 0},
	{"own", 'o', 0, 0, "Only this node's own records", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct export *c = state->input;

	switch (key) {
	case 't':
		c->record = schema_type(arg);
		if (!c->record)
			argp_error(state, "there is no type \"%s\"", arg);
		return 0;
	case 'f':
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
			if (strcmp(formats[i].name, arg) == 0)
				c->writer = &formats[i];
		if (!c->writer)
			argp_error(state, "there is no format \"%s\"", arg);
		return 0;
	case 'o':
		c->own = true;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 1)
			break;
		if (!c->record)
			argp_error(state, "--type is missing");
		else if (!c->writer)
			argp_error(state, "--format is missing");
		else if (c->writer->record == ics_record && !time_path(c->record, INDEX_END))
			argp_error(state, "%s has no time: ics is for Event and CallForProjects",
				   c->record->name);
		break;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	options, parse, "DIR",
	"Write the records of one type that the node in DIR holds, its own and its peers', to standard "
	"output.\v"
	"ndjson is the signed objects, byte for byte; csv can be imported again; geojson holds the "
	"located ones; ics holds events, and calls at their end.",
	NULL, NULL, NULL,
};

static int record_write(struct export *c, struct txn *t, uint32_t object)
{
	struct record r;
	json_t *doc;
	int err = record_get(t, object, &r);

	if (err != OK || r.flags & (RECORD_TOMBSTONE | RECORD_HIDDEN) || r.row.len == 0 ||
	    strcmp(row_get(r.row, ROW_TYPE), c->record->name) != 0)
		return err;
	doc = json_loadb((const char *)r.json.data, r.json.len, 0, NULL);
	if (!doc)
		return ERR_CORRUPT;
	c->writer->record(c, &r, doc);
	json_decref(doc);
	return c->out.err;
}

static int flush(struct export *c)
{
	int err = c->out.err;

	if (err == OK && c->out.len && fwrite(c->out.data, 1, c->out.len, stdout) != c->out.len)
		err = ERR_IO;
	buf_clear(&c->out);
	return err;
}

/* The next entries of a feed, from a snapshot of their own: a long export pins no old pages. */
static int chunk(struct export *c, struct node *n, uint32_t feed, int64_t *after)
{
	struct txn *t;
	uint32_t object;
	int err = txn_read(n->store, &t), ended = OK;

	if (err != OK)
		return err;
	for (unsigned i = 0; err == OK && i < CHUNK; i++) {
		ended = record_next(t, feed, *after, after, &object);
		if (ended != OK)
			break;
		err = record_write(c, t, object);
	}
	txn_end(t);
	if (err == OK)
		err = flush(c);
	return err != OK ? err : ended;
}

static int next_feed(struct node *n, uint32_t after, uint32_t *ret_feed)
{
	struct feed f;
	struct txn *t;
	int err = txn_read(n->store, &t);

	if (err != OK)
		return err;
	err = feed_next(t, after, &f);
	txn_end(t);
	if (err == OK)
		*ret_feed = f.feed;
	return err;
}

static int run(struct export *c, struct node *n)
{
	uint32_t feed = 0;
	int64_t after;
	int err = OK;

	buf_init(&c->out, CHUNK_BYTES);
	if (c->writer->begin)
		c->writer->begin(c);
	while (err == OK && (err = next_feed(n, feed, &feed)) == OK) {
		if (c->own && feed != 1)
			continue;
		after = 0;
		while ((err = chunk(c, n, feed, &after)) == OK)
			;
		if (err == ERR_NOTFOUND)
			err = OK;
	}
	if (err == ERR_NOTFOUND)
		err = OK;
	if (err == OK && c->writer->end)
		c->writer->end(c);
	if (err == OK)
		err = flush(c);
	buf_done(&c->out);
	if (err == OK && fflush(stdout) != 0)
		err = ERR_IO;
	return err;
}

int cmd_export(int argc, char **argv)
{
	struct export c = {0};
	struct node *n;
	int err;

	command_parse(&argp, argc, argv, &c);
	if (command_open(c.dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	err = run(&c, n);
	if (err == ERR_IO)
		return command_close(n, command_fail("the output cannot be written"));
	return command_close(n, err == OK ? EXIT_DONE : command_fault(err, NULL));
}
