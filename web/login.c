/* Signing in and out, invitations, and one's own page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "node/auth/password.h"
#include "node/domain/owner.h"
#include "web/forms.h"
#include "web/handlers.h"
#include "web/list.h"

/*
 * Only a path of this site: "//host" and "/\host" would lead elsewhere, and so would "/<tab>/host", since
 * browsers drop tabs and line ends wherever they stand in an address (WHATWG URL, basic parser).
 */
static const char *safe_next(const char *next)
{
	if (!next || next[0] != '/' || next[1] == '/' || next[1] == '\\')
		return NULL;
	for (const unsigned char *c = (const unsigned char *)next; *c; c++)
		if (*c <= ' ' || *c == 0x7f)
			return NULL;
	return next;
}

static int login_page(struct page *p, const struct fault *fault)
{
	json_t *v = json_object(), *email, *password;
	const char *next = request_form(p->rq, "next");
	email = form_field(p, "email", T(p, "E-mail"), NULL, "is_email", request_form(p->rq, "email"), fault);
	view_str(email, "autocomplete", "username");
	view_take(email, "required", json_true());
	password = form_field(p, "password", T(p, "Password"), NULL, "is_password", NULL, fault);
	view_str(password, "autocomplete", "current-password");
	view_take(password, "required", json_true());
	view_str(v, "title", T(p, "Sign in"));
	json_t *fields = json_pack("[o, o]", email, password);
	view_take(v, "errors", form_errors(p, fault, fields));
	view_str(v, "next", safe_next(next ? next : request_query(p->rq, "next")));
	view_take(v, "fields", fields);
	view_str(v, "csrf", page_csrf(p));
	return page_html(p, fault ? (fault->code == ERR_BUSY ? 503 : 422) : 200, "login", v);
}

int handle_login(struct request *rq)
{
	struct page *p = page_of(rq);
	if (p->session.account.account)
		return reply_redirect(rq, 303, "/me");
	return login_page(p, NULL);
}

struct login {
	uint32_t account;
	char token[TOKEN_TEXT];
	const char *next;
	const char *password;	/* the stored string that was verified; NULL: none was */
};

static void set_session(struct page *p, const char *token)
{
	char cookie[SESSION_COOKIE];
	session_cookie(p->node, 0, token, token ? SESSION_DAYS * 86400L : 0, cookie);
	reply_header(p->rq, "Set-Cookie", cookie);
	session_cookie(p->node, 1, NULL, 0, cookie);
	reply_header(p->rq, "Set-Cookie", cookie);
}

static int login_opened(struct page *p, struct verb_result *result, void *arg)
{
	struct login *l = arg;
	if (result->err)
		return page_fault(p, &result->fault);
	set_session(p, l->token);
	return reply_redirect(p->rq, 303, l->next ? l->next : "/?done=in");
}

static int open_session(struct page *p, struct login *l)
{
	char hash[TOKEN_HASH_TEXT];
	token_make(l->token);
	token_hash_text(l->token, hash);
	json_t *args = json_pack("{s:I, s:s, s:I}", "account", (json_int_t)l->account, "token_hash", hash, "expires",
				 (json_int_t)(request_now(p->rq) + SESSION_DAYS * 86400L));
	/* Whoever changes the password while another is verified must not find that session open afterwards. */
	view_str(args, "password", l->password);
	return page_apply(p, "session.open", args, login_opened, l);
}

static int login_checked(struct page *p, int err, const char *hash, void *arg)
{
	struct login *l = arg;
	struct fault fault = {0};
	if (err == ERR_BUSY) {
		fault_set(&fault, ERR_BUSY, "", "Too many people are signing in at this moment. Try again.", NULL);
		return login_page(p, &fault);
	}
	/* One sentence for every reason: whether an address has an account is nobody's business. */
	if (err || !l->account) {
		fault_set(&fault, ERR_DENIED, "/password", "The e-mail or the password is not right.", NULL);
		return login_page(p, &fault);
	}
	return open_session(p, l);
}

