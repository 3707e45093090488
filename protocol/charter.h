/*
 * Networks without a central host: the charter and the signed acts.  This version makes and reads
 * the final documents; who is a member by them is decided by a later rule set (until then: the
 * council of version 1 and every accession).
 */
#ifndef MAILLAGE_CHARTER_H
#define MAILLAGE_CHARTER_H

#include <jansson.h>

#include "protocol/base/err.h"
#include "protocol/identity.h"

enum { NETWORK_TEXT = 56 };	/* "net:" + base58btc of 32 bytes + NUL */

/*
 * Version 1 of a charter as an unsigned object body of type "Charter" (object_sign completes it):
 * version, prev null, name, purpose, council, rules (defaults), vocabularies, moderation,
 * retention.  *ret_network: hash of the document without network id rev published updated proof.
 */
int charter_make(const char *name, const char *purpose, const char *const *council, size_t n_council,
		 const json_t *vocabularies, const char *origin_nid, json_t **ret_doc,
		 char ret_network[NETWORK_TEXT]);
/*
 * Check a charter's shape and that `network` is the hash of version 1.  A newcomer knows that hash
 * from a letter or a QR code: it is the part of the network's id after "net:".  ERR_VERSION for a
 * later version.  Who signed it is object_verify's affair.
 */
int charter_read(const json_t *doc, char ret_network[NETWORK_TEXT], struct fault *fault);
/* Bodies of acts, completed by object_sign: Accession {network, charter}, Departure {network}. */
json_t *act_accession(const char *network, const char *charter_id);
json_t *act_departure(const char *network);
/* Is `type` an act or a charter, that is: one revision, never tombstoned? */
int act_is(const char *type);

#endif
