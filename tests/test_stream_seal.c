/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c mixer/exchange.c mixer/room_spread.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* A leg with keys: nothing leaves it in the clear, nothing in the clear is taken, and its counters outlive a refit. */
#include "mixer/room.h"
#include "mixer/rtcp.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

enum { PHONES = 3, UNOPENED_LATER_US = 1000000 };

struct party {
	struct room *room;
	struct phone *phone[PHONES]; /* owned; the first one talks */
	uint64_t now_us;
};

static struct seal_key key_of(enum seal_suite suite, uint8_t first)
{
	struct seal_key key = { .suite = suite };

	for (size_t i = 0; i < seal_master_len(suite); i++)
		key.master[i] = (uint8_t)(first + i);
	return key;
}

static void secure(struct party *p, unsigned i, enum seal_suite suite, uint8_t first)
{
	const struct seal_key tx = key_of(suite, first), rx = key_of(suite, (uint8_t)(first + 100));

	phone_secure(p->phone[i], &tx, &rx);
	phone_refit(p->phone[i], p->now_us);
}

static void party_open(struct party *p, enum seal_suite suite)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(p, 0, sizeof(*p));
	p->now_us = 1000000;
	CHECK_INT(MIX_OK, room_alloc(&p->room, &config), "room");
	for (unsigned i = 0; i < PHONES; i++) {
		p->phone[i] = calloc(1, sizeof(struct phone));
		CHECK(p->phone[i] != NULL, "memory");
		phone_init(p->phone[i], i + 1, CODEC_PCMU, 20, i ? 0 : 500);
		if (suite != SEAL_NONE)
			secure(p, i, suite, (uint8_t)(10 * i));
		room_add(p->room, p->phone[i]->stream);
	}
}

static void run(struct party *p, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS) {
		phone_send(p->phone[0], p->now_us);
		room_tick(p->room, p->now_us + 3000, p->now_us << 12, &phone_out);
		p->now_us += FRAME_US;
	}
}

static void party_close(struct party *p)
{
	for (unsigned i = 0; i < PHONES; i++) {
		room_remove(p->room, p->phone[i]->stream);
		phone_free(p->phone[i]);
		free(p->phone[i]);
	}
	room_free(p->room);
}

static struct stream_stats stats_of(const struct party *p, unsigned i)
{
	struct stream_stats stats;

	stream_stats(p->phone[i]->stream, &stats, p->now_us);
	return stats;
}

static void check_heard(const struct party *p, const char *story)
{
	for (unsigned i = 1; i < PHONES; i++) {
		CHECK_NEAR(20, phone_level(p->phone[i], 500, 300), 1, story);
		CHECK_INT(0, p->phone[i]->unreadable, story);
		CHECK_INT(0, p->phone[i]->jumps, story);
	}
}

/* The sequence numbers of phones and streams go round within the first seconds (phone_init()). */
TEST(everyone_has_their_own_key_and_one_encode)
{
	for (int suite = SEAL_NONE; suite < SEAL_SUITES; suite++) {
		struct room_stats room;
		struct party p;

		party_open(&p, (enum seal_suite)suite);
		run(&p, 12000);
		check_heard(&p, seal_suite_name((enum seal_suite)suite));
		room_stats(p.room, &room);
		CHECK(room.encodes_shared > 500, "%s: encodes shared: %u",
			seal_suite_name((enum seal_suite)suite), (unsigned)room.encodes_shared);
		CHECK(p.phone[1]->reports >= 2, "reports came, and opened");
		CHECK_INT(0, stats_of(&p, 0).rx_bad + stats_of(&p, 0).rx_lost, "nothing bad or lost");
		CHECK_INT(suite, stats_of(&p, 0).srtp, "the suite is told");
		if (suite != SEAL_NONE)
			CHECK_INT(1, stats_of(&p, 0).rx_seal.roc, "once round");
		party_close(&p);
	}
}

