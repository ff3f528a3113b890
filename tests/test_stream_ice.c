/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_limit.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c tests/phone.c tests/check.c mixer/exchange.c mixer/room_spread.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* A leg with ICE: it hears and is sent to as its checks say; no address of its description matters. */
#include "mixer/room.h"
#include "mixer/rtcp.h"
#include "tests/check.h"
#include "tests/phone.h"
#include "tests/test.h"

#include <stdlib.h>

enum { PHONES = 2, TONE_HZ = 500 };

static const struct ice_credentials ours = { "8hhY", "asd88fgpdd777uzjYhagZg" };

struct party { /* 0 has ICE and talks, 1 listens */
	struct room *room;
	struct phone *phone[PHONES]; /* owned */
	uint64_t now_us;
};

static struct net_addr place(uint8_t last)
{
	return (struct net_addr){ .ip = { [10] = 255, 255, 198, 51, 100, last }, .port = 7000 };
}

static void party_open(struct party *p)
{
	const struct room_config config = { .mixed_talkers = 4 };

	memset(p, 0, sizeof(*p));
	p->now_us = 1000000;
	CHECK_INT(MIX_OK, room_alloc(&p->room, &config), "room");
	for (unsigned i = 0; i < PHONES; i++) {
		p->phone[i] = calloc(1, sizeof(struct phone));
		CHECK(p->phone[i] != NULL, "memory");
		phone_init(p->phone[i], i + 1, CODEC_PCMU, 20, TONE_HZ + i * 300);
		if (i == 0) {
			p->phone[i]->ice = ours;
			phone_refit(p->phone[i], p->now_us);
			p->phone[i]->address = place(1); /* and not what format.rtp says */
		}
		room_add(p->room, p->phone[i]->stream);
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

static void run(struct party *p, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += FRAME_MS) {
		for (unsigned i = 0; i < PHONES; i++)
			phone_send(p->phone[i], p->now_us);
		room_tick(p->room, p->now_us + 3000, p->now_us << 12, &phone_out);
		p->now_us += FRAME_US;
	}
}

/* What it is answered. */
static unsigned check(struct party *p, const struct net_addr *from, struct check c, bool rtcp)
{
	struct phone *phone = p->phone[0];
	uint8_t bytes[CHECK_MAX];
	size_t n;

	c.username = c.username ? c.username : "8hhY:them";
	c.password = c.password ? c.password : ours.pwd;
	c.id = (uint32_t)p->now_us;
	n = check_write(bytes, &c);
	phone->answer_len = 0;
	if (rtcp)
		stream_rx_rtcp(phone->stream, bytes, n, from, p->now_us, &phone_out);
	else
		stream_rx_rtp(phone->stream, bytes, n, from, p->now_us, &phone_out);
	if (phone->answer_len > 0)
		CHECK(net_addr_equal(&phone->answered, from) && phone->answered_rtcp == rtcp,
			"an answer goes back where the check came from");
	return check_status(phone->answer, phone->answer_len, &c);
}

static struct stream_stats stats_of(const struct party *p)
{
	struct stream_stats stats;

	stream_stats(p->phone[0]->stream, &stats, p->now_us);
	return stats;
}

TEST(nobody_speaks_and_nobody_is_sent_to_before_a_check)
{
	const struct net_addr at = place(1);
	struct party p;

	party_open(&p);
	run(&p, 400);
	CHECK_INT(0, stats_of(&p).rx_packets, "its sound is not taken");
	CHECK_INT(20, stats_of(&p).rx_refused, "but refused");
	CHECK_INT(0, p.phone[0]->packets + p.phone[0]->jumps, "and nothing is sent to anybody");
	CHECK(phone_rms(p.phone[1], 200) > 75, "the other hears nothing");

	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .priority = 9 }, false), "a check");
	CHECK_INT(0, p.phone[0]->paths, "chooses no path");
	run(&p, 400);
	CHECK_INT(20, stats_of(&p).rx_packets, "but it may speak");
	CHECK_INT(0, p.phone[0]->packets + p.phone[0]->jumps, "to be sent to is for who was nominated");

	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .priority = 9, .nominates = true }, false),
		"nomination");
	CHECK_INT(1, p.phone[0]->paths, "is told");
	CHECK(net_addr_equal(&at, &p.phone[0]->path), "with its address");
	run(&p, 1000);
	CHECK_INT(50, p.phone[0]->packets, "and it is sent to");
	CHECK_INT(0, p.phone[0]->jumps, "there and nowhere else");
	CHECK_NEAR(16, phone_level(p.phone[1], TONE_HZ, 200), 8, "the other hears it");
	CHECK_NEAR(16, phone_level(p.phone[0], TONE_HZ + 300, 200), 8, "and is heard");
	CHECK_INT(0, p.phone[0]->quirks, "nothing is odd about its address");
	CHECK_INT(2, stats_of(&p).ice.checks, "two checks");
	party_close(&p);
}

