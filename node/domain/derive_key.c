/* Terms and list keys: what an object's values are stored and searched under. */
#include <string.h>

#include "node/domain/derive.h"
#include "node/store/posting.h"
#include "protocol/base/codec.h"
#include "protocol/base/err.h"
#include "protocol/base/time.h"

/* Length of s, at most `max`, cut at a character. */
static size_t cut(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return n;
	for (n = max; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

size_t derive_facet_term(const char *name, const char *value, char *out)
{
	size_t n = cut(name, POSTING_TERM_MAX - DERIVE_VALUE_MAX - 2),
	       len = cut(value, DERIVE_VALUE_MAX);

	out[0] = '\1';
	memcpy(out + 1, name, n);
	out[1 + n] = '\1';
	memcpy(out + 2 + n, value, len);
	out[2 + n + len] = '\0';
	return 2 + n + len;
}

size_t derive_typed_term(const char *type, const char *name, const char *value, char *out)
{
	size_t n = cut(type, 18), m = cut(name, 14), len = cut(value, DERIVE_VALUE_MAX);
	char *p = out;

	*p++ = '\2';
	p = mempcpy(p, type, n);
	*p++ = '\1';
	p = mempcpy(p, name, m);
	*p++ = '\1';
	p = mempcpy(p, value, len);
	*p = '\0';
	return (size_t)(p - out);
}

/* Square number `v` degrees from `least`; the globe's last square has its far edge too. */
static unsigned square(double v, int least, int degrees, int per_degree)
{
	double at = (v - least) * per_degree;

	if (!(at > 0))
		return 0;
	return at >= degrees * per_degree ? (unsigned)(degrees * per_degree - 1) : (unsigned)at;
}

size_t derive_cell_term(int per_degree, double latitude, double longitude, char *out)
{
	unsigned y = square(latitude, -90, 180, per_degree);
	unsigned x = square(longitude, -180, 360, per_degree);

	*out++ = per_degree == 1 ? '\3' : '\4';
	for (unsigned unit = 1000; unit; unit /= 10) {
		out[0] = (char)('0' + y / unit % 10);
		out[4] = (char)('0' + x / unit % 10);
		out++;
	}
	out[4] = '\0';
	return 9;
}

void derive_time_key(int64_t t, uint8_t key[8])
{
	be64_put(key, (uint64_t)t ^ (UINT64_C(1) << 63));
}

bool derive_timed(const char *type)
{
	return !strcmp(type, "Event") || !strcmp(type, "CallForProjects");
}

static int title_key(struct view row, uint8_t key[LIST_KEY_MAX], size_t *ret_len)
{
	const char *title = row_get(row, ROW_TITLE);
	struct buf fold;
	size_t len;
	int err;

	buf_init(&fold, 4 * ROW_MAX);
	err = text_fold(title, strlen(title), &fold);
	if (!err) {
		len = fold.len ? cut(fold.data, LIST_KEY_MAX) : 0;
		if (len)
			memcpy(key, fold.data, len);
		*ret_len = len;
	}
	buf_done(&fold);
	return err;
}

int derive_list_key(enum list list, struct view row, uint8_t key[LIST_KEY_MAX], size_t *ret_len)
{
	const char *type = row_get(row, ROW_TYPE), *text;
	int64_t t = INT64_MAX;
	int offset;

	switch (list) {
	case LIST_TITLE:
		return title_key(row, key, ret_len);
	case LIST_START:
		if (!derive_timed(type))
			return ERR_NOTFOUND;
		text = row_get(row, strcmp(type, "CallForProjects") ? ROW_START : ROW_END);
		if (*text && time_parse_offset(text, &t, &offset))
			t = INT64_MAX;
		derive_time_key(t, key);
		break;
	case LIST_UPDATED:
		t = 0;
		time_parse(row_get(row, ROW_UPDATED), &t);
		derive_time_key(~t, key);
		break;
	default:
		return ERR_NOTFOUND;
	}
	*ret_len = 8;
	return OK;
}

bool derive_degrees(const char *s, double *ret)
{
	double v = 0, unit = 1;
	bool minus = *s == '-', digits = false;

	for (s += minus; *s >= '0' && *s <= '9'; s++, digits = true)
		v = 10 * v + (*s - '0');
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++) {
			v = 10 * v + (*s - '0');
			unit *= 10;
		}
	if (!digits || *s)
		return false;
	*ret = minus ? -v / unit : v / unit;
	return true;
}

bool derive_position(struct view row, double *ret_latitude, double *ret_longitude)
{
	double latitude, longitude;

	if (!derive_degrees(row_get(row, ROW_LATITUDE), &latitude) ||
	    !derive_degrees(row_get(row, ROW_LONGITUDE), &longitude))
		return false;
	*ret_latitude = latitude;
	*ret_longitude = longitude;
	return true;
}