TEST(nothing_in_the_clear_is_taken)
{
	uint8_t rtcp[RTCP_PACKET_MAX] = { 0x80, 203, 0, 1, 0, 0, 0, 1 };
	struct party p;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 400);
	p.phone[0]->tx_seal = seal_free(p.phone[0]->tx_seal); /* from now on it talks in the clear */
	phone_forget(p.phone[1]);
	run(&p, 1000);
	CHECK(phone_rms(p.phone[1], 500) > 75, "nobody hears it");
	CHECK_INT(50, stats_of(&p, 0).rx_bad, "each packet is bad");
	CHECK_INT(50, stats_of(&p, 0).rx_forged, "and counted as such");
	stream_rx_rtcp(p.phone[0]->stream, rtcp, 8, &p.phone[0]->address, p.now_us, &phone_out);
	CHECK_INT(1, stats_of(&p, 0).rtcp_bad, "a clear BYE as well");
	CHECK_INT(51, stats_of(&p, 0).rx_forged, "counted");
	party_close(&p);
}

TEST(a_stranger_does_not_become_the_far_end)
{
	const struct net_addr elsewhere = { .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 9 },
		.port = 999 };
	const uint8_t clear[172] = { 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct party p;

	party_open(&p, SEAL_GCM_128);
	for (unsigned i = 0; i < 5; i++)
		stream_rx_rtp(p.phone[0]->stream, clear, sizeof(clear), &elsewhere, p.now_us, &phone_out);
	CHECK_INT(0, p.phone[0]->latched, "not by packets that do not authenticate");
	run(&p, 400);
	CHECK_INT(1, p.phone[0]->latched, "but by those that do");
	check_heard(&p, "who has the key is heard");
	party_close(&p);
}

TEST(the_same_key_goes_on_after_a_reinvite)
{
	struct party p;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 12000);
	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < PHONES; i++)
			phone_refit(p.phone[i], p.now_us);
		run(&p, 1000);
	}
	check_heard(&p, "as if nothing had happened");
	CHECK_INT(1, stats_of(&p, 0).rx_seal.roc, "the roll-over counter is kept");
	CHECK_INT(0, stats_of(&p, 0).rx_bad + stats_of(&p, 0).rx_lost + stats_of(&p, 0).rx_duplicate,
		"none lost");
	party_close(&p);
}

TEST(a_new_key_takes_over_within_half_a_second)
{
	struct seal *old = NULL;
	struct party p;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 12000);
	old = p.phone[0]->tx_seal;
	p.phone[0]->tx_seal = NULL; /* it goes on with its old key for a moment */
	secure(&p, 0, SEAL_GCM_256, 55);
	for (unsigned i = 1; i < PHONES; i++)
		secure(&p, i, SEAL_AES_CM_128_32, (uint8_t)(60 + i));
	seal_free(p.phone[0]->tx_seal);
	p.phone[0]->tx_seal = old;
	run(&p, 400);
	CHECK_INT(0, stats_of(&p, 0).rx_bad, "packets under way are opened with the old key");
	run(&p, 400);
	CHECK_NEAR(15, stats_of(&p, 0).rx_bad, 1, "not for ever");
	CHECK_INT(0, p.phone[1]->unreadable + p.phone[2]->unreadable, "the others follow their new ones");
	secure(&p, 0, SEAL_GCM_256, 77);
	run(&p, 1000);
	check_heard(&p, "and it has a new one at last");
	CHECK_INT(1, stats_of(&p, 0).rx_seal.roc, "with the old count");
	party_close(&p);
}

