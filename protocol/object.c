#include "protocol/object.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/codec.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "protocol/charter.h"
#include "protocol/proof.h"

static const int64_t rev_max = 9007199254740991; /* 2^53 - 1, the largest integer of the wire */
static const char path[] = "/o/";

enum { PATH = sizeof(path) - 1, KEY = OBJECT_KEY - 1 };

void object_id_make(const char *origin, const uint8_t random[OBJECT_RANDOM],
		    char out[OBJECT_ID_MAX])
{
	char key[(8 * OBJECT_RANDOM + 4) / 5 + 1];

	base32_encode(random, OBJECT_RANDOM, key);
	snprintf(out, OBJECT_ID_MAX, "%.*s%s%.*s", ORIGIN_TEXT - 1, origin, path, KEY, key);
}

bool object_key_valid(const char *key)
{
	size_t n = 0;

	while ((key[n] >= 'a' && key[n] <= 'z') || (key[n] >= '2' && key[n] <= '7'))
		n++;
	return n == KEY && !key[n];
}

/* Length of the origin part of an id whose end has the right shape, else 0. */
static size_t id_origin(const char *id)
{
	size_t n = strlen(id);

	if (n <= PATH + KEY || n >= OBJECT_ID_MAX || !object_key_valid(id + n - KEY) ||
	    memcmp(id + n - KEY - PATH, path, PATH) != 0)
		return 0;
	return n - KEY - PATH;
}

bool object_id_valid(const char *id)
{
	char origin[ORIGIN_TEXT];
	size_t n = id_origin(id);

	if (n == 0 || n >= sizeof(origin))
		return false;
	memcpy(origin, id, n);
	origin[n] = '\0';
	return origin_check(origin, 1, NULL) == OK;
}

bool object_type_valid(const char *type)
{
	size_t n = 0;

	if (type[0] < 'A' || type[0] > 'Z')
		return false;
	while ((type[n] >= 'A' && type[n] <= 'Z') || (type[n] >= 'a' && type[n] <= 'z') ||
	       (type[n] >= '0' && type[n] <= '9'))
		n++;
	return n < TYPE_MAX && !type[n];
}

bool object_audience_valid(const char *audience)
{
	uint8_t hash[32];
	size_t n;

	if (!strcmp(audience, "public"))
		return true;
	return !strncmp(audience, "net:", 4) && strlen(audience) < AUDIENCE_MAX &&
	       base58_decode(audience + 4, strlen(audience + 4), hash, sizeof(hash), &n) == OK &&
	       n == sizeof(hash);
}

/* A member that must be text without U+0000, or NULL. */
static const char *text_member(const json_t *doc, const char *name)
{
	const json_t *v = json_object_get(doc, name);
	const char *s = json_string_value(v);

	return s && strlen(s) == json_string_length(v) ? s : NULL;
}

static int check_time(const json_t *doc, const char *name, const char *pointer, int64_t *ret_t,
		      struct fault *fault)
{
	const char *s = text_member(doc, name);

	if (!s || time_parse(s, ret_t))
		return fault_set(fault, ERR_INVALID, pointer,
				 "This must be a time such as 2026-11-22T12:51:00Z.", NULL);
	return OK;
}

static bool reason_valid(const char *reason)
{
	return !strcmp(reason, "deleted") || !strcmp(reason, "erased") ||
	       !strcmp(reason, "moved") || !strcmp(reason, "moderated");
}

static int check_tombstone(const json_t *doc, struct envelope *e, struct fault *fault)
{
	const char *reason = text_member(doc, "reason");
	int64_t deleted;

	e->former_type = text_member(doc, "formerType");
	if (!e->former_type || !object_type_valid(e->former_type) ||
	    !strcmp(e->former_type, "Tombstone"))
		return fault_set(fault, ERR_INVALID, "/formerType",
				 "A tombstone names the type of what was deleted.", NULL);
	if (act_is(e->former_type))
		return fault_set(fault, ERR_INVALID, "/formerType",
				 "\"%s\" is an act: it is withdrawn by another act.",
				 e->former_type);
	if (!reason || !reason_valid(reason))
		return fault_set(fault, ERR_INVALID, "/reason",
				 "The reason is deleted, erased, moved or moderated.", NULL);
	return check_time(doc, "deleted", "/deleted", &deleted, fault);
}

/*
 * id, type, origin, audience.  An identity to compare with (check_origin) saves decoding the
 * origin: this runs once for every object of every feed.
 */
static int check_names(const json_t *doc, const struct identity *identity, struct envelope *e,
		       struct fault *fault)
{
	e->id = text_member(doc, "id");
	e->type = text_member(doc, "type");
	e->origin = text_member(doc, "origin");
	e->audience = text_member(doc, "audience");
	if (!e->id || id_origin(e->id) == 0)
		return fault_set(fault, ERR_INVALID, "/id",
				 "An id is an origin, /o/ and 26 characters a-z2-7.", NULL);
	if (!e->type || !object_type_valid(e->type))
		return fault_set(fault, ERR_INVALID, "/type",
				 "A type is a capital and up to 38 letters or digits.", NULL);
	if (!e->origin || (!identity && !nid_valid(e->origin)))
		return fault_set(fault, ERR_INVALID, "/origin", "This is no node's identity.",
				 NULL);
	if (!e->audience || !object_audience_valid(e->audience))
		return fault_set(fault, ERR_INVALID, "/audience",
				 "An audience is \"public\" or a network.", NULL);
	return OK;
}

/* Is the id an address of this very node? */
static int check_origin(const struct envelope *e, const struct identity *identity,
			struct fault *fault)
{
	size_t n = id_origin(e->id);

