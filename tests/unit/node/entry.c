#include "tests/unit/node/domain_test.h"

#include "node/domain/account.h"
#include "node/domain/own.h"
#include "node/domain/query.h"
#include "protocol/limits.h"

static json_t *organization(const char *name, const char *more)
{
	return doc(
		"{'name':'%s','summary':'Un résumé','profile':'association','location':{'commune':"
		"'Trappes','cog':'78621'}%s}",
		name, more);
}

static json_t *update_args(const char *id, int64_t rev, int account, json_t *fields)
{
	return json_pack("{s:s, s:I, s:i, s:o}", "id", id, "rev", (json_int_t)rev, "account",
			 account, "fields", fields);
}

static int64_t rev_of(struct world *w, int node, const char *id)
{
	struct txn *t = begin_read(w, node);
	struct record r;
	uint32_t object;

	assert_int_equal(record_find(t, 1, id, &object), OK);
	assert_int_equal(record_get(t, object, &r), OK);
	txn_end(t);
	return r.rev;
}

static json_t *load(struct world *w, int node, const char *id)
{
	struct txn *t = begin_read(w, node);
	struct record r;
	uint32_t object;
	json_t *d;

	assert_int_equal(record_find(t, 1, id, &object), OK);
	assert_int_equal(record_get(t, object, &r), OK);
	d = view_doc(r.json);
	txn_end(t);
	return d;
}

static void created(void **state)
{
	struct world *w = *state;
	char id[OBJECT_ID_MAX];
	uint32_t object = create(w, 0, 5, "Organization", organization("Les Jardins", ""), id);
	struct txn *t = begin_read(w, 0);
	uint8_t digest[32];
	struct envelope env;
	struct record r;
	struct feed f;
	struct buf b;
	json_t *d;

	assert_int_equal(object, 1);
	assert_int_equal(record_get(t, object, &r), OK);
	assert_int_equal(r.rev, 1);
	assert_int_equal(r.flags, 0);
	assert_int_equal(r.received, T0 + 5);
	assert_string_equal(row_get(r.row, ROW_TITLE), "Les Jardins");
	d = view_doc(r.json);
	buf_init(&b, OBJECT_MAX);
	assert_int_equal(
		object_verify(d, &world_node(w, 0)->identity, "public", &env, &b, digest, NULL),
		OK);
	assert_string_equal(env.id, id);
	assert_memory_equal(digest, r.digest, 32);
	assert_int_equal(b.len, r.json.len);
	assert_memory_equal(b.data, r.json.data, b.len);
	assert_int_equal(env.published, T0 + 5);
	assert_int_equal(feed_get(t, 1, &f), OK);
	assert_int_equal(f.rev, 1);
	assert_int_equal(f.epoch, T0);
	assert_int_equal(node_public_counter(t), 1);
	buf_done(&b);
	json_decref(d);
	txn_end(t);
	assert_clean(w, 0);
}

