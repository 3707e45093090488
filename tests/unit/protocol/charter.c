#include "tests/unit/protocol/documents.h"

#include "protocol/charter.h"
#include "protocol/limits.h"
#include "protocol/object.h"

#define NETWORK "net:5wYSM1Qw8ujsP2gRaXeYhkKfY7yvjvfU7aMCgYf7UZTe"
#define SECOND "nid:11111111111111111111111111111111"
#define THIRD "nid:11111111111111111111111111111112"
#define ID NODE_ORIGIN "/o/aahr4lj4jnngs6ehs2s3jq6s4h"

static struct sample_node node;
static json_t *doc; /* unsigned, one founder */

static int setup(void **state)
{
	const char *council[] = {NODE_NID};
	char network[NETWORK_TEXT];

	sample_node_init(&node);
	assert_int_equal(charter_make("Réseau des pionniers", "Relier les territoires.", council, 1,
				      NULL, NODE_NID, &doc, network),
			 OK);
	assert_string_equal(network, NETWORK);
	return 0;
}

static int teardown(void **state)
{
	json_decref(doc);
	sample_node_done(&node);
	return 0;
}

static void making(void **state)
{
	const json_t *admit = json_object_get(json_object_get(doc, "rules"), "admit");

	assert_string_equal(json_string_value(json_object_get(doc, "type")), "Charter");
	assert_int_equal(json_integer_value(json_object_get(doc, "version")), 1);
	assert_true(json_is_null(json_object_get(doc, "prev")));
	assert_int_equal(json_integer_value(json_object_get(admit, "sponsors")), 1);
	assert_int_equal(json_integer_value(json_object_get(admit, "council")), 1);
	assert_int_equal(json_integer_value(json_object_get(admit, "objectionDays")), 7);
}

/* Publishing adds an envelope and a proof; the network's name does not change. */
static void publishing(void **state)
{
	json_t *published = json_deep_copy(doc);
	char network[NETWORK_TEXT];
	struct envelope e;
	struct buf out;
	uint8_t digest[32];

	assert_int_equal(
		object_sign(published, &node.identity, &node.key, ID, "public", 3, NOON, NOON), OK);
	assert_int_equal(charter_read(published, network, NULL), OK);
	assert_string_equal(network, NETWORK);
	buf_init(&out, 100000);
	assert_int_equal(object_verify(published, &node.identity, "public", &e, &out, digest, NULL),
			 OK);
	buf_done(&out);
	json_decref(published);
}

static void councils(void **state)
{
	const char *three[] = {NODE_NID, SECOND, THIRD}, *twice[] = {NODE_NID, NODE_NID};
	const char *bad[] = {"someone"};
	const char *crowd[CHARTER_COUNCIL + 1];
	char network[NETWORK_TEXT] = "untouched";
	json_t *made = NULL;
	const json_t *admit;

	assert_int_equal(charter_make("N", "", three, 3, NULL, NODE_NID, &made, network), OK);
	admit = json_object_get(json_object_get(made, "rules"), "admit");
	assert_int_equal(json_integer_value(json_object_get(admit, "council")), 2);
	assert_string_not_equal(network, NETWORK);
	json_decref(made);
	made = NULL;
	strcpy(network, "untouched");
	for (size_t i = 0; i <= CHARTER_COUNCIL; i++)
		crowd[i] = NODE_NID;
	assert_int_equal(charter_make("N", "", three, 0, NULL, NODE_NID, &made, network),
			 ERR_INVALID);
	assert_int_equal(
		charter_make("N", "", crowd, CHARTER_COUNCIL + 1, NULL, NODE_NID, &made, network),
		ERR_INVALID);
	assert_int_equal(charter_make("N", "", twice, 2, NULL, NODE_NID, &made, network),
			 ERR_INVALID);
	assert_int_equal(charter_make("N", "", bad, 1, NULL, NODE_NID, &made, network),
			 ERR_INVALID);
	assert_int_equal(charter_make("", "", three, 1, NULL, NODE_NID, &made, network),
			 ERR_INVALID);
	assert_int_equal(charter_make("N", "", three, 1, NULL, "me", &made, network), ERR_INVALID);
	assert_null(made);
	assert_string_equal(network, "untouched");
}

static void carried_vocabularies(void **state)
{
	const char *council[] = {NODE_NID};
	json_t *words = json_of("{'trade':[{'code':'boat','fr':'Bateau','en':'Boat'}]}");
	json_t *made = NULL;
	char network[NETWORK_TEXT];

	assert_int_equal(charter_make("N", "", council, 1, words, NODE_NID, &made, network), OK);
	assert_true(json_equal(json_object_get(made, "vocabularies"), words));
	json_decref(made);
	made = NULL;
	json_object_set_new(words, "Bad name", json_array());
	assert_int_equal(charter_make("N", "", council, 1, words, NODE_NID, &made, network),
			 ERR_INVALID);
	assert_null(made);
	json_decref(words);
}

