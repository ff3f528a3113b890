/* links: tests/pki.c */
/* Our numbers, proven: a gateway of SIPp's gets our calls, and tests/pki, which shares no line with the program, checks their tokens. */
#include "tests/flow/ask.h"
#include "tests/flow/bridge.h"
#include "tests/flow/events.h"
#include "tests/pki.h"
#include "tests/test.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GATEWAY "127.0.0.11"
#define OURS "https://cert.example.org/ours.pem"
#define BOUND "https://cert.example.org/bound.pem"
#define OWN "15550205" /* a number of the account that calls, and one of another's */
#define OTHERS "15550300"

enum { WAIT_MS = 5000 };

struct bed {
	struct folder keys;
	struct bridge bridge;
	struct events *events;
	struct pki pki;
	struct pki_leaf ours, bound; /* bound: may not say A */
	uint16_t gateway_port;
};

static void make_keys(struct bed *b)
{
	CHECK(folder_make(&b->keys), "a folder");
	CHECK(pki_open(&b->pki), "an authority");
	CHECK(pki_issue(&b->pki, &(struct pki_order){ .spc = "1234" }, &b->ours), "ours");
	CHECK(pki_issue(&b->pki,
		      &(struct pki_order){ .spc = "709J", .claim = "attest", .values = { "B", "C" } },
		      &b->bound),
		"one that may not say A");
	CHECK(folder_write(&b->keys, "anchor.pem", b->pki.pem), "anchor.pem");
	CHECK(folder_write(&b->keys, "bound.pem", b->bound.pem), "bound.pem");
	CHECK(folder_write(&b->keys, "ours.key", b->ours.key_pem), "ours.key");
}

/* A trunk by the one gateway, whose calls are signed with that key of the folder. */
struct signer {
	const char *name, *prefix, *caller_id, *certificate, *key, *sign, *outbound;
};

static const struct signer signers[] = {
	{ "signs", "+1", OWN, OURS, "ours.key", "", "" },
	{ "signs_for_others", "+44", OTHERS, OURS, "ours.key", "", "" },
	{ "hides", "+49", OWN, OURS, "ours.key", "", ", privacy: true, assert: false" },
	{ "lost", "+33", OWN, OURS, "none.key", "", "" },
	{ "passes", "+34", OTHERS, OURS, "ours.key", ", others: C", "" },
	{ "shy", "+39", OTHERS, OURS, "ours.key", ", others: unsigned", "" },
	{ "bound", "+41", OWN, BOUND, "ours.key", "", "" },
};

static void write_site(const struct bed *b, char *out, size_t cap)
{
	const size_t n = sizeof(signers) / sizeof(*signers);
	FILE *f = fmemopen(out, cap, "w");

	CHECK(f, "memory");
	fputs("accounts:\n"
	      "  - name: acme\n    meetings:\n      - { id: \"100200300\", name: Open, chimes: false }\n"
	      "  - name: other\n"
	      "trunks:\n",
		f);
	for (const struct signer *s = signers; s < signers + n; s++)
		fprintf(f,
			"  - name: %s\n    outbound: { gateways: [ \"sip:" GATEWAY
			":%u\" ], keepalive: false%s }\n"
			"    sign: { certificate: \"%s\", key: \"%s/%s\"%s }\n",
			s->name, b->gateway_port, s->outbound, s->certificate, b->keys.path, s->key, s->sign);
	fputs("numbers:\n"
	      "  - { number: \"+15550200..+15550299\", account: acme, answer: attendant }\n"
	      "  - { number: \"+" OTHERS "\", account: other, answer: attendant }\n"
	      "routes:\n",
		f);
	for (const struct signer *s = signers; s < signers + n; s++)
		fprintf(f, "  - { account: acme, prefix: \"%s\", trunks: [ %s ], caller_id: \"+%s\" }\n",
			s->prefix, s->name, s->caller_id);
	CHECK(!ferror(f) && fclose(f) == 0, "a site");
}

static void begin(struct bed *b)
{
	static char node[1024], site[6144];

	memset(b, 0, sizeof(*b));
	make_keys(b);
	b->gateway_port = free_sip_port(GATEWAY);
	snprintf(node, sizeof(node),
		"stir:\n  anchors: %s/anchor.pem\n  certificates: { \"" BOUND "\": %s/bound.pem }\n",
		b->keys.path, b->keys.path);
	write_site(b, site, sizeof(site));
	CHECK(bridge_start(&b->bridge, &(struct bridge_setup){ .site = site, .node = node }), "bridge");
	b->events = events_open(&b->bridge, NULL);
	CHECK(b->events, "events");
}

static void end(struct bed *b)
{
	events_close(b->events);
	CHECK_INT(0, bridge_stop(&b->bridge), "bridge");
	pki_leaf_close(&b->ours);
	pki_leaf_close(&b->bound);
	pki_close(&b->pki);
	folder_remove(&b->keys);
}

static char *file_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 65536);

	CHECK(f && text, "%s", path);
	CHECK(fread(text, 1, 65535, f) > 0, "%s", path);
	fclose(f);
	return text;
}

/* The value of a header of the first INVITE; "": it has none. */
static void header_of(const char *messages, const char *name, char *out, size_t cap)
{
	const char *start = strstr(messages, "\nINVITE "), *end = start ? strstr(start, "\nv=0") : NULL;
	char wanted[32];
	const char *at;

	CHECK(start && end, "an INVITE");
	snprintf(wanted, sizeof(wanted), "\n%s: ", name);
	at = strcasestr(start, wanted);
	out[0] = '\0';
	if (at && at < end)
		snprintf(out, cap, "%.*s", (int)strcspn(at + strlen(wanted), "\r\n"), at + strlen(wanted));
}

