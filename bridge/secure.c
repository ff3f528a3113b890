#include "bridge/secure.h"
#include "bridge/carrier.h"
#include "bridge/leg.h"
#include "bridge/tls.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

static struct tls_files files_of(const struct config *c)
{
	return (struct tls_files){ c->tls.certificate, c->tls.key, c->tls.ca, c->http.client_ca };
}

/* ---- what it tells ---- */

static json_t *second_json(int64_t at_s)
{
	return when_json(at_s * 1000000);
}

static void tell_files(struct node *n, const struct tls_notice *note, bool taken)
{
	log_line(taken ? LOG_INFO : LOG_ERROR, NULL, "tls", "%s: %s", note->words,
		taken ? "they are in force for connections to come"
		      : "the certificates before stay in force");
	event_emit(n->bus, "tls.certificates",
		json_pack("{s:b, s:s, s:o}", "taken", taken, "what", note->words, "expires_at",
			second_json(tls_expiry_s(n->tls))));
}

static void tell_way(struct node *n, const struct tls_notice *note, bool up)
{
	log_line(up ? LOG_INFO : LOG_WARNING, NULL, "trunk", "%s: %s: %s%s", note->trunk, note->target,
		up ? "connected by " : "TLS: ", note->words);
	event_emit(n->bus, up ? "trunk.tls_open" : "trunk.tls_failed",
		json_pack("{s:s, s:s, s:s}", "trunk", note->trunk, "gateway", note->target, "what",
			note->words));
}

static void tell_retired(struct node *n, const struct tls_notice *note)
{
	log_line(LOG_INFO, NULL, "trunk", "%s: %s: the connection takes no new requests: %s", note->trunk,
		note->target, note->words);
	event_emit(n->bus, "trunk.tls_replaced",
		json_pack("{s:s, s:s, s:s}", "trunk", note->trunk, "gateway", note->target, "what",
			note->words));
}

static void tell_links(struct node *n, const struct tls_notice *note)
{
	log_line(LOG_INFO, NULL, "tls",
		"%u connections of others are closed when their calls are over; certificates that hold no "
		"more: %u",
		note->n_links, note->n_withdrawn);
	event_emit(n->bus, "tls.connections_replaced",
		json_pack("{s:i, s:i}", "connections", (int)note->n_links, "withdrawn",
			(int)note->n_withdrawn));
}

static void tell(struct node *n, const struct tls_notice *note)
{
	switch (note->event) {
	case TLS_FILES_TAKEN: tell_files(n, note, true); break;
	case TLS_FILES_REFUSED: tell_files(n, note, false); break;
	case TLS_WAY_CAME_UP: tell_way(n, note, true); break;
	case TLS_WAY_WENT_DOWN: tell_way(n, note, false); break;
	case TLS_WAY_RETIRED: tell_retired(n, note); break;
	case TLS_LINKS_RETIRED: tell_links(n, note); break;
	}
}

static void on_notice(void *arg)
{
	struct node *n = arg;
	struct tls_notice note;

	while (tls_poll(n->tls, &note))
		tell(n, &note);
}

/* Once a day, from SECURE_WARN_DAYS before. */
static void watch_expiry(struct node *n)
{
	const int64_t now_s = when_now_us() / 1000000, expires_s = tls_expiry_s(n->tls);
	const int64_t left_s = expires_s - now_s;

	if (!expires_s || left_s > SECURE_WARN_DAYS * DAY_S || now_s / DAY_S == n->expiry_told_day)
		return;
	n->expiry_told_day = now_s / DAY_S;
	if (left_s < 0)
		log_line(
			LOG_ERROR, NULL, "tls", "%s: the certificate has expired", n->config.tls.certificate);
	else
		log_line(LOG_WARNING, NULL, "tls", "%s: the certificate expires within %lld days",
			n->config.tls.certificate, (long long)left_s / DAY_S + 1);
	event_emit(n->bus, "tls.certificate_expires",
		json_pack("{s:o, s:I}", "expires_at", second_json(expires_s), "days",
			(json_int_t)(left_s / DAY_S)));
}

static void mark_busy(void *arg, struct leg *leg)
{
	struct node *n = arg;
	const uint16_t port = leg->call ? call_relay_port(leg->call) : 0;

	if (port)
		tls_busy(n->tls, port);
}

void secure_tick(struct node *n)
{
	if (!n->tls)
		return;
	leg_each(n, mark_busy, n);
	watch_expiry(n);
}

/* ---- opening ---- */

enum bridge_err secure_open(struct node *n, char *why, size_t why_cap)
{
	const struct tls_files files = files_of(&n->config);
	enum bridge_err err = tls_open(&n->tls, &files, why, why_cap);

