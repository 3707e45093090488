#include "node/http/form.h"

#include <string.h>
#include <strings.h>
#include <talloc.h>

#include "node/http/limits.h"
#include "node/http/url.h"
#include "protocol/base/text.h"

static const char urlencoded[] = "application/x-www-form-urlencoded";
static const char multipart[] = "multipart/form-data";

/* One parse under way. */
struct parser {
	void *mem;
	struct form form;
	size_t files;
	const char *at, *end;
	char delimiter[4 + HTTP_BOUNDARY + 1]; /* CR LF "--" boundary */
	size_t delimiter_len;
	struct fault *fault;
};

static int refuse(struct parser *p, const char *key)
{
	return fault_set(p->fault, ERR_INVALID, "", key, NULL);
}

static int malformed(struct parser *p)
{
	return refuse(p, "The form is malformed.");
}

static bool type_is(const char *content_type, const char *type)
{
	size_t len = strlen(type);

	return content_type && strncasecmp(content_type, type, len) == 0 &&
	       strchr("; \t", content_type[len]);
}

bool form_is(const char *content_type)
{
	return type_is(content_type, urlencoded) || type_is(content_type, multipart);
}

/* strchr finds the NUL too, which ends an unquoted value. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Read parameter `name` of a header value such as `form-data; name="a"; filename="b"`.
 * 1 found (copied to out, cut nowhere), 0 absent, ERR_INVALID malformed or too long.
 */
static int header_param(const char *value, const char *name, char *out, size_t size)
{
	const char *p = value + strcspn(value, ";");

	while (*p == ';') {
		const char *key = p + 1;
		size_t key_len, n = 0;
		bool wanted, quoted;

		while (is_space(*key))
			key++;
		key_len = strcspn(key, "=; \t");
		p = key + key_len;
		if (*p != '=' || !key_len)
			return ERR_INVALID;
		wanted = strlen(name) == key_len && strncasecmp(key, name, key_len) == 0;
		quoted = *++p == '"';
		for (p += quoted; *p && (quoted ? *p != '"' : !strchr("; \t", *p)); p++) {
			if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
				p++;
			if (wanted && n + 1 >= size)
				return ERR_INVALID;
			if (wanted)
				out[n++] = *p;
		}
		if (quoted && *p++ != '"')
			return ERR_INVALID;
		while (is_space(*p))
			p++;
		if (*p && *p != ';')
			return ERR_INVALID;
		if (wanted) {
			out[n] = '\0';
			return 1;
		}
	}
	return *p ? ERR_INVALID : 0;
}

static int form_add(struct parser *p, const struct form_field *field)
{
	struct form_field *grown;

	if (p->form.count == HTTP_FORM_FIELDS || (field->filename && p->files == HTTP_FORM_FILES))
		return fault_set(p->fault, ERR_LIMIT, "", "The form has too many fields.", NULL);
	if (p->form.count % 16 == 0) {
		grown = talloc_realloc(p->mem, p->form.fields, struct form_field,
				       (unsigned)p->form.count + 16);
		if (!grown)
			return ERR_NOMEM;
		p->form.fields = grown;
	}
	p->files += field->filename != NULL;
	p->form.fields[p->form.count++] = *field;
	return OK;
}

/* What the header block of a part says. */
struct part {
	char name[256], filename[256], type[128];
	bool has_name, has_file;
};

static int part_disposition(struct parser *p, const char *value, struct part *part)
{
	int name, file;

	if (!type_is(value, "form-data") || part->has_name)
		return malformed(p);
	name = header_param(value, "name", part->name, sizeof(part->name));
	file = header_param(value, "filename", part->filename, sizeof(part->filename));
	if (name != 1 || file < 0 || !text_valid(part->name, strlen(part->name)) ||
	    (file && !text_valid(part->filename, strlen(part->filename))))
		return malformed(p);
	part->has_name = true;
	part->has_file = file == 1;
	return OK;
}

static int part_header(struct parser *p, char *line, struct part *part)
{
	char *value = strchr(line, ':');

	if (!value || value == line || is_space(value[-1]))
		return malformed(p);
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "Content-Disposition") == 0)
		return part_disposition(p, value, part);
	if (strcasecmp(line, "Content-Type") == 0) {
		if (strlen(value) >= sizeof(part->type) || !text_valid(value, strlen(value)))
			return malformed(p);
		strcpy(part->type, value);
	}
	if (strcasecmp(line, "Content-Transfer-Encoding") == 0 && strcasecmp(value, "binary") &&
	    strcasecmp(value, "8bit") && strcasecmp(value, "7bit"))
		return malformed(p);
	return OK;
}

