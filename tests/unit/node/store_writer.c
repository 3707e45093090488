#include "tests/unit/node/store_test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "protocol/base/codec.h"

enum { SUBMITTERS = 64, EACH = 40 };

/* A gate the writer's thread waits at, so that a queue can build up behind it. */
struct node {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool open, reached;
};

static int put_verb(struct node *node, struct txn *t, const struct verb_input *in, json_t **ret_out,
		    struct fault *fault)
{
	const char *key = json_string_value(json_object_get(in->args, "key"));

	if (put_text(t, TABLE_PEER, key, in->actor))
		return txn_error(t);
	*ret_out = json_integer((json_int_t)txn_counter_next(t, "puts"));
	return OK;
}

static int refuse_verb(struct node *node, struct txn *t, const struct verb_input *in,
		       json_t **ret_out, struct fault *fault)
{
	put_text(t, TABLE_PEER, "refused", "1");
	*ret_out = json_string("not to be seen");
	return fault_set(fault, ERR_CONFLICT, "/key", "This is refused.", NULL);
}

/* Writes what cannot be written, and says that all is well. */
static int sloppy_verb(struct node *node, struct txn *t, const struct verb_input *in,
		       json_t **ret_out, struct fault *fault)
{
	put_text(t, TABLE_PEER, "sloppy", "1");
	put_text(t, TABLE_PEER, "", "no key");
	return OK;
}

static int wait_verb(struct node *node, struct txn *t, const struct verb_input *in,
		     json_t **ret_out, struct fault *fault)
{
	pthread_mutex_lock(&node->lock);
	node->reached = true;
	pthread_cond_broadcast(&node->cond);
	while (!node->open)
		pthread_cond_wait(&node->cond, &node->lock);
	pthread_mutex_unlock(&node->lock);
	return put_text(t, TABLE_PEER, "gate", "1");
}

static int fill_verb(struct node *node, struct txn *t, const struct verb_input *in,
		     json_t **ret_out, struct fault *fault)
{
	static uint8_t val[300 * 1024];
	uint8_t key[8];

	be64_put(key, (uint64_t)in->now);
	return txn_put(t, TABLE_IMPORT_KEY, key, 8, val, sizeof(val));
}

static const struct verb verbs[] = {
	{"put", put_verb},   {"refuse", refuse_verb}, {"sloppy", sloppy_verb},
	{"wait", wait_verb}, {"fill", fill_verb},     {NULL, NULL},
};

static struct verb_input input(const char *verb, const char *key)
{
	struct verb_input in = {.verb = verb, .actor = "node", .now = 1700000000};

	in.args = json_pack("{ss}", "key", key);
	return in;
}

static void node_init(struct node *n, bool open)
{
	*n = (struct node){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, open, false};
}

static void gate_wait(struct node *n)
{
	pthread_mutex_lock(&n->lock);
	while (!n->reached)
		pthread_cond_wait(&n->cond, &n->lock);
	pthread_mutex_unlock(&n->lock);
}

static void gate_open(struct node *n)
{
	pthread_mutex_lock(&n->lock);
	n->open = true;
	pthread_cond_broadcast(&n->cond);
	pthread_mutex_unlock(&n->lock);
}

static struct writer *writer_new(struct world *w, struct node *n)
{
	struct writer *writer = NULL;

	assert_int_equal(writer_start(w->store, n, verbs, &writer), OK);
	return writer;
}

static int freed;

static void prepared_free(void *p)
{
	freed += *(int *)p;
}

static void applies(void **state)
{
	struct world *w = *state;
	struct writer *writer = writer_new(w, NULL);
	struct verb_input in = input("put", "a");
	struct verb_result r;
	struct txn *t;
	int one = 1;

	freed = 0;
	in.prepared = &one;
	in.prepared_free = prepared_free;
	writer_apply(writer, &in, &r);
	assert_null(in.args);
	assert_int_equal(r.err, OK);
	assert_int_equal(json_integer_value(r.out), 1);
	json_decref(r.out);

	in = input("refuse", "a");
	writer_apply(writer, &in, &r);
	assert_int_equal(r.err, ERR_CONFLICT);
	assert_null(r.out);
	assert_string_equal(r.fault.pointer, "/key");
	assert_string_equal(r.fault.key, "This is refused.");

	in = input("sloppy", "a");
	writer_apply(writer, &in, &r);
	assert_int_equal(r.err, ERR_LIMIT);
	assert_int_equal(r.fault.code, ERR_LIMIT);

	in = input("unknown", "a");
	writer_apply(writer, &in, &r);
	assert_int_equal(r.err, ERR_INTERNAL);
	writer_stop(writer);
	writer_stop(NULL);
	assert_int_equal(freed, 1);

	in = input("put", "b");
	verb_apply(w->store, NULL, verbs, &in, &r);
	assert_int_equal(r.err, OK);
	assert_int_equal(json_integer_value(r.out), 2);
	json_decref(r.out);
	in = input("refuse", "b");
	verb_apply(w->store, NULL, verbs, &in, &r);
	assert_int_equal(r.err, ERR_CONFLICT);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), 2);
	txn_end(t);
}

