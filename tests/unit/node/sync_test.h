/* What cmocka's header wants before it. */
#ifndef MAILLAGE_SYNC_TEST_H
#define MAILLAGE_SYNC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#endif
