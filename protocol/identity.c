#include "protocol/identity.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/codec.h"
#include "protocol/base/time.h"
#include "protocol/canon.h"
#include "protocol/limits.h"
#include "protocol/proof.h"

enum {
	SECRET = 32,
	CHECKSUM = 3, /* 32 + 3 bytes are 56 characters of base32, without a rest */
	GROUP = 4,
	SECRET_CHARS = 56,
	OPERATION_MAX = 8 * 1024, /* canonical bytes of one operation */
};

/* The recovery secret. */

static void secret_checksum(const uint8_t secret[SECRET], uint8_t out[CHECKSUM])
{
	static const char label[] = "maillage recovery secret";
	uint8_t bytes[sizeof(label) - 1 + SECRET], digest[32];

	memcpy(bytes, label, sizeof(label) - 1);
	memcpy(bytes + sizeof(label) - 1, secret, SECRET);
	digest_bytes(bytes, sizeof(bytes), digest);
	memcpy(out, digest, CHECKSUM);
	sodium_memzero(bytes, sizeof(bytes));
}

void secret_format(const uint8_t secret[32], char out[SECRET_TEXT])
{
	uint8_t bytes[SECRET + CHECKSUM];
	char chars[SECRET_CHARS + 1];

	memcpy(bytes, secret, SECRET);
	secret_checksum(secret, bytes + SECRET);
	base32_encode(bytes, sizeof(bytes), chars);
	for (size_t i = 0; i < SECRET_CHARS; i++) {
		if (i && i % GROUP == 0)
			*out++ = '-';
		*out++ = chars[i];
	}
	*out = '\0';
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(chars, sizeof(chars));
}

