/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c bridge/err.c bridge/late.c bridge/margin.c bridge/message.c bridge/phase.c bridge/ports.c bridge/socket.c bridge/worker.c bridge/worker_apply.c bridge/worker_phase.c bridge/worker_post.c bridge/worker_run.c bridge/worker_idle.c bridge/worker_shared.c bridge/shared.c bridge/bysource.c bridge/held.c bridge/outbox.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/room_limit.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/unopened.c */
/* The media thread with real sockets on loopback and the real clock: every wait is bounded, and a machine
 * that is busy makes it slower, not wrong. */
#include "tests/starve.h"
#include "tests/workerbed.h"

TEST(a_room_through_sockets)
{
	static const unsigned tones[3] = { 500, 1100, 1900 };
	struct seen seen = { 0 };
	struct handset *h = calloc(3, sizeof(*h));
	struct port_pair pairs[3];
	uint16_t to[3];
	struct worker *w;
	struct worker_load load;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18740, 18760), "ports");
	w = open_worker(&seen, 0);
	CHECK_INT(BRIDGE_OK, worker_add_room(w, 7), "room");
	for (unsigned i = 0; i < 3; i++) {
		handset_open(&h[i], tones[i]);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pairs[i]), "pair");
		to[i] = pairs[i].rtp_port;
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(
				w, 100 + i, i == 2 ? ROOM_ISOLATED : 7, stream_for(&h[i], 50 + i), &pairs[i]),
			"leg");
	}
	talk_for(h, to, 3, 400, w);
	CHECK_NEAR(20, level(&h[0], tones[1]), 1.5, "first hears second");
	CHECK_NEAR(20, level(&h[1], tones[0]), 1.5, "second hears first");
	CHECK(level(&h[0], tones[0]) > 60, "first does not hear itself: -%.1f", level(&h[0], tones[0]));
	CHECK(level(&h[0], tones[2]) > 60 && level(&h[2], tones[0]) > 60, "the third is apart");
	CHECK(h[2].packets > 10, "but gets packets: %u", h[2].packets);

	worker_move_leg(w, 102, 7);
	talk_for(h, to, 3, 500, w);
	CHECK_NEAR(20, level(&h[2], tones[0]), 1.5, "the third is in");
	CHECK_NEAR(20, level(&h[1], tones[2]), 1.5, "and is heard");
	CHECK(level(&h[2], tones[2]) > 60, "not by itself");
	CHECK_INT(3, seen.latched, "three sources");
	CHECK(seen.talk >= 3, "talk bursts: %u", seen.talk);

	worker_deafen(w, 100, true);
	worker_press(w, 101, '7', 60);
	talk_for(h, to, 3, 300, w);
	CHECK(level(&h[0], tones[1]) > 60, "the first has its ears shut");
	CHECK(h[1].events >= 5, "the second gets a key: %u", h[1].events);

	worker_ask_stats(w, 101);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "an answer");
	CHECK(seen.asked.rx_packets > 30 && seen.asked.rx_bad == 0, "%u packets",
		(unsigned)seen.asked.rx_packets);
	worker_load(w, &load);
	for (unsigned i = 0; i < 3; i++)
		worker_drop_leg(w, 100 + i);
	worker_drop_room(w, 7);
	CHECK(wait_for(w, NULL, &seen.gone, 3), "all are out");
	CHECK_INT(0, ports_used(seen.ports), "their ports are back");
	CHECK(seen.last.tx_packets > 30, "with their figures");
	for (unsigned i = 0; i < 3; i++) {
		listen_to_all(&h[i]);
		CHECK_INT(1, h[i].byes, "RTCP BYE");
		handset_close(&h[i]);
	}
	worker_close(w);
	ports_free(seen.ports);
	free(h);
}

static struct cue *beep(void)
{
	struct cue *cue = NULL;

	CHECK_INT(MIX_OK, cue_tone(&cue, 1300, 0, 20, 60, 0), "tone");
	return cue;
}

