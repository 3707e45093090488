/* What the programs of this folder share. */
#ifndef MAILLAGE_FED_TEST_H
#define MAILLAGE_FED_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/testnode.h"

/* Generous: machines that test are busy. Nothing waits longer than it must. */
enum { PATIENCE = 60 };

#define assert_until(condition)                                                                    \
	do {                                                                                       \
		if (!TESTNODE_UNTIL(PATIENCE, condition))                                          \
			fail_msg("never became true: %s", #condition);                             \
	} while (0)

/* GET origin + target; the document (owned), after checking the status. */
static inline json_t *get_json(struct testnode *n, const char *target, long status)
{
	char url[1200];
	long got;
	char *text;
	json_t *doc;

	snprintf(url, sizeof(url), "%s%s", n->url, target);
	text = testnode_http("GET", url, NULL, NULL, &got, NULL);
	if (got != status)
		fail_msg("%s: %ld instead of %ld: %.300s", target, got, status, text);
	doc = json_loads(text, 0, NULL);
	assert_non_null(doc);
	free(text);
	return doc;
}

static inline const char *text_of(const json_t *doc, const char *name)
{
	const char *s = json_string_value(json_object_get(doc, name));

	assert_non_null(s);
	return s;
}

/* Last part of a problem document's type. */
static inline const char *kind_of(const json_t *doc)
{
	const char *type = text_of(doc, "type"), *colon = strrchr(type, ':');

	return colon ? colon + 1 : type;
}

#endif
