#include "node/domain/query_plan.h"

#include <string.h>

#include "node/domain/facet.h"
#include "node/store/record.h"
#include "protocol/base/time.h"
#include "protocol/base/codec.h"
#include "protocol/schema.h"

enum {
	WORDS_MAX = 16,	    /* of a search; the rest is ignored */
	PREFIX_LEAST = 3,   /* letters of a word before it is searched as a beginning */
	PREFIX_TERMS = 512, /* terms such a beginning may stand for */
	/* A posting costs so many times less than looking at a row. */
	ROW_COST = 200,
};

bool plan_type(const struct plan *p, const char *type)
{
	for (size_t i = 0; i < p->n_types; i++)
		if (!strcmp(p->types[i], type))
			return true;
	return false;
}

/* --- types --- */

static bool by_time(const struct query *q)
{
	return q->order == ORDER_START || q->order == ORDER_START_DESC;
}

static bool asked(const struct query *q, const char *type)
{
	if (!q->types)
		return true;
	for (size_t i = 0; i < q->n_types; i++)
		if (!strcmp(q->types[i], type))
			return true;
	return false;
}

static uint64_t type_count(struct plan *p, const char *type)
{
	char term[POSTING_TERM_MAX + 1];

	return facet_count(p->txn, term, derive_facet_term("type", type, term));
}

/* The types that may match, and how many rows the list has that the order walks. */
static void plan_types(struct plan *p)
{
	const struct query *q = p->q;
	size_t n;
	const struct record_type *const *types = schema_types(&n);

	p->all_types = p->every_type = true;
	for (size_t i = 0; i < n; i++) {
		const char *name = types[i]->name;
		uint64_t count;

		if (by_time(q) && !derive_timed(name)) {
			p->every_type = false;
			continue;
		}
		count = type_count(p, name);
		p->all += count;
		if (!asked(q, name) || ((q->from || q->to) && !derive_timed(name)) ||
		    p->n_types == PLAN_TYPES) {
			p->all_types = p->every_type = false;
			continue;
		}
		p->types[p->n_types++] = name;
		p->total += count;
	}
}

/* --- the set --- */

/* Narrow the set to `other`, or take it as the first. Consumes it. */
static void narrow(struct plan *p, struct bitmap *other)
{
	if (!p->has_set) {
		p->set = *other;
		p->has_set = true;
		return;
	}
	bitmap_and(&p->set, other);
	bitmap_done(other);
}

static int term_union(struct plan *p, const char *term, size_t len, struct bitmap *into)
{
	int err = posting_union(p->txn, term, len, into);

	return err == ERR_NOTFOUND ? OK : err;
}

/* Of the matches in `among` (NULL: all), keep those whose rows say so. */
static int filter_rows(struct plan *p, const struct bitmap *among,
		       bool (*keep)(const struct plan *p, struct view row))
{
	struct record r;

	for (uint32_t o = bitmap_next(&p->set, 0); o != UINT32_MAX;
	     o = bitmap_next(&p->set, o + 1)) {
		int err;

		if (among && !bitmap_has(among, o))
			continue;
		err = record_get(p->txn, o, &r);
		if (err)
			return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
		if (!keep(p, r.row))
			p->set.words[o / 64] &= ~(UINT64_C(1) << o % 64);
	}
	return OK;
}

static bool keep_type(const struct plan *p, struct view row)
{
	return plan_type(p, row_get(row, ROW_TYPE));
}

static int narrow_types(struct plan *p)
{
	char term[POSTING_TERM_MAX + 1];
	struct bitmap b;
	uint64_t count = 0;
	int err;

	for (size_t i = 0; i < p->n_types; i++)
		count += type_count(p, p->types[i]);
	if (p->has_set && bitmap_count(&p->set) * ROW_COST < count)
		return filter_rows(p, NULL, keep_type);
	err = bitmap_init(&b, p->max);
	for (size_t i = 0; i < p->n_types && !err; i++)
		err = term_union(p, term, derive_facet_term("type", p->types[i], term), &b);
	if (err)
		bitmap_done(&b);
	else
		narrow(p, &b);
	return err;
}

