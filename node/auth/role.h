/*
 * What a role may call.  Routes declare who may call them; this is the only comparison.
 */
#ifndef MAILLAGE_AUTH_ROLE_H
#define MAILLAGE_AUTH_ROLE_H

#include <stdbool.h>

#include "node/domain/account.h"
#include "node/http/route.h"

/* Every account passes what a lesser role passes. WHO_NODE is never passed by an account. */
bool role_may(enum role role, enum who who);

#endif
