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