/* While the call goes on: sound from elsewhere, and checks without our password. */
TEST(a_stranger_is_neither_played_nor_followed)
{
	const struct net_addr at = place(1), stranger = place(9);
	uint8_t sound[172] = { 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct party p;

	party_open(&p);
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "its own");
	run(&p, 400);
	for (unsigned i = 0; i < 50; i++) {
		sound[3] = (uint8_t)i;
		stream_rx_rtp(p.phone[0]->stream, sound, sizeof(sound), &stranger, p.now_us, &phone_out);
		CHECK_INT(401,
			check(&p, &stranger,
				(struct check){ .password = "?", .nominates = true, .priority = 99 }, false),
			"a check without our password");
		run(&p, 20);
	}
	CHECK_INT(50, stats_of(&p).rx_refused, "none of its packets was taken");
	CHECK_INT(50, stats_of(&p).ice.refused, "nor any of its checks believed");
	CHECK_INT(70, stats_of(&p).rx_packets, "the far end's came");
	CHECK_INT(70, p.phone[0]->packets, "and ours went to it");
	CHECK_INT(1, p.phone[0]->paths, "no other path");
	party_close(&p);
}

TEST(the_path_moves_with_a_nomination_and_with_nothing_else)
{
	const struct net_addr at = place(1), later = place(2);
	struct party p;

	party_open(&p);
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "here");
	run(&p, 200);
	p.phone[0]->address = later;
	run(&p, 200);
	CHECK_INT(10, stats_of(&p).rx_packets, "its sound alone does not follow it");
	CHECK_INT(10, p.phone[0]->jumps, "and ours goes where it was");
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &later, (struct check){ .nominates = true }, false), "there");
	run(&p, 200);
	CHECK_INT(20, stats_of(&p).rx_packets, "now it is heard again");
	CHECK_INT(2, p.phone[0]->paths, "two paths were told");
	party_close(&p);
}

TEST(a_refresh_keeps_the_path_and_a_restart_until_there_is_another)
{
	static const struct ice_credentials other = { "newU", "anotherPasswordOfOurs22" };
	const struct net_addr at = place(1), later = place(2);
	struct party p;

	party_open(&p);
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "a path");
	run(&p, 200);
	phone_refit(p.phone[0], p.now_us);
	run(&p, 200);
	CHECK_INT(20, p.phone[0]->packets, "a refresh changes nothing");
	p.phone[0]->ice = other;
	phone_refit(p.phone[0], p.now_us);
	CHECK_INT(
		401, check(&p, &at, (struct check){ .nominates = true }, false), "old credentials are over");
	run(&p, 200);
	CHECK_INT(30, p.phone[0]->packets, "but the old path serves");
	CHECK_INT(30, stats_of(&p).rx_packets, "both ways");
	p.phone[0]->address = later;
	CHECK_INT(CHECK_IS_SUCCESS,
		check(&p, &later,
			(struct check){ .username = "newU:x", .password = other.pwd, .nominates = true },
			false),
		"until there is another");
	run(&p, 200);
	CHECK_INT(40, p.phone[0]->packets, "which is used at once");
	CHECK_INT(0, p.phone[0]->jumps, "alone");
	p.phone[0]->ice.ufrag[0] = 0;
	p.phone[0]->format.rtp = later;
	phone_refit(p.phone[0], p.now_us);
	run(&p, 200);
	CHECK_INT(50, p.phone[0]->packets, "without ICE the description counts again");
	party_close(&p);
}

