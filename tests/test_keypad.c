/* links: mixer/keypad.c mixer/keypad_tx.c mixer/err.c */
#include "mixer/keypad.h"

#include "tests/starve.h"
#include "tests/test.h"

#include <stdlib.h>

/* A story is a list of happenings, each at a time in ms:
 *   E<ms><key>[!]/<timestamp>/<duration>   an RFC 4733 packet, ! with the end bit
 *   I<ms><key>                             an INFO
 * and what is reported is the string of keys. */
struct happening {
	unsigned ms;
	char way, key;
	bool end;
	uint32_t timestamp;
	uint16_t duration;
};

static uint8_t code_of(char key)
{
	static const char keys[] = "0123456789*#ABCD";

	return (uint8_t)(strchr(keys, key) - keys);
}

static char happen(struct keypad *k, const struct happening *h, unsigned ms)
{
	uint8_t payload[4] = { code_of(h->key), (uint8_t)(10 | (h->end ? 0x80 : 0)),
		(uint8_t)(h->duration >> 8), (uint8_t)h->duration };

	if (h->way == 'I')
		return keypad_info(k, h->key, 1000000 + ms * 1000ull);
	return keypad_event(k, payload, sizeof(payload), h->timestamp, 1000000 + ms * 1000ull);
}

static const char *pressed(const struct happening *list, size_t n)
{
	static char out[64];
	struct keypad *k = NULL;
	size_t len = 0;

	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	for (size_t i = 0; i < n; i++) {
		char key = happen(k, &list[i], list[i].ms);
		if (key)
			out[len++] = key;
	}
	out[len] = 0;
	keypad_free(k);
	return out;
}

#define E(ms, key, timestamp, duration)                                                                      \
	{                                                                                                    \
		ms, 'E', key, false, timestamp, duration                                                     \
	}
#define END(ms, key, timestamp, duration)                                                                    \
	{                                                                                                    \
		ms, 'E', key, true, timestamp, duration                                                      \
	}
#define I(ms, key)                                                                                           \
	{                                                                                                    \
		ms, 'I', key, false, 0, 0                                                                    \
	}

