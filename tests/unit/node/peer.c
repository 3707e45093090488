/* Peers and networks. */
#include "tests/unit/node/domain_test.h"

#include "node/domain/network.h"
#include "node/domain/peer.h"
#include "node/store/feed.h"

static json_t *operations(struct world *w, int node)
{
	struct txn *t = begin_read(w, node);
	json_t *ops = NULL;

	assert_int_equal(origin_ops(t, 1, &ops), OK);
	txn_end(t);
	return ops;
}

static json_t *identify(const char *url, json_t *ops)
{
	return json_pack("{s:s, s:o, s:s}", "url", url, "operations", ops, "name", "Mars");
}

static void peers_are_listed_by_address(void **state)
{
	static const char *const urls[] = {"https://a.example", "https://b.example", "https://b.example:444"};
	struct world *w = *state;
	struct peer p = {0};
	struct txn *t;
	json_t *out;

	for (int i = 2; i >= 0; i--)
		done(must(w, 0, i, "peer.add", doc("{'url':'%s'}", urls[i])));
	out = must(w, 0, 9, "peer.add", doc("{'url':'%s'}", urls[0]));
	assert_true(json_is_false(json_object_get(out, "added")));
	json_decref(out);
	t = begin_read(w, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(peer_next(t, p.url, &p), OK);
		assert_string_equal(p.url, urls[i]);
		assert_int_equal(p.added, T0 + i);
		assert_string_equal(p.nid, "");
	}
	assert_int_equal(peer_next(t, p.url, &p), ERR_NOTFOUND);
	txn_end(t);
}

/* Identities have rows of their own beside the peers: they take no room. */
static void room_for_peers(void **state)
{
	struct world *w = *state;
	char key[64];
	struct txn *t;

	world_node(w, 0);
	assert_int_equal(txn_write(w->node[0]->store, &t), OK);
	for (int i = 0; i < PEER_MAX - 1; i++) {
		snprintf(key, sizeof(key), "https://p%d.example", i);
		assert_int_equal(txn_put(t, TABLE_PEER, key, strlen(key), "{}", 2), OK);
	}
	assert_int_equal(txn_commit(t), OK);
	done(must(w, 0, 1, "peer.add", doc("{'url':'https://a.example'}")));
	refused(w, 0, 1, "peer.add", doc("{'url':'https://b.example'}"), ERR_LIMIT, "");
}

static void addresses_that_cannot_be_peers(void **state)
{
	static const char *const denied[] = {"http://mars.example.org", "http://127.0.0.1:8080",
					     "https://127.0.0.1", "https://localhost:8080", "https://[::1]"};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		refused(w, 0, 0, "peer.add", doc("{'url':'%s'}", denied[i]), ERR_DENIED, "/url");
	refused(w, 0, 0, "peer.add", doc("{'url':'https://lune.example.org'}"), ERR_DENIED, "/url");
	refused(w, 0, 0, "peer.add", doc("{}"), ERR_INVALID, "/url");
}

/* http and loopback exactly when our own address is an http loopback one. */
static void a_node_on_loopback_has_peers_there(void **state)
{
	struct node n = {0};

	strcpy(n.conf.url, "http://127.0.0.1:8080");
	assert_int_equal(peer_url_check(&n, "http://127.0.0.2:8080", NULL), OK);
	assert_int_equal(peer_url_check(&n, "http://localhost:8080", NULL), OK);
	assert_int_equal(peer_url_check(&n, "https://mars.example.org", NULL), OK);
	assert_int_equal(peer_url_check(&n, "http://mars.example.org", NULL), ERR_DENIED);
	strcpy(n.conf.url, "https://lune.example.org");
	assert_int_equal(peer_url_check(&n, "http://127.0.0.2:8080", NULL), ERR_DENIED);
	assert_int_equal(peer_url_check(&n, "https://mars.example.org/path", NULL), ERR_INVALID);
}

static void an_identity_makes_origin_and_feed(void **state)
{
	struct world *w = *state;
	const char *nid = world_node(w, 1)->identity.nid;
	struct origin o;
	struct feed f;
	struct peer p;
	struct txn *t;

	done(must(w, 0, 0, "peer.add", doc("{'url':'https://mars.example.org'}")));
	done(must(w, 0, 1, "peer.identify", identify("https://mars.example.org", operations(w, 1))));
	done(must(w, 0, 2, "peer.identify", identify("https://mars.example.org", operations(w, 1))));
	t = begin_read(w, 0);
	assert_int_equal(peer_by_nid(t, nid, &p), OK);
	assert_string_equal(p.url, "https://mars.example.org");
	assert_string_equal(p.nid, nid);
	assert_int_equal(origin_by_nid(t, nid, &o), OK);
	assert_true(o.confirmed);
	assert_string_equal(o.name, "Mars");
	assert_int_equal(feed_find(t, o.origin, "public", &f), OK);
	/* The index by nid is not a peer of its own. */
	assert_int_equal(peer_next(t, "https://mars.example.org", &p), ERR_NOTFOUND);
	txn_end(t);
}

static void identities_that_do_not_fit(void **state)
{
	struct world *w = *state;

	refused(w, 0, 0, "peer.identify", identify("https://mars.example.org", operations(w, 1)), ERR_NOTFOUND,
		"/url");
	done(must(w, 0, 0, "peer.add", doc("{'url':'https://mars.example.org'}")));
	done(must(w, 0, 0, "peer.add", doc("{'url':'https://squat.example.org'}")));
	/* Mars answers at another address: it says itself where it lives. */
	refused(w, 0, 0, "peer.identify", identify("https://squat.example.org", operations(w, 1)),
		ERR_CONFLICT, "/operations");
	refused(w, 0, 0, "peer.identify", identify("https://mars.example.org", operations(w, 2)), ERR_CONFLICT,
		"/operations");
	assert_int_not_equal(run(w, 0, 0, "peer.identify", identify("https://mars.example.org", json_array())).err,
			     OK);
}

