/* maillage import: rows of a file into the node, in short transactions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/domain/location.h"
#include "node/domain/verbs.h"
#include "tools/import/mapping.h"
#include "tools/import/source.h"
#include "tools/maillage/command.h"

enum {
	BATCH_FIRST = 200, BATCH_LEAST = 50, BATCH_MOST = 500,	/* rows a transaction */
	BATCH_MS = 20,		/* the writer's lock is held that long at most */
	PAUSE_MS = 5,		/* and left that long: without, another process waits for seconds */
	MAPS_MAX = 100,
};

struct import {
	const char *args[2];	/* DIR, FILE */
	const char *type, *format;
	const char *maps[MAPS_MAX];
	unsigned n_maps;
	bool dry_run, json;
	/* at work */
	struct node *node;
	const struct record_type *record;
	const struct source_format *source;
	struct mapping *mapping;
	json_t *rows;
	size_t batch;		/* rows of the next transaction */
	json_int_t read, created, updated, unchanged, refused;
};

enum { OPT_DRY_RUN = 256 };

static const struct argp_option options[] = {
	{"type", 't', "T", 0, "Organization, Event, CallForProjects, Project, Group, Place, Resource (required)", 0},
	{"map", 'm', "FIELD=COLUMN", 0, "Fill a field, named by its dotted path, from a column; may be repeated", 0},
	{"format", 'f', "FORMAT", 0, "csv, ndjson, geojson, ics or gogocarto; default: by the end of FILE's name, else csv", 0},
	{"dry-run", OPT_DRY_RUN, 0, 0, "Check everything and write nothing", 0},
	{"json", 'j', 0, 0, "Write the result as JSON, for machines", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR", "FILE"};
	struct import *c = state->input;

	switch (key) {
	case 't':
		if (!schema_type(arg))
			argp_error(state, "there is no type \"%s\"", arg);
		c->type = arg;
		return 0;
	case 'm':
		if (c->n_maps == MAPS_MAX)
			argp_error(state, "too many --map");
		else
			c->maps[c->n_maps++] = arg;
		return 0;
	case 'f':
		if (strcmp(arg, "aides") == 0)
			argp_error(state, "the format aides is not yet read by this version");
		if (!source_format(arg))
			argp_error(state, "there is no format \"%s\"", arg);
		c->format = arg;
		return 0;
	case OPT_DRY_RUN:
		c->dry_run = true;
		return 0;
	case 'j':
		c->json = true;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num == 2 && !c->type)
			argp_error(state, "--type is missing");
		break;
	}
	return command_positional(key, arg, state, c->args, names, 2, 2);
}

static const struct argp argp = {
	options, parse, "DIR FILE",
	"Read the records of FILE (- for standard input) into the node in DIR, which may be running.\v"
	"CSV has a first line of column names, a separator of ',' ';' or tab, and is UTF-8. A column "
	"whose name is a field's path (name, location.latitude, identifiers.siret) fills that field; "
	"usual names (latitude, postcode, siret) are understood too, and so is the table of communes "
	"that comes with the program.\n\n"
	"A row is the same record as before if an identifier in it (SIRET, SIREN, RNA, COG; of a "
	"calendar, the UID) is equal, else if the whole row is: a second import doubles nothing. "
	"Rows in error are told on standard error as `line N: field: reason', the others are kept, "
	"and the exit status is 1.",
	NULL, NULL, NULL,
};

static void complain(struct import *c, size_t line, const char *text)
{
	command_progress_end();
	fprintf(stderr, "%s %zu: %s\n", c->source->unit, line, text);
}

