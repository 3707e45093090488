#include "web/tpl_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/i18n.h"

struct compiler {
	const struct tpl_source *source;
	struct tpl *t;
	struct fault *fault;
	size_t pos;	 /* next byte to read */
	bool line_start; /* `pos` starts a line, whole lines of tags left out */
	unsigned nest;
	struct {
		uint32_t node;
		size_t name, name_len, pos; /* in the source */
	} open[TPL_NEST_MAX];
};

/* One tag, as offsets into the source. */
struct tag {
	char sigil; /* '#' '^' '/' '!' '>' '&' '{' '_' or 0 */
	size_t start, end;	    /* with its braces */
	size_t content, content_end; /* trimmed */
	bool standalone;
	size_t indent; /* standalone: where its line starts */
};

void tpl_done(struct tpl *t)
{
	free(t->name);
	free(t->copy);
	free(t->nodes);
	free(t->names);
	memset(t, 0, sizeof(*t));
}

/* `key` names the trouble; its %s becomes "name:line". */
static int refuse(struct compiler *c, int code, size_t pos, const char *key)
{
	char where[160];
	unsigned line = 1;

	for (size_t i = 0; i < pos; i++)
		line += c->source->text[i] == '\n';
	snprintf(where, sizeof(where), "%.100s:%u", c->source->name, line);
	return fault_set(c->fault, code, "", key, where);
}

static struct tpl_node *add_node(struct compiler *c, enum tpl_kind kind)
{
	struct tpl *t = c->t;
	struct tpl_node *node;

	if (t->node_count == t->node_cap) {
		uint32_t cap = t->node_cap ? t->node_cap * 2 : 32;
		struct tpl_node *more = reallocarray(t->nodes, cap, sizeof(*more));

		if (!more)
			return NULL;
		t->nodes = more;
		t->node_cap = cap;
	}
	node = &t->nodes[t->node_count++];
	memset(node, 0, sizeof(*node));
	node->kind = kind;
	node->name = TPL_NO_NAME;
	return node;
}

static int add_text(struct compiler *c, size_t from, size_t to)
{
	struct tpl_node *node;

	if (from == to)
		return OK;
	node = add_node(c, TPL_TEXT);
	if (!node)
		return ERR_NOMEM;
	node->text = c->t->copy + from;
	node->len = (uint32_t)(to - from);
	node->line_start = c->line_start;
	c->line_start = c->source->text[to - 1] == '\n';
	return OK;
}

