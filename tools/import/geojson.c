/*
 * GeoJSON (RFC 7946): a FeatureCollection; the members of a feature's properties are its columns,
 * and a Point gives latitude and longitude.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/canon.h"
#include "tools/import/source.h"

struct geojson {
	json_t *file, *features;	/* features borrowed */
	size_t at;
	json_t *doc;
};

static void geojson_close(void *state)
{
	struct geojson *s = state;

	json_decref(s->doc);
	json_decref(s->file);
	free(s);
}

static int geojson_open(FILE *in, const struct source_context *cx, void **ret_state,
			size_t *ret_line, struct fault *fault)
{
	struct geojson *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ERR_NOMEM;
	err = source_read_json(in, &s->file, ret_line, fault);
	if (err == OK) {
		s->features = json_object_get(s->file, "features");
		if (!json_is_array(s->features)) {
			*ret_line = 1;
			err = fault_set(fault, ERR_INVALID, "", "not a GeoJSON FeatureCollection",
					NULL);
		}
	}
	if (err != OK)
		geojson_close(s);
	else
		*ret_state = s;
	return err;
}

/* Decimals are strings in records. */
static void set_degrees(json_t *doc, const char *name, const json_t *v)
{
	char text[32];

	if (json_is_number(v) && canon_number(json_number_value(v), text) == OK)
		json_object_set_new(doc, name, json_string(text));
}

static int geojson_next(void *state, struct source_row *ret, struct fault *fault)
{
	struct geojson *s = state;
	const json_t *feature, *geometry, *point, *type;
	json_t *properties;

	json_decref(s->doc);
	s->doc = NULL;
	memset(ret, 0, sizeof(*ret));
	if (s->at == json_array_size(s->features))
		return ERR_NOTFOUND;
	feature = json_array_get(s->features, s->at++);
	ret->line = s->at;
	properties = json_object_get(feature, "properties");
	if (!json_is_object(properties))
		return fault_set(fault, ERR_AGAIN, "", "a feature without properties", NULL);
	s->doc = json_copy(properties);
	if (!s->doc)
		return ERR_NOMEM;
	geometry = json_object_get(feature, "geometry");
	type = json_object_get(geometry, "type");
	point = json_object_get(geometry, "coordinates");
	if (json_is_string(type) && strcmp(json_string_value(type), "Point") == 0) {
		if (!json_object_get(s->doc, "longitude"))
			set_degrees(s->doc, "longitude", json_array_get(point, 0));
		if (!json_object_get(s->doc, "latitude"))
			set_degrees(s->doc, "latitude", json_array_get(point, 1));
	}
	ret->doc = s->doc;
	return OK;
}

const struct source_format source_geojson = {
	.name = "geojson", .unit = "feature", .suffix = ".geojson", .open = geojson_open,
	.next = geojson_next, .close = geojson_close,
};
