/* links: tests/caller.c tests/rawsip.c */
/* Calls of a trunk with `media_port: shared`: one RTP port for many, and each hears its own meeting and nobody else's. */
#include "tests/caller.h"
#include "tests/flow/ask.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PEOPLE = 6,
	MEETINGS = 2,
	WORKERS = 2,
	JOIN_MS = 8000,
	PROMPTS_MS = 20000,
	PAUSE_MS = 2000, /* longer than any pause in a prompt */
	SETTLE_MS = 1500,
	SPAN_MS = 600,
	TOLD_MS = 4000, /* "you are muted": while it is said the room is quieter */
	SPANS = 8,
	STRANGE = 40,
	PUBLISH_MS = 5000 /* a worker's figures are a second old at most */
};

static const char *const numbers[MEETINGS] = { "+15550101", "+15550102" };
static const char *const meetings[MEETINGS] = { "100200300", "100200301" };
static const unsigned tones[PEOPLE] = { 500, 780, 1120, 1570, 2050, 1850 };

struct house {
	struct bridge bridge;
	struct crew crew;
	struct caller callers[PEOPLE];
	uint64_t called_ms[PEOPLE];
};

/* Two accounts behind one carrier. */
static const char *site(const char *media_port)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		"accounts:\n"
		"  - name: acme\n    meetings: [ { id: \"100200300\", name: One, chimes: false } ]\n"
		"  - name: brick\n    meetings: [ { id: \"100200301\", name: Two, chimes: false } ]\n"
		"trunks:\n  - { name: carrier-a, media_port: %s, inbound: { from: [ 127.0.0.2/32 ] } }\n"
		"numbers:\n"
		"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" "
		"}\n"
		"  - { number: \"+15550102\", trunk: carrier-a, account: brick, answer: "
		"\"meeting:100200301\" }\n",
		media_port);
	return text;
}

/* Neighbours in the order of their calls are in different accounts' meetings. */
static void enter(struct house *h, unsigned i)
{
	char from[96], name[16];

	snprintf(name, sizeof(name), "caller %u", i);
	snprintf(from, sizeof(from), "\"%s\" <sip:+155590001%02u@127.0.0.2>", name, i);
	h->called_ms[i] = test_now_ms();
	CHECK_INT(200, caller_call(&h->crew, &h->callers[i], h->bridge.sip_port, numbers[i % MEETINGS], from),
		name);
	json_t *row = roster_wait(&h->bridge, meetings[i % MEETINGS], name, JOIN_MS);
	CHECK(row, "%s is in the meeting", name);
	json_decref(row);
}

static bool prompts_are_over(void *arg)
{
	struct house *h = arg;
	const uint64_t now = test_now_ms();

	for (unsigned i = 0; i < PEOPLE; i++) {
		struct caller *c = &h->callers[i];

		if (c->up && (caller_loudness(c, now - PAUSE_MS, now) > -70 ||
				     caller_loudness(c, h->called_ms[i], now) < -70))
			return false;
	}
	return true;
}

static bool hears(unsigned listener, unsigned talker, unsigned silent)
{
	return listener != talker && listener % MEETINGS == talker % MEETINGS && talker != silent;
}

/* Nobody ever hears whom he should not; whom he should, at the right level as soon as the machine lets a span be whole. */
static void check_who_hears_whom(struct house *h, unsigned silent)
{
	unsigned wrong = 1, spans = 0;

	for (; wrong && spans < SPANS; spans++) {
		uint64_t to = test_now_ms(), from = to - SPAN_MS;

		wrong = 0;
		for (unsigned l = 0; l < PEOPLE; l++)
			for (unsigned t = 0; t < PEOPLE; t++) {
				double level = caller_heard(&h->callers[l], tones[t], from, to);

				if (!hears(l, t, silent))
					CHECK(level < -60, "caller %u hears caller %u at %.1f dBov", l, t,
						level);
				else
					wrong += level < -27.5 || level > -24.5;
			}
		if (wrong)
			test_sleep_ms(SPAN_MS);
	}
	CHECK_INT(0, wrong, "everybody hears his meeting at -26 dBov");
}

static unsigned ports_used(const struct house *h)
{
	return (unsigned)bridge_number(&h->bridge, "/v1/status", "rtp_ports_used", 999);
}

