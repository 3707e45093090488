/*
 * Checks of single values, shared by schema.c, schema_text.c and the type tables.
 */
#ifndef MAILLAGE_SCHEMA_VALUE_H
#define MAILLAGE_SCHEMA_VALUE_H

#include "protocol/schema.h"

/* Is `v` a good value of `f` (of one of its values, if a list)?  `pointer` names it in the fault. */
int value_check(const struct field *f, const json_t *v, const json_t *vocabularies,
		const char *pointer, struct fault *fault);
/* The same for a whole member: lists with their ceilings and doubles. */
int value_check_all(const struct field *f, const json_t *v, const json_t *vocabularies,
		    const char *pointer, struct fault *fault);
/*
 * Dates or date-times at two paths: `to` must not lie before `from`.  Absent ones are in order.
 * `key` is the fault's sentence, a string literal.
 */
int value_check_order(const json_t *doc, const char *from, const char *to, const char *key,
		      struct fault *fault);

/* Identifiers issued by the State: how they are told, and whether `path` ends in one of them. */
bool identifier_is(const char *path);
bool identifier_cog(const char *s);
bool identifier_siren(const char *s);
bool identifier_siret(const char *s);
bool identifier_rna(const char *s);

/* "/location/latitude" from "location.latitude". */
void field_pointer(const char *path, char *out, size_t size);

#endif
