#include "protocol/types/types.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Title")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"resourceKind", FIELD_CODE, 0, INDEX_FACET, "resourceKind", "resourceKind", 40,
	 N_("Kind of resource"), NULL},
	{"url", FIELD_URI, 0, INDEX_NONE, NULL, NULL, 500, N_("Link"),
	 N_("The full address, starting with https://.")},
	{"author", FIELD_TEXT, FIELD_LIST, INDEX_TEXT, NULL, NULL, 20, N_("Authors"),
	 N_("One name after the other, separated by semicolons.")},
	{"publisher", FIELD_TEXT, 0, INDEX_TEXT, NULL, NULL, 200, N_("Publisher"), NULL},
	{"year", FIELD_INTEGER, 0, INDEX_NONE, NULL, NULL, 9999, N_("Year"), NULL},
	{"language", FIELD_CODE, 0, INDEX_NONE, NULL, NULL, 3, N_("Language"),
	 N_("Two or three letters: fr, en, gcf…")},
	{"license", FIELD_TEXT, 0, INDEX_NONE, NULL, NULL, 100, N_("Licence"), NULL},
	{"isbn", FIELD_CODE, 0, INDEX_IDENTIFIER, NULL, NULL, 17, N_("ISBN"), NULL},
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELD_ROW_ATTRIBUTED_TO,
};

const struct record_type type_resource = {
	.name = "Resource",
	.label = N_("Resource"),
	.plural = N_("Resources"),
	.list = "/resources",
	TYPE_FIELDS(fields),
};
