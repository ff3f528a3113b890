/* The media thread's promise (STYLE.md section 6): no lock, allocation, file, log or sleep in a tick.
 *
 * partylined runs under guard.so while a crowd uses all of it; the guard ends it at the first call that may wait. */
#include "tests/caller.h"
#include "tests/flow/ask.h"
#include "tests/test.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, LINE = 128, READY_MS = 15000, CREW = 3, CHURN = 40 };

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: true, noise_suppression: true }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open }\n"
	"      - { id: \"100200301\", name: Hosted, host_pin: \"900911\" }\n"
	"trunks:\n"
	"  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] } }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n";

/* Runs a program; its exit code, 128 + signal; what it wrote goes to `out`. */
static int run(const struct folder *f, const char *name, const char *const argv[], char **out)
{
	struct peer p;
	int code;

	CHECK(peer_start(&p, f, name, argv), "%s starts", name);
	code = peer_wait_exit(&p, READY_MS);
	if (code == PEER_RUNNING)
		code = peer_stop(&p, 1000);
	*out = peer_output(&p);
	CHECK(*out, "memory");
	return code;
}

static void judge(const struct folder *f, const char *preload, const char *planted, const char *deed)
{
	const bool allowed = deed[0] == '+';
	char *told;
	int code = run(f, "deed", (const char *const[]){ "env", preload, planted, deed, NULL }, &told);

	CHECK_INT(allowed ? 0 : 128 + SIGABRT, code, deed);
	CHECK((strstr(told, "rt: in a tick") == NULL) == allowed, "%s: it said '%s'", deed, told);
	free(told);
}

/* A guard that sees nothing would let everything pass. */
TEST(guard_sees_what_it_must_and_no_more)
{
	char planted[FOLDER_PATH * 2], guard[FOLDER_PATH * 2], preload[FOLDER_PATH * 2 + 16], *list;
	unsigned n_allowed = 0, n_banned = 0;
	struct folder f;

	CHECK(folder_make(&f), "a folder");
	build_program("tests/rt/planted", planted);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", build_program("tests/rt/guard.so", guard));
	CHECK_INT(0, run(&f, "list", (const char *const[]){ planted, "--list", NULL }, &list), "the list");
	for (char *rest = list, *deed = strtok_r(list, "\n", &rest); deed;
		deed = strtok_r(NULL, "\n", &rest)) {
		judge(&f, preload, planted, deed);
		n_allowed += deed[0] == '+';
		n_banned += deed[0] != '+';
	}
	CHECK(n_banned >= 15 && n_allowed >= 6, "%u and %u of them", n_banned, n_allowed);
	free(list);
	folder_remove(&f);
}

/* Everybody who comes and goes by crowd: all codecs, all ways of keying, prompts, long and short packets, DTX. */
static void start_crowds(struct bridge *b, struct peer crowd[CREW])
{
	const char *const through_attendant[] = { "--to", b->uri_attendant, "--keys", "483920175#4821#",
		"--calls", "8", "--codec", "mix", "--talkers", "6", "--say", "tone:440:-20:0.7+silence:0.3",
		"--seconds", "14", "--and", "--digits-by", "inband", "--calls", "4", "--and", "--digits-by",
		"event+info", "--calls", "4", "--talkers", "0", "--quiet", "noise:-60", NULL };
	const char *const into_a_meeting[] = { "--to", b->uri_meeting, "--calls", "8", "--codec", "mix",
		"--ptime", "20", "--say", "tone:600:-20:0.6+silence:0.4", "--seconds", "14", "--and",
		"--ptime", "10", "--codec", "PCMA", "--calls", "2", "--and", "--ptime", "60", "--codec",
		"opus", "--dtx", "--calls", "4", "--say", "silence", "--and", "--ptime", "40", "--codec",
		"G722", "--calls", "2", NULL };
	const char *const who_come_and_go[] = { "--to", b->uri_meeting, "--codec", "mix", "--calls", "40",
		"--rate", "4", "--own-time", "--seconds", "1", "--say", "noise:-26", NULL };

	CHECK(bridge_crowd_start(b, &crowd[0], "attended", through_attendant), "crowd");
	CHECK(bridge_crowd_start(b, &crowd[1], "direct", into_a_meeting), "crowd");
	CHECK(bridge_crowd_start(b, &crowd[2], "fleeting", who_come_and_go), "crowd");
}

/* What crowd does not do: keys in the meeting, hold in three ways, packets that come late, twice, in the wrong order.
 * False: something was not answered, as when the bridge is gone. */