	if (!err)
		tls_pace(n->tls, n->config.tls.idle_s, n->config.tls.keepalive_s);
	if (!err && loop_watch(n->loop, tls_fd(n->tls), on_notice, n) != CALL_OK)
		err = BRIDGE_NOMEM;
	return err;
}

enum bridge_err secure_listen(struct node *n, char *why, size_t why_cap)
{
	struct config_listen parts;
	const char *listen;
	char host[64];
	uint16_t port;
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; !err && ua_relay(n->ua, i, &listen, host, &port); i++) {
		if (!config_listen_parse(&parts, listen, true))
			return BRIDGE_SYNTAX;
		err = tls_listen(n->tls,
			&(struct tls_door_order){
				.host = parts.host, .port = parts.port, .to_host = host, .to_port = port });
		if (err)
			snprintf(why, why_cap, "%s: cannot listen", listen);
	}
	return err;
}

enum bridge_err secure_listen_api(struct node *n, char *why, size_t why_cap)
{
	const enum config_http how = config_http(&n->config);
	const char *listen = n->config.http.listen;
	struct config_listen parts;
	enum bridge_err err = BRIDGE_OK;

	if (how != CONFIG_HTTP_TLS && how != CONFIG_HTTP_EITHER)
		return BRIDGE_OK;
	err = config_listen_parse(&parts, listen, config_is_tls(listen))
		      ? tls_listen(n->tls, &(struct tls_door_order){ .host = parts.host,
						   .port = parts.port,
						   .to_host = "127.0.0.1",
						   .to_port = (uint16_t)http_port(n->http),
						   .asks = n->config.http.client_ca[0] != '\0',
						   .clear_too = how == CONFIG_HTTP_EITHER })
		      : BRIDGE_SYNTAX;
	if (err)
		snprintf(why, why_cap, "http.listen: %s: cannot listen", listen);
	return err;
}

bool secure_behind_api(void *arg, uint16_t port, char source[48])
{
	struct node *n = arg;
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct tls *tls = atomic_load(&n->api_tls);
	struct tls_peer peer;
	bool v4;

	if (!tls || !tls_peer(tls, port, &peer))
		return false;
	tls_lasts(tls, port);                              /* from now on the API's own times end it */
	v4 = memcmp(peer.ip, mapped, sizeof(mapped)) == 0; /* written as the API writes its own peers */
	return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? peer.ip + sizeof(mapped) : peer.ip, source, 48) !=
	       NULL;
}

void secure_close(struct node *n)
{
	if (n->tls)
		loop_unwatch(n->loop, tls_fd(n->tls));
	n->tls = tls_close(n->tls);
}

enum bridge_err secure_reload(struct node *n, const struct config *fresh, char *why, size_t why_cap)
{
	const struct tls_files files = files_of(fresh);
	enum bridge_err err;

	/* Else the door would go on asking for what nobody can vouch for, or not ask. */
	if ((fresh->http.client_ca[0] == '\0') != (n->config.http.client_ca[0] == '\0')) {
		snprintf(why, why_cap, "http.client_ca: whether there is one changes with a restart");
		return BRIDGE_STATE;
	}
	err = tls_reload(n->tls, &files, why, why_cap);
	if (!err) {
		memcpy(n->config.http.client_ca, fresh->http.client_ca, sizeof(n->config.http.client_ca));
		n->config.tls = fresh->tls;
		tls_pace(n->tls, fresh->tls.idle_s, fresh->tls.keepalive_s);
		n->expiry_told_day = 0;
	}
	return err;
}

/* ---- who is behind a connection ---- */

bool secure_behind(void *arg, uint16_t port, struct ua_behind *out)
{
	struct node *n = arg;
	struct tls_peer peer;

	_Static_assert(sizeof(peer.names) == sizeof(out->names), "the same names on both sides");
	if (!tls_peer(n->tls, port, &peer))
		return false;
	memcpy(out->source, peer.source, sizeof(out->source));
	memcpy(out->ip, peer.ip, sizeof(out->ip));
	memcpy(out->names, peer.names, sizeof(out->names));
	out->n_names = peer.n_names;
	out->withdrawn = peer.withdrawn;
	out->trunk[0] = '\0';
	if (peer.trunk[0] &&
		site_trunk(n->site, peer.trunk)) /* it may be gone, and its connection still there */
		snprintf(out->trunk, sizeof(out->trunk), "%.63s", peer.trunk);
	return true;
}

void secure_known(void *arg, uint16_t port)
{
	struct node *n = arg;

	tls_known(n->tls, port);
}

/* ---- ways ---- */

/* The host of "carrier.example:5061", "[2001:db8::1]:5061", without brackets. */
static void host_alone(char out[TRUNK_SUBJECT], const char *host)
{
	const bool bracketed = host[0] == '[';
	const size_t len = strcspn(host + bracketed, bracketed ? "]" : ":");

	snprintf(out, TRUNK_SUBJECT, "%.*s", (int)len, host + bracketed);
}

