/*
 * GET /fed/v1/heads?after=: the heads this node holds, its own first.  `after` is opaque to the
 * reader: the number of the feed of the last head of the page before.
 */
#include <stdlib.h>
#include <string.h>

#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "protocol/limits.h"

static int heads_write(struct txn *t, uint32_t after, struct buf *out)
{
	struct feed feed;
	struct view head;
	unsigned added = 0;
	bool full = false;
	int err;

	buf_str(out, "{\"heads\":[");
	while (!(err = feed_next(t, after, &feed))) {
		if (!strcmp(feed.audience, "public") && !feed_head(t, feed.feed, &head)) {
			full = added &&
			       (added == FED_HEADS || out->len + head.len + 64 > FED_ANSWER);
			if (full)
				break;
			if (added++)
				buf_char(out, ',');
			buf_add(out, head.data, head.len);
		}
		after = feed.feed;
	}
	if (err && err != ERR_NOTFOUND)
		return err;
	buf_fmt(out, "],\"next\":\"%u\",\"more\":%s}", (unsigned)after, full ? "true" : "false");
	return out->err;
}

int fed_heads(struct request *rq)
{
	struct node *n = request_app(rq);
	const char *after = request_query(rq, "after");
	char *end = NULL;
	unsigned long from = after ? strtoul(after, &end, 10) : 0;
	struct txn *t;
	struct buf out;
	int err;

	if (after && (*after < '0' || *after > '9' || *end || from > UINT32_MAX))
		return answer_problem(rq, 400, "malformed", ERR_INVALID, "/after",
				      "after is the next of the page before.", NULL);
	err = txn_read(n->store, &t);
	if (err)
		return answer_failed(rq, err);
	buf_init(&out, FED_ANSWER + HEAD_MAX);
	err = heads_write(t, (uint32_t)from, &out);
	txn_end(t);
	if (!err)
		return reply_buf(rq, 200, "application/json", &out);
	buf_done(&out);
	return answer_failed(rq, err);
}
