/* Accounts, sessions, invitations, settings and the audit trail. */
#include "tests/unit/node/domain_test.h"

#include "node/domain/account.h"
#include "node/domain/audit.h"
#include "node/store/feed.h"

#define HASH(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
static const char argon[] = "$argon2id$v=19$m=19456,t=2,p=1$abc$def";

static uint32_t add(struct world *w, const char *email, const char *role)
{
	json_t *out = must(w, 0, 0, "account.add",
			   json_pack("{s:s, s:s, s:s, s:s}", "email", email, "name", "Une Personne", "role",
				     role, "password", argon));
	uint32_t account = (uint32_t)json_integer_value(json_object_get(out, "account"));

	json_decref(out);
	return account;
}

static void hash_of(const char *hex, uint8_t out[32])
{
	assert_int_equal(hex_decode(hex, 64, out, 32), OK);
}

static void open_session(struct world *w, uint32_t account, const char *hash, int at, int life)
{
	done(must(w, 0, at, "session.open",
		  json_pack("{s:I, s:s, s:I}", "account", (json_int_t)account, "token_hash", hash, "expires",
			    (json_int_t)T0 + at + life)));
}

static int session_err(struct world *w, const char *hex, int at, struct account *ret)
{
	struct txn *t = begin_read(w, 0);
	uint8_t hash[32];
	int err;

	hash_of(hex, hash);
	err = session_find(t, hash, T0 + at, ret);
	txn_end(t);
	return err;
}

static void accounts_are_found_by_address_in_any_case(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "Anne@Exemple.fr", "member"), two = add(w, "b@exemple.fr", "admin");
	struct txn *t = begin_read(w, 0);
	struct account a;

	assert_int_equal(account_by_email(t, "anne@EXEMPLE.fr", &a), OK);
	assert_int_equal(a.account, one);
	assert_string_equal(a.email, "Anne@Exemple.fr");
	assert_string_equal(a.password, argon);
	assert_int_equal(a.role, ROLE_MEMBER);
	assert_int_equal(a.created, T0);
	assert_int_equal(account_by_email(t, "c@exemple.fr", &a), ERR_NOTFOUND);
	assert_int_equal(account_by_email(t, "", &a), ERR_NOTFOUND);
	assert_int_equal(account_next(t, 0, &a), OK);
	assert_int_equal(a.account, one);
	assert_int_equal(account_next(t, one, &a), OK);
	assert_int_equal(a.account, two);
	assert_int_equal(account_next(t, two, &a), ERR_NOTFOUND);
	txn_end(t);
}

static void bad_accounts_are_refused_by_field(void **state)
{
	struct world *w = *state;
	char longer[ACCOUNT_EMAIL + 10];

	add(w, "a@exemple.fr", "member");
	refused(w, 0, 0, "account.add", doc("{'email':'A@exemple.FR','name':'B','role':'member'}"),
		ERR_EXISTS, "/email");
	refused(w, 0, 0, "account.add", doc("{'email':'no','name':'B','role':'member'}"), ERR_INVALID,
		"/email");
	refused(w, 0, 0, "account.add", doc("{'name':'B','role':'member'}"), ERR_INVALID, "/email");
	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "a@", 2);
	strcpy(longer + sizeof(longer) - 4, ".fr");
	refused(w, 0, 0, "account.add", doc("{'email':'%s','name':'B','role':'member'}", longer),
		ERR_INVALID, "/email");
	refused(w, 0, 0, "account.add", doc("{'email':'b@exemple.fr','name':' ','role':'member'}"),
		ERR_INVALID, "/name");
	refused(w, 0, 0, "account.add", doc("{'email':'b@exemple.fr','name':'a\\nb','role':'member'}"),
		ERR_INVALID, "/name");
	refused(w, 0, 0, "account.add", doc("{'email':'b@exemple.fr','name':'B','role':'none'}"),
		ERR_INVALID, "/role");
	/* A password as such must never reach a verb: its arguments may be kept. */
	refused(w, 0, 0, "account.add",
		doc("{'email':'b@exemple.fr','name':'B','role':'member','password':'secret word'}"),
		ERR_INVALID, "/password");
}

