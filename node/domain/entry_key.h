/*
 * Import keys: which imported row became which object.
 *
 * IMPORT_KEY holds both directions: type | 0 | SHA-256(key of the row) -> u32 object, and 0 | u32
 * object -> the former.  The key of a row is hashed, since it may be an identifier that has to
 * leave with its object.
 */
#ifndef MAILLAGE_DOMAIN_ENTRY_KEY_H
#define MAILLAGE_DOMAIN_ENTRY_KEY_H

#include <stdint.h>

#include "node/store/txn.h"

int import_key_find(struct txn *t, const char *type, const char *key, uint32_t *ret_object);
int import_key_put(struct txn *t, const char *type, const char *key, uint32_t object);
/* OK as well if there is none. */
int import_key_forget(struct txn *t, uint32_t object);

#endif
