#include <string.h>

#include "protocol/types/types.h"

static const struct field fields[] = {
	FIELD_ROW_NAME(N_("Name")),
	FIELD_ROW_SUMMARY,
	FIELD_ROW_CONTENT,
	{"profile", FIELD_CODE, 0, INDEX_FACET, "profile", "profile", 40, N_("Profile"), NULL},
	FIELD_ROW_TRADE,
	FIELD_ROW_THEME,
	FIELD_ROW_SDG,
	FIELD_ROW_URL,
	{"email", FIELD_EMAIL, 0, INDEX_NONE, NULL, NULL, 254, N_("E-mail"),
	 N_("Shown to everybody: prefer a shared mailbox.")},
	FIELDS_LOCATION,
	{"identifiers.cog", FIELD_CODE, 0, INDEX_IDENTIFIER, NULL, NULL, 5, N_("COG code"),
	 N_("If the organisation is a commune: its official geographic code.")},
	{"identifiers.siren", FIELD_CODE, 0, INDEX_IDENTIFIER, NULL, NULL, 9, N_("SIREN number"),
	 N_("Nine digits.")},
	{"identifiers.siret", FIELD_CODE, 0, INDEX_IDENTIFIER, NULL, NULL, 14, N_("SIRET number"),
	 N_("Fourteen digits: the SIREN number and that of the site.")},
	{"identifiers.rna", FIELD_CODE, 0, INDEX_IDENTIFIER, NULL, NULL, 10, N_("RNA number"),
	 N_("Of an association: W and nine digits or letters.")},
	FIELD_ROW_ATTRIBUTED_TO,
};

/* A SIRET number begins with the SIREN number of the same body. */
static int check(const json_t *doc, struct fault *fault)
{
	const char *siren = json_string_value(schema_get(doc, "identifiers.siren"));
	const char *siret = json_string_value(schema_get(doc, "identifiers.siret"));

	if (siren && siret && strncmp(siren, siret, 9) != 0)
		return fault_set(fault, ERR_INVALID, "/identifiers/siret",
				 "The SIRET number must begin with the SIREN number.", NULL);
	return OK;
}

const struct record_type type_organization = {
	.name = "Organization",
	.label = N_("Organisation"),
	.plural = N_("Organisations"),
	.list = "/directory",
	TYPE_FIELDS(fields),
	.check = check,
};
