#include "node/domain/peer.h"

#include <string.h>

#include "node/domain/audit.h"
#include "node/domain/stored.h"
#include "node/domain/verbs.h"

/*
 * PEER holds "http…" URL -> document, and "nid:…" -> URL once the identity is known.
 */

static void peer_read(const json_t *doc, struct peer *ret)
{
	memset(ret, 0, sizeof(*ret));
	stored_text(doc, "url", ret->url, sizeof(ret->url));
	stored_text(doc, "nid", ret->nid, sizeof(ret->nid));
	ret->blocked = json_is_true(json_object_get(doc, "blocked"));
	ret->added = stored_number(doc, "added");
	ret->last_try = stored_number(doc, "last_try");
	ret->last_ok = stored_number(doc, "last_ok");
	ret->next_try = stored_number(doc, "next_try");
	ret->failures = (long)stored_number(doc, "failures");
	ret->offset = stored_number(doc, "offset");
	stored_text(doc, "error", ret->error, sizeof(ret->error));
}

static int peer_load(struct txn *t, const char *url, json_t **ret_doc)
{
	size_t len = strlen(url);

	if (len == 0 || len >= ORIGIN_TEXT)
		return ERR_NOTFOUND;
	return stored_get(t, TABLE_PEER, url, len, ret_doc);
}

int peer_get(struct txn *t, const char *url, struct peer *ret)
{
	json_t *doc;
	int err = peer_load(t, url, &doc);

	if (err != OK)
		return err;
	peer_read(doc, ret);
	json_decref(doc);
	return OK;
}

static int nid_url(struct txn *t, const char *nid, char out[ORIGIN_TEXT])
{
	struct view v;
	int err;

	if (strncmp(nid, "nid:", 4) != 0 || strlen(nid) >= NID_TEXT)
		return ERR_NOTFOUND;
	err = txn_get(t, TABLE_PEER, nid, strlen(nid), &v);
	if (err != OK)
		return err;
	if (v.len >= ORIGIN_TEXT)
		return ERR_CORRUPT;
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
	return OK;
}

int peer_by_nid(struct txn *t, const char *nid, struct peer *ret)
{
	char url[ORIGIN_TEXT];
	int err = nid_url(t, nid, url);

	return err == OK ? peer_get(t, url, ret) : err;
}

int peer_next(struct txn *t, const char *after, struct peer *ret)
{
	char start[ORIGIN_TEXT + 1];
	struct walk *w;
	struct view k, v;
	json_t *doc;
	size_t len = strlen(after);
	int err;

	if (len >= ORIGIN_TEXT)
		return ERR_NOTFOUND;
	/* The first key behind a text is that text and a NUL. */
	memcpy(start, after, len + 1);
	err = walk_open(t, TABLE_PEER, len ? start : "http", len ? len + 1 : 4, false, "http", 4, &w);
	if (err != OK)
		return err;
	err = walk_next(w, &k, &v);
	if (err == OK)
		err = stored_read(v, &doc);
	if (err == OK) {
		peer_read(doc, ret);
		json_decref(doc);
	}
	walk_close(w);
	return err;
}

/* https to a name or address of this machine: as forbidden to a public node as http is. */
static int is_loopback_https(const char *url)
{
	char http[ORIGIN_TEXT] = "http";

	if (strncmp(url, "https:", 6) != 0 || strlen(url) >= sizeof(http))
		return 0;
	strcpy(http + 4, url + 5);
	return origin_is_loopback_http(http);
}

int peer_url_check(const struct node *n, const char *url, struct fault *fault)
{
	int local = origin_is_loopback_http(n->conf.url);
	int err = origin_check(url, 1, fault);

	if (err != OK)
		return err;
	if (!local && (strncmp(url, "http:", 5) == 0 || is_loopback_https(url)))
		return fault_set(fault, ERR_DENIED, "/url",
				 "Only addresses that start with https:// can be peers of this node.",
				 NULL);
	if (local && strncmp(url, "http:", 5) == 0 && !origin_is_loopback_http(url))
		return fault_set(fault, ERR_DENIED, "/url",
				 "Without https:// only addresses of this machine can be peers.",
				 NULL);
	return OK;
}

