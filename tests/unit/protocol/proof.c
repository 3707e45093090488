#include "tests/unit/protocol/testdata.h"

#include "protocol/canon.h"
#include "protocol/proof.h"

#define NID "nid:5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"

enum { ROOM = 1 << 20, CREATED = 1677281798 /* 2023-02-24T23:36:38Z */ };

static struct key vector_key;

static json_t *load(const char *name)
{
	json_t *doc;
	size_t len;
	char *text = testdata_load(name, &len);

	assert_int_equal(canon_read(text, len, CANON_FULL, &doc, NULL), OK);
	free(text);
	return doc;
}

static void published_vectors(void **state)
{
	static const char *const names[] = {
		"eddsa-jcs-2022/vc-di-eddsa.json",
		"eddsa-jcs-2022/fep-8b32.json",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *doc = load(names[i]), *again = json_deep_copy(doc);
		struct fault fault;
		struct buf a, b;

		assert_int_equal(proof_verify(doc, vector_key.pub, &fault), OK);
		json_object_del(again, "proof");
		assert_int_equal(proof_sign(again, &vector_key, proof_method(doc), CREATED), OK);
		buf_init(&a, ROOM);
		buf_init(&b, ROOM);
		assert_int_equal(canon_write(doc, &a), OK);
		assert_int_equal(canon_write(again, &b), OK);
		assert_string_equal(a.data, b.data);

		/* Someone appended a context since: what was signed is what the proof repeats. */
		json_array_append_new(json_object_get(again, "@context"),
				      json_string("https://x.example/"));
		assert_int_equal(proof_verify(again, vector_key.pub, &fault), OK);
		json_array_remove(json_object_get(again, "@context"), 0);
		assert_int_equal(proof_verify(again, vector_key.pub, &fault), ERR_INVALID);
		assert_string_equal(fault.pointer, "/proof/@context");
		json_object_del(again, "@context");
		assert_int_equal(proof_verify(again, vector_key.pub, &fault), ERR_INVALID);
		buf_done(&a);
		buf_done(&b);
		json_decref(doc);
		json_decref(again);
	}
}

static void context_that_the_proof_does_not_repeat(void **state)
{
	json_t *doc = load("eddsa-jcs-2022/fep-8b32-2023.json");

	assert_int_equal(proof_verify(doc, vector_key.pub, NULL), OK);
	json_array_append_new(json_object_get(doc, "@context"), json_string("https://x.example/"));
	assert_int_equal(proof_verify(doc, vector_key.pub, NULL), ERR_SIGNATURE);
	json_decref(doc);
}

static json_t *signed_note(void)
{
	char method[160];
	json_t *doc =
		json_pack("{s:s,s:s,s:i,s:{s:s,s:s}}", "type", "Note", "name", "B\xc3\xa9gles",
			  "rev", 7, "zone", "proof", "inner", "proofValue", "x");

	snprintf(method, sizeof(method), "%s#%s", NID, KEY_VECTOR_PUBLIC);
	assert_int_equal(proof_sign(doc, &vector_key, method, CREATED), OK);
	return doc;
}

