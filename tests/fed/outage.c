/* Nodes that go, come back, or come back as somebody else. */
#include "tests/fed/fed_test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/sync/sync.h"

/* The peer's recorded error holds this text. */
static bool peer_says(struct testnode *n, const char *url, const char *text)
{
	struct peer p;

	return testnode_peer_get(n, url, &p) && strstr(p.error, text) != NULL;
}

static bool peer_is_well(struct testnode *n, const char *url)
{
	struct peer p;

	return testnode_peer_get(n, url, &p) && !*p.error && !p.failures && p.last_ok;
}

/* The origin writes, only the relay hears of it, the origin goes: the reader gets it all the same.
 */
static void a_relay_serves_for_an_origin_that_is_down(void **state)
{
	struct testnode origin, relay, reader;

	testnode_start(&origin, "origin");
	testnode_start(&relay, "relay");
	testnode_start(&reader, "reader");
	testnode_import(&origin, "Avant", 600);
	testnode_peer(&relay, origin.url);
	testnode_peer(&reader, origin.url);
	testnode_peer(&reader, relay.url);
	assert_until(testnode_same(&origin, &relay) && testnode_same(&origin, &reader));
	testnode_unserve(&reader);
	testnode_import(&origin, "Après", 700);
	assert_until(testnode_same(&origin, &relay));
	testnode_unserve(&origin);
	testnode_serve(&reader);
	assert_until(testnode_same(&origin, &reader));
	assert_int_equal(testnode_count(&reader, origin.node->identity.nid), 1300);
	assert_until(peer_says(&reader, origin.url, "connect"));
	assert_until(peer_is_well(&reader, relay.url));
	/* It comes back, writes, and is asked itself again. */
	testnode_serve(&origin);
	testnode_create(&origin, "Revenue", NULL);
	assert_until(testnode_same(&origin, &reader));
	assert_until(peer_is_well(&reader, origin.url));
	testnode_close(&reader);
	testnode_close(&relay);
	testnode_close(&origin);
}

/* A reader that lost everything is a new node at an old address: it reads all again, and its peers
 * see who it is. */
static void a_wiped_reader_reads_all_again(void **state)
{
	struct testnode a, b;
	char old[NID_TEXT];

	testnode_start(&a, "steady");
	testnode_start(&b, "wiped");
	testnode_import(&a, "Asso", 1100);
	testnode_create(&b, "Perdue", NULL);
	testnode_peer(&b, a.url);
	testnode_peer(&a, b.url);
	assert_until(testnode_same(&a, &b) && testnode_same(&b, &a));
	strcpy(old, b.node->identity.nid);
	testnode_close(&b);
	testnode_wipe(&b);
	snprintf(b.name, sizeof(b.name), "wiped, and another");
	testnode_init(&b);
	testnode_open(&b);
	testnode_serve(&b);
	assert_string_not_equal(b.node->identity.nid, old);
	testnode_peer(&b, a.url);
	assert_until(testnode_same(&a, &b));
	/* What the lost node had published is kept, and nothing of the new one is taken for it. */
	assert_until(peer_says(&a, b.url, "Another node answers"));
	assert_int_equal(testnode_count(&a, old), 1);
	testnode_create(&b, "Neuve", NULL);
	json_decref(testnode_verb(&a, "peer.remove", json_pack("{s:s}", "url", b.url)));
	testnode_peer(&a, b.url);
	assert_until(testnode_same(&b, &a));
	assert_until(peer_is_well(&a, b.url));
	testnode_close(&b);
	testnode_close(&a);
}

/* An origin restored from an old copy counts in a new epoch: cursors of the old one are answered
 * 410. */
static void a_new_epoch_is_read_from_the_beginning(void **state)
{
	struct testnode a, b;
	struct feed f;
	struct txn *t;

	testnode_start(&a, "restored");
	testnode_start(&b, "follower");
	testnode_import(&a, "Asso", 900);
	testnode_peer(&b, a.url);
	assert_until(testnode_same(&a, &b));
	assert_int_equal(txn_write(a.node->store, &t), OK);
	assert_int_equal(feed_get(t, 1, &f), OK);
	f.epoch++;
	f.rev++;
	assert_int_equal(feed_put(t, &f), OK);
	assert_int_equal(txn_commit(t), OK);
	testnode_create(&a, "D'une autre époque", NULL);
	assert_until(testnode_same(&a, &b));
	assert_int_equal(testnode_count(&b, a.node->identity.nid), 901);
	assert_true(peer_is_well(&b, a.url));
	testnode_close(&b);
	testnode_close(&a);
}

/* A server that takes connections and closes them. */
struct dead {
	int fd;
	char url[100];
	atomic_uint asked;
	pthread_t thread;
};

static void *dead_main(void *arg)
{
	struct dead *d = arg;
	int c;

	while ((c = accept(d->fd, NULL, NULL)) >= 0) {
		atomic_fetch_add(&d->asked, 1);
		close(c);
	}
	return NULL;
}

