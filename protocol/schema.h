/*
 * Record types as field tables.  One table a type (types/<type>.c) gives decoding with JSON
 * pointers in errors, search indexing, facets, forms, imports and exports.
 */
#ifndef MAILLAGE_SCHEMA_H
#define MAILLAGE_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

enum field_kind {
	FIELD_TEXT,		/* one line */
	FIELD_MARKDOWN,		/* several paragraphs */
	FIELD_URI,		/* http, https, mailto, tel */
	FIELD_EMAIL,
	FIELD_INTEGER,
	FIELD_DECIMAL,		/* a string such as "48.8584" */
	FIELD_DATE,		/* "2026-11-22" */
	FIELD_DATETIME,		/* RFC 3339 with offset */
	FIELD_ZONE,		/* IANA time zone */
	FIELD_CODE,		/* one code of `vocabulary`; without one, an identifier (COG, SIREN…) */
	FIELD_REF,		/* id of another object */
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_LIST = 2,		/* JSON array of the kind */
	FIELD_INTERNAL = 4,	/* set by verbs, not on forms */
	FIELD_PLACE = 8,	/* part of the location: shown as one line */
};

enum field_index {
	INDEX_NONE,
	INDEX_TITLE,		/* name: searched, sorted by, shown as link */
	INDEX_SUMMARY,		/* searched, shown on cards */
	INDEX_TEXT,		/* searched */
	INDEX_FACET,		/* exact value, counted; facet name is field->facet */
	INDEX_START,		/* start of the time a record is about: agenda order */
	INDEX_END,		/* its end; for a call, the closing time */
	INDEX_LATITUDE, INDEX_LONGITUDE,
	INDEX_PLACE,		/* searched, shown as place on cards */
	INDEX_IDENTIFIER,	/* searched as a whole term, equal values mean the same record on import */
};

struct field {
	const char *path;	/* dotted: "location.latitude" */
	enum field_kind kind;
	unsigned flags;
	enum field_index index;
	const char *facet;	/* name of the facet and query argument: "profile", "territory" */
	const char *vocabulary;
	size_t max;		/* characters of a text; values of a list (200 characters each);
				 * largest FIELD_INTEGER, which is never negative */
	const char *label;	/* message id */
	const char *help;	/* message id or NULL */
};

struct record_type {
	const char *name;	/* "Event" */
	const char *label;	/* message id, "Event" */
	const char *plural;	/* message id, "Events" */
	const char *list;	/* address of its list: "/agenda" */
	const struct field *fields;
	size_t n_fields;
	/* Relations between fields (end after start); NULL if none. */
	int (*check)(const json_t *doc, struct fault *fault);
};

/* Declared types in the order pages show them. */
const struct record_type *const *schema_types(size_t *ret_n);
const struct record_type *schema_type(const char *name);	/* NULL if unknown */
const struct field *schema_field(const struct record_type *t, const char *path);

/*
 * Value at a dotted path (borrowed) or NULL.  Set steals `value` and makes the objects on the way;
 * NULL removes the member and the objects that this leaves empty.
 */
json_t *schema_get(const json_t *doc, const char *path);
int schema_set(json_t *doc, const char *path, json_t *value);

/*
 * Check what a person or an import wrote: required fields, kinds, lengths, codes (against
 * `vocabularies`, may be NULL: any code), relations.  Unknown fields are refused; the envelope's
 * members are let through, `attachment`, `replaces` and `alternate` are checked for every type.
 * Absent has one spelling: empty texts, lists and objects are refused.
 * fault->pointer names the field: "/location/latitude".
 */
int schema_check(const struct record_type *t, const json_t *doc, const json_t *vocabularies,
		 struct fault *fault);
/*
 * One cell or form value to JSON: trims, NFC; lists are cut at ';' or '|'; decimal commas become
 * points, 22/11/2026 becomes 2026-11-22, official identifiers lose their spaces; codes are found
 * by label too.  The value is checked as schema_check would.  Empty text gives *ret NULL and OK.
 */
int schema_from_text(const struct field *f, const char *text, const json_t *vocabularies,
		     json_t **ret_value, struct fault *fault);
/* The value as one cell of text, lists joined by "; ". Appends. */
void schema_to_text(const struct field *f, const json_t *value, struct buf *out);

#endif
