/* Importing the communes of France into a new node, and once more when nothing has changed. */
#include <jansson.h>
#include <stdlib.h>

#include "tools/bench/bench.h"

static double imported(const struct bench *b, const char *what)
{
	char *text = bench_read(bench_path(b, "import.json"), NULL);
	json_t *doc = json_loads(text, 0, NULL);
	double n = (double)json_integer_value(json_object_get(doc, what));

	json_decref(doc);
	free(text);
	return n;
}

static void figures(const struct bench *b, const char *what, const char *rate, const char *cost,
		    const struct run *r)
{
	double n = imported(b, what);

	bench_say(b, "%.0f %s in %.1f s", n, what, r->wall);
	if (n < 34000)
		bench_die("%.0f records are %s", n, what);
	bench_figure(b, rate, n / r->wall, "1/s", NULL);
	bench_figure(b, cost, r->cpu / n * 1e6, "CPU us", NULL);
}

void bench_import(struct bench *b)
{
	const char *dir = bench_path(b, "import");
	struct run r;

	node_make(b, dir, bench_port(), NULL, NULL);
	r = node_import(b, dir, 0);
	figures(b, "created", "records imported", "cost of a record", &r);
	bench_figure(b, "memory of the import", (double)r.rss / 1024, "MiB", NULL);
	r = node_import(b, dir, 0);
	figures(b, "unchanged", "records found unchanged", "cost of an unchanged record", &r);
}
