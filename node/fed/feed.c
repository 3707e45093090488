/*
 * GET /fed/v1/feed?origin=&audience=&after=&limit=&types=: one page of a feed, from one read
 * transaction, made of the stored bytes.  Own feed or relayed, the rule is the same: entries up
 * to the head held, and `more` is false only if the set held is the set of that head.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "node/domain/ingest.h"
#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

enum {
	FEED_WALK =
		20000, /* entries looked at for one page; a filtered page may be empty and go on */
	FEED_TAIL = 512, /* bytes of a page that are neither entry nor head, at most */
	FEED_TYPES = HEAD_TYPES * TYPE_MAX, /* bytes of the types argument */
};

struct feed_page {
	const char *nid, *types;
	int64_t after_epoch, after_rev;
	unsigned long limit;
	struct origin origin;
	struct feed feed;
	struct view head;
	int64_t head_epoch, head_rev;
	bool matches; /* the set held is the head's */
};

/* What a query says, before the store is asked. ERR_INVALID with the fault set. */
static int page_query(struct request *rq, struct feed_page *p, struct fault *fault)
{
	struct node *n = request_app(rq);
	const char *after = request_query(rq, "after");
	const char *limit = request_query(rq, "limit");
	const char *nid = request_query(rq, "origin");
	char *end = NULL;

	p->nid = nid ? nid : n->identity.nid;
	p->types = request_query(rq, "types");
	p->limit = FED_FEED;
	if (limit) {
		p->limit = strtoul(limit, &end, 10);
		if (*limit < '0' || *limit > '9' || *end || p->limit < 1 || p->limit > FED_FEED)
			return fault_set(fault, ERR_INVALID, "/limit",
					 "limit is a number from 1 to 500.", NULL);
	}
	if (after && cursor_parse(after, &p->after_epoch, &p->after_rev))
		return fault_set(fault, ERR_INVALID, "/after", "after is a cursor, epoch.rev.",
				 NULL);
	if (p->types && (!*p->types || strlen(p->types) > FEED_TYPES))
		return fault_set(fault, ERR_INVALID, "/types",
				 "types is a list of types, separated by commas.", NULL);
	return OK;
}

/*
 * Is the set held that of the head?  Our own set moves with rev, so the numbers say it; another
 * node's cursor may stand at a head whose set it does not have.
 */
static bool page_matches(struct txn *t, struct feed_page *p)
{
	struct head *head;
	json_t *doc = NULL;
	bool matches = false;

	if (p->feed.epoch != p->head_epoch || p->feed.rev < p->head_rev)
		return false;
	if (p->origin.origin == 1)
		return p->feed.rev == p->head_rev;
	head = malloc(sizeof(*head));
	if (head &&
	    !canon_read((const char *)p->head.data, p->head.len, CANON_NATIVE, &doc, NULL) &&
	    !head_verify(doc, &p->origin.identity, head, NULL))
		matches = ingest_matches(t, p->feed.feed, head);
	json_decref(doc);
	free(head);
	return matches;
}

/* Strong: names every byte of the page through what it is made from. */
static void page_etag(const struct feed_page *p, char out[40])
{
	struct buf b;
	uint8_t hash[32];

	buf_init(&b, 64 * 1024);
	buf_fmt(&b, "%lld.%lld %lld.%lld %lu %d %s ", (long long)p->feed.epoch,
		(long long)p->feed.rev, (long long)p->after_epoch, (long long)p->after_rev,
		p->limit, p->matches, p->types ? p->types : "*");
	buf_add(&b, p->head.data, p->head.len);
	digest_bytes(b.data, b.len, hash);
	buf_done(&b);
	out[0] = '"';
	hex_encode(hash, 16, out + 1);
	strcpy(out + 33, "\"");
}

/* Is `type` one of the comma-separated types? */
static bool type_listed(const char *types, struct view type)
{
	while (*types) {
		size_t len = strcspn(types, ",");

		if (len == type.len && !memcmp(types, type.data, len))
			return true;
		types += len + (types[len] == ',');
	}
	return false;
}

/* A tombstone passes by the type it had. */
static bool entry_listed(const char *types, struct view json, struct view type)
{
	struct view former;

	if (!types || type_listed(types, type))
		return true;
	return answer_is(type, "Tombstone") && !answer_string(json, "formerType", &former) &&
	       type_listed(types, former);
}

/* Append one entry; *ret_added false if the filter leaves it out or the page is full (`full`). */
static int entry_add(struct txn *t, const struct feed_page *p, int64_t rev, uint32_t object,
		     struct buf *out, bool first, bool *ret_added, bool *ret_full)
{
	struct record r;
	struct view id, type, type_text;
	char digest[DIGEST_TEXT];
	int err = record_get(t, object, &r);