/* More commands at once than the ring holds, in an order that matters; the last one is answered last. */
TEST(no_command_is_lost)
{
	struct seen seen = { 0 };
	struct handset *h = calloc(1, sizeof(*h));
	struct port_pair pair;
	struct cue *cue = beep();
	const struct cue *list[1] = { cue };
	struct worker *w;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18762, 18770), "ports");
	w = open_worker(&seen, 0);
	handset_open(h, 0);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, ROOM_ISOLATED, stream_for(h, 9), &pair), "leg");
	for (unsigned i = 0; i < 5000; i++)
		worker_mute(w, 1, i & 1);
	for (unsigned i = 0; i < 3000; i++) /* memory goes with these, and comes back */
		worker_equip(w, 1, RATE_16K, NULL);
	worker_play(w, 1, list, 1, false, 5);
	worker_info_digit(w, 1, '8');
	worker_ask_stats(w, 1);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "the last is answered");
	CHECK_INT(1, seen.digits, "after the one before");
	CHECK_INT('8', seen.digit, "the key");
	CHECK(wait_for(w, NULL, &seen.played, 1), "the beep has ended");
	worker_mute(w, 99, true); /* nobody: dropped */
	worker_drop_leg(w, 99);
	worker_drop_leg(w, 1);
	worker_drop_leg(w, 1);
	CHECK(wait_for(w, NULL, &seen.gone, 1), "out");
	CHECK_INT(1, seen.gone, "once");
	worker_close(w);
	handset_close(h);
	ports_free(seen.ports);
	cue_free(cue);
	free(h);
}

TEST(a_leg_moves_to_another_worker)
{
	static const unsigned tones[2] = { 500, 1100 };
	struct seen seen = { 0 };
	struct handset *h = calloc(2, sizeof(*h));
	struct port_pair pairs[2];
	uint16_t to[2];
	struct worker *a, *b;

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18772, 18780), "ports");
	a = open_worker(&seen, 0);
	b = open_worker(&seen, 1);
	CHECK_INT(BRIDGE_OK, worker_add_room(b, 3), "room");
	for (unsigned i = 0; i < 2; i++) {
		handset_open(&h[i], tones[i]);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pairs[i]), "pair");
		to[i] = pairs[i].rtp_port;
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(i ? b : a, 1 + i, i ? 3 : ROOM_ISOLATED, stream_for(&h[i], 50 + i),
				&pairs[i]),
			"leg");
	}
	talk_for(h, to, 2, 60, a);
	worker_hand_over(a, 1, b, 3);
	worker_ask_stats(b, 1); /* waits until it is there */
	CHECK(wait_for(a, b, &seen.stats, 1), "it has arrived");
	talk_for(h, to, 2, 400, b);
	CHECK_NEAR(20, level(&h[0], tones[1]), 1.5, "hears its new room");
	CHECK_NEAR(20, level(&h[1], tones[0]), 1.5, "is heard there");

	worker_hand_over(a, 77, b, 3); /* not here: nothing comes, and nothing waits for ever */
	worker_mute(b, 77, true);
	worker_hand_over(b, 1, a, ROOM_ISOLATED);
	worker_drop_leg(a, 1);
	worker_drop_leg(b, 2);
	CHECK(wait_for(a, b, &seen.gone, 2), "both are out");
	worker_close(a);
	worker_close(b);
	for (unsigned i = 0; i < 2; i++)
		handset_close(&h[i]);
	ports_free(seen.ports);
	free(h);
}

enum { REFITS = 4 };

/* A datagram of another format, at once. */
static void talk_as(struct handset *h, uint16_t port, uint8_t pt)
{
	const struct rtp head = {
		.payload_type = pt, .seq = h->seq++, .timestamp = h->timestamp, .ssrc = h->port
	};
	uint8_t packet[RTP_HEADER + PACKET];

	h->timestamp += PACKET;
	rtp_write(packet, &head);
	memset(packet + RTP_HEADER, 0xd5, PACKET);
	send_to(h, port, packet, sizeof(packet));
}

/* Whatever the worker has not read yet: what came before is of the old format, what came since of the new.  In a meeting of
 * one nobody is heard, and it is read every 100 ms alone. */
TEST(a_refit_falls_between_two_packets)
{
	static const struct {
		const char *story;
		uint32_t room;
	} cases[] = { { "alone in a meeting", 5 }, { "with an attendant", ROOM_ISOLATED } };

	for (unsigned k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
		struct seen seen = { 0 };
		struct handset *h = calloc(1, sizeof(*h));
		struct port_pair pair;
		struct worker *w;
		uint16_t to;

		CHECK(h, "memory");
		CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18802, 18810), "ports");
		w = open_worker(&seen, 0);
		handset_open(h, 0);
		CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
		to = pair.rtp_port;
		CHECK_INT(BRIDGE_OK, worker_add_room(w, 5), "room");
		CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, cases[k].room, stream_for(h, 9), &pair), "leg");
		for (unsigned i = 0; i < REFITS; i++) {
			talk_for(h, &to, 1, 300, w); /* silence: the room goes to sleep */
			talk_as(h, to, 0);
			worker_refit(w, 1, kit_of(h, 8), now_us());
			talk_as(h, to, 8);
			talk_for(NULL, NULL, 0, 60 + 5 * i, w); /* one refit a tick at most */
			talk_as(h, to, 8);
			worker_refit(w, 1, kit_of(h, 0), now_us());
			talk_as(h, to, 0);
		}
		talk_for(NULL, NULL, 0, 200, w);
		worker_ask_stats(w, 1);
		CHECK(wait_for(w, NULL, &seen.stats, 1), "an answer");
		CHECK_INT(0, seen.asked.rx_bad, cases[k].story);
		CHECK_INT(h->seq, seen.asked.rx_packets, cases[k].story);
		worker_drop_leg(w, 1);
		CHECK(wait_for(w, NULL, &seen.gone, 1), "out");
		worker_close(w);
		handset_close(h);
		ports_free(seen.ports);
		free(h);
	}
}