static bool trouble(struct bridge *b, struct crew *crew, struct caller callers[3])
{
	struct caller *host = &callers[0], *guest = &callers[1], *other = &callers[2];

	if (caller_call(crew, host, b->sip_port, "+15550102", NULL) != 200 ||
		caller_call(crew, guest, b->sip_port, "+15550102", NULL) != 200 ||
		caller_call(crew, other, b->sip_port, "+15550101", NULL) != 200)
		return false;
	caller_press(host, "900911#", NULL);
	caller_press(guest, "#", NULL);
	caller_tone(host, 500, -20);
	caller_tone(guest, 700, -20);
	caller_spoil(guest, 7, 11, 13);
	caller_press(guest, "*9*6*6*0", NULL);
	caller_press(host, "*2*3*4*7*8*8*5*5*1*1", NULL);
	if (caller_reinvite(guest, "sendonly", false) != 200)
		return false;
	caller_press(host, "**", NULL);
	if (caller_reinvite(guest, "sendrecv", false) != 200 ||
		caller_reinvite(other, "inactive", false) != 200 ||
		caller_reinvite(other, "sendrecv", true) != 200 ||
		caller_reinvite(other, "sendrecv", false) != 200)
		return false;
	caller_wire(other, false);
	test_sleep_ms(300);
	caller_wire(other, true);
	if (!caller_bye(other))
		return false;
	caller_press(host, "##", NULL);
	return true;
}

/* The guard's word is in the log: whoever reads of a failure wants to see it. */
static void must_live(struct bridge *b)
{
	if (peer_wait_exit(&b->peer, 0) != PEER_RUNNING)
		peer_show(&b->peer);
	CHECK_INT(PEER_RUNNING, b->peer.code, "the bridge lives");
}

static double ticks_of_workers(const struct bridge *b)
{
	double ticks = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		char at[LINE];

		snprintf(at, sizeof(at), "workers.%u.ticks", i);
		ticks += bridge_number(b, "/v1/status", at, 0);
	}
	return ticks;
}

TEST(no_tick_of_a_busy_bridge_waits)
{
	char guard[FOLDER_PATH * 2], preload[FOLDER_PATH * 2 + 16], *told;
	const char *const wrap[] = { "env", preload, NULL };
	const struct bridge_setup setup = { .site = site, .workers = "2", .room_legs = "3", .wrap = wrap };
	unsigned long watched = 0, sockets = 0, eventfds = 0, faults = 99;
	unsigned threads = 0;
	struct caller *callers = calloc(3, sizeof(*callers));
	struct peer crowd[CREW];
	struct crew crew;
	struct bridge b;
	double ticks;

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", build_program("tests/rt/guard.so", guard));
	CHECK(callers && bridge_start(&b, &setup), "the bridge comes up");
	b.trouble = true; /* until the end: an abort shows its stack */
	start_crowds(&b, crowd);
	crew_start(&crew);
	const bool all_well = trouble(&b, &crew, callers);
	must_live(&b);
	CHECK(all_well, "hold, resume and leaving were answered");
	for (unsigned i = 0; i < CREW; i++) {
		int code = -1;
		json_t *report = bridge_crowd_end(&b, &crowd[i], 40000, &code);

		must_live(&b);
		CHECK_INT(0, code, "all calls went as planned");
		json_decref(report);
	}
	crew_stop(&crew);
	test_sleep_ms(1200); /* workers publish once a second */
	ticks = ticks_of_workers(&b);

	CHECK_INT(0, peer_stop(&b.peer, 15000), "exit code");
	told = peer_output(&b.peer);
	const char *line = strstr(told, "\nrt: "); /* not the end of a word */
	line = line ? line + 1 : NULL;
	CHECK(line &&
			sscanf(line, "rt: %lu ticks of %u media threads watched, %lu socket and %lu eventfd",
				&watched, &threads, &sockets, &eventfds) == 4 &&
			(line = strstr(line, "let through, ")) &&
			sscanf(line, "let through, %lu", &faults) == 1,
		"the guard told: %s", line ? line : "nothing");
	print_message("%lu ticks of %u media threads, %lu calls on sockets, %lu on eventfds, %lu faults\n",
		watched, threads, sockets, eventfds, faults);
	CHECK_INT(0, faults, "faults");
	CHECK_INT(WORKERS, threads, "media threads");
	CHECK(ticks > 1000 && (double)watched >= ticks, "%lu ticks watched of %.0f that ran", watched, ticks);
	CHECK(sockets > 10 * CHURN && eventfds > CHURN, "the guard sees calls: %lu, %lu", sockets, eventfds);
	b.trouble = false;
	bridge_stop(&b);
	free(told);
	free(callers);
}

TESTS(guard_sees_what_it_must_and_no_more, no_tick_of_a_busy_bridge_waits)
