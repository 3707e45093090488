#include "tests/unit/node/store_test.h"

#include "node/store/feed.h"
#include "node/store/list.h"
#include "node/store/record.h"
#include "node/store/row.h"
#include "protocol/base/codec.h"

static struct view row_make(struct buf *out, const char *const fields[ROW_COUNT])
{
	buf_clear(out);
	row_write(fields, out);
	assert_int_equal(out->err, OK);
	return (struct view){(const uint8_t *)out->data, out->len};
}

static void rows(void **state)
{
	const char *fields[ROW_COUNT] = {[ROW_ID] = "https://a.example/o/x",
					 [ROW_TITLE] = "Fête",
					 [ROW_TAGS] = "profile:public"};
	struct view row;
	struct buf out;

	buf_init(&out, ROW_MAX);
	row = row_make(&out, fields);
	assert_string_equal(row_get(row, ROW_ID), "https://a.example/o/x");
	assert_string_equal(row_get(row, ROW_TITLE), "Fête");
	assert_string_equal(row_get(row, ROW_SUMMARY), "");
	assert_string_equal(row_get(row, ROW_TAGS), "profile:public");
	assert_string_equal(row_get((struct view){0}, ROW_ID), "");
	for (size_t cut = 0; cut < row.len; cut++) { /* damage: never beyond the view */
		struct view part = {malloc(cut + !cut), cut};

		memcpy((uint8_t *)part.data, row.data, cut);
		for (int f = 0; f <= ROW_COUNT; f++)
			row_get(part, f);
		free((uint8_t *)part.data);
	}
	buf_done(&out);
}

static void rows_are_cut(void **state)
{
	char text[2001], tags[2001], url[2001];
	const char *fields[ROW_COUNT];
	struct view row;
	struct buf out;
	size_t len;

	for (int i = 0; i < 2000; i += 2) {
		memcpy(text + i, "é", 2);
		memcpy(tags + i, i % 20 ? "ab" : ";a", 2);
	}
	memset(url, 'u', 2000);
	text[2000] = tags[2000] = url[2000] = '\0';
	for (int f = 0; f < ROW_COUNT; f++)
		fields[f] = text;
	fields[ROW_TAGS] = tags + 1;
	fields[ROW_URL] = url;
	buf_init(&out, ROW_MAX);
	row = row_make(&out, fields);
	assert_true(row.len <= ROW_MAX);
	len = strlen(row_get(row, ROW_TITLE));
	assert_true(len > 100 && len % 2 == 0 && !strncmp(row_get(row, ROW_TITLE), text, len));
	len = strlen(row_get(row, ROW_TAGS));
	assert_true(tags[1 + len] == ';');
	assert_string_equal(row_get(row, ROW_ID), ""); /* half an id is none */
	assert_string_equal(row_get(row, ROW_URL), "");
	/* As long as an object may make them: the id stays whole, the summary gives way. */
	url[250] = '\0';
	fields[ROW_ID] = url;
	for (int f = ROW_START; f < ROW_UPDATED; f++)
		fields[f] = "2026-11-22T10:00:00+01:00";
	row = row_make(&out, fields);
	assert_true(row.len <= ROW_MAX);
	assert_int_equal(strlen(row_get(row, ROW_ID)), 250);
	assert_string_equal(row_get(row, ROW_END), "2026-11-22T10:00:00+01:00");
	buf_done(&out);
}

