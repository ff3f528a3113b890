/* links: mixer/agc.c mixer/mix.c mixer/cue.c mixer/cue_load.c mixer/cue_player.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/resample.c mixer/level.c mixer/err.c mixer/lull.c tests/far.c tests/rawsip.c tests/record.c tests/speech.c tests/wire.c */
/* How calls sound, through the whole program: voices of one loudness, legs in trouble named within seconds, figures in roster,
 * record and extended reports.  Four meetings at once, all callers are UDP sockets of the test's own. */
#include "mixer/agc.h"
#include "tests/far.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/record.h"
#include "tests/speech.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PROMPTS_MS = 9000, /* who joins is told something; and voices have been levelled */
	LOOK_MS = 9000,
	ECHO_AFTER = 6, /* packets */
	ECHO_DB = 12,
	ONE_WAY_MS = 5500, /* 5 s, and the signalling between */
	LOSE_EVERY = 10
};

#define LOUD_DBOV (-16.0)
#define QUIET_DBOV (-38.0)

#define SITE(levelling)                                                                                      \
	"accounts:\n"                                                                                        \
	"  - name: acme\n"                                                                                   \
	"    audio: { levelling: " levelling " }\n"                                                          \
	"    meetings:\n"                                                                                    \
	"      - { id: \"100200301\", name: Loud, chimes: false }\n"                                         \
	"      - { id: \"100200302\", name: Quiet, chimes: false }\n"                                        \
	"      - { id: \"100200303\", name: Echo, chimes: false }\n"                                         \
	"      - { id: \"100200304\", name: Silent, chimes: false }\n"                                       \
	"trunks:\n"                                                                                          \
	"  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] }, codecs: [ PCMU ] }\n"                   \
	"numbers:\n"                                                                                         \
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200301\" }\n"    \
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:100200302\" }\n"    \
	"  - { number: \"+15550103\", trunk: carrier-a, account: acme, answer: \"meeting:100200303\" }\n"    \
	"  - { number: \"+15550104\", trunk: carrier-a, account: acme, answer: \"meeting:100200304\" }\n"

enum who { LOUD, LOUD_EAR, QUIET, QUIET_EAR, TALKER, RETURNER, TONE, SILENT, DEAD, CALLERS };
static const char *const numbers[CALLERS] = { "+15550101", "+15550101", "+15550102", "+15550102", "+15550103",
	"+15550103", "+15550104", "+15550104", "+15550104" };

struct stage {
	struct bridge b;
	struct events *events;
	struct far far[CALLERS];
	struct speech voice[3]; /* owned; of LOUD, QUIET, TALKER */
};

static struct speech voice(const char *name, double dbov)
{
	char path[200];
	struct speech s;

	snprintf(path, sizeof(path), "%s%s", SPEECH_FOLDER, name);
	s = speech_load(path, 20);
	CHECK(s.n > 0, "%s is there", name);
	speech_scale(&s, dbov);
	return s;
}

static void everybody_calls(struct stage *st)
{
	st->voice[0] = voice("demo-congrats.g722", LOUD_DBOV);
	st->voice[1] = voice("demo-congrats.g722", QUIET_DBOV);
	st->voice[2] = voice("demo-instruct.g722", -26);
	for (int i = 0; i < CALLERS; i++)
		far_call(&st->far[i], &st->b, numbers[i], NULL, i == TONE ? 620 : 0);
	wire_say(&st->far[LOUD].wire, st->voice[0].pcm, st->voice[0].n);
	wire_say(&st->far[QUIET].wire, st->voice[1].pcm, st->voice[1].n);
	wire_say(&st->far[TALKER].wire, st->voice[2].pcm, st->voice[2].n);
	wire_return(&st->far[RETURNER].wire, ECHO_AFTER, ECHO_DB);
	wire_lose(&st->far[QUIET_EAR].wire, LOSE_EVERY);
	wire_aim(&st->far[DEAD].wire, 0);
}

/* ---- events ---- */

static const json_t *event_of(struct stage *st, const char *type, enum who who, unsigned ms, uint64_t *at_ms)
{
	int i = events_wait(st->events, 0, type, "call_id", st->far[who].sip.call_id, ms);

	CHECK(i >= 0, "%s of caller %d", type, who);
	return events_get(st->events, i, at_ms);
}

static void check_one_way(struct stage *st, enum who who, const char *kind)
{
	uint64_t at_ms = 0;
	const json_t *event = event_of(st, "call.one_way", who, ONE_WAY_MS + 2000, &at_ms);

	CHECK_STR(kind, json_text_at(event, "kind"), "kind");
	CHECK(at_ms - st->far[who].since_ms <= ONE_WAY_MS, "%s: told after %u ms", kind,
		(unsigned)(at_ms - st->far[who].since_ms));
	print_message("%s: told after %u ms\n", kind, (unsigned)(at_ms - st->far[who].since_ms));
}

