#include <stdlib.h>
#include <string.h>

#include "node/domain/entry.h"
#include "node/domain/head_read.h"
#include "node/domain/verbs.h"
#include "protocol/canon.h"

enum { HEAD_DAY = 24 * 3600 };

static int head_store(struct node *n, struct txn *t, struct feed *f, const struct head *h)
{
	json_t *doc;
	struct buf bytes;
	int err = head_sign(h, &n->key, &n->identity, &doc);

	if (err)
		return err;
	buf_init(&bytes, HEAD_MAX);
	err = canon_write(doc, &bytes);
	if (!err)
		err = feed_head_put(t, f->feed, bytes.data, bytes.len);
	if (!err) {
		f->head_at = h->created;
		err = feed_put(t, f);
	}
	buf_done(&bytes);
	json_decref(doc);
	return err;
}

int head_sign_verb(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		   struct fault *fault)
{
	struct head_place held = {0};
	struct feed f;
	struct head *h;
	int err = feed_get(t, 1, &f);

	if (!err)
		err = head_place_load(t, 1, &held);
	if (err && err != ERR_NOTFOUND)
		return err;
	if (!err && held.epoch == f.epoch && held.rev == f.rev && in->now < f.head_at + HEAD_DAY)
		return ERR_AGAIN;
	h = calloc(1, sizeof(*h));
	if (!h)
		return ERR_NOMEM;
	memcpy(h->origin, n->identity.nid, sizeof(h->origin));
	memcpy(h->audience, f.audience, sizeof(h->audience));
	h->op = n->identity.op;
	h->epoch = f.epoch;
	h->rev = f.rev;
	h->floor = f.floor;
	h->created = in->now;
	err = set_list(t, f.feed, h->sets, &h->n_sets);
	if (!err)
		err = head_store(n, t, &f, h);
	if (!err)
		*ret_out = json_pack("{s:I}", "rev", (json_int_t)f.rev);
	free(h);
	return err;
}
