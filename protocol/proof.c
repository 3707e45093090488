#include "protocol/proof.h"

#include <stdbool.h>
#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"

enum {
	PROOF_BYTES = 4 << 20, /* canonical bytes of a document to sign or verify */
	PROOF_VALUE = 96,      /* 'z', at most 88 characters of base58, NUL */
};

static const char type_name[] = "DataIntegrityProof";
static const char suite_name[] = "eddsa-jcs-2022";
static const char purpose_name[] = "assertionMethod";

/* vc-di-eddsa section 3.3.4: the proof's options first, then the document. */
struct hash_data {
	uint8_t options[32], document[32];
};

_Static_assert(sizeof(struct hash_data) == 64, "two digests side by side are what is signed");

static int hash_without(const json_t *object, const char *without, uint8_t ret[32])
{
	struct buf bytes;
	int err;

	buf_init(&bytes, PROOF_BYTES);
	err = canon_write_without(object, without, &bytes);
	if (!err)
		digest_bytes(bytes.data, bytes.len, ret);
	buf_done(&bytes);
	return err;
}

static int proof_options(const json_t *doc, const char *method, int64_t created, json_t **ret)
{
	json_t *context = json_object_get(doc, "@context");
	char when[TIME_TEXT];
	json_t *options;

	time_format(created, when);
	options = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", type_name, "cryptosuite",
			    suite_name, "created", when, "verificationMethod", method,
			    "proofPurpose", purpose_name);
	if (!options)
		return ERR_NOMEM;
	/* A copy of its own: what is signed stays when someone appends to the document's. */
	if (context && json_object_set_new(options, "@context", json_deep_copy(context))) {
		json_decref(options);
		return ERR_NOMEM;
	}
	*ret = options;
	return OK;
}

int proof_sign(json_t *doc, const struct key *k, const char *verification_method, int64_t created)
{
	struct hash_data hash;
	char value[PROOF_VALUE] = "z";
	uint8_t sig[64];
	json_t *proof;
	int err;

	if (!json_is_object(doc) || !k->has_secret)
		return ERR_INVALID;
	err = proof_options(doc, verification_method, created, &proof);
	if (err)
		return err;
	err = hash_without(proof, "proofValue", hash.options);
	if (!err)
		err = hash_without(doc, "proof", hash.document);
	if (err) {
		json_decref(proof);
		return err;
	}
	key_sign(k, &hash, sizeof(hash), sig);
	base58_encode(sig, sizeof(sig), value + 1, sizeof(value) - 1);
	if (json_object_set_new(proof, "proofValue", json_string(value))) {
		json_decref(proof);
		return ERR_NOMEM;
	}
	return json_object_set_new(doc, "proof", proof) ? ERR_NOMEM : OK;
}

static bool member_is(const json_t *object, const char *name, const char *expected)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s && !strcmp(s, expected);
}

/* The checks both verifiers share; the signature in sig[64]. */
static int check_shape(const json_t *proof, uint8_t sig[64], struct fault *fault)
{
	const char *value = json_string_value(json_object_get(proof, "proofValue"));
	size_t len;

	if (!json_is_object(proof))
		return fault_set(fault, ERR_INVALID, "/proof", "A proof is required.", NULL);
	if (!member_is(proof, "type", type_name))
		return fault_set(fault, ERR_INVALID, "/proof/type", "Must be %s.", type_name);
	if (!member_is(proof, "cryptosuite", suite_name))
		return fault_set(fault, ERR_INVALID, "/proof/cryptosuite", "Must be %s.",
				 suite_name);
	if (!member_is(proof, "proofPurpose", purpose_name))
		return fault_set(fault, ERR_INVALID, "/proof/proofPurpose", "Must be %s.",
				 purpose_name);
	if (!json_is_string(json_object_get(proof, "verificationMethod")))
		return fault_set(fault, ERR_INVALID, "/proof/verificationMethod",
				 "A verification method is required.", NULL);
	if (!value || value[0] != 'z' ||
	    base58_decode(value + 1, strlen(value + 1), sig, 64, &len) || len != 64)
		return fault_set(fault, ERR_INVALID, "/proof/proofValue",
				 "Must be 64 bytes in base58btc.", NULL);
	return OK;
}

static int check_created(const json_t *proof, struct fault *fault)
{
	const char *created = json_string_value(json_object_get(proof, "created"));
	int64_t t;

	if (!created || time_parse(created, &t))
		return fault_set(fault, ERR_INVALID, "/proof/created",
				 "Must be a time such as 2026-01-31T12:00:00Z.", NULL);
	return OK;
}

