#include "node/store/flat.h"

#include <string.h>

#include "protocol/base/text.h"

enum { DIGITS = 18 }; /* any whole number of so many fits */

/* What is left to read. */
struct rest {
	const uint8_t *at, *end;
};

static bool take(struct rest *r, char c)
{
	if (r->at == r->end || *r->at != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct rest *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool take_text(struct rest *r, struct view *ret)
{
	if (!take(r, '"'))
		return false;
	ret->data = r->at;
	while (r->at < r->end && *r->at != '"' && *r->at != '\\' && *r->at >= 0x20)
		r->at++;
	ret->len = (size_t)(r->at - ret->data);
	return take(r, '"') && text_valid((const char *)ret->data, ret->len);
}

static bool take_number(struct rest *r, struct view *ret)
{
	const uint8_t *digits;

	ret->data = r->at;
	take(r, '-');
	digits = r->at;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	ret->len = (size_t)(r->at - ret->data);
	return r->at > digits && r->at - digits <= DIGITS && (*digits != '0' || ret->len == 1);
}

static bool take_value(struct rest *r, struct flat_member *m)
{
	if (r->at < r->end && *r->at == '"') {
		m->kind = FLAT_TEXT;
		return take_text(r, &m->value);
	}
	if (take_word(r, "true")) {
		m->kind = FLAT_TRUE;
		return true;
	}
	if (take_word(r, "false")) {
		m->kind = FLAT_FALSE;
		return true;
	}
	m->kind = FLAT_NUMBER;
	return take_number(r, &m->value);
}

/* Canonical order, so no name comes twice. */
static bool ascending(const struct view *a, const struct view *b)
{
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order < 0 || (order == 0 && a->len < b->len);
}

static bool read_usual(struct rest r, struct flat *f)
{
	if (!take(&r, '{'))
		return false;
	do {
		struct flat_member *m = &f->members[f->n];

		if (f->n == FLAT_MEMBERS || !take_text(&r, &m->name) || !take(&r, ':') ||
		    !take_value(&r, m) || (f->n && !ascending(&m[-1].name, &m->name)))
			return false;
		f->n++;
	} while (take(&r, ','));
	return take(&r, '}') && r.at == r.end;
}

int flat_open(struct view json, struct flat *ret)
{
	ret->n = 0;
	ret->tree = NULL;
	if (read_usual((struct rest){json.data, json.data + json.len}, ret))
		return OK;
	ret->tree = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(ret->tree))
		return OK;
	json_decref(ret->tree);
	return ERR_CORRUPT;
}

void flat_close(struct flat *f)
{
	json_decref(f->tree);
}

static const struct flat_member *find(const struct flat *f, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < f->n; i++)
		if (f->members[i].name.len == len &&
		    memcmp(f->members[i].name.data, name, len) == 0)
			return &f->members[i];
	return NULL;
}

int flat_text(const struct flat *f, const char *name, char *out, size_t size)
{
	const struct flat_member *m = f->tree ? NULL : find(f, name);
	const json_t *v = f->tree ? json_object_get(f->tree, name) : NULL;
	const void *text = m && m->kind == FLAT_TEXT ? m->value.data : NULL;
	size_t len = text ? m->value.len : json_string_length(v);

	if (!text)
		text = json_string_value(v);
	if (!text || len >= size)
		return ERR_CORRUPT;
	memcpy(out, text, len);
	out[len] = '\0';
	return OK;
}

int flat_number(const struct flat *f, const char *name, int64_t *out)
{
	const struct flat_member *m = find(f, name);
	const json_t *v = f->tree ? json_object_get(f->tree, name) : NULL;
	bool minus;
	int64_t n = 0;

	if (f->tree && !json_is_integer(v))
		return ERR_CORRUPT;
	if (f->tree) {
		*out = json_integer_value(v);
		return OK;
	}
	if (!m || m->kind != FLAT_NUMBER)
		return ERR_CORRUPT;
	minus = m->value.data[0] == '-';
	for (size_t i = minus; i < m->value.len; i++)
		n = 10 * n + (m->value.data[i] - '0');
	*out = minus ? -n : n;
	return OK;
}

bool flat_true(const struct flat *f, const char *name)
{
	const struct flat_member *m = find(f, name);

	return f->tree ? json_is_true(json_object_get(f->tree, name)) : m && m->kind == FLAT_TRUE;
}
