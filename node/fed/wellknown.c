/* GET /.well-known/fed: what speaks here, in a few lines, for people and for other software. */
#include "config.h"

#include "node/domain/node.h"
#include "node/fed/answer.h"
#include "node/fed/endpoints.h"
#include "node/http/reply.h"

int fed_wellknown(struct request *rq)
{
	struct node *n = request_app(rq);
	struct txn *t;
	char name[512] = "";
	int err = txn_read(n->store, &t);

	if (err)
		return answer_failed(rq, err);
	err = setting_get(t, "name", name, sizeof(name));
	txn_end(t);
	if (err && err != ERR_NOTFOUND)
		return answer_failed(rq, err);
	return reply_json(rq, 200,
			  json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s}]}",
				    "protocol", "fed/1", "nid", n->identity.nid, "origin",
				    n->identity.origin, "name", name, "software", "name",
				    PACKAGE_NAME, "version", PACKAGE_VERSION, "feeds", "origin",
				    n->identity.nid, "audience", "public"));
}
