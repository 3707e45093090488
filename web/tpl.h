/*
 * Mustache templates over JSON views (mustache/spec: comments, interpolation, sections, inverted,
 * partials; no lambdas, no delimiters other than {{ }}).  Everything is HTML-escaped but
 * {{{name}}}, kept for rendered Markdown.  Additions:
 *   {{_ Some English sentence}}      the sentence in the reader's language, escaped;
 *   {{_ Hello %s|name}}              the same with the value of `name` in place of %s;
 *   {{.name}}, {{#.name}}, {{^.name}}  `name` of the innermost object only.  A list item whose
 *                                    optional member is absent must not find its page's member.
 *   {{#name?}}…{{/name?}}            once if `name` is true, without entering it: the frame of a list.
 * False are: absent, null, false, "", 0 and an empty array.
 * Templates are compiled once at start and shared by threads; rendering allocates only the output.
 */
#ifndef MAILLAGE_WEB_TPL_H
#define MAILLAGE_WEB_TPL_H

#include <jansson.h>
#include <stddef.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

struct tpl_set;
struct catalogue;

/* One template as text. Borrowed for the call. */
struct tpl_source {
	const char *name;
	const char *text;
	size_t len;
};

/* Compile every *.mustache of `dir`. Names are file names without the ending. Partials resolve by
 * name; one that names no file is ERR_NOTFOUND. */
int tpl_set_load(const char *dir, struct tpl_set **ret_set, struct fault *fault);
/* The same from memory; a partial that names none renders as nothing, as mustache/spec wants. */
int tpl_set_compile(const struct tpl_source *sources, size_t count, struct tpl_set **ret_set,
		    struct fault *fault);
void tpl_set_free(struct tpl_set *set);
/* Render with `view` on top of `base` (may be NULL: looked up after view). depth of partials <= 16.
 * ERR_NOTFOUND: no such template; ERR_LIMIT: partials too deep, or `out` is full. */
int tpl_render(const struct tpl_set *set, const char *name, const json_t *base, const json_t *view,
	       const struct catalogue *cat, struct buf *out);

#endif
