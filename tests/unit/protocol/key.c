#include "tests/unit/protocol/testdata.h"

#include "protocol/key.h"

static void rfc_8032(void **state)
{
	FILE *f = testdata_open("rfc8032.txt");
	char line[1024], seed_hex[100], pub_hex[100], msg_hex[300], sig_hex[200];
	int n = 0;

	while (testdata_line(f, line, sizeof(line))) {
		uint8_t seed[32], pub[32], msg[128], sig[64], made[64];
		size_t len = 0;
		struct key k;

		assert_int_equal(
			sscanf(line, "%99s %99s %299s %199s", seed_hex, pub_hex, msg_hex, sig_hex),
			4);
		testdata_hex(seed_hex, seed, 32);
		testdata_hex(pub_hex, pub, 32);
		testdata_hex(sig_hex, sig, 64);
		if (strcmp(msg_hex, "-"))
			len = testdata_hex(msg_hex, msg, sizeof(msg));
		key_from_seed(&k, seed);
		assert_memory_equal(k.pub, pub, 32);
		key_sign(&k, msg, len, made);
		assert_memory_equal(made, sig, 64);
		assert_int_equal(key_verify(pub, msg, len, sig), OK);
		sig[0] ^= 1;
		assert_int_equal(key_verify(pub, msg, len, sig), ERR_SIGNATURE);
		key_done(&k);
		assert_int_equal(k.has_secret, 0);
		n++;
	}
	assert_int_equal(n, 4);
	fclose(f);
}

static void multikeys(void **state)
{
	static const char *const bad[] = {
		"",
		"z",
		"6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"Z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ22",
		"z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ0",
		"z16MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
		KEY_VECTOR_SECRET,
		KEY_VECTOR_PUBLIC KEY_VECTOR_PUBLIC,
	};
	char text[KEY_TEXT], secret[KEY_SECRET_TEXT];
	uint8_t pub[32], back[32];
	struct key k;

	assert_int_equal(key_secret_parse(KEY_VECTOR_SECRET, &k), OK);
	key_format(k.pub, text);
	assert_string_equal(text, KEY_VECTOR_PUBLIC);
	assert_int_equal(key_parse(text, pub), OK);
	assert_memory_equal(pub, k.pub, 32);
	assert_int_equal(key_secret_format(&k, secret), OK);
	assert_string_equal(secret, KEY_VECTOR_SECRET);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (key_parse(bad[i], back) != ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);

	/* A sealing key is no signing key, and the other way round. */
	key_format_x25519(pub, text);
	assert_memory_equal(text, "z6LS", 4);
	assert_int_equal(key_parse_x25519(text, back), OK);
	assert_memory_equal(back, pub, 32);
	assert_int_equal(key_parse(text, back), ERR_INVALID);
	assert_int_equal(key_parse_x25519(KEY_VECTOR_PUBLIC, back), ERR_INVALID);
	key_done(&k);
	assert_int_equal(key_secret_parse(KEY_VECTOR_PUBLIC, &k), ERR_INVALID);
	assert_int_equal(key_secret_format(&k, secret), ERR_NOTFOUND);
}

/* The order of the base point, little-endian. */
static const uint8_t group_order[32] = {
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
	0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,	  0,	0,    0,    0,
	0,    0,    0,	  0,	0,    0,    0,	  0,	0,    0x10,
};

static void malleable_signatures(void **state)
{
	uint8_t seed[32] = {7}, sig[64], other[64];
	struct key k;
	int carry = 0;

	key_from_seed(&k, seed);
	key_sign(&k, "message", 7, sig);
	assert_int_equal(key_verify(k.pub, "message", 7, sig), OK);
	/* S + L satisfies the same equation. */
	memcpy(other, sig, 64);
	for (int i = 0; i < 32; i++) {
		carry += other[32 + i] + group_order[i];
		other[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_int_equal(key_verify(k.pub, "message", 7, other), ERR_SIGNATURE);
	assert_int_equal(key_verify(k.pub, "messagE", 7, sig), ERR_SIGNATURE);
	assert_int_equal(key_verify(k.pub, "message", 6, sig), ERR_SIGNATURE);
	k.pub[3] ^= 4;
	assert_int_equal(key_verify(k.pub, "message", 7, sig), ERR_SIGNATURE);
}

static void small_order_keys(void **state)
{
	/* The neutral point, y = -1, one of order 8, y = 0, and a non-canonical neutral point. */
	static const char *const keys[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t pub[32], sig[64] = {1}; /* R = the neutral point, S = 0 */

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		testdata_hex(keys[i], pub, 32);
		assert_int_equal(key_verify(pub, "anything", 8, sig), ERR_SIGNATURE);
	}
}

static int setup(void **state)
{
	return key_library_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_8032),
		cmocka_unit_test(multikeys),
		cmocka_unit_test(malleable_signatures),
		cmocka_unit_test(small_order_keys),
	};

	return cmocka_run_group_tests_name("key", tests, setup, NULL);
}
