#include "node/store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/store/env.h"

enum {
	GROUP_US = 5000,       /* a group is committed at latest after running verbs for so long */
	HOLD_US = 20000,       /* holding LMDB's lock so long in a burst earns others a pause */
	PAUSE_US = 500,	       /* the writer thread's: a waiting process needs ~0.1 ms to wake up */
	APPLY_PAUSE_US = 5000, /* verb_apply's: a command gives way to the node */
};

struct job {
	struct job *next;
	struct verb_input in;
	struct verb_result result;
	void (*done)(void *arg, struct verb_result *result);
	void *arg;
};

struct writer {
	struct store *store;
	struct node *node;
	const struct verb *table;
	pthread_t thread;
	int64_t held; /* µs since the last pause; the writer thread's own */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t work, room;
	struct job *head, **tail;
	unsigned queued;
	bool stopping;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void sleep_us(int64_t us)
{
	struct timespec ts = {.tv_nsec = us * 1000};

	nanosleep(&ts, NULL);
}

static void input_done(struct verb_input *in)
{
	json_decref(in->args);
	if (in->prepared && in->prepared_free)
		in->prepared_free(in->prepared);
	in->args = NULL;
	in->prepared = NULL;
}

/* Forget an outcome that did not become durable. */
static void result_fail(struct verb_result *r, int err)
{
	json_decref(r->out);
	r->out = NULL;
	r->err = err;
	if (r->fault.code != err)
		fault_set(&r->fault, err, "",
			  err == ERR_FULL ? "The disk is full: nothing was stored."
					  : "The change could not be stored.",
			  NULL);
}

/* Run one verb; what it wrote is to be thrown away unless r->err is OK. */
static void verb_run(struct node *node, const struct verb *table, struct txn *t,
		     const struct verb_input *in, struct verb_result *r)
{
	const struct verb *v = table;
	int err;

	while (v->name && strcmp(v->name, in->verb))
		v++;
	*r = (struct verb_result){.err = ERR_INTERNAL};
	err = v->name ? v->run(node, t, in, &r->out, &r->fault) : ERR_INTERNAL;
	if (!err)
		err = txn_error(t);
	if (err)
		result_fail(r, err);
	else
		r->err = OK;
}

void verb_apply(struct store *s, struct node *node, const struct verb *table, struct verb_input *in,
		struct verb_result *ret)
{
	struct txn *t;
	int64_t start;
	bool pause;
	int err;

	pthread_mutex_lock(&s->lock);
	start = now_us();
	if (start - s->released >= APPLY_PAUSE_US)
		s->held = 0;
	pause = s->held >= HOLD_US;
	if (pause)
		s->held = 0;
	pthread_mutex_unlock(&s->lock);
	if (pause)
		sleep_us(APPLY_PAUSE_US);

	*ret = (struct verb_result){0};
	err = txn_write(s, &t);
	start = now_us();
	if (err) {
		result_fail(ret, err);
	} else {
		verb_run(node, table, t, in, ret);
		if (ret->err)
			txn_end(t);
		else if ((err = txn_commit(t)))
			result_fail(ret, err);
	}
	pthread_mutex_lock(&s->lock);
	s->released = now_us();
	s->held += s->released - start;
	pthread_mutex_unlock(&s->lock);
	input_done(in);
}

static struct job *job_take(struct writer *w)
{
	struct job *j;

