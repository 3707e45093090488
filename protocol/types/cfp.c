#include "protocol/types/types.h"

#include "protocol/schema_value.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Title")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"opens", FIELD_DATETIME, 0, INDEX_START, NULL, NULL, 25, N_("Opens"), NULL},
	{"closes", FIELD_DATETIME, 0, INDEX_END, NULL, NULL, 25, N_("Closes"),
	 N_("Empty: applications are taken all year round.")},
	{"zone", FIELD_ZONE, 0, INDEX_NONE, NULL, NULL, 40, N_("Time zone"),
	 N_("In which the deadline is meant, for example Europe/Paris.")},
	{"budget", FIELD_INTEGER, 0, INDEX_NONE, NULL, NULL, 1000000000000, N_("Budget"),
	 N_("In whole euros, for the whole call.")},
	{"whoMayApply", FIELD_MARKDOWN, 0, INDEX_TEXT, NULL, NULL, 4000, N_("Who may apply"), NULL},
	{"organizer", FIELD_TEXT, 0, INDEX_TEXT, NULL, NULL, 200, N_("Organiser"), NULL},
	FIELD_ROW_URL,
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELDS_LOCATION,
	FIELD_ROW_ATTRIBUTED_TO,
};

static int check(const json_t *doc, struct fault *fault)
{
	return value_check_order(doc, "opens", "closes", "The call must not close before it opens.",
				 fault);
}

const struct record_type type_cfp = {
	.name = "CallForProjects",
	.label = N_("Call for projects"),
	.plural = N_("Calls for projects"),
	.list = "/calls",
	TYPE_FIELDS(fields),
	.check = check,
};
