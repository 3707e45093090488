/* POST /fed/v1/objects {origin, ids}: the public objects of one origin by id, in the order asked.
 */
#include <string.h>

#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

static int objects_write(struct txn *t, const char *nid, const json_t *ids, struct buf *out)
{
	struct origin origin;
	struct feed feed;
	const json_t *id;
	size_t i, start;
	int err = answer_feed(t, nid, &origin, &feed);

	if (err)
		return err;
	buf_str(out, "{\"objects\":[");
	start = out->len;
	json_array_foreach (ids, i, id) {
		struct record r;
		uint32_t object;

		err = record_find(t, origin.origin, json_string_value(id), &object);
		if (!err)
			err = record_get(t, object, &r);
		if (err == ERR_NOTFOUND)
			continue;
		if (err)
			return err;
		if (r.feed != feed.feed)
			continue; /* of another audience: as if it were not there */
		if (out->len > start && out->len + r.json.len + 8 > FED_ANSWER)
			break; /* the rest is asked for again */
		if (out->len > start)
			buf_char(out, ',');
		buf_add(out, r.json.data, r.json.len);
	}
	buf_str(out, "]}");
	return out->err;
}

/* {origin: nid, ids: [at most 200 strings]}, borrowed from the document. */
static int objects_read(const json_t *doc, const char **ret_nid, const json_t **ret_ids,
			struct fault *fault)
{
	const json_t *ids = json_object_get(doc, "ids"), *id;
	size_t i;

	*ret_nid = json_string_value(json_object_get(doc, "origin"));
	*ret_ids = ids;
	if (!*ret_nid)
		return fault_set(fault, ERR_INVALID, "/origin", "origin is the id of a node.",
				 NULL);
	if (!json_is_array(ids) || json_array_size(ids) > FED_OBJECTS)
		return fault_set(fault, ERR_INVALID, "/ids", "ids is a list of at most 200 ids.",
				 NULL);
	json_array_foreach (ids, i, id) {
		if (!json_is_string(id))
			return fault_set(fault, ERR_INVALID, "/ids",
					 "ids is a list of at most 200 ids.", NULL);
	}
	return OK;
}

int fed_objects(struct request *rq)
{
	struct node *n = request_app(rq);
	struct fault fault = {0};
	const json_t *ids;
	const char *nid, *body;
	json_t *doc = NULL;
	struct txn *t;
	struct buf out;
	size_t len;
	int err;

	body = request_body(rq, &len);
	if (canon_read(body, len, CANON_NATIVE, &doc, &fault))
		return reply_problem(rq, 400, "malformed", &fault);
	if (objects_read(doc, &nid, &ids, &fault)) {
		json_decref(doc);
		return reply_problem(rq, 422, "schema", &fault);
	}
	buf_init(&out, FED_ANSWER + OBJECT_MAX + 64);
	err = txn_read(n->store, &t);
	if (!err) {
		err = objects_write(t, nid, ids, &out);
		txn_end(t);
	}
	json_decref(doc);
	if (!err)
		return reply_buf(rq, 200, "application/json", &out);
	buf_done(&out);
	return answer_failed(rq, err);
}
