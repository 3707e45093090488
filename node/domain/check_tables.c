#include <string.h>

#include "node/domain/check_run.h"
#include "protocol/base/codec.h"

/* --- tables that must be equal byte for byte --- */

struct side {
	struct walk *walk;
	struct view key, val;
	bool end;
};

static int side_next(struct side *s)
{
	int err = walk_next(s->walk, &s->key, &s->val);

	s->end = err == ERR_NOTFOUND;
	return s->end ? OK : err;
}

static int key_order(const struct side *a, const struct side *b)
{
	size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
	int order;

	if (a->end || b->end)
		return a->end ? 1 : -1;
	order = len ? memcmp(a->key.data, b->key.data, len) : 0;
	return order ? order : (a->key.len > b->key.len) - (a->key.len < b->key.len);
}

/* Object an item is about, 0 if that cannot be told. */
static uint32_t item_object(enum table table, const struct side *s)
{
	if (table == TABLE_LIST && s->key.len > 4)
		return be32_get(s->key.data + s->key.len - 4);
	if (table == TABLE_LEAF && s->val.len >= 4)
		return be32_get(s->val.data + s->val.len - 4);
	return 0;
}

static void item_finding(struct check *c, enum table table, const struct side *s, const char *what)
{
	uint32_t object = item_object(table, s);
	char key[2 * 48 + 1];

	if (object) {
		check_finding(c, "%s: object %u: %s", store_table_name(table), (unsigned)object,
			      what);
		return;
	}
	hex_encode(s->key.data, s->key.len < 48 ? s->key.len : 48, key);
	check_finding(c, "%s: key %s: %s", store_table_name(table), key, what);
}

static int table_compare(struct check *c, enum table table)
{
	struct side is = {0}, should = {0};
	int err = walk_open(c->txn, table, NULL, 0, false, NULL, 0, &is.walk);

	if (err)
		return err;
	err = walk_open(c->rebuilt, table, NULL, 0, false, NULL, 0, &should.walk);
	if (!err)
		err = side_next(&is);
	if (!err)
		err = side_next(&should);
	while (!err && (!is.end || !should.end)) {
		int order = key_order(&is, &should);

		if (order < 0)
			item_finding(c, table, &is, "should not be there");
		else if (order > 0)
			item_finding(c, table, &should, "is missing");
		else if (is.val.len != should.val.len ||
			 (is.val.len && memcmp(is.val.data, should.val.data, is.val.len) != 0))
			item_finding(c, table, &should,
				     "differs from what follows from its object");
		if (order <= 0)
			err = side_next(&is);
		if (!err && order >= 0)
			err = side_next(&should);
	}
	walk_close(is.walk);
	walk_close(should.walk);
	return err;
}

/* --- postings: equal sets of objects, however they are cut into chunks --- */

struct posting_side {
	struct check *c;
	struct bitmap is, should;
};

/* Facet terms hold control characters: shown with dots. */
static void term_text(const char *term, size_t len, char out[POSTING_TERM_MAX + 1])
{
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)term[i] < 0x20 ? '.' : term[i];
	out[len] = '\0';
}

static void term_objects(struct posting_side *p, const char *term, size_t len)
{
	char text[POSTING_TERM_MAX + 1];
	bool found = false;

	term_text(term, len, text);
	for (size_t i = 0; i < p->is.n_words; i++) {
		uint64_t differ = p->is.words[i] ^ p->should.words[i];

		for (; differ; differ &= differ - 1) {
			unsigned object = (unsigned)(i * 64) + (unsigned)__builtin_ctzll(differ);

			found = true;
			check_finding(p->c, "posting: object %u: term \"%s\" %s", object, text,
				      bitmap_has(&p->is, object) ? "should not be there"
								 : "is missing");
		}
	}
	if (!found &&
	    posting_count(p->c->txn, term, len) != posting_count(p->c->rebuilt, term, len))
		check_finding(p->c, "posting: term \"%s\": its count differs from its objects",
			      text);
}

static int each_should(void *arg, const char *term, size_t len)
{
	struct posting_side *p = arg;
	char text[POSTING_TERM_MAX + 1];
	int err;

	memset(p->is.words, 0, p->is.n_words * sizeof(*p->is.words));
	memset(p->should.words, 0, p->should.n_words * sizeof(*p->should.words));
	err = posting_union(p->c->rebuilt, term, len, &p->should);
	if (err)
		return err;
	err = posting_union(p->c->txn, term, len, &p->is);
	if (err == ERR_CORRUPT) {
		term_text(term, len, text);
		check_finding(p->c, "posting: term \"%s\": cannot be read", text);
		return 0;
	}
	if (err && err != ERR_NOTFOUND)
		return err;
	term_objects(p, term, len);
	return 0;
}

/* Terms nobody has any more. */
static int each_is(void *arg, const char *term, size_t len)
{
	struct posting_side *p = arg;
	int err;

	if (posting_count(p->c->rebuilt, term, len))
		return 0;
	memset(p->is.words, 0, p->is.n_words * sizeof(*p->is.words));
	memset(p->should.words, 0, p->should.n_words * sizeof(*p->should.words));
	err = posting_union(p->c->txn, term, len, &p->is);
	if (err && err != ERR_NOTFOUND && err != ERR_CORRUPT)
		return err;
	term_objects(p, term, len);
	return 0;
}

static int postings_compare(struct check *c)
{
	struct posting_side p = {.c = c};
	uint32_t last;
	int err = txn_last(c->txn, TABLE_OBJECT, &last);

	if (!err)
		err = bitmap_init(&p.is, last);
	if (!err)
		err = bitmap_init(&p.should, last);
	if (!err)
		err = posting_terms(c->rebuilt, "", 0, UINT32_MAX, each_should, &p);
	if (!err) {
		err = posting_terms(c->txn, "", 0, UINT32_MAX, each_is, &p);
		if (err == ERR_CORRUPT) {
			check_finding(c, "posting: a key is malformed");
			err = OK;
		}
	}
	bitmap_done(&p.is);
	bitmap_done(&p.should);
	return err;
}

int check_tables(struct check *c)
{
	static const enum table equal[] = {TABLE_LEAF, TABLE_NODE, TABLE_SET, TABLE_LIST,
					   TABLE_FACET};
	int err = OK;

	for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]) && !err; i++)
		err = table_compare(c, equal[i]);
	return err ? err : postings_compare(c);
}
