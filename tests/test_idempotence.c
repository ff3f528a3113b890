/* links: bridge/idempotence.c */
/* Requests that are sent twice and done once. */
#include "bridge/idempotence.h"
#include "tests/test.h"

static const int64_t HOUR_US = 3600000000;

static struct http_request asked(uint64_t id, const char *key, const char *body)
{
	struct http_request r = {
		.id = id, .method = "POST", .path = "/v1/meetings", .body = body, .body_len = strlen(body)
	};

	snprintf(r.idempotency_key, sizeof(r.idempotency_key), "%s", key);
	return r;
}

static enum idempotence_verdict ask(struct idempotence *t, const char *who, uint64_t id, const char *key,
	const char *body, int64_t now_us, struct idempotence_answer *out)
{
	const struct http_request r = asked(id, key, body);

	return idempotence_begin(t, who, &r, now_us, out);
}

TEST(a_second_request_gets_the_first_ones_answer)
{
	struct idempotence *t = NULL;
	struct idempotence_answer a;
	const struct http_more more = { .location = "/v1/meetings/1" };

	CHECK_INT(BRIDGE_OK, idempotence_alloc(&t), "a table");
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", 1, "k", "{}", 0, &a), "the first");
	CHECK_INT(IDEMPOTENCE_BUSY, ask(t, "ann", 2, "k", "{}", 1, &a), "before its answer");
	CHECK_INT(IDEMPOTENCE_OTHER, ask(t, "ann", 3, "k", "{ }", 1, &a), "something else");
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "bob", 4, "k", "{}", 1, &a), "somebody else's key");
	idempotence_settle(t, 1, 201, "{\"id\":1}", 8, &more);
	CHECK_INT(IDEMPOTENCE_AGAIN, ask(t, "ann", 5, "k", "{}", 2, &a), "again");
	CHECK(a.status == 201 && a.len == 8 && memcmp(a.body, "{\"id\":1}", 8) == 0, "the same answer");
	CHECK_STR("/v1/meetings/1", a.more.location, "and its headers");
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", 6, "k", "{}", 24 * HOUR_US + 1, &a),
		"a day later it is forgotten");
	idempotence_free(t);
}

TEST(what_failed_may_be_tried_again)
{
	struct idempotence *t = NULL;
	struct idempotence_answer a;

	CHECK_INT(BRIDGE_OK, idempotence_alloc(&t), "a table");
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", 1, "k", "{}", 0, &a), "the first");
	idempotence_settle(t, 1, 409, "{}", 2, NULL);
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", 2, "k", "{}", 1, &a), "it has done nothing");
	idempotence_settle(t, 77, 200, "{}", 2, NULL); /* a request without a key */
	CHECK_INT(IDEMPOTENCE_BUSY, ask(t, "ann", 3, "k", "{}", 1, &a), "still under way");
	idempotence_free(t);
}

TEST(the_table_is_bounded)
{
	struct idempotence *t = NULL;
	struct idempotence_answer a;
	char key[16];

	CHECK_INT(BRIDGE_OK, idempotence_alloc(&t), "a table");
	for (unsigned i = 1; i <= IDEMPOTENCE_MAX + 1; i++) {
		snprintf(key, sizeof(key), "%u", i);
		CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", i, key, "{}", 0, &a), key);
		idempotence_settle(t, i, 201, "{}", 2, NULL);
	}
	CHECK_INT(IDEMPOTENCE_AGAIN, ask(t, "ann", 9999, key, "{}", 0, &a), "the newest is known");
	CHECK_INT(IDEMPOTENCE_NEW, ask(t, "ann", 9998, "1", "{}", 0, &a), "the oldest is not");
	idempotence_free(t);
}

TESTS(a_second_request_gets_the_first_ones_answer, what_failed_may_be_tried_again, the_table_is_bounded)