/* The lines up to the empty one. */
static int part_head(struct parser *p, struct part *part)
{
	for (size_t used = 0;;) {
		char line[HTTP_PART_HEAD];
		const char *end = memmem(p->at, (size_t)(p->end - p->at), "\r\n", 2);
		size_t len = end ? (size_t)(end - p->at) : 0;
		int err;

		used += len + 2;
		if (!end || used > HTTP_PART_HEAD || memchr(p->at, '\0', len))
			return malformed(p);
		memcpy(line, p->at, len);
		line[len] = '\0';
		p->at = end + 2;
		if (!len)
			return part->has_name ? OK : malformed(p);
		err = part_header(p, line, part);
		if (err)
			return err;
	}
}

static int part_add(struct parser *p, const struct part *part, const char *data, size_t len)
{
	struct form_field field = {.data = data, .len = len, .type = ""};

	if (part->has_file) {
		field.filename = talloc_strdup(p->mem, part->filename);
		field.type = talloc_strdup(p->mem, part->type);
	} else {
		if (!text_valid(data, len))
			return refuse(p, "A field of the form is not valid UTF-8.");
		field.data = talloc_strndup(p->mem, data, len);
	}
	field.name = talloc_strdup(p->mem, part->name);
	if (!field.name || !field.data || !field.type || (part->has_file && !field.filename))
		return ERR_NOMEM;
	return form_add(p, &field);
}

/* One part, from after its delimiter; *ret_last tells the closing delimiter. */
static int part_parse(struct parser *p, bool *ret_last)
{
	struct part part = {0};
	const char *body, *stop;
	int err;

	if (p->end - p->at >= 2 && memcmp(p->at, "--", 2) == 0) {
		*ret_last = true;
		return OK;
	}
	if (p->end - p->at < 2 || memcmp(p->at, "\r\n", 2) != 0)
		return malformed(p);
	p->at += 2;
	err = part_head(p, &part);
	if (err)
		return err;
	/* An empty part's delimiter begins with the CR LF that ended its head. */
	body = p->at;
	stop = memmem(body - 2, (size_t)(p->end - body) + 2, p->delimiter, p->delimiter_len);
	if (!stop)
		return malformed(p);
	p->at = stop + p->delimiter_len;
	*ret_last = false;
	return part_add(p, &part, body, stop > body ? (size_t)(stop - body) : 0);
}

static int parse_multipart(struct parser *p, const char *content_type)
{
	char *boundary = p->delimiter + 4;
	bool last = false;
	int err = OK;

	memcpy(p->delimiter, "\r\n--", 4);
	if (header_param(content_type, "boundary", boundary, HTTP_BOUNDARY + 1) != 1 ||
	    !*boundary || strpbrk(boundary, "\r\n"))
		return malformed(p);
	p->delimiter_len = strlen(p->delimiter);
	if ((size_t)(p->end - p->at) < p->delimiter_len - 2 ||
	    memcmp(p->at, p->delimiter + 2, p->delimiter_len - 2) != 0)
		return malformed(p);
	p->at += p->delimiter_len - 2;
	while (err == OK && !last)
		err = part_parse(p, &last);
	return err;
}

static int parse_urlencoded(struct parser *p)
{
	struct url_pairs pairs;
	int err = url_pairs(p->mem, p->at, (size_t)(p->end - p->at), HTTP_FORM_FIELDS, &pairs);

	if (err == ERR_LIMIT)
		return fault_set(p->fault, err, "", "The form has too many fields.", NULL);
	if (err)
		return err == ERR_INVALID ? malformed(p) : err;
	for (size_t i = 0; i < pairs.count && err == OK; i++) {
		struct form_field field = {.name = pairs.items[i].name,
					   .type = "",
					   .data = pairs.items[i].value,
					   .len = strlen(pairs.items[i].value)};

		err = form_add(p, &field);
	}
	return err;
}

int form_parse(void *mem, const char *content_type, const char *body, size_t len,
	       struct form *ret_form, struct fault *fault)
{
	struct parser p = {.mem = mem, .at = body, .end = body + len, .fault = fault};
	int err;

	if (type_is(content_type, urlencoded))
		err = parse_urlencoded(&p);
	else if (type_is(content_type, multipart))
		err = parse_multipart(&p, content_type);
	else
		return malformed(&p);
	if (err == OK)
		*ret_form = p.form;
	return err;
}
