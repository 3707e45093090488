#include "node/domain/network.h"

#include <string.h>

#include "node/domain/audit.h"
#include "node/domain/entry.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "protocol/canon.h"

static int network_read(const json_t *doc, struct network *ret)
{
	memset(ret, 0, sizeof(*ret));
	stored_text(doc, "network", ret->network, sizeof(ret->network));
	stored_text(doc, "charter", ret->charter, sizeof(ret->charter));
	stored_text(doc, "name", ret->name, sizeof(ret->name));
	stored_text(doc, "via", ret->via, sizeof(ret->via));
	ret->joined = stored_number(doc, "joined");
	return *ret->network ? OK : ERR_CORRUPT;
}

int network_get(struct txn *t, const char *network, struct network *ret)
{
	size_t len = strnlen(network, NETWORK_TEXT);
	json_t *doc;
	int err;

	if (len == 0 || len == NETWORK_TEXT)
		return ERR_NOTFOUND;
	err = stored_get(t, TABLE_NETWORK, network, len, &doc);
	if (err != OK)
		return err;
	err = network_read(doc, ret);
	json_decref(doc);
	return err;
}

int network_next(struct txn *t, const char *after, struct network *ret)
{
	char start[NETWORK_TEXT + 1];
	size_t len = strnlen(after, NETWORK_TEXT);
	struct walk *w;
	struct view k, v;
	json_t *doc;
	int err;

	memcpy(start, after, len);
	start[len] = '\0';
	err = walk_open(t, TABLE_NETWORK, start, len ? len + 1 : 0, false, NULL, 0, &w);
	if (err != OK)
		return err;
	err = walk_next(w, &k, &v);
	if (err == OK)
		err = stored_read(v, &doc);
	if (err == OK) {
		err = network_read(doc, ret);
		json_decref(doc);
	}
	walk_close(w);
	return err;
}

int network_charter(struct txn *t, const char *network, json_t **ret_doc)
{
	json_t *doc, *charter;
	int err = stored_get(t, TABLE_NETWORK, network, strnlen(network, NETWORK_TEXT), &doc);

	if (err != OK)
		return err;
	charter = json_incref(json_object_get(doc, "document"));
	json_decref(doc);
	if (!charter)
		return ERR_CORRUPT;
	*ret_doc = charter;
	return OK;
}

/* Sign a body into the own public feed. Changes doc. random: OBJECT_RANDOM bytes. */
static int publish(struct node *n, struct txn *t, const struct verb_input *in, json_t *doc,
		   const uint8_t *random, struct entry_batch *batch, char ret_id[OBJECT_ID_MAX],
		   struct fault *fault)
{
	struct entry_version v = {.feed = 1, .origin = 1, .doc = doc, .now = in->now};
	struct feed feed;
	uint8_t digest[32];
	uint32_t object;
	struct buf bytes;
	int err = feed_get(t, 1, &feed);

	if (err != OK)
		return err;
	feed.rev++;
	object_id_make(n->identity.origin, random, ret_id);
	buf_init(&bytes, OBJECT_MAX);
	err = object_sign(doc, &n->identity, &n->key, ret_id, "public", feed.rev, in->now, in->now);
	if (err == OK)
		err = canon_write(doc, &bytes);
	if (err == ERR_LIMIT)
		fault_set(fault, err, "", "This document is too long.", NULL);
	if (err == OK)
		err = object_envelope(doc, &n->identity, &v.env, fault);
	if (err == OK) {
		digest_bytes(bytes.data, bytes.len, digest);
		v.digest = digest;
		v.json = bytes.data;
		v.json_len = bytes.len;
		err = entry_store(t, batch, &v, &object);
	}
	if (err == OK)
		err = feed_put(t, &feed);
	buf_done(&bytes);
	return err;
}

static int network_save(struct txn *t, const struct verb_input *in, const char *network,
			const json_t *charter, const char *via)
{
	const char *name = json_string_value(json_object_get(charter, "name"));
	const char *id = json_string_value(json_object_get(charter, "id"));

	return stored_put(t, TABLE_NETWORK, network, strlen(network),
			  json_pack("{s:s, s:s, s:s, s:s, s:I, s:O}", "network", network, "charter",
				    id ? id : "", "name", name ? name : "", "via", via, "joined",
				    (json_int_t)in->now, "document", charter));
}

/* The rest of founding and of joining: accede by a signed act, remember, write the audit line. */
static int accede(struct node *n, struct txn *t, const struct verb_input *in, const char *network,
		  const json_t *charter, const char *via, struct entry_batch *batch,
		  json_t **ret_out, struct fault *fault)
{
	const char *id = json_string_value(json_object_get(charter, "id"));
	char act_id[OBJECT_ID_MAX];
	json_t *act = act_accession(network, id ? id : "");
	int err = ERR_NOMEM;

	if (act)
		err = publish(n, t, in, act, in->random + OBJECT_RANDOM, batch, act_id, fault);
	json_decref(act);
	if (err == OK)
		err = network_save(t, in, network, charter, via);
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:s}", "network", network));
	if (err == OK)
		err = entry_batch_flush(batch, t);
	if (err == OK) {
		txn_counter_next(t, "public");
		*ret_out = json_pack("{s:s, s:s}", "network", network, "charter", id ? id : "");
	}
	return err;
}

static int room(struct txn *t, struct fault *fault)
{
	if (txn_entries(t, TABLE_NETWORK) < NETWORK_MAX)
		return OK;
	return fault_set(fault, ERR_LIMIT, "", "This node has no room for more networks.", NULL);
}

int network_create(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		   struct fault *fault)
{
	const char *name, *purpose, *council[1] = {n->identity.nid};
	char network[NETWORK_TEXT], id[OBJECT_ID_MAX];
	struct entry_batch batch;
	json_t *charter = NULL;
	int err = arg_text(in->args, "name", NETWORK_NAME, 0, &name, fault);

	if (err == OK)
		err = arg_text(in->args, "purpose", NETWORK_PURPOSE, 1, &purpose, fault);
	if (err == OK)
		err = room(t, fault);
	if (err == OK)
		err = charter_make(name, purpose ? purpose : "", council, 1, n->vocabularies,
				   n->identity.nid, &charter, network);
	if (err != OK)
		return err;
	err = entry_batch_init(&batch);
	if (err == OK) {
		err = publish(n, t, in, charter, in->random, &batch, id, fault);
		if (err == OK)
			err = accede(n, t, in, network, charter, "", &batch, ret_out, fault);
		entry_batch_done(&batch);
	}
	json_decref(charter);
	return err;
}

int network_join(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	const json_t *charter = json_object_get(in->args, "charter");
	char network[NETWORK_TEXT];
	struct network known;
	struct entry_batch batch;
	const char *via;
	int err = arg_text(in->args, "via", ORIGIN_TEXT, 1, &via, fault);

	if (err == OK)
		err = charter_read(charter, network, fault);
	if (err != OK)
		return err;
	if (network_get(t, network, &known) == OK)
		return fault_set(fault, ERR_EXISTS, "/charter",
				 "This node is in the network %s already.", known.name);
	err = room(t, fault);
	if (err == OK)
		err = entry_batch_init(&batch);
	if (err != OK)
		return err;
	err = accede(n, t, in, network, charter, via ? via : "", &batch, ret_out, fault);
	entry_batch_done(&batch);
	return err;
}
