/* links: tests/line.c tests/rawsip.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/call.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
#include "tests/flow/peer.h"
#include "tests/line.h"
#include "tests/rawsip.h"
#include "tests/test.h"

/* What nobody acknowledges is said again, at the intervals of its RFC: the test counts copies and looks at the times between them. */

enum { T1_MS = 100, COPIES = 12, SLACK_MS = 90, WAIT_MS = 5000 };

struct copies {
	uint64_t at_ms[COPIES];
	unsigned n;
};

/* Takes responses of this status until another final one comes; that one's status. */
static unsigned collect(struct raw *r, unsigned status, struct copies *out)
{
	unsigned last;

	out->n = 0;
	while ((last = raw_wait(r, WAIT_MS)) == status) {
		CHECK(out->n < COPIES, "%u copies", out->n);
		out->at_ms[out->n++] = test_now_ms();
	}
	return last;
}

/* Each interval twice the one before, up to `most_ms`. */
static void check_doubles(const struct copies *c, unsigned most_ms)
{
	unsigned want_ms = T1_MS;

	for (unsigned i = 1; i < c->n; i++) {
		const unsigned ms = (unsigned)(c->at_ms[i] - c->at_ms[i - 1]),
			       slack_ms = SLACK_MS + want_ms / 8; /* of the machine */

		CHECK(ms + slack_ms >= want_ms && ms <= want_ms + slack_ms,
			"copy %u came after %u ms, not %u", i, ms, want_ms);
		want_ms = want_ms * 2 < most_ms ? want_ms * 2 : most_ms;
	}
}

/* RFC 3262 section 3: T1, doubled each time without an end to it, until 64 T1 are over; then the call is refused with a 5xx. */
TEST(a_reliable_response_is_repeated)
{
	struct line *l = line_start(&(struct line_config){ .t1_ms = T1_MS });
	struct copies copies;
	struct raw r;
	uint64_t began_ms;

	CHECK(raw_open(&r, "127.0.0.2", 0, line_port(l), false), "socket");
	raw_fresh(&r, "early");
	raw_request(&r, "INVITE", "Require: 100rel\r\n", raw_offer);
	began_ms = test_now_ms();
	CHECK_INT(504, collect(&r, 183, &copies), "no PRACK");
	CHECK_NEAR(64 * T1_MS, (double)(test_now_ms() - began_ms), 64.0 * T1_MS / 10, "given up after 64 T1");
	CHECK_INT(7, copies.n, "1 + 1 + 2 + 4 + 8 + 16 + 32 T1");
	check_doubles(&copies, 64 * T1_MS);
	raw_request(&r, "ACK", NULL, NULL);
	raw_close(&r);
	CHECK(line_quiet(l, WAIT_MS), "calls are left");
	CHECK_INT(0, line_stop(l), "line");
}

/* RFC 3261 section 13.3.1.4: the 2xx, the same but never more than T2 (8 T1 here) apart; then BYE. */
TEST(an_answer_is_repeated)
{
	struct line *l = line_start(&(struct line_config){ .t1_ms = T1_MS });
	struct copies copies;
	struct raw r;

	CHECK(raw_open(&r, "127.0.0.2", 0, line_port(l), false), "socket");
	raw_fresh(&r, "answer");
	raw_request(&r, "INVITE", NULL, raw_offer);
	CHECK_INT(1, collect(&r, 200, &copies), "a request");
	CHECK(raw_has(&r, "BYE "), "%s", r.last);
	raw_reply(&r, 200, NULL);
	CHECK(copies.n >= 10 && copies.n <= 11, "1 + 1 + 2 + 4 + 8 T1, and each 8: %u", copies.n);
	check_doubles(&copies, 8 * T1_MS);
	raw_close(&r);
	CHECK(line_quiet(l, WAIT_MS), "calls are left");
	CHECK_INT(0, line_stop(l), "line");
}

TESTS(a_reliable_response_is_repeated, an_answer_is_repeated)
