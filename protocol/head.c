#include "protocol/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "protocol/proof.h"

static const int64_t integer_max = 9007199254740991; /* 2^53 - 1 */

static bool set_valid(const char *type, int64_t count)
{
	return object_type_valid(type) && strcmp(type, "Tombstone") != 0 && count > 0;
}

static int pack_sets(const struct head *h, json_t **ret_sets)
{
	json_t *sets = json_object();

	if (!sets)
		return ERR_NOMEM;
	for (size_t i = 0; i < h->n_sets; i++) {
		const struct head_set *s = &h->sets[i];
		char root[DIGEST_TEXT];

		if (!set_valid(s->type, (int64_t)s->count) || json_object_get(sets, s->type)) {
			json_decref(sets);
			return ERR_INVALID;
		}
		digest_text(s->root, root);
		if (json_object_set_new(sets, s->type,
					json_pack("[I,s]", (json_int_t)s->count, root))) {
			json_decref(sets);
			return ERR_NOMEM;
		}
	}
	*ret_sets = sets;
	return OK;
}

int head_sign(const struct head *h, const struct key *k, const struct identity *identity,
	      json_t **ret_doc)
{
	char created[TIME_TEXT], method[NID_TEXT + KEY_TEXT];
	json_t *sets, *doc;
	int err;

	if (strcmp(h->origin, identity->nid) != 0 || h->op != identity->op ||
	    h->n_sets > HEAD_TYPES || !object_audience_valid(h->audience) ||
	    memcmp(k->pub, identity->sign, sizeof(identity->sign)) != 0)
		return ERR_INVALID;
	err = pack_sets(h, &sets);
	if (err)
		return err;
	time_format(h->created, created);
	doc = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:s}", "type", "Head", "origin",
			h->origin, "audience", h->audience, "op", (json_int_t)h->op, "epoch",
			(json_int_t)h->epoch, "rev", (json_int_t)h->rev, "floor",
			(json_int_t)h->floor, "sets", sets, "created", created);
	if (!doc)
		return ERR_NOMEM; /* json_pack has released the sets */
	identity_method(identity, method);
	err = proof_sign(doc, k, method, h->created);
	if (err) {
		json_decref(doc);
		return err;
	}
	*ret_doc = doc;
	return OK;
}

static int read_integer(const json_t *doc, const char *name, int64_t *ret, struct fault *fault)
{
	const json_t *v = json_object_get(doc, name);
	char pointer[32];

	snprintf(pointer, sizeof(pointer), "/%s", name);
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > integer_max)
		return fault_set(fault, ERR_INVALID, pointer, "This must be a whole number from 0.",
				 NULL);
	*ret = json_integer_value(v);
	return OK;
}

static int by_type(const void *a, const void *b)
{
	return strcmp(((const struct head_set *)a)->type, ((const struct head_set *)b)->type);
}

static int read_sets(const json_t *sets, struct head *h, struct fault *fault)
{
	const char *type;
	json_t *pair;

	if (!json_is_object(sets) || json_object_size(sets) > HEAD_TYPES)
		return fault_set(fault, ERR_INVALID, "/sets",
				 "A head has an object of at most 64 sets.", NULL);
	json_object_foreach ((json_t *)sets, type, pair) {
		struct head_set *s = &h->sets[h->n_sets];
		const json_t *count = json_array_get(pair, 0);
		const char *root = json_string_value(json_array_get(pair, 1));

		if (!json_is_integer(count) || json_integer_value(count) > integer_max ||
		    !set_valid(type, json_integer_value(count)) || json_array_size(pair) != 2 ||
		    !root || digest_parse(root, s->root))
			return fault_set(fault, ERR_INVALID, "/sets",
					 "The set \"%s\" is not [count, root] of a type.", type);
		snprintf(s->type, sizeof(s->type), "%s", type);
		s->count = (uint64_t)json_integer_value(count);
		h->n_sets++;
	}
	qsort(h->sets, h->n_sets, sizeof(h->sets[0]), by_type);
	return OK;
}

