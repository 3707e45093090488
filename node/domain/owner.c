#include "node/domain/owner.h"

#include "protocol/base/codec.h"

int owner_objects(struct txn *t, uint32_t account, uint32_t *ret_objects, size_t max, size_t *ret_n)
{
	static const uint8_t last[4] = {0xff, 0xff, 0xff, 0xff};
	struct walk *w;
	struct view key, val;
	int err;

	*ret_n = 0;
	/* OWNER holds what people of this node wrote by hand: few enough to be walked. */
	err = walk_open(t, TABLE_OWNER, last, sizeof last, true, NULL, 0, &w);
	if (err != OK)
		return err;
	while (*ret_n < max && (err = walk_next(w, &key, &val)) == OK)
		if (key.len == 4 && val.len == 4 && be32_get(val.data) == account)
			ret_objects[(*ret_n)++] = be32_get(key.data);
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}
