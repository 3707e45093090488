/* One JSON object a line, as `maillage export --format ndjson` writes it. */
#include <stdlib.h>
#include <string.h>

#include "protocol/canon.h"
#include "tools/import/source.h"

struct ndjson {
	FILE *in;
	size_t line;
	json_t *doc;
	char *text;	/* SOURCE_LINE_MAX + 1 */
};

static void ndjson_close(void *state)
{
	struct ndjson *s = state;

	json_decref(s->doc);
	free(s->text);
	free(s);
}

static int ndjson_open(FILE *in, const struct source_context *cx, void **ret_state, size_t *ret_line,
		       struct fault *fault)
{
	struct ndjson *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NOMEM;
	s->in = in;
	s->text = malloc(SOURCE_LINE_MAX + 1);
	if (!s->text) {
		ndjson_close(s);
		return ERR_NOMEM;
	}
	*ret_state = s;
	return OK;
}

/* One line without its end. ERR_LIMIT: too long, skipped. ERR_NOTFOUND: no more. */
static int line_read(struct ndjson *s, size_t *ret_len)
{
	size_t len = 0;
	int ch, any = 0;

	while ((ch = getc_unlocked(s->in)) != EOF && ch != '\n') {
		any = 1;
		if (len <= SOURCE_LINE_MAX)
			s->text[len++] = (char)ch;
	}
	if (ferror(s->in))
		return ERR_IO;
	if (ch == EOF && !any)
		return ERR_NOTFOUND;
	s->line++;
	if (len > SOURCE_LINE_MAX)
		return ERR_LIMIT;
	while (len > 0 && strchr("\r \t", s->text[len - 1]))
		len--;
	*ret_len = len;
	return OK;
}

static int ndjson_next(void *state, struct source_row *ret, struct fault *fault)
{
	struct ndjson *s = state;
	struct fault inner = {0};
	size_t len;
	int err;

	json_decref(s->doc);
	s->doc = NULL;
	memset(ret, 0, sizeof(*ret));
	do {
		err = line_read(s, &len);
	} while (err == OK && len == 0);
	ret->line = s->line;
	if (err == ERR_LIMIT)
		return fault_set(fault, ERR_AGAIN, "", "a line of more than 256 KiB", NULL);
	if (err == ERR_IO)
		return fault_set(fault, err, "", "the file cannot be read", NULL);
	if (err != OK)
		return err;
	err = canon_read(s->text, len, CANON_FULL, &s->doc, &inner);
	if (err == ERR_NOMEM)
		return err;
	if (err != OK || !json_is_object(s->doc))
		return fault_set(fault, ERR_AGAIN, "", "not a JSON object in UTF-8", NULL);
	ret->doc = s->doc;
	return OK;
}

const struct source_format source_ndjson = {
	.name = "ndjson", .unit = "line", .suffix = ".ndjson", .open = ndjson_open,
	.next = ndjson_next, .close = ndjson_close,
};
