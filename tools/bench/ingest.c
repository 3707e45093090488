/*
 * Taking in a peer's feed, from the bytes of its pages to the committed transaction, against doing
 * nothing but checking the signatures of the same objects.
 *
 * First on one core, by the CPU time of one thread, page by page in turn with the bare checks. Then
 * as a node does it, pages parsed and verified by a pool while the writer stores, by the clock.
 */
#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/domain/ingest.h"
#include "node/domain/node.h"
#include "node/domain/verbs.h"
#include "node/sync/pool.h"
#include "protocol/base/codec.h"
#include "protocol/canon.h"
#include "tools/bench/bench.h"
#include "tools/bench/load.h"

enum { PAGES = 256, ENTRIES = 500, RUNS = 3, AHEAD = 4, WORKERS = 2, CORE = 0 };

struct message {
	uint8_t hash[64], sig[64];
};

struct page {
	char *answer, *text; /* text: within answer */
	size_t len, n;
	char after[CURSOR_TEXT];
	struct message *messages;
	/* while a pool works on it */
	struct flow *flow;
	json_t *doc;
	struct ingest *ingest;
	unsigned ranges;
	bool ready;
};

struct flow {
	struct page pages[PAGES];
	size_t n_pages, n; /* n: objects */
	json_t *identity;  /* of the origin, as answered */
	struct identity origin;
	struct pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* --- what the other node answers --- */

static void digest_without_member(const json_t *object, const char *member, uint8_t ret[32])
{
	struct buf bytes;

	buf_init(&bytes, 1 << 20);
	if (canon_write_without(object, member, &bytes))
		bench_die("an object cannot be read");
	digest_bytes(bytes.data, bytes.len, ret);
	buf_done(&bytes);
}

/* What is signed: the digest of the proof's options, then of the document (vc-di-eddsa
 * section 3.3.4). */
static void message_of(const json_t *object, struct message *m)
{
	const json_t *proof = json_object_get(object, "proof");
	const char *value = json_string_value(json_object_get(proof, "proofValue"));
	size_t len;

	if (!value || base58_decode(value + 1, strlen(value + 1), m->sig, sizeof(m->sig), &len))
		bench_die("an object is not signed");
	digest_without_member(proof, "proofValue", m->hash);
	digest_without_member(object, "proof", m->hash + 32);
}

static bool page_get(struct flow *f, unsigned port, const char *after, char next[CURSOR_TEXT])
{
	struct page *p = &f->pages[f->n_pages++];
	char path[256], request[LOAD_REQUEST];
	json_t *doc, *entry, *entries;
	size_t i;
	bool more;

	if (f->n_pages == PAGES)
		bench_die("too many pages");
	snprintf(p->after, sizeof(p->after), "%s", after);
	snprintf(path, sizeof(path), "/fed/v1/feed?origin=%s&audience=public&after=%s&limit=%d",
		 f->origin.nid, after, ENTRIES);
	p->answer = load_once(port, request, load_get(path, 0, request), NULL, &p->len, &p->text);
	p->len -= (size_t)(p->text - p->answer);
	if (canon_read(p->text, p->len, CANON_NATIVE, &doc, NULL))
		bench_die("a page cannot be read");
	entries = json_object_get(doc, "entries");
	p->n = json_array_size(entries);
	p->messages = calloc(p->n + 1, sizeof(*p->messages));
	json_array_foreach (entries, i, entry)
		message_of(json_object_get(entry, "object"), &p->messages[i]);
	snprintf(next, CURSOR_TEXT, "%s", json_string_value(json_object_get(doc, "next")));
	more = json_is_true(json_object_get(doc, "more"));
	json_decref(doc);
	f->n += p->n;
	return more;
}

static void flow_get(struct flow *f, unsigned port)
{
	char request[LOAD_REQUEST], after[CURSOR_TEXT] = "0.0", next[CURSOR_TEXT], *answer, *body;

	answer = load_once(port, request, load_get("/fed/v1/identity", 0, request), NULL, NULL,
			   &body);
	f->identity = json_loads(body, 0, NULL);
	free(answer);
	if (identity_read(f->identity, &f->origin, NULL))
		bench_die("the node's identity cannot be read");
	while (page_get(f, port, after, next))
		memcpy(after, next, sizeof(after));
}

/* --- the two ways --- */

static double check_bare(const struct flow *f, const struct page *p)
{
	double start = clock_thread();

	for (size_t i = 0; i < p->n; i++)
		if (crypto_sign_verify_detached(p->messages[i].sig, p->messages[i].hash,
						sizeof(p->messages[i].hash), f->origin.sign))
			bench_die("a signature is wrong");
	return clock_thread() - start;
}

static struct node *taker_open(const struct bench *b, const struct flow *f, const char *dir)
{
	struct verb_input in;
	struct verb_result result = {0};
	struct fault fault = {0};
	struct node *n;

