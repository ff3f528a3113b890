/* links: tests/line.c tests/sipp.c sip/loop.c sip/ua.c sip/ua_events.c sip/ua_listen.c sip/ua_read.c sip/ua_screen.c sip/ua_send.c sip/ua_tap.c sip/framing.c sip/call.c sip/call_media.c sip/call_refresh.c sip/early.c sip/info.c sip/body.c sip/cause.c sip/err.c sip/guard.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/sieve.c sip/timer.c sip/trunk.c sip/vet.c sip/call_dial.c sip/login.c sip/digest.c sip/ua_ask.c sip/ua_origin.c sip/challenge.c sip/caller.c sip/ua_way.c sip/ua_inside.c sip/ua_refer.c sip/call_key.c sip/call_refer.c sip/refer.c sip/ua_header.c sip/stated.c sip/uri.c sip/permit.c */
#include "tests/line.h"
#include "tests/sipp.h"
#include "tests/test.h"

enum { SEEN = 6 };

struct flow {
	const char *scenario;   /* the ladder stands in tests/flow/sipp/<scenario>.xml */
	const char *number;     /* what the owner does, see tests/line.h */
	const char *seen[SEEN]; /* what the handlers must have seen */
	struct line_config line;
	unsigned calls;
	bool tcp;
};

/* Runs one flow on a line of its own: SIPp is content, the handlers saw it, no call is left, the line ends in order. */
static void run(const struct flow *f)
{
	struct line_config config = f->line;
	struct line *l;
	int code;

	if (!config.t1_ms)
		config.t1_ms = 100;
	config.tcp = f->tcp;
	l = line_start(&config);
	code = sipp_run(&(struct sipp_run){ .scenario = f->scenario,
		.number = f->number,
		.calls = f->calls,
		.rate = f->calls,
		.to = config.host,
		.from = config.trunk_a ? "[::1]" : NULL,
		.to_port = line_port(l),
		.tcp = f->tcp });
	if (code)
		line_print(l);
	CHECK_INT(0, code, f->scenario);
	for (size_t i = 0; i < SEEN && f->seen[i]; i++) {
		if (!line_wait(l, f->seen[i], 1000))
			line_print(l);
		CHECK(line_find(l, f->seen[i]), "%s: handlers did not see '%s'", f->scenario, f->seen[i]);
	}
	CHECK(line_quiet(l, 3000), "%s: calls are left", f->scenario);
	CHECK_INT(0, line_stop(l), f->scenario);
}

#define RUN(flows)                                                                                           \
	for (size_t i_ = 0; i_ < sizeof(flows) / sizeof(*(flows)); i_++)                                     \
	run(&(flows)[i_])

TEST(calls_with_and_without_offer)
{
	static const struct flow flows[] = {
		{ "call", "answer",
			.seen = { "media PCMU pt 0 to 127.0.0.2:30000 send 1 receive 1 hold 0 event 101",
				"confirmed answer", "ended answer by them status 0 cause 31" } },
		{ "call", "ring+late", .seen = { "progress 180: ok", "confirmed", "ended" } },
		{ "call", "answer", .seen = { "confirmed answer", "source tcp:" }, .tcp = true },
		{ "delayed", "answer",
			.seen = { "offer 0", "media PCMA pt 8 to 127.0.0.2:30000", "confirmed",
				"by them status 0 cause 16" } },
		{ "delayed_no_answer", "answer", .seen = { "by us status 0 cause 88: no usable answer" } },
		{ "multipart", "answer", .seen = { "media PCMU", "confirmed" } },
	};

	RUN(flows);
}

TEST(early_media_and_prack)
{
	static const struct flow flows[] = {
		{ "reliable", "early+late", .seen = { "progress 183: ok", "media PCMU", "confirmed" } },
		{ "reliable", "early+answer", .seen = { "progress 183: ok", "answer: ok", "confirmed" } },
		{ "reliable_supported", "early+late", .seen = { "confirmed" } },
		{ "reliable_delayed", "early+late", .seen = { "offer 0", "media PCMA pt 8", "confirmed" } },
		{ "reliable_reoffer", "early+late",
			.seen = { "media PCMU", "media PCMA pt 8 to 127.0.0.2:30002", "confirmed" } },
		{ "update_early", "early+late",
			.seen = { "media PCMA pt 8 to 127.0.0.2:30004", "confirmed" } },
		{ "update_too_early", "ring+late", .seen = { "confirmed" } },
		{ "prack_no_answer", "early+answer",
			.seen = { "by us status 488 cause 88: no usable answer" } },
		{ "early_unreliable", "early+late", .seen = { "progress 183: ok", "confirmed" } },
		{ "no_prack", "early", .seen = { "ended early by us status 504 cause 102: no PRACK" },
			.line = { .t1_ms = 20 } },
	};

	RUN(flows);
}

