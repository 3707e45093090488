/*
 * Markdown of object bodies to safe HTML, through cmark-gfm: raw HTML and dangerous links are
 * dropped (CMARK_OPT_SAFE is its default), no extension is loaded (autolink is quadratic).
 * The author's highest heading becomes an h2, so that the page keeps its one h1.
 */
#ifndef MAILLAGE_WEB_MARKDOWN_H
#define MAILLAGE_WEB_MARKDOWN_H

#include "protocol/base/buf.h"

enum { MARKDOWN_MAX = 32 * 1024 };	/* bytes of a body that is rendered; a longer one is cut */

int markdown_render(const char *text, struct buf *out);

#endif