struct outcome {
	struct world *w;
	char key[32];
	bool refused, early, called;
	int err;
	json_int_t n;
};

/* On the writer's thread: what is reported must be committed, so any reader sees it. */
static void outcome_done(void *arg, struct verb_result *r)
{
	struct outcome *o = arg;
	struct txn *t = begin_read(o->w);

	o->early = !o->refused && !r->err && !has_text(t, TABLE_PEER, o->key, "node");
	txn_end(t);
	o->err = r->err;
	o->n = json_integer_value(r->out);
	json_decref(r->out);
	o->called = true;
}

struct submitter {
	struct writer *writer;
	struct outcome outcomes[EACH];
};

static void *submit_many(void *arg)
{
	struct submitter *s = arg;

	for (int i = 0; i < EACH; i++) {
		struct outcome *o = &s->outcomes[i];
		struct verb_input in = input(o->refused ? "refuse" : "put", o->key);

		while (writer_submit(s->writer, &in, outcome_done, o)) /* takes args in any case */
			in = input(o->refused ? "refuse" : "put", o->key);
	}
	return NULL;
}

static void many_submitters(void **state)
{
	struct world *w = *state;
	struct submitter *all = calloc(SUBMITTERS, sizeof(*all));
	static bool seen[SUBMITTERS * EACH + 1];
	pthread_t threads[SUBMITTERS];
	struct node node;
	struct writer *writer;
	uint64_t before;
	struct txn *t;
	int puts = 0;

	node_init(&node, true);
	writer = writer_new(w, &node);
	before = store_txn_number(w->store);
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < SUBMITTERS; i++) {
		all[i].writer = writer;
		for (int k = 0; k < EACH; k++) {
			struct outcome *o = &all[i].outcomes[k];

			o->w = w;
			o->refused = (i + k) % 5 == 0;
			puts += !o->refused;
			snprintf(o->key, sizeof(o->key), "%d.%d", i, k);
		}
		assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &all[i]), 0);
	}
	for (int i = 0; i < SUBMITTERS; i++)
		pthread_join(threads[i], NULL);
	writer_stop(writer); /* runs what is queued */
	for (int i = 0; i < SUBMITTERS; i++) {
		json_int_t last = 0;

		for (int k = 0; k < EACH; k++) {
			struct outcome *o = &all[i].outcomes[k];

			assert_true(o->called);
			assert_false(o->early);
			assert_int_equal(o->err, o->refused ? ERR_CONFLICT : OK);
			if (o->refused)
				continue;
			assert_true(o->n > last); /* a submitter's verbs keep their order */
			last = o->n;
			assert_false(seen[o->n]);
			seen[o->n] = true;
		}
	}
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), puts);
	assert_int_equal(txn_counter(t, "puts"), puts);
	txn_end(t);
	assert_true(store_txn_number(w->store) - before <= (uint64_t)puts);
	free(all);
}

/* What queues up while a verb runs is committed together: once, with the refused ones left out. */
static void groups_commit_once(void **state)
{
	struct world *w = *state;
	struct outcome *o = calloc(300, sizeof(*o));
	struct node node;
	struct writer *writer;
	struct verb_input in;
	uint64_t before;
	struct txn *t;

	node_init(&node, false);
	writer = writer_new(w, &node);
	before = store_txn_number(w->store);
	in = input("wait", "");
	o[0].w = w;
	o[0].refused = true;
	assert_int_equal(writer_submit(writer, &in, outcome_done, &o[0]), OK);
	gate_wait(&node);
	for (int i = 1; i < 300; i++) {
		o[i].w = w;
		o[i].refused = i % 3 == 0;
		snprintf(o[i].key, sizeof(o[i].key), "%d", i);
		in = input(i % 6 == 0 ? "sloppy" : i % 3 == 0 ? "refuse" : "put", o[i].key);
		assert_int_equal(writer_submit(writer, &in, outcome_done, &o[i]), OK);
	}
	gate_open(&node);
	writer_stop(writer);
	for (int i = 1; i < 300; i++) {
		assert_true(o[i].called && !o[i].early);
		assert_int_equal(o[i].err, i % 6 == 0 ? ERR_LIMIT : i % 3 == 0 ? ERR_CONFLICT : OK);
	}
	/* The gate alone, for it outlasted its 5 ms, or with what followed; then few groups. */
	assert_true(store_txn_number(w->store) - before < 150);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), 1 + 200);
	txn_end(t);
	free(o);
}

static void count_done(void *arg, struct verb_result *r)
{
	json_decref(r->out);
	++*(int *)arg;
}