static void dead_start(struct dead *d)
{
	unsigned port = testnode_port();
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	d->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_false(bind(d->fd, (struct sockaddr *)&in, sizeof(in)) || listen(d->fd, 16));
	snprintf(d->url, sizeof(d->url), "http://127.0.0.1:%u", port);
	atomic_init(&d->asked, 0);
	pthread_create(&d->thread, NULL, dead_main, d);
}

static void dead_stop(struct dead *d)
{
	shutdown(d->fd, SHUT_RDWR);
	pthread_join(d->thread, NULL);
	close(d->fd);
}

/* poll_min 1, poll_max 4: asked after 0, 1, 3, 7, 11 s. Those who answer do not wait for it. */
static void a_dead_peer_costs_little(void **state)
{
	struct testnode a, b;
	struct dead d;
	int64_t began;

	dead_start(&d);
	testnode_start(&a, "alive");
	testnode_start(&b, "asking");
	began = testnode_ms();
	testnode_peer(&b, d.url);
	testnode_peer(&b, a.url);
	testnode_create(&a, "Vite", NULL);
	assert_until(testnode_same(&a, &b));
	assert_in_range(testnode_ms() - began, 0, 5000);
	assert_until(testnode_ms() - began > 12000);
	/* libcurl tries a fresh connection once more when a kept one is closed; these are all
	 * fresh. */
	assert_in_range(atomic_load(&d.asked), 3, 6);
	testnode_close(&b);
	testnode_close(&a);
	dead_stop(&d);
}

/* sync --once: the last word on each peer. */
struct words {
	unsigned done, failed, relayed;
	char last[PEER_ERROR];
	bool progress;
};

static void hear(void *arg, const struct sync_report *r)
{
	struct words *w = arg;

	w->progress |= !r->done;
	if (!r->done)
		return;
	w->done++;
	w->failed += r->err != OK;
	w->relayed += r->via != NULL;
	if (r->err)
		snprintf(w->last, sizeof(w->last), "%s", r->text);
}

static void once(void **state)
{
	struct testnode a, r, b;
	struct words w = {0};
	struct fault fault = {0};
	struct dead d;
	char lonely[100];

	testnode_start(&a, "once-a");
	testnode_start(&r, "once-r");
	testnode_conf(&b, "once-b");
	testnode_init(&b);
	testnode_open(&b);
	testnode_import(&a, "Asso", 1600);
	testnode_head(&a);
	testnode_peer(&r, a.url);
	testnode_peer(&b, a.url);
	testnode_peer(&b, r.url);
	assert_until(testnode_same(&a, &r));
	assert_int_equal(sync_once(b.node, hear, &w, &fault), OK);
	assert_int_equal(w.done, 2);
	assert_int_equal(w.failed, 0);
	assert_true(w.progress);
	assert_true(testnode_same(&a, &b));
	/* The origin goes, the relay has more. */
	testnode_import(&a, "Encore", 300);
	assert_until(testnode_same(&a, &r));
	testnode_unserve(&a);
	memset(&w, 0, sizeof(w));
	assert_int_equal(sync_once(b.node, hear, &w, &fault), OK);
	assert_int_equal(w.done, 2);
	assert_int_equal(w.relayed, 1);
	assert_true(testnode_same(&a, &b));
	/* Nobody answers for a peer never met. */
	dead_start(&d);
	snprintf(lonely, sizeof(lonely), "%s", d.url);
	testnode_peer(&b, lonely);
	memset(&w, 0, sizeof(w));
	assert_int_not_equal(sync_once(b.node, hear, &w, &fault), OK);
	assert_int_equal(w.done, 3);
	assert_int_equal(w.failed, 1);
	assert_true(*w.last);
	assert_true(peer_says(&b, lonely, w.last));
	dead_stop(&d);
	testnode_close(&b);
	testnode_close(&r);
	testnode_close(&a);
}

static bool head_is_current(struct testnode *n)
{
	json_t *page = get_json(n, "/fed/v1/feed", 200);
	bool current = json_is_false(json_object_get(page, "more"));

	json_decref(page);
	return current;
}

/* What kept a head from being signed passes, and nothing is written after it: it is signed. */
static void a_head_is_tried_again(void **state)
{
	struct testnode a;
	int64_t began;

	testnode_conf(&a, "stuck");
	testnode_init(&a);
	testnode_open(&a);
	testnode_create(&a, "Sans tête", NULL);
	a.node->key.pub[0] ^= 1;
	testnode_serve(&a);
	began = testnode_ms();
	assert_until(testnode_ms() - began > 1500);
	assert_false(head_is_current(&a));
	a.node->key.pub[0] ^= 1;
	assert_until(head_is_current(&a));
	testnode_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relay_serves_for_an_origin_that_is_down),
		cmocka_unit_test(a_wiped_reader_reads_all_again),
		cmocka_unit_test(a_new_epoch_is_read_from_the_beginning),
		cmocka_unit_test(a_dead_peer_costs_little),
		cmocka_unit_test(once),
		cmocka_unit_test(a_head_is_tried_again),
	};

	return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
