#include "node/http/static.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "node/http/gzip.h"
#include "node/http/limits.h"
#include "node/http/reply.h"
#include "protocol/base/codec.h"

static const char prefix[] = "/static/";
static const char year[] = "public, max-age=31536000, immutable";

/* One file below the folder, as read. */
struct file {
	const char *name; /* "app.css", "leaflet/marker.png" */
	char *data;
	size_t len;
	const char *url; /* of a served file: hashed */
};

/* What a path answers. */
struct entry {
	const char *path;
	struct reply_kept *kept;
	const char *url;
};

struct statics {
	struct file *files;
	struct entry *entries;
	size_t n_files, n_entries;
	bool https;
	struct gzip *gzip;
};

struct media {
	const char *suffix, *type;
	bool compress;
};

static const struct media media[] = {
	{".css", "text/css; charset=utf-8", true},
	{".js", "text/javascript; charset=utf-8", true},
	{".mjs", "text/javascript; charset=utf-8", true},
	{".svg", "image/svg+xml", true},
	{".json", "application/json", true},
	{".webmanifest", "application/manifest+json", true},
	{".txt", "text/plain; charset=utf-8", true},
	{".html", "text/html; charset=utf-8", true},
	{".xml", "application/xml", true},
	{".map", "application/json", true},
	{".png", "image/png", false},
	{".jpg", "image/jpeg", false},
	{".webp", "image/webp", false},
	{".gif", "image/gif", false},
	{".ico", "image/x-icon", false},
	{".woff2", "font/woff2", false},
	{".pdf", "application/pdf", false},
};

static bool ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static const struct media *media_of(const char *name)
{
	static const struct media other = {"", "application/octet-stream", false};

	for (size_t i = 0; i < sizeof(media) / sizeof(*media); i++)
		if (ends(name, media[i].suffix))
			return &media[i];
	return &other;
}

static bool name_good(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	return name[0] != '.' && !name[strspn(name, allowed)];
}

/* A file that ends early was changed while it was read: an error like any other. */
static int file_read(struct statics *s, int dir, const char *base, struct file *file,
		     struct fault *fault)
{
	int fd = openat(dir, base, O_RDONLY | O_CLOEXEC), err = OK;
	struct stat st;
	size_t at = 0;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err = fault_set(fault, ERR_IO, "", "The file %s cannot be read.", file->name);
	} else if (st.st_size > HTTP_STATIC_BYTES) {
		err = fault_set(fault, ERR_LIMIT, "", "The static file %s is too large.",
				file->name);
	} else {
		file->len = (size_t)st.st_size;
		file->data = talloc_array(s, char, file->len + 1);
		if (!file->data)
			err = ERR_NOMEM;
	}
	while (err == OK && at < file->len) {
		ssize_t n = read(fd, file->data + at, file->len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			err = fault_set(fault, ERR_IO, "", "The file %s cannot be read.",
					file->name);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int scan(struct statics *s, int fd, const char *below, int depth, struct fault *fault);

static int scan_one(struct statics *s, int dir, const char *below, const char *base, int depth,
		    struct fault *fault)
{
	struct file *file = &s->files[s->n_files];
	struct stat st;
	const char *name;

	if (!name_good(base) || fstatat(dir, base, &st, 0) < 0)
		return OK;
	name = talloc_asprintf(s, "%s%s", below, base);
	if (!name)
		return ERR_NOMEM;
	if (S_ISDIR(st.st_mode)) {
		char *deeper = talloc_asprintf(s, "%s/", name);
		int fd = depth > 1 ? openat(dir, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

		return fd < 0 ? OK : scan(s, fd, deeper, depth - 1, fault);
	}
	if (!S_ISREG(st.st_mode))
		return OK;
	/* Each file may come with its two coded variants. */
	if (s->n_files == (size_t)3 * HTTP_STATIC_FILES)
		return fault_set(fault, ERR_LIMIT, "", "There are too many static files.", NULL);
	file->name = name;
	s->n_files++;
	return file_read(s, dir, base, file, fault);
}

/* Takes fd. */
static int scan(struct statics *s, int fd, const char *below, int depth, struct fault *fault)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	int err = OK;

	if (!dir) {
		close(fd);
		return fault_set(fault, ERR_IO, "", "The folder %s cannot be read.", below);
	}
	while (err == OK && (d = readdir(dir)))
		err = scan_one(s, fd, below, d->d_name, depth, fault);
	closedir(dir);
	return err;
}

static const struct file *file_find(const struct statics *s, const char *name, const char *suffix)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->n_files; i++)
		if (strncmp(s->files[i].name, name, len) == 0 &&
		    strcmp(s->files[i].name + len, suffix) == 0)
			return &s->files[i];
	return NULL;
}

/* "app.css.gz" belongs to "app.css" if that is there. */
static bool is_variant(const struct statics *s, const struct file *file)
{
	char plain[512];
	int cut = (int)strlen(file->name) - 3;

	if (!ends(file->name, ".gz") && !ends(file->name, ".br"))
		return false;
	snprintf(plain, sizeof(plain), "%.*s", cut, file->name);
	return file_find(s, plain, "") != NULL;
}

static int entry_add(struct statics *s, const char *path, const struct kept_spec *spec,
		     const char *url)
{
	struct entry *e = &s->entries[s->n_entries];

	if (!path)
		return ERR_NOMEM;
	e->path = path;
	e->url = url;
	s->n_entries++;
	return kept_new(spec, &e->kept);
}

