/*
 * From the text of a template to an array of nodes.  Private to tpl.c.
 *
 * A section holds the index after its last node, so rendering is one walk over an array.  Strings
 * point into the template's own copy of its text, where tags are cut up with NULs.
 */
#ifndef MAILLAGE_WEB_TPL_COMPILE_H
#define MAILLAGE_WEB_TPL_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "web/tpl.h"

enum {
	TPL_FILE_MAX = 256 * 1024, /* bytes of one template */
	TPL_SET_MAX = 256,	   /* templates in a folder */
	TPL_NEST_MAX = 32,	   /* sections inside one another in one template */
	TPL_DEPTH_MAX = 16,	   /* partials inside one another */
	TPL_PARTS_MAX = 8,	   /* a.b.c… */
};

#define TPL_NO_NAME UINT32_MAX

enum tpl_kind {
	TPL_TEXT,
	TPL_VALUE,
	TPL_RAW,
	TPL_TRANSLATION,
	TPL_SECTION,
	TPL_INVERTED,
	TPL_PARTIAL,
};

/* `a.b`; "." has no part; `.a` is looked up in the innermost object only. */
struct tpl_name {
	const char *part[TPL_PARTS_MAX];
	uint32_t len[TPL_PARTS_MAX];
	unsigned count;
	bool here;
};

struct tpl_node {
	enum tpl_kind kind;
	bool line_start;  /* its output starts a line of the template */
	bool standalone;  /* partial: alone on its line */
	bool test;	  /* section {{#name?}}: once, without entering the value */
	uint32_t name;	  /* into names, or TPL_NO_NAME */
	uint32_t end;	  /* section: index after its last node */
	uint32_t len;	  /* of text */
	uint32_t hash;	  /* translation: tr_hash(text) */
	const char *text; /* text; translation: the sentence; partial: its indentation */
	const struct tpl *partial; /* set once the whole set is compiled; NULL if there is none */
};

struct tpl {
	char *name;
	char *copy; /* of the text */
	struct tpl_node *nodes;
	uint32_t node_count, node_cap;
	struct tpl_name *names;
	uint32_t name_count, name_cap;
};

/* On failure nothing is left to free. */
int tpl_compile(const struct tpl_source *source, struct tpl *ret_tpl, struct fault *fault);
void tpl_done(struct tpl *t);

#endif
