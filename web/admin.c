/* Administration: settings, accounts, invitations, peers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "node/domain/peer.h"
#include "protocol/base/codec.h"
#include "web/accent.h"
#include "web/forms.h"
#include "web/handlers.h"

enum { ADMIN_ACCOUNTS = 500, ADMIN_PEERS = 500, ADMIN_INVITATIONS = 200, SETTING_BYTES = 32 * 1024 + 1 };

/* The settings form: name, label, help, widget. */
static const struct setting {
	const char *name, *label, *help, *widget;
} settings[] = {
	{"name", N_("Name of this site"), N_("The territory or organisation it stands for."), "is_text"},
	{"tagline", N_("A few words under the name"), NULL, "is_text"},
	{"place", N_("Where it is"), N_("Shown beside the name: a department, an island."), "is_text"},
	{"intro", N_("First sentence of the home page"), N_("Whose site this is, and for whom."), "is_text"},
	{"accent", N_("Accent colour"), N_("As #0c5b60. It is refused if text in it would be hard to read."), "is_text"},
	{"contact", N_("Contact"), N_("How to reach the team: address, telephone, hours. Markdown."), "is_long"},
	{"legal", N_("Legal notice"), N_("Publisher, director of publication, host. Markdown."), "is_long"},
	{"privacy", N_("Personal data"), N_("What is kept, why, how long, whom to ask. Markdown."), "is_long"},
	{"source", N_("Source code"), N_("Where to find the very version this site runs, if it was changed. Markdown."), "is_long"},
	{"accessibility", N_("Accessibility"), N_("As found by an audit of this site."), "is_select"},
	{"accessibility_text", N_("Accessibility statement"), N_("State, what does not work yet, how to report it. Markdown."), "is_long"},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static json_t *settings_view(struct page *p, const struct fault *fault)
{
	json_t *fields = json_array();
	char *value = talloc_size(request_mem(p->rq), SETTING_BYTES);
	for (size_t i = 0; value && i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *posted = fault ? request_form(p->rq, s->name) : NULL;
		setting_get(p->txn, s->name, value, SETTING_BYTES);
		json_t *f = form_field(p, s->name, T(p, s->label), s->help ? T(p, s->help) : NULL, s->widget,
				       posted ? posted : value, fault);
		view_take(f, "required", json_boolean(strcmp(s->name, "name") == 0));
		if (strcmp(s->name, "accessibility") == 0) {
			const char *now = posted ? posted : value;
			form_option(f, "none", T(p, "Not compliant"), strcmp(now, "none") == 0);
			form_option(f, "partial", T(p, "Partially compliant"), strcmp(now, "partial") == 0);
			form_option(f, "full", T(p, "Fully compliant"), strcmp(now, "full") == 0);
		}
		json_array_append_new(fields, f);
	}
	return json_pack("{s:s, s:o}", "action", "/admin/settings", "fields", fields);
}

static void role_options(struct page *p, json_t *field, enum role chosen)
{
	form_option(field, "member", T(p, "Member"), chosen == ROLE_MEMBER);
	form_option(field, "animator", T(p, "Animator"), chosen == ROLE_ANIMATOR);
	form_option(field, "admin", T(p, "Administrator"), chosen == ROLE_ADMIN);
}

static json_t *accounts_view(struct page *p)
{
	json_t *list = json_array();
	struct account a;
	for (uint32_t at = 0; json_array_size(list) < ADMIN_ACCOUNTS && account_next(p->txn, at, &a) == OK; at = a.account) {
		json_t *v = json_object(), *roles = json_object();
		role_options(p, roles, a.disabled ? ROLE_NONE : a.role);
		form_option(roles, "closed", T(p, "Closed: cannot sign in"), a.disabled);
		view_str(v, "id", page_fmt(p, "%u", a.account));
		view_str(v, "name", a.name);
		view_str(v, "email", a.email);
		view_str(v, "action", page_fmt(p, "/admin/role?account=%u", a.account));
		view_take(v, "roles", json_incref(json_object_get(roles, "options")));
		json_decref(roles);
		json_array_append_new(list, v);
	}
	return list;
}

static json_t *open_invitations(struct page *p)
{
	json_t *items = json_array();
	struct invite invite;
	uint8_t at[32], *after = NULL;
	char hash[TOKEN_HASH_TEXT];
	while (json_array_size(items) < ADMIN_INVITATIONS && invite_next(p->txn, after, &invite) == OK) {
		memcpy(at, invite.hash, sizeof at);
		after = at;
		if (invite.expires <= request_now(p->rq))
			continue;
		hex_encode(invite.hash, sizeof invite.hash, hash);
		json_t *item = json_object();
		view_str(item, "label", page_role(p, invite.role));
		view_str(item, "expires", page_day(p, invite.expires));
		view_str(item, "action", page_fmt(p, "/admin/withdraw?invitation=%s", hash));
		json_array_append_new(items, item);
	}
	return items;
}

static json_t *invitations_view(struct page *p, const char *link)
{
	json_t *v = json_object();
	json_t *role = form_field(p, "role", T(p, "Role"), NULL, "is_select", NULL, NULL);
	role_options(p, role, ROLE_MEMBER);
	view_take(role, "required", json_true());
	view_str(v, "action", "/admin/invite");
	view_take(v, "fields", json_pack("[o]", role));
	view_take(v, "items", open_invitations(p));
	if (link)
		view_take(v, "link", json_pack("{s:s, s:s}", "href", link, "note",
					       T(p, "Copy this link now: it is shown only once, and can be used once, within 14 days.")));
	return v;
}

static const char *peer_state_label(struct page *p, const struct peer *peer)
{
	if (peer->blocked)
		return T(p, "blocked");
	if (peer->failures)
		return page_fill(p, T(p, "does not answer: %s"), peer->error, NULL);
	return peer->last_ok ? page_fill(p, T(p, "last answered on %s"), page_day(p, peer->last_ok), NULL) : T(p, "not reached yet");
}

static json_t *peers_view(struct page *p, const struct fault *fault)
{
	json_t *v = json_object(), *items = json_array();
	struct peer peer = {.url = ""};
	for (size_t n = 0; n < ADMIN_PEERS && peer_next(p->txn, peer.url, &peer) == OK; n++) {
		struct origin o;
		const char *host = strstr(peer.url, "://");
		bool known = peer.nid[0] && origin_by_nid(p->txn, peer.nid, &o) == OK && o.name[0];
		json_t *item = json_object();
		view_str(item, "name", known ? o.name : peer.url);
		view_str(item, "href", peer.url);
		view_str(item, "host", host ? host + 3 : peer.url);
		view_str(item, "state", peer_state_label(p, &peer));
		view_str(item, "action", page_fmt(p, "/admin/unpeer?url=%s", peer.url));
		json_array_append_new(items, item);
	}
	json_t *url = form_field(p, "url", T(p, "Address of their site"), T(p, "The full address, starting with https://."), "is_url",
				 fault ? request_form(p->rq, "url") : NULL, fault);
	view_take(url, "required", json_true());
	view_str(v, "action", "/admin/peer");
	view_take(v, "fields", json_pack("[o]", url));
	view_take(v, "items", items);
	return v;
}

static int admin_page(struct page *p, const struct fault *fault, const char *link)
{
	json_t *v = json_object();
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	view_str(v, "title", T(p, "Administration"));
	const char *about = fault && strcmp(fault->pointer, "/url") == 0 ? "peers" : "settings";
	view_take(v, "settings", settings_view(p, fault));
	view_take(v, "accounts", accounts_view(p));
	view_take(v, "invitations", invitations_view(p, link));
	view_take(v, "peers", peers_view(p, fault));
	view_take(v, "errors", form_errors(p, fault, json_object_get(json_object_get(v, about), "fields")));
	return page_html(p, fault ? 422 : 200, "admin", v);
}

int handle_admin(struct request *rq)
{
	return admin_page(page_of(rq), NULL, NULL);
}

/* After any of the forms below; arg is the word for the flash. */
static int admin_done(struct page *p, struct verb_result *result, void *arg)
{
	if (result->err == ERR_INVALID || result->err == ERR_EXISTS || result->err == ERR_LIMIT ||
	    result->err == ERR_CONFLICT || result->err == ERR_DENIED)
		return admin_page(p, &result->fault, NULL);
	if (result->err)
		return page_fault(p, &result->fault);
	return reply_redirect(p->rq, 303, page_fmt(p, "/admin?done=%s", (const char *)arg));
}

int handle_admin_settings(struct request *rq)
{
	struct page *p = page_of(rq);
	struct fault fault = {0};
	json_t *values = json_object();
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = request_form(rq, settings[i].name);
		if (value)
			json_object_set_new(values, settings[i].name, json_string(value));
	}
	const char *accent = json_string_value(json_object_get(values, "accent"));
	if (accent && accent[0] && accent_check(accent, &fault) != OK) {
		json_decref(values);
		return admin_page(p, &fault, NULL);
	}
	return page_apply(p, "setting.set", json_pack("{s:o}", "values", values), admin_done, (void *)"saved");
}

