/* GET /fed/v1/identity[?nid=]: the log of operations of this node, or of another it knows. */
#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"
#include "node/store/feed.h"

int fed_identity(struct request *rq)
{
	struct node *n = request_app(rq);
	const char *nid = request_query(rq, "nid");
	struct origin origin;
	json_t *ops = NULL;
	struct txn *t;
	int err;

	if (!nid)
		nid = n->identity.nid;
	err = txn_read(n->store, &t);
	if (err)
		return answer_failed(rq, err);
	err = origin_by_nid(t, nid, &origin);
	if (!err)
		err = origin_ops(t, origin.origin, &ops);
	txn_end(t);
	if (err == ERR_NOTFOUND)
		return answer_problem(rq, 404, "not-found", ERR_NOTFOUND, "/nid",
				      "This node does not know the node %s.", nid);
	if (err)
		return answer_failed(rq, err);
	return reply_json(rq, 200,
			  json_pack("{s:s, s:o}", "nid", origin.identity.nid, "operations", ops));
}
