/* The network: who is there, how fresh, how far behind. */
#include <stdio.h>
#include <string.h>

#include "node/domain/network.h"
#include "node/domain/peer.h"
#include "node/store/set.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "web/handlers.h"

enum { NETWORK_NODES = 1000 };

struct node_state {
	uint64_t objects;
	int64_t behind;		/* changes its head has and this node has not; -1 unknown */
	int64_t confirmed;	/* last time the set equalled its head */
	int64_t head_at;
	struct peer peer;
};

static void read_state(struct page *p, const struct origin *o, struct node_state *s)
{
	struct feed f;
	struct head_set sets[HEAD_TYPES];
	struct view head;
	size_t n = 0;
	memset(s, 0, sizeof *s);
	s->behind = -1;
	if (feed_find(p->txn, o->origin, "public", &f) == OK) {
		if (set_list(p->txn, f.feed, sets, &n) == OK)
			for (size_t i = 0; i < n; i++)
				s->objects += sets[i].count;
		s->confirmed = f.matched_at;
		s->head_at = f.head_at;
		json_t *doc;
		if (feed_head(p->txn, f.feed, &head) == OK &&
		    canon_read((const char *)head.data, head.len, CANON_NATIVE, &doc, NULL) == OK) {
			int64_t rev = json_integer_value(json_object_get(doc, "rev"));
			s->behind = rev > f.rev ? rev - f.rev : 0;
			json_decref(doc);
		}
	}
	peer_by_nid(p->txn, o->identity.nid, &s->peer);
}

static json_t *status_view(struct page *p, const struct origin *o, const struct node_state *s)
{
	const char *label = N_("up to date");
	bool good = true, warm = false;
	if (o->origin == 1) {
		label = N_("this site");
	} else if (s->peer.blocked) {
		label = N_("blocked");
		good = false;
	} else if (s->peer.failures) {
		label = N_("does not answer");
		good = false;
		warm = true;
	} else if (!s->confirmed) {
		label = N_("first copy under way");
		good = false;
	} else if (request_now(p->rq) - s->head_at > HEAD_STALE) {
		label = N_("silent for three days");
		good = false;
		warm = true;
	}
	return json_pack("{s:s, s:b, s:b}", "label", T(p, label), "is_good", good, "is_warm", warm);
}

static json_t *node_view(struct page *p, const struct origin *o)
{
	struct node_state s;
	char iso[TIME_TEXT], name[200] = "", place[200] = "";
	const char *host = strstr(o->identity.origin, "://");
	json_t *v = json_object();
	bool self = o->origin == 1;
	read_state(p, o, &s);
	if (self) {
		setting_get(p->txn, "name", name, sizeof name);
		setting_get(p->txn, "place", place, sizeof place);
	}
	view_str(v, "name", self ? name : o->name[0] ? o->name : o->identity.origin);
	view_str(v, "href", self ? "/" : o->identity.origin);
	view_str(v, "host", host ? host + 3 : o->identity.origin);
	view_str(v, "place", place);
	view_take(v, "is_self", json_boolean(self));
	view_take(v, "status", status_view(p, o, &s));
	view_str(v, "objects", page_number(p, (int64_t)s.objects));
	int64_t contact = self ? request_now(p->rq) : s.peer.last_ok > s.confirmed ? s.peer.last_ok : s.confirmed;
	if (contact) {
		time_format(contact, iso);
		view_str(v, "fresh", page_time(p, contact, p->zone));
		view_str(v, "fresh_iso", iso);
	} else {
		view_str(v, "fresh", T(p, "never yet"));
	}
	view_str(v, "behind", s.behind < 0 ? T(p, "not known yet")
			      : s.behind == 0 ? T(p, "nothing")
			      : page_fill(p, trn(p->cat, "%s change", "%s changes", (unsigned long)s.behind), page_number(p, s.behind), NULL));
	return v;
}

/* Added, and its identity not yet had: it may be down, or the address wrong. */
static json_t *stranger_view(struct page *p, const struct peer *peer)
{
	const char *host = strstr(peer->url, "://");
	json_t *v = json_object();
	view_str(v, "name", peer->url);
	view_str(v, "href", peer->url);
	view_str(v, "host", host ? host + 3 : peer->url);
	view_take(v, "status", json_pack("{s:s, s:b, s:b}", "label", T(p, peer->blocked ? N_("blocked") : N_("not reached yet")),
					 "is_good", 0, "is_warm", !peer->blocked));
	view_str(v, "objects", page_number(p, 0));
	view_str(v, "fresh", T(p, "never yet"));
	view_str(v, "behind", T(p, "not known yet"));
	return v;
}

static json_t *node_json(struct page *p, const struct origin *o)
{
	struct node_state s;
	json_t *v = json_object();
	read_state(p, o, &s);
	view_str(v, "nid", o->identity.nid);
	view_str(v, "url", o->identity.origin);
	view_str(v, "name", o->name);
	view_take(v, "self", json_boolean(o->origin == 1));
	view_take(v, "objects", json_integer((json_int_t)s.objects));
	view_take(v, "behind", s.behind < 0 ? json_null() : json_integer(s.behind));
	view_take(v, "confirmed", json_integer(s.confirmed));
	view_take(v, "head", json_integer(s.head_at));
	view_take(v, "failures", json_integer(s.peer.failures));
	return v;
}

int handle_network(struct request *rq)
{
	struct page *p = page_of(rq);
	bool json = request_format(rq) == FORMAT_JSON;
	json_t *nodes = json_array(), *v = json_object();
	struct origin o;
	struct network network;
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	for (uint32_t at = 0; json_array_size(nodes) < NETWORK_NODES && origin_next(p->txn, at, &o) == OK; at = o.origin)
		json_array_append_new(nodes, json ? node_json(p, &o) : node_view(p, &o));
	struct peer peer = {.url = ""};
	while (!json && json_array_size(nodes) < NETWORK_NODES && peer_next(p->txn, peer.url, &peer) == OK)
		if (!peer.nid[0])
			json_array_append_new(nodes, stranger_view(p, &peer));
	if (json) {
		json_decref(v);
		return reply_json(rq, 200, json_pack("{s:o}", "nodes", nodes));
	}
	uint64_t n = json_array_size(nodes);
	view_str(v, "title", T(p, "Network"));
	view_str(v, "intro", T(p, "Each territory keeps its own site; this is what this one holds of the others, and how fresh it is."));
	if (network_next(p->txn, "", &network) == OK) {
		view_take(v, "charter", view_link(page_fmt(p, "%s.json", page_object_path(p, network.charter)), network.name));
	}
	view_str(v, "total", page_fill(p, trn(p->cat, "%s territory", "%s territories", n), page_number(p, (int64_t)n), NULL));
	view_take(v, "nodes", nodes);
	return page_html(p, 200, "network", v);
}
