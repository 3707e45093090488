#include "protocol/schema.h"

#include <stdio.h>
#include <string.h>

#include "protocol/canon.h"
#include "protocol/limits.h"
#include "protocol/object.h"
#include "protocol/schema_value.h"
#include "protocol/types/types.h"

enum { POINTER_MAX = 192 };

const struct record_type *const *schema_types(size_t *ret_n)
{
	static const struct record_type *const types[] = {
		&type_organization, &type_event, &type_cfp,	 &type_project,
		&type_group,	    &type_place, &type_resource,
	};

	*ret_n = sizeof(types) / sizeof(types[0]);
	return types;
}

const struct record_type *schema_type(const char *name)
{
	size_t n;
	const struct record_type *const *types = schema_types(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}

const struct field *schema_field(const struct record_type *t, const char *path)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!strcmp(t->fields[i].path, path))
			return &t->fields[i];
	return NULL;
}

json_t *schema_get(const json_t *doc, const char *path)
{
	const char *dot;

	while (doc && (dot = strchr(path, '.'))) {
		doc = json_object_getn(doc, path, (size_t)(dot - path));
		path = dot + 1;
	}
	return json_object_get(doc, path);
}

/* Remove a member, and the objects on the way that it leaves empty. */
static void remove_at(json_t *doc, const char *path)
{
	const char *dot = strchr(path, '.');
	json_t *inner;

	if (!dot) {
		json_object_del(doc, path);
		return;
	}
	inner = json_object_getn(doc, path, (size_t)(dot - path));
	if (!json_is_object(inner))
		return;
	remove_at(inner, dot + 1);
	if (json_object_size(inner) == 0)
		json_object_deln(doc, path, (size_t)(dot - path));
}

int schema_set(json_t *doc, const char *path, json_t *value)
{
	const char *dot;

	if (!value) {
		remove_at(doc, path);
		return OK;
	}
	while ((dot = strchr(path, '.'))) {
		size_t n = (size_t)(dot - path);
		json_t *inner = json_object_getn(doc, path, n);

		if (!inner) {
			inner = json_object();
			if (json_object_setn_new(doc, path, n, inner)) {
				json_decref(value);
				return ERR_NOMEM;
			}
		} else if (!json_is_object(inner)) {
			json_decref(value);
			return ERR_INVALID;
		}
		doc = inner;
		path = dot + 1;
	}
	return json_object_set_new(doc, path, value) ? ERR_NOMEM : OK;
}

/* Append one member name to a JSON pointer (RFC 6901 section 3); too long a one is cut. */
static void pointer_push(char *pointer, const char *name)
{
	size_t n = strlen(pointer);

	if (n + 1 < POINTER_MAX)
		pointer[n++] = '/';
	for (; *name && n + 2 < POINTER_MAX; name++) {
		if (*name != '~' && *name != '/') {
			pointer[n++] = *name;
			continue;
		}
		pointer[n++] = '~';
		pointer[n++] = *name == '~' ? '0' : '1';
	}
	pointer[n] = '\0';
}

/* Members that verbs and signing put beside the fields of any type. */
static bool is_envelope(const char *name)
{
	static const char *const members[] = {"type",	    "id",	"origin",    "audience",
					      "rev",	    "proof",	"published", "updated",
					      "attachment", "replaces", "alternate"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!strcmp(name, members[i]))
			return true;
	return false;
}

/* Does some field start with `path` and a dot? */
static bool is_container(const struct record_type *t, const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < t->n_fields; i++)
		if (!strncmp(t->fields[i].path, path, n) && t->fields[i].path[n] == '.')
			return true;
	return false;
}

/* Refuse what the table does not know.  Depth is bounded by the paths of the table. */
static int check_members(const struct record_type *t, const json_t *object, const char *prefix,
			 const char *pointer, struct fault *fault)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value) {
		char path[96], at[POINTER_MAX];
		int err, n = snprintf(path, sizeof(path), "%s%s", prefix, name);

		snprintf(at, sizeof(at), "%s", pointer);
		pointer_push(at, name);
		if (!*prefix && is_envelope(name))
			continue;
		if ((size_t)n < sizeof(path) && !strchr(name, '.')) {
			if (schema_field(t, path))
				continue;
			if (is_container(t, path)) {
				if (!json_is_object(value))
					return fault_set(fault, ERR_INVALID, at,
							 "This must be an object.", NULL);
				if (json_object_size(value) == 0)
					return fault_set(fault, ERR_INVALID, at,
							 "This is empty: leave the field out "
							 "instead.",
							 NULL);
				strncat(path, ".", sizeof(path) - strlen(path) - 1);
				err = check_members(t, value, path, at, fault);
				if (err)
					return err;
				continue;
			}
		}
		return fault_set(fault, ERR_INVALID, at, "There is no field \"%s\".", name);
	}
	return OK;
}

