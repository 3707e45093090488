#include "node/http/route.h"

#include <string.h>

#include "node/http/negotiate.h"

/* How specific a match is: two bits a segment, the first segment highest. */
enum { SPECIFIC_LITERAL = 3, SPECIFIC_PARAM = 2, SPECIFIC_REST = 1 };

/* A pattern being held against a path. */
struct attempt {
	struct route_match *match;
	uint32_t specific;
	bool suffix_in_param; /* the last part matched by :name or *rest: a suffix would be part of
				 it */
};

static void param_add(struct attempt *a, const char *name, size_t name_len, const char *value,
		      size_t value_len)
{
	struct route_match *m = a->match;

	if (m->param_count < HTTP_PARAMS)
		m->params[m->param_count++] =
			(struct route_param){name, value, name_len, value_len};
}

/* Hold `pattern` against the first len bytes of path. */
static bool pattern_match(const char *pattern, const char *path, size_t len, struct attempt *a)
{
	const char *end = path + len;
	int shift = 2 * HTTP_SEGMENTS;

	while (*pattern == '/' && path < end && *path == '/' && shift > 0) {
		size_t want = strcspn(++pattern, "/");
		const char *slash;
		size_t have;
		int kind = SPECIFIC_LITERAL;

		path++;
		slash = memchr(path, '/', (size_t)(end - path));
		have = slash ? (size_t)(slash - path) : (size_t)(end - path);
		if (*pattern == '*') {
			have = (size_t)(end - path);
			kind = SPECIFIC_REST;
		} else if (*pattern == ':') {
			kind = SPECIFIC_PARAM;
		} else if (want != have || memcmp(pattern, path, want) != 0) {
			return false;
		}
		if (kind != SPECIFIC_LITERAL) {
			if (!have)
				return false;
			param_add(a, pattern + 1, want - 1, path, have);
		}
		shift -= 2;
		a->specific |= (uint32_t)kind << shift;
		a->suffix_in_param = kind != SPECIFIC_LITERAL;
		pattern += want;
		path += have;
	}
	return !*pattern && path == end;
}

/* Most routes are told apart by the first character of their first segment. */
static bool route_excluded(const struct route *r, const char *path)
{
	return r->pattern[1] != ':' && r->pattern[1] != '*' && r->pattern[1] != path[1];
}

/* Try one route, with the suffix as its format first, then with the path as it is. */
static bool route_try(const struct route *r, const char *path, size_t len, size_t bare,
		      enum format suffix, struct attempt *a)
{
	struct route_match *m = a->match;

	if (suffix != FORMAT_COUNT && r->formats & 1u << suffix) {
		m->format = suffix;
		m->path_len = bare;
		if (pattern_match(r->pattern, path, bare, a))
			return true;
		a->specific = 0;
		m->param_count = 0;
	}
	m->format = FORMAT_COUNT;
	m->path_len = len;
	return pattern_match(r->pattern, path, len, a) &&
	       !(suffix != FORMAT_COUNT && r->formats && a->suffix_in_param);
}

int route_match(const struct route_table *tables, size_t n, const char *method, const char *path,
		struct route_match *ret_match)
{
	size_t len = strlen(path), bare = len;
	enum format suffix = negotiate_suffix(path, &bare);
	unsigned methods = 0;
	uint32_t best = 0;

	ret_match->methods = 0;
	if (*path != '/')
		return ERR_NOTFOUND;
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct route *r = &tables[t].routes[i];
			struct route_match match;
			struct attempt a = {.match = &match};

			if (route_excluded(r, path))
				continue;
			match.route = r;
			match.param_count = 0;
			if (!route_try(r, path, len, bare, suffix, &a))
				continue;
			methods |= strcmp(r->method, "GET") == 0 ? ROUTE_GET : ROUTE_POST;
			if (strcmp(r->method, method) == 0 && a.specific > best) {
				best = a.specific;
				*ret_match = match;
			}
		}
	}
	ret_match->methods = methods;
	return best ? OK : ERR_NOTFOUND;
}

static bool pattern_good(const char *pattern)
{
	size_t segments = 0, params = 0;

	if (*pattern != '/')
		return false;
	for (const char *p = pattern; *p == '/'; segments++) {
		size_t len = strcspn(++p, "/");

		if ((*p == ':' || *p == '*') && (len < 2 || ++params > HTTP_PARAMS))
			return false;
		if (*p == '*' && p[len])
			return false;
		if (!len && (segments || *p))
			return false;
		p += len;
	}
	return segments <= HTTP_SEGMENTS;
}

int route_check(const struct route_table *tables, size_t n, struct fault *fault)
{
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct route *r = &tables[t].routes[i];
			bool get = r->method && strcmp(r->method, "GET") == 0;
			bool post = r->method && strcmp(r->method, "POST") == 0;

			if ((!get && !post) || (get && r->body_max) || !r->handler ||
			    r->rate >= RATE_COUNT || !r->pattern || !pattern_good(r->pattern))
				return fault_set(fault, ERR_INTERNAL, "",
						 "The route %s cannot be served.", r->pattern);
		}
	}
	return OK;
}
