/* Tokens, form proofs, passwords and their pool, roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>

#include "node/auth/csrf.h"
#include "node/auth/password.h"
#include "node/auth/role.h"
#include "node/auth/session.h"
#include "node/auth/token.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"

static void tokens_differ_and_hash(void **state)
{
	char a[TOKEN_TEXT], b[TOKEN_TEXT], hex[TOKEN_HASH_TEXT], again[TOKEN_HASH_TEXT];
	uint8_t raw[32], hash[32], expected[32];
	size_t len;

	token_make(a);
	token_make(b);
	assert_int_equal(strlen(a), TOKEN_TEXT - 1);
	assert_string_not_equal(a, b);
	assert_int_equal(token_hash(a, hash), OK);
	assert_int_equal(base64url_decode(a, strlen(a), raw, sizeof(raw), &len), OK);
	digest_bytes(raw, len, expected);
	assert_memory_equal(hash, expected, 32);
	assert_int_equal(token_hash_text(a, hex), OK);
	hex_encode(hash, 32, again);
	assert_string_equal(hex, again);
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 42 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",	  /* 44 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* trailing bits */
	};
	uint8_t hash[32];

	assert_int_equal(token_hash(NULL, hash), ERR_INVALID);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(token_hash(bad[i], hash), ERR_INVALID);
}

static void a_form_proof_belongs_to_its_token(void **state)
{
	char mine[TOKEN_TEXT], other[TOKEN_TEXT], proof[CSRF_TEXT];

	token_make(mine);
	token_make(other);
	assert_int_equal(csrf_make(mine, proof), OK);
	assert_int_equal(csrf_check(mine, proof), OK);
	assert_int_equal(csrf_check(other, proof), ERR_DENIED);
	assert_int_equal(csrf_check(mine, NULL), ERR_DENIED);
	assert_int_equal(csrf_check(mine, ""), ERR_DENIED);
	assert_int_equal(csrf_check(mine, mine), ERR_DENIED);
	assert_int_equal(csrf_check("", proof), ERR_DENIED);
	assert_int_equal(csrf_make("", proof), ERR_INVALID);
	proof[5] = proof[5] == 'A' ? 'B' : 'A';
	assert_int_equal(csrf_check(mine, proof), ERR_DENIED);
}

