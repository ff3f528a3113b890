#include "bridge/config.h"
#include "bridge/x5u.h"
#include "bridge/yaml.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define WORDS(...)                                                                                           \
	((const char *const[]){ __VA_ARGS__ }), sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

enum {
	WORKERS_MAX = 256,
	TALKERS_MAX = 64,
	MAX_LOAD = 75,
	ROOM_LEGS = 1000,
	ROOM_LEGS_MAX = 100000,
	TLS_SECONDS_MAX = 86400,
	T1_MIN_MS = 10,
	T1_MAX_MS = 4000,
	TRACE_DEFAULT_CALLS = 2000,
	TRACE_CALLS_MAX = 1000000,
	TRACE_DEFAULT_BYTES = 16 << 20,
	TRACE_BYTES_MIN = 65536,
	TRACE_BYTES_MAX = 1 << 30,
	KEEP_DAYS_MAX = 36500,
	STIR_WAIT_MS = 300
};

static void text_set(char out[CONFIG_TEXT], const char *text)
{
	snprintf(out, CONFIG_TEXT, "%s", text);
}

void config_defaults(struct config *out)
{
	static const char *const listen[] = { "udp:127.0.0.1:5060", "tcp:127.0.0.1:5060",
		"tls:127.0.0.1:5061" };

	enum { N_LISTEN = sizeof(listen) / sizeof(*listen) };

	memset(out, 0, sizeof(*out));
	text_set(out->node, "bridge-1");
	for (size_t i = 0; i < N_LISTEN; i++)
		text_set(out->sip.listen[i], listen[i]);
	out->sip.n_listen = N_LISTEN;
	text_set(out->rtp.listen, "127.0.0.1");
	out->rtp.first_port = 20000;
	out->rtp.last_port = 39999;
	text_set(out->http.listen, "127.0.0.1:8080");
	text_set(out->control, "/run/partyline/control.sock");
	text_set(out->database, "/var/lib/partyline/partyline.db");
	text_set(out->recordings, "/var/lib/partyline/recordings");
	out->stir.wait_ms = STIR_WAIT_MS;
	out->media.mixed_talkers = 4;
	out->media.max_load = MAX_LOAD;
	out->media.room_legs_per_worker = ROOM_LEGS;
	text_set(out->prompts.directory, "");
	out->log.level = 2;
	out->trace.calls = TRACE_DEFAULT_CALLS;
	out->trace.bytes = TRACE_DEFAULT_BYTES;
	out->trace.id = 1;
}

static bool is_ip(const char *text)
{
	uint8_t ip[16];

	return inet_pton(AF_INET, text, ip) == 1 || inet_pton(AF_INET6, text, ip) == 1;
}

/* Letters, digits, dots and hyphens: what the outside may call us by (RFC 1123 section 2.1), or an address. */
static bool is_host(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	return is_ip(text) || (n > 0 && !text[n] && text[0] != '-' && text[0] != '.' && text[n - 1] != '-' &&
				      text[strspn(text, "0123456789.")]);
}

static bool port_parse(uint16_t *out, const char *text)
{
	size_t n = strspn(text, "0123456789");
	long value;

	if (n == 0 || n > 5 || text[n])
		return false;
	value = strtol(text, NULL, 10);
	if (value > UINT16_MAX)
		return false;
	*out = (uint16_t)value;
	return true;
}

bool config_listen_parse(struct config_listen *out, const char *text, bool with_transport)
{
	static const char *const transports[] = { "udp", "tcp", "tls" };
	const char *colon;
	size_t n;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; with_transport && i < sizeof(transports) / sizeof(*transports); i++)
		if (strncmp(text, transports[i], 3) == 0 && text[3] == ':')
			memcpy(out->transport, transports[i], sizeof(out->transport));
	if (with_transport && !out->transport[0])
		return false;
	text += with_transport ? 4 : 0;
	colon = strrchr(text, ':');
	if (!colon || !port_parse(&out->port, colon + 1))
		return false;
	n = (size_t)(colon - text);
	if (text[0] == '[') { /* RFC 3986 section 3.2.2 */
		if (n < 3 || text[n - 1] != ']' || n - 2 >= sizeof(out->host))
			return false;
		memcpy(out->host, text + 1, n - 2);
		return is_ip(out->host) && strchr(out->host, ':');
	}
	if (n >= sizeof(out->host))
		return false;
	memcpy(out->host, text, n);
	return is_ip(out->host) && !strchr(out->host, ':');
}

static enum bridge_err read_sip_listen(struct config *c, const struct doc_node *list, struct config_why *why)
{
	enum bridge_err err = doc_list(list, CONFIG_LISTEN_MAX, why);

