#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/sync/clock.h"
#include "node/sync/puller.h"
#include "node/sync/schedule.h"

enum {
	SAVE_OK = 300
}; /* seconds: last_ok is written that often at most, so that idle polls do not write */

int64_t puller_least(const struct puller *p)
{
	return (int64_t)p->node->conf.poll_min * 1000;
}

int64_t puller_most(const struct puller *p)
{
	int64_t most = (int64_t)p->node->conf.poll_max * 1000;

	return most < puller_least(p) ? puller_least(p) : most;
}

struct applied {
	struct puller *puller;
	puller_done_fn *done;
	void *arg;
	struct verb_result result;
	struct message message;
};

static void applied_run(struct puller *p, void *arg)
{
	struct applied *a = arg;

	p->applying--;
	if (a->done)
		a->done(p, a->arg, &a->result);
	json_decref(a->result.out);
	free(a);
}

/* On the writer's thread. */
static void applied_post(void *arg, struct verb_result *result)
{
	struct applied *a = arg;

	a->result = *result;
	puller_post(a->puller, &a->message, applied_run, a);
}

int puller_apply(struct puller *p, const char *verb, const char *actor, json_t *args,
		 void *prepared, void (*prepared_free)(void *), puller_done_fn *done, void *arg)
{
	struct applied *a = calloc(1, sizeof(*a));
	struct verb_input in;
	int err;

	if (!a || !args) {
		free(a);
		json_decref(args);
		if (prepared)
			prepared_free(prepared);
		return ERR_NOMEM;
	}
	*a = (struct applied){.puller = p, .done = done, .arg = arg};
	node_input(&in, verb, actor, args);
	in.prepared = prepared;
	in.prepared_free = prepared_free;
	err = writer_submit(p->node->writer, &in, applied_post, a);
	if (err) {
		free(a);
		return err;
	}
	p->applying++;
	return OK;
}

static void state_saved(struct puller *p, void *arg, struct verb_result *r)
{
	/* ERR_NOTFOUND: the peer was removed meanwhile. */
	if (r->err && r->err != ERR_NOTFOUND)
		log_line("error", "sync", "event=peer-state err=%s", err_name(r->err));
}

static void state_save(struct puller *p, const struct known *k, bool good)
{
	int64_t now = (int64_t)time(NULL);
	int64_t wait = k->next_try > clock_ms() ? (k->next_try - clock_ms()) / 1000 : 0;
	json_t *args = json_pack("{s:s, s:I, s:I, s:I, s:s, s:I}", "url", k->url, "last_try",
				 (json_int_t)now, "failures", (json_int_t)k->failures, "next_try",
				 (json_int_t)(now + wait), "error", k->error, "offset",
				 (json_int_t)k->offset);

	if (args && good)
		json_object_set_new(args, "last_ok", json_integer(now));
	if (puller_apply(p, "peer.state", "node", args, NULL, NULL, state_saved, NULL))
		log_line("error", "sync", "event=peer-state peer=%s err=busy", k->url);
}

void known_answered(struct puller *p, struct known *k)
{
	int64_t now = (int64_t)time(NULL);
	bool back = k->failures || *k->error;

	if (back)
		log_line("info", "sync", "event=peer-back peer=%s failures=%ld", k->url,
			 k->failures);
	k->answered = true;
	k->failures = 0;
	k->next_try = 0;
	k->error[0] = '\0';
	k->err = OK;
	if (back || now - k->saved_ok >= SAVE_OK) {
		k->saved_ok = now;
		state_save(p, k, true);
	}
	if (back)
		notice_add(p, k, NULL); /* what we wrote meanwhile was not told to it */
}

void known_failed(struct puller *p, struct known *k, int err, const char *text)
{
	/* How exactly a connection breaks changes from one attempt to the next: that is no news. */
	bool news = err != k->err || (err != ERR_IO && strcmp(k->error, text) != 0);

	k->failures++;
	k->next_try = clock_ms() + schedule_jitter(schedule_backoff(k->failures, puller_least(p),
								    puller_most(p)),
						   k->url, (uint64_t)k->failures, 1);
	k->err = err;
	snprintf(k->error, sizeof(k->error), "%s", text);
	fetch_line(k->error);
	if (news)
		log_line("warn", "sync", "event=peer-failed peer=%s err=%s error=\"%s\"", k->url,
			 err_name(err), k->error);
	state_save(p, k, false);
}
