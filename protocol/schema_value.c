#include "protocol/schema_value.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/text.h"
#include "protocol/base/time.h"
#include "protocol/limits.h"
#include "protocol/object.h"
#include "protocol/types/types.h"
#include "protocol/vocabulary.h"

static const int64_t integer_max = 9007199254740991; /* 2^53 - 1 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

/* C0 and C1 controls, DEL, the line and paragraph separators: what no line of text holds. */
static bool has_control(const char *s, bool lines)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (lines && (*p == '\n' || *p == '\t'))
			continue;
		if (*p < 0x20 || *p == 0x7f)
			return true;
		if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			return true;
		if (!lines && *p == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
			return true;
	}
	return false;
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\n")] == '\0';
}

static int check_length(const char *s, size_t max, const char *pointer, struct fault *fault)
{
	char number[24];

	if (text_length(s) <= max)
		return OK;
	snprintf(number, sizeof(number), "%zu", max);
	return fault_set(fault, ERR_INVALID, pointer, "This is longer than %s characters.", number);
}

/* Luhn's check (ISO/IEC 7812-1, annex B) over a string of digits. */
static bool luhn(const char *s, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		int d = s[n - 1 - i] - '0';

		if (i % 2)
			d = d > 4 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return sum % 10 == 0;
}

bool identifier_cog(const char *s)
{
	return is_digit(s[0]) && (is_digit(s[1]) || s[1] == 'A' || s[1] == 'B') &&
	       count_digits(s + 2) == 3 && !s[5];
}

bool identifier_siren(const char *s)
{
	return count_digits(s) == 9 && !s[9] && strcmp(s, "000000000") != 0 && luhn(s, 9);
}

bool identifier_siret(const char *s)
{
	int sum = 0;

	if (count_digits(s) != 14 || s[14] || !strncmp(s, "000000000", 9) || !luhn(s, 9))
		return false;
	if (luhn(s, 14))
		return true;
	/* La Poste has more sites than Luhn numbers: its digits sum to a multiple of 5. */
	for (size_t i = 0; i < 14; i++)
		sum += s[i] - '0';
	return !strncmp(s, "356000000", 9) && sum % 5 == 0;
}

bool identifier_rna(const char *s)
{
	size_t n = 0;

	if (*s++ != 'W')
		return false;
	while (is_digit(s[n]) || (s[n] >= 'A' && s[n] <= 'Z'))
		n++;
	return n == 9 && !s[n];
}

static const struct identifier {
	const char *name; /* last part of the path */
	bool (*valid)(const char *);
	const char *key;
} identifiers[] = {
	{"cog", identifier_cog,
	 N_("This is no commune code: five characters such as 2A004 or 97411.")},
	{"siren", identifier_siren,
	 N_("This is no SIREN number: nine digits, of which the last checks the others.")},
	{"siret", identifier_siret,
	 N_("This is no SIRET number: fourteen digits, of which the last checks the others.")},
	{"rna", identifier_rna, N_("This is no RNA number: W and nine digits or capital letters.")},
};

static const struct identifier *identifier(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; i < sizeof(identifiers) / sizeof(identifiers[0]); i++)
		if (!strcmp(dot ? dot + 1 : path, identifiers[i].name))
			return &identifiers[i];
	return NULL;
}

bool identifier_is(const char *path)
{
	return identifier(path) != NULL;
}

static int check_code(const struct field *f, const char *s, const json_t *vocabularies,
		      const char *pointer, struct fault *fault)
{
	const struct identifier *known = f->vocabulary ? NULL : identifier(f->path);

	if (known)
		return known->valid(s) ? OK
				       : fault_set(fault, ERR_INVALID, pointer, known->key, NULL);
	for (const char *p = s; *p; p++)
		if (!is_alnum(*p) && !strchr("_.-", *p))
			return fault_set(fault, ERR_INVALID, pointer, "\"%s\" is no code.", s);
	if (f->vocabulary && vocabularies && !vocabulary_has(vocabularies, f->vocabulary, s))
		return fault_set(fault, ERR_INVALID, pointer, "\"%s\" is not one of the choices.",
				 s);
	return OK;
}

/* -90.0 to 90.0 in the shape of DESIGN.md: no exponent, no leading zeros, at most 9 decimals. */
static bool decimal_shape(const char *s)
{
	size_t n;

	if (*s == '-')
		s++;
	n = count_digits(s);
	if (n == 0 || n > 9 || (n > 1 && *s == '0'))
		return false;
	s += n;
	if (!*s)
		return true;
	n = *s == '.' ? count_digits(s + 1) : 0;
	return n >= 1 && n <= 9 && !s[1 + n];
}

/* |s| <= limit for a decimal of good shape and a whole limit. */
static bool decimal_within(const char *s, int limit)
{
	int whole = 0;

	if (*s == '-')
		s++;
	while (is_digit(*s))
		whole = whole * 10 + (*s++ - '0');
	return whole < limit || (whole == limit && s[strspn(s, ".0")] == '\0');
}

