/* Catalogues. Dates and numbers are in i18n_format.c. */
#include "web/i18n.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MO_FILE_MAX = 8 * 1024 * 1024,
	MO_HEADER = 28, /* bytes */
	LANG_MAX = 8,
};

#define MO_MAGIC 0x950412deU

struct message {
	const char *id;	  /* NULL: free place */
	const char *many; /* plural id, or NULL */
	const char *text;
	const char *text_many; /* second plural form, or NULL */
	uint32_t hash;
};

struct catalogue {
	char lang[LANG_MAX];
	bool one_is_singular; /* English: n != 1 is plural; French: n > 1 */
	char *data;	      /* the file */
	struct message *table; /* open addressing, mask + 1 places, at most half full */
	uint32_t mask;
};

/* FNV-1a. */
uint32_t tr_hash(const char *msgid)
{
	uint32_t h = 2166136261U;

	for (; *msgid; msgid++)
		h = (h ^ (unsigned char)*msgid) * 16777619U;
	return h;
}

static const struct message *find(const struct catalogue *c, const char *id, uint32_t hash)
{
	for (uint32_t i = hash & c->mask;; i = (i + 1) & c->mask) {
		const struct message *m = &c->table[i];

		if (!m->id || (m->hash == hash && strcmp(m->id, id) == 0))
			return m;
	}
}

struct reader {
	const unsigned char *data;
	size_t len;
	bool swapped;
};

