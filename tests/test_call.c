/* links: sip/call.c sip/call_media.c sip/call_key.c sip/call_refer.c sip/refer.c sip/call_refresh.c sip/early.c sip/cause.c sip/err.c sip/offer.c sip/agreed.c sip/format.c sip/sdes.c sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/squeeze.c sip/timer.c sip/call_dial.c sip/login.c sip/digest.c sip/vet.c sip/trunk.c sip/stated.c sip/uri.c sip/permit.c */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"
#include "tests/test.h"

#include <stdlib.h>

/* What sip/ua_*.c would send is written down here instead: "180 183sR 200s BYE". */
static char sent[256];
static uint64_t now_us;

static void note(const char *format, ...)
{
	const size_t n = strlen(sent);
	va_list ap;

	va_start(ap, format);
	vsnprintf(sent + n, sizeof(sent) - n, format, ap);
	va_end(ap);
}

static void note_reply(const struct ua_reply *r)
{
	note("%s%u%s%s", sent[0] ? " " : "", r->status, r->sdp ? "s" : "", r->require_100rel ? "R" : "");
	if (r->warning_text)
		note(" (%u %s)", r->warning, r->warning_text);
}

void ua_reply_invite(struct call *c, const struct ua_reply *reply)
{
	(void)c;
	note_reply(reply);
}

void ua_send_bye(struct call *c, const char *reason)
{
	(void)c, (void)reason;
	note("%sBYE", sent[0] ? " " : "");
}

void ua_send_refresh(struct call *c, bool by_update, const char *sdp, const struct timer_headers *timer)
{
	(void)c;
	note("%s%s%s/%u", sent[0] ? " " : "", by_update ? "UPDATE" : "INVITE", sdp ? "s" : "",
		timer->expires_s);
}

void ua_send_key(struct call *c, char key, unsigned ms)
{
	(void)c;
	note("%sINFO %c/%u", sent[0] ? " " : "", key, ms);
}

void ua_send_refer(struct call *c, const char *refer_to)
{
	(void)c;
	note("%sREFER %s", sent[0] ? " " : "", refer_to);
}

void ua_send_notify(struct call *c, const char *event, const char *fragment, bool last)
{
	(void)c;
	note("%sNOTIFY %s %.11s%s", sent[0] ? " " : "", event, fragment, last ? " last" : "");
}

void ua_release(struct call *c)
{
	c->handle = NULL;
}

/* Of calls that we make; test_dial has these for its own. */
struct listener *ua_listener_for(struct ua *ua, const char *target, const char *local)
{
	(void)local;
	(void)ua, (void)target;
	return NULL;
}

void ua_send_invite(struct call *c)
{
	(void)c;
}

void ua_send_ack(struct call *c)
{
	(void)c;
}

void ua_send_cancel(struct call *c, const char *reason)
{
	(void)c, (void)reason;
}

void ua_send_bye_again(struct call *c, unsigned cseq)
{
	(void)c, (void)cseq;
}

void ua_adopt(struct ua *ua, struct call *c)
{
	(void)ua, (void)c;
}

void ua_note(struct ua *ua, const char *call_id, const char *text)
{
	(void)ua, (void)call_id, (void)text;
}

void ua_kick(struct call *c)
{
	(void)c;
}

uint64_t ua_now_us(const struct ua *ua)
{
	(void)ua;
	return now_us;
}

