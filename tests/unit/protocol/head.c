#include "tests/unit/protocol/documents.h"

#include "protocol/head.h"

#define NETWORK "net:5wYSM1Qw8ujsP2gRaXeYhkKfY7yvjvfU7aMCgYf7UZTe"

static struct sample_node node;
static struct head sample;
static json_t *doc;

static int setup(void **state)
{
	sample_node_init(&node);
	strcpy(sample.origin, NODE_NID);
	strcpy(sample.audience, "public");
	sample.epoch = sample.created = NOON;
	sample.rev = 7;
	sample.n_sets = 2;
	strcpy(sample.sets[1].type, "Event");
	sample.sets[1].count = 1;
	sample.sets[1].root[31] = 1;
	strcpy(sample.sets[0].type, "Organization");
	sample.sets[0].count = 35000;
	digest_parse("sha256:0aa13e351b3cee11c1e60598a2417bc0ad2565e0f4381b71af4ebf2cde502eb0",
		     sample.sets[0].root);
	return head_sign(&sample, &node.key, &node.identity, &doc);
}

static int teardown(void **state)
{
	json_decref(doc);
	sample_node_done(&node);
	return 0;
}

static void signing(void **state)
{
	assert_digest(doc, "sha256:"
			   "7fe2315183c551fd0ea3a64592b0b2a43d9171e63dd1626946ddc6a57bca0764");
}

static void verifying(void **state)
{
	struct head h;

	assert_int_equal(head_verify(doc, &node.identity, &h, NULL), OK);
	assert_string_equal(h.origin, NODE_NID);
	assert_string_equal(h.audience, "public");
	assert_int_equal(h.op, 0);
	assert_int_equal(h.epoch, NOON);
	assert_int_equal(h.rev, 7);
	assert_int_equal(h.floor, 0);
	assert_int_equal(h.created, NOON);
	assert_int_equal(h.n_sets, 2);
	assert_string_equal(h.sets[0].type, "Event"); /* in order now */
	assert_int_equal(h.sets[0].count, 1);
	assert_int_equal(h.sets[0].root[31], 1);
	assert_string_equal(h.sets[1].type, "Organization");
	assert_int_equal(h.sets[1].count, 35000);
}

static void empty_head(void **state)
{
	struct head h = sample, back;
	json_t *empty;

	h.n_sets = 0;
	h.rev = 0;
	strcpy(h.audience, NETWORK);
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &empty), OK);
	assert_int_equal(head_verify(empty, &node.identity, &back, NULL), OK);
	assert_int_equal(back.n_sets, 0);
	assert_string_equal(back.audience, NETWORK);
	json_decref(empty);
}

