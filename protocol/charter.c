#include "protocol/charter.h"

#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/codec.h"
#include "protocol/base/text.h"
#include "protocol/canon.h"
#include "protocol/limits.h"
#include "protocol/object.h"
#include "protocol/vocabulary.h"

/* What a founding charter says unless its founders write otherwise. */
enum {
	RULE_SPONSORS = 1,
	RULE_COUNCIL = 2, /* endorsements by the council, or all of a smaller one */
	RULE_OBJECTION_DAYS = 7,
	RULE_APPEAL_DAYS = 30,
};

enum { CHARTER_NAME = 200, CHARTER_PURPOSE = 4000 }; /* characters */

/* Hash of version 1 without what depends on it or on the act of publishing. */
static int charter_hash(const json_t *doc, char out[NETWORK_TEXT])
{
	static const char *const left_out[] = {"network",   "id",      "rev",
					       "published", "updated", "proof"};
	json_t *bare = json_copy((json_t *)doc); /* shallow */
	struct buf bytes;
	uint8_t hash[32];
	int err;

	if (!bare)
		return ERR_NOMEM;
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		json_object_del(bare, left_out[i]);
	buf_init(&bytes, OBJECT_MAX);
	err = canon_write(bare, &bytes);
	if (!err)
		err = bytes.err;
	if (!err) {
		digest_bytes(bytes.data, bytes.len, hash);
		memcpy(out, "net:", 4);
		err = base58_encode(hash, sizeof(hash), out + 4, NETWORK_TEXT - 4);
	}
	buf_done(&bytes);
	json_decref(bare);
	return err;
}

