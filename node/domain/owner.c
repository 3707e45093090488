#include "node/domain/owner.h"

#include "protocol/base/codec.h"

size_t owner_objects(struct txn *t, uint32_t account, uint32_t *ret_objects, size_t max)
{
	static const uint8_t last[4] = {0xff, 0xff, 0xff, 0xff};
	struct walk *w;
	struct view key, val;
	size_t n = 0;
	/* OWNER holds what people of this node wrote by hand: few enough to be walked. */
	if (walk_open(t, TABLE_OWNER, last, sizeof last, true, NULL, 0, &w) != OK)
		return 0;
	while (n < max && walk_next(w, &key, &val) == OK)
		if (key.len == 4 && val.len == 4 && be32_get(val.data) == account)
			ret_objects[n++] = be32_get(key.data);
	walk_close(w);
	return n;
}
