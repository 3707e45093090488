#include "tests/unit/protocol/testdata.h"

#include <inttypes.h>
#include <math.h>

#include "protocol/canon.h"

enum { ROOM = 1 << 20 };

static json_t *read_ok(const char *text, size_t len, enum canon_mode mode)
{
	struct fault fault = {0};
	json_t *doc = NULL;

	if (canon_read(text, len, mode, &doc, &fault))
		fail_msg("refused: %.60s (%s %s)", text, fault.key, fault.arg);
	return doc;
}

static void assert_canonical(const char *text, enum canon_mode mode, const char *expected)
{
	json_t *doc = read_ok(text, strlen(text), mode);
	struct buf out;

	buf_init(&out, ROOM);
	assert_int_equal(canon_write(doc, &out), OK);
	assert_string_equal(out.data, expected);
	buf_done(&out);
	json_decref(doc);
}

static void published_samples(void **state)
{
	static const char *const names[] = {"arrays",  "french", "structures",
					    "unicode", "values", "weird"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[64];
		size_t in_len, out_len;
		char *in, *out;

		snprintf(name, sizeof(name), "rfc8785/%s.in.json", names[i]);
		in = testdata_load(name, &in_len);
		snprintf(name, sizeof(name), "rfc8785/%s.out.json", names[i]);
		out = testdata_load(name, &out_len);
		assert_canonical(in, CANON_FULL, out);
		assert_canonical(out, CANON_FULL, out);
		free(in);
		free(out);
	}
}