/* Cut the copy at [from, to) into a name. */
static int add_name(struct compiler *c, size_t from, size_t to, bool dotted, uint32_t *ret_name)
{
	struct tpl *t = c->t;
	struct tpl_name *name;
	char *p = t->copy + from;

	if (t->name_count == t->name_cap) {
		uint32_t cap = t->name_cap ? t->name_cap * 2 : 32;
		struct tpl_name *more = reallocarray(t->names, cap, sizeof(*more));

		if (!more)
			return ERR_NOMEM;
		t->names = more;
		t->name_cap = cap;
	}
	name = &t->names[t->name_count];
	memset(name, 0, sizeof(*name));
	t->copy[to] = '\0';
	if (dotted && *p == '.') {
		name->here = true;
		p++;
	}
	while (*p) {
		char *dot = dotted ? strchr(p, '.') : NULL;

		if (name->count == TPL_PARTS_MAX || dot == p)
			return refuse(c, ERR_INVALID, from, N_("The name at %s cannot be read."));
		if (dot)
			*dot = '\0';
		name->part[name->count] = p;
		name->len[name->count++] = (uint32_t)strlen(p);
		if (!dot)
			break;
		p = dot + 1;
	}
	*ret_name = t->name_count++;
	return OK;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static bool is_space(char ch)
{
	return is_blank(ch) || ch == '\n' || ch == '\r';
}

/* Find the tag that starts at tag->start. */
static int read_tag(struct compiler *c, struct tag *tag)
{
	const char *text = c->source->text;
	size_t len = c->source->len;
	size_t at = tag->start + 2;
	const char *closing = "}}";
	const char *close;

	while (at < len && is_space(text[at]))
		at++;
	tag->sigil = 0;
	if (at < len && text[at] && strchr("#^/!>&{_=", text[at]))
		tag->sigil = text[at++];
	/* A name may start with an underscore; a sentence follows a space. */
	if (tag->sigil == '_' && (at == len || !is_space(text[at]))) {
		tag->sigil = 0;
		at--;
	}
	if (tag->sigil == '{')
		closing = "}}}";
	close = memmem(text + at, len - at, closing, strlen(closing));
	if (!close)
		return refuse(c, ERR_INVALID, tag->start,
			      N_("The tag at %s has no closing braces."));
	if (tag->sigil == '=')
		return refuse(c, ERR_INVALID, tag->start, N_("The name at %s cannot be read."));
	tag->content = at;
	tag->content_end = (size_t)(close - text);
	tag->end = tag->content_end + strlen(closing);
	while (tag->content < tag->content_end && is_space(text[tag->content]))
		tag->content++;
	while (tag->content_end > tag->content && is_space(text[tag->content_end - 1]))
		tag->content_end--;
	if (tag->sigil != '!' && tag->content == tag->content_end)
		return refuse(c, ERR_INVALID, tag->start, N_("The name at %s cannot be read."));
	return OK;
}

/* mustache/spec: a section, comment or partial alone on its line takes the whole line away. */
static void find_standalone(const struct compiler *c, struct tag *tag)
{
	const char *text = c->source->text;
	size_t len = c->source->len;
	size_t before = tag->start;
	size_t after = tag->end;

	tag->standalone = false;
	if (!tag->sigil || !strchr("#^/!>", tag->sigil))
		return;
	while (before > c->pos && is_blank(text[before - 1]))
		before--;
	if (before > c->pos ? text[before - 1] != '\n' : !c->line_start)
		return;
	while (after < len && is_blank(text[after]))
		after++;
	if (after < len && text[after] == '\r')
		after++;
	if (after < len && text[after++] != '\n')
		return;
	tag->standalone = true;
	tag->indent = before;
	tag->end = after;
}

static int open_section(struct compiler *c, const struct tag *tag)
{
	struct tpl_node *node;
	size_t end = tag->content_end;
	uint32_t name;
	bool test;
	int err;

	if (c->nest == TPL_NEST_MAX)
		return refuse(c, ERR_LIMIT, tag->start, N_("Sections are nested too deep at %s."));
	test = end > tag->content + 1 && c->source->text[end - 1] == '?';
	err = add_name(c, tag->content, test ? end - 1 : end, true, &name);
	if (err)
		return err;
	node = add_node(c, tag->sigil == '#' ? TPL_SECTION : TPL_INVERTED);
	if (!node)
		return ERR_NOMEM;
	node->name = name;
	node->test = test;
	node->line_start = !tag->standalone && c->line_start;
	c->open[c->nest].node = c->t->node_count - 1;
	c->open[c->nest].name = tag->content;
	c->open[c->nest].name_len = tag->content_end - tag->content;
	c->open[c->nest++].pos = tag->start;
	return OK;
}

static int close_section(struct compiler *c, const struct tag *tag)
{
	const char *text = c->source->text;
	size_t len = tag->content_end - tag->content;

	if (c->nest == 0 || c->open[c->nest - 1].name_len != len ||
	    memcmp(text + c->open[c->nest - 1].name, text + tag->content, len) != 0)
		return refuse(c, ERR_INVALID, tag->start,
			      N_("The tag at %s closes a section that is not open."));
	c->nest--;
	c->t->nodes[c->open[c->nest].node].end = c->t->node_count;
	return OK;
}

static int add_partial(struct compiler *c, const struct tag *tag)
{
	struct tpl_node *node = add_node(c, TPL_PARTIAL);

	if (!node)
		return ERR_NOMEM;
	node->standalone = tag->standalone;
	node->line_start = !tag->standalone && c->line_start;
	node->text = c->t->copy + tag->indent;
	node->len = tag->standalone ? (uint32_t)(tag->start - tag->indent) : 0;
	return add_name(c, tag->content, tag->content_end, false, &node->name);
}

static int add_translation(struct compiler *c, const struct tag *tag)
{
	const char *bar = memrchr(c->source->text + tag->content, '|',
				  tag->content_end - tag->content);
	size_t end = bar ? (size_t)(bar - c->source->text) : tag->content_end;
	struct tpl_node *node = add_node(c, TPL_TRANSLATION);

	if (!node)
		return ERR_NOMEM;
	node->line_start = c->line_start;
	node->text = c->t->copy + tag->content;
	c->t->copy[end] = '\0';
	node->hash = tr_hash(node->text);
	if (!bar)
		return OK;
	do
		end++;
	while (end < tag->content_end && is_space(c->source->text[end]));
	return add_name(c, end, tag->content_end, true, &node->name);
}

static int add_value(struct compiler *c, const struct tag *tag)
{
	struct tpl_node *node = add_node(c, tag->sigil ? TPL_RAW : TPL_VALUE);

	if (!node)
		return ERR_NOMEM;
	node->line_start = c->line_start;
	return add_name(c, tag->content, tag->content_end, true, &node->name);
}

static int add_tag(struct compiler *c, const struct tag *tag)
{
	switch (tag->sigil) {
	case '!':
		return OK;
	case '#':
	case '^':
		return open_section(c, tag);
	case '/':
		return close_section(c, tag);
	case '>':
		return add_partial(c, tag);
	case '_':
		return add_translation(c, tag);
	default:
		return add_value(c, tag);
	}
}

static int compile(struct compiler *c)
{
	const char *text = c->source->text;
	size_t len = c->source->len;
	int err = OK;

	while (c->pos < len && !err) {
		const char *start = memmem(text + c->pos, len - c->pos, "{{", 2);
		struct tag tag = {0};

		if (!start)
			break;
		tag.start = (size_t)(start - text);
		err = read_tag(c, &tag);
		if (err)
			break;
		find_standalone(c, &tag);
		err = add_text(c, c->pos, tag.standalone ? tag.indent : tag.start);
		if (!err)
			err = add_tag(c, &tag);
		/* A comment prints nothing, so what follows it still starts the line. */
		c->line_start = tag.standalone || (tag.sigil == '!' && c->line_start);
		c->pos = tag.end;
	}
	if (!err)
		err = add_text(c, c->pos, len);
	if (!err && c->nest)
		err = refuse(c, ERR_INVALID, c->open[c->nest - 1].pos,
			     N_("The section opened at %s is not closed."));
	return err;
}

int tpl_compile(const struct tpl_source *source, struct tpl *ret_tpl, struct fault *fault)
{
	struct tpl t = {0};
	struct compiler c = {.source = source, .t = &t, .fault = fault, .line_start = true};
	int err = ERR_NOMEM;

	if (source->len > TPL_FILE_MAX)
		return fault_set(fault, ERR_LIMIT, "", "The file %s is too large.", source->name);
	t.name = strdup(source->name);
	t.copy = malloc(source->len + 1);
	if (t.name && t.copy) {
		memcpy(t.copy, source->text, source->len);
		t.copy[source->len] = '\0';
		err = compile(&c);
	}
	if (err)
		tpl_done(&t);
	else
		*ret_tpl = t;
	return err;
}