TEST(one_key_is_one_digit_whatever_the_network_did)
{
	static const struct {
		const char *story, *keys;
		struct happening list[12];
	} cases[] = {
		{ "a press as RFC 4733 section 5 has it", "5",
			{ E(0, '5', 100, 160), E(20, '5', 100, 320), E(40, '5', 100, 480),
				END(60, '5', 100, 640), END(60, '5', 100, 640), END(60, '5', 100, 640) } },
		{ "the first packets are lost", "5", { E(40, '5', 100, 480), END(60, '5', 100, 640) } },
		{ "only one end packet arrives", "5", { END(60, '5', 100, 640) } },
		{ "all end packets are lost", "57",
			{ E(0, '5', 100, 160), E(20, '5', 100, 320), E(400, '7', 3300, 160),
				END(420, '7', 3300, 320) } },
		{ "all ends lost, the same key again", "55",
			{ E(0, '5', 100, 160), E(20, '5', 100, 320), E(200, '5', 1700, 160),
				END(220, '5', 1700, 320) } },
		{ "duration stays 0", "5", { E(0, '5', 100, 0), E(20, '5', 100, 0), END(40, '5', 100, 0) } },
		{ "packets out of order", "5",
			{ E(0, '5', 100, 320), E(1, '5', 100, 160), END(40, '5', 100, 640),
				E(41, '5', 100, 480) } },
		{ "the last press's end comes after the next press", "57",
			{ E(0, '5', 100, 160), E(90, '7', 900, 160), END(95, '5', 100, 640),
				END(97, '5', 100, 640), E(110, '7', 900, 320), END(130, '7', 900, 480) } },
		{ "twice quickly", "55",
			{ E(0, '5', 100, 160), END(40, '5', 100, 320), END(40, '5', 100, 320),
				E(80, '5', 740, 160), END(120, '5', 740, 320) } },
		{ "the end comes again, with other timestamps", "11",
			{ E(0, '1', 100, 160), E(20, '1', 100, 320), END(40, '1', 100, 480),
				END(60, '1', 260, 480), END(80, '1', 740, 480), E(400, '1', 3300, 160),
				END(420, '1', 3300, 320) } },
		{ "three times, one packet each", "999",
			{ END(0, '9', 100, 400), END(70, '9', 700, 400), END(140, '9', 1300, 400) } },
		{ "the timestamp wraps between", "12",
			{ E(0, '1', 0xfffffff0, 160), END(20, '1', 0xfffffff0, 320),
				E(100, '2', 0x300, 160) } },
		{ "the timestamp jumps back a day", "12",
			{ END(0, '1', 3000000000u, 320), END(100, '2', 5, 320), END(120, '2', 5, 320) } },
		{ "a timestamp that moves with each packet", "8",
			{ E(0, '8', 1000, 160), E(20, '8', 1160, 320), E(40, '8', 1320, 480),
				END(60, '8', 1480, 640), END(80, '8', 1480, 640) } },
		{ "the same, out of order", "8",
			{ E(0, '8', 1160, 320), E(2, '8', 1000, 160), E(40, '8', 1480, 640),
				E(41, '8', 1320, 480), END(80, '8', 1480, 640) } },
		{ "a timestamp that stands still between presses", "333",
			{ E(0, '3', 7, 160), END(60, '3', 7, 640), END(62, '3', 7, 640), E(400, '3', 7, 160),
				END(460, '3', 7, 640), E(900, '3', 7, 160), END(960, '3', 7, 640) } },
		{ "another key under the same timestamp", "34",
			{ END(0, '3', 7, 640), END(300, '4', 7, 640) } },
		{ "held so long that it needs a second segment", "1",
			{ E(0, '1', 100, 0xfff0), E(20, '1', 100, 0xffff), E(40, '1', 100 + 0xffff, 160),
				E(60, '1', 100 + 0xffff, 320), END(80, '1', 100 + 0xffff, 480) } },
		{ "all sixteen keys", "0123456789*#",
			{ END(0, '0', 1, 9), END(100, '1', 2, 9), END(200, '2', 3, 9), END(300, '3', 4, 9),
				END(400, '4', 5, 9), END(500, '5', 6, 9), END(600, '6', 7, 9),
				END(700, '7', 8, 9), END(800, '8', 9, 9), END(900, '9', 10, 9),
				END(1000, '*', 11, 9), END(1100, '#', 12, 9) } },
		{ "INFO alone", "4477", { I(0, '4'), I(300, '4'), I(310, '7'), I(800, '7') } },
		{ "INFO after the event", "4", { E(0, '4', 9, 160), END(60, '4', 9, 640), I(200, '4') } },
		{ "INFO before the event", "4", { I(0, '4'), E(200, '4', 9, 160), END(260, '4', 9, 640) } },
		{ "INFO when a long press ends", "4",
			{ E(0, '4', 9, 160), E(150, '4', 9, 1200), E(300, '4', 9, 2400), E(450, '4', 9, 3600),
				E(600, '4', 9, 4800), END(750, '4', 9, 6000), I(800, '4') } },
		{ "both, twice quickly, the INFOs late", "44",
			{ E(0, '4', 9, 160), END(60, '4', 9, 640), E(120, '4', 999, 160),
				END(180, '4', 999, 640), I(250, '4'), I(310, '4') } },
		{ "both, twice, in turn", "44",
			{ I(0, '4'), END(60, '4', 9, 640), I(120, '4'), END(180, '4', 999, 640) } },
		{ "a later INFO is a press of its own", "44", { END(0, '4', 9, 640), I(600, '4') } },
		{ "different keys never melt", "45", { END(0, '4', 9, 640), I(50, '5') } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = 0;
		while (n < 12 && cases[i].list[n].way)
			n++;
		CHECK_STR(cases[i].keys, pressed(cases[i].list, n), cases[i].story);
	}
}

TEST(what_is_no_key_is_nothing)
{
	static const uint8_t flash[] = { 16, 10, 0, 160 }, fax[] = { 32, 10, 0, 160 },
			     five[] = { 5, 10, 0, 160 };
	struct keypad *k = NULL;

	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	CHECK_INT(0, keypad_event(k, flash, 4, 1, 0), "flash hook");
	CHECK_INT(0, keypad_event(k, fax, 4, 1, 0), "a fax's tone");
	for (size_t len = 0; len < 4; len++)
		CHECK_INT(0, keypad_event(k, five, len, 1, 0), "truncated");
	CHECK_INT(0, keypad_info(k, 'x', 0), "x");
	CHECK_INT(0, keypad_info(k, 0, 0), "NUL");
	CHECK_INT('A', keypad_info(k, 'a', 0), "small letters are keys");
	CHECK(!keypad_busy(k, 0), "and none is held");
	keypad_free(k);
}

TEST(a_held_event_is_busy_until_its_end_or_silence)
{
	static const struct happening begin = E(0, '5', 100, 160), end = END(0, '5', 100, 640);
	struct keypad *k = NULL;

	CHECK_INT(MIX_OK, keypad_alloc(&k), "alloc");
	CHECK(!keypad_busy(k, 1000000), "at rest");
	happen(k, &begin, 0);
	CHECK(keypad_busy(k, 1050000), "held");
	happen(k, &end, 60);
	CHECK(!keypad_busy(k, 1061000), "ended");
	happen(k, &(struct happening)E(0, '5', 5000, 160), 1000);
	CHECK(keypad_busy(k, 2100000), "held again");
	CHECK(!keypad_busy(k, 2300000), "its end was lost");
	keypad_free(k);
}

TEST(what_we_send_is_one_press_of_rfc_4733)
{
	static const struct {
		const char *story;
		unsigned ms, clock_hz, step, packets, duration;
	} cases[] = {
		{ "100 ms at 8 kHz", 100, 8000, 160, 5 + 2, 800 },
		{ "not a whole number of packets", 90, 8000, 160, 5 + 2, 720 },
		{ "at Opus' clock", 100, 48000, 960, 5 + 2, 4800 },
		{ "shorter than a packet", 10, 8000, 160, 3, 80 },
		{ "the longest at 48 kHz", 1365, 48000, 960, 69 + 2, 65520 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct keypad_tx tx = { 0 };
		struct keypad *rx = NULL;
		uint8_t payload[KEYPAD_EVENT_LEN];
		unsigned packets = 0, ends = 0, reported = 0, last = 0;
		bool marker = false;
		CHECK_INT(MIX_OK, keypad_alloc(&rx), "alloc");
		CHECK_INT(
			MIX_OK, keypad_press(&tx, '#', cases[i].ms, cases[i].clock_hz, 4711), cases[i].story);
		CHECK_INT(MIX_FULL, keypad_press(&tx, '1', 100, 8000, 1), "one at a time");
		while (keypad_next(&tx, (uint16_t)cases[i].step, payload, &marker) == MIX_OK) {
			CHECK_INT(packets == 0, marker, "marker on the first only");
			CHECK_INT(11, payload[0], "event code of #");
			CHECK_INT(0, payload[1] & 0x40, "reserved bit");
			unsigned duration = (unsigned)payload[2] << 8 | payload[3];
			CHECK(duration >= last, "durations grow");
			last = duration;
			ends += payload[1] >> 7;
			reported += keypad_event(rx, payload, 4, 4711, 20000ull * packets) == '#';
			packets++;
		}
		CHECK_INT(cases[i].packets, packets, cases[i].story);
		CHECK_INT(3, ends, "end packets");
		CHECK_INT(cases[i].duration, last, cases[i].story);
		CHECK_INT(1, reported, "our own receiver hears one key");
		CHECK_INT(0, tx.digit, "idle again");
		keypad_free(rx);
	}

	struct keypad_tx tx = { 0 };
	CHECK_INT(MIX_RANGE, keypad_press(&tx, 'x', 100, 8000, 0), "no such key");
	CHECK_INT(MIX_RANGE, keypad_press(&tx, 0, 100, 8000, 0), "NUL");
	CHECK_INT(MIX_RANGE, keypad_press(&tx, '1', 0, 8000, 0), "no time");
	CHECK_INT(MIX_RANGE, keypad_press(&tx, '1', 9000, 8000, 0), "over 16 bits of duration");
}

TEST(allocation_failures_leave_nothing_behind)
{
	struct keypad *k = NULL;
	enum mix_err err = MIX_OK;

	STARVE(err, keypad_alloc(&k), MIX_NOMEM);
	CHECK(!keypad_free(k) && !keypad_free(NULL), "free returns NULL");
}

TESTS(one_key_is_one_digit_whatever_the_network_did, what_is_no_key_is_nothing,
	a_held_event_is_busy_until_its_end_or_silence, what_we_send_is_one_press_of_rfc_4733,
	allocation_failures_leave_nothing_behind)