static double double_of(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void appendix_b(void **state)
{
	FILE *f = testdata_open("rfc8785/numbers.txt");
	char line[128], text[32], expected[64];
	uint64_t bits;
	int n = 0;

	while (testdata_line(f, line, sizeof(line))) {
		assert_int_equal(sscanf(line, "%" SCNx64 " %63s", &bits, expected), 2);
		if (strcmp(expected, "-")) {
			assert_int_equal(canon_number(double_of(bits), text), OK);
			assert_string_equal(text, expected);
		} else {
			assert_int_equal(canon_number(double_of(bits), text), ERR_INVALID);
		}
		n++;
	}
	assert_int_equal(n, 27);
	fclose(f);
}

/* The published file of ES6 numbers: its first lines are typed, the rest follows from them. */
static void number_file(void **state)
{
	static const struct {
		int lines;
		const char *sha256;
	} known[] = {
		{1000, "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687"},
		{10000, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892"},
	};
	FILE *f = testdata_open("rfc8785/edges.txt");
	char line[128], text[32], hex[65];
	uint8_t block[32] = {0}, digest[32];
	uint64_t bits[4];
	struct buf out;
	int lines = 0, next = 4, serial = 0;

	buf_init(&out, ROOM);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		while (lines < known[i].lines) {
			uint64_t b;

			if (testdata_line(f, line, sizeof(line))) {
				b = strtoull(line, NULL, 16);
			} else if (serial < 2000) {
				b = 0x0010000000000000u + (uint64_t)serial++;
			} else {
				do {
					if (next == 4) {
						digest_bytes(block, sizeof(block), block);
						/* The file takes the digest as little-endian
						 * doubles. */
						for (int d = 0; d < 4; d++) {
							bits[d] = 0;
							for (int k = 7; k >= 0; k--)
								bits[d] = bits[d] << 8 |
									  block[8 * d + k];
						}
						next = 0;
					}
					b = bits[next++];
				} while (!isfinite(double_of(b)) || double_of(b) == 0);
			}
			assert_int_equal(canon_number(double_of(b), text), OK);
			buf_fmt(&out, "%" PRIx64 ",%s\n", b, text);
			lines++;
		}
		digest_bytes(out.data, out.len, digest);
		hex_encode(digest, sizeof(digest), hex);
		assert_string_equal(hex, known[i].sha256);
	}
	buf_done(&out);
	fclose(f);
}

static void powers_of_two(void **state)
{
	char text[32];

	for (int e = -1074; e <= 1023; e++) {
		double v = ldexp(1, e);

		assert_int_equal(canon_number(v, text), OK);
		assert_true(strtod(text, NULL) == v);
	}
	/* The nearest decimal of 16 digits reads back as the double below. */
	canon_number(ldexp(1, -44), text);
	assert_string_equal(text, "5.684341886080802e-14");
	canon_number(9.5e-7, text);
	assert_string_equal(text, "9.5e-7");
	canon_number(-1e21, text);
	assert_string_equal(text, "-1e+21");
	canon_number(123456789012345680000.0, text);
	assert_string_equal(text, "123456789012345680000");
	assert_int_equal(canon_number(NAN, text), ERR_INVALID);
	assert_int_equal(canon_number(-INFINITY, text), ERR_INVALID);
}

static void names_sort_by_utf16(void **state)
{
	/* U+FFFF after U+10000, "b" after "aa", and more members than are sorted on the stack. */
	struct buf text, expected;

	assert_canonical(
		"{\"\xef\xbf\xbf\":1,\"\xf0\x90\x80\x80\":2,\"\xee\x80\x80\":3,\"\xed\x9f\xbf\":4,"
		"\"abcdefgh\xef\xbf\xbf\":5,\"abcdefgh\xf0\x90\x80\x80\":6,\"abcdefgh\":7,"
		"\"abcdefg\":8,\"abcdefghi\":9}",
		CANON_FULL,
		"{\"abcdefg\":8,\"abcdefgh\":7,\"abcdefghi\":9,\"abcdefgh\xf0\x90\x80\x80\":6,"
		"\"abcdefgh\xef\xbf\xbf\":5,\"\xed\x9f\xbf\":4,\"\xf0\x90\x80\x80\":2,"
		"\"\xee\x80\x80\":3,\"\xef\xbf\xbf\":1}");
	buf_init(&text, ROOM);
	buf_init(&expected, ROOM);
	buf_char(&text, '{');
	buf_char(&expected, '{');
	for (int i = 0; i < 1000; i++) {
		buf_fmt(&text, "%s\"member-%03d\":%d", i ? "," : "", (i * 7) % 1000, i);
		buf_fmt(&expected, "%s\"member-%03d\":%d", i ? "," : "", i, (i * 143) % 1000);
	}
	buf_char(&text, '}');
	buf_char(&expected, '}');
	assert_canonical(text.data, CANON_NATIVE, expected.data);
	buf_done(&text);
	buf_done(&expected);
}

static void native_numbers(void **state)
{
	static const char *const good[][2] = {
		{"0", "0"},
		{"-1", "-1"},
		{"9007199254740991", "9007199254740991"},
		{"-9007199254740991", "-9007199254740991"},
		{" 7\n", "7"},
	};
	static const char *const bad[] = {
		"-0",
		"1.0",
		"0.5",
		"1e3",
		"1E3",
		"-",
		"+1",
		"01",
		"-01",
		"00",
		"0x10",
		"1.",
		"1.e3",
		"1e",
		"9007199254740992",
		".5",
		"- 1",
		"-9007199254740992",
		"1e400",
		"99999999999999999999999999999",
		"NaN",
		"nan",
		"Infinity",
		"-Infinity",
		"1_000",
	};
	struct fault fault;
	json_t *doc = NULL;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_canonical(good[i][0], CANON_NATIVE, good[i][1]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (canon_read(bad[i], strlen(bad[i]), CANON_NATIVE, &doc, &fault) != ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);
	assert_null(doc);
	assert_int_equal(canon_read("[1,2.5]", 7, CANON_NATIVE, &doc, &fault), ERR_INVALID);
	assert_string_equal(fault.arg, "3");
}

static void full_numbers(void **state)
{
	static const char *const good[][2] = {
		{"-0", "0"},
		{"-0.0e5", "0"},
		{"1.0", "1"},
		{"1e400000000000000000000000000000", NULL},
		{"1e400", NULL},
		{"-1e400", NULL},
		{"1e-400", "0"},
		{"9007199254740993", "9007199254740992"},
		{"123456789012345678901234567890", "1.2345678901234568e+29"},
		{"2.2250738585072014e-308", "2.2250738585072014e-308"},
		{"0.1e1", "1"},
		{"1E+2", "100"},
		{"-01", NULL},
		{"1.e3", NULL},
		{"NaN", NULL},
	};
	json_t *doc;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (good[i][1])
			assert_canonical(good[i][0], CANON_FULL, good[i][1]);
		else
			assert_int_equal(
				canon_read(good[i][0], strlen(good[i][0]), CANON_FULL, &doc, NULL),
				ERR_INVALID);
	}
}

/* Correct rounding needs every digit, however many there are. */
static void a_very_long_number(void **state)
{
	char text[1200];

	memset(text, '0', sizeof(text));
	memcpy(text, "9007199254740993.", 17);
	text[1198] = '1';
	text[1199] = '\0';
	assert_canonical(text, CANON_FULL, "9007199254740994");
	text[1198] = '\0';
	assert_canonical(text, CANON_FULL, "9007199254740992");
}

static void refused_documents(void **state)
{
	static const struct {
		const char *text, *where;
	} bad[] = {
		{"", "0"},
		{" ", "1"},
		{"{", "1"},
		{"{\"a\":1", "6"},
		{"{\"a\" 1}", "5"},
		{"{\"a\":1,}", "7"},
		{"{a:1}", "1"},
		{"{'a':1}", "1"},
		{"[1,]", "3"},
		{"[1 2]", "3"},
		{"[", "1"},
		{"]", "0"},
		{"nul", "0"},
		{"True", "0"},
		{"\"abc", "4"},
		{"\"a\\", "3"},
		{"\"a\\x\"", "3"},
		{"\"a\nb\"", "2"},
		{"\"\x7f\x1f\"", "2"},
		{"\"\\u00e\"", "3"},
		{"\"\\u00g0\"", "3"},
		{"\"\\ud800\"", "7"},
		{"\"\\ud800x\"", "7"},
		{"\"\\ud800\\n\"", "8"},
		{"\"\\ud800\\ud800\"", "13"},
		{"\"\\udc00\"", "7"},
		{"\"\\ude02\\ud83d\"", "7"},
		{"\"\\u0000\"", "7"},
		{"{\"\\u0000\":1}", "8"},
		{"\"\xed\xa0\x80\"", "1"},
		{"\"\xc0\xaf\"", "1"},
		{"\"\xe9\"", "1"},
		{"\"caf\xc3\"", "4"},
		{"\"\xf4\x90\x80\x80\"", "1"},
		{"\xef\xbb\xbf{}", "0"},
		{"{} {}", "3"},
		{"{}x", "2"},
		{"1 1", "2"},
		{"{\"a\":1,\"b\":2,\"a\":3}", "13"},
		{"{\"a\":1,\"\\u0061\":2}", "7"},
		{"{\"\\u0061\":{\"\\n\":1,\"b\":\"\\t\"},\"a\":2}", "28"},
		{"/* no */ 1", "0"},
		{"\"\xc2\xa0\"\xc2\xa0", "4"},
	};
	struct fault fault;
	json_t *doc = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int mode = CANON_NATIVE; mode <= CANON_FULL; mode++) {
			memset(&fault, 0, sizeof(fault));
			if (canon_read(bad[i].text, strlen(bad[i].text), mode, &doc, &fault) !=
			    ERR_INVALID)
				fail_msg("accepted: %s", bad[i].text);
			if (strcmp(fault.arg, bad[i].where))
				fail_msg("%s: byte %s, not %s", bad[i].text, fault.arg,
					 bad[i].where);
		}
	assert_int_equal(canon_read("\"a\0b\"", 5, CANON_NATIVE, &doc, NULL), ERR_INVALID);
	assert_int_equal(canon_read("[1]\0", 4, CANON_NATIVE, &doc, NULL), ERR_INVALID);
	assert_null(doc);
}

