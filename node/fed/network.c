/*
 * GET /fed/v1/network?id=: the charters and acts this node holds for one network, as signed,
 * paged.  `after` is opaque to the reader: where in the set of which feed the page before ended.
 */
#include <string.h>

#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "protocol/base/codec.h"
#include "protocol/charter.h"
#include "protocol/limits.h"

enum {
	LEAF_KEY = 38,		/* u32 feed | u16 type | SHA-256(id) */
	LEAF_OBJECT = 40,	/* offset of the object's number in a leaf: after rev and hash */
	ACT_TYPES = 16,		/* kinds of acts one feed can hold */
};

struct network_page {
	const char *network;
	uint8_t at[LEAF_KEY];	/* last leaf looked at; zeros: none */
	struct buf *out;
	unsigned added;
	bool full;
};

/* The sets of a feed that hold charters or acts, by the number the store gave their type. */
static int act_sets(struct txn *t, uint32_t feed, uint16_t ret_types[ACT_TYPES], size_t *ret_n)
{
	uint8_t prefix[4];
	struct walk *w;
	struct view key, val;
	size_t n = 0;
	int err;

	be32_put(prefix, feed);
	err = walk_open(t, TABLE_SET, prefix, sizeof(prefix), false, prefix, sizeof(prefix), &w);
	if (err)
		return err;
	while (n < ACT_TYPES && !(err = walk_next(w, &key, &val))) {
		char type[TYPE_MAX] = "";

		if (key.len - 4 >= sizeof(type) || val.len < 2)
			continue;
		memcpy(type, key.data + 4, key.len - 4);
		if (act_is(type))
			ret_types[n++] = be16_get(val.data);
	}
	walk_close(w);
	if (err && err != ERR_NOTFOUND)
		return err;
	/* Pages follow the order of the leaves. */
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && ret_types[j - 1] > ret_types[j]; j--) {
			uint16_t swap = ret_types[j];

			ret_types[j] = ret_types[j - 1];
			ret_types[j - 1] = swap;
		}
	*ret_n = n;
	return OK;
}

static int document_add(struct txn *t, struct network_page *p, uint32_t object)
{
	struct record r;
	struct view network;
	int err = record_get(t, object, &r);

	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	if (answer_string(r.json, "network", &network) || !answer_is(network, p->network))
		return OK;
	if (p->added && p->out->len + r.json.len + 2 * LEAF_KEY + 64 > FED_ANSWER) {
		p->full = true;
		return OK;
	}
	if (p->added++)
		buf_char(p->out, ',');
	buf_add(p->out, r.json.data, r.json.len);
	return OK;
}

/* The documents of one set, from the place reached. */
static int set_write(struct txn *t, struct network_page *p, uint32_t feed, uint16_t type)
{
	uint8_t prefix[6], start[LEAF_KEY] = {0};
	struct walk *w;
	struct view key, val;
	int err;

	be32_put(prefix, feed);
	be16_put(prefix + 4, type);
	memcpy(start, prefix, sizeof(prefix));
	if (memcmp(p->at, prefix, sizeof(prefix)) > 0 &&
	    memcmp(p->at, prefix, sizeof(prefix)) != 0)
		return OK; /* an earlier page */
	if (!memcmp(p->at, prefix, sizeof(prefix)))
		memcpy(start, p->at, sizeof(start));
	err = walk_open(t, TABLE_LEAF, start, sizeof(start), false, prefix, sizeof(prefix), &w);
	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		if (key.len != LEAF_KEY || val.len < LEAF_OBJECT + 4) {
			err = ERR_CORRUPT;
			break;
		}
		if (!memcmp(key.data, p->at, LEAF_KEY))
			continue; /* the last of the page before */
		err = document_add(t, p, be32_get(val.data + LEAF_OBJECT));
		if (err || p->full)
			break;
		memcpy(p->at, key.data, LEAF_KEY);
	}
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

static int network_write(struct txn *t, struct network_page *p)
{
	struct feed feed;
	uint32_t at = be32_get(p->at);
	uint16_t types[ACT_TYPES];
	char next[2 * LEAF_KEY + 1];
	size_t n;
	int err = OK;

	buf_fmt(p->out, "{\"network\":\"%s\",\"documents\":[", p->network);
	for (at = at ? at - 1 : 0; !p->full && !(err = feed_next(t, at, &feed)); at = feed.feed) {
		if (strcmp(feed.audience, "public") != 0)
			continue;
		err = act_sets(t, feed.feed, types, &n);
		for (size_t i = 0; !err && !p->full && i < n; i++)
			err = set_write(t, p, feed.feed, types[i]);
		if (err)
			return err;
	}
	if (err && err != ERR_NOTFOUND)
		return err;
	hex_encode(p->at, LEAF_KEY, next);
	buf_fmt(p->out, "],\"next\":\"%s\",\"more\":%s}", next, p->full ? "true" : "false");
	return p->out->err;
}

int fed_network(struct request *rq)
{
	struct node *n = request_app(rq);
	const char *after = request_query(rq, "after");
	struct network_page p = {.network = request_query(rq, "id")};
	struct buf out;
	struct txn *t;
	int err;

	if (!p.network || strlen(p.network) >= NETWORK_TEXT || strncmp(p.network, "net:", 4) != 0 ||
	    strspn(p.network + 4, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") !=
		    strlen(p.network + 4))
		return answer_problem(rq, 400, "malformed", ERR_INVALID, "/id",
				      "id is the id of a network, net:….", NULL);
	if (after && (strlen(after) != 2 * LEAF_KEY || hex_decode(after, strlen(after), p.at, LEAF_KEY)))
		return answer_problem(rq, 400, "malformed", ERR_INVALID, "/after",
				      "after is the next of the page before.", NULL);
	err = txn_read(n->store, &t);
	if (err)
		return answer_failed(rq, err);
	buf_init(&out, FED_ANSWER + OBJECT_MAX + 256);
	p.out = &out;
	err = network_write(t, &p);
	txn_end(t);
	if (!err && (p.added || after))
		return reply_buf(rq, 200, "application/json", &out);
	buf_done(&out);
	if (!err)
		return answer_problem(rq, 404, "not-found", ERR_NOTFOUND, "/id",
				      "This node holds nothing of that network.", NULL);
	return answer_failed(rq, err);
}