static void records(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct record r = {.feed = 2,
			   .origin = 3,
			   .rev = 10,
			   .received = 1700000000,
			   .row = view_of("row"),
			   .json = view_of("{\"a\":1}")},
		      got;
	uint32_t object = 0, found;
	int64_t rev;

	memset(r.digest, 7, 32);
	assert_int_equal(record_put(t, &r, "https://a.example/o/1", &object), OK);
	assert_int_equal(object, 1);
	r.rev = 11;
	assert_int_equal(record_put(t, &r, "https://a.example/o/2", &object), OK);
	assert_int_equal(object, 2);
	assert_int_equal(record_find(t, 3, "https://a.example/o/1", &found), OK);
	assert_int_equal(found, 1);
	assert_int_equal(record_find(t, 4, "https://a.example/o/1", &found), ERR_NOTFOUND);
	assert_int_equal(record_get(t, 1, &got), OK);
	assert_int_equal(got.rev, 10);
	assert_int_equal(got.received, 1700000000);
	assert_int_equal(got.feed, 2);
	assert_int_equal(got.digest[31], 7);
	assert_view(got.row, "row");
	assert_view(got.json, "{\"a\":1}");
	/* A place in the feed belongs to one record. */
	assert_int_equal(record_put(t, &r, "https://a.example/o/3", &object), ERR_EXISTS);
	assert_int_equal(txn_error(t), OK);
	/* A tombstone made of what is stored: views of the old version. */
	got.flags = RECORD_TOMBSTONE;
	got.rev = 12;
	got.row.len = 0;
	assert_int_equal(record_put(t, &got, "https://a.example/o/1", &object), OK);
	assert_int_equal(object, 1);
	assert_int_equal(record_get(t, 1, &got), OK);
	assert_int_equal(got.flags, RECORD_TOMBSTONE);
	assert_int_equal(got.row.len, 0);
	assert_view(got.json, "{\"a\":1}");
	/* And the other way: a longer row in front of the bytes that stay. */
	got.row = view_of("a row that is long enough to move what stands behind it by its length");
	got.flags = 0;
	assert_int_equal(record_put(t, &got, "https://a.example/o/1", &object), OK);
	assert_int_equal(record_get(t, 1, &got), OK);
	assert_int_equal(got.row.len, 69);
	assert_view(got.json, "{\"a\":1}");
	assert_int_equal(record_get(t, 9, &got), ERR_NOTFOUND);
	got.object = 9;
	got.rev = 99;
	assert_int_equal(record_put(t, &got, "https://a.example/o/9", &object), ERR_NOTFOUND);

	r.feed = 1;
	r.rev = 1;
	assert_int_equal(record_put(t, &r, "https://a.example/o/4", &object), OK);
	assert_int_equal(object, 3);
	assert_int_equal(record_next(t, 2, 0, &rev, &found), OK);
	assert_true(rev == 11 && found == 2);
	assert_int_equal(record_next(t, 2, 11, &rev, &found), OK);
	assert_true(rev == 12 && found == 1);
	assert_int_equal(record_next(t, 2, 12, &rev, &found), ERR_NOTFOUND);
	assert_int_equal(record_next(t, 1, 1, &rev, &found), ERR_NOTFOUND);
	assert_int_equal(record_next(t, 1, INT64_MAX, &rev, &found), ERR_NOTFOUND);
	assert_int_equal(txn_entries(t, TABLE_ENTRY), 3);
	assert_int_equal(txn_commit(t), OK);
}

static void damaged_records(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct record r = {.feed = 1,
			   .origin = 1,
			   .rev = 1,
			   .row = view_of("row"),
			   .json = view_of("{}")},
		      got;
	uint8_t number[4] = {0, 0, 0, 1}, copy[128];
	uint32_t object = 0;
	struct view v;
	size_t len;
	int64_t rev;

	assert_int_equal(record_put(t, &r, "id", &object), OK);
	assert_int_equal(txn_get(t, TABLE_OBJECT, number, 4, &v), OK);
	memcpy(copy, v.data, len = v.len);
	for (size_t cut = 0; cut < len - 2; cut++) {
		assert_int_equal(txn_put(t, TABLE_OBJECT, number, 4, copy, cut), OK);
		assert_int_equal(record_get(t, 1, &got), ERR_CORRUPT);
	}
	assert_int_equal(txn_put(t, TABLE_ENTRY, "\0\0\0\1\0\0\0\0\0\0\0\2", 12, "abc", 3), OK);
	assert_int_equal(record_next(t, 1, 1, &rev, &object), ERR_CORRUPT);
	txn_end(t);
}

static void list_show(struct txn *t, const char *start, bool backward, char *out)
{
	struct list_walk *l;
	struct view row;
	uint32_t object;
	int err;

	assert_int_equal(list_open(t, LIST_TITLE, start, strlen(start), backward, &l), OK);
	*out = '\0';
	while (!(err = list_next(l, &object, &row)))
		sprintf(out + strlen(out), "%.*s%u ", (int)row.len, row.data, object);
	assert_int_equal(err, ERR_NOTFOUND);
	list_close(l);
}

