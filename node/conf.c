#include "node/conf.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/text.h"
#include "protocol/identity.h"

enum conf_kind { KIND_TEXT, KIND_NUMBER, KIND_FLAG };
enum { CONF_LINE = CONF_TEXT_MAX + 200, PLACE_MAX = 150 };

static const struct item {
	const char *section, *name;
	enum conf_kind kind;
	size_t at;
	const char *text; /* default of a text */
	long def, least, most;
	const char *doc;
} items[] = {
#define CONF_TEXT(section, name, def, doc)                                                         \
	{#section, #name, KIND_TEXT, offsetof(struct conf, name), def, 0, 0, 0, doc},
#define CONF_NUMBER(section, name, def, least, most, doc)                                          \
	{#section, #name, KIND_NUMBER, offsetof(struct conf, name), NULL, def, least, most, doc},
#define CONF_FLAG(section, name, def, doc)                                                         \
	{#section, #name, KIND_FLAG, offsetof(struct conf, name), NULL, def, 0, 1, doc},
#include "node/conf.def"
#undef CONF_TEXT
#undef CONF_NUMBER
#undef CONF_FLAG
};
enum { ITEMS = sizeof(items) / sizeof(items[0]) };

static void *member(const struct conf *c, const struct item *i)
{
	return (char *)(uintptr_t)c + i->at;
}

static void text_store(struct conf *c, const struct item *i, const char *value)
{
	char *out = member(c, i);

	memset(out, 0, CONF_TEXT_MAX);
	memcpy(out, value, strnlen(value, CONF_TEXT_MAX - 1));
}

static void number_store(struct conf *c, const struct item *i, long v)
{
	if (i->kind == KIND_NUMBER)
		*(long *)member(c, i) = v;
	else
		*(int *)member(c, i) = (int)v;
}

void conf_defaults(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < ITEMS; i++)
		if (items[i].kind == KIND_TEXT)
			text_store(c, &items[i], items[i].text);
		else
			number_store(c, &items[i], items[i].def);
}

/* --- reading --- */

struct reader {
	const char *path;
	FILE *file;
	int line;
	struct conf conf;
	unsigned char seen[ITEMS];
	struct fault fault; /* the first */
};

/* "…/maillage.conf:12: http.listen": what a person needs to find it. */
static int refuse(struct reader *r, const char *key, const char *section, const char *name)
{
	const char *path = r->path;
	char place[PLACE_MAX];
	size_t len = strlen(path), most = 80;

	if (r->fault.code)
		return 0;
	snprintf(place, sizeof(place), "%s%s:%d%s%.20s%s%.40s", len > most ? "…" : "",
		 len > most ? path + len - most : path, r->line, *name ? ": " : "", section,
		 *section ? "." : "", name);
	fault_set(&r->fault, ERR_INVALID, "", key, place);
	return 0;
}

static const struct item *find(const char *section, const char *name)
{
	for (size_t i = 0; i < ITEMS; i++)
		if (!strcmp(items[i].section, section) && !strcmp(items[i].name, name))
			return &items[i];
	return NULL;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static int number_read(struct reader *r, const struct item *i, const char *value)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(value, &end, 10);
	if (!(isdigit((unsigned char)*value) || *value == '-') || *end || errno)
		return refuse(r, "%s: this is no whole number.", i->section, i->name);
	if (v < i->least || v > i->most)
		return refuse(r, "%s: this number lies outside its limits.", i->section, i->name);
	number_store(&r->conf, i, v);
	return 1;
}

static int flag_read(struct reader *r, const struct item *i, const char *value)
{
	static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		if (!strcasecmp(value, words[w])) {
			number_store(&r->conf, i, w & 1);
			return 1;
		}
	return refuse(r, "%s: this is yes or no.", i->section, i->name);
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	const struct item *i = find(section, name);

	if (r->fault.code)
		return 0;
	if (!i)
		return refuse(r, "%s: there is no such setting.", section, name);
	if (r->seen[i - items]++)
		return refuse(r, "%s: this is set twice.", section, name);
	if (i->kind == KIND_NUMBER)
		return number_read(r, i, value);
	if (i->kind == KIND_FLAG)
		return flag_read(r, i, value);
	if (strlen(value) >= CONF_TEXT_MAX || !text_valid(value, strlen(value)) ||
	    has_control(value))
		return refuse(r, "%s: this is no line of text.", section, name);
	text_store(&r->conf, i, value);
	return 1;
}

/* Sections without a known key in them would pass unseen. */
static bool section_known(const char *line)
{
	const char *end;

	line += strspn(line, " \t");
	if (*line != '[')
		return true;
	end = strchr(++line, ']');
	for (size_t i = 0; end && i < ITEMS; i++)
		if (strlen(items[i].section) == (size_t)(end - line) &&
		    !strncmp(items[i].section, line, (size_t)(end - line)))
			return true;
	return false;
}

/* One line a call, counted here, since inih tells its handler no numbers. */
static char *on_line(char *out, int size, void *user)
{
	struct reader *r = user;
	size_t len;

	if (r->fault.code || !fgets(out, size, r->file))
		return NULL;
	r->line++;
	len = strlen(out);
	if (len + 1 == (size_t)size && out[len - 1] != '\n')
		refuse(r, "%s: this line is too long.", "", "");
	else if (!section_known(out))
		refuse(r, "%s: there is no such section.", "", "");
	return r->fault.code ? NULL : out;
}

int conf_read(const char *file, struct conf *ret, struct fault *fault)
{
	struct reader *r = calloc(1, sizeof(*r));
	int bad, err = OK;

	if (!r)
		return ERR_NOMEM;
	r->path = file;
	r->file = fopen(file, "re");
	if (!r->file) {
		free(r);
		return fault_set(fault, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "",
				 "The file %s cannot be read.", file);
	}
	conf_defaults(&r->conf);
	ini_max_line = CONF_LINE; /* inih's own is 200 */
	bad = ini_parse_stream(on_line, r, on_value, r);
	if (bad && !r->fault.code) {
		r->line = bad > 0 ? bad : r->line;
		refuse(r, "%s: this is neither a section nor a setting.", "", "");
	}
	if (ferror(r->file) && !r->fault.code)
		fault_set(&r->fault, ERR_IO, "", "The file %s cannot be read.", file);
	if (r->fault.code) {
		err = r->fault.code;
		if (fault)
			*fault = r->fault;
	} else {
		err = conf_check(&r->conf, fault);
	}
	if (!err)
		*ret = r->conf;
	fclose(r->file);
	free(r);
	return err;
}

/* --- relations --- */

/* "127.0.0.1:8080", "[::]:443", "localhost:8080". */
static bool listen_valid(const char *s)
{
	const char *colon = strrchr(s, ':');
	long port;
	char *end;

	if (!colon || colon == s || s[strcspn(s, " /,")])
		return false;
	if (*s == '[' ? colon[-1] != ']' : memchr(s, ':', (size_t)(colon - s)) != NULL)
		return false;
	if (!isdigit((unsigned char)colon[1]))
		return false;
	port = strtol(colon + 1, &end, 10);
	return !*end && port >= 0 && port <= 65535;
}

static int check_node(const struct conf *c, struct fault *fault)
{
	int err = origin_check(c->url, origin_is_loopback_http(c->url), NULL);

	if (err)
		return fault_set(
			fault, ERR_INVALID, "/url",
			"node.url: \"%s\" is no address such as https://maillage.example.org.",
			c->url);
	if (strcmp(c->lang, "fr") != 0 && strcmp(c->lang, "en") != 0)
		return fault_set(fault, ERR_INVALID, "/lang",
				 "node.lang: this is fr or en, not %s.", c->lang);
	if (!*c->zone ||
	    c->zone[strspn(c->zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_+-/")])
		return fault_set(fault, ERR_INVALID, "/zone",
				 "node.zone: \"%s\" is no time zone such as Europe/Paris.",
				 c->zone);
	if (*c->territory &&
	    (strlen(c->territory) != 5 || c->territory[strspn(c->territory, "0123456789AB")]))
		return fault_set(fault, ERR_INVALID, "/territory",
				 "node.territory: \"%s\" is no COG code such as 97411.",
				 c->territory);
	return OK;
}

/* One line that reads back as it was written: inih takes " ;" for the start of a comment. */
static bool line_valid(const char *s)
{
	size_t len = strlen(s);

	return !has_control(s) && !strstr(s, " ;") && *s != ' ' && *s != ';' &&
	       (!len || s[len - 1] != ' ');
}

int conf_check(const struct conf *c, struct fault *fault)
{
	int err = check_node(c, fault);

	if (err)
		return err;
	if (!listen_valid(c->listen))
		return fault_set(
			fault, ERR_INVALID, "/listen",
			"http.listen: \"%s\" is no address and port such as 127.0.0.1:8080.",
			c->listen);
	if (!*c->tls_cert != !*c->tls_key)
		return fault_set(fault, ERR_INVALID, "/tls_cert",
				 "http.tls_cert and http.tls_key go together.", NULL);
	if (c->poll_min > c->poll_max)
		return fault_set(fault, ERR_INVALID, "/poll_min",
				 "sync.poll_min is more than sync.poll_max.", NULL);
	for (size_t i = 0; i < ITEMS; i++) {
		const char *name = items[i].name;

		if (items[i].kind == KIND_TEXT && !line_valid(member(c, &items[i])))
			return fault_set(fault, ERR_INVALID, "", "%s: this is no line of text.",
					 name);
		if (items[i].kind == KIND_NUMBER) {
			long v = *(long *)member(c, &items[i]);

			if (v < items[i].least || v > items[i].most)
				return fault_set(fault, ERR_INVALID, "",
						 "%s: this number lies outside its limits.", name);
		}
	}
	return OK;
}

/* --- writing --- */

int conf_write(const struct conf *c, FILE *out)
{
	const char *section = "";

	for (size_t n = 0; n < ITEMS; n++) {
		const struct item *i = &items[n];

		if (strcmp(section, i->section) != 0)
			fprintf(out, "%s[%s]\n", *section ? "\n" : "", i->section);
		section = i->section;
		fprintf(out, "# %s\n", i->doc);
		if (i->kind == KIND_TEXT) {
			const char *value = member(c, i);

			/* A setting left empty stays as a comment: there is nothing to say. */
			fprintf(out, *value ? "%s = %s\n" : "#%s =%s\n", i->name, value);
		} else if (i->kind == KIND_NUMBER) {
			fprintf(out, "%s = %ld\n", i->name, *(long *)member(c, i));
		} else {
			fprintf(out, "%s = %s\n", i->name, *(int *)member(c, i) ? "yes" : "no");
		}
	}
	return ferror(out) ? ERR_IO : OK;
}
