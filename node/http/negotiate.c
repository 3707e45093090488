#include "node/http/negotiate.h"

#include <string.h>
#include <strings.h>

#include "node/http/limits.h"

struct kind {
	const char *suffix, *type;
};

static const struct kind kinds[FORMAT_COUNT] = {
	[FORMAT_HTML] = {".html", "text/html"},
	[FORMAT_JSON] = {".json", "application/json"},
	[FORMAT_CSV] = {".csv", "text/csv"},
	[FORMAT_GEOJSON] = {".geojson", "application/geo+json"},
	[FORMAT_ICS] = {".ics", "text/calendar"},
	[FORMAT_ATOM] = {".atom", "application/atom+xml"},
};

/* One element of a comma-separated list with its quality in thousandths. */
struct item {
	const char *name;
	size_t len;
	int quality;
};

/* A header being read, at most HTTP_ACCEPT_ITEMS elements of it. */
struct reader {
	const char *at;
	int left;
};

enum format negotiate_suffix(const char *path, size_t *len)
{
	const char *dot = strrchr(path, '.');

	if (!dot || strchr(dot, '/') || dot == path || dot[-1] == '/')
		return FORMAT_COUNT;
	for (int f = 0; f < FORMAT_COUNT; f++) {
		if (strcmp(dot, kinds[f].suffix) == 0) {
			*len = (size_t)(dot - path);
			return (enum format)f;
		}
	}
	return FORMAT_COUNT;
}

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* qvalue: "0", "1", "0.5", "1.000", at most three decimals; -1 if it is none. */
static int parse_quality(const char *p)
{
	int value, scale = 100;

	if (*p != '0' && *p != '1')
		return -1;
	value = (*p++ - '0') * 1000;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9' && scale; p++, scale /= 10)
			value += (*p - '0') * scale;
	}
	p = skip_space(p);
	return value <= 1000 && (*p == '\0' || *p == ',' || *p == ';') ? value : -1;
}

/* Next well-formed element; false at the end. */
static bool reader_next(struct reader *r, struct item *item)
{
	while (*r->at && r->left-- > 0) {
		const char *p = r->at + strspn(r->at, " \t,");
		const char *end = p + strcspn(p, ",");

		r->at = end;
		*item = (struct item){p, strcspn(p, " \t,;"), 1000};
		p += item->len;
		while ((p = skip_space(p)) < end && *p == ';') {
			p = skip_space(p + 1);
			if ((p[0] == 'q' || p[0] == 'Q') && p[1] == '=')
				item->quality = parse_quality(p + 2);
			p += strcspn(p, ";,");
		}
		if (item->len && p >= end && item->quality >= 0)
			return true;
	}
	return false;
}

static bool item_is(const struct item *item, const char *name)
{
	return strlen(name) == item->len && strncasecmp(item->name, name, item->len) == 0;
}

/* 0: does not match; 1: any type, 2: any subtype, 3: exactly. */
static int media_match(const struct item *item, const char *type)
{
	size_t major = strcspn(type, "/") + 1;

	if (item_is(item, type))
		return 3;
	if (item_is(item, "*/*"))
		return 1;
	return item->len == major + 1 && item->name[major] == '*' &&
			       strncasecmp(item->name, type, major) == 0
		       ? 2
		       : 0;
}

/* The most specific range decides. */
static int media_quality(const char *accept, const char *type)
{
	struct reader r = {accept, HTTP_ACCEPT_ITEMS};
	struct item item;
	int best = 0, quality = 0;

	while (reader_next(&r, &item)) {
		int match = media_match(&item, type);

		if (match > best) {
			best = match;
			quality = item.quality;
		}
	}
	return quality;
}

enum format negotiate_format(const char *accept, unsigned offered, enum format fallback)
{
	enum format best = fallback;
	int best_quality = 0;

	if (!accept)
		accept = "*/*";
	for (int f = 0; f < FORMAT_COUNT; f++) {
		int quality = offered & 1u << f ? media_quality(accept, kinds[f].type) : 0;

		if (quality > best_quality) {
			best_quality = quality;
			best = (enum format)f;
		}
	}
	return best;
}

bool negotiate_wants_html(const char *accept)
{
	struct reader r = {accept ? accept : "", HTTP_ACCEPT_ITEMS};
	struct item item;

	while (reader_next(&r, &item))
		if (item.quality > 0 &&
		    (item_is(&item, "text/html") || item_is(&item, "application/xhtml+xml")))
			return true;
	return false;
}

bool negotiate_encoding(const char *accept_encoding, const char *coding)
{
	struct reader r = {accept_encoding ? accept_encoding : "", HTTP_ACCEPT_ITEMS};
	struct item item;
	bool any = false;

	while (reader_next(&r, &item)) {
		if (item_is(&item, coding))
			return item.quality > 0;
		if (item_is(&item, "*"))
			any = item.quality > 0;
	}
	return any;
}

/* How much of a language range the tag serves: 2 exactly, 1 by its first subtag, 0 not. */
static int language_match(const struct item *item, const char *tag)
{
	size_t primary = strcspn(tag, "-");

	if (item_is(item, tag))
		return 2;
	return item->len >= primary && strncasecmp(item->name, tag, primary) == 0 &&
	       (item->len == primary || item->name[primary] == '-');
}

const char *negotiate_language(const char *accept_language, const char *const *offered, size_t n)
{
	struct reader r = {accept_language ? accept_language : "", HTTP_ACCEPT_ITEMS};
	struct item item;
	const char *best = offered[0];
	int best_score = 0;

	while (reader_next(&r, &item)) {
		for (size_t i = 0; i < n; i++) {
			int match = language_match(&item, offered[i]);
			int score = match ? item.quality * 4 + match : 0;

			if (item.quality > 0 && score > best_score) {
				best_score = score;
				best = offered[i];
			}
		}
	}
	return best;
}
