#include "node/domain/territory.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/text.h"

/*
 * Everything borrowed lies in one blob.  Names that many communes share (department, region, EPCI,
 * zone) are stored once; the index holds where a row's own texts begin.
 */
struct row {
	uint32_t at;		/* code, name, postcode, latitude, longitude, NUL-terminated */
	uint32_t department, region, epci, zone;
	uint32_t population : 31, approximate : 1;
};

struct territories {
	struct buf blob;
	struct row *rows;
	size_t n, room;
	uint32_t *shared;	/* hash table of texts stored once; 0: empty */
};

enum {
	BLOB_MAX = 16 * 1024 * 1024,
	ROWS_MAX = 100000,
	LINE_MAX_BYTES = 4096,
	SHARED_SLOTS = 8192,	/* 1,255 EPCI, 110 departments, 18 regions, 15 zones */
	CELLS = 32,
};

static const char *const columns[] = {"code", "name", "department", "region", "epci", "postcode",
				      "population", "latitude", "longitude", "timezone",
				      "approximate"};
enum column { CODE, NAME, DEPARTMENT, REGION, EPCI, POSTCODE, POPULATION, LATITUDE, LONGITUDE,
	      TIMEZONE, APPROXIMATE, COLUMNS };

/* Cut a line into cells in place. No cell of the table holds a line break. -1 if it is not CSV. */
static int cut(char *line, char *cells[CELLS])
{
	char *in = line;
	int n = 0;

	for (;;) {
		char *out = in;

		if (n == CELLS)
			return -1;
		cells[n++] = out;
		if (*in == '"') {
			for (in++; *in != '"' || in[1] == '"'; *out++ = *in++) {
				if (*in == '"')
					in++;
				if (!*in)
					return -1;
			}
			in++;
		} else {
			in += strcspn(in, ",");
			out = in;
		}
		if (*in != ',' && *in != '\0')
			return -1;
		if (*in == '\0') {
			*out = '\0';
			return n;
		}
		*out = '\0';
		in++;
	}
}

static uint32_t share(struct territories *t, const char *s)
{
	uint32_t h = 2166136261u, at;

	for (const char *c = s; *c; c++)
		h = (h ^ (unsigned char)*c) * 16777619u;
	for (size_t i = 0; i < SHARED_SLOTS; i++) {
		uint32_t *slot = &t->shared[(h + i) % SHARED_SLOTS];

		if (*slot == 0) {
			at = (uint32_t)t->blob.len;
			buf_add(&t->blob, s, strlen(s) + 1);
			*slot = at;
			return at;
		}
		if (t->blob.data && strcmp(t->blob.data + *slot, s) == 0)
			return *slot;
	}
	/* The hash table is full: store it again, correct all the same. */
	at = (uint32_t)t->blob.len;
	buf_add(&t->blob, s, strlen(s) + 1);
	return at;
}

static int row_add(struct territories *t, char *const cells[], const int of[COLUMNS])
{
	static const enum column own[] = {CODE, NAME, POSTCODE, LATITUDE, LONGITUDE};
	struct row *r, *more;

	if (t->n == ROWS_MAX)
		return ERR_LIMIT;
	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 4096;
		more = realloc(t->rows, t->room * sizeof(*t->rows));
		if (!more)
			return ERR_NOMEM;
		t->rows = more;
	}
	r = &t->rows[t->n++];
	r->at = (uint32_t)t->blob.len;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		const char *s = cells[of[own[i]]];

		buf_add(&t->blob, s, strlen(s) + 1);
	}
	r->department = share(t, cells[of[DEPARTMENT]]);
	r->region = share(t, cells[of[REGION]]);
	r->epci = share(t, cells[of[EPCI]]);
	r->zone = share(t, cells[of[TIMEZONE]]);
	r->population = (uint32_t)strtoul(cells[of[POPULATION]], NULL, 10) & 0x7fffffff;
	r->approximate = strcmp(cells[of[APPROXIMATE]], "0") != 0;
	return t->blob.err;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct territories *t = arg;

	return strcmp(t->blob.data + ((const struct row *)a)->at,
		      t->blob.data + ((const struct row *)b)->at);
}

static int head(char *line, int of[COLUMNS], struct fault *fault)
{
	char *cells[CELLS];
	int n = cut(line, cells);

	for (int c = 0; c < COLUMNS; c++) {
		of[c] = -1;
		for (int i = 0; i < n; i++)
			if (strcmp(cells[i], columns[c]) == 0)
				of[c] = i;
		if (of[c] < 0)
			return fault_set(fault, ERR_INVALID, "",
					 "The territory table has no column %s.", columns[c]);
	}
	return OK;
}