/* The far end's answer is still under way, its packets by the new key are faster. */
TEST(a_key_may_be_told_after_its_packets)
{
	struct seal *next;
	struct party p;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 1000);
	next = p.phone[0]->tx_seal;
	p.phone[0]->tx_seal = NULL;
	for (unsigned late_ms = 20; late_ms <= 200; late_ms += 60) {
		const uint8_t first = (uint8_t)(20 + late_ms);
		const struct seal_key key = key_of(SEAL_AES_CM_128_80, (uint8_t)(first + 100));
		struct seal *fresh = NULL;

		CHECK_INT(MIX_OK, seal_alloc(&fresh, &key, true), "its next key");
		seal_succeed(fresh, next);
		seal_free(next);
		p.phone[0]->tx_seal = fresh;
		run(&p, late_ms);
		p.phone[0]->tx_seal =
			NULL; /* secure() makes one of its own, which would begin with other counters */
		secure(&p, 0, SEAL_AES_CM_128_80, first);
		seal_free(p.phone[0]->tx_seal);
		stream_reopen(p.phone[0]->stream, p.now_us, &phone_out);
		CHECK_INT(0, stats_of(&p, 0).rx_bad + stats_of(&p, 0).rx_forged, "nothing counts as forged");
		CHECK_INT(0, stats_of(&p, 0).rx_lost + stats_of(&p, 0).rx_duplicate, "nor as lost");
		p.phone[0]->tx_seal = fresh;
		run(&p, 500);
		next = p.phone[0]->tx_seal;
		p.phone[0]->tx_seal = NULL;
	}
	p.phone[0]->tx_seal = next;
	CHECK_INT(stats_of(&p, 0).rx_packets, p.phone[0]->sent, "every packet was taken");
	check_heard(&p, "and heard");
	party_close(&p);
}

TEST(what_no_key_opens_is_forgotten)
{
	struct seal *old;
	struct party p;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 400);
	old = p.phone[0]->tx_seal;
	p.phone[0]->tx_seal = NULL;
	run(&p, 1000);
	CHECK_INT(50, stats_of(&p, 0).rx_forged, "forged");
	secure(&p, 0, SEAL_AES_CM_128_80, 90);
	stream_reopen(p.phone[0]->stream, p.now_us, &phone_out);
	stream_reopen(p.phone[0]->stream, p.now_us + UNOPENED_LATER_US, &phone_out);
	stream_reopen(p.phone[0]->stream, p.now_us + UNOPENED_LATER_US, &phone_out);
	CHECK_INT(50, stats_of(&p, 0).rx_forged, "still, and each once");
	CHECK_INT(50, stats_of(&p, 0).rx_bad, "bad as well");
	seal_free(old);
	party_close(&p);
}

TEST(a_saved_call_goes_on)
{
	struct seal_state saved;
	struct party p;
	struct kit *kit = NULL;

	party_open(&p, SEAL_AES_CM_128_80);
	run(&p, 12000);
	saved = stats_of(&p, 0).rx_seal;
	CHECK(saved.known && saved.roc == 1, "what there is to save");
	room_remove(p.room, p.phone[0]->stream);
	stream_free(p.phone[0]->stream);
	p.phone[0]->stream = NULL;
	CHECK_INT(MIX_OK,
		stream_alloc(&p.phone[0]->stream, &(struct stream_identity){ .ssrc = 99 }, p.phone[0]),
		"another process");
	p.phone[0]->format.rx_resume = saved;
	CHECK_INT(MIX_OK, kit_alloc(&kit, &p.phone[0]->format), "its kit");
	stream_refit(p.phone[0]->stream, &kit, p.now_us);
	room_add(p.room, p.phone[0]->stream);
	run(&p, 1000);
	check_heard(&p, "the far end noticed nothing");
	CHECK_INT(0, stats_of(&p, 0).rx_bad, "no packet is refused");
	party_close(&p);
}

TEST(a_leg_is_not_half_secure)
{
	struct phone *ph = calloc(1, sizeof(*ph));
	struct kit *kit = NULL;

	CHECK(ph != NULL, "memory");
	phone_init(ph, 1, CODEC_PCMU, 20, 0);
	ph->format.tx_key = key_of(SEAL_GCM_128, 1);
	CHECK_INT(MIX_RANGE, kit_alloc(&kit, &ph->format), "a key for what we send alone");
	ph->format.rx_key.suite = SEAL_SUITES;
	CHECK_INT(MIX_RANGE, kit_alloc(&kit, &ph->format), "no such suite");
	phone_free(ph);
	free(ph);
}

TESTS(everyone_has_their_own_key_and_one_encode, nothing_in_the_clear_is_taken,
	a_stranger_does_not_become_the_far_end, the_same_key_goes_on_after_a_reinvite,
	a_new_key_takes_over_within_half_a_second, a_key_may_be_told_after_its_packets,
	what_no_key_opens_is_forgotten, a_saved_call_goes_on, a_leg_is_not_half_secure)