int handle_login_post(struct request *rq)
{
	struct page *p = page_of(rq);
	struct account a;
	const char *email = request_form(rq, "email"), *password = request_form(rq, "password");
	struct login *l = talloc_zero(request_mem(rq), struct login);
	struct txn *t = page_txn(p);
	if (!t || !l)
		return page_error(p, ERR_BUSY);
	l->next = safe_next(request_form(rq, "next"));
	bool known = email && account_by_email(t, email, &a) == OK && !a.disabled && a.password[0];
	l->account = known ? a.account : 0;
	l->password = known ? talloc_strdup(l, a.password) : NULL;
	return page_password_verify(p, password ? password : "", known ? a.password : NULL, login_checked, l);
}

static int logged_out(struct page *p, struct verb_result *result, void *arg)
{
	if (result->err && result->err != ERR_NOTFOUND)
		return page_fault(p, &result->fault);
	set_session(p, NULL);
	return reply_redirect(p->rq, 303, "/?done=out");
}

int handle_logout(struct request *rq)
{
	struct page *p = page_of(rq);
	char hash[TOKEN_HASH_TEXT];
	token_hash_text(p->session.token, hash);
	return page_apply(p, "session.close", json_pack("{s:s}", "token_hash", hash), logged_out, NULL);
}

/* ---- invitations ---- */

static int join_page(struct page *p, const char *token, enum role role, const struct fault *fault)
{
	json_t *v = json_object(), *name, *email, *password;
	char site[200] = "";
	if (page_txn(p))
		setting_get(p->txn, "name", site, sizeof site);
	name = form_field(p, "name", T(p, "Name"), T(p, "As others will see it."), "is_text", request_form(p->rq, "name"), fault);
	view_str(name, "autocomplete", "name");
	view_take(name, "max", json_integer(ACCOUNT_NAME - 1));
	email = form_field(p, "email", T(p, "E-mail"), T(p, "To sign in. It is never published."), "is_email",
			   request_form(p->rq, "email"), fault);
	view_str(email, "autocomplete", "username");
	password = form_field(p, "password", T(p, "Password"), T(p, "At least ten characters; a few unrelated words do well."),
			      "is_password", NULL, fault);
	view_str(password, "autocomplete", "new-password");
	json_t *fields = json_pack("[o, o, o]", name, email, password), *field;
	size_t i;
	json_array_foreach(fields, i, field)
		view_take(field, "required", json_true());
	view_str(v, "title", page_fill(p, T(p, "Join %s"), site, NULL));
	view_str(v, "welcome", role == ROLE_ADMIN ? T(p, "This link opens the account of an administrator of this site.")
			     : role == ROLE_ANIMATOR ? T(p, "You are invited to animate this site.")
						     : T(p, "You are invited to become a member of this site."));
	view_str(v, "token", token);
	view_take(v, "errors", form_errors(p, fault, fields));
	view_take(v, "fields", fields);
	view_str(v, "csrf", page_csrf(p));
	return page_html(p, fault ? 422 : 200, "join", v);
}

/* Without an invitation: how to get one. */
static int how_to_join(struct page *p)
{
	json_t *v = json_object();
	view_str(v, "title", T(p, "How to join"));
	view_str(v, "html", page_fmt(p, "<p>%s</p><p>%s</p><p>%s</p>",
		T(p, "Everything published here can be read without an account."),
		T(p, "An account lets you announce events, present your organisation and your projects, and publish calls. It is opened by an invitation link, which the team of this site gives to people it knows or has met."),
		T(p, "Write to the team and say who you are and what you would like to do. If you have received a link, open it: it leads here, to the form.")));
	view_take(v, "missing", json_pack("{s:s, s:s, s:s}", "text", T(p, "No invitation yet?"), "href", "/contact",
					  "label", T(p, "Write to the team of this site")));
	return page_html(p, 200, "text", v);
}

