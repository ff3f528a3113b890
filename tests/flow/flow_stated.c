/* links: */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <stdlib.h>

/* Who calls, as each carrier wants it written (FEATURES T18); read by Kamailio, which also looks for the number in the whole message. */

enum { WAIT_MS = 5000 };

#define OWN "15550100"
#define OTHERS "442079460000"

/* A trunk each, by the first digits of the number called. */
static const struct {
	const char *story, *to, *inbound, *outbound, *caller_id;
	const char *says[4]; /* parts of what Kamailio tells, of this number */
} rows[] = {
	{ "P-Asserted-Identity, unless told otherwise", "+12025550199", "", "", "+" OWN,
		{ "from +" OWN " pai sip:+" OWN "@127.0.0.1 ppi <null> rpid <null> privacy <null>",
			"tells the number" } },
	{ "P-Preferred-Identity", "+302101234567", "", "identity: [ ppi ]", "+" OWN,
		{ "from +" OWN " pai <null> ppi sip:+" OWN "@127.0.0.1 rpid <null> privacy <null>" } },
	{ "Remote-Party-ID of a number that is ours", "+31201234567", "", "identity: [ rpid ]", "+" OWN,
		{ "pai <null> ppi <null> rpid sip:+" OWN "@127.0.0.1",
			"is rpid <sip:+" OWN "@127.0.0.1>;party=calling;screen=yes;privacy=off" } },
	{ "Remote-Party-ID of somebody else's", "+32212345678", "", "identity: [ rpid ]", "+" OTHERS,
		{ "is rpid <sip:+" OTHERS "@127.0.0.1>;party=calling;screen=no;privacy=off" } },
	{ "From alone", "+33123456789", "", "identity: [ from ]", "+" OWN,
		{ "from +" OWN " pai <null> ppi <null> rpid <null> privacy <null>" } },
	{ "two at once", "+34912345678", "", "identity: [ pai, rpid ]", "+" OWN,
		{ "pai sip:+" OWN "@127.0.0.1 ppi <null> rpid sip:+" OWN "@127.0.0.1 privacy <null>" } },
	{ "hidden from those called, told to the carrier", "+36112345678", "",
		"privacy: true, identity: [ pai, rpid ]", "+" OWN,
		{ "from anonymous pai sip:+" OWN "@127.0.0.1 ppi <null> rpid sip:+" OWN
		  "@127.0.0.1 privacy id",
			"is rpid <sip:+" OWN "@127.0.0.1>;party=calling;screen=yes;privacy=full" } },
	{ "hidden from a carrier whose word is not believed", "+39061234567", ", trust: false",
		"privacy: true, identity: [ pai, ppi, rpid ], diversion: true, diversion_as: both", "+" OWN,
		{ "from anonymous pai <null> ppi <null> rpid <null> privacy id",
			"diverted <null> <null> <null> history <null>", "is rpid <null>",
			"hides the number" } },
	{ "hidden from a carrier that is not to know", "+40211234567", "",
		"privacy: true, trust: none, add: [ \"X-Caller: {caller}.\" ]", "+" OWN,
		{ "from anonymous pai <null> ppi <null> rpid <null> privacy id", "hides the number" } },
	{ "diverted", "+41441234567", "", "diversion: true", "+" OTHERS,
		{ "diverted sip:+" OWN "@127.0.0.1 unconditional <null> history <null>" } },
	{ "diverted, by its history", "+43112345678", "", "diversion: true, diversion_as: history-info",
		"+" OTHERS,
		{ "diverted <null> <null> <null> history <sip:+" OWN
		  "@127.0.0.1?Reason=SIP%3Bcause%3D302>;index=1, <sip:+43112345678@" } },
	{ "left out, whatever it is", "+45331234567", "",
		"identity: [ pai, ppi ], diversion: true, diversion_as: both, early_media: true, "
		"strip: [ p-preferred-identity, History-Info, P-Early-Media, Session-ID, User-Agent, X-None "
		"]",
		"+" OTHERS,
		{ "from +" OTHERS " pai sip:+" OTHERS "@127.0.0.1 ppi <null>",
			"diverted sip:+" OWN "@127.0.0.1 unconditional <null> history <null>",
			"is rpid <null> early <null> session <null> agent <null>" } },
	{ "said, when nothing is left out", "+47221234567", "", "early_media: true", "+" OWN,
		{ "is rpid <null> early supported session " } },
	{ "diverted, both ways, by somebody who hides", "+46812345678", "",
		"diversion: true, diversion_as: both, privacy: true", "+" OTHERS,
		{ "diverted sip:+" OWN "@127.0.0.1 unconditional full history <sip:+" OWN
		  "@127.0.0.1?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1, <sip:+46812345678@" } },
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

static void write_site(char *out, size_t cap, uint16_t port)
{
	size_t n = (size_t)snprintf(out, cap,
		"accounts:\n  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open }\n"
		"numbers:\n  - { number: \"+" OWN "\", account: acme }\ntrunks:\n");

	for (unsigned i = 0; i < ROWS; i++)
		n += (size_t)snprintf(out + n, cap - n,
			"  - { name: t%u, inbound: { from: [ 127.0.1.%u ]%s }, dialling: { caller_id: pass },"
			" outbound: { gateways: [ \"sip:127.0.0.11:%u\" ], keepalive: false%s%s } }\n",
			i, i + 1, rows[i].inbound, port, rows[i].outbound[0] ? ", " : "", rows[i].outbound);
	n += (size_t)snprintf(out + n, cap - n, "routes:\n");
	for (unsigned i = 0; i < ROWS; i++)
		n += (size_t)snprintf(out + n, cap - n,
			"  - { account: acme, prefix: \"%.3s\", trunks: [ t%u ], caller_id: \"%s\" }\n",
			rows[i].to, i, rows[i].caller_id);
	CHECK(n < cap, "room for the site");
}

static void start_reader(struct peer *reader, const struct bridge *b, uint16_t port)
{
	static const char secret[] = "SECRET=\"" OWN "\"";
	char listen[64], folder[FOLDER_PATH];

	snprintf(listen, sizeof(listen), "LISTEN=udp:127.0.0.11:%u", port);
	snprintf(folder, sizeof(folder), "%s", b->folder.path);
	CHECK(peer_start(reader, &b->folder, "kamailio",
		      (const char *const[]){ "kamailio", "-f", "tests/flow/kamailio/reader.cfg", "-DD", "-E",
			      "-m", "32", "-M", "4", "-Y", folder, "-A", listen, "-A", secret, NULL }),
		"kamailio");
	CHECK(peer_wait_line(reader, "reader: listens", WAIT_MS), "it is up");
}

/* Does one of the lines about this number hold these words? */
static bool is_said(const char *said, const char *to, const char *words)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "reader: %s ", to);
	for (const char *line = said; (line = strstr(line, begin)); line++) {
		const char *at = strstr(line, words);

		if (at && at < line + strcspn(line, "\n"))
			return true;
	}
	return false;
}

