#include "tests/unit/protocol/documents.h"

#define SECRET_SAMPLE "eaqs-eize-eutc-okbj-fivs-yljo-f4yd-cmrt-gq2t-mnzy-he5d-wpb5-hy7w-hp3f"

static struct sample_node node;

static int setup(void **state)
{
	sample_node_init(&node);
	return 0;
}

static int teardown(void **state)
{
	sample_node_done(&node);
	return 0;
}

static void secret_as_text(void **state)
{
	char text[SECRET_TEXT];
	uint8_t back[32];

	secret_format(node.secret, text);
	assert_string_equal(text, SECRET_SAMPLE);
	assert_int_equal(secret_parse(text, back), OK);
	assert_memory_equal(back, node.secret, 32);
}

static void secret_as_people_copy_it(void **state)
{
	uint8_t back[32];

	/* Capitals, blanks, and o l b written as digits. */
	assert_int_equal(secret_parse(" EAQS EIZE EUTC 0KBJ FIVS Y1JO F4YD CMRT\n"
				      "GQ2T MNZY HE5D WP85 HY7W HP3F ",
				      back),
			 OK);
	assert_memory_equal(back, node.secret, 32);
}

static void secret_with_errors(void **state)
{
	static const char *const bad[] = {
		"",
		"eaqs",
		/* one letter wrong, two letters swapped, one short, one too many, a foreign one */
		"eaqs-eize-eutc-okbj-fivs-yljo-f4yd-cmrt-gq2t-mnzy-he5d-wpb5-hy7w-hp3g",
		"aeqs-eize-eutc-okbj-fivs-yljo-f4yd-cmrt-gq2t-mnzy-he5d-wpb5-hy7w-hp3f",
		"eaqs-eize-eutc-okbj-fivs-yljo-f4yd-cmrt-gq2t-mnzy-he5d-wpb5-hy7w-hp3",
		SECRET_SAMPLE "a",
		"eaqs-eize-eutc-okbj-fivs-yljo-f4yd-cmrt-gq2t-mnzy-he5d-wpb5-hy7w-hp3\xc3\xa9",
	};
	uint8_t back[32] = {42};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(secret_parse(bad[i], back), ERR_INVALID);
	assert_int_equal(back[0], 42);
}

static void derived_keys(void **state)
{
	struct key k;
	char text[KEY_TEXT];

	secret_sign_key(node.secret, 1, &k);
	key_format(k.pub, text);
	assert_string_equal(text, "z6Mku85hx1gQbnhnLZyi8uiCe4KGHS5g2cjVtZLFQjFvMBdm");
	key_done(&k);
	secret_recovery_key(node.secret, &k);
	key_format(k.pub, text);
	assert_string_equal(text, "z6MkishqYhLrCBNdC928EkaVtxgif6b4LL3b2AqW5EoX2Wqm");
	key_done(&k);
	secret_sign_key(node.secret, 2, &k);
	key_format(k.pub, text);
	assert_string_not_equal(text, "z6Mku85hx1gQbnhnLZyi8uiCe4KGHS5g2cjVtZLFQjFvMBdm");
	key_done(&k);
}

static void origins(void **state)
{
	static const char *const good[] = {
		"https://noeud.exemple.fr",
		"https://exemple.fr:8443",
		"https://192.0.2.7",
		"https://[2001:db8::1]",
		"https://[2001:db8::1]:8443",
		"https://xn--nud-hoa.exemple.fr",
		"https://a",
		"https://1-2.exemple",
	};
	static const char *const bad[] = {
		"",
		"noeud.exemple.fr",
		"ftp://exemple.fr",
		"https://",
		"https:///",
		"https://exemple.fr/",
		"https://exemple.fr/chemin",
		"https://exemple.fr?a",
		"https://Exemple.fr",
		"HTTPS://exemple.fr",
		"https://exemple.fr:443",
		"http://exemple.fr:80",
		"https://exemple.fr:",
		"https://exemple.fr:0",
		"https://exemple.fr:08443",
		"https://exemple.fr:65536",
		"https://exemple.fr:8443a",
		"https://moi@exemple.fr",
		"https://.exemple.fr",
		"https://exemple.fr.",
		"https://exemple..fr",
		"https://-exemple.fr",
		"https://exemple-.fr",
		"https://exemple.fr ",
		"https://ex\nemple.fr",
		"https://exémple.fr",
		"https://192.0.2",
		"https://192.0.2.256",
		"https://0x7f.1",
		"https://[2001:DB8::1]",
		"https://[2001:db8:0::1]",
		"https://[2001:db8::1",
		"https://[2001:db8::1]x",
		"https://[127.0.0.1]",
		"https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.fr",
	};
	struct fault fault;
	char longest[400] = "https://";

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(origin_check(good[i], 0, &fault), OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (origin_check(bad[i], 1, &fault) != ERR_INVALID)
			fail_msg("taken for an origin: %s", bad[i]);
		assert_string_equal(fault.pointer, "/origin");
	}
	for (int i = 0; i < 150; i++)
		strcat(longest, "a.");
	strcat(longest, "fr");
	assert_int_equal(origin_check(longest, 0, &fault), ERR_INVALID);
	assert_int_equal(origin_check("http://exemple.fr", 0, &fault), ERR_INVALID);
	assert_int_equal(origin_check("http://exemple.fr", 1, &fault), OK);
}

