#include "node/domain/location.h"

#include <stdbool.h>

static void complete(json_t *doc, const char *path, const char *value)
{
	json_t *text;

	if (!*value || schema_get(doc, path))
		return;
	text = json_string(value);
	if (text)
		schema_set(doc, path, text);
}

void location_complete(const struct territories *t, const struct record_type *type, json_t *doc)
{
	const char *code = json_string_value(schema_get(doc, "location.cog"));
	const char *name = json_string_value(schema_get(doc, "location.commune"));
	const char *postcode = json_string_value(schema_get(doc, "location.postalCode"));
	struct territory commune;

	if (!t || !schema_field(type, "location.department"))
		return;
	if (code ? territory_get(t, code, &commune)
		 : !name || territory_find(t, name, postcode, &commune))
		return;
	complete(doc, "location.cog", commune.code);
	complete(doc, "location.commune", commune.name);
	complete(doc, "location.department", commune.department);
	complete(doc, "location.region", commune.region);
	if (!schema_get(doc, "location.latitude") && !schema_get(doc, "location.longitude")) {
		complete(doc, "location.latitude", commune.latitude);
		complete(doc, "location.longitude", commune.longitude);
	}
}

static bool same(const json_t *a, const json_t *b, const char *path)
{
	const json_t *x = schema_get(a, path), *y = schema_get(b, path);

	return x && y && json_equal(x, y);
}

void location_follow(const json_t *held, json_t *doc)
{
	static const char *const follow[] = {"location.latitude", "location.longitude"};

	if (!schema_get(doc, "location.commune") || same(held, doc, "location.commune") ||
	    !same(held, doc, "location.cog"))
		return;
	schema_set(doc, "location.cog", NULL);
	for (size_t i = 0; i < sizeof(follow) / sizeof(follow[0]); i++)
		if (same(held, doc, follow[i]))
			schema_set(doc, follow[i], NULL);
}