/* --- facets --- */

/* All values asked of one facet: either will do. */
static int narrow_facet(struct plan *p, const char *name)
{
	const struct query *q = p->q;
	char term[POSTING_TERM_MAX + 1];
	struct bitmap b;
	int err = bitmap_init(&b, p->max);

	for (size_t i = 0; i < q->n_facets && !err; i++) {
		const char *value = q->facets[i].value;
		size_t len;

		if (strcmp(q->facets[i].name, name) != 0)
			continue;
		len = p->n_types == 1 ? derive_typed_term(p->types[0], name, value, term)
				      : derive_facet_term(name, value, term);
		err = *value ? term_union(p, term, len, &b) : OK;
	}
	if (err)
		bitmap_done(&b);
	else
		narrow(p, &b);
	return err;
}

/* Facets without a value are not asked for. */
static bool facet_asked(const struct query *q)
{
	for (size_t i = 0; i < q->n_facets; i++)
		if (*q->facets[i].value)
			return true;
	return false;
}

static int narrow_facets(struct plan *p)
{
	const struct query *q = p->q;

	for (size_t i = 0; i < q->n_facets; i++) {
		const char *name = q->facets[i].name;
		size_t first = 0;
		int err;

		if (!*q->facets[i].value)
			continue;
		while (strcmp(q->facets[first].name, name) != 0 || !*q->facets[first].value)
			first++;
		err = first == i ? narrow_facet(p, name) : OK;
		if (err)
			return err;
	}
	return OK;
}

/* --- words --- */

struct words {
	struct word {
		char term[POSTING_TERM_MAX + 1], whole[POSTING_TERM_MAX + 1];
		size_t len;
	} words[WORDS_MAX];
	size_t n;
};

static void add_word(void *arg, const char *term, size_t len, const char *whole)
{
	struct words *w = arg;
	struct word *word = &w->words[w->n < WORDS_MAX ? w->n : WORDS_MAX - 1];

	if (len > POSTING_TERM_MAX)
		return;
	memcpy(word->term, term, len);
	word->term[len] = '\0';
	word->len = len;
	strncpy(word->whole, whole, POSTING_TERM_MAX);
	word->whole[POSTING_TERM_MAX] = '\0';
	if (w->n < WORDS_MAX)
		w->n++;
}

struct expansion {
	struct plan *p;
	struct bitmap *into;
};

static int expand(void *arg, const char *term, size_t len)
{
	struct expansion *e = arg;

	return term_union(e->p, term, len, e->into);
}

static int narrow_word(struct plan *p, const struct word *word, bool last)
{
	size_t whole = strlen(word->whole);
	struct bitmap b;
	struct expansion e = {p, &b};
	int err = bitmap_init(&b, p->max);

	if (!err)
		err = term_union(p, word->term, word->len, &b);
	if (!err && last && whole >= PREFIX_LEAST)
		err = posting_terms(p->txn, word->whole, whole, PREFIX_TERMS, expand, &e);
	if (err)
		bitmap_done(&b);
	else
		narrow(p, &b);
	return err;
}

static int narrow_text(struct plan *p)
{
	struct text_terms *terms = text_terms_new(DERIVE_LANG);
	size_t len = strnlen(p->q->text, QUERY_TEXT * 4);
	struct words w = {.n = 0};
	int err = OK;

	if (!terms)
		return ERR_NOMEM;
	/* Malformed text is cut where it goes wrong. */
	text_terms_each(terms, p->q->text, len, add_word, &w);
	text_terms_free(terms);
	for (size_t i = 0; i < w.n && !err; i++)
		err = narrow_word(p, &w.words[i], i + 1 == w.n);
	return err;
}

/* --- time and place --- */

