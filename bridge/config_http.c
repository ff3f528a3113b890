/* config_http.c - the node file's `http:`: where the API listens, and who could read along. */
#include "bridge/config.h"
#include "bridge/yaml.h"

#include <string.h>

bool config_is_tls(const char *target)
{
	return strncmp(target, "tls:", sizeof("tls:") - 1) == 0;
}

/* Of an address as it stands there, without "tls:". */
static bool on_loopback(const char *address)
{
	return strncmp(address, "127.", sizeof("127.") - 1) == 0 ||
	       strncmp(address, "[::1]", sizeof("[::1]") - 1) == 0;
}

bool config_http_local(const struct config *c)
{
	return !config_is_tls(c->http.listen) && on_loopback(c->http.listen);
}

enum config_http config_http(const struct config *c)
{
	if (!c->http.listen[0])
		return CONFIG_HTTP_NONE;
	if (config_is_tls(c->http.listen) || c->http.client_ca[0])
		return CONFIG_HTTP_TLS;
	if (c->http.plain || !c->tls.certificate[0])
		return CONFIG_HTTP_PLAIN;
	return on_loopback(c->http.listen) ? CONFIG_HTTP_EITHER : CONFIG_HTTP_TLS;
}

/* `http: { listen: null }` switches it off: null is not "not given" here. */
enum bridge_err config_read_http(struct config *c, const struct doc_node *map, struct config_why *why)
{
	static const char *const keys[] = { "listen", "plain", "client_ca" };
	const struct doc_node *listen = doc_get(map, "listen");
	enum bridge_err err = doc_only(map, keys, sizeof(keys) / sizeof(*keys), why);
	struct config_listen parts;
	bool given = false;

	for (const struct doc_node *node = err || !map ? NULL : map->first; node; node = node->next)
		given = given || strcmp(node->key, "listen") == 0;
	if (!err && given && !listen)
		c->http.listen[0] = '\0';
	if (!err)
		err = doc_text(listen, c->http.listen, CONFIG_TEXT, why);
	if (!err && listen && c->http.listen[0] &&
		!config_listen_parse(&parts, c->http.listen, config_is_tls(c->http.listen)))
		err = doc_refuse(
			listen, why, "not an address and a port, as in 127.0.0.1:8080 or tls:192.0.2.1:8443");
	if (!err)
		err = doc_bool(doc_get(map, "plain"), &c->http.plain, why);
	if (!err)
		err = doc_text(doc_get(map, "client_ca"), c->http.client_ca, CONFIG_TEXT, why);
	return err;
}

enum bridge_err config_check_http(const struct config *c, const struct doc_node *map, struct config_why *why)
{
	const struct doc_node *listen = doc_get(map, "listen");

	if (c->http.client_ca[0] && c->http.plain)
		return doc_refuse(doc_get(map, "client_ca"), why,
			"http.plain says that TLS ends elsewhere: whoever ends it must ask for certificates");
	if (c->http.client_ca[0] && !c->tls.certificate[0])
		return doc_refuse(doc_get(map, "client_ca"), why,
			"HTTPS wants a certificate of ours as well: tls.certificate and tls.key");
	if (config_is_tls(c->http.listen) && c->http.plain)
		return doc_refuse(doc_get(map, "plain"), why, "http.listen says tls: one of them is meant");
	if (config_is_tls(c->http.listen) && !c->tls.certificate[0])
		return doc_refuse(listen, why, "HTTPS wants a certificate: tls.certificate and tls.key");
	if (config_http(c) == CONFIG_HTTP_PLAIN && !c->http.plain && !on_loopback(c->http.listen))
		return doc_refuse(listen, why,
			"tokens and calls could be read on the way there: give a certificate "
			"(tls.certificate, "
			"tls.key), or say `plain: true` where somebody in front of us ends TLS");
	return BRIDGE_OK;
}
