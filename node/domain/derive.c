#include "node/domain/derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/store/posting.h"
#include "protocol/base/codec.h"
#include "protocol/base/err.h"
#include "protocol/object.h"
#include "protocol/schema.h"
#include "protocol/schema_value.h"

enum {
	FILTER = 512,	       /* slots that remember terms just seen */
	TERMS_BYTES = 1 << 20, /* an object of 64 KiB yields far less */
	TAGS_MAX = 2048,
	HOST_MAX = ORIGIN_TEXT,
};

/* Terms of one object as they come, each as u8 length | bytes. */
struct gather {
	struct text_terms *terms;
	struct buf pool;
	struct term_ref {
		uint64_t start; /* first eight bytes, big-endian, to compare most pairs at once */
		uint32_t at;	/* in the pool */
	} * refs;
	size_t n, cap;
	int err;
	uint32_t seen[FILTER]; /* place in the pool + 1 */
	struct buf fold;
	struct buf tags;
	bool tags_cut; /* not every facet is among the tags */
	const char *fields[ROW_COUNT];
	const char *type;
};

static void derive_term(struct gather *g, const char *term, size_t len)
{
	uint8_t start[8] = {0};
	uint32_t hash = 2166136261u, *slot;

	if (len == 0 || len > POSTING_TERM_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)term[i]) * 16777619u;
	slot = &g->seen[(hash ^ hash >> 16) % FILTER];
	if (*slot && (uint8_t)g->pool.data[*slot - 1] == len &&
	    !memcmp(g->pool.data + *slot, term, len))
		return;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 256;
		struct term_ref *refs = realloc(g->refs, cap * sizeof(*refs));

		if (!refs) {
			g->err = ERR_NOMEM;
			return;
		}
		g->refs = refs;
		g->cap = cap;
	}
	memcpy(start, term, len < sizeof(start) ? len : sizeof(start));
	g->refs[g->n++] = (struct term_ref){be64_get(start), (uint32_t)g->pool.len};
	*slot = (uint32_t)g->pool.len + 1;
	buf_char(&g->pool, (char)len);
	buf_add(&g->pool, term, len);
}

static void each_term(void *arg, const char *term, size_t len, const char *whole)
{
	derive_term(arg, term, len);
}

static void add_text(struct gather *g, const char *s, size_t len)
{
	text_terms_each(g->terms, s, len, each_term, g);
}

/* The identifier as one word, however it is grouped: "978-2-07" is found as 978207. */
static void add_identifier(struct gather *g, const char *s, size_t len)
{
	size_t n = 0;

	add_text(g, s, len);
	buf_clear(&g->fold);
	if (text_fold(s, len, &g->fold))
		return;
	for (size_t i = 0; i < g->fold.len; i++)
		if (g->fold.data[i] != ' ')
			g->fold.data[n++] = g->fold.data[i];
	derive_term(g, g->fold.data, n < TEXT_TERM_MAX ? n : TEXT_TERM_MAX);
}

static void add_tag(struct gather *g, const char *name, const char *value)
{
	char tag[2 * POSTING_TERM_MAX];
	const char *found;
	int len = snprintf(tag, sizeof(tag), ";%s:%s", name, value);

	if (strchr(value, ';') || strlen(value) > DERIVE_VALUE_MAX ||
	    g->tags.len + (size_t)len + 1 > TAGS_MAX) {
		g->tags_cut = true;
		return;
	}
	/* A list may hold a value twice. */
	found = g->tags.len ? strstr(g->tags.data, tag) : NULL;
	for (; found; found = strstr(found + 1, tag))
		if (!found[len] || found[len] == ';')
			return;
	/* The first ';' is only seen if the row says that its tags are not all. */
	buf_add(&g->tags, tag, (size_t)len);
}

static void add_facet(struct gather *g, const char *name, const char *value)
{
	char term[POSTING_TERM_MAX + 1];

	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return;
	if (!*value)
		return;
	derive_term(g, term, derive_facet_term(name, value, term));
	derive_term(g, term, derive_typed_term(g->type, name, value, term));
	if (strcmp(name, "type") != 0 && strcmp(name, "node") != 0)
		add_tag(g, name, value);
}

