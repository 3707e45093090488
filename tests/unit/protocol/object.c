#include "tests/unit/protocol/documents.h"

#include "protocol/httpsig.h"
#include "protocol/limits.h"
#include "protocol/object.h"

#define KEY "aahr4lj4jnngs6ehs2s3jq6s4h"
#define ID NODE_ORIGIN "/o/" KEY
#define NETWORK "net:5wYSM1Qw8ujsP2gRaXeYhkKfY7yvjvfU7aMCgYf7UZTe"

static struct sample_node node;
static json_t *event; /* signed, public, revision 7 */

enum { PUBLISHED = 1795161600, ERASED = 1795392000 }; /* 2026-11-20T08:00Z, 2026-11-23T00:00Z */

static int setup(void **state)
{
	sample_node_init(&node);
	event = json_of("{'type':'Event','name':'Forum des « pionniers »',"
			"'startTime':'2026-12-01T14:30+01:00'}");
	return object_sign(event, &node.identity, &node.key, ID, "public", 7, PUBLISHED, NOON);
}

static int teardown(void **state)
{
	json_decref(event);
	sample_node_done(&node);
	return 0;
}

static void ids(void **state)
{
	uint8_t random[OBJECT_RANDOM];
	char id[OBJECT_ID_MAX];

	for (int i = 0; i < OBJECT_RANDOM; i++)
		random[i] = (uint8_t)(i * 15);
	object_id_make(NODE_ORIGIN, random, id);
	assert_string_equal(id, ID);
	random[OBJECT_RANDOM - 1] ^= 0x3f; /* the six bits that are not used */
	object_id_make(NODE_ORIGIN, random, id);
	assert_string_equal(id, ID);
	random[OBJECT_RANDOM - 1] ^= 0x40;
	object_id_make(NODE_ORIGIN, random, id);
	assert_string_not_equal(id, ID);

	assert_true(object_id_valid(ID));
	assert_true(object_id_valid("http://127.0.0.1:8080/o/" KEY));
	assert_false(object_id_valid(""));
	assert_false(object_id_valid(KEY));
	assert_false(object_id_valid("/o/" KEY));
	assert_false(object_id_valid(NODE_ORIGIN "/o/" KEY "a"));
	assert_false(object_id_valid(NODE_ORIGIN "/o/"
						 "aahr4lj4jnngs6ehs2s3jq6s4"));
	assert_false(object_id_valid(NODE_ORIGIN "/o/"
						 "aahr4lj4jnngs6ehs2s3jq6s41"));
	assert_false(object_id_valid(NODE_ORIGIN "/o/"
						 "AAHR4LJ4JNNGS6EHS2S3JQ6S4H"));
	assert_false(object_id_valid(NODE_ORIGIN "/O/" KEY));
	assert_false(object_id_valid(NODE_ORIGIN "/chemin/o/" KEY));
	assert_false(object_id_valid("javascript:/o/" KEY));
	assert_false(object_id_valid("https://Noeud.exemple.fr/o/" KEY));
}