	if (err || !list)
		return err;
	if (list->n == 0)
		return doc_refuse(list, why, "at least one address is wanted");
	c->sip.n_listen = 0;
	for (const struct doc_node *node = list->first; node; node = node->next) {
		char *text = c->sip.listen[c->sip.n_listen];
		struct config_listen listen;

		if (node->kind != DOC_SCALAR_TEXT)
			return doc_refuse(
				node, why, "TRANSPORT:ADDRESS:PORT is wanted, as in udp:127.0.0.1:5060");
		err = doc_text(node, text, CONFIG_TEXT, why);
		if (err)
			return err;
		if (!config_listen_parse(&listen, text, true))
			return doc_refuse(node, why,
				"'%.60s' is not udp, tcp or tls, an address and a port, as in "
				"udp:127.0.0.1:5060 or udp:[::1]:5060",
				text);
		for (size_t i = 0; i < c->sip.n_listen; i++)
			if (strcmp(c->sip.listen[i], text) == 0)
				return doc_refuse(node, why, "given twice");
		c->sip.n_listen++;
	}
	return BRIDGE_OK;
}

static enum bridge_err read_sip(struct config *c, const struct doc_node *map, struct config_why *why)
{
	const struct doc_node *advertise = doc_get(map, "advertise");
	enum bridge_err err = doc_only(map, WORDS("listen", "advertise", "t1_ms"), why);

	if (!err)
		err = read_sip_listen(c, doc_get(map, "listen"), why);
	if (!err)
		err = doc_text(advertise, c->sip.advertise, CONFIG_TEXT, why);
	if (!err && advertise && !is_host(c->sip.advertise))
		err = doc_refuse(advertise, why, "not an address or a host name");
	if (!err)
		err = doc_unsigned(doc_get(map, "t1_ms"), T1_MIN_MS, T1_MAX_MS, &c->sip.t1_ms, why);
	return err;
}

static enum bridge_err read_ports(struct config *c, const struct doc_node *node, struct config_why *why)
{
	char text[CONFIG_TEXT] = "";
	enum bridge_err err = doc_text(node, text, sizeof(text), why);
	struct port_range range;
	const char *broken;

	if (err || !node)
		return err;
	broken = config_ports_broken(&range, text);
	if (broken)
		return doc_refuse(node, why, "%s", broken);
	c->rtp.first_port = range.first;
	c->rtp.last_port = range.last;
	return BRIDGE_OK;
}

static enum bridge_err read_rtp(struct config *c, const struct doc_node *map, struct config_why *why)
{
	const struct doc_node *listen = doc_get(map, "listen"), *advertise = doc_get(map, "advertise");
	enum bridge_err err = doc_only(map, WORDS("listen", "advertise", "ports"), why);

	if (!err)
		err = doc_text(listen, c->rtp.listen, CONFIG_TEXT, why);
	if (!err && listen && !is_ip(c->rtp.listen))
		err = doc_refuse(listen, why, "not an address");
	if (!err)
		err = doc_text(advertise, c->rtp.advertise, CONFIG_TEXT, why);
	if (!err && advertise && !is_ip(c->rtp.advertise))
		err = doc_refuse(advertise, why, "not an address: callers are told it in SDP");
	if (!err)
		err = read_ports(c, doc_get(map, "ports"), why);
	return err;
}

static enum bridge_err read_tls(struct config *c, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = doc_only(map, WORDS("certificate", "key", "ca", "idle_s", "keepalive_s"), why);

	if (!err)
		err = doc_text(doc_get(map, "certificate"), c->tls.certificate, CONFIG_TEXT, why);
	if (!err)
		err = doc_text(doc_get(map, "key"), c->tls.key, CONFIG_TEXT, why);
	if (!err)
		err = doc_text(doc_get(map, "ca"), c->tls.ca, CONFIG_TEXT, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "idle_s"), 1, TLS_SECONDS_MAX, &c->tls.idle_s, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "keepalive_s"), 1, TLS_SECONDS_MAX, &c->tls.keepalive_s, why);
	if (!err && !c->tls.certificate[0] != !c->tls.key[0])
		err = doc_refuse(map, why, "certificate and key belong together: one of them is missing");
	return err;
}

static enum bridge_err read_stir_files(
	struct config_stir *s, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;

	if (map && map->kind != DOC_MAP)
		return doc_refuse(map, why, "certificates are wanted as { \"https://...\": FILE }");
	for (const struct doc_node *node = map ? map->first : NULL; node && !err; node = node->next) {
		if (s->n_certificates == CONFIG_STIR_MAX)
			return doc_refuse(node, why, "more than %d", CONFIG_STIR_MAX);
		if (strlen(node->key) >= CONFIG_TEXT)
			return doc_refuse(node, why, "the URL is too long");
		memcpy(s->certificates[s->n_certificates].url, node->key, strlen(node->key) + 1);
		err = doc_text(node, s->certificates[s->n_certificates].file, CONFIG_TEXT, why);
		s->n_certificates++;
	}
	return err;
}

