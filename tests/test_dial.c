/* links: sip/call.c sip/call_dial.c sip/call_media.c sip/call_key.c sip/call_refer.c sip/refer.c sip/call_refresh.c sip/early.c sip/cause.c sip/err.c sip/offer.c sip/agreed.c sip/format.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/timer.c sip/login.c sip/digest.c sip/vet.c sip/trunk.c sip/squeeze.c sip/sdes.c sip/stated.c sip/uri.c sip/permit.c */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"
#include "tests/test.h"

/* What would be sent is written down: "INVITE ACK BYE". */
static char sent[256];

static void note(const char *word)
{
	const size_t n = strlen(sent);

	snprintf(sent + n, sizeof(sent) - n, "%s%s", n ? " " : "", word);
}

void ua_send_invite(struct call *c)
{
	note(c->out->authorization[0] ? "INVITE+" : "INVITE");
	c->out->authorization[0] = '\0';
	c->handle = c;
}

void ua_send_ack(struct call *c)
{
	(void)c;
	note("ACK");
}

void ua_send_bye(struct call *c, const char *reason)
{
	(void)c, (void)reason;
	note("BYE");
}

void ua_send_bye_again(struct call *c, unsigned cseq)
{
	(void)c, (void)cseq;
	note("BYE+");
}

void ua_send_cancel(struct call *c, const char *reason)
{
	(void)c, (void)reason;
	note("CANCEL");
}

void ua_reply_invite(struct call *c, const struct ua_reply *reply)
{
	(void)c, (void)reply;
	note("response");
}

void ua_send_refresh(struct call *c, bool by_update, const char *sdp, const struct timer_headers *timer)
{
	(void)c, (void)by_update, (void)sdp, (void)timer;
	note("refresh");
}

void ua_send_key(struct call *c, char key, unsigned ms)
{
	(void)c, (void)key, (void)ms;
	note("INFO");
}

void ua_send_refer(struct call *c, const char *refer_to)
{
	(void)c, (void)refer_to;
	note("REFER");
}

void ua_send_notify(struct call *c, const char *event, const char *fragment, bool last)
{
	(void)c, (void)event, (void)fragment, (void)last;
	note("NOTIFY");
}

void ua_release(struct call *c)
{
	c->handle = NULL;
}

void ua_kick(struct call *c)
{
	(void)c;
}

void ua_note(struct ua *ua, const char *call_id, const char *text)
{
	(void)ua, (void)call_id, (void)text;
}

void ua_adopt(struct ua *ua, struct call *c)
{
	(void)ua, (void)c;
}

uint64_t ua_now_us(const struct ua *ua)
{
	(void)ua;
	return 1000000;
}

struct listener *ua_listener_for(struct ua *ua, const char *target, const char *local)
{
	(void)local;
	return strncmp(target, "udp:", 4) == 0   ? &ua->listeners[0]
	       : strncmp(target, "tls:", 4) == 0 ? &ua->listeners[1]
						 : NULL;
}

static unsigned n_media, n_confirmed, n_progress;

static void on_media(void *owner, struct call *call, const struct media_agreed *agreed)
{
	(void)owner, (void)call, (void)agreed;
	n_media++;
}

static void on_confirmed(void *owner, struct call *call)
{
	(void)owner, (void)call;
	n_confirmed++;
}

static void on_progress(void *owner, struct call *call, unsigned status, enum call_early early)
{
	(void)owner, (void)call, (void)status, (void)early;
	n_progress++;
}

static struct ua ua;

static enum call_err dial(struct call **out, const struct call_dial *change)
{
	struct call_dial d = { .trunk = "a",
		.target = "udp:192.0.2.1:5060",
		.host = "192.0.2.1",
		.to_user = "+15550199",
		.from_user = "+15550100",
		.username = "us",
		.password = "secret",
		.realm = "carrier" };
	const struct media_self self = { .origin_id = 1,
		.address = "192.0.2.9",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.formats = { { .payload_type = 0, .name = "PCMU", .clock_hz = 8000, .channels = 1 } },
		.n_formats = 1 };

