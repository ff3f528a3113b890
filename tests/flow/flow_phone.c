/* A phone that somebody else has written: baresip dials in, keys, talks and hears, with Opus and with PCMU. */
#include "tests/flow/ask.h"
#include "tests/flow/sound.h"
#include "tests/test.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PHONE_HZ = 709, /* its tone */
	CROWD_HZ = 1009,
	TONE_S = 40,
	READY_MS = 8000,
	JOIN_MS = 5000,
	CROWD_WAIT_MS = 40000,
	BOTH_MS = 3000 /* of talk with nothing else over it, at least */
};

static const char site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    audio: { levelling: false }\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\", chimes: false "
	"}\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:483920175\" }\n";

struct phone_case {
	const char *codec, *name, *number, *keys, *role; /* baresip's name of it; ours */
	int rate, channels;                              /* of its sound card */
};

struct phone {
	struct peer peer;
	int fd; /* of its control connection */
	uint16_t port;
	char seen[65536]; /* what came over it */
	size_t n_seen;
};

static bool write_config(const struct bridge *b, const struct phone_case *c, uint16_t port)
{
	char text[2048];
	const char *folder = b->folder.path;

	snprintf(text, sizeof(text),
		"sip_listen 127.0.0.2:0\n"
		"audio_source aufile,%s/tone.wav\n"
		"audio_player none\naudio_alert none\n"
		"ausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\n"
		"module_path /usr/lib/baresip/modules\n"
		"module g711.so\nmodule opus.so\nmodule g722.so\nmodule aufile.so\nmodule sndfile.so\n"
		"module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n"
		"snd_path %s\n"
		"ctrl_tcp_listen 127.0.0.1:%u\n"
		"opus_bitrate 40000\n",
		folder, folder, port);
	if (!folder_write(&b->folder, "config", text))
		return false;
	snprintf(text, sizeof(text),
		"\"Some Body\" <sip:+15559000042@127.0.0.2>;regint=0;audio_codecs=%s;ptime=20\n", c->codec);
	return folder_write(&b->folder, "accounts", text) && folder_write(&b->folder, "contacts", "") &&
	       sound_write_tone(
		       folder_file(&b->folder, "tone.wav"), PHONE_HZ, -20.0, TONE_S, c->rate, c->channels);
}

static bool connect_phone(void *arg)
{
	struct phone *p = arg;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(p->port) };

	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(p->fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return true;
	close(p->fd);
	p->fd = -1;
	return false;
}

/* A command of baresip's menu, as JSON in a netstring. */
static void order(struct phone *p, const char *command, const char *params)
{
	char json[256], text[300];
	int n = snprintf(json, sizeof(json), "{\"command\":\"%s\",\"params\":\"%s\"}", command, params);

	n = snprintf(text, sizeof(text), "%d:%s,", n, json);
	CHECK(send(p->fd, text, (size_t)n, MSG_NOSIGNAL) == n, "baresip takes '%s'", command);
}

static const char *waited_for;
static bool has_said(void *arg)
{
	struct phone *p = arg;
	ssize_t n = recv(p->fd, p->seen + p->n_seen, sizeof(p->seen) - 1 - p->n_seen, MSG_DONTWAIT);

	p->n_seen += n > 0 ? (size_t)n : 0;
	p->seen[p->n_seen] = '\0';
	return strstr(p->seen, waited_for) != NULL;
}

static void phone_start(struct bridge *b, struct phone *p, const struct phone_case *c)
{
	*p = (struct phone){ .fd = -1, .port = free_tcp_port("127.0.0.1") };
	CHECK(write_config(b, c, p->port), "baresip's folder");
	CHECK(peer_start(&p->peer, &b->folder, "baresip",
		      (const char *const[]){
			      "baresip", "-4", "-n", "127.0.0.2", "-f", b->folder.path, NULL }),
		"baresip starts");
	CHECK(wait_until(connect_phone, p, READY_MS), "baresip is ready");
}

static void phone_dial(struct bridge *b, struct phone *p, const struct phone_case *c)
{
	char uri[64], key[2] = "";

	snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", c->number, b->sip_port);
	order(p, "dial", uri);
	waited_for = "CALL_ESTABLISHED";
	CHECK(wait_until(has_said, p, READY_MS), "%s: the call is up: %s", c->name, p->seen);
	for (const char *k = c->keys; *k; k++) {
		key[0] = *k;
		order(p, "sndcode", key);
		test_sleep_ms(150);
	}
}

/* What it heard: sndfile.so's file of the decoder's side. */
static void phone_heard(const struct bridge *b, struct sound *out)
{
	DIR *folder = opendir(b->folder.path);
	char name[300] = "";

	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (strstr(e->d_name, "-dec.wav"))
			snprintf(name, sizeof(name), "%s", e->d_name);
	closedir(folder);
	CHECK(name[0] && sound_read(out, folder_file(&b->folder, name)), "baresip has recorded: %s", name);
}

