/*
 * Lists of objects in every format.  One request becomes one query; the query is served as a page
 * of HTML or JSON, or whole as CSV, GeoJSON, iCalendar or Atom.
 */
#ifndef MAILLAGE_WEB_LIST_H
#define MAILLAGE_WEB_LIST_H

#include "web/page.h"

/* One kind of list, by address. */
struct list_kind {
	const char *path;		/* "/calls" */
	const char *title;		/* message id */
	const char *lead;		/* message id, one sentence under the title */
	const char *const *types;	/* NULL: every type that is shown */
	size_t n_types;
	enum query_order order;
	const char *const *facets;	/* offered and counted */
	size_t n_facets;
	const char *create;		/* type the button makes, or NULL */
	int dated;			/* takes `from` and `to`, and starts today unless `from` is there */
	const char *empty;		/* message id: what to do when there is nothing */
};

extern const struct list_kind list_directory, list_agenda, list_calls, list_communities,
	list_projects, list_places, list_resources;

/* Read the query arguments into q (strings borrowed from the request). OK or ERR_INVALID with the argument named. */
int list_query(struct page *p, const struct list_kind *kind, struct query *q, struct fault *fault);
/* Serve the list in the request's format. */
int list_serve(struct page *p, const struct list_kind *kind);

/* One row as people see it in a card: {href,title,type,type_label,summary,place,date,origin,external,tags}. */
json_t *list_item(struct page *p, struct view row);
/* One row as programs see it: {id,type,name,summary,place,startTime,…}. */
json_t *list_item_json(struct view row);
/* Label of a facet value in the reader's language. Borrowed or on the request. */
const char *list_facet_label(struct page *p, const char *facet, const char *value);

/* Has this row a moment a calendar can show: the start of an event, the closing of a call? */
bool list_dated(struct view row);
/* The address of the list of `path` filtered by a facet, or NULL if neither it nor the directory offers that. */
const char *list_facet_href(struct page *p, const char *path, const char *facet, const char *value);

/* Streams of rows; `each` functions for query_each (web/formats.c). */
int format_csv(struct page *p, const struct query *q, struct buf *out);
int format_geojson(struct page *p, const struct query *q, struct buf *out);
int format_ics(struct page *p, const struct query *q, struct buf *out);
int format_atom(struct page *p, const struct query *q, const char *title, const char *path, struct buf *out);
int format_ics_one(struct page *p, struct view row, struct buf *out);

#endif
