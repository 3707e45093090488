#include "tests/lib/testnode.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/fed/fed.h"
#include "node/store/set.h"
#include "node/sync/sync.h"
#include "protocol/canon.h"

enum { PAUSE_MS = 20 };

void testnode_die(const char *what, const char *detail)
{
	printf("Bail out! %s: %s\n", what, detail ? detail : "");
	fflush(stdout);
	_exit(99);
}

static void check(int err, const char *what, const struct fault *fault)
{
	char text[400] = "";

	if (!err)
		return;
	if (fault && fault->code)
		fault_text(fault, text, sizeof(text));
	testnode_die(what, *text ? text : err_name(err));
}

int64_t testnode_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void testnode_pause(void)
{
	struct timespec ts = {.tv_nsec = PAUSE_MS * 1000000L};

	nanosleep(&ts, NULL);
}

/* Folders. */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char scratch[300];
static pid_t scratch_owner;

static void scratch_remove(void)
{
	if (getpid() == scratch_owner && !getenv("KEEP"))
		remove_tree(scratch);
}

const char *testnode_scratch(void)
{
	const char *tmp = getenv("TMPDIR");

	if (*scratch)
		return scratch;
	snprintf(scratch, sizeof(scratch), "%s/maillage-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(scratch))
		testnode_die("mkdtemp", scratch);
	scratch_owner = getpid();
	atexit(scratch_remove);
	return scratch;
}

/* Where the installed data files are during a test: the vocabularies alone. */
const char *testnode_share(void)
{
	static char dir[400];
	const char *source = getenv("srcdir");
	char from[500], to[500], block[4096];
	FILE *in, *out;
	size_t n;

	if (*dir)
		return dir;
	if (getenv("MAILLAGE_SHARE")) {
		snprintf(dir, sizeof(dir), "%s", getenv("MAILLAGE_SHARE"));
		return dir;
	}
	snprintf(dir, sizeof(dir), "%s/share", testnode_scratch());
	mkdir(dir, 0700);
	snprintf(from, sizeof(from), "%s/protocol/types/vocabularies.json", source ? source : ".");
	snprintf(to, sizeof(to), "%s/vocabularies.json", dir);
	in = fopen(from, "re");
	out = fopen(to, "we");
	if (!in || !out)
		testnode_die("vocabularies", from);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		fwrite(block, 1, n, out);
	fclose(in);
	fclose(out);
	return dir;
}

unsigned testnode_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&a, len) ||
	    getsockname(s, (struct sockaddr *)&a, &len))
		testnode_die("no port", NULL);
	close(s);
	return ntohs(a.sin_port);
}

/* Life of a node. */

void testnode_conf(struct testnode *n, const char *name)
{
	memset(n, 0, sizeof(*n));
	snprintf(n->name, sizeof(n->name), "%s", name);
	n->port = testnode_port();
	snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u", n->port);
	snprintf(n->dir, sizeof(n->dir), "%s/%s", testnode_scratch(), name);
	conf_defaults(&n->conf);
	snprintf(n->conf.url, sizeof(n->conf.url), "%s", n->url);
	snprintf(n->conf.listen, sizeof(n->conf.listen), "127.0.0.1:%u", n->port);
	n->conf.poll_min = 1;
	n->conf.poll_max = 4;
	n->conf.map_gib = 1;
}

void testnode_init(struct testnode *n)
{
	struct fault fault = {0};
	uint8_t seed[32], secret[32];

	if (sodium_init() < 0)
		testnode_die("libsodium", NULL);
	digest_bytes(n->name, strlen(n->name), seed);
	digest_bytes(seed, sizeof(seed), secret);
	check(node_init(n->dir, &n->conf, n->name, seed, secret, (int64_t)time(NULL), &fault),
	      "node_init", &fault);
}

void testnode_open(struct testnode *n)
{
	struct fault fault = {0};

	check(node_open(n->dir, testnode_share(), &n->node, &fault), "node_open", &fault);
	check(writer_start(n->node->store, n->node, node_verbs, &n->node->writer), "writer_start",
	      NULL);
}

