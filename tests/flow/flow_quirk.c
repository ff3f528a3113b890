/* links: tests/rawsip.c mixer/rtp.c mixer/err.c */
/* A carrier with its own idea of RTP (FEATURES T15): sound and keys come through, and the operator reads what it does. */
#include "mixer/rtp.h"
#include "tests/flow/ask.h"
#include "tests/flow/ctl.h"
#include "tests/flow/bridge.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 8000, EVENT_PT = 101, ODD_EVENT_PT = 118, PACKET = 20 };

struct sender {
	int fd;
	struct sockaddr_in to;
	struct rtp head;
	double phase;
};

/* A socket of 127.0.0.2 that is not where the description says. */
static void sender_open(struct sender *s, const struct raw *r)
{
	const struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = { inet_addr("127.0.0.2") } };
	const char *media = strstr(r->last, "m=audio ");

	memset(s, 0, sizeof(*s));
	s->head = (struct rtp){ .seq = 1, .timestamp = 1000, .ssrc = 4711, .marker = true };
	s->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { inet_addr("127.0.0.1") } };
	CHECK(media, "%s", r->last);
	s->to.sin_port = htons((uint16_t)strtoul(media + 8, NULL, 10));
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(s->fd >= 0 && bind(s->fd, (const struct sockaddr *)&from, sizeof(from)) == 0, "socket");
}

static void put(struct sender *s, const uint8_t *payload, size_t len)
{
	uint8_t bytes[400];

	rtp_write(bytes, &s->head);
	memcpy(bytes + RTP_HEADER, payload, len);
	(void)sendto(s->fd, bytes, RTP_HEADER + len, 0, (const struct sockaddr *)&s->to, sizeof(s->to));
	s->head.seq++;
}

/* G.711 mu-law, coarsely: eight segments of a sine are enough to be heard. */
static uint8_t ulaw(double x)
{
	int sample = (int)fabs(x) + 33, segment = 7;

	while (segment > 0 && !(sample & (0x20 << segment)))
		segment--;
	return (uint8_t) ~((x < 0 ? 0x80 : 0) | segment << 4 | ((sample >> (segment + 1)) & 15));
}

/* A second of tone: every packet marked, a new SSRC in the middle. */
static void talk(struct sender *s)
{
	for (unsigned i = 0; i < 50; i++) {
		uint8_t payload[160];

		for (size_t k = 0; k < sizeof(payload); k++)
			payload[k] = ulaw(3000 * sin(s->phase += 2 * M_PI * 500 / 8000));
		s->head.ssrc = i < 25 ? 4711 : 4712;
		s->head.payload_type = 0;
		s->head.marker = true;
		put(s, payload, sizeof(payload));
		s->head.timestamp += 160;
		test_sleep_ms(PACKET);
	}
}

/* A key as another payload type than the agreed one, its timestamp moving along, three ends with three timestamps. */
static void press(struct sender *s, unsigned code)
{
	for (unsigned i = 0; i < 8; i++) {
		const unsigned duration = 160 * (i < 5 ? i + 1 : 6);
		const uint8_t payload[4] = { (uint8_t)code, (uint8_t)(10 | (i >= 5 ? 0x80 : 0)),
			(uint8_t)(duration >> 8), (uint8_t)duration };

		s->head.payload_type = ODD_EVENT_PT;
		s->head.marker = i == 0;
		put(s, payload, sizeof(payload));
		s->head.timestamp += 160;
		test_sleep_ms(PACKET);
	}
}

/* The attendant is told a meeting and its PIN by such keys: the caller gets in, and is heard. */
TEST(an_odd_carrier_is_heard_and_named)
{
	static const unsigned keys[] = { 4, 8, 3, 9, 2, 0, 1, 7, 5, 11, 4, 8, 2, 1, 11 };
	static const char *const names[] = { "other_port", "ssrc_changes", "marker_always",
		"other_payload_type", "event_timestamp_moves" };
	struct bridge b;
	struct sender s;
	struct raw r;
	json_t *row;
	char *text, words[RAW_TAG + 8];

	CHECK(bridge_start(&b, NULL), "bridge");
	CHECK(raw_open(&r, "127.0.0.2", 0, b.sip_port, false), "socket");
	CHECK_INT(200, raw_call(&r, "+15550100"), "answered");
	sender_open(&s, &r);
	talk(&s);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		press(&s, keys[i]);
	CHECK(bridge_wait_count(&b, "/v1/meetings/483920175/participants", 1, WAIT_MS),
		"the keys were all heard, once each");
	talk(&s);
	talk(&s);
	row = bridge_get(&b, "/v1/meetings/483920175/participants");
	text = json_dumps(
		json_object_get(
			json_array_get(
				json_object_get(json_array_get(json_object_get(row, "items"), 0), "legs"), 0),
			"quirks"),
		0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK(text && strstr(text, names[i]), "%s is not in %s", names[i], text);
	CHECK(!strstr(text, "event_no_end") && !strstr(text, "timestamp_jumps"), "%s", text);
	free(text);
	CHECK(json_at(row, "items.0.legs.0.quality.level_dbov", 0) > -40, "it is heard: %.0f dBov",
		json_at(row, "items.0.legs.0.quality.level_dbov", 0));
	json_decref(row);
	raw_request(&r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(&r, 3000), "BYE");
	row = record_wait(&b, r.call_id, WAIT_MS);
	CHECK(row && strstr(json_text_at(row, "quirks"), "event_timestamp_moves"), "the record");
	json_decref(row);
	snprintf(words, sizeof(words), "trace %s", r.call_id);
	ctl_says(&b, 0, words,
		SAYS("the far end sends from another port than its description says (other_port)",
			"the far end changes its SSRC without a word (ssrc_changes)",
			"the far end moves the timestamp while a key is down (event_timestamp_moves)"));
	ctl_says(&b, 0, "trunk get carrier-a",
		SAYS("QUIRK", "event_timestamp_moves      1  moves the timestamp", "ssrc_changes"));
	close(s.fd);
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(an_odd_carrier_is_heard_and_named)
