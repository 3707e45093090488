/*
 * Request targets.  A path that is accepted begins with a slash, holds no empty, "." or ".."
 * segment and no control character, and is the same when it is encoded and read again; so are the
 * pairs of a query.  The readers of preferences meet the same bytes.
 */
#include <string.h>
#include <talloc.h>

#include "node/http/address.h"
#include "node/http/kept.h"
#include "node/http/limits.h"
#include "node/http/negotiate.h"
#include "node/http/url.h"
#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 4 << 20 };

static void check_path(void *mem, const char *path)
{
	char *again, *copy = talloc_strdup(mem, path);
	const char *query = NULL;
	struct buf encoded;

	FUZZ_CHECK(path[0] == '/' && text_valid(path, strlen(path)));
	buf_init(&encoded, ROOM);
	for (char *segment = copy + 1, *next; segment; segment = next) {
		next = strchr(segment, '/');
		if (next)
			*next++ = '\0';
		FUZZ_CHECK(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
		FUZZ_CHECK(*segment || (segment == copy + 1 && !next));
		for (const char *p = segment; *p; p++)
			FUZZ_CHECK((unsigned char)*p >= ' ' && *p != 0x7f && *p != '\\');
		buf_char(&encoded, '/');
		url_encode(&encoded, segment);
	}
	FUZZ_CHECK(!encoded.err);
	FUZZ_CHECK(url_path(mem, encoded.data, &again, &query) == OK && !query);
	FUZZ_CHECK(strcmp(path, again) == 0);
	buf_done(&encoded);
}

static void check_pairs(void *mem, const struct url_pairs *pairs)
{
	struct url_pairs again;
	struct buf encoded;

	FUZZ_CHECK(pairs->count <= HTTP_QUERY_ARGS);
	buf_init(&encoded, ROOM);
	buf_str(&encoded, "");
	for (size_t i = 0; i < pairs->count; i++) {
		url_encode(&encoded, pairs->items[i].name);
		buf_char(&encoded, '=');
		url_encode(&encoded, pairs->items[i].value);
		buf_char(&encoded, '&');
	}
	FUZZ_CHECK(!encoded.err);
	FUZZ_CHECK(url_pairs(mem, encoded.data, encoded.len, HTTP_QUERY_ARGS, &again) == OK);
	FUZZ_CHECK(again.count == pairs->count);
	for (size_t i = 0; i < pairs->count; i++) {
		FUZZ_CHECK(strcmp(again.items[i].name, pairs->items[i].name) == 0);
		FUZZ_CHECK(strcmp(again.items[i].value, pairs->items[i].value) == 0);
	}
	buf_done(&encoded);
}

static void read_preferences(const char *text)
{
	static const char *const languages[] = {"fr", "en"};
	struct address_nets nets;
	struct address peer = {.bytes = {1}};
	char etag[64];

	FUZZ_CHECK(negotiate_format(text, 1 << FORMAT_CSV, FORMAT_CSV) == FORMAT_CSV);
	negotiate_wants_html(text);
	negotiate_encoding(text, "gzip");
	FUZZ_CHECK(negotiate_language(text, languages, 2));
	etag_match(text, "\"a\"");
	etag_coded(text, CODING_GZIP, etag, sizeof(etag));
	if (address_nets_parse(text, &nets) == OK)
		FUZZ_CHECK(nets.count <= HTTP_PROXIES);
	nets = (struct address_nets){.items = {{peer, 0}}, .count = 1};
	address_client(&nets, &peer, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *mem = talloc_new(NULL);
	char *target = talloc_strndup(mem, size ? (const char *)data : "", size), *path;
	const char *query = NULL;
	struct url_pairs pairs;

	if (url_path(mem, target, &path, &query) == OK) {
		check_path(mem, path);
		if (query && url_pairs(mem, query, strlen(query), HTTP_QUERY_ARGS, &pairs) == OK)
			check_pairs(mem, &pairs);
	}
	read_preferences(target);
	talloc_free(mem);
	return 0;
}