	pthread_mutex_lock(&w->lock);
	j = w->head;
	if (j) {
		w->head = j->next;
		if (!w->head)
			w->tail = &w->head;
		j->next = NULL;
		w->queued--;
		pthread_cond_signal(&w->room);
	}
	pthread_mutex_unlock(&w->lock);
	return j;
}

/*
 * The first verb of a group needs no child transaction: when it is refused, the whole is thrown
 * away and begun anew. That saves a lone verb the copying of every page it touches. The error is
 * the store's, when it cannot begin again; *t is gone then.
 */
static int job_run_first(struct writer *w, struct txn **t, struct job *j)
{
	verb_run(w->node, w->table, *t, &j->in, &j->result);
	if (!j->result.err)
		return OK;
	txn_end(*t);
	return txn_write(w->store, t);
}

static void job_run(struct writer *w, struct txn *parent, struct job *j)
{
	struct txn *t;
	int err = txn_child(parent, &t);

	if (err) {
		j->result = (struct verb_result){0};
		result_fail(&j->result, err);
		return;
	}
	verb_run(w->node, w->table, t, &j->in, &j->result);
	if (j->result.err)
		txn_end(t);
	else if ((err = txn_commit(t)))
		result_fail(&j->result, err);
}

static void group_report(struct job *group, int err)
{
	struct job *j;

	for (j = group; j; j = j->next) {
		if (err) /* also those refused: the state that refused them is not there */
			result_fail(&j->result, err);
		j->done(j->arg, &j->result);
	}
	while ((j = group)) {
		group = j->next;
		input_done(&j->in);
		free(j);
	}
}

/* One transaction: everything queued, at most WRITER_GROUP verbs or GROUP_US of running them. */
static void group_run(struct writer *w)
{
	struct job *group = NULL, **tail = &group, *j;
	struct txn *t;
	int64_t start;
	bool written = false;
	int err = txn_write(w->store, &t), n = 0;

	start = now_us();
	while (n < WRITER_GROUP && (n == 0 || now_us() - start < GROUP_US) && (j = job_take(w))) {
		*tail = j;
		tail = &j->next;
		n++;
		if (err) /* one verb alone meets the error of txn_write, the next tries again */
			break;
		if (written)
			job_run(w, t, j);
		else
			err = job_run_first(w, &t, j);
		if (err)
			break;
		written = written || !j->result.err;
	}
	if (!err)
		err = txn_commit(t);
	w->held += now_us() - start;
	group_report(group, err);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		if (!w->head)
			w->held = 0;
		while (!w->head && !w->stopping)
			pthread_cond_wait(&w->work, &w->lock);
		stop = !w->head;
		pthread_mutex_unlock(&w->lock);
		if (stop)
			return NULL;
		if (w->held >= HOLD_US) {
			/* LMDB's lock is not fair: who unlocks and locks at once starves the
			 * others. */
			sleep_us(PAUSE_US);
			w->held = 0;
		}
		group_run(w);
	}
}

int writer_start(struct store *s, struct node *node, const struct verb *table, struct writer **ret)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_NOMEM;
	w->store = s;
	w->node = node;
	w->table = table;
	w->tail = &w->head;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->room, NULL);
	if (pthread_create(&w->thread, NULL, writer_main, w)) {
		pthread_cond_destroy(&w->room);
		pthread_cond_destroy(&w->work);
		pthread_mutex_destroy(&w->lock);
		free(w);
		return ERR_NOMEM;
	}
	*ret = w;
	return OK;
}

void writer_stop(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->work);
	pthread_cond_broadcast(&w->room);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->room);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static int submit(struct writer *w, struct verb_input *in,
		  void (*done)(void *arg, struct verb_result *result), void *arg, bool wait)
{
	struct job *j = calloc(1, sizeof(*j));
	int err = j ? OK : ERR_NOMEM;

	if (j) {
		j->in = *in;
		j->done = done;
		j->arg = arg;
		pthread_mutex_lock(&w->lock);
		while (wait && w->queued >= WRITER_QUEUE && !w->stopping)
			pthread_cond_wait(&w->room, &w->lock);
		if (w->stopping || w->queued >= WRITER_QUEUE) {
			err = ERR_BUSY;
		} else {
			*w->tail = j;
			w->tail = &j->next;
			w->queued++;
			pthread_cond_signal(&w->work);
		}
		pthread_mutex_unlock(&w->lock);
	}
	if (err) {
		input_done(in);
		free(j);
	}
	in->args = NULL;
	in->prepared = NULL;
	return err;
}

int writer_submit(struct writer *w, struct verb_input *in,
		  void (*done)(void *arg, struct verb_result *result), void *arg)
{
	return submit(w, in, done, arg, false);
}

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct verb_result *ret;
	bool done;
};

static void apply_done(void *arg, struct verb_result *result)
{
	struct waiting *wait = arg;

	pthread_mutex_lock(&wait->lock);
	*wait->ret = *result;
	wait->done = true;
	pthread_cond_signal(&wait->cond);
	pthread_mutex_unlock(&wait->lock);
}

void writer_apply(struct writer *w, struct verb_input *in, struct verb_result *ret)
{
	struct waiting wait = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, ret, false};
	int err;

	assert(!pthread_equal(pthread_self(), w->thread));
	*ret = (struct verb_result){0};
	err = submit(w, in, apply_done, &wait, true);
	if (err) {
		result_fail(ret, err);
		return;
	}
	pthread_mutex_lock(&wait.lock);
	while (!wait.done)
		pthread_cond_wait(&wait.cond, &wait.lock);
	pthread_mutex_unlock(&wait.lock);
	pthread_cond_destroy(&wait.cond);
	pthread_mutex_destroy(&wait.lock);
}