	if (strcmp(e->origin, identity->nid) != 0)
		return fault_set(fault, ERR_INVALID, "/origin", "The origin is another node: %s.",
				 e->origin);
	if (strlen(identity->origin) != n || memcmp(identity->origin, e->id, n) != 0)
		return fault_set(fault, ERR_INVALID, "/id",
				 "The id lies outside the origin's address.", NULL);
	return OK;
}

int object_envelope(const json_t *doc, const struct identity *identity, struct envelope *ret,
		    struct fault *fault)
{
	const json_t *rev = json_object_get(doc, "rev");
	struct envelope e = {0};
	int err;

	if (!json_is_object(doc))
		return fault_set(fault, ERR_INVALID, "", "An object is a JSON object.", NULL);
	err = check_names(doc, identity, &e, fault);
	if (err)
		return err;
	e.key = e.id + strlen(e.id) - KEY;
	e.rev = json_integer_value(rev);
	if (!json_is_integer(rev) || e.rev < 1 || e.rev > rev_max)
		return fault_set(fault, ERR_INVALID, "/rev", "A revision is a whole number from 1.",
				 NULL);
	err = check_time(doc, "published", "/published", &e.published, fault);
	if (!err)
		err = check_time(doc, "updated", "/updated", &e.updated, fault);
	e.tombstone = !strcmp(e.type, "Tombstone");
	if (!err && e.tombstone)
		err = check_tombstone(doc, &e, fault);
	/* Without an address to compare with, the id's own must at least be one. */
	if (!err && identity)
		err = check_origin(&e, identity, fault);
	else if (!err && !object_id_valid(e.id))
		err = fault_set(fault, ERR_INVALID, "/id",
				"An id is an origin, /o/ and 26 characters a-z2-7.", NULL);
	if (err)
		return err;
	*ret = e;
	return OK;
}

/* The proof's method must be the identity's current key. */
static int check_method(const json_t *doc, const struct identity *identity, struct fault *fault)
{
	const char *method = proof_method(doc);
	uint8_t pub[32];

	if (!method || proof_method_key(method, identity->nid, pub))
		return fault_set(fault, ERR_SIGNATURE, "/proof/verificationMethod",
				 "The proof is not the origin's.", NULL);
	if (memcmp(pub, identity->sign, sizeof(pub)) != 0)
		return fault_set(fault, ERR_SIGNATURE, "/proof/verificationMethod",
				 "The proof is not by the origin's current key.", NULL);
	return OK;
}

int object_verify(const json_t *doc, const struct identity *identity, const char *audience,
		  struct envelope *ret, struct buf *out, uint8_t ret_digest[32],
		  struct fault *fault)
{
	struct envelope e;
	uint8_t digest[32];
	size_t before = out->len;
	int err = object_envelope(doc, identity, &e, fault);

	if (!err && strcmp(e.audience, audience) != 0)
		err = fault_set(fault, ERR_INVALID, "/audience",
				"The object is for another audience: %s.", e.audience);
	if (!err)
		err = check_method(doc, identity, fault);
	if (!err)
		err = proof_verify_fed(doc, identity->sign, out, digest, fault);
	if (!err && out->len - before > OBJECT_MAX)
		err = fault_set(fault, ERR_LIMIT, "", "The object is larger than 64 KiB.", NULL);
	if (err)
		return err;
	memcpy(ret_digest, digest, sizeof(digest));
	*ret = e;
	return OK;
}

static int set_text(json_t *doc, const char *name, const char *value)
{
	return json_object_set_new(doc, name, json_string(value)) ? ERR_NOMEM : OK;
}

static int set_time(json_t *doc, const char *name, int64_t t)
{
	char text[TIME_TEXT];

	time_format(t, text);
	return set_text(doc, name, text);
}

static int check_size(const json_t *doc)
{
	struct buf bytes;
	int err;

	buf_init(&bytes, OBJECT_MAX);
	err = canon_write(doc, &bytes);
	if (bytes.err)
		err = bytes.err;
	buf_done(&bytes);
	return err;
}

int object_sign(json_t *doc, const struct identity *identity, const struct key *k, const char *id,
		const char *audience, int64_t rev, int64_t published, int64_t updated)
{
	char method[NID_TEXT + KEY_TEXT];
	struct envelope e;
	int err;

	if (set_text(doc, "id", id) || set_text(doc, "origin", identity->nid) ||
	    set_text(doc, "audience", audience) ||
	    json_object_set_new(doc, "rev", json_integer(rev)) ||
	    set_time(doc, "published", published) || set_time(doc, "updated", updated))
		return ERR_NOMEM;
	if (object_envelope(doc, identity, &e, NULL) || memcmp(k->pub, identity->sign, 32) != 0)
		return ERR_INVALID;
	identity_method(identity, method);
	err = proof_sign(doc, k, method, updated);
	return err ? err : check_size(doc);
}

int object_tombstone(const struct envelope *of, const char *reason, const struct identity *identity,
		     const struct key *k, int64_t rev, int64_t now, json_t **ret_doc)
{
	json_t *doc = json_object();
	int err = ERR_NOMEM;

	if (doc && !set_text(doc, "type", "Tombstone") && !set_text(doc, "formerType", of->type) &&
	    !set_time(doc, "deleted", now) && !set_text(doc, "reason", reason))
		err = object_sign(doc, identity, k, of->id, of->audience, rev, of->published, now);
	if (err) {
		json_decref(doc);
		return err;
	}
	*ret_doc = doc;
	return OK;
}