static int read_rows(struct territories *t, FILE *in, struct fault *fault)
{
	char line[LINE_MAX_BYTES], *cells[CELLS];
	int of[COLUMNS], n_head = 0, err = OK, n;
	size_t number = 0;

	while (err == OK && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (number++ == 0) {
			err = head(line, of, fault);
			for (int c = 0; c < COLUMNS; c++)
				n_head = of[c] >= n_head ? of[c] + 1 : n_head;
			continue;
		}
		n = cut(line, cells);
		if (n < n_head) {
			char where[32];

			snprintf(where, sizeof(where), "%zu", number);
			return fault_set(fault, ERR_INVALID, "",
					 "The territory table is damaged at line %s.", where);
		}
		err = row_add(t, cells, of);
	}
	if (err == OK && (ferror(in) || number == 0))
		err = fault_set(fault, number ? ERR_IO : ERR_INVALID, "",
				"The territory table cannot be read.", NULL);
	return err;
}

int territories_load(const char *file, struct territories **ret, struct fault *fault)
{
	struct territories *t;
	FILE *in = fopen(file, "re");
	int err = ERR_NOMEM;

	if (!in)
		return fault_set(fault, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "",
				 "The territory table %s cannot be read.", file);
	t = calloc(1, sizeof(*t));
	if (t)
		t->shared = calloc(SHARED_SLOTS, sizeof(*t->shared));
	if (t && t->shared) {
		buf_init(&t->blob, BLOB_MAX);
		buf_char(&t->blob, '\0');	/* so that 0 is no place of a text */
		err = read_rows(t, in, fault);
		free(t->shared);
		t->shared = NULL;
		if (t->n > 0)
			qsort_r(t->rows, t->n, sizeof(*t->rows), compare, t);
	}
	fclose(in);
	if (err != OK) {
		territories_free(t);
		return fault && fault->code == err ? err
						   : fault_set(fault, err, "",
							       "The territory table cannot be loaded.",
							       NULL);
	}
	*ret = t;
	return OK;
}

void territories_free(struct territories *t)
{
	if (!t)
		return;
	buf_done(&t->blob);
	free(t->rows);
	free(t->shared);
	free(t);
}

static const char *next(const char **at)
{
	const char *s = *at;

	*at += strlen(s) + 1;
	return s;
}

static void row_read(const struct territories *t, const struct row *r, struct territory *ret)
{
	const char *at = t->blob.data + r->at;

	ret->code = next(&at);
	ret->name = next(&at);
	ret->postcode = next(&at);
	ret->latitude = next(&at);
	ret->longitude = next(&at);
	ret->department = t->blob.data + r->department;
	ret->region = t->blob.data + r->region;
	ret->epci = t->blob.data + r->epci;
	ret->zone = t->blob.data + r->zone;
	ret->population = r->population;
	ret->approximate = r->approximate;
}

int territory_get(const struct territories *t, const char *code, struct territory *ret)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct row *r = &t->rows[mid];
		int order = strcmp(code, t->blob.data + r->at);

		if (order < 0) {
			high = mid;
		} else if (order > 0) {
			low = mid + 1;
		} else {
			row_read(t, r, ret);
			return OK;
		}
	}
	return ERR_NOTFOUND;
}

/* The letter a name starts with may be an accented one: only ASCII ones are compared before folding. */
static bool may_equal(const char *a, const char *b)
{
	unsigned char x = (unsigned char)*a, y = (unsigned char)*b;

	return x >= 0x80 || y >= 0x80 || tolower(x) == tolower(y);
}

int territory_find(const struct territories *t, const char *name, const char *postcode,
		   struct territory *ret)
{
	struct buf asked, given;
	struct territory one;
	unsigned found = 0, near = 0, exact = 0;
	/* A department has two digits, overseas three: 971 to 988. */
	size_t digits = postcode && (!strncmp(postcode, "97", 2) || !strncmp(postcode, "98", 2)) ? 3 : 2;
	int err;

	buf_init(&asked, 400);
	buf_init(&given, 400);
	err = text_fold(name, strlen(name), &asked);
	for (size_t i = 0; err == OK && i < t->n; i++) {
		row_read(t, &t->rows[i], &one);
		if (!may_equal(one.name, name))
			continue;
		buf_clear(&given);
		err = text_fold(one.name, strlen(one.name), &given);
		if (err != OK || given.len != asked.len || memcmp(given.data, asked.data, asked.len))
			continue;
		/* A commune has several postcodes and the table one: its department is enough to tell. */
		if (postcode && strcmp(postcode, one.postcode) == 0 && exact++ == 0)
			*ret = one;
		if (postcode && strncmp(postcode, one.postcode, digits) == 0 && near++ == 0 && !exact)
			*ret = one;
		if (found++ == 0 && !near)
			*ret = one;
	}
	buf_done(&asked);
	buf_done(&given);
	if (err != OK)
		return err;
	return exact == 1 || (!exact && near == 1) || (found == 1 && !postcode) ? OK : ERR_NOTFOUND;
}
