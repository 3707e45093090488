#include "node/domain/query.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "node/domain/facet.h"
#include "node/domain/query_plan.h"
#include "node/domain/query_tally.h"
#include "node/store/feed.h"
#include "node/store/record.h"

enum {
	FACET_VALUES = 50,  /* counted values shown of one facet */
	FACET_TERMS = 4096, /* values looked at to find them */
	/* Costs in nanoseconds, measured, to choose between sorting and walking. */
	COST_SORT = 1500,  /* fetch one record and make its sort key */
	COST_WALK = 90,	   /* pass one row of a list */
	COST_TAGS = 1000,  /* fetch one record and take its tags apart */
	COST_POSTINGS = 1, /* look at one posting of one facet */
};

/* --- rows in order --- */

static enum list order_list(enum query_order order)
{
	switch (order) {
	case ORDER_TITLE:
		return LIST_TITLE;
	case ORDER_START:
	case ORDER_START_DESC:
		return LIST_START;
	case ORDER_UPDATED:
		break;
	}
	return LIST_UPDATED;
}

struct sorted {
	uint32_t object;
	uint8_t len, key[LIST_KEY_MAX];
};

static int by_key(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);

	if (!order)
		order = x->len - y->len;
	if (!order)
		order = x->object < y->object ? -1 : x->object > y->object;
	return order;
}

/* All matches with their sort keys, in order. Only for few. */
static int sort_matches(struct plan *p, struct sorted **ret, size_t *ret_n)
{
	enum list list = order_list(p->q->order);
	struct sorted *s = malloc((p->total + 1) * sizeof(*s));
	struct record r;
	size_t n = 0;
	int err = OK;

	if (!s)
		return ERR_NOMEM;
	for (uint32_t o = bitmap_next(&p->set, 0); o != UINT32_MAX && !err && n < p->total;
	     o = bitmap_next(&p->set, o + 1)) {
		size_t len;

		err = record_get(p->txn, o, &r);
		if (!err)
			err = derive_list_key(list, r.row, s[n].key, &len);
		if (!err) {
			s[n].object = o;
			s[n++].len = (uint8_t)len;
		} else if (err == ERR_NOTFOUND) {
			err = ERR_CORRUPT; /* a term of what is not shown */
		}
	}
	if (err) {
		free(s);
		return err;
	}
	qsort(s, n, sizeof(*s), by_key);
	if (p->q->order == ORDER_START_DESC)
		for (size_t i = 0; i < n / 2; i++) {
			struct sorted tmp = s[i];

			s[i] = s[n - 1 - i];
			s[n - 1 - i] = tmp;
		}
	*ret = s;
	*ret_n = n;
	return OK;
}

typedef int each_row(void *arg, uint32_t object, struct view row);

static int each_sorted(struct plan *p, uint64_t skip, uint64_t count, each_row *each, void *arg)
{
	struct sorted *s;
	struct record r;
	size_t n;
	int err = sort_matches(p, &s, &n);

	if (err)
		return err;
	for (size_t i = skip; i < n && i - skip < count && !err; i++) {
		err = record_get(p->txn, s[i].object, &r);
		if (!err)
			err = each(arg, s[i].object, r.row);
	}
	free(s);
	return err < 0 ? err : OK;
}

static int each_walked(struct plan *p, uint64_t skip, uint64_t count, each_row *each, void *arg)
{
	struct list_walk *w;
	uint32_t object;
	struct view row;
	int err = list_open(p->txn, order_list(p->q->order), NULL, 0,
			    p->q->order == ORDER_START_DESC, &w);

	if (err)
		return err;
	while (count && !(err = list_next(w, &object, &row))) {
		if (p->has_set ? !bitmap_has(&p->set, object)
			       : !p->all_types && !plan_type(p, row_get(row, ROW_TYPE)))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		count--;
		err = each(arg, object, row);
		if (err)
			break;
	}
	list_close(w);
	return err < 0 && err != ERR_NOTFOUND ? err : OK;
}

/* `count` matches after the first `skip`. */
static int each_match(struct plan *p, uint64_t skip, uint64_t count, each_row *each, void *arg)
{
	uint64_t walk;

	if (skip >= p->total || !count)
		return OK;
	if (count > p->total - skip)
		count = p->total - skip;
	/* How far into the list the last row of the page lies, if matches are spread evenly. */
	walk = (p->all + 1) * (skip + count) / (p->total + 1);
	if (walk * COST_WALK <= p->total * COST_SORT)
		return each_walked(p, skip, count, each, arg);
	if (!p->has_set) {
		int err = plan_set(p);

		if (err)
			return err;
	}
	return each_sorted(p, skip, count, each, arg);
}

struct page {
	struct query_row *rows;
	size_t n;
};

static int add_row(void *arg, uint32_t object, struct view row)
{
	struct page *page = arg;

	page->rows[page->n++] = (struct query_row){object, row};
	return 0;
}

/* --- facets --- */

/* Keep a value among the most frequent; values come in order, so a later one of equal count stays
 * behind. */
static size_t rank_value(struct query_value *values, size_t n, const char *value, size_t len,
			 uint64_t count)
{
	struct query_value v = {.count = count};
	size_t at;

	if (!count || len >= sizeof(v.value) || (n == FACET_VALUES && count <= values[n - 1].count))
		return n;
	memcpy(v.value, value, len);
	at = n < FACET_VALUES ? n++ : n - 1;
	for (; at && values[at - 1].count < count; at--)
		values[at] = values[at - 1];
	values[at] = v;
	return n;
}

struct counting {
	struct plan *p;
	size_t prefix;
	struct query_value *values;
	size_t n;
};