static void lists(void **state)
{
	static const char *const titles[] = {"ville", "vill", "a", "villes", "ville", "z"};
	struct world *w = *state;
	struct txn *t = begin_write(w);
	char out[256], title[100];

	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(list_put(t, LIST_TITLE, titles[i], strlen(titles[i]),
					  0x70000000 + i, view_of(titles[i])),
				 OK);
	assert_int_equal(list_put(t, LIST_START, "aa", 2, 1, view_of("other")), OK);
	assert_int_equal(list_put(t, 0, "zz", 2, 1, view_of("other")), OK);
	list_show(t, "", false, out);
	assert_string_equal(out, "a1879048194 vill1879048193 ville1879048192 ville1879048196 "
				 "villes1879048195 z1879048197 ");
	list_show(t, "", true, out);
	assert_string_equal(out, "z1879048197 villes1879048195 ville1879048196 ville1879048192 "
				 "vill1879048193 a1879048194 ");
	list_show(t, "ville", false, out);
	assert_string_equal(out, "ville1879048192 ville1879048196 villes1879048195 z1879048197 ");
	list_show(t, "ville", true, out);
	assert_string_equal(out, "ville1879048196 ville1879048192 vill1879048193 a1879048194 ");
	list_show(t, "b", true, out);
	assert_string_equal(out, "a1879048194 ");
	list_show(t, "zz", false, out);
	assert_string_equal(out, "");
	assert_int_equal(list_del(t, LIST_TITLE, "ville", 5, 0x70000004), OK);
	assert_int_equal(list_del(t, LIST_TITLE, "ville", 5, 0x70000004), ERR_NOTFOUND);
	list_show(t, "ville", false, out);
	assert_string_equal(out, "ville1879048192 villes1879048195 z1879048197 ");
	memset(title, 'y', sizeof(title));
	assert_int_equal(list_put(t, LIST_TITLE, title, sizeof(title), 1, view_of("long")), OK);
	list_show(t, "y", false, out);
	assert_string_equal(out, "long1 z1879048197 ");
	assert_int_equal(list_del(t, LIST_TITLE, title, sizeof(title), 1), OK);
	txn_end(t);
}

static struct origin origin_make(const char *nid, const char *url)
{
	struct origin o = {.confirmed = 1};

	snprintf(o.identity.nid, sizeof(o.identity.nid), "%s", nid);
	snprintf(o.identity.origin, sizeof(o.identity.origin), "%s", url);
	snprintf(o.name, sizeof(o.name), "Ville d’Été");
	o.identity.created = 1700000000;
	memset(o.identity.sign, 0xa5, 32);
	return o;
}

static void origins(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct origin a = origin_make("nid:a", "https://a.example"),
		      b = origin_make("nid:b", "https://a.example"), got;

	b.confirmed = 0;
	assert_int_equal(origin_put(t, &a), OK);
	assert_int_equal(a.origin, 1);
	assert_int_equal(origin_put(t, &b), OK);
	assert_int_equal(b.origin, 2);
	assert_int_equal(origin_get(t, 1, &got), OK);
	assert_memory_equal(&got.identity, &a.identity, sizeof(got.identity));
	assert_string_equal(got.name, a.name);
	assert_int_equal(origin_by_nid(t, "nid:b", &got), OK);
	assert_int_equal(got.origin, 2);
	assert_false(got.confirmed);
	assert_int_equal(origin_by_host(t, "a.example", &got), OK);
	assert_int_equal(got.origin, 1);
	/* The one confirmed last has the name; the other letting go of it changes nothing. */
	b.confirmed = 1;
	assert_int_equal(origin_put(t, &b), OK);
	assert_int_equal(origin_by_host(t, "a.example", &got), OK);
	assert_int_equal(got.origin, 2);
	strcpy(a.identity.origin, "https://new.example:8443");
	assert_int_equal(origin_put(t, &a), OK);
	assert_int_equal(origin_by_host(t, "a.example", &got), OK);
	assert_int_equal(got.origin, 2);
	assert_int_equal(origin_by_host(t, "new.example:8443", &got), OK);
	assert_int_equal(got.origin, 1);
	b.confirmed = 0;
	assert_int_equal(origin_put(t, &b), OK);
	assert_int_equal(origin_by_host(t, "a.example", &got), ERR_NOTFOUND);
	assert_int_equal(origin_by_host(t, "", &got), ERR_NOTFOUND);

	b.origin = 0;
	assert_int_equal(origin_put(t, &b), ERR_EXISTS);
	b.origin = 2;
	strcpy(b.identity.nid, "nid:c");
	assert_int_equal(origin_put(t, &b), ERR_CONFLICT);
	b.origin = 7;
	assert_int_equal(origin_put(t, &b), ERR_NOTFOUND);
	assert_int_equal(txn_error(t), OK);
	assert_int_equal(origin_next(t, 0, &got), OK);
	assert_int_equal(got.origin, 1);
	assert_int_equal(origin_next(t, 1, &got), OK);
	assert_int_equal(origin_next(t, 2, &got), ERR_NOTFOUND);
	assert_int_equal(txn_put(t, TABLE_ORIGIN, "\0\0\0\1", 4, "{\"nid\":3}", 9), OK);
	assert_int_equal(origin_get(t, 1, &got), ERR_CORRUPT);
	assert_int_equal(txn_put(t, TABLE_ORIGIN, "\0\0\0\1", 4, "{\"nid", 5), OK);
	assert_int_equal(origin_get(t, 1, &got), ERR_CORRUPT);
	txn_end(t);
}

