#include "node/sync/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/domain/derive.h"

struct job {
	pool_fn *fn;
	void *arg;
	struct job *next;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *first, *last;
	bool stop;
	unsigned n_threads;
	pthread_t threads[POOL_THREADS];
	struct text_terms *terms[POOL_THREADS];
};

struct worker {
	struct pool *pool;
	struct text_terms *terms;
};

static struct job *job_take(struct pool *p)
{
	struct job *j;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->stop)
		pthread_cond_wait(&p->work, &p->lock);
	j = p->first;
	if (j) {
		p->first = j->next;
		if (!p->first)
			p->last = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct job *j;

	while ((j = job_take(w->pool))) {
		j->fn(j->arg, w->terms);
		free(j);
	}
	free(w);
	return NULL;
}

static int worker_start(struct pool *p)
{
	struct worker *w = malloc(sizeof(*w));
	unsigned i = p->n_threads;

	if (!w)
		return ERR_NOMEM;
	p->terms[i] = text_terms_new(DERIVE_LANG);
	*w = (struct worker){p, p->terms[i]};
	if (!p->terms[i] || pthread_create(&p->threads[i], NULL, worker_main, w)) {
		text_terms_free(p->terms[i]);
		free(w);
		return ERR_NOMEM;
	}
	p->n_threads++;
	return OK;
}

int pool_new(unsigned threads, struct pool **ret_pool)
{
	struct pool *p = calloc(1, sizeof(*p));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!p)
		return ERR_NOMEM;
	if (!threads)
		threads = processors > 0 ? (unsigned)processors : 1;
	if (threads > POOL_THREADS)
		threads = POOL_THREADS;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	while (p->n_threads < threads) {
		if (worker_start(p)) {
			if (p->n_threads)
				break; /* fewer will do */
			pool_free(p);
			return ERR_NOMEM;
		}
	}
	*ret_pool = p;
	return OK;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++) {
		pthread_join(p->threads[i], NULL);
		text_terms_free(p->terms[i]);
	}
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int pool_run(struct pool *p, pool_fn *fn, void *arg, int front)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		return ERR_NOMEM;
	*j = (struct job){fn, arg, NULL};
	pthread_mutex_lock(&p->lock);
	if (front || !p->first) {
		j->next = p->first;
		p->first = j;
		if (!p->last)
			p->last = j;
	} else {
		p->last->next = j;
		p->last = j;
	}
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	return OK;
}

unsigned pool_threads(const struct pool *p)
{
	return p->n_threads;
}
