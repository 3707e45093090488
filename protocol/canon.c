/* SHA256_Update and its kin are deprecated in favour of EVP, see digest_bytes. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "protocol/canon.h"

#include <math.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/base/utf8.h"

enum { MEMBERS_INLINE = 32 }; /* members sorted on the stack; larger objects take one malloc */

/* One member waiting for its turn. */
struct member {
	uint64_t order; /* first eight bytes of the name, as big-endian sort key */
	const char *name;
	size_t len;
	json_t *value;
};

/* The member to leave out or to mark, of the outermost object only. */
struct special {
	const char *name;
	bool leave_out;
	size_t at, len;
};

static int write_value(const json_t *v, struct buf *out, int depth);

/*
 * RFC 8785 sorts names by UTF-16 code units.  That is the order of UTF-8 bytes, except that
 * U+E000 to U+FFFF (lead bytes ee, ef) come after the surrogates of everything above (f0 to f4):
 * swap those two groups and bytes compare right.
 */
static inline uint8_t utf16_weight(uint8_t c)
{
	if (c < 0xee)
		return c;
	return c < 0xf0 ? (uint8_t)(c + 5) : (uint8_t)(c - 2);
}

static uint64_t name_order(const char *name, size_t len)
{
	uint8_t first[8] = {0};
	uint64_t v;

	memcpy(first, name, len < 8 ? len : 8);
	v = utf8_load8(first);
	if (v & 0x8080808080808080u)
		for (int i = 0; i < 8; i++)
			first[i] = utf16_weight(first[i]);
	return be64_get(first);
}

static int member_compare(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	size_t n = a->len < b->len ? a->len : b->len;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	for (size_t i = 8; i < n; i++)
		if (a->name[i] != b->name[i])
			return utf16_weight((uint8_t)a->name[i]) < utf16_weight((uint8_t)b->name[i])
				       ? -1
				       : 1;
	return a->len < b->len ? -1 : a->len > b->len;
}

/* What is read was mostly written in order: then insertion is one pass. */
static void members_sort(struct member *m, size_t n)
{
	if (n > MEMBERS_INLINE) {
		qsort(m, n, sizeof(*m), member_compare);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct member moving = m[i];
		size_t j = i;

		for (; j && member_compare(&moving, &m[j - 1]) < 0; j--)
			m[j] = m[j - 1];
		m[j] = moving;
	}
}

/* RFC 8785 section 3.2.2.2. */
static int write_escape(uint8_t c, struct buf *out)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = c ? strchr(from, c) : NULL;
	char text[2] = "\\";

	if (found) {
		text[1] = to[found - from];
		buf_add(out, text, 2);
	} else if (c && c < 0x20) {
		buf_fmt(out, "\\u%04x", c);
	} else {
		return ERR_INVALID;
	}
	return OK;
}

static int write_string(const char *s, size_t len, struct buf *out)
{
	size_t run = utf8_json_plain((const uint8_t *)s, len);
	char *p;

	if (run == len) {
		p = buf_room(out, len + 2);
		if (!p)
			return out->err;
		*p++ = '"';
		memcpy(p, s, len);
		p[len] = '"';
		p[len + 1] = '\0';
		out->len += len + 2;
		return OK;
	}
	buf_char(out, '"');
	for (;;) {
		buf_add(out, s, run);
		s += run;
		len -= run;
		if (!len)
			break;
		if (write_escape((uint8_t)*s, out))
			return ERR_INVALID;
		s++;
		len--;
		run = utf8_json_plain((const uint8_t *)s, len);
	}
	buf_char(out, '"');
	return out->err;
}

static int write_members(const struct member *m, size_t n, struct buf *out, int depth,
			 struct special *special)
{
	bool first = true;
	int err;