static json_t *council_list(const char *const *council, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		if (json_array_append_new(list, json_string(council[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static int complete(json_t *doc, char network[NETWORK_TEXT])
{
	int err = charter_hash(doc, network);

	if (!err && json_object_set_new(doc, "network", json_string(network)))
		err = ERR_NOMEM;
	return err;
}

int charter_make(const char *name, const char *purpose, const char *const *council,
		 size_t n_council, const json_t *vocabularies, const char *origin_nid,
		 json_t **ret_doc, char ret_network[NETWORK_TEXT])
{
	char network[NETWORK_TEXT];
	json_t *members, *words, *doc;
	int err;

	if (n_council == 0 || n_council > CHARTER_COUNCIL)
		return ERR_INVALID;
	members = council_list(council, n_council);
	words = vocabularies ? json_deep_copy(vocabularies) : json_object();
	doc = json_pack("{s:s, s:s, s:s, s:i, s:n, s:s, s:s, s:o, s:{s:{s:i, s:i, s:i}}, s:o, "
			"s:{s:i}, s:{s:i}}",
			"type", "Charter", "origin", origin_nid, "audience", "public", "version", 1,
			"prev", "name", name, "purpose", purpose, "council", members, "rules",
			"admit", "sponsors", RULE_SPONSORS, "council",
			n_council < RULE_COUNCIL ? (int)n_council : RULE_COUNCIL, "objectionDays",
			RULE_OBJECTION_DAYS, "vocabularies", words, "moderation", "appealDays",
			RULE_APPEAL_DAYS, "retention", "tombstoneDays", TOMBSTONE_DAYS);
	if (!doc)
		return ERR_NOMEM; /* json_pack has released the lists */
	err = complete(doc, network);
	if (!err)
		err = charter_read(doc, network, NULL);
	if (err) {
		json_decref(doc);
		return err;
	}
	memcpy(ret_network, network, NETWORK_TEXT);
	*ret_doc = doc;
	return OK;
}

static bool text_within(const json_t *v, size_t max)
{
	const char *s = json_string_value(v);

	return s && strlen(s) == json_string_length(v) && text_valid(s, strlen(s)) &&
	       text_length(s) <= max;
}

static int check_council(const json_t *council, struct fault *fault)
{
	size_t n = json_array_size(council);

	if (!json_is_array(council) || n == 0 || n > CHARTER_COUNCIL)
		return fault_set(fault, ERR_INVALID, "/council", "A council has 1 to 64 members.",
				 NULL);
	for (size_t i = 0; i < n; i++) {
		const char *nid = json_string_value(json_array_get(council, i));

		if (!nid || !nid_valid(nid))
			return fault_set(fault, ERR_INVALID, "/council",
					 "This is no node's identity.", NULL);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(nid, json_string_value(json_array_get(council, j))))
				return fault_set(fault, ERR_INVALID, "/council",
						 "A node sits in the council twice.", NULL);
	}
	return OK;
}

static bool rule_within(const json_t *rules, const char *name, json_int_t min, json_int_t max)
{
	const json_t *v = json_object_get(rules, name);

	return json_is_integer(v) && json_integer_value(v) >= min && json_integer_value(v) <= max;
}

static int check_rules(const json_t *doc, struct fault *fault)
{
	const json_t *admit = json_object_get(json_object_get(doc, "rules"), "admit");
	json_int_t n = (json_int_t)json_array_size(json_object_get(doc, "council"));

	if (!rule_within(admit, "sponsors", 0, 16) ||
	    !rule_within(admit, "council", n < RULE_COUNCIL ? n : RULE_COUNCIL, n) ||
	    !rule_within(admit, "objectionDays", 0, 90))
		return fault_set(fault, ERR_INVALID, "/rules/admit",
				 "Admission takes sponsors, at least two of the council, and "
				 "objectionDays.",
				 NULL);
	return OK;
}

static int check_shape(const json_t *doc, struct fault *fault)
{
	const char *type = json_string_value(json_object_get(doc, "type"));
	const char *audience = json_string_value(json_object_get(doc, "audience"));
	const char *origin = json_string_value(json_object_get(doc, "origin"));
	const json_t *version = json_object_get(doc, "version");
	int err;

	if (!type || strcmp(type, "Charter") != 0)
		return fault_set(fault, ERR_INVALID, "/type", "This is no charter.", NULL);
	if (!audience || strcmp(audience, "public") != 0)
		return fault_set(fault, ERR_INVALID, "/audience", "A charter is public.", NULL);
	if (!origin || !nid_valid(origin))
		return fault_set(fault, ERR_INVALID, "/origin", "This is no node's identity.",
				 NULL);
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return fault_set(fault, ERR_INVALID, "/version",
				 "A version is a whole number from 1.", NULL);
	if (json_integer_value(version) > 1)
		return fault_set(fault, ERR_VERSION, "/version",
				 "This network has amended its charter; this version cannot follow "
				 "that yet.",
				 NULL);
	if (!json_is_null(json_object_get(doc, "prev")))
		return fault_set(fault, ERR_INVALID, "/prev",
				 "The first version of a charter has no other before it.", NULL);
	if (!text_within(json_object_get(doc, "name"), CHARTER_NAME) ||
	    !json_string_length(json_object_get(doc, "name")))
		return fault_set(fault, ERR_INVALID, "/name",
				 "A network has a name of 1 to 200 characters.", NULL);
	if (!text_within(json_object_get(doc, "purpose"), CHARTER_PURPOSE))
		return fault_set(fault, ERR_INVALID, "/purpose",
				 "The purpose is a text of at most 4000 characters.", NULL);
	err = check_council(json_object_get(doc, "council"), fault);
	if (!err)
		err = check_rules(doc, fault);
	return err;
}

int charter_read(const json_t *doc, char ret_network[NETWORK_TEXT], struct fault *fault)
{
	const char *network = json_string_value(json_object_get(doc, "network"));
	char expected[NETWORK_TEXT];
	int err = check_shape(doc, fault);

	if (err)
		return err;
	if (vocabulary_check(json_object_get(doc, "vocabularies"), NULL))
		return fault_set(fault, ERR_INVALID, "/vocabularies",
				 "The vocabularies are malformed.", NULL);
	if (!json_is_object(json_object_get(doc, "moderation")))
		return fault_set(fault, ERR_INVALID, "/moderation", "This must be an object.",
				 NULL);
	if (!json_is_object(json_object_get(doc, "retention")))
		return fault_set(fault, ERR_INVALID, "/retention", "This must be an object.", NULL);
	err = charter_hash(doc, expected);
	if (err)
		return fault_set(fault, err, "", "The charter has no canonical form.", NULL);
	if (!network || strcmp(network, expected) != 0)
		return fault_set(fault, ERR_SIGNATURE, "/network",
				 "The network is not the hash of its founding charter.", NULL);
	memcpy(ret_network, expected, NETWORK_TEXT);
	return OK;
}

json_t *act_accession(const char *network, const char *charter_id)
{
	return json_pack("{s:s, s:s, s:s}", "type", "Accession", "network", network, "charter",
			 charter_id);
}

json_t *act_departure(const char *network)
{
	return json_pack("{s:s, s:s}", "type", "Departure", "network", network);
}

int act_is(const char *type)
{
	static const char *const acts[] = {"Charter",	 "Proposal",  "Endorsement", "Objection",
					   "Suspension", "Accession", "Departure"};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(type, acts[i]))
			return 1;
	return 0;
}
