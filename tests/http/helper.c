/*
 * What the shell cannot do for tests/http/commands.sh:
 *   helper newer DIR       make the store in DIR one of a format this version does not know
 *   helper notified PATH   print the first datagram that arrives at this socket
 *   helper port            a loopback port nobody listens on
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/store/txn.h"
#include "protocol/base/codec.h"

enum { PATIENCE_MS = 20000 };

static int newer(const char *dir)
{
	struct store_options options = {.map_size = 64 << 20};
	struct store *s;
	struct txn *t;
	uint8_t format[8];
	int err = store_open(dir, &options, &s, NULL);

	if (err)
		return 1;
	be64_put(format, STORE_FORMAT + 1);
	err = txn_write(s, &t);
	if (!err) {
		txn_put(t, TABLE_META, "format", 6, format, sizeof(format));
		err = txn_commit(t);
	}
	store_close(s);
	return err ? 1 : 0;
}

static int notified(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct pollfd wait = {.events = POLLIN};
	char text[200];
	ssize_t n;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	wait.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (wait.fd < 0 || bind(wait.fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    poll(&wait, 1, PATIENCE_MS) != 1)
		return 1;
	n = recv(wait.fd, text, sizeof(text), 0);
	if (n < 0)
		return 1;
	printf("%.*s\n", (int)n, text);
	return 0;
}

static int port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return 1;
	printf("%d\n", ntohs(at.sin_port));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "newer"))
		return newer(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "notified"))
		return notified(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "port"))
		return port();
	return 2;
}
