#include "protocol/types/types.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Name")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"placeKind", FIELD_CODE, 0, INDEX_FACET, "placeKind", "placeKind", 40, N_("Kind of place"),
	 NULL},
	FIELDS_LOCATION,
	{"openingHours", FIELD_TEXT, 0, INDEX_NONE, NULL, NULL, 300, N_("Opening hours"), NULL},
	{"accessibility", FIELD_TEXT, 0, INDEX_TEXT, NULL, NULL, 500, N_("Accessibility"),
	 N_("Step-free access, hearing loop, parking…")},
	{"capacity", FIELD_INTEGER, 0, INDEX_NONE, NULL, NULL, 1000000, N_("People it can hold"),
	 NULL},
	FIELD_ROW_URL,
	{"email", FIELD_EMAIL, 0, INDEX_NONE, NULL, NULL, 254, N_("E-mail"),
	 N_("Shown to everybody: prefer a shared mailbox.")},
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELD_ROW_ATTRIBUTED_TO,
};

const struct record_type type_place = {
	.name = "Place",
	.label = N_("Place"),
	.plural = N_("Places"),
	.list = "/places",
	TYPE_FIELDS(fields),
};
