/*
 * Streaming reader of CSV (RFC 4180) as spreadsheets write it: separator ',' ';' or tab, told from
 * the first record; LF or CRLF; an optional UTF-8 byte order mark.  Memory is one record.
 */
#ifndef MAILLAGE_IMPORT_CSV_H
#define MAILLAGE_IMPORT_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "protocol/base/err.h"

enum {
	CSV_FIELD_MAX = 64 * 1024,	/* bytes; a field of this size or more is refused */
	CSV_COLUMNS_MAX = 1000,
	CSV_RECORD_MAX = 1024 * 1024,	/* bytes of one record */
};

struct csv;

struct csv_row {
	size_t line;			/* where the record begins, from 1 */
	const char *const *cells;	/* borrowed until the next call; NUL-terminated UTF-8 */
	size_t n;
};

/* `in` is borrowed. */
int csv_open(FILE *in, struct csv **ret_csv);
void csv_close(struct csv *c);
/*
 * The next record, empty lines left out.  ERR_NOTFOUND: end.  ERR_LIMIT: this record is refused
 * (ret->line is set), the next may be read.  ERR_INVALID, ERR_IO, ERR_NOMEM: reading ends here.
 * The fault's sentence does not name the line; csv_line does.
 */
int csv_next(struct csv *c, struct csv_row *ret, struct fault *fault);
/* Line of the last fault. */
size_t csv_line(const struct csv *c);
/*
 * Is what follows in `in` UTF-8?  Reads to its end and comes back to where it was.  OK also if
 * `in` cannot be read twice.  ERR_INVALID: *ret_line holds the first line that is not.
 */
int csv_check_utf8(FILE *in, size_t *ret_line, struct fault *fault);

#endif
