#include "node/domain/entry_key.h"

#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "protocol/object.h"

enum { KEY_MAX = TYPE_MAX + 1 + 32 };

static size_t row_key(const char *type, const char *key, uint8_t out[KEY_MAX])
{
	size_t n = strnlen(type, TYPE_MAX);

	memcpy(out, type, n);
	out[n] = 0;
	digest_bytes(key, strlen(key), out + n + 1);
	return n + 1 + 32;
}

static void object_key(uint32_t object, uint8_t out[5])
{
	out[0] = 0;
	be32_put(out + 1, object);
}

int import_key_find(struct txn *t, const char *type, const char *key, uint32_t *ret_object)
{
	uint8_t k[KEY_MAX];
	struct view v;
	int err = txn_get(t, TABLE_IMPORT_KEY, k, row_key(type, key, k), &v);

	if (err)
		return err;
	if (v.len != 4)
		return ERR_CORRUPT;
	*ret_object = be32_get(v.data);
	return OK;
}

int import_key_put(struct txn *t, const char *type, const char *key, uint32_t object)
{
	uint8_t k[KEY_MAX], back[5], number[4];
	size_t len = row_key(type, key, k);
	int err;

	be32_put(number, object);
	object_key(object, back);
	err = txn_put(t, TABLE_IMPORT_KEY, k, len, number, sizeof(number));
	return err ? err : txn_put(t, TABLE_IMPORT_KEY, back, sizeof(back), k, len);
}

int import_key_forget(struct txn *t, uint32_t object)
{
	uint8_t k[KEY_MAX], back[5];
	struct view v;
	size_t len;
	int err;

	object_key(object, back);
	err = txn_get(t, TABLE_IMPORT_KEY, back, sizeof(back), &v);
	if (err)
		return err == ERR_NOTFOUND ? OK : err;
	len = v.len;
	if (len > sizeof(k))
		return ERR_CORRUPT;
	memcpy(k, v.data, len);
	err = txn_del(t, TABLE_IMPORT_KEY, back, sizeof(back));
	return err ? err : txn_del(t, TABLE_IMPORT_KEY, k, len);
}