/* Texts are indexed as they are; other kinds only if they are what the table says. */
static bool usable(const struct field *f, const json_t *v)
{
	if (!json_is_string(v))
		return false;
	if (f->kind == FIELD_TEXT || f->kind == FIELD_MARKDOWN)
		return true;
	return value_check(f, v, NULL, "", NULL) == OK;
}

static void add_value(struct gather *g, const struct field *f, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);

	switch (f->index) {
	case INDEX_TITLE:
		g->fields[ROW_TITLE] = s;
		add_text(g, s, len);
		break;
	case INDEX_SUMMARY:
		g->fields[ROW_SUMMARY] = s;
		add_text(g, s, len);
		break;
	case INDEX_PLACE:
		g->fields[ROW_PLACE] = s;
		add_text(g, s, len);
		break;
	case INDEX_TEXT:
		add_text(g, s, len);
		break;
	case INDEX_FACET:
		add_facet(g, f->facet, s);
		break;
	case INDEX_IDENTIFIER:
		add_identifier(g, s, len);
		break;
	case INDEX_START:
		g->fields[ROW_START] = s;
		break;
	case INDEX_END:
		g->fields[ROW_END] = s;
		break;
	case INDEX_LATITUDE:
		g->fields[ROW_LATITUDE] = s;
		break;
	case INDEX_LONGITUDE:
		g->fields[ROW_LONGITUDE] = s;
		break;
	case INDEX_NONE:
		if (f->kind == FIELD_ZONE)
			g->fields[ROW_ZONE] = s;
		else if (f->kind == FIELD_URI && !g->fields[ROW_URL])
			g->fields[ROW_URL] = s;
		break;
	}
}

static bool wanted(const struct field *f)
{
	return f->index != INDEX_NONE || f->kind == FIELD_ZONE || f->kind == FIELD_URI;
}

static void add_field(struct gather *g, const struct field *f, const json_t *doc)
{
	const json_t *v = wanted(f) ? schema_get(doc, f->path) : NULL;
	size_t n;

	if (!v)
		return;
	if (!(f->flags & FIELD_LIST)) {
		if (usable(f, v))
			add_value(g, f, v);
		return;
	}
	n = json_array_size(v);
	for (size_t i = 0; i < n && (f->index == INDEX_TEXT || i < f->max); i++)
		if (usable(f, json_array_get(v, i)))
			add_value(g, f, json_array_get(v, i));
}

static int by_term(const void *a, const void *b, void *arg)
{
	const struct term_ref *x = a, *y = b;
	const uint8_t *p, *q;
	int order;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	p = (const uint8_t *)arg + x->at;
	q = (const uint8_t *)arg + y->at;
	order = memcmp(p + 1, q + 1, p[0] < q[0] ? p[0] : q[0]);
	return order ? order : p[0] - q[0];
}

static void write_terms(struct gather *g, struct buf *out)
{
	const uint8_t *pool = (const uint8_t *)g->pool.data, *last = NULL;

	if (!g->n || g->pool.err)
		return;
	qsort_r(g->refs, g->n, sizeof(*g->refs), by_term, g->pool.data);
	for (size_t i = 0; i < g->n; i++) {
		const uint8_t *p = pool + g->refs[i].at;

		if (last && last[0] == p[0] && !memcmp(last + 1, p + 1, p[0]))
			continue;
		buf_add(out, p, 1 + (size_t)p[0]);
		last = p;
	}
}

/* Both coordinates or none, and the square they lie in. */
static void add_cell(struct gather *g)
{
	const char **f = g->fields;
	char term[POSTING_TERM_MAX + 1];
	double latitude, longitude;

	if (f[ROW_LATITUDE] && f[ROW_LONGITUDE] && derive_degrees(f[ROW_LATITUDE], &latitude) &&
	    derive_degrees(f[ROW_LONGITUDE], &longitude)) {
		derive_term(g, term, derive_cell_term(1, latitude, longitude, term));
		derive_term(g, term, derive_cell_term(DERIVE_FINE, latitude, longitude, term));
	} else {
		f[ROW_LATITUDE] = f[ROW_LONGITUDE] = NULL;
	}
}

