#include "protocol/types/types.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Name")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELD_ROW_URL,
	FIELDS_LOCATION,
	FIELD_ROW_ATTRIBUTED_TO,
};

const struct record_type type_group = {
	.name = "Group",
	.label = N_("Community"),
	.plural = N_("Communities"),
	.list = "/communities",
	TYPE_FIELDS(fields),
};
