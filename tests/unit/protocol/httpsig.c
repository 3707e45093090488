#include "tests/unit/protocol/testdata.h"

#include "protocol/httpsig.h"

#define KEYID "nid:5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ#" KEY_VECTOR_PUBLIC
#define BODY "{\"hello\": \"world\"}"

enum { NOW = 1800000000 };

static struct key key;

/* RFC 9421 appendix B.2.6: our key code over the published base. */
static void published_signature(void **state)
{
	static const char published[] = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9ED"
					"gwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
	static const char jwk_d[] = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
	static const char jwk_x[] = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
	uint8_t seed[32], pub[32], sig[64];
	char text[100], *base;
	struct key k;
	size_t len;

	assert_int_equal(base64url_decode(jwk_d, strlen(jwk_d), seed, 32, &len), OK);
	assert_int_equal(base64url_decode(jwk_x, strlen(jwk_x), pub, 32, &len), OK);
	key_from_seed(&k, seed);
	assert_memory_equal(k.pub, pub, 32);
	base = testdata_load("rfc9421-b26.txt", &len);
	len--; /* the file ends its last line, the base does not */
	key_sign(&k, base, len, sig);
	base64_encode(sig, 64, text);
	assert_string_equal(text, published);
	assert_int_equal(key_verify(pub, base, len, sig), OK);
	free(base);
}

