/*
 * Flat summary rows: what a list shows of an object, read without parsing.
 * Layout: u8 count, count x u16 offset of each field's end, then the bytes, each NUL-terminated.
 */
#ifndef MAILLAGE_STORE_ROW_H
#define MAILLAGE_STORE_ROW_H

#include "protocol/base/buf.h"
#include "node/store/txn.h"

enum row_field {
	ROW_ID, ROW_TYPE, ROW_TITLE, ROW_SUMMARY, ROW_PLACE,
	ROW_START, ROW_END,		/* as in the object: RFC 3339 with offset */
	ROW_ZONE, ROW_LATITUDE, ROW_LONGITUDE,
	ROW_UPDATED, ROW_URL,
	ROW_TAGS,			/* "profile:public;trade:dialogue;…" */
	ROW_COUNT
};

enum { ROW_MAX = 1200 };

void row_write(const char *const fields[ROW_COUNT], struct buf *out);	/* NULL counts as "" ; long ones are cut at a character */
/* Field's text, "" if absent; NUL-terminated, inside the view. */
const char *row_get(struct view row, enum row_field f);

#endif
