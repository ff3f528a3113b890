/* links: tests/rawsip.c tests/check.c */
/* Far ends that find their way by ICE: baresip, which signals the address of its network card and sends from loopback, called and
 * calling; an agent of our own, which restarts; and strangers. */
#include "tests/check.h"
#include "tests/flow/ask.h"
#include "tests/flow/softphone.h"
#include "tests/rawsip.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CROWD_HZ = 1009,
	STRANGER_HZ = 440,
	JOIN_MS = 8000,
	CROWD_WAIT_MS = 40000,
	ANSWER_MS = 4000,
	SOUND_MS = 2000,
	SETTLE_MS = 200, /* an answer may be faster than the media thread */
	PORTS = 20,
	PROMPT_MS = 9000
};

static char ports[24];

/* Ports for this bridge's media alone: other tests talk on loopback at the same time. */
static unsigned first_port(void)
{
	return 61000 +
	       (unsigned)getpid() % 200 * PORTS; /* above what the kernel gives out and softphones take */
}

static void house_start(struct bridge *b, unsigned gateway)
{
	char site[2048];

	snprintf(ports, sizeof(ports), "%u-%u", first_port(), first_port() + PORTS - 1);
	snprintf(site, sizeof(site),
		"accounts:\n"
		"  - name: acme\n"
		"    audio: { levelling: false }\n"
		"    meetings:\n"
		"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", chimes: false }\n"
		"      - { id: \"100200300\", name: Open, chimes: false }\n"
		"trunks:\n"
		"  - { name: plain, inbound: { from: [ 127.0.0.2/32 ] } }\n"
		"  - name: checked\n"
		"    inbound: { from: [ 127.0.0.3/32 ] }\n"
		"    outbound: { gateways: [ \"sip:127.0.0.3:%u\" ], keepalive: false }\n"
		"    ice: allow\n"
		"    media_port: shared\n"
		"numbers:\n"
		"  - { number: \"+15550101\", trunk: plain, account: acme, answer: \"meeting:483920175\" }\n"
		"  - { number: \"+15550102\", trunk: checked, account: acme, answer: \"meeting:483920175\" "
		"}\n"
		"routes:\n"
		"  - { account: acme, prefix: \"+1\", trunks: [ checked ], caller_id: \"+15550102\" }\n",
		gateway ? gateway : 5060);
	CHECK(bridge_start(b, &(struct bridge_setup){ .site = site, .rtp_ports = ports }),
		"the bridge is up");
}

/* ---- the wire ---- */

static void listen_in(const struct bridge *b, struct peer *shark)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "udp portrange %s", ports);
	CHECK(peer_start(shark, &b->folder, "shark",
		      (const char *const[]){ "tshark", "-i", "lo", "-f", filter, "-w",
			      folder_file(&b->folder, "wire.pcapng"), "-q", NULL }),
		"tshark starts");
	CHECK(peer_wait_line(shark, "Capturing on", 8000), "tshark listens");
	test_sleep_ms(500);
}

/* Packets that a filter of tshark's lets pass. */
static unsigned seen(const struct bridge *b, const char *filter)
{
	struct peer reader;
	char *lines;
	unsigned n = 0;

	CHECK(peer_start(&reader, &b->folder, "reader",
		      (const char *const[]){ "tshark", "-r", folder_file(&b->folder, "wire.pcapng"), "-Y",
			      filter, "-T", "fields", "-e", "frame.number", NULL }),
		"tshark reads");
	CHECK_INT(0, peer_wait_exit(&reader, 20000), filter);
	lines = peer_output(&reader);
	for (char *p = lines; p; p = strchr(p, '\n')) { /* lines of numbers: it has words for root, too */
		p += *p == '\n';
		n += *p >= '0' && *p <= '9';
	}
	free(lines);
	return n;
}

/* ---- a stranger ---- */

static int udp_at(const char *ip, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &at.sin_addr);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "a socket at %s", ip);
	getsockname(fd, (struct sockaddr *)&at, &len);
	if (port)
		*port = ntohs(at.sin_port);
	return fd;
}