/* The bytes of each coding; what no build compressed is compressed here, lightly. */
static void bodies_find(struct statics *s, const struct file *file, bool compress,
			struct kept_body bodies[CODING_COUNT])
{
	const struct file *gz = file_find(s, file->name, ".gz");
	const struct file *br = file_find(s, file->name, ".br");
	void *packed;
	size_t len;

	bodies[CODING_NONE] = (struct kept_body){file->data, file->len};
	if (br)
		bodies[CODING_BR] = (struct kept_body){br->data, br->len};
	if (gz) {
		bodies[CODING_GZIP] = (struct kept_body){gz->data, gz->len};
	} else if (compress && file->len >= HTTP_GZIP_MIN &&
		   gzip_pack(s->gzip, file->data, file->len, &packed, &len) == OK) {
		char *copy = talloc_memdup(s, packed, len);

		free(packed);
		if (copy)
			bodies[CODING_GZIP] = (struct kept_body){copy, len};
	}
}

static int serve(struct statics *s, struct file *file)
{
	const struct media *m = media_of(file->name);
	const char *dot = strrchr(file->name, '.');
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hash[9], etag[11];
	struct kept_spec spec = {.status = MHD_HTTP_OK,
				 .https = s->https,
				 .type = m->type,
				 .etag = etag,
				 .borrow = true,
				 .vary = "Accept-Encoding"};
	int stem = dot && !strchr(dot, '/') ? (int)(dot - file->name) : (int)strlen(file->name);
	int err;

	crypto_hash_sha256(digest, (const uint8_t *)file->data, file->len);
	hex_encode(digest, 4, hash);
	snprintf(etag, sizeof(etag), "\"%s\"", hash);
	bodies_find(s, file, m->compress, spec.bodies);
	file->url = talloc_asprintf(s, "%s%.*s.%s%s", prefix, stem, file->name, hash,
				    file->name + stem);
	spec.cache = year;
	err = entry_add(s, file->url, &spec, NULL);
	spec.cache = "no-cache";
	if (err == OK)
		err = entry_add(s, talloc_asprintf(s, "%s%s", prefix, file->name), &spec,
				file->url);
	spec.cache = "public, max-age=86400";
	if (err == OK &&
	    (strcmp(file->name, "favicon.ico") == 0 || strcmp(file->name, "robots.txt") == 0))
		err = entry_add(s, talloc_asprintf(s, "/%s", file->name), &spec, NULL);
	return err;
}

static int entry_compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* A folder with only favicon.svg still answers the browsers that ask for /favicon.ico. */
static int serve_favicon(struct statics *s)
{
	const struct file *svg = file_find(s, "favicon.svg", "");
	struct kept_spec spec = {.status = MHD_HTTP_OK,
				 .https = s->https,
				 .type = "image/svg+xml",
				 .etag = "\"favicon\"",
				 .borrow = true,
				 .cache = "public, max-age=86400"};

	if (!svg || file_find(s, "favicon.ico", ""))
		return OK;
	spec.bodies[CODING_NONE] = (struct kept_body){svg->data, svg->len};
	return entry_add(s, "/favicon.ico", &spec, NULL);
}

static int serve_all(struct statics *s, struct fault *fault)
{
	size_t served = 0;
	int err = OK;

	for (size_t i = 0; i < s->n_files && err == OK; i++) {
		if (is_variant(s, &s->files[i]))
			continue;
		if (++served > HTTP_STATIC_FILES)
			return fault_set(fault, ERR_LIMIT, "", "There are too many static files.",
					 NULL);
		err = serve(s, &s->files[i]);
	}
	if (err == OK)
		err = serve_favicon(s);
	qsort(s->entries, s->n_entries, sizeof(*s->entries), entry_compare);
	return err;
}

int statics_open(const char *dir, bool https, struct statics **ret_statics, struct fault *fault)
{
	struct statics *s = talloc_zero(NULL, struct statics);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = ERR_NOMEM;

	if (fd < 0) {
		talloc_free(s);
		return fault_set(fault, ERR_IO, "", "The folder %s cannot be read.", dir);
	}
	if (s) {
		s->https = https;
		s->files = talloc_zero_array(s, struct file, 3 * HTTP_STATIC_FILES);
		s->entries = talloc_zero_array(s, struct entry, 2 * HTTP_STATIC_FILES + 3);
		s->gzip = gzip_new(1);
	}
	if (s && s->files && s->entries && s->gzip) {
		err = scan(s, fd, "", HTTP_STATIC_DEPTH, fault);
		if (err == OK)
			err = serve_all(s, fault);
	} else {
		close(fd);
	}
	if (err)
		statics_free(s);
	else
		*ret_statics = s;
	return err;
}

void statics_free(struct statics *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_entries; i++)
		reply_kept_free(s->entries[i].kept);
	gzip_free(s->gzip);
	talloc_free(s);
}

static const struct entry *entry_find(const struct statics *s, const char *path)
{
	struct entry key = {.path = path};

	return s ? bsearch(&key, s->entries, s->n_entries, sizeof(key), entry_compare) : NULL;
}

const struct reply_kept *statics_find(const struct statics *s, const char *path)
{
	const struct entry *e = entry_find(s, path);

	return e ? e->kept : NULL;
}

const char *statics_url(const struct statics *s, const char *path)
{
	const struct entry *e = entry_find(s, path);

	return e ? e->url : NULL;
}
