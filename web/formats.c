/* Lists for other programs: RFC 4180 CSV, RFC 7946 GeoJSON, RFC 5545 iCalendar, RFC 4287 Atom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "protocol/base/time.h"
#include "web/list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct format_state {
	struct page *p;
	struct buf *out;
	unsigned n;
};

static const struct { enum row_field field; const char *name; } columns[] = {
	{ROW_ID, "id"}, {ROW_TYPE, "type"}, {ROW_TITLE, "name"}, {ROW_SUMMARY, "summary"}, {ROW_PLACE, "place"},
	{ROW_START, "startTime"}, {ROW_END, "endTime"}, {ROW_ZONE, "zone"}, {ROW_LATITUDE, "latitude"},
	{ROW_LONGITUDE, "longitude"}, {ROW_URL, "url"}, {ROW_TAGS, "tags"}, {ROW_UPDATED, "updated"},
};

/* ---- CSV ---- */

/* A cell that a spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV injection). */
static void csv_cell(struct buf *out, const char *text)
{
	bool formula = strchr("=+-@\t\r", text[0]) && text[0];
	bool number = (text[0] == '-' || text[0] == '+') && strspn(text + 1, "0123456789.") == strlen(text + 1);
	bool quote = strpbrk(text, "\",\r\n") != NULL;
	if (quote)
		buf_char(out, '"');
	if (formula && !number)
		buf_char(out, '\'');
	for (const char *s = text; *s; s++) {
		if (*s == '"')
			buf_char(out, '"');
		buf_char(out, *s);
	}
	if (quote)
		buf_char(out, '"');
}

static int csv_row(void *arg, uint32_t object, struct view row)
{
	struct format_state *s = arg;
	for (size_t i = 0; i < COUNT(columns); i++) {
		if (i)
			buf_char(s->out, ',');
		csv_cell(s->out, row_get(row, columns[i].field));
	}
	buf_str(s->out, "\r\n");
	return s->out->err;
}

int format_csv(struct page *p, const struct query *q, struct buf *out)
{
	struct format_state s = {p, out, 0};
	for (size_t i = 0; i < COUNT(columns); i++) {
		if (i)
			buf_char(out, ',');
		buf_str(out, columns[i].name);
	}
	buf_str(out, "\r\n");
	return query_each(p->node, p->txn, q, csv_row, &s);
}

/* ---- GeoJSON ---- */

static void json_text(struct buf *out, const char *text)
{
	json_t *value = json_string(text);
	char *encoded = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
	buf_str(out, encoded ? encoded : "\"\"");
	free(encoded);
	json_decref(value);
}

static int geojson_row(void *arg, uint32_t object, struct view row)
{
	struct format_state *s = arg;
	const char *latitude = row_get(row, ROW_LATITUDE), *longitude = row_get(row, ROW_LONGITUDE);
	if (!latitude[0] || !longitude[0])
		return OK;
	buf_str(s->out, s->n++ ? ",\n" : "\n");
	buf_str(s->out, "{\"type\":\"Feature\",\"id\":");
	json_text(s->out, row_get(row, ROW_ID));
	/* Decimals of the type tables are JSON numbers too. */
	buf_fmt(s->out, ",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%s,%s]},\"properties\":{", longitude, latitude);
	unsigned n = 0;
	for (size_t i = 1; i < COUNT(columns); i++) {
		const char *text = row_get(row, columns[i].field);
		if (!text[0] || columns[i].field == ROW_LATITUDE || columns[i].field == ROW_LONGITUDE)
			continue;
		buf_fmt(s->out, "%s\"%s\":", n++ ? "," : "", columns[i].name);
		json_text(s->out, text);
	}
	buf_str(s->out, "}}");
	return s->out->err;
}

int format_geojson(struct page *p, const struct query *q, struct buf *out)
{
	struct format_state s = {p, out, 0};
	buf_str(out, "{\"type\":\"FeatureCollection\",\"features\":[");
	int err = query_each(p->node, p->txn, q, geojson_row, &s);
	buf_str(out, "\n]}\n");
	return err;
}

/* ---- iCalendar ---- */

/* One content line, escaped (RFC 5545 section 3.3.11) and folded at 75 bytes between characters. */
static void ics_line(struct buf *out, const char *name, const char *value)
{
	size_t column = strlen(name) + 1;
	buf_fmt(out, "%s:", name);
	for (const char *s = value; *s; s++) {
		size_t width = 1;
		bool start = ((unsigned char)*s & 0xC0) != 0x80;
		while (start && ((unsigned char)s[width] & 0xC0) == 0x80)
			width++;
		if (start && column + width + 1 > 75) {
			buf_str(out, "\r\n ");
			column = 1;
		}
		if (*s == '\n') {
			buf_str(out, "\\n");
			column += 2;
		} else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			continue;	/* no control characters (RFC 5545 section 3.1) */
		} else {
			if (strchr("\\;,", *s)) {
				buf_char(out, '\\');
				column++;
			}
			buf_char(out, *s);
			column++;
		}
	}
	buf_str(out, "\r\n");
}