static int url_arg(const json_t *args, const char **ret, struct fault *fault)
{
	return arg_text(args, "url", ORIGIN_TEXT, 0, ret, fault);
}

static int no_peer(int err, const char *what, struct fault *fault)
{
	if (err != ERR_NOTFOUND)
		return err;
	return fault_set(fault, err, "/url", "%s is not a peer.", what);
}

static int peer_save(struct txn *t, const char *url, json_t *doc)
{
	return stored_put(t, TABLE_PEER, url, strlen(url), doc);
}

/* Peers; TABLE_PEER holds the keys of identities as well. */
static int peer_count(struct txn *t, size_t *ret_n)
{
	struct walk *w;
	struct view k, v;
	int err = walk_open(t, TABLE_PEER, "http", 4, false, "http", 4, &w);

	*ret_n = 0;
	if (err != OK)
		return err;
	while ((err = walk_next(w, &k, &v)) == OK)
		++*ret_n;
	walk_close(w);
	return err == ERR_NOTFOUND ? OK : err;
}

int peer_add(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	     struct fault *fault)
{
	const char *url, *nid;
	char other[ORIGIN_TEXT];
	size_t peers;
	json_t *doc;
	int err = url_arg(in->args, &url, fault);

	if (err == OK)
		err = arg_text(in->args, "nid", NID_TEXT, 1, &nid, fault);
	if (err == OK)
		err = peer_url_check(n, url, fault);
	if (err != OK)
		return err;
	if (strcmp(url, n->identity.origin) == 0 || (nid && strcmp(nid, n->identity.nid) == 0))
		return fault_set(fault, ERR_DENIED, "/url", "This is this node's own address.",
				 NULL);
	err = peer_load(t, url, &doc);
	if (err == OK) {	/* adding twice is no mistake */
		json_decref(doc);
		*ret_out = json_pack("{s:s, s:b}", "peer", url, "added", 0);
		return OK;
	}
	if (err != ERR_NOTFOUND)
		return err;
	if (nid && nid_url(t, nid, other) == OK)
		return fault_set(fault, ERR_EXISTS, "/nid", "This node is a peer already, at %s.",
				 other);
	err = peer_count(t, &peers);
	if (err != OK)
		return err;
	if (peers >= PEER_MAX)
		return fault_set(fault, ERR_LIMIT, "", "This node has no room for more peers.",
				 NULL);
	err = peer_save(t, url, json_pack("{s:s, s:I}", "url", url, "added", (json_int_t)in->now));
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:s}", "peer", url));
	if (err == OK)
		*ret_out = json_pack("{s:s, s:b}", "peer", url, "added", 1);
	return err;
}

/* Which nid answers at a peer's URL, and may it. */
static int identify_check(struct node *n, struct txn *t, const struct peer *p,
			  const struct identity *id, struct fault *fault)
{
	char other[ORIGIN_TEXT];

	if (strcmp(id->origin, p->url) != 0)
		return fault_set(fault, ERR_CONFLICT, "/operations",
				 "This node says that its address is %s.", id->origin);
	if (strcmp(id->nid, n->identity.nid) == 0)
		return fault_set(fault, ERR_CONFLICT, "/operations",
				 "This address answers with this node's own identity.", NULL);
	if (*p->nid && strcmp(p->nid, id->nid) != 0)
		return fault_set(fault, ERR_CONFLICT, "/operations",
				 "Another node answers at this address than before: %s. Remove the "
				 "peer and add it again if that is right.",
				 id->nid);
	if (nid_url(t, id->nid, other) == OK && strcmp(other, p->url) != 0)
		return fault_set(fault, ERR_EXISTS, "/operations",
				 "This node is a peer already, at %s.", other);
	return OK;
}

