/* Bodies of objects: whatever is written, no element or address that could act comes out. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/fuzz/fuzz.h"
#include "web/markdown.h"

/* The elements CommonMark itself makes. */
static int known_element(const char *name, size_t len)
{
	static const char *const names[] = {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code",
					    "em", "strong", "a", "br", "hr"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
			return 1;
	return 0;
}

static void check_html(const char *html)
{
	for (const char *s = html; (s = strchr(s, '<')); s++) {
		if (strncmp(s, "<!-- raw HTML omitted -->", 25) == 0)
			continue;
		const char *name = s + 1 + (s[1] == '/');
		FUZZ_CHECK(known_element(name, strcspn(name, " />\n")));
	}
	for (const char *s = html; (s = strstr(s, "href=\"")); s++) {
		FUZZ_CHECK(strncasecmp(s + 6, "javascript:", 11) != 0);
		FUZZ_CHECK(strncasecmp(s + 6, "vbscript:", 9) != 0);
		FUZZ_CHECK(strncasecmp(s + 6, "data:", 5) != 0);
		FUZZ_CHECK(strncasecmp(s + 6, "file:", 5) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct buf html;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	buf_init(&html, 4 << 20);
	if (markdown_render(text, &html) == 0 && html.data)
		check_html(html.data);
	buf_done(&html);
	free(text);
	return 0;
}
