/* Verbs that touch every kind of table: replayed they give the same bytes, killed they lose
 * nothing. */
#include "tests/unit/node/store_test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "node/store/list.h"
#include "node/store/posting.h"
#include "node/store/record.h"
#include "node/store/set.h"
#include "protocol/base/codec.h"
#include "protocol/tree.h"

enum { ROUNDS = 50, AHEAD = 64 };

struct node {
	uint64_t seed;
};

/* args {n}: store object n, or change it if it is there; every fifth is taken out of the indexes.
 */
static int object_verb(struct node *node, struct txn *t, const struct verb_input *in,
		       json_t **ret_out, struct fault *fault)
{
	json_int_t n = json_integer_value(json_object_get(in->args, "n"));
	uint64_t seed = (uint64_t)n * 7919 + 1;
	struct posting_batch *postings = posting_batch_new();
	struct set_batch *sets = set_batch_new();
	char id[64], term[16], json[64];
	uint8_t key[32], digest[32] = {0};
	struct record r = {.feed = 1, .origin = 1, .received = in->now, .row = view_of("row")};
	uint32_t object = 0;
	int err;

	snprintf(id, sizeof(id), "https://a.example/o/%d", (int)(n % 1000));
	snprintf(json, sizeof(json), "{\"n\":%d}", (int)n);
	tree_key(id, key);
	r.json = view_of(json);
	r.rev = (int64_t)txn_counter_next(t, "rev");
	record_find(t, 1, id, &r.object);
	err = record_put(t, &r, id, &object);
	if (!err && n % 5)
		set_add(sets, 1, n % 2 ? "Event" : "Place", key, (uint64_t)r.rev, digest, object);
	for (int i = 0; i < 5; i++) {
		snprintf(term, sizeof(term), "t%u", random_next(&seed) % 50);
		(n % 5 ? posting_add : posting_remove)(postings, term, strlen(term), object);
		if (!err && n % 5)
			err = list_put(t, LIST_TITLE, term, strlen(term), object, r.row);
	}
	if (n % 5 == 0)
		set_remove(sets, 1, n % 2 ? "Event" : "Place", key);
	if (!err)
		err = set_flush(sets, t);
	if (!err)
		err = posting_flush(postings, t);
	be64_put(key, (uint64_t)n);
	if (!err)
		err = txn_put(t, TABLE_AUDIT, key, 8, json, strlen(json));
	set_batch_free(sets);
	posting_batch_free(postings);
	return err;
}

static int refuse_verb(struct node *node, struct txn *t, const struct verb_input *in,
		       json_t **ret_out, struct fault *fault)
{
	object_verb(node, t, in, ret_out, fault);
	return ERR_DENIED;
}

static const struct verb verbs[] = {{"object", object_verb}, {"refuse", refuse_verb}, {NULL, NULL}};

static struct verb_input input(int n)
{
	struct verb_input in = {.verb = n % 13 == 12 ? "refuse" : "object", .now = 1700000000 + n};

	in.args = json_pack("{si}", "n", n);
	return in;
}

static void ignore_done(void *arg, struct verb_result *r)
{
	json_decref(r->out);
}

static void replay_is_equal(void **state)
{
	struct world *w = *state;
	struct verb_result r;
	struct verb_input in;
	struct writer *writer;
	char *one_by_one, *grouped;

	for (int n = 1; n < 1500; n++) {
		in = input(n);
		verb_apply(w->store, NULL, verbs, &in, &r);
		assert_int_equal(r.err, n % 13 == 12 ? ERR_DENIED : OK);
	}
	one_by_one = dump_text(w->store);
	store_close(w->store);
	w->store = NULL;
	unlink(w->path);
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &(struct fault){0}), OK);
	assert_int_equal(writer_start(w->store, NULL, verbs, &writer), OK);
	for (int n = 1; n < 1500; n++) {
		in = input(n);
		assert_int_equal(writer_submit(writer, &in, ignore_done, NULL), OK);
	}
	writer_stop(writer);
	grouped = dump_text(w->store);
	assert_string_equal(one_by_one, grouped);
	free(one_by_one);
	free(grouped);
}

struct child {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int ahead, fd;
};

struct ack {
	struct child *child;
	uint32_t n;
};

