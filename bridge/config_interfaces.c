/* config_interfaces.c - the node file's `interfaces:`, and ranges of RTP ports. */
#include "bridge/config.h"
#include "bridge/yaml.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_FIRST = 1024 };

static bool port_parse(uint16_t *out, const char *text, const char **end)
{
	const size_t n = strspn(text, "0123456789");
	const long value = n > 0 && n <= 5 ? strtol(text, NULL, 10) : -1;

	*out = (uint16_t)value;
	*end = text + n;
	return value >= 0 && value <= UINT16_MAX;
}

const char *config_ports_broken(struct port_range *out, const char *text)
{
	const char *end;

	if (!port_parse(&out->first, text, &end) || *end != '-' || !port_parse(&out->last, end + 1, &end) ||
		*end)
		return "FIRST-LAST is wanted, as in 20000-39999";
	if (out->first > out->last)
		return "the range is reversed";
	if (out->first < PORT_FIRST)
		return "ports below 1024 are not for media";
	if (out->first % 2 != 0 || out->last % 2 != 1) /* RFC 3550 section 11: RTP even, its RTCP next */
		return "ports come in pairs: the first must be even, the last odd";
	return NULL;
}

static bool is_any(const char *ip)
{
	return strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

/* Two spellings of one IPv6 address are one. */
static bool same_place(const char *a, const char *b)
{
	uint8_t x[16], y[16];

	if (is_any(a) || is_any(b))
		return true;
	if (inet_pton(AF_INET, a, x) == 1 && inet_pton(AF_INET, b, y) == 1)
		return memcmp(x, y, 4) == 0;
	return inet_pton(AF_INET6, a, x) == 1 && inet_pton(AF_INET6, b, y) == 1 && memcmp(x, y, 16) == 0;
}

static bool share(const struct config_interface *i, const char *listen, const struct port_range *ports)
{
	return same_place(i->listen, listen) && i->ports.first <= ports->last &&
	       ports->first <= i->ports.last;
}

static enum bridge_err read_address(
	const struct doc_node *map, const char *key, char out[CONFIG_ADDRESS], struct config_why *why)
{
	const struct doc_node *node = doc_get(map, key);
	enum bridge_err err = doc_text(node, out, CONFIG_ADDRESS, why);
	uint8_t ip[16];

	if (!err && node && inet_pton(AF_INET, out, ip) != 1 && inet_pton(AF_INET6, out, ip) != 1)
		err = doc_refuse(node, why, "not an address");
	return err;
}

/* It stands in the site file, and in labels of the metrics page. */
static bool is_name(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || (n && strchr("-_.", text[n]) && text[n]))
		n++;
	return n > 0 && !text[n] && n < sizeof(((struct config_interface *)0)->name);
}

static enum bridge_err read_interface(const struct config *c, struct config_interface *i,
	const struct doc_node *map, struct config_why *why)
{
	static const char *const words[] = { "listen", "advertise", "ports" };
	const struct doc_node *ports = doc_get(map, "ports");
	char text[CONFIG_TEXT] = "";
	const char *broken;
	enum bridge_err err;

	if (!is_name(map->key) || strcmp(map->key, "default") == 0)
		return doc_refuse(map, why,
			"letters, digits, - _ . are wanted as an interface's name, and not \"default\"");
	snprintf(i->name, sizeof(i->name), "%s", map->key);
	err = doc_only(map, words, sizeof(words) / sizeof(*words), why);
	if (!err && !doc_get(map, "listen"))
		err = doc_refuse(map, why, "listen is missing: an address of this machine");
	if (!err)
		err = read_address(map, "listen", i->listen, why);
	if (!err)
		err = read_address(map, "advertise", i->advertise, why);
	if (!err && !ports)
		err = doc_refuse(map, why, "ports are missing, as in ports: 20000-39999");
	if (!err)
		err = doc_text(ports, text, sizeof(text), why);
	if (err)
		return err;
	broken = config_ports_broken(&i->ports, text);
	if (broken)
		return doc_refuse(ports, why, "%s", broken);
	if (share(i, c->rtp.listen, &(struct port_range){ c->rtp.first_port, c->rtp.last_port }))
		return doc_refuse(ports, why, "overlaps rtp.ports, %u-%u at %s", c->rtp.first_port,
			c->rtp.last_port, c->rtp.listen);
	for (size_t k = 0; k < c->n_interfaces; k++) {
		const struct config_interface *other = &c->interfaces[k];

		if (share(i, other->listen, &other->ports))
			return doc_refuse(ports, why, "overlaps those of interfaces.%s, %u-%u at %s",
				other->name, other->ports.first, other->ports.last, other->listen);
	}
	return BRIDGE_OK;
}

enum bridge_err config_read_interfaces(struct config *c, const struct doc_node *map, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;

	if (map && map->kind != DOC_MAP)
		return doc_refuse(
			map, why, "wanted is { NAME: { listen: ADDRESS, advertise: ADDRESS, ports: A-B } }");
	for (const struct doc_node *node = map ? map->first : NULL; node && !err; node = node->next) {
		if (c->n_interfaces == CONFIG_INTERFACES_MAX)
			return doc_refuse(node, why, "more than %d", CONFIG_INTERFACES_MAX);
		err = read_interface(c, &c->interfaces[c->n_interfaces], node, why);
		c->n_interfaces++;
	}
	return err;
}

struct config_interface config_interface_default(const struct config *c)
{
	struct config_interface is = { .name = "default", .ports = { c->rtp.first_port, c->rtp.last_port } };

	snprintf(is.listen, sizeof(is.listen), "%.63s", c->rtp.listen);
	snprintf(is.advertise, sizeof(is.advertise), "%.63s", c->rtp.advertise);
	return is;
}

const struct config_interface *config_interface(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_interfaces; i++)
		if (strcmp(c->interfaces[i].name, name) == 0)
			return &c->interfaces[i];
	return NULL;
}