/* Takes changed over. */
static void refuse(json_t *changed, int code, const char *pointer)
{
	char network[NETWORK_TEXT] = "untouched";
	struct fault fault = {0};

	assert_int_equal(charter_read(changed, network, &fault), code);
	assert_string_equal(fault.pointer, pointer);
	assert_string_equal(network, "untouched");
	json_decref(changed);
}

static json_t *with_json(const char *member, const char *text)
{
	json_t *copy = json_deep_copy(doc);

	json_object_set_new(copy, member, json_of(text));
	return copy;
}

static void broken_charters(void **state)
{
	refuse(json_null(), ERR_INVALID, "/type");
	refuse(with_text(doc, "type", "Chart"), ERR_INVALID, "/type");
	refuse(with_text(doc, "audience", NETWORK), ERR_INVALID, "/audience");
	refuse(with_text(doc, "origin", "me"), ERR_INVALID, "/origin");
	refuse(without(doc, "version"), ERR_INVALID, "/version");
	refuse(with_integer(doc, "version", 0), ERR_INVALID, "/version");
	refuse(with_integer(doc, "version", 2), ERR_VERSION, "/version");
	refuse(with_text(doc, "prev", "sha256:00"), ERR_INVALID, "/prev");
	refuse(without(doc, "prev"), ERR_INVALID, "/prev");
	refuse(with_text(doc, "name", ""), ERR_INVALID, "/name");
	refuse(without(doc, "name"), ERR_INVALID, "/name");
	refuse(with_integer(doc, "purpose", 1), ERR_INVALID, "/purpose");
	refuse(with_text(doc, "council", NODE_NID), ERR_INVALID, "/council");
	refuse(with_json("council", "[]"), ERR_INVALID, "/council");
	refuse(with_json("council", "[1]"), ERR_INVALID, "/council");
	refuse(with_json("rules", "{}"), ERR_INVALID, "/rules/admit");
	refuse(with_json("rules", "{'admit':{'sponsors':1,'council':0,'objectionDays':7}}"),
	       ERR_INVALID, "/rules/admit");
	refuse(with_json("rules", "{'admit':{'sponsors':1,'council':2,'objectionDays':7}}"),
	       ERR_INVALID, "/rules/admit");
	refuse(with_json("rules", "{'admit':{'sponsors':1,'council':1,'objectionDays':91}}"),
	       ERR_INVALID, "/rules/admit");
	refuse(with_json("rules", "{'admit':{'sponsors':-1,'council':1,'objectionDays':7}}"),
	       ERR_INVALID, "/rules/admit");
	refuse(with_json("vocabularies", "[]"), ERR_INVALID, "/vocabularies");
	refuse(with_json("moderation", "1"), ERR_INVALID, "/moderation");
	refuse(with_json("retention", "null"), ERR_INVALID, "/retention");
}

static void another_founding(void **state)
{
	refuse(with_text(doc, "purpose", "Tout autre chose."), ERR_SIGNATURE, "/network");
	refuse(with_text(doc, "extra", "x"), ERR_SIGNATURE, "/network");
	refuse(with_text(doc, "network", SECOND), ERR_SIGNATURE, "/network");
	refuse(without(doc, "network"), ERR_SIGNATURE, "/network");
}

static void acts(void **state)
{
	json_t *act = act_accession(NETWORK, ID);

	assert_string_equal(json_string_value(json_object_get(act, "type")), "Accession");
	assert_string_equal(json_string_value(json_object_get(act, "network")), NETWORK);
	assert_string_equal(json_string_value(json_object_get(act, "charter")), ID);
	assert_int_equal(object_sign(act, &node.identity, &node.key, ID, "public", 1, NOON, NOON),
			 OK);
	json_decref(act);
	act = act_departure(NETWORK);
	assert_string_equal(json_string_value(json_object_get(act, "type")), "Departure");
	assert_string_equal(json_string_value(json_object_get(act, "network")), NETWORK);
	json_decref(act);
}

static void which_types_are_acts(void **state)
{
	static const char *const yes[] = {"Charter",	"Proposal",  "Endorsement", "Objection",
					  "Suspension", "Accession", "Departure"};
	static const char *const no[] = {"Event", "Tombstone", "Head", "", "charter"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(act_is(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(act_is(no[i]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(making),
		cmocka_unit_test(publishing),
		cmocka_unit_test(councils),
		cmocka_unit_test(carried_vocabularies),
		cmocka_unit_test(broken_charters),
		cmocka_unit_test(another_founding),
		cmocka_unit_test(acts),
		cmocka_unit_test(which_types_are_acts),
	};

	return cmocka_run_group_tests_name("charter", tests, setup, teardown);
}
