/*
 * What the reader accepts has one canonical form, which reads back to the same; jansson's own
 * parser accepts it too; and a native document has the same form in both modes.
 */
#include <string.h>

#include "protocol/canon.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 16 << 20 };

/* The canonical form of `text`, or 0 if it is refused. */
static int canonical(const char *text, size_t len, enum canon_mode mode, struct buf *out)
{
	struct fault fault = {0};
	json_t *doc = NULL;
	int err = canon_read(text, len, mode, &doc, &fault);

	if (err) {
		FUZZ_CHECK(err == ERR_INVALID && !doc && fault.code == err);
		FUZZ_CHECK((size_t)atol(fault.arg) <= len);
		return 0;
	}
	FUZZ_CHECK(!canon_write(doc, out));
	json_decref(doc);
	return 1;
}

static void check_jansson_agrees(const char *text, size_t len, enum canon_mode mode)
{
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
	json_t *doc = json_loadb(
		text, len, mode == CANON_FULL ? flags | JSON_DECODE_INT_AS_REAL : flags, NULL);

	FUZZ_CHECK(doc);
	json_decref(doc);
}

static int check_mode(const char *text, size_t len, enum canon_mode mode, struct buf *first)
{
	struct buf again;

	if (!canonical(text, len, mode, first))
		return 0;
	check_jansson_agrees(text, len, mode);
	buf_init(&again, ROOM);
	FUZZ_CHECK(canonical(first->data, first->len, mode, &again));
	FUZZ_CHECK(again.len == first->len && !memcmp(again.data, first->data, again.len));
	buf_done(&again);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf native, full;

	buf_init(&native, ROOM);
	buf_init(&full, ROOM);
	if (check_mode((const char *)data, size, CANON_NATIVE, &native)) {
		FUZZ_CHECK(check_mode((const char *)data, size, CANON_FULL, &full));
		FUZZ_CHECK(native.len == full.len && !memcmp(native.data, full.data, full.len));
	} else {
		check_mode((const char *)data, size, CANON_FULL, &full);
	}
	buf_done(&native);
	buf_done(&full);
	return 0;
}
