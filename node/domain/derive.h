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

/* The stemmer of stored terms: the same on every node, whatever the language of its pages. */
#define DERIVE_LANG "fr"
enum { DERIVE_VALUE_MAX = 84 };	/* bytes of a facet value in a term; longer ones are cut at a character */

/* Facet terms: "\1" name "\1" value. Always: type, origin host (facet "node"). out[POSTING_TERM_MAX + 1]; returns length. */
size_t derive_facet_term(const char *name, const char *value, char *out);
/*
 * The same facet among records of one type only, "\2" type "\1" name "\1" value: what a list of one
 * type filters by and counts without touching the other types. value "" gives the common prefix.
 */
size_t derive_typed_term(const char *type, const char *name, const char *value, char *out);
/*
 * The square a record lies in: "\3" or "\4", and four digits each of how many squares north of the pole
 * and east of the antimeridian.  per_degree: 1, or DERIVE_FINE for tenths.
 */
enum { DERIVE_FINE = 10 };
size_t derive_cell_term(int per_degree, double latitude, double longitude, char *out);

/*
 * Key of a row in a list, a function of the row alone. ERR_NOTFOUND: not in that list. LIST_START holds
 * events by their start and calls by their closing; those without come last.
 */
int derive_list_key(enum list list, struct view row, uint8_t key[LIST_KEY_MAX], size_t *ret_len);
/* Biased and big-endian, as in LIST_START. */
void derive_time_key(int64_t t, uint8_t key[8]);
/* A decimal of the shape the type tables demand: "-20.8789". */
bool derive_degrees(const char *text, double *ret);
/* Degrees of a row; false if it has none. */
bool derive_position(struct view row, double *ret_latitude, double *ret_longitude);
/* Is this type listed by time? */
bool derive_timed(const char *type);

/*
 * ROW_TAGS holds every facet but type and node as "name:value;…".  If some had to be left out, it begins
 * with ';'.
 *
 * ERR_NOTFOUND: a type unknown here or a record without a title; stored hidden.  A member that breaks the
 * type table is left out, the rest is shown.  terms: this thread's splitter, of DERIVE_LANG.
 */
int derive(const json_t *doc, struct text_terms *terms, struct derived *ret);
void derived_done(struct derived *d);

#endif