static void refuse(struct import *c, size_t line, int err, const struct fault *fault)
{
	char text[800];

	command_fault_text(err, fault, text, sizeof(text));
	complain(c, line, text);
	c->refused++;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* What would happen: the verb in a transaction that is thrown away. */
static int rehearse(struct import *c, json_t *args, json_t **ret_out, struct fault *fault)
{
	struct verb_input in;
	struct txn *t;
	int err = txn_write(c->node->store, &t);

	if (err == OK) {
		node_input(&in, "import.rows", "command", args);
		err = import_rows(c->node, t, &in, ret_out, fault);
		txn_end(t);
	}
	json_decref(args);
	return err;
}

static void refused_rows(struct import *c, const json_t *refused)
{
	json_t *row;
	size_t i;

	json_array_foreach ((json_t *)refused, i, row) {
		const char *pointer = json_string_value(json_object_get(row, "pointer"));
		const char *said = json_string_value(json_object_get(row, "text"));
		struct fault fault = {.code = ERR_INVALID, .key = "%s"};

		snprintf(fault.pointer, sizeof(fault.pointer), "%s", pointer ? pointer : "");
		snprintf(fault.arg, sizeof(fault.arg), "%s", said ? said : "");
		refuse(c, (size_t)json_integer_value(json_object_get(row, "line")), ERR_INVALID, &fault);
	}
}

static void batch_adapt(struct import *c, long ms)
{
	if (ms > BATCH_MS)
		c->batch = c->batch * BATCH_MS / (size_t)ms;
	else if (ms < BATCH_MS / 2)
		c->batch += c->batch / 4;
	if (c->batch < BATCH_LEAST)
		c->batch = BATCH_LEAST;
	if (c->batch > BATCH_MOST)
		c->batch = BATCH_MOST;
}

/* Write what was gathered. Only a commit lets progress be told. */
static int batch_write(struct import *c, struct fault *fault)
{
	json_t *args, *out = NULL;
	long start = now_ms();
	int err;

	if (json_array_size(c->rows) == 0)
		return OK;
	args = json_pack("{s:s, s:O}", "type", c->record->name, "rows", c->rows);
	if (!args)
		return ERR_NOMEM;
	if (c->dry_run)
		err = rehearse(c, args, &out, fault);
	else
		err = command_verb(c->node, "import.rows", args, &out, fault);
	if (err != OK)
		return err;
	batch_adapt(c, now_ms() - start);
	c->created += json_integer_value(json_object_get(out, "created"));
	c->updated += json_integer_value(json_object_get(out, "updated"));
	c->unchanged += json_integer_value(json_object_get(out, "unchanged"));
	refused_rows(c, json_object_get(out, "refused"));
	json_decref(out);
	json_array_clear(c->rows);
	if (!c->json && !c->dry_run && c->created + c->updated + c->unchanged > 0)
		command_progress((uint64_t)(c->created + c->updated + c->unchanged), 0);
	usleep(PAUSE_MS * 1000);
	return OK;
}

static int row_add(struct import *c, const struct source_row *row, struct fault *fault)
{
	char key[MAPPING_KEY];
	json_t *fields;
	int err = mapping_row(c->mapping, row, c->node->vocabularies, &fields, fault);

	if (err == ERR_NOMEM)
		return err;
	if (err != OK) {
		refuse(c, row->line, err, fault);
		return OK;
	}
	err = mapping_key(c->mapping, row, fields, key);
	if (err == OK)
		location_complete(c->node->territories, c->record, fields);
	if (err == OK &&
	    json_array_append_new(c->rows, json_pack("{s:I, s:s, s:O}", "line", (json_int_t)row->line,
						     "key", key, "fields", fields)) != 0)
		err = ERR_NOMEM;
	json_decref(fields);
	if (err == OK && json_array_size(c->rows) >= c->batch)
		err = batch_write(c, fault);
	return err;
}

/* All rows. A fault that ends reading is told with its line; what was read before it is kept. */
static int rows_read(struct import *c, void *state)
{
	struct source_row row;
	struct fault fault;
	int err, last;

	for (;;) {
		memset(&fault, 0, sizeof(fault));
		err = c->source->next(state, &row, &fault);
		if (err == ERR_AGAIN) {
			refuse(c, row.line, err, &fault);
			continue;
		}
		if (err != OK)
			break;
		c->read++;
		err = row_add(c, &row, &fault);
		if (err != OK) {
			command_fault(err, &fault);
			return err;
		}
	}
	if (err != ERR_NOTFOUND)
		refuse(c, row.line, err, &fault);
	memset(&fault, 0, sizeof(fault));
	last = batch_write(c, &fault);
	if (last != OK)
		command_fault(last, &fault);
	return last != OK ? last : err == ERR_NOTFOUND ? OK : err;
}

static int report(struct import *c, int err)
{
	json_int_t all = c->created + c->updated + c->unchanged;

	command_progress_end();
	if (c->json)
		command_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "imported", all, "created",
				       c->created, "updated", c->updated, "unchanged", c->unchanged,
				       "refused", c->refused, "dryRun", c->dry_run));
	else
		printf("%s %lld: created %lld, updated %lld, unchanged %lld, refused %lld\n",
		       c->dry_run ? "would import" : "imported", (long long)all,
		       (long long)c->created, (long long)c->updated, (long long)c->unchanged,
		       (long long)c->refused);
	return err == OK && c->refused == 0 ? EXIT_DONE : EXIT_REFUSED;
}

