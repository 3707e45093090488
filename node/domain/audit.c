#include "node/domain/audit.h"

#include "node/domain/stored.h"
#include "protocol/base/codec.h"

int audit_write(struct txn *t, const struct verb_input *in, json_t *detail)
{
	uint8_t key[8];
	json_t *line = json_pack("{s:I, s:s, s:s}", "at", (json_int_t)in->now, "actor", in->actor,
				 "verb", in->verb);

	if (line && detail && json_object_update_missing(line, detail) != 0) {
		json_decref(line);
		line = NULL;
	}
	json_decref(detail);
	be64_put(key, txn_counter_next(t, "audit"));
	return stored_put(t, TABLE_AUDIT, key, sizeof(key), line);
}

int audit_before(struct txn *t, uint64_t before, uint64_t *ret_n, json_t **ret_line)
{
	struct walk *w;
	struct view k, v;
	uint8_t key[8];
	int err;

	be64_put(key, before == 0 ? UINT64_MAX : before - 1);
	err = walk_open(t, TABLE_AUDIT, key, sizeof(key), true, NULL, 0, &w);
	if (err != OK)
		return err;
	err = walk_next(w, &k, &v);
	if (err == OK && k.len != sizeof(key))
		err = ERR_CORRUPT;
	if (err == OK)
		err = stored_read(v, ret_line);
	if (err == OK)
		*ret_n = be64_get(k.data);
	walk_close(w);
	return err;
}