	*ret_added = *ret_full = false;
	if (err)
		return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
	if (answer_member(r.json, "id", &id) || answer_member(r.json, "type", &type) ||
	    answer_string(r.json, "type", &type_text))
		return ERR_CORRUPT;
	if (!entry_listed(p->types, r.json, type_text))
		return OK;
	if (!first &&
	    out->len + r.json.len + id.len + type.len + 2 * DIGEST_TEXT + p->head.len + FEED_TAIL >
		    FED_ANSWER) {
		*ret_full = true;
		return OK;
	}
	digest_text(r.digest, digest);
	buf_fmt(out, "%s{\"rev\":%lld,\"id\":", first ? "" : ",", (long long)rev);
	buf_add(out, id.data, id.len);
	buf_str(out, ",\"type\":");
	buf_add(out, type.data, type.len);
	buf_fmt(out, ",\"digest\":\"%s\",\"object\":", digest);
	buf_add(out, r.json.data, r.json.len);
	buf_char(out, '}');
	*ret_added = true;
	return OK;
}

/* The entries after the cursor; where the next page begins, and whether this one came to the end.
 */
static int page_entries(struct txn *t, const struct feed_page *p, struct buf *out,
			int64_t *ret_next, bool *ret_end)
{
	int64_t at = p->after_rev, rev;
	unsigned long added = 0, walked = 0;
	uint32_t object;
	bool one, full;
	int err;

	*ret_end = false;
	*ret_next = at;
	if (!p->head.len)
		return OK; /* nothing is signed yet: nothing can be vouched for */
	while (added < p->limit && walked < FEED_WALK) {
		err = record_next(t, p->feed.feed, at, &rev, &object);
		if (err == ERR_NOTFOUND || (!err && rev > p->head_rev)) {
			*ret_end = true;
			break;
		}
		if (err)
			return err;
		err = entry_add(t, p, rev, object, out, !added, &one, &full);
		if (err)
			return err;
		if (full)
			break;
		added += one;
		walked++;
		at = rev;
	}
	*ret_next = at;
	return OK;
}

static int page_write(struct txn *t, struct feed_page *p, struct buf *out)
{
	char cursor[CURSOR_TEXT];
	int64_t next;
	bool end, more;
	int err;

	buf_str(out, "{\"origin\":\"");
	buf_str(out, p->origin.identity.nid);
	buf_str(out, "\",\"audience\":\"public\",\"entries\":[");
	err = page_entries(t, p, out, &next, &end);
	if (err)
		return err;
	if (!p->head.len) {
		cursor_format(p->after_epoch, p->after_rev, cursor);
		buf_fmt(out, "],\"next\":\"%s\",\"more\":true,\"head\":null}", cursor);
		return out->err;
	}
	more = !end || !p->matches;
	/* At the end of a set that matches, nothing lies between the last entry and the head. */
	cursor_format(p->head_epoch, more ? next : p->head_rev, cursor);
	buf_fmt(out, "],\"next\":\"%s\",\"more\":%s,\"head\":", cursor, more ? "true" : "false");
	buf_add(out, p->head.data, p->head.len);
	buf_char(out, '}');
	return out->err;
}

/* Feed, head and cursor as the store has them. Replies and returns 1 if there is nothing to serve.
 */
static int page_open(struct request *rq, struct txn *t, struct feed_page *p, int *ret_reply)
{
	const char *audience = request_query(rq, "audience");
	int err = audience && strcmp(audience, "public")
			  ? ERR_NOTFOUND
			  : answer_feed(t, p->nid, &p->origin, &p->feed);

	if (err == ERR_NOTFOUND) {
		*ret_reply = answer_problem(rq, 404, "not-found", ERR_NOTFOUND, "/origin",
					    "This node holds no such feed.", NULL);
		return 1;
	}
	if (!err)
		err = feed_head(t, p->feed.feed, &p->head);
	if (err == ERR_NOTFOUND)
		return 0; /* our own is signed within a second of the first write */
	if (!err && (answer_integer(p->head, "epoch", &p->head_epoch) ||
		     answer_integer(p->head, "rev", &p->head_rev)))
		err = ERR_CORRUPT;
	if (err) {
		*ret_reply = answer_failed(rq, err);
		return 1;
	}
	if (p->after_rev || p->after_epoch) {
		if (p->after_epoch != p->head_epoch || p->after_rev < p->feed.floor) {
			*ret_reply = answer_problem(
				rq, 410, "cursor-expired", ERR_EXPIRED, "/after",
				"This cursor is of another time: begin at 0.0.", NULL);
			return 1;
		}
	}
	p->matches = page_matches(t, p);
	return 0;
}

int fed_feed(struct request *rq)
{
	struct node *n = request_app(rq);
	struct feed_page p = {0};
	struct fault fault = {0};
	struct txn *t;
	struct buf out;
	char etag[40];
	int err, reply = 0;

	if (page_query(rq, &p, &fault))
		return reply_problem(rq, 400, "malformed", &fault);
	err = txn_read(n->store, &t);
	if (err)
		return answer_failed(rq, err);
	if (page_open(rq, t, &p, &reply)) {
		txn_end(t);
		return reply;
	}
	page_etag(&p, etag);
	reply_etag(rq, etag);
	if (reply_etag_current(rq)) {
		txn_end(t);
		return reply_empty(rq, 304);
	}
	buf_init(&out, FED_ANSWER + OBJECT_MAX + HEAD_MAX + FEED_TAIL);
	err = page_write(t, &p, &out);
	txn_end(t);
	if (err) {
		buf_done(&out);
		return answer_failed(rq, err);
	}
	return reply_buf(rq, 200, "application/json", &out);
}
