#include "protocol/types/types.h"

#include "protocol/schema_value.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Name")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"projectStage", FIELD_CODE, 0, INDEX_FACET, "projectStage", "projectStage", 40,
	 N_("Stage"), NULL},
	{"startDate", FIELD_DATE, 0, INDEX_NONE, NULL, NULL, 10, N_("Started on"), NULL},
	{"endDate", FIELD_DATE, 0, INDEX_NONE, NULL, NULL, 10, N_("Ended on"), NULL},
	{"need", FIELD_MARKDOWN, 0, INDEX_TEXT, NULL, NULL, 4000, N_("What the project looks for"),
	 N_("Skills, premises, partners, funding…")},
	{"partner", FIELD_TEXT, FIELD_LIST, INDEX_TEXT, NULL, NULL, 50, N_("Partners"),
	 N_("One name after the other, separated by semicolons.")},
	FIELD_ROW_URL,
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELDS_LOCATION,
	FIELD_ROW_ATTRIBUTED_TO,
};

static int check(const json_t *doc, struct fault *fault)
{
	return value_check_order(doc, "startDate", "endDate",
				 "The end must not come before the start.", fault);
}

const struct record_type type_project = {
	.name = "Project",
	.label = N_("Project"),
	.plural = N_("Projects"),
	.list = "/projects",
	TYPE_FIELDS(fields),
	.check = check,
};
