#include "tests/unit/protocol/documents.h"

#include "protocol/limits.h"
#include "protocol/schema.h"
#include "protocol/schema_value.h"

#define ID NODE_ORIGIN "/o/aahr4lj4jnngs6ehs2s3jq6s4h"
#define DIGEST "sha256:0aa13e351b3cee11c1e60598a2417bc0ad2565e0f4381b71af4ebf2cde502eb0"

static json_t *words;

static int setup(void **state)
{
	words = json_of("{'profile':[{'code':'public','fr':'Public','en':'Public'}],"
			"'trade':[{'code':'dialogue','fr':'D','en':'D'},"
			"{'code':'venue','fr':'L','en':'V'}],"
			"'sdg':[{'code':'11','fr':'Villes','en':'Cities'}]}");
	return 0;
}

static int teardown(void **state)
{
	json_decref(words);
	return 0;
}

static void accept(const char *type, const char *members)
{
	char text[4096];
	struct fault fault = {0};
	json_t *doc;

	snprintf(text, sizeof(text), "{%s}", members);
	doc = json_of(text);
	if (schema_check(schema_type(type), doc, words, &fault))
		fail_msg("%s refused: %s %s (%s)", text, fault.pointer, fault.key, fault.arg);
	json_decref(doc);
}

static void refuse(const char *type, const char *members, const char *pointer)
{
	char text[4096];
	struct fault fault = {0};
	json_t *doc;

	snprintf(text, sizeof(text), "{%s}", members);
	doc = json_of(text);
	if (schema_check(schema_type(type), doc, words, &fault) != ERR_INVALID)
		fail_msg("accepted: %s", text);
	if (strcmp(fault.pointer, pointer) != 0)
		fail_msg("%s: %s instead of %s", text, fault.pointer, pointer);
	assert_non_null(fault.key);
	json_decref(doc);
}

/* One member of an organisation beside its name. */
static void good(const char *member)
{
	char text[2048];

	snprintf(text, sizeof(text), "'name':'N',%s", member);
	accept("Organization", text);
}

static void bad(const char *member, const char *pointer)
{
	char text[2048];

	snprintf(text, sizeof(text), "'name':'N',%s", member);
	refuse("Organization", text, pointer);
}

static void whole_records(void **state)
{
	accept("Organization",
	       "'type':'Organization','name':'Commune de Saint-Denis','summary':'Une ville.',"
	       "'content':'# Titre\\n\\nTexte','url':'https://www.saintdenis.re',"
	       "'email':'contact@saintdenis.re',"
	       "'identifiers':{'cog':'97411','siren':'219740115','siret':'21974011500015'},"
	       "'location':{'latitude':'-20.8789','longitude':'55.4481','address':'2 rue Pasteur',"
	       "'postalCode':'97400','commune':'Saint-Denis','cog':'97411',"
	       "'department':'La Réunion','region':'La Réunion'},"
	       "'profile':'public','trade':['dialogue','venue'],'sdg':['11']");
	accept("Event",
	       "'name':'Forum','startTime':'2026-12-01T14:30+04:00',"
	       "'endTime':'2026-12-01T13:30+02:00','zone':'Indian/Reunion','capacity':150,"
	       "'organizer':'La ville','attributedTo':'" ID "','location':{'name':'Salle'}");
	accept("CallForProjects",
	       "'name':'Appel','opens':'2026-01-01T00:00Z','closes':'2026-03-01T23:59:59+01:00',"
	       "'zone':'Europe/Paris','budget':1000000,'whoMayApply':'Les associations'");
	accept("Project", "'name':'P','startDate':'2025-01-01','endDate':'2025-01-01',"
			  "'partner':['A','B']");
	accept("Group", "'name':'G'");
	accept("Place", "'name':'L','capacity':0");
	accept("Resource", "'name':'R','author':['A'],'year':2024,'language':'fr'");
}