static void create_refusals(void **state)
{
	struct world *w = *state;
	char *before, *after;

	world_node(w, 0);
	before = dump(w, 0);
	refused(w, 0, 1, "entry.create", doc("{'type':'Organization','fields':{'summary':'x'}}"),
		ERR_INVALID, "/name");
	refused(w, 0, 1, "entry.create",
		doc("{'type':'Organization','fields':{'name':'x','profile':'none'}}"), ERR_INVALID,
		"/profile");
	refused(w, 0, 1, "entry.create",
		doc("{'type':'Organization','fields':{'name':'x','nom':'y'}}"), ERR_INVALID,
		"/nom");
	refused(w, 0, 1, "entry.create", doc("{'type':'Charter','fields':{'name':'x'}}"),
		ERR_INVALID, "/type");
	refused(w, 0, 1, "entry.create", doc("{'type':'Place'}"), ERR_INVALID, "");
	refused(w, 0, 1, "entry.create", doc("{'type':'Place','fields':[]}"), ERR_INVALID, "");
	refused(w, 0, 1, "entry.create", doc("{'fields':{'name':'x'}}"), ERR_INVALID, "/type");
	refused(w, 0, 1, "entry.create", doc("{'type':'Place','fields':{'name':'x'},'account':7}"),
		ERR_DENIED, "");
	refused(w, 0, 1, "entry.create",
		doc("{'type':'Place','fields':{'name':'x'},'account':'1'}"), ERR_INVALID,
		"/account");
	after = dump(w, 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* Every field within its own limit, and all together beyond that of an object. */
static void too_large(void **state)
{
	struct world *w = *state;
	json_t *fields = doc("{'name':'x','partner':[]}");
	char text[3 * 10900 + 1];

	for (int i = 0; i < 10900; i++)
		memcpy(text + 3 * i, "€", 3);
	text[sizeof(text) - 1] = '\0';
	json_object_set_new(fields, "content", json_string(text));
	json_object_set_new(fields, "need", json_stringn(text, 3 * 4000));
	for (int i = 0; i < 50; i++)
		json_array_append_new(json_object_get(fields, "partner"),
				      json_stringn(text, 3 * (150 + i)));
	refused(w, 0, 1, "entry.create",
		json_pack("{s:s, s:O}", "type", "Project", "fields", fields), ERR_LIMIT, "");
	json_object_del(fields, "need");
	json_object_del(fields, "content");
	done(must(w, 0, 1, "entry.create",
		  json_pack("{s:s, s:o}", "type", "Project", "fields", fields)));
	assert_clean(w, 0);
}

static void updated(void **state)
{
	struct world *w = *state;
	struct txn *t;
	struct record r;
	char id[OBJECT_ID_MAX];
	uint32_t object = create(w, 0, 5, "Organization", organization("Zinzolin", ""), id);
	json_t *out, *held;
	char *after;

	out = must(w, 0, 60, "entry.update", update_args(id, 1, 0, organization("Coquelicot", "")));
	assert_int_equal(json_integer_value(json_object_get(out, "rev")), 2);
	done(out);
	held = load(w, 0, id);
	assert_string_equal(json_string_value(json_object_get(held, "name")), "Coquelicot");
	assert_string_equal(json_string_value(json_object_get(held, "published")),
			    "2026-09-21T14:13:25Z");
	assert_string_equal(json_string_value(json_object_get(held, "updated")),
			    "2026-09-21T14:14:20Z");
	json_decref(held);
	t = begin_read(w, 0);
	assert_int_equal(record_get(t, object, &r), OK); /* keeps its number */
	assert_int_equal(r.rev, 2);
	assert_int_equal(txn_entries(t, TABLE_ENTRY), 1);
	txn_end(t);
	/* The old words are gone from every table. */
	after = dump(w, 0);
	assert_false(dump_has(after, "inzolin"));
	assert_true(dump_has(after, "coquelicot"));
	free(after);
	assert_clean(w, 0);
	/* Nothing new: nothing written. */
	out = must(w, 0, 90, "entry.update", update_args(id, 2, 0, organization("Coquelicot", "")));
	assert_int_equal(json_integer_value(json_object_get(out, "rev")), 2);
	done(out);
	assert_int_equal(rev_of(w, 0, id), 2);
}

static void form_keeps(const char *held, const char *result)
{
	json_t *a = doc("%s", held), *b = doc("{'name':'y'}"), *c = doc("%s", result);

	assert_int_equal(own_keep(schema_type("Organization"), a, b), OK);
	assert_true(json_equal(b, c));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}

/* What no form shows survives an edit through one; what follows from the commune goes with it. */
static void kept(void **state)
{
	struct world *w = *state;
	char id[OBJECT_ID_MAX];
	json_t *held;

	create(w, 0, 5, "Organization",
	       doc("{'name':'Un','attributedTo':'https://lune.example.org/o/aaaaaaaaaaaaaaaaaaaaaaaaaa',"
		   "'location':{'commune':'Trappes','cog':'78621','department':'Yvelines'}}"),
	       id);
	done(must(w, 0, 6, "entry.update",
		  update_args(id, 1, 0,
			      doc("{'name':'Deux','location':{'commune':'Trappes','cog':'78621'}}"))));
	held = load(w, 0, id);
	assert_non_null(json_object_get(held, "attributedTo"));
	assert_string_equal(json_string_value(schema_get(held, "location.department")), "Yvelines");
	json_decref(held);
	done(must(w, 0, 7, "entry.update",
		  update_args(id, 2, 0,
			      doc("{'name':'Deux','location':{'commune':'Brest','cog':'29019'}}"))));
	held = load(w, 0, id);
	assert_null(schema_get(held, "location.department"));
	assert_non_null(json_object_get(held, "attributedTo"));
	json_decref(held);
	form_keeps("{'name':'x','id':'i','later':[1],'summary':'s','location':{'region':'Bretagne','door':'2'}}",
		   "{'name':'y','later':[1],'location':{'region':'Bretagne','door':'2'}}");
	form_keeps("{'name':'x','location':{'commune':'Brest','region':'Bretagne'}}", "{'name':'y'}");
}

static void use_set(struct world *w, uint64_t objects, uint64_t bytes)
{
	struct entry_use use = {objects, bytes};
	struct txn *t;

	assert_int_equal(txn_write(world_node(w, 0)->store, &t), OK);
	assert_int_equal(entry_use_put(t, 1, &use), OK);
	assert_int_equal(txn_commit(t), OK);
}

/* A node publishes no more than its readers keep, and may always change and delete what it did. */
static void ceilings(void **state)
{
	struct world *w = *state;
	struct verb_result r;
	char id[OBJECT_ID_MAX];
	json_t *out;

	create(w, 0, 1, "Organization", organization("Un", ""), id);
	use_set(w, ORIGIN_OBJECTS - 1, 0);
	create(w, 0, 1, "Organization", organization("Le dernier", ""), NULL);
	r = run(w, 0, 2, "entry.create", doc("{'type':'Place','fields':{'name':'x'}}"));
	assert_non_null(strstr(r.fault.key, "100,000"));
	use_set(w, 2, ORIGIN_BYTES);
	r = run(w, 0, 2, "entry.create", doc("{'type':'Place','fields':{'name':'x'}}"));
	assert_non_null(strstr(r.fault.key, "256 MiB"));
	use_set(w, ORIGIN_OBJECTS - 1, 0);
	out = must(w, 0, 2, "import.rows",
		   doc("{'type':'Place','rows':[{'line':1,'key':'a','fields':{'name':'a'}},"
		       "{'line':2,'key':'b','fields':{'name':'b'}}]}"));
	assert_int_equal(json_integer_value(json_object_get(out, "created")), 1);
	assert_int_equal(json_array_size(json_object_get(out, "refused")), 1);
	done(out);
	use_set(w, ORIGIN_OBJECTS + 3, ORIGIN_BYTES + 9);
	done(must(w, 0, 6, "entry.update", update_args(id, 1, 0, organization("Deux", ""))));
	done(must(w, 0, 7, "entry.delete", json_pack("{s:s}", "id", id)));
}

static void conflicts(void **state)
{
	struct world *w = *state;
	char id[OBJECT_ID_MAX];
	char *before, *after;

	create(w, 0, 5, "Organization", organization("Un", ""), id);
	done(must(w, 0, 6, "entry.update", update_args(id, 1, 0, organization("Deux", ""))));
	before = dump(w, 0);
	refused(w, 0, 7, "entry.update", update_args(id, 1, 0, organization("Trois", "")),
		ERR_CONFLICT, "/rev");
	refused(w, 0, 7, "entry.update", update_args(id, 3, 0, organization("Trois", "")),
		ERR_CONFLICT, "/rev");
	refused(w, 0, 7, "entry.update", update_args(id, 2, 0, doc("{'name':''}")), ERR_INVALID,
		"/name");
	refused(w, 0, 7, "entry.update",
		update_args("https://lune.example.org/o/aaaaaaaaaaaaaaaaaaaaaaaaaa", 1, 0,
			    doc("{'name':'x'}")),
		ERR_NOTFOUND, "/id");
	refused(w, 0, 7, "entry.update", update_args("", 1, 0, doc("{'name':'x'}")), ERR_INVALID,
		"/id");
	after = dump(w, 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void erased(void **state)
{
	struct world *w = *state;
	json_t *fields = organization("Le Serpolet",
				      ",'content':'On y cultive la kyrielle depuis vingt ans.',"
				      "'identifiers':{'rna':'W751234567'},'email':"
				      "'ursule@example.org','url':'https://fenouillet.example'");
	static const char *const traces[] = {"erpolet", "kyriel",     "W751234567", "w751234567",
					     "ursule",	"fenouillet", "Trappes",    "trapp"};
	char id[OBJECT_ID_MAX];
	uint8_t key[32];
	struct view v;
	struct txn *t;
	char *dumped;
	json_t *out;

	done(must(w, 0, 1, "import.rows",
		  json_pack("{s:s, s:[{s:i, s:s, s:o}]}", "type", "Organization", "rows", "line", 2,
			    "key", "rna:W751234567", "fields", fields)));
	dumped = dump(w, 0);
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		if (!dump_has(dumped, traces[i]))
			fail_msg("%s was never there", traces[i]);
	free(dumped);
	t = begin_read(w, 0);
	assert_int_equal(txn_entries(t, TABLE_IMPORT_KEY), 2);
	{
		struct record r;
		json_t *held;

		assert_int_equal(record_get(t, 1, &r), OK);
		held = view_doc(r.json);
		snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(held, "id")));
		json_decref(held);
	}
	txn_end(t);
	out = must(w, 0, 9, "entry.delete", json_pack("{s:s, s:s}", "id", id, "reason", "erased"));
	assert_int_equal(json_integer_value(json_object_get(out, "rev")), 2);
	done(out);
	dumped = dump(w, 0);
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		if (dump_has(dumped, traces[i]))
			fail_msg("%s is still there", traces[i]);
	free(dumped);
	t = begin_read(w, 0);
	digest_bytes(id, strlen(id), key);
	assert_int_equal(txn_get(t, TABLE_DEAD, key, 32, &v), OK);
	assert_int_equal(txn_entries(t, TABLE_POSTING), 0);
	assert_int_equal(txn_entries(t, TABLE_LIST), 0);
	assert_int_equal(txn_entries(t, TABLE_LEAF), 0);
	assert_int_equal(txn_entries(t, TABLE_SET), 0);
	assert_int_equal(txn_entries(t, TABLE_IMPORT_KEY), 0);
	assert_int_equal(txn_entries(t, TABLE_OWNER), 0);
	txn_end(t);
	assert_clean(w, 0);
	refused(w, 0, 10, "entry.update", update_args(id, 2, 0, doc("{'name':'x'}")), ERR_EXPIRED,
		"/id");
	refused(w, 0, 10, "entry.delete", json_pack("{s:s}", "id", id), ERR_EXPIRED, "/id");
}

static int account(struct world *w, const char *email, const char *role)
{
	json_t *out =
		must(w, 0, 0, "account.add",
		     json_pack("{s:s, s:s, s:s}", "email", email, "name", email, "role", role));
	int n = (int)json_integer_value(json_object_get(out, "account"));

	done(out);
	return n;
}

static json_t *create_as(int who)
{
	return json_pack("{s:s, s:i, s:o}", "type", "Project", "account", who, "fields",
			 doc("{'name':'Un projet'}"));
}

static json_t *delete_as(const char *id, int who)
{
	return json_pack("{s:s, s:i}", "id", id, "account", who);
}

static void owners(void **state)
{
	struct world *w = *state;
	int ana = account(w, "ana@example.org", "member"),
	    bob = account(w, "bob@example.org", "member");
	int animator = account(w, "anim@example.org", "animator");
	char id[OBJECT_ID_MAX], imported[OBJECT_ID_MAX];
	uint32_t who;
	struct txn *t;
	json_t *out = must(w, 0, 1, "entry.create", create_as(ana));

	snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(out, "id")));
	done(out);
	t = begin_read(w, 0);
	assert_int_equal(entry_owner(t, 1, &who), OK);
	assert_int_equal(who, ana);
	txn_end(t);
	refused(w, 0, 2, "entry.update", update_args(id, 1, bob, doc("{'name':'Volé'}")),
		ERR_DENIED, "");
	refused(w, 0, 2, "entry.delete", delete_as(id, bob), ERR_DENIED, "");
	done(must(w, 0, 3, "entry.update", update_args(id, 1, ana, doc("{'name':'Le sien'}"))));
	done(must(w, 0, 4, "entry.update", update_args(id, 2, animator, doc("{'name':'Relu'}"))));
	/* Not her own anymore than anybody's: what the command line wrote. */
	create(w, 0, 5, "Project", doc("{'name':'Importé'}"), imported);
	refused(w, 0, 6, "entry.delete", delete_as(imported, ana), ERR_DENIED, "");
	done(must(w, 0, 6, "entry.delete", delete_as(imported, animator)));
	done(must(w, 0, 7, "account.set", json_pack("{s:i, s:b}", "account", ana, "disabled", 1)));
	refused(w, 0, 8, "entry.delete", delete_as(id, ana), ERR_DENIED, "");
	refused(w, 0, 8, "entry.create", create_as(ana), ERR_DENIED, "");
	done(must(w, 0, 9, "entry.delete", delete_as(id, 0)));
	t = begin_read(w, 0);
	assert_int_equal(entry_owner(t, 1, &who), ERR_NOTFOUND);
	txn_end(t);
	assert_clean(w, 0);
}

