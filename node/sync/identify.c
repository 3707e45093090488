/*
 * A peer whose identity is not known yet: ask its address who answers there, and what it calls
 * itself.
 */
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"
#include "protocol/canon.h"

struct identify {
	struct puller *puller;
	struct known *known;
	json_t *operations;
	char nid[NID_TEXT];
};

static void identify_end(struct identify *i, int err, const char *text)
{
	struct known *k = i->known;

	k->identifying = k->absent = false;
	if (err && err != ERR_AGAIN) {
		known_failed(i->puller, k, err, text);
		k->due = k->next_try;
		puller_finish(i->puller, k, NULL, err, k->error);
	}
	json_decref(i->operations);
	free(i);
}

static void identified(struct puller *p, void *arg, struct verb_result *r)
{
	struct identify *i = arg;
	struct known *k = i->known;
	char text[PEER_ERROR];

	if (r->err) {
		fault_text(&r->fault, text, sizeof(text));
		identify_end(i, r->err, text);
		return;
	}
	snprintf(k->nid, sizeof(k->nid), "%s", i->nid);
	log_line("info", "sync", "event=peer-identified peer=%s nid=%s", k->url, k->nid);
	if (k->absent) {
		identify_end(i, ERR_NOTFOUND, "It is who it was, and does not serve its own feed.");
		return;
	}
	known_answered(p, k);
	k->due = clock_ms();
	identify_end(i, OK, "");
	/* It may have been waiting to know that we know it. */
	notice_add(p, k, NULL);
}

static void identify_apply(struct identify *i, const char *name)
{
	json_t *args = json_pack("{s:s, s:o}", "url", i->known->url, "operations", i->operations);

	i->operations = NULL; /* the writer's now: counts of references are not shared by threads */

	if (args && name && *name && strlen(name) < 128)
		json_object_set_new(args, "name", json_string(name));
	if (puller_apply(i->puller, "peer.identify", "node", args, NULL, NULL, identified, i))
		identify_end(i, ERR_BUSY, "This node had no time to store the peer's identity.");
}

/* The name is an ornament: without it the peer is as good. */
static void on_wellknown(void *arg, struct fetch *f)
{
	struct identify *i = arg;
	json_t *doc = NULL;

	if (f->err == ERR_AGAIN) {
		identify_end(i, ERR_AGAIN, "");
		return;
	}
	if (!f->err && f->status == 200)
		canon_read(f->body.data, f->body.len, CANON_FULL, &doc, NULL);
	identify_apply(i, json_string_value(json_object_get(doc, "name")));
	json_decref(doc);
}

static void ask_name(struct identify *i)
{
	struct fetch *f = fetch_new(i->known->url, "/.well-known/fed");

	if (f) {
		f->done = on_wellknown;
		f->arg = i;
	}
	if (!f || fetch_start(i->puller->fetcher, f))
		identify_apply(i, NULL);
}

static void on_identity(void *arg, struct fetch *f)
{
	struct identify *i = arg;
	struct identity identity;
	struct fault fault = {0};
	json_t *doc = NULL;
	char text[PEER_ERROR], why[PEER_ERROR - 40];
	int err;

	if (f->err || f->status != 200) {
		identify_end(i, f->err ? f->err : ERR_IO, f->text);
		return;
	}
	err = canon_read(f->body.data ? f->body.data : "", f->body.len, CANON_NATIVE, &doc, &fault);
	if (!err)
		err = identity_read(doc, &identity, &fault);
	if (err) {
		fault_text(&fault, why, sizeof(why));
		snprintf(text, sizeof(text), "Its identity cannot be read: %s", why);
		json_decref(doc);
		identify_end(i, err, text);
		return;
	}
	snprintf(i->nid, sizeof(i->nid), "%s", identity.nid);
	i->operations = json_incref(json_is_object(doc) ? json_object_get(doc, "operations") : doc);
	json_decref(doc);
	ask_name(i);
}

void identify_start(struct puller *p, struct known *k)
{
	struct identify *i = calloc(1, sizeof(*i));
	struct fetch *f = fetch_new(k->url, "/fed/v1/identity");

	k->due = clock_ms() + puller_least(p); /* should nothing below come to pass */
	if (!i || !f) {
		free(i);
		fetch_free(f);
		return;
	}
	*i = (struct identify){.puller = p, .known = k};
	f->done = on_identity;
	f->arg = i;
	k->identifying = true;
	if (fetch_start(p->fetcher, f))
		identify_end(i, ERR_NOMEM, "There was no memory to ask it.");
}
