#include <stdlib.h>
#include <string.h>

#include "node/sync/fetch.h"
#include "node/sync/sync.h"
#include "protocol/canon.h"
#include "protocol/charter.h"

enum { NETWORK_PAGES = 200 }; /* of one node's evidence, some of which may be empty */

struct reading {
	const char *network;
	json_t *documents;
	char next[128];
	bool waiting, more, found; /* found: the charter is among the documents */
	int err;
	char text[PEER_ERROR];
};

static int page_read(struct reading *r, const json_t *doc)
{
	const char *next = json_string_value(json_object_get(doc, "next"));
	json_t *documents = json_object_get(doc, "documents"), *one;
	char network[NETWORK_TEXT];
	size_t i;

	if (!json_is_array(documents))
		return ERR_INVALID;
	r->more = json_is_true(json_object_get(doc, "more"));
	if (r->more && (!next || strlen(next) >= sizeof(r->next) || !strcmp(next, r->next) ||
			strspn(next, "0123456789abcdef") != strlen(next)))
		return ERR_INVALID;
	json_array_foreach (documents, i, one)
		r->found |= charter_read(one, network, NULL) == OK && !strcmp(network, r->network);
	snprintf(r->next, sizeof(r->next), "%s", next ? next : "");
	return json_array_extend(r->documents, documents) ? ERR_NOMEM : OK;
}

static void on_answer(void *arg, struct fetch *f)
{
	struct reading *r = arg;
	json_t *doc = NULL;

	r->waiting = false;
	snprintf(r->text, sizeof(r->text), "%s", f->text);
	r->err = f->err;
	if (!r->err && f->status != 200)
		r->err = f->status == 404 ? ERR_NOTFOUND : ERR_IO;
	if (r->err)
		return;
	r->err =
		canon_read(f->body.data ? f->body.data : "", f->body.len, CANON_NATIVE, &doc, NULL);
	if (!r->err)
		r->err = page_read(r, doc);
	json_decref(doc);
	if (r->err)
		snprintf(r->text, sizeof(r->text), "The answer is not a list of documents.");
}

static int ask(struct fetcher *fr, struct reading *r, const char *url)
{
	char target[256];
	struct fetch *f;
	int err;

	snprintf(target, sizeof(target), "/fed/v1/network?id=%s%s%s", r->network,
		 *r->next ? "&after=" : "", r->next);
	f = fetch_new(url, target);
	if (!f)
		return ERR_NOMEM;
	f->max = FETCH_PAGE;
	f->done = on_answer;
	f->arg = r;
	err = fetch_start(fr, f);
	if (err)
		return err;
	r->waiting = true;
	while (r->waiting)
		fetcher_run(fr, 1000);
	return r->err;
}

int sync_network(struct node *n, const char *url, const char *network, json_t **ret_documents,
		 struct fault *fault)
{
	struct reading r = {.network = network, .documents = json_array(), .more = true};
	struct fetcher *fr = NULL;
	int err = r.documents ? peer_url_check(n, url, fault) : ERR_NOMEM;

	if (err) {
		json_decref(r.documents);
		return err;
	}
	if (strlen(network) >= NETWORK_TEXT || strncmp(network, "net:", 4) != 0 ||
	    strspn(network + 4, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") !=
		    strlen(network + 4)) {
		json_decref(r.documents);
		return fault_set(fault, ERR_INVALID, "/network", "This is no network's id.", NULL);
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		json_decref(r.documents);
		return fault_set(fault, ERR_INTERNAL, "", "libcurl could not be started.", NULL);
	}
	err = fetcher_new(n, &fr);
	for (int i = 0; !err && r.more && !r.found && i < NETWORK_PAGES; i++)
		err = ask(fr, &r, url);
	fetcher_free(fr);
	curl_global_cleanup();
	if (!err && (r.found || !r.more)) {
		*ret_documents = r.documents;
		return OK;
	}
	json_decref(r.documents);
	if (!err)
		return fault_set(fault, ERR_LIMIT, "",
				 "The node's answer is too long: the charter was not in what was "
				 "read of it.",
				 NULL);
	return fault_set(fault, err, "", "The node did not show the network: %s", r.text);
}
