/* site_check.c - is a site sound: every value by itself; what names or excludes something else is in site_names.c. */
#include "bridge/site_priv.h"
#include "dialplan/block.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *site_place_path(const struct site_place *at, char *out, size_t cap)
{
	if (at->kind == SITE_MEETING || at->kind == SITE_USER)
		snprintf(
			out, cap, "accounts[%zu].%s[%zu]", at->outer, site_schemas[at->kind].list, at->inner);
	else
		snprintf(out, cap, "%s[%zu]", site_schemas[at->kind].list, at->outer);
	return out;
}

enum bridge_err site_refuse(
	struct config_why *why, const struct site_place *at, const char *field, const char *format, ...)
{
	char path[80], key[sizeof(why->key)], text[sizeof(why->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(key, sizeof(key), "%s.%s", site_place_path(at, path, sizeof(path)), field);
	return why_refuse(why, 0, key, "%s", text);
}

static enum bridge_err check_texts(
	const void *object, const struct site_field *f, const struct site_place *at, struct config_why *why)
{
	size_t n = site_texts(object, f);
	char item[64];

	if (f->required && n == 0)
		return site_refuse(why, at, f->key, "at least one is wanted");
	if (f->type == FIELD_TEXTS && n > SITE_LIST)
		return site_refuse(why, at, f->key, "more than %d", SITE_LIST);
	for (size_t i = 0; i < n; i++) {
		const char *text = site_text(object, f, i);
		const char *broken =
			memchr(text, '\0', f->cap) ? site_rule_broken(f->rule, text) : "too long";

		snprintf(item, sizeof(item), "%s[%zu]", f->key, i);
		if (broken)
			return site_refuse(why, at, item, "%s", broken);
		for (size_t k = 0; f->type == FIELD_TEXTS && k < i; k++)
			if (strcmp(text, site_text(object, f, k)) == 0)
				return site_refuse(why, at, item, "given twice");
	}
	return BRIDGE_OK;
}

static enum bridge_err check_text(
	const void *object, const struct site_field *f, const struct site_place *at, struct config_why *why)
{
	const char *text = site_text(object, f, 0), *broken;

	if (!memchr(text, '\0', f->cap))
		return site_refuse(why, at, f->key, "too long");
	if (!text[0])
		return f->required ? site_refuse(why, at, f->key, "must not be empty") : BRIDGE_OK;
	broken = site_rule_broken(f->rule, text);
	return broken ? site_refuse(why, at, f->key, "%s", broken) : BRIDGE_OK;
}

static enum bridge_err check_range(
	const void *object, const struct site_field *f, const struct site_place *at, struct config_why *why)
{
	const char *first = (const char *)object + f->offset, *last = (const char *)object + f->n_offset;
	struct block ends;

	if (!memchr(first, '\0', f->cap) || !memchr(last, '\0', f->cap))
		return site_refuse(why, at, f->key, "too long");
	if (!number_valid(first))
		return site_refuse(why, at, f->key, "%s", site_rule_broken(RULE_E164, first));
	if (last[0] && (!block_ends(&ends, first, last) || ends.first >= ends.last))
		return site_refuse(why, at, f->key, "%s", site_rule_broken(RULE_RANGE, ""));
	return BRIDGE_OK;
}

static enum bridge_err check_fields(const void *object, const struct site_place *at, struct config_why *why)
{
	const struct site_schema *schema = &site_schemas[at->kind];
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; !err && i < schema->n_fields; i++) {
		const struct site_field *f = &schema->fields[i];
		const void *value = (const char *)object + f->offset;

		if (f->type == FIELD_TEXT)
			err = check_text(object, f, at, why);
		else if (f->type == FIELD_TEXTS || f->type == FIELD_LIST)
			err = check_texts(object, f, at, why);
		else if (f->type == FIELD_RANGE)
			err = check_range(object, f, at, why);
		else if (f->type == FIELD_WORD && *(const unsigned *)value >= f->max)
			err = site_refuse(why, at, f->key, "not one of the words");
		else if (f->type == FIELD_UNSIGNED && *(const unsigned *)value > f->max)
			err = site_refuse(why, at, f->key, "above %u", f->max);
		else if (f->type == FIELD_SRTP && *(const enum site_srtp *)value > SITE_SRTP_REQUIRE)
			err = site_refuse(why, at, f->key, "not a mode");
		else if (f->type == FIELD_ANSWER && *(const enum plan_answer *)value != PLAN_ATTENDANT &&
			 *(const enum plan_answer *)value != PLAN_MEETING)
			err = site_refuse(why, at, f->key, "attendant, or meeting: and its ID, is wanted");
	}
	return err;
}

/* D3: which PIN was keyed decides the role, and a caller need not end it with '#'. */
static enum bridge_err check_pins(
	const struct site_meeting *m, const struct site_place *at, struct config_why *why)
{
	size_t host = strlen(m->host_pin), guest = strlen(m->guest_pin);

	if (host == 0 || guest == 0)
		return BRIDGE_OK;
	if (strcmp(m->host_pin, m->guest_pin) == 0)
		return site_refuse(
			why, at, "guest_pin", "host_pin and guest_pin are equal: they give different roles");
	if (strncmp(m->host_pin, m->guest_pin, host < guest ? host : guest) == 0)
		return site_refuse(why, at, "guest_pin",
			"one PIN begins the other: keyed without '#', the longer could never be told from "
			"the shorter");
	return BRIDGE_OK;
}

static enum bridge_err check_country(
	const struct number_country *country, const struct site_place *at, struct config_why *why)
{
	if (country->trunk_prefix[0] && !country->country_code[0])
		return site_refuse(why, at, "country.trunk_prefix", "a trunk prefix without a country code");
	if (country->national_max && country->national_min > country->national_max)
		return site_refuse(why, at, "country.national_min", "above national_max");
	return BRIDGE_OK;
}

static enum bridge_err check_trunk(
	const struct site_trunk *t, const struct site_place *at, struct config_why *why)
{
	enum bridge_err err;

	for (size_t i = 0; i < t->n_from; i++) {
		struct trunk_network network;

		if (!trunk_network_parse(&network, t->from_text[i]) ||
			memcmp(network.ip, t->from[i].ip, sizeof(network.ip)) != 0 ||
			network.prefix_bits != t->from[i].prefix_bits)
			return site_refuse(why, at, "inbound.from", "a network and its text differ");
	}
	if (t->tls_subject[0] && t->n_from > 0)
		return site_refuse(why, at, "inbound.tls_subject",
			"a trunk is known by its networks or by its certificate, not by both");
	if (t->secret[0] && !t->login[0])
		return site_refuse(why, at, "inbound.password", "a password without a username");
	if (t->login[0] && !t->secret[0])
		return site_refuse(why, at, "inbound.username", "a username without a password");
	if (t->login[0] && !t->n_from && !t->tls_subject[0])
		return site_refuse(why, at, "inbound.username",
			"inbound.from is wanted as well: the networks whose calls may try (0.0.0.0/0: "
			"anybody's)");
	if (t->ptime_ms % 10)
		return site_refuse(why, at, "ptime", "10, 20, 30, 40, 50 or 60 is wanted");
	if (t->password[0] && !t->username[0])
		return site_refuse(why, at, "outbound.password", "a password without a username");
	if (t->registers && !t->n_gateways)
		return site_refuse(why, at, "outbound.register", "there is no gateway to register with");
	if (t->registers && !t->username[0])
		return site_refuse(why, at, "outbound.register", "there is no username to register as");
	if ((t->quality.min_calls || t->quality.window_s || t->quality.probe_s) && !t->quality.min_asr &&
		!t->quality.min_ccr && !t->quality.min_acd_s && !t->quality.max_pdd_ms)
		return site_refuse(why, at, "quality", "min_asr, min_ccr, min_acd_s or max_pdd_ms is wanted");
	if (!t->sign_certificate[0] != !t->sign_key[0])
		return site_refuse(why, at, t->sign_key[0] ? "sign.certificate" : "sign.key",
			"certificate and key belong together: one of them is missing");
	if (t->sign_origid[0] && !t->sign_key[0])
		return site_refuse(why, at, "sign.origid", "there is no key to sign with");
	if (t->format == ROUTE_NATIONAL && !t->country.country_code[0])
		return site_refuse(
			why, at, "dialling.format", "national numbers need the trunk's country.code");
	err = site_check_carrier(t, at, why);
	return err ? err : check_country(&t->country, at, why);
}

static enum bridge_err check_route(
	const struct site_route *r, const struct site_place *at, struct config_why *why)
{
	enum bridge_err err = check_fields(r, at, why);

	if (err)
		return err;
	if (!r->prefix[0] && r->n_prefixes == 0)
		return site_refuse(why, at, "prefix", "prefix is missing, or a list of prefixes");
	if (r->prefix[0] && r->n_prefixes > 0)
		return site_refuse(why, at, "prefixes", "prefix or prefixes, not both");
	if (r->order == SITE_ORDER_COST && r->weight)
		return site_refuse(
			why, at, "weight", "a route by cost has no weight: the cheapest trunk comes first");
	if (r->unrated == SITE_UNRATED_REFUSE && r->order != SITE_ORDER_COST)
		return site_refuse(why, at, "unrated", "order: cost is wanted as well");
	return site_check_reroute(
		(struct site_words){ (const char(*)[SITE_WORD])r->reroute_on, r->n_reroute_on },
		(struct site_words){ (const char(*)[SITE_WORD])r->stop_on, r->n_stop_on }, "", at, why);
}

static enum bridge_err check_calendar(
	const struct site_calendar *c, const struct site_place *at, struct config_why *why)
{
	enum bridge_err err = check_fields(c, at, why);

	if (err)
		return err;
	if (c->n_spans == 0)
		return site_refuse(why, at, "spans", "at least one is wanted");
	if (c->n_spans > CALENDAR_SPANS)
		return site_refuse(why, at, "spans", "more than %d", CALENDAR_SPANS);
	return BRIDGE_OK;
}

static enum bridge_err check_class(
	const struct site_class *c, const struct site_place *at, struct config_why *why)
{
	enum bridge_err err = check_fields(c, at, why);
	char item[40];

	if (err)
		return err;
	if (c->n_prefixes == 0)
		return site_refuse(why, at, "prefixes", "at least one is wanted");
	for (size_t i = 0; i < c->n_prefixes; i++)
		if (!c->prefixes[i][1]) {
			snprintf(item, sizeof(item), "prefixes[%zu]", i);
			return site_refuse(why, at, item, "all numbers cannot be of one class");
		}
	return BRIDGE_OK;
}

enum bridge_err site_check_object(const struct site *s, const struct site_place *at, struct config_why *why)
{
	enum bridge_err err;

