#include "node/fed/answer.h"

#include <stdlib.h>
#include <string.h>

#include "node/http/reply.h"

/* Past the string whose opening quote is at p; NULL if it does not end. */
static const uint8_t *string_end(const uint8_t *p, const uint8_t *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* Past the value at p: up to the comma or brace that closes its level. */
static const uint8_t *value_end(const uint8_t *p, const uint8_t *end)
{
	unsigned depth = 0;

	while (p && p < end) {
		switch (*p) {
		case '"':
			p = string_end(p, end);
			break;
		case '{':
		case '[':
			depth++;
			p++;
			break;
		case '}':
		case ']':
			if (!depth)
				return p;
			depth--;
			p++;
			break;
		case ',':
			if (!depth)
				return p;
			p++;
			break;
		default:
			p++;
		}
	}
	return NULL;
}

int answer_member(struct view doc, const char *name, struct view *ret_raw)
{
	const uint8_t *p = doc.data, *end = doc.data + doc.len;
	size_t len = strlen(name);

	if (!doc.len || *p != '{')
		return ERR_NOTFOUND;
	p++;
	while (p < end && *p == '"') {
		const uint8_t *key = p + 1, *value, *next;

		p = string_end(p, end);
		if (!p || p >= end || *p != ':')
			return ERR_NOTFOUND;
		value = p + 1;
		next = value_end(value, end);
		if (!next)
			return ERR_NOTFOUND;
		if ((size_t)(p - 1 - key) == len && !memcmp(key, name, len)) {
			*ret_raw = (struct view){value, (size_t)(next - value)};
			return OK;
		}
		p = *next == ',' ? next + 1 : end;
	}
	return ERR_NOTFOUND;
}

int answer_string(struct view doc, const char *name, struct view *ret_text)
{
	struct view raw;

	if (answer_member(doc, name, &raw) || raw.len < 2 || raw.data[0] != '"')
		return ERR_NOTFOUND;
	*ret_text = (struct view){raw.data + 1, raw.len - 2};
	return OK;
}

bool answer_is(struct view text, const char *s)
{
	return strlen(s) == text.len && !memcmp(text.data, s, text.len);
}

int answer_integer(struct view doc, const char *name, int64_t *ret)
{
	struct view raw;
	char text[24];

	if (answer_member(doc, name, &raw) || !raw.len || raw.len >= sizeof(text))
		return ERR_NOTFOUND;
	memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	*ret = strtoll(text, NULL, 10);
	return OK;
}

int answer_problem(struct request *rq, unsigned status, const char *kind, int code,
		   const char *pointer, const char *text, const char *arg)
{
	struct fault fault = {0};

	fault_set(&fault, code, pointer, text, arg);
	return reply_problem(rq, status, kind, &fault);
}

int answer_failed(struct request *rq, int err)
{
	struct fault fault = {0};

	fault_set(&fault, err, "",
		  err == ERR_NOTFOUND ? "This node holds nothing of that kind."
				      : "The node could not answer.",
		  NULL);
	return reply_problem(rq, 0, NULL, &fault);
}

int answer_feed(struct txn *t, const char *nid, struct origin *ret_origin, struct feed *ret_feed)
{
	int err = origin_by_nid(t, nid, ret_origin);

	return err ? err : feed_find(t, ret_origin->origin, "public", ret_feed);
}
