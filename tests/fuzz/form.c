/*
 * Form bodies.  The input's first line is the content type, the rest the body.  What is accepted
 * has names and texts in UTF-8 without NUL, files that lie within the body, and no more of either
 * than the ceilings say.
 */
#include <string.h>
#include <talloc.h>

#include "node/http/form.h"
#include "node/http/limits.h"
#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *s)
{
	FUZZ_CHECK(s && text_valid(s, strlen(s)));
}

static void check_field(const struct form_field *f, const char *body, size_t len)
{
	check_text(f->name);
	check_text(f->type);
	if (!f->filename) {
		check_text(f->data);
		FUZZ_CHECK(strlen(f->data) == f->len);
		return;
	}
	check_text(f->filename);
	FUZZ_CHECK(f->data >= body && f->data <= body + len);
	FUZZ_CHECK(f->len <= (size_t)(body + len - f->data));
}

static void check_form(const struct form *form, const char *body, size_t len)
{
	size_t files = 0;

	FUZZ_CHECK(form->count <= HTTP_FORM_FIELDS);
	for (size_t i = 0; i < form->count; i++) {
		check_field(&form->fields[i], body, len);
		files += form->fields[i].filename != NULL;
	}
	FUZZ_CHECK(files <= HTTP_FORM_FILES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = size ? memchr(text, '\n', size) : NULL;
	size_t type_len = end ? (size_t)(end - text) : size;
	const char *body = end ? end + 1 : text + size;
	size_t len = (size_t)(text + size - body);
	void *mem = talloc_new(NULL);
	char *type = talloc_strndup(mem, text, type_len);
	struct form form = {0};
	struct fault fault = {0};
	int err = form_parse(mem, type, body, len, &form, &fault);

	if (err == OK)
		check_form(&form, body, len);
	else
		FUZZ_CHECK((err == ERR_INVALID || err == ERR_LIMIT) && fault.code == err &&
			   !form.count);
	talloc_free(mem);
	return 0;
}