static int invite_role(struct page *p, const char *token, enum role *ret_role)
{
	uint8_t hash[32];
	struct txn *t = page_txn(p);
	if (!t)
		return ERR_BUSY;
	if (token_hash(token, hash) != OK)
		return ERR_NOTFOUND;
	return invite_find(t, hash, request_now(p->rq), ret_role);
}

static int bad_invitation(struct page *p, int err)
{
	struct fault fault = {0};
	fault_set(&fault, err == ERR_EXPIRED ? ERR_EXPIRED : ERR_NOTFOUND, "",
		  "This invitation was already used, or its time has passed. Ask for another one.", NULL);
	return err == ERR_BUSY ? page_error(p, err) : page_fault(p, &fault);
}

int handle_join(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *token = request_param(rq, "token");
	enum role role;
	if (!token)
		token = request_query(rq, "token");
	if (!token)
		return how_to_join(p);
	int err = invite_role(p, token, &role);
	return err ? bad_invitation(p, err) : join_page(p, token, role, NULL);
}

struct joining {
	const char *token, *email, *name;
	enum role role;
	struct login login;
};

static int joined(struct page *p, struct verb_result *result, void *arg)
{
	struct joining *j = arg;
	if (result->err == ERR_INVALID || result->err == ERR_EXISTS || result->err == ERR_CONFLICT)
		return join_page(p, j->token, j->role, &result->fault);
	if (result->err)
		return page_fault(p, &result->fault);
	set_session(p, j->login.token);
	return reply_redirect(p->rq, 303, "/me?done=joined");
}

static int join_hashed(struct page *p, int err, const char *hash, void *arg)
{
	struct joining *j = arg;
	char invite[TOKEN_HASH_TEXT], session[TOKEN_HASH_TEXT];
	if (err)
		return page_error(p, err);
	token_make(j->login.token);
	token_hash_text(j->login.token, session);
	token_hash_text(j->token, invite);
	return page_apply(p, "invite.use",
			  json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:I}}", "token_hash", invite, "email", j->email,
				    "name", j->name, "password", hash, "session", "token_hash", session, "expires",
				    (json_int_t)(request_now(p->rq) + SESSION_DAYS * 86400L)), joined, j);
}

int handle_join_post(struct request *rq)
{
	struct page *p = page_of(rq);
	struct fault fault = {0};
	struct joining *j = talloc_zero(request_mem(rq), struct joining);
	const char *password = request_form(rq, "password");
	if (!j)
		return page_error(p, ERR_NOMEM);
	j->token = request_form(rq, "token");
	j->email = request_form(rq, "email") ? request_form(rq, "email") : "";
	j->name = request_form(rq, "name") ? request_form(rq, "name") : "";
	int err = invite_role(p, j->token ? j->token : "", &j->role);
	if (err)
		return bad_invitation(p, err);
	if (password_check(password ? password : "", &fault) != OK)
		return join_page(p, j->token, j->role, &fault);
	return page_password_hash(p, password, join_hashed, j);
}

/* ---- one's own page ---- */

enum { ME_ENTRIES = 100 };

