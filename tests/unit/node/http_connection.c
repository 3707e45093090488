#include "tests/unit/node/http_check.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/http/connection.h"

static struct address at(const char *text)
{
	struct address a;

	assert_int_equal(address_parse(text, strlen(text), &a), OK);
	return a;
}

static void one_address_holds_so_many(void **state)
{
	struct address_nets proxies;
	struct address a = at("2001:db8::1"), same = at("2001:db8::2"), other = at("192.0.2.1"),
		       proxy = at("10.0.0.1"), local = at("127.0.0.1");
	struct connections *cs;
	struct connection *held[3];

	assert_int_equal(address_nets_parse("10.0.0.0/8", &proxies), OK);
	cs = connections_new(3, &proxies);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(connections_admit(cs, &a), OK);
		held[i] = connections_add(cs, i % 2 ? &a : &same, -1, 0, NULL);
	}
	assert_int_equal(connections_count(cs), 3);
	assert_int_equal(connections_admit(cs, &a), ERR_LIMIT);
	assert_int_equal(connections_admit(cs, &same), ERR_LIMIT);
	assert_int_equal(connections_admit(cs, &other), OK);
	connections_remove(cs, held[1]);
	assert_int_equal(connections_admit(cs, &same), OK);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(connections_admit(cs, &proxy), OK);
		assert_int_equal(connections_admit(cs, &local), OK);
		connections_remove(cs, connections_add(cs, i % 2 ? &proxy : &local, -1, 0, NULL));
	}
	connections_remove(cs, held[0]);
	connections_remove(cs, held[2]);
	connections_remove(cs, NULL);
	assert_int_equal(connections_count(cs), 0);
	connections_free(cs);
}

static int ended(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1;
}

static void the_late_are_shut_down(void **state)
{
	static const int64_t deadlines[] = {0, 100, 200};
	struct address_nets none = {.count = 0};
	struct connections *cs = connections_new(3, &none);
	struct address a = at("192.0.2.1");
	struct connection *c[3];
	int fds[3][2];

	for (int i = 0; i < 3; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]), 0);
		c[i] = connections_add(cs, &a, fds[i][0], deadlines[i], NULL);
	}
	connections_sweep(cs, 100);
	assert_false(ended(fds[1][1]));
	connections_sweep(cs, 101);
	assert_true(ended(fds[1][1]));
	assert_false(ended(fds[0][1]));
	assert_false(ended(fds[2][1]));
	for (int i = 0; i < 3; i++) {
		connections_remove(cs, c[i]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	connections_free(cs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_holds_so_many),
		cmocka_unit_test(the_late_are_shut_down),
	};

	return cmocka_run_group_tests_name("http/connection", tests, NULL, NULL);
}