static void most_sets(void **state)
{
	struct head h = sample, back;
	json_t *full;

	h.n_sets = HEAD_TYPES;
	for (int i = 0; i < HEAD_TYPES; i++) {
		snprintf(h.sets[i].type, TYPE_MAX, "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%02d", i);
		h.sets[i].count = UINT64_C(9007199254740991);
		memset(h.sets[i].root, 0xff, 32);
	}
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &full), OK);
	assert_int_equal(head_verify(full, &node.identity, &back, NULL), OK);
	assert_int_equal(back.n_sets, HEAD_TYPES);
	json_object_set_new(json_object_get(full, "sets"), "OneTooMany",
			    json_deep_copy(json_object_get(json_object_get(doc, "sets"), "Event")));
	assert_int_equal(proof_sign(full, &node.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	assert_int_equal(head_verify(full, &node.identity, &back, NULL), ERR_INVALID);
	json_decref(full);
}

/* As if the origin had signed it so. Takes changed over. */
static void refuse_signed(json_t *changed, int code, const char *pointer)
{
	struct head h = {.rev = 99};
	struct fault fault = {0};

	assert_int_equal(proof_sign(changed, &node.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	assert_int_equal(head_verify(changed, &node.identity, &h, &fault), code);
	assert_string_equal(fault.pointer, pointer);
	assert_int_equal(h.rev, 99);
	json_decref(changed);
}

static json_t *with_set(const char *type, json_t *pair)
{
	json_t *copy = json_deep_copy(doc);

	json_object_set_new(json_object_get(copy, "sets"), type, pair);
	return copy;
}

static void broken_heads(void **state)
{
	static const char *const integers[] = {"op", "epoch", "rev", "floor"};
	static const char root[] =
		"sha256:0aa13e351b3cee11c1e60598a2417bc0ad2565e0f4381b71af4ebf2cde502eb0";

	refuse_signed(with_text(doc, "type", "Event"), ERR_INVALID, "/type");
	refuse_signed(with_text(doc, "origin", "me"), ERR_INVALID, "/origin");
	refuse_signed(with_text(doc, "audience", "us"), ERR_INVALID, "/audience");
	refuse_signed(with_text(doc, "created", "now"), ERR_INVALID, "/created");
	for (size_t i = 0; i < 4; i++) {
		char pointer[16];

		snprintf(pointer, sizeof(pointer), "/%s", integers[i]);
		refuse_signed(without(doc, integers[i]), ERR_INVALID, pointer);
		refuse_signed(with_text(doc, integers[i], "1"), ERR_INVALID, pointer);
		refuse_signed(with_integer(doc, integers[i], -1), ERR_INVALID, pointer);
	}
	refuse_signed(with_integer(doc, "floor", 8), ERR_INVALID, "/floor");
	refuse_signed(without(doc, "sets"), ERR_INVALID, "/sets");
	refuse_signed(with_text(doc, "sets", "none"), ERR_INVALID, "/sets");
	refuse_signed(with_set("event", json_pack("[i, s]", 1, root)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Tombstone", json_pack("[i, s]", 1, root)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_pack("[i, s]", 0, root)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_pack("[s, s]", "1", root)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_pack("[i, s]", 1, "sha256:00")), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_pack("[i]", 1)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_pack("[i, s, i]", 1, root, 1)), ERR_INVALID, "/sets");
	refuse_signed(with_set("Place", json_object()), ERR_INVALID, "/sets");
}

static void foreign_heads(void **state)
{
	struct sample_node other;
	struct head h;
	struct fault fault;
	json_t *copy;

	other_node_init(&other);
	assert_int_equal(head_verify(doc, &other.identity, &h, &fault), ERR_INVALID);
	assert_string_equal(fault.pointer, "/origin");
	copy = json_deep_copy(doc);
	assert_int_equal(proof_sign(copy, &other.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	assert_int_equal(head_verify(copy, &node.identity, &h, &fault), ERR_SIGNATURE);
	assert_int_equal(proof_sign(copy, &other.key,
				    NODE_NID "#z6Mku85hx1gQbnhnLZyi8uiCe4KGHS5g2cjVtZLFQjFvMBdm",
				    NOON),
			 OK);
	assert_int_equal(head_verify(copy, &node.identity, &h, &fault), ERR_SIGNATURE);
	assert_string_equal(fault.pointer, "/proof/verificationMethod");
	json_decref(copy);
	copy = with_integer(doc, "rev", 8);
	assert_int_equal(head_verify(copy, &node.identity, &h, &fault), ERR_SIGNATURE);
	json_decref(copy);
	copy = without(doc, "proof");
	assert_int_equal(head_verify(copy, &node.identity, &h, &fault), ERR_SIGNATURE);
	json_decref(copy);
	sample_node_done(&other);
}

static void keys_over_time(void **state)
{
	struct identity later = node.identity;
	struct head h;
	struct fault fault;

	refuse_signed(with_integer(doc, "op", 1), ERR_AGAIN, "/op");
	later.op = 1;
	assert_int_equal(head_verify(doc, &later, &h, &fault), ERR_SIGNATURE);
	assert_string_equal(fault.pointer, "/op");
}

static void signing_refuses(void **state)
{
	struct head h = sample;
	struct sample_node other;
	json_t *out = NULL;

	h.sets[0].count = 0;
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &out), ERR_INVALID);
	h = sample;
	strcpy(h.sets[0].type, "Event"); /* twice */
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &out), ERR_INVALID);
	h = sample;
	strcpy(h.sets[0].type, "Tombstone");
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &out), ERR_INVALID);
	h = sample;
	h.op = 3;
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &out), ERR_INVALID);
	h = sample;
	strcpy(h.audience, "us");
	assert_int_equal(head_sign(&h, &node.key, &node.identity, &out), ERR_INVALID);
	other_node_init(&other);
	assert_int_equal(head_sign(&sample, &other.key, &node.identity, &out), ERR_INVALID);
	assert_int_equal(head_sign(&sample, &other.key, &other.identity, &out), ERR_INVALID);
	sample_node_done(&other);
	assert_null(out);
}

static void comparing(void **state)
{
	struct head a = sample, b = sample;

	assert_int_equal(head_compare(&a, &b), 0);
	b.rev++;
	assert_true(head_compare(&a, &b) < 0);
	a.epoch++;
	assert_true(head_compare(&a, &b) > 0);
	b.epoch += 2;
	assert_true(head_compare(&a, &b) < 0);
}

static void cursors(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"1",
		"1.",
		".1",
		"1.2.3",
		"01.2",
		"1.02",
		"-1.2",
		"1.-2",
		"+1.2",
		" 1.2",
		"1.2 ",
		"1,2",
		"a.b",
		"1.2\n",
		"9007199254740992.0",
		"0.99999999999999999999999999",
	};
	char text[CURSOR_TEXT];
	int64_t epoch = -1, rev = -1;

	cursor_format(NOON, 42, text);
	assert_string_equal(text, "1795351860.42");
	assert_int_equal(cursor_parse(text, &epoch, &rev), OK);
	assert_int_equal(epoch, NOON);
	assert_int_equal(rev, 42);
	assert_int_equal(cursor_parse("0.0", &epoch, &rev), OK);
	assert_int_equal(epoch, 0);
	assert_int_equal(rev, 0);
	assert_int_equal(cursor_parse("9007199254740991.9007199254740991", &epoch, &rev), OK);
	assert_int_equal(rev, 9007199254740991);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cursor_parse(bad[i], &epoch, &rev) != ERR_INVALID)
			fail_msg("taken for a cursor: %s", bad[i]);
	assert_int_equal(rev, 9007199254740991);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(signing),	  cmocka_unit_test(verifying),
		cmocka_unit_test(empty_head),	  cmocka_unit_test(most_sets),
		cmocka_unit_test(broken_heads),	  cmocka_unit_test(foreign_heads),
		cmocka_unit_test(keys_over_time), cmocka_unit_test(signing_refuses),
		cmocka_unit_test(comparing),	  cmocka_unit_test(cursors),
	};

	return cmocka_run_group_tests_name("head", tests, setup, teardown);
}