static int run(struct import *c, FILE *in)
{
	struct source_context cx = {.zones = c->node->zones, .zone = c->node->conf.zone};
	const char *const *columns = NULL;
	struct fault fault = {0};
	size_t n = 0, line = 1;
	void *state;
	int err = c->source->open(in, &cx, &state, &line, &fault);

	if (err != OK) {
		char text[800];

		command_fault_text(err, &fault, text, sizeof(text));
		return command_fail("%s: line %zu: %s", c->args[1], line, text);
	}
	if (c->source->columns)
		columns = c->source->columns(state, &n);
	err = mapping_bind(c->mapping, columns, n, &fault);
	if (err != OK) {
		char text[800];

		command_fault_text(err, &fault, text, sizeof(text));
		c->source->close(state);
		return command_fail("%s: %s", c->args[1], text);
	}
	err = rows_read(c, state);
	c->source->close(state);
	if (!c->dry_run && c->created + c->updated > 0 && command_head(c->node) != EXIT_DONE)
		err = err == OK ? ERR_INTERNAL : err;
	return report(c, err);
}

static int open_and_run(struct import *c, FILE *in)
{
	int status;

	if (command_open(c->args[0], &c->node) != EXIT_DONE)
		return EXIT_REFUSED;
	command_territories(c->node, NULL);	/* without it, nothing is filled in */
	c->batch = BATCH_FIRST;
	c->rows = json_array();
	status = run(c, in);
	json_decref(c->rows);
	return command_close(c->node, status);
}

/* The mapping as far as the command line tells it: mistakes in it are wrong usage. */
static int mapping_make(struct import *c)
{
	struct fault fault = {0};
	int err = mapping_new(c->record, &c->mapping);

	for (unsigned i = 0; err == OK && i < c->n_maps; i++)
		err = mapping_add(c->mapping, c->maps[i], &fault);
	if (err == OK)
		return EXIT_DONE;
	command_fault(err, &fault);
	return err == ERR_INVALID ? EXIT_USAGE : EXIT_REFUSED;
}

int cmd_import(int argc, char **argv)
{
	struct import c = {0};
	FILE *in = stdin;
	int status;

	command_parse(&argp, argc, argv, &c);
	c.record = schema_type(c.type);
	c.source = c.format ? source_format(c.format) : source_guess(c.args[1]);
	if (!c.source)
		c.source = source_format("csv");
	status = mapping_make(&c);
	/* Opened before this process becomes DIR's owner, who may not be allowed to read it. */
	if (status == EXIT_DONE && strcmp(c.args[1], "-") != 0) {
		in = fopen(c.args[1], "re");
		if (!in)
			status = command_fail("%s: %s", c.args[1], strerror(errno));
	}
	if (status == EXIT_DONE)
		status = open_and_run(&c, in);
	if (in && in != stdin)
		fclose(in);
	mapping_free(c.mapping);
	return status;
}