static int read_shape(const json_t *doc, struct head *h, struct fault *fault)
{
	const char *type = json_string_value(json_object_get(doc, "type"));
	const char *origin = json_string_value(json_object_get(doc, "origin"));
	const char *audience = json_string_value(json_object_get(doc, "audience"));
	const char *created = json_string_value(json_object_get(doc, "created"));
	int err;

	if (!type || strcmp(type, "Head") != 0)
		return fault_set(fault, ERR_INVALID, "/type", "This is no head.", NULL);
	if (!origin || !nid_valid(origin))
		return fault_set(fault, ERR_INVALID, "/origin", "This is no node's identity.",
				 NULL);
	if (!audience || !object_audience_valid(audience))
		return fault_set(fault, ERR_INVALID, "/audience",
				 "An audience is \"public\" or a network.", NULL);
	if (!created || time_parse(created, &h->created))
		return fault_set(fault, ERR_INVALID, "/created",
				 "This must be a time such as 2026-11-22T12:51:00Z.", NULL);
	if ((err = read_integer(doc, "op", &h->op, fault)) ||
	    (err = read_integer(doc, "epoch", &h->epoch, fault)) ||
	    (err = read_integer(doc, "rev", &h->rev, fault)) ||
	    (err = read_integer(doc, "floor", &h->floor, fault)))
		return err;
	if (h->floor > h->rev)
		return fault_set(fault, ERR_INVALID, "/floor", "The floor lies above the revision.",
				 NULL);
	snprintf(h->origin, sizeof(h->origin), "%s", origin);
	snprintf(h->audience, sizeof(h->audience), "%s", audience);
	return read_sets(json_object_get(doc, "sets"), h, fault);
}

static int check_signer(const json_t *doc, const struct head *h, const struct identity *identity,
			struct fault *fault)
{
	const char *method = proof_method(doc);
	char expected[NID_TEXT + KEY_TEXT];

	if (strcmp(h->origin, identity->nid) != 0)
		return fault_set(fault, ERR_INVALID, "/origin", "The origin is another node: %s.",
				 h->origin);
	if (h->op > identity->op)
		return fault_set(fault, ERR_AGAIN, "/op",
				 "The head names a later key than the one known.", NULL);
	if (h->op < identity->op)
		return fault_set(fault, ERR_SIGNATURE, "/op", "The head names a retired key.",
				 NULL);
	identity_method(identity, expected);
	if (!method || strcmp(method, expected) != 0)
		return fault_set(fault, ERR_SIGNATURE, "/proof/verificationMethod",
				 "The proof is not by the origin's current key.", NULL);
	return OK;
}

int head_verify(const json_t *doc, const struct identity *identity, struct head *ret,
		struct fault *fault)
{
	struct head *h = calloc(1, sizeof(*h)); /* several KiB: not for a small thread's stack */
	struct buf bytes;
	uint8_t digest[32];
	int err;

	if (!h)
		return ERR_NOMEM;
	buf_init(&bytes, HEAD_MAX);
	err = read_shape(doc, h, fault);
	if (!err)
		err = check_signer(doc, h, identity, fault);
	if (!err)
		err = proof_verify_fed(doc, identity->sign, &bytes, digest, fault);
	if (!err)
		*ret = *h;
	buf_done(&bytes);
	free(h);
	return err;
}

int head_compare(const struct head *a, const struct head *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return (a->rev > b->rev) - (a->rev < b->rev);
}

void cursor_format(int64_t epoch, int64_t rev, char out[CURSOR_TEXT])
{
	snprintf(out, CURSOR_TEXT, "%" PRId64 ".%" PRId64, epoch, rev);
}

/* One number up to `end`; returns what follows it, or NULL. */
static const char *cursor_number(const char *s, char end, int64_t *ret)
{
	int64_t v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > integer_max)
			return NULL;
	}
	if (p == s || *p != end || (*s == '0' && p > s + 1))
		return NULL;
	*ret = v;
	return end ? p + 1 : p;
}

int cursor_parse(const char *text, int64_t *ret_epoch, int64_t *ret_rev)
{
	int64_t epoch, rev;
	const char *rest = cursor_number(text, '.', &epoch);

	if (!rest || !cursor_number(rest, '\0', &rev))
		return ERR_INVALID;
	*ret_epoch = epoch;
	*ret_rev = rev;
	return OK;
}
