#include "tests/flow/bridge.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READY_MS = 20000,
	STOP_MS = 15000,
	CROWD_MS = 60000,
	ANSWER_MAX = 8 << 20,
	NODE_TEXT = 4096,
	LAUNCHES = 3
};

const char bridge_site[] =
	"accounts:\n"
	"  - name: acme\n"
	"    language: en\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\", name: Open }\n"
	"trunks:\n"
	"  - name: carrier-a\n"
	"    inbound: { from: [ 127.0.0.2/32, 127.0.0.3/32 ] }\n"
	"numbers:\n"
	"  - { number: \"+15550100\", trunk: carrier-a, account: acme, answer: attendant, language: en }\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n";

struct bytes {
	char *p; /* owned */
	size_t n;
};

static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct bytes *b = arg;
	size_t n = size * count;

	if (b->n + n > ANSWER_MAX)
		return 0;
	char *grown = realloc(b->p, b->n + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + b->n, data, n);
	b->p = grown;
	b->n += n;
	b->p[b->n] = '\0';
	return n;
}

char *bridge_text(const struct bridge *b, const char *method, const char *path, const char *type,
	const char *body, long *status)
{
	struct bytes answer = { calloc(1, 1), 0 };
	struct curl_slist *headers = NULL;
	char url[1024], type_header[96];
	CURL *curl = curl_easy_init();
	long got = 0;

	if (!curl || !answer.p)
		goto out;
	snprintf(url, sizeof(url), "http://localhost%s", path);
	snprintf(type_header, sizeof(type_header), "Content-Type: %s", type ? type : "application/json");
	headers = curl_slist_append(NULL, type_header);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, b->control);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got);
out:
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	if (status)
		*status = got;
	if (got == 0) {
		free(answer.p);
		return NULL;
	}
	return answer.p;
}

json_t *bridge_call(const struct bridge *b, const char *method, const char *path, const char *type,
	const char *body, long *status)
{
	char *text = bridge_text(b, method, path, type, body, status);
	json_t *j = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	free(text);
	return j;
}

json_t *bridge_get(const struct bridge *b, const char *path)
{
	return bridge_call(b, "GET", path, NULL, NULL, NULL);
}

long bridge_put_site(const struct bridge *b, const char *yaml, json_t **answer)
{
	long status;
	json_t *j = bridge_call(b, "PUT", "/v1/site", "application/yaml", yaml, &status);

	if (answer)
		*answer = j;
	else
		json_decref(j);
	return status;
}

static const json_t *json_find(const json_t *j, const char *path)
{
	char word[64];

	while (j && *path) {
		size_t n = strcspn(path, ".");
		if (n == 0 || n >= sizeof(word))
			return NULL;
		memcpy(word, path, n);
		word[n] = '\0';
		j = json_is_array(j) ? json_array_get(j, strtoul(word, NULL, 10)) : json_object_get(j, word);
		path += path[n] ? n + 1 : n;
	}
	return j;
}

double json_at(const json_t *j, const char *path, double absent)
{
	const json_t *found = json_find(j, path);

	if (json_is_boolean(found))
		return json_is_true(found);
	return json_is_number(found) ? json_number_value(found) : absent;
}

const char *json_text_at(const json_t *j, const char *path)
{
	return json_string_value(json_find(j, path));
}

double bridge_number(const struct bridge *b, const char *path, const char *at, double absent)
{
	json_t *j = bridge_get(b, path);
	double n = json_at(j, at, absent);

	json_decref(j);
	return n;
}

struct number_wait {
	const struct bridge *b;
	const char *path, *at; /* at NULL: the count of items */
	double want;
};

int bridge_count(const struct bridge *b, const char *path)
{
	json_t *j = bridge_get(b, path);
	const json_t *items = json_object_get(j, "items");
	int n = json_is_array(items) ? (int)json_array_size(items) : -1;

	json_decref(j);
	return n;
}

static bool number_is(void *arg)
{
	const struct number_wait *w = arg;
	double have = w->at ? bridge_number(w->b, w->path, w->at, -1e300) : bridge_count(w->b, w->path);

	return have >= w->want && have <= w->want;
}

