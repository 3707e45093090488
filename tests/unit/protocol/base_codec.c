#include "tests/unit/protocol/testdata.h"

#include "protocol/base/err.h"

static void hex(void **state)
{
	uint8_t out[4];
	char text[9];

	hex_encode((const uint8_t *)"\x00\xff\x1a", 3, text);
	assert_string_equal(text, "00ff1a");
	assert_int_equal(hex_decode("00ff1a", 6, out, 3), OK);
	assert_memory_equal(out, "\x00\xff\x1a", 3);
	assert_int_equal(hex_decode("", 0, out, 0), OK);
	assert_int_equal(hex_decode("0", 1, out, 4), ERR_INVALID);
	assert_int_equal(hex_decode("0G", 2, out, 4), ERR_INVALID);
	assert_int_equal(hex_decode("FF", 2, out, 4), ERR_INVALID);
	assert_int_equal(hex_decode("00000000", 8, out, 3), ERR_LIMIT);
}

static void base32(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"f", "my"},
		{"fo", "mzxq"},
		{"foo", "mzxw6"},
		{"foob", "mzxw6yq"},
		{"fooba", "mzxw6ytb"},
		{"foobar", "mzxw6ytboi"},
	};
	char out[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base32_encode((const uint8_t *)cases[i][0], strlen(cases[i][0]), out);
		assert_string_equal(out, cases[i][1]);
	}
}

static void base64(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	static const char *const bad[] = {
		"Zg",	    "Zg=",    "Zg===",	  "=",	  "====", "Z===", "Zh==",  "Zm9=",
		"Zg==Zg==", "Zm9v\n", "Zm9vYg= ", "Zm-v", "Zm_v", "Z=g=", "Zm9vZ",
	};
	uint8_t out[16];
	char text[32];
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base64_encode((const uint8_t *)cases[i][0], strlen(cases[i][0]), text);
		assert_string_equal(text, cases[i][1]);
		assert_int_equal(base64_decode(text, strlen(text), out, sizeof(out), &len), OK);
		assert_int_equal(len, strlen(cases[i][0]));
		assert_memory_equal(out, cases[i][0], len);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), out, sizeof(out), &len),
				 ERR_INVALID);
	assert_int_equal(base64_decode("Zm9vYmFy", 8, out, 5, &len), ERR_LIMIT);
}

static void base64url(void **state)
{
	uint8_t out[16];
	char text[32];
	size_t len;

	base64url_encode((const uint8_t *)"\xfb\xff\xfe\x01", 4, text);
	assert_string_equal(text, "-__-AQ");
	assert_int_equal(base64url_decode(text, 6, out, 4, &len), OK);
	assert_int_equal(len, 4);
	assert_memory_equal(out, "\xfb\xff\xfe\x01", 4);
	assert_int_equal(base64url_decode("-__-AR", 6, out, 4, &len), ERR_INVALID);
	assert_int_equal(base64url_decode("+//+AQ", 6, out, 4, &len), ERR_INVALID);
	assert_int_equal(base64url_decode("-__-AQ==", 8, out, 8, &len), ERR_INVALID);
	assert_int_equal(base64url_decode("A", 1, out, 4, &len), ERR_INVALID);
}

static void base58(void **state)
{
	/* draft-msporny-base58-03 section 5, and leading zeros. */
	static const char *const hexes[][2] = {
		{"48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"},
		{"54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a79"
		 "20646f672e",
		 "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"},
		{"0000287fb4cd", "11233QC4"},
		{"", ""},
		{"00", "1"},
		{"0000", "11"},
		{"0001", "12"},
		{"39", "z"},
		{"3a", "21"},
	};
	uint8_t bytes[64], out[64];
	char text[100];
	size_t len;

	for (size_t i = 0; i < sizeof(hexes) / sizeof(hexes[0]); i++) {
		size_t n = testdata_hex(hexes[i][0], bytes, sizeof(bytes));

		assert_int_equal(base58_encode(bytes, n, text, sizeof(text)), OK);
		assert_string_equal(text, hexes[i][1]);
		assert_int_equal(base58_decode(text, strlen(text), out, n, &len), OK);
		assert_int_equal(len, n);
		assert_memory_equal(out, bytes, n);
		if (n)
			assert_int_equal(base58_decode(text, strlen(text), out, n - 1, &len),
					 ERR_LIMIT);
		assert_int_equal(base58_encode(bytes, n, text, strlen(hexes[i][1])), ERR_LIMIT);
	}
}

