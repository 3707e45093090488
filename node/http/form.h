/*
 * Form bodies: application/x-www-form-urlencoded (WHATWG) and multipart/form-data (RFC 7578).
 * The whole body is in memory and bounded, so one strict pass over it suffices; libmicrohttpd's
 * own post processor is lenient, incremental, and in 0.9.75 open to CVE-2023-27371.
 */
#ifndef MAILLAGE_HTTP_FORM_H
#define MAILLAGE_HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/err.h"

struct form_field {
	const char *name;	/* UTF-8 */
	const char *filename;	/* UTF-8 as sent, for showing only; NULL for a text field */
	const char *type;	/* media type of a file, "" if not given */
	const char *data;	/* a text field's is UTF-8 and NUL-terminated; a file's points into the body */
	size_t len;
};

struct form {
	struct form_field *fields;
	size_t count;
};

/* Does this Content-Type (may be NULL) announce a form? */
bool form_is(const char *content_type);
/*
 * Parse; fields are allocated under the talloc parent and file data borrows the body.
 * ERR_INVALID or ERR_LIMIT with the fault filled.  The content type must be a form's.
 */
int form_parse(void *mem, const char *content_type, const char *body, size_t len,
	       struct form *ret_form, struct fault *fault);

#endif