/* Its delay: the packets that it waits, those under way, and our buffer. */
static void check_echo(struct stage *st)
{
	uint64_t at_ms = 0;
	const json_t *event = event_of(st, "call.echo", RETURNER, 20000, &at_ms);

	print_message("echo: %.0f ms, %.0f dB down, told after %u ms\n", json_at(event, "delay_ms", -1),
		json_at(event, "loss_db", -1), (unsigned)(at_ms - st->far[RETURNER].since_ms));
	CHECK_NEAR(ECHO_AFTER * 20 + 20, json_at(event, "delay_ms", -1), 35, "delay");
	CHECK_NEAR(ECHO_DB, json_at(event, "loss_db", -1), 4, "loss");
	for (int i = 0; i < CALLERS; i++)
		CHECK(i == RETURNER || events_wait(st->events, 0, "call.echo", "call_id",
					       st->far[i].sip.call_id, 0) < 0,
			"caller %d has no echo", i);
	for (int i = 0; i < TONE; i++)
		CHECK(events_wait(st->events, 0, "call.one_way", "call_id", st->far[i].sip.call_id, 0) < 0 ||
				i == LOUD_EAR || i == QUIET_EAR,
			"caller %d is heard", i);
}

/* ---- levels ---- */

static double heard_level(struct stage *st, enum who ear, uint64_t from_ms, uint64_t to_ms)
{
	size_t n;
	int16_t *pcm = wire_sound(&st->far[ear].wire, from_ms, to_ms, &n);
	const double level = active_level(pcm, n);

	free(pcm);
	return level;
}

static void check_levels(struct stage *st)
{
	const uint64_t to_ms = test_now_ms(), from_ms = to_ms - LOOK_MS;
	const double loud = heard_level(st, LOUD_EAR, from_ms, to_ms),
		     quiet = heard_level(st, QUIET_EAR, from_ms, to_ms);

	print_message(
		"said at %.0f and %.0f, heard at %.1f and %.1f dBov\n", LOUD_DBOV, QUIET_DBOV, loud, quiet);
	CHECK_NEAR(-AGC_TARGET_DBOV, loud, 2, "the loud one");
	CHECK_NEAR(-AGC_TARGET_DBOV, quiet, 2, "the quiet one");
	CHECK_NEAR(loud, quiet, 2, "one like the other");
}

/* A site without levelling takes effect in the calls that are up. */
static void check_levels_off(struct stage *st)
{
	json_t *answer = NULL;

	CHECK_INT(200, bridge_put_site(&st->b, SITE("false"), &answer), "a new site");
	json_decref(answer);
	test_sleep_ms(500);
	const uint64_t from_ms = test_now_ms();
	test_sleep_ms(5000);
	const double quiet = heard_level(st, QUIET_EAR, from_ms, test_now_ms());
	print_message("not levelled: %.1f dBov\n", quiet);
	CHECK_NEAR(QUIET_DBOV, quiet, 3, "the quiet one as it is");
}

/* ---- figures ---- */

static void check_roster(struct stage *st)
{
	json_t *roster = bridge_get(&st->b, "/v1/meetings/100200303/participants");
	unsigned n_echo = 0;

	for (size_t i = 0; i < json_array_size(json_object_get(roster, "items")); i++) {
		const json_t *q = json_array_get(json_object_get(roster, "items"), i);

		q = json_object_get(json_array_get(json_object_get(q, "legs"), 0), "quality");
		CHECK(json_at(q, "rx_mos", -1) > 4, "rx_mos %.2f", json_at(q, "rx_mos", -1));
		n_echo += json_at(q, "echo.delay_ms", -1) > 0;
	}
	CHECK_INT(1, n_echo, "one of them has an echo");
	json_decref(roster);
}

static double mos_of(struct stage *st, enum who who)
{
	json_t *record = record_of(&st->b, st->far[who].sip.call_id, "MOS");
	const double mos = json_at(record, "rx_mos", -1);

	json_decref(record);
	return mos;
}

static void check_records(struct stage *st)
{
	const double clean = mos_of(st, LOUD_EAR), lossy = mos_of(st, QUIET_EAR);

	print_message("MOS %.2f, with every %dth packet lost %.2f\n", clean, LOSE_EVERY, lossy);
	CHECK(clean >= 4.2, "clean: %.2f", clean);
	CHECK(lossy <= 3.5 && lossy >= 2, "lossy: %.2f", lossy);
}

/* Told while the call goes on, of the one caller whose packets are lost, and in its ladder. */
static void check_quality_told(struct stage *st)
{
	const json_t *event = event_of(st, "call.quality", QUIET_EAR, 0, NULL);

	CHECK_STR("rx", json_text_at(event, "direction"), "what it sends");
	CHECK(json_is_true(json_object_get(event, "on")), "is bad");
	CHECK(json_at(event, "mos", -1) < 3.6 && json_at(event, "mos", -1) > 2, "MOS %.2f",
		json_at(event, "mos", -1));
	CHECK_STR("100200302", json_text_at(event, "meeting"), "where");
	CHECK(json_text_at(event, "participant")[0], "who");
	for (int i = 0; i < CALLERS; i++)
		CHECK(i == QUIET_EAR || events_wait(st->events, 0, "call.quality", "call_id",
						st->far[i].sip.call_id, 0) < 0,
			"caller %d sounds well", i);
}

