/* links: bridge/why_call.c bridge/cdr.c bridge/texts.c bridge/when.c dialplan/days.c sip/cause.c dialplan/money.c */
#include "bridge/why_call.h"
#include "sip/cause.h"
#include "tests/test.h"

#include <stdlib.h>

/* Who ended it, by direction, status and cause. */
TEST(a_record_says_who_ended_its_call)
{
	static const struct {
		const char *story;
		struct cdr cdr;
		const char *want;
	} cases[] = {
		{ "a caller hangs up",
			{ .direction = "in", .answered_us = 1, .by_far_end = true, .q850 = 16 }, "caller" },
		{ "a caller gives up before the answer",
			{ .direction = "in", .by_far_end = true, .sip_status = 487, .q850 = 16 }, "caller" },
		{ "their network fails",
			{ .direction = "in", .answered_us = 1, .by_far_end = true, .q850 = 38 }, "carrier" },
		{ "whom we called hangs up",
			{ .direction = "out", .answered_us = 1, .by_far_end = true, .q850 = 16 }, "called" },
		{ "busy", { .direction = "out", .by_far_end = true, .sip_status = 486, .q850 = 17 },
			"called" },
		{ "declined", { .direction = "out", .by_far_end = true, .sip_status = 603, .q850 = 21 },
			"called" },
		{ "no circuit", { .direction = "out", .by_far_end = true, .sip_status = 480, .q850 = 34 },
			"carrier" },
		{ "503", { .direction = "out", .by_far_end = true, .sip_status = 503, .q850 = 41 },
			"carrier" },
		{ "404", { .direction = "out", .by_far_end = true, .sip_status = 404, .q850 = 1 },
			"carrier" },
		{ "no ACK", { .direction = "in", .answered_us = 1, .q850 = 102 }, "network" },
		{ "wrong PIN three times", { .direction = "in", .answered_us = 1, .q850 = 21 }, "us" },
		{ "no such number", { .direction = "in", .sip_status = 404, .q850 = 1 }, "us" },
		{ "what was said stays",
			{ .direction = "in", .answered_us = 1, .q850 = 16, .ended_by = "operator" },
			"operator" },
		{ "the host", { .direction = "in", .answered_us = 1, .q850 = 16, .ended_by = "host" },
			"host" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_STR(cases[i].want, why_ender_word(why_ender(&cases[i].cdr)), cases[i].story);
}

static void tell(struct why_story *out, const struct cdr *cdr, size_t n)
{
	char *text;

	why_call(out, cdr, n, false);
	text = why_text(out);
	CHECK(text && strlen(text) > 40, "text");
	free(text);
}

/* Every cause of Q.850 that has a name, and every final status, each way: words, somebody who did it, and something to do. */
TEST(every_cause_has_words_and_advice)
{
	struct why_story s;

	for (unsigned out = 0; out < 2; out++)
		for (unsigned far = 0; far < 2; far++)
			for (unsigned code = 1; code < 700; code++) {
				struct cdr cdr = { .by_far_end = far };
				char story[64];

				if (code > 127 && code < 300)
					continue;
				snprintf(cdr.direction, sizeof(cdr.direction), "%s", out ? "out" : "in");
				if (code < 128) {
					cdr.q850 = code;
					cdr.answered_us = 1;
					cdr.ended_us = 2;
				} else {
					cdr.sip_status = code;
					cdr.q850 = cause_from_status(code);
				}
				snprintf(story, sizeof(story), "%u %s", code, cdr.direction);
				tell(&s, &cdr, 1);
				CHECK(s.by != WHY_UNKNOWN && s.what[0] && s.end[0], "%s", story);
				CHECK(s.n_next == 1 && s.next[0][0], "%s: what can be done", story);
				CHECK(s.q850[0] || !cdr.q850, "%s: cause", story);
				if (code < 128 && strcmp(cause_words(code), "cause without a name") != 0)
					CHECK(!strstr(s.next[0], "Look at `partyctl trace` for what"),
						"%s: advice of its own", story);
			}
}

/* What an operator reads. */
TEST(the_story_is_plain)
{
	static const struct {
		const char *story, *cause;
		struct cdr cdr;
		const char *what, *end, *sip, *next;
	} cases[] = {
		{ "joined and hung up", "far end hung up",
			{ .direction = "in",
				.trunk = "a",
				.from_number = "+1",
				.to_number = "+2",
				.answered_us = 1000000,
				.joined_us = 2,
				.ended_us = 13000000,
				.meeting = "100",
				.role = "guest",
				.by_far_end = true,
				.sip_status = 200,
				.q850 = 16 },
			"A call in through a from +1 to +2 was answered, joined meeting 100 as guest and "
			"lasted 12.0 s",
			"The caller ended it: far end hung up", "200 OK",
			"Nothing: that is how a call ends." },
		{ "a stranger", "not from a known trunk",
			{ .direction = "in",
				.from_number = "+1",
				.to_number = "+2",
				.sip_status = 403,
				.q850 = 21 },
			"A call in from +1 to +2 was not answered",
			"This bridge refused it: not from a known trunk", "403 Forbidden", "`inbound.from`" },
		{ "login", "Proxy Authentication Required",
			{ .direction = "out",
				.trunk = "a",
				.sip_status = 407,
				.q850 = 21,
				.by_far_end = true },
			"A call out through a from unknown to unknown was not answered",
			"The carrier ended it: Proxy Authentication Required",
			"407 Proxy Authentication Required", "username, password and realm" },
		{ "nobody at the gateway: the status is our own", "Service Unavailable",
			{ .direction = "out",
				.trunk = "a",
				.sip_status = 503,
				.q850 = 41,
				.ended_by = "network" },
			"A call out", "The network failed: the gateway could not be reached", "",
			"address and port" },
	};
	struct why_story s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cdr cdr = cases[i].cdr;

		CHECK(cdr_say(&cdr, CDR_CAUSE, "%s", cases[i].cause), "said");
		tell(&s, &cdr, 1);
		cdr_clear(&cdr);
		CHECK(strncmp(s.what, cases[i].what, strlen(cases[i].what)) == 0, "%s: %s", cases[i].story,
			s.what);
		CHECK_STR(cases[i].end, s.end, cases[i].story);
		CHECK_STR(cases[i].sip, s.sip, cases[i].story);
		CHECK(strstr(s.next[0], cases[i].next), "%s: %s", cases[i].story, s.next[0]);
	}
}

TEST(all_that_was_tried_is_told)
{
	struct cdr tries[] = {
		{ .direction = "out", .trunk = "a", .sip_status = 503, .by_far_end = true, .q850 = 41 },
		{ .direction = "out", .trunk = "b", .sip_status = 408, .ended_by = "network", .q850 = 102 },
		{ .direction = "out",
			.trunk = "b",
			.sip_status = 200,
			.answered_us = 1,
			.by_far_end = true,
			.q850 = 16 },
	};
	struct why_story s;

	CHECK(cdr_say(&tries[0], CDR_CAUSE, "full"), "said");
	for (size_t i = 0; i < 3; i++)
		CHECK(cdr_say(&tries[i], CDR_SOURCE, "udp:192.0.2.%zu:5060", i), "said");
	tell(&s, tries, 3);
	CHECK_INT(3, s.n_tried, "tried");
	CHECK_STR("503 Service Unavailable: full", s.tried[0].why, "first");
	CHECK_STR("the gateway did not respond", s.tried[1].why, "second");
	CHECK_STR("answered", s.tried[2].why, "third");
	CHECK_STR("udp:192.0.2.2:5060", s.tried[2].gateway, "where to");
	CHECK(strstr(s.what, "it took 3 attempts"), "%s", s.what);
	for (size_t i = 0; i < 3; i++)
		cdr_clear(&tries[i]);
}

TEST(bad_sound_is_told)
{
	static const struct {
		const char *story;
		struct cdr cdr;
		const char *trouble, *words; /* told; in the record; NULL: none */
	} cases[] = {
		{ "good",
			{ .answered_us = 1,
				.rx_packets = 1000,
				.tx_packets = 1000,
				.rx_lost = 10,
				.rx_mos = 420 },
			NULL, NULL },
		{ "poor in", { .answered_us = 1, .rx_mos = 310 }, "MOS 3.10", NULL },
		{ "poor out", { .answered_us = 1, .tx_mos = 250 },
			"What the phone heard sounded poor: MOS 2.50", NULL },
		{ "loss", { .answered_us = 1, .rx_packets = 900, .rx_lost = 100 },
			"10.0 % of the phone's packets", NULL },
		{ "their loss", { .answered_us = 1, .rx_packets = 1, .tx_packets = 1000, .far_lost = 50 },
			"5.0 % of our packets", NULL },
		{ "one way in", { .answered_us = 1 }, "nothing came from the phone", "nothing_in" },
		{ "one way out, and echo", { .answered_us = 1 }, "did not arrive", "echo nothing_out" },
		{ "not a packet", { .answered_us = 1, .tx_packets = 500 }, "Not one packet", NULL },
	};
	struct why_story s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cdr cdr = cases[i].cdr;

		memcpy(cdr.direction, "in", 3);
		cdr.by_far_end = true;
		cdr.q850 = 16;
		CHECK(cdr_say(&cdr, CDR_TROUBLE, "%s", cases[i].words ? cases[i].words : ""), "said");
		tell(&s, &cdr, 1);
		cdr_clear(&cdr);
		CHECK_INT(cases[i].trouble != NULL, s.n_trouble > 0, cases[i].story);
		CHECK(!cases[i].trouble || strstr(s.trouble[0], cases[i].trouble), "%s: %s", cases[i].story,
			s.trouble[0]);
	}
}

TESTS(a_record_says_who_ended_its_call, every_cause_has_words_and_advice, the_story_is_plain,
	all_that_was_tried_is_told, bad_sound_is_told)