static void loopback(void **state)
{
	assert_true(origin_is_loopback_http("http://127.0.0.1:8080"));
	assert_true(origin_is_loopback_http("http://127.8.9.1"));
	assert_true(origin_is_loopback_http("http://localhost:8080"));
	assert_true(origin_is_loopback_http("http://[::1]:8080"));
	assert_false(origin_is_loopback_http("https://127.0.0.1:8080"));
	assert_false(origin_is_loopback_http("http://127.0.0.1.exemple.fr"));
	assert_false(origin_is_loopback_http("http://127.exemple.fr"));
	assert_false(origin_is_loopback_http("http://128.0.0.1"));
	assert_false(origin_is_loopback_http("http://[::2]"));
	assert_false(origin_is_loopback_http("http://localhost.exemple.fr"));
	assert_false(origin_is_loopback_http("http://localhost/"));
}

static void nids(void **state)
{
	assert_true(nid_valid(NODE_NID));
	assert_true(nid_valid("nid:11111111111111111111111111111111")); /* 32 zero bytes */
	assert_false(nid_valid(""));
	assert_false(nid_valid("nid:"));
	assert_false(nid_valid(NODE_NID + 4));
	assert_false(nid_valid("NID:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhmMr"));
	assert_false(nid_valid("nid:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhm"));
	assert_false(nid_valid("nid:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhmM0"));
	assert_false(nid_valid("nid:1111111111111111111111111111111"));
	assert_false(nid_valid("nid:111111111111111111111111111111111"));
}

static void genesis(void **state)
{
	char method[NID_TEXT + KEY_TEXT];

	assert_digest(node.genesis,
		      "sha256:"
		      "85002962113efa3c1b60f30571c6f9553513d3702ad044136881cc3b86df14cc");
	assert_string_equal(json_string_value(json_object_get(node.genesis, "next")),
			    "sha256:"
			    "ca4cd013f71524b9fce53556825ef9ca36244a4f74e8c1f350e956457c28bd63");
	assert_string_equal(node.identity.nid, NODE_NID);
	assert_string_equal(node.identity.origin, NODE_ORIGIN);
	assert_int_equal(node.identity.op, 0);
	assert_int_equal(node.identity.created, NOON);
	assert_memory_equal(node.identity.sign, node.key.pub, 32);
	identity_method(&node.identity, method);
	assert_string_equal(method, NODE_NID "#" NODE_SIGN);
}

static void genesis_refuses(void **state)
{
	json_t *op = NULL;

	assert_int_equal(identity_genesis(&node.key, node.secret, "exemple.fr", NOON, &op),
			 ERR_INVALID);
	assert_null(op);
}

static void log_with_its_name(void **state)
{
	json_t *log = json_pack("{s:s, s:[O]}", "nid", NODE_NID, "operations", node.genesis);
	struct identity id;
	struct fault fault;

	assert_int_equal(identity_read(log, &id, &fault), OK);
	assert_string_equal(id.nid, NODE_NID);
	json_object_set_new(log, "nid", json_string("nid:11111111111111111111111111111111"));
	assert_int_equal(identity_read(log, &id, &fault), ERR_INVALID);
	assert_string_equal(fault.pointer, "/nid");
	json_object_del(log, "nid");
	assert_int_equal(identity_read(log, &id, &fault), ERR_INVALID);
	json_decref(log);
}

static void refuse_log(json_t *log, int code, const char *pointer)
{
	struct identity id = {.op = 77};
	struct fault fault = {0};

	assert_int_equal(identity_read(log, &id, &fault), code);
	assert_string_equal(fault.pointer, pointer);
	assert_int_equal(id.op, 77);
	json_decref(log);
}

