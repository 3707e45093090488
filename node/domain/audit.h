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
/* Walk from the newest: the line before number `before` (0: the last). The caller owns *ret_line. */
int audit_before(struct txn *t, uint64_t before, uint64_t *ret_n, json_t **ret_line);

#endif
