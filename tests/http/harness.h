/*
 * Raw HTTP over a socket, and TAP: what tests of a server with real sockets share.  Everything that
 * waits has a deadline.
 */
#ifndef MAILLAGE_TESTS_HTTP_HARNESS_H
#define MAILLAGE_TESTS_HTTP_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATIENCE_MS = 20000 };	/* how long anything may take before the test gives up on it */

/* One test of the program; prints its TAP line. Returns `good`. */
bool check(bool good, const char *name, ...) __attribute__((format(printf, 2, 3)));
/* The plan, and main's return value. */
int check_end(void);

int64_t clock_ms(void);
/* Call `ready` until it is true; false after PATIENCE_MS. */
bool wait_for(bool (*ready)(void *arg), void *arg);

struct answer {
	int status;		/* 0: the connection ended or the answer is malformed */
	char head[8192];
	char *body;		/* NUL-terminated; answer_done() frees it */
	size_t len;
};

/* Connected to 127.0.0.1; exits the program on failure. */
int dial(unsigned port);
/* False if the other side has closed. */
bool send_all(int fd, const void *data, size_t len);
bool send_text(int fd, const char *text);
/* Read one answer; `to_head` if it answers a HEAD request. False (status 0) if there is none. */
bool answer_read(int fd, struct answer *a, bool to_head);
/* Value of a header, copied to out[size]; "" if absent. Returns out. */
const char *answer_header(const struct answer *a, const char *name, char *out, size_t size);
bool answer_has(const struct answer *a, const char *name, const char *value);
void answer_done(struct answer *a);
/* One request on a connection of its own; the status. `a` may be NULL. */
int ask(unsigned port, const char *request, struct answer *a);
/* GET with optional further header lines ("A: b\r\n"). */
int get(unsigned port, const char *target, const char *headers, struct answer *a);
/* Has the other side closed? Waits for it up to ms. */
bool closed_within(int fd, int ms);

#endif
