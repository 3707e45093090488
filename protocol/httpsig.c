#include "protocol/httpsig.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"

static const char cover_plain[] = "(\"@method\" \"@target-uri\")";
static const char cover_body[] =
	"(\"@method\" \"@target-uri\" \"content-digest\" \"content-type\")";
static const char label[] = "sig=";

/* The six parameters, each exactly once. */
enum {
	PARAM_CREATED = 1,
	PARAM_EXPIRES = 2,
	PARAM_NONCE = 4,
	PARAM_KEYID = 8,
	PARAM_ALG = 16,
	PARAM_TAG = 32,
	PARAM_ALL = 63,
};

void httpsig_content_digest(const void *body, size_t len, char out[64])
{
	uint8_t digest[32];

	digest_bytes(body, len, digest);
	memcpy(out, "sha-256=:", 9);
	base64_encode(digest, sizeof(digest), out + 9);
	strcat(out, ":");
}

/* What may stand in a line of the signature base: no line break can add a line of its own. */
static bool is_printable(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);

	if (len > max)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

static bool is_quotable(const char *s, size_t size)
{
	return is_printable(s, size - 1) && !strpbrk(s, "\"\\");
}

/* RFC 9421 section 2.5. */
static int signature_base(const struct httpsig_request *rq, const char *params, bool body,
			  struct buf *out)
{
	if (!is_printable(rq->method, HTTPSIG_HEADER) ||
	    !is_printable(rq->target_uri, HTTPSIG_TARGET))
		return ERR_INVALID;
	buf_fmt(out, "\"@method\": %s\n\"@target-uri\": %s\n", rq->method, rq->target_uri);
	if (body) {
		if (!rq->content_digest || !rq->content_type ||
		    !is_printable(rq->content_digest, HTTPSIG_HEADER) ||
		    !is_printable(rq->content_type, HTTPSIG_HEADER))
			return ERR_INVALID;
		buf_fmt(out, "\"content-digest\": %s\n\"content-type\": %s\n", rq->content_digest,
			rq->content_type);
	}
	buf_fmt(out, "\"@signature-params\": %s", params);
	return out->err;
}

static void base_init(struct buf *base)
{
	buf_init(base, HTTPSIG_TARGET + 3 * HTTPSIG_HEADER + HTTPSIG_INPUT + 128);
}

int httpsig_sign(const struct httpsig_request *rq, const struct key *k, const char *keyid,
		 int64_t created, const char *nonce, char ret_input[HTTPSIG_INPUT],
		 char ret_signature[128])
{
	bool body = rq->content_digest != NULL;
	char input[HTTPSIG_INPUT];
	struct buf base;
	uint8_t sig[64];
	int n, err;

	if (!k->has_secret || !is_quotable(keyid, HTTPSIG_KEYID) ||
	    !is_quotable(nonce, HTTPSIG_NONCE))
		return ERR_INVALID;
	n = snprintf(input, sizeof(input),
		     "%s%s;created=%lld;expires=%lld;nonce=\"%s\";keyid=\"%s\";alg=\"ed25519\";"
		     "tag=\"fed-1\"",
		     label, body ? cover_body : cover_plain, (long long)created,
		     (long long)created + HTTPSIG_LIFE, nonce, keyid);
	if (n < 0 || (size_t)n >= sizeof(input))
		return ERR_LIMIT;
	base_init(&base);
	err = signature_base(rq, input + strlen(label), body, &base);
	if (!err) {
		key_sign(k, base.data, base.len, sig);
		memcpy(ret_input, input, (size_t)n + 1);
		memcpy(ret_signature, "sig=:", 5);
		base64_encode(sig, sizeof(sig), ret_signature + 5);
		strcat(ret_signature, ":");
	}
	buf_done(&base);
	return err;
}

static bool skip_text(const char **p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len))
		return false;
	*p += len;
	return true;
}

/* An sf-integer that is a time: 1 to 15 digits, no sign, no leading zero. */
static bool take_time(const char **p, int64_t *ret_t)
{
	const char *d = *p;
	int64_t v = 0;

	if (*d == '0')
		return false;
	while (*d >= '0' && *d <= '9' && d - *p < 15)
		v = v * 10 + (*d++ - '0');
	if (d == *p || (*d >= '0' && *d <= '9'))
		return false;
	*p = d;
	*ret_t = v;
	return true;
}

/* An sf-string without escapes: no value of ours needs one. */
static bool take_string(const char **p, char *out, size_t size)
{
	size_t len;

	if (**p != '"')
		return false;
	len = strcspn(*p + 1, "\"\\");
	if ((*p)[1 + len] != '"' || !len || len >= size)
		return false;
	memcpy(out, *p + 1, len);
	out[len] = '\0';
	if (!is_printable(out, len))
		return false;
	*p += len + 2;
	return true;
}

