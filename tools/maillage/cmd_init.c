/* maillage init: a new node in a new folder. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/auth/token.h"
#include "node/domain/account.h"
#include "node/domain/territory.h"
#include "tools/maillage/command.h"

struct init {
	const char *dir[1], *name, *url, *territory, *lang, *listen, *cert, *key;
	bool json;
};

enum { OPT_TERRITORY = 256, OPT_LANG, OPT_LISTEN, OPT_TLS };

static const struct argp_option options[] = {
	{"name", 'n', "NAME", 0, "What the node is called (required)", 0},
	{"url", 'u', "URL", 0, "Its public address, for ever: https://host, or http://127.0.0.1:PORT to try it out (required)", 0},
	{"territory", OPT_TERRITORY, "COG", 0, "The commune it stands for, e.g. 97411: makes its organisation and sets its time zone", 0},
	{"lang", OPT_LANG, "LANG", 0, "Language of pages for readers who ask for none: fr (default) or en", 0},
	{"listen", OPT_LISTEN, "ADDR:PORT", 0, "Where to listen; default: the port of a loopback URL, [::]:443 with --tls, else 127.0.0.1:8080", 0},
	{"tls", OPT_TLS, "CERT KEY", 0, "Two PEM files, certificate chain and private key: the node speaks HTTPS itself", 0},
	{"json", 'j', 0, 0, "Write JSON, for machines", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const names[] = {"DIR"};
	struct init *c = state->input;

	switch (key) {
	case 'n':
		c->name = arg;
		return 0;
	case 'u':
		c->url = arg;
		return 0;
	case 'j':
		c->json = true;
		return 0;
	case OPT_TERRITORY:
		c->territory = arg;
		return 0;
	case OPT_LANG:
		if (strcmp(arg, "fr") != 0 && strcmp(arg, "en") != 0)
			argp_error(state, "--lang is fr or en");
		c->lang = arg;
		return 0;
	case OPT_LISTEN:
		c->listen = arg;
		return 0;
	case OPT_TLS:
		c->cert = arg;
		if (state->next >= state->argc)
			argp_error(state, "--tls takes two files, CERT and KEY");
		c->key = state->argv[state->next++];
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num == 1 && !c->name)
			argp_error(state, "--name is missing");
		if (state->arg_num == 1 && !c->url)
			argp_error(state, "--url is missing");
		break;
	}
	return command_positional(key, arg, state, c->dir, names, 1, 1);
}

static const struct argp argp = {
	options, parse, "DIR",
	"Make a node in the new folder DIR.\v"
	"Prints the recovery secret, once: copy it to paper or to a safe. Without it a lost or stolen "
	"node cannot be recovered. Also prints a link, good once and for 14 days, that makes the "
	"first administrator. Then run `maillage serve DIR'.",
	NULL, NULL, NULL,
};

static int text_set(char out[CONF_TEXT_MAX], const char *value)
{
	return snprintf(out, CONF_TEXT_MAX, "%s", value) < CONF_TEXT_MAX ? OK : ERR_LIMIT;
}

static int conf_fill(struct conf *conf, const struct init *c, const char *url, const char *zone)
{
	const char *listen = c->listen;

	conf_defaults(conf);
	if (!listen && origin_is_loopback_http(url)) {
		listen = url + strlen("http://");
		if (strncmp(listen, "localhost", 9) == 0) {
			snprintf(conf->listen, sizeof(conf->listen), "127.0.0.1%s", listen + 9);
			listen = conf->listen;
		}
		/* No port: 80 is the scheme's. */
		if (!strchr(listen, ':') || listen[strlen(listen) - 1] == ']') {
			char with_port[CONF_TEXT_MAX];

			snprintf(with_port, sizeof(with_port), "%.500s:80", listen);
			memcpy(conf->listen, with_port, sizeof(conf->listen));
			listen = conf->listen;
		}
	} else if (!listen && c->cert) {
		listen = "[::]:443";
	}
	if (listen && listen != conf->listen && text_set(conf->listen, listen) != OK)
		return ERR_LIMIT;
	if (text_set(conf->url, url) != OK || (c->lang && text_set(conf->lang, c->lang) != OK) ||
	    (c->territory && text_set(conf->territory, c->territory) != OK) ||
	    (zone && text_set(conf->zone, zone) != OK) ||
	    (c->cert && text_set(conf->tls_cert, c->cert) != OK) ||
	    (c->key && text_set(conf->tls_key, c->key) != OK))
		return ERR_LIMIT;
	return OK;
}