	buf_char(out, '{');
	for (size_t i = 0; i < n; i++) {
		bool is_special = special && !strcmp(m[i].name, special->name);
		size_t at = out->len;

		if (is_special && special->leave_out)
			continue;
		if (!first)
			buf_char(out, ',');
		err = write_string(m[i].name, m[i].len, out);
		if (err)
			return err;
		buf_char(out, ':');
		err = write_value(m[i].value, out, depth);
		if (err)
			return err;
		if (is_special) {
			/* The first member takes its comma from the next one, when there is one. */
			special->at = at;
			special->len = out->len - at + (first && i + 1 < n);
		}
		first = false;
	}
	buf_char(out, '}');
	return out->err;
}

static int write_object(const json_t *object, struct buf *out, int depth, struct special *special)
{
	struct member on_stack[MEMBERS_INLINE], *m = on_stack;
	json_t *o = (json_t *)object; /* jansson's iterators know no const */
	size_t n = json_object_size(object), i = 0;
	int err;

	if (n > MEMBERS_INLINE) {
		m = malloc(n * sizeof(*m));
		if (!m)
			return ERR_NOMEM;
	}
	for (void *it = json_object_iter(o); it && i < n; it = json_object_iter_next(o, it), i++) {
		m[i].name = json_object_iter_key(it);
		m[i].len = json_object_iter_key_len(it);
		m[i].value = json_object_iter_value(it);
		m[i].order = name_order(m[i].name, m[i].len);
	}
	members_sort(m, i);
	err = write_members(m, i, out, depth, special);
	if (m != on_stack)
		free(m);
	return err;
}

static int write_array(const json_t *array, struct buf *out, int depth)
{
	size_t n = json_array_size(array);
	int err;

	buf_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(out, ',');
		err = write_value(json_array_get(array, i), out, depth);
		if (err)
			return err;
	}
	buf_char(out, ']');
	return out->err;
}

static int write_integer(int64_t v, struct buf *out)
{
	char text[24], *p = text + sizeof(text);
	uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;

	/* A larger one is no double, so other implementations would write other digits. */
	if (left > 9007199254740991)
		return ERR_INVALID;
	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		*--p = '-';
	buf_add(out, p, (size_t)(text + sizeof(text) - p));
	return out->err;
}

/* `depth` is the number of objects and arrays around v. */
static int write_value(const json_t *v, struct buf *out, int depth)
{
	char number[32];

	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_OBJECT:
		return depth < CANON_DEPTH ? write_object(v, out, depth + 1, NULL) : ERR_INVALID;
	case JSON_ARRAY:
		return depth < CANON_DEPTH ? write_array(v, out, depth + 1) : ERR_INVALID;
	case JSON_STRING:
		return write_string(json_string_value(v), json_string_length(v), out);
	case JSON_INTEGER:
		return write_integer(json_integer_value(v), out);
	case JSON_REAL:
		if (canon_number(json_real_value(v), number))
			return ERR_INVALID;
		buf_str(out, number);
		break;
	case JSON_TRUE:
		buf_add(out, "true", 4);
		break;
	case JSON_FALSE:
		buf_add(out, "false", 5);
		break;
	case JSON_NULL:
		buf_add(out, "null", 4);
		break;
	}
	return out->err;
}

int canon_write(const json_t *doc, struct buf *out)
{
	return write_value(doc, out, 0);
}

int canon_write_without(const json_t *doc, const char *without, struct buf *out)
{
	struct special special = {.name = without, .leave_out = true};

	if (!json_is_object(doc))
		return ERR_INVALID;
	return write_object(doc, out, 1, &special);
}

int canon_write_mark(const json_t *doc, const char *name, struct buf *out, size_t *ret_at,
		     size_t *ret_len)
{
	struct special special = {.name = name};
	int err;

	if (!json_is_object(doc))
		return ERR_INVALID;
	err = write_object(doc, out, 1, &special);
	if (err)
		return err;
	*ret_at = special.at;
	*ret_len = special.len;
	return OK;
}

/* A decimal: 0.d1 d2 ... dk times 10^n, as ECMA-262 counts n. */
struct decimal {
	char digits[20];
	int k, n;
};