static void the_last_administrator_stays(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "admin"), two;

	refused(w, 0, 0, "account.set", doc("{'account':%u,'role':'member'}", one), ERR_DENIED, "/role");
	refused(w, 0, 0, "account.set", doc("{'account':%u,'disabled':true}", one), ERR_DENIED, "/role");
	two = add(w, "b@exemple.fr", "admin");
	done(must(w, 0, 0, "account.set", doc("{'account':%u,'disabled':true}", one)));
	refused(w, 0, 0, "account.set", doc("{'account':%u,'role':'animator'}", two), ERR_DENIED, "/role");
	refused(w, 0, 0, "account.set", doc("{'account':99,'name':'x'}"), ERR_NOTFOUND, "/account");
}

static void sessions_end(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "member");
	struct account a;

	open_session(w, one, HASH("a1"), 0, 100);
	assert_int_equal(session_err(w, HASH("a1"), 99, &a), OK);
	assert_int_equal(a.account, one);
	assert_int_equal(session_err(w, HASH("a1"), 100, &a), ERR_EXPIRED);
	assert_int_equal(session_err(w, HASH("a2"), 0, &a), ERR_NOTFOUND);
	refused(w, 0, 0, "session.open",
		doc("{'account':%u,'token_hash':'" HASH("a1") "','expires':%d}", one, T0 + 50), ERR_EXISTS,
		"/token_hash");
	refused(w, 0, 0, "session.open",
		doc("{'account':%u,'token_hash':'" HASH("a3") "','expires':%d}", one, T0), ERR_INVALID,
		"/expires");
	refused(w, 0, 0, "session.open",
		doc("{'account':%u,'token_hash':'" HASH("a3") "','expires':%d}", one,
		    T0 + SESSION_DAYS * 86400 + 1),
		ERR_INVALID, "/expires");
	refused(w, 0, 0, "session.open", doc("{'account':%u,'token_hash':'zz','expires':%d}", one, T0 + 9),
		ERR_INVALID, "/token_hash");
	done(must(w, 0, 0, "session.close", doc("{'token_hash':'" HASH("a1") "'}")));
	assert_int_equal(session_err(w, HASH("a1"), 0, &a), ERR_NOTFOUND);
	/* Logging out twice is no mistake. */
	done(must(w, 0, 0, "session.close", doc("{'token_hash':'" HASH("a1") "'}")));
}

static void a_new_password_and_a_ban_end_sessions(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "member"), two = add(w, "b@exemple.fr", "member");
	struct account a;

	open_session(w, one, HASH("a1"), 0, 100);
	open_session(w, one, HASH("a2"), 0, 100);
	open_session(w, two, HASH("b1"), 0, 100);
	done(must(w, 0, 0, "account.set", doc("{'account':%u,'password':'%s'}", one, argon)));
	assert_int_equal(session_err(w, HASH("a1"), 1, &a), ERR_NOTFOUND);
	assert_int_equal(session_err(w, HASH("a2"), 1, &a), ERR_NOTFOUND);
	assert_int_equal(session_err(w, HASH("b1"), 1, &a), OK);
	done(must(w, 0, 0, "account.set", doc("{'account':%u,'disabled':true}", two)));
	assert_int_equal(session_err(w, HASH("b1"), 1, &a), ERR_NOTFOUND);
	refused(w, 0, 0, "session.open",
		doc("{'account':%u,'token_hash':'" HASH("b2") "','expires':%d}", two, T0 + 9), ERR_DENIED,
		"/account");
	/* A new name does not log anybody out. */
	open_session(w, one, HASH("a3"), 0, 100);
	done(must(w, 0, 0, "account.set", doc("{'account':%u,'name':'Autre'}", one)));
	assert_int_equal(session_err(w, HASH("a3"), 1, &a), OK);
	assert_string_equal(a.name, "Autre");
}

