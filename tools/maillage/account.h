/*
 * What the commands about accounts share.
 */
#ifndef MAILLAGE_TOOLS_ACCOUNT_H
#define MAILLAGE_TOOLS_ACCOUNT_H

#include <stdbool.h>

#include "node/auth/password.h"
#include "protocol/base/err.h"

/* A new password, read from standard input or asked for twice on the terminal, as it is stored. */
int account_password(bool from_stdin, char stored[PASSWORD_TEXT], struct fault *fault);

int cmd_account_list(int argc, char **argv);
int cmd_account_password(int argc, char **argv);
int cmd_account_disable(int argc, char **argv);
int cmd_account_enable(int argc, char **argv);

#endif