	memset(&ua, 0, sizeof(ua));
	ua.config.timer_speed = 1;
	ua.config.on.on_media = on_media;
	ua.config.on.on_confirmed = on_confirmed;
	ua.config.on.on_progress = on_progress;
	snprintf(ua.listeners[0].host, sizeof(ua.listeners[0].host), "192.0.2.9");
	ua.listeners[0].port = 5060;
	ua.listeners[1] = (struct listener){
		.tls = true, .host = "127.80.61.1", .port = 1, .public = "192.0.2.8", .public_port = 5061
	};
	sent[0] = '\0';
	n_media = n_confirmed = n_progress = 0;
	return call_dial(out, &ua, change ? change : &d, &self);
}

/* One letter, one thing that happens. */
static void play(struct call *c, char letter)
{
	static const char text[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
				   "m=audio 30000 RTP/AVP 0\r\n";
	static const struct digest_challenge asked = {
		.realm = "carrier", .nonce = "n", .algorithm = DIGEST_MD5, .qop_auth = true
	};
	const struct body_text sdp = { text, sizeof(text) - 1 };
	struct call_response r = {
		.to_tag = "a", .contact = "sip:192.0.2.1", .challenge = { .from = c->gateway }
	};
	const struct timer_headers small = { .min_se_s = 3600 };

	switch (letter) {
	case 't': r.status = 100; break;
	case 'r': r.status = 180; break;
	case 'e': r.status = 183, r.sdp = &sdp; break;
	case 'A': r.status = 200, r.sdp = &sdp; break;
	case 'a': r.status = 200; break;
	case 'b': r.status = 200, r.to_tag = "b"; break;
	case 'p': r.status = 200, r.bad = "Contact is no SIP URI"; break;
	case 'f': r.status = 486; break;
	case 'q': r.status = 401, r.challenge.list = &asked, r.challenge.n = 1; break;
	case 's': r.status = 422, r.interval_refused = true, r.timer = &small; break;
	case 'n': r.status = 408, r.none = true; break;
	case 'h': call_hangup(c, Q850_NORMAL, "enough"); return;
	case 'Q':
		r.status = 401, r.challenge.list = &asked, r.challenge.n = 1;
		call_take_bye_response(c, &r);
		return;
	default: CHECK(false, "no such letter %c", letter);
	}
	call_take_response(c, &r);
}

TEST(a_call_we_make_sends_what_its_state_allows)
{
	static const struct {
		const char *story, *play, *sent;
		enum dialog_state state;
		unsigned progress, confirmed, q850;
	} cases[] = {
		{ "answered", "trA", "INVITE ACK", DIALOG_CONFIRMED, 1, 1, 0 },
		{ "we hang up", "Ah", "INVITE ACK BYE", DIALOG_ENDING, 0, 1, 16 },
		{ "the answer came early", "ea", "INVITE ACK", DIALOG_CONFIRMED, 1, 1, 0 },
		{ "of another fork", "eb", "INVITE ACK BYE", DIALOG_ENDING, 1, 0, 88 },
		{ "no description at all", "ra", "INVITE ACK BYE", DIALOG_ENDING, 1, 0, 88 },
		{ "poison (LIBRARIES: K2)", "p", "INVITE ACK BYE", DIALOG_ENDING, 0, 0, 111 },
		{ "busy", "rf", "INVITE", DIALOG_ENDED, 1, 0, 17 },
		{ "nobody there", "n", "INVITE", DIALOG_ENDED, 0, 0, 102 },
		{ "given up", "rhf", "INVITE CANCEL", DIALOG_ENDED, 1, 0, 16 },
		{ "given up twice", "rhh", "INVITE CANCEL", DIALOG_CANCELLING, 1, 0, 16 },
		{ "the answer crosses our CANCEL", "rhA", "INVITE CANCEL ACK BYE", DIALOG_ENDING, 1, 0, 16 },
		{ "no progress after giving up", "hr", "INVITE CANCEL", DIALOG_CANCELLING, 0, 0, 16 },
		{ "challenged, answered", "qA", "INVITE INVITE+ ACK", DIALOG_CONFIRMED, 0, 1, 0 },
		{ "challenged for ever", "qqq", "INVITE INVITE+ INVITE+", DIALOG_ENDED, 0, 0, 21 },
		{ "a challenge after giving up", "rhq", "INVITE CANCEL", DIALOG_ENDED, 1, 0, 16 },
		{ "interval too small (RFC 4028 section 7.3)", "sA", "INVITE INVITE ACK", DIALOG_CONFIRMED, 0,
			1, 0 },
		{ "too small for ever", "ss", "INVITE INVITE", DIALOG_ENDED, 0, 0, 127 },
		{ "BYE challenged", "AhQ", "INVITE ACK BYE BYE+", DIALOG_ENDING, 0, 1, 16 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct call *c = NULL;

		CHECK_INT(CALL_OK, dial(&c, NULL), cases[i].story);
		for (const char *p = cases[i].play; *p; p++)
			play(c, *p);
		CHECK_STR(cases[i].sent, sent, cases[i].story);
		CHECK_INT(cases[i].state, c->state, cases[i].story);
		CHECK_INT(cases[i].progress, n_progress, cases[i].story);
		CHECK_INT(cases[i].confirmed, n_confirmed, cases[i].story);
		CHECK_INT(cases[i].confirmed, n_media, cases[i].story);
		CHECK_INT(cases[i].q850, c->end.q850, cases[i].story);
		CHECK_INT(cases[i].q850 != 0, c->finished, cases[i].story);
		call_free(c);
	}
}

TEST(what_cannot_be_called_is_refused)
{
	static const struct {
		const char *story;
		struct call_dial dial;
		enum call_err want;
	} cases[] = {
		{ "a name as target", { .target = "udp:gw.example:5060", .host = "gw.example" },
			CALL_ADDRESS },
		{ "a transport that is not listened on", { .target = "tcp:192.0.2.1:5060", .host = "a" },
			CALL_ADDRESS },
		{ "TLS without a relay", { .target = "tls:192.0.2.1:5061", .host = "a" }, CALL_ADDRESS },
		{ "a relay without TLS",
			{ .target = "udp:192.0.2.1:5060", .relay = "tcp:127.0.0.1:40000", .host = "a" },
			CALL_ADDRESS },
		{ "no number", { .target = "udp:192.0.2.1:5060", .host = "a", .to_user = "" }, CALL_RANGE },
		{ "a host that is none", { .target = "udp:192.0.2.1:5060", .host = "a b>", .to_user = "1" },
			CALL_RANGE },
		{ "keys are escaped",
			{ .target = "udp:192.0.2.1:5060", .host = "a", .to_user = "#31#1\r\nX: y" },
			CALL_OK },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct call_dial d = cases[i].dial;
		struct call *c = NULL;

		d.trunk = "a";
		if (!d.to_user)
			d.to_user = "1";
		CHECK_INT(cases[i].want, dial(&c, &d), cases[i].story);
		CHECK_INT(cases[i].want == CALL_OK, sent[0] != '\0', cases[i].story);
		if (c)
			CHECK_STR("sip:%2331%231%0D%0AX%3A%20y@a", c->out->request_uri, cases[i].story);
		call_free(c);
	}
}

/* By a relay: it is told the port, the called side where others reach us. */
TEST(a_call_over_tls_goes_by_its_relay)
{
	const struct call_dial d = { .trunk = "a",
		.target = "tls:[2001:db8::1]:5061",
		.relay = "tcp:127.0.0.1:40000",
		.host = "carrier.example",
		.to_user = "1",
		.from_user = "2" };
	struct call *c = NULL;

	CHECK_INT(CALL_OK, dial(&c, &d), "dialled");
	CHECK_STR("tcp:127.0.0.1:40000", c->out->relay, "the relay");
	CHECK_INT(40000, call_relay_port(c), "its port");
	CHECK_STR("sip:1@carrier.example", c->out->request_uri, "the name stays");
	CHECK(strstr(c->out->from, "<sip:2@192.0.2.8>"), "%s", c->out->from);
	call_free(c);
}

TESTS(a_call_over_tls_goes_by_its_relay, a_call_we_make_sends_what_its_state_allows,
	what_cannot_be_called_is_refused)