void testnode_adopt(struct testnode *n, const char *dir)
{
	memset(n, 0, sizeof(*n));
	snprintf(n->dir, sizeof(n->dir), "%s", dir);
	testnode_open(n);
	n->conf = n->node->conf;
	snprintf(n->url, sizeof(n->url), "%.*s", (int)sizeof(n->url) - 1, n->conf.url);
}

static int admit(struct request *rq, const struct route *route, struct fault *fault)
{
	return OK;
}

static void no_log(void *app, const char *line)
{
	if (getenv("VERBOSE"))
		fprintf(stderr, "%s\n", line);
}

void testnode_listen(struct testnode *n)
{
	struct fault fault = {0};
	struct server_options o = {.listen = n->conf.listen,
				   .origin = n->url,
				   .tls_cert = *n->conf.tls_cert ? n->conf.tls_cert : NULL,
				   .tls_key = *n->conf.tls_key ? n->conf.tls_key : NULL,
				   .threads = 2,
				   .connections = 64,
				   .app = n->node,
				   .admit = admit,
				   .log = no_log};

	check(server_start(&o, &fed_routes, 1, &n->server, &fault), "server_start", &fault);
}

void testnode_serve(struct testnode *n)
{
	struct fault fault = {0};

	check(sync_start(n->node, &fault), "sync_start", &fault);
	testnode_listen(n);
}

void testnode_unserve(struct testnode *n)
{
	if (n->server) {
		server_quiesce(n->server, 2);
		server_free(n->server);
		n->server = NULL;
	}
	if (n->node && n->node->sync)
		sync_stop(n->node);
}

void testnode_close(struct testnode *n)
{
	testnode_unserve(n);
	if (!n->node)
		return;
	writer_stop(n->node->writer);
	n->node->writer = NULL;
	node_close(n->node);
	n->node = NULL;
}

void testnode_wipe(struct testnode *n)
{
	remove_tree(n->dir);
}

void testnode_start(struct testnode *n, const char *name)
{
	testnode_conf(n, name);
	testnode_init(n);
	testnode_open(n);
	testnode_serve(n);
}

/* Verbs. */

static int verb(struct testnode *n, const char *name, json_t *args, json_t **ret_out,
		struct fault *fault)
{
	struct verb_input in;
	struct verb_result r;

	node_input(&in, name, "command", args);
	node_apply(n->node, &in, &r);
	*ret_out = r.out;
	*fault = r.fault;
	return r.err;
}

json_t *testnode_verb(struct testnode *n, const char *name, json_t *args)
{
	struct fault fault;
	json_t *out;

	check(verb(n, name, args, &out, &fault), name, &fault);
	return out;
}

int testnode_verb_err(struct testnode *n, const char *name, json_t *args)
{
	struct fault fault;
	json_t *out;
	int err = verb(n, name, args, &out, &fault);

	json_decref(out);
	return err;
}

void testnode_peer(struct testnode *n, const char *url)
{
	json_decref(testnode_verb(n, "peer.add", json_pack("{s:s}", "url", url)));
}

void testnode_create(struct testnode *n, const char *title, char *out)
{
	json_t *r = testnode_verb(
		n, "entry.create",
		json_pack("{s:s, s:{s:s}}", "type", "Organization", "fields", "name", title));

	if (out)
		snprintf(out, 320, "%s", json_string_value(json_object_get(r, "id")));
	json_decref(r);
}

void testnode_import(struct testnode *n, const char *prefix, unsigned count)
{
	enum { CHUNK = 500 };
	char key[60], title[80];

	for (unsigned i = 0; i < count;) {
		json_t *rows = json_array();

		for (unsigned j = 0; j < CHUNK && i < count; i++, j++) {
			snprintf(key, sizeof(key), "test:%s-%u", prefix, i);
			snprintf(title, sizeof(title), "%s %u de la commune", prefix, i);
			json_array_append_new(rows, json_pack("{s:i, s:s, s:{s:s, s:s}}", "line",
							      (int)i + 1, "key", key, "fields",
							      "name", title, "summary",
							      "Une association qui agit ici."));
		}
		json_decref(testnode_verb(
			n, "import.rows",
			json_pack("{s:s, s:o}", "type", "Organization", "rows", rows)));
	}
}

void testnode_delete(struct testnode *n, const char *id)
{
	json_decref(testnode_verb(n, "entry.delete",
				  json_pack("{s:s, s:s}", "id", id, "reason", "deleted")));
}