bool bridge_wait_number(const struct bridge *b, const char *path, const char *at, double want, unsigned ms)
{
	struct number_wait w = { b, path, at, want };

	return wait_until(number_is, &w, ms);
}

bool bridge_wait_count(const struct bridge *b, const char *path, int want, unsigned ms)
{
	struct number_wait w = { b, path, NULL, want };

	return wait_until(number_is, &w, ms);
}

static bool write_node(struct bridge *b, const struct bridge_setup *s)
{
	char text[NODE_TEXT], ports[32], tls[80] = "", others[256] = "", prompts[FOLDER_PATH * 2];
	size_t more = 0;
	unsigned first = 12000 + (unsigned)getpid() % 10 * 2000;

	snprintf(ports, sizeof(ports), "%u-%u", first, first + 1999);
	if (s->tls_port)
		snprintf(tls, sizeof(tls), ", \"tls:%s:%u\"", s->tls_ip ? s->tls_ip : "127.0.0.1",
			s->tls_port);
	if (s->tls_also)
		snprintf(tls + strlen(tls), sizeof(tls) - strlen(tls), ", \"tls:%s:%u\"", s->tls_also,
			s->tls_port);
	for (const char *const *ip = s->listen_ips; ip && *ip && more < sizeof(others); ip++)
		more += (size_t)snprintf(others + more, sizeof(others) - more,
			", \"udp:%s:%u\", \"tcp:%s:%u\"", *ip, b->sip_port, *ip, b->sip_port);
	int n = snprintf(text, sizeof(text),
		"node: test\n"
		"sip: { listen: [ \"udp:127.0.0.1:%u\", \"tcp:127.0.0.1:%u\"%s%s ], t1_ms: %u }\n"
		"rtp: { listen: 127.0.0.1, ports: %s }\n"
		"http: { listen: \"%s%s:%u\"%s }\n"
		"control: %s\n"
		"database: %s\n"
		"recordings: %s/recordings\n"
		"prompts: { directory: %s }\n"
		"media: { workers: %s, max_load: %s, room_legs_per_worker: %s }\n%s",
		b->sip_port, b->sip_port, tls, others, s->t1_ms ? s->t1_ms : 500,
		s->rtp_ports ? s->rtp_ports : ports, s->http_tls ? "tls:" : "",
		s->http_ip ? s->http_ip : "127.0.0.1", b->http_port,
		s->http_more ? s->http_more
		: s->http_ip ? ", plain: true"
			     : "",
		b->control, s->database ? s->database : folder_file(&b->folder, "partyline.db"),
		b->folder.path, build_program("prompts", prompts), s->workers ? s->workers : "1",
		s->max_load ? s->max_load : "null", s->room_legs ? s->room_legs : "null",
		s->node ? s->node : "");
	return n > 0 && (size_t)n < sizeof(text) && folder_write(&b->folder, "node.yaml", text);
}

static bool answers_or_ended(void *arg)
{
	struct bridge *b = arg;
	long status = 0;

	free(bridge_text(b, "GET", "/v1/status", NULL, NULL, &status));
	return status == 200 || peer_wait_exit(&b->peer, 0) != PEER_RUNNING;
}

static bool launch(struct bridge *b, const struct bridge_setup *s)
{
	char program[FOLDER_PATH * 2];
	const char *argv[PEER_ARGS];
	size_t n = 0;

	for (const char *const *word = s->wrap; word && *word && n < 16; word++)
		argv[n++] = *word;
	argv[n++] = build_program("partylined", program);
	argv[n++] = "--config";
	argv[n++] = folder_file(&b->folder, "node.yaml");
	argv[n] = NULL;
	if (!peer_start(&b->peer, &b->folder, "partylined", argv))
		return false;
	return wait_until(answers_or_ended, b, READY_MS) && b->peer.pid != 0;
}

/* Ports that were free a moment ago may be another test's by now. */
static bool lost_a_port(const struct bridge *b)
{
	char *said = peer_output(&b->peer);
	bool lost = said && strstr(said, "cannot listen");

	free(said);
	return lost;
}

