/*
 * The folder of static files, read once at start.
 *
 * "app.css" is served as /static/app.css (ETag, revalidated) and as /static/app.<hash8>.css
 * (immutable for a year).  "app.css.br" and "app.css.gz" beside it are its coded variants.  Files
 * refer to each other by their plain names.  Hidden files, and names with other characters than
 * letters, digits, ".", "_" and "-", are passed over.
 */
#ifndef MAILLAGE_HTTP_STATIC_H
#define MAILLAGE_HTTP_STATIC_H

#include <stdbool.h>

#include "node/http/kept.h"
#include "protocol/base/err.h"

struct statics;

/* ERR_IO, ERR_LIMIT with the fault naming the file. */
int statics_open(const char *dir, bool https, struct statics **ret_statics, struct fault *fault);
void statics_free(struct statics *s);
/* By path, plain or hashed: "/static/app.css", "/favicon.ico", "/robots.txt". NULL if absent. */
const struct reply_kept *statics_find(const struct statics *s, const char *path);
/* Hashed path of a plain one; NULL if absent. */
const char *statics_url(const struct statics *s, const char *path);

#endif