static json_t *rows(const char *suffix)
{
	return doc("{'type':'Organization','rows':["
		   "{'line':2,'key':'cog:78621','fields':{'name':'Trappes%s','location':{'cog':'"
		   "78621'}}},"
		   "{'line':3,'key':'cog:97411','fields':{'name':'Saint-Denis','location':{'cog':'"
		   "97411'}}},"
		   "{'line':4,'key':'cog:0','fields':{'name':'','location':{'cog':'97411'}}},"
		   "{'line':5,'key':'cog:1','fields':{'name':'Nulle part','location':{'cog':'1'}}},"
		   "{'line':6,'fields':{'name':'Sans clé'}},"
		   "{'line':7,'key':'cog:97411','fields':{'name':'Saint-Denis','location':{'cog':'"
		   "97411'}}},"
		   "{'line':8,'key':'cog:78621','fields':{'name':'Trappes%s','summary':'bis'}}]}",
		   suffix, suffix);
}

static void counts(json_t *out, int created_, int updated_, int unchanged, int refused_)
{
	assert_int_equal(json_integer_value(json_object_get(out, "created")), created_);
	assert_int_equal(json_integer_value(json_object_get(out, "updated")), updated_);
	assert_int_equal(json_integer_value(json_object_get(out, "unchanged")), unchanged);
	assert_int_equal(json_array_size(json_object_get(out, "refused")), refused_);
}