	node_make(b, dir, bench_port(), NULL, NULL);
	if (node_open(dir, b->share, &n, &fault))
		bench_die("%s cannot be opened", dir);
	node_input(&in, "origin.add", "command",
		   json_pack("{s:O, s:b}", "operations", json_object_get(f->identity, "operations"),
			     "confirmed", 1));
	node_apply(n, &in, &result);
	json_decref(result.out);
	if (result.err)
		bench_die("origin.add: %s", err_name(result.err));
	return n;
}

/* Takes doc and prepared. Returns how many objects it stored. */
static size_t page_apply(struct node *n, const struct flow *f, const struct page *p, json_t *doc,
			 struct ingest *prepared)
{
	struct verb_result result = {0};
	struct verb_input in;
	size_t stored;

	node_input(&in, "feed.page", "command",
		   json_pack("{s:s, s:s, s:s, s:o}", "origin", f->origin.nid, "audience", "public",
			     "after", p->after, "page", doc));
	in.prepared = prepared;
	in.prepared_free = prepared ? ingest_free : NULL;
	node_apply(n, &in, &result);
	if (result.err)
		bench_die("feed.page: %s", err_name(result.err));
	stored = (size_t)json_integer_value(json_object_get(result.out, "stored"));
	if (p == &f->pages[f->n_pages - 1] && !json_is_true(json_object_get(result.out, "matched")))
		bench_die("the set is not the head's");
	json_decref(result.out);
	return stored;
}

static void one_core(const struct bench *b, const struct flow *f, const char *dir, double *ret_bare,
		     double *ret_ingest)
{
	struct node *n = taker_open(b, f, dir);
	double bare = 0, ingest = 0;
	size_t stored = 0;

	bench_pin(CORE);
	for (size_t i = 0; i < f->n_pages; i++) {
		const struct page *p = &f->pages[i];
		double start;
		json_t *doc;

		bare += check_bare(f, p);
		start = clock_thread();
		if (canon_read(p->text, p->len, CANON_NATIVE, &doc, NULL))
			bench_die("a page cannot be read");
		stored += page_apply(n, f, p, doc, NULL);
		ingest += clock_thread() - start;
	}
	bench_pin(BENCH_ANY_CORE);
	node_close(n);
	if (stored != f->n)
		bench_die("%zu of %zu objects were stored", stored, f->n);
	*ret_bare = bare / (double)f->n;
	*ret_ingest = ingest / (double)f->n;
}

static void range_done(struct page *p)
{
	pthread_mutex_lock(&p->flow->lock);
	if (--p->ranges == 0) {
		p->ready = true;
		pthread_cond_signal(&p->flow->changed);
	}
	pthread_mutex_unlock(&p->flow->lock);
}

static void first_half(void *arg, struct text_terms *terms)
{
	struct page *p = arg;

	ingest_verify(p->ingest, 0, p->n / 2, terms);
	range_done(p);
}

static void second_half(void *arg, struct text_terms *terms)
{
	struct page *p = arg;

	ingest_verify(p->ingest, p->n / 2, p->n, terms);
	range_done(p);
}

static void page_parse(void *arg, struct text_terms *terms)
{
	struct page *p = arg;

	if (canon_read(p->text, p->len, CANON_NATIVE, &p->doc, NULL) ||
	    ingest_new(p->doc, &p->flow->origin, "public", &p->ingest))
		bench_die("a page cannot be read");
	p->ranges = 2;
	if (pool_run(p->flow->pool, first_half, p, 1) || pool_run(p->flow->pool, second_half, p, 1))
		bench_die("out of memory");
}

static void page_ask(struct flow *f, size_t i)
{
	struct page *p = &f->pages[i];

	if (i >= f->n_pages)
		return;
	p->flow = f;
	p->ready = false;
	if (pool_run(f->pool, page_parse, p, 0))
		bench_die("out of memory");
}

/* Seconds for an object, by the clock. */
static double both_cores(const struct bench *b, struct flow *f, const char *dir)
{
	struct node *n = taker_open(b, f, dir);
	size_t stored = 0;
	double start;

	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	if (writer_start(n->store, n, node_verbs, &n->writer) || pool_new(WORKERS, &f->pool))
		bench_die("no thread can be started");
	start = clock_wall();
	for (size_t i = 0; i < AHEAD; i++)
		page_ask(f, i);
	for (size_t i = 0; i < f->n_pages; i++) {
		struct page *p = &f->pages[i];

		pthread_mutex_lock(&f->lock);
		while (!p->ready)
			pthread_cond_wait(&f->changed, &f->lock);
		pthread_mutex_unlock(&f->lock);
		stored += page_apply(n, f, p, p->doc, p->ingest);
		page_ask(f, i + AHEAD);
	}
	start = clock_wall() - start;
	pool_free(f->pool);
	writer_stop(n->writer);
	n->writer = NULL;
	node_close(n);
	if (stored != f->n)
		bench_die("%zu of %zu objects were stored", stored, f->n);
	return start / (double)f->n;
}

static void flow_free(struct flow *f)
{
	for (size_t i = 0; i < f->n_pages; i++) {
		free(f->pages[i].answer);
		free(f->pages[i].messages);
	}
	json_decref(f->identity);
	free(f);
}

void bench_ingest(struct bench *b)
{
	struct flow *f = calloc(1, sizeof(*f));
	const char *dir = bench_path(b, "feed");
	double bare[RUNS], ingest[RUNS], both[RUNS], one_ratio[RUNS], both_ratio[RUNS];
	unsigned port = bench_port();
	struct child node;

	if (!f)
		bench_die("out of memory");
	node_make(b, dir, port, NULL, NULL);
	node_import(b, dir, 0);
	node = node_start(b, dir, BENCH_ANY_CORE, true);
	flow_get(f, port);
	child_stop(&node);
	for (int i = 0; i < RUNS; i++) {
		one_core(b, f, bench_path(b, "taker-%d-1", i), &bare[i], &ingest[i]);
		both[i] = both_cores(b, f, bench_path(b, "taker-%d-2", i));
		one_ratio[i] = bare[i] / ingest[i];
		both_ratio[i] = bare[i] / both[i];
		bench_say(b, "%zu objects: check %.1f us, ingest %.1f us, on both cores %.1f us",
			  f->n, bare[i] * 1e6, ingest[i] * 1e6, both[i] * 1e6);
	}
	bench_figure(b, "bare signature checks", 1 / bench_median(bare, RUNS), "1/CPU s", NULL);
	bench_figure(b, "ingest, one core", 1 / bench_median(ingest, RUNS), "1/CPU s", NULL);
	bench_figure(b, "ingest, one core, to checks", bench_median(one_ratio, RUNS), "ratio",
		     ">= 0.5");
	bench_figure(b, "ingest, both cores", 1 / bench_median(both, RUNS), "1/s", NULL);
	bench_figure(b, "ingest, both cores, to checks on one", bench_median(both_ratio, RUNS),
		     "ratio", ">= 0.8");
	flow_free(f);
}