int peer_identify(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		  struct fault *fault)
{
	json_t *operations = json_object_get(in->args, "operations");
	struct verb_input origin = *in;
	struct identity id;
	struct peer p;
	const char *url, *name;
	json_t *doc = NULL, *added = NULL;
	int err = url_arg(in->args, &url, fault);

	if (err == OK)
		err = arg_text(in->args, "name", 128, 1, &name, fault);
	if (err == OK)
		err = identity_read(operations, &id, fault);
	if (err != OK)
		return err;
	err = peer_load(t, url, &doc);
	if (err != OK)
		return no_peer(err, url, fault);
	peer_read(doc, &p);
	err = identify_check(n, t, &p, &id, fault);
	if (err != OK)
		goto out;
	/* The origin is told apart from the peer: it stays when the peer goes. */
	origin.prepared = NULL;
	origin.args = json_pack("{s:O, s:b}", "operations", operations, "confirmed", 1);
	if (origin.args && name)
		json_object_set_new(origin.args, "name", json_string(name));
	err = origin.args ? origin_add(n, t, &origin, &added, fault) : ERR_NOMEM;
	json_decref(origin.args);
	json_decref(added);
	if (err != OK)
		goto out;
	if (!*p.nid) {
		json_object_set_new(doc, "nid", json_string(id.nid));
		err = txn_put(t, TABLE_PEER, id.nid, strlen(id.nid), url, strlen(url));
		if (err == OK)
			err = peer_save(t, url, json_incref(doc));
		if (err == OK)
			err = audit_write(t, in, json_pack("{s:s, s:s}", "peer", url, "nid", id.nid));
	}
	if (err == OK)
		*ret_out = json_pack("{s:s}", "nid", id.nid);
out:
	json_decref(doc);
	return err;
}

int peer_state(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	       struct fault *fault)
{
	static const char *const numbers[] = {"last_ok", "last_try", "failures", "next_try",
					      "offset"};
	const char *url, *error;
	json_t *doc;
	int err = url_arg(in->args, &url, fault);

	if (err == OK)
		err = arg_text(in->args, "error", 4096, 1, &error, fault);
	if (err != OK)
		return err;
	err = peer_load(t, url, &doc);
	if (err != OK)
		return no_peer(err, url, fault);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *v = json_object_get(in->args, numbers[i]);

		if (json_is_integer(v))
			json_object_set(doc, numbers[i], v);
	}
	if (error) {
		size_t len = strnlen(error, PEER_ERROR - 1);

		while (len > 0 && ((unsigned char)error[len] & 0xc0) == 0x80)
			len--;	/* not amid a character */
		json_object_set_new(doc, "error", json_stringn(error, len));
	}
	return peer_save(t, url, doc);
}

/* The peer an argument names, by url or by nid. */
static int peer_named(struct txn *t, const json_t *args, char url[ORIGIN_TEXT], json_t **ret_doc,
		      struct fault *fault)
{
	const char *given, *nid;
	int err = arg_text(args, "nid", NID_TEXT, 1, &nid, fault);

	if (err == OK)
		err = arg_text(args, "url", ORIGIN_TEXT, nid != NULL, &given, fault);
	if (err != OK)
		return err;
	if (given)
		strcpy(url, given);
	else
		err = nid_url(t, nid, url);
	if (err == OK)
		err = peer_load(t, url, ret_doc);
	return err == OK ? OK : no_peer(err, given ? given : nid, fault);
}

int peer_block(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
	       struct fault *fault)
{
	const json_t *blocked = json_object_get(in->args, "blocked");
	char url[ORIGIN_TEXT];
	json_t *doc;
	int err;

	if (!json_is_boolean(blocked))
		return fault_set(fault, ERR_INVALID, "/blocked", "This must be true or false.", NULL);
	err = peer_named(t, in->args, url, &doc, fault);
	if (err != OK)
		return err;
	json_object_set_new(doc, "blocked", json_boolean(json_is_true(blocked)));
	err = peer_save(t, url, doc);
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:s, s:b}", "peer", url, "blocked",
						   json_is_true(blocked)));
	return err;
}

int peer_remove(struct node *n, struct txn *t, const struct verb_input *in, json_t **ret_out,
		struct fault *fault)
{
	char url[ORIGIN_TEXT];
	const char *nid;
	json_t *doc;
	int err = peer_named(t, in->args, url, &doc, fault);

	if (err != OK)
		return err;
	nid = json_string_value(json_object_get(doc, "nid"));
	if (nid)
		err = txn_del(t, TABLE_PEER, nid, strlen(nid));
	json_decref(doc);
	if (err == OK || err == ERR_NOTFOUND)
		err = txn_del(t, TABLE_PEER, url, strlen(url));
	if (err == OK)
		err = audit_write(t, in, json_pack("{s:s}", "peer", url));
	return err;
}
