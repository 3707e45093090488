/* Over HTTPS, with an authority of the test's own: trusted where its file is named, nowhere else.
 */
#include "tests/fed/fed_test.h"

#include <unistd.h>

static struct testnode a;
static char dir[300];

static void run(const char *script)
{
	char command[1200];

	snprintf(command, sizeof(command), "cd '%s' && exec 2>>log && %s", dir, script);
	if (system(command))
		testnode_die("openssl", command);
}

/* An authority, and a server certificate of it for localhost. */
static void authority_make(void)
{
	run("openssl ecparam -name prime256v1 -genkey -noout -out ca.key && "
	    "openssl req -x509 -new -key ca.key -subj /CN=Authority -days 2 -out ca.pem");
	run("openssl ecparam -name prime256v1 -genkey -noout -out key.pem && "
	    "openssl req -new -key key.pem -subj /CN=node -out node.csr && "
	    "echo subjectAltName=DNS:localhost > ext && "
	    "openssl x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
	    "-extfile ext -out cert.pem");
}

static int start(void **state)
{
	char path[400];

	snprintf(dir, sizeof(dir), "%s", testnode_scratch());
	authority_make();
	testnode_conf(&a, "secure");
	snprintf(a.url, sizeof(a.url), "https://localhost:%u", a.port);
	strcpy(a.conf.url, a.url);
	snprintf(path, sizeof(path), "%s/cert.pem", dir);
	strcpy(a.conf.tls_cert, path);
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	strcpy(a.conf.tls_key, path);
	testnode_init(&a);
	testnode_open(&a);
	testnode_serve(&a);
	testnode_import(&a, "Asso", 1200);
	testnode_head(&a);
	return 0;
}

static int stop(void **state)
{
	testnode_close(&a);
	return 0;
}

/* A reader on plain loopback http, as tests and demonstrations are. */
static void reader_start(struct testnode *b, const char *name, bool trusts)
{
	testnode_conf(b, name);
	if (trusts)
		snprintf(b->conf.ca_file, sizeof(b->conf.ca_file), "%s/ca.pem", dir);
	testnode_init(b);
	testnode_open(b);
	testnode_serve(b);
}

static void read_over_https(void **state)
{
	struct server_stats before, after;
	struct testnode b;
	json_t *identity;

	reader_start(&b, "trusting", true);
	/* A node with a public address takes no peer on loopback: it only knows who this one is. */
	identity = get_json(&b, "/fed/v1/identity", 200);
	json_decref(
		testnode_verb(&a, "origin.add",
			      json_pack("{s:O, s:b}", "operations",
					json_object_get(identity, "operations"), "confirmed", 1)));
	json_decref(identity);
	testnode_peer(&b, a.url);
	assert_until(testnode_same(&a, &b));
	testnode_create(&a, "Une de plus", NULL);
	assert_until(testnode_same(&a, &b));
	/* A signed notice, whose target is the https address. */
	assert_until((server_stats(a.server, &before), before.responses_by_class[3] > 1));
	testnode_create(&b, "De la lectrice", NULL);
	assert_until((server_stats(a.server, &after),
		      after.responses_by_class[2] > before.responses_by_class[2]));
	assert_int_equal(after.responses_by_class[4], before.responses_by_class[4]);
	testnode_close(&b);
}

static bool peer_says(struct testnode *n, const char *url, const char *text)
{
	struct peer p;

	return testnode_peer_get(n, url, &p) && strstr(p.error, text) && !p.last_ok;
}

static void an_unknown_authority(void **state)
{
	struct testnode b;

	reader_start(&b, "distrusting", false);
	testnode_peer(&b, a.url);
	assert_until(peer_says(&b, a.url, "certificate"));
	assert_int_equal(testnode_count(&b, a.node->identity.nid), 0);
	testnode_close(&b);
}

/* The certificate is good, and for another name. */
static void another_name(void **state)
{
	struct testnode b;
	char url[100];

	reader_start(&b, "careful", true);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", a.port);
	testnode_peer(&b, url);
	assert_until(peer_says(&b, url, "SSL"));
	testnode_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_over_https),
		cmocka_unit_test(an_unknown_authority),
		cmocka_unit_test(another_name),
	};

	return cmocka_run_group_tests_name("tls", tests, start, stop);
}