const char *secure_name(const struct site_trunk *trunk, const char *host, char out[TRUNK_SUBJECT])
{
	if (trunk->tls_name[0])
		snprintf(out, TRUNK_SUBJECT, "%s", trunk->tls_name);
	else
		host_alone(out, host);
	return out;
}

/* The address of ours that the carrier knows us by, as it may let in no other: that of the trunk's interface, else where we listen. */
static void source_address(
	const struct node *n, const struct site_trunk *trunk, const char *target, char out[CONFIG_TEXT])
{
	const char *local = interfaces_local(n->interfaces, trunk);
	const bool v6 = target[4] == '[';
	struct config_listen parts;

	snprintf(out, CONFIG_TEXT, "%s", local && (strchr(local, ':') != NULL) == v6 ? local : "");
	for (size_t i = 0; i < n->config.sip.n_listen && !out[0]; i++)
		if (config_is_tls(n->config.sip.listen[i]) &&
			config_listen_parse(&parts, n->config.sip.listen[i], true) &&
			(strchr(parts.host, ':') != NULL) == v6)
			snprintf(out, CONFIG_TEXT, "%s", parts.host);
}

static uint16_t way_port(struct node *n, const struct site_trunk *trunk, const char *host, const char *target)
{
	char alone[TRUNK_SUBJECT], name[TRUNK_SUBJECT], from[CONFIG_TEXT];
	uint8_t ip[16];
	struct tls_way_order order = {
		.trunk = trunk->name, .target = target, .ca = trunk->tls_ca, .from = from
	};

	if (!n->tls || !config_is_tls(target))
		return 0;
	host_alone(alone, host);
	source_address(n, trunk, target, from);
	order.name = secure_name(trunk, host, name);
	if (!trunk_address_parse(ip, alone))
		order.sni = alone;
	else if (trunk->tls_name[0] && trunk->tls_name[0] != '*')
		order.sni = trunk->tls_name;
	return tls_way(n->tls, &order);
}

/* Is it a way that the site in force would make? */
static bool is_wanted(void *arg, const struct tls_way_order *made)
{
	const struct node *n = arg;
	const struct site_trunk *t = site_trunk(n->site, made->trunk);
	const struct carrier *c = carrier_find(n, made->trunk);
	char wanted[TRUNK_SUBJECT], from[CONFIG_TEXT] = "";

	if (t)
		source_address(n, t, made->target, from);
	for (size_t i = 0; t && c && strcmp(t->tls_ca, made->ca) == 0 && strcmp(from, made->from) == 0 &&
			   i < c->n_gateways;
		i++)
		if (strcmp(secure_name(t, c->gateways[i].host, wanted), made->name) == 0)
			return true;
	return false;
}

void secure_use_site(struct node *n)
{
	if (n->tls)
		tls_keep(n->tls, is_wanted, n);
}

uint16_t secure_way(struct node *n, const struct site_trunk *trunk, const char *host, const char *target,
	char out[SECURE_RELAY])
{
	const uint16_t port = way_port(n, trunk, host, target);

	snprintf(out, SECURE_RELAY, "tcp:127.0.0.1:%u", port);
	return port;
}

bool secure_failure(struct node *n, uint16_t port, char *out, size_t cap)
{
	struct tls_way_status s;

	if (!n->tls || !port || !tls_way_status(n->tls, port, &s) || s.state == TLS_WAY_OPEN || !s.failure[0])
		return false;
	snprintf(out, cap, "TLS: %s", s.failure);
	return true;
}

/* ---- the API ---- */

json_t *secure_member_json(
	struct node *n, const struct site_trunk *trunk, const char *host, const char *target)
{
	const uint16_t port = trunk ? way_port(n, trunk, host, target) : 0;
	struct tls_way_status s;

	if (!port || !tls_way_status(n->tls, port, &s))
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:i}", "state", tls_way_word(s.state), "failure",
		s.state == TLS_WAY_OPEN ? "" : s.failure, "version", s.version, "cipher", s.cipher,
		"certificate_expires_at", second_json(s.expires_s), "opened", (int)s.n_opened, "failed",
		(int)s.n_failed);
}

json_t *secure_json(struct node *n)
{
	const int64_t expires_s = secure_expires_s(n);

	if (!expires_s)
		return json_null();
	return json_pack("{s:o, s:I}", "certificate_expires_at", second_json(expires_s), "days_left",
		(json_int_t)((expires_s - when_now_us() / 1000000) / DAY_S));
}

int64_t secure_expires_s(struct node *n)
{
	return n->tls ? tls_expiry_s(n->tls) : 0;
}