static const char offer_text[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
				 "m=audio 30000 RTP/AVP 0\r\n";
static const char t38_text[] = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
			       "m=image 30000 udptl t38\r\n";

static unsigned n_media, n_confirmed;
static bool flows;

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

static bool media_flows(void *owner, struct call *call)
{
	(void)owner, (void)call;
	return flows;
}

static struct call *new_call(struct ua *ua, bool with_offer)
{
	struct call *c;

	memset(ua, 0, sizeof(*ua));
	ua->config.timer_speed = 1;
	ua->config.on.on_media = on_media;
	ua->config.on.on_confirmed = on_confirmed;
	ua->config.on.media_flows = media_flows;
	c = call_alloc(ua);
	CHECK(c, "memory");
	c->handle = c; /* there is a dialog */
	c->media.had_offer = with_offer;
	if (with_offer) {
		c->media.offer_rx = strdup(offer_text);
		c->media.offer_rx_len = strlen(offer_text);
	}
	sent[0] = '\0';
	n_media = n_confirmed = 0;
	return c;
}

static struct media_self self_of(void)
{
	return (struct media_self){ .origin_id = 1,
		.address = "192.0.2.9",
		.rtp_port = 20000,
		.rtcp_port = 20001,
		.formats = { { .payload_type = 0, .name = "PCMU", .clock_hz = 8000, .channels = 1 } },
		.n_formats = 1 };
}

/* One letter, one event. */
static void play(struct call *c, char letter)
{
	const struct body_text sdp = { offer_text, strlen(offer_text) }, t38 = { t38_text, strlen(t38_text) };
	const struct timer_headers no_timer = { 0 };
	struct ua_reply reply = { 0 };
	struct media_self self = self_of();

	switch (letter) {
	case 'm': CHECK_INT(CALL_OK, call_accept_media(c, &self), "media"); break;
	case 'r': call_progress(c, 180, false); break;
	case 'e': call_progress(c, 183, true); break;
	case 'a': call_answer(c); break;
	case 'h': call_hangup(c, Q850_NORMAL, "enough"); break;
	case 'f': call_refuse(c, 404, Q850_UNALLOCATED, "nobody", 0); break;
	case 'K': call_take_ack(c, NULL); break;
	case 'A': call_take_ack(c, &sdp); break;
	case 'p': call_take_prack(c, NULL, &reply); break;
	case 'P': call_take_prack(c, &sdp, &reply); break;
	case 'I': call_take_reinvite(c, &sdp, &no_timer, &reply); break;
	case 'i': call_take_reinvite(c, NULL, &no_timer, &reply); break;
	case 'T': call_take_reinvite(c, &t38, &no_timer, &reply); break;
	case 'U': call_take_update(c, &sdp, &no_timer, &reply); break;
	case 'u': call_take_update(c, NULL, &no_timer, &reply); break;
	case 'G': call_take_gone(c, 0, "terminated"); break;
	default: CHECK(false, "no such letter %c", letter);
	}
	if (reply.status)
		note_reply(&reply);
}

TEST(a_call_sends_what_its_state_allows)
{
	static const struct {
		const char *story, *features, *play, *sent;
		enum dialog_state state;
		unsigned media;
	} cases[] = {
		{ "plain", "o", "mraK", "180 200s", DIALOG_CONFIRMED, 1 },
		{ "answer without media is not possible", "o", "a", "", DIALOG_INCOMING, 0 },
		{ "answered twice is answered once", "o", "maa", "200s", DIALOG_ANSWERED, 1 },
		{ "no progress after the answer", "o", "mar", "200s", DIALOG_ANSWERED, 1 },
		{ "refused", "o", "rf", "180 404", DIALOG_ENDING, 0 },
		{ "refused twice is refused once", "o", "ff", "404", DIALOG_ENDING, 0 },
		{ "hang up before an answer is a refusal", "o", "mrh", "180 480", DIALOG_ENDING, 1 },
		{ "hang up waits for the ACK (RFC 3261 section 15)", "o", "mah", "200s", DIALOG_LEAVING, 1 },
		{ "and follows it", "o", "mahK", "200s BYE", DIALOG_ENDING, 1 },
		{ "hang up twice is one BYE", "o", "maKhh", "200s BYE", DIALOG_ENDING, 1 },
		{ "refuse too late is a hang up", "o", "maKf", "200s BYE", DIALOG_ENDING, 1 },
		{ "gone", "o", "maKG", "200s", DIALOG_ENDED, 1 },
		{ "delayed offer (T8)", "", "maA", "200s", DIALOG_CONFIRMED, 1 },
		{ "delayed offer without an answer", "", "maK", "200s BYE", DIALOG_ENDING, 0 },
		{ "early media, unreliable: the 200 repeats it", "o", "meaK", "183s 200s", DIALOG_CONFIRMED,
			1 },
		{ "early media, reliable: the 200 does not", "oS", "mepaK", "183sR 200 200", DIALOG_CONFIRMED,
			1 },
		{ "our offer in the 183, answer in PRACK", "S", "mePaK", "183sR 200 200", DIALOG_CONFIRMED,
			1 },
		{ "PRACK without the answer", "S", "mep", "183sR 400", DIALOG_EARLY, 0 },
		{ "answer held for a PRACK can still be refused", "S", "meaf", "183sR 200 404",
			DIALOG_LEAVING, 0 },
		{ "re-INVITE", "o", "maKIK", "200s 200s", DIALOG_CONFIRMED, 2 },
		{ "re-INVITE without offer", "o", "maKiA", "200s 200s", DIALOG_CONFIRMED, 2 },
		{ "re-INVITE whose sender ignores our offer", "o", "maKiK", "200s 200s", DIALOG_CONFIRMED,
			1 },
		{ "T.38 (T13)", "o", "maKT", "200s 488", DIALOG_CONFIRMED, 1 },
		{ "UPDATE", "o", "maKUu", "200s 200s 200", DIALOG_CONFIRMED, 2 },
		{ "UPDATE before our answer (RFC 3311 section 5.2)", "o", "mrU", "180 500", DIALOG_EARLY, 1 },
		{ "UPDATE while our offer is out", "", "maU", "200s 491", DIALOG_ANSWERED, 0 },
		{ "UPDATE in an early dialog that is settled", "oS", "mepU", "183sR 200 200s", DIALOG_EARLY,
			2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static struct ua ua;
		struct call *c = new_call(&ua, strchr(cases[i].features, 'o'));

		c->rel100_supported = strchr(cases[i].features, 'S');
		for (const char *p = cases[i].play; *p; p++)
			play(c, *p);
		CHECK_STR(cases[i].sent, sent, cases[i].story);
		CHECK_INT(cases[i].state, c->state, cases[i].story);
		CHECK_INT(cases[i].media, n_media, cases[i].story);
		call_free(c);
	}
}

TEST(the_first_reason_stays)
{
	static struct ua ua;
	struct call *c = new_call(&ua, true);
	const struct call_end theirs = call_end_of(true, 0, Q850_NORMAL, "far end hung up");

	play(c, 'm');
	play(c, 'a');
	play(c, 'K');
	call_finish(c, &theirs);
	play(c, 'h');
	play(c, 'G');
	CHECK(c->finished && c->end.by_far_end, "theirs");
	CHECK_STR("far end hung up", c->end.text, "text");
	CHECK_INT(1, ua.stats.ended, "counted once");
	CHECK_INT(1, n_confirmed, "confirmed once");
	call_free(c);
}

/* Session timers of 90 s: what goes out in the seconds after the answer (RFC 4028 sections 7.2, 10). */
TEST(a_session_is_refreshed_or_ends)
{
	static const struct {
		const char *story;
		char refresher;
		bool update, flows;
		unsigned replies;
		unsigned seconds;
		const char *sent;
	} cases[] = {
		{ "we refresh at half, by UPDATE", 's', true, false, 200, 50, "UPDATE/90" },
		{ "by re-INVITE with our last description", 's', false, false, 200, 50, "INVITEs/90" },
		{ "and again", 's', true, false, 200, 100, "UPDATE/90 UPDATE/90" },
		{ "UPDATE is not served: re-INVITE", 's', true, false, 405, 50, "UPDATE/90 INVITEs/90" },
		{ "the far end does not know us: BYE", 's', true, false, 481, 50, "UPDATE/90 BYE" },
		{ "glare: again within 2.1 s", 's', true, false, 491, 47, "UPDATE/90 UPDATE/90" },
		{ "they refresh: not before", 'u', true, false, 200, 57, "" },
		{ "they do not: BYE 32 s or a third before the end", 'u', true, false, 200, 62, "BYE" },
		{ "unless sound flows (T7)", 'u', true, true, 200, 200, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static struct ua ua;
		const struct timer_headers asked = {
			.supported = true, .expires_s = 90, .refresher = cases[i].refresher
		};
		const struct timer_headers agreed = { .required = true, .expires_s = 90, .refresher = 'u' };
		struct call *c = new_call(&ua, true);
		const uint64_t begun_us = now_us = 1000000000;
		unsigned status = cases[i].replies;

		flows = cases[i].flows;
		CHECK_INT(0, timer_invite(&c->timer, &asked, &c->timer_reply, now_us), cases[i].story);
		c->allows_update = cases[i].update;
		play(c, 'm');
		play(c, 'a');
		play(c, 'K');
		sent[0] = '\0';
		while (now_us < begun_us + cases[i].seconds * 1000000ull) {
			now_us += 100000;
			call_tick(c, now_us);
			if (c->request_pending) {
				call_take_refreshed(c, c->allows_update, status, &agreed, NULL);
				status = 200; /* refused only once */
			}
		}
		CHECK_STR(cases[i].sent, sent, cases[i].story);
		call_free(c);
	}
}

TEST(tokens_do_not_repeat)
{
	static struct ua ua;
	struct call *a = new_call(&ua, false), *b = call_alloc(&ua);

	CHECK_INT(32, strlen(call_token(a)), "128 bits");
	CHECK(strcmp(call_token(a), call_token(b)) != 0, "two calls");
	call_free(a);
	call_free(b);
	CHECK(!call_free(NULL), "NULL");
}

#define KEYS "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"

static const char *refused(enum offer_srtp srtp, const char *protocol, const char *keys)
{
	struct media_self self = self_of();
	char text[600];
	struct ua ua;
	struct call *c = new_call(&ua, false);

	self.srtp = srtp;
	snprintf(text, sizeof(text), "%.*s%s 0\r\n%s", (int)(strstr(offer_text, "RTP/AVP") - offer_text),
		offer_text, protocol, keys);
	c->media.offer_rx = strdup(text);
	c->media.offer_rx_len = strlen(text);
	CHECK_INT(CALL_NO_SRTP, call_accept_media(c, &self), "no agreement");
	call_refuse(c, 488, Q850_INCOMPATIBLE, "no", 0);
	call_free(c);
	return sent;
}

TEST(a_refusal_says_that_it_is_about_srtp)
{
	CHECK_STR("488 (399 SRTP is required)", refused(OFFER_SRTP_REQUIRE, "RTP/AVP", ""), "required");
	CHECK_STR(
		"488 (399 SRTP is not possible here)", refused(OFFER_SRTP_NEVER, "RTP/SAVP", KEYS), "never");
}

/* Once sealed, a re-INVITE in the clear is refused and the call goes on; one with keys is answered. */
TEST(no_reinvite_opens_a_sealed_call)
{
	const struct timer_headers no_timer = { 0 };
	const struct body_text clear = { offer_text, strlen(offer_text) };
	struct media_self self = self_of();
	struct ua_reply reply = { 0 };
	struct body_text sealed;
	char text[600];
	struct ua ua;
	struct call *c = new_call(&ua, false);

	self.srtp = OFFER_SRTP_ALLOW;
	snprintf(text, sizeof(text), "%s%s", offer_text, KEYS);
	c->media.offer_rx = strdup(text);
	c->media.offer_rx_len = strlen(text);
	c->media.had_offer = true;
	sealed = (struct body_text){ text, strlen(text) };
	CHECK_INT(CALL_OK, call_accept_media(c, &self), "answered");
	CHECK(strstr(c->media.sent, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), "with a key: %s",
		c->media.sent);
	call_answer(c);
	call_take_ack(c, NULL);
	call_take_reinvite(c, &clear, &no_timer, &reply);
	CHECK_INT(488, reply.status, "in the clear");
	CHECK_INT(399, reply.warning, "and why not");
	CHECK_INT(DIALOG_CONFIRMED, c->state, "the call goes on");
	call_take_update(c, &clear, &no_timer, &reply);
	CHECK_INT(488, reply.status, "nor by UPDATE");
	CHECK_INT(1, n_media, "nothing was agreed");
	reply = (struct ua_reply){ 0 };
	call_take_reinvite(c, &sealed, &no_timer, &reply);
	CHECK_INT(200, reply.status, "with its key");
	call_free(c);
}

TESTS(a_call_sends_what_its_state_allows, the_first_reason_stays, a_session_is_refreshed_or_ends,
	tokens_do_not_repeat, a_refusal_says_that_it_is_about_srtp, no_reinvite_opens_a_sealed_call)