static int check_signature(const uint8_t pub[32], const struct hash_data *hash,
			   const uint8_t sig[64], struct fault *fault)
{
	if (key_verify(pub, hash, sizeof(*hash), sig))
		return fault_set(fault, ERR_SIGNATURE, "/proof/proofValue",
				 "The signature does not match the document and the key.", NULL);
	return OK;
}

/* Whether `list` starts with all of `start`; a single value counts as a list of one. */
static bool context_starts(const json_t *list, const json_t *start)
{
	size_t n = json_is_array(start) ? json_array_size(start) : 1;

	for (size_t i = 0; i < n; i++) {
		const json_t *a = json_is_array(start) ? json_array_get(start, i) : start;
		const json_t *b = json_is_array(list) ? json_array_get(list, i) : i ? NULL : list;

		if (!a || !b || !json_equal(a, b))
			return false;
	}
	return true;
}

/*
 * The document to hash.  A proof with its own @context was made when the document had just that;
 * others may have appended to the document's since (vc-di-eddsa section 3.3.2 step 4).
 */
static int hash_document(const json_t *doc, const json_t *proof, uint8_t ret[32],
			 struct fault *fault)
{
	json_t *own = json_object_get(proof, "@context");
	json_t *context = json_object_get(doc, "@context");
	json_t *copy = NULL;
	int err;

	if (own && (!context || !context_starts(context, own)))
		return fault_set(fault, ERR_INVALID, "/proof/@context",
				 "Does not match the context of the document.", NULL);
	if (own && !json_equal(own, context)) {
		copy = json_copy((json_t *)doc);
		if (!copy || json_object_set(copy, "@context", own)) {
			json_decref(copy);
			return fault_set(fault, ERR_NOMEM, "", "Out of memory.", NULL);
		}
	}
	err = hash_without(copy ? copy : doc, "proof", ret);
	json_decref(copy);
	if (err)
		fault_set(fault, err, "", "The document has no canonical form.", NULL);
	return err;
}

int proof_verify(const json_t *doc, const uint8_t pub[32], struct fault *fault)
{
	const json_t *proof = json_object_get(doc, "proof");
	struct hash_data hash;
	uint8_t sig[64];
	size_t known;
	int err = check_shape(proof, sig, fault);

	if (err)
		return err;
	/* What a member such as "expires" demands is not checked here, so it may not be there. */
	known = 5 + !!json_object_get(proof, "created") + !!json_object_get(proof, "@context");
	if (json_object_size(proof) != known)
		return fault_set(fault, ERR_INVALID, "/proof", "Unknown members in the proof.",
				 NULL);
	err = hash_without(proof, "proofValue", hash.options);
	if (err)
		return fault_set(fault, err, "/proof", "The proof has no canonical form.", NULL);
	err = hash_document(doc, proof, hash.document, fault);
	return err ? err : check_signature(pub, &hash, sig, fault);
}

int proof_verify_fed(const json_t *doc, const uint8_t pub[32], struct buf *out,
		     uint8_t ret_digest[32], struct fault *fault)
{
	const json_t *proof = json_object_get(doc, "proof");
	size_t start = out->len, len, at, cut;
	struct hash_data hash;
	uint8_t sig[64];
	int err = check_shape(proof, sig, fault);

	if (!err)
		err = check_created(proof, fault);
	if (err)
		return err;
	if (json_object_size(proof) != 6)
		return fault_set(fault, ERR_INVALID, "/proof", "Unknown members in the proof.",
				 NULL);
	err = canon_write_mark(doc, "proof", out, &at, &cut);
	len = out->len - start;
	if (!err)
		digest_without(out->data + start, len, at - start, cut, hash.document);
	/* The options go behind the document for a moment: no second buffer. */
	if (!err)
		err = canon_write_without(proof, "proofValue", out);
	if (err) {
		fault_set(fault, err, "", "The document has no canonical form.", NULL);
		goto out;
	}
	digest_bytes(out->data + start + len, out->len - start - len, hash.options);
	err = check_signature(pub, &hash, sig, fault);
	if (!err)
		digest_bytes(out->data + start, len, ret_digest);
out:
	out->len = err ? start : start + len;
	if (out->data)
		out->data[out->len] = '\0';
	return err;
}

const char *proof_method(const json_t *doc)
{
	return json_string_value(
		json_object_get(json_object_get(doc, "proof"), "verificationMethod"));
}

int proof_method_key(const char *method, const char *nid, uint8_t ret_pub[32])
{
	const char *mark = strchr(method, '#');
	size_t len = strlen(nid);

	if (!mark || (size_t)(mark - method) != len || memcmp(method, nid, len))
		return ERR_INVALID;
	return key_parse(mark + 1, ret_pub);
}
