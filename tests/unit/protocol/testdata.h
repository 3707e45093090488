/*
 * What the tests of this folder share: files below data/, whole or line by line.
 */
#ifndef MAILLAGE_TESTDATA_H
#define MAILLAGE_TESTDATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* wants the first four before it */

#include "protocol/base/codec.h"

#define KEY_VECTOR_PUBLIC "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
#define KEY_VECTOR_SECRET "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"

static inline FILE *testdata_open(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/unit/protocol/data/%s", srcdir ? srcdir : ".", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s: cannot be opened", path);
	return f;
}

/* The whole file with a NUL behind it; free() it. */
static inline char *testdata_load(const char *name, size_t *ret_len)
{
	enum { ROOM = 65536 };
	FILE *f = testdata_open(name);
	char *text = malloc(ROOM);

	assert_non_null(text);
	*ret_len = fread(text, 1, ROOM - 1, f);
	text[*ret_len] = '\0';
	fclose(f);
	return text;
}

/* The next line that is no comment, without its line feed; NULL at the end. */
static inline char *testdata_line(FILE *f, char *line, int size)
{
	while (fgets(line, size, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

static inline size_t testdata_hex(const char *hex, uint8_t *out, size_t size)
{
	assert_int_equal(hex_decode(hex, strlen(hex), out, size), 0);
	return strlen(hex) / 2;
}

#endif
