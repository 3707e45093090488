/*
 * One step through UTF-8 (RFC 3629: shortest form only, no surrogates, at most U+10FFFF).
 */
#ifndef MAILLAGE_BASE_UTF8_H
#define MAILLAGE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Length in bytes of the character at s, of which `left` > 0 bytes may be read; 0 if malformed. */
static inline size_t utf8_step(const uint8_t *s, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return left >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		if (s[0] == 0xe0)
			low = 0xa0;
		else if (s[0] == 0xed)
			high = 0x9f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		if (s[0] == 0xf0)
			low = 0x90;
		else if (s[0] == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (left < n || s[1] < low || s[1] > high || (s[2] & 0xc0) != 0x80)
		return 0;
	return n == 3 || (s[3] & 0xc0) == 0x80 ? n : 0;
}

/* The code point of a well-formed character of n bytes. */
static inline int32_t utf8_get(const uint8_t *s, size_t n)
{
	switch (n) {
	case 1:
		return s[0];
	case 2:
		return (s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	case 3:
		return (s[0] & 0x0f) << 12 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	default:
		return (s[0] & 0x07) << 18 | (s[1] & 0x3f) << 12 | (s[2] & 0x3f) << 6 |
		       (s[3] & 0x3f);
	}
}

/* Write one code point (not a surrogate) to out[4]; its length in bytes. */
static inline size_t utf8_put(int32_t cp, uint8_t *out)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

/* Eight bytes at once, for loops that look at the common case of plain ASCII first. */
static inline uint64_t utf8_load8(const uint8_t *s)
{
	uint64_t v;

	memcpy(&v, s, sizeof(v));
	return v;
}

/* Whether any byte of v is zero (exact as a whole, not per byte). */
static inline int utf8_has_zero(uint64_t v)
{
	return ((v - 0x0101010101010101u) & ~v & 0x8080808080808080u) != 0;
}

/*
 * How many bytes from s on stand for themselves in a JSON string: neither '"' nor '\\' nor control
 * characters (RFC 8259 section 7).  Malformed UTF-8 and U+0000 stop it too.
 */
static inline size_t utf8_json_plain(const uint8_t *s, size_t len)
{
	const uint8_t *p = s, *end = s + len;

	for (;;) {
		size_t n;

		while (end - p >= 8) {
			uint64_t v = utf8_load8(p);

			if ((v & 0x8080808080808080u) || utf8_has_zero(v ^ 0x2222222222222222u) ||
			    utf8_has_zero(v ^ 0x5c5c5c5c5c5c5c5cu) ||
			    utf8_has_zero(v & 0xe0e0e0e0e0e0e0e0u))
				break;
			p += 8;
		}
		if (p == end || *p < 0x20 || *p == '"' || *p == '\\')
			break;
		n = utf8_step(p, (size_t)(end - p));
		if (!n)
			break;
		p += n;
	}
	return (size_t)(p - s);
}

#endif
