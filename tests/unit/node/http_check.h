/* What the unit tests of node/http share. */
#ifndef MAILLAGE_TESTS_HTTP_CHECK_H
#define MAILLAGE_TESTS_HTTP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include <cmocka.h>

/* In memory of its own size and without a NUL behind, so that a sanitizer sees a byte too many. */
static inline char *exactly(void *mem, const char *bytes, size_t len)
{
	return len ? talloc_memdup(mem, bytes, len) : talloc_size(mem, 1);
}

#endif