static void ascii_names_in_native_documents(void **state)
{
	static const char *const texts[] = {"{\"\xc3\xa9\":1}", "{\"\\u00e9\":1}"};
	json_t *doc;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(canon_read(texts[i], strlen(texts[i]), CANON_NATIVE, &doc, NULL),
				 ERR_INVALID);
		assert_canonical(texts[i], CANON_FULL, "{\"\xc3\xa9\":1}");
	}
}

static void depth(void **state)
{
	struct fault fault;
	char text[100001];
	json_t *doc, *deeper;
	struct buf out;

	memset(text, '[', 16);
	memset(text + 16, ']', 16);
	doc = read_ok(text, 32, CANON_NATIVE);
	buf_init(&out, ROOM);
	assert_int_equal(canon_write(doc, &out), OK);
	assert_int_equal(out.len, 32);
	deeper = json_pack("[o]", doc);
	assert_int_equal(canon_write(deeper, &out), ERR_INVALID);
	json_decref(deeper);
	buf_done(&out);

	memset(text, '[', 17);
	memset(text + 17, ']', 17);
	assert_int_equal(canon_read(text, 34, CANON_NATIVE, &doc, &fault), ERR_INVALID);
	assert_string_equal(fault.arg, "16");
	*text = '\0';
	for (int i = 0; i < 17; i++)
		strcat(text, "{\"a\":");
	assert_int_equal(canon_read(text, strlen(text), CANON_FULL, &doc, &fault), ERR_INVALID);
	assert_string_equal(fault.arg, "80");
	memset(text, '[', 100000);
	assert_int_equal(canon_read(text, 100000, CANON_NATIVE, &doc, &fault), ERR_INVALID);
	/* Depth is nesting, not number. */
	doc = read_ok("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]", 58,
		      CANON_NATIVE);
	json_decref(doc);
}

static void escapes(void **state)
{
	assert_canonical(
		"\"\\u0001\\u001f\\u007f\\b\\f\\n\\r\\t\\\"\\\\\\/\\u00e9\\uD83D\\uDE02\\u2028\"",
		CANON_NATIVE,
		"\"\\u0001\\u001f\x7f\\b\\f\\n\\r\\t\\\"\\\\/"
		"\xc3\xa9\xf0\x9f\x98\x82\xe2\x80\xa8\"");
	assert_canonical("{\"a\\nb\":{\"c\\td\":[\"e\\\\\",\"f\"]},\"\\u0041\":\"\"}", CANON_NATIVE,
			 "{\"A\":\"\",\"a\\nb\":{\"c\\td\":[\"e\\\\\",\"f\"]}}");
}