static void state_and_blocks(void **state)
{
	struct world *w = *state;
	const char *nid = world_node(w, 1)->identity.nid;
	char long_error[400];
	struct peer p;
	struct txn *t;

	memset(long_error, 'x', sizeof(long_error) - 1);
	long_error[sizeof(long_error) - 1] = '\0';
	memcpy(long_error + PEER_ERROR - 2, "é", 2);
	done(must(w, 0, 0, "peer.add", doc("{'url':'https://mars.example.org'}")));
	done(must(w, 0, 0, "peer.identify", identify("https://mars.example.org", operations(w, 1))));
	done(must(w, 0, 0, "peer.state",
		  doc("{'url':'https://mars.example.org','failures':3,'last_try':7,'offset':-40,'error':'%s'}",
		      long_error)));
	done(must(w, 0, 0, "peer.block", doc("{'nid':'%s','blocked':true}", nid)));
	t = begin_read(w, 0);
	assert_int_equal(peer_get(t, "https://mars.example.org", &p), OK);
	assert_true(p.blocked);
	assert_int_equal(p.failures, 3);
	assert_int_equal(p.last_try, 7);
	assert_int_equal(p.offset, -40);
	assert_int_equal(strlen(p.error), PEER_ERROR - 2);	/* not amid a character */
	txn_end(t);
	refused(w, 0, 0, "peer.block", doc("{'nid':'%s'}", nid), ERR_INVALID, "/blocked");
	refused(w, 0, 0, "peer.remove", doc("{'url':'https://venus.example.org'}"), ERR_NOTFOUND, "/url");
	done(must(w, 0, 0, "peer.remove", doc("{'nid':'%s'}", nid)));
	t = begin_read(w, 0);
	assert_int_equal(peer_get(t, "https://mars.example.org", &p), ERR_NOTFOUND);
	assert_int_equal(peer_by_nid(t, nid, &p), ERR_NOTFOUND);
	txn_end(t);
}

/* 200 characters, however many bytes each takes. */
static void a_long_name(void **state)
{
	struct world *w = *state;
	struct network n = {0};
	char name[4 * 201 + 1];
	struct txn *t;

	for (int i = 0; i < 201; i++)
		strcpy(name + 4 * i, "\xf0\x9f\x8c\xb3");
	assert_int_equal(run(w, 0, 0, "network.create", json_pack("{s:s}", "name", name)).err, ERR_INVALID);
	name[4 * 200] = '\0';
	done(must(w, 0, 0, "network.create", json_pack("{s:s}", "name", name)));
	t = begin_read(w, 0);
	assert_int_equal(network_next(t, "", &n), OK);
	assert_string_equal(n.name, name);
	txn_end(t);
}

static void networks_are_founded_and_joined(void **state)
{
	struct world *w = *state;
	json_t *out = must(w, 0, 0, "network.create", doc("{'name':'Réseau','purpose':'Essai'}"));
	char id[NETWORK_TEXT], found[NETWORK_TEXT];
	struct network n = {0};
	json_t *charter;
	struct txn *t;

	snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(out, "network")));
	json_decref(out);
	refused(w, 0, 1, "network.create", doc("{'name':'Réseau','purpose':'Essai'}"), ERR_EXISTS, "/name");
	refused(w, 0, 1, "network.create", doc("{'name':''}"), ERR_INVALID, "/name");
	t = begin_read(w, 0);
	assert_int_equal(network_next(t, "", &n), OK);
	assert_string_equal(n.network, id);
	assert_string_equal(n.name, "Réseau");
	assert_string_equal(n.via, "");
	assert_int_equal(network_next(t, id, &n), ERR_NOTFOUND);
	assert_int_equal(network_charter(t, id, &charter), OK);
	txn_end(t);
	assert_int_equal(charter_read(charter, found, NULL), OK);
	assert_string_equal(found, id);
	done(must(w, 1, 2, "network.join",
		  json_pack("{s:O, s:s}", "charter", charter, "via", "https://lune.example.org")));
	refused(w, 1, 3, "network.join", json_pack("{s:O}", "charter", charter), ERR_EXISTS, "/charter");
	json_object_set_new(charter, "name", json_string("Autre"));
	assert_int_not_equal(run(w, 2, 3, "network.join", json_pack("{s:o}", "charter", charter)).err, OK);
	t = begin_read(w, 1);
	assert_int_equal(network_get(t, id, &n), OK);
	assert_string_equal(n.via, "https://lune.example.org");
	txn_end(t);
	/* Both wrote signed objects: the stores hold together. */
	done(run(w, 0, 4, "head.sign", json_object()).out);
	done(run(w, 1, 4, "head.sign", json_object()).out);
	assert_clean(w, 0);
	assert_clean(w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(peers_are_listed_by_address),
		world_test(room_for_peers),
		world_test(addresses_that_cannot_be_peers),
		cmocka_unit_test(a_node_on_loopback_has_peers_there),
		world_test(an_identity_makes_origin_and_feed),
		world_test(identities_that_do_not_fit),
		world_test(state_and_blocks),
		world_test(networks_are_founded_and_joined),
		world_test(a_long_name),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
