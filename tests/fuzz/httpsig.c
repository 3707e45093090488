/*
 * Five fields, each ending with a line feed: Signature-Input, Signature, method, target URI,
 * nonce; the rest is the body.  Foreign headers never verify; what we sign always does, and no
 * longer after a change.
 */
#include <string.h>

#include "protocol/httpsig.h"
#include "tests/fuzz/fuzz.h"

enum { FIELDS = 5, NOW = 1800000000 };

/* Headers that nobody signed with this key. */
static void check_foreign(char *const field[FIELDS], const struct httpsig_request *rq,
			  const char *body, size_t len, const struct key *k)
{
	struct httpsig sig;
	struct fault fault = {0};
	int err = httpsig_parse(field[0], field[1], &sig, &fault);

	if (err) {
		FUZZ_CHECK(err == ERR_INVALID && fault.code == err);
		return;
	}
	FUZZ_CHECK(strlen(sig.keyid) < HTTPSIG_KEYID && strlen(sig.nonce) < HTTPSIG_NONCE);
	FUZZ_CHECK(!strcmp(field[0] + 4, sig.params));
	err = httpsig_verify(&sig, rq, body, len, k->pub, sig.created, &fault);
	FUZZ_CHECK(err && fault.code == err);
}

static void check_own(const char *nonce, struct httpsig_request *rq, const char *body, size_t len,
		      const struct key *k)
{
	char input[HTTPSIG_INPUT], signature[128], digest[64];
	struct httpsig sig;

	if (rq->content_digest) {
		httpsig_content_digest(body, len, digest);
		rq->content_digest = digest;
	}
	if (httpsig_sign(rq, k, "nid:x#z6Mk", NOW, nonce, input, signature))
		return;
	/* An empty nonce signs, but nobody accepts it. */
	if (httpsig_parse(input, signature, &sig, NULL)) {
		FUZZ_CHECK(!*nonce);
		return;
	}
	FUZZ_CHECK(!httpsig_verify(&sig, rq, body, len, k->pub, NOW, NULL));
	sig.params[strlen(sig.params) - 2] ^= 1;
	FUZZ_CHECK(httpsig_verify(&sig, rq, body, len, k->pub, NOW, NULL) == ERR_SIGNATURE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[32] = {1};
	char *text = malloc(size + 1), *field[FIELDS], *rest = text;
	struct httpsig_request rq = {0};
	struct key k;
	int bodiless;

	FUZZ_CHECK(text && !key_library_init());
	memcpy(text, data, size);
	text[size] = '\0';
	for (int i = 0; i < FIELDS; i++) {
		char *end = memchr(rest, '\n', (size_t)(text + size - rest));

		if (!end) {
			free(text);
			return 0;
		}
		*end = '\0';
		field[i] = rest;
		rest = end + 1;
	}
	key_from_seed(&k, seed);
	rq.method = field[2];
	rq.target_uri = field[3];
	bodiless = !strcmp(rq.method, "GET") || !strcmp(rq.method, "HEAD");
	if (!bodiless) {
		rq.content_type = "application/json";
		rq.content_digest = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
	}
	check_foreign(field, &rq, rest, (size_t)(text + size - rest), &k);
	check_own(field[4], &rq, rest, bodiless ? 0 : (size_t)(text + size - rest), &k);
	key_done(&k);
	free(text);
	return 0;
}