int handle_admin_role(struct request *rq)
{
	struct page *p = page_of(rq);
	struct fault fault = {0};
	const char *account = request_query(rq, "account"), *role = request_form(rq, "role");
	enum role parsed = ROLE_NONE;
	bool closed = role && strcmp(role, "closed") == 0;
	if (!account || !role || (!closed && role_parse(role, &parsed) != OK))
		return page_error(p, ERR_INVALID);
	long number = strtol(account, NULL, 10);
	/* Nobody locks the door from outside. */
	if (number == (long)p->session.account.account && (closed || parsed != ROLE_ADMIN)) {
		fault_set(&fault, ERR_INVALID, "", "You cannot take away your own role: ask another administrator.", NULL);
		return admin_page(p, &fault, NULL);
	}
	json_t *args = closed ? json_pack("{s:I, s:b}", "account", (json_int_t)number, "disabled", 1)
			      : json_pack("{s:I, s:s, s:b}", "account", (json_int_t)number, "role", role_name(parsed),
					  "disabled", 0);
	return page_apply(p, "account.set", args, admin_done, (void *)"role");
}

static int invited(struct page *p, struct verb_result *result, void *arg)
{
	if (result->err)
		return page_fault(p, &result->fault);
	return admin_page(p, NULL, page_fmt(p, "%s/join/%s", p->node->identity.origin, (const char *)arg));
}

