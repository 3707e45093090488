#include "node/domain/derive.h"

#include <stdlib.h>
#include <string.h>

#include "node/store/posting.h"
#include "protocol/base/codec.h"
#include "protocol/base/err.h"
#include "protocol/base/time.h"
#include "protocol/object.h"
#include "protocol/schema.h"
#include "protocol/schema_value.h"

enum {
	FILTER = 512,		/* slots that remember terms just seen */
	TERMS_BYTES = 1 << 20,	/* an object of 64 KiB yields far less */
	TAGS_MAX = 2048,
	HOST_MAX = ORIGIN_TEXT,
};

/* Terms of one object as they come, each as u8 length | bytes. */
struct gather {
	struct text_terms *terms;
	struct buf pool;
	struct term_ref {
		uint64_t start;	/* first eight bytes, big-endian, to compare most pairs at once */
		uint32_t at;	/* in the pool */
	} *refs;
	size_t n, cap;
	int err;
	uint32_t seen[FILTER];	/* place in the pool + 1 */
	struct buf fold;
	struct buf tags;
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

/* Length of s, at most `max`, cut at a character. */
static size_t cut(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return n;
	for (n = max; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

size_t derive_facet_term(const char *name, const char *value, char *out)
{
	size_t n = cut(name, POSTING_TERM_MAX - DERIVE_VALUE_MAX - 2), len = cut(value, DERIVE_VALUE_MAX);

	out[0] = '\1';
	memcpy(out + 1, name, n);
	out[1 + n] = '\1';
	memcpy(out + 2 + n, value, len);
	out[2 + n + len] = '\0';
	return 2 + n + len;
}

size_t derive_typed_term(const char *type, const char *name, const char *value, char *out)
{
	size_t n = cut(type, 18), m = cut(name, 14), len = cut(value, DERIVE_VALUE_MAX);
	char *p = out;

	*p++ = '\2';
	p = mempcpy(p, type, n);
	*p++ = '\1';
	p = mempcpy(p, name, m);
	*p++ = '\1';
	p = mempcpy(p, value, len);
	*p = '\0';
	return (size_t)(p - out);
}

static unsigned degree(double v, int least, int most)
{
	if (!(v > least))
		return 0;
	if (v >= most)
		return (unsigned)(most - least - 1);
	return (unsigned)(v - least);
}

size_t derive_cell_term(double latitude, double longitude, char *out)
{
	unsigned y = degree(latitude, -90, 90), x = degree(longitude, -180, 180);

	out[0] = '\3';
	out[1] = (char)('0' + y / 100);
	out[2] = (char)('0' + y / 10 % 10);
	out[3] = (char)('0' + y % 10);
	out[4] = (char)('0' + x / 100);
	out[5] = (char)('0' + x / 10 % 10);
	out[6] = (char)('0' + x % 10);
	out[7] = '\0';
	return 7;
}

void derive_time_key(int64_t t, uint8_t key[8])
{
	be64_put(key, (uint64_t)t ^ (UINT64_C(1) << 63));
}

bool derive_timed(const char *type)
{
	return !strcmp(type, "Event") || !strcmp(type, "CallForProjects");
}

static int title_key(struct view row, uint8_t key[LIST_KEY_MAX], size_t *ret_len)
{
	const char *title = row_get(row, ROW_TITLE);
	struct buf fold;
	size_t len;
	int err;

	buf_init(&fold, 4 * ROW_MAX);
	err = text_fold(title, strlen(title), &fold);
	if (!err) {
		len = fold.len ? cut(fold.data, LIST_KEY_MAX) : 0;
		if (len)
			memcpy(key, fold.data, len);
		*ret_len = len;
	}
	buf_done(&fold);
	return err;
}

int derive_list_key(enum list list, struct view row, uint8_t key[LIST_KEY_MAX], size_t *ret_len)
{
	const char *type = row_get(row, ROW_TYPE), *text;
	int64_t t = INT64_MAX;
	int offset;

	switch (list) {
	case LIST_TITLE:
		return title_key(row, key, ret_len);
	case LIST_START:
		if (!derive_timed(type))
			return ERR_NOTFOUND;
		text = row_get(row, strcmp(type, "CallForProjects") ? ROW_START : ROW_END);
		if (*text && time_parse_offset(text, &t, &offset))
			t = INT64_MAX;
		derive_time_key(t, key);
		break;
	case LIST_UPDATED:
		t = 0;
		time_parse(row_get(row, ROW_UPDATED), &t);
		derive_time_key(~t, key);
		break;
	default:
		return ERR_NOTFOUND;
	}
	*ret_len = 8;
	return OK;
}

/* A decimal of the shape the type tables demand, in degrees. */
static bool degrees(const char *s, double *ret)
{
	double v = 0, unit = 1;
	bool minus = *s == '-', digits = false;

	for (s += minus; *s >= '0' && *s <= '9'; s++, digits = true)
		v = 10 * v + (*s - '0');
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++) {
			v = 10 * v + (*s - '0');
			unit *= 10;
		}
	if (!digits || *s)
		return false;
	*ret = minus ? -v / unit : v / unit;
	return true;
}

bool derive_position(struct view row, double *ret_latitude, double *ret_longitude)
{
	double latitude, longitude;

	if (!degrees(row_get(row, ROW_LATITUDE), &latitude) ||
	    !degrees(row_get(row, ROW_LONGITUDE), &longitude))
		return false;
	*ret_latitude = latitude;
	*ret_longitude = longitude;
	return true;
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
	if (strchr(value, ';') || !strcmp(name, "type") || !strcmp(name, "node") ||
	    g->tags.len + strlen(name) + strlen(value) + 3 > TAGS_MAX)
		return;
	buf_str(&g->tags, g->tags.len ? ";" : "");
	buf_str(&g->tags, name);
	buf_char(&g->tags, ':');
	buf_str(&g->tags, value);
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

	if (f[ROW_LATITUDE] && f[ROW_LONGITUDE] && degrees(f[ROW_LATITUDE], &latitude) &&
	    degrees(f[ROW_LONGITUDE], &longitude))
		derive_term(g, term, derive_cell_term(latitude, longitude, term));
	else
		f[ROW_LATITUDE] = f[ROW_LONGITUDE] = NULL;
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
	buf_char(&g->tags, '\0');
	if (!g->tags.err)
		g->fields[ROW_TAGS] = g->tags.data;
	row_write(g->fields, &d->row);
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
