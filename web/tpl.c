/* Loading a set of templates and rendering one of them. The compiler is tpl_compile.c. */
#include "web/tpl.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/i18n.h"
#include "web/tpl_compile.h"

struct tpl_set {
	struct tpl *all; /* sorted by name */
	size_t count;
};

static int tpl_order(const void *a, const void *b)
{
	return strcmp(((const struct tpl *)a)->name, ((const struct tpl *)b)->name);
}

static const struct tpl *set_find(const struct tpl_set *set, const char *name)
{
	struct tpl key = {.name = (char *)name};

	return bsearch(&key, set->all, set->count, sizeof(key), tpl_order);
}

void tpl_set_free(struct tpl_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		tpl_done(&set->all[i]);
	free(set->all);
	free(set);
}

/* Point every partial at its template. `strict` refuses one that names nothing. */
static int set_link(struct tpl_set *set, bool strict, struct fault *fault)
{
	for (size_t i = 0; i < set->count; i++) {
		struct tpl *t = &set->all[i];

		for (uint32_t n = 0; n < t->node_count; n++) {
			struct tpl_node *node = &t->nodes[n];
			const char *name;

			if (node->kind != TPL_PARTIAL)
				continue;
			/* "{{> .}}" names the current item, which is no template. */
			name = t->names[node->name].part[0];
			node->partial = name ? set_find(set, name) : NULL;
			if (!node->partial && strict)
				return fault_set(fault, ERR_NOTFOUND, "",
						 "There is no template named %s.", name ? name : ".");
		}
	}
	return OK;
}

static int set_build(const struct tpl_source *sources, size_t count, bool strict,
		     struct tpl_set **ret_set, struct fault *fault)
{
	struct tpl_set *set = calloc(1, sizeof(*set));
	int err = OK;

	if (!set)
		return ERR_NOMEM;
	set->all = calloc(count ? count : 1, sizeof(*set->all));
	if (!set->all)
		err = ERR_NOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = tpl_compile(&sources[i], &set->all[i], fault);
		if (!err)
			set->count++;
	}
	if (!err) {
		qsort(set->all, set->count, sizeof(*set->all), tpl_order);
		err = set_link(set, strict, fault);
	}
	if (err)
		tpl_set_free(set);
	else
		*ret_set = set;
	return err;
}

int tpl_set_compile(const struct tpl_source *sources, size_t count, struct tpl_set **ret_set,
		    struct fault *fault)
{
	return set_build(sources, count, false, ret_set, fault);
}

/* Read one file whole; `source` then owns its name and text. */
static int source_read(const char *dir, const char *file, size_t name_len,
		       struct tpl_source *source, struct fault *fault)
{
	char *path = NULL;
	char *text = NULL;
	FILE *in = NULL;
	size_t len;
	int err = ERR_NOMEM;

	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return ERR_NOMEM;
	source->name = strndup(file, name_len);
	text = malloc(TPL_FILE_MAX + 1);
	if (!source->name || !text)
		goto out;
	in = fopen(path, "re");
	if (!in) {
		err = fault_set(fault, ERR_IO, "", "The file %s cannot be read.", path);
		goto out;
	}
	len = fread(text, 1, TPL_FILE_MAX + 1, in);
	if (ferror(in)) {
		err = fault_set(fault, ERR_IO, "", "The file %s cannot be read.", path);
		goto out;
	}
	if (len > TPL_FILE_MAX) {
		err = fault_set(fault, ERR_LIMIT, "", "The file %s is too large.", path);
		goto out;
	}
	source->text = text;
	source->len = len;
	text = NULL;
	err = OK;
out:
	if (in)
		fclose(in);
	free(text);
	free(path);
	return err;
}

static void sources_free(struct tpl_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((char *)sources[i].name);
		free((char *)sources[i].text);
	}
	free(sources);
}