static enum bridge_err read_stir_hosts(
	struct config_stir *s, const struct doc_node *list, struct config_why *why)
{
	enum bridge_err err = doc_list(list, CONFIG_STIR_MAX, why);

	for (const struct doc_node *node = err || !list ? NULL : list->first; node && !err;
		node = node->next) {
		char *host = s->hosts[s->n_hosts++];

		err = doc_text(node, host, CONFIG_TEXT, why);
		if (!err && (node->kind != DOC_SCALAR_TEXT || !x5u_host_valid(host)))
			err = doc_refuse(
				node, why, "a host is wanted, as in cr.example.org or cr.example.org:8443");
	}
	return err;
}

static enum bridge_err read_stir(struct config *c, const struct doc_node *map, struct config_why *why)
{
	struct config_stir *s = &c->stir;
	enum bridge_err err =
		doc_only(map, WORDS("anchors", "certificates", "crls", "hosts", "ca", "wait_ms"), why);

	if (!err)
		err = doc_text(doc_get(map, "anchors"), s->anchors, CONFIG_TEXT, why);
	if (!err)
		err = read_stir_files(s, doc_get(map, "certificates"), why);
	if (!err)
		err = read_stir_hosts(s, doc_get(map, "hosts"), why);
	if (!err)
		err = doc_text(doc_get(map, "crls"), s->crls, CONFIG_TEXT, why);
	if (!err)
		err = doc_text(doc_get(map, "ca"), s->ca, CONFIG_TEXT, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "wait_ms"), 1, STIR_WAIT_MS, &s->wait_ms, why);
	return err;
}

static enum bridge_err read_path(char out[CONFIG_TEXT], size_t cap, const struct doc_node *root,
	const char *key, struct config_why *why)
{
	const struct doc_node *node = doc_get(root, key);
	enum bridge_err err = doc_text(node, out, cap, why);

	if (!err && node && !out[0])
		err = doc_refuse(node, why, "a path is wanted");
	return err;
}

static enum bridge_err read_dns(struct config *c, const struct doc_node *node, struct config_why *why)
{
	struct config_listen parts;
	enum bridge_err err = doc_text(node, c->dns, CONFIG_TEXT, why);

	if (!err && c->dns[0] && !config_listen_parse(&parts, c->dns, false))
		err = doc_refuse(node, why, "not an address and a port, as in 127.0.0.1:53");
	return err;
}

static enum bridge_err read_media(struct config *c, const struct doc_node *map, struct config_why *why)
{
	const struct doc_node *workers = doc_get(map, "workers");
	enum bridge_err err =
		doc_only(map, WORDS("workers", "mixed_talkers", "max_load", "room_legs_per_worker"), why);

	if (err)
		return err;
	if (workers && strcmp(workers->text, "auto") == 0)
		c->media.workers = 0;
	else if (doc_unsigned(workers, 1, WORKERS_MAX, &c->media.workers, NULL))
		return doc_refuse(workers, why, "auto or a whole number from 1 to %d is wanted", WORKERS_MAX);
	err = doc_unsigned(doc_get(map, "mixed_talkers"), 1, TALKERS_MAX, &c->media.mixed_talkers, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "max_load"), 0, 100, &c->media.max_load, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "room_legs_per_worker"), 1, ROOM_LEGS_MAX,
			&c->media.room_legs_per_worker, why);
	return err;
}

static enum bridge_err read_prompts(struct config *c, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = doc_only(map, WORDS("directory", "override"), why);

	if (!err)
		err = read_path(c->prompts.directory, CONFIG_TEXT, map, "directory", why);
	if (!err)
		err = doc_text(doc_get(map, "override"), c->prompts.override, CONFIG_TEXT, why);
	return err;
}

static enum bridge_err read_log(struct config *c, const struct doc_node *map, struct config_why *why)
{
	unsigned format = 0;
	enum bridge_err err = doc_only(map, WORDS("format", "level"), why);

	if (!err)
		err = doc_word(doc_get(map, "format"), WORDS("text", "json"), &format, why);
	if (!err)
		err = doc_word(doc_get(map, "level"), WORDS("error", "warning", "info", "debug"),
			&c->log.level, why);
	c->log.json = format == 1;
	return err;
}

