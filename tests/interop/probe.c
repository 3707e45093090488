/*
 * What the protocol library says, on standard output, so that other implementations can be held
 * against it.  Standard input is a sequence of JSON documents, a NUL between two; each gets one
 * line of output, in order.  A document that is refused gets "! " and the name of the error.
 *
 *   probe canon                          canonical bytes (all of RFC 8785, fractions too)
 *   probe sign SEED METHOD CREATED       the document with a proof by the key of SEED (in hex)
 *   probe verify                         "ok"; the key is in the proof's verificationMethod
 *   probe genesis SEED                   nothing is read: the genesis of the node of SEED
 *   probe object SEED                    the document's fields as a signed object of that node
 *   probe httpsig-sign SEED KEYID        {method, url, created, nonce, body?, type?} to its headers
 *   probe httpsig-verify NOW             {method, url, input, signature, body?, type?, digest?}:
 *                                        "ok"; the key is in the keyid
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/codec.h"
#include "protocol/base/err.h"
#include "protocol/canon.h"
#include "protocol/httpsig.h"
#include "protocol/identity.h"
#include "protocol/key.h"
#include "protocol/object.h"
#include "protocol/proof.h"

#define ORIGIN "https://noeud.exemple.fr"

enum {
	INPUT_MAX = 64 << 20,
	LINE_MAX_BYTES = 8 << 20,
	GENESIS_CREATED = 1795351860, /* 2026-11-22T12:51:00Z */
};

struct probe {
	char **argv;
	struct key key;
	struct identity identity;
	json_t *genesis;
};

typedef int answer_fn(struct probe *p, json_t *doc, struct buf *out);

/* The Multikey a method or keyid ends with: nid:…#z6Mk…, did:key:z6Mk…#z6Mk… or did:key:z6Mk…. */
static int key_of(const char *method, uint8_t ret_pub[32])
{
	static const char did[] = "did:key:";
	const char *mark = strchr(method, '#');

	if (mark)
		return key_parse(mark + 1, ret_pub);
	if (!strncmp(method, did, sizeof(did) - 1))
		return key_parse(method + sizeof(did) - 1, ret_pub);
	return ERR_INVALID;
}

static int seed_read(const char *hex, struct key *ret_key)
{
	uint8_t seed[32];

	if (!hex || strlen(hex) != 64 || hex_decode(hex, 64, seed, sizeof(seed)))
		return ERR_INVALID;
	key_from_seed(ret_key, seed);
	return OK;
}

static const char *text_of(const json_t *doc, const char *name)
{
	return json_string_value(json_object_get(doc, name));
}

static int answer_canon(struct probe *p, json_t *doc, struct buf *out)
{
	return canon_write(doc, out);
}

static int answer_sign(struct probe *p, json_t *doc, struct buf *out)
{
	int err = proof_sign(doc, &p->key, p->argv[3], atoll(p->argv[4]));

	return err ? err : canon_write(doc, out);
}

static int answer_verify(struct probe *p, json_t *doc, struct buf *out)
{
	const char *method = proof_method(doc);
	uint8_t pub[32];
	int err = method ? key_of(method, pub) : ERR_INVALID;

	if (!err)
		err = proof_verify(doc, pub, NULL);
	if (!err)
		buf_str(out, "ok");
	return err;
}

static int answer_object(struct probe *p, json_t *doc, struct buf *out)
{
	uint8_t random[OBJECT_RANDOM], digest[32];
	char id[OBJECT_ID_MAX];
	struct envelope envelope;
	int err;

	for (int i = 0; i < OBJECT_RANDOM; i++)
		random[i] = (uint8_t)(i * 15);
	object_id_make(ORIGIN, random, id);
	err = object_sign(doc, &p->identity, &p->key, id, "public", 7, GENESIS_CREATED,
			  GENESIS_CREATED + 3600);
	return err ? err
		   : object_verify(doc, &p->identity, "public", &envelope, out, digest, NULL);
}

static int answer_httpsig_sign(struct probe *p, json_t *doc, struct buf *out)
{
	const char *body = text_of(doc, "body"), *nonce = text_of(doc, "nonce");
	char input[HTTPSIG_INPUT], signature[128], digest[64];
	struct httpsig_request rq = {
		.method = text_of(doc, "method"),
		.target_uri = text_of(doc, "url"),
		.content_type = text_of(doc, "type"),
	};
	json_t *headers;
	int err;

	if (!rq.method || !rq.target_uri || !nonce)
		return ERR_INVALID;
	if (body) {
		httpsig_content_digest(body, strlen(body), digest);
		rq.content_digest = digest;
	}
	err = httpsig_sign(&rq, &p->key, p->argv[3],
			   (int64_t)json_number_value(json_object_get(doc, "created")), nonce, input,
			   signature);
	if (err)
		return err;
	headers = json_pack("{s:s, s:s, s:s*}", "input", input, "signature", signature, "digest",
			    rq.content_digest);
	err = headers ? canon_write(headers, out) : ERR_NOMEM;
	json_decref(headers);
	return err;
}

