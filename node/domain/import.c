#include <sodium.h>
#include <string.h>

#include "node/domain/entry_key.h"
#include "node/domain/own.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "protocol/base/codec.h"
#include "protocol/schema.h"

enum { IMPORT_ROWS = 1000, IMPORT_KEY_MAX = 512, REFUSAL_TEXT = 400 };

struct import {
	struct own own;
	const struct record_type *type;
	const struct verb_input *in;
	int64_t created, updated, unchanged;
	json_t *refused;
};

/* Random bytes of one row: the verb's, expanded by the row's place. */
static void row_random(const struct verb_input *in, size_t row, uint8_t out[OBJECT_RANDOM])
{
	uint8_t place[8];

	be64_put(place, row);
	crypto_generichash(out, OBJECT_RANDOM, place, sizeof(place), in->random,
			   sizeof(in->random));
}

static int refuse(struct import *m, const json_t *row, const struct fault *fault)
{
	json_t *line = json_object_get(row, "line"), *entry;
	char text[REFUSAL_TEXT];

	fault_text(fault, text, sizeof(text));
	entry = json_pack("{s:O?, s:s, s:s, s:s}", "line", line, "code", err_name(fault->code),
			  "pointer", fault->pointer, "text", text);
	if (!entry)
		entry = json_pack("{s:s, s:s, s:s}", "code", err_name(fault->code), "pointer",
				  fault->pointer, "text", "This row is not well-formed.");
	return json_array_append_new(m->refused, entry) ? ERR_NOMEM : OK;
}

static int row_update(struct import *m, uint32_t object, json_t *doc)
{
	struct envelope env;
	json_t *held;
	int err = own_load(m->own.txn, object, &held);

	if (err)
		return err;
	if (own_same(held, doc)) {
		m->unchanged++;
	} else {
		err = object_envelope(held, NULL, &env, NULL) ? ERR_CORRUPT : OK;
		if (!err)
			err = own_replace(&m->own, doc, env.id, env.published);
		m->updated += !err;
	}
	json_decref(held);
	return err;
}

static int row_create(struct import *m, size_t place, const char *key, json_t *doc,
		      struct fault *fault)
{
	uint8_t random[OBJECT_RANDOM];
	uint32_t object;
	int err;

	row_random(m->in, place, random);
	err = own_create(&m->own, doc, random, &object, fault);
	if (!err)
		err = import_key_put(m->own.txn, m->type->name, key, object);
	m->created += !err;
	return err;
}

static int row_store(struct import *m, size_t place, const json_t *row, struct fault *fault)
{
	const json_t *fields = json_object_get(row, "fields");
	const char *key;
	uint32_t object;
	json_t *doc;
	int err;

	if ((err = arg_text(row, "key", IMPORT_KEY_MAX, 0, &key, fault)) ||
	    (err = schema_check(m->type, fields, m->own.node->vocabularies, fault)))
		return err;
	doc = json_deep_copy(fields);
	if (!doc || json_object_set_new(doc, "type", json_string(m->type->name))) {
		json_decref(doc);
		return ERR_NOMEM;
	}
	err = import_key_find(m->own.txn, m->type->name, key, &object);
	if (err == ERR_NOTFOUND)
		err = row_create(m, place, key, doc, fault);
	else if (!err)
		err = row_update(m, object, doc);
	json_decref(doc);
	return own_fault(err, "", "The record is larger than 64 KiB.", fault);
}

/* A row's own fault is reported and the others go on; anything else ends the verb. */
static int rows_store(struct import *m, const json_t *rows)
{
	size_t place;
	json_t *row;
	int err = OK;

	json_array_foreach ((json_t *)rows, place, row) {
		struct fault fault = {0};

		err = row_store(m, place, row, &fault);
		if (err && fault.code && !txn_error(m->own.txn))
			err = refuse(m, row, &fault);
		if (err)
			return err;
	}
	return OK;
}

int import_rows(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	const json_t *rows = json_object_get(in->args, "rows");
	struct import m = {.in = in};
	const char *type;
	int err = arg_text(in->args, "type", TYPE_MAX, 0, &type, fault);

	if (err)
		return err;
	m.type = schema_type(type);
	if (!m.type)
		return fault_set(fault, ERR_INVALID, "/type", "There is no type \"%s\".", type);
	if (!json_is_array(rows) || json_array_size(rows) > IMPORT_ROWS)
		return fault_set(fault, ERR_LIMIT, "/rows", "At most 1000 rows are taken at once.",
				 NULL);
	m.refused = json_array();
	err = own_begin(&m.own, n, t, in->now);
	if (!err)
		err = m.refused ? rows_store(&m, rows) : ERR_NOMEM;
	if (!err)
		err = own_end(&m.own);
	own_done(&m.own);
	if (!err)
		*ret_out = json_pack("{s:I, s:I, s:I, s:O}", "created", (json_int_t)m.created,
				     "updated", (json_int_t)m.updated, "unchanged",
				     (json_int_t)m.unchanged, "refused", m.refused);
	json_decref(m.refused);
	return err;
}