/* A person copies this by hand: capitals, and the digits that look like letters, are understood. */
static int secret_digit(char c)
{
	switch (c) {
	case '0':
		c = 'o';
		break;
	case '1':
		c = 'l';
		break;
	case '8':
		c = 'b';
		break;
	default:
		break;
	}
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

int secret_parse(const char *text, uint8_t ret_secret[32])
{
	uint8_t bytes[SECRET + CHECKSUM] = {0}, checksum[CHECKSUM];
	size_t n = 0;
	int err = ERR_INVALID;

	for (; *text; text++) {
		int digit = secret_digit(*text);

		if (strchr(" -\t\r\n", *text))
			continue;
		if (digit < 0 || n == SECRET_CHARS)
			goto done;
		for (size_t bit = 0; bit < 5; bit++) {
			size_t at = n * 5 + bit;

			bytes[at / 8] |= (uint8_t)((digit >> (4 - bit) & 1) << (7 - at % 8));
		}
		n++;
	}
	secret_checksum(bytes, checksum);
	if (n != SECRET_CHARS || memcmp(checksum, bytes + SECRET, CHECKSUM) != 0)
		goto done;
	memcpy(ret_secret, bytes, SECRET);
	err = OK;
done:
	sodium_memzero(bytes, sizeof(bytes));
	return err;
}

static void derive(const uint8_t secret[SECRET], const char *label, int64_t n, struct key *ret_key)
{
	uint8_t message[64], seed[crypto_auth_hmacsha256_BYTES];
	size_t len = strlen(label);

	memcpy(message, label, len);
	be64_put(message + len, (uint64_t)n);
	crypto_auth_hmacsha256(seed, message, len + 8, secret);
	key_from_seed(ret_key, seed);
	sodium_memzero(seed, sizeof(seed));
}

void secret_sign_key(const uint8_t secret[32], int64_t n, struct key *ret_key)
{
	derive(secret, "fed/1 signing key", n, ret_key);
}

void secret_recovery_key(const uint8_t secret[32], struct key *ret_key)
{
	derive(secret, "fed/1 recovery key", 0, ret_key);
}

/* Origins. */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits and hyphens between dots (RFC 1123 section 2.1), lower case. */
static bool host_name_valid(const char *host)
{
	size_t label = 0;
	bool digits = true; /* of the last label: such a host is read as an IPv4 address */

	if (strlen(host) > 253)
		return false;
	for (const char *p = host;; p++) {
		if (*p == '.' || !*p) {
			if (label == 0 || label > 63 || p[-1] == '-')
				return false;
			if (!*p)
				return !digits;
			label = 0;
			digits = true;
			continue;
		}
		if (!is_digit(*p)) {
			if (!(*p >= 'a' && *p <= 'z') && (*p != '-' || label == 0))
				return false;
			digits = false;
		}
		label++;
	}
}

static bool ipv4_valid(const char *host)
{
	struct in_addr address;

	return inet_pton(AF_INET, host, &address) == 1;
}

static bool ipv6_valid(const char *host)
{
	char again[INET6_ADDRSTRLEN];
	struct in6_addr address;

	return inet_pton(AF_INET6, host, &address) == 1 &&
	       inet_ntop(AF_INET6, &address, again, sizeof(again)) && !strcmp(again, host);
}

static bool port_valid(const char *port, const char *standard)
{
	size_t n = 0;
	long value = 0;

	for (; is_digit(port[n]) && n < 6; n++)
		value = value * 10 + (port[n] - '0');
	return n > 0 && !port[n] && port[0] != '0' && value <= 65535 && strcmp(port, standard) != 0;
}

/* An origin cut into its parts; ret_port points into `origin` or at "". */
static bool origin_cut(const char *origin, bool *ret_http, char host[ORIGIN_TEXT],
		       bool *ret_bracket, const char **ret_port)
{
	const char *start, *end;
	size_t n;

	if (strlen(origin) >= ORIGIN_TEXT)
		return false;
	*ret_http = !strncmp(origin, "http://", 7);
	if (!*ret_http && strncmp(origin, "https://", 8) != 0)
		return false;
	start = origin + (*ret_http ? 7 : 8);
	*ret_bracket = *start == '[';
	if (*ret_bracket) {
		end = strchr(++start, ']');
		if (!end)
			return false;
		n = (size_t)(end++ - start);
	} else {
		n = strcspn(start, ":");
		end = start + n;
	}
	memcpy(host, start, n);
	host[n] = '\0';
	if (*end && *end != ':')
		return false;
	*ret_port = *end ? end + 1 : NULL;
	return true;
}

int origin_check(const char *origin, int allow_http, struct fault *fault)
{
	char host[ORIGIN_TEXT];
	const char *port;
	bool http, bracket;

	if (!origin_cut(origin, &http, host, &bracket, &port) ||
	    !(bracket ? ipv6_valid(host) : ipv4_valid(host) || host_name_valid(host)))
		return fault_set(fault, ERR_INVALID, "/origin",
				 "A node's address is https:// and a host name, in lower case, "
				 "without a path.",
				 NULL);
	if (port && !port_valid(port, http ? "80" : "443"))
		return fault_set(fault, ERR_INVALID, "/origin",
				 "The port is a number up to 65535, and left out if it is the "
				 "usual one.",
				 NULL);
	if (http && !allow_http)
		return fault_set(fault, ERR_INVALID, "/origin",
				 "A node's address starts with https://.", NULL);
	return OK;
}

int origin_is_loopback_http(const char *origin)
{
	char host[ORIGIN_TEXT];
	const char *port;
	bool http, bracket;

	if (origin_check(origin, 1, NULL) || !origin_cut(origin, &http, host, &bracket, &port) ||
	    !http)
		return 0;
	if (bracket)
		return !strcmp(host, "::1");
	return !strcmp(host, "localhost") || (ipv4_valid(host) && !strncmp(host, "127.", 4));
}

/* Operations. */

bool nid_valid(const char *nid)
{
	uint8_t hash[32];
	size_t n;

	return !strncmp(nid, "nid:", 4) && strlen(nid) < NID_TEXT &&
	       base58_decode(nid + 4, strlen(nid + 4), hash, sizeof(hash), &n) == OK &&
	       n == sizeof(hash);
}

/* What announces a key without showing it: the digest of its Multikey text. */
static void key_commitment(const uint8_t pub[32], char out[DIGEST_TEXT])
{
	char text[KEY_TEXT];
	uint8_t digest[32];

	key_format(pub, text);
	digest_bytes(text, strlen(text), digest);
	digest_text(digest, out);
}

/* The nid a genesis operation stands for: its hash without `node` and `proof`. */
static int operation_nid(const json_t *op, char out[NID_TEXT])
{
	json_t *bare = json_copy((json_t *)op); /* shallow */
	struct buf bytes;
	uint8_t hash[32];
	int err;

	if (!bare)
		return ERR_NOMEM;
	json_object_del(bare, "node");
	json_object_del(bare, "proof");
	buf_init(&bytes, OPERATION_MAX);
	err = canon_write(bare, &bytes);
	if (!err)
		err = bytes.err;
	if (!err) {
		digest_bytes(bytes.data, bytes.len, hash);
		memcpy(out, "nid:", 4);
		err = base58_encode(hash, sizeof(hash), out + 4, NID_TEXT - 4);
	}
	buf_done(&bytes);
	json_decref(bare);
	return err;
}

void identity_method(const struct identity *id, char out[NID_TEXT + KEY_TEXT])
{
	char key[KEY_TEXT];

	key_format(id->sign, key);
	snprintf(out, NID_TEXT + KEY_TEXT, "%s#%s", id->nid, key);
}

int identity_genesis(const struct key *sign, const uint8_t secret[32], const char *origin,
		     int64_t created, json_t **ret_op)
{
	char sign_text[KEY_TEXT], recovery_text[KEY_TEXT], next_text[DIGEST_TEXT];
	char created_text[TIME_TEXT], method[NID_TEXT + KEY_TEXT];
	struct identity id = {0};
	struct key next, recovery;
	json_t *op;
	int err;

	err = origin_check(origin, 1, NULL);
	if (err)
		return err;
	secret_sign_key(secret, 1, &next);
	secret_recovery_key(secret, &recovery);
	key_commitment(next.pub, next_text);
	key_format(sign->pub, sign_text);
	key_format(recovery.pub, recovery_text);
	key_done(&next);
	key_done(&recovery);
	time_format(created, created_text);
	op = json_pack("{s:s, s:i, s:n, s:s, s:s, s:s, s:[s], s:s}", "type", "IdentityOp", "n", 0,
		       "prev", "origin", origin, "sign", sign_text, "next", next_text, "recovery",
		       recovery_text, "created", created_text);
	if (!op)
		return ERR_NOMEM;
	memcpy(id.sign, sign->pub, sizeof(id.sign));
	err = operation_nid(op, id.nid);
	if (!err && json_object_set_new(op, "node", json_string(id.nid)))
		err = ERR_NOMEM;
	if (!err) {
		identity_method(&id, method);
		err = proof_sign(op, sign, method, created);
	}
	if (err) {
		json_decref(op);
		return err;
	}
	*ret_op = op;
	return OK;
}

static int check_recovery(const json_t *keys, struct fault *fault)
{
	uint8_t pub[32];
	size_t n = json_array_size(keys);

	if (!json_is_array(keys) || n == 0 || n > IDENTITY_RECOVERY)
		return fault_set(fault, ERR_INVALID, "/recovery",
				 "An operation lists 1 to 4 recovery keys.", NULL);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(keys, i));

		if (!s || key_parse(s, pub))
			return fault_set(fault, ERR_INVALID, "/recovery",
					 "This is no Ed25519 Multikey.", NULL);
	}
	return OK;
}

