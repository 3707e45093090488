/*
 * Passwords: Argon2id through libsodium, 19 MiB and 2 passes (the OWASP minimum), so one guess
 * costs tens of milliseconds.  One thread of its own computes them one at a time; beyond
 * PASSWORD_QUEUE waiting jobs the answer is ERR_BUSY.
 */
#ifndef MAILLAGE_AUTH_PASSWORD_H
#define MAILLAGE_AUTH_PASSWORD_H

#include "protocol/base/err.h"

enum {
	PASSWORD_TEXT = 128,		/* crypto_pwhash_STRBYTES: Argon2id string and NUL */
	PASSWORD_MIN = 10,		/* characters */
	PASSWORD_MAX = 256,		/* bytes, NUL included */
	PASSWORD_QUEUE = 32,
	PASSWORD_MEMORY = 19456 * 1024,	/* bytes */
	PASSWORD_PASSES = 2,
};

/* Is this text fit to be a new password? The fault points to "/password". */
int password_check(const char *password, struct fault *fault);

/* In the caller's thread. password_verify: OK or ERR_DENIED; stored NULL or "": as slow, always ERR_DENIED. */
int password_hash(const char *password, char ret_stored[PASSWORD_TEXT]);
int password_verify(const char *stored, const char *password);

struct password_pool;

int password_pool_new(struct password_pool **ret_pool);
/* Finishes the job under way, answers the waiting ones with ERR_BUSY, ends the thread. */
void password_pool_free(struct password_pool *p);

/*
 * Queue a job.  The password is copied and wiped after use.  `done` runs on the pool's thread and
 * must be short; stored is valid during the call, NULL unless err is OK and it was a hash job.
 * ERR_BUSY: the queue is full and done is not called.
 */
typedef void password_done(void *arg, int err, const char *stored);
int password_pool_hash(struct password_pool *p, const char *password, password_done *done, void *arg);
int password_pool_verify(struct password_pool *p, const char *stored, const char *password,
			 password_done *done, void *arg);

#endif
