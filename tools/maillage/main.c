/* maillage: one binary, one command a verb. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "tools/maillage/command.h"

static const struct command commands[] = {
	{"init", "make a node", cmd_init},
	{"serve", "run a node in the foreground", cmd_serve},
	{"account", "add accounts", cmd_account},
	{"import", "read records from a file into the node", cmd_import},
	{"export", "write records to standard output", cmd_export},
	{"network", "found, join or show networks", cmd_network},
	{"peer", "add, list, block or remove peers", cmd_peer},
	{"sync", "pull from peers now", cmd_sync},
	{"status", "what the node holds and how it does", cmd_status},
	{"check", "verify the whole store", cmd_check},
	{"reindex", "rebuild the indexes", cmd_reindex},
	{"backup", "copy the store into one file", cmd_backup},
	{NULL, NULL, NULL},
};

static const char doc[] = "Runs a node of Maillage: a community platform for networks of territories.\n"
			  "DIR is the node's folder.  Exit status: 0 done, 1 refused or failed, 2 wrong usage.";

int main(int argc, char **argv)
{
	/*
	 * JSON trees are made and freed by the thousand: without glibc's lists of small free pieces their
	 * neighbours are joined at once, instead of all together at the next large piece.
	 */
	mallopt(M_MXFAST, 0);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return EXIT_DONE;
	}
	signal(SIGPIPE, SIG_IGN);
	if (key_library_init() != OK)
		return command_fail("libsodium does not start");
	return command_dispatch(commands, "maillage", doc, argc, argv);
}
