#include "node/auth/token.h"

#include <sodium.h>
#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/canon.h"

void token_make(char out[TOKEN_TEXT])
{
	uint8_t raw[32];

	randombytes_buf(raw, sizeof(raw));
	base64url_encode(raw, sizeof(raw), out);
	sodium_memzero(raw, sizeof(raw));
}

int token_hash(const char *token, uint8_t ret_hash[32])
{
	uint8_t raw[32];
	size_t len;

	if (!token || strnlen(token, TOKEN_TEXT) != TOKEN_TEXT - 1)
		return ERR_INVALID;
	if (base64url_decode(token, TOKEN_TEXT - 1, raw, sizeof(raw), &len) != OK ||
	    len != sizeof(raw))
		return ERR_INVALID;
	digest_bytes(raw, sizeof(raw), ret_hash);
	sodium_memzero(raw, sizeof(raw));
	return OK;
}

int token_hash_text(const char *token, char ret_hex[TOKEN_HASH_TEXT])
{
	uint8_t hash[32];
	int err = token_hash(token, hash);

	if (err != OK)
		return err;
	hex_encode(hash, sizeof(hash), ret_hex);
	return OK;
}
