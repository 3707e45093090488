/*
 * Catalogues compiled by msgfmt, read by our own reader because libintl is per process and a
 * server speaks several languages at once.  Message ids are the English sentences.
 */
#ifndef MAILLAGE_WEB_I18N_H
#define MAILLAGE_WEB_I18N_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/time.h"

struct catalogue;

/* Read a .mo file (GNU gettext manual, section 10.3). `lang` is "fr" or "en". */
int catalogue_load(const char *file, const char *lang, struct catalogue **ret, struct fault *fault);
/* The same from memory, which is copied. Damaged bytes are ERR_CORRUPT. */
int catalogue_parse(const void *data, size_t len, const char *lang, struct catalogue **ret,
		    struct fault *fault);
void catalogue_free(struct catalogue *c);
const char *catalogue_lang(const struct catalogue *c);
/* Translation, or msgid itself if there is none or c is NULL. Borrowed for the catalogue's life. */
const char *tr(const struct catalogue *c, const char *msgid);
/* The same for a sentence whose tr_hash() is kept, as templates do. */
uint32_t tr_hash(const char *msgid);
const char *tr_hashed(const struct catalogue *c, const char *msgid, uint32_t hash);
/* Plural by the catalogue's Plural-Forms (the rules of French and English). */
const char *trn(const struct catalogue *c, const char *one, const char *many, unsigned long n);
/* Marks a literal for extraction without translating it here. */
#define N_(s) (s)

/* "22 novembre 2026" / "22 November 2026"; "dimanche 22 novembre 2026"; "14 h 30" / "14:30". */
void i18n_date(const struct catalogue *c, const struct civil *d, struct buf *out);
void i18n_weekday_date(const struct catalogue *c, const struct civil *d, struct buf *out);
/* In French a full hour is "14 h"; the spaces are no-break spaces. */
void i18n_time(const struct catalogue *c, const struct civil *d, struct buf *out);
/* "novembre 2026" */
void i18n_month(const struct catalogue *c, const struct civil *d, struct buf *out);
/* "nov." / "Nov", for the small calendar leaf beside an event */
void i18n_month_short(const struct catalogue *c, const struct civil *d, struct buf *out);
/* "lundi" / "Monday" and "lun." / "Mon", weekday 0 = Monday. Static. */
const char *i18n_weekday(const struct catalogue *c, int weekday);
const char *i18n_weekday_short(const struct catalogue *c, int weekday);
/* Grouped by narrow no-break spaces (fr) or commas (en). */
void i18n_number(const struct catalogue *c, int64_t n, struct buf *out);

#endif
