/* links: tests/caller.c tests/rawsip.c mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/conceal.c mixer/err.c mixer/lull.c */
/* Keys through the real program: one key pressed is one digit, whichever way it came; what the attendant makes of them. */
#include "mixer/codec.h"
#include "tests/flow/ask.h"
#include "tests/flow/events.h"
#include "tests/house.h"
#include "tests/test.h"
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	AT_ONCE_MS = 1500, /* from the last key to the seat */
	BYE_MS = 20000,
	RECORD_MS = 3000,
	CROWD_MS = 40000
};

/* Digits that stand next to their like: one too many or too few is another ID or PIN. */
#define ID "112233445"
#define HOST_PIN "9922448866"
#define GUEST_PIN "8264017395"

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"" ID "\", name: Doubles, host_pin: \"" HOST_PIN "\", guest_pin: \"" GUEST_PIN
	"\" }\n"
	"      - { id: \"700700700\", name: Small, max_participants: 1 }\n"
	"      - { id: \"300300300\", name: Hosted, host_pin: \"7755331199\" }\n"
	"  - name: other\n"
	"    meetings:\n"
	"      - { id: \"446688112\", name: Theirs }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:" ID "\" }\n"
	"  - { number: \"+15550102\", trunk: carrier-a, account: acme, answer: \"meeting:700700700\" }\n"
	"  - { number: \"+15550103\", trunk: carrier-a, account: acme, answer: \"meeting:300300300\" }\n";

static struct house *house_open(void)
{
	return house_start(&(struct bridge_setup){ .site = site, .node = "log: { level: debug }\n" });
}

/* Caller `i`, who goes by the name "caller i". */
static struct caller *call(struct house *h, unsigned i, const char *number, const char *story)
{
	char from[96];

	snprintf(from, sizeof(from), "\"caller %u\" <sip:+155590001%02u@127.0.0.2>", i, i);
	CHECK_INT(200, caller_call(&h->crew, &h->callers[i], h->bridge.sip_port, number, from), story);
	return &h->callers[i];
}

static json_t *seat(struct house *h, unsigned i, const char *meeting, unsigned ms)
{
	char name[24];

	snprintf(name, sizeof(name), "caller %u", i);
	return roster_wait(&h->bridge, meeting, name, ms);
}

static void check_role(struct house *h, unsigned i, const char *meeting, const char *role, const char *story)
{
	json_t *row = seat(h, i, meeting, AT_ONCE_MS);

	CHECK(row, "%s: is in the meeting", story);
	CHECK_STR(role, json_text_at(row, "role"), story);
	json_decref(row);
}

/* ---- one key is one digit ---- */

struct way {
	const char *codec, *by, *press, *keys;
};

/* Type-ahead over the greeting but for those with 'w', who listen to it first. */
static const struct way ways[] = {
	{ "PCMU", "event", "100", ID GUEST_PIN },
	{ "PCMA", "info", "100", ID GUEST_PIN },
	{ "PCMU", "inband", "80", ID GUEST_PIN },
	{ "PCMA", "inband", "100", ID "#" GUEST_PIN "#" },
	{ "G722", "inband", "100", ID GUEST_PIN },
	{ "opus", "inband", "100", ID GUEST_PIN },
	{ "opus", "event", "60", ID GUEST_PIN },
	{ "G722", "event", "200", ID GUEST_PIN },
	{ "PCMU", "event+inband", "100", ID GUEST_PIN },
	{ "opus", "event+inband", "100", ID GUEST_PIN },
	{ "PCMU", "event+info", "100", ID GUEST_PIN },
	{ "G722", "event+info", "60", ID GUEST_PIN },
	{ "PCMA", "info+inband", "100", ID GUEST_PIN },
	{ "PCMU", "event+info+inband", "100", ID GUEST_PIN },
	{ "PCMU", "event", "40", ID GUEST_PIN },
	{ "PCMU", "inband", "100", "w" ID "#w" GUEST_PIN "#" },
	{ "PCMA", "event", "100", "w" ID "w" GUEST_PIN },
};
enum { WAYS = sizeof(ways) / sizeof(*ways) };

static json_t *key_in_every_way(struct bridge *b)
{
	const char *argv[PEER_ARGS] = { "--to", b->uri_attendant, "--seconds", "2" };
	size_t n = 4;
	int code = -1;
	struct peer crowd;

	for (size_t i = 0; i < WAYS; i++) {
		const char *words[] = { "--and", "--codec", ways[i].codec, "--digits-by", ways[i].by,
			"--press", ways[i].press, "--keys", ways[i].keys };
		for (size_t k = i ? 0 : 1; k < sizeof(words) / sizeof(*words); k++)
			argv[n++] = words[k];
	}
	CHECK(bridge_crowd_start(b, &crowd, "crowd", argv), "crowd");
	json_t *report = bridge_crowd_end(b, &crowd, CROWD_MS, &code);
	CHECK(report, "crowd reports");
	CHECK_INT(0, code, "all calls went as planned");
	return report;
}