static bool launch_anywhere(struct bridge *b, const struct bridge_setup *s)
{
	for (int i = 0; i < LAUNCHES; i++) {
		b->sip_port = free_sip_port("127.0.0.1");
		b->http_port = free_tcp_port("127.0.0.1");
		snprintf(b->uri_attendant, sizeof(b->uri_attendant), "sip:+15550100@127.0.0.1:%u",
			b->sip_port);
		snprintf(b->uri_meeting, sizeof(b->uri_meeting), "sip:+15550101@127.0.0.1:%u", b->sip_port);
		if (!write_node(b, s))
			return false;
		if (launch(b, s))
			return true;
		if (!lost_a_port(b))
			return false;
	}
	return false;
}

bool bridge_start(struct bridge *out, const struct bridge_setup *setup)
{
	static const struct bridge_setup plain;
	const struct bridge_setup *s = setup ? setup : &plain;
	struct bridge *b = out;

	*b = (struct bridge){ 0 };
	if (!folder_make(&b->folder))
		return false;
	snprintf(b->control, sizeof(b->control), "%s/control.sock", b->folder.path);
	const char *site = s->site ? s->site : bridge_site;
	bool up = folder_write(&b->folder, "site.yaml", site) && launch_anywhere(b, s);
	if (up) {
		json_t *answer = NULL;
		long status = bridge_put_site(b, site, &answer);
		up = status == 200;
		if (!up) {
			char *text = answer ? json_dumps(answer, JSON_INDENT(1)) : NULL;
			fprintf(stderr, "site refused with %ld: %s\n", status, text ? text : "");
			free(text);
		}
		json_decref(answer);
	}
	if (!up) {
		b->trouble = true;
		bridge_stop(b);
	}
	return up;
}

bool bridge_restart(struct bridge *b, int signal, int *code)
{
	static const struct bridge_setup plain;

	peer_signal(&b->peer, signal);
	int ended = peer_stop(&b->peer, STOP_MS);
	if (code)
		*code = ended;
	b->trouble = !launch(b, &plain);
	return !b->trouble;
}

int bridge_stop(struct bridge *b)
{
	int code = peer_stop(&b->peer, STOP_MS);

	if (b->trouble || code != 0) {
		fprintf(stderr, "the bridge ended with %d\n", code);
		peer_show(&b->peer);
	}
	folder_remove(&b->folder);
	return code;
}

bool bridge_crowd_start(struct bridge *b, struct peer *crowd, const char *name, const char *const argv[])
{
	char program[FOLDER_PATH * 2];
	const char *all[PEER_ARGS] = { build_program("crowd", program), "--json", "--from-ip", "127.0.0.2" };
	size_t n = 4;

	for (; *argv && n + 1 < PEER_ARGS; argv++)
		all[n++] = *argv;
	return peer_start(crowd, &b->folder, name, all);
}

json_t *bridge_crowd_end(struct bridge *b, struct peer *crowd, unsigned ms, int *code)
{
	int ended = peer_wait_exit(crowd, ms);
	char *text = ended == PEER_RUNNING ? NULL : peer_output(crowd);
	const char *open = text ? strchr(text, '{') : NULL;
	json_t *report = open ? json_loads(open, JSON_DISABLE_EOF_CHECK, NULL) : NULL;

	if (!report) {
		peer_show(crowd);
		b->trouble = true;
		peer_stop(crowd, 2000);
	}
	if (code)
		*code = ended;
	free(text);
	return report;
}

json_t *bridge_crowd(struct bridge *b, const char *const argv[], int *code)
{
	struct peer crowd;

	if (!bridge_crowd_start(b, &crowd, "crowd", argv))
		return NULL;
	return bridge_crowd_end(b, &crowd, CROWD_MS, code);
}

double crowd_heard(const json_t *report, unsigned group, unsigned call, unsigned hz)
{
	char path[64];
	size_t i;
	json_t *one;

	snprintf(path, sizeof(path), "groups.%u.calls.%u.heard", group - 1, call - 1);
	const json_t *heard = json_find(report, path);
	json_array_foreach(
		heard, i, one) if (json_integer_value(json_object_get(one, "hz")) ==
				   (json_int_t)hz) return json_number_value(json_object_get(one, "dbov"));
	return 99.0;
}