/* The decimal of k digits nearest to v > 0. */
static void decimal_nearest(struct decimal *d, double v, int k)
{
	char text[40];
	char *exponent;

	snprintf(text, sizeof(text), "%.*e", k - 1, v);
	exponent = strchr(text, 'e');
	d->k = 0;
	/* Digits only: the decimal point is a comma in some locales. */
	for (const char *p = text; p < exponent; p++)
		if (*p >= '0' && *p <= '9')
			d->digits[d->k++] = *p;
	d->digits[d->k] = '\0';
	d->n = atoi(exponent + 1) + 1;
}

/* The next larger decimal of as many digits. */
static void decimal_next(struct decimal *d)
{
	int i = d->k - 1;

	while (i >= 0 && d->digits[i] == '9')
		d->digits[i--] = '0';
	if (i >= 0) {
		d->digits[i]++;
	} else {
		d->digits[0] = '1';
		d->n++;
	}
}

static bool decimal_is(const struct decimal *d, double v)
{
	char text[40];

	/* Without a decimal point, so that the locale has no say. */
	snprintf(text, sizeof(text), "%se%d", d->digits, d->n - d->k);
	return strtod(text, NULL) == v;
}

/*
 * Fewest digits that read back as v, and of those the nearest to v.  Above a power of two the
 * doubles lie twice as far apart as below: there the nearest decimal may fall outside what reads
 * back as v while the next larger one, further away, is inside.
 */
static void decimal_shortest(struct decimal *d, double v)
{
	for (int k = 1; k <= 17; k++) {
		decimal_nearest(d, v, k);
		if (decimal_is(d, v))
			return;
		decimal_next(d);
		if (decimal_is(d, v))
			return;
	}
}

int canon_number(double v, char out[32])
{
	struct decimal d;
	const char *sign = v < 0 ? "-" : "";

	if (!isfinite(v))
		return ERR_INVALID;
	if (fabs(v) < 9007199254740992.0 && v == (double)(int64_t)v) {
		snprintf(out, 32, "%lld", (long long)v);
		return OK;
	}
	decimal_shortest(&d, fabs(v));
	if (d.k <= d.n && d.n <= 21)
		snprintf(out, 32, "%s%s%.*s", sign, d.digits, d.n - d.k, "000000000000000000000");
	else if (d.n > 0 && d.n <= 21)
		snprintf(out, 32, "%s%.*s.%s", sign, d.n, d.digits, d.digits + d.n);
	else if (d.n > -6 && d.n <= 0)
		snprintf(out, 32, "%s0.%.*s%s", sign, -d.n, "000000", d.digits);
	else
		snprintf(out, 32, "%s%c%s%.16se%+hd", sign, d.digits[0], d.k > 1 ? "." : "",
			 d.digits + 1, (short)(d.n - 1));
	return OK;
}

/*
 * OpenSSL's low-level calls: for 1 KB they take 0.56 us here, SHA256() and EVP with its algorithm
 * look-up 0.76 (0.18 against 0.38 for a proof's 300 bytes), libsodium 2.4.
 */
void digest_without(const void *data, size_t len, size_t cut_at, size_t cut_len, uint8_t ret[32])
{
	const uint8_t *p = data;
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, p, cut_at);
	SHA256_Update(&ctx, p + cut_at + cut_len, len - cut_at - cut_len);
	SHA256_Final(ret, &ctx);
}

void digest_bytes(const void *data, size_t len, uint8_t ret[32])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, data, len);
	SHA256_Final(ret, &ctx);
}

void digest_text(const uint8_t digest[32], char out[DIGEST_TEXT])
{
	memcpy(out, "sha256:", 7);
	hex_encode(digest, 32, out + 7);
}

int digest_parse(const char *text, uint8_t ret[32])
{
	if (strlen(text) != 7 + 64 || memcmp(text, "sha256:", 7))
		return ERR_INVALID;
	return hex_decode(text + 7, 64, ret, 32);
}