static void send_to(int fd, unsigned port, const void *bytes, size_t n)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	(void)!sendto(fd, bytes, n, 0, (struct sockaddr *)&to, sizeof(to));
}

/* What came back: answers to a check with this status, and all else. */
static void count_back(int fd, const struct check *c, unsigned status, unsigned *answers, unsigned *others)
{
	uint8_t p[2000];
	ssize_t n;

	while ((n = recv(fd, p, sizeof(p), MSG_DONTWAIT)) > 0)
		if (check_status(p, (size_t)n, c) == status)
			++*answers;
		else
			++*others;
}

/* A second of a loud tone and of checks with a password of its own, to every port of ours. */
static void intrude(unsigned *refusals, unsigned *others)
{
	struct check c = {
		.username = "whoever:me", .password = "guessedGuessedGuessed1", .nominates = true
	};
	uint8_t sound[172] = { 0x80, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7 }, check[CHECK_MAX];
	const int fd = udp_at("127.0.0.9", NULL);
	const size_t n = check_write(check, &c);

	*refusals = *others = 0;
	for (unsigned k = 0; k < 50; k++) {
		sound[3] = (uint8_t)k;
		sound[6] = (uint8_t)(k * 160 >> 8);
		sound[7] = (uint8_t)(k * 160);
		for (unsigned i = 0; i < 160; i++) /* of full scale, two values of mu-law */
			sound[12 + i] = (uint8_t)((k * 160 + i) * 2 * STRANGER_HZ / 8000 % 2 * 0x80);
		for (unsigned port = first_port(); port < first_port() + PORTS; port++) {
			send_to(fd, port, sound, sizeof(sound));
			if (k % 10 == 0)
				send_to(fd, port, check, n);
		}
		test_sleep_ms(20);
		count_back(fd, &c, 401, refusals, others);
	}
	test_sleep_ms(200);
	count_back(fd, &c, 401, refusals, others);
	close(fd);
}

/* ---- baresip ---- */

#define MODULES "module stun.so\nmodule ice.so\nmodule srtp.so\n"

/* A phone with ICE on one trunk and a caller without on the other, in one meeting, in the clear and sealed: both hear each other, at
 * an address that no description named, and nobody else gets in. */