static void native_documents(void **state)
{
	json_t *doc = signed_note(), *wide;
	uint8_t digest[32], expected[32], pub[32];
	struct buf out, plain;

	assert_int_equal(json_object_size(json_object_get(doc, "proof")), 6);
	assert_int_equal(proof_verify(doc, vector_key.pub, NULL), OK);
	buf_init(&out, ROOM);
	buf_init(&plain, ROOM);
	buf_str(&out, "before");
	assert_int_equal(proof_verify_fed(doc, vector_key.pub, &out, digest, NULL), OK);
	assert_int_equal(canon_write(doc, &plain), OK);
	assert_string_equal(out.data + 6, plain.data);
	assert_int_equal(out.len, plain.len + 6);
	digest_bytes(plain.data, plain.len, expected);
	assert_memory_equal(digest, expected, 32);

	assert_int_equal(proof_method_key(proof_method(doc), NID, pub), OK);
	assert_memory_equal(pub, vector_key.pub, 32);
	assert_int_equal(proof_method_key(proof_method(doc), "nid:other", pub), ERR_INVALID);
	assert_int_equal(proof_method_key(proof_method(doc), NID "x", pub), ERR_INVALID);
	assert_int_equal(proof_method_key(NID, NID, pub), ERR_INVALID);
	assert_int_equal(proof_method_key(NID "#z6Mk", NID, pub), ERR_INVALID);
	assert_int_equal(proof_method_key(NID "##" KEY_VECTOR_PUBLIC, NID, pub), ERR_INVALID);
	assert_int_equal(proof_method_key("#" KEY_VECTOR_PUBLIC, "", pub), OK);

	/* Signing again replaces the proof instead of signing it. */
	assert_int_equal(proof_sign(doc, &vector_key, NID "#x", CREATED + 1), OK);
	assert_int_equal(proof_verify(doc, vector_key.pub, NULL), OK);
	assert_string_equal(proof_method(doc), NID "#x");

	/* No room: an error, and the buffer as before. */
	buf_done(&out);
	buf_init(&out, 100);
	assert_int_equal(proof_verify_fed(doc, vector_key.pub, &out, digest, NULL), ERR_LIMIT);
	assert_int_equal(out.len, 0);

	/* The proof may be the first member, and the only one. */
	wide = json_object();
	assert_int_equal(proof_sign(wide, &vector_key, NID "#x", CREATED), OK);
	buf_done(&out);
	buf_init(&out, ROOM);
	assert_int_equal(proof_verify_fed(wide, vector_key.pub, &out, digest, NULL), OK);
	json_object_set_new(wide, "z", json_true());
	assert_int_equal(proof_sign(wide, &vector_key, NID "#x", CREATED), OK);
	assert_int_equal(proof_verify_fed(wide, vector_key.pub, &out, digest, NULL), OK);
	json_decref(wide);
	assert_null(proof_method(json_null()));
	buf_done(&out);
	buf_done(&plain);
	json_decref(doc);
}

/* One change to the document or to its proof, and what both verifiers must say. */
struct change {
	const char *name; /* member of the proof, or of the document after '/' */
	json_t *value;	  /* NULL: delete it */
	int err, err_fed;
	const char *pointer;
};