/* Shape of a genesis operation, read into `id` (all but its nid). */
static int read_genesis(const json_t *op, struct identity *id, struct fault *fault)
{
	const char *type = json_string_value(json_object_get(op, "type"));
	const char *origin = json_string_value(json_object_get(op, "origin"));
	const char *sign = json_string_value(json_object_get(op, "sign"));
	const char *next = json_string_value(json_object_get(op, "next"));
	const char *created = json_string_value(json_object_get(op, "created"));
	const json_t *n = json_object_get(op, "n");
	uint8_t digest[32];
	int err;

	if (!type || strcmp(type, "IdentityOp") != 0)
		return fault_set(fault, ERR_INVALID, "/type", "This is no identity operation.",
				 NULL);
	if (!json_is_integer(n) || json_integer_value(n) != 0 ||
	    !json_is_null(json_object_get(op, "prev")))
		return fault_set(fault, ERR_INVALID, "/n",
				 "An identity starts with operation 0, whose prev is null.", NULL);
	if (!origin)
		return fault_set(fault, ERR_INVALID, "/origin", "This field is required.", NULL);
	err = origin_check(origin, 1, fault);
	if (err)
		return err;
	if (!sign || key_parse(sign, id->sign))
		return fault_set(fault, ERR_INVALID, "/sign", "This is no Ed25519 Multikey.", NULL);
	if (!next || digest_parse(next, digest))
		return fault_set(fault, ERR_INVALID, "/next", "This is no digest of a key.", NULL);
	if (!created || time_parse(created, &id->created))
		return fault_set(fault, ERR_INVALID, "/created",
				 "This must be a time such as 2026-11-22T12:51:00Z.", NULL);
	snprintf(id->origin, sizeof(id->origin), "%s", origin);
	return check_recovery(json_object_get(op, "recovery"), fault);
}