static void imported(void **state)
{
	struct world *w = *state;
	json_t *out = must(w, 0, 1, "import.rows", rows("")), *bad;
	char *before, *after;
	struct txn *t;

	counts(out, 2, 1, 1, 3);
	bad = json_array_get(json_object_get(out, "refused"), 1);
	assert_int_equal(json_integer_value(json_object_get(bad, "line")), 5);
	assert_string_equal(json_string_value(json_object_get(bad, "pointer")), "/location/cog");
	assert_string_equal(json_string_value(json_object_get(bad, "code")), "invalid");
	assert_true(strlen(json_string_value(json_object_get(bad, "text"))) > 10);
	done(out);
	assert_clean(w, 0);
	/* The same file again: one row of it moved to and fro, the others are as they were. */
	out = must(w, 0, 100, "import.rows", rows(""));
	counts(out, 0, 2, 2, 3);
	done(out);
	t = begin_read(w, 0);
	assert_int_equal(txn_entries(t, TABLE_OBJECT), 2);
	txn_end(t);
	assert_clean(w, 0);
	before = dump(w, 0);
	out = must(w, 0, 200, "import.rows",
		   doc("{'type':'Organization','rows':[{'key':'cog:97411','fields':{'name':'Saint-"
		       "Denis',"
		       "'location':{'cog':'97411'}}}]}"));
	counts(out, 0, 0, 1, 0);
	done(out);
	after = dump(w, 0);
	assert_string_equal(before, after);
	free(before);
	free(after);
	refused(w, 0, 1, "import.rows", doc("{'type':'Nothing','rows':[]}"), ERR_INVALID, "/type");
	refused(w, 0, 1, "import.rows", doc("{'type':'Place','rows':{}}"), ERR_LIMIT, "/rows");
}

