#include "node/zone_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/codec.h"

enum { FILE_MAX = 256 * 1024, HEADER = 44, RULE_MAX = 128 };

struct header {
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
};

/* Reads forward over the file; never past its end. */
struct cursor {
	const uint8_t *at, *end;
};

static const uint8_t *take(struct cursor *c, size_t len)
{
	const uint8_t *p = c->at;

	if ((size_t)(c->end - c->at) < len)
		return NULL;
	c->at += len;
	return p;
}

static int header_read(struct cursor *c, struct header *h, uint8_t *ret_version)
{
	const uint8_t *p = take(c, HEADER);

	if (!p || memcmp(p, "TZif", 4) != 0)
		return ERR_INVALID;
	*ret_version = p[4];
	h->isutcnt = be32_get(p + 20);
	h->isstdcnt = be32_get(p + 24);
	h->leapcnt = be32_get(p + 28);
	h->timecnt = be32_get(p + 32);
	h->typecnt = be32_get(p + 36);
	h->charcnt = be32_get(p + 40);
	if (h->timecnt > ZONE_TIMES || h->typecnt > ZONE_KINDS || h->typecnt == 0 ||
	    h->charcnt > 1024 || h->charcnt == 0 || h->leapcnt > 1024 || h->isstdcnt > h->typecnt ||
	    h->isutcnt > h->typecnt)
		return ERR_INVALID;
	return OK;
}

static size_t block_size(const struct header *h, size_t time_size)
{
	return h->timecnt * time_size + h->timecnt + h->typecnt * 6 + h->charcnt +
	       h->leapcnt * (time_size + 4) + h->isstdcnt + h->isutcnt;
}

static int kinds_read(struct zone *z, const uint8_t *p, const char *names, size_t n_names)
{
	for (size_t i = 0; i < z->n_kinds; i++, p += 6) {
		struct zone_kind *k = &z->kinds[i];
		int32_t offset = (int32_t)be32_get(p);

		if (offset < -26 * 3600 || offset > 26 * 3600 || p[4] > 1 || p[5] >= n_names ||
		    !memchr(names + p[5], '\0', n_names - p[5]))
			return ERR_INVALID;
		k->offset = offset;
		snprintf(k->abbreviation, sizeof(k->abbreviation), "%s", names + p[5]);
	}
	return OK;
}

static int block_read(struct zone *z, struct cursor *c, const struct header *h)
{
	const uint8_t *times, *kind_of, *kinds, *names;

	times = take(c, 8 * (size_t)h->timecnt);
	kind_of = times ? take(c, h->timecnt) : NULL;
	kinds = kind_of ? take(c, 6 * (size_t)h->typecnt) : NULL;
	names = kinds ? take(c, h->charcnt) : NULL;
	if (!names || !take(c, 12 * (size_t)h->leapcnt + h->isstdcnt + h->isutcnt))
		return ERR_INVALID;
	z->n_times = h->timecnt;
	z->n_kinds = h->typecnt;
	z->times = calloc(z->n_times + 1, sizeof(*z->times));
	z->kind_of = calloc(z->n_times + 1, 1);
	z->kinds = calloc(z->n_kinds, sizeof(*z->kinds));
	if (!z->times || !z->kind_of || !z->kinds)
		return ERR_NOMEM;
	for (size_t i = 0; i < z->n_times; i++) {
		z->times[i] = (int64_t)be64_get(times + 8 * i);
		z->kind_of[i] = kind_of[i];
		if (kind_of[i] >= z->n_kinds || (i && z->times[i] <= z->times[i - 1]))
			return ERR_INVALID;
	}
	return kinds_read(z, kinds, (const char *)names, h->charcnt);
}

/* "\n" rule "\n"; an empty rule says nothing about later times. */
static int footer_read(struct zone *z, struct cursor *c)
{
	const uint8_t *start = take(c, 1), *end;
	char text[RULE_MAX];
	size_t len;
	int err;

	if (!start || *start != '\n')
		return ERR_INVALID;
	end = memchr(c->at, '\n', (size_t)(c->end - c->at));
	len = end ? (size_t)(end - c->at) : RULE_MAX;
	if (len >= RULE_MAX || memchr(c->at, '\0', len))
		return ERR_INVALID;
	if (!len)
		return OK;
	memcpy(text, c->at, len);
	text[len] = '\0';
	err = zone_rule_parse(text, &z->rule);
	z->has_rule = !err;
	return err;
}

static int file_parse(struct zone *z, const uint8_t *data, size_t len)
{
	struct cursor c = {data, data + len};
	struct header h;
	uint8_t version;
	int err = header_read(&c, &h, &version);

	if (err)
		return err;
	if (version < '2' || !take(&c, block_size(&h, 4)))
		return ERR_INVALID;
	err = header_read(&c, &h, &version);
	if (!err)
		err = block_read(z, &c, &h);
	return err ? err : footer_read(z, &c);
}

int zone_file_parse(const uint8_t *data, size_t len, struct zone **ret)
{
	struct zone *z = calloc(1, sizeof(*z));
	int err = z ? file_parse(z, data, len) : ERR_NOMEM;

	if (err) {
		zone_file_free(z);
		return err;
	}
	*ret = z;
	return OK;
}

int zone_file_read(const char *path, struct zone **ret)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = malloc(FILE_MAX);
	size_t len = f && data ? fread(data, 1, FILE_MAX, f) : 0;
	int err;

	if (!f)
		err = ERR_NOTFOUND;
	else if (!data)
		err = ERR_NOMEM;
	else if (ferror(f) || len == FILE_MAX)
		err = ERR_IO;
	else
		err = zone_file_parse(data, len, ret);
	free(data);
	if (f)
		fclose(f);
	return err;
}

void zone_file_free(struct zone *z)
{
	if (!z)
		return;
	free(z->times);
	free(z->kind_of);
	free(z->kinds);
	free(z);
}