static int count_value(void *arg, const char *term, size_t len, uint64_t count)
{
	struct counting *c = arg;

	if (len <= c->prefix)
		return 0;
	if (c->p->has_set && (c->n < FACET_VALUES || count > c->values[c->n - 1].count))
		count = posting_count_in(c->p->txn, term, len, &c->p->set);
	c->n = rank_value(c->values, c->n, term + c->prefix, len - c->prefix, count);
	return 0;
}

static int count_facet(struct plan *p, const char *name, void *mem, struct query_value **ret,
		       size_t *ret_n)
{
	char term[POSTING_TERM_MAX + 1];
	struct counting c = {.p = p};
	int err;

	c.values = talloc_array(mem, struct query_value, FACET_VALUES);
	if (!c.values)
		return ERR_NOMEM;
	/* Among records of one type the terms of that type say the count without a set. */
	if (p->n_types == 1)
		c.prefix = derive_typed_term(p->types[0], name, "", term);
	else
		c.prefix = derive_facet_term(name, "", term);
	if (p->n_types > 1 && !p->every_type && !p->has_set) {
		err = plan_set(p);
		if (err)
			return err;
	}
	err = !p->total ? OK : facet_each(p->txn, term, c.prefix, FACET_TERMS, count_value, &c);
	if (err)
		return err;
	*ret = c.values;
	*ret_n = c.n;
	return OK;
}

/* Few matches among many records: their rows say all. ERR_NOTFOUND if one of them does not. */
static int count_rows(struct plan *p, void *mem, struct query_result *r)
{
	struct tally *tally = tally_new(p->q->count, p->q->n_count);
	struct record record;
	int err = tally ? OK : ERR_NOMEM;

	for (uint32_t o = bitmap_next(&p->set, 0); o != UINT32_MAX && !err;
	     o = bitmap_next(&p->set, o + 1)) {
		err = record_get(p->txn, o, &record);
		if (!err)
			err = tally_row(tally, record.row);
		else if (err == ERR_NOTFOUND)
			err = ERR_CORRUPT;
	}
	for (size_t i = 0; i < p->q->n_count && i < QUERY_FACETS && !err; i++) {
		const char *value;
		uint64_t count;

		r->facets[i].name = p->q->count[i];
		r->facets[i].n = 0;
		r->facets[i].values = talloc_array(mem, struct query_value, FACET_VALUES);
		if (!r->facets[i].values)
			err = ERR_NOMEM;
		while (!err && tally_next(tally, i, &value, &count))
			r->facets[i].n = rank_value(r->facets[i].values, r->facets[i].n, value,
						    strlen(value), count);
		r->n_facets = i + 1;
	}
	tally_free(tally);
	return err;
}

static int count_facets(struct plan *p, void *mem, struct query_result *r)
{
	if (p->has_set && p->q->n_count &&
	    p->total * COST_TAGS < p->all * p->q->n_count * COST_POSTINGS) {
		int err = count_rows(p, mem, r);

		if (err != ERR_NOTFOUND)
			return err;
	}
	for (size_t i = 0; i < p->q->n_count && i < QUERY_FACETS; i++) {
		int err =
			count_facet(p, p->q->count[i], mem, &r->facets[i].values, &r->facets[i].n);

		if (err)
			return err;
		r->facets[i].name = p->q->count[i];
		r->n_facets = i + 1;
	}
	return OK;
}

/* --- */

int query_run(struct node *n, struct txn *t, const struct query *q, void *mem,
	      struct query_result *ret)
{
	unsigned limit = !q->limit		     ? QUERY_PAGE
			 : q->limit > QUERY_PAGE_MAX ? QUERY_PAGE_MAX
						     : q->limit;
	uint64_t skip = (uint64_t)(q->page ? q->page - 1 : 0) * limit;
	struct query_result r = {0};
	struct page page = {0};
	struct plan p;
	int err = plan_init(&p, t, q);

	if (!err) {
		r.total = p.total;
		page.rows = talloc_array(mem, struct query_row, limit);
		err = page.rows ? OK : ERR_NOMEM;
	}
	/* Counts first: they may need the set, and then the rows have it. */
	if (!err)
		err = count_facets(&p, mem, &r);
	if (!err)
		err = each_match(&p, skip, limit, add_row, &page);
	if (!err) {
		r.rows = page.rows;
		r.n_rows = page.n;
		*ret = r;
	}
	plan_done(&p);
	return err;
}

int query_each(struct node *n, struct txn *t, const struct query *q,
	       int (*each)(void *arg, uint32_t object, struct view row), void *arg)
{
	struct plan p;
	int err = plan_init(&p, t, q);

	if (!err)
		err = each_match(&p, 0, QUERY_EXPORT_MAX, each, arg);
	plan_done(&p);
	return err;
}

int query_object(struct txn *t, const char *host, const char *key, uint32_t *ret_object)
{
	char id[OBJECT_ID_MAX];
	struct origin o;
	struct record r;
	int err;

	if (!object_key_valid(key))
		return ERR_NOTFOUND;
	err = host ? origin_by_host(t, host, &o) : origin_get(t, 1, &o);
	if (err)
		return err;
	if ((size_t)snprintf(id, sizeof(id), "%s/o/%s", o.identity.origin, key) >= sizeof(id))
		return ERR_NOTFOUND;
	err = record_find(t, o.origin, id, ret_object);
	if (!err)
		err = record_get(t, *ret_object, &r);
	if (err)
		return err;
	if (r.flags & RECORD_TOMBSTONE)
		return ERR_EXPIRED;
	return r.flags & RECORD_HIDDEN ? ERR_NOTFOUND : OK;
}
