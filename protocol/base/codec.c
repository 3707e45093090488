#include "protocol/base/codec.h"

#include <string.h>

#include "protocol/base/err.h"

void hex_encode(const uint8_t *in, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

/* Lower case only: a digest has one spelling. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hex_decode(const char *in, size_t len, uint8_t *out, size_t size)
{
	if (len % 2)
		return ERR_INVALID;
	if (len / 2 > size)
		return ERR_LIMIT;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(in[i]) < 0)
			return ERR_INVALID;
	for (size_t i = 0; i < len; i += 2)
		out[i / 2] = (uint8_t)(hex_digit(in[i]) << 4 | hex_digit(in[i + 1]));
	return OK;
}

void base32_encode(const uint8_t *in, size_t len, char *out)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = digits[acc >> (bits - 5) & 31];
	}
	if (bits)
		*out++ = digits[acc << (5 - bits) & 31];
	*out = '\0';
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode64(const uint8_t *in, size_t len, const char *digits, char *out)
{
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = digits[acc >> (bits - 6) & 63];
	}
	if (bits)
		*out++ = digits[acc << (6 - bits) & 63];
	return out;
}

static int digit64(const char *digits, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[62])
		return 62;
	return c == digits[63] ? 63 : -1;
}

/* `len` digits without padding. */
static int decode64(const char *in, size_t len, const char *digits, uint8_t *out, size_t size,
		    size_t *ret_len)
{
	size_t n = len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
	uint32_t acc = 0;
	int bits = 0;

	if (len % 4 == 1)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i++)
		if (digit64(digits, in[i]) < 0)
			return ERR_INVALID;
	/* What the last digit holds beyond the last byte: 4 bits or 2. */
	if (len % 4 && digit64(digits, in[len - 1]) & (len % 4 == 2 ? 15 : 3))
		return ERR_INVALID;
	if (n > size)
		return ERR_LIMIT;
	for (size_t i = 0; i < len; i++) {
		acc = acc << 6 | (uint32_t)digit64(digits, in[i]);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(acc >> bits);
		}
	}
	*ret_len = n;
	return OK;
}

void base64url_encode(const uint8_t *in, size_t len, char *out)
{
	*encode64(in, len, base64url_digits, out) = '\0';
}

int base64url_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len)
{
	return decode64(in, len, base64url_digits, out, size, ret_len);
}

void base64_encode(const uint8_t *in, size_t len, char *out)
{
	out = encode64(in, len, base64_digits, out);
	for (size_t rest = len % 3; rest && rest < 3; rest++)
		*out++ = '=';
	*out = '\0';
}

int base64_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len)
{
	size_t digits = len;

	if (len % 4)
		return ERR_INVALID;
	while (digits && len - digits < 2 && in[digits - 1] == '=')
		digits--;
	return decode64(in, digits, base64_digits, out, size, ret_len);
}

/*
 * Five digits at a time, because 58^5 fits 32 bits: a proof's 64 bytes are decoded in a fraction of
 * a microsecond instead of four, once for every object that comes in.
 */
enum {
	BASE58_BYTES = 128,
	BASE58_CHARS = 180,
	BASE58_GROUP = 5,
	BASE58_UNIT = 58 * 58 * 58 * 58 * 58,
	BASE58_LIMBS = BASE58_CHARS / BASE58_GROUP,
};

static const char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* Value of each character from '1' on, -1 for what is no digit. */
static const int8_t base58_values['z' - '1' + 1] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  -1, -1, -1, -1, -1, -1, -1, 9,  10, 11,
	12, 13, 14, 15, 16, -1, 17, 18, 19, 20, 21, -1, 22, 23, 24, 25, 26, 27, 28,
	29, 30, 31, 32, -1, -1, -1, -1, -1, -1, 33, 34, 35, 36, 37, 38, 39, 40, 41,
	42, 43, -1, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57,
};

/* limbs = limbs * factor + carry, least significant first. The new number of limbs. */
static size_t limbs_multiply(uint32_t *limbs, size_t n, uint32_t factor, uint64_t carry)
{
	for (size_t i = 0; i < n; i++) {
		carry += (uint64_t)limbs[i] * factor;
		limbs[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry)
		limbs[n++] = (uint32_t)carry;
	return n;
}

int base58_encode(const uint8_t *in, size_t len, char *out, size_t size)
{
	uint32_t limbs[BASE58_LIMBS]; /* to base 58^5, least significant first */
	char digits[BASE58_CHARS];
	size_t zeros = 0, n = 0, first = BASE58_CHARS;

	if (len > BASE58_BYTES)
		return ERR_LIMIT;
	while (zeros < len && !in[zeros])
		zeros++;
	for (size_t i = zeros; i < len; i++) {
		uint64_t carry = in[i];
		int shift = 8;

		/* Single bytes until the rest is a multiple of four. */

		if ((len - i) % 4 == 0) {
			carry = be32_get(in + i);
			shift = 32;
			i += 3;
		}
		for (size_t j = 0; j < n; j++) {
			carry += (uint64_t)limbs[j] << shift;
			limbs[j] = (uint32_t)(carry % BASE58_UNIT);
			carry /= BASE58_UNIT;
		}
		for (; carry; carry /= BASE58_UNIT)
			limbs[n++] = (uint32_t)(carry % BASE58_UNIT);
	}
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < BASE58_GROUP; k++) {
			digits[--first] = base58_digits[limbs[i] % 58];
			limbs[i] /= 58;
		}
	while (first < BASE58_CHARS && digits[first] == '1')
		first++;
	n = BASE58_CHARS - first;
	if (zeros + n + 1 > size)
		return ERR_LIMIT;
	memset(out, '1', zeros);
	memcpy(out + zeros, digits + first, n);
	out[zeros + n] = '\0';
	return OK;
}

int base58_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len)
{
	uint32_t limbs[BASE58_LIMBS];
	uint8_t bytes[4 * BASE58_LIMBS];
	size_t zeros = 0, n = 0, first = 0;

	if (len > BASE58_CHARS)
		return ERR_LIMIT;
	while (zeros < len && in[zeros] == '1')
		zeros++;
	for (size_t i = zeros; i < len;) {
		uint32_t factor = 1, group = 0;

		for (int k = 0; k < BASE58_GROUP && i < len; k++, i++) {
			int value = in[i] < '1' || in[i] > 'z' ? -1 : base58_values[in[i] - '1'];

			if (value < 0)
				return ERR_INVALID;
			group = group * 58 + (uint32_t)value;
			factor *= 58;
		}
		n = limbs_multiply(limbs, n, factor, group);
	}
	for (size_t i = 0; i < n; i++)
		be32_put(bytes + 4 * (n - 1 - i), limbs[i]);
	while (first < 4 * n && !bytes[first])
		first++;
	if (zeros + 4 * n - first > size)
		return ERR_LIMIT;
	memset(out, 0, zeros);
	memcpy(out + zeros, bytes + first, 4 * n - first);
	*ret_len = zeros + 4 * n - first;
	return OK;
}