int tpl_set_load(const char *dir, struct tpl_set **ret_set, struct fault *fault)
{
	static const char ENDING[] = ".mustache";
	struct tpl_source *sources = calloc(TPL_SET_MAX, sizeof(*sources));
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t count = 0;
	int err = OK;

	if (!sources)
		err = ERR_NOMEM;
	else if (!d)
		err = fault_set(fault, ERR_IO, "", "The folder %s cannot be read.", dir);
	while (!err && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (len <= sizeof(ENDING) - 1 || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name + len - (sizeof(ENDING) - 1), ENDING) != 0)
			continue;
		if (count == TPL_SET_MAX)
			err = fault_set(fault, ERR_LIMIT, "",
					"The folder %s holds too many templates.", dir);
		else
			err = source_read(dir, entry->d_name, len - (sizeof(ENDING) - 1),
					  &sources[count++], fault);
	}
	if (d)
		closedir(d);
	if (!err)
		err = set_build(sources, count, true, ret_set, fault);
	sources_free(sources, count);
	return err;
}

/* ---- rendering ---- */

/* The white space before a standalone partial, which every line of it repeats. */
struct indent {
	const char *text;
	uint32_t len;
	const struct indent *up;
};

struct render {
	const struct catalogue *cat;
	struct buf *out;
	unsigned depth;	  /* of partials */
	unsigned context_count;
	const json_t *context[2 + TPL_DEPTH_MAX * TPL_NEST_MAX]; /* outermost first */
};

static const struct {
	uint8_t len;
	char text[7];
} ESCAPES[256] = {
	['&'] = {5, "&amp;"},  ['<'] = {4, "&lt;"},   ['>'] = {4, "&gt;"},
	['"'] = {6, "&quot;"}, ['\''] = {5, "&#39;"},
};

static void put_escaped(struct buf *out, const char *s, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (!ESCAPES[c].len)
			continue;
		if (i > from)
			buf_add(out, s + from, i - from);
		buf_add(out, ESCAPES[c].text, ESCAPES[c].len);
		from = i + 1;
	}
	if (len > from)
		buf_add(out, s + from, len - from);
}

/* The shortest decimal that reads back as the same number. */
static void put_real(struct buf *out, double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_str(out, text);
}

static void put_integer(struct buf *out, json_int_t value)
{
	char text[24];
	char *p = text + sizeof(text);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (value < 0)
		*--p = '-';
	buf_add(out, p, (size_t)(text + sizeof(text) - p));
}

