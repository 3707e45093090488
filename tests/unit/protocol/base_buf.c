#include "tests/unit/protocol/testdata.h"

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

static void grows_and_ends_with_nul(void **state)
{
	struct buf b;

	buf_init(&b, 100000);
	assert_null(b.data);
	for (int i = 0; i < 10000; i++) {
		buf_fmt(&b, "%d,", i % 10);
		assert_int_equal(b.data[b.len], '\0');
	}
	assert_int_equal(b.err, OK);
	assert_int_equal(b.len, 20000);
	assert_memory_equal(b.data, "0,1,2,3,4,5,6,7,8,9,0,", 22);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_done(&b);
	assert_null(b.data);
	buf_done(&b);
}

static void the_ceiling_is_exact_and_sticky(void **state)
{
	struct buf b;

	buf_init(&b, 5);
	buf_str(&b, "abc");
	buf_add(&b, "de", 2);
	assert_int_equal(b.err, OK);
	assert_string_equal(b.data, "abcde");
	buf_char(&b, 'f');
	assert_int_equal(b.err, ERR_LIMIT);
	assert_string_equal(b.data, "abcde");
	assert_null(buf_room(&b, 0));
	assert_null(buf_steal(&b, NULL));
	buf_clear(&b);
	assert_int_equal(b.err, OK);
	buf_str(&b, "again");
	assert_int_equal(b.err, OK);
	buf_done(&b);
}

static void a_ceiling_of_nothing(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	buf_add(&b, NULL, 0);
	assert_int_equal(b.err, OK);
	buf_char(&b, 'x');
	assert_int_equal(b.err, ERR_LIMIT);
	buf_done(&b);
}

static void sizes_near_overflow(void **state)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, "x");
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(b.err, ERR_LIMIT);
	buf_clear(&b);
	assert_null(buf_room(&b, SIZE_MAX - 1));
	buf_done(&b);
}

static void long_formats(void **state)
{
	struct buf b;

	buf_init(&b, 2000);
	buf_fmt(&b, "%1000d|", 7);
	buf_fmt(&b, "%s", "end");
	assert_int_equal(b.len, 1004);
	assert_string_equal(b.data + 999, "7|end");
	buf_fmt(&b, "%1000d", 7);
	assert_int_equal(b.err, ERR_LIMIT);
	assert_int_equal(b.len, 1004);
	buf_done(&b);
}

static void varints(void **state)
{
	static const struct {
		uint64_t v;
		size_t len;
		const char *bytes;
	} cases[] = {
		{0, 1, "\x00"},
		{127, 1, "\x7f"},
		{128, 2, "\x80\x01"},
		{624485, 3, "\xe5\x8e\x26"},
		{UINT64_MAX, 10, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
	};
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		buf_varint(&b, cases[i].v);
		assert_int_equal(b.len, cases[i].len);
		assert_memory_equal(b.data, cases[i].bytes, b.len);
	}
	buf_done(&b);
}

static void steal_leaves_an_empty_buffer(void **state)
{
	struct buf b;
	size_t len = 99;
	char *s;

	buf_init(&b, 10);
	s = buf_steal(&b, &len);
	assert_string_equal(s, "");
	assert_int_equal(len, 0);
	free(s);
	buf_str(&b, "ten bytes!");
	s = buf_steal(&b, NULL);
	assert_string_equal(s, "ten bytes!");
	assert_int_equal(b.len, 0);
	assert_null(b.data);
	free(s);
	buf_str(&b, "more");
	assert_string_equal(b.data, "more");
	buf_done(&b);
}

static void fault_fields_are_cut_between_characters(void **state)
{
	struct fault f;
	char long_arg[400], text[400];

	memset(long_arg, 'x', sizeof(long_arg));
	memcpy(long_arg + 158, "\xc3\xa9", 2); /* é across the end of arg[160] */
	long_arg[399] = '\0';
	assert_int_equal(fault_set(&f, ERR_LIMIT, "/name", "Too long: %s!", long_arg), ERR_LIMIT);
	assert_int_equal(strlen(f.arg), 158);
	assert_string_equal(f.pointer, "/name");
	fault_text(&f, text, sizeof(text));
	assert_int_equal(strlen(text), strlen("Too long: !") + 158);
	fault_text(&f, text, 5);
	assert_string_equal(text, "Too ");

	assert_int_equal(fault_set(NULL, ERR_BUSY, "", "x", NULL), ERR_BUSY);
	fault_set(&f, ERR_BUSY, NULL, "No 100% hole.", "unused");
	fault_text(&f, text, sizeof(text));
	assert_string_equal(text, "No 100% hole.");
	assert_string_equal(err_name(OK), "ok");
	assert_string_equal(err_name(ERR_NOTFOUND), "not-found");
	assert_string_equal(err_name(ERR_INTERNAL), "internal");
	assert_string_equal(err_name(ERR_FULL), "full");
	assert_string_equal(err_name(ERR_FULL - 1), "unknown");
	assert_string_equal(err_name(1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_ends_with_nul),
		cmocka_unit_test(the_ceiling_is_exact_and_sticky),
		cmocka_unit_test(a_ceiling_of_nothing),
		cmocka_unit_test(sizes_near_overflow),
		cmocka_unit_test(long_formats),
		cmocka_unit_test(varints),
		cmocka_unit_test(steal_leaves_an_empty_buffer),
		cmocka_unit_test(fault_fields_are_cut_between_characters),
	};

	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