/* Calls `to`; what SIPp got, allocated.  The call's record is at *record. */
static char *call_out(struct bed *b, const char *to, json_t **record)
{
	char port[8], messages[FOLDER_PATH + 40], id[ASK_ID], call_id[256];
	struct peer sipp;
	int n;

	snprintf(port, sizeof(port), "%u", b->gateway_port);
	snprintf(messages, sizeof(messages), "%s/gateway.messages", b->keys.path);
	unlink(messages);
	{
		const char *const argv[] = { "sipp", "-sf", "tests/flow/sipp/gateway_answers.xml", "-i",
			GATEWAY, "-p", port, "-nostdin", "-trace_msg", "-message_file", messages, "-m", "1",
			"-timeout", "30s", NULL };

		CHECK(peer_start(&sipp, &b->keys, "gateway", argv), "sipp");
	}
	test_sleep_ms(300); /* SIPp says nothing when it listens */
	ask_call(&b->bridge, to, id);
	CHECK(events_wait(b->events, 0, "dialout.answered", "id", id, WAIT_MS) >= 0, "answered");
	n = events_wait(b->events, 0, "call.answered", "number", to, WAIT_MS);
	if (n < 0) /* events mask numbers */
		n = (int)events_count(b->events) - 1;
	for (; n >= 0; n--)
		if (strcmp(json_text_at(events_get(b->events, n, NULL), "type"), "call.answered") == 0)
			break;
	CHECK(n >= 0, "call.answered");
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(events_get(b->events, n, NULL), "call_id"));
	ask_hang_up(&b->bridge, id);
	*record = record_wait(&b->bridge, call_id, WAIT_MS);
	CHECK(*record, "a record");
	CHECK_INT(0, peer_wait_exit(&sipp, WAIT_MS), "the gateway's call is over");
	return file_text(messages);
}

/* What the carrier gets, checked by somebody else's ES256. */
static void check_signed(struct bed *b, const char *to, const char *caller, char attest, const char *words)
{
	char identity[4096], date[64], header[512], claims[512], want[512], made[64];
	json_t *record, *read;
	char *messages = call_out(b, to, &record);
	time_t iat;
	struct tm utc;

	header_of(messages, "Identity", identity, sizeof(identity));
	header_of(messages, "Date", date, sizeof(date));
	CHECK(strstr(identity, ";info=<" OURS ">;alg=ES256;ppt=shaken"), "%s", identity);
	CHECK(pki_check(b->ours.pem, identity), "the signature is our certificate's");
	CHECK(pki_part(identity, 0, header, sizeof(header)) && pki_part(identity, 1, claims, sizeof(claims)),
		"parts");
	CHECK_STR("{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\",\"x5u\":\"" OURS "\"}", header,
		"header");
	read = json_loads(claims, 0, NULL);
	CHECK(read, "%s", claims);
	iat = (time_t)json_at(read, "iat", 0);
	CHECK(llabs((long long)(time(NULL) - iat)) < 30, "iat is now");
	snprintf(want, sizeof(want),
		"{\"attest\":\"%c\",\"dest\":{\"tn\":[\"%s\"]},\"iat\":%lld,\"orig\":{\"tn\":\"%s\"},"
		"\"origid\":\"%s\"}",
		attest, to + 1, (long long)iat, caller, json_text_at(record, "origid"));
	CHECK_STR(want, claims, "claims in the canonical form");
	CHECK_INT(36, strlen(json_text_at(record, "origid")), "origid is a UUID");
	gmtime_r(&iat, &utc);
	strftime(made, sizeof(made), "%a, %d %b %Y %H:%M:%S GMT", &utc);
	CHECK_STR(made, date, "Date says the same as iat");
	CHECK_STR("signed", json_text_at(record, "verstat"), "record");
	CHECK_INT(attest, json_text_at(record, "attest")[0], "record");
	CHECK(strstr(json_text_at(record, "verstat_why"), words), "record: %s",
		json_text_at(record, "verstat_why"));
	json_decref(read);
	json_decref(record);
	free(messages);
}

static void check_unsigned(struct bed *b, const char *to, const char *words)
{
	json_t *record;
	char *messages = call_out(b, to, &record), value[256];

	header_of(messages, "Identity", value, sizeof(value));
	CHECK_STR("", value, "no Identity");
	CHECK_STR("unsigned", json_text_at(record, "verstat"), "record");
	CHECK(strstr(json_text_at(record, "verstat_why"), words), "record: %s",
		json_text_at(record, "verstat_why"));
	json_decref(record);
	free(messages);
}

TEST(our_calls_are_signed_for_what_we_know)
{
	struct bed b;

	begin(&b);
	check_signed(&b, "+12125551213", OWN, 'A', "the account's own");
	check_signed(&b, "+442079460123", OTHERS, 'B', "not one of its own");
	check_unsigned(&b, "+4930123456", "hidden");
	check_unsigned(&b, "+33123456789", "key cannot be read");
	check_signed(&b, "+34911234567", OTHERS, 'C', "passed on");
	check_unsigned(&b, "+390612345678", "not one of the account's own");
	check_unsigned(&b, "+41441234567", "does not permit");
	end(&b);
}

TESTS(our_calls_are_signed_for_what_we_know)