static void required(void **state)
{
	refuse("Organization", "", "/name");
	refuse("Event", "'name':'E'", "/startTime");
	refuse("Event", "'startTime':'2026-12-01T14:30+04:00'", "/name");
}

static void envelope_members(void **state)
{
	good("'id':'x','origin':'x','audience':'x','rev':1,'published':'x','updated':'x',"
	     "'proof':{}");
	good("'type':'Organization'");
	bad("'type':'Event'", "/type");
	bad("'type':1", "/type");
	assert_int_equal(schema_check(schema_type("Event"), NULL, NULL, NULL), ERR_INVALID);
}

static void unknown_members(void **state)
{
	bad("'colour':'red'", "/colour");
	bad("'Name':'red'", "/Name");
	bad("'location':{'colour':'red'}", "/location/colour");
	bad("'a/b~c':1", "/a~1b~0c");
	bad("'location.latitude':'1'", "/location.latitude");
	bad("'location':{'latitude.x':'1'}", "/location/latitude.x");
	bad("'location':'Paris'", "/location");
	bad("'location':[]", "/location");
	bad("'location':{}", "/location");
	bad("'startTime':'2026-12-01T14:30+04:00'", "/startTime");
	bad("'identifiers':{'id':'1'}", "/identifiers/id");
}

static void long_unknown_member(void **state)
{
	char member[600];

	member[0] = '\'';
	memset(member + 1, '~', 500);
	strcpy(member + 501, "':1");
	char text[2048];
	struct fault fault = {0};
	json_t *doc;

	snprintf(text, sizeof(text), "{'name':'N',%s}", member);
	doc = json_of(text);
	assert_int_equal(schema_check(schema_type("Organization"), doc, NULL, &fault), ERR_INVALID);
	assert_true(strlen(fault.pointer) > 100 && strlen(fault.pointer) < sizeof(fault.pointer));
	json_decref(doc);
}

static void texts(void **state)
{
	char text[800];

	good("'summary':'Œuvre, 100 % « vraie »'");
	bad("'summary':''", "/summary");
	bad("'summary':'  '", "/summary");
	bad("'summary':1", "/summary");
	bad("'summary':null", "/summary");
	bad("'summary':['a']", "/summary");
	bad("'summary':'a\\nb'", "/summary");
	bad("'summary':'a\\tb'", "/summary");
	bad("'summary':'a\\u007fb'", "/summary");
	bad("'summary':'a\\u0085b'", "/summary");
	bad("'summary':'a\\u2028b'", "/summary");
	good("'content':'a\\n\\tb'");
	bad("'content':'a\\rb'", "/content");
	bad("'content':'a\\u001bb'", "/content");
	/* Characters are counted, not bytes: 200 of two bytes fit a name. */
	strcpy(text, "'name':'");
	for (int i = 0; i < 200; i++)
		strcat(text, "é");
	strcat(text, "'");
	accept("Organization", text);
	strcpy(text + strlen(text) - 1, "e'");
	refuse("Organization", text, "/name");
}

/* canon_read lets none of these through; a caller that builds documents itself might. */
static void malformed_texts(void **state)
{
	json_t *doc = json_of("{'name':'N'}");

	json_object_set_new(doc, "summary", json_stringn("a\0b", 3));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, NULL), ERR_INVALID);
	json_object_set_new(doc, "summary", json_stringn_nocheck("a\xff", 2));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, NULL), ERR_INVALID);
	json_decref(doc);
}

static void long_bodies(void **state)
{
	json_t *doc = json_of("{'name':'N'}");
	char *body = malloc(60001);
	struct fault fault;

	/* 20,000 characters of one byte; then of two bytes, which is more than 32 KiB. */
	memset(body, 'x', 20001);
	body[20000] = '\0';
	json_object_set_new(doc, "content", json_string(body));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, &fault), OK);
	body[20000] = 'x';
	body[20001] = '\0';
	json_object_set_new(doc, "content", json_string(body));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, &fault), ERR_INVALID);
	for (int i = 0; i < 17000; i++)
		memcpy(body + 2 * i, "é", 3);
	json_object_set_new(doc, "content", json_string(body));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, &fault), ERR_INVALID);
	assert_string_equal(fault.pointer, "/content");
	free(body);
	json_decref(doc);
}

