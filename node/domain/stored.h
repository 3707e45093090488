/*
 * JSON documents of the tables that hold them, written with sorted members so that the same verbs
 * leave the same bytes.
 */
#ifndef MAILLAGE_DOMAIN_STORED_H
#define MAILLAGE_DOMAIN_STORED_H

#include <jansson.h>

#include "node/store/txn.h"

/* The caller owns *ret_doc. ERR_NOTFOUND, ERR_CORRUPT. */
int stored_get(struct txn *t, enum table table, const void *key, size_t len, json_t **ret_doc);
int stored_read(struct view v, json_t **ret_doc);
/* Takes the reference (NULL: ERR_NOMEM). */
int stored_put(struct txn *t, enum table table, const void *key, size_t len, json_t *doc);
/* Member as text, cut to out[size] before the character that does not fit; "" if absent. */
void stored_text(const json_t *doc, const char *name, char *out, size_t size);
int64_t stored_number(const json_t *doc, const char *name);

/*
 * Arguments of verbs.  Text: not NULL, valid, at most size - 1 bytes; else the fault names
 * "/<name>".  `optional` lets it be absent: *ret is NULL then.
 */
int arg_text(const json_t *args, const char *name, size_t size, int optional, const char **ret,
	     struct fault *fault);
/* Hex of 32 bytes. */
int arg_hash(const json_t *args, const char *name, uint8_t ret[32], struct fault *fault);

#endif