int handle_admin_invite(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *role = request_form(rq, "role");
	enum role parsed = ROLE_NONE;
	char hash[TOKEN_HASH_TEXT], *token = talloc_size(request_mem(rq), TOKEN_TEXT);
	if (!token || !role || role_parse(role, &parsed) != OK)
		return page_error(p, ERR_INVALID);
	token_make(token);
	token_hash_text(token, hash);
	return page_apply(p, "invite.make",
			  json_pack("{s:s, s:s, s:I}", "token_hash", hash, "role", role_name(parsed), "expires",
				    (json_int_t)(request_now(rq) + INVITE_DAYS * 86400L)), invited, token);
}

int handle_admin_withdraw(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *hash = request_query(rq, "invitation");
	return page_apply(p, "invite.cancel", json_pack("{s:s}", "token_hash", hash ? hash : ""), admin_done, (void *)"withdrawn");
}

int handle_admin_peer(struct request *rq)
{
	struct page *p = page_of(rq);
	struct fault fault = {0};
	char *url = page_fmt(p, "%s", request_form(rq, "url") ? request_form(rq, "url") : "");
	size_t len = strlen(url);
	while (len && (url[len - 1] == '/' || url[len - 1] == ' '))
		url[--len] = '\0';
	if (peer_url_check(p->node, url, &fault) != OK) {
		snprintf(fault.pointer, sizeof fault.pointer, "/url");
		return admin_page(p, &fault, NULL);
	}
	return page_apply(p, "peer.add", json_pack("{s:s}", "url", url), admin_done, (void *)"peer");
}

int handle_admin_unpeer(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *url = request_query(rq, "url");
	return page_apply(p, "peer.remove", json_pack("{s:s}", "url", url ? url : ""), admin_done, (void *)"unpeer");
}
