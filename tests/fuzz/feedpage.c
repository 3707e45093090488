/* Pages of a feed as a hostile peer may send them: read, verified and derived without harm; nothing passes unsigned. */
#include <string.h>

#include "node/domain/ingest.h"
#include "protocol/canon.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text_terms *terms;
	struct identity identity = {.nid = "nid:5yCnZFX9hxzDxmxpYvhrHthrQitYLrAC7T2C1cDmNK4j", .origin = "https://a.example"};
	struct ingest *g;
	json_t *page;

	if (!terms && (key_library_init() != OK || !(terms = text_terms_new("fr"))))
		abort();
	if (canon_read((const char *)data, size, CANON_NATIVE, &page, NULL) != OK)
		return 0;
	if (ingest_new(page, &identity, "public", &g) == OK) {
		ingest_verify(g, 0, ingest_count(g), terms);
		ingest_free(g);
	}
	json_decref(page);
	return 0;
}
