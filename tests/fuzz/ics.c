/* Calendars as they come: every row that is read is an object the type table can be asked about. */
#include "protocol/schema.h"
#include "tests/fuzz/fuzz.h"
#include "tools/import/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;
	struct zone_set *zones = zone_set_new(NULL);
	struct source_context cx = {.zones = zones, .zone = "Europe/Paris"};
	struct fault fault = {0};
	struct source_row row;
	size_t line;
	void *state;
	int err;

	if (in && zones && source_ics.open(in, &cx, &state, &line, &fault) == OK) {
		while ((err = source_ics.next(state, &row, &fault)) == OK || err == ERR_AGAIN)
			if (err == OK) {
				FUZZ_CHECK(json_is_object(row.doc));
				schema_check(schema_type("Event"), row.doc, NULL, &fault);
			}
		source_ics.close(state);
	}
	zone_set_free(zones);
	if (in)
		fclose(in);
	return 0;
}