	switch (at->kind) {
	case SITE_ACCOUNT:
		err = check_fields(&s->accounts[at->outer], at, why);
		return err ? err : check_country(&s->accounts[at->outer].country, at, why);
	case SITE_MEETING:
		err = check_fields(&s->accounts[at->outer].meetings[at->inner], at, why);
		return err ? err : check_pins(&s->accounts[at->outer].meetings[at->inner], at, why);
	case SITE_USER: return check_fields(&s->accounts[at->outer].users[at->inner], at, why);
	case SITE_TRUNK:
		err = check_fields(&s->trunks[at->outer], at, why);
		return err ? err : check_trunk(&s->trunks[at->outer], at, why);
	case SITE_NUMBER: return check_fields(&s->numbers[at->outer], at, why);
	case SITE_ROUTE: return check_route(&s->routes[at->outer], at, why);
	case SITE_CALENDAR: return check_calendar(&s->calendars[at->outer], at, why);
	case SITE_CLASS: return check_class(&s->classes[at->outer], at, why);
	case SITE_KINDS: break;
	}
	return BRIDGE_RANGE;
}

static enum bridge_err check_accounts(const struct site *s, struct config_why *why)
{
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; !err && i < s->n_accounts; i++) {
		const struct site_account *a = &s->accounts[i];

		err = site_check_object(s, &(struct site_place){ SITE_ACCOUNT, i, 0 }, why);
		for (size_t k = 0; !err && k < a->n_meetings; k++)
			err = site_check_object(s, &(struct site_place){ SITE_MEETING, i, k }, why);
		for (size_t k = 0; !err && k < a->n_users; k++)
			err = site_check_object(s, &(struct site_place){ SITE_USER, i, k }, why);
	}
	return err;
}

static enum bridge_err check_values(const struct site *s, struct config_why *why)
{
	const struct {
		enum site_kind kind;
		size_t n;
	} lists[] = {
		{ SITE_TRUNK, s->n_trunks },
		{ SITE_NUMBER, s->n_numbers },
		{ SITE_ROUTE, s->n_routes },
		{ SITE_CALENDAR, s->n_calendars },
		{ SITE_CLASS, s->n_classes },
	};
	enum bridge_err err = check_accounts(s, why);

	for (size_t k = 0; k < sizeof(lists) / sizeof(*lists); k++)
		for (size_t i = 0; !err && i < lists[k].n; i++)
			err = site_check_object(s, &(struct site_place){ lists[k].kind, i, 0 }, why);
	return err;
}

enum bridge_err site_check(const struct site *s, struct config_why *why)
{
	struct config_why unread;
	enum bridge_err err;

	if (!why)
		why = &unread;
	err = check_values(s, why);
	if (!err)
		err = site_check_names(s, why);
	return err ? err : site_check_plan(s, why);
}
