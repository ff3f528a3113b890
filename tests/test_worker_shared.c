/* links: mixer/choose.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/delay.c mixer/doze.c mixer/err.c mixer/lull.c mixer/hush.c mixer/jbuf.c mixer/keypad.c mixer/keypad_tx.c mixer/kit.c mixer/latch.c mixer/level.c mixer/limit.c mixer/mix.c mixer/narrow.c mixer/opus_peek.c mixer/resample.c mixer/ring.c mixer/room.c mixer/room_idle.c mixer/room_group.c mixer/rtcp.c mixer/rtp.c mixer/skew.c mixer/slots.c mixer/source.c mixer/stream.c mixer/stream_rtcp.c mixer/stream_pace.c mixer/stream_rx.c mixer/stream_playout.c mixer/comfort.c mixer/stream_take.c mixer/progress.c mixer/beep.c mixer/stream_tx.c mixer/stretch.c mixer/warp.c bridge/err.c bridge/late.c bridge/margin.c bridge/message.c bridge/phase.c bridge/ports.c bridge/socket.c bridge/worker.c bridge/worker_apply.c bridge/worker_phase.c bridge/worker_post.c bridge/worker_run.c bridge/worker_idle.c bridge/worker_shared.c bridge/shared.c bridge/bysource.c bridge/held.c bridge/outbox.c mixer/stream_quality.c mixer/agc.c mixer/burst.c mixer/denoise.c mixer/echo.c mixer/oneway.c mixer/quality.c mixer/xr.c mixer/exchange.c mixer/room_spread.c mixer/cipher.c mixer/seal.c mixer/stream_seal.c mixer/room_limit.c mixer/room_clip.c mixer/clip.c mixer/quirk.c mixer/stream_ice.c mixer/ice.c mixer/binding.c mixer/unopened.c */
/* Many legs on one port, told apart by where their packets come from: real sockets, and workers that pass packets on. */
#include "bridge/shared.h"
#include "tests/workerbed.h"

static struct net_addr address_of(const struct handset *h)
{
	return (struct net_addr){ .ip = { [10] = 255, [11] = 255, [12] = 127, [15] = 1 }, .port = h->port };
}

/* Four callers and one port, which worker a reads: two of them talk in a room of a, two in one of b. */
TEST(legs_share_a_port)
{
	static const unsigned tones[5] = { 500, 1100, 1900, 2700, 3100 };
	struct seen seen = { 0 };
	struct handset *h = calloc(5, sizeof(*h));
	struct share *shares[4], *none = NULL;
	struct share_wish wish = { .group = "carrier" };
	struct port_pair pair, other;
	struct shared *shared;
	struct worker *a, *b;
	struct worker_load load;
	struct net_addr at;
	unsigned wrong = 1;
	uint16_t to[5];

	CHECK(h, "memory");
	CHECK_INT(BRIDGE_OK, ports_alloc(&seen.ports, "127.0.0.1", 18810, 18818), "ports");
	shared = shared_alloc();
	CHECK(shared, "memory");
	a = open_worker(&seen, 0);
	b = open_worker(&seen, 1);
	CHECK_INT(BRIDGE_OK, worker_add_room(a, 3), "room");
	CHECK_INT(BRIDGE_OK, worker_add_room(b, 4), "room");
	for (unsigned i = 0; i < 5; i++)
		handset_open(&h[i], tones[i]);
	wish.home = a;
	wish.rtp = address_of(&h[0]);
	CHECK_INT(BRIDGE_FULL, share_begin(&none, shared, &wish, &pair), "no port yet");
	CHECK_INT(BRIDGE_OK, ports_take(seen.ports, NULL, &pair), "pair");
	CHECK_INT(BRIDGE_OK, shared_open(shared, &wish, &pair, "192.0.2.1"), "opened");
	for (unsigned i = 0; i < 4; i++) {
		wish.leg_id = 1 + i;
		wish.rtp = address_of(&h[i]);
		wish.rtcp_port = (uint16_t)(wish.rtp.port + 1);
		CHECK_INT(BRIDGE_OK, share_begin(&shares[i], shared, &wish, &pair), "a place");
		to[i] = pair.rtp_port;
		CHECK_INT(to[0], to[i], "the same port");
		share_place(shares[i], i < 2 ? a : b);
		CHECK_INT(BRIDGE_OK,
			worker_add_leg(i < 2 ? a : b, 1 + i, i < 2 ? 3 : 4, stream_for(&h[i], 50 + i), &pair),
			"leg");
	}
	CHECK_INT(1, ports_used(seen.ports), "one pair of ports");
	CHECK(strcmp("192.0.2.1", share_address(shares[3])) == 0, "its address");
	CHECK_INT(
		BRIDGE_STATE, share_begin(&none, shared, &wish, &other), "somebody sends from there already");
	memcpy(wish.group, "another", sizeof("another"));
	CHECK_INT(
		BRIDGE_FULL, share_begin(&none, shared, &wish, &other), "another trunk has ports of its own");
	memcpy(wish.group, "carrier", sizeof("carrier"));
	wish.home = b;
	CHECK_INT(BRIDGE_FULL, share_begin(&none, shared, &wish, &other), "so has another worker");
	wish.home = a;
	to[4] = to[0]; /* nobody's packets */
	/* a machine that is busy may spoil a span, never let one hear whom he should not */
	for (unsigned span = 0; wrong && span < 6; span++) {
		wrong = 0;
		talk_for(h, to, 5, span ? 400 : 1600, a);
		for (unsigned i = 0; i < 4; i++)
			for (unsigned k = 0; k < 5; k++) {
				const double down = level(&h[i], tones[k]);

				if (k == (i ^ 1u))
					wrong += down < 18.5 || down > 21.5;
				else
					CHECK(down > 55, "caller %u hears %u Hz at -%.1f", i, tones[k], down);
			}
	}
	CHECK_INT(0, wrong, "each hears the other one in the room");
	CHECK_INT(0, (int)h[4].packets, "a stranger gets nothing");
	worker_load(a, &load);
	CHECK(load.strangers > 20, "%u packets of strangers", (unsigned)load.strangers);

	/* the fourth caller moves to where the fifth was; the first one's address is not to be had */
	at = address_of(&h[0]);
	CHECK(!share_signal(shares[3], &at, 1), "another leg has it");
	at = address_of(&h[4]);
	CHECK(share_signal(shares[3], &at, (uint16_t)(at.port + 1)), "moves");
	h[2].n_heard = 0;
	talk_for(h, to, 5, 600, b);
	CHECK(level(&h[2], tones[3]) > 55, "not from its old place");
	worker_drop_leg(a, 1);
	worker_drop_leg(a, 2);
	worker_drop_leg(b, 3);
	worker_drop_leg(b, 4);
	CHECK(wait_for(a, b, &seen.gone, 4), "all are out");
	for (unsigned i = 0; i < 4; i++)
		share_end(shares[i]);
	CHECK_INT(1, ports_used(seen.ports), "the port stays open");
	wish.rtp = address_of(&h[0]);
	CHECK_INT(BRIDGE_OK, share_begin(&none, shared, &wish, &other), "its source is free again");
	CHECK_INT(to[0], other.rtp_port, "at the same port");
	share_end(none);
	worker_stop(a);
	worker_stop(b);
	worker_close(a);
	worker_close(b);
	shared_free(shared);
	CHECK_INT(0, ports_used(seen.ports), "closed");
	for (unsigned i = 0; i < 5; i++)
		handset_close(&h[i]);
	ports_free(seen.ports);
	free(h);
}

TESTS(legs_share_a_port)