static int verify_genesis(const json_t *op, struct identity *id, struct fault *fault)
{
	const char *node = json_string_value(json_object_get(op, "node"));
	const char *method;
	char expected[NID_TEXT + KEY_TEXT];
	struct buf bytes;
	uint8_t digest[32];
	int err = read_genesis(op, id, fault);

	if (err)
		return err;
	err = operation_nid(op, id->nid);
	if (err)
		return fault_set(fault, err, "", "The operation has no canonical form.", NULL);
	if (!node || strcmp(node, id->nid) != 0)
		return fault_set(fault, ERR_SIGNATURE, "/node",
				 "The identity is not the hash of its first operation.", NULL);
	method = proof_method(op);
	identity_method(id, expected);
	if (!method || strcmp(method, expected) != 0)
		return fault_set(fault, ERR_SIGNATURE, "/proof/verificationMethod",
				 "The operation is not signed by the key it names.", NULL);
	buf_init(&bytes, OPERATION_MAX);
	err = proof_verify_fed(op, id->sign, &bytes, digest, fault);
	buf_done(&bytes);
	return err;
}

int identity_read(const json_t *log, struct identity *ret_identity, struct fault *fault)
{
	const json_t *operations = json_is_object(log) ? json_object_get(log, "operations") : log;
	struct identity id = {0};
	int err;

	if (!json_is_array(operations) || json_array_size(operations) == 0 ||
	    json_array_size(operations) > IDENTITY_OPS)
		return fault_set(fault, ERR_INVALID, json_is_object(log) ? "/operations" : "",
				 "An identity is a list of 1 to 256 operations.", NULL);
	err = verify_genesis(json_array_get(operations, 0), &id, fault);
	if (err)
		return err;
	if (json_is_object(log)) {
		const char *nid = json_string_value(json_object_get(log, "nid"));

		if (!nid || strcmp(nid, id.nid) != 0)
			return fault_set(fault, ERR_INVALID, "/nid",
					 "The operations are another node's.", NULL);
	}
	if (json_array_size(operations) > 1)
		return fault_set(fault, ERR_VERSION, "/operations/1",
				 "This node has changed its keys or address; this version cannot "
				 "follow that yet.",
				 NULL);
	*ret_identity = id;
	return OK;
}
