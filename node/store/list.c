#include "node/store/list.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/base/codec.h"

/* u8 list | sort key | 0 | u32 object: the 0 lets a short sort key come before all it begins. */
enum { KEY_MAX = 1 + LIST_KEY_MAX + 1 + 4 };

static size_t list_key(enum list list, const void *key, size_t len, uint32_t object,
		       uint8_t out[KEY_MAX])
{
	if (len > LIST_KEY_MAX)
		len = LIST_KEY_MAX;
	out[0] = (uint8_t)list;
	if (len)
		memcpy(out + 1, key, len);
	out[1 + len] = 0;
	be32_put(out + 2 + len, object);
	return 1 + len + 1 + 4;
}

int list_put(struct txn *t, enum list list, const void *key, size_t len, uint32_t object,
	     struct view row)
{
	uint8_t k[KEY_MAX];
	size_t k_len = list_key(list, key, len, object, k);

	return txn_put(t, TABLE_LIST, k, k_len, row.data, row.len);
}

int list_del(struct txn *t, enum list list, const void *key, size_t len, uint32_t object)
{
	uint8_t k[KEY_MAX];
	size_t k_len = list_key(list, key, len, object, k);

	return txn_del(t, TABLE_LIST, k, k_len);
}

struct list_walk {
	struct walk *walk;
};

int list_open(struct txn *t, enum list list, const void *start, size_t len, bool backward,
	      struct list_walk **ret)
{
	struct list_walk *w;
	uint8_t k[KEY_MAX], prefix = (uint8_t)list;
	size_t k_len = list_key(list, start, len, backward ? UINT32_MAX : 0, k);
	int err;

	w = malloc(sizeof(*w));
	if (!w)
		return ERR_NOMEM;
	if (!len) /* from the one end or the other */
		k_len = 0;
	else if (!backward)
		k_len -= 1 + 4;
	err = walk_open(t, TABLE_LIST, k, k_len, backward, &prefix, 1, &w->walk);
	if (err) {
		free(w);
		return err;
	}
	*ret = w;
	return OK;
}

int list_next(struct list_walk *w, uint32_t *ret_object, struct view *ret_row)
{
	struct view key, val;
	int err = walk_next(w->walk, &key, &val);

	if (err)
		return err;
	if (key.len < 1 + 1 + 4)
		return ERR_CORRUPT;
	*ret_object = be32_get(key.data + key.len - 4);
	*ret_row = val;
	return OK;
}

void list_close(struct list_walk *w)
{
	if (!w)
		return;
	walk_close(w->walk);
	free(w);
}