/* In the stretches where the crowd's caller is to be heard undisturbed, it is as loud as it spoke, and the phone's own
 * tone is not there. */
static void check_recording(const struct bridge *b, const struct phone_case *c)
{
	struct sound s;
	unsigned clear_ms = 0;

	phone_heard(b, &s);
	CHECK_INT(c->rate, s.hz, "its rate");
	for (unsigned at = 0; at + 500 <= sound_ms(&s); at += 500) {
		double tone = sound_level(&s, CROWD_HZ, at, at + 500),
		       own = sound_level(&s, PHONE_HZ, at, at + 500);
		bool clear = tone >= -21 && tone <= -19 && sound_loudness(&s, at, at + 500) < -19;
		clear_ms += clear ? 500 : 0;
		CHECK(!clear || own <= -60, "%s: it hears itself with %.1f dBov at %u ms", c->name, own, at);
		CHECK(tone < -19, "%s: %.1f dBov is too loud at %u ms", c->name, tone, at);
	}
	CHECK(clear_ms >= BOTH_MS, "%s: heard the other caller for %u ms of %u", c->name, clear_ms,
		sound_ms(&s));
	sound_free(&s);
}

static void whole_call(const struct phone_case *c)
{
	struct bridge b;
	struct phone phone;
	struct peer crowd;
	char hear[24], say[24];
	int code = -1;

	CHECK(bridge_start(&b, &(struct bridge_setup){ .site = site }), "the bridge is up");
	snprintf(hear, sizeof(hear), "%d,%d", PHONE_HZ, CROWD_HZ);
	snprintf(say, sizeof(say), "tone:%d:-20", CROWD_HZ);
	phone_start(&b, &phone, c);
	CHECK(bridge_crowd_start(&b, &crowd, "crowd",
		      (const char *const[]){ "--to", b.uri_attendant, "--keys", "4839201754821", "--say", say,
			      "--hear", hear, "--seconds", "11", NULL }),
		"crowd");
	phone_dial(&b, &phone, c);
	json_t *row = roster_wait(&b, "483920175", "Some Body", JOIN_MS);
	CHECK(row, "%s: the phone is in the meeting: %s", c->name, phone.seen);
	CHECK_STR(c->name, json_text_at(row, "legs.0.codec"), "with its codec");
	CHECK_STR(c->role, json_text_at(row, "role"), "in its role");
	json_decref(row);

	json_t *report = bridge_crowd_end(&b, &crowd, CROWD_WAIT_MS, &code);
	CHECK(report && code == 0, "crowd: %d", code);
	CHECK_NEAR(-20, crowd_heard(report, 1, 1, PHONE_HZ), 1, "crowd hears the phone");
	CHECK(crowd_heard(report, 1, 1, CROWD_HZ) <= -60, "and not itself");
	json_decref(report);

	for (const char *k = "*6"; *k; k++) {
		char key[2] = { *k, 0 };
		order(&phone, "sndcode", key);
		test_sleep_ms(200);
	}
	test_sleep_ms(300);
	row = roster_row(&b, "483920175", "Some Body");
	CHECK_INT(1, json_at(row, "muted", -1), "muted by its keys");
	json_decref(row);

	json_t *calls = bridge_get(&b, "/v1/calls");
	char call_id[128];
	snprintf(call_id, sizeof(call_id), "%s", json_text_at(calls, "items.0.call_id"));
	json_decref(calls);
	order(&phone, "hangup", "");
	json_t *record = record_wait(&b, call_id, 3000);
	CHECK(record, "the call has a record");
	CHECK(json_at(record, "by_far_end", 0) > 0.5, "the phone hung up");
	CHECK_STR("483920175", json_text_at(record, "meeting"), "its meeting");
	CHECK_STR(c->name, json_text_at(record, "codec"), "its codec");
	CHECK(json_at(record, "rx_packets", 0) > 500, "its packets came");
	CHECK_INT(0, json_at(record, "rx_lost", -1), "all of them");
	json_decref(record);
	order(&phone, "quit", "");
	peer_wait_exit(&phone.peer, 3000);
	peer_stop(&phone.peer, 3000);
	close(phone.fd);
	check_recording(&b, c);
	CHECK_INT(0, bridge_stop(&b), "the bridge ends in order");
}

/* Stereo Opus, as baresip offers it; ID and PIN keyed at the attendant. */
TEST(whole_call_with_opus)
{
	whole_call(&(struct phone_case){ "opus/48000/2", "opus", "+15550100", "483920175900911", "host",
		.rate = 48000, .channels = 2 });
}

/* The meeting's own number: only the PIN is keyed. */
TEST(whole_call_with_pcmu)
{
	whole_call(&(struct phone_case){
		"PCMU/8000/1", "PCMU", "+15550101", "4821", "guest", .rate = 8000, .channels = 1 });
}

TESTS(whole_call_with_opus, whole_call_with_pcmu)
