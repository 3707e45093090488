#include "node/http/url.h"

#include <string.h>
#include <talloc.h>

#include "node/http/limits.h"
#include "protocol/base/err.h"
#include "protocol/base/text.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int url_decode(const char *in, size_t len, bool plus, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (in[i] == '%') {
			int high = i + 2 < len ? hex_digit(in[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(in[i + 2]) : -1;

			if (low < 0)
				return ERR_INVALID;
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = plus && in[i] == '+' ? ' ' : in[i];
		}
	}
	out[n] = '\0';
	return text_valid(out, n) ? OK : ERR_INVALID;
}

void url_encode(struct buf *out, const char *s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr("-._~", c))
			buf_char(out, *s);
		else
			buf_add(out, escape, sizeof(escape));
	}
}

static int decode_copy(void *mem, const char *in, size_t len, const char **ret_text)
{
	char *out = talloc_array(mem, char, len + 1);
	int err;

	if (!out)
		return ERR_NOMEM;
	err = url_decode(in, len, true, out);
	if (err == OK)
		*ret_text = out;
	return err;
}

static size_t pieces(const char *in, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += in[i] == '&';
	return n;
}

int url_pairs(void *mem, const char *in, size_t len, size_t max, struct url_pairs *ret_pairs)
{
	const char *end = in + len;
	struct url_pairs pairs = {0};
	size_t n = pieces(in, len);

	pairs.items = talloc_array(mem, struct url_pair, n < max ? n : max);
	if (!pairs.items)
		return ERR_NOMEM;
	while (in < end) {
		const char *amp = memchr(in, '&', (size_t)(end - in));
		const char *stop = amp ? amp : end;
		const char *equals = memchr(in, '=', (size_t)(stop - in));
		const char *name_end = equals ? equals : stop;
		struct url_pair pair = {.value = ""};
		int err;

		if (stop > in) {
			if (pairs.count == max)
				return ERR_LIMIT;
			err = decode_copy(pairs.items, in, (size_t)(name_end - in), &pair.name);
			if (err == OK && equals)
				err = decode_copy(pairs.items, equals + 1,
						  (size_t)(stop - equals - 1), &pair.value);
			if (err)
				return err;
			pairs.items[pairs.count++] = pair;
		}
		in = amp ? amp + 1 : end;
	}
	*ret_pairs = pairs;
	return OK;
}

/* Absolute form names the server again; the origin is configuration, so only the path counts. */
static const char *skip_authority(const char *target)
{
	const char *rest;

	if (strncmp(target, "http://", 7) == 0)
		rest = target + 7;
	else if (strncmp(target, "https://", 8) == 0)
		rest = target + 8;
	else
		return target;
	rest += strcspn(rest, "/?");
	return *rest == '/' ? rest : "/";
}

/* Escapes that would let one segment look like two, or hide in a log. */
static int check_raw(const char *raw, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)raw[i];
		int high;

		if (c == '%' && i + 2 < len && (high = hex_digit(raw[i + 1])) >= 0) {
			int low = hex_digit(raw[i + 2]);

			if (low < 0)
				return ERR_INVALID;
			c = (unsigned char)(high << 4 | low);
			if (c == '/')
				return ERR_INVALID;
		}
		if (c < 0x20 || c == 0x7f || c == '\\')
			return ERR_INVALID;
	}
	return OK;
}

static int check_segments(const char *path)
{
	size_t count = 0;

	for (const char *p = path; *p == '/';) {
		size_t len = strcspn(++p, "/");

		if (++count > HTTP_SEGMENTS)
			return ERR_NOTFOUND;
		if (len == 0 && (p != path + 1 || *p))
			return ERR_NOTFOUND; /* "//" or a slash at the end */
		if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return ERR_NOTFOUND;
		p += len;
	}
	return OK;
}

int url_path(void *mem, const char *target, char **ret_path, const char **ret_query)
{
	const char *raw = skip_authority(target);
	size_t len = strcspn(raw, "?");
	char *path;
	int err;

	if (raw[0] != '/')
		return ERR_INVALID;
	err = check_raw(raw, len);
	if (err)
		return err;
	path = talloc_array(mem, char, len + 1);
	if (!path)
		return ERR_NOMEM;
	err = url_decode(raw, len, false, path);
	if (err == OK)
		err = check_segments(path);
	if (err) {
		talloc_free(path);
		return err;
	}
	*ret_path = path;
	*ret_query = raw[len] == '?' ? raw + len + 1 : NULL;
	return OK;
}
