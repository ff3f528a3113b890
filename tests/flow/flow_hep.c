/* links: tests/rawsip.c */
/* The SIP trace at a collector's: Kamailio reads our HEPv3 and says what it has read. */
#include "tests/flow/ask.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <glob.h>
#include <stdlib.h>

enum { WAIT_MS = 8000, AGENT = 77, ROWS = 65536 };

static const char keyed_offer[] =
	"v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 30000 RTP/SAVP 0 "
	"101\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n"
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5\r\n";

static void node_of(char node[120], uint16_t port)
{
	snprintf(node, 120, "trace: { hep: \"udp:127.0.0.1:%u\", id: %u }\n", port, AGENT);
}

static void collector_start(struct bridge *b, struct peer *collector, uint16_t port)
{
	char listen[64], store[FOLDER_PATH + 32];
	const char *const argv[] = { "kamailio", "-f", "tests/flow/kamailio/collector.cfg", "-DD", "-E", "-m",
		"32", "-M", "4", "-Y", b->folder.path, "-A", listen, "-A", store, NULL };

	snprintf(listen, sizeof(listen), "LISTEN=udp:127.0.0.1:%u", port);
	snprintf(store, sizeof(store), "STORE=\"flatstore:%s\"", b->folder.path);
	CHECK(peer_start(collector, &b->folder, "kamailio", argv), "kamailio");
	CHECK(peer_wait_line(collector, "collector: ready", WAIT_MS), "a collector");
}

/* A call from the trunk with whatever is secret in it: credentials, keys of its sound, keys pressed. */
static void call_with_secrets(struct bridge *b, struct raw *r)
{
	CHECK(raw_open(r, "127.0.0.2", 0, b->sip_port, false), "socket");
	raw_fresh(r, "+15550101;postd=c0ffee");
	raw_request(
		r, "INVITE", "Authorization: Digest username=\"us\", response=\"c0ffee\"\r\n", keyed_offer);
	CHECK_INT(200, raw_final(r, WAIT_MS), "answered");
	raw_request(r, "ACK", NULL, NULL);
	raw_request(r, "INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=7\r\nDuration=160\r\n");
	CHECK_INT(200, raw_final(r, WAIT_MS), "a key");
	raw_request(r, "BYE", NULL, NULL);
	CHECK_INT(200, raw_final(r, WAIT_MS), "the end");
	json_decref(record_wait(b, r->call_id, WAIT_MS));
}

/* What the collector has written so far: a line a message. */
static void read_rows(const struct bridge *b, char rows[ROWS])
{
	char pattern[FOLDER_PATH + 32];
	glob_t found;
	FILE *f;

	rows[0] = '\0';
	snprintf(pattern, sizeof(pattern), "%s/sip_capture_*", b->folder.path);
	if (glob(pattern, 0, NULL, &found) == 0) {
		f = fopen(found.gl_pathv[0], "r");
		CHECK(f, "%s", found.gl_pathv[0]);
		rows[fread(rows, 1, ROWS - 1, f)] = '\0';
		fclose(f);
	}
	globfree(&found);
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* The row of this message: microseconds of its time, which way it went, whose it is. */
static void check_row(const char *rows, const struct bridge *b, const struct raw *r, const json_t *rung)
{
	const bool rx = strcmp(json_text_at(rung, "direction"), "in") == 0;
	char at[40], way[100], whose[160];
	const char *row, *end;

	snprintf(at, sizeof(at), "|%.0f|", time_at(rung, "at") * 1000.0);
	if (rx)
		snprintf(way, sizeof(way), "|127.0.0.2|%u|127.0.0.1|%u|", r->port, b->sip_port);
	else
		snprintf(way, sizeof(way), "|127.0.0.1|%u|127.0.0.2|%u|", b->sip_port, r->port);
	snprintf(whose, sizeof(whose), "|collector:%u|%s|", AGENT, r->call_id);
	row = strstr(rows, at);
	CHECK(row, "%s, %s: not there at %s in\n%s", json_text_at(rung, "message"),
		json_text_at(rung, "direction"), at, rows);
	end = strchr(row, '\n');
	CHECK(end && memmem(row, (size_t)(end - row), way, strlen(way)), "%s: which way: %.*s", way,
		(int)(end - row), row);
	CHECK(memmem(row, (size_t)(end - row), whose, strlen(whose)), "%s: whose it is: %.*s", whose,
		(int)(end - row), row);
}

/* X2: each message of the ladder is at the collector's, with its time, its way and its call; nothing secret is. */
TEST(the_ladder_is_at_the_collector)
{
	static const char *const secrets[] = { "c0ffee", "inline:", "Signal=", "MDEyMzQ1" };
	const uint16_t port = free_udp_port("127.0.0.1");
	char *rows = calloc(1, ROWS), path[200], node[120];
	struct peer collector;
	unsigned n = 0;
	struct bridge b;
	struct raw r;
	size_t i;

	CHECK(rows, "memory");
	node_of(node, port);
	CHECK(bridge_start(&b, &(struct bridge_setup){ .node = node }), "bridge");
	collector_start(&b, &collector, port);
	call_with_secrets(&b, &r);
	snprintf(path, sizeof(path), "/v1/calls/%s/trace", r.call_id);
	json_t *ladder = bridge_get(&b, path), *rung;

	json_array_foreach(json_object_get(ladder, "items"), i, rung) n +=
		json_text_at(rung, "message") != NULL;
	CHECK(n >= 7, "a ladder: %u messages", n);
	for (unsigned waited = 0; waited < WAIT_MS && lines_of(rows) < n; waited += 50) {
		test_sleep_ms(50);
		read_rows(&b, rows);
	}
	CHECK_INT(n, lines_of(rows), rows);
	json_array_foreach(json_object_get(ladder, "items"), i, rung) if (json_text_at(rung, "message"))
		check_row(rows, &b, &r, rung);
	for (size_t k = 0; k < sizeof(secrets) / sizeof(*secrets); k++)
		CHECK(!strstr(rows, secrets[k]), "%s is there:\n%s", secrets[k], rows);
	CHECK(strstr(rows, "Authorization: Digest (withheld)") && strstr(rows, "bytes withheld)"),
		"what is withheld is said: %s", rows);
	json_decref(ladder);
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
	peer_stop(&collector, 2000);
	free(rows);
}

/* The value of a metric; -1: it is not there. */
static double metric(const struct bridge *b, const char *name)
{
	char *text = bridge_text(b, "GET", "/metrics", NULL, NULL, NULL), line[80];
	const char *at;
	double value = -1;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = text ? strstr(text, line) : NULL;
	if (at)
		value = strtod(at + strlen(line), NULL);
	free(text);
	return value;
}

/* Nobody listens there: calls are as they were, and what is lost is counted. */
TEST(an_absent_collector_is_missed_by_nobody)
{
	char node[120];
	struct bridge b;
	struct raw r;

	node_of(node, free_udp_port("127.0.0.1"));
	CHECK(bridge_start(&b, &(struct bridge_setup){ .node = node }), "bridge");
	call_with_secrets(&b, &r);
	CHECK(metric(&b, "partyline_hep_dropped_total") >= 3, "dropped: %.0f",
		metric(&b, "partyline_hep_dropped_total"));
	CHECK(metric(&b, "partyline_hep_sent_total") + metric(&b, "partyline_hep_dropped_total") >= 7,
		"each is sent or dropped");
	raw_close(&r);
	CHECK_INT(0, bridge_stop(&b), "ends in order");
}

TESTS(the_ladder_is_at_the_collector, an_absent_collector_is_missed_by_nobody)
