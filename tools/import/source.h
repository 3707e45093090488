/*
 * Where rows come from: one reader a format.  A row is cells under a header (CSV) or a JSON object
 * whose members have the names of fields.
 */
#ifndef MAILLAGE_IMPORT_SOURCE_H
#define MAILLAGE_IMPORT_SOURCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "node/zone.h"
#include "protocol/base/err.h"

enum {
	SOURCE_LINE_MAX = 256 * 1024,		/* bytes of one NDJSON line */
	SOURCE_FILE_MAX = 64 * 1024 * 1024,	/* bytes of a file that is read whole */
};

/* What a reader may need beyond the file. */
struct source_context {
	struct zone_set *zones;
	const char *zone;	/* of times that name none */
};

struct source_row {
	size_t line;			/* place in the file, in the format's unit; set on faults too */
	const char *const *cells;	/* CSV, else NULL */
	size_t n;
	json_t *doc;			/* other formats, else NULL */
	const char *key;		/* identity the source itself gives the row, or NULL */
};					/* everything borrowed until the next call */

struct source_format {
	const char *name;	/* "csv" */
	const char *unit;	/* what source_row.line counts: "line" */
	const char *suffix;	/* of files in this format: ".csv", or NULL */
	/* `in` and `cx` are borrowed until close. */
	int (*open)(FILE *in, const struct source_context *cx, void **ret_state, size_t *ret_line,
		    struct fault *fault);
	/* The header, or NULL for formats without. */
	const char *const *(*columns)(const void *state, size_t *ret_n);
	/* ERR_NOTFOUND: end. ERR_AGAIN: this row is refused, the next may be read. Others end reading. */
	int (*next)(void *state, struct source_row *ret, struct fault *fault);
	void (*close)(void *state);
};

extern const struct source_format source_csv, source_ndjson, source_geojson, source_ics,
	source_gogocarto;

/* By name, NULL if unknown. */
const struct source_format *source_format(const char *name);
/* By the end of a file's name, NULL if it tells nothing. */
const struct source_format *source_guess(const char *file);
/* All of a file in memory. ERR_LIMIT beyond SOURCE_FILE_MAX. The caller frees. */
int source_read_all(FILE *in, char **ret_text, size_t *ret_len, struct fault *fault);
/* One JSON document that is a whole file; *ret_line: where it is broken. */
int source_read_json(FILE *in, json_t **ret_doc, size_t *ret_line, struct fault *fault);

#endif
