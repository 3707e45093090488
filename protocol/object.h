/*
 * The envelope of federated objects, and tombstones.
 *
 * id = one of the origin's URLs + "/o/" + 26 characters of base32 (130 random bits); `rev` is the
 * feed's sequence number of that change.  Envelope, proof and limits decide storage; the type
 * tables decide only what is shown.
 */
#ifndef MAILLAGE_OBJECT_H
#define MAILLAGE_OBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/err.h"
#include "protocol/identity.h"
#include "protocol/key.h"
#include "protocol/limits.h"

enum {
	OBJECT_KEY = 27,	/* 26 characters and NUL */
	OBJECT_ID_MAX = 320,
	OBJECT_RANDOM = 17,	/* random bytes an id is made of; the last 6 bits are unused */
	TYPE_MAX = 40,
	AUDIENCE_MAX = 64,
};

/* The envelope, borrowed from the document it was read from. */
struct envelope {
	const char *id, *type, *origin, *audience;
	const char *key;		/* last 26 characters of id */
	int64_t rev, published, updated;
	bool tombstone;
	const char *former_type;	/* of a tombstone, else NULL */
};

/* out: "<origin>/o/<key>". */
void object_id_make(const char *origin, const uint8_t random[OBJECT_RANDOM], char out[OBJECT_ID_MAX]);
bool object_key_valid(const char *key);
/* An origin (http counts here too), "/o/" and a key: the shape of every reference to an object. */
bool object_id_valid(const char *id);
/* "Event": a capital, then letters and digits, shorter than TYPE_MAX. */
bool object_type_valid(const char *type);
/* "public", or "net:" and a network's 32 bytes. */
bool object_audience_valid(const char *audience);

/* Read and check the envelope: shapes, lengths, id under `identity->origin` if that is not NULL. No signature. */
int object_envelope(const json_t *doc, const struct identity *identity, struct envelope *ret,
		    struct fault *fault);
/*
 * All checks that decide storage: envelope, origin and audience as expected, proof under the
 * identity's current key (its method naming that nid), size.  Appends the canonical bytes to `out`
 * and hands out their digest.  ERR_INVALID for shape, ERR_LIMIT for size, ERR_SIGNATURE otherwise.
 */
struct buf;
int object_verify(const json_t *doc, const struct identity *identity, const char *audience,
		  struct envelope *ret, struct buf *out, uint8_t ret_digest[32], struct fault *fault);

/*
 * Complete `doc` (fields of a type table, `type` set) into a signed object: sets id, origin,
 * audience, rev, published, updated, proof.  Changes doc, also when it fails.  ERR_LIMIT beyond
 * OBJECT_MAX, ERR_INVALID for an envelope nobody would accept.
 */
int object_sign(json_t *doc, const struct identity *identity, const struct key *k, const char *id,
		const char *audience, int64_t rev, int64_t published, int64_t updated);
/* The signed tombstone of an object. reason: "deleted" "erased" "moved" "moderated". */
int object_tombstone(const struct envelope *of, const char *reason, const struct identity *identity,
		     const struct key *k, int64_t rev, int64_t now, json_t **ret_doc);

#endif
