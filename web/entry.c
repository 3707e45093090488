/* Creating, changing and deleting the objects of this node. */
#include <talloc.h>
#include <stdlib.h>

#include "protocol/canon.h"
#include "protocol/schema.h"
#include "web/forms.h"
#include "web/handlers.h"

/* A form refused comes back filled in, with the reason on its field. */
static int form_page(struct page *p, const struct record_type *t, const char *key, const json_t *doc, int64_t rev,
		     const struct fault *fault)
{
	json_t *v = json_object();
	const char *label = T(p, t->label);
	view_str(v, "title", page_fill(p, key ? T(p, "Edit: %s") : T(p, "Add: %s"), label, NULL));
	view_take(v, "crumbs", json_pack("[o]", view_link(t->list, T(p, t->plural))));
	view_str(v, "action", key ? page_fmt(p, "/edit/%s", key) : page_fmt(p, "/new/%s", t->name));
	json_t *fields = form_fields(p, t, doc, fault != NULL, fault);
	view_take(v, "errors", form_errors(p, fault, fields));
	if (key) {
		json_t *hidden = form_field(p, "rev", "", NULL, "is_hidden", page_fmt(p, "%lld", (long long)rev), NULL);
		json_array_append_new(fields, hidden);
	}
	view_take(v, "fields", fields);
	view_str(v, "submit_label", key ? T(p, "Save") : T(p, "Publish"));
	view_str(v, "cancel_href", key ? page_fmt(p, "/o/%s", key) : t->list);
	view_str(v, "csrf", page_csrf(p));
	return page_html(p, !fault ? 200 : fault->code == ERR_CONFLICT ? 409 : 422, "form", v);
}

static const struct record_type *type_asked(struct page *p)
{
	return schema_type(request_param(p->rq, "type"));
}

int handle_new(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t = type_asked(p);
	return t ? form_page(p, t, NULL, NULL, 0, NULL) : page_error(p, ERR_NOTFOUND);
}

struct saving {
	const struct record_type *type;
	const char *key;
	int64_t rev;
};

/* After entry.create and entry.update alike. */
static int saved(struct page *p, struct verb_result *result, void *arg)
{
	struct saving *s = arg;
	struct record now;
	/* Told once, saving again is meant: it is checked against what stands now. */
	if (result->err == ERR_CONFLICT && s->key && object_find(p, &now) == OK) {
		s->rev = now.rev;
		fault_set(&result->fault, ERR_CONFLICT, "",
			  "Somebody changed this in the meantime. What you typed is kept below; saving again replaces their change.", NULL);
	}
	if (result->err == ERR_INVALID || result->err == ERR_CONFLICT)
		return form_page(p, s->type, s->key, NULL, s->rev, &result->fault);
	if (result->err)
		return page_fault(p, &result->fault);
	const char *id = json_string_value(json_object_get(result->out, "id"));
	return reply_redirect(p->rq, 303, page_fmt(p, "%s?done=%s", page_object_path(p, id), s->key ? "saved" : "created"));
}

int handle_create(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t = type_asked(p);
	struct fault fault = {0};
	json_t *doc;
	if (!t)
		return page_error(p, ERR_NOTFOUND);
	if (form_read(p, t, NULL, &doc, &fault) != OK)
		return form_page(p, t, NULL, NULL, 0, &fault);
	struct saving *s = talloc_zero(request_mem(rq), struct saving);
	if (!s) {
		json_decref(doc);
		return page_error(p, ERR_NOMEM);
	}
	s->type = t;
	return page_apply(p, "entry.create",
			  json_pack("{s:s, s:o, s:I}", "type", t->name, "fields", doc,
				    "account", (json_int_t)p->session.account.account), saved, s);
}

/* The own object a form is about, and whether this reader may change it. */
static int find_own(struct page *p, struct record *r, const struct record_type **ret_type)
{
	int err = object_find(p, r);
	if (err)
		return err;
	*ret_type = r->row.len ? schema_type(row_get(r->row, ROW_TYPE)) : NULL;
	if (!*ret_type)
		return ERR_NOTFOUND;
	return object_editable(p, r) ? OK : ERR_DENIED;
}

int handle_edit(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t;
	struct record r;
	struct fault fault;
	json_t *doc;
	int err = find_own(p, &r, &t);
	if (!err)
		err = canon_read((const char *)r.json.data, r.json.len, CANON_NATIVE, &doc, &fault);
	if (err)
		return page_error(p, err);
	int ret = form_page(p, t, request_param(rq, "key"), doc, r.rev, NULL);
	json_decref(doc);
	return ret;
}

int handle_update(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t;
	struct record r;
	struct fault fault = {0};
	json_t *doc, *held;
	int err = find_own(p, &r, &t);
	if (err)
		return page_error(p, err);
	const char *rev = request_form(rq, "rev");
	struct saving *s = talloc_zero(request_mem(rq), struct saving);
	if (!s)
		return page_error(p, ERR_NOMEM);
	s->type = t;
	s->key = request_param(rq, "key");
	s->rev = rev ? strtoll(rev, NULL, 10) : 0;
	if (canon_read((const char *)r.json.data, r.json.len, CANON_NATIVE, &held, NULL) != OK)
		return page_error(p, ERR_CORRUPT);
	err = form_read(p, t, held, &doc, &fault);
	json_decref(held);
	if (err)
		return form_page(p, t, s->key, NULL, s->rev, &fault);
	return page_apply(p, "entry.update",
			  json_pack("{s:s, s:I, s:o, s:I}", "id", row_get(r.row, ROW_ID), "rev", (json_int_t)s->rev,
				    "fields", doc, "account", (json_int_t)p->session.account.account), saved, s);
}

int handle_delete(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t;
	struct record r;
	int err = find_own(p, &r, &t);
	if (err)
		return page_error(p, err);
	json_t *v = json_object();
	view_str(v, "title", page_fill(p, T(p, "Delete “%s”?"), row_get(r.row, ROW_TITLE), NULL));
	view_str(v, "text", T(p, "This cannot be undone."));
	view_take(v, "consequences", json_pack("[s, s]",
		T(p, "It disappears here at once, from lists and from the search too."),
		T(p, "The territories that hold a copy are told, and remove theirs.")));
	view_str(v, "action", page_fmt(p, "/delete/%s", request_param(rq, "key")));
	view_str(v, "submit_label", T(p, "Delete"));
	view_str(v, "cancel_href", page_fmt(p, "/o/%s", request_param(rq, "key")));
	view_str(v, "csrf", page_csrf(p));
	return page_html(p, 200, "confirm", v);
}

static int deleted(struct page *p, struct verb_result *result, void *arg)
{
	if (result->err)
		return page_fault(p, &result->fault);
	return reply_redirect(p->rq, 303, page_fmt(p, "%s?done=deleted", (const char *)arg));
}

int handle_delete_post(struct request *rq)
{
	struct page *p = page_of(rq);
	const struct record_type *t;
	struct record r;
	int err = find_own(p, &r, &t);
	if (err)
		return page_error(p, err);
	return page_apply(p, "entry.delete",
			  json_pack("{s:s, s:s, s:I}", "id", row_get(r.row, ROW_ID), "reason", "deleted",
				    "account", (json_int_t)p->session.account.account), deleted, (void *)t->list);
}