TEST(calls_that_end_early)
{
	static const struct flow flows[] = {
		{ "cancel_trying", "silent", .seen = { "by them status 487 cause 16" } },
		{ "cancel_ringing", "ring", .seen = { "by them status 487 cause 16" } },
		{ "cancel_early", "early", .seen = { "by them status 487 cause 16" } },
		{ "refused", "refuse", .seen = { "ended refuse by us status 404 cause 1: no such number" } },
		{ "hangup", "hangup", .seen = { "ended hangup by us status 0 cause 16: enough" } },
		{ "no_ack", "answer", .seen = { "ended answer by us status 0 cause 102: no ACK within 32 s" },
			.line = { .t1_ms = 20 } },
		{ "no_codec", "answer", .seen = { "by us status 488" } },
	};

	RUN(flows);
}

TEST(changes_inside_a_call)
{
	static const struct flow flows[] = {
		{ "hold", "answer",
			.seen = { "send 0 receive 1 hold 1", "send 0 receive 0 hold 1", "confirmed" } },
		{ "change", "answer",
			.seen = { "media PCMA pt 8 to 127.0.0.2:30000", "media PCMA pt 8 to 127.0.0.77:31000",
				"ptime 40" } },
		{ "reinvite_delayed", "answer", .seen = { "to 127.0.0.2:30010" } },
		{ "t38", "answer", .seen = { "by them status 0 cause 16" } },
		{ "update", "answer", .seen = { "send 0 receive 1 hold 1", "by them" } },
		{ "info", "answer", .seen = { "digit 5", "digit *", "digit #", "by them" } },
	};

	RUN(flows);
}

TEST(requests_that_are_refused)
{
	static const struct flow flows[] = {
		{ "options", "answer", .seen = { NULL } },
		{ "methods", "answer", .seen = { NULL } },
		{ "require_unknown", "answer", .seen = { NULL } },
		{ "too_big", "answer", .seen = { "refused 513 trunk carrier-a from +15550001 to answer" } },
		{ "media_type", "answer", .seen = { "refused 415 trunk carrier-a" } },
		{ "encoding", "answer", .seen = { "refused 415 trunk carrier-a" } },
		{ "max_forwards", "answer", .seen = { "refused 483 trunk carrier-a" } },
		{ "timer_small", "answer", .seen = { "refused 422 trunk carrier-a" } },
	};

	RUN(flows);
}

TEST(session_timers)
{
	static const struct flow flows[] = {
		{ "timer_update", "answer", .seen = { "confirmed", "by them" },
			.line = { .timer_speed = 50 } },
		{ "timer_reinvite", "answer", .seen = { "confirmed", "by them" },
			.line = { .timer_speed = 50 } },
		{ "timer_theirs", "answer", .seen = { "by us status 0 cause 102: session timer expired" },
			.line = { .timer_speed = 50 } },
		{ "timer_unsupported", "answer", .seen = { "by them" }, .line = { .timer_speed = 50 } },
		{ "timer_too_small_ours", "answer", .seen = { "by them" }, .line = { .timer_speed = 50 } },
		{ "glare_ours", "answer", .seen = { "by them" }, .line = { .timer_speed = 50 } },
		{ "glare_theirs", "answer", .seen = { "by them" }, .line = { .timer_speed = 50 } },
	};

	RUN(flows);
}

/* Sources, listening sockets and the socket filter of the other family. */
TEST(calls_by_ipv6)
{
	static const struct flow flows[] = {
		{ "options", "answer", .line = { .host = "[::1]", .trunk_a = "::1/128" } },
		{ "refused", "refuse", .seen = { "ended refuse by us status 404" },
			.line = { .host = "[::1]", .trunk_a = "::1/128" } },
		{ "refused", "refuse", .seen = { "source tcp:" },
			.line = { .host = "[::1]", .trunk_a = "::1/128" }, .tcp = true },
	};

	RUN(flows);
}

/* A hundred calls within a second; then none is left. */
TEST(many_calls)
{
	run(&(struct flow){ "call", "answer", .seen = { "confirmed" }, .calls = 100 });
}

TESTS(calls_with_and_without_offer, early_media_and_prack, calls_that_end_early, changes_inside_a_call,
	requests_that_are_refused, session_timers, calls_by_ipv6, many_calls)