static void addresses(void **state)
{
	good("'url':'https://exemple.fr/chemin?a=1&b=%20#c'");
	good("'url':'http://exemple.fr:8080'");
	good("'url':'HTTPS://exemple.fr/Été'");
	good("'url':'mailto:contact@exemple.fr'");
	good("'url':'tel:+33-1-23-45-67-89'");
	bad("'url':'javascript:alert(1)'", "/url");
	bad("'url':'JAVASCRIPT:alert(1)'", "/url");
	bad("'url':' javascript:alert(1)'", "/url");
	bad("'url':'java\\nscript:alert(1)'", "/url");
	bad("'url':'data:text/html,x'", "/url");
	bad("'url':'vbscript:x'", "/url");
	bad("'url':'ftp://exemple.fr'", "/url");
	bad("'url':'//exemple.fr'", "/url");
	bad("'url':'/chemin'", "/url");
	bad("'url':'exemple.fr'", "/url");
	bad("'url':'https:exemple.fr'", "/url");
	bad("'url':'https://'", "/url");
	bad("'url':'https:///chemin'", "/url");
	bad("'url':'https://:443'", "/url");
	bad("'url':'https://banque.fr@pirate.org'", "/url");
	bad("'url':'https://exemple.fr/a b'", "/url");
	bad("'url':'https://exemple.fr/\\u0001'", "/url");
	bad("'url':'https://exemple.fr/\\u0085'", "/url");
	bad("'url':'https://exemple.fr/<script>'", "/url");
	bad("'url':'https://exemple.fr\\\\@pirate.org'", "/url");
	bad("'url':'mailto:'", "/url");
	bad("'url':'mailto:personne'", "/url");
	bad("'url':'tel:'", "/url");
	bad("'url':'tel:<b>'", "/url");
	bad("'url':7", "/url");
}

static void mailboxes(void **state)
{
	good("'email':'a@b.fr'");
	good("'email':'prenom.nom+tag@sous.domaine.exemple.fr'");
	good("'email':'élu@exémple.fr'");
	bad("'email':'a'", "/email");
	bad("'email':'@b.fr'", "/email");
	bad("'email':'a@'", "/email");
	bad("'email':'a@b'", "/email");
	bad("'email':'a@b.'", "/email");
	bad("'email':'a@.fr'", "/email");
	bad("'email':'a@b..fr'", "/email");
	bad("'email':'a@-b.fr'", "/email");
	bad("'email':'a@b-.fr'", "/email");
	bad("'email':'a@b_c.fr'", "/email");
	bad("'email':'a@b@c.fr'", "/email");
	bad("'email':'.a@b.fr'", "/email");
	bad("'email':'a.@b.fr'", "/email");
	bad("'email':'a..b@b.fr'", "/email");
	bad("'email':'a b@b.fr'", "/email");
	bad("'email':'a@b.fr, c@d.fr'", "/email");
	bad("'email':'A <a@b.fr>'", "/email");
	bad("'email':'a@b.fr\\nBcc: c@d.fr'", "/email");
	bad("'email':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.fr'",
	    "/email");
}

static void integers(void **state)
{
	accept("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':0");
	accept("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':1000000");
	refuse("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':1000001",
	       "/capacity");
	refuse("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':-1", "/capacity");
	refuse("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':'12'", "/capacity");
	refuse("Event", "'name':'E','startTime':'2026-12-01T14:30Z','capacity':true", "/capacity");
	refuse("CallForProjects", "'name':'C','budget':1000000000001", "/budget");
}