/* The caller has checked that four bytes are there. */
static uint32_t word(const struct reader *r, size_t at)
{
	uint32_t v;

	memcpy(&v, r->data + at, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

/* The string that the descriptor at `at` points to, or NULL. Inside, and closed by its NUL. */
static const char *string_at(const struct reader *r, size_t at, uint32_t *ret_len)
{
	uint32_t len = word(r, at);
	uint32_t offset = word(r, at + 4);

	if (offset >= r->len || len >= r->len - offset || r->data[offset + len] != '\0')
		return NULL;
	*ret_len = len;
	return (const char *)r->data + offset;
}

/* The string after the first NUL of a plural pair, or NULL. */
static const char *second_of(const char *text, uint32_t len)
{
	size_t first = strlen(text);

	return first < len ? text + first + 1 : NULL;
}

/* Read "plural=…;" without its spaces and parentheses. Only the rules of our two languages. */
static bool read_plural_rule(struct catalogue *c, const char *header)
{
	const char *p = strstr(header, "plural=");
	char rule[16];
	size_t len = 0;

	while (p && p > header && p[-1] == 'n') /* that was nplurals= */
		p = strstr(p + 1, "plural=");
	if (!p)
		return false;
	for (p += strlen("plural="); *p && *p != ';' && *p != '\n'; p++) {
		if (*p == ' ' || *p == '(' || *p == ')')
			continue;
		if (len == sizeof(rule) - 1)
			return false;
		rule[len++] = *p;
	}
	rule[len] = '\0';
	c->one_is_singular = strcmp(rule, "n!=1") == 0;
	return c->one_is_singular || strcmp(rule, "n>1") == 0;
}

static bool read_messages(struct catalogue *c, const struct reader *r)
{
	uint32_t count = word(r, 8);
	uint32_t ids = word(r, 12);
	uint32_t texts = word(r, 16);
	uint32_t size = 64;
	bool header = false;

	if (ids > r->len || texts > r->len || count > (r->len - ids) / 8 ||
	    count > (r->len - texts) / 8)
		return false;
	while (size < 2 * count)
		size *= 2;
	c->table = calloc(size, sizeof(*c->table));
	if (!c->table)
		return false;
	c->mask = size - 1;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id_len, text_len;
		const char *id = string_at(r, ids + (size_t)i * 8, &id_len);
		const char *text = string_at(r, texts + (size_t)i * 8, &text_len);
		struct message *m;

		if (!id || !text)
			return false;
		if (id_len == 0) {
			header = read_plural_rule(c, text);
			continue;
		}
		m = (struct message *)find(c, id, tr_hash(id));
		m->id = id;
		m->hash = tr_hash(id);
		m->many = second_of(id, id_len);
		m->text = text;
		m->text_many = second_of(text, text_len);
	}
	return header;
}

/* Takes `data`. */
static int catalogue_take(char *data, size_t len, const char *lang, struct catalogue **ret)
{
	struct catalogue *c = calloc(1, sizeof(*c));
	struct reader r = {(const unsigned char *)data, len, false};
	bool good = false;

	if (!c) {
		free(data);
		return ERR_NOMEM;
	}
	c->data = data;
	snprintf(c->lang, sizeof(c->lang), "%s", lang);
	if (len >= MO_HEADER) {
		r.swapped = word(&r, 0) == __builtin_bswap32(MO_MAGIC);
		/* Major revision 0 or 1; the minor one may be anything. */
		good = word(&r, 0) == MO_MAGIC && word(&r, 4) >> 16 <= 1 && read_messages(c, &r);
	}
	if (!good) {
		catalogue_free(c);
		return ERR_CORRUPT;
	}
	*ret = c;
	return OK;
}

int catalogue_parse(const void *data, size_t len, const char *lang, struct catalogue **ret,
		    struct fault *fault)
{
	char *copy = malloc(len ? len : 1);
	int err;

	if (!copy)
		return ERR_NOMEM;
	if (len)
		memcpy(copy, data, len);
	err = catalogue_take(copy, len, lang, ret);
	if (err == ERR_CORRUPT)
		return fault_set(fault, err, "", "The catalogue %s is damaged.", lang);
	return err;
}

int catalogue_load(const char *file, const char *lang, struct catalogue **ret, struct fault *fault)
{
	FILE *in = fopen(file, "re");
	char *data = NULL;
	size_t cap = 0, len = 0, got;
	int err = OK;

	if (!in)
		return fault_set(fault, ERR_IO, "", "The file %s cannot be read.", file);
	do {
		char *more;

		cap = cap ? cap * 2 : 64 * 1024;
		more = realloc(data, cap);
		if (!more) {
			err = ERR_NOMEM;
			break;
		}
		data = more;
		got = fread(data + len, 1, cap - len, in);
		len += got;
	} while (len == cap && cap < MO_FILE_MAX);
	if (!err && ferror(in))
		err = fault_set(fault, ERR_IO, "", "The file %s cannot be read.", file);
	else if (!err && len == MO_FILE_MAX)
		err = fault_set(fault, ERR_LIMIT, "", "The file %s is too large.", file);
	fclose(in);
	if (err) {
		free(data);
		return err;
	}
	err = catalogue_take(data, len, lang, ret);
	if (err == ERR_CORRUPT)
		return fault_set(fault, err, "", "The catalogue %s is damaged.", file);
	return err;
}

void catalogue_free(struct catalogue *c)
{
	if (!c)
		return;
	free(c->table);
	free(c->data);
	free(c);
}

const char *catalogue_lang(const struct catalogue *c)
{
	return c ? c->lang : "en";
}

const char *tr_hashed(const struct catalogue *c, const char *msgid, uint32_t hash)
{
	const struct message *m = c ? find(c, msgid, hash) : NULL;

	return m && m->id && *m->text ? m->text : msgid;
}

const char *tr(const struct catalogue *c, const char *msgid)
{
	return tr_hashed(c, msgid, tr_hash(msgid));
}

const char *trn(const struct catalogue *c, const char *one, const char *many, unsigned long n)
{
	const struct message *m = c ? find(c, one, tr_hash(one)) : NULL;
	bool plural;

	if (!m || !m->id || !m->many || strcmp(m->many, many) != 0 || !*m->text || !m->text_many)
		return n == 1 ? one : many;
	plural = c->one_is_singular ? n != 1 : n > 1;
	return plural ? m->text_many : m->text;
}