/* Garbage, strangers and a dead peer: nothing stops, nothing grows. */
TEST(bad_datagrams_are_counted)
{
	struct seen seen = { 0 };
	struct handset *h = calloc(2, sizeof(*h));
	struct port_pair pair;
	uint16_t to;
	struct worker *w;
	uint8_t bytes[1800];

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18782, 18790), "ports");
	w = open_worker(&seen, 0);
	handset_open(&h[0], 500);
	handset_open(&h[1], 900);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	to = pair.rtp_port;
	CHECK_INT(BRIDGE_OK, worker_add_leg(w, 1, ROOM_ISOLATED, stream_for(&h[0], 9), &pair), "leg");
	talk_for(h, &to, 1, 60, w);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < 100; i++) {
		send_to(&h[0], to, bytes, i * 18);
		send_to(&h[0], (uint16_t)(to + 1), bytes, i * 18);
		talk(&h[1], to);
	}
	talk_for(h, &to, 1, 100, w);
	close(h[0].fd); /* from now on ICMP answers */
	h[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
	talk_for(h, &to, 0, 60, w);
	worker_ask_stats(w, 1);
	CHECK(wait_for(w, NULL, &seen.stats, 1), "it answers");
	CHECK(seen.asked.rx_bad >= 50, "bad packets: %u", seen.asked.rx_bad);
	CHECK(seen.asked.rx_refused >= 50, "a stranger's: %u", seen.asked.rx_refused);
	worker_close(w); /* with a leg in it */
	handset_close(&h[0]);
	handset_close(&h[1]);
	ports_free(seen.ports);
	free(h);
}

/* Without legs the thread sleeps: no CPU, and it still wakes at once. */
TEST(sleeps_without_legs)
{
	struct seen seen = { 0 };
	struct worker *w = open_worker(&seen, 0);
	struct worker_load before, after;
	const struct timespec rest = { .tv_nsec = 100000000 };

	for (uint32_t id = 1; id <= 1000; id++)
		CHECK_INT(BRIDGE_OK, worker_add_room(w, id), "room");
	nanosleep(&rest, NULL);
	worker_load(w, &before);
	nanosleep(&rest, NULL);
	worker_load(w, &after);
	CHECK_INT(before.ticks, after.ticks, "no ticks");
	for (uint32_t id = 1; id <= 1000; id++)
		worker_drop_room(w, id);
	worker_close(w);
}

TEST(nth_allocation_fails)
{
	struct seen seen = { 0 };
	const struct worker_handlers on = {
		.on_media = on_media, .on_stats = on_stats, .on_gone = on_gone, .arg = &seen
	};
	struct handset *h = calloc(1, sizeof(*h));
	struct worker *w = NULL;
	struct port_pair pair;
	struct stream *s;
	enum bridge_err err;

	CHECK(h, "memory");
	STARVE(err, ports_alloc(&seen.ports, "127.0.0.1", 18792, 18800), BRIDGE_NOMEM);
	STARVE(err, worker_open(&w, 0, 4, &on), BRIDGE_NOMEM);
	STARVE(err, worker_add_room(w, 1), BRIDGE_NOMEM);
	handset_open(h, 0);
	s = stream_for(h, 1);
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	STARVE(err, worker_add_leg(w, 1, 1, s, &pair), BRIDGE_NOMEM);
	worker_close(w);
	handset_close(h);
	ports_free(seen.ports);
	free(h);
}

TESTS(a_room_through_sockets, no_command_is_lost, a_leg_moves_to_another_worker,
	a_refit_falls_between_two_packets, bad_datagrams_are_counted, sleeps_without_legs,
	nth_allocation_fails)
