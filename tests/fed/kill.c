/*
 * A reader killed in the midst of reading, again and again: what it holds afterwards is whole, and
 * in the end it is everything.  The reader is this program in a process of its own.
 */
#include "tests/fed/fed_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/domain/check.h"

enum { OBJECTS = 12000, KILLS = 20 };

static const char *self;
static struct testnode a, b;

/* The other process: serve until killed. */
_Noreturn static void reader_main(const char *dir)
{
	struct testnode n;

	testnode_adopt(&n, dir);
	testnode_serve(&n);
	for (;;)
		pause();
}

static pid_t reader_start(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	setenv("MAILLAGE_SHARE", testnode_share(), 1);
	execl(self, self, "read", b.dir, (char *)NULL);
	_exit(127);
}

static void finding(void *arg, const char *line)
{
	printf("# %s\n", line);
}

static void progress(void *arg, uint64_t done, uint64_t total) {}

static int start(void **state)
{
	testnode_start(&a, "a");
	testnode_conf(&b, "b");
	testnode_init(&b);
	testnode_open(&b);
	testnode_import(&a, "Asso", OBJECTS);
	testnode_head(&a);
	testnode_peer(&b, a.url);
	testnode_close(&b);
	return 0;
}

static int stop(void **state)
{
	testnode_close(&a);
	return 0;
}

/* The store as another process leaves it behind. */
static uint64_t look(void)
{
	uint64_t count;

	testnode_open(&b);
	assert_int_equal(check_run(b.node, finding, progress, NULL), OK);
	count = testnode_count(&b, a.node->identity.nid);
	testnode_close(&b);
	return count;
}

static void killed_while_reading(void **state)
{
	unsigned amid = 0, late = 0;
	uint64_t count = 0;
	char id[320];

	for (int i = 0; i < KILLS; i++) {
		pid_t pid;
		int64_t until;
		int status;

		if (count >= OBJECTS) { /* it was quick: more to read */
			testnode_import(&a, i % 2 ? "Autre" : "Tierce", 1);
			testnode_create(&a, "Une", id);
			testnode_delete(&a, id);
			testnode_head(&a);
		}
		pid = reader_start();
		assert_true(pid > 0);
		until = testnode_ms() + 40 + i * 37 % 700 + late;
		assert_until(testnode_ms() >= until);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		count = look();
		amid += count > 0 && count < OBJECTS;
		late += count ? 0 : 50; /* a slow machine has not even begun by then */
	}
	printf("# %u of %d times amid the feed\n", amid, KILLS);
	assert_true(amid > 0);
}

static void and_then_left_to_finish(void **state)
{
	testnode_open(&b);
	testnode_serve(&b);
	assert_until(testnode_same(&a, &b));
	assert_int_equal(testnode_count(&b, a.node->identity.nid),
			 testnode_count(&a, a.node->identity.nid));
	testnode_close(&b);
	assert_int_equal(look(), testnode_count(&a, a.node->identity.nid));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_while_reading),
		cmocka_unit_test(and_then_left_to_finish),
	};

	self = argv[0];
	if (argc == 3 && !strcmp(argv[1], "read"))
		reader_main(argv[2]);
	return cmocka_run_group_tests_name("kill", tests, start, stop);
}