static void what_is_past_is_dropped(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "member");
	struct account a;
	json_t *out;

	open_session(w, one, HASH("a1"), 0, 100);
	open_session(w, one, HASH("a2"), 0, 200);
	done(must(w, 0, 0, "invite.make",
		  doc("{'token_hash':'" HASH("c1") "','role':'member','expires':%d}", T0 + 100)));
	out = must(w, 0, 150, "session.expire", json_object());
	assert_int_equal(json_integer_value(json_object_get(out, "sessions")), 1);
	assert_int_equal(json_integer_value(json_object_get(out, "invites")), 1);
	json_decref(out);
	assert_int_equal(session_err(w, HASH("a1"), 0, &a), ERR_NOTFOUND);
	assert_int_equal(session_err(w, HASH("a2"), 150, &a), OK);
}

static void invitations_work_once(void **state)
{
	struct world *w = *state;
	uint8_t hash[32];
	struct account a;
	enum role role;
	struct txn *t;

	done(must(w, 0, 0, "invite.make",
		  doc("{'token_hash':'" HASH("c1") "','role':'admin','expires':%d}", T0 + 100)));
	hash_of(HASH("c1"), hash);
	t = begin_read(w, 0);
	assert_int_equal(invite_find(t, hash, T0 + 99, &role), OK);
	assert_int_equal(role, ROLE_ADMIN);
	assert_int_equal(invite_find(t, hash, T0 + 100, &role), ERR_EXPIRED);
	txn_end(t);
	refused(w, 0, 100, "invite.use",
		doc("{'token_hash':'" HASH("c1") "','email':'a@exemple.fr','name':'A','password':'%s'}", argon),
		ERR_EXPIRED, "");
	refused(w, 0, 1, "invite.use",
		doc("{'token_hash':'" HASH("c1") "','email':'a@exemple.fr','name':'A'}"), ERR_INVALID,
		"/password");
	done(must(w, 0, 1, "invite.use",
		  doc("{'token_hash':'" HASH("c1") "','email':'a@exemple.fr','name':'A','password':'%s',"
		      "'session':{'token_hash':'" HASH("a1") "','expires':%d}}",
		      argon, T0 + 60)));
	assert_int_equal(session_err(w, HASH("a1"), 2, &a), OK);
	assert_int_equal(a.role, ROLE_ADMIN);
	refused(w, 0, 1, "invite.use",
		doc("{'token_hash':'" HASH("c1") "','email':'b@exemple.fr','name':'B','password':'%s'}", argon),
		ERR_NOTFOUND, "");
}

static void invitations_by_name_and_their_list(void **state)
{
	struct world *w = *state;
	struct invite i;
	struct txn *t;

	done(must(w, 0, 3, "invite.make",
		  doc("{'token_hash':'" HASH("c1") "','role':'admin','expires':%d,'email':'Anne@exemple.fr'}",
		      T0 + 100)));
	done(must(w, 0, 4, "invite.make",
		  doc("{'token_hash':'" HASH("c2") "','role':'member','expires':%d}", T0 + 90)));
	t = begin_read(w, 0);
	assert_int_equal(invite_next(t, NULL, &i), OK);
	assert_string_equal(i.email, "Anne@exemple.fr");
	assert_int_equal(i.role, ROLE_ADMIN);
	assert_int_equal(i.expires, T0 + 100);
	assert_int_equal(i.created, T0 + 3);
	assert_int_equal(invite_next(t, i.hash, &i), OK);
	assert_int_equal(i.role, ROLE_MEMBER);
	assert_int_equal(invite_next(t, i.hash, &i), ERR_NOTFOUND);
	txn_end(t);
	refused(w, 0, 5, "invite.use",
		doc("{'token_hash':'" HASH("c1") "','email':'b@exemple.fr','name':'B','password':'%s'}", argon),
		ERR_DENIED, "/email");
	done(must(w, 0, 5, "invite.use",
		  doc("{'token_hash':'" HASH("c1") "','email':'anne@exemple.fr','name':'A','password':'%s'}",
		      argon)));
	done(must(w, 0, 6, "invite.cancel", doc("{'token_hash':'" HASH("c2") "'}")));
	refused(w, 0, 6, "invite.cancel", doc("{'token_hash':'" HASH("c2") "'}"), ERR_NOTFOUND, "");
	t = begin_read(w, 0);
	assert_int_equal(invite_next(t, NULL, &i), ERR_NOTFOUND);
	txn_end(t);
}

