#include "node/auth/password.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/text.h"

struct job {
	char password[PASSWORD_MAX];
	char stored[PASSWORD_TEXT];
	int verify;
	password_done *done;
	void *arg;
};

struct password_pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	int stop;
	unsigned first, count;
	struct job *jobs;	/* ring of PASSWORD_QUEUE */
};

int password_check(const char *password, struct fault *fault)
{
	if (!text_valid(password, strlen(password)))
		return fault_set(fault, ERR_INVALID, "/password", "This is not UTF-8 text.", NULL);
	if (strlen(password) >= PASSWORD_MAX)
		return fault_set(fault, ERR_INVALID, "/password", "This password is too long.",
				 NULL);
	if (text_length(password) < PASSWORD_MIN)
		return fault_set(fault, ERR_INVALID, "/password",
				 "A password needs at least ten characters.", NULL);
	return OK;
}

int password_hash(const char *password, char ret_stored[PASSWORD_TEXT])
{
	_Static_assert(PASSWORD_TEXT == crypto_pwhash_STRBYTES, "as libsodium writes it");
	if (crypto_pwhash_str_alg(ret_stored, password, strlen(password), PASSWORD_PASSES,
				  PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_NOMEM;
	return OK;
}

/*
 * Verified where there is no account: a hash of our parameters whose password nobody knows, so
 * that the answer takes as long.
 */
static const char nobody[PASSWORD_TEXT] = "$argon2id$v=19$m=19456,t=2,p=1$"
			     "bWFpbGxhZ2Ugbm9ib2R5IQ$"
			     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

int password_verify(const char *stored, const char *password)
{
	int known = stored && *stored;

	if (crypto_pwhash_str_verify(known ? stored : nobody, password, strlen(password)) != 0)
		return ERR_DENIED;
	return known ? OK : ERR_DENIED;
}

static void job_run(struct job *j)
{
	char stored[PASSWORD_TEXT];
	int err;

	if (j->verify) {
		err = password_verify(j->stored, j->password);
		j->done(j->arg, err, NULL);
	} else {
		err = password_hash(j->password, stored);
		j->done(j->arg, err, err == OK ? stored : NULL);
	}
	sodium_memzero(j, sizeof(*j));
}

static void *pool_main(void *arg)
{
	struct password_pool *p = arg;
	struct job j;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->count == 0)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->stop)
			break;
		j = p->jobs[p->first];
		sodium_memzero(&p->jobs[p->first], sizeof(j));
		p->first = (p->first + 1) % PASSWORD_QUEUE;
		p->count--;
		pthread_mutex_unlock(&p->lock);
		job_run(&j);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int password_pool_new(struct password_pool **ret_pool)
{
	struct password_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NOMEM;
	p->jobs = calloc(PASSWORD_QUEUE, sizeof(*p->jobs));
	if (!p->jobs) {
		free(p);
		return ERR_NOMEM;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	if (pthread_create(&p->thread, NULL, pool_main, p) != 0) {
		pthread_cond_destroy(&p->wake);
		pthread_mutex_destroy(&p->lock);
		free(p->jobs);
		free(p);
		return ERR_NOMEM;
	}
	*ret_pool = p;
	return OK;
}

void password_pool_free(struct password_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = 1;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	for (; p->count > 0; p->count--) {
		struct job *j = &p->jobs[p->first];

		j->done(j->arg, ERR_BUSY, NULL);
		p->first = (p->first + 1) % PASSWORD_QUEUE;
	}
	sodium_memzero(p->jobs, PASSWORD_QUEUE * sizeof(*p->jobs));
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p->jobs);
	free(p);
}

static int queue(struct password_pool *p, const char *stored, const char *password, int verify,
		 password_done *done, void *arg)
{
	int err = ERR_BUSY;

	pthread_mutex_lock(&p->lock);
	if (!p->stop && p->count < PASSWORD_QUEUE) {
		struct job *j = &p->jobs[(p->first + p->count) % PASSWORD_QUEUE];

		strcpy(j->password, password);
		strcpy(j->stored, stored);
		j->verify = verify;
		j->done = done;
		j->arg = arg;
		p->count++;
		pthread_cond_signal(&p->wake);
		err = OK;
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

int password_pool_hash(struct password_pool *p, const char *password, password_done *done, void *arg)
{
	if (strlen(password) >= PASSWORD_MAX)
		return ERR_LIMIT;
	return queue(p, "", password, 0, done, arg);
}

int password_pool_verify(struct password_pool *p, const char *stored, const char *password,
			 password_done *done, void *arg)
{
	/* Too long to be anybody's password, and still as slow as the others. */
	if (strlen(password) >= PASSWORD_MAX)
		password = stored = "";
	if (!stored || strlen(stored) >= PASSWORD_TEXT)
		stored = "";
	return queue(p, stored, password, 1, done, arg);
}