static void decimals(void **state)
{
	static const char *const wrong[] = {
		"",	"+1",	"1,5",		 ".5", "1.",	"01",	       "1e1",
		"0x10", "1 ",	"--1",		 "-",  "1.2.3", "-0",	       "-0.00",
		"NaN",	"90.1", "-90.000000001", "91", "900",	"1.0000000001"};
	char member[120];

	good("'location':{'latitude':'48.8584','longitude':'2.2945'}");
	good("'location':{'latitude':'90','longitude':'180'}");
	good("'location':{'latitude':'-90.000','longitude':'-180.0'}");
	good("'location':{'latitude':'0','longitude':'0.00'}");
	good("'location':{'latitude':'-0.5','longitude':'-179.999999999'}");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(member, sizeof(member), "'location':{'latitude':'%s','longitude':'1'}",
			 wrong[i]);
		bad(member, "/location/latitude");
	}
	bad("'location':{'latitude':'1','longitude':'180.1'}", "/location/longitude");
	bad("'location':{'latitude':'1','longitude':'-181'}", "/location/longitude");
	bad("'location':{'latitude':'1','longitude':2}", "/location/longitude");
	bad("'location':{'latitude':'1'}", "/location/longitude");
	bad("'location':{'longitude':'1'}", "/location/latitude");
}

static void dates(void **state)
{
	static const char *const wrong[] = {"2025",	  "2025-1-1",	"2025-13-01", "2025-00-10",
					    "2025-02-30", "2025-02-29", "01/02/2025", "2025-01-01Z",
					    "2025-01-32", "tomorrow!!"};
	char text[80];

	accept("Project", "'name':'P','startDate':'2024-02-29'");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "'name':'P','startDate':'%s'", wrong[i]);
		refuse("Project", text, "/startDate");
	}
}

static void date_times(void **state)
{
	static const char *const wrong[] = {"2026-12-01",
					    "2026-12-01T14:30",
					    "2026-12-01 14:30+01:00",
					    "2026-12-01T14:30+0100",
					    "2026-12-01T24:30Z",
					    "2026-12-01T14:60Z",
					    "2026-02-29T14:30Z",
					    "2026-12-01T14:30:00.5Z",
					    "2026-12-01T14:30+25:00",
					    "2026-12-01T14:30z",
					    "14:30"};
	char text[100];

	accept("Event", "'name':'E','startTime':'2026-12-01T14:30:05-03:30'");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "'name':'E','startTime':'%s'", wrong[i]);
		refuse("Event", text, "/startTime");
	}
}

static void zones(void **state)
{
	static const char *const right[] = {
		"UTC",	     "Europe/Paris",	     "America/Argentina/Buenos_Aires",
		"Etc/GMT+4", "Pacific/Port_Moresby", "America/Port-au-Prince"};
	static const char *const wrong[] = {"../etc/passwd", "/Europe/Paris", "Europe//Paris",
					    "Europe/",	     "Europe/..",     "Europe/Paris/",
					    "Europe/Par is", "+01:00",	      "A/B/C/D",
					    "Europe/Été",    "Europe/-Paris"};
	char text[160];

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(text, sizeof(text), "'name':'C','zone':'%s'", right[i]);
		accept("CallForProjects", text);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "'name':'C','zone':'%s'", wrong[i]);
		refuse("CallForProjects", text, "/zone");
	}
}

static void codes(void **state)
{
	json_t *doc = json_of("{'name':'N','profile':'anything'}");

	good("'profile':'public'");
	bad("'profile':'private'", "/profile");
	bad("'profile':'Public'", "/profile");
	bad("'profile':'a b'", "/profile");
	bad("'theme':['food']", "/theme/0"); /* this set of words has no themes */
	assert_int_equal(schema_check(schema_type("Organization"), doc, NULL, NULL), OK);
	json_object_set_new(doc, "profile", json_string("<b>"));
	assert_int_equal(schema_check(schema_type("Organization"), doc, NULL, NULL), ERR_INVALID);
	json_decref(doc);
}