static void base58_bad(void **state)
{
	static const char *const bad[] = {"0",	      "O", "I", "l", "2NEpo7TZRRrLZSi2U ",
					  "\xc3\xa9", "+"};
	uint8_t zeros[129] = {0}, out[256];
	char ones[182], text[256];
	size_t len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base58_decode(bad[i], strlen(bad[i]), out, sizeof(out), &len),
				 ERR_INVALID);
	assert_int_equal(base58_decode("1\0001", 3, out, sizeof(out), &len), ERR_INVALID);
	assert_int_equal(base58_encode(zeros, 129, text, sizeof(text)), ERR_LIMIT);
	memset(ones, 'z', sizeof(ones));
	assert_int_equal(base58_decode(ones, 181, out, sizeof(out), &len), ERR_LIMIT);
	assert_int_equal(base58_decode(ones, 180, out, sizeof(out), &len), OK);
	memset(zeros, 0xff, sizeof(zeros));
	assert_int_equal(base58_encode(zeros, 128, text, sizeof(text)), OK);
	assert_int_equal(base58_decode(text, strlen(text), out, sizeof(out), &len), OK);
	assert_int_equal(len, 128);
	assert_memory_equal(out, zeros, 128);
}

/* Every length, with and without leading zeros, against the arithmetic of one digit at a time. */
static void base58_every_length(void **state)
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t bytes[128], back[128], number[180];
	char text[200], expected[200];
	uint32_t random = 1;

	for (size_t round = 0; round < 2000; round++) {
		size_t n = round % 129, zeros = round % 3 ? 0 : n / 2, used = 0, len;

		for (size_t i = 0; i < n; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = i < zeros ? 0 : (uint8_t)(random >> 24);
		}
		for (zeros = 0; zeros < n && !bytes[zeros];)
			zeros++;
		for (size_t i = 0; i < n; i++) {
			uint32_t carry = bytes[i];

			for (size_t j = 0; j < used; j++) {
				carry += (uint32_t)number[j] << 8;
				number[j] = (uint8_t)(carry % 58);
				carry /= 58;
			}
			for (; carry; carry /= 58)
				number[used++] = (uint8_t)(carry % 58);
		}
		memset(expected, '1', zeros);
		for (size_t i = 0; i < used; i++)
			expected[zeros + i] = digits[number[used - 1 - i]];
		expected[zeros + used] = '\0';
		assert_int_equal(base58_encode(bytes, n, text, sizeof(text)), OK);
		assert_string_equal(text, expected);
		assert_int_equal(base58_decode(text, strlen(text), back, sizeof(back), &len), OK);
		assert_int_equal(len, n);
		assert_memory_equal(back, bytes, n);
	}
}

static void big_endian(void **state)
{
	uint8_t p[8];

	be64_put(p, 0x0123456789abcdefu);
	assert_memory_equal(p, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_true(be64_get(p) == 0x0123456789abcdefu);
	assert_int_equal(be32_get(p + 4), 0x89abcdefu);
	assert_int_equal(be16_get(p + 6), 0xcdef);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(base32),
		cmocka_unit_test(base64),
		cmocka_unit_test(base64url),
		cmocka_unit_test(base58),
		cmocka_unit_test(base58_bad),
		cmocka_unit_test(base58_every_length),
		cmocka_unit_test(big_endian),
	};

	return cmocka_run_group_tests_name("base/codec", tests, NULL, NULL);
}