/* Does what began before `from` go on at that moment?  What has no end is over once it has begun. */
static bool under_way(struct view row, int64_t from)
{
	int64_t end;
	int offset;

	return time_parse_offset(row_get(row, ROW_END), &end, &offset) == OK && end >= from;
}

/*
 * Rows of LIST_START in [from, to], and those that began at most PLAN_LONGEST before and still go on: a
 * festival of three weeks is on the agenda of its second one.
 */
static int narrow_time(struct plan *p)
{
	uint8_t start[8], from[8], to[8], key[LIST_KEY_MAX];
	struct list_walk *w;
	struct bitmap b;
	uint32_t object;
	struct view row;
	size_t len;
	int err = bitmap_init(&b, p->max);

	if (err)
		return err;
	derive_time_key(p->q->from ? p->q->from - PLAN_LONGEST : INT64_MIN, start);
	derive_time_key(p->q->from ? p->q->from : INT64_MIN, from);
	derive_time_key(p->q->to ? p->q->to : INT64_MAX, to);
	err = list_open(p->txn, LIST_START, start, sizeof(start), false, &w);
	if (err) {
		bitmap_done(&b);
		return err;
	}
	while (!(err = list_next(w, &object, &row))) {
		if (derive_list_key(LIST_START, row, key, &len))
			continue;
		if (memcmp(key, to, 8) > 0)
			break;
		if (memcmp(key, from, 8) >= 0 || under_way(row, p->q->from))
			bitmap_set(&b, object);
	}
	list_close(w);
	if (err && err != ERR_NOTFOUND) {
		bitmap_done(&b);
		return err;
	}
	narrow(p, &b);
	return OK;
}

static bool keep_place(const struct plan *p, struct view row)
{
	const double *box = p->q->bbox;
	double latitude, longitude;

	if (!derive_position(row, &latitude, &longitude) || latitude < box[1] || latitude > box[3])
		return false;
	/* A box may lie across the antimeridian. */
	return box[0] <= box[2] ? longitude >= box[0] && longitude <= box[2]
				: longitude >= box[0] || longitude <= box[2];
}

/* The matches whose square does not decide are left in *ret_edge. */
static int narrow_cells(struct plan *p, struct bitmap *ret_edge)
{
	struct bitmap all;
	int err = cells_find(p, &all, ret_edge);

	if (!err)
		narrow(p, &all);
	return err;
}

/* --- */

/* All conditions; the cheap and narrow ones first. */
static int narrow_all(struct plan *p)
{
	const struct query *q = p->q;
	struct bitmap edge = {0};
	bool typed = false;
	int err = OK;

	if (q->text && *q->text)
		err = narrow_text(p);
	if (!err && facet_asked(q)) {
		err = narrow_facets(p);
		typed = p->n_types == 1;
	}
	if (!err && (q->from || q->to))
		err = narrow_time(p);
	if (!err && q->has_bbox)
		err = narrow_cells(p, &edge);
	if (!err && !typed && (!p->every_type || !p->has_set))
		err = narrow_types(p);
	if (!err && q->has_bbox)
		err = filter_rows(p, &edge, keep_place);
	bitmap_done(&edge);
	return err;
}

int plan_set(struct plan *p)
{
	int err = txn_last(p->txn, TABLE_OBJECT, &p->max);

	if (!err)
		err = narrow_all(p);
	if (!err)
		p->total = bitmap_count(&p->set);
	return err;
}

int plan_init(struct plan *p, struct txn *t, const struct query *q)
{
	memset(p, 0, sizeof(*p));
	p->txn = t;
	p->q = q;
	plan_types(p);
	if (!p->n_types) {
		p->total = 0;
		return OK;
	}
	if ((q->text && *q->text) || facet_asked(q) || q->from || q->to || q->has_bbox)
		return plan_set(p);
	return OK;
}

void plan_done(struct plan *p)
{
	bitmap_done(&p->set);
}