static void lists(void **state)
{
	json_t *doc = json_of("{'name':'R'}"), *authors = json_array();
	char name[8];

	bad("'trade':'venue'", "/trade");
	bad("'trade':[]", "/trade");
	bad("'trade':['venue','dialogue','venue']", "/trade/2");
	bad("'trade':['venue','none']", "/trade/1");
	bad("'trade':['venue',1]", "/trade/1");
	bad("'trade':['venue','']", "/trade/1");
	bad("'trade':[['venue']]", "/trade/0");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d", i);
		json_array_append_new(authors, json_string(name));
	}
	json_object_set(doc, "author", authors);
	assert_int_equal(schema_check(schema_type("Resource"), doc, NULL, NULL), OK);
	json_array_append_new(authors, json_string("20"));
	assert_int_equal(schema_check(schema_type("Resource"), doc, NULL, NULL), ERR_INVALID);
	json_decref(authors);
	json_decref(doc);
}

static void references(void **state)
{
	good("'attributedTo':'" ID "'");
	bad("'attributedTo':'https://exemple.fr'", "/attributedTo");
	bad("'attributedTo':'https://exemple.fr/o/x'", "/attributedTo");
	bad("'attributedTo':'javascript:1/o/aahr4lj4jnngs6ehs2s3jq6s4h'", "/attributedTo");
}

static void official_identifiers(void **state)
{
	assert_true(identifier_cog("2A004"));
	assert_true(identifier_cog("97411"));
	assert_true(identifier_cog("01001"));
	assert_false(identifier_cog("1001"));
	assert_false(identifier_cog("2C004"));
	assert_false(identifier_cog("2a004"));
	assert_false(identifier_cog("974110"));
	assert_false(identifier_cog("A1004"));
	assert_false(identifier_cog(""));
	assert_true(identifier_siren("552100554"));
	assert_true(identifier_siren("356000000"));
	assert_false(identifier_siren("552100553"));
	assert_false(identifier_siren("552010554")); /* swapped digits */
	assert_false(identifier_siren("55210055"));
	assert_false(identifier_siren("5521005540"));
	assert_false(identifier_siren("55210055A"));
	assert_false(identifier_siren("000000000"));
	assert_true(identifier_siret("55210055400013"));
	assert_false(identifier_siret("55210055400014"));
	assert_false(identifier_siret("5521005540001"));
	assert_false(identifier_siret("00000000000000"));
	/* Right as a whole, but its first nine digits are no SIREN number. */
	assert_false(identifier_siret("55210055300015"));
	/* La Poste: its seat passes Luhn, its offices only the sum of digits. */
	assert_true(identifier_siret("35600000000048"));
	assert_true(identifier_siret("35600000049837"));
	assert_false(identifier_siret("35600000049838"));
	assert_true(identifier_rna("W751234567"));
	assert_true(identifier_rna("W2A1000123"));
	assert_false(identifier_rna("W75123456"));
	assert_false(identifier_rna("W7512345678"));
	assert_false(identifier_rna("w751234567"));
	assert_false(identifier_rna("X751234567"));
	assert_false(identifier_rna("W75123456é"));
	bad("'identifiers':{'cog':'1001'}", "/identifiers/cog");
	bad("'identifiers':{'siren':'552100553'}", "/identifiers/siren");
	bad("'identifiers':{'siret':'55210055400014'}", "/identifiers/siret");
	bad("'identifiers':{'rna':'751234567'}", "/identifiers/rna");
	bad("'identifiers':{'cog':97411}", "/identifiers/cog");
	bad("'location':{'cog':'97 411'}", "/location/cog");
}

