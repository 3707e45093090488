#include "node/domain/head_read.h"

#include "protocol/canon.h"

int head_load(struct txn *t, uint32_t feed, json_t **ret_doc)
{
	struct view v;
	int err = feed_head(t, feed, &v);

	if (err)
		return err;
	err = canon_read((const char *)v.data, v.len, CANON_NATIVE, ret_doc, NULL);
	return err == ERR_INVALID ? ERR_CORRUPT : err;
}

int head_place_load(struct txn *t, uint32_t feed, struct head_place *ret)
{
	json_t *doc;
	int err = head_load(t, feed, &doc);

	if (err)
		return err;
	ret->epoch = json_integer_value(json_object_get(doc, "epoch"));
	ret->rev = json_integer_value(json_object_get(doc, "rev"));
	json_decref(doc);
	return OK;
}