/* A log of one operation; takes the operation over. */
static json_t *log_of(json_t *op)
{
	return json_pack("[o]", op);
}

static void broken_logs(void **state)
{
	refuse_log(json_null(), ERR_INVALID, "");
	refuse_log(json_array(), ERR_INVALID, "");
	refuse_log(json_object(), ERR_INVALID, "/operations");
	refuse_log(json_pack("[i]", 1), ERR_INVALID, "/type");
	refuse_log(json_pack("[O, O]", node.genesis, node.genesis), ERR_VERSION, "/operations/1");
	refuse_log(log_of(with_text(node.genesis, "type", "Op")), ERR_INVALID, "/type");
	refuse_log(log_of(with_integer(node.genesis, "n", 1)), ERR_INVALID, "/n");
	refuse_log(log_of(with_text(node.genesis, "n", "0")), ERR_INVALID, "/n");
	refuse_log(log_of(with_text(node.genesis, "prev", "sha256:00")), ERR_INVALID, "/n");
	refuse_log(log_of(without(node.genesis, "prev")), ERR_INVALID, "/n");
	refuse_log(log_of(without(node.genesis, "origin")), ERR_INVALID, "/origin");
	refuse_log(log_of(with_text(node.genesis, "origin", "exemple")), ERR_INVALID, "/origin");
	refuse_log(log_of(with_text(node.genesis, "sign", "z6Mk")), ERR_INVALID, "/sign");
	refuse_log(log_of(with_text(node.genesis, "next", "sha256:00")), ERR_INVALID, "/next");
	refuse_log(log_of(with_text(node.genesis, "created", "2026-11-22")), ERR_INVALID,
		   "/created");
	refuse_log(log_of(with_text(node.genesis, "recovery", NODE_SIGN)), ERR_INVALID,
		   "/recovery");
	refuse_log(log_of(without(node.genesis, "node")), ERR_SIGNATURE, "/node");
	refuse_log(log_of(without(node.genesis, "proof")), ERR_SIGNATURE,
		   "/proof/verificationMethod");
}

static void recovery_lists(void **state)
{
	json_t *op = json_deep_copy(node.genesis);
	json_t *keys = json_array();

	json_object_set(op, "recovery", keys);
	refuse_log(json_pack("[O]", op), ERR_INVALID, "/recovery");
	for (int i = 0; i < 5; i++)
		json_array_append_new(keys, json_string(NODE_SIGN));
	refuse_log(json_pack("[O]", op), ERR_INVALID, "/recovery");
	json_array_clear(keys);
	json_array_append_new(keys, json_integer(1));
	refuse_log(json_pack("[O]", op), ERR_INVALID, "/recovery");
	json_decref(keys);
	json_decref(op);
}

/* Every change after signing shows: in the name, or (for the proof itself) in the signature. */
static void forged_logs(void **state)
{
	struct sample_node other;
	json_t *op;

	refuse_log(log_of(with_text(node.genesis, "origin", "https://autre.exemple.fr")),
		   ERR_SIGNATURE, "/node");
	refuse_log(log_of(with_text(node.genesis, "extra", "x")), ERR_SIGNATURE, "/node");
	/* The thief keeps the name and signs with a key of his own. */
	other_node_init(&other);
	op = json_deep_copy(node.genesis);
	assert_int_equal(proof_sign(op, &other.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	refuse_log(log_of(op), ERR_SIGNATURE, "/proof/proofValue");
	op = json_deep_copy(node.genesis);
	assert_int_equal(proof_sign(op, &other.key, "nid:x#" NODE_SIGN, NOON), OK);
	refuse_log(log_of(op), ERR_SIGNATURE, "/proof/verificationMethod");
	sample_node_done(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(secret_as_text),
		cmocka_unit_test(secret_as_people_copy_it),
		cmocka_unit_test(secret_with_errors),
		cmocka_unit_test(derived_keys),
		cmocka_unit_test(origins),
		cmocka_unit_test(loopback),
		cmocka_unit_test(nids),
		cmocka_unit_test(genesis),
		cmocka_unit_test(genesis_refuses),
		cmocka_unit_test(log_with_its_name),
		cmocka_unit_test(broken_logs),
		cmocka_unit_test(recovery_lists),
		cmocka_unit_test(forged_logs),
	};

	return cmocka_run_group_tests_name("identity", tests, setup, teardown);
}
