#include "node/http/gzip.h"

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "protocol/base/err.h"

enum { LEVEL = 1, GZIP_WINDOW = 15 + 16, MEMORY = 8 };

struct packer {
	struct packer *next;
	z_stream stream;
};

struct gzip {
	pthread_mutex_t lock;
	struct packer *idle;
	unsigned count, max;
};

struct gzip *gzip_new(unsigned max)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	pthread_mutex_init(&g->lock, NULL);
	g->max = max;
	return g;
}

static void packer_free(struct packer *p)
{
	deflateEnd(&p->stream);
	free(p);
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	for (struct packer *p = g->idle, *next; p; p = next) {
		next = p->next;
		packer_free(p);
	}
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static struct packer *packer_get(struct gzip *g)
{
	struct packer *p;

	pthread_mutex_lock(&g->lock);
	p = g->idle;
	if (p) {
		g->idle = p->next;
		g->count--;
	}
	pthread_mutex_unlock(&g->lock);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (p && deflateInit2(&p->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY,
			      Z_DEFAULT_STRATEGY) != Z_OK) {
		free(p);
		return NULL;
	}
	return p;
}

static void packer_put(struct gzip *g, struct packer *p)
{
	bool keep;

	deflateReset(&p->stream);
	pthread_mutex_lock(&g->lock);
	keep = g->count < g->max;
	if (keep) {
		p->next = g->idle;
		g->idle = p;
		g->count++;
	}
	pthread_mutex_unlock(&g->lock);
	if (!keep)
		packer_free(p);
}

int gzip_pack(struct gzip *g, const void *data, size_t len, void **ret_data, size_t *ret_len)
{
	struct packer *p;
	void *out, *fit;
	size_t size;
	int state;

	if (len > UINT_MAX)
		return ERR_LIMIT;
	p = packer_get(g);
	out = p ? malloc(len) : NULL; /* room for anything worth sending */
	if (!out) {
		if (p)
			packer_put(g, p);
		return ERR_NOMEM;
	}
	p->stream.next_in = (Bytef *)data;
	p->stream.avail_in = (uInt)len;
	p->stream.next_out = out;
	p->stream.avail_out = (uInt)len;
	state = deflate(&p->stream, Z_FINISH);
	size = len - p->stream.avail_out;
	packer_put(g, p);
	if (state != Z_STREAM_END) {
		free(out);
		return ERR_LIMIT;
	}
	fit = realloc(out, size);
	*ret_data = fit ? fit : out;
	*ret_len = size;
	return OK;
}