static int check_decimal(const struct field *f, const char *s, const char *pointer,
			 struct fault *fault)
{
	int limit = f->index == INDEX_LATITUDE ? 90 : f->index == INDEX_LONGITUDE ? 180 : 0;

	if (!decimal_shape(s))
		return fault_set(fault, ERR_INVALID, pointer,
				 "\"%s\" is no decimal number such as 48.8584.", s);
	if (s[0] == '-' && s[strspn(s, "-.0")] == '\0')
		return fault_set(fault, ERR_INVALID, pointer, "Zero has no sign.", NULL);
	if (limit == 90 && !decimal_within(s, limit))
		return fault_set(fault, ERR_INVALID, pointer,
				 "A latitude lies between -90 and 90 degrees.", NULL);
	if (limit == 180 && !decimal_within(s, limit))
		return fault_set(fault, ERR_INVALID, pointer,
				 "A longitude lies between -180 and 180 degrees.", NULL);
	return OK;
}

/* What may not stand in an address unescaped (RFC 3986; letters beyond ASCII are let through). */
static bool uri_chars(const char *s)
{
	if (has_control(s, false))
		return false;
	return !s[strcspn(s, " \"<>\\^`{|}")];
}

static bool uri_valid(const char *s)
{
	size_t host;

	if (!uri_chars(s))
		return false;
	if (!strncasecmp(s, "mailto:", 7))
		return strchr(s + 7, '@') != NULL;
	if (!strncasecmp(s, "tel:", 4))
		return s[4] && !s[4 + strspn(s + 4, "+0123456789().-;=abcdefghijklmnopqrstuvwxyz")];
	if (!strncasecmp(s, "https://", 8))
		s += 8;
	else if (!strncasecmp(s, "http://", 7))
		s += 7;
	else
		return false;
	host = strcspn(s, "/?#");
	/* A name before the host only serves to mislead the reader. */
	return host > 0 && *s != ':' && !memchr(s, '@', host);
}

static int check_uri(const char *s, const char *pointer, struct fault *fault)
{
	if (uri_valid(s))
		return OK;
	return fault_set(fault, ERR_INVALID, pointer,
			 "An address starts with https://, http://, mailto: or tel: and holds no "
			 "spaces.",
			 NULL);
}

