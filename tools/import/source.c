#include "tools/import/source.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"

static const struct source_format *const formats[] = {&source_csv, &source_ndjson, &source_geojson,
						      &source_ics, &source_gogocarto};

const struct source_format *source_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const struct source_format *source_guess(const char *file)
{
	size_t len = strlen(file);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const char *suffix = formats[i]->suffix;
		size_t n = suffix ? strlen(suffix) : 0;

		if (n && len > n && strcasecmp(file + len - n, suffix) == 0)
			return formats[i];
	}
	return NULL;
}

int source_read_all(FILE *in, char **ret_text, size_t *ret_len, struct fault *fault)
{
	char chunk[16 * 1024];
	struct buf b;
	size_t got;
	int err = OK;

	buf_init(&b, SOURCE_FILE_MAX);
	while (b.err == OK && (got = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(&b, chunk, got);
	if (b.err == ERR_LIMIT)
		err = fault_set(fault, b.err, "", "a file of this format may hold 64 MiB", NULL);
	else if (b.err != OK)
		err = b.err;
	else if (ferror(in))
		err = fault_set(fault, ERR_IO, "", "the file cannot be read", NULL);
	if (err == OK) {
		buf_char(&b, '\0');
		*ret_len = b.len - 1;
		*ret_text = buf_steal(&b, &got);
		if (!*ret_text)
			err = ERR_NOMEM;
	}
	buf_done(&b);
	return err;
}

int source_read_json(FILE *in, json_t **ret_doc, size_t *ret_line, struct fault *fault)
{
	json_error_t where;
	char *text, *s;
	size_t len;
	int err = source_read_all(in, &text, &len, fault);

	if (err != OK)
		return err;
	s = text;
	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		s += 3;
		len -= 3;
	}
	*ret_doc = json_loadb(s, len, JSON_REJECT_DUPLICATES, &where);
	free(text);
	if (!*ret_doc) {
		*ret_line = where.line > 0 ? (size_t)where.line : 1;
		return fault_set(fault, ERR_INVALID, "", "not JSON: %s", where.text);
	}
	return OK;
}
