#include "tests/flow/gateways.h"
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

enum { SCENARIO = 4096, LISTENS_MS = 300, SEEN = 64 };

static const char *const addresses[GATEWAYS_MAX] = { "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14" };

const char *gateway_address(unsigned i)
{
	return addresses[i];
}

void gateways_init(struct gateways *g, unsigned n)
{
	memset(g, 0, sizeof(*g));
	g->n = n;
	for (unsigned i = 0; i < n; i++)
		g->ports[i] = free_sip_port(addresses[i]);
}

static const char answers[] =
	"<send><![CDATA[\nSIP/2.0 180 "
	"Ringing\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]g[call_number]\n"
	"[last_Call-ID:]\n[last_CSeq:]\n[last_Record-Route:]\nContact: <sip:gw@[local_ip]:[local_port]>\n"
	"Content-Length: 0\n\n]]></send>\n"
	"<send retrans=\"200\"><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n"
	"[last_To:];tag=[pid]g[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n[last_Record-Route:]\n"
	"Contact: <sip:gw@[local_ip]:[local_port]>\nContent-Type: application/sdp\nContent-Length: [len]\n\n"
	"v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\nm=audio 30000 RTP/AVP "
	"0\n]]></send>\n"
	"<recv request=\"ACK\"/>\n<recv request=\"BYE\"/>\n"
	"<send><![CDATA[\nSIP/2.0 200 "
	"OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
	"Content-Length: 0\n\n]]></send>\n";

static void put_scenario(char out[SCENARIO], const char *does)
{
	char middle[SCENARIO - 512] = "", pause[64] = "";

	if (strncmp(does, "late ", 5) == 0)
		snprintf(pause, sizeof(pause), "<pause milliseconds=\"%d\"/>\n", atoi(does + 5));
	if (pause[0] || strcmp(does, "answer") == 0)
		snprintf(middle, sizeof(middle), "%s%s", pause, answers);
	else if (strcmp(does, "silent") != 0)
		snprintf(middle, sizeof(middle),
			"<send retrans=\"200\"><![CDATA[\nSIP/2.0 %.3s Said\n[last_Via:]\n[last_From:]\n"
			"[last_To:];tag=[pid]r[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n%s%sContent-"
			"Length: 0\n\n"
			"]]></send>\n<recv request=\"ACK\"/>\n",
			does, does[3] ? does + 4 : "", does[3] ? "\n" : "");
	snprintf(out, SCENARIO,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"gateway\">\n"
		"<recv request=\"INVITE\" rrs=\"true\"/>\n%s</scenario>\n",
		middle);
}

static const char *messages_of(const struct gateways *g, unsigned i)
{
	char name[32];

	snprintf(name, sizeof(name), "gateway-%u.messages", i);
	return folder_file(g->folder, name);
}

void gateways_halt(struct gateways *g, unsigned i)
{
	if (g->runs[i])
		peer_stop(&g->sipp[i], 500);
	g->runs[i] = false;
}

void gateways_start(struct gateways *g, const struct bridge *b, unsigned i, const char *does)
{
	char name[32], port[8], text[SCENARIO];
	const char *file, *messages;

	g->folder = &b->folder;
	gateways_halt(g, i);
	if (strcmp(does, "closed") == 0)
		return;
	messages = messages_of(g, i);
	remove(messages);
	snprintf(name, sizeof(name), "gateway-%u-%u.xml", i, g->starts++);
	put_scenario(text, does);
	CHECK(folder_write(g->folder, name, text), "scenario");
	file = folder_file(g->folder, name);
	snprintf(port, sizeof(port), "%u", g->ports[i]);
	{
		const char *const argv[] = { "sipp", "-sf", file, "-i", addresses[i], "-p", port, "-nostdin",
			"-trace_msg", "-message_file", messages, "-timeout", "120s", NULL };

		snprintf(name, sizeof(name), "gateway-%u", i);
		CHECK(peer_start(&g->sipp[i], g->folder, name, argv), "sipp");
	}
	g->runs[i] = true;
	test_sleep_ms(LISTENS_MS); /* SIPp says nothing when it listens */
}

void gateways_stop(struct gateways *g)
{
	for (unsigned i = 0; i < g->n; i++)
		gateways_halt(g, i);
}

/* Repetitions of an INVITE have its Call-ID. */
unsigned gateways_asked(const struct gateways *g, unsigned i)
{
	char line[512], seen[SEEN][40];
	FILE *f = fopen(messages_of(g, i), "re");
	bool invite = false;
	unsigned n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned k = 0;

		if (strncmp(line, "INVITE ", 7) == 0)
			invite = true;
		if (!invite || strncmp(line, "Call-ID: ", 9) != 0)
			continue;
		invite = false;
		while (k < n && strncmp(seen[k], line + 9, sizeof(seen[0]) - 1) != 0)
			k++;
		if (k == n && n < SEEN)
			snprintf(seen[n++], sizeof(seen[0]), "%.39s", line + 9);
	}
	if (f)
		fclose(f);
	return n;
}