/* D1, D15; issue 2, shown 3.  The record says when the caller was seated: no try was lost to a wrong digit. */
TEST(one_key_is_one_digit_by_every_way)
{
	enum { CROWD_GAP_MS = 100, PROMPTS_MS = 12000 };
	struct house *h = house_open();
	json_t *report = key_in_every_way(&h->bridge);

	for (size_t i = 0; i < WAYS; i++) {
		char story[96], at[48];
		const struct way *w = &ways[i];
		unsigned press_ms = (unsigned)atoi(w->press) + CROWD_GAP_MS + 20;
		snprintf(story, sizeof(story), "%s %s of %s ms%s", w->codec, w->by, w->press,
			strchr(w->keys, 'w') ? " after the prompts" : "");
		snprintf(at, sizeof(at), "groups.%zu.calls.0.call_id", i);
		json_t *record = record_wait(&h->bridge, json_text_at(report, at), RECORD_MS);
		CHECK(record, "%s: has a record", story);
		CHECK_STR(ID, json_text_at(record, "meeting"), story);
		CHECK_STR("guest", json_text_at(record, "role"), story);
		double took = time_at(record, "joined_at") - time_at(record, "answered_at");
		double due = (double)strlen(w->keys) * press_ms + (strchr(w->keys, 'w') ? PROMPTS_MS : 0) +
			     AT_ONCE_MS;
		CHECK(took > 0 && took < due, "%s: joined after %.0f ms, by %.0f ms is in time", story, took,
			due);
		json_decref(record);
	}
	json_decref(report);
	house_close(h);
}

/* RFC 4733 as carriers and their losses make it: every key of ID and PIN comes like that. */
TEST(events_that_are_lost_repeated_or_bare)
{
	static const struct caller_press hows[] = {
		{ .story = "by the book" },
		{ .story = "no marker bit", .no_marker = true },
		{ .story = "first packet lost", .lose_first = true },
		{ .story = "all end packets lost", .lose_ends = true },
		{ .story = "every second packet lost", .lose_odd = true },
		{ .story = "every packet twice", .twice = true },
		{ .story = "six end packets", .many_ends = true },
		{ .story = "duration 0", .no_duration = true },
		{ .story = "nothing but end packets", .only_ends = true },
		{ .story = "first lost, no end, no marker",
			.lose_first = true,
			.lose_ends = true,
			.no_marker = true },
		{ .story = "short and fast", .ms = 40, .gap_ms = 40 },
		{ .story = "held long, ends lost", .ms = 300, .gap_ms = 80, .lose_ends = true },
		{ .story = "twice and many ends", .twice = true, .many_ends = true },
	};
	enum { N = sizeof(hows) / sizeof(*hows) };
	struct house *h = house_open();

	for (unsigned i = 0; i < N; i++) {
		call(h, i, "+15550100", hows[i].story);
		caller_press_start(&h->callers[i], ID GUEST_PIN, &hows[i]); /* over the greeting */
	}
	for (unsigned i = 0; i < N; i++) {
		uint64_t keyed = caller_press_end(&h->callers[i]);
		CHECK(keyed, "%s: keyed", hows[i].story);
		check_role(h, i, ID, "guest", hows[i].story);
	}
	for (unsigned i = 0; i < N; i++) {
		CHECK(caller_bye(&h->callers[i]), "%s: hangs up", hows[i].story);
		json_t *record = record_wait(&h->bridge, h->callers[i].sip.call_id, RECORD_MS);
		CHECK(record, "%s: has a record", hows[i].story);
		unsigned ms = hows[i].ms ? hows[i].ms + hows[i].gap_ms : 160;
		double took = time_at(record, "joined_at") - time_at(record, "answered_at");
		CHECK(took < (double)(strlen(ID GUEST_PIN) * ms + AT_ONCE_MS), "%s: joined after %.0f ms",
			hows[i].story, took);
		json_decref(record);
	}
	house_close(h);
}

