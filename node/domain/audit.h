/*
 * The audit trail: who changed which account, setting, peer or network, and when.  Never holds a
 * password, a token or their hashes.
 */
#ifndef MAILLAGE_DOMAIN_AUDIT_H
#define MAILLAGE_DOMAIN_AUDIT_H

#include <jansson.h>

#include "node/store/writer.h"

/* One line {at, actor, verb, …detail}. Takes `detail` (NULL: none). */
int audit_write(struct txn *t, const struct verb_input *in, json_t *detail);

#endif
