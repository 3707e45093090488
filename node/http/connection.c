#include "node/http/connection.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CHAINS = 256 };

struct connections {
	pthread_mutex_t lock;
	unsigned per_address, count;
	const struct address_nets *exempt;
	struct connection *chains[CHAINS];
};

struct connections *connections_new(unsigned per_address, const struct address_nets *exempt)
{
	struct connections *cs = calloc(1, sizeof(*cs));

	if (!cs)
		return NULL;
	pthread_mutex_init(&cs->lock, NULL);
	cs->per_address = per_address;
	cs->exempt = exempt;
	return cs;
}

void connections_free(struct connections *cs)
{
	if (!cs)
		return;
	pthread_mutex_destroy(&cs->lock);
	free(cs);
}

/* A chain's length is bounded by the limits on connections whatever the hash, so a simple one does.
 */
static struct connection **chain_of(struct connections *cs, const struct address *group)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(group->bytes); i++)
		hash = (hash ^ group->bytes[i]) * 16777619u;
	return &cs->chains[hash % CHAINS];
}

int connections_admit(struct connections *cs, const struct address *peer)
{
	struct address group;
	unsigned n = 0;

	if (address_is_loopback(peer) || address_nets_have(cs->exempt, peer))
		return OK;
	address_group(peer, &group);
	pthread_mutex_lock(&cs->lock);
	for (struct connection *c = *chain_of(cs, &group); c; c = c->next)
		n += address_equal(&c->group, &group);
	pthread_mutex_unlock(&cs->lock);
	return n < cs->per_address ? OK : ERR_LIMIT;
}

struct connection *connections_add(struct connections *cs, const struct address *peer, int fd,
				   int64_t deadline_ms, void *owner)
{
	struct connection *c = calloc(1, sizeof(*c)), **chain;

	if (!c)
		return NULL;
	c->peer = *peer;
	c->fd = fd;
	c->owner = owner;
	atomic_init(&c->deadline_ms, deadline_ms);
	address_group(peer, &c->group);
	pthread_mutex_lock(&cs->lock);
	chain = chain_of(cs, &c->group);
	c->next = *chain;
	c->link = chain;
	if (c->next)
		c->next->link = &c->next;
	*chain = c;
	cs->count++;
	pthread_mutex_unlock(&cs->lock);
	return c;
}

void connections_remove(struct connections *cs, struct connection *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&cs->lock);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	cs->count--;
	pthread_mutex_unlock(&cs->lock);
	free(c);
}

void connections_sweep(struct connections *cs, int64_t now_ms)
{
	pthread_mutex_lock(&cs->lock);
	for (size_t i = 0; i < CHAINS; i++) {
		for (struct connection *c = cs->chains[i]; c; c = c->next) {
			int64_t deadline_ms = atomic_load(&c->deadline_ms);

			if (deadline_ms && deadline_ms < now_ms)
				shutdown(c->fd, SHUT_RDWR);
		}
	}
	pthread_mutex_unlock(&cs->lock);
}

unsigned connections_count(struct connections *cs)
{
	unsigned n;

	pthread_mutex_lock(&cs->lock);
	n = cs->count;
	pthread_mutex_unlock(&cs->lock);
	return n;
}