TEST(a_phone_is_heard_and_hears_by_the_path_that_it_has_found)
{
	static const struct {
		const char *account, *srtp;
	} cases[] = { { ";medianat=ice", "" },
		{ ";medianat=ice;mediaenc=srtp-mand", "AES_CM_128_HMAC_SHA1_80" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct softphone_case c = { "PCMU/8000/1", "PCMU", "+15550102", "900911", "host",
			.rate = 8000, .channels = 1, .modules = MODULES, .account = cases[i].account,
			.ip = "127.0.0.3" };
		struct softphone phone;
		struct peer crowd, shark;
		struct bridge b;
		struct sound heard;
		char path[100], id[64];
		unsigned refusals, others;
		int code = -1;

		house_start(&b, 0);
		listen_in(&b, &shark);
		softphone_start(&b, &phone, &c);
		CHECK(bridge_crowd_start(&b, &crowd, "crowd",
			      (const char *const[]){ "--to", b.uri_meeting, "--codec", "PCMU", "--keys",
				      "900911", "--say", "tone:1009:-20", "--hear", "709,1009,440",
				      "--seconds", "9", NULL }),
			"crowd");
		softphone_dial(&b, &phone, &c);
		json_t *row = roster_wait(&b, "483920175", "Some Body", JOIN_MS);
		CHECK(row, "the phone is in the meeting: %s", phone.seen);
		CHECK_STR(cases[i].srtp, json_text_at(row, "legs.0.srtp"), "its suite");
		snprintf(path, sizeof(path), "%s", json_text_at(row, "legs.0.ice"));
		snprintf(id, sizeof(id), "%s", json_text_at(row, "legs.0.call"));
		json_decref(row);
		CHECK(strncmp(path, "127.0.0.1:", 10) == 0, "where it was found: '%s'", path);
		intrude(&refusals, &others);
		CHECK(refusals >= 5, "a check without our password is refused: %u", refusals);
		CHECK_INT(0, others, "and a stranger gets nothing else");
		row = roster_row(&b, "483920175", "Some Body");
		CHECK(row, "it is still there");
		CHECK_STR(path, json_text_at(row, "legs.0.ice"), "where it was");
		json_decref(row);

		json_t *report = bridge_crowd_end(&b, &crowd, CROWD_WAIT_MS, &code);
		CHECK(report && code == 0, "crowd: %d", code);
		CHECK_NEAR(-20, crowd_heard(report, 1, 1, SOFTPHONE_HZ), 1, "the caller hears the phone");
		CHECK(crowd_heard(report, 1, 1, STRANGER_HZ) < -50, "and no stranger: %.1f",
			crowd_heard(report, 1, 1, STRANGER_HZ));
		json_decref(report);
		snprintf(path, sizeof(path), "/v1/calls/%s/trace", id);
		json_t *trace = bridge_get(&b, path);
		CHECK(strstr(json_text_at(trace, "text"), "ICE: the far end is at 127.0.0.1:"),
			"its trace: %s", json_text_at(trace, "text"));
		CHECK(!strstr(json_text_at(trace, "text"), "consent"), "which has not lapsed");
		json_decref(trace);
		softphone_order(&phone, "hangup", "");
		softphone_quit(&phone);
		softphone_heard(&b, &heard);
		CHECK_NEAR(-20,
			sound_level(&heard, CROWD_HZ, sound_ms(&heard) - 5000, sound_ms(&heard) - 3000), 1.5,
			"the phone has heard the caller");
		sound_free(&heard);
		peer_stop(&shark, 5000);

		CHECK(seen(&b, "stun.type == 0x0001 && stun.att.type == 0x0025") > 0, "it nominated");
		CHECK(seen(&b, "stun.type == 0x0101 && stun.att.crc32.status == 1 && stun.att.hmac") >= 2,
			"answers, whole, for RTP and RTCP");
		CHECK_INT(0, seen(&b, "stun.att.crc32.status == 0 || stun.att.crc32.bad || _ws.malformed"),
			"none that is not");
		CHECK(seen(&b, "stun.type == 0x0111 && stun.att.error == 1 && ip.dst == 127.0.0.9") >= 5,
			"the stranger was refused");
		CHECK_INT(0, seen(&b, "!stun && ip.dst == 127.0.0.9"), "and got no sound");
		CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
	}
}

/* The meeting calls the phone, whose answer comes with ICE. */
TEST(a_phone_that_is_called_is_found_too)
{
	struct softphone_case c = { "PCMU/8000/1", "PCMU", "", "", "guest", .rate = 8000, .channels = 1,
		.modules = MODULES, .account = ";medianat=ice;answermode=auto", .ip = "127.0.0.3" };
	struct softphone phone;
	struct bridge b;
	struct sound heard;
	char id[ASK_ID];

	c.sip_port = free_sip_port("127.0.0.3");
	house_start(&b, c.sip_port);
	softphone_start(&b, &phone, &c);
	ask_call(&b, "+15559000042", id);
	CHECK(softphone_said(&phone, "CALL_ESTABLISHED", SOFTPHONE_READY_MS), "the phone answers: %s",
		phone.seen);
	json_t *row = NULL;
	for (uint64_t end = test_now_ms() + PROMPT_MS; !row && test_now_ms() < end;) {
		softphone_order(&phone, "sndcode", "1");
		row = roster_wait(&b, "100200300", "Bob", 1000);
	}
	CHECK(row, "it presses 1 and is in the meeting: %s", phone.seen);
	CHECK(strncmp(json_text_at(row, "legs.0.ice"), "127.0.0.1:", 10) == 0, "where it was found: %s",
		json_text_at(row, "legs.0.ice"));
	json_decref(row);
	test_sleep_ms(SOUND_MS);
	softphone_order(&phone, "hangup", "");
	softphone_quit(&phone);
	softphone_heard(&b, &heard);
	CHECK(sound_loudness(&heard, 0, sound_ms(&heard)) > -50, "and has heard what it was told");
	sound_free(&heard);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

/* ---- an agent of our own ---- */

struct agent {
	struct raw sip;
	int fd, other_fd; /* two places that it may be found at */
	unsigned port, far;
	char ufrag[40], pwd[40]; /* theirs to us: the bridge's */
};

static void take_answer(struct agent *a)
{
	const char *media = strstr(a->sip.last, "m=audio ");
	const char *ufrag = strstr(a->sip.last, "a=ice-ufrag:"), *pwd = strstr(a->sip.last, "a=ice-pwd:");

	CHECK(media && ufrag && pwd && strstr(a->sip.last, "a=ice-lite\r\n"), "a lite answer: %s",
		a->sip.last);
	a->far = (unsigned)strtoul(media + 8, NULL, 10);
	snprintf(a->ufrag, sizeof(a->ufrag), "%.*s", (int)strcspn(ufrag + 12, "\r"), ufrag + 12);
	snprintf(a->pwd, sizeof(a->pwd), "%.*s", (int)strcspn(pwd + 10, "\r"), pwd + 10);
}

/* Its offer names an address that nobody is at. */
static unsigned invite(struct agent *a, unsigned version, const char *credentials, const char *more)
{
	char offer[1024];

	snprintf(offer, sizeof(offer),
		"v=0\r\no=- 7 %u IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.77\r\nt=0 0\r\n%s"
		"m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n%s"
		"a=candidate:1 1 UDP 2130706431 127.0.0.77 4000 typ host\r\n",
		version, more, credentials);
	raw_request(&a->sip, "INVITE", NULL, offer);
	const unsigned status = raw_final(&a->sip, ANSWER_MS);
	char answer[RAW_TEXT];
	memcpy(answer, a->sip.last, sizeof(answer));
	raw_request(&a->sip, "ACK", NULL, NULL);
	memcpy(a->sip.last, answer, sizeof(answer));
	return status;
}

static void agent_open(struct agent *a, const struct bridge *b)
{
	*a = (struct agent){ .fd = udp_at("127.0.0.3", NULL), .other_fd = udp_at("127.0.0.4", NULL) };
	CHECK(raw_open(&a->sip, "127.0.0.3", 0, b->sip_port, false), "a socket");
	raw_fresh(&a->sip, "+15550102");
}

static void agent_close(struct agent *a)
{
	raw_close(&a->sip);
	close(a->fd);
	close(a->other_fd);
}

/* Whatever comes before the answer is dropped; 0 when none comes. */
static unsigned ask_check(struct agent *a, int fd, const char *ufrag, const char *pwd)
{
	static uint32_t id;
	struct check c = { .password = pwd, .priority = 5, .nominates = true, .id = ++id };
	char username[96];
	uint8_t p[2000];

	snprintf(username, sizeof(username), "%s:them", ufrag);
	c.username = username;
	send_to(fd, a->far, p, check_write(p, &c));
	for (uint64_t end = test_now_ms() + SOUND_MS; test_now_ms() < end; test_sleep_ms(5)) {
		const ssize_t n = recv(fd, p, sizeof(p), MSG_DONTWAIT);
		const unsigned status = n > 0 ? check_status(p, (size_t)n, &c) : 0;

		if (status)
			return status;
	}
	return 0;
}

/* RTP packets that come within `ms`. */
static unsigned sound_at(int fd, unsigned ms)
{
	uint8_t p[2000];
	unsigned n = 0;

	while (recv(fd, p, sizeof(p), MSG_DONTWAIT) > 0)
		; /* of before */
	test_sleep_ms(ms);
	for (ssize_t len; (len = recv(fd, p, sizeof(p), MSG_DONTWAIT)) > 0;)
		n += len >= 12 && p[0] == 0x80 && (p[1] & 0x7f) == 0;
	return n;
}

TEST(a_restart_changes_both_sides_and_the_old_path_serves_until_then)
{
	struct bridge b;
	struct agent a;
	char ufrag[40], pwd[40];

	house_start(&b, 0);
	agent_open(&a, &b);
	CHECK_INT(
		200, invite(&a, 1, "a=ice-ufrag:one1\r\na=ice-pwd:firstFirstFirstFirst22\r\n", ""), "INVITE");
	take_answer(&a);
	CHECK(!strstr(a.sip.last, "a=candidate:1 2 "), "RTCP is muxed: one candidate");
	CHECK_INT(0, sound_at(a.fd, 500), "nothing is sent before a check");
	CHECK_INT(401, ask_check(&a, a.fd, a.ufrag, "firstFirstFirstFirst22"), "not with their own password");
	CHECK_INT(401, ask_check(&a, a.fd, "some", a.pwd), "nor in another's name");
	CHECK_INT(0, sound_at(a.fd, 500), "which changed nothing");
	CHECK_INT(200, ask_check(&a, a.fd, a.ufrag, a.pwd), "with ours");
	CHECK(sound_at(a.fd, 1000) > 30, "now it is sent to, where it is and not where it said");

	snprintf(ufrag, sizeof(ufrag), "%s", a.ufrag);
	snprintf(pwd, sizeof(pwd), "%s", a.pwd);
	CHECK_INT(200, invite(&a, 2, "a=ice-ufrag:one1\r\na=ice-pwd:firstFirstFirstFirst22\r\n", ""),
		"a refresh");
	take_answer(&a);
	CHECK_STR(ufrag, a.ufrag, "keeps our name");
	CHECK_INT(200, invite(&a, 3, "a=ice-ufrag:two2\r\na=ice-pwd:secondSecondSecond2222\r\n", ""),
		"a restart");
	take_answer(&a);
	CHECK(strcmp(ufrag, a.ufrag) != 0 && strcmp(pwd, a.pwd) != 0, "ours are new: %s", a.ufrag);
	test_sleep_ms(SETTLE_MS);
	CHECK_INT(401, ask_check(&a, a.other_fd, ufrag, pwd), "the old ones are over");
	CHECK(sound_at(a.fd, 1000) > 30, "the old path serves");
	CHECK_INT(200, ask_check(&a, a.other_fd, a.ufrag, a.pwd), "a new one");
	CHECK(sound_at(a.other_fd, 1000) > 30, "is used");
	CHECK_INT(0, sound_at(a.fd, 500), "alone");
	agent_close(&a);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

/* Of others: plain addresses, and the word for it. */
TEST(who_is_lite_or_was_changed_on_the_way_is_met_where_it_says)
{
	static const struct {
		const char *story, *credentials, *more, *has, *has_not;
	} cases[] = {
		{ "lite as well", "a=ice-ufrag:one1\r\na=ice-pwd:firstFirstFirstFirst22\r\n",
			"a=ice-lite\r\n", "a=ice-lite\r\n", "a=ice-mismatch" },
		{ "changed on the way",
			"a=ice-ufrag:one1\r\na=ice-pwd:firstFirstFirstFirst22\r\nc=IN IP4 127.0.0.66\r\n", "",
			"a=ice-mismatch\r\n", "a=ice-ufrag" },
		{ "no ICE", "", "", "m=audio", "ice" },
	};
	struct bridge b;

	house_start(&b, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct agent a;

		agent_open(&a, &b);
		CHECK_INT(200, invite(&a, 1, cases[i].credentials, cases[i].more), cases[i].story);
		CHECK(strstr(a.sip.last, cases[i].has), "%s: %s", cases[i].story, a.sip.last);
		CHECK(!strstr(strstr(a.sip.last, "v=0"), cases[i].has_not), "%s: %s", cases[i].story,
			a.sip.last);
		json_t *calls = bridge_get(&b, "/v1/calls");
		CHECK_STR("", json_text_at(calls, "items.0.media.ice"), cases[i].story);
		json_decref(calls);
		raw_request(&a.sip, "BYE", NULL, NULL);
		CHECK_INT(200, raw_final(&a.sip, ANSWER_MS), "BYE");
		CHECK(bridge_wait_count(&b, "/v1/calls", 0, ANSWER_MS), "it is over");
		agent_close(&a);
	}
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

TESTS(a_phone_is_heard_and_hears_by_the_path_that_it_has_found, a_phone_that_is_called_is_found_too,
	a_restart_changes_both_sides_and_the_old_path_serves_until_then,
	who_is_lite_or_was_changed_on_the_way_is_met_where_it_says)
