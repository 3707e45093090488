/*
 * UTF-8 text: checking, folding and cutting into terms.
 * Sources: RFC 3629, Unicode UAX #15 (through utf8proc), Snowball stemmers (libstemmer).
 */
#ifndef MAILLAGE_BASE_TEXT_H
#define MAILLAGE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/buf.h"

enum { TEXT_TERM_MAX = 40 };	/* bytes of one search term, longer ones are cut */

/* Well-formed UTF-8 without U+0000. */
bool text_valid(const char *s, size_t len);
/* NFC of s in newly allocated memory (free()), or ERR_INVALID for malformed UTF-8. */
int text_nfc(const char *s, size_t len, char **ret_text);
/*
 * Fold for comparing and sorting: compatibility decomposition, marks removed, case folded, every
 * run of what is neither letter nor digit turned into one space, ends trimmed. œ æ ø đ ł become
 * oe ae o d l. ERR_INVALID for malformed UTF-8 or U+0000 (nothing is appended), else out->err.
 */
int text_fold(const char *s, size_t len, struct buf *out);
/* Number of user-perceived characters, roughly: code points. */
size_t text_length(const char *s);

/* Splitter and stemmer with its memory of stems; one per thread, not shared. */
struct text_terms;
struct text_terms *text_terms_new(const char *lang);	/* "en", else French; NULL without memory */
void text_terms_free(struct text_terms *t);
/*
 * Call `each` for every term of s (folded, stop words dropped, stemmed), in order of appearance,
 * duplicates included.  `whole` is the folded word before stemming.  Elided words (l' d' qu' …) are
 * dropped, words with a digit are not stemmed.  Both strings end with NUL and live until `each`
 * returns.  ERR_INVALID for malformed UTF-8 or U+0000: the terms before it were delivered.
 */
int text_terms_each(struct text_terms *t, const char *s, size_t len,
		    void (*each)(void *arg, const char *term, size_t term_len, const char *whole),
		    void *arg);

#endif