/* RFC 9530 appendix D: sha-256 of {"hello": "world"} and a line feed. */
static void content_digest(void **state)
{
	char out[64];

	httpsig_content_digest(BODY "\n", sizeof(BODY), out);
	assert_string_equal(out, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
	httpsig_content_digest("", 0, out);
	assert_string_equal(out, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
}

struct message {
	struct httpsig_request rq;
	char digest[64], input[HTTPSIG_INPUT], signature[128];
};

static void make(struct message *m, const char *method)
{
	m->rq = (struct httpsig_request){
		.method = method,
		.target_uri = "https://exemple.fr/fed/v1/feed?origin=x&after=0.0",
	};
	if (!strcmp(method, "POST")) {
		httpsig_content_digest(BODY, strlen(BODY), m->digest);
		m->rq.content_digest = m->digest;
		m->rq.content_type = "application/json";
	}
	assert_int_equal(httpsig_sign(&m->rq, &key, KEYID, NOW, "n0nce", m->input, m->signature),
			 OK);
}

static int verify(const struct message *m, const char *body, int64_t now)
{
	struct httpsig sig;
	struct fault fault = {0};
	int err = httpsig_parse(m->input, m->signature, &sig, &fault);

	assert_int_equal(fault.code, err);
	if (err)
		return err;
	err = httpsig_verify(&sig, &m->rq, body, body ? strlen(body) : 0, key.pub, now, &fault);
	assert_int_equal(fault.code, err);
	return err;
}

static void round_trip(void **state)
{
	struct message m;
	struct httpsig sig;

	make(&m, "GET");
	assert_string_equal(
		m.input, "sig=(\"@method\" \"@target-uri\");created=1800000000;expires=1800000300;"
			 "nonce=\"n0nce\";keyid=\"" KEYID "\";alg=\"ed25519\";tag=\"fed-1\"");
	assert_int_equal(verify(&m, NULL, NOW), OK);
	assert_int_equal(httpsig_parse(m.input, m.signature, &sig, NULL), OK);
	assert_string_equal(sig.keyid, KEYID);
	assert_string_equal(sig.nonce, "n0nce");
	assert_true(sig.created == NOW && sig.expires == NOW + 300);
	assert_int_equal(sig.covers_body, 0);
	make(&m, "POST");
	assert_int_equal(verify(&m, BODY, NOW), OK);
}

static void the_window(void **state)
{
	struct message m;

	make(&m, "GET");
	assert_int_equal(verify(&m, NULL, NOW + 300), OK);
	assert_int_equal(verify(&m, NULL, NOW + 301), ERR_EXPIRED);
	assert_int_equal(verify(&m, NULL, NOW - 60), OK);
	assert_int_equal(verify(&m, NULL, NOW - 61), ERR_EXPIRED);
	assert_int_equal(verify(&m, NULL, NOW - 301), ERR_EXPIRED);
	assert_int_equal(verify(&m, NULL, 0), ERR_EXPIRED);
	assert_int_equal(verify(&m, NULL, INT64_C(4102444800)), ERR_EXPIRED);
}

/* A signature made by hand over any Signature-Input, so that only the shape can be refused. */
static void sign_input(struct message *m, const char *params)
{
	char base[2048];
	uint8_t sig[64];

	snprintf(m->input, sizeof(m->input), "sig=%s", params);
	snprintf(base, sizeof(base),
		 "\"@method\": %s\n\"@target-uri\": %s\n\"@signature-params\": %s", m->rq.method,
		 m->rq.target_uri, params);
	key_sign(&key, base, strlen(base), sig);
	strcpy(m->signature, "sig=:");
	base64_encode(sig, 64, m->signature + 5);
	strcat(m->signature, ":");
}

#define COVER "(\"@method\" \"@target-uri\")"
#define REST ";nonce=\"n\";keyid=\"k#z\";alg=\"ed25519\";tag=\"fed-1\""

static void lives(void **state)
{
	struct message m;

	make(&m, "GET");
	sign_input(&m, COVER ";created=1800000000;expires=1800000010" REST);
	assert_int_equal(verify(&m, NULL, NOW + 10), OK);
	assert_int_equal(verify(&m, NULL, NOW + 11), ERR_EXPIRED);
	sign_input(&m, COVER ";created=1800000000;expires=1800000301" REST);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	sign_input(&m, COVER ";created=1800000000;expires=1799999999" REST);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	/* Any order of parameters is the signer's choice. */
	sign_input(&m, COVER ";tag=\"fed-1\";alg=\"ed25519\";keyid=\"k#z\";nonce=\"n\""
			     ";expires=1800000300;created=1800000000");
	assert_int_equal(verify(&m, NULL, NOW), OK);
}

static void refused_inputs(void **state)
{
	static const char window[] = ";created=1800000000;expires=1800000300";
	static const char *const bad[] = {
		"",
		"()",
		"(\"@method\")",
		"(\"@target-uri\" \"@method\")",
		"(\"@method\"  \"@target-uri\")",
		"(\"@method\" \"@target-uri\" \"date\")",
		"(\"@method\" \"@path\")",
	};
	static const char *const bad_params[] = {
		"",
		";created=1800000000;expires=1800000300",
		";created=1800000000" REST,
		";expires=1800000300" REST,
		";created=1800000000;expires=1800000300" REST REST,
		";created=1800000000;created=1800000000;expires=1800000300" REST,
		";created=-1;expires=1800000300" REST,
		";created=01800000000;expires=1800000300" REST,
		";created=1800000000.0;expires=1800000300" REST,
		";created=1800000000000000;expires=1800000300" REST,
		";created=\"1800000000\";expires=1800000300" REST,
		";created=;expires=1800000300" REST,
		";created=1800000000;expires=1800000300" REST " ",
		";created=1800000000;expires=1800000300" REST ", other=()",
		";created=1800000000;expires=1800000300" REST ";x",
		"; created=1800000000;expires=1800000300" REST,
		";created=1800000000;expires=1800000300;nonce=\"\";keyid=\"k\";alg=\"ed25519\";tag="
		"\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"a\\\"b\";keyid=\"k\";alg="
		"\"ed25519\";tag=\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"a\nb\";keyid=\"k\";alg=\"ed25519\";"
		"tag=\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"\xc3\xa9\";keyid=\"k\";alg="
		"\"ed25519\";tag=\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"n;keyid=\"k\";alg=\"ed25519\";tag="
		"\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"n\";keyid=\"k\";alg=\"rsa-v1_5-"
		"sha256\";tag=\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce=\"n\";keyid=\"k\";alg=\"ed25519\";"
		"tag=\"fed-2\"",
		";created=1800000000;expires=1800000300;nonce=\"n\";keyid=\"k\";tag=\"fed-1\"",
		";created=1800000000;expires=1800000300;nonce="
		"\"0123456789012345678901234567890123456789"
		"012345678901234567890123\";keyid=\"k\";alg=\"ed25519\";tag=\"fed-1\"",
	};
	struct message m;
	char params[800];

	make(&m, "GET");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(params, sizeof(params), "%s%s" REST, bad[i], window);
		sign_input(&m, params);
		if (verify(&m, NULL, NOW) != ERR_INVALID)
			fail_msg("accepted: %s", m.input);
	}
	for (size_t i = 0; i < sizeof(bad_params) / sizeof(bad_params[0]); i++) {
		snprintf(params, sizeof(params), COVER "%s", bad_params[i]);
		sign_input(&m, params);
		if (verify(&m, NULL, NOW) != ERR_INVALID)
			fail_msg("accepted: %s", m.input);
	}
	/* Other labels, several signatures. */
	make(&m, "GET");
	memcpy(m.input, "sog", 3);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	make(&m, "GET");
	strcat(m.signature, ", a=:AA==:");
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	make(&m, "GET");
	memcpy(m.signature, "sog", 3);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	make(&m, "GET");
	m.signature[10] = '*';
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	strcpy(m.signature, "sig=:AAAA:");
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
}

static void altered_requests(void **state)
{
	uint8_t seed[32] = {3};
	struct message m;
	struct httpsig sig;
	struct key other;

	make(&m, "GET");
	m.rq.target_uri = "https://autre.fr/fed/v1/feed?origin=x&after=0.0";
	assert_int_equal(verify(&m, NULL, NOW), ERR_SIGNATURE);
	make(&m, "GET");
	m.rq.method = "HEAD";
	assert_int_equal(verify(&m, NULL, NOW), ERR_SIGNATURE);
	make(&m, "POST");
	m.rq.content_type = "text/plain";
	assert_int_equal(verify(&m, BODY, NOW), ERR_SIGNATURE);
	make(&m, "POST");
	assert_int_equal(verify(&m, BODY " ", NOW), ERR_SIGNATURE);
	/* A digest that fits the altered body is not the one that was signed. */
	httpsig_content_digest(BODY " ", strlen(BODY) + 1, m.digest);
	assert_int_equal(verify(&m, BODY " ", NOW), ERR_SIGNATURE);
	make(&m, "POST");
	m.rq.content_digest = "sha-512=:AA==:";
	assert_int_equal(verify(&m, BODY, NOW), ERR_SIGNATURE);
	m.rq.content_digest = NULL;
	assert_int_equal(verify(&m, BODY, NOW), ERR_SIGNATURE);
	make(&m, "POST");
	m.rq.content_type = NULL;
	assert_int_equal(verify(&m, BODY, NOW), ERR_INVALID);
	m.rq.content_type = "application/json\n\"x\": y";
	assert_int_equal(verify(&m, BODY, NOW), ERR_INVALID);

	make(&m, "GET");
	key_from_seed(&other, seed);
	assert_int_equal(httpsig_parse(m.input, m.signature, &sig, NULL), OK);
	assert_int_equal(httpsig_verify(&sig, &m.rq, NULL, 0, other.pub, NOW, NULL), ERR_SIGNATURE);
	assert_int_equal(httpsig_verify(&sig, &m.rq, NULL, 0, key.pub, NOW, NULL), OK);
	sig.signature[40] ^= 1;
	assert_int_equal(httpsig_verify(&sig, &m.rq, NULL, 0, key.pub, NOW, NULL), ERR_SIGNATURE);
}

static void coverage_follows_the_method(void **state)
{
	struct message m;

	/* A POST signed like a GET, a GET with a body, a GET that covers a body. */
	make(&m, "GET");
	m.rq.method = "POST";
	sign_input(&m, COVER ";created=1800000000;expires=1800000300" REST);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
	assert_int_equal(verify(&m, BODY, NOW), ERR_INVALID);
	make(&m, "GET");
	assert_int_equal(verify(&m, BODY, NOW), ERR_INVALID);
	make(&m, "POST");
	m.rq.method = "GET";
	assert_int_equal(verify(&m, BODY, NOW), ERR_INVALID);
	assert_int_equal(verify(&m, NULL, NOW), ERR_INVALID);
}

static void unsignable_requests(void **state)
{
	char input[HTTPSIG_INPUT], signature[128], nonce[80], *target = malloc(HTTPSIG_TARGET + 2);
	struct httpsig_request rq = {.method = "GET", .target_uri = "https://a.fr/"};
	struct key none = {0};

	assert_int_equal(httpsig_sign(&rq, &none, KEYID, NOW, "n", input, signature), ERR_INVALID);
	assert_int_equal(httpsig_sign(&rq, &key, "a\"b", NOW, "n", input, signature), ERR_INVALID);
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, "a\\", input, signature), ERR_INVALID);
	memset(nonce, 'n', 79);
	nonce[64] = '\0';
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, nonce, input, signature), ERR_INVALID);
	nonce[63] = '\0';
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, nonce, input, signature), OK);
	rq.target_uri = "https://a.fr/\n\"x\": y";
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, "n", input, signature), ERR_INVALID);
	memset(target, 'a', HTTPSIG_TARGET + 1);
	target[HTTPSIG_TARGET + 1] = '\0';
	rq.target_uri = target;
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, "n", input, signature), ERR_INVALID);
	target[HTTPSIG_TARGET] = '\0';
	assert_int_equal(httpsig_sign(&rq, &key, KEYID, NOW, "n", input, signature), OK);
	free(target);
}

static int setup(void **state)
{
	return key_library_init() || key_secret_parse(KEY_VECTOR_SECRET, &key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_signature),
		cmocka_unit_test(content_digest),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(the_window),
		cmocka_unit_test(lives),
		cmocka_unit_test(refused_inputs),
		cmocka_unit_test(altered_requests),
		cmocka_unit_test(coverage_follows_the_method),
		cmocka_unit_test(unsignable_requests),
	};

	return cmocka_run_group_tests_name("httpsig", tests, setup, NULL);
}
