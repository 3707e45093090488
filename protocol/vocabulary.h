/*
 * Vocabularies are data: lists of codes with labels per language, carried by a network's charter,
 * shipped with the node as vocabularies.json:
 *   {"profile": [{"code": "public", "fr": "Collectivités…", "en": "Public bodies…"}, …], …}
 */
#ifndef MAILLAGE_VOCABULARY_H
#define MAILLAGE_VOCABULARY_H

#include <jansson.h>
#include <stdbool.h>

#include "protocol/base/err.h"

/* Check the document's shape (names, unique codes, both languages, ceilings). */
int vocabulary_check(const json_t *doc, struct fault *fault);
/* Entries of a vocabulary (array, borrowed) or NULL. */
const json_t *vocabulary_entries(const json_t *doc, const char *name);
bool vocabulary_has(const json_t *doc, const char *name, const char *code);
/* Label in `lang`, else in French, else the code itself. Borrowed. */
const char *vocabulary_label(const json_t *doc, const char *name, const char *code, const char *lang);
/* Code whose code or any label folds equal to `text` (imports), or NULL. Borrowed. */
const char *vocabulary_find(const json_t *doc, const char *name, const char *text);

#endif
