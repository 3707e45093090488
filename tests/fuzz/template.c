/* Templates: any text either compiles or is refused, and what a view holds never comes out unescaped. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "web/tpl.h"

/* A tag that asks for no escaping: "{{{" or "{{&", with or without space between. */
static int has_unescaped(const char *text, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		size_t at = i + 2;
		if (text[i] != '{' || text[i + 1] != '{')
			continue;
		while (at < size && strchr(" \t\r\n", text[at]))
			at++;
		if (at < size && (text[at] == '{' || text[at] == '&'))
			return 1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpl_source source = {.name = "page"};
	struct tpl_set *set;
	struct fault fault = {0};
	struct buf out;
	char *text = malloc(size + 1);
	/* Between guillemets of control characters no template can hold: what lies there came from the view. */
	json_t *view = json_pack("{s:s, s:[{s:s}, {s:s}], s:b}", "a", "\x01<&\">\x02", "list", "a", "\x01'<\x02", "b", "\x01>\x02", "no", 0);

	if (!text || !view)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	source.text = text;
	source.len = size;
	if (!memchr(data, 1, size) && !memchr(data, 2, size) && !has_unescaped(text, size) &&
	    tpl_set_compile(&source, 1, &set, &fault) == OK) {
		buf_init(&out, 1 << 20);
		if (tpl_render(set, "page", NULL, view, NULL, &out) == OK)
			for (const char *s = out.data; s && (s = strchr(s, 1)); s++)
				for (const char *c = s + 1; *c && *c != 2; c++)
					FUZZ_CHECK(*c != '<' && *c != '>' && *c != '"');
		buf_done(&out);
		tpl_set_free(set);
	}
	json_decref(view);
	free(text);
	return 0;
}