static double strangers(const struct house *h)
{
	json_t *status = bridge_get(&h->bridge, "/v1/status");
	double sum = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		char at[32];

		snprintf(at, sizeof(at), "workers.%u.strangers", i);
		sum += json_at(status, at, -1e9);
	}
	json_decref(status);
	return sum;
}

static bool strangers_are_counted(void *arg)
{
	return strangers(arg) >= STRANGE;
}

/* Somebody at the caller's own address, on another port, sends what could be the caller's next packets, loud. */
static void intrude(const struct caller *c)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	uint8_t packet[12 + CALLER_FRAME] = { 0x80 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, "127.0.0.2", &from.sin_addr);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0, "socket");
	memset(packet + 12, 0x80, CALLER_FRAME / 2); /* a square as loud as PCMU has it */
	for (unsigned i = 0; i < STRANGE; i++) {
		uint16_t seq = htons((uint16_t)(c->seq + i));
		uint32_t timestamp = htonl(c->timestamp + i * CALLER_FRAME), ssrc = htonl(c->ssrc);

		memcpy(packet + 2, &seq, sizeof(seq));
		memcpy(packet + 4, &timestamp, sizeof(timestamp));
		memcpy(packet + 8, &ssrc, sizeof(ssrc));
		CHECK(sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)&c->far,
			      sizeof(c->far)) > 0,
			"sent");
		test_sleep_ms(5);
	}
	close(fd);
}

TEST(one_port_for_many_callers)
{
	struct house *h = calloc(1, sizeof(*h));
	struct bridge_setup setup = { .site = site("shared"), .workers = "2" };
	uint64_t at;

	CHECK(h && bridge_start(&h->bridge, &setup), "the bridge is up");
	crew_start(&h->crew);
	for (unsigned i = 0; i < PEOPLE; i++)
		enter(h, i);
	CHECK(ports_used(h) >= 1 && ports_used(h) <= WORKERS, "%u pairs of ports for %u callers",
		ports_used(h), PEOPLE);
	for (unsigned i = 0; i < PEOPLE; i++)
		CHECK(h->callers[i].far.sin_port, "caller %u sends somewhere", i);
	CHECK(wait_until(prompts_are_over, h, PROMPTS_MS), "all have been told how many are here");
	for (unsigned i = 0; i < PEOPLE; i++)
		caller_tone(&h->callers[i], tones[i], -26);
	test_sleep_ms(SETTLE_MS + SPAN_MS);
	check_who_hears_whom(h, PEOPLE);

	intrude(&h->callers[0]);
	CHECK(wait_until(strangers_are_counted, h, PUBLISH_MS), "%.0f packets of strangers", strangers(h));
	test_sleep_ms(SPAN_MS);
	check_who_hears_whom(h, PEOPLE);

	caller_press(&h->callers[1], "*6", NULL); /* keys come by the same port */
	test_sleep_ms(TOLD_MS);
	check_who_hears_whom(h, 1);
	caller_press(&h->callers[1], "*6", NULL);
	CHECK_INT(200, caller_reinvite(&h->callers[2], "sendonly", true), "holds without an address");
	CHECK_INT(200, caller_reinvite(&h->callers[2], "sendrecv", false), "and is back");
	test_sleep_ms(TOLD_MS);
	check_who_hears_whom(h, PEOPLE);

	for (unsigned i = 0; i < PEOPLE; i++)
		CHECK(caller_bye(&h->callers[i]), "caller %u hangs up", i);
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "calls", 0, JOIN_MS), "all calls are over");
	CHECK(ports_used(h) <= WORKERS, "the ports stay, %u of them", ports_used(h));

	/* from now on with a port of its own */
	const unsigned shared = ports_used(h);
	CHECK_INT(200, bridge_put_site(&h->bridge, site("own"), NULL), "the trunk is changed");
	enter(h, 0);
	CHECK_INT(shared + 1, ports_used(h), "its own");
	at = test_now_ms();
	CHECK(caller_bye(&h->callers[0]), "hangs up after %u ms", (unsigned)(test_now_ms() - at));
	CHECK(bridge_wait_number(&h->bridge, "/v1/status", "calls", 0, JOIN_MS), "and is gone");
	CHECK_INT(shared, ports_used(h), "given back");
	crew_stop(&h->crew);
	CHECK_INT(0, bridge_stop(&h->bridge), "the bridge ends in order");
	free(h);
}

TESTS(one_port_for_many_callers)
