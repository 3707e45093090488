/*
 * W3C Data Integrity proofs, cryptosuite eddsa-jcs-2022 (vc-di-eddsa section 3.3).
 *
 * fed/1 writes proofs without `@context`, with exactly the members type, cryptosuite, created,
 * verificationMethod, proofPurpose, proofValue.  The verifier also handles documents that carry
 * `@context` (then the proof repeats it), as other implementations write them.
 */
#ifndef MAILLAGE_PROOF_H
#define MAILLAGE_PROOF_H

#include <jansson.h>
#include <stdint.h>

#include "protocol/base/err.h"
#include "protocol/key.h"

/*
 * Add `proof` to the object `doc` (replacing one that is there).
 * verification_method: "<nid>#<Multikey>".  created: Unix seconds.
 */
int proof_sign(json_t *doc, const struct key *k, const char *verification_method, int64_t created);

/*
 * Verify doc.proof under `pub`.  Checks the proof's shape (the six members, `created` optional, and
 * `@context`), purpose assertionMethod and the signature; not who may sign (compare proof_method
 * with the identity first) nor when.  ERR_INVALID for the shape, ERR_SIGNATURE, ERR_NOMEM.
 */
int proof_verify(const json_t *doc, const uint8_t pub[32], struct fault *fault);

/*
 * As proof_verify in strict fed/1 shape, and hand out what was computed on the way: the canonical
 * bytes of the whole document and their digest, so that ingest canonicalises once.
 * `out` receives the bytes (appended; on an error it is as before) and should have room for 512
 * bytes more than the document.
 */
struct buf;
int proof_verify_fed(const json_t *doc, const uint8_t pub[32], struct buf *out,
		     uint8_t ret_digest[32], struct fault *fault);

/* The proof's verificationMethod, borrowed from doc, or NULL. */
const char *proof_method(const json_t *doc);
/* Split "<nid>#<Multikey>": the key, and whether the first part is `nid` (ERR_INVALID if not). */
int proof_method_key(const char *method, const char *nid, uint8_t ret_pub[32]);

#endif
