/*
 * What the commands share: tables of commands, one way to parse, to open a node, to apply a verb
 * and to fail.  Exit status: 0 done, 1 refused or failed with one clear line, 2 wrong usage.
 */
#ifndef MAILLAGE_TOOLS_COMMAND_H
#define MAILLAGE_TOOLS_COMMAND_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>

#include "node/domain/node.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *summary;		/* one line for the list */
	int (*run)(int argc, char **argv);	/* argv[0] is "maillage name"; returns the exit status */
};

/*
 * Run the command that argv[1] names, or list them for --help.  `prefix` is "maillage" or
 * "maillage peer".  table ends with a NULL name.
 */
int command_dispatch(const struct command *table, const char *prefix, const char *doc, int argc,
		     char **argv);

/* argp_parse with our exit status; ends the process on --help and on wrong usage. */
void command_parse(const struct argp *argp, int argc, char **argv, void *input);
/*
 * For parsers: collect the positional arguments into slots[n], each named in `names`; complain about
 * too many, and at the end about missing ones below `least`.  ARGP_ERR_UNKNOWN for other keys.
 */
error_t command_positional(int key, char *arg, struct argp_state *state, const char **slots,
			   const char *const *names, unsigned n, unsigned least);

/* One line on standard error; returns EXIT_REFUSED. */
int command_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for an error and its fault (code 0 or no sentence: the code's name). */
int command_fault(int err, const struct fault *fault);
/* Text of a fault as "field: sentence" or "sentence". */
void command_fault_text(int err, const struct fault *fault, char *out, size_t size);

/*
 * Become the owner of DIR if root runs this; refuse if another user does.  Says so itself.
 * EXIT_DONE or EXIT_REFUSED.
 */
int command_own(const char *dir);
/* command_own, then open the node in DIR. EXIT_DONE or EXIT_REFUSED. */
int command_open(const char *dir, struct node **ret_node);
/* Where installed data files are: $MAILLAGE_SHARE, else the package's folder. */
const char *command_share(void);
/* Say that the store in DIR is damaged; returns EXIT_REFUSED. */
int command_damaged(const char *dir);
/* n->territories, loaded on first use. */
int command_territories(struct node *n, struct fault *fault);

/* Apply a verb as "command". Takes args. ret_out may be NULL. */
int command_verb(struct node *n, const char *verb, json_t *args, json_t **ret_out,
		 struct fault *fault);
/* Sign a new head if something changed. EXIT_DONE or EXIT_REFUSED. */
int command_head(struct node *n);
/* Close the node and return the status. */
int command_close(struct node *n, int status);

/* A JSON document and a line end on standard output. Takes doc. */
void command_json(json_t *doc);
/* "https://host" of what a person types: without slashes at the end. out[ORIGIN_TEXT]; ERR_LIMIT. */
int command_url(const char *typed, char *out);
/* A date for people, in UTC: "2026-11-22 13:00", "never" for 0. out[24]. */
const char *command_time(int64_t t, char out[24]);

/* Progress of long work: one line that changes on a terminal, "progress <done> [<total>]" lines else. */
void command_progress(uint64_t done, uint64_t total);
void command_progress_end(void);

extern const struct argp_option command_json_option[];

int cmd_init(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_network(int argc, char **argv);
int cmd_peer(int argc, char **argv);
int cmd_sync(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_reindex(int argc, char **argv);
int cmd_backup(int argc, char **argv);

#endif