static void passwords_have_a_least_length(void **state)
{
	struct fault fault = {0};

	assert_int_equal(password_check("123456789", &fault), ERR_INVALID);
	assert_string_equal(fault.pointer, "/password");
	assert_int_equal(password_check("1234567890", NULL), OK);
	assert_int_equal(password_check("éàüéàüéàü", NULL), ERR_INVALID); /* 9 characters, 18 bytes */
	assert_int_equal(password_check("éàüéàüéàüé", NULL), OK);
	assert_int_equal(password_check("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NULL), ERR_INVALID);
}

static double seconds_of_verify(const char *stored)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	assert_int_equal(password_verify(stored, "not this one"), ERR_DENIED);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static void passwords_verify_and_strangers_cost_as_much(void **state)
{
	char stored[PASSWORD_TEXT];
	double known, unknown;

	assert_int_equal(password_hash("correct horse", stored), OK);
	assert_int_equal(strncmp(stored, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
	assert_int_equal(password_verify(stored, "correct horse"), OK);
	known = seconds_of_verify(stored);
	unknown = seconds_of_verify(NULL);
	/* Processor time, and a wide margin: what is caught is a hash that does not decode (no work). */
	assert_true(unknown > known / 8);
	assert_true(seconds_of_verify("") > known / 8);
}

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t change;
	int gate, entered, done, busy;
	char stored[PASSWORD_TEXT];
	int err;
};

static void hold(void *arg, int err, const char *stored)
{
	struct jobs *j = arg;

	pthread_mutex_lock(&j->lock);
	j->entered = 1;
	pthread_cond_broadcast(&j->change);
	while (!j->gate)
		pthread_cond_wait(&j->change, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

static void count(void *arg, int err, const char *stored)
{
	struct jobs *j = arg;

	pthread_mutex_lock(&j->lock);
	j->done++;
	j->busy += err == ERR_BUSY;
	pthread_mutex_unlock(&j->lock);
}

static void keep(void *arg, int err, const char *stored)
{
	struct jobs *j = arg;

	pthread_mutex_lock(&j->lock);
	j->err = err;
	if (stored)
		snprintf(j->stored, sizeof(j->stored), "%s", stored);
	j->done++;
	pthread_cond_broadcast(&j->change);
	pthread_mutex_unlock(&j->lock);
}

static void wait_done(struct jobs *j, int n)
{
	pthread_mutex_lock(&j->lock);
	while (j->done < n)
		pthread_cond_wait(&j->change, &j->lock);
	pthread_mutex_unlock(&j->lock);
}

static void the_pool_answers(void **state)
{
	struct jobs j = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct password_pool *p;
	char stored[PASSWORD_TEXT], longer[PASSWORD_MAX + 10];

	assert_int_equal(password_pool_new(&p), OK);
	assert_int_equal(password_pool_hash(p, "correct horse", keep, &j), OK);
	wait_done(&j, 1);
	assert_int_equal(j.err, OK);
	strcpy(stored, j.stored);
	assert_int_equal(password_pool_verify(p, stored, "correct horse", keep, &j), OK);
	wait_done(&j, 2);
	assert_int_equal(j.err, OK);
	assert_int_equal(password_pool_verify(p, stored, "wrong horse", keep, &j), OK);
	wait_done(&j, 3);
	assert_int_equal(j.err, ERR_DENIED);
	assert_int_equal(password_pool_verify(p, NULL, "correct horse", keep, &j), OK);
	wait_done(&j, 4);
	assert_int_equal(j.err, ERR_DENIED);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(password_pool_verify(p, stored, longer, keep, &j), OK);
	wait_done(&j, 5);
	assert_int_equal(j.err, ERR_DENIED);
	assert_int_equal(password_pool_hash(p, longer, keep, &j), ERR_LIMIT);
	password_pool_free(p);
}

static void a_full_pool_says_busy(void **state)
{
	struct jobs j = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct password_pool *p;

	assert_int_equal(password_pool_new(&p), OK);
	assert_int_equal(password_pool_verify(p, NULL, "x", hold, &j), OK);
	pthread_mutex_lock(&j.lock);
	while (!j.entered)
		pthread_cond_wait(&j.change, &j.lock);
	pthread_mutex_unlock(&j.lock);
	/* The thread is held in the first one's answer: the queue fills up behind it. */
	for (int i = 0; i < PASSWORD_QUEUE; i++)
		assert_int_equal(password_pool_verify(p, NULL, "x", count, &j), OK);
	assert_int_equal(password_pool_verify(p, NULL, "x", count, &j), ERR_BUSY);
	pthread_mutex_lock(&j.lock);
	j.gate = 1;
	pthread_cond_broadcast(&j.change);
	pthread_mutex_unlock(&j.lock);
	password_pool_free(p);
	/* Each was answered once: by the thread, or with ERR_BUSY at the end. */
	assert_int_equal(j.done, PASSWORD_QUEUE);
	password_pool_free(NULL);
}

static void roles_pass_what_lesser_ones_pass(void **state)
{
	static const struct {
		enum role role;
		enum who highest;
	} rows[] = {{ROLE_NONE, WHO_ANYONE}, {ROLE_MEMBER, WHO_MEMBER},
		    {ROLE_ANIMATOR, WHO_ANIMATOR}, {ROLE_ADMIN, WHO_ADMIN}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int who = WHO_ANYONE; who <= WHO_ADMIN; who++)
			assert_int_equal(role_may(rows[i].role, (enum who)who), who <= (int)rows[i].highest);
		assert_false(role_may(rows[i].role, WHO_NODE));
	}
}

static void cookies_name_the_node(void **state)
{
	struct node n = {0};
	char out[SESSION_COOKIE], name[SESSION_NAME];

	strcpy(n.identity.nid, "nid:AbCdEfGhIjKl");
	strcpy(n.conf.url, "https://lune.example.org");
	session_name(&n, 0, name);
	assert_string_equal(name, "maillage_AbCdEfGh");
	session_name(&n, 1, name);
	assert_string_equal(name, "maillage_AbCdEfGh_anon");
	session_cookie(&n, 0, "T", 60, out);
	assert_string_equal(out, "maillage_AbCdEfGh=T; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
	strcpy(n.conf.url, "http://127.0.0.1:8080");
	session_cookie(&n, 1, "T", 0, out);
	assert_string_equal(out, "maillage_AbCdEfGh_anon=T; Path=/; HttpOnly; SameSite=Lax");
	session_cookie(&n, 0, NULL, 0, out);
	assert_string_equal(out, "maillage_AbCdEfGh=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_differ_and_hash),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(a_form_proof_belongs_to_its_token),
		cmocka_unit_test(passwords_have_a_least_length),
		cmocka_unit_test(passwords_verify_and_strangers_cost_as_much),
		cmocka_unit_test(the_pool_answers),
		cmocka_unit_test(a_full_pool_says_busy),
		cmocka_unit_test(roles_pass_what_lesser_ones_pass),
		cmocka_unit_test(cookies_name_the_node),
	};

	return key_library_init() || cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