static void ics_time(struct buf *out, const char *name, int64_t t)
{
	struct civil c;
	time_civil(t, &c);
	buf_fmt(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static int ics_row(void *arg, uint32_t object, struct view row)
{
	struct format_state *s = arg;
	int64_t start, end, updated;
	int offset;
	bool call = strcmp(row_get(row, ROW_TYPE), "CallForProjects") == 0;
	const char *from = row_get(row, call ? ROW_END : ROW_START), *to = row_get(row, ROW_END);
	if (time_parse_offset(from, &start, &offset) != OK)
		return OK;
	buf_str(s->out, "BEGIN:VEVENT\r\n");
	ics_line(s->out, "UID", row_get(row, ROW_ID));
	if (time_parse(row_get(row, ROW_UPDATED), &updated) == OK)
		ics_time(s->out, "DTSTAMP", updated);
	ics_time(s->out, "DTSTART", start);
	if (!call && time_parse_offset(to, &end, &offset) == OK)
		ics_time(s->out, "DTEND", end);
	ics_line(s->out, "SUMMARY", call ? page_fill(s->p, T(s->p, "Closing: %s"), row_get(row, ROW_TITLE), NULL) : row_get(row, ROW_TITLE));
	if (row_get(row, ROW_SUMMARY)[0])
		ics_line(s->out, "DESCRIPTION", row_get(row, ROW_SUMMARY));
	if (row_get(row, ROW_PLACE)[0])
		ics_line(s->out, "LOCATION", row_get(row, ROW_PLACE));
	if (row_get(row, ROW_LATITUDE)[0] && row_get(row, ROW_LONGITUDE)[0])
		buf_fmt(s->out, "GEO:%s;%s\r\n", row_get(row, ROW_LATITUDE), row_get(row, ROW_LONGITUDE));
	ics_line(s->out, "URL", page_fmt(s->p, "%s%s", s->p->node->identity.origin, page_object_path(s->p, row_get(row, ROW_ID))));
	buf_str(s->out, "END:VEVENT\r\n");
	return s->out->err;
}

static void ics_open(struct buf *out)
{
	buf_str(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Maillage//Maillage " PACKAGE_VERSION "//FR\r\nCALSCALE:GREGORIAN\r\n");
}

int format_ics(struct page *p, const struct query *q, struct buf *out)
{
	struct format_state s = {p, out, 0};
	ics_open(out);
	int err = query_each(p->node, p->txn, q, ics_row, &s);
	buf_str(out, "END:VCALENDAR\r\n");
	return err;
}

int format_ics_one(struct page *p, struct view row, struct buf *out)
{
	struct format_state s = {p, out, 0};
	if (!list_dated(row))
		return ERR_NOTFOUND;	/* a calendar holds at least one component (RFC 5545 section 3.6) */
	ics_open(out);
	int err = ics_row(&s, 0, row);
	buf_str(out, "END:VCALENDAR\r\n");
	return err;
}

/* ---- Atom ---- */

enum { ATOM_ENTRIES = 50 };

static void xml_text(struct buf *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		/* U+FFFE and U+FFFF are no XML characters either (XML 1.0, production 2). */
		if (strncmp(s, "\xef\xbf\xbe", 3) == 0 || strncmp(s, "\xef\xbf\xbf", 3) == 0) {
			s += 2;
			continue;
		}
		switch (*s) {
		case '&': buf_str(out, "&amp;"); break;
		case '<': buf_str(out, "&lt;"); break;
		case '>': buf_str(out, "&gt;"); break;
		case '"': buf_str(out, "&quot;"); break;
		default:
			/* Control characters are not allowed in XML 1.0, not even escaped. */
			buf_char(out, (unsigned char)*s < 0x20 && *s != '\n' && *s != '\t' ? ' ' : *s);
		}
	}
}

static void xml_element(struct buf *out, const char *name, const char *text)
{
	buf_fmt(out, "<%s>", name);
	xml_text(out, text);
	buf_fmt(out, "</%s>", name);
}

static void atom_entry(struct page *p, struct view row, struct buf *out)
{
	const char *url = page_fmt(p, "%s%s", p->node->identity.origin, page_object_path(p, row_get(row, ROW_ID)));
	buf_str(out, "<entry>");
	xml_element(out, "id", row_get(row, ROW_ID));
	xml_element(out, "title", row_get(row, ROW_TITLE));
	xml_element(out, "updated", row_get(row, ROW_UPDATED));
	buf_str(out, "<link href=\"");
	xml_text(out, url);
	buf_str(out, "\"/><author>");
	xml_element(out, "name", page_origin_name(p, row_get(row, ROW_ID)));
	buf_str(out, "</author>");
	xml_element(out, "summary", row_get(row, ROW_SUMMARY));
	buf_str(out, "</entry>\n");
}

int format_atom(struct page *p, const struct query *q, const char *title, const char *path, struct buf *out)
{
	struct query newest = *q;
	struct query_result r = {0};
	newest.order = ORDER_UPDATED;
	newest.limit = ATOM_ENTRIES;
	newest.page = 1;
	newest.n_count = 0;
	int err = query_run(p->node, p->txn, &newest, request_mem(p->rq), &r);
	if (err)
		return err;
	const char *self = page_fmt(p, "%s%s.atom", p->node->identity.origin, path);
	char updated[TIME_TEXT] = "1970-01-01T00:00:00Z";
	if (r.n_rows)
		snprintf(updated, sizeof updated, "%s", row_get(r.rows[0].row, ROW_UPDATED));
	buf_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">");
	xml_element(out, "id", self);
	xml_element(out, "title", title);
	xml_element(out, "updated", updated);
	buf_str(out, "<link rel=\"self\" href=\"");
	xml_text(out, self);
	buf_str(out, "\"/>\n");
	for (size_t i = 0; i < r.n_rows; i++)
		atom_entry(p, r.rows[i].row, out);
	buf_str(out, "</feed>\n");
	return out->err;
}