static void many_invitations(void **state)
{
	struct world *w = *state;
	struct txn *t;

	world_node(w, 0);
	assert_int_equal(txn_write(w->node[0]->store, &t), OK);
	for (uint32_t i = 0; i < INVITE_MAX; i++) {
		uint8_t key[32] = {0};

		be32_put(key, i);
		assert_int_equal(txn_put(t, TABLE_INVITE, key, sizeof(key), "{}", 2), OK);
	}
	assert_int_equal(txn_commit(t), OK);
	refused(w, 0, 3, "invite.make",
		doc("{'token_hash':'" HASH("c1") "','role':'admin','expires':%d}", T0 + 100), ERR_LIMIT, "");
}

/* The oldest of many sessions makes room, and nobody else's. */
static void many_sessions(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "member"), two = add(w, "b@exemple.fr", "member");
	struct account a;
	char hash[65] = HASH("b0");

	open_session(w, two, HASH("d0"), 0, 5000);
	for (int i = 0; i < SESSION_MAX + 1; i++) {
		/* The second is the oldest. */
		snprintf(hash, 5, "%04x", i);
		hash[4] = 'b';
		open_session(w, one, hash, i == 1 ? 1 : 2 + i, 5000);
	}
	assert_int_equal(session_err(w, HASH("d0"), 100, &a), OK);
	memcpy(hash, "0001", 4);
	assert_int_equal(session_err(w, hash, 100, &a), ERR_NOTFOUND);
	memcpy(hash, "0000", 4);
	assert_int_equal(session_err(w, hash, 100, &a), OK);
}

/* A password that was changed while it was verified opens nothing. */
static void the_password_that_was_verified(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "member");

	done(must(w, 0, 1, "session.open",
		  doc("{'account':%u,'token_hash':'" HASH("a1") "','expires':%d,'password':'%s'}", one, T0 + 50,
		      argon)));
	done(must(w, 0, 1, "account.set", doc("{'account':%u,'password':'%sx'}", one, argon)));
	refused(w, 0, 2, "session.open",
		doc("{'account':%u,'token_hash':'" HASH("a2") "','expires':%d,'password':'%s'}", one, T0 + 50,
		    argon),
		ERR_DENIED, "/password");
}

static void settings_are_checked(void **state)
{
	struct world *w = *state;
	char text[200];
	struct origin o;
	struct txn *t;
	uint64_t before;

	t = begin_read(w, 0);
	before = node_public_counter(t);
	txn_end(t);
	done(must(w, 0, 0, "setting.set", doc("{'values':{'accent':'#00Ff99'}}")));
	done(must(w, 0, 0, "setting.set", doc("{'values':{'name':'Lune'}}")));
	refused(w, 0, 0, "setting.set", doc("{'values':{'accent':'red'}}"), ERR_INVALID, "/accent");
	refused(w, 0, 0, "setting.set", doc("{'values':{'name':''}}"), ERR_INVALID, "/name");
	refused(w, 0, 0, "setting.set", doc("{'values':{'accessibility':'maybe'}}"), ERR_INVALID,
		"/accessibility");
	refused(w, 0, 0, "setting.set", doc("{'values':{'territory':'974'}}"), ERR_INVALID, "/territory");
	refused(w, 0, 0, "setting.set", doc("{'values':{'key':'x'}}"), ERR_INVALID, "/key");
	t = begin_read(w, 0);
	assert_int_equal(setting_get(t, "accent", text, sizeof(text)), OK);
	assert_string_equal(text, "#00Ff99");
	assert_int_equal(setting_get(t, "legal", text, sizeof(text)), OK);
	assert_string_equal(text, "");
	assert_int_equal(origin_get(t, 1, &o), OK);
	assert_string_equal(o.name, "Lune");
	assert_true(node_public_counter(t) > before);
	assert_int_equal(setting_get(t, "name", text, sizeof(text)), OK);
	assert_string_equal(text, "Lune");
	txn_end(t);
	done(must(w, 0, 0, "setting.set", doc("{'values':{'accent':''}}")));
	t = begin_read(w, 0);
	assert_int_equal(setting_get(t, "accent", text, sizeof(text)), OK);
	assert_string_equal(text, "");
	txn_end(t);
}