static void put_value(struct buf *out, const json_t *value, bool raw)
{
	if (!value)
		return;
	switch (json_typeof(value)) {
	case JSON_STRING:
		if (raw)
			buf_add(out, json_string_value(value), json_string_length(value));
		else
			put_escaped(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		put_integer(out, json_integer_value(value));
		break;
	case JSON_REAL:
		put_real(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add(out, "true", 4);
		break;
	case JSON_FALSE:
		buf_add(out, "false", 5);
		break;
	default:
		break;
	}
}

/* mustache/spec, interpolation: the first part walks the contexts, the others only its result. */
static const json_t *find_value(const struct render *r, const struct tpl_name *name)
{
	const json_t *value = NULL;
	unsigned i = r->context_count;

	if (name->count == 0)
		return i ? r->context[i - 1] : NULL;
	while (i > 0 && !value) {
		i--;
		if (!json_is_object(r->context[i]))
			continue;
		value = json_object_getn(r->context[i], name->part[0], name->len[0]);
		if (name->here)
			break;
	}
	for (unsigned p = 1; p < name->count && value; p++)
		value = json_object_getn(value, name->part[p], name->len[p]);
	return value;
}

static bool is_true(const json_t *value)
{
	if (!value)
		return false;
	switch (json_typeof(value)) {
	case JSON_FALSE:
	case JSON_NULL:
		return false;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_REAL:
		return json_real_value(value) != 0;
	default:
		return true;
	}
}

static void put_translation(const struct render *r, const struct tpl *t,
			    const struct tpl_node *node)
{
	const char *text = tr_hashed(r->cat, node->text, node->hash);
	const char *hole = node->name == TPL_NO_NAME ? NULL : strstr(text, "%s");

	if (!hole) {
		put_escaped(r->out, text, strlen(text));
		return;
	}
	put_escaped(r->out, text, (size_t)(hole - text));
	put_value(r->out, find_value(r, &t->names[node->name]), false);
	put_escaped(r->out, hole + 2, strlen(hole + 2));
}

static void put_indent(struct buf *out, const struct indent *indent)
{
	if (!indent)
		return;
	put_indent(out, indent->up);
	buf_add(out, indent->text, indent->len);
}

/* Text of an indented partial: each line that is not empty starts with the indentation. */
static void put_indented(struct buf *out, const struct tpl_node *node, const struct indent *indent)
{
	const char *p = node->text;
	const char *end = p + node->len;
	bool line_start = node->line_start;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *next = newline ? newline + 1 : end;

		if (line_start && *p != '\n')
			put_indent(out, indent);
		buf_add(out, p, (size_t)(next - p));
		line_start = true;
		p = next;
	}
}

static int render_nodes(struct render *r, const struct tpl *t, uint32_t from, uint32_t to,
			const struct indent *indent);

static int render_partial(struct render *r, const struct tpl_node *node,
			  const struct indent *indent)
{
	struct indent inner = {node->text, node->len, indent};
	int err;

	if (!node->partial)
		return OK;
	if (r->depth == TPL_DEPTH_MAX)
		return ERR_LIMIT;
	r->depth++;
	/* Only a partial alone on its line passes indentation on. */
	err = render_nodes(r, node->partial, 0, node->partial->node_count,
			   !node->standalone ? NULL : node->len ? &inner : indent);
	r->depth--;
	return err;
}

static int render_section(struct render *r, const struct tpl *t, uint32_t at,
			  const struct indent *indent)
{
	const struct tpl_node *node = &t->nodes[at];
	const json_t *value = find_value(r, &t->names[node->name]);
	size_t count = 1;
	int err = OK;

	if (is_true(value) == (node->kind == TPL_INVERTED))
		return OK;
	if (node->kind == TPL_INVERTED || node->test || json_is_true(value))
		return render_nodes(r, t, at + 1, node->end, indent);
	if (json_is_array(value))
		count = json_array_size(value);
	for (size_t i = 0; i < count && !err; i++) {
		r->context[r->context_count++] =
			json_is_array(value) ? json_array_get(value, i) : value;
		err = render_nodes(r, t, at + 1, node->end, indent);
		r->context_count--;
	}
	return err;
}

static int render_nodes(struct render *r, const struct tpl *t, uint32_t from, uint32_t to,
			const struct indent *indent)
{
	int err = OK;

	for (uint32_t i = from; i < to && !err; i++) {
		const struct tpl_node *node = &t->nodes[i];

		if (indent && node->line_start && node->kind != TPL_TEXT)
			put_indent(r->out, indent);
		switch (node->kind) {
		case TPL_TEXT:
			if (indent)
				put_indented(r->out, node, indent);
			else
				buf_add(r->out, node->text, node->len);
			break;
		case TPL_VALUE:
		case TPL_RAW:
			put_value(r->out, find_value(r, &t->names[node->name]),
				  node->kind == TPL_RAW);
			break;
		case TPL_TRANSLATION:
			put_translation(r, t, node);
			break;
		case TPL_SECTION:
		case TPL_INVERTED:
			err = render_section(r, t, i, indent);
			i = node->end - 1;
			break;
		case TPL_PARTIAL:
			err = render_partial(r, node, indent);
			break;
		}
	}
	return err;
}

int tpl_render(const struct tpl_set *set, const char *name, const json_t *base, const json_t *view,
	       const struct catalogue *cat, struct buf *out)
{
	const struct tpl *t = set_find(set, name);
	struct render r;
	int err;

	if (!t)
		return ERR_NOTFOUND;
	r.cat = cat;
	r.out = out;
	r.depth = 0;
	r.context_count = 0;
	if (base)
		r.context[r.context_count++] = base;
	if (view)
		r.context[r.context_count++] = view;
	err = render_nodes(&r, t, 0, t->node_count, NULL);
	return err ? err : out->err;
}
