#include "tools/import/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/canon.h"
#include "protocol/limits.h"
#include "protocol/object.h"

struct slot {
	const struct field *field;
	char *column;		/* from --map, or NULL */
	size_t cell;		/* of CSV; SIZE_MAX: none */
};

struct mapping {
	const struct record_type *type;
	struct slot *slots;	/* one a field of the type */
};

/* Usual names of columns. A column may fill two fields. */
static const struct alias {
	const char *path, *column;
} aliases[] = {
	{"name", "title"}, {"name", "nom"},
	{"content", "description"},
	{"url", "website"},
	{"startTime", "start"}, {"endTime", "end"},
	{"zone", "timezone"},
	{"location.name", "venue"},
	{"location.address", "address"},
	{"location.postalCode", "postalCode"}, {"location.postalCode", "postcode"},
	{"location.commune", "commune"}, {"location.commune", "city"},
	{"location.cog", "cog"},
	{"location.department", "department"},
	{"location.region", "region"},
	{"location.latitude", "latitude"}, {"location.latitude", "lat"},
	{"location.longitude", "longitude"}, {"location.longitude", "lon"},
	{"location.longitude", "lng"},
	{"identifiers.cog", "cog"},
	{"identifiers.siren", "siren"},
	{"identifiers.siret", "siret"},
	{"identifiers.rna", "rna"},
};

/* The shipped table of communes (node/data/README.md), known by columns nobody else has together. */
static const char *const communes_marks[] = {"code", "epciCode", "departmentCode", "approximate"};
static const struct alias communes_aliases[] = {
	{"identifiers.cog", "code"},
	{"location.cog", "code"},
	{"location.commune", "name"},
};

int mapping_new(const struct record_type *type, struct mapping **ret_mapping)
{
	struct mapping *m = calloc(1, sizeof(*m));

	if (!m)
		return ERR_NOMEM;
	m->type = type;
	m->slots = calloc(type->n_fields, sizeof(*m->slots));
	if (!m->slots) {
		free(m);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < type->n_fields; i++) {
		m->slots[i].field = &type->fields[i];
		m->slots[i].cell = SIZE_MAX;
	}
	*ret_mapping = m;
	return OK;
}

void mapping_free(struct mapping *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->type->n_fields; i++)
		free(m->slots[i].column);
	free(m->slots);
	free(m);
}

int mapping_add(struct mapping *m, const char *assignment, struct fault *fault)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || equals == assignment || !equals[1])
		return fault_set(fault, ERR_INVALID, "", "--map takes field=column, not \"%s\"",
				 assignment);
	for (size_t i = 0; i < m->type->n_fields; i++) {
		struct slot *s = &m->slots[i];

		if (strlen(s->field->path) != (size_t)(equals - assignment) ||
		    strncmp(s->field->path, assignment, (size_t)(equals - assignment)) != 0)
			continue;
		free(s->column);
		s->column = strdup(equals + 1);
		return s->column ? OK : ERR_NOMEM;
	}
	return fault_set(fault, ERR_INVALID, "", "this type has no field for --map %s", assignment);
}

