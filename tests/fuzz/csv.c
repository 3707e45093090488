/* CSV files as they come: records stay within their ceilings and every cell is text with an end. */
#include <string.h>

#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tools/import/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;
	struct fault fault = {0};
	struct csv_row row = {0};
	struct csv *c;
	size_t line = 0;
	int err;

	if (!in)
		return 0;
	if (csv_open(in, &c) == OK) {
		while ((err = csv_next(c, &row, &fault)) == OK || err == ERR_LIMIT) {
			FUZZ_CHECK(row.line > line);
			line = row.line;
			FUZZ_CHECK(err == ERR_LIMIT || (row.n >= 1 && row.n <= CSV_COLUMNS_MAX));
			for (size_t i = 0; err == OK && i < row.n; i++) {
				FUZZ_CHECK(strlen(row.cells[i]) < CSV_FIELD_MAX);
				FUZZ_CHECK(text_valid(row.cells[i], strlen(row.cells[i])));
			}
		}
		csv_close(c);
	}
	fclose(in);
	return 0;
}
