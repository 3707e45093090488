/* Verbs about other nodes: origin.add, origin.name (ingest.h). */
#include <stdio.h>
#include <string.h>

#include "node/domain/stored.h"
#include "node/domain/verbs.h"
#include "node/store/feed.h"

enum { ORIGIN_NAME = 128 };

static int name_valid(const char *name)
{
	return !strpbrk(name, "\r\n");
}

/* Whatever a node calls itself, this is its own name for it: cut to its field. */
static void name_set(struct origin *o, const char *name)
{
	snprintf(o->name, sizeof(o->name), "%s", name);
}

static int feed_make(struct txn *t, uint32_t origin, uint32_t *ret_feed)
{
	struct feed f;
	int err = feed_find(t, origin, "public", &f);

	if (err == ERR_NOTFOUND) {
		f = (struct feed){.origin = origin, .audience = "public"};
		err = feed_put(t, &f);
	}
	if (!err)
		*ret_feed = f.feed;
	return err;
}

static int origin_write(struct txn *t, const json_t *args, const struct identity *id,
			const char *name, struct origin *o, uint32_t *ret_feed)
{
	const struct origin old = *o;
	int err;

	/* A shorter log is an older one. */
	if (!o->origin || id->op >= o->identity.op)
		o->identity = *id;
	o->confirmed |= json_is_true(json_object_get(args, "confirmed"));
	if (name)
		name_set(o, name);
	err = origin_put(t, o);
	if (!err && (!old.origin || id->op > old.identity.op))
		err = origin_ops_put(t, o->origin, json_object_get(args, "operations"));
	if (!err)
		err = feed_make(t, o->origin, ret_feed);
	if (!err && (o->confirmed != old.confirmed || strcmp(o->name, old.name) != 0 ||
		     o->identity.op != old.identity.op))
		txn_counter_next(t, "public");
	return err;
}

int origin_add(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	       struct fault *fault)
{
	const json_t *operations = json_object_get(in->args, "operations");
	const char *name;
	struct identity id;
	struct origin o = {0};
	uint32_t feed = 1;
	int err = arg_text(in->args, "name", ORIGIN_NAME, 1, &name, fault);

	if (!err && name && !name_valid(name))
		err = fault_set(fault, ERR_INVALID, "/name", "A node's name is one line of text.",
				NULL);
	if (!err)
		err = identity_read(operations, &id, fault);
	if (err)
		return err;
	err = origin_by_nid(t, id.nid, &o);
	if (err && err != ERR_NOTFOUND)
		return err;
	/* Nobody else tells this node who it is. */
	err = o.origin == 1 ? OK : origin_write(t, in->args, &id, name, &o, &feed);
	if (!err)
		*ret_out = json_pack("{s:I, s:I}", "origin", (json_int_t)o.origin, "feed",
				     (json_int_t)feed);
	return err;
}

int origin_name(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	const char *nid, *name;
	struct origin o;
	int err;

	if ((err = arg_text(in->args, "nid", NID_TEXT, 0, &nid, fault)) ||
	    (err = arg_text(in->args, "name", ORIGIN_NAME, 0, &name, fault)))
		return err;
	if (!name_valid(name))
		return fault_set(fault, ERR_INVALID, "/name", "A node's name is one line of text.",
				 NULL);
	err = origin_by_nid(t, nid, &o);
	if (err == ERR_NOTFOUND || o.origin == 1)
		return fault_set(fault, ERR_NOTFOUND, "/nid", "There is no other node %s here.",
				 nid);
	if (err || !strcmp(o.name, name))
		return err;
	name_set(&o, name);
	err = origin_put(t, &o);
	if (!err)
		txn_counter_next(t, "public");
	return err;
}