static json_t *organization(const struct territory *t)
{
	return json_pack("{s:s, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}}", "name", t->name,
			 "identifiers", "cog", t->code, "location", "cog", t->code, "commune",
			 t->name, "department", t->department, "region", t->region, "postalCode",
			 t->postcode, "latitude", t->latitude, "longitude", t->longitude);
}

/* The territory's record as an import would make it: importing the table later finds it. */
static int organization_add(struct node *n, const struct territory *t, struct fault *fault)
{
	json_t *fields = organization(t), *out = NULL, *refused;
	char key[32];
	int err;

	if (fields && !*t->postcode)
		json_object_del(json_object_get(fields, "location"), "postalCode");
	snprintf(key, sizeof(key), "cog:%s", t->code);
	err = command_verb(n, "import.rows",
			   json_pack("{s:s, s:[{s:i, s:s, s:o}]}", "type", "Organization", "rows",
				     "line", 1, "key", key, "fields", fields),
			   &out, fault);
	refused = json_array_get(json_object_get(out, "refused"), 0);
	if (err == OK && refused)
		err = fault_set(fault, ERR_INVALID, "", "The territory's organisation is refused: %s",
				json_string_value(json_object_get(refused, "text")));
	json_decref(out);
	return err;
}

static int invite(struct node *n, char token[TOKEN_TEXT], struct fault *fault)
{
	char hash[TOKEN_HASH_TEXT];
	int err;

	token_make(token);
	err = token_hash_text(token, hash);
	if (err == OK)
		err = command_verb(n, "invite.make",
				   json_pack("{s:s, s:s, s:I, s:s}", "token_hash", hash, "role", "admin",
					     "expires", (json_int_t)time(NULL) + INVITE_DAYS * 86400,
					     "by", "command"),
				   NULL, fault);
	if (err != OK)
		*token = '\0';
	return err;
}

/* Once the node is there: its organisation, the invitation, the first head. */
static int furnish(const struct init *c, struct territory *t, char nid[NID_TEXT],
		   char token[TOKEN_TEXT])
{
	struct fault fault = {0};
	struct node *n;
	int err;

	if (command_open(c->dir[0], &n) != EXIT_DONE)
		return EXIT_REFUSED;
	strcpy(nid, n->identity.nid);
	err = c->territory ? organization_add(n, t, &fault) : OK;
	if (err == OK)
		err = invite(n, token, &fault);
	if (err != OK)
		return command_close(n, command_fault(err, &fault));
	return command_close(n, command_head(n));
}

/* At once: nothing that fails later may take the secret with it. */
static void report_secret(const struct init *c, const char *secret)
{
	printf("Node made in %s\n\n", c->dir[0]);
	printf("Recovery secret, shown only now. Copy it to paper or to a safe:\n    %s\n\n", secret);
	fflush(stdout);
}

static void report(const struct init *c, const char *url, const char *nid, const char *token)
{
	printf("Its identity: %s\n\n", nid);
	printf("Make the first administrator here, once, within %d days:\n    %s/join/%s\n\n",
	       INVITE_DAYS, url, token);
	printf("Run it: maillage serve %s\n", c->dir[0]);
}

/* The node is there and will stay: what it lacks can be given to it. */
static void report_bare(const struct init *c)
{
	printf("The node is made, but without what failed. Its first administrator:\n"
	       "    maillage account add %s --role admin --email E --name N\n", c->dir[0]);
}