static void altered_documents(void **state)
{
	struct change changes[] = {
		{"/name", json_string("Talence"), ERR_SIGNATURE, ERR_SIGNATURE,
		 "/proof/proofValue"},
		{"/rev", json_integer(8), ERR_SIGNATURE, ERR_SIGNATURE, "/proof/proofValue"},
		{"/extra", json_null(), ERR_SIGNATURE, ERR_SIGNATURE, "/proof/proofValue"},
		{"/zone", NULL, ERR_SIGNATURE, ERR_SIGNATURE, "/proof/proofValue"},
		{"/rev", json_real(7.5), ERR_SIGNATURE, ERR_SIGNATURE, "/proof/proofValue"},
		{"/rev", json_integer(INT64_MAX), ERR_INVALID, ERR_INVALID, ""},
		{"/proof", NULL, ERR_INVALID, ERR_INVALID, "/proof"},
		{"/proof", json_array(), ERR_INVALID, ERR_INVALID, "/proof"},
		{"type", json_string("Ed25519Signature2020"), ERR_INVALID, ERR_INVALID,
		 "/proof/type"},
		{"cryptosuite", json_string("eddsa-rdfc-2022"), ERR_INVALID, ERR_INVALID,
		 "/proof/cryptosuite"},
		{"proofPurpose", json_string("authentication"), ERR_INVALID, ERR_INVALID,
		 "/proof/proofPurpose"},
		{"proofPurpose", NULL, ERR_INVALID, ERR_INVALID, "/proof/proofPurpose"},
		{"verificationMethod", json_string(NID "#other"), ERR_SIGNATURE, ERR_SIGNATURE,
		 "/proof/proofValue"},
		{"verificationMethod", json_array(), ERR_INVALID, ERR_INVALID,
		 "/proof/verificationMethod"},
		{"created", json_string("2023-02-24T23:36:39Z"), ERR_SIGNATURE, ERR_SIGNATURE,
		 "/proof/proofValue"},
		{"created", json_string("2023-02-24T23:36:38+00:00"), ERR_SIGNATURE, ERR_INVALID,
		 "/proof/created"},
		{"created", NULL, ERR_SIGNATURE, ERR_INVALID, "/proof/created"},
		{"created", json_integer(CREATED), ERR_SIGNATURE, ERR_INVALID, "/proof/created"},
		{"expires", json_string("2099-01-01T00:00:00Z"), ERR_INVALID, ERR_INVALID,
		 "/proof"},
		{"@context", json_array(), ERR_INVALID, ERR_INVALID, "/proof"},
		{"proofValue", NULL, ERR_INVALID, ERR_INVALID, "/proof/proofValue"},
		{"proofValue", json_string(""), ERR_INVALID, ERR_INVALID, "/proof/proofValue"},
		{"proofValue", json_string("z"), ERR_INVALID, ERR_INVALID, "/proof/proofValue"},
		{"proofValue", json_string("z11"), ERR_INVALID, ERR_INVALID, "/proof/proofValue"},
		{"proofValue", json_string("z0OIl"), ERR_INVALID, ERR_INVALID, "/proof/proofValue"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct change *c = &changes[i];
		json_t *doc = signed_note();
		int in_doc = c->name[0] == '/';
		json_t *into = in_doc ? doc : json_object_get(doc, "proof");
		struct fault fault = {0};
		uint8_t digest[32];
		struct buf out;
		int err;

		if (c->value)
			json_object_set_new(into, c->name + in_doc, c->value);
		else
			json_object_del(into, c->name + in_doc);
		err = proof_verify(doc, vector_key.pub, &fault);
		if (err != c->err || fault.code != err)
			fail_msg("%zu %s: %s", i, c->name, err_name(err));
		buf_init(&out, ROOM);
		buf_str(&out, "before");
		err = proof_verify_fed(doc, vector_key.pub, &out, digest, &fault);
		if (err != c->err_fed || fault.code != err)
			fail_msg("%zu %s: fed %s", i, c->name, err_name(err));
		assert_string_equal(fault.pointer, c->pointer);
		assert_string_equal(out.data, "before");
		buf_done(&out);
		json_decref(doc);
	}
}

static void other_keys_and_forms(void **state)
{
	uint8_t seed[32] = {9};
	json_t *doc = signed_note();
	struct key other;
	char value[100];

	key_from_seed(&other, seed);
	assert_int_equal(proof_verify(doc, other.pub, NULL), ERR_SIGNATURE);
	/* A leading zero byte more is another text for the same number: 65 bytes. */
	snprintf(value, sizeof(value), "z1%s",
		 json_string_value(json_object_get(json_object_get(doc, "proof"), "proofValue")) +
			 1);
	json_object_set_new(json_object_get(doc, "proof"), "proofValue", json_string(value));
	assert_int_equal(proof_verify(doc, vector_key.pub, NULL), ERR_INVALID);
	json_decref(doc);

	memset(&other, 0, sizeof(other));
	doc = json_object();
	assert_int_equal(proof_sign(doc, &other, NID "#x", CREATED), ERR_INVALID);
	assert_int_equal(proof_sign(json_null(), &vector_key, NID "#x", CREATED), ERR_INVALID);
	json_object_set_new(doc, "n", json_integer(INT64_MAX));
	assert_int_equal(proof_sign(doc, &vector_key, NID "#x", CREATED), ERR_INVALID);
	assert_null(json_object_get(doc, "proof"));
	json_decref(doc);
}

static int setup(void **state)
{
	return key_library_init() || key_secret_parse(KEY_VECTOR_SECRET, &vector_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(context_that_the_proof_does_not_repeat),
		cmocka_unit_test(native_documents),
		cmocka_unit_test(altered_documents),
		cmocka_unit_test(other_keys_and_forms),
	};

	return cmocka_run_group_tests_name("proof", tests, setup, NULL);
}
