#include "tools/import/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/text.h"
#include "protocol/base/utf8.h"

struct csv {
	FILE *in;
	size_t line;		/* of the next byte */
	size_t fault_line;
	char separator;		/* 0: not known yet */
	bool ended;
	struct buf ahead;	/* start of the file, read to tell the separator */
	size_t ahead_at;
	struct buf bytes;	/* cells of one record, each with its NUL */
	size_t starts[CSV_COLUMNS_MAX];
	const char *cells[CSV_COLUMNS_MAX];
};

static const char not_utf8[] = "not UTF-8, looks like Latin-1: convert with iconv "
			       "(iconv -f ISO-8859-1 -t UTF-8)";

/* The separator is what the first record has most of outside quotes; a comma if it has none. */
static char separator_guess(const char *s, size_t len)
{
	static const char candidates[] = {',', ';', '\t'};
	size_t count[sizeof(candidates)] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < len && (quoted || (s[i] != '\n' && s[i] != '\r')); i++) {
		if (s[i] == '"')
			quoted = !quoted;
		for (size_t k = 0; k < sizeof(candidates); k++)
			count[k] += !quoted && s[i] == candidates[k];
	}
	for (size_t k = 1; k < sizeof(candidates); k++)
		if (count[k] > count[best])
			best = k;
	return candidates[best];
}

int csv_open(FILE *in, struct csv **ret_csv)
{
	struct csv *c = calloc(1, sizeof(*c));

	if (!c)
		return ERR_NOMEM;
	c->in = in;
	c->line = 1;
	buf_init(&c->ahead, CSV_FIELD_MAX);
	buf_init(&c->bytes, CSV_RECORD_MAX + CSV_COLUMNS_MAX + 1);
	*ret_csv = c;
	return OK;
}

void csv_close(struct csv *c)
{
	if (!c)
		return;
	buf_done(&c->ahead);
	buf_done(&c->bytes);
	free(c);
}

size_t csv_line(const struct csv *c)
{
	return c->fault_line;
}

static int get(struct csv *c)
{
	if (c->ahead_at < c->ahead.len)
		return (unsigned char)c->ahead.data[c->ahead_at++];
	return getc_unlocked(c->in);
}

/* Byte order mark and separator, from the first line that is not empty. */
static int begin(struct csv *c)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t text = 0;
	int ch;

	while (c->ahead.len + 1 < CSV_FIELD_MAX && (ch = getc_unlocked(c->in)) != EOF) {
		buf_char(&c->ahead, (char)ch);
		if (ch == '\n' && text > 0)
			break;
		text += ch != '\n' && ch != '\r';
		if (c->ahead.len == 3 && memcmp(c->ahead.data, bom, 3) == 0) {
			c->ahead_at = 3;
			text = 0;
		}
	}
	if (ferror(c->in))
		return ERR_IO;
	for (text = c->ahead_at; text < c->ahead.len; text++)
		if (c->ahead.data[text] != '\n' && c->ahead.data[text] != '\r')
			break;
	c->separator = separator_guess(c->ahead.data + text, c->ahead.len - text);
	return c->ahead.err;
}

enum refusal { REFUSE_NOTHING, REFUSE_FIELD, REFUSE_COLUMNS, REFUSE_RECORD };

static const char *const refusals[] = {
	NULL,
	"a field of 64 KiB or more (is a quotation mark missing?)",
	"more than 1,000 columns",
	"a record of more than 1 MiB",
};

struct scan {
	size_t n, begin;	/* cells so far; where this one begins */
	enum refusal refused;
};

static void cell_byte(struct csv *c, struct scan *s, int ch)
{
	if (s->refused)
		return;
	if (c->bytes.len - s->begin >= CSV_FIELD_MAX - 1)
		s->refused = REFUSE_FIELD;
	else if (c->bytes.len >= CSV_RECORD_MAX)
		s->refused = REFUSE_RECORD;
	else
		buf_char(&c->bytes, (char)ch);
}

static void cell_end(struct csv *c, struct scan *s)
{
	if (s->refused)
		return;
	if (s->n == CSV_COLUMNS_MAX) {
		s->refused = REFUSE_COLUMNS;
		return;
	}
	c->starts[s->n++] = s->begin;
	buf_char(&c->bytes, '\0');
	s->begin = c->bytes.len;
}

