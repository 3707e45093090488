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
	NETWORK_WALK =
		20000, /* leaves and sets looked at for one page; it may be empty and go on */
	PLACE = 4 + TYPE_MAX + 32, /* u32 feed | type name | 0 | key of a leaf, at most */
};

struct network_page {
	const char *network;
	struct txn *txn;
	uint32_t feed; /* being read */
	const char *type;
	/* Where the next page begins: behind this leaf, or, where the key is not said, at this set
	 * or feed. */
	uint8_t at[PLACE];
	size_t at_len; /* 0: at the beginning */
	struct buf *out;
	unsigned added, walked;
	bool full;
};

/* u32 feed | type name | 0, as a place begins. */
static size_t place_set(uint8_t at[PLACE], uint32_t feed, const char *type)
{
	be32_put(at, feed);
	strcpy((char *)at + 4, type);
	return 4 + strlen(type) + 1;
}

/* One leaf. ERR_LIMIT: the page is full without it. */
static int document_add(void *arg, const uint8_t key[32], uint32_t object)
{
	struct network_page *p = arg;
	struct record r;
	struct view network;
	size_t len;
	int err;

	if (p->walked++ >= NETWORK_WALK) {
		p->full = true;
		return ERR_LIMIT;
	}
	err = record_get(p->txn, object, &r);
	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	if (!answer_string(r.json, "network", &network) && answer_is(network, p->network)) {
		if (p->added && p->out->len + r.json.len + 2 * PLACE + 64 > FED_ANSWER) {
			p->full = true;
			return ERR_LIMIT;
		}
		if (p->added++)
			buf_char(p->out, ',');
		buf_add(p->out, r.json.data, r.json.len);
	}
	len = place_set(p->at, p->feed, p->type);
	memcpy(p->at + len, key, 32);
	p->at_len = len + 32;
	return OK;
}

/* -1, 0, 1: does the page before end behind, at or before this place? */
static int reached(const struct network_page *p, const uint8_t *place, size_t len)
{
	size_t n = len < p->at_len ? len : p->at_len;
	int c = memcmp(place, p->at, n);

	return c ? c : (len > p->at_len) - (len < p->at_len);
}

/* The documents of one set, from the place reached. */
static int set_write(struct network_page *p, const char *type)
{
	uint8_t place[PLACE], key[32];
	size_t len = place_set(place, p->feed, type);
	bool inside = p->at_len == len + 32 && !memcmp(p->at, place, len);
	int err;

	if (!inside && reached(p, place, len) < 0)
		return OK; /* an earlier page */
	if (inside) {
		memcpy(key, p->at + len, 32);
	} else {
		memcpy(p->at, place, len);
		p->at_len = len;
	}
	p->type = type;
	err = set_walk(p->txn, p->feed, type, inside ? key : NULL, document_add, p);
	return err == ERR_LIMIT ? OK : err;
}

/* Charters and acts are few among the types of a feed, whose sets are in order of their names. */
static int feed_write(struct network_page *p)
{
	struct head_set *sets = calloc(HEAD_TYPES, sizeof(*sets));
	size_t n = 0;
	int err = sets ? set_list(p->txn, p->feed, sets, &n) : ERR_NOMEM;

	p->walked += 1 + (unsigned)n;
	for (size_t i = 0; !err && !p->full && i < n; i++)
		if (act_is(sets[i].type))
			err = set_write(p, sets[i].type);
	free(sets);
	return err;
}

static int network_write(struct network_page *p)
{
	struct feed feed;
	uint32_t at = p->at_len ? be32_get(p->at) : 0;
	char next[2 * PLACE + 1];
	int err = OK;

	buf_fmt(p->out, "{\"network\":\"%s\",\"documents\":[", p->network);
	for (at = at ? at - 1 : 0; !p->full && !(err = feed_next(p->txn, at, &feed));
	     at = feed.feed) {
		if (strcmp(feed.audience, "public") != 0)
			continue;
		if (p->walked >= NETWORK_WALK) {
			be32_put(p->at, feed.feed);
			p->at_len = 4;
			p->full = true;
			break;
		}
		p->feed = feed.feed;
		err = feed_write(p);
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
	if (len > 2 * PLACE || (len && len < 2 * 4) || len % 2 ||
	    hex_decode(after ? after : "", len, p.at, sizeof(p.at)))
		return answer_problem(rq, 400, "malformed", ERR_INVALID, "/after",
				      "after is the next of the page before.", NULL);
	err = txn_read(n->store, &t);
	if (err)
		return answer_failed(rq, err);
	buf_init(&out, FED_ANSWER + OBJECT_MAX + 256);
	p.out = &out;
	p.txn = t;
	err = network_write(&p);
	txn_end(t);
	if (!err && (p.added || p.full || after))
		return reply_buf(rq, 200, "application/json", &out);
	buf_done(&out);
	if (!err)
		return answer_problem(rq, 404, "not-found", ERR_NOTFOUND, "/id",
				      "This node holds nothing of that network.", NULL);
	return answer_failed(rq, err);
}