static void unwritable_trees(void **state)
{
	json_t *bad[] = {
		json_stringn_nocheck("\xff", 1),
		json_stringn_nocheck("a\0b", 3),
		json_stringn_nocheck("\xed\xa0\x80", 3),
		json_integer(9007199254740992),
		json_integer(INT64_MIN),
	};
	struct buf out;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_init(&out, ROOM);
		assert_non_null(bad[i]);
		assert_int_equal(canon_write(bad[i], &out), ERR_INVALID);
		buf_done(&out);
		json_decref(bad[i]);
	}
	buf_init(&out, 6);
	bad[0] = json_string("12345");
	assert_int_equal(canon_write(bad[0], &out), ERR_LIMIT);
	json_decref(bad[0]);
	buf_clear(&out);
	bad[0] = json_string("1234");
	assert_int_equal(canon_write(bad[0], &out), OK);
	json_decref(bad[0]);
	assert_int_equal(canon_write_without(NULL, "x", &out), ERR_INVALID);
	buf_done(&out);
}

static void one_member_left_out(void **state)
{
	static const char *const texts[][3] = {
		{"{\"a\":1,\"proof\":{\"proof\":2},\"z\":3}", "{\"a\":1,\"z\":3}", "y"},
		{"{\"proof\":0}", "{}", "y"},
		{"{\"proof\":[],\"z\":{\"proof\":1}}", "{\"z\":{\"proof\":1}}", "y"},
		{"{\"a\":{},\"proof\":\"\"}", "{\"a\":{}}", "y"},
		{"{\"a\":1,\"proofs\":2}", "{\"a\":1,\"proofs\":2}", NULL},
		{"{}", "{}", NULL},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *doc = read_ok(texts[i][0], strlen(texts[i][0]), CANON_NATIVE);
		uint8_t whole[32], cut[32];
		size_t at, len;
		struct buf out;

		buf_init(&out, ROOM);
		assert_int_equal(canon_write_without(doc, "proof", &out), OK);
		assert_string_equal(out.data, texts[i][1]);
		digest_bytes(out.data, out.len, whole);
		buf_clear(&out);
		buf_str(&out, "before");
		assert_int_equal(canon_write_mark(doc, "proof", &out, &at, &len), OK);
		assert_string_equal(out.data + 6, texts[i][0]);
		assert_true(!len == !texts[i][2]);
		digest_without(out.data + 6, out.len - 6, len ? at - 6 : 0, len, cut);
		assert_memory_equal(cut, whole, 32);
		buf_done(&out);
		json_decref(doc);
	}
}

static void digests(void **state)
{
	static const char abc[] =
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	uint8_t digest[32], back[32];
	char text[DIGEST_TEXT], bad[DIGEST_TEXT + 1];

	digest_bytes("abc", 3, digest);
	digest_text(digest, text);
	assert_string_equal(text, abc);
	assert_int_equal(digest_parse(text, back), OK);
	assert_memory_equal(back, digest, 32);
	digest_without("axyzbc", 6, 1, 3, back);
	assert_memory_equal(back, digest, 32);

	assert_int_equal(digest_parse("", back), ERR_INVALID);
	assert_int_equal(digest_parse(abc + 7, back), ERR_INVALID);
	strcpy(bad, abc);
	bad[10] = 'A';
	assert_int_equal(digest_parse(bad, back), ERR_INVALID);
	strcpy(bad, abc);
	bad[70] = '\0';
	assert_int_equal(digest_parse(bad, back), ERR_INVALID);
	strcpy(bad, abc);
	strcat(bad, "0");
	assert_int_equal(digest_parse(bad, back), ERR_INVALID);
	strcpy(bad, abc);
	memcpy(bad, "SHA256", 6);
	assert_int_equal(digest_parse(bad, back), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_samples),
		cmocka_unit_test(appendix_b),
		cmocka_unit_test(number_file),
		cmocka_unit_test(powers_of_two),
		cmocka_unit_test(names_sort_by_utf16),
		cmocka_unit_test(native_numbers),
		cmocka_unit_test(full_numbers),
		cmocka_unit_test(a_very_long_number),
		cmocka_unit_test(refused_documents),
		cmocka_unit_test(ascii_names_in_native_documents),
		cmocka_unit_test(depth),
		cmocka_unit_test(escapes),
		cmocka_unit_test(unwritable_trees),
		cmocka_unit_test(one_member_left_out),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests_name("canon", tests, NULL, NULL);
}