static void relations(void **state)
{
	refuse("Event",
	       "'name':'E','startTime':'2026-12-01T14:30+01:00',"
	       "'endTime':'2026-12-01T14:29+01:00'",
	       "/endTime");
	/* 15:00 in one zone is before 14:30 in another. */
	refuse("Event",
	       "'name':'E','startTime':'2026-12-01T14:30+01:00',"
	       "'endTime':'2026-12-01T15:00+04:00'",
	       "/endTime");
	accept("Event", "'name':'E','startTime':'2026-12-01T14:30+01:00',"
			"'endTime':'2026-12-01T14:30+01:00'");
	refuse("CallForProjects",
	       "'name':'C','opens':'2026-12-01T00:00Z',"
	       "'closes':'2026-11-30T00:00Z'",
	       "/closes");
	accept("CallForProjects", "'name':'C','closes':'2026-11-30T00:00Z'");
	refuse("Project", "'name':'P','startDate':'2026-02-01','endDate':'2026-01-31'", "/endDate");
	bad("'identifiers':{'siren':'356000000','siret':'55210055400013'}", "/identifiers/siret");
	good("'identifiers':{'siren':'552100554','siret':'55210055400013'}");
}

static void attachments(void **state)
{
	json_t *doc = json_of("{'name':'N'}"), *list = json_array();

	good("'attachment':[{'digest':'" DIGEST "','size':10485760,"
	     "'mediaType':'application/vnd.oasis.opendocument.text','name':'Statuts 2026.odt'}]");
	bad("'attachment':{}", "/attachment");
	bad("'attachment':[]", "/attachment");
	bad("'attachment':[1]", "/attachment/0");
	bad("'attachment':[{'url':'https://exemple.fr/a.pdf'}]", "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'image/png'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'image/png','name':'a',"
	    "'url':'https://exemple.fr'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'md5:0','size':1,'mediaType':'image/png','name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':0,'mediaType':'image/png','name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':10485761,'mediaType':'image/png',"
	    "'name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':'1','mediaType':'image/png','name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'png','name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'text/html; x','name':'a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'image/png',"
	    "'name':'../a'}]",
	    "/attachment/0");
	bad("'attachment':[{'digest':'" DIGEST "','size':1,'mediaType':'image/png','name':''}]",
	    "/attachment/0");
	for (int i = 0; i < ATTACHMENTS; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s, s:s}", "digest", DIGEST, "size", 1,
						"mediaType", "image/png", "name", "a"));
	json_object_set(doc, "attachment", list);
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, NULL), OK);
	json_array_append(list, json_array_get(list, 0));
	assert_int_equal(schema_check(schema_type("Group"), doc, NULL, NULL), ERR_INVALID);
	json_decref(list);
	json_decref(doc);
}

static void links_between_records(void **state)
{
	good("'replaces':'" ID "','alternate':['" ID "']");
	bad("'replaces':'https://exemple.fr'", "/replaces");
	bad("'alternate':'" ID "'", "/alternate");
	bad("'alternate':['x']", "/alternate/0");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_records),
		cmocka_unit_test(required),
		cmocka_unit_test(envelope_members),
		cmocka_unit_test(unknown_members),
		cmocka_unit_test(long_unknown_member),
		cmocka_unit_test(texts),
		cmocka_unit_test(malformed_texts),
		cmocka_unit_test(long_bodies),
		cmocka_unit_test(addresses),
		cmocka_unit_test(mailboxes),
		cmocka_unit_test(integers),
		cmocka_unit_test(decimals),
		cmocka_unit_test(dates),
		cmocka_unit_test(date_times),
		cmocka_unit_test(zones),
		cmocka_unit_test(codes),
		cmocka_unit_test(lists),
		cmocka_unit_test(references),
		cmocka_unit_test(official_identifiers),
		cmocka_unit_test(relations),
		cmocka_unit_test(attachments),
		cmocka_unit_test(links_between_records),
	};

	return cmocka_run_group_tests_name("schema_value", tests, setup, teardown);
}