static void names_of_types_and_audiences(void **state)
{
	assert_true(object_type_valid("Event"));
	assert_true(object_type_valid("X509"));
	assert_true(object_type_valid("Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")); /* 39 */
	assert_false(object_type_valid("Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	assert_false(object_type_valid(""));
	assert_false(object_type_valid("event"));
	assert_false(object_type_valid("My Event"));
	assert_false(object_type_valid("Événement"));
	assert_true(object_audience_valid("public"));
	assert_true(object_audience_valid(NETWORK));
	assert_false(object_audience_valid(""));
	assert_false(object_audience_valid("Public"));
	assert_false(object_audience_valid("net:"));
	assert_false(object_audience_valid("net:abc"));
	assert_false(object_audience_valid(NODE_NID));
}

static void signing(void **state)
{
	assert_digest(event, "sha256:"
			     "0aa13e351b3cee11c1e60598a2417bc0ad2565e0f4381b71af4ebf2cde502eb0");
}

static void reading(void **state)
{
	struct envelope e;

	assert_int_equal(object_envelope(event, &node.identity, &e, NULL), OK);
	assert_string_equal(e.id, ID);
	assert_string_equal(e.key, KEY);
	assert_string_equal(e.type, "Event");
	assert_string_equal(e.origin, NODE_NID);
	assert_string_equal(e.audience, "public");
	assert_int_equal(e.rev, 7);
	assert_int_equal(e.published, PUBLISHED);
	assert_int_equal(e.updated, NOON);
	assert_false(e.tombstone);
	assert_null(e.former_type);
	assert_int_equal(object_envelope(event, NULL, &e, NULL), OK);
}

static void verifying(void **state)
{
	struct envelope e;
	struct buf out, expected;
	uint8_t digest[32];
	char text[DIGEST_TEXT];

	buf_init(&out, 100000);
	buf_init(&expected, 100000);
	buf_str(&out, "before");
	assert_int_equal(object_verify(event, &node.identity, "public", &e, &out, digest, NULL),
			 OK);
	assert_string_equal(e.id, ID);
	canon_write(event, &expected);
	assert_int_equal(out.len, 6 + expected.len);
	assert_memory_equal(out.data, "before", 6);
	assert_memory_equal(out.data + 6, expected.data, expected.len);
	digest_text(digest, text);
	assert_string_equal(text,
			    "sha256:"
			    "0aa13e351b3cee11c1e60598a2417bc0ad2565e0f4381b71af4ebf2cde502eb0");
	buf_done(&out);
	buf_done(&expected);
}

/* Both readers refuse the same shapes, and write nothing. Takes doc over. */
static void refuse_shape(json_t *doc, const char *pointer)
{
	struct envelope e = {.rev = 99};
	struct fault fault = {0};
	struct buf out;
	uint8_t digest[32];

	if (object_envelope(doc, NULL, &e, &fault) != ERR_INVALID)
		fail_msg("not refused: %s", pointer);
	assert_string_equal(fault.pointer, pointer);
	buf_init(&out, 100000);
	assert_int_equal(object_verify(doc, &node.identity, "public", &e, &out, digest, NULL),
			 ERR_INVALID);
	assert_int_equal(out.len, 0);
	assert_int_equal(e.rev, 99);
	buf_done(&out);
	json_decref(doc);
}

static void broken_envelopes(void **state)
{
	refuse_shape(json_null(), "");
	refuse_shape(json_array(), "");
	refuse_shape(without(event, "id"), "/id");
	refuse_shape(with_integer(event, "id", 1), "/id");
	refuse_shape(with_text(event, "id", NODE_ORIGIN "/o/x"), "/id");
	refuse_shape(with_text(event, "id", "javascript:alert(1)/o/" KEY), "/id");
	refuse_shape(without(event, "type"), "/type");
	refuse_shape(with_text(event, "type", "../Event"), "/type");
	refuse_shape(without(event, "origin"), "/origin");
	refuse_shape(with_text(event, "origin", NODE_ORIGIN), "/origin");
	refuse_shape(without(event, "audience"), "/audience");
	refuse_shape(with_text(event, "audience", "everyone"), "/audience");
	refuse_shape(without(event, "rev"), "/rev");
	refuse_shape(with_text(event, "rev", "7"), "/rev");
	refuse_shape(with_integer(event, "rev", 0), "/rev");
	refuse_shape(with_integer(event, "rev", -1), "/rev");
	refuse_shape(with_integer(event, "rev", 9007199254740992), "/rev");
	refuse_shape(without(event, "published"), "/published");
	refuse_shape(with_text(event, "published", "2026-11-22T12:51:00+01:00"), "/published");
	refuse_shape(with_text(event, "updated", "yesterday"), "/updated");
}

static void nul_in_members(void **state)
{
	json_t *doc = json_deep_copy(event);

	json_object_set_new(doc, "type", json_stringn("Event\0x", 7));
	refuse_shape(doc, "/type");
}

static void refuse(json_t *doc, const char *audience, int code, const char *pointer)
{
	struct envelope e = {.rev = 99};
	struct fault fault = {0};
	struct buf out;
	uint8_t digest[32];

	buf_init(&out, 200000);
	assert_int_equal(object_verify(doc, &node.identity, audience, &e, &out, digest, &fault),
			 code);
	assert_string_equal(fault.pointer, pointer);
	assert_int_equal(e.rev, 99);
	buf_done(&out);
	json_decref(doc);
}

static void foreign_objects(void **state)
{
	struct sample_node other;
	json_t *doc;

	other_node_init(&other);
	/* An object of another node, served in our feed. */
	doc = json_of("{'type':'Event','name':'x'}");
	assert_int_equal(object_sign(doc, &other.identity, &other.key, ID, "public", 1, NOON, NOON),
			 OK);
	refuse(json_incref(doc), "public", ERR_INVALID, "/origin");
	/* The same, claiming to be ours; the proof says whose it is. */
	json_object_set_new(doc, "origin", json_string(NODE_NID));
	refuse(json_incref(doc), "public", ERR_SIGNATURE, "/proof/verificationMethod");
	/* Our method in the proof, but not our key. */
	assert_int_equal(proof_sign(doc, &other.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	refuse(doc, "public", ERR_SIGNATURE, "/proof/proofValue");
	/* Our nid with a key that is not the current one. */
	doc = json_deep_copy(event);
	assert_int_equal(proof_sign(doc, &other.key,
				    NODE_NID "#z6Mku85hx1gQbnhnLZyi8uiCe4KGHS5g2cjVtZLFQjFvMBdm",
				    NOON),
			 OK);
	refuse(doc, "public", ERR_SIGNATURE, "/proof/verificationMethod");
	sample_node_done(&other);
}

static void foreign_addresses(void **state)
{
	json_t *doc = with_text(event, "id", "https://noeud.exemple.fr.pirate.org/o/" KEY);

	assert_int_equal(proof_sign(doc, &node.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	refuse(doc, "public", ERR_INVALID, "/id");
	doc = with_text(event, "id", "https://exemple.fr/o/" KEY);
	assert_int_equal(proof_sign(doc, &node.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	refuse(doc, "public", ERR_INVALID, "/id");
	doc = with_text(event, "id", "https://noeud.exemple.f/o/" KEY); /* a beginning of ours */
	assert_int_equal(proof_sign(doc, &node.key, NODE_NID "#" NODE_SIGN, NOON), OK);
	refuse(doc, "public", ERR_INVALID, "/id");
}

static void wrong_feed(void **state)
{
	refuse(json_incref(event), NETWORK, ERR_INVALID, "/audience");
	refuse(with_text(event, "audience", NETWORK), "public", ERR_INVALID, "/audience");
}

static void changed_after_signing(void **state)
{
	json_t *doc;

	refuse(with_text(event, "name", "Autre chose"), "public", ERR_SIGNATURE,
	       "/proof/proofValue");
	refuse(with_integer(event, "rev", 8), "public", ERR_SIGNATURE, "/proof/proofValue");
	refuse(with_text(event, "extra", "x"), "public", ERR_SIGNATURE, "/proof/proofValue");
	refuse(without(event, "startTime"), "public", ERR_SIGNATURE, "/proof/proofValue");
	refuse(without(event, "proof"), "public", ERR_SIGNATURE, "/proof/verificationMethod");
	doc = json_deep_copy(event);
	json_object_set_new(json_object_get(doc, "proof"), "proofPurpose",
			    json_string("authentication"));
	refuse(doc, "public", ERR_INVALID, "/proof/proofPurpose");
}

static void unknown_types_and_fields_are_stored(void **state)
{
	json_t *doc = json_of("{'type':'Gazette','colour':'red','nested':{'list':[1,2,null]}}");
	struct envelope e;
	struct buf out;
	uint8_t digest[32];

	assert_int_equal(object_sign(doc, &node.identity, &node.key, ID, NETWORK, 1, NOON, NOON),
			 OK);
	buf_init(&out, 100000);
	assert_int_equal(object_verify(doc, &node.identity, NETWORK, &e, &out, digest, NULL), OK);
	assert_string_equal(e.type, "Gazette");
	buf_done(&out);
	json_decref(doc);
}

/* An object whose canonical form has exactly `size` bytes. */
static json_t *object_of(size_t size, int *ret_err)
{
	json_t *doc = json_of("{'type':'Note','content':''}");
	struct buf bytes;
	char *content;
	size_t n;

	buf_init(&bytes, 1 << 20);
	assert_int_equal(object_sign(doc, &node.identity, &node.key, ID, "public", 1, NOON, NOON),
			 OK);
	canon_write(doc, &bytes);
	/* Signatures of this key happen to differ in length: what is missing is found by trying. */
	n = size - bytes.len;
	for (int tries = 0; bytes.len != size && tries < 8; tries++) {
		content = malloc(n + 1);
		memset(content, 'x', n);
		content[n] = '\0';
		json_object_set_new(doc, "content", json_string(content));
		free(content);
		*ret_err = object_sign(doc, &node.identity, &node.key, ID, "public", 1, NOON, NOON);
		buf_clear(&bytes);
		canon_write(doc, &bytes);
		n += size - bytes.len;
	}
	assert_int_equal(bytes.len, size);
	buf_done(&bytes);
	return doc;
}

static void size(void **state)
{
	struct envelope e;
	struct buf out;
	uint8_t digest[32];
	json_t *doc;
	int err = -99;

	buf_init(&out, 200000);
	doc = object_of(OBJECT_MAX, &err);
	assert_int_equal(err, OK);
	assert_int_equal(object_verify(doc, &node.identity, "public", &e, &out, digest, NULL), OK);
	json_decref(doc);
	doc = object_of(OBJECT_MAX + 1, &err);
	assert_int_equal(err, ERR_LIMIT);
	refuse(doc, "public", ERR_LIMIT, "");
	buf_done(&out);
}

static void signing_refuses(void **state)
{
	struct sample_node other;
	json_t *doc = json_of("{'type':'Event','name':'x'}");

	other_node_init(&other);
	/* id elsewhere, bad audience, bad rev, bad type, a key that is not this node's */
	assert_int_equal(object_sign(doc, &node.identity, &node.key, "https://b.fr/o/" KEY,
				     "public", 1, NOON, NOON),
			 ERR_INVALID);
	assert_int_equal(object_sign(doc, &node.identity, &node.key, ID, "us", 1, NOON, NOON),
			 ERR_INVALID);
	assert_int_equal(object_sign(doc, &node.identity, &node.key, ID, "public", 0, NOON, NOON),
			 ERR_INVALID);
	assert_int_equal(object_sign(doc, &node.identity, &other.key, ID, "public", 1, NOON, NOON),
			 ERR_INVALID);
	json_object_set_new(doc, "type", json_string("event"));
	assert_int_equal(object_sign(doc, &node.identity, &node.key, ID, "public", 1, NOON, NOON),
			 ERR_INVALID);
	json_decref(doc);
	sample_node_done(&other);
}

static json_t *tombstone(void)
{
	struct envelope of;
	json_t *doc = NULL;

	assert_int_equal(object_envelope(event, &node.identity, &of, NULL), OK);
	assert_int_equal(
		object_tombstone(&of, "erased", &node.identity, &node.key, 8, ERASED, &doc), OK);
	return doc;
}

static void tombstones(void **state)
{
	json_t *doc = tombstone();
	struct envelope e;
	struct buf out;
	uint8_t digest[32];

	assert_digest(doc, "sha256:"
			   "8c1e0afd40ab8ec8a10ff2d866e7b6ee9215a02eaaaeb7a05cd7ecbb8a319aa1");
	buf_init(&out, 100000);
	assert_int_equal(object_verify(doc, &node.identity, "public", &e, &out, digest, NULL), OK);
	assert_true(e.tombstone);
	assert_string_equal(e.type, "Tombstone");
	assert_string_equal(e.former_type, "Event");
	assert_string_equal(e.id, ID);
	assert_int_equal(e.rev, 8);
	assert_int_equal(e.published, PUBLISHED);
	assert_int_equal(e.updated, ERASED);
	/* Nothing of the content is left: envelope, formerType, deleted, reason. */
	assert_int_equal(json_object_size(doc), 11);
	assert_null(strstr(out.data, "pionniers"));
	buf_done(&out);
	json_decref(doc);
}

static void broken_tombstones(void **state)
{
	json_t *doc = tombstone();

	refuse_shape(without(doc, "formerType"), "/formerType");
	refuse_shape(with_text(doc, "formerType", "event"), "/formerType");
	refuse_shape(with_text(doc, "formerType", "Tombstone"), "/formerType");
	refuse_shape(with_text(doc, "formerType", "Accession"), "/formerType");
	refuse_shape(with_text(doc, "formerType", "Charter"), "/formerType");
	refuse_shape(without(doc, "reason"), "/reason");
	refuse_shape(with_text(doc, "reason", "because"), "/reason");
	refuse_shape(without(doc, "deleted"), "/deleted");
	refuse_shape(with_text(doc, "deleted", "2026-11-23"), "/deleted");
	json_decref(doc);
}

static void tombstone_refuses(void **state)
{
	struct envelope of;
	json_t *doc = NULL;

	assert_int_equal(object_envelope(event, &node.identity, &of, NULL), OK);
	assert_int_equal(object_tombstone(&of, "bored", &node.identity, &node.key, 8, ERASED, &doc),
			 ERR_INVALID);
	of.type = "Endorsement"; /* acts are withdrawn by acts */
	assert_int_equal(
		object_tombstone(&of, "deleted", &node.identity, &node.key, 8, ERASED, &doc),
		ERR_INVALID);
	assert_null(doc);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(names_of_types_and_audiences),
		cmocka_unit_test(signing),
		cmocka_unit_test(reading),
		cmocka_unit_test(verifying),
		cmocka_unit_test(broken_envelopes),
		cmocka_unit_test(nul_in_members),
		cmocka_unit_test(foreign_objects),
		cmocka_unit_test(foreign_addresses),
		cmocka_unit_test(wrong_feed),
		cmocka_unit_test(changed_after_signing),
		cmocka_unit_test(unknown_types_and_fields_are_stored),
		cmocka_unit_test(size),
		cmocka_unit_test(signing_refuses),
		cmocka_unit_test(tombstones),
		cmocka_unit_test(broken_tombstones),
		cmocka_unit_test(tombstone_refuses),
	};

	return cmocka_run_group_tests_name("object", tests, setup, teardown);
}
