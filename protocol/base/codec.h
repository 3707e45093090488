/*
 * Text encodings of bytes, and big-endian integers.
 * Sources: RFC 4648 (base32, base64url, hex), base58btc as in draft-msporny-base58-03.
 * Encoders write a NUL.  Decoders are strict: foreign characters, wrong padding and non-zero
 * trailing bits are ERR_INVALID, too small an output is ERR_LIMIT.
 */
#ifndef MAILLAGE_BASE_CODEC_H
#define MAILLAGE_BASE_CODEC_H

#include <stddef.h>
#include <stdint.h>

void hex_encode(const uint8_t *in, size_t len, char *out);	/* out[2 * len + 1], lower case */
int hex_decode(const char *in, size_t len, uint8_t *out, size_t size);	/* len / 2 bytes */

/* Lower-case base32 without padding, alphabet a-z2-7. out[(8 * len + 4) / 5 + 1]. */
void base32_encode(const uint8_t *in, size_t len, char *out);

/* base64url without padding, out[4 * ((len + 2) / 3) + 1]. */
void base64url_encode(const uint8_t *in, size_t len, char *out);
int base64url_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len);
/* base64 with padding (RFC 9421 and RFC 9530 byte sequences). */
void base64_encode(const uint8_t *in, size_t len, char *out);
int base64_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len);

/* len <= 128 bytes in, at most 180 characters out. */
int base58_encode(const uint8_t *in, size_t len, char *out, size_t size);
int base58_decode(const char *in, size_t len, uint8_t *out, size_t size, size_t *ret_len);

static inline void be16_put(uint8_t *p, uint16_t v) { p[0] = v >> 8; p[1] = v; }
static inline void be32_put(uint8_t *p, uint32_t v) { be16_put(p, v >> 16); be16_put(p + 2, v); }
static inline void be64_put(uint8_t *p, uint64_t v) { be32_put(p, v >> 32); be32_put(p + 4, v); }
static inline uint16_t be16_get(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t be32_get(const uint8_t *p)
{
	return (uint32_t)be16_get(p) << 16 | be16_get(p + 2);
}
static inline uint64_t be64_get(const uint8_t *p)
{
	return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}

#endif
