#include "node/domain/stored.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/base/codec.h"
#include "protocol/base/text.h"

int stored_read(struct view v, json_t **ret_doc)
{
	json_t *doc = json_loadb((const char *)v.data, v.len, 0, NULL);

	if (!json_is_object(doc)) {
		json_decref(doc);
		return ERR_CORRUPT;
	}
	*ret_doc = doc;
	return OK;
}

int stored_get(struct txn *t, enum table table, const void *key, size_t len, json_t **ret_doc)
{
	struct view v;
	int err = txn_get(t, table, key, len, &v);

	return err == OK ? stored_read(v, ret_doc) : err;
}

int stored_put(struct txn *t, enum table table, const void *key, size_t len, json_t *doc)
{
	char *text = doc ? json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int err = ERR_NOMEM;

	if (text)
		err = txn_put(t, table, key, len, text, strlen(text));
	free(text);
	json_decref(doc);
	return err;
}

void stored_text(const json_t *doc, const char *name, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(doc, name));
	size_t len = s ? strnlen(s, size - 1) : 0;

	if (s && s[len])
		while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;	/* not amid a character */
	memcpy(out, s ? s : "", len);
	out[len] = '\0';
}

int64_t stored_number(const json_t *doc, const char *name)
{
	return json_integer_value(json_object_get(doc, name));
}

int arg_text(const json_t *args, const char *name, size_t size, int optional, const char **ret,
	     struct fault *fault)
{
	const json_t *v = json_object_get(args, name);
	const char *s = json_string_value(v);
	char pointer[80] = "/";

	strncat(pointer, name, sizeof(pointer) - 2);
	if (!v || json_is_null(v)) {
		if (!optional)
			return fault_set(fault, ERR_INVALID, pointer, "This field is required.", NULL);
		*ret = NULL;
		return OK;
	}
	if (!s || !text_valid(s, json_string_length(v)))
		return fault_set(fault, ERR_INVALID, pointer, "This must be text.", NULL);
	if (json_string_length(v) >= size)
		return fault_set(fault, ERR_INVALID, pointer, "This text is too long.", NULL);
	if (!optional && !*s)
		return fault_set(fault, ERR_INVALID, pointer, "This field is required.", NULL);
	*ret = s;
	return OK;
}

int arg_hash(const json_t *args, const char *name, uint8_t ret[32], struct fault *fault)
{
	const char *s = json_string_value(json_object_get(args, name));
	char pointer[80] = "/";

	strncat(pointer, name, sizeof(pointer) - 2);
	if (!s || strlen(s) != 64 || hex_decode(s, 64, ret, 32) != OK)
		return fault_set(fault, ERR_INVALID, pointer, "This must be a SHA-256 in hex.", NULL);
	return OK;
}
