#include "protocol/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/text.h"
#include "protocol/limits.h"

enum {
	NAME_MAX_CHARS = 40, /* of a vocabulary's name and of a code */
	FOLD_MAX = 4 * 1024, /* folded bytes of what is looked up */
};

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_name_char(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool name_valid(const char *s)
{
	size_t n = 0;

	while (is_name_char(s[n]))
		n++;
	return is_lower(s[0]) && n <= NAME_MAX_CHARS && !s[n];
}

static bool code_valid(const char *s)
{
	size_t n = 0;

	while (is_name_char(s[n]) || (s[n] && strchr("_.-", s[n])))
		n++;
	return n > 0 && n <= NAME_MAX_CHARS && !s[n];
}

static bool language_valid(const char *s)
{
	return is_lower(s[0]) && is_lower(s[1]) && (!s[2] || (is_lower(s[2]) && !s[3]));
}

static bool label_valid(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = json_string_length(v);

	if (!s || n == 0 || n != strlen(s) || !text_valid(s, n) ||
	    text_length(s) > VOCABULARY_LABEL)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static int check_entry(const json_t *entry, const char *at, struct fault *fault)
{
	const char *code = json_string_value(json_object_get(entry, "code")), *name;
	json_t *value;

	if (!code || !code_valid(code))
		return fault_set(fault, ERR_INVALID, at,
				 "An entry has a code of letters, digits, dots or hyphens.", NULL);
	if (!json_object_get(entry, "fr") || !json_object_get(entry, "en"))
		return fault_set(fault, ERR_INVALID, at,
				 "The entry \"%s\" needs a label in French and in English.", code);
	json_object_foreach ((json_t *)entry, name, value) {
		if (!strcmp(name, "code"))
			continue;
		if (!language_valid(name) || !label_valid(value))
			return fault_set(fault, ERR_INVALID, at,
					 "\"%s\" is no language, or its label is no line of 1 to "
					 "120 characters.",
					 name);
	}
	return OK;
}

static int check_entries(const char *name, const json_t *entries, struct fault *fault)
{
	char at[96];

	snprintf(at, sizeof(at), "/%.40s", name);
	if (!json_is_array(entries) || json_array_size(entries) == 0 ||
	    json_array_size(entries) > VOCABULARY_ENTRIES)
		return fault_set(fault, ERR_INVALID, at,
				 "A vocabulary is a list of 1 to 200 entries.", NULL);
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const char *code;
		int err;

		snprintf(at, sizeof(at), "/%.40s/%zu", name, i);
		err = check_entry(entry, at, fault);
		if (err)
			return err;
		code = json_string_value(json_object_get(entry, "code"));
		for (size_t j = 0; j < i; j++) {
			const json_t *before = json_array_get(entries, j);

			if (!strcmp(code, json_string_value(json_object_get(before, "code"))))
				return fault_set(fault, ERR_INVALID, at,
						 "The code \"%s\" is there twice.", code);
		}
	}
	return OK;
}

int vocabulary_check(const json_t *doc, struct fault *fault)
{
	const char *name;
	json_t *entries;

	if (!json_is_object(doc) || json_object_size(doc) > VOCABULARIES)
		return fault_set(fault, ERR_INVALID, "",
				 "Vocabularies are an object of at most 32 lists.", NULL);
	json_object_foreach ((json_t *)doc, name, entries) {
		int err;

		if (!name_valid(name))
			return fault_set(fault, ERR_INVALID, "",
					 "\"%s\" is no name of a vocabulary.", name);
		err = check_entries(name, entries, fault);
		if (err)
			return err;
	}
	return OK;
}

const json_t *vocabulary_entries(const json_t *doc, const char *name)
{
	const json_t *entries = json_object_get(doc, name);

	return json_is_array(entries) ? entries : NULL;
}

static const json_t *entry_of(const json_t *doc, const char *name, const char *code)
{
	const json_t *entries = vocabulary_entries(doc, name);

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const char *s = json_string_value(json_object_get(entry, "code"));

		if (s && !strcmp(s, code))
			return entry;
	}
	return NULL;
}

bool vocabulary_has(const json_t *doc, const char *name, const char *code)
{
	return entry_of(doc, name, code) != NULL;
}

const char *vocabulary_label(const json_t *doc, const char *name, const char *code,
			     const char *lang)
{
	const json_t *entry = entry_of(doc, name, code);
	const char *label = json_string_value(json_object_get(entry, lang));

	if (!label)
		label = json_string_value(json_object_get(entry, "fr"));
	return label ? label : code;
}

static bool folds_to(const char *s, const struct buf *folded, struct buf *scratch)
{
	buf_clear(scratch);
	if (!s || text_fold(s, strlen(s), scratch) || scratch->err)
		return false;
	return scratch->len == folded->len && !memcmp(scratch->data, folded->data, folded->len);
}

static bool label_folds_to(const json_t *entry, const struct buf *folded, struct buf *scratch)
{
	const char *member;
	json_t *value;

	json_object_foreach ((json_t *)entry, member, value) {
		if (strcmp(member, "code") != 0 &&
		    folds_to(json_string_value(value), folded, scratch))
			return true;
	}
	return false;
}

/* A code beats any label, whatever their order. */
static const char *find_folded(const json_t *entries, const struct buf *folded, struct buf *scratch)
{
	const char *found = NULL;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		const char *code = json_string_value(json_object_get(entry, "code"));

		if (folds_to(code, folded, scratch))
			return code;
		if (!found && label_folds_to(entry, folded, scratch))
			found = code;
	}
	return found;
}

const char *vocabulary_find(const json_t *doc, const char *name, const char *text)
{
	const json_t *entry = entry_of(doc, name, text);
	const char *found = NULL;
	struct buf folded, scratch;

	if (entry)
		return json_string_value(json_object_get(entry, "code"));
	buf_init(&folded, FOLD_MAX);
	buf_init(&scratch, FOLD_MAX);
	if (!text_fold(text, strlen(text), &folded) && !folded.err && folded.len > 0)
		found = find_folded(vocabulary_entries(doc, name), &folded, &scratch);
	buf_done(&folded);
	buf_done(&scratch);
	return found;
}
