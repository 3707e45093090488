#include "tests/fed/liar_server.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/canon.h"
#include "tests/lib/testnode.h"

struct liar liar;

/* What the liar would say if it did not lie. */

json_t *liar_object(int64_t rev, const char *origin, const struct key *key)
{
	uint8_t random[OBJECT_RANDOM] = {(uint8_t)rev, 1};
	char id[OBJECT_ID_MAX], name[40];
	struct identity as = liar.identity;
	json_t *doc;

	snprintf(name, sizeof(name), "Fiche %lld", (long long)rev);
	object_id_make(origin, random, id);
	snprintf(as.origin, sizeof(as.origin), "%s", origin);
	memcpy(as.sign, key->pub, 32);
	doc = json_pack("{s:s, s:s}", "type", "Organization", "name", name);
	if (object_sign(doc, &as, key, id, "public", rev, 1750000000, 1750000000))
		testnode_die("object_sign", id);
	return doc;
}

static void digest_of(const json_t *doc, uint8_t ret[32])
{
	struct buf b;

	buf_init(&b, OBJECT_MAX);
	if (canon_write(doc, &b))
		testnode_die("canon_write", NULL);
	digest_bytes(b.data, b.len, ret);
	buf_done(&b);
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

json_t *liar_head(int64_t rev, int64_t count, const struct key *key)
{
	struct head *h = calloc(1, sizeof(*h));
	struct tree_leaf leaves[LIAR_REVS];
	struct identity as = liar.identity;
	json_t *doc;

	memcpy(h->origin, liar.identity.nid, sizeof(h->origin));
	strcpy(h->audience, "public");
	h->epoch = liar.epoch;
	h->rev = rev;
	h->created = (int64_t)time(NULL);
	h->n_sets = 1;
	strcpy(h->sets[0].type, "Organization");
	h->sets[0].count = (uint64_t)count;
	memcpy(leaves, liar.leaves + 1, (size_t)count * sizeof(leaves[0]));
	qsort(leaves, (size_t)count, sizeof(leaves[0]), by_key);
	tree_root(leaves, (size_t)count, h->sets[0].root);
	memcpy(as.sign, key->pub, 32);
	if (head_sign(h, key, &as, &doc))
		testnode_die("head_sign", NULL);
	free(h);
	return doc;
}

json_t *liar_entry(const json_t *object)
{
	char digest[DIGEST_TEXT];
	uint8_t hash[32];

	digest_of(object, hash);
	digest_text(hash, digest);
	return json_pack("{s:O, s:O, s:O, s:s, s:O}", "rev", json_object_get(object, "rev"), "id",
			 json_object_get(object, "id"), "type", json_object_get(object, "type"),
			 "digest", digest, "object", object);
}

json_t *liar_page(int64_t after, int64_t to)
{
	json_t *entries = json_array();
	char next[CURSOR_TEXT];

	for (int64_t rev = after + 1; rev <= to; rev++)
		json_array_append_new(entries, liar_entry(liar.objects[rev]));
	cursor_format(liar.epoch, to, next);
	return json_pack("{s:s, s:s, s:o, s:s, s:b, s:o}", "origin", liar.identity.nid, "audience",
			 "public", "entries", entries, "next", next, "more", 0, "head",
			 liar_head(to, to, &liar.key));
}

/* The server. */

static ssize_t drip(void *cls, uint64_t at, char *out, size_t size)
{
	struct timespec ts = {.tv_nsec = 200000000};

	nanosleep(&ts, NULL);
	*out = ' ';
	return 1;
}

/* Announces more than it sends. */
static ssize_t cut_short(void *cls, uint64_t at, char *out, size_t size)
{
	if (at > 1000)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memset(out, ' ', size > 500 ? 500 : size);
	return size > 500 ? 500 : (ssize_t)size;
}

static struct MHD_Response *answer_feed(const char *after, unsigned *status)
{
	struct MHD_Response *r;
	int64_t epoch = 0, rev = 0;
	json_t *page;
	char *text;

	liar.asked++;
	switch (liar.how) {
	case DRIPPED:
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64, drip, NULL, NULL);
	case CUT:
		return MHD_create_response_from_callback(5000, 1024, cut_short, NULL, NULL);
	case REDIRECTED:
		*status = 302;
		r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
		MHD_add_response_header(r, "Location", "http://127.0.0.1:1/");
		return r;
	case HEADED:
		r = MHD_create_response_from_buffer(2, (void *)"{}", MHD_RESPMEM_PERSISTENT);
		text = malloc(50001);
		memset(text, 'x', 50000);
		text[50000] = '\0';
		MHD_add_response_header(r, "X-Long", text);
		free(text);
		return r;
	case UNCHANGED:
		*status = 304;
		return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	case GZIPPED:
	case PLAIN:
		break;
	}
	if (liar.page) {
		r = MHD_create_response_from_buffer(liar.page_len, liar.page,
						    MHD_RESPMEM_MUST_COPY);
		if (liar.how == GZIPPED)
			MHD_add_response_header(r, "Content-Encoding", "gzip");
		return r;
	}
	cursor_parse(after, &epoch, &rev);
	page = liar_page(rev, liar.held);
	text = json_dumps(page, JSON_COMPACT);
	json_decref(page);
	return MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result handler(void *cls, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *data,
			       size_t *size, void **state)
{
	const char *after = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "after");
	const char *origin = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "origin");
	struct MHD_Response *r;
	unsigned status = 200;
	enum MHD_Result done;
	json_t *doc;
	char *text;

	if (!*state) {
		*state = &liar;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&liar.lock);
	if (!strcmp(url, "/fed/v1/identity")) {
		doc = json_pack("{s:s, s:[O]}", "nid", liar.identity.nid, "operations",
				liar.genesis);
		text = json_dumps(doc, JSON_COMPACT);
		json_decref(doc);
		r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	} else if (!strcmp(url, "/fed/v1/feed") && origin && !strcmp(origin, liar.identity.nid)) {
		r = answer_feed(after ? after : "0.0", &status);
	} else {
		status = 404;
		r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	}
	pthread_mutex_unlock(&liar.lock);
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