TEST(consent_that_lapses_ends_what_we_send_and_silence_the_call)
{
	const struct net_addr at = place(1);
	struct party p;

	party_open(&p);
	stream_watch(p.phone[0]->stream, STREAM_DEAD_US);
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "a path");
	run(&p, 200);
	p.phone[0]->hz = 0; /* it says nothing any more */
	run(&p, 31000);
	CHECK_INT(2, p.phone[0]->paths, "the end of it is told");
	CHECK_INT(0, p.phone[0]->path.port, "nowhere");
	CHECK_INT(1, p.phone[0]->silent, "and that its media are gone");
	phone_forget(p.phone[0]);
	p.phone[0]->packets = p.phone[0]->reports = 0;
	run(&p, 6000);
	CHECK_INT(0, p.phone[0]->packets + p.phone[0]->reports, "nothing is sent, no report either");
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "it is back");
	run(&p, 200);
	CHECK_INT(10, p.phone[0]->packets, "and sent to");
	party_close(&p);
}

TEST(reports_take_the_path_of_their_own_port)
{
	const struct net_addr at = place(1), reports_at = place(3), stranger = place(9);
	uint8_t report[8] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };
	struct party p;

	party_open(&p);
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "sound");
	run(&p, 6000);
	CHECK_INT(0, p.phone[0]->reports, "no report without a path for it");
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &reports_at, (struct check){ .nominates = true }, true),
		"component 2");
	run(&p, 6000);
	CHECK(p.phone[0]->reports > 0, "now there are");
	stream_rx_rtcp(p.phone[0]->stream, report, 8, &stranger, p.now_us, &phone_out);
	CHECK_INT(0, stats_of(&p).rtcp_rx, "a stranger's is not read");
	stream_rx_rtcp(p.phone[0]->stream, report, 8, &reports_at, p.now_us, &phone_out);
	CHECK_INT(1, stats_of(&p).rtcp_rx, "its own is");
	CHECK_INT(0, stats_of(&p).rtcp_bad, "whole");
	party_close(&p);
}

TEST(what_it_is_to_hear_waits_for_the_path)
{
	const struct net_addr at = place(1);
	struct cue *cue = NULL;
	struct party p;

	CHECK_INT(MIX_OK, cue_tone(&cue, 900, 0, 20, 500, 0), "a cue of half a second");
	party_open(&p);
	p.phone[1]->hz = 0;
	CHECK_INT(MIX_OK, stream_play(p.phone[0]->stream, (const struct cue *const[]){ cue }, 1, false, 7),
		"it plays");
	run(&p, 2000);
	CHECK_INT(0, p.phone[0]->played, "not yet");
	CHECK_INT(CHECK_IS_SUCCESS, check(&p, &at, (struct check){ .nominates = true }, false), "a path");
	run(&p, 600);
	CHECK_INT(1, p.phone[0]->played, "now, whole");
	CHECK_NEAR(500, (double)p.phone[0]->n_heard / 8, 120, "from its begin");
	party_close(&p);
	cue_free(cue);
}

/* A leg without credentials: STUN is what it always was there. */
TEST(a_leg_without_ice_answers_no_check)
{
	const struct net_addr at = place(1);
	struct party p;

	party_open(&p);
	p.phone[0]->ice.ufrag[0] = 0;
	phone_refit(p.phone[0], p.now_us);
	CHECK_INT(CHECK_IS_NOTHING, check(&p, &at, (struct check){ .nominates = true }, false), "nothing");
	CHECK_INT(1, stats_of(&p).rx_bad, "it is no sound");
	CHECK_INT(0, p.phone[0]->paths + p.phone[0]->latched, "and nobody's path");
	party_close(&p);
}

TESTS(nobody_speaks_and_nobody_is_sent_to_before_a_check, a_stranger_is_neither_played_nor_followed,
	the_path_moves_with_a_nomination_and_with_nothing_else,
	a_refresh_keeps_the_path_and_a_restart_until_there_is_another,
	consent_that_lapses_ends_what_we_send_and_silence_the_call, reports_take_the_path_of_their_own_port,
	what_it_is_to_hear_waits_for_the_path, a_leg_without_ice_answers_no_check)
