/*
 * Elements of a GoGoCarto map, as its API gives them: an array, or {"data": [...]}, of objects with
 * name, geo {latitude, longitude}, address {streetAddress, postalCode, addressLocality}, abstract,
 * description, website, email.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/canon.h"
#include "tools/import/source.h"

struct gogocarto {
	json_t *file, *elements;	/* elements borrowed */
	size_t at;
	json_t *doc;
};

static void gogocarto_close(void *state)
{
	struct gogocarto *s = state;

	json_decref(s->doc);
	json_decref(s->file);
	free(s);
}

static int gogocarto_open(FILE *in, const struct source_context *cx, void **ret_state,
			  size_t *ret_line, struct fault *fault)
{
	struct gogocarto *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ERR_NOMEM;
	err = source_read_json(in, &s->file, ret_line, fault);
	if (err == OK) {
		s->elements = json_is_array(s->file) ? s->file : json_object_get(s->file, "data");
		if (!json_is_array(s->elements)) {
			*ret_line = 1;
			err = fault_set(fault, ERR_INVALID, "", "no list of elements", NULL);
		}
	}
	if (err != OK)
		gogocarto_close(s);
	else
		*ret_state = s;
	return err;
}

static void member(json_t *doc, const char *name, const json_t *from, const char *theirs)
{
	json_t *v = json_object_get(from, theirs);
	char text[32];

	if (json_object_get(doc, name))
		return;
	if (json_is_string(v))
		json_object_set(doc, name, v);
	else if (json_is_number(v) && canon_number(json_number_value(v), text) == OK)
		json_object_set_new(doc, name, json_string(text));
}

static int gogocarto_next(void *state, struct source_row *ret, struct fault *fault)
{
	struct gogocarto *s = state;
	const json_t *element, *geo, *address;

	json_decref(s->doc);
	s->doc = NULL;
	memset(ret, 0, sizeof(*ret));
	if (s->at == json_array_size(s->elements))
		return ERR_NOTFOUND;
	element = json_array_get(s->elements, s->at++);
	ret->line = s->at;
	if (!json_is_object(element))
		return fault_set(fault, ERR_AGAIN, "", "an element that is no object", NULL);
	geo = json_object_get(element, "geo");
	address = json_object_get(element, "address");
	s->doc = json_object();
	if (!s->doc)
		return ERR_NOMEM;
	member(s->doc, "name", element, "name");
	member(s->doc, "summary", element, "abstract");
	member(s->doc, "content", element, "description");
	member(s->doc, "url", element, "website");
	member(s->doc, "email", element, "email");
	member(s->doc, "latitude", geo, "latitude");
	member(s->doc, "longitude", geo, "longitude");
	member(s->doc, "address", address, "streetAddress");
	member(s->doc, "postalCode", address, "postalCode");
	member(s->doc, "commune", address, "addressLocality");
	ret->doc = s->doc;
	return OK;
}

const struct source_format source_gogocarto = {
	.name = "gogocarto", .unit = "element", .suffix = NULL, .open = gogocarto_open,
	.next = gogocarto_next, .close = gogocarto_close,
};