/* One record, whatever its length. ERR_NOTFOUND at the end, ERR_INVALID for a structure that is none. */
static int record(struct csv *c, struct scan *s, struct fault *fault)
{
	enum { START, PLAIN, QUOTED, QUOTE } state = START;
	size_t quote_line = 0;
	bool any = false;
	int ch;

	while ((ch = get(c)) != EOF) {
		any = true;
		if (ch == '\0') {
			c->fault_line = c->line;
			return fault_set(fault, ERR_INVALID, "",
					 "a NUL byte: this is not a text file (UTF-16? save it as UTF-8)",
					 NULL);
		}
		if (state == QUOTED) {
			if (ch == '\n')
				c->line++;
			if (ch == '"')
				state = QUOTE;
			else
				cell_byte(c, s, ch);
			continue;
		}
		if (ch == '\r') {	/* only before LF does it end a record */
			int next = get(c);

			if (next != '\n') {
				c->fault_line = c->line;
				return fault_set(fault, ERR_INVALID, "",
						 "a line end of CR alone: save the file with LF or CRLF",
						 NULL);
			}
			ch = '\n';
		}
		if (ch == '\n') {
			c->line++;
			cell_end(c, s);
			return OK;
		}
		if (ch == c->separator) {
			cell_end(c, s);
			state = START;
		} else if (ch == '"' && state == START) {
			state = QUOTED;
			quote_line = c->line;
		} else if (ch == '"' && state == QUOTE) {
			cell_byte(c, s, ch);
			state = QUOTED;
		} else if (state == QUOTE) {
			c->fault_line = c->line;
			return fault_set(fault, ERR_INVALID, "",
					 "text after a closing quotation mark; inside a field it is "
					 "written twice",
					 NULL);
		} else {
			cell_byte(c, s, ch);
			state = PLAIN;
		}
	}
	if (ferror(c->in))
		return fault_set(fault, ERR_IO, "", "the file cannot be read", NULL);
	if (state == QUOTED) {
		c->fault_line = quote_line;
		return fault_set(fault, ERR_INVALID, "",
				 "a quotation mark is opened and never closed", NULL);
	}
	c->ended = true;
	if (!any)
		return ERR_NOTFOUND;
	cell_end(c, s);
	return OK;
}

/* Exports lead with an apostrophe what a spreadsheet would take for a formula: here it goes again. */
static const char *unguarded(const char *cell)
{
	char led = cell[strspn(cell, "'")];

	return *cell == '\'' && led && strchr("=+-@\t\r", led) ? cell + 1 : cell;
}

int csv_next(struct csv *c, struct csv_row *ret, struct fault *fault)
{
	struct scan s;
	size_t first;
	int err = c->separator ? OK : begin(c);
	bool blank;

	do {
		if (err == OK && c->ended)
			err = ERR_NOTFOUND;
		memset(&s, 0, sizeof(s));
		buf_clear(&c->bytes);
		first = c->line;
		if (err == OK)
			err = record(c, &s, fault);
		blank = s.n == 1 && !s.refused && c->bytes.len == 1;
	} while (err == OK && blank);
	if (err != OK)
		return err;
	ret->line = c->fault_line = first;
	if (s.refused)
		return fault_set(fault, ERR_LIMIT, "", refusals[s.refused], NULL);
	if (c->bytes.err != OK)
		return c->bytes.err;
	for (size_t i = 0; i < s.n; i++) {
		c->cells[i] = c->bytes.data + c->starts[i];
		if (!text_valid(c->cells[i], strlen(c->cells[i])))
			return fault_set(fault, ERR_INVALID, "", not_utf8, NULL);
		c->cells[i] = unguarded(c->cells[i]);
	}
	ret->cells = c->cells;
	ret->n = s.n;
	return OK;
}

static int wide(const uint8_t *s, size_t len)
{
	return len >= 2 && ((s[0] == 0xff && s[1] == 0xfe) || (s[0] == 0xfe && s[1] == 0xff));
}

int csv_check_utf8(FILE *in, size_t *ret_line, struct fault *fault)
{
	off_t start = ftello(in);
	uint8_t chunk[32 * 1024];
	size_t have = 0, got, i, n, line = 1;

	if (start < 0)
		return OK;
	*ret_line = 1;
	do {
		got = fread(chunk + have, 1, sizeof(chunk) - have, in);
		have += got;
		if (line == 1 && wide(chunk, have))
			return fault_set(fault, ERR_INVALID, "",
					 "not UTF-8 but UTF-16: convert with iconv "
					 "(iconv -f UTF-16 -t UTF-8)",
					 NULL);
		for (i = 0; i < have; i += n) {
			n = utf8_step(chunk + i, have - i);
			if (n == 0 && have - i < 4 && got > 0)
				break;	/* the rest of a character may come with the next chunk */
			if (n == 0) {
				*ret_line = line;
				return fault_set(fault, ERR_INVALID, "", not_utf8, NULL);
			}
			line += chunk[i] == '\n';
		}
		have -= i;
		memmove(chunk, chunk + i, have);
	} while (got > 0);
	if (ferror(in) || fseeko(in, start, SEEK_SET) != 0)
		return fault_set(fault, ERR_IO, "", "the file cannot be read", NULL);
	clearerr(in);
	return OK;
}