static void ack_done(void *arg, struct verb_result *r)
{
	struct ack *a = arg;

	if (r->err == OK && write(a->child->fd, &a->n, sizeof(a->n)) != sizeof(a->n))
		_exit(3);
	pthread_mutex_lock(&a->child->lock);
	a->child->ahead--;
	pthread_cond_signal(&a->child->cond);
	pthread_mutex_unlock(&a->child->lock);
	free(a);
}

/* Write for ever, acknowledging on fd what is committed. */
static void child_run(const char *dir, int fd, uint32_t n)
{
	struct child c = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, fd};
	struct writer *writer;
	struct store *s;
	struct fault fault;

	if (store_open(dir, &test_options, &s, &fault) || writer_start(s, NULL, verbs, &writer))
		_exit(1);
	for (;; n++) {
		struct verb_input in = input((int)n);
		struct ack *a = malloc(sizeof(*a));

		pthread_mutex_lock(&c.lock);
		while (c.ahead >= AHEAD)
			pthread_cond_wait(&c.cond, &c.lock);
		c.ahead++;
		pthread_mutex_unlock(&c.lock);
		if (!a)
			_exit(2);
		*a = (struct ack){&c, n};
		if (writer_submit(writer, &in, ack_done, a))
			_exit(2);
	}
}

/* All that was acknowledged is there, and the tables agree with each other. */
static void check_after(struct world *w, const uint8_t *acked, uint32_t end)
{
	struct txn *t = begin_read(w);
	struct view v, key;
	struct walk *walk;
	uint8_t k[8];
	uint32_t count = 0;

	for (uint32_t n = 1; n < end; n++) {
		be64_put(k, n);
		if (acked[n])
			assert_int_equal(txn_get(t, TABLE_AUDIT, k, 8, &v), OK);
	}
	assert_int_equal(set_verify(t, 1, "Event"), OK);
	assert_int_equal(set_verify(t, 1, "Place"), OK);
	assert_int_equal(txn_entries(t, TABLE_OBJECT), txn_entries(t, TABLE_ENTRY));
	assert_int_equal(txn_entries(t, TABLE_OBJECT), txn_counter(t, "last-object"));
	assert_int_equal(txn_entries(t, TABLE_AUDIT), txn_counter(t, "rev"));
	for (int i = 0; i < TABLE_COUNT; i++) { /* every page reads */
		assert_int_equal(walk_open(t, i, NULL, 0, false, NULL, 0, &walk), OK);
		while (!walk_next(walk, &key, &v))
			count++;
		walk_close(walk);
	}
	assert_true(count > 0);
	txn_end(t);
}

/* Read acknowledgements until `want` came in or, with want < 0, the pipe ends. */
static uint32_t acks_read(int fd, uint8_t *acked, uint32_t size, int want)
{
	uint32_t n, last = 0;

	while (want-- != 0 && read(fd, &n, sizeof(n)) == sizeof(n)) {
		assert_true(n < size);
		acked[n] = 1;
		last = n;
	}
	return last;
}

static void killed(void **state)
{
	enum { SIZE = 400000 };
	struct world *w = *state;
	uint8_t *acked = calloc(SIZE, 1);
	uint64_t seed = 5;
	uint32_t next = 1, last, total = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int fds[2], status;
		pid_t pid;

		store_close(w->store);
		w->store = NULL;
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (!pid) {
			close(fds[0]);
			child_run(w->dir, fds[1], next);
		}
		close(fds[1]);
		last = acks_read(fds[0], acked, SIZE, (int)(random_next(&seed) % 200) + 1);
		/* At any point of a transaction: the writer does not stop for us. */
		poll(NULL, 0, (int)(random_next(&seed) % 4));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		next = acks_read(fds[0], acked, SIZE, -1);
		next = (next > last ? next : last) + 2 * AHEAD;
		close(fds[0]);
		assert_int_equal(store_open(w->dir, &test_options, &w->store, &(struct fault){0}),
				 OK);
		check_after(w, acked, next);
	}
	for (uint32_t n = 0; n < SIZE; n++)
		total += acked[n];
	assert_true(total >= ROUNDS);
	free(acked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(replay_is_equal),
		world_test(killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