static bool media_type_valid(const char *s)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-";
	size_t n = strspn(s, token), rest;

	if (n == 0 || n > 127 || s[n] != '/')
		return false;
	rest = strspn(s + n + 1, token);
	return rest > 0 && rest <= 127 && !s[n + 1 + rest];
}

static int check_attachment(const json_t *a, const char *at, struct fault *fault)
{
	static const struct field name_field = {"name", FIELD_TEXT, FIELD_REQUIRED,
						.max = FIELD_LINE};
	const json_t *name = json_object_get(a, "name");
	const char *digest = json_string_value(json_object_get(a, "digest"));
	const char *media_type = json_string_value(json_object_get(a, "mediaType"));
	const json_t *size = json_object_get(a, "size");
	uint8_t bytes[32];

	if (json_object_size(a) != 4 || !name || !digest || !media_type || !json_is_integer(size))
		return fault_set(fault, ERR_INVALID, at,
				 "An attachment has digest, size, mediaType and name.", NULL);
	if (digest_parse(digest, bytes) || !media_type_valid(media_type))
		return fault_set(fault, ERR_INVALID, at,
				 "The attachment's digest or media type is malformed.", NULL);
	if (json_integer_value(size) < 1 || json_integer_value(size) > BLOB_MAX)
		return fault_set(fault, ERR_INVALID, at, "An attachment holds 1 byte to 10 MiB.",
				 NULL);
	if (value_check(&name_field, name, NULL, at, fault))
		return ERR_INVALID;
	if (strpbrk(json_string_value(name), "/\\"))
		return fault_set(fault, ERR_INVALID, at, "A file name holds no slash.", NULL);
	return OK;
}

/* Members every type may have beside its own. */
static int check_common(const json_t *doc, struct fault *fault)
{
	static const struct field refs[] = {
		{"replaces", FIELD_REF, .max = OBJECT_ID_MAX},
		{"alternate", FIELD_REF, FIELD_LIST, .max = 16},
	};
	const json_t *list = json_object_get(doc, "attachment");
	int err;

	if (list && (!json_is_array(list) || json_array_size(list) == 0 ||
		     json_array_size(list) > ATTACHMENTS))
		return fault_set(fault, ERR_INVALID, "/attachment",
				 "This must be a list of 1 to 20 attachments.", NULL);
	for (size_t i = 0; i < json_array_size(list); i++) {
		char at[40];

		snprintf(at, sizeof(at), "/attachment/%zu", i);
		err = check_attachment(json_array_get(list, i), at, fault);
		if (err)
			return err;
	}
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		const json_t *v = json_object_get(doc, refs[i].path);
		char at[40];

		field_pointer(refs[i].path, at, sizeof(at));
		err = v ? value_check_all(&refs[i], v, NULL, at, fault) : OK;
		if (err)
			return err;
	}
	return OK;
}

static int check_fields(const struct record_type *t, const json_t *doc, const json_t *vocabularies,
			struct fault *fault)
{
	const struct field *latitude = NULL, *longitude = NULL;
	char pointer[POINTER_MAX];
	int err;

	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];
		const json_t *v = schema_get(doc, f->path);

		field_pointer(f->path, pointer, sizeof(pointer));
		if (!v && f->flags & FIELD_REQUIRED)
			return fault_set(fault, ERR_INVALID, pointer, "This field is required.",
					 NULL);
		err = v ? value_check_all(f, v, vocabularies, pointer, fault) : OK;
		if (err)
			return err;
		if (f->index == INDEX_LATITUDE)
			latitude = f;
		if (f->index == INDEX_LONGITUDE)
			longitude = f;
	}
	if (!latitude || !longitude ||
	    !schema_get(doc, latitude->path) == !schema_get(doc, longitude->path))
		return OK;
	field_pointer(schema_get(doc, latitude->path) ? longitude->path : latitude->path, pointer,
		      sizeof(pointer));
	return fault_set(fault, ERR_INVALID, pointer, "Latitude and longitude go together.", NULL);
}

int schema_check(const struct record_type *t, const json_t *doc, const json_t *vocabularies,
		 struct fault *fault)
{
	const json_t *type = json_object_get(doc, "type");
	int err;

	if (!json_is_object(doc))
		return fault_set(fault, ERR_INVALID, "", "A record is a JSON object.", NULL);
	if (type && (!json_is_string(type) || strcmp(json_string_value(type), t->name) != 0))
		return fault_set(fault, ERR_INVALID, "/type", "This must be \"%s\".", t->name);
	err = check_members(t, doc, "", "", fault);
	if (!err)
		err = check_fields(t, doc, vocabularies, fault);
	if (!err)
		err = check_common(doc, fault);
	if (!err && t->check)
		err = t->check(doc, fault);
	return err;
}
