#include "tests/flow/softphone.h"
#include "tests/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TONE_S = 40 };

static const char *own_ip(const struct softphone_case *c)
{
	return c->ip ? c->ip : "127.0.0.2";
}

static bool write_config(const struct bridge *b, const struct softphone_case *c, uint16_t port)
{
	char text[2048];
	const char *folder = b->folder.path;

	snprintf(text, sizeof(text),
		"sip_listen %s:%u\n"
		"audio_source aufile,%s/tone.wav\n"
		"audio_player none\naudio_alert none\n"
		"ausrc_format s16\nauplay_format s16\nauenc_format s16\naudec_format s16\n"
		"module_path /usr/lib/baresip/modules\n"
		"module g711.so\nmodule opus.so\nmodule g722.so\nmodule aufile.so\nmodule sndfile.so\n%s"
		"module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n"
		"snd_path %s\n"
		"ctrl_tcp_listen 127.0.0.1:%u\n"
		"opus_bitrate 40000\n%s",
		own_ip(c), c->sip_port, folder, c->modules ? c->modules : "", folder, port,
		c->config ? c->config : "");
	if (!folder_write(&b->folder, "config", text))
		return false;
	snprintf(text, sizeof(text),
		"\"Some Body\" <sip:+15559000042@%s>;regint=0;audio_codecs=%s;ptime=20%s\n", own_ip(c),
		c->codec, c->account ? c->account : "");
	return folder_write(&b->folder, "accounts", text) && folder_write(&b->folder, "contacts", "") &&
	       sound_write_tone(folder_file(&b->folder, "tone.wav"), SOFTPHONE_HZ, -20.0, TONE_S, c->rate,
		       c->channels);
}

static bool connect_phone(void *arg)
{
	struct softphone *p = arg;
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
void softphone_order(struct softphone *p, const char *command, const char *params)
{
	char json[256], text[300];
	int n = snprintf(json, sizeof(json), "{\"command\":\"%s\",\"params\":\"%s\"}", command, params);

	n = snprintf(text, sizeof(text), "%d:%s,", n, json);
	CHECK(send(p->fd, text, (size_t)n, MSG_NOSIGNAL) == n, "baresip takes '%s'", command);
}

struct waiting {
	struct softphone *p;
	const char *text;
};

static bool has_said(void *arg)
{
	const struct waiting *w = arg;
	struct softphone *p = w->p;
	ssize_t n = recv(p->fd, p->seen + p->n_seen, sizeof(p->seen) - 1 - p->n_seen, MSG_DONTWAIT);

	p->n_seen += n > 0 ? (size_t)n : 0;
	p->seen[p->n_seen] = '\0';
	return strstr(p->seen, w->text) != NULL;
}

bool softphone_said(struct softphone *p, const char *text, unsigned ms)
{
	return wait_until(has_said, &(struct waiting){ p, text }, ms);
}

void softphone_start(struct bridge *b, struct softphone *p, const struct softphone_case *c)
{
	*p = (struct softphone){ .fd = -1, .port = free_tcp_port("127.0.0.1") };
	CHECK(write_config(b, c, p->port), "baresip's folder");
	CHECK(peer_start(&p->peer, &b->folder, "baresip",
		      (const char *const[]){ "baresip", "-4", "-n", own_ip(c), "-f", b->folder.path, NULL }),
		"baresip starts");
	CHECK(wait_until(connect_phone, p, SOFTPHONE_READY_MS), "baresip is ready");
}

void softphone_dial(struct bridge *b, struct softphone *p, const struct softphone_case *c)
{
	char uri[128], key[2] = "";

	if (c->uri)
		snprintf(uri, sizeof(uri), "%s", c->uri);
	else
		snprintf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", c->number, b->sip_port);
	softphone_order(p, "dial", uri);
	CHECK(softphone_said(p, "CALL_ESTABLISHED", SOFTPHONE_READY_MS), "%s: the call is up: %s", c->name,
		p->seen);
	for (const char *k = c->keys; *k; k++) {
		key[0] = *k;
		softphone_order(p, "sndcode", key);
		test_sleep_ms(150);
	}
}

/* sndfile.so's file of the decoder's side. */
void softphone_heard(const struct bridge *b, struct sound *out)
{
	DIR *folder = opendir(b->folder.path);
	char name[300] = "";

	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (strstr(e->d_name, "-dec.wav"))
			snprintf(name, sizeof(name), "%s", e->d_name);
	closedir(folder);
	CHECK(name[0] && sound_read(out, folder_file(&b->folder, name)), "baresip has recorded: %s", name);
}

void softphone_quit(struct softphone *p)
{
	softphone_order(p, "quit", "");
	peer_wait_exit(&p->peer, 3000);
	peer_stop(&p->peer, 3000);
	close(p->fd);
}
