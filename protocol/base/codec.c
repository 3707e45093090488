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

enum { BASE58_BYTES = 128, BASE58_CHARS = 180 };

static const char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

int base58_encode(const uint8_t *in, size_t len, char *out, size_t size)
{
	uint8_t digits[BASE58_CHARS]; /* least significant first */
	size_t zeros = 0, n = 0;

	if (len > BASE58_BYTES)
		return ERR_LIMIT;
	while (zeros < len && !in[zeros])
		zeros++;
	for (size_t i = zeros; i < len; i++) {
		uint32_t carry = in[i];

		for (size_t j = 0; j < n; j++) {
			carry += (uint32_t)digits[j] << 8;
			digits[j] = (uint8_t)(carry % 58);
			carry /= 58;
		}
		for (; carry; carry /= 58)
			digits[n++] = (uint8_t)(carry % 58);
	}
	if (zeros + n + 1 > size)
		return ERR_LIMIT;
	memset(out, '1', zeros);
	for (size_t i = 0; i < n; i++)
		out[zeros + i] = base58_digits[digits[n - 1 - i]];
	out[zeros + n] = '\0';
	return OK;
}

int base58_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len)
{
	uint8_t bytes[BASE58_BYTES + 8]; /* least significant first */
	size_t zeros = 0, n = 0;

	if (len > BASE58_CHARS)
		return ERR_LIMIT;
	while (zeros < len && in[zeros] == '1')
		zeros++;
	for (size_t i = zeros; i < len; i++) {
		const char *digit = in[i] ? strchr(base58_digits, in[i]) : NULL;
		uint32_t carry;

		if (!digit)
			return ERR_INVALID;
		carry = (uint32_t)(digit - base58_digits);
		for (size_t j = 0; j < n; j++) {
			carry += bytes[j] * 58u;
			bytes[j] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			bytes[n++] = (uint8_t)carry;
	}
	if (zeros + n > size)
		return ERR_LIMIT;
	memset(out, 0, zeros);
	for (size_t i = 0; i < n; i++)
		out[zeros + i] = bytes[n - 1 - i];
	*ret_len = zeros + n;
	return OK;
}
