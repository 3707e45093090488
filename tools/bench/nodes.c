/* Nodes to measure, made as a person makes them: with the command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/bench.h"

void node_make(const struct bench *b, const char *dir, unsigned port, const char *cert,
	       const char *key)
{
	char url[64], listen[64];

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u", cert ? "https" : "http", port);
	snprintf(listen, sizeof(listen), "127.0.0.1:%u", port);
	if (cert)
		maillage(b, 30, NULL, "init", dir, "--name", "Bench", "--url", url, "--listen",
			 listen, "--tls", cert, key, NULL);
	else
		maillage(b, 30, NULL, "init", dir, "--name", "Bench", "--url", url, "--listen",
			 listen, NULL);
}

/* The head of the territory table. */
static const char *communes(const struct bench *b, unsigned rows)
{
	const char *file = bench_path(b, "communes-%u.csv", rows);
	char source[2 * BENCH_PATH];
	size_t len, end = 0;
	char *text;

	snprintf(source, sizeof(source), "%s/communes.csv", b->share);
	text = bench_read(source, &len);
	for (unsigned lines = 0; end < len && (!rows || lines < rows + 1); end++)
		lines += text[end] == '\n';
	bench_write(file, text, end);
	free(text);
	return file;
}

struct run node_import(const struct bench *b, const char *dir, unsigned rows)
{
	return maillage(b, 300, bench_path(b, "import.json"), "import", dir, communes(b, rows),
			"--type", "Organization", "--json", NULL);
}

void node_conf(const char *dir, const char *name, const char *value)
{
	char file[2 * BENCH_PATH], line[256];
	char *text, *save = NULL;
	bool set = false;
	FILE *out;

	snprintf(file, sizeof(file), "%s/maillage.conf", dir);
	text = bench_read(file, NULL);
	snprintf(line, sizeof(line), "%s =", name);
	out = fopen(file, "we");
	if (!out)
		bench_die("%s cannot be written", file);
	for (char *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		const char *bare = at + (*at == '#');

		if (strncmp(bare, line, strlen(line)) == 0) {
			fprintf(out, "%s = %s\n", name, value);
			set = true;
		} else {
			fprintf(out, "%s\n", at);
		}
	}
	fclose(out);
	free(text);
	if (!set)
		bench_die("%s has no %s", file, name);
}
