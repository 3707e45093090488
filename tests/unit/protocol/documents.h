/*
 * What the tests of fed/1 documents share: one node made from fixed seeds, and JSON from text.
 * The expected values in these tests were computed by another implementation of the same
 * specification (canonicalize and noble/ed25519 in JavaScript), not by the code under test.
 */
#ifndef MAILLAGE_TESTS_DOCUMENTS_H
#define MAILLAGE_TESTS_DOCUMENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/canon.h"
#include "protocol/identity.h"
#include "protocol/key.h"
#include "protocol/proof.h"

#define NODE_ORIGIN "https://noeud.exemple.fr"
#define NODE_NID "nid:HXQPQWmVBm8y2EefEEgpG5BcSawub5s1ERLkrrNLhmMr"
#define NODE_SIGN "z6MkneMkZqwqRiU5mJzSG3kDwzt9P8C59N4NGTfBLfSGE7c7"

enum { NOON = 1795351860 }; /* 2026-11-22T12:51:00Z */

struct sample_node {
	uint8_t secret[32];
	struct key key;
	struct identity identity;
	json_t *genesis;
};

/* Seed 1, 2, 3…; recovery secret 32, 33, 34… */
static inline void sample_node_init(struct sample_node *n)
{
	uint8_t seed[32];
	json_t *log;

	assert_int_equal(key_library_init(), OK);
	for (int i = 0; i < 32; i++) {
		seed[i] = (uint8_t)(i + 1);
		n->secret[i] = (uint8_t)(i + 32);
	}
	key_from_seed(&n->key, seed);
	assert_int_equal(identity_genesis(&n->key, n->secret, NODE_ORIGIN, NOON, &n->genesis), OK);
	log = json_pack("[O]", n->genesis);
	assert_int_equal(identity_read(log, &n->identity, NULL), OK);
	json_decref(log);
}

static inline void sample_node_done(struct sample_node *n)
{
	key_done(&n->key);
	json_decref(n->genesis);
}

/* Another node with the same address, which signs as itself. */
static inline void other_node_init(struct sample_node *n)
{
	uint8_t seed[32] = {99};
	json_t *log;

	memset(n->secret, 7, sizeof(n->secret));
	key_from_seed(&n->key, seed);
	assert_int_equal(identity_genesis(&n->key, n->secret, NODE_ORIGIN, NOON, &n->genesis), OK);
	log = json_pack("[O]", n->genesis);
	assert_int_equal(identity_read(log, &n->identity, NULL), OK);
	json_decref(log);
}

/* JSON with ' for ", so that it can be read in C. */
static inline json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_t *doc = NULL;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	assert_int_equal(canon_read(copy, strlen(copy), CANON_NATIVE, &doc, NULL), OK);
	free(copy);
	return doc;
}

static inline void assert_digest(const json_t *doc, const char *expected)
{
	struct buf bytes;
	uint8_t digest[32];
	char text[DIGEST_TEXT];

	buf_init(&bytes, 1 << 20);
	assert_int_equal(canon_write(doc, &bytes), OK);
	digest_bytes(bytes.data, bytes.len, digest);
	digest_text(digest, text);
	assert_string_equal(text, expected);
	buf_done(&bytes);
}

/* Put text at a member of a copy; the caller owns the copy. */
static inline json_t *with_text(const json_t *doc, const char *member, const char *value)
{
	json_t *copy = json_deep_copy(doc);

	assert_int_equal(json_object_set_new(copy, member, json_string(value)), 0);
	return copy;
}

static inline json_t *with_integer(const json_t *doc, const char *member, json_int_t value)
{
	json_t *copy = json_deep_copy(doc);

	assert_int_equal(json_object_set_new(copy, member, json_integer(value)), 0);
	return copy;
}

static inline json_t *without(const json_t *doc, const char *member)
{
	json_t *copy = json_deep_copy(doc);

	assert_int_equal(json_object_del(copy, member), 0);
	return copy;
}

#endif
