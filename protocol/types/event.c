#include "protocol/types/types.h"

#include "protocol/schema_value.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Title")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"eventKind", FIELD_CODE, 0, INDEX_FACET, "eventKind", "eventKind", 40, N_("Kind of event"),
	 NULL},
	{"startTime", FIELD_DATETIME, FIELD_REQUIRED, INDEX_START, NULL, NULL, 25, N_("Start"),
	 NULL},
	{"endTime", FIELD_DATETIME, 0, INDEX_END, NULL, NULL, 25, N_("End"), NULL},
	{"zone", FIELD_ZONE, 0, INDEX_NONE, NULL, NULL, 40, N_("Time zone"),
	 N_("Of the place, for example Europe/Paris or Indian/Reunion.")},
	{"location.name", FIELD_TEXT, FIELD_PLACE, INDEX_TEXT, NULL, NULL, 200, N_("Venue"), NULL},
	FIELDS_LOCATION,
	{"url", FIELD_URI, 0, INDEX_NONE, NULL, NULL, 500, N_("Website or video link"),
	 N_("The full address, starting with https://.")},
	{"capacity", FIELD_INTEGER, 0, INDEX_NONE, NULL, NULL, 1000000, N_("Seats"),
	 N_("Empty: no limit.")},
	{"organizer", FIELD_TEXT, 0, INDEX_TEXT, NULL, NULL, 200, N_("Organiser"), NULL},
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELD_ROW_ATTRIBUTED_TO,
};

static int check(const json_t *doc, struct fault *fault)
{
	return value_check_order(doc, "startTime", "endTime",
				 "The end must not come before the start.", fault);
}

const struct record_type type_event = {
	.name = "Event",
	.label = N_("Event"),
	.plural = N_("Events"),
	.list = "/agenda",
	TYPE_FIELDS(fields),
	.check = check,
};