/* One document, also of a node that could not be furnished: the secret is shown only now. */
static void report_json(const struct init *c, const char *url, const char *nid, const char *secret,
			const char *token)
{
	char link[ORIGIN_TEXT + 8 + TOKEN_TEXT];
	json_t *doc = json_pack("{s:s, s:s, s:s}", "dir", c->dir[0], "url", url, "recoverySecret",
				secret);

	snprintf(link, sizeof(link), "%s/join/%s", url, token);
	if (*nid)
		json_object_set_new(doc, "nid", json_string(nid));
	if (*token)
		json_object_set_new(doc, "adminLink", json_string(link));
	command_json(doc);
}

static bool in_dir(const struct init *c, const char *file)
{
	char path[600];

	return snprintf(path, sizeof(path), "%s/%s", c->dir[0], file) >= (int)sizeof(path) ||
	       access(path, F_OK) == 0;
}

/* What a failed node_init has left of a node, in a folder that held none: a second try finds it free. */
static void undo(const struct init *c, bool dir_made)
{
	static const char *const files[] = {"maillage.conf", "store.mdb", "store.mdb-lock"};
	char path[600];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (snprintf(path, sizeof(path), "%s/%s", c->dir[0], files[i]) < (int)sizeof(path))
			unlink(path);
	if (dir_made)
		rmdir(c->dir[0]);
}

static int make(const struct init *c, const struct conf *conf, const uint8_t secret[32])
{
	bool held = in_dir(c, "maillage.conf") || in_dir(c, "store.mdb");
	bool dir_made = access(c->dir[0], F_OK) != 0;
	struct fault fault = {0};
	uint8_t seed[32];
	int err;

	randombytes_buf(seed, sizeof(seed));
	err = node_init(c->dir[0], conf, c->name, seed, secret, time(NULL), &fault);
	sodium_memzero(seed, sizeof(seed));
	if (err == OK)
		return EXIT_DONE;
	if (!held && err != ERR_EXISTS)	/* else somebody else made one meanwhile */
		undo(c, dir_made);
	return command_fault(err, &fault);
}

static int make_and_furnish(const struct init *c, const struct conf *conf, const char *url,
			    struct territory *t)
{
	char secret_text[SECRET_TEXT], nid[NID_TEXT] = "", token[TOKEN_TEXT] = "";
	uint8_t secret[32];
	int status;

	randombytes_buf(secret, sizeof(secret));
	status = make(c, conf, secret);
	if (status == EXIT_DONE) {
		secret_format(secret, secret_text);
		if (!c->json)
			report_secret(c, secret_text);
		status = furnish(c, t, nid, token);
		if (c->json)
			report_json(c, url, nid, secret_text, token);
		else if (status == EXIT_DONE)
			report(c, url, nid, token);
		else
			report_bare(c);
		sodium_memzero(secret_text, sizeof(secret_text));
	}
	sodium_memzero(secret, sizeof(secret));
	return status;
}

static int init(const struct init *c, struct territories *table)
{
	char url[ORIGIN_TEXT];
	struct territory t = {0};
	struct fault fault = {0};
	struct conf conf;
	int err;

	if (command_url(c->url, url) != OK)
		return command_fail("--url: this address is too long");
	err = origin_check(url, origin_is_loopback_http(url), &fault);
	if (err != OK)
		return command_fault(err, &fault);
	if (c->territory && territory_get(table, c->territory, &t) != OK)
		return command_fail("--territory: there is no commune with the COG code %s",
				    c->territory);
	if ((c->cert && access(c->cert, R_OK) != 0) || (c->key && access(c->key, R_OK) != 0))
		return command_fail("--tls: %s cannot be read",
				    access(c->cert, R_OK) != 0 ? c->cert : c->key);
	if (conf_fill(&conf, c, url, t.zone) != OK)
		return command_fail("an option is too long");
	return make_and_furnish(c, &conf, url, &t);
}

int cmd_init(int argc, char **argv)
{
	struct init c = {0};
	struct territories *table = NULL;
	struct fault fault = {0};
	char file[600];
	int status;

	command_parse(&argp, argc, argv, &c);
	if (c.territory) {
		snprintf(file, sizeof(file), "%.500s/communes.csv", command_share());
		status = territories_load(file, &table, &fault);
		if (status != OK)
			return command_fault(status, &fault);
	}
	status = init(&c, table);
	territories_free(table);
	return status;
}
