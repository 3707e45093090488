/*
 * Forms made from type tables, and read back.
 */
#ifndef MAILLAGE_WEB_FORMS_H
#define MAILLAGE_WEB_FORMS_H

#include "protocol/schema.h"
#include "web/page.h"

/*
 * Fields of a type as `_field` views.  doc: values to show (NULL: empty form).  If `refused`, the
 * request's own form values are shown instead, with fault on the field it names.
 */
json_t *form_fields(struct page *p, const struct record_type *t, const json_t *doc, bool refused,
		    const struct fault *fault);
/*
 * The posted form as an object body ({type, …}), completed with what the territory table knows of its
 * commune.  held: the version edited, or NULL.
 */
int form_read(struct page *p, const struct record_type *t, const json_t *held, json_t **ret_doc, struct fault *fault);

/* One hand-made field. widget: "is_text"; value NULL: empty. */
json_t *form_field(struct page *p, const char *name, const char *label, const char *help, const char *widget,
		   const char *value, const struct fault *fault);
void form_option(json_t *field, const char *value, const char *label, bool selected);
/* The choices of a time zone select. */
void form_zones(struct page *p, json_t *v, const char *chosen);
/* [{href,text}] of one fault among these fields, or an empty array for NULL. */
json_t *form_errors(struct page *p, const struct fault *fault, const json_t *fields);

#endif