/* What was deleted here and is imported again is a new record: the old one stays dead. */
static void imported_after_deletion(void **state)
{
	struct world *w = *state;
	json_t *args = doc("{'type':'Place','rows':[{'key':'k','fields':{'name':'La halle'}}]}"),
	       *held, *out;
	struct txn *t;
	struct record r;

	done(must(w, 0, 1, "import.rows", json_incref(args)));
	t = begin_read(w, 0);
	assert_int_equal(record_get(t, 1, &r), OK);
	held = view_doc(r.json);
	txn_end(t);
	done(must(w, 0, 2, "entry.delete", json_pack("{s:O}", "id", json_object_get(held, "id"))));
	json_decref(held);
	out = must(w, 0, 3, "import.rows", args);
	counts(out, 1, 0, 0, 0);
	done(out);
	assert_clean(w, 0);
}

static void heads(void **state)
{
	struct world *w = *state;
	struct verb_result r;
	struct head h;
	struct view v;
	struct txn *t;
	json_t *d;

	done(must(w, 0, 1, "head.sign", json_object()));
	r = run(w, 0, 2, "head.sign", json_object());
	assert_int_equal(r.err, ERR_AGAIN);
	create(w, 0, 3, "Place", doc("{'name':'Une'}"), NULL);
	create(w, 0, 3, "Event", doc("{'name':'Deux','startTime':'2026-12-01T18:00+01:00'}"), NULL);
	d = must(w, 0, 4, "head.sign", json_object());
	assert_int_equal(json_integer_value(json_object_get(d, "rev")), 2);
	done(d);
	r = run(w, 0, 4 + 86399, "head.sign", json_object());
	assert_int_equal(r.err, ERR_AGAIN);
	done(must(w, 0, 4 + 86400, "head.sign", json_object()));
	t = begin_read(w, 0);
	assert_int_equal(feed_head(t, 1, &v), OK);
	d = view_doc(v);
	assert_int_equal(head_verify(d, &world_node(w, 0)->identity, &h, NULL), OK);
	json_decref(d);
	assert_int_equal(h.rev, 2);
	assert_int_equal(h.epoch, T0);
	assert_int_equal(h.n_sets, 2);
	assert_string_equal(h.sets[0].type, "Event");
	assert_int_equal(h.sets[1].count, 1);
	assert_true(ingest_matches(t, 1, &h));
	h.sets[1].root[5] ^= 1;
	assert_false(ingest_matches(t, 1, &h));
	txn_end(t);
	assert_clean(w, 0);
}