static void check_metrics(struct stage *st)
{
	static const char *const lines[] = { "partyline_one_way_total{kind=\"silent\"} 3\n",
		"partyline_one_way_total{kind=\"nothing_in\"} 1\n", "partyline_echo_total 1\n",
		"partyline_call_mos_bucket{direction=\"rx\",le=\"3.6\"} 1\n",
		"partyline_call_mos_count{direction=\"rx\"} 8\n" };
	char *text = bridge_text(&st->b, "GET", "/metrics", NULL, NULL, NULL);

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		CHECK(text && strstr(text, lines[i]), "no %s in %s", lines[i], text);
	free(text);
}

/* ---- extended reports, as another program reads them ---- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* One IPv4 and UDP packet a report, in a file as tcpdump writes them (link type 228: IPv4). */
static void write_capture(const char *path, const struct wire *w)
{
	const uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 228 };
	FILE *f = fopen(path, "wb");

	CHECK(f, "%s", path);
	fwrite(head, sizeof(head), 1, f);
	for (size_t i = 0; i < w->n_reports; i++) {
		const struct wire_report *r = &w->reports[i];
		const uint32_t len = (uint32_t)r->len + 28, each[4] = { (uint32_t)i, 0, len, len };
		uint8_t ip[28] = { 0x45, [8] = 64, [9] = 17, [12] = 127, [15] = 1, [16] = 127, [19] = 2 };

		put16(ip + 2, len);
		put16(ip + 20, 5005);
		put16(ip + 22, 5005);
		put16(ip + 24, len - 20);
		fwrite(each, sizeof(each), 1, f);
		fwrite(ip, sizeof(ip), 1, f);
		fwrite(r->bytes, r->len, 1, f);
	}
	fclose(f);
}

static void check_extended_reports(struct stage *st)
{
	char path[FOLDER_PATH * 2], *text;
	const char *const argv[] = { "tshark", "-r", path, "-d", "udp.port==5005,rtcp", "-V", NULL };
	struct peer tshark;

	snprintf(path, sizeof(path), "%s/reports.pcap", st->b.folder.path);
	write_capture(path, &st->far[QUIET_EAR].wire);
	CHECK(peer_start(&tshark, &st->b.folder, "tshark", argv), "tshark starts");
	CHECK_INT(0, peer_wait_exit(&tshark, 15000), "tshark");
	text = peer_output(&tshark);
	const char *block = text ? strstr(text, "Type: VoIP Metrics Report Block (7)") : NULL;
	CHECK(block, "no extended report in %s", text);
	CHECK(!strstr(text, "Malformed"), "%s", text);
	for (const char *next = block; (next = strstr(next + 1, "Type: VoIP Metrics Report Block (7)"));)
		block = next;
	const char *loss = strstr(block, "Fraction lost: "), *r = strstr(block, "R Factor: "),
		   *mos = strstr(block, "MOS - Conversational Quality: ");
	CHECK(loss && r && mos, "%s", block);
	print_message("tshark reads: %.*s, %.*s, %.*s\n", (int)strcspn(loss, "\n"), loss,
		(int)strcspn(r, "\n"), r, (int)strcspn(mos, "\n"), mos);
	free(text);
}

TEST(how_calls_sound)
{
	static struct stage st;

	CHECK(bridge_start(&st.b, &(struct bridge_setup){ .site = SITE("true") }), "the bridge is up");
	st.events = events_open(&st.b, NULL);
	CHECK(st.events, "events");
	everybody_calls(&st);
	check_one_way(&st, SILENT, "silent");
	check_one_way(&st, DEAD, "nothing_in");
	check_echo(&st);
	const uint64_t now_ms = test_now_ms(), ready_ms = st.far[DEAD].since_ms + PROMPTS_MS + LOOK_MS;
	if (now_ms < ready_ms)
		test_sleep_ms((unsigned)(ready_ms - now_ms));
	check_levels(&st);
	check_roster(&st);
	check_quality_told(&st);
	check_levels_off(&st);
	for (int i = 0; i < CALLERS; i++)
		far_bye(&st.far[i]);
	check_records(&st);
	check_metrics(&st);
	check_extended_reports(&st);
	for (int i = 0; i < CALLERS; i++)
		far_close(&st.far[i]);
	for (int i = 0; i < 3; i++)
		free(st.voice[i].pcm);
	events_close(st.events);
	CHECK_INT(0, bridge_stop(&st.b), "exit status");
}

TESTS(how_calls_sound)
