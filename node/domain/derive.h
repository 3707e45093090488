/*
 * What the indexes hold of an object: row, list keys, terms and facets.  Pure: depends on the
 * document and the type tables alone, so it may run on any thread ahead of the verb, and running
 * it on the stored bytes of an old version gives exactly what has to be removed.
 */
#ifndef MAILLAGE_DOMAIN_DERIVE_H
#define MAILLAGE_DOMAIN_DERIVE_H

#include <jansson.h>

#include "node/store/list.h"
#include "node/store/row.h"
#include "protocol/base/buf.h"
#include "protocol/base/text.h"

struct derived {
	struct buf row;
	struct buf terms;		/* sorted, unique: u8 length | bytes, … */
	struct { enum list list; uint8_t len; uint8_t key[LIST_KEY_MAX]; } lists[3];
	size_t n_lists;
};

/* Facet terms: "\1" name "\1" value. Always: type, origin host (facet "node"). out[POSTING_TERM_MAX + 1]; returns length. */
size_t derive_facet_term(const char *name, const char *value, char *out);
/* ERR_NOTFOUND: type unknown, store hidden. terms: this thread's splitter. */
int derive(const json_t *doc, struct text_terms *terms, struct derived *ret);
void derived_done(struct derived *d);

#endif
