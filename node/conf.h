/*
 * DIR/maillage.conf: an INI file read with inih against one table (conf.def).  Unknown keys,
 * malformed numbers and values outside their limits are refused with file, line and key.
 */
#ifndef MAILLAGE_CONF_H
#define MAILLAGE_CONF_H

#include <stdio.h>

#include "protocol/base/err.h"

enum { CONF_TEXT_MAX = 512 };

struct conf {
#define CONF_TEXT(section, name, def, doc) char name[CONF_TEXT_MAX];
#define CONF_NUMBER(section, name, def, least, most, doc) long name;
#define CONF_FLAG(section, name, def, doc) int name;
#include "node/conf.def"
#undef CONF_TEXT
#undef CONF_NUMBER
#undef CONF_FLAG
};

void conf_defaults(struct conf *c);
int conf_read(const char *file, struct conf *ret, struct fault *fault);
/* The commented file `init` writes. */
int conf_write(const struct conf *c, FILE *out);
int conf_check(const struct conf *c, struct fault *fault);

#endif
