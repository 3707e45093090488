/*
 * gzip bodies (RFC 1952) with reused compressors: setting one up costs as much as a page.
 */
#ifndef MAILLAGE_HTTP_GZIP_H
#define MAILLAGE_HTTP_GZIP_H

#include <stddef.h>

struct gzip;

/* Keeps at most `max` idle compressors. Thread-safe. NULL without memory. */
struct gzip *gzip_new(unsigned max);
void gzip_free(struct gzip *g);
/* Compressed copy in new memory (free()). ERR_LIMIT if it would not be smaller, ERR_NOMEM. */
int gzip_pack(struct gzip *g, const void *data, size_t len, void **ret_data, size_t *ret_len);

#endif