TEST(each_carrier_is_told_its_own_way)
{
	static char site[8192];
	const uint16_t port = free_sip_port("127.0.0.11");
	struct bridge b;
	struct peer reader;

	write_site(site, sizeof(site), port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	start_reader(&reader, &b, port);
	for (unsigned i = 0; i < ROWS; i++) {
		char id[ASK_ID], begin[64];
		char *said;

		ask_call(&b, rows[i].to, id);
		snprintf(begin, sizeof(begin), "%s hides the number", rows[i].to);
		if (!peer_wait_line(&reader, begin, 200)) {
			snprintf(begin, sizeof(begin), "%s tells the number", rows[i].to);
			CHECK(peer_wait_line(&reader, begin, WAIT_MS), "%s: no INVITE", rows[i].story);
		}
		said = peer_output(&reader);
		for (unsigned k = 0; k < 4 && rows[i].says[k]; k++)
			CHECK(is_said(said, rows[i].to, rows[i].says[k]), "%s: '%s' in %s", rows[i].story,
				rows[i].says[k], said);
		free(said);
	}
	CHECK_INT(0, bridge_stop(&b), "bridge");
	peer_stop(&reader, 2000);
}

/* What cannot be is refused, and where it stands is said. */
TEST(what_a_carrier_cannot_be_told_is_refused)
{
	static const struct {
		const char *body, *field, *words;
	} cases[] = {
		{ "{\"outbound\":{\"identity\":[\"pai\",\"who\"]}}", "outbound.identity[1]",
			"pai, ppi, rpid" },
		{ "{\"outbound\":{\"identity\":[\"pai\",\"from\"]}}", "outbound.identity[1]", "not both" },
		{ "{\"outbound\":{\"identity\":[\"pai\",\"pai\"]}}", "outbound.identity[1]", "given twice" },
		{ "{\"outbound\":{\"identity\":[\"pai\"],\"assert\":false}}", "outbound.identity",
			"one of the two" },
		{ "{\"outbound\":{\"trust\":\"some\"}}", "outbound.trust", "same, full, none" },
		{ "{\"outbound\":{\"diversion_as\":\"both\"}}", "outbound.diversion_as",
			"diversion: true is wanted" },
		{ "{\"outbound\":{\"diversion\":true,\"diversion_as\":\"neither\"}}", "outbound.diversion_as",
			"diversion, history-info, both" },
	};
	static char site[8192];
	struct bridge b;
	json_t *kept;
	long status;

	write_site(site, sizeof(site), 5060);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "bridge");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *answer = bridge_call(&b, "PATCH", "/v1/trunks/t0", NULL, cases[i].body, &status);

		CHECK_INT(422, status, cases[i].body);
		CHECK_STR(cases[i].field, json_text_at(answer, "error.field"), cases[i].body);
		CHECK(strstr(json_text_at(answer, "error.message"), cases[i].words), "%s: %s", cases[i].body,
			json_text_at(answer, "error.message"));
		json_decref(answer);
	}
	json_decref(bridge_call(&b, "PATCH", "/v1/trunks/t0", NULL,
		"{\"outbound\":{\"identity\":[\"ppi\",\"rpid\"],\"trust\":\"none\",\"diversion\":true,"
		"\"diversion_as\":\"history-info\"}}",
		&status));
	CHECK_INT(200, status, "good ones are kept");
	CHECK(bridge_restart(&b, 15, NULL), "over a restart");
	kept = bridge_get(&b, "/v1/trunks/t0");
	CHECK_STR("rpid", json_text_at(kept, "outbound.identity.1"), "identity");
	CHECK_STR("none", json_text_at(kept, "outbound.trust"), "trust");
	CHECK_STR("history-info", json_text_at(kept, "outbound.diversion_as"), "diversion_as");
	json_decref(kept);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(each_carrier_is_told_its_own_way, what_a_carrier_cannot_be_told_is_refused)
