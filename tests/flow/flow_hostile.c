/* links: tests/attack_api.c tests/attack_media.c tests/attack_sip.c tests/garble.c tests/rawsip.c tests/watch.c tests/wire.c */
/* Bad input of every kind while a meeting is in progress: nobody in it may notice (issue 2, shown 4).
 *
 * Two bridges run side by side with a watched meeting each.  One is attacked for as long as the meeting lasts, the other is left
 * alone: gaps and late ticks that both have are the machine's. */
#include "tests/attack.h"
#include "tests/test.h"
#include "tests/watch.h"

#include <sys/resource.h>
#include <unistd.h>

enum {
	WATCH_SECONDS = 45,
	K2_MS = 33000, /* 64 * T1 and a little: when K2 would kill */
	STOP_MS = 8000,
};

static const unsigned intruder_hz[WATCH_INTRUDERS] = { STRANGER_HZ, WRONG_PORT_HZ, FORGED_HZ };
/* One packet of theirs among the 25 of half a second would be at -34 dBov. */
#define HEARD_DBOV (-45.0)

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false, noise_suppression: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open, chimes: false }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n";

/* ---- the whole ---- */

static void attack_all(struct attack *a)
{
	struct port_list ports;
	const uint64_t begun_ms = test_now_ms();

	attack_k2(a);
	attack_k3(a);
	attack_torture(a);
	attack_check_alive(a, "after RFC 4475");
	attack_find_ports(a, &ports);
	CHECK(ports.n >= WATCH_CALLERS, "%u RTP ports are open", ports.n);
	if ((int64_t)(begun_ms + WATCH_PROMPTS_MS + 1000 - test_now_ms()) >
		0) /* from here on every caller is watched */
		test_sleep_ms((unsigned)(begun_ms + WATCH_PROMPTS_MS + 1000 - test_now_ms()));
	attack_speak(&ports, ATTACK_STRANGER, STRANGER_HZ, 1500);
	attack_speak(&ports, ATTACK_TRUNK, WRONG_PORT_HZ, 1500);
	attack_throw(a, &ports);
	attack_inside(a);
	attack_check_alive(a, "after nonsense in RTP and RTCP");
	attack_descriptions(a);
	attack_check_alive(a, "after descriptions");
	attack_garbled(a);
	attack_check_alive(a, "after garbled SIP");
	attack_as_stranger(a);
	attack_check_alive(a, "after strangers");
	attack_half_open(a);
	attack_check_alive(a, "after half-open connections");
	attack_api(a);
	attack_check_alive(a, "after shouting at the API");
	print_message("  attacked for %llu ms\n", (unsigned long long)(test_now_ms() - begun_ms));
	if (test_now_ms() < a->poisoned_ms + K2_MS)
		test_sleep_ms((unsigned)(a->poisoned_ms + K2_MS - test_now_ms()));
	attack_check_alive(a, "K2: alive when the library's timers are over");
}

static void start(struct bridge *b, struct attack *a, unsigned slice)
{
	char ports[32];

	a->first_port = 12000 + (unsigned)getpid() % 20 * 1000 + slice * 500;
	a->last_port = a->first_port + 499;
	snprintf(ports, sizeof(ports), "%u-%u", a->first_port, a->last_port);
	CHECK(bridge_start(b, &(struct bridge_setup){ .site = site, .rtp_ports = ports }),
		"the bridge comes up");
}

TEST(nobody_in_a_meeting_notices)
{
	const struct rlimit files = { 4096, 4096 };
	struct bridge attacked, quiet;
	struct attack attack = { 0 }, none = { 0 };
	struct watch watch, control;
	struct watch_seen seen, by_itself;

	setrlimit(RLIMIT_NOFILE, &files);
	start(&attacked, &attack, 0);
	start(&quiet, &none, 1);
	attack_begin(&attack, &attacked);
	CHECK(watch_begin(&watch, &attacked, ATTACK_MEETING, WATCH_SECONDS) &&
			watch_begin(&control, &quiet, ATTACK_MEETING, WATCH_SECONDS),
		"both meetings are in progress");
	attack_all(&attack);
	CHECK(watch_end(&watch, &seen, intruder_hz), "the attacked meeting");
	CHECK(watch_end(&control, &by_itself, intruder_hz), "the other meeting");
	watch_print("attacked", &seen);
	watch_print("left alone", &by_itself);

	CHECK(seen.planned && by_itself.planned, "all calls went as planned");
	CHECK(seen.gaps <= 2 * by_itself.gaps + 3, "gaps in the sound: %u", seen.gaps);
	CHECK_NEAR(-20.0, seen.worst_dbov, 1.0, "the quietest tone");
	CHECK(seen.own_dbov < -60.0, "own voice at %.1f dBov", seen.own_dbov);
	for (int i = 0; i < WATCH_INTRUDERS; i++)
		CHECK(seen.intruder_dbov[i] < HEARD_DBOV, "%u Hz is heard at %.1f dBov", intruder_hz[i],
			seen.intruder_dbov[i]);
	CHECK(seen.lost <= 2 * by_itself.lost + 3, "packets lost: %.0f", seen.lost);
	CHECK(seen.late_ticks <= 2 * by_itself.late_ticks + 5, "late ticks: %.0f", seen.late_ticks);
	CHECK(seen.skipped_ticks <= 2 * by_itself.skipped_ticks + 2, "skipped ticks: %.0f",
		seen.skipped_ticks);

	attack_end(&attack);
	CHECK(bridge_wait_number(&attacked, "/v1/status", "calls", 0, 40000), "calls are left");
	CHECK_INT(0, bridge_number(&attacked, "/v1/status", "rtp_ports_used", -1), "ports are left");
	const uint64_t from_ms = test_now_ms();
	CHECK_INT(0, bridge_stop(&attacked), "exit status");
	CHECK(test_now_ms() - from_ms < STOP_MS, "stopped after %llu ms",
		(unsigned long long)(test_now_ms() - from_ms));
	CHECK_INT(0, bridge_stop(&quiet), "exit status of the other");
}

TESTS(nobody_in_a_meeting_notices)
