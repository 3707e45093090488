/*
 * The limits of fed/1 as constants; limits.def is the table, with units.
 */
#ifndef MAILLAGE_PROTOCOL_LIMITS_H
#define MAILLAGE_PROTOCOL_LIMITS_H

enum fed_limit {
#define LIMIT(name, value, unit, what) name = (value),
#include "protocol/limits.def"
#undef LIMIT
};

#endif
