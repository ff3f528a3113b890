#include "tests/talk.h"
#include "tests/record.h"
#include "tests/test.h"

#define GONE_DBOV (-60.0)

enum {
	PROMPTS_MS = 7000, /* "hello, there are two other people here" */
	SETTLE_MS = 300,   /* a change has reached every ear */
	LOOK_MS = 500,     /* of sound looked at */
};
enum { TONE_HZ = 620, OTHER_HZ = 770, MUSIC_HZ = 1130, LISTENER_HZ = 410 };

void talk_begin(struct talk *t, const struct bridge *b, const char *number)
{
	far_call(&t->listener, b, number, NULL, LISTENER_HZ);
	far_call(&t->held, b, number, NULL, TONE_HZ);
	far_call(&t->changed, b, number, NULL, OTHER_HZ);
}

static void check_heard(struct wire *listener, unsigned hz, bool there, const char *story)
{
	test_sleep_ms(SETTLE_MS);
	const uint64_t from_ms = test_now_ms();
	test_sleep_ms(LOOK_MS);
	const double level = wire_heard(listener, hz, from_ms, test_now_ms());
	if (there)
		CHECK_NEAR(FAR_DBOV, level, 1.0, story);
	else
		CHECK(level <= GONE_DBOV, "%s: %.1f dBov", story, level);
}

/* The carrier's music stays out (T9). */
static void check_hold(struct talk *t, const char *method)
{
	struct wire *listener = &t->listener.wire;
	struct far *held = &t->held;
	char story[96];

	snprintf(story, sizeof(story), "before %s", method);
	check_heard(listener, TONE_HZ, true, story);

	CHECK_INT(200, far_offer(held, method, NULL, &held->wire, "0 101", "sendonly"), method);
	CHECK(strstr(held->answer, "a=recvonly"), "answer to %s: %s", method, held->answer);
	wire_tone(&held->wire, WIRE_PCMU, MUSIC_HZ, -10.0);
	snprintf(story, sizeof(story), "music on hold by %s", method);
	check_heard(listener, MUSIC_HZ, false, story);
	const uint64_t now_ms = test_now_ms();
	CHECK_INT(
		0, wire_packets(&held->wire, -1, now_ms - LOOK_MS, now_ms), "packets to who does not listen");

	CHECK_INT(200, far_offer(held, method, NULL, &held->wire, "0 101", "sendrecv"), method);
	wire_tone(&held->wire, WIRE_PCMU, TONE_HZ, FAR_DBOV);
	snprintf(story, sizeof(story), "resumed by %s", method);
	check_heard(listener, TONE_HZ, true, story);
	check_heard(&held->wire, LISTENER_HZ, true, story);
}

/* One packet may hold the seam of what was and what is, in opposite phase. */
static void check_whole(
	struct wire *listener, unsigned hz, uint64_t from_ms, uint64_t to_ms, const char *story)
{
	const unsigned hole_ms = wire_hole_ms(listener, hz, FAR_DBOV - 8.0, from_ms, to_ms);
	const size_t due = (size_t)(to_ms - from_ms) / 20, heard = wire_packets(listener, -1, from_ms, to_ms);

	CHECK(hole_ms <= 20, "%s: not heard for %u ms", story, hole_ms);
	CHECK(heard + 2 >= due, "%s: %zu packets of %zu", story, heard, due);
}

static void check_codec_change(struct far *f, struct wire *listener)
{
	const uint64_t from_ms = test_now_ms();

	CHECK_INT(200, far_offer(f, "INVITE", NULL, &f->wire, "8 101", "sendrecv"), "re-INVITE: PCMA");
	CHECK(strstr(f->answer, "RTP/AVP 8 101"), "answer: %s", f->answer);
	wire_tone(&f->wire, WIRE_PCMA, OTHER_HZ, FAR_DBOV);
	test_sleep_ms(1000);
	check_whole(listener, OTHER_HZ, from_ms, test_now_ms() - 100, "through PCMU to PCMA");
	CHECK_INT(0, wire_packets(&f->wire, WIRE_PCMU, f->answered_ms + 60, test_now_ms()),
		"PCMU after the answer");
	CHECK(wire_packets(&f->wire, WIRE_PCMA, f->answered_ms, test_now_ms()) > 40, "PCMA after the answer");
	check_heard(listener, OTHER_HZ, true, "by PCMA");
	check_heard(&f->wire, LISTENER_HZ, true, "the others, by PCMA");
}

static void check_address_change(struct far *f, struct wire *listener)
{
	struct wire elsewhere;
	const uint64_t from_ms = test_now_ms();

	CHECK(wire_open(&elsewhere, "127.0.0.5"), "another address");
	wire_tone(&elsewhere, WIRE_PCMA, OTHER_HZ, FAR_DBOV);
	CHECK_INT(200, far_offer(f, "INVITE", NULL, &elsewhere, "8 101", "sendrecv"), "re-INVITE: address");
	wire_aim(&elsewhere, f->rtp_port);
	wire_aim(&f->wire, 0);
	test_sleep_ms(1000);
	check_whole(listener, OTHER_HZ, from_ms, test_now_ms() - 100, "through the change of address");
	CHECK_INT(0, wire_packets(&f->wire, -1, f->answered_ms + 60, test_now_ms()),
		"packets to the old address");
	CHECK(wire_packets(&elsewhere, WIRE_PCMA, f->answered_ms, test_now_ms()) > 40,
		"packets to the new one");

	/* who was left behind is nobody now */
	wire_tone(&f->wire, WIRE_PCMA, MUSIC_HZ, -6.0);
	wire_aim(&f->wire, f->rtp_port);
	check_heard(listener, MUSIC_HZ, false, "the old address speaks");
	check_heard(listener, OTHER_HZ, true, "the new one is heard");
	wire_aim(&f->wire, 0);
	wire_close(&elsewhere);
}

static void talk_end(struct talk *t, const struct bridge *b)
{
	struct wire *w = &t->listener.wire;
	json_t *record;

	far_bye(&t->held);
	far_bye(&t->changed);
	far_bye(&t->listener);
	record = record_of(b, t->listener.sip.call_id, "listener");
	CHECK_STR("PCMU", json_text_at(record, "codec"), "codec of the listener");
	CHECK_NEAR((double)wire_sent(w), json_at(record, "rx_packets", -1), 2, "packets to us");
	CHECK_NEAR((double)wire_packets(w, -1, 0, UINT64_MAX), json_at(record, "tx_packets", -1), 3,
		"packets from us");
	CHECK_INT(0, json_at(record, "rx_lost", -1), "lost");
	json_decref(record);
	record = record_of(b, t->changed.sip.call_id, "changed");
	CHECK_STR("PCMA", json_text_at(record, "codec"), "codec of who changed");
	json_decref(record);
	far_close(&t->held);
	far_close(&t->changed);
	far_close(&t->listener);
}

void check_talk(struct talk *t, const struct bridge *b)
{
	const uint64_t ready_ms = t->changed.since_ms + PROMPTS_MS, now_ms = test_now_ms();

	if (now_ms < ready_ms)
		test_sleep_ms((unsigned)(ready_ms - now_ms));
	check_hold(t, "INVITE");
	check_hold(t, "UPDATE");
	check_heard(&t->listener.wire, OTHER_HZ, true, "by PCMU");
	check_codec_change(&t->changed, &t->listener.wire);
	check_address_change(&t->changed, &t->listener.wire);
	talk_end(t, b);
}