/* One ";name=value". Its PARAM_ bit, or 0. */
static int take_param(const char **p, struct httpsig *sig)
{
	if (skip_text(p, ";created="))
		return take_time(p, &sig->created) ? PARAM_CREATED : 0;
	if (skip_text(p, ";expires="))
		return take_time(p, &sig->expires) ? PARAM_EXPIRES : 0;
	if (skip_text(p, ";nonce="))
		return take_string(p, sig->nonce, sizeof(sig->nonce)) ? PARAM_NONCE : 0;
	if (skip_text(p, ";keyid="))
		return take_string(p, sig->keyid, sizeof(sig->keyid)) ? PARAM_KEYID : 0;
	if (skip_text(p, ";alg=\"ed25519\""))
		return PARAM_ALG;
	if (skip_text(p, ";tag=\"fed-1\""))
		return PARAM_TAG;
	return 0;
}

static bool parse_input(const char *p, struct httpsig *sig)
{
	int seen = 0;

	if (strnlen(p, HTTPSIG_INPUT) == HTTPSIG_INPUT || !skip_text(&p, label))
		return false;
	memcpy(sig->params, p, strlen(p) + 1);
	if (skip_text(&p, cover_body))
		sig->covers_body = 1;
	else if (!skip_text(&p, cover_plain))
		return false;
	while (*p) {
		int param = take_param(&p, sig);

		if (!param || seen & param)
			return false;
		seen |= param;
	}
	return seen == PARAM_ALL;
}

static bool parse_signature(const char *p, struct httpsig *sig)
{
	enum { DIGITS = 88 }; /* 64 bytes in base64 with padding */
	size_t len;

	return skip_text(&p, "sig=:") && strlen(p) == DIGITS + 1 && p[DIGITS] == ':' &&
	       !base64_decode(p, DIGITS, sig->signature, sizeof(sig->signature), &len) &&
	       len == sizeof(sig->signature);
}

int httpsig_parse(const char *signature_input, const char *signature, struct httpsig *ret_sig,
		  struct fault *fault)
{
	struct httpsig sig = {0};

	if (!parse_input(signature_input, &sig))
		return fault_set(fault, ERR_INVALID, "",
				 "The Signature-Input header is not what fed/1 asks for.", NULL);
	if (!parse_signature(signature, &sig))
		return fault_set(fault, ERR_INVALID, "",
				 "The Signature header is not what fed/1 asks for.", NULL);
	*ret_sig = sig;
	return OK;
}

static int check_window(const struct httpsig *sig, int64_t now, struct fault *fault)
{
	if (sig->expires < sig->created || sig->expires - sig->created > HTTPSIG_LIFE)
		return fault_set(fault, ERR_INVALID, "",
				 "The signature must expire within 300 seconds of its creation.",
				 NULL);
	if (sig->created < now - HTTPSIG_PAST || sig->expires < now)
		return fault_set(fault, ERR_EXPIRED, "", "The signature is too old.", NULL);
	if (sig->created > now + HTTPSIG_FUTURE)
		return fault_set(fault, ERR_EXPIRED, "", "The signature comes from the future.",
				 NULL);
	return OK;
}

int httpsig_verify(const struct httpsig *sig, const struct httpsig_request *rq, const void *body,
		   size_t body_len, const uint8_t pub[32], int64_t now, struct fault *fault)
{
	bool bodiless = !strcmp(rq->method, "GET") || !strcmp(rq->method, "HEAD");
	char digest[64];
	struct buf base;
	int err = check_window(sig, now, fault);

	if (err)
		return err;
	if (bodiless ? body_len || sig->covers_body : !sig->covers_body)
		return fault_set(fault, ERR_INVALID, "",
				 "The signature does not cover what this method asks for.", NULL);
	if (sig->covers_body) {
		httpsig_content_digest(body, body_len, digest);
		if (!rq->content_digest || strcmp(rq->content_digest, digest))
			return fault_set(fault, ERR_SIGNATURE, "",
					 "The content digest does not match the body.", NULL);
	}
	base_init(&base);
	err = signature_base(rq, sig->params, sig->covers_body, &base);
	if (err)
		fault_set(fault, err, "", "The request cannot be signed as it is.", NULL);
	else if (key_verify(pub, base.data, base.len, sig->signature))
		err = fault_set(fault, ERR_SIGNATURE, "",
				"The signature does not match the request and the key.", NULL);
	buf_done(&base);
	return err;
}
