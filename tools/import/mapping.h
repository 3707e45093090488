/*
 * From columns to fields: which column fills which field of a type, and what makes two rows the
 * same record.
 *
 * Without --map, a column fills the field whose dotted path is its name, or the usual names of it
 * (latitude, postcode, siret, ...).  The columns of the shipped table of communes are understood as
 * they are.
 */
#ifndef MAILLAGE_IMPORT_MAPPING_H
#define MAILLAGE_IMPORT_MAPPING_H

#include "protocol/schema.h"
#include "tools/import/source.h"

enum { MAPPING_KEY = 400 };	/* bytes of a row's key, NUL included */

struct mapping;

int mapping_new(const struct record_type *type, struct mapping **ret_mapping);
void mapping_free(struct mapping *m);
/* "field=column". ERR_INVALID: not of this form, or the type has no such field. */
int mapping_add(struct mapping *m, const char *assignment, struct fault *fault);
/*
 * Fit to a header (columns NULL: a format without one).  ERR_NOTFOUND: a mapped column, or any
 * column for a required field, is missing.
 */
int mapping_bind(struct mapping *m, const char *const *columns, size_t n, struct fault *fault);
/* The fields of one row. The fault's pointer names the field. The caller owns *ret_fields. */
int mapping_row(const struct mapping *m, const struct source_row *row, const json_t *vocabularies,
		json_t **ret_fields, struct fault *fault);
/*
 * What makes it the same record on the next import: the source's own key, else the first of
 * SIRET, SIREN, RNA, COG and other identifiers that it has, else the digest of all its fields.
 */
int mapping_key(const struct mapping *m, const struct source_row *row, const json_t *fields,
		char out[MAPPING_KEY]);

#endif
