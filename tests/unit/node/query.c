#include "tests/unit/node/domain_test.h"

#include <talloc.h>

#include "node/domain/derive.h"
#include "node/domain/query.h"
#include "protocol/base/time.h"
#include "protocol/schema.h"

enum { RECORDS = 3000, CHUNK = 300 };

static uint64_t seed = 42;

static unsigned pick(unsigned n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

static const char *const words[] = {
	"commune", "communes",	"jardin",     "jardins",  "École",    "été",	  "eau",
	"partage", "habitants", "forum",      "atelier",  "ateliers", "énergie",  "mobilité",
	"vélo",	   "numérique", "territoire", "alliance", "l’îlot",   "d’avenir", "n° 12",
	"2026",	   "nationaux", "national",   "cœur",	  "Ærø",
};
static const char *const types[] = {"Organization", "Event", "CallForProjects", "Project", "Place"};
static const char *const profiles[] = {"public", "association", "company", "academic"};

static void add_words(char *out, size_t size, unsigned n)
{
	*out = '\0';
	for (unsigned i = 0; i < n; i++) {
		strncat(out, i ? " " : "", size - strlen(out) - 1);
		strncat(out, words[pick(sizeof(words) / sizeof(words[0]))], size - strlen(out) - 1);
	}
}

static json_t *random_fields(const char *type)
{
	char text[400], latitude[24], longitude[24];
	json_t *f = json_object(), *list;

	add_words(text, sizeof(text), 1 + pick(4));
	json_object_set_new(f, "name", json_string(text));
	add_words(text, sizeof(text), 1 + pick(12));
	json_object_set_new(f, "summary", json_string(text));
	if (pick(3)) {
		list = json_array();
		for (unsigned i = 0; i < 3; i++)
			if (pick(2))
				json_array_append_new(list, json_sprintf("%u", i + 11));
		if (json_array_size(list))
			json_object_set_new(f, "sdg", json_incref(list));
		json_decref(list);
	}
	if (!strcmp(type, "Organization") && pick(5))
		json_object_set_new(f, "profile", json_string(profiles[pick(4)]));
	if (pick(2)) {
		snprintf(latitude, sizeof(latitude), "%d.%u", (int)pick(170) - 85, 1 + pick(8));
		snprintf(longitude, sizeof(longitude), "%d.%u", (int)pick(358) - 179, 1 + pick(8));
		json_object_set_new(f, "location",
				    json_pack("{s:s, s:s, s:s}", "latitude", latitude, "longitude",
					      longitude, "commune",
					      pick(2) ? "Saint-Paul" : "Trappes"));
	}
	if (!strcmp(type, "Event") || (!strcmp(type, "CallForProjects") && pick(2))) {
		snprintf(text, sizeof(text), "20%02u-%02u-%02uT%02u:30%s", 24 + pick(4),
			 1 + pick(12), 1 + pick(28), pick(24), pick(2) ? "+04:00" : "-10:00");
		json_object_set_new(f, *type == 'E' ? "startTime" : "closes", json_string(text));
		/* Some events go on for years. */
		if (*type == 'E' && pick(2)) {
			text[3] += (char)(text[3] < '9' ? pick(2) : 0);
			text[14] = '4';
			json_object_set_new(f, "endTime", json_string(text));
		}
	}
	return f;
}

/* --- the naive reader: every object parsed, every condition looked at --- */

struct naive {
	uint32_t object;
	json_t *doc;
	const char *type;
	char folded[LIST_KEY_MAX + 1];
	int64_t start, end, updated; /* start INT64_MAX, end 0: none */
	bool timed;
	char terms[64][TEXT_TERM_MAX + 1];
	unsigned n_terms;
};

static struct naive *all;
static size_t n_all;

static void note_term(void *arg, const char *term, size_t len, const char *whole)
{
	struct naive *n = arg;

	assert_true(n->n_terms < 64);
	snprintf(n->terms[n->n_terms++], TEXT_TERM_MAX + 1, "%s", term);
}

static const char *text_at(const json_t *d, const char *path)
{
	return json_string_value(schema_get(d, path));
}

static void naive_load(struct world *w)
{
	static const char *const paths[] = {"name", "summary", "location.commune"};
	struct text_terms *terms = text_terms_new(DERIVE_LANG);
	struct txn *t = begin_read(w, 0);
	struct record r;

	all = calloc(2 * RECORDS, sizeof(*all));
	n_all = 0;
	for (uint32_t o = 1; !record_get(t, o, &r); o++) {
		struct naive *n = &all[n_all];
		const char *s;
		struct buf b;
		int offset;

		n->doc = view_doc(r.json);
		n->type = text_at(n->doc, "type");
		if (!strcmp(n->type, "Tombstone")) {
			json_decref(n->doc);
			continue;
		}
		n_all++;
		n->object = o;
		n->timed = !strcmp(n->type, "Event") || !strcmp(n->type, "CallForProjects");
		n->start = INT64_MAX;
		s = text_at(n->doc, *n->type == 'E' ? "startTime" : "closes");
		if (s)
			assert_int_equal(time_parse_offset(s, &n->start, &offset), OK);
		s = *n->type == 'E' ? text_at(n->doc, "endTime") : NULL;
		if (s)
			assert_int_equal(time_parse_offset(s, &n->end, &offset), OK);
		assert_int_equal(time_parse(text_at(n->doc, "updated"), &n->updated), OK);
		buf_init(&b, 4096);
		text_fold(text_at(n->doc, "name"), strlen(text_at(n->doc, "name")), &b);
		snprintf(n->folded, sizeof(n->folded), "%s", b.data); /* ASCII by now */
		buf_done(&b);
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
			if ((s = text_at(n->doc, paths[i])))
				text_terms_each(terms, s, strlen(s), note_term, n);
	}
	txn_end(t);
	text_terms_free(terms);
}

static void naive_free(void)
{
	for (size_t i = 0; i < n_all; i++)
		json_decref(all[i].doc);
	free(all);
}

static bool has_value(const struct naive *n, const char *name, const char *value)
{
	const json_t *v;
	size_t i;
	json_t *one;

	if (!strcmp(name, "type"))
		return !strcmp(n->type, value);
	if (!strcmp(name, "node"))
		return !strncmp(text_at(n->doc, "id") + 8, value, strlen(value));
	v = schema_get(n->doc, name);
	if (json_is_string(v))
		return !strcmp(json_string_value(v), value);
	json_array_foreach ((json_t *)v, i, one)
		if (!strcmp(json_string_value(one), value))
			return true;
	return false;
}

static bool facets_match(const struct naive *n, const struct query *q)
{
	for (size_t i = 0; i < q->n_facets; i++) {
		bool found = false;

		for (size_t j = 0; j < q->n_facets; j++)
			if (!strcmp(q->facets[j].name, q->facets[i].name))
				found |= has_value(n, q->facets[j].name, q->facets[j].value);
		if (!found)
			return false;
	}
	return true;
}

static struct naive asked; /* its terms are those of the query */
static char asked_last[TEXT_TERM_MAX + 1];

static void note_asked(void *arg, const char *term, size_t len, const char *whole)
{
	note_term(&asked, term, len, whole);
	snprintf(asked_last, sizeof(asked_last), "%s", whole);
}

static bool text_matches(const struct naive *n)
{
	for (unsigned i = 0; i < asked.n_terms; i++) {
		bool found = false;

		for (unsigned j = 0; j < n->n_terms; j++)
			found |= !strcmp(n->terms[j], asked.terms[i]) ||
				 (i + 1 == asked.n_terms && strlen(asked_last) >= 3 &&
				  !strncmp(n->terms[j], asked_last, strlen(asked_last)));
		if (!found)
			return false;
	}
	return true;
}

static bool place_matches(const struct naive *n, const double box[4])
{
	const char *y = text_at(n->doc, "location.latitude"),
		   *x = text_at(n->doc, "location.longitude");

	if (!y || !x || atof(y) < box[1] || atof(y) > box[3])
		return false;
	return box[0] <= box[2] ? atof(x) >= box[0] && atof(x) <= box[2]
				: atof(x) >= box[0] || atof(x) <= box[2];
}

static bool matches(const struct naive *n, const struct query *q)
{
	bool typed = !q->types;

	for (size_t i = 0; i < q->n_types; i++)
		typed |= !strcmp(q->types[i], n->type);
	if (!typed ||
	    ((q->from || q->to || q->order == ORDER_START || q->order == ORDER_START_DESC) &&
	     !n->timed))
		return false;
	if (q->from && n->start < q->from &&
	    (n->end < q->from || n->start < q->from - 366 * 86400))
		return false;
	if (q->to && n->start > q->to)
		return false;
	return facets_match(n, q) && text_matches(n) && (!q->has_bbox || place_matches(n, q->bbox));
}

static enum query_order order;

static int by_order(const void *a, const void *b)
{
	const struct naive *x = *(struct naive *const *)a, *y = *(struct naive *const *)b;
	int c = 0;

	if (order == ORDER_TITLE)
		c = strcmp(x->folded, y->folded);
	else if (order == ORDER_UPDATED)
		c = x->updated > y->updated ? -1 : x->updated < y->updated;
	else
		c = x->start < y->start ? -1 : x->start > y->start;
	if (!c)
		c = x->object < y->object ? -1 : 1;
	return order == ORDER_START_DESC ? -c : c;
}

/* --- comparing --- */

/* How many values of a facet a record has. */
static uint64_t value_count(const struct naive *n, const char *name)
{
	const json_t *v = schema_get(n->doc, name);

	if (!strcmp(name, "type") || !strcmp(name, "node"))
		return 1;
	return json_is_string(v) ? 1 : json_array_size(v);
}

static void expect_counts(const struct query_result *r, size_t f, struct naive *const *found,
			  size_t n)
{
	uint64_t all_values = 0, counted = 0;

	for (size_t i = 0; i < n; i++)
		all_values += value_count(found[i], r->facets[f].name);
	for (size_t i = 0; i < r->facets[f].n; i++) {
		const struct query_value *v = &r->facets[f].values[i];
		uint64_t count = 0;

		for (size_t j = 0; j < n; j++)
			count += has_value(found[j], r->facets[f].name, v->value);
		assert_int_equal(v->count, count);
		assert_true(count > 0);
		assert_true(!i || v[-1].count >= v->count);
		counted += count;
	}
	assert_int_equal(counted, all_values);
}

struct collected {
	uint32_t *objects;
	size_t n;
};

static int collect(void *arg, uint32_t object, struct view row)
{
	struct collected *c = arg;

	assert_true(row.len > 0);
	c->objects[c->n++] = object;
	return 0;
}

static void expect(struct world *w, struct txn *t, struct query *q, const char *what)
{
	static const char *const counted[] = {"profile", "sdg", "type", "node"};
	struct naive **found = calloc(n_all + 1, sizeof(*found));
	struct collected c = {calloc(n_all + 1, sizeof(uint32_t)), 0};
	struct query_result r;
	size_t n = 0;
	void *mem = talloc_new(NULL);

	memset(&asked, 0, sizeof(asked));
	if (q->text) {
		struct text_terms *terms = text_terms_new(DERIVE_LANG);

		text_terms_each(terms, q->text, strlen(q->text), note_asked, NULL);
		text_terms_free(terms);
	}
	for (size_t i = 0; i < n_all; i++)
		if (matches(&all[i], q))
			found[n++] = &all[i];
	order = q->order;
	qsort(found, n, sizeof(*found), by_order);
	q->count = counted;
	q->n_count = 4;
	for (q->page = 1; q->page < 5; q->page++) {
		size_t from = (q->page - 1) * (q->limit ? q->limit : QUERY_PAGE);

		assert_int_equal(query_run(world_node(w, 0), t, q, mem, &r), OK);
		if (r.total != n)
			fail_msg("%s: %d of %d", what, (int)r.total, (int)n);
		for (size_t i = 0; i < r.n_rows; i++) {
			if (r.rows[i].object != found[from + i]->object)
				fail_msg("%s: page %u row %zu", what, q->page, i);
			assert_string_equal(row_get(r.rows[i].row, ROW_ID),
					    text_at(found[from + i]->doc, "id"));
		}
		assert_int_equal(r.n_rows, from >= n ? 0
					   : n - from < (q->limit ? q->limit : QUERY_PAGE)
						   ? n - from
						   : (q->limit ? q->limit : QUERY_PAGE));
		assert_int_equal(r.n_facets, 4);
		for (size_t f = 0; f < 4; f++)
			expect_counts(&r, f, found, n);
	}
	assert_int_equal(query_each(world_node(w, 0), t, q, collect, &c), OK);
	assert_int_equal(c.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c.objects[i], found[i]->object);
	talloc_free(mem);
	free(c.objects);
	free(found);
}

static void fill(struct world *w)
{
	introduce(w, 0, 1);
	for (int chunk = 0; chunk < RECORDS / CHUNK; chunk++) {
		const char *type = types[pick(5)];
		json_t *rows = json_array();

		for (int i = 0; i < CHUNK; i++) {
			char key[32];

			snprintf(key, sizeof(key), "%d-%d", chunk, i);
			json_array_append_new(rows, json_pack("{s:s, s:o}", "key", key, "fields",
							      random_fields(type)));
		}
		done(must(w, chunk % 3 == 2, chunk * 60, "import.rows",
			  json_pack("{s:s, s:o}", "type", type, "rows", rows)));
	}
	for (int i = 0; i < 5; i++)
		create(w, 0, 0, types[i], random_fields(types[i]), NULL);
	read_all(w, 0, 1, 9000, 500);
}

static void random_queries(void **state)
{
	static const enum query_order orders[] = {ORDER_TITLE, ORDER_START, ORDER_START_DESC,
						  ORDER_UPDATED};
	struct world *w = *state;
	struct txn *t;

	fill(w);
	naive_load(w);
	t = begin_read(w, 0);
	for (int i = 0; i < 400; i++) {
		const char *chosen[3];
		char text[200], what[64];
		struct query q = {.limit = pick(3) ? 0 : 1 + pick(60)};

		snprintf(what, sizeof(what), "query %d", i);
		q.order = orders[pick(4)];
		q.n_types = pick(4);
		for (size_t k = 0; k < q.n_types; k++)
			chosen[k] = types[(k + (unsigned)i) % 5];
		q.types = q.n_types ? chosen : NULL;
		if (pick(2)) {
			add_words(text, sizeof(text), 1 + pick(3));
			if (pick(2) && strlen(text) > 4) /* a word that is being typed */
				text[strlen(text) - 1 -
				     ((unsigned char)text[strlen(text) - 1] >= 0x80)] = '\0';
			q.text = text;
		}
		for (q.n_facets = 0; q.n_facets < 3 && pick(2); q.n_facets++) {
			static const char *const names[] = {"sdg", "profile", "node", "type"};
			static const char *const values[][3] = {
				{"11", "12", "13"},
				{"public", "association", "nothing"},
				{"lune.example.org", "mars.example.org", "x"},
				{"Event", "Place", "Project"}};
			unsigned name = pick(4);

			q.facets[q.n_facets].name = names[name];
			q.facets[q.n_facets].value = values[name][pick(3)];
		}
		if (!pick(4)) {
			q.from = 1735689600 + (int64_t)pick(600) * 86400;
			q.to = pick(2) ? q.from + (int64_t)pick(400) * 86400 : 0;
		}
		if (!pick(4)) {
			double box[4] = {(double)pick(360) - 180, (double)pick(160) - 80, 0, 0};

			memcpy(q.bbox, box, sizeof(box));
			q.bbox[2] = box[0] + pick(2) * 200 + 15.5;
			q.bbox[3] = box[1] + pick(20);
			if (q.bbox[2] > 180)
				q.bbox[2] -= 360;
			q.has_bbox = 1;
		}
		expect(w, t, &q, what);
	}
	txn_end(t);
	naive_free();
}

static void plain_lists(void **state)
{
	struct world *w = *state;
	const char *one[] = {"Place"}, *unknown[] = {"Nothing"};
	struct query q = {.order = ORDER_TITLE}, none = {.types = unknown, .n_types = 1};
	struct query empty_facet = {.n_facets = 1, .facets = {{"profile", ""}}};
	struct query stop = {.text = "de la"};
	struct txn *t;

	world_node(w, 0);
	naive_load(w);
	t = begin_read(w, 0);
	expect(w, t, &q, "empty store");
	txn_end(t);
	naive_free();
	fill(w);
	naive_load(w);
	t = begin_read(w, 0);
	expect(w, t, &q, "everything");
	q.order = ORDER_START;
	expect(w, t, &q, "everything with a time");
	q.order = ORDER_UPDATED;
	q.types = one;
	q.n_types = 1;
	expect(w, t, &q, "one type");
	expect(w, t, &none, "no type");
	empty_facet.n_facets = 0;
	expect(w, t, &empty_facet, "no facet");
	expect(w, t, &stop, "only stop words");
	txn_end(t);
	naive_free();
}

/* Many in one square degree, some of them exactly on the borders of its parts. */
static void crowded_boxes(void **state)
{
	struct world *w = *state;
	json_t *rows = json_array();
	struct txn *t;

	for (int i = 0; i < 900; i++) {
		char key[16], latitude[16], longitude[16];

		snprintf(key, sizeof(key), "%d", i);
		snprintf(latitude, sizeof(latitude), "%d.%u", 47 + (int)pick(3),
			 pick(2) ? pick(10) : pick(9999));
		snprintf(longitude, sizeof(longitude), "%d.%u", (int)pick(2) - 1,
			 1 + (pick(2) ? pick(9) : pick(9998)));
		json_array_append_new(rows,
				      json_pack("{s:s, s:{s:s, s:{s:s, s:s}}}", "key", key,
						"fields", "name", "Ici", "location", "latitude",
						latitude, "longitude", longitude));
	}
	done(must(w, 0, 1, "import.rows", json_pack("{s:s, s:o}", "type", "Place", "rows", rows)));
	naive_load(w);
	t = begin_read(w, 0);
	for (int i = 0; i < 150; i++) {
		struct query q = {.has_bbox = 1, .order = ORDER_TITLE};
		char what[64];

		q.bbox[0] = pick(30) / 10.0 - 1.5;
		q.bbox[1] = 47 + pick(300) / (i % 2 ? 10.0 : 100.0);
		q.bbox[2] = q.bbox[0] + pick(200) / 100.0;
		q.bbox[3] = i % 10 ? q.bbox[1] + pick(20) / 10.0 : 90;
		if (i % 50 == 0) { /* larger than can be looked up square by square */
			q.bbox[0] = -170;
			q.bbox[2] = i ? 179.5 : -180;
			q.bbox[1] = i ? -80 : 48.25;
		}
		snprintf(what, sizeof(what), "box %d: %g %g %g %g", i, q.bbox[0], q.bbox[1],
			 q.bbox[2], q.bbox[3]);
		expect(w, t, &q, what);
	}
	txn_end(t);
	naive_free();
	assert_clean(w, 0);
}

static int stop_at_three(void *arg, uint32_t object, struct view row)
{
	return ++*(int *)arg == 3;
}

static void each_stops(void **state)
{
	struct world *w = *state;
	struct query all_of_them = {0}, some = {.text = "jardin"};
	struct txn *t;
	int n = 0;

	fill(w);
	t = begin_read(w, 0);
	assert_int_equal(query_each(world_node(w, 0), t, &all_of_them, stop_at_three, &n), OK);
	assert_int_equal(n, 3);
	n = 0;
	assert_int_equal(query_each(world_node(w, 0), t, &some, stop_at_three, &n), OK);
	assert_int_equal(n, 3);
	txn_end(t);
}

static void by_address(void **state)
{
	struct world *w = *state;
	char id[OBJECT_ID_MAX], key[OBJECT_KEY];
	uint32_t object;
	struct txn *t;

	create(w, 0, 1, "Place", doc("{'name':'Ici'}"), id);
	snprintf(key, sizeof(key), "%s", id + strlen(id) - 26);
	t = begin_read(w, 0);
	assert_int_equal(query_object(t, NULL, key, &object), OK);
	assert_int_equal(query_object(t, "lune.example.org", key, &object), OK);
	assert_int_equal(query_object(t, "mars.example.org", key, &object), ERR_NOTFOUND);
	assert_int_equal(query_object(t, NULL, "../../x", &object), ERR_NOTFOUND);
	key[3] = key[3] == 'a' ? 'b' : 'a';
	assert_int_equal(query_object(t, NULL, key, &object), ERR_NOTFOUND);
	txn_end(t);
	done(must(w, 0, 2, "entry.delete", json_pack("{s:s}", "id", id)));
	snprintf(key, sizeof(key), "%s", id + strlen(id) - 26);
	t = begin_read(w, 0);
	assert_int_equal(query_object(t, NULL, key, &object), ERR_EXPIRED);
	txn_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(random_queries), world_test(plain_lists), world_test(crowded_boxes),
		world_test(each_stops),	    world_test(by_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