static enum bridge_err read_trace(struct config *c, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = doc_only(map, WORDS("calls", "bytes", "hep", "id"), why);
	struct config_listen to;

	if (!err)
		err = doc_unsigned(doc_get(map, "calls"), 0, TRACE_CALLS_MAX, &c->trace.calls, why);
	if (!err)
		err = doc_unsigned(
			doc_get(map, "bytes"), TRACE_BYTES_MIN, TRACE_BYTES_MAX, &c->trace.bytes, why);
	if (!err)
		err = doc_text(doc_get(map, "hep"), c->trace.hep, CONFIG_TEXT, why);
	if (!err)
		err = doc_unsigned(doc_get(map, "id"), 0, UINT32_MAX, &c->trace.id, why);
	if (!err && c->trace.hep[0] &&
		(!config_listen_parse(&to, c->trace.hep, true) || strcmp(to.transport, "udp") != 0 ||
			!to.port))
		err = doc_refuse(doc_get(map, "hep"), why,
			"not udp:, an address and a port, as in udp:192.0.2.1:9060");
	if (!err && c->trace.hep[0] && !c->trace.calls)
		err = doc_refuse(
			doc_get(map, "hep"), why, "what is sent is what is kept: calls must not be 0");
	return err;
}

static enum bridge_err read_records(struct config *c, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = doc_only(map, WORDS("keep_days"), why);

	if (!err)
		err = doc_unsigned(doc_get(map, "keep_days"), 0, KEEP_DAYS_MAX, &c->records.keep_days, why);
	return err;
}

static enum bridge_err read_all(struct config *c, const struct doc_node *root, struct config_why *why)
{
	static const struct {
		const char *key;
		enum bridge_err (*read)(struct config *, const struct doc_node *, struct config_why *);
	} sections[] = {
		{ "sip", read_sip },
		{ "dns", read_dns },
		{ "rtp", read_rtp },
		{ "interfaces", config_read_interfaces },
		{ "http", config_read_http },
		{ "tls", read_tls },
		{ "stir", read_stir },
		{ "media", read_media },
		{ "prompts", read_prompts },
		{ "log", read_log },
		{ "trace", read_trace },
		{ "records", read_records },
	};
	enum { SOCKET_PATH = sizeof(((struct sockaddr_un *)0)->sun_path) };
	enum bridge_err err = doc_only(root,
		WORDS("node", "sip", "dns", "rtp", "interfaces", "http", "tls", "stir", "control", "database",
			"recordings", "media", "prompts", "log", "trace", "records"),
		why);

	if (!err)
		err = doc_text(doc_get(root, "node"), c->node, CONFIG_TEXT, why);
	if (!err && !c->node[0])
		err = doc_refuse(doc_get(root, "node"), why, "a name is wanted");
	for (size_t i = 0; !err && i < sizeof(sections) / sizeof(*sections); i++)
		err = sections[i].read(c, doc_get(root, sections[i].key), why);
	if (!err)
		err = config_check_http(c, doc_get(root, "http"), why);
	if (!err)
		err = read_path(c->control, SOCKET_PATH, root, "control", why);
	if (!err)
		err = read_path(c->database, CONFIG_TEXT, root, "database", why);
	if (!err)
		err = read_path(c->recordings, CONFIG_TEXT, root, "recordings", why);
	return err;
}

enum bridge_err config_parse(struct config *out, const char *text, size_t len, struct config_why *why)
{
	struct config c;
	struct doc *doc;
	enum bridge_err err = doc_read(&doc, text, len, why);

	if (err)
		return err;
	config_defaults(&c);
	err = read_all(&c, doc_root(doc), why);
	doc_free(doc);
	if (!err)
		*out = c;
	return err;
}

static enum bridge_err file_read(const char *path, char **out, size_t *len, struct config_why *why)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	int failure;

	if (!file) {
		failure = errno;
		why_refuse(why, 0, "", "cannot open %.150s: %s", path, strerror(failure));
		errno = failure;
		return BRIDGE_FILE;
	}
	text = malloc(DOC_BYTES + 1);
	if (!text) {
		fclose(file);
		return BRIDGE_NOMEM;
	}
	errno = 0;
	*len = fread(text, 1, DOC_BYTES + 1, file); /* one more than is taken: the parser refuses it */
	failure = ferror(file) ? errno : 0;
	fclose(file);
	if (failure) {
		free(text);
		why_refuse(why, 0, "", "cannot read %.150s: %s", path, strerror(failure));
		errno = failure;
		return BRIDGE_FILE;
	}
	*out = text;
	return BRIDGE_OK;
}

enum bridge_err config_load(struct config *out, const char *path, struct config_why *why)
{
	char *text;
	size_t len;
	enum bridge_err err = file_read(path, &text, &len, why);

	if (err)
		return err;
	err = config_parse(out, text, len, why);
	free(text);
	return err;
}