/* D1, D3: what ends an entry, what starts it anew, and which PIN gives which role. */
TEST(hash_star_and_roles)
{
	static const struct {
		const char *story, *number, *keys, *meeting, *role;
	} cases[] = {
		{ "no # needed", "+15550100", ID GUEST_PIN, ID, "guest" },
		{ "# after both", "+15550100", ID "#" GUEST_PIN "#", ID, "guest" },
		{ "the host's PIN", "+15550100", ID HOST_PIN, ID, "host" },
		{ "* restarts the ID", "+15550100", "11*" ID GUEST_PIN, ID, "guest" },
		{ "* restarts the PIN", "+15550100", ID "826*" HOST_PIN, ID, "host" },
		{ "* before the PIN goes back to the ID", "+15550100", ID "*" ID HOST_PIN, ID, "host" },
		{ "a wrong ID, then a right one", "+15550100", "999999999" ID GUEST_PIN, ID, "guest" },
		{ "two wrong PINs, then a right one", "+15550100",
			ID "1111111111"
			   "2222222222" GUEST_PIN,
			ID, "guest" },
		{ "too short an ID, #, a right one", "+15550100", "1122#" ID HOST_PIN, ID, "host" },
		{ "another account's meeting is none", "+15550100", "446688112" ID GUEST_PIN, ID, "guest" },
		{ "DID bound to a meeting: its PIN", "+15550101", GUEST_PIN, ID, "guest" },
		{ "DID bound to a meeting: the host's PIN", "+15550101", HOST_PIN "#", ID, "host" },
		{ "DID bound to a meeting without PIN", "+15550102", "", "700700700", "guest" },
		{ "only hosts have a PIN: # enters", "+15550103", "#", "300300300", "guest" },
		{ "only hosts have a PIN: the host's", "+15550103", "7755331199", "300300300", "host" },
	};
	enum { N = sizeof(cases) / sizeof(*cases) };
	struct house *h = house_open();

	for (unsigned i = 0; i < N; i++) {
		call(h, i, cases[i].number, cases[i].story);
		caller_press_start(&h->callers[i], cases[i].keys, NULL);
	}
	for (unsigned i = 0; i < N; i++) {
		CHECK(!cases[i].keys[0] || caller_press_end(&h->callers[i]), "%s: keyed", cases[i].story);
		check_role(h, i, cases[i].meeting, cases[i].role, cases[i].story);
	}
	house_close(h);
}

/* ---- closed doors ---- */

enum { ENVELOPE = 256, FRAME_8K = 160, FRAME_16K = 320 };

/* How loud each 20 ms of a prompt's file is; the number of frames. */
static size_t prompt_envelope(const char *name, double out[ENVELOPE])
{
	char path[FOLDER_PATH * 3], prompts[FOLDER_PATH * 2];
	uint8_t bytes[FRAME_8K];
	int16_t pcm[FRAME_16K];
	struct decoder *d = NULL;
	size_t n = 0, got;

	snprintf(path, sizeof(path), "%s/en/%s.g722", build_program("prompts", prompts), name);
	FILE *f = fopen(path, "rb");
	CHECK(f && decoder_alloc(&d, CODEC_G722) == MIX_OK, "%s can be read", path);
	while (n < ENVELOPE && fread(bytes, 1, sizeof(bytes), f) == sizeof(bytes) &&
		decoder_run(d, bytes, sizeof(bytes), pcm, FRAME_16K, &got) == MIX_OK) {
		double sum = 0;
		for (size_t i = 0; i < got; i++)
			sum += (double)pcm[i] * pcm[i];
		out[n++] = sqrt(sum);
	}
	decoder_free(d);
	fclose(f);
	return n;
}

