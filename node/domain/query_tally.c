#include "node/domain/query_tally.h"

#include <stdlib.h>
#include <string.h>

#include "node/domain/derive.h"

enum { VALUE_MAX = DERIVE_VALUE_MAX + 1 };

struct value {
	uint32_t facet;
	uint64_t count;
	char text[VALUE_MAX];
};

struct tally {
	const char *const *names;
	size_t n_names;
	struct value *values;
	size_t n, room;
	uint32_t *slots; /* value + 1, 0: free */
	size_t n_slots;	 /* a power of two */
	bool sorted;
	size_t at;
};

struct tally *tally_new(const char *const *names, size_t n)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->names = names;
	t->n_names = n;
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	free(t->values);
	free(t->slots);
	free(t);
}

static size_t hash(uint32_t facet, const char *s, size_t len)
{
	uint32_t h = 2166136261u ^ facet;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

static int grow(struct tally *t)
{
	size_t n_slots = t->n_slots ? 2 * t->n_slots : 128, room = n_slots / 2;
	struct value *values = realloc(t->values, room * sizeof(*values));
	uint32_t *slots;

	if (!values)
		return ERR_NOMEM;
	t->values = values;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < t->n; i++) {
		size_t s = hash(values[i].facet, values[i].text, strlen(values[i].text));

		while (slots[s & (n_slots - 1)])
			s++;
		slots[s & (n_slots - 1)] = i + 1;
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n_slots;
	t->room = room;
	return OK;
}

static int count(struct tally *t, uint32_t facet, const char *text, size_t len)
{
	struct value *v;
	size_t s;

	if (len >= VALUE_MAX)
		return ERR_NOTFOUND;
	if (t->n == t->room && grow(t))
		return ERR_NOMEM;
	for (s = hash(facet, text, len);; s++) {
		uint32_t *slot = &t->slots[s & (t->n_slots - 1)];

		if (!*slot) {
			v = &t->values[t->n++];
			*v = (struct value){.facet = facet, .count = 1};
			memcpy(v->text, text, len);
			*slot = (uint32_t)t->n;
			return OK;
		}
		v = &t->values[*slot - 1];
		if (v->facet == facet && !strncmp(v->text, text, len) && !v->text[len]) {
			v->count++;
			return OK;
		}
	}
}

/* Count `text` under each asked facet of that name. */
static int count_named(struct tally *t, const char *name, size_t name_len, const char *text,
		       size_t len)
{
	int err = OK;

	for (uint32_t i = 0; i < t->n_names && !err; i++)
		if (!strncmp(t->names[i], name, name_len) && !t->names[i][name_len])
			err = count(t, i, text, len);
	return err;
}

int tally_row(struct tally *t, struct view row)
{
	const char *tags = row_get(row, ROW_TAGS), *id = strstr(row_get(row, ROW_ID), "://");
	const char *type = row_get(row, ROW_TYPE);
	int err;

	if (*tags == ';' || !id)
		return ERR_NOTFOUND;
	id += 3;
	err = count_named(t, "type", 4, type, strlen(type));
	if (!err)
		err = count_named(t, "node", 4, id, strcspn(id, "/"));
	while (*tags && !err) {
		size_t len = strcspn(tags, ";");
		const char *colon = memchr(tags, ':', len);

		if (!colon)
			return ERR_NOTFOUND;
		err = count_named(t, tags, (size_t)(colon - tags), colon + 1,
				  (size_t)(tags + len - colon - 1));
		tags += len + (tags[len] == ';');
	}
	return err;
}

static int by_value(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	if (x->facet != y->facet)
		return x->facet < y->facet ? -1 : 1;
	return strcmp(x->text, y->text);
}

bool tally_next(struct tally *t, size_t facet, const char **ret_value, uint64_t *ret_count)
{
	if (!t->sorted && t->n)
		qsort(t->values, t->n, sizeof(*t->values), by_value);
	t->sorted = true;
	while (t->at < t->n && t->values[t->at].facet < facet)
		t->at++;
	if (t->at == t->n || t->values[t->at].facet != facet)
		return false;
	*ret_value = t->values[t->at].text;
	*ret_count = t->values[t->at++].count;
	return true;
}
