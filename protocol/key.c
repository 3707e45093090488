#include "protocol/key.h"

#include <sodium.h>
#include <string.h>

#include "protocol/base/codec.h"

/* Multicodec prefixes, as varints: what kind of key the 32 bytes are. */
static const uint8_t ed25519_pub[2] = {0xed, 0x01};
static const uint8_t x25519_pub[2] = {0xec, 0x01};
static const uint8_t ed25519_priv[2] = {0x80, 0x26};

int key_library_init(void)
{
	return sodium_init() < 0 ? ERR_INTERNAL : OK;
}

void key_from_seed(struct key *k, const uint8_t seed[32])
{
	memmove(k->seed, seed, 32);
	crypto_sign_seed_keypair(k->pub, k->secret, k->seed);
	k->has_secret = 1;
}

void key_done(struct key *k)
{
	sodium_memzero(k, sizeof(*k));
}

/* 34 bytes make 47 or 48 characters: always less than `size`. */
static void multikey_format(const uint8_t prefix[2], const uint8_t bytes[32], char *out,
			    size_t size)
{
	uint8_t raw[34];

	memcpy(raw, prefix, 2);
	memcpy(raw + 2, bytes, 32);
	out[0] = 'z'; /* multibase: base58btc */
	base58_encode(raw, sizeof(raw), out + 1, size - 1);
	sodium_memzero(raw, sizeof(raw));
}

static int multikey_parse(const uint8_t prefix[2], const char *text, uint8_t ret[32])
{
	uint8_t raw[34];
	size_t len;
	int err = ERR_INVALID;

	if (text[0] == 'z' && strlen(text) < KEY_TEXT &&
	    !base58_decode(text + 1, strlen(text + 1), raw, sizeof(raw), &len) &&
	    len == sizeof(raw) && !memcmp(raw, prefix, 2)) {
		memcpy(ret, raw + 2, 32);
		err = OK;
	}
	sodium_memzero(raw, sizeof(raw));
	return err;
}

void key_format(const uint8_t pub[32], char out[KEY_TEXT])
{
	multikey_format(ed25519_pub, pub, out, KEY_TEXT);
}

int key_parse(const char *multikey, uint8_t ret_pub[32])
{
	return multikey_parse(ed25519_pub, multikey, ret_pub);
}

void key_format_x25519(const uint8_t pub[32], char out[KEY_TEXT])
{
	multikey_format(x25519_pub, pub, out, KEY_TEXT);
}

int key_parse_x25519(const char *multikey, uint8_t ret_pub[32])
{
	return multikey_parse(x25519_pub, multikey, ret_pub);
}

int key_secret_format(const struct key *k, char out[KEY_SECRET_TEXT])
{
	if (!k->has_secret)
		return ERR_NOTFOUND;
	multikey_format(ed25519_priv, k->seed, out, KEY_SECRET_TEXT);
	return OK;
}

int key_secret_parse(const char *text, struct key *ret_key)
{
	uint8_t seed[32];
	int err = multikey_parse(ed25519_priv, text, seed);

	if (!err)
		key_from_seed(ret_key, seed);
	sodium_memzero(seed, sizeof(seed));
	return err;
}

void key_sign(const struct key *k, const void *msg, size_t len, uint8_t ret_sig[64])
{
	crypto_sign_detached(ret_sig, NULL, msg, len, k->secret);
}

int key_verify(const uint8_t pub[32], const void *msg, size_t len, const uint8_t sig[64])
{
	/* libsodium refuses S >= L, small-order R and keys, and non-canonical keys. */
	return crypto_sign_verify_detached(sig, msg, len, pub) ? ERR_SIGNATURE : OK;
}
