#include "node/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/zone_file.h"

enum { ZONES_MAX = 600, SLOTS = 1024, NAME_MAX_BYTES = 64, DIR_MAX = 400 };

struct zone_set {
	char dir[DIR_MAX];
	pthread_mutex_t lock;
	unsigned count;
	struct slot {
		char name[NAME_MAX_BYTES]; /* "" : free */
		struct zone *zone;
	} slots[SLOTS];
};

struct zone_set *zone_set_new(const char *dir)
{
	struct zone_set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (!dir)
		dir = "/usr/share/zoneinfo";
	if (strlen(dir) >= sizeof(s->dir) || pthread_mutex_init(&s->lock, NULL)) {
		free(s);
		return NULL;
	}
	strcpy(s->dir, dir);
	return s;
}

void zone_set_free(struct zone_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		zone_file_free(s->slots[i].zone);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/*
 * Parts of [A-Za-z0-9_+-] between slashes: no dots, so no way out of the folder.  posix/ and right/
 * hold every zone once more: with them, visitors could fill the slots and leave none for others.
 */
static bool name_valid(const char *name)
{
	size_t len = strlen(name), part = 0;

	if (len == 0 || len >= NAME_MAX_BYTES || !strncmp(name, "posix/", 6) ||
	    !strncmp(name, "right/", 6))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c == '/') {
			if (!part)
				return false;
			part = 0;
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-') {
			part++;
		} else {
			return false;
		}
	}
	return part > 0;
}

/* The slot of a name, or the free one where it belongs. There are always free ones. */
static struct slot *slot_find(struct zone_set *s, const char *name)
{
	uint32_t hash = 2166136261u;

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (;; hash++) {
		struct slot *slot = &s->slots[hash % SLOTS];

		if (!*slot->name || !strcmp(slot->name, name))
			return slot;
	}
}

const struct zone *zone_get(struct zone_set *s, const char *name)
{
	const struct zone *found;
	struct slot *slot;
	char path[DIR_MAX + NAME_MAX_BYTES + 2];

	if (!name || !name_valid(name))
		return NULL;
	pthread_mutex_lock(&s->lock);
	slot = slot_find(s, name);
	if (!*slot->name && s->count < ZONES_MAX) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, name);
		if (zone_file_read(path, &slot->zone) == OK) {
			strcpy(slot->name, name);
			s->count++;
		}
	}
	found = slot->zone;
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* The last transition at or before t, -1 if t lies before the first. */
static ptrdiff_t transition(const struct zone *z, int64_t t)
{
	size_t low = 0, high = z->n_times;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->times[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return (ptrdiff_t)low - 1;
}

int zone_offset(const struct zone *z, int64_t t, char abbreviation[16])
{
	ptrdiff_t i = transition(z, t);
	const struct zone_kind *k;

	if (z->has_rule && i == (ptrdiff_t)z->n_times - 1)
		k = zone_rule_at(&z->rule, t);
	else if (i >= 0)
		k = &z->kinds[z->kind_of[i]];
	else
		k = &z->kinds[0]; /* RFC 9636 section 3.2: type 0 before the first transition */
	if (abbreviation)
		snprintf(abbreviation, 16, "%s", k->abbreviation);
	return k->offset;
}

int64_t zone_instant(const struct zone *z, int64_t civil_seconds)
{
	/* Offsets lie within a day or so of UTC, and zones do not change twice in two days. */
	int before = zone_offset(z, civil_seconds - 86400, NULL);
	int after = zone_offset(z, civil_seconds + 86400, NULL);
	int64_t a = civil_seconds - before, b = civil_seconds - after;
	bool a_fits = zone_offset(z, a, NULL) == before, b_fits = zone_offset(z, b, NULL) == after;

	if (a_fits && b_fits) /* an overlap: the earlier */
		return a < b ? a : b;
	if (a_fits || b_fits)
		return a_fits ? a : b;
	return a > b ? a : b; /* a gap: the later */
}
