#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/text.h"
#include "protocol/limits.h"
#include "protocol/schema.h"
#include "protocol/schema_value.h"
#include "protocol/vocabulary.h"

/* Bytes of the white space at s (ASCII blanks, no-break spaces, a BOM), or 0. */
static size_t space_at(const char *s)
{
	if (strchr(" \t\r\n\v\f", *s))
		return *s != '\0';
	if (s[0] == '\xc2' && s[1] == '\xa0')
		return 2;
	if (!strncmp(s, "\xe2\x80\xaf", 3) || !strncmp(s, "\xe2\x80\x89", 3) ||
	    !strncmp(s, "\xef\xbb\xbf", 3))
		return 3;
	return 0;
}

/* Cut white space off both ends, in place. */
static char *trim(char *s)
{
	char *end = s;
	size_t n;

	while ((n = space_at(s)))
		s += n;
	for (char *p = s; *p;) {
		n = space_at(p);
		p += n ? n : 1;
		if (!n)
			end = p;
	}
	if (end > s)
		*end = '\0';
	else
		*s = '\0';
	return s;
}

/* One line: every run with a line break or tab in it becomes one space; other spaces stay. */
static void one_line(char *s)
{
	char *out = s;

	while (*s) {
		size_t run = strspn(s, " \t\r\n\v\f");

		if (run && strspn(s, " ") < run) {
			*out++ = ' ';
			s += run;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

static void lines_to_lf(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (*s == '\r') {
			*out++ = '\n';
			s += s[1] == '\n';
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static void remove_spaces(char *s)
{
	char *out = s;

	while (*s) {
		size_t n = space_at(s);

		if (n)
			s += n;
		else
			*out++ = *s++;
	}
	*out = '\0';
}

static void upper(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

/* "22/11/2026" as people write it in French tables. */
static void iso_date(char *s)
{
	char out[11];

	if (strlen(s) != 10 || s[2] != '/' || s[5] != '/')
		return;
	snprintf(out, sizeof(out), "%.4s-%.2s-%.2s", s + 6, s + 3, s);
	memcpy(s, out, sizeof(out));
}

static int integer_from_text(char *s, const char *pointer, json_t **ret_value, struct fault *fault)
{
	long long v;
	char *end;

	remove_spaces(s);
	v = strtoll(s, &end, 10);
	if (*end || end == s || strlen(s) > 17)
		return fault_set(fault, ERR_INVALID, pointer, "This must be a whole number.", NULL);
	*ret_value = json_integer(v);
	return *ret_value ? OK : ERR_NOMEM;
}

/* One value; `s` is trimmed, not empty, and may be changed. */
static int from_text(const struct field *f, char *s, const json_t *vocabularies,
		     const char *pointer, json_t **ret_value, struct fault *fault)
{
	const char *text = s;
	char *comma;

	switch (f->kind) {
	case FIELD_TEXT:
		one_line(s);
		break;
	case FIELD_MARKDOWN:
		lines_to_lf(s);
		break;
	case FIELD_INTEGER:
		return integer_from_text(s, pointer, ret_value, fault);
	case FIELD_DECIMAL:
		remove_spaces(s);
		comma = strchr(s, ',');
		if (comma)
			*comma = '.';
		text = s + (*s == '+');
		break;
	case FIELD_DATE:
		iso_date(s);
		break;
	case FIELD_CODE:
		if (f->vocabulary && vocabularies) {
			text = vocabulary_find(vocabularies, f->vocabulary, s);
			if (!text)
				return fault_set(fault, ERR_INVALID, pointer,
						 "\"%s\" is not one of the choices.", s);
		} else if (!f->vocabulary && identifier_is(f->path)) {
			remove_spaces(s);
			upper(s);
		}
		break;
	default:
		break;
	}
	*ret_value = json_string(text);
	return *ret_value ? OK : ERR_NOMEM;
}

static bool list_has(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

/* Parts between ';' and '|'; empty ones and doubles are dropped. */
static int list_from_text(const struct field *f, char *s, const json_t *vocabularies,
			  const char *pointer, json_t **ret_value, struct fault *fault)
{
	json_t *list = json_array(), *value;
	char *rest = s, *part;
	int err = list ? OK : ERR_NOMEM;

	while (!err && (part = strsep(&rest, ";|"))) {
		part = trim(part);
		if (!*part)
			continue;
		err = from_text(f, part, vocabularies, pointer, &value, fault);
		if (err)
			break;
		if (list_has(list, value))
			json_decref(value);
		else if (json_array_append_new(list, value))
			err = ERR_NOMEM;
	}
	if (!err && json_array_size(list) == 0) {
		json_decref(list);
		list = NULL;
	}
	if (err) {
		json_decref(list);
		return err;
	}
	*ret_value = list;
	return OK;
}

int schema_from_text(const struct field *f, const char *text, const json_t *vocabularies,
		     json_t **ret_value, struct fault *fault)
{
	char pointer[96], *copy, *s;
	json_t *value = NULL;
	int err;

	field_pointer(f->path, pointer, sizeof(pointer));
	err = text_nfc(text, strlen(text), &copy);
	if (err == ERR_INVALID)
		return fault_set(fault, ERR_INVALID, pointer, "This is not well-formed text.",
				 NULL);
	if (err)
		return err;
	s = trim(copy);
	if (*s && f->flags & FIELD_LIST)
		err = list_from_text(f, s, vocabularies, pointer, &value, fault);
	else if (*s)
		err = from_text(f, s, vocabularies, pointer, &value, fault);
	free(copy);
	if (!err && value)
		err = value_check_all(f, value, vocabularies, pointer, fault);
	if (err) {
		json_decref(value);
		return err;
	}
	*ret_value = value;
	return OK;
}

static void value_to_text(const json_t *value, struct buf *out)
{
	if (json_is_string(value))
		buf_add(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_fmt(out, "%lld", (long long)json_integer_value(value));
}

void schema_to_text(const struct field *f, const json_t *value, struct buf *out)
{
	if (!(f->flags & FIELD_LIST)) {
		value_to_text(value, out);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (i)
			buf_str(out, "; ");
		value_to_text(json_array_get(value, i), out);
	}
}
