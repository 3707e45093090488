/*
 * Calendars (RFC 5545), read through libical: each VEVENT is a row with the names of an Event's
 * fields.  Of a repeated event only the first date is taken.
 */
#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/text.h"
#include "protocol/base/time.h"
#include "tools/import/source.h"

struct ics {
	const struct source_context *cx;
	icalcomponent *root, *calendar;	/* what was parsed; the calendar being read, maybe the root */
	size_t at;
	json_t *doc;
	char key[300];
};

static void ics_close(void *state)
{
	struct ics *s = state;

	json_decref(s->doc);
	if (s->root)
		icalcomponent_free(s->root);
	free(s);
}

/* A file may hold several calendars: libical then puts them under a component of its own. */
static icalcomponent *calendar_first(struct ics *s)
{
	s->calendar = s->root;
	if (s->root && icalcomponent_isa(s->root) != ICAL_VCALENDAR_COMPONENT)
		s->calendar = icalcomponent_get_first_component(s->root, ICAL_VCALENDAR_COMPONENT);
	return s->calendar;
}

static int ics_open(FILE *in, const struct source_context *cx, void **ret_state, size_t *ret_line,
		    struct fault *fault)
{
	struct ics *s = calloc(1, sizeof(*s));
	char *text = NULL;
	size_t len = 0;
	int err;

	if (!s)
		return ERR_NOMEM;
	s->cx = cx;
	*ret_line = 1;
	err = source_read_all(in, &text, &len, fault);
	if (err == OK && !text_valid(text, len))
		err = fault_set(fault, ERR_INVALID, "",
				"not UTF-8, looks like Latin-1: convert with iconv", NULL);
	if (err == OK) {
		icalerror_set_errors_are_fatal(0);
		s->root = icalparser_parse_string(text);
		if (!calendar_first(s))
			err = fault_set(fault, ERR_INVALID, "", "not an iCalendar file", NULL);
	}
	free(text);
	if (err != OK) {
		ics_close(s);
		return err;
	}
	*ret_state = s;
	return OK;
}

/* The next VEVENT of the calendar, and of those after it. */
static icalcomponent *event_next(struct ics *s)
{
	icalcomponent *e = NULL;

	if (s->at == 0 && s->calendar)
		e = icalcomponent_get_first_component(s->calendar, ICAL_VEVENT_COMPONENT);
	else if (s->calendar)
		e = icalcomponent_get_next_component(s->calendar, ICAL_VEVENT_COMPONENT);
	while (!e && s->calendar) {
		s->calendar = s->calendar == s->root
				      ? NULL
				      : icalcomponent_get_next_component(s->root,
									 ICAL_VCALENDAR_COMPONENT);
		if (s->calendar)
			e = icalcomponent_get_first_component(s->calendar, ICAL_VEVENT_COMPONENT);
	}
	return e;
}

static void member(json_t *doc, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(doc, name, json_string(value));
}

/* "2026-11-22T14:30:00+01:00". */
static void instant_text(int64_t t, int offset, char out[40])
{
	struct civil c;
	int o = offset < 0 ? -offset : offset;

	time_civil(t + offset, &c);
	snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day, c.hour,
		 c.minute, c.second, offset < 0 ? '-' : '+', o / 3600 % 100, o / 60 % 60);
}

static int time_member(struct ics *s, const char *name, struct icaltimetype when, icalproperty *p,
		       struct fault *fault)
{
	struct civil c = {.year = when.year, .month = when.month, .day = when.day,
			  .hour = when.is_date ? 0 : when.hour,
			  .minute = when.is_date ? 0 : when.minute,
			  .second = when.is_date ? 0 : when.second};
	icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);
	const char *zone = tzid ? icalparameter_get_tzid(tzid) : s->cx->zone;
	const struct zone *z;
	char text[40];
	int64_t t;

	if (icaltime_is_null_time(when))
		return OK;
	if (icaltime_is_utc(when)) {
		t = time_from_civil(&c);
		/* Said in UTC, meant for readers where this node is. */
		z = zone_get(s->cx->zones, s->cx->zone);
		zone = s->cx->zone;
	} else {
		z = zone_get(s->cx->zones, zone);
		if (!z)
			return fault_set(fault, ERR_AGAIN, "/zone", "there is no time zone \"%s\"",
					 zone);
		t = zone_instant(z, time_from_civil(&c));
	}
	if (!z)
		return fault_set(fault, ERR_INTERNAL, "/zone", "there is no time zone \"%s\"", zone);
	instant_text(t, zone_offset(z, t, NULL), text);
	member(s->doc, name, text);
	if (strcmp(name, "startTime") == 0)
		member(s->doc, "zone", zone);
	return OK;
}

static int event_times(struct ics *s, icalcomponent *e, struct fault *fault)
{
	icalproperty *start = icalcomponent_get_first_property(e, ICAL_DTSTART_PROPERTY);
	icalproperty *end = icalcomponent_get_first_property(e, ICAL_DTEND_PROPERTY);
	int err;

	if (!start)
		return OK;	/* the type's table says that it is required */
	err = time_member(s, "startTime", icalproperty_get_dtstart(start), start, fault);
	if (err == OK && end) {
		struct icaltimetype when = icalproperty_get_dtend(end);

		if (!when.is_date)
			err = time_member(s, "endTime", when, end, fault);
	}
	return err;
}

static int ics_next(void *state, struct source_row *ret, struct fault *fault)
{
	struct ics *s = state;
	struct icalgeotype geo;
	icalcomponent *event;
	icalproperty *p;
	const char *uid;
	char degrees[32];
	int err;

	json_decref(s->doc);
	s->doc = NULL;
	memset(ret, 0, sizeof(*ret));
	event = event_next(s);
	if (!event)
		return ERR_NOTFOUND;
	ret->line = ++s->at;
	s->doc = json_object();
	if (!s->doc)
		return ERR_NOMEM;
	member(s->doc, "name", icalcomponent_get_summary(event));
	member(s->doc, "content", icalcomponent_get_description(event));
	member(s->doc, "venue", icalcomponent_get_location(event));
	p = icalcomponent_get_first_property(event, ICAL_URL_PROPERTY);
	if (p)
		member(s->doc, "url", icalproperty_get_url(p));
	p = icalcomponent_get_first_property(event, ICAL_GEO_PROPERTY);
	if (p) {
		geo = icalproperty_get_geo(p);
		snprintf(degrees, sizeof(degrees), "%.6f", geo.lat);
		member(s->doc, "latitude", degrees);
		snprintf(degrees, sizeof(degrees), "%.6f", geo.lon);
		member(s->doc, "longitude", degrees);
	}
	err = event_times(s, event, fault);
	if (err != OK)
		return err;
	uid = icalcomponent_get_uid(event);
	if (uid && *uid && strlen(uid) < sizeof(s->key) - 5) {
		snprintf(s->key, sizeof(s->key), "uid:%s", uid);
		ret->key = s->key;
	}
	ret->doc = s->doc;
	return OK;
}

const struct source_format source_ics = {
	.name = "ics", .unit = "event", .suffix = ".ics", .open = ics_open, .next = ics_next,
	.close = ics_close,
};
