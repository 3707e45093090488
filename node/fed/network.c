/*
 * GET /fed/v1/network?id=: the charters and acts this node holds for one network, as signed,
 * paged.  `after` is opaque to the reader: where in the set of which feed the page before ended.
 */
#include <stdlib.h>
#include <string.h>

#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "node/store/set.h"
#include "protocol/base/codec.h"
#include "protocol/charter.h"
#include "protocol/limits.h"

enum {
	LEAF_KEY = 4 + TYPE_MAX + 32, /* u32 feed | type name | 0 | SHA-256(id), at most */
	LEAF_OBJECT = 40, /* offset of the object's number in a leaf: after rev and hash */
};

struct network_page {
	const char *network;
	uint8_t at[LEAF_KEY]; /* last leaf looked at */
	size_t at_len;	      /* 0: none */
	struct buf *out;
	unsigned added;
	bool full;
};

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

/* -1, 0, 1: does the page before end behind, at or before this key? */
static int reached(const struct network_page *p, const uint8_t *key, size_t len)
{
	size_t n = len < p->at_len ? len : p->at_len;
	int c = memcmp(key, p->at, n);

	return c ? c : (len > p->at_len) - (len < p->at_len);
}

/* The documents of one set, from the place reached. */
static int set_write(struct txn *t, struct network_page *p, uint32_t feed, const char *type)
{
	uint8_t prefix[4 + TYPE_MAX];
	size_t len = 4 + strlen(type) + 1;
	bool inside;
	struct walk *w;
	struct view key, val;
	int err;

	be32_put(prefix, feed);
	memcpy(prefix + 4, type, len - 4);
	inside = p->at_len > len && !memcmp(p->at, prefix, len);
	if (!inside && reached(p, prefix, len) < 0)
		return OK; /* an earlier page */
	err = walk_open(t, TABLE_LEAF, inside ? p->at : NULL, inside ? p->at_len : 0, false, prefix,
			len, &w);
	if (err)
		return err;
	while (!(err = walk_next(w, &key, &val))) {
		if (key.len != len + 32 || val.len < LEAF_OBJECT + 4) {
			err = ERR_CORRUPT;
			break;
		}
		if (p->at_len && !reached(p, key.data, key.len))
			continue; /* the last of the page before */
		err = document_add(t, p, be32_get(val.data + LEAF_OBJECT));
		if (err || p->full)
			break;
		memcpy(p->at, key.data, key.len);
		p->at_len = key.len;
	}
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

/* Charters and acts are few among the types of a feed, whose sets are in order of their names. */
static int feed_write(struct txn *t, struct network_page *p, uint32_t feed)
{
	struct head_set *sets = calloc(HEAD_TYPES, sizeof(*sets));
	size_t n = 0;
	int err = sets ? set_list(t, feed, sets, &n) : ERR_NOMEM;

	for (size_t i = 0; !err && !p->full && i < n; i++)
		if (act_is(sets[i].type))
			err = set_write(t, p, feed, sets[i].type);
	free(sets);
	return err;
}

static int network_write(struct txn *t, struct network_page *p)
{
	struct feed feed;
	uint32_t at = p->at_len ? be32_get(p->at) : 0;
	char next[2 * LEAF_KEY + 1];
	int err = OK;

	buf_fmt(p->out, "{\"network\":\"%s\",\"documents\":[", p->network);
	for (at = at ? at - 1 : 0; !p->full && !(err = feed_next(t, at, &feed)); at = feed.feed) {
		if (strcmp(feed.audience, "public") != 0)
			continue;
		err = feed_write(t, p, feed.feed);
		if (err)
			return err;
	}
	if (err && err != ERR_NOTFOUND)
		return err;
	hex_encode(p->at, p->at_len, next);
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
	size_t len = 0;
	int err;

	if (!p.network || strlen(p.network) >= NETWORK_TEXT || strncmp(p.network, "net:", 4) != 0 ||
	    strspn(p.network + 4, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") !=
		    strlen(p.network + 4))
		return answer_problem(rq, 400, "malformed", ERR_INVALID, "/id",
				      "id is the id of a network, net:….", NULL);
	if (after) {
		len = strlen(after);
		p.at_len = len / 2;
	}
	if (len > 2 * LEAF_KEY || (len && len < 2 * 36) || len % 2 ||
	    hex_decode(after ? after : "", len, p.at, sizeof(p.at)))
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
