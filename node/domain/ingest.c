#include "node/domain/ingest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/ingest_page.h"
#include "protocol/canon.h"
#include "protocol/limits.h"

/* The proof and its spaces may exceed what is kept; object_verify says so. */
enum { BYTES_MAX = 2 * OBJECT_MAX };

static int page_fault(struct ingest *g, int code, const char *pointer, const char *key,
		      const char *arg)
{
	return fault_set(&g->fault, code, pointer, key, arg);
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* --- shape --- */

static int entry_shape(struct ingest *g, size_t i, int64_t *last)
{
	const json_t *e = json_array_get(g->entries, i), *object, *rev;
	const char *digest;
	char pointer[32];
	int64_t v;

	snprintf(pointer, sizeof(pointer), "/entries/%zu", i);
	object = json_object_get(e, "object");
	rev = json_object_get(e, "rev");
	digest = text(e, "digest");
	if (!json_is_object(e) || json_object_size(e) != 5 || !json_is_integer(rev) ||
	    !text(e, "id") || !text(e, "type") || !digest ||
	    digest_parse(digest, g->items[i].stated) ||
	    !(json_is_object(object) || json_is_null(object)))
		return page_fault(g, ERR_INVALID, pointer,
				  "An entry has rev, id, type, digest and object.", NULL);
	v = json_integer_value(rev);
	if (v <= *last || v > g->head.rev)
		return page_fault(g, ERR_INVALID, pointer,
				  "Revisions ascend from the cursor to the head.", NULL);
	*last = v;
	if (json_is_null(object))
		g->items[i].state = ITEM_WITHHELD;
	return OK;
}

static int head_shape(struct ingest *g, const struct identity *origin)
{
	const json_t *head = json_object_get(g->page, "head");
	int err;

	if (json_is_null(head)) {
		if (g->more && json_array_size(g->entries) == 0)
			return OK;
		return page_fault(g, ERR_INVALID, "/head", "A page without a head has no entries.",
				  NULL);
	}
	g->has_head = true;
	err = head_verify(head, origin, &g->head, &g->fault);
	if (err) {
		snprintf(g->fault.pointer, sizeof(g->fault.pointer), "/head");
		g->fault.code = err;
		if (!g->fault.key)
			g->fault.key = "The head cannot be read.";
		return err;
	}
	if (strcmp(g->head.audience, g->audience) != 0)
		return page_fault(g, ERR_INVALID, "/head", "The head is of another audience: %s.",
				  g->head.audience);
	return OK;
}

static int names_shape(struct ingest *g, const struct identity *origin)
{
	static const char *const members[] = {"origin", "audience", "entries",
					      "next",	"more",	    "head"};
	const json_t *page = g->page;

	if (!json_is_object(page) || json_object_size(page) != 6)
		return page_fault(g, ERR_INVALID, "",
				  "A page has origin, audience, entries, next, more and head.",
				  NULL);
	for (size_t i = 0; i < 6; i++)
		if (!json_object_get(page, members[i]))
			return page_fault(g, ERR_INVALID, "", "The page lacks \"%s\".", members[i]);
	if (!text(page, "origin") || strcmp(text(page, "origin"), origin->nid) != 0)
		return page_fault(g, ERR_INVALID, "/origin", "The page is of another origin.",
				  NULL);
	if (!text(page, "audience") || strcmp(text(page, "audience"), g->audience) != 0)
		return page_fault(g, ERR_INVALID, "/audience", "The page is for another audience.",
				  NULL);
	g->entries = json_object_get(page, "entries");
	if (!json_is_array(g->entries) || json_array_size(g->entries) > FED_FEED)
		return page_fault(g, ERR_INVALID, "/entries", "A page has at most 500 entries.",
				  NULL);
	if (!json_is_boolean(json_object_get(page, "more")))
		return page_fault(g, ERR_INVALID, "/more", "This must be true or false.", NULL);
	g->more = json_is_true(json_object_get(page, "more"));
	return OK;
}

/* `next` continues after the entries, in the head's epoch; without more it is the head itself. */
static int next_shape(struct ingest *g, int64_t last)
{
	const char *next = text(g->page, "next");
	size_t n = json_array_size(g->entries);
	int64_t epoch, rev;

	if (!next || cursor_parse(next, &epoch, &rev))
		return page_fault(g, ERR_INVALID, "/next", "This is no cursor.", NULL);
	if (g->has_head && n && (epoch != g->head.epoch || rev < last || rev > g->head.rev))
		return page_fault(g, ERR_INVALID, "/next",
				  "The cursor does not follow the entries.", NULL);
	if (!g->more && (epoch != g->head.epoch || rev != g->head.rev))
		return page_fault(g, ERR_INVALID, "/next", "The last page ends at the head.", NULL);
	if (g->more && !n && strcmp(next, g->after) != 0 &&
	    !(g->has_head && epoch == g->head.epoch && rev == 0 && !strcmp(g->after, "0.0")))
		return page_fault(g, ERR_INVALID, "/next", "An empty page does not advance.", NULL);
	g->next_epoch = epoch;
	g->next_rev = rev;
	return OK;
}

int ingest_shape(struct ingest *g, const char *after)
{
	int64_t epoch, rev, last;
	size_t n = g->items ? json_array_size(g->entries) : 0;
	int err;

	g->after = after;
	if (g->fault.code)
		return g->fault.code;
	if (cursor_parse(after, &epoch, &rev))
		return page_fault(g, ERR_INVALID, "/after", "This is no cursor.", NULL);
	if (rev && g->has_head && epoch != g->head.epoch)
		return page_fault(g, ERR_EXPIRED, "/after",
				  "The cursor is of another epoch than the head.", NULL);
	last = rev;
	for (size_t i = 0; i < n; i++) {
		err = entry_shape(g, i, &last);
		if (err)
			return err;
	}
	return next_shape(g, last);
}

int ingest_new(json_t *page, const struct identity *origin, const char *audience,
	       struct ingest **ret)
{
	struct ingest *g = calloc(1, sizeof(*g));
	size_t n;

	if (!g)
		return ERR_NOMEM;
	g->page = json_incref(page);
	g->origin = *origin;
	snprintf(g->audience, sizeof(g->audience), "%s", audience);
	if (!names_shape(g, origin) && !head_shape(g, origin)) {
		n = json_array_size(g->entries);
		g->items = calloc(n + 1, sizeof(*g->items));
		if (!g->items) {
			ingest_free(g);
			return ERR_NOMEM;
		}
		g->n_items = n;
	}
	*ret = g;
	return OK;
}

size_t ingest_count(const struct ingest *g)
{
	return g->n_items;
}

void ingest_free(void *arg)
{
	struct ingest *g = arg;

	if (!g)
		return;
	for (size_t i = 0; i < g->n_items; i++) {
		buf_done(&g->items[i].bytes);
		derived_done(&g->items[i].derived);
		free(g->items[i].fault);
	}
	free(g->items);
	json_decref(g->page);
	free(g);
}

/* --- entries --- */

/* What an entry says about its object must be what the object says. */
static int entry_agrees(const json_t *e, const struct ingest_item *item, struct fault *fault)
{
	uint8_t stated[32];

	if (json_integer_value(json_object_get(e, "rev")) != item->env.rev)
		return fault_set(fault, ERR_INVALID, "", "The entry and its object differ in rev.",
				 NULL);
	if (!text(e, "id") || strcmp(text(e, "id"), item->env.id) != 0)
		return fault_set(fault, ERR_INVALID, "", "The entry and its object differ in id.",
				 NULL);
	if (!text(e, "type") || strcmp(text(e, "type"), item->env.type) != 0)
		return fault_set(fault, ERR_INVALID, "", "The entry and its object differ in type.",
				 NULL);
	if (!text(e, "digest") || digest_parse(text(e, "digest"), stated) ||
	    memcmp(stated, item->digest, sizeof(stated)) != 0)
		return fault_set(fault, ERR_SIGNATURE, "",
				 "The entry's digest is not that of its object.", NULL);
	return OK;
}

static int entry_check(struct ingest *g, size_t i, struct text_terms *terms, struct fault *fault)
{
	struct ingest_item *item = &g->items[i];
	const json_t *e = json_array_get(g->entries, i), *object = json_object_get(e, "object");
	int err;

	buf_init(&item->bytes, BYTES_MAX);
	err = object_verify(object, &g->origin, g->audience, &item->env, &item->bytes, item->digest,
			    fault);
	if (!err)
		err = entry_agrees(e, item, fault);
	if (err || item->env.tombstone)
		return err;
	err = derive(object, terms, &item->derived);
	item->shown = !err;
	return err == ERR_NOTFOUND ? OK : err;
}

void ingest_verify(struct ingest *g, size_t from, size_t to, struct text_terms *terms)
{
	for (size_t i = from; i < to && i < g->n_items; i++) {
		struct ingest_item *item = &g->items[i];
		const json_t *e = json_array_get(g->entries, i);
		struct fault fault = {0};

		if (item->state != ITEM_NEW || !json_is_object(json_object_get(e, "object")))
			continue;
		item->err = entry_check(g, i, terms, &fault);
		item->state = item->err ? ITEM_REFUSED : ITEM_VERIFIED;
		if (item->err) {
			item->fault = malloc(sizeof(fault));
			if (item->fault)
				*item->fault = fault;
		}
	}
}

int ingest_refused(struct ingest *g, struct fault *fault)
{
	for (size_t i = 0; i < g->n_items; i++) {
		const struct ingest_item *item = &g->items[i];
		const char *key = item->fault ? item->fault->key : NULL;
		char pointer[32];

		if (item->state != ITEM_REFUSED)
			continue;
		snprintf(pointer, sizeof(pointer), "/entries/%zu", i);
		return fault_set(fault, item->err, pointer,
				 key ? key : "This entry cannot be read.",
				 key ? item->fault->arg : NULL);
	}
	return OK;
}