void liar_start(void)
{
	uint8_t seed[32] = {7}, secret[32] = {8}, seed2[32] = {9};

	liar.port = testnode_port();
	snprintf(liar.url, sizeof(liar.url), "http://127.0.0.1:%u", liar.port);
	liar.epoch = 1800000000;
	key_from_seed(&liar.key, seed);
	key_from_seed(&liar.other, seed2);
	pthread_mutex_init(&liar.lock, NULL);
	if (identity_genesis(&liar.key, secret, liar.url, 1750000000, &liar.genesis))
		testnode_die("identity_genesis", NULL);
	json_t *ops = json_pack("[O]", liar.genesis);

	if (identity_read(ops, &liar.identity, NULL))
		testnode_die("identity_read", NULL);
	json_decref(ops);
	for (int64_t rev = 1; rev <= LIAR_REVS; rev++) {
		struct tree_leaf *l = &liar.leaves[rev];
		uint8_t digest[32];

		liar.objects[rev] = liar_object(rev, liar.url, &liar.key);
		digest_of(liar.objects[rev], digest);
		tree_key(json_string_value(json_object_get(liar.objects[rev], "id")), l->key);
		tree_leaf_hash(l->key, (uint64_t)rev, digest, l->hash);
	}
	liar.held = LIAR_KNOWN;
	liar.daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD,
		(uint16_t)liar.port, NULL, NULL, handler, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)256 * 1024, MHD_OPTION_END);
	if (!liar.daemon)
		testnode_die("libmicrohttpd", liar.url);
}

void liar_say(enum how how, const void *page, size_t len)
{
	pthread_mutex_lock(&liar.lock);
	free(liar.page);
	liar.page = page ? malloc(len + 1) : NULL;
	if (liar.page)
		memcpy(liar.page, page, len);
	liar.page_len = len;
	liar.how = how;
	pthread_mutex_unlock(&liar.lock);
}

void liar_stop(void)
{
	MHD_stop_daemon(liar.daemon);
	free(liar.page);
}