void testnode_head(struct testnode *n)
{
	int err = testnode_verb_err(n, "head.sign", json_object());

	if (err && err != ERR_AGAIN)
		testnode_die("head.sign", err_name(err));
}

/* What the store holds. */

static bool feed_of(struct txn *t, const char *nid, struct feed *ret)
{
	struct origin o;

	return !origin_by_nid(t, nid, &o) && !feed_find(t, o.origin, "public", ret);
}

static struct head_set *sets_of(struct testnode *n, const char *nid, size_t *ret_n,
				struct feed *ret_feed)
{
	struct head_set *sets = calloc(HEAD_TYPES, sizeof(*sets));
	struct txn *t;

	*ret_n = 0;
	memset(ret_feed, 0, sizeof(*ret_feed));
	check(txn_read(n->node->store, &t), "txn_read", NULL);
	if (feed_of(t, nid, ret_feed))
		check(set_list(t, ret_feed->feed, sets, ret_n), "set_list", NULL);
	txn_end(t);
	return sets;
}

char *testnode_sets(struct testnode *n, const char *nid)
{
	struct feed feed;
	size_t count;
	struct head_set *sets = sets_of(n, nid, &count, &feed);
	struct buf b;
	char *text;

	buf_init(&b, 65536);
	buf_str(&b, "");
	for (size_t i = 0; i < count; i++) {
		buf_fmt(&b, "%s %llu ", sets[i].type, (unsigned long long)sets[i].count);
		for (int j = 0; j < 32; j++)
			buf_fmt(&b, "%02x", sets[i].root[j]);
		buf_char(&b, ';');
	}
	free(sets);
	text = buf_steal(&b, NULL);
	return text ? text : strdup("");
}

uint64_t testnode_count(struct testnode *n, const char *nid)
{
	struct feed feed;
	size_t count;
	uint64_t sum = 0;
	struct head_set *sets = sets_of(n, nid, &count, &feed);

	for (size_t i = 0; i < count; i++)
		sum += sets[i].count;
	free(sets);
	return sum;
}

bool testnode_same(struct testnode *n, struct testnode *at)
{
	const char *nid = n->node->identity.nid;
	struct feed own, held;
	size_t a, b;
	struct head_set *x = sets_of(n, nid, &a, &own), *y = sets_of(at, nid, &b, &held);
	bool same = a == b && own.rev == held.rev && own.epoch == held.epoch && held.matched_at;

	for (size_t i = 0; same && i < a; i++)
		same = !strcmp(x[i].type, y[i].type) && x[i].count == y[i].count &&
		       !memcmp(x[i].root, y[i].root, 32);
	free(x);
	free(y);
	return same;
}

bool testnode_peer_get(struct testnode *n, const char *url, struct peer *ret)
{
	struct txn *t;
	int err;

	check(txn_read(n->node->store, &t), "txn_read", NULL);
	err = peer_get(t, url, ret);
	txn_end(t);
	return !err;
}

/* Plain requests. */

struct reply {
	struct buf body;
	char etag[100];
};

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	buf_add(&((struct reply *)arg)->body, data, size * n);
	return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	size_t len = size * n;

	if (len > 6 && !strncasecmp(data, "etag: ", 6)) {
		snprintf(r->etag, sizeof(r->etag), "%.*s", (int)(len - 6), data + 6);
		r->etag[strcspn(r->etag, "\r\n")] = '\0';
	}
	return len;
}

char *testnode_http(const char *method, const char *url, const char *const *headers,
		    const char *body, long *ret_status, char *ret_etag)
{
	CURL *easy = curl_easy_init();
	struct curl_slist *list = NULL;
	struct reply r = {0};
	char *text;

	buf_init(&r.body, 16 << 20);
	buf_str(&r.body, "");
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	list = curl_slist_append(list, "Expect:");
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	if (body)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &r);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &r);
	*ret_status = 0;
	if (!curl_easy_perform(easy))
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, ret_status);
	curl_slist_free_all(list);
	curl_easy_cleanup(easy);
	if (ret_etag)
		strcpy(ret_etag, r.etag);
	text = buf_steal(&r.body, NULL);
	return text ? text : strdup("");
}