/* Plausible, not proven: only a message that arrives proves an address (RFC 5321). */
static bool email_valid(const char *s)
{
	const char *at = strrchr(s, '@'), *label;

	if (!at || at == s || at - s > 64 || has_control(s, false) ||
	    s[strcspn(s, " \"<>(),;:\\[]")] || memchr(s, '@', at - s))
		return false;
	if (s[0] == '.' || at[-1] == '.' || strstr(s, "..") || !strchr(at, '.'))
		return false;
	for (label = at + 1; *label;) {
		size_t n = strcspn(label, ".");

		if (n == 0 || n > 63 || label[0] == '-' || label[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++)
			if (!is_alnum(label[i]) && label[i] != '-' && !(label[i] & 0x80))
				return false;
		label += n;
		if (*label == '.' && !*++label)
			return false;
	}
	return true;
}

static bool date_valid(const char *s)
{
	char text[32];
	int64_t t;
	int offset;

	if (strlen(s) != 10)
		return false;
	snprintf(text, sizeof(text), "%sT00:00Z", s);
	return time_parse_offset(text, &t, &offset) == OK;
}

/* Area/Location[/Sub] as tz names are made (theory file of tz, section Timezone identifiers). */
static bool zone_valid(const char *s)
{
	int parts = 1;

	if (!is_alnum(s[0]) || is_digit(s[0]))
		return false;
	for (size_t i = 0; s[i]; i++) {
		if (s[i] == '/') {
			if (++parts > 3 || !is_alnum(s[i + 1]))
				return false;
		} else if (!is_alnum(s[i]) && !strchr("_+-", s[i])) {
			return false;
		}
	}
	return true;
}

static int check_text(const struct field *f, const char *s, const json_t *vocabularies,
		      const char *pointer, struct fault *fault)
{
	int64_t t;
	int offset;

	switch (f->kind) {
	case FIELD_TEXT:
		if (has_control(s, false))
			return fault_set(fault, ERR_INVALID, pointer,
					 "This must be one line without control characters.", NULL);
		return OK;
	case FIELD_MARKDOWN:
		if (has_control(s, true))
			return fault_set(fault, ERR_INVALID, pointer,
					 "This holds control characters.", NULL);
		if (strlen(s) > FIELD_BODY)
			return fault_set(fault, ERR_INVALID, pointer,
					 "This text is too long: 32 KiB is the most.", NULL);
		return OK;
	case FIELD_URI:
		return check_uri(s, pointer, fault);
	case FIELD_EMAIL:
		return email_valid(s) ? OK
				      : fault_set(fault, ERR_INVALID, pointer,
						  "\"%s\" is no e-mail address.", s);
	case FIELD_DECIMAL:
		return check_decimal(f, s, pointer, fault);
	case FIELD_DATE:
		return date_valid(s) ? OK
				     : fault_set(fault, ERR_INVALID, pointer,
						 "\"%s\" is no date such as 2026-11-22.", s);
	case FIELD_DATETIME:
		return time_parse_offset(s, &t, &offset) == OK
			       ? OK
			       : fault_set(fault, ERR_INVALID, pointer,
					   "\"%s\" is no date and time with its offset, such as "
					   "2026-11-22T14:30+01:00.",
					   s);
	case FIELD_ZONE:
		return zone_valid(s) ? OK
				     : fault_set(fault, ERR_INVALID, pointer,
						 "\"%s\" is no time zone such as Europe/Paris.", s);
	case FIELD_CODE:
		return check_code(f, s, vocabularies, pointer, fault);
	case FIELD_REF:
		return object_id_valid(s) ? OK
					  : fault_set(fault, ERR_INVALID, pointer,
						      "\"%s\" is no address of a record.", s);
	case FIELD_INTEGER:
		break;
	}
	return ERR_INTERNAL;
}

static int check_integer(const struct field *f, const json_t *v, const char *pointer,
			 struct fault *fault)
{
	int64_t max = f->max ? (int64_t)f->max : integer_max;
	char number[24];

	if (!json_is_integer(v))
		return fault_set(fault, ERR_INVALID, pointer, "This must be a whole number.", NULL);
	if (json_integer_value(v) < 0)
		return fault_set(fault, ERR_INVALID, pointer, "This must not be negative.", NULL);
	if (json_integer_value(v) <= max)
		return OK;
	snprintf(number, sizeof(number), "%lld", (long long)max);
	return fault_set(fault, ERR_INVALID, pointer, "This is more than %s.", number);
}

int value_check(const struct field *f, const json_t *v, const json_t *vocabularies,
		const char *pointer, struct fault *fault)
{
	size_t max = f->flags & FIELD_LIST || !f->max ? FIELD_LINE : f->max;
	const char *s;
	int err;

	if (f->kind == FIELD_INTEGER)
		return check_integer(f, v, pointer, fault);
	s = json_string_value(v);
	if (!s)
		return fault_set(fault, ERR_INVALID, pointer, "This must be text.", NULL);
	if (strlen(s) != json_string_length(v) || !text_valid(s, json_string_length(v)))
		return fault_set(fault, ERR_INVALID, pointer, "This is not well-formed text.",
				 NULL);
	if (is_blank(s))
		return fault_set(fault, ERR_INVALID, pointer,
				 "This is empty: leave the field out instead.", NULL);
	err = check_length(s, max, pointer, fault);
	if (!err)
		err = check_text(f, s, vocabularies, pointer, fault);
	return err;
}

int value_check_all(const struct field *f, const json_t *v, const json_t *vocabularies,
		    const char *pointer, struct fault *fault)
{
	size_t n, max = f->max && f->max < FIELD_VALUES ? f->max : FIELD_VALUES;
	char at[192];
	int err;

	if (!(f->flags & FIELD_LIST))
		return value_check(f, v, vocabularies, pointer, fault);
	if (!json_is_array(v))
		return fault_set(fault, ERR_INVALID, pointer, "This must be a list.", NULL);
	n = json_array_size(v);
	if (n == 0)
		return fault_set(fault, ERR_INVALID, pointer,
				 "This is empty: leave the field out instead.", NULL);
	if (n > max) {
		snprintf(at, sizeof(at), "%zu", max);
		return fault_set(fault, ERR_INVALID, pointer, "This list is longer than %s.", at);
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(at, sizeof(at), "%s/%zu", pointer, i);
		err = value_check(f, json_array_get(v, i), vocabularies, at, fault);
		if (err)
			return err;
		for (size_t j = 0; j < i; j++)
			if (json_equal(json_array_get(v, i), json_array_get(v, j)))
				return fault_set(fault, ERR_INVALID, at, "This is given twice.",
						 NULL);
	}
	return OK;
}

/* A date is compared as its first instant in UTC, which orders dates among themselves. */
static int instant(const json_t *doc, const char *path, int64_t *ret_t)
{
	const char *s = json_string_value(schema_get(doc, path));
	char text[32];
	int offset;

	if (!s)
		return ERR_NOTFOUND;
	if (strlen(s) == 10) {
		snprintf(text, sizeof(text), "%sT00:00Z", s);
		s = text;
	}
	return time_parse_offset(s, ret_t, &offset);
}

int value_check_order(const json_t *doc, const char *from, const char *to, const char *key,
		      struct fault *fault)
{
	char pointer[64];
	int64_t a, b;

	if (instant(doc, from, &a) || instant(doc, to, &b) || a <= b)
		return OK;
	field_pointer(to, pointer, sizeof(pointer));
	return fault_set(fault, ERR_INVALID, pointer, key, NULL);
}

void field_pointer(const char *path, char *out, size_t size)
{
	snprintf(out, size, "/%s", path);
	for (; *out; out++)
		if (*out == '.')
			*out = '/';
}