static void identity_logs(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	json_t *ops = json_pack("[{ss si} {ss si}]", "type", "IdentityOp", "n", 0, "type",
				"IdentityOp", "n", 1),
	       *got;

	assert_int_equal(origin_ops(t, 1, &got), ERR_NOTFOUND);
	assert_int_equal(origin_ops_put(t, 1, ops), OK);
	assert_int_equal(origin_ops_put(t, 2, ops), OK);
	assert_int_equal(origin_ops(t, 1, &got), OK);
	assert_true(json_equal(got, ops));
	json_decref(got);
	json_array_remove(ops, 1);
	assert_int_equal(origin_ops_put(t, 1, ops), OK);
	assert_int_equal(origin_ops(t, 1, &got), OK);
	assert_int_equal(json_array_size(got), 1);
	json_decref(got);
	json_decref(ops);
	assert_int_equal(txn_put(t, TABLE_IDENTITY, "\0\0\0\1\0\0\0\0\0\0\0\0", 12, "{", 1), OK);
	assert_int_equal(origin_ops(t, 1, &got), ERR_CORRUPT);
	txn_end(t);
}

static void feeds(void **state)
{
	struct world *w = *state;
	struct txn *t = begin_write(w);
	struct feed f = {.origin = 1, .audience = "public", .rev = INT64_C(1) << 51}, got;
	struct view v;

	assert_int_equal(feed_put(t, &f), OK);
	assert_int_equal(f.feed, 1);
	f.feed = 0;
	assert_int_equal(feed_put(t, &f), ERR_EXISTS);
	strcpy(f.audience, "net:abc");
	assert_int_equal(feed_put(t, &f), OK);
	assert_int_equal(f.feed, 2);
	f.epoch = 3;
	f.matched_at = 1700000000;
	assert_int_equal(feed_put(t, &f), OK);
	assert_int_equal(feed_find(t, 1, "net:abc", &got), OK);
	assert_memory_equal(&got, &f, sizeof(f));
	assert_int_equal(feed_find(t, 1, "public", &got), OK);
	assert_int_equal(got.rev, INT64_C(1) << 51);
	assert_int_equal(feed_find(t, 2, "public", &got), ERR_NOTFOUND);
	assert_int_equal(feed_next(t, 1, &got), OK);
	assert_int_equal(got.feed, 2);
	assert_int_equal(feed_next(t, 2, &got), ERR_NOTFOUND);
	strcpy(f.audience, "net:other");
	assert_int_equal(feed_put(t, &f), ERR_CONFLICT);
	assert_int_equal(feed_head(t, 1, &v), ERR_NOTFOUND);
	assert_int_equal(feed_head_put(t, 1, "{}", 2), OK);
	assert_int_equal(feed_head(t, 1, &v), OK);
	assert_view(v, "{}");
	assert_int_equal(txn_put(t, TABLE_FEED_KEY, "\0\0\0\1public", 10, "x", 1), OK);
	assert_int_equal(feed_find(t, 1, "public", &got), ERR_CORRUPT);
	txn_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),	   cmocka_unit_test(rows_are_cut),
		world_test(records),	   world_test(damaged_records),
		world_test(lists),	   world_test(origins),
		world_test(identity_logs), world_test(feeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