static double likeness(const double *a, const double *b, size_t n)
{
	double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;

	for (size_t i = 0; i < n; i++) {
		ma += a[i] / (double)n;
		mb += b[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		aa += (a[i] - ma) * (a[i] - ma);
		bb += (b[i] - mb) * (b[i] - mb);
		ab += (a[i] - ma) * (b[i] - mb);
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* Which prompt was said first, beginning within a second after `from`: the one whose rise and fall is most like what was heard. */
static const char *prompt_said(struct caller *c, uint64_t from_ms, uint64_t to_ms)
{
	static const char *const names[] = { "meeting-full", "meeting-locked", "meeting-ended", "give-up",
		"wrong-meeting-id", "wrong-pin", "no-input", "enter-pin", "enter-meeting-id" };
	enum { LAGS = 50 };
	double heard[ENVELOPE + LAGS] = { 0 }, said[ENVELOPE], best = 0.9;
	const char *name = "something else";
	int16_t *pcm;
	size_t n = caller_pcm(c, from_ms, to_ms, &pcm) / FRAME_8K;

	for (size_t i = 0; i < n && i < ENVELOPE + LAGS; i++) {
		double sum = 0;
		for (size_t k = 0; k < FRAME_8K; k++)
			sum += (double)pcm[i * FRAME_8K + k] * pcm[i * FRAME_8K + k];
		heard[i] = sqrt(sum);
	}
	free(pcm);
	for (size_t p = 0; p < sizeof(names) / sizeof(*names); p++) {
		size_t len = prompt_envelope(names[p], said);
		for (size_t lag = 0; lag < LAGS; lag++) {
			double like = likeness(heard + lag, said, len);
			if (like > best) {
				best = like;
				name = names[p];
			}
		}
	}
	return name;
}

static bool lock(struct house *h, const char *meeting)
{
	char path[64];
	long status;

	snprintf(path, sizeof(path), "/v1/meetings/%s/lock", meeting);
	json_decref(bridge_call(&h->bridge, "POST", path, NULL, "{\"locked\":true}", &status));
	return status == 200;
}

/* D4, D12: each has its own prompt, its cause in the BYE's Reason and in the record. */
TEST(closed_doors_say_why)
{
	static const struct {
		const char *story, *number, *keys, *prompt, *reason, *cause;
		unsigned q850;
	} cases[] = {
		{ "three wrong IDs", "+15550100",
			"640291837"
			"640291838"
			"640291839",
			"give-up", "Reason: Q.850;cause=1;", "no valid meeting ID in three tries", 1 },
		{ "three wrong PINs", "+15550101",
			"5937102846"
			"5937102847"
			"5937102848",
			"give-up", "Reason: Q.850;cause=57;", "no valid PIN in three tries", 57 },
		{ "three times only #", "+15550100", "###", "give-up", "Reason: Q.850;cause=19;",
			"no key pressed", 19 },
		{ "locked", "+15550103", "#", "meeting-locked", "Reason: Q.850;cause=21;",
			"the meeting is locked", 21 },
		{ "full", "+15550102", "", "meeting-full", "Reason: Q.850;cause=17;", "the meeting is full",
			17 },
	};
	enum { N = sizeof(cases) / sizeof(*cases), FIRST = N + 1, HOST = N };
	struct house *h = house_open();
	uint64_t keyed[N];

	call(h, HOST, "+15550103", "the host of the one that gets locked");
	caller_press(&h->callers[HOST], "7755331199", NULL);
	check_role(h, HOST, "300300300", "host", "host");
	CHECK(lock(h, "300300300"), "locked by API");
	call(h, FIRST, "+15550102", "the one seat is taken");
	check_role(h, FIRST, "700700700", "guest", "first");

	for (unsigned i = 0; i < N; i++) {
		keyed[i] = test_now_ms();
		call(h, i, cases[i].number, cases[i].story);
		caller_press_start(&h->callers[i], cases[i].keys, NULL);
	}
	for (unsigned i = 0; i < N; i++)
		if (cases[i].keys[0])
			keyed[i] = caller_press_end(&h->callers[i]);
	for (unsigned i = 0; i < N; i++) {
		struct caller *c = &h->callers[i];
		CHECK(caller_wait_bye(c, BYE_MS), "%s: hung up", cases[i].story);
		CHECK(raw_has(&c->sip, cases[i].reason), "%s: %s in\n%s", cases[i].story, cases[i].reason,
			c->sip.last);
		CHECK_STR(cases[i].prompt, prompt_said(c, keyed[i] - 300, test_now_ms()), cases[i].story);
		json_t *record = record_wait(&h->bridge, c->sip.call_id, RECORD_MS);
		CHECK(record, "%s: has a record", cases[i].story);
		CHECK_STR(cases[i].cause, json_text_at(record, "cause"), cases[i].story);
		CHECK_INT(cases[i].q850, json_at(record, "q850", -1), cases[i].story);
		CHECK(json_at(record, "by_far_end", -1) < 0.5, "%s: ended by us", cases[i].story);
		json_decref(record);
	}
	/* a host comes in all the same */
	struct caller *late = call(h, FIRST + 1, "+15550103", "a host and a locked door");
	caller_press(late, "7755331199", NULL);
	check_role(h, FIRST + 1, "300300300", "host", "a locked door opens for a host");
	house_close(h);
}

/* D2: a number that leads to a meeting greets within a second. */
TEST(greeting_within_a_second)
{
	static const char *const numbers[] = { "+15550100", "+15550101", "+15550102" };
	struct house *h = house_open();

	for (unsigned i = 0; i < 3; i++) {
		struct caller *c = call(h, i, numbers[i], numbers[i]);
		uint64_t answered = test_now_ms();
		test_sleep_ms(1300);
		CHECK(caller_heard_ms(c, answered, answered + 1300) >= 200, "%s: %u ms of speech after 1.3 s",
			numbers[i], caller_heard_ms(c, answered, answered + 1300));
	}
	house_close(h);
}

/* ---- nothing keyed is kept ---- */

static void check_absent(const char *text, size_t n, const char *digits, const char *where)
{
	CHECK(!memmem(text, n, digits, strlen(digits)), "%s holds %s", where, digits);
}

/* Nor one by one: nothing that is written speaks of a digit. */
static void check_no_digit(const char *text, const char *where)
{
	static const char *const words[] = { "digit", "dtmf", "keyed" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		CHECK(!strcasestr(text, words[i]), "%s speaks of '%s'", where, words[i]);
}

static char *read_all(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;

	*n = 0;
	CHECK(f, "%s can be read", path);
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	if (text)
		*n = fread(text, 1, (size_t)size, f);
	fclose(f);
	return text;
}

/* S7: right PINs stand in the site (its file and its tables) and nowhere else; wrong ones nowhere. */
TEST(keyed_digits_are_nowhere)
{
	static const char *const wrong[] = { "640291837", "5937102846", "73518642" };
	static const char *const right[] = { HOST_PIN, GUEST_PIN };
	static const char *const ways_by[] = { "event", "info", "inband", "event+info+inband" };
	static const char roster[] = "/v1/meetings/" ID "/participants";
	static const char keys[] = "640291837" ID "5937102846" GUEST_PIN "73518642";
	struct house *h = house_open();
	struct events *events = events_open(&h->bridge, NULL);
	const char *argv[PEER_ARGS] = { "--to", h->bridge.uri_attendant, "--seconds", "1", "--keys", keys };
	size_t n = 6, len;
	int code = -1, checked = 0;

	CHECK(events, "events");
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			argv[n++] = "--and";
		argv[n++] = "--digits-by";
		argv[n++] = ways_by[i];
	}
	json_t *report = bridge_crowd(&h->bridge, argv, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	json_t *record = record_wait(&h->bridge, json_text_at(report, "groups.3.calls.0.call_id"), RECORD_MS);
	CHECK_STR(ID, json_text_at(record, "meeting"), "they were keyed, and rightly heard");
	json_decref(record);
	json_decref(report);
	call(h, 0, "+15550101", "a host");
	caller_press(&h->callers[0], HOST_PIN, NULL);
	check_role(h, 0, ID, "host", "host");

	const char *const paths[] = { "/v1/records?limit=1000", "/v1/calls", "/v1/status", "/metrics", roster,
		"/v1/meetings" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		char *text = bridge_text(&h->bridge, "GET", paths[i], NULL, NULL, NULL);
		CHECK(text && *text, "%s answers", paths[i]);
		for (unsigned k = 0; k < 3; k++)
			check_absent(text, strlen(text), wrong[k], paths[i]);
		for (unsigned k = 0; k < 2; k++)
			check_absent(text, strlen(text), right[k], paths[i]);
		free(text);
	}
	CHECK(events_wait(events, 0, "participant.joined", "role", "host", 1000) >= 0,
		"events tell of the host");
	char *told = events_text(events);
	for (unsigned k = 0; k < 3; k++)
		check_absent(told, strlen(told), wrong[k], "events");
	for (unsigned k = 0; k < 2; k++)
		check_absent(told, strlen(told), right[k], "events");
	check_no_digit(told, "an event");
	free(told);

	DIR *folder = opendir(h->bridge.folder.path);
	for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
		bool of_site =
			strncmp(e->d_name, "partyline.db", 12) == 0 || strcmp(e->d_name, "site.yaml") == 0;
		if (e->d_type != DT_REG)
			continue;
		char *bytes = read_all(folder_file(&h->bridge.folder, e->d_name), &len);
		for (unsigned k = 0; k < 3; k++)
			check_absent(bytes, len, wrong[k], e->d_name);
		for (unsigned k = 0; k < 2 && !of_site; k++)
			check_absent(bytes, len, right[k], e->d_name);
		if (strcmp(e->d_name, "partylined.log") == 0)
			check_no_digit(bytes, "the log");
		checked += strncmp(e->d_name, "partyline", 9) == 0;
		free(bytes);
	}
	closedir(folder);
	CHECK(checked >= 3, "log, database and its WAL were there: %d files", checked);
	events_close(events);
	house_close(h);
}

TESTS(one_key_is_one_digit_by_every_way, events_that_are_lost_repeated_or_bare, hash_star_and_roles,
	closed_doors_say_why, greeting_within_a_second, keyed_digits_are_nowhere)
