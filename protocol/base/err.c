#include "protocol/base/err.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *err_name(int code)
{
	static const char *const names[] = {
		"ok",	   "no-memory", "invalid", "not-found", "exists", "conflict",
		"limit",   "signature", "denied",  "expired",	"busy",	  "io",
		"corrupt", "version",	"again",   "internal",	"full",
	};

	if (code > 0 || code <= -(int)(sizeof(names) / sizeof(names[0])))
		return "unknown";
	return names[-code];
}

/* Copy as much as fits, never cutting a UTF-8 character in two: the text ends up in pages. */
static void copy_cut(char *out, size_t size, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
	}
	if (len)
		memcpy(out, s, len);
	out[len] = '\0';
}

int fault_set(struct fault *fault, int code, const char *pointer, const char *key, const char *arg)
{
	if (fault) {
		fault->code = code;
		fault->key = key;
		copy_cut(fault->pointer, sizeof(fault->pointer), pointer);
		copy_cut(fault->arg, sizeof(fault->arg), arg);
	}
	return code;
}

void fault_text(const struct fault *fault, char *out, unsigned long size)
{
	const char *key = fault->key ? fault->key : err_name(fault->code);
	const char *hole = strstr(key, "%s");

	if (!size)
		return;
	/* The sentence is data (translations replace it): it never becomes a printf format. */
	if (hole)
		snprintf(out, size, "%.*s%s%s", (int)(hole - key), key, fault->arg, hole + 2);
	else
		snprintf(out, size, "%s", key);
}
