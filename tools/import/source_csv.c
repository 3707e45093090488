/* CSV behind the common face of sources: the first record names the columns. */
#include <stdlib.h>
#include <string.h>

#include "tools/import/csv.h"
#include "tools/import/source.h"

struct csv_state {
	struct csv *csv;
	char **columns;
	size_t n;
};

static void csv_state_close(void *arg)
{
	struct csv_state *s = arg;

	for (size_t i = 0; i < s->n; i++)
		free(s->columns[i]);
	free(s->columns);
	csv_close(s->csv);
	free(s);
}

/* A column's name without the spaces around it. */
static char *column_name(const char *cell)
{
	size_t len;

	cell += strspn(cell, " \t");
	len = strlen(cell);
	while (len > 0 && strchr(" \t\n", cell[len - 1]))
		len--;
	return strndup(cell, len);
}

static int csv_header(struct csv_state *s, size_t *ret_line, struct fault *fault)
{
	struct csv_row row;
	int err = csv_next(s->csv, &row, fault);

	*ret_line = csv_line(s->csv);
	if (err == ERR_NOTFOUND) {
		*ret_line = 1;
		return fault_set(fault, ERR_INVALID, "", "the file is empty", NULL);
	}
	if (err != OK)
		return err == ERR_LIMIT ? ERR_INVALID : err;
	s->columns = calloc(row.n, sizeof(*s->columns));
	if (!s->columns)
		return ERR_NOMEM;
	for (; s->n < row.n; s->n++) {
		s->columns[s->n] = column_name(row.cells[s->n]);
		if (!s->columns[s->n])
			return ERR_NOMEM;
	}
	return OK;
}

static int csv_state_open(FILE *in, const struct source_context *cx, void **ret_state,
			  size_t *ret_line, struct fault *fault)
{
	struct csv_state *s;
	int err = csv_check_utf8(in, ret_line, fault);

	if (err != OK)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NOMEM;
	err = csv_open(in, &s->csv);
	if (err == OK)
		err = csv_header(s, ret_line, fault);
	if (err != OK)
		csv_state_close(s);
	else
		*ret_state = s;
	return err;
}

static const char *const *csv_columns(const void *state, size_t *ret_n)
{
	const struct csv_state *s = state;

	*ret_n = s->n;
	return (const char *const *)s->columns;
}

static int csv_state_next(void *state, struct source_row *ret, struct fault *fault)
{
	struct csv_state *s = state;
	struct csv_row row = {0};
	char count[64];
	int err = csv_next(s->csv, &row, fault);

	memset(ret, 0, sizeof(*ret));
	ret->line = csv_line(s->csv);
	if (err == ERR_LIMIT)
		return ERR_AGAIN;
	if (err != OK)
		return err;
	if (row.n != s->n) {
		snprintf(count, sizeof(count), "%zu fields where the header has %zu", row.n, s->n);
		return fault_set(fault, ERR_AGAIN, "", "%s", count);
	}
	ret->cells = row.cells;
	ret->n = row.n;
	return OK;
}

const struct source_format source_csv = {
	.name = "csv", .unit = "line", .suffix = ".csv", .open = csv_state_open,
	.columns = csv_columns, .next = csv_state_next, .close = csv_state_close,
};
