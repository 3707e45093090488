#include "node/domain/network.h"

#include <string.h>

#include "node/domain/audit.h"
#include "node/domain/own.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"

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
static int accede(struct own *w, const struct verb_input *in, const char *network,
		  const json_t *charter, const char *via, json_t **ret_out,
		  struct fault *fault)
{
	const char *id = json_string_value(json_object_get(charter, "id"));
	json_t *act = act_accession(network, id ? id : "");
	int err = ERR_NOMEM;

	if (act)
		err = own_create(w, act, in->random + OBJECT_RANDOM, NULL, fault);
	json_decref(act);
	if (err == OK)
		err = network_save(w->txn, in, network, charter, via);
	if (err == OK)
		err = audit_write(w->txn, in, json_pack("{s:s}", "network", network));
	if (err == OK)
		err = own_end(w);
	if (err == OK)
		*ret_out = json_pack("{s:s, s:s}", "network", network, "charter", id ? id : "");
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
	char network[NETWORK_TEXT];
	struct network known;
	json_t *charter = NULL;
	struct own w;
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
	if (network_get(t, network, &known) == OK) {
		json_decref(charter);
		return fault_set(fault, ERR_EXISTS, "/name",
				 "This node is in the network %s already.", known.name);
	}
	err = own_begin(&w, n, t, in->now);
	if (err == OK)
		err = own_create(&w, charter, in->random, NULL, fault);
	own_fault(err, "/purpose", "This charter is too long.", fault);
	if (err == OK)
		err = accede(&w, in, network, charter, "", ret_out, fault);
	own_done(&w);
	json_decref(charter);
	return err;
}

int network_join(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		 struct fault *fault)
{
	const json_t *charter = json_object_get(in->args, "charter");
	char network[NETWORK_TEXT];
	struct network known;
	const char *via;
	struct own w;
	int err = arg_text(in->args, "via", ORIGIN_TEXT, 1, &via, fault);

	if (err == OK)
		err = charter_read(charter, network, fault);
	if (err != OK)
		return err;
	if (network_get(t, network, &known) == OK)
		return fault_set(fault, ERR_EXISTS, "/charter",
				 "This node is in the network %s already.", known.name);
	err = room(t, fault);
	if (err != OK)
		return err;
	err = own_begin(&w, n, t, in->now);
	if (err == OK)
		err = accede(&w, in, network, charter, via ? via : "", ret_out, fault);
	own_done(&w);
	return err;
}