static int write_lists(struct derived *d)
{
	static const enum list lists[] = {LIST_TITLE, LIST_START, LIST_UPDATED};
	struct view row = {(const uint8_t *)d->row.data, d->row.len};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		size_t len;
		int err = derive_list_key(lists[i], row, d->lists[d->n_lists].key, &len);

		if (err == ERR_NOTFOUND)
			continue;
		if (err)
			return err;
		d->lists[d->n_lists].list = lists[i];
		d->lists[d->n_lists++].len = (uint8_t)len;
	}
	return OK;
}

/* "host[:port]" of "scheme://host[:port]/o/<key>". */
static int id_host(const char *id, char out[HOST_MAX])
{
	const char *host = strstr(id, "://");
	size_t n;

	if (!host)
		return ERR_NOTFOUND;
	host += 3;
	n = strcspn(host, "/");
	if (n == 0 || n >= HOST_MAX)
		return ERR_NOTFOUND;
	memcpy(out, host, n);
	out[n] = '\0';
	return OK;
}

static int derive_gather(struct gather *g, const struct record_type *type, const json_t *doc,
			 struct derived *d)
{
	const char *id = json_string_value(json_object_get(doc, "id"));
	char host[HOST_MAX];
	const char *tags;

	if (!id || id_host(id, host))
		return ERR_NOTFOUND;
	g->type = type->name;
	g->fields[ROW_ID] = id;
	g->fields[ROW_TYPE] = type->name;
	g->fields[ROW_UPDATED] = json_string_value(json_object_get(doc, "updated"));
	add_facet(g, "type", type->name);
	add_facet(g, "node", host);
	for (size_t i = 0; i < type->n_fields; i++)
		add_field(g, &type->fields[i], doc);
	if (!g->fields[ROW_TITLE] || !g->fields[ROW_TITLE][strspn(g->fields[ROW_TITLE], " \t\r\n")])
		return ERR_NOTFOUND;
	add_cell(g);
	if (g->tags.len && !g->tags.err)
		g->fields[ROW_TAGS] = g->tags.data + !g->tags_cut;
	row_write(g->fields, &d->row);
	tags = row_get((struct view){(const uint8_t *)d->row.data, d->row.len}, ROW_TAGS);
	if (g->tags.len && *tags != ';' && strlen(tags) + 1 != g->tags.len) {
		g->fields[ROW_TAGS] = g->tags.data;
		buf_clear(&d->row);
		row_write(g->fields, &d->row);
	}
	write_terms(g, &d->terms);
	if (g->err)
		return g->err;
	if (g->pool.err || d->terms.err || d->row.err)
		return g->pool.err ? g->pool.err : d->terms.err ? d->terms.err : d->row.err;
	return write_lists(d);
}

int derive(const json_t *doc, struct text_terms *terms, struct derived *ret)
{
	const char *name = json_string_value(json_object_get(doc, "type"));
	const struct record_type *type = name ? schema_type(name) : NULL;
	struct derived d = {0};
	struct gather g;
	int err;

	if (!type)
		return ERR_NOTFOUND;
	memset(&g, 0, sizeof(g));
	g.terms = terms;
	buf_init(&g.pool, TERMS_BYTES);
	buf_init(&g.fold, TERMS_BYTES);
	buf_init(&g.tags, TAGS_MAX);
	buf_init(&d.row, 2 * ROW_MAX);
	buf_init(&d.terms, TERMS_BYTES);
	err = derive_gather(&g, type, doc, &d);
	free(g.refs);
	buf_done(&g.pool);
	buf_done(&g.fold);
	buf_done(&g.tags);
	if (err) {
		derived_done(&d);
		return err;
	}
	*ret = d;
	return OK;
}

void derived_done(struct derived *d)
{
	buf_done(&d->row);
	buf_done(&d->terms);
}