/* The same verbs give the same tables, byte for byte. */
static void replay(void **state)
{
	struct world *a = *state, *b;
	void *other = NULL;
	char *one, *two;

	assert_int_equal(world_new(&other), 0);
	b = other;
	for (int round = 0; round < 2; round++) {
		struct world *w = round ? b : a;
		char id[OBJECT_ID_MAX], place[OBJECT_ID_MAX];

		done(must(w, 0, 1, "import.rows", rows("")));
		create(w, 0, 2, "Place", doc("{'name':'Une'}"), place);
		done(must(w, 0, 3, "entry.create",
			  create_as(account(w, "ana@example.org", "member"))));
		create(w, 0, 4, "Event",
		       doc("{'name':'Deux','startTime':'2026-12-01T18:00+01:00'}"), id);
		done(must(w, 0, 5, "import.rows", rows(" et environs")));
		done(must(w, 0, 6, "entry.delete", delete_as(place, 0)));
		done(must(
			w, 0, 7, "entry.update",
			update_args(id, rev_of(w, 0, id), 0,
				    doc("{'name':'Trois','startTime':'2026-12-01T18:00+01:00'}"))));
		done(must(w, 0, 8, "head.sign", json_object()));
	}
	one = dump(a, 0);
	two = dump(b, 0);
	assert_string_equal(one, two);
	free(one);
	free(two);
	world_free(&other);
}

static void init_once(void **state)
{
	struct world *w = *state;
	struct fault fault = {0};
	struct node *n = world_node(w, 0);
	struct txn *t = begin_read(w, 0);
	uint8_t seed[32] = {1};
	char name[64];

	assert_int_equal(setting_get(t, "name", name, sizeof(name)), OK);
	assert_string_equal(name, "Nœud");
	txn_end(t);
	assert_int_equal(node_init(n->dir, &n->conf, "Autre", seed, seed, T0, &fault), ERR_EXISTS);
	refused(w, 0, 1, "node.init",
		json_pack("{s:s, s:s, s:[]}", "name", "x", "seed",
			  "0000000000000000000000000000000000000000000000000000000000000000",
			  "operations"),
		ERR_EXISTS, "");
	assert_int_equal(node_open(w->dir, NULL, &n, &fault), ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(created),
		world_test(create_refusals),
		world_test(too_large),
		world_test(updated), world_test(kept), world_test(ceilings),
		world_test(conflicts),
		world_test(erased),
		world_test(owners),
		world_test(imported),
		world_test(imported_after_deletion),
		world_test(heads),
		world_test(replay),
		world_test(init_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