static int answer_httpsig_verify(struct probe *p, json_t *doc, struct buf *out)
{
	const char *body = text_of(doc, "body");
	const char *input = text_of(doc, "input"), *signature = text_of(doc, "signature");
	struct httpsig_request rq = {
		.method = text_of(doc, "method"),
		.target_uri = text_of(doc, "url"),
		.content_type = text_of(doc, "type"),
		.content_digest = text_of(doc, "digest"),
	};
	struct httpsig sig;
	uint8_t pub[32];
	int err;

	if (!rq.method || !rq.target_uri || !input || !signature)
		return ERR_INVALID;
	err = httpsig_parse(input, signature, &sig, NULL);
	if (!err)
		err = key_of(sig.keyid, pub);
	if (!err)
		err = httpsig_verify(&sig, &rq, body ? body : "", body ? strlen(body) : 0, pub,
				     atoll(p->argv[2]), NULL);
	if (!err)
		buf_str(out, "ok");
	return err;
}

static const struct command {
	const char *name;
	int arguments;
	int seed; /* whether the first argument is one */
	answer_fn *answer;
} commands[] = {
	{"canon", 0, 0, answer_canon},
	{"sign", 3, 1, answer_sign},
	{"verify", 0, 0, answer_verify},
	{"genesis", 1, 1, NULL},
	{"object", 1, 1, answer_object},
	{"httpsig-sign", 2, 1, answer_httpsig_sign},
	{"httpsig-verify", 1, 0, answer_httpsig_verify},
};

static const struct command *command_find(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].name))
			return argc == commands[i].arguments + 2 ? &commands[i] : NULL;
	return NULL;
}

/* The node of a seed: its recovery secret is the seed's bytes counted up by one. */
static int node_make(struct probe *p)
{
	uint8_t secret[32];
	json_t *log;
	int err;

	for (int i = 0; i < 32; i++)
		secret[i] = (uint8_t)(p->key.seed[i] + 1);
	err = identity_genesis(&p->key, secret, ORIGIN, GENESIS_CREATED, &p->genesis);
	if (err)
		return err;
	log = json_pack("[O]", p->genesis);
	err = log ? identity_read(log, &p->identity, NULL) : ERR_NOMEM;
	json_decref(log);
	return err;
}

static void document_answer(struct probe *p, const struct command *c, const char *text, size_t len)
{
	struct buf out;
	json_t *doc = NULL;
	int err;

	buf_init(&out, LINE_MAX_BYTES);
	err = canon_read(text, len, CANON_FULL, &doc, NULL);
	if (!err)
		err = c->answer(p, doc, &out);
	if (!err)
		err = out.err;
	if (err)
		printf("! %s\n", err_name(err));
	else
		printf("%s\n", out.data ? out.data : "");
	json_decref(doc);
	buf_done(&out);
}

static int documents_answer(struct probe *p, const struct command *c)
{
	struct buf in;
	char chunk[65536];
	size_t n, len;

	buf_init(&in, INPUT_MAX);
	while ((n = fread(chunk, 1, sizeof(chunk), stdin)))
		buf_add(&in, chunk, n);
	if (in.err || ferror(stdin)) {
		buf_done(&in);
		return ERR_LIMIT;
	}
	for (size_t at = 0; at < in.len; at += len + 1) {
		len = strnlen(in.data + at, in.len - at);
		document_answer(p, c, in.data + at, len);
	}
	buf_done(&in);
	return OK;
}

static int genesis_answer(const struct probe *p)
{
	struct buf out;
	int err;

	buf_init(&out, LINE_MAX_BYTES);
	err = canon_write(p->genesis, &out);
	if (!err)
		printf("%s\n", out.data);
	buf_done(&out);
	return err;
}

int main(int argc, char **argv)
{
	const struct command *c = command_find(argc, argv);
	struct probe p = {.argv = argv};
	int err;

	if (!c) {
		fputs("usage: probe canon|sign|verify|genesis|object|httpsig-sign|httpsig-verify …\n",
		      stderr);
		return 2;
	}
	err = key_library_init();
	if (!err && c->seed)
		err = seed_read(argv[2], &p.key);
	if (!err && c->seed)
		err = node_make(&p);
	if (!err)
		err = c->answer ? documents_answer(&p, c) : genesis_answer(&p);
	if (err)
		fprintf(stderr, "probe: %s\n", err_name(err));
	json_decref(p.genesis);
	key_done(&p.key);
	return err || fflush(stdout) ? 1 : 0;
}