static json_t *own_entries(struct page *p)
{
	json_t *items = json_array();
	uint32_t objects[ME_ENTRIES];
	size_t n;
	struct record r;
	if (owner_objects(p->txn, p->session.account.account, objects, ME_ENTRIES, &n) != OK) {
		json_decref(items);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (record_get(p->txn, objects[i], &r) == OK && r.row.len)
			json_array_append_new(items, list_item(p, r.row));
	return items;
}

static int me_page(struct page *p, const struct fault *fault)
{
	size_t n;
	const struct record_type *const *types = schema_types(&n);
	json_t *v = json_object(), *create = json_array(), *zone, *old, *new;
	if (!page_txn(p))
		return page_error(p, ERR_BUSY);
	json_t *entries = own_entries(p);
	if (!entries) {
		json_decref(v);
		json_decref(create);
		return page_error(p, ERR_IO);
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(create, view_link(page_fmt(p, "/new/%s", types[i]->name), T(p, types[i]->label)));
	zone = form_field(p, "zone", T(p, "Time zone in which dates are shown to you"), NULL, "is_select", NULL, fault);
	form_zones(p, zone, p->zone_name);
	view_take(zone, "required", json_true());
	old = form_field(p, "old", T(p, "Current password"), T(p, "Only to change it."), "is_password", NULL, fault);
	view_str(old, "autocomplete", "current-password");
	new = form_field(p, "password", T(p, "New password"), T(p, "At least ten characters; a few unrelated words do well."),
			 "is_password", NULL, fault);
	view_str(new, "autocomplete", "new-password");
	view_str(v, "title", p->session.account.name);
	view_str(v, "email", p->session.account.email);
	view_str(v, "role_label", page_role(p, p->session.account.role));
	view_take(v, "entries", entries);
	view_take(v, "create", create);
	json_t *fields = json_pack("[o, o, o]", zone, old, new);
	view_take(v, "errors", form_errors(p, fault, fields));
	view_take(v, "settings", json_pack("{s:s, s:o}", "action", "/me", "fields", fields));
	return page_html(p, fault ? 422 : 200, "me", v);
}

int handle_me(struct request *rq)
{
	return me_page(page_of(rq), NULL);
}

/* A new password ends every session; whoever chose it gets a new one. */
static int password_saved(struct page *p, struct verb_result *result, void *arg)
{
	struct login *l = talloc_zero(request_mem(p->rq), struct login);
	if (result->err || !l)
		return result->err ? page_fault(p, &result->fault) : page_error(p, ERR_NOMEM);
	l->account = p->session.account.account;
	l->next = "/me?done=saved";
	return open_session(p, l);
}

static int password_hashed(struct page *p, int err, const char *hash, void *arg)
{
	if (err)
		return page_error(p, err);
	return page_apply(p, "account.set",
			  json_pack("{s:I, s:s}", "account", (json_int_t)p->session.account.account, "password", hash),
			  password_saved, NULL);
}

static int old_checked(struct page *p, int err, const char *hash, void *arg)
{
	struct fault fault = {0};
	if (err == ERR_BUSY)
		return page_error(p, err);
	if (err) {
		fault_set(&fault, ERR_DENIED, "/old", "This is not your current password.", NULL);
		return me_page(p, &fault);
	}
	return page_password_hash(p, request_form(p->rq, "password"), password_hashed, NULL);
}

int handle_me_post(struct request *rq)
{
	struct page *p = page_of(rq);
	struct fault fault = {0};
	const char *zone = request_form(rq, "zone"), *password = request_form(rq, "password"), *old = request_form(rq, "old");
	if (zone && zone_get(p->node->zones, zone))
		reply_header(rq, "Set-Cookie", page_fmt(p, "maillage_zone=%s; Path=/; Max-Age=31536000; SameSite=Lax", zone));
	if (!password || !password[0])
		return reply_redirect(rq, 303, "/me?done=saved");
	if (password_check(password, &fault) != OK)
		return me_page(p, &fault);
	return page_password_verify(p, old ? old : "", p->session.account.password, old_checked, NULL);
}

int handle_language(struct request *rq)
{
	struct page *p = page_of(rq);
	const char *lang = request_param(rq, "lang"), *back = safe_next(request_query(rq, "back"));
	if (strcmp(lang, "fr") && strcmp(lang, "en"))
		return page_error(p, ERR_NOTFOUND);
	reply_header(rq, "Set-Cookie", page_fmt(p, "maillage_lang=%s; Path=/; Max-Age=31536000; SameSite=Lax", lang));
	return reply_redirect(rq, 303, back ? back : "/");
}