/* The next line of the audit trail. */
static json_t *line_next(struct walk *w)
{
	struct view k, v;

	assert_int_equal(walk_next(w, &k, &v), OK);
	return view_doc(v);
}

static void changes_leave_a_trail_without_secrets(void **state)
{
	struct world *w = *state;
	uint32_t one = add(w, "a@exemple.fr", "admin");
	struct view k, v;
	struct walk *trail;
	json_t *line;
	struct txn *t;
	char *text;

	done(must(w, 0, 5, "account.set", doc("{'account':%u,'password':'%s'}", one, argon)));
	done(must(w, 0, 6, "setting.set", doc("{'values':{'tagline':'x'}}")));
	t = begin_read(w, 0);
	assert_int_equal(walk_open(t, TABLE_AUDIT, "\xff", 1, true, NULL, 0, &trail), OK);
	line = line_next(trail);
	assert_string_equal(json_string_value(json_object_get(line, "verb")), "setting.set");
	assert_string_equal(json_string_value(json_object_get(line, "actor")), "command");
	assert_int_equal(json_integer_value(json_object_get(line, "at")), T0 + 6);
	json_decref(line);
	line = line_next(trail);
	text = json_dumps(line, 0);
	assert_null(strstr(text, "argon2id"));
	assert_non_null(strstr(text, "\"password\": true"));
	free(text);
	json_decref(line);
	line = line_next(trail);
	assert_string_equal(json_string_value(json_object_get(line, "verb")), "account.add");
	json_decref(line);
	assert_int_equal(walk_next(trail, &k, &v), ERR_NOTFOUND);
	walk_close(trail);
	txn_end(t);
}

static void script(struct world *w, int node)
{
	done(must(w, node, 0, "account.add",
		  doc("{'email':'a@exemple.fr','name':'A','role':'admin','password':'%s'}", argon)));
	done(must(w, node, 1, "session.open",
		  doc("{'account':1,'token_hash':'" HASH("a1") "','expires':%d}", T0 + 50)));
	done(must(w, node, 2, "invite.make",
		  doc("{'token_hash':'" HASH("c1") "','role':'member','expires':%d}", T0 + 50)));
	done(must(w, node, 3, "peer.add", doc("{'url':'https://mars.example.org'}")));
	done(must(w, node, 4, "setting.set", doc("{'values':{'tagline':'é'}}")));
	done(must(w, node, 5, "network.create", doc("{'name':'Réseau','purpose':'Pour rien'}")));
}

/* The same verbs leave the same tables, byte for byte: nothing of the clock, nothing of chance. */
static void verbs_replay(void **state)
{
	struct world *w = *state, *other = NULL;
	char *first, *second;

	script(w, 0);
	first = dump(w, 0);
	assert_int_equal(world_new((void **)&other), 0);
	script(other, 0);
	second = dump(other, 0);
	assert_string_equal(first, second);
	free(first);
	free(second);
	assert_int_equal(world_free((void **)&other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(accounts_are_found_by_address_in_any_case),
		world_test(bad_accounts_are_refused_by_field),
		world_test(the_last_administrator_stays),
		world_test(sessions_end),
		world_test(a_new_password_and_a_ban_end_sessions),
		world_test(what_is_past_is_dropped),
		world_test(invitations_work_once),
		world_test(invitations_by_name_and_their_list),
		world_test(many_invitations),
		world_test(many_sessions),
		world_test(the_password_that_was_verified),
		world_test(settings_are_checked),
		world_test(changes_leave_a_trail_without_secrets),
		world_test(verbs_replay),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