static void full_queue_is_busy(void **state)
{
	struct world *w = *state;
	struct node node;
	struct writer *writer;
	struct verb_input in = input("wait", "");
	int done = 0, queued = 0, err;

	node_init(&node, false);
	writer = writer_new(w, &node);
	assert_int_equal(writer_submit(writer, &in, count_done, &done), OK);
	gate_wait(&node);
	for (;;) {
		in = input("put", "x");
		err = writer_submit(writer, &in, count_done, &done);
		if (err)
			break;
		queued++;
	}
	assert_int_equal(err, ERR_BUSY);
	assert_null(in.args);
	assert_int_equal(queued, WRITER_QUEUE);
	gate_open(&node);
	writer_stop(writer);
	assert_int_equal(done, WRITER_QUEUE + 1);
}

/* A verb the map has no room for is refused; the others and the writer go on. */
static void full_map_refuses(void **state)
{
	struct world *w = *state;
	struct writer *writer = writer_new(w, NULL);
	struct verb_result r = {0};
	struct verb_input in;
	int i;

	for (i = 0; i < 400 && !r.err; i++) {
		in = input("fill", "");
		in.now = i;
		writer_apply(writer, &in, &r);
	}
	assert_int_equal(r.err, ERR_LIMIT);
	assert_true(i > 100);
	in = input("put", "small");
	writer_apply(writer, &in, &r);
	assert_int_equal(r.err, OK);
	json_decref(r.out);
	writer_stop(writer);
}

/* A disk that takes no more: every verb of the group is told, nothing of it is there. */
static void failed_commit_fails_all(void **state)
{
	struct world *w = *state;
	struct rlimit limit, small;
	struct outcome o[20] = {0};
	struct node node;
	struct writer *writer;
	struct verb_input in;
	struct verb_result r;
	struct stat st;
	struct txn *t;

	node_init(&node, false);
	writer = writer_new(w, &node);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(stat(w->path, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	small = limit;
	small.rlim_cur = (rlim_t)st.st_size + 8192;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	/* The first verb fills more than the file may hold, so its whole group cannot be stored. */
	for (int i = 0; i < 20; i++) {
		o[i].w = w;
		o[i].refused = true;
		in = input(i == 0	? "wait"
			   : i % 4 == 3 ? "refuse"
			   : i % 4 == 2 ? "put"
					: "fill",
			   "k");
		in.now = i;
		assert_int_equal(writer_submit(writer, &in, outcome_done, &o[i]), OK);
		if (i == 0)
			gate_wait(&node);
	}
	gate_open(&node);
	writer_stop(writer);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 1; i < 20; i++)
		assert_true(o[i].called);
	assert_int_equal(o[1].err, ERR_IO);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_IMPORT_KEY), 0);
	for (int i = 1; i < 20; i++) /* said to be stored means stored */
		assert_true(o[i].err == ERR_IO || o[i].err == ERR_CONFLICT ||
			    has_text(t, TABLE_PEER, "k", "node"));
	txn_end(t);
	writer = writer_new(w, &node); /* with room again, the store goes on */
	in = input("put", "after");
	writer_apply(writer, &in, &r);
	assert_int_equal(r.err, OK);
	json_decref(r.out);
	writer_stop(writer);
}

/* Two processes, one with a writer and one with commands: nobody's write is lost, nobody starves.
 */
static void two_processes(void **state)
{
	struct world *w = *state;
	struct verb_result r;
	struct verb_input in;
	struct writer *writer;
	struct timespec start, end;
	char key[32];
	struct txn *t;
	int status, n = 0;
	pid_t pid;

	store_close(w->store);
	w->store = NULL;
	pid = fork();
	if (!pid) {
		struct store *s;
		struct fault fault;

		if (store_open(w->dir, &test_options, &s, &fault))
			_exit(1);
		for (int i = 0; i < 300; i++) {
			snprintf(key, sizeof(key), "command %d", i);
			in = input("put", key);
			verb_apply(s, NULL, verbs, &in, &r);
			if (r.err)
				_exit(2);
			json_decref(r.out);
		}
		store_close(s);
		_exit(0);
	}
	assert_int_equal(store_open(w->dir, &test_options, &w->store, &(struct fault){0}), OK);
	writer = writer_new(w, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		snprintf(key, sizeof(key), "node %d", n++);
		in = input("put", key);
		writer_apply(writer, &in, &r);
		assert_int_equal(r.err, OK);
		json_decref(r.out);
		clock_gettime(CLOCK_MONOTONIC, &end);
	} while (!waitpid(pid, &status, WNOHANG) && end.tv_sec - start.tv_sec < 60);
	assert_int_equal(status, 0);
	writer_stop(writer);
	t = begin_read(w);
	assert_int_equal(txn_entries(t, TABLE_PEER), n + 300);
	assert_int_equal(txn_counter(t, "puts"), n + 300);
	txn_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(applies),
		world_test(many_submitters),
		world_test(groups_commit_once),
		world_test(full_queue_is_busy),
		world_test(full_map_refuses),
		world_test(failed_commit_fails_all),
		world_test(two_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
