/*
 * The ceilings of limits.def as constants: HTTP_TARGET, HTTP_DRAIN, ...
 */
#ifndef MAILLAGE_HTTP_LIMITS_H
#define MAILLAGE_HTTP_LIMITS_H

enum {
#define LIMIT(name, value, why) HTTP_##name = (value),
#include "node/http/limits.def"
};

#endif
