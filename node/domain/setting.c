#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "node/domain/audit.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "node/store/feed.h"
#include "protocol/base/text.h"

/* Marks a message id for extraction. */
#define N_(s) (s)

static int check_line(const char *v)
{
	return strpbrk(v, "\r\n") ? ERR_INVALID : OK;
}

static int check_text(const char *v)
{
	return OK;
}

static int check_name(const char *v)
{
	return strspn(v, " ") == strlen(v) ? ERR_INVALID : check_line(v);
}

static int check_accent(const char *v)
{
	return !*v || (*v == '#' && strlen(v) == 7 && strspn(v + 1, "0123456789abcdefABCDEF") == 6)
		       ? OK
		       : ERR_INVALID;
}

static int check_accessibility(const char *v)
{
	return !*v || strcmp(v, "none") == 0 || strcmp(v, "partial") == 0 || strcmp(v, "full") == 0
		       ? OK
		       : ERR_INVALID;
}

static int check_territory(const char *v)
{
	if (!*v)
		return OK;
	if (strlen(v) != 5)
		return ERR_INVALID;
	for (const char *c = v; *c; c++)
		if (!isdigit((unsigned char)*c) && !(*c >= 'A' && *c <= 'Z'))
			return ERR_INVALID;
	return OK;
}

static const struct setting {
	const char *name;
	size_t max;	/* bytes */
	int (*check)(const char *value);
	const char *refusal;
} settings[] = {
	{"name", 120, check_name, N_("A node's name is one line of text.")},
	{"tagline", 200, check_line, N_("This must be one line of text.")},
	{"place", 120, check_line, N_("This must be one line of text.")},
	{"intro", 600, check_text, NULL},
	{"accent", 7, check_accent, N_("A colour is written #rrggbb.")},
	{"legal", 32 * 1024, check_text, NULL},
	{"privacy", 32 * 1024, check_text, NULL},
	{"accessibility", 16, check_accessibility, N_("Choose none, partial or full.")},
	{"accessibility_text", 32 * 1024, check_text, NULL},
	{"contact", 32 * 1024, check_text, NULL},
	{"source", 32 * 1024, check_text, NULL},
	{"territory", 5, check_territory, N_("A COG code has five characters, for example 97411.")},
};

static size_t setting_key(const char *name, char out[64])
{
	return (size_t)snprintf(out, 64, "setting:%s", name);
}

static const struct setting *setting_find(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

int setting_get(struct txn *t, const char *name, char *out, size_t size)
{
	char key[64];
	struct view v = {0};
	size_t len;
	int err = txn_get(t, TABLE_META, key, setting_key(name, key), &v);

	out[0] = '\0';
	if (err == ERR_NOTFOUND)
		return OK;
	if (err != OK)
		return err;
	len = v.len < size ? v.len : size - 1;
	memcpy(out, v.data, len);
	out[len] = '\0';
	return v.len < size ? OK : ERR_LIMIT;
}

/* Other pages than our own show the name too: it goes with the origin. */
static int rename_origin(struct txn *t, const char *name)
{
	struct origin o;
	int err = origin_get(t, 1, &o);

	if (err != OK)
		return err;
	snprintf(o.name, sizeof(o.name), "%s", name);
	return origin_put(t, &o);
}

static int setting_write(struct txn *t, const char *name, const json_t *value, struct fault *fault)
{
	const struct setting *s = setting_find(name);
	const char *text = json_string_value(value);
	char key[64], pointer[80];
	size_t len;
	int err;

	snprintf(pointer, sizeof(pointer), "/%.64s", name);
	if (!s || !text)
		return fault_set(fault, ERR_INVALID, pointer, "There is no such setting.", NULL);
	if (strlen(text) > s->max || !text_valid(text, strlen(text)))
		return fault_set(fault, ERR_INVALID, pointer, "This text is too long.", NULL);
	if (s->check(text) != OK)
		return fault_set(fault, ERR_INVALID, pointer, s->refusal, NULL);
	len = setting_key(name, key);
	err = *text ? txn_put(t, TABLE_META, key, len, text, strlen(text)) : txn_del(t, TABLE_META, key, len);
	if (err == ERR_NOTFOUND)
		err = OK;
	if (err == OK && strcmp(name, "name") == 0)
		err = rename_origin(t, text);
	return err;
}

int setting_set(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	json_t *values = json_object_get(in->args, "values"), *value, *names = json_array();
	const char *name;
	int err = json_is_object(values) && names
			  ? OK
			  : fault_set(fault, ERR_INVALID, "/values", "There is no such setting.", NULL);

	json_object_foreach(values, name, value) {
		if (err == OK)
			err = setting_write(t, name, value, fault);
		json_array_append_new(names, json_string(name));
	}
	if (err != OK) {
		json_decref(names);
		return err;
	}
	txn_counter_next(t, "public");
	return audit_write(t, in, json_pack("{s:o}", "settings", names));
}
