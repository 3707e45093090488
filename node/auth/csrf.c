#include "node/auth/csrf.h"

#include <sodium.h>
#include <string.h>

#include "protocol/base/codec.h"

static const char label[] = "maillage form 1";

int csrf_make(const char *token, char ret_text[CSRF_TEXT])
{
	uint8_t key[32], mac[crypto_auth_hmacsha256_BYTES];
	int err = token_hash(token, key);

	if (err != OK)
		return err;
	crypto_auth_hmacsha256(mac, (const uint8_t *)label, sizeof(label) - 1, key);
	base64url_encode(mac, sizeof(mac), ret_text);
	sodium_memzero(key, sizeof(key));
	return OK;
}

int csrf_check(const char *token, const char *given)
{
	char expected[CSRF_TEXT];

	if (!given || csrf_make(token, expected) != OK)
		return ERR_DENIED;
	if (strnlen(given, CSRF_TEXT) != CSRF_TEXT - 1)
		return ERR_DENIED;
	return sodium_memcmp(expected, given, CSRF_TEXT - 1) == 0 ? OK : ERR_DENIED;
}
