#include "node/store/row.h"

#include <string.h>

#include "protocol/base/codec.h"

enum { ROW_HEAD = 1 + 2 * ROW_COUNT };

/*
 * Ceiling of each field in bytes. Those of the hard fields, their ends and the head stay together
 * under ROW_MAX; the soft ones share what is left, and the first in `soft` gives way first.
 */
static const uint16_t row_max[ROW_COUNT] = {
	[ROW_ID] = 320,	     [ROW_TYPE] = 40,	   [ROW_TITLE] = 240,  [ROW_SUMMARY] = 320,
	[ROW_PLACE] = 120,   [ROW_START] = 40,	   [ROW_END] = 40,     [ROW_ZONE] = 48,
	[ROW_LATITUDE] = 24, [ROW_LONGITUDE] = 24, [ROW_UPDATED] = 24, [ROW_URL] = 255,
	[ROW_TAGS] = 320,
};
static const uint8_t soft[] = {ROW_SUMMARY, ROW_TAGS, ROW_URL, ROW_PLACE, ROW_TITLE};

/* Longest beginning of s[len] within `max` that ends where the field may end. */
static size_t row_cut(enum row_field f, const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	switch (f) {
	case ROW_TITLE:
	case ROW_SUMMARY:
	case ROW_PLACE:
		while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
			max--;
		return max;
	case ROW_TAGS: /* whole tags only */
		while (max && s[max] != ';')
			max--;
		return max;
	default: /* half a name, a time or a link is none */
		return 0;
	}
}

void row_write(const char *const fields[ROW_COUNT], struct buf *out)
{
	size_t lens[ROW_COUNT], total = ROW_HEAD, end = 0;
	uint8_t *p;

	for (int f = 0; f < ROW_COUNT; f++) {
		lens[f] = fields[f] ? strlen(fields[f]) : 0;
		lens[f] = row_cut(f, fields[f], lens[f], row_max[f]);
		total += lens[f] + 1;
	}
	for (size_t i = 0; i < sizeof(soft) && total > ROW_MAX; i++) {
		size_t *len = &lens[soft[i]], over = total - ROW_MAX;

		total -= *len;
		*len = row_cut(soft[i], fields[soft[i]], *len, *len > over ? *len - over : 0);
		total += *len;
	}
	p = (uint8_t *)buf_room(out, total);
	if (!p)
		return;
	*p++ = ROW_COUNT;
	for (int f = 0; f < ROW_COUNT; f++, p += 2) {
		end += lens[f] + 1;
		be16_put(p, end);
	}
	for (int f = 0; f < ROW_COUNT; f++) {
		if (lens[f])
			memcpy(p, fields[f], lens[f]);
		p += lens[f];
		*p++ = '\0';
	}
	*p = '\0';
	out->len += total;
}

const char *row_get(struct view row, enum row_field f)
{
	size_t count = row.len ? row.data[0] : 0, head = 1 + 2 * count, start, end;

	if ((size_t)f >= count || row.len < head)
		return "";
	start = f ? be16_get(row.data + 1 + 2 * (f - 1)) : 0;
	end = be16_get(row.data + 1 + 2 * f);
	if (start >= end || end > row.len - head || row.data[head + end - 1])
		return "";
	return (const char *)row.data + head + start;
}