static size_t column_find(const char *const *columns, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(columns[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static size_t column_alias(const struct alias *table, size_t n_table, const char *path,
			   const char *const *columns, size_t n)
{
	size_t cell = SIZE_MAX;

	for (size_t i = 0; i < n_table && cell == SIZE_MAX; i++)
		if (strcmp(table[i].path, path) == 0)
			cell = column_find(columns, n, table[i].column);
	return cell;
}

static int is_communes(const char *const *columns, size_t n)
{
	for (size_t i = 0; i < sizeof(communes_marks) / sizeof(communes_marks[0]); i++)
		if (column_find(columns, n, communes_marks[i]) == SIZE_MAX)
			return 0;
	return 1;
}

/* References to other records are made by verbs, not by strangers' files. */
static int fillable(const struct field *f)
{
	return f->kind != FIELD_REF;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int missing(const char *column, const char *const *columns, size_t n, struct fault *fault)
{
	char text[sizeof(fault->arg)];
	size_t at = (size_t)snprintf(text, sizeof(text), "\"%s\"; it has: ", column);

	for (size_t i = 0; i < n && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i ? ", " : "",
				       columns[i]);
	return fault_set(fault, ERR_NOTFOUND, "", "there is no column %s", text);
}

int mapping_bind(struct mapping *m, const char *const *columns, size_t n, struct fault *fault)
{
	int communes = columns && is_communes(columns, n);

	for (size_t i = 0; columns && i < m->type->n_fields; i++) {
		struct slot *s = &m->slots[i];
		const char *path = s->field->path;

		if (s->column) {
			s->cell = column_find(columns, n, s->column);
			if (s->cell == SIZE_MAX)
				return missing(s->column, columns, n, fault);
			continue;
		}
		if (!fillable(s->field))
			continue;
		s->cell = column_find(columns, n, path);
		if (s->cell == SIZE_MAX && communes)
			s->cell = column_alias(communes_aliases, COUNT(communes_aliases), path,
					       columns, n);
		if (s->cell == SIZE_MAX)
			s->cell = column_alias(aliases, COUNT(aliases), path, columns, n);
		if (s->cell == SIZE_MAX && s->field->flags & FIELD_REQUIRED)
			return missing(path, columns, n, fault);
	}
	return OK;
}

/* A member by its name as it stands, else by the path it spells. */
static const json_t *doc_member(const json_t *doc, const char *name)
{
	const json_t *v = json_object_get(doc, name);

	return v ? v : schema_get(doc, name);
}

static const json_t *doc_value(const struct slot *s, const json_t *doc)
{
	const char *path = s->field->path;
	const json_t *v;

	if (s->column)
		return doc_member(doc, s->column);
	if (!fillable(s->field))
		return NULL;
	v = doc_member(doc, path);
	for (size_t i = 0; i < COUNT(aliases) && !v; i++)
		if (strcmp(aliases[i].path, path) == 0)
			v = json_object_get(doc, aliases[i].column);
	return v;
}

static void path_pointer(const char *path, char *out, size_t size)
{
	snprintf(out, size, "/%s", path);
	for (char *c = out + 1; *c; c++)
		if (*c == '.')
			*c = '/';
}

/* One JSON value that is no array, through its text: as a cell would be read. */
static int scalar(const struct field *f, const json_t *v, const json_t *vocabularies,
		  json_t **ret_value, struct fault *fault)
{
	char text[32], pointer[192];

	if (json_is_string(v))
		return schema_from_text(f, json_string_value(v), vocabularies, ret_value, fault);
	if (json_is_number(v) && canon_number(json_number_value(v), text) == OK)
		return schema_from_text(f, text, vocabularies, ret_value, fault);
	path_pointer(f->path, pointer, sizeof(pointer));
	return fault_set(fault, ERR_INVALID, pointer, "This must be text or a number.", NULL);
}

static int json_value(const struct field *f, const json_t *v, const json_t *vocabularies,
		      json_t **ret_value, struct fault *fault)
{
	struct field one = *f;
	json_t *list, *item, *value;
	size_t i;
	int err = OK;

	*ret_value = NULL;
	if (!v || json_is_null(v))
		return OK;
	if (!json_is_array(v) || !(f->flags & FIELD_LIST))
		return scalar(f, v, vocabularies, ret_value, fault);
	one.flags &= ~(unsigned)FIELD_LIST;
	one.max = FIELD_LINE;	/* a list's max counts values */
	list = json_array();
	json_array_foreach ((json_t *)v, i, item) {
		value = NULL;
		err = scalar(&one, item, vocabularies, &value, fault);
		if (err == OK && value && json_array_append_new(list, value) != 0)
			err = ERR_NOMEM;
		if (err != OK)
			break;
	}
	if (err != OK || json_array_size(list) == 0) {
		json_decref(list);
		return err;
	}
	*ret_value = list;
	return OK;
}

int mapping_row(const struct mapping *m, const struct source_row *row, const json_t *vocabularies,
		json_t **ret_fields, struct fault *fault)
{
	json_t *fields = json_object(), *value;
	int err = fields ? OK : ERR_NOMEM;

	for (size_t i = 0; err == OK && i < m->type->n_fields; i++) {
		const struct slot *s = &m->slots[i];

		value = NULL;
		if (row->cells && s->cell < row->n)
			err = schema_from_text(s->field, row->cells[s->cell], vocabularies, &value,
					       fault);
		else if (row->doc)
			err = json_value(s->field, doc_value(s, row->doc), vocabularies, &value,
					 fault);
		if (err == OK && value)
			err = schema_set(fields, s->field->path, value);
	}
	if (err != OK) {
		json_decref(fields);
		return err;
	}
	*ret_fields = fields;
	return OK;
}

static const char *identifier(const struct mapping *m, const json_t *fields, const char **ret_name)
{
	static const char *const first[] = {"identifiers.siret", "identifiers.siren",
					    "identifiers.rna", "identifiers.cog"};
	const char *value = NULL, *path = NULL;

	for (size_t i = 0; i < COUNT(first) && !value; i++) {
		path = first[i];
		value = json_string_value(schema_get(fields, path));
	}
	for (size_t i = 0; i < m->type->n_fields && !value; i++)
		if (m->type->fields[i].index == INDEX_IDENTIFIER) {
			path = m->type->fields[i].path;
			value = json_string_value(schema_get(fields, path));
		}
	if (value)
		*ret_name = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
	return value;
}

int mapping_key(const struct mapping *m, const struct source_row *row, const json_t *fields,
		char out[MAPPING_KEY])
{
	const char *name, *value = identifier(m, fields, &name);
	char text[DIGEST_TEXT];
	uint8_t digest[32];
	struct buf b;
	int err;

	if (row->key) {
		snprintf(out, MAPPING_KEY, "%s", row->key);
		return OK;
	}
	if (value) {
		snprintf(out, MAPPING_KEY, "%s:%s", name, value);
		return OK;
	}
	buf_init(&b, 4 * OBJECT_MAX);
	err = canon_write(fields, &b);
	if (err == OK)
		err = b.err;
	if (err == OK) {
		digest_bytes(b.data, b.len, digest);
		digest_text(digest, text);
		snprintf(out, MAPPING_KEY, "%s", text);
	}
	buf_done(&b);
	return err;
}
