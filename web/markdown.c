#include "web/markdown.h"

#include <cmark-gfm.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/err.h"

/* An image would be a request to a third party: a link with its text takes its place. */
static void image_to_link(cmark_node *image)
{
	cmark_node *link = cmark_node_new(CMARK_NODE_LINK), *child;
	if (!link)
		return;
	cmark_node_set_url(link, cmark_node_get_url(image));
	while ((child = cmark_node_first_child(image)))
		cmark_node_append_child(link, child);
	if (cmark_node_replace(image, link))
		cmark_node_free(image);
	else
		cmark_node_free(link);
}

/* The author's highest heading, 6 if there is none. */
static int highest_heading(cmark_node *root)
{
	int highest = 6;
	cmark_iter *it = cmark_iter_new(root);
	while (it && cmark_iter_next(it) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(it);
		if (cmark_node_get_type(node) == CMARK_NODE_HEADING && cmark_node_get_heading_level(node) < highest)
			highest = cmark_node_get_heading_level(node);
	}
	cmark_iter_free(it);
	return highest;
}

/* Under the page's h1 the author's highest heading becomes an h2, the others follow. */
static void adapt(cmark_node *root)
{
	int shift = 2 - highest_heading(root);
	cmark_iter *it = cmark_iter_new(root);
	cmark_event_type event;
	while (it && (event = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(it);
		if (event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_HEADING) {
			int level = cmark_node_get_heading_level(node) + shift;
			cmark_node_set_heading_level(node, level > 6 ? 6 : level);
		/* Leaving a node is the moment at which it may be replaced. */
		} else if (event == CMARK_EVENT_EXIT && cmark_node_get_type(node) == CMARK_NODE_IMAGE) {
			image_to_link(node);
		}
	}
	cmark_iter_free(it);
}

int markdown_render(const char *text, struct buf *out)
{
	size_t len = strlen(text);
	while (len > MARKDOWN_MAX || (len > 0 && len < strlen(text) && ((unsigned char)text[len] & 0xC0) == 0x80))
		len = len > MARKDOWN_MAX ? MARKDOWN_MAX : len - 1;
	cmark_node *root = cmark_parse_document(text, len, CMARK_OPT_DEFAULT);
	if (!root)
		return ERR_NOMEM;
	adapt(root);
	char *html = cmark_render_html(root, CMARK_OPT_DEFAULT, NULL);
	buf_str(out, html ? html : "");
	free(html);
	cmark_node_free(root);
	return out->err;
}
