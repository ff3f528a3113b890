/* links: tests/bench/gauge.c */
/* What a call takes of memory, with all that belongs to it: Sofia's dialog, call, leg, participant, record, media, and the holes that
 * setting it up leaves behind (issue 3: 16 kB are wanted).
 *
 * How: a hundred callers are in first, so that what any first call brings about is there; what two hundred more add to
 * the heap, used and free, is theirs (resident memory is told as well, but grows by large pages).  The trace, whose bytes are bounded for all calls together, is off.  They come at 25 a
 * second, however fast the machine is: what is kept for a moment after each answer is the same everywhere. */
#include "tests/bench/gauge.h"
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST = 100,
	MORE = 200,
	PER_ROOM = 10,
	ROOMS = (FIRST + MORE) / PER_ROOM,
	SITE_TEXT = 16384,
	UP_MS = 60000,
	BYTES_MAX = 16600 /* 16,260 when this was written; 16,000 are wanted */
};

static const char *write_site(void)
{
	static char text[SITE_TEXT];
	size_t n = 0;

	n += (size_t)snprintf(text + n, sizeof(text) - n, "accounts:\n  - name: acme\n    meetings:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"      - { id: \"%u\", name: Room %u, chimes: false }\n", 700000000 + i, i);
	n += (size_t)snprintf(text + n, sizeof(text) - n,
		"trunks:\n  - name: carrier-a\n    inbound: { from: [ 127.0.0.2/32 ] }\nnumbers:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"  - { number: \"+1555%u\", trunk: carrier-a, account: acme, answer: \"meeting:%u\" "
			"}\n",
			1000 + i, 700000000 + i);
	return text;
}

static bool start_callers(
	struct bridge *b, struct peer *crowd, const char *name, unsigned first_room, unsigned calls)
{
	char to[64], each[32], count[16];

	snprintf(to, sizeof(to), "sip:+1555{}@127.0.0.1:%u", b->sip_port);
	snprintf(each, sizeof(each), "%u..%u", 1000 + first_room, 1000 + first_room + calls / PER_ROOM - 1);
	snprintf(count, sizeof(count), "%u", calls);
	const char *const argv[] = { "--to", to, "--each", each, "--calls", count, "--rate", "25",
		"--seconds", "120", "--codec", "PCMU", "--say", "noise:-30", "--talkers", "10", NULL };
	return bridge_crowd_start(b, crowd, name, argv);
}

static double metric(const char *metrics, const char *name)
{
	const char *line = metrics ? strstr(metrics, name) : NULL;

	CHECK(line, "no %s", name);
	return line ? strtod(line + strlen(name), NULL) : 0;
}

static double memory_with(const struct bridge *b, unsigned callers)
{
	struct gauge g;
	char *metrics;
	double used, unused;

	CHECK(bridge_wait_number(b, "/v1/status", "participants", callers, UP_MS), "%u callers are in",
		callers);
	test_sleep_ms(3000); /* the last answers are forgotten */
	metrics = bridge_text(b, "GET", "/metrics", NULL, NULL, NULL);
	used = metric(metrics, "\npartyline_heap_used_bytes ");
	unused = metric(metrics, "\npartyline_heap_free_bytes ");
	free(metrics);
	CHECK(gauge_read(&g, b->peer.pid), "its memory");
	print_message("%u callers: heap %.0f bytes used, %.0f free; resident %.0f kB\n", callers, used,
		unused, g.rss_kb);
	return used + unused;
}

TEST(a_whole_call_stays_small)
{
	struct bridge_setup setup = { .site = write_site(),
		.node = "log: { level: warning }\ntrace: { calls: 0 }\n",
		.max_load = "100" };
	struct peer first, more;
	struct bridge b;
	double before, after, bytes;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* their malloc is another one */
#endif
	CHECK(bridge_start(&b, &setup), "bridge");
	CHECK(start_callers(&b, &first, "first", 0, FIRST), "the first");
	before = memory_with(&b, FIRST);
	CHECK(start_callers(&b, &more, "more", FIRST / PER_ROOM, MORE), "more");
	after = memory_with(&b, FIRST + MORE);
	bytes = (after - before) / MORE;
	print_message("%.0f bytes a call\n", bytes);
	CHECK(bytes > 0 && bytes <= BYTES_MAX, "%.0f bytes a call, %d are allowed", bytes, BYTES_MAX);
	peer_stop(&first, 10000);
	peer_stop(&more, 10000);
	CHECK_INT(0, bridge_stop(&b), "exit");
}

TESTS(a_whole_call_stays_small)
