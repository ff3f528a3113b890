/* store_site.c - the site as a whole: saved and loaded, each part by its own file. */
#include "bridge/store_pass.h"
#include "bridge/when.h"

#include <stdlib.h>
#include <string.h>

/* What refers comes before what is referred to. */
static const char *const empty_shell =
	"DELETE FROM route_trunk; DELETE FROM route_prefix; DELETE FROM route_text; DELETE FROM route; "
	"DELETE FROM calendar_span;"
	"DELETE FROM calendar; DELETE FROM class_prefix; DELETE FROM number_class; DELETE FROM trunk_range;"
	"DELETE FROM trunk_text;"
	"DELETE FROM account_prefix; DELETE FROM account_class;"
	" DELETE FROM number;"
	"DELETE FROM trunk_codec; DELETE FROM trunk_gateway; DELETE FROM trunk_network;"
	"DELETE FROM trunk; DELETE FROM account";

static const char *const srtp_words[] = {
	[SITE_SRTP_NEVER] = "never", [SITE_SRTP_ALLOW] = "allow", [SITE_SRTP_REQUIRE] = "require"
};
static const char *const answer_words[] = {
	[PLAN_REFUSE] = "refuse", [PLAN_ATTENDANT] = "attendant", [PLAN_MEETING] = "meeting"
};

static void put_account(struct pass *p, const struct site_account *account, size_t position)
{
	pass_use(p, "INSERT INTO account(name, position, language, levelling, noise_suppression)"
		    " VALUES (?, ?, ?, ?, ?)");
	pass_put_text(p, 1, account->name);
	pass_put_number(p, 2, (int64_t)position);
	pass_put_text(p, 3, account->language);
	pass_put_number(p, 4, account->levelling);
	pass_put_number(p, 5, account->noise_suppression);
	pass_put_row(p);
}

static void put_people(struct pass *p, const struct site_account *account)
{
	pass_use(p, "INSERT INTO meeting(id, account, name, host_pin, guest_pin, max_participants, chimes)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < account->n_meetings && !p->err; i++) {
		const struct site_meeting *meeting = &account->meetings[i];

		pass_put_text(p, 1, meeting->id);
		pass_put_text(p, 2, account->name);
		pass_put_text(p, 3, meeting->name);
		pass_put_text(p, 4, meeting->host_pin);
		pass_put_text(p, 5, meeting->guest_pin);
		pass_put_number(p, 6, meeting->max_participants);
		pass_put_number(p, 7, meeting->chimes);
		pass_put_row(p);
	}

	pass_use(p, "INSERT INTO sip_user(account, position, name, password) VALUES (?, ?, ?, ?)");
	for (size_t i = 0; i < account->n_users && !p->err; i++) {
		pass_put_text(p, 1, account->name);
		pass_put_number(p, 2, (int64_t)i);
		pass_put_text(p, 3, account->users[i].name);
		pass_put_text(p, 4, account->users[i].password);
		pass_put_row(p);
	}
}

static void put_trunk(struct pass *p, const struct site_trunk *trunk, size_t position)
{
	pass_use(p,
		"INSERT INTO trunk(name, position, username, password, registers, channels, calls_per_second,"
		" srtp, country_code, trunk_prefix, national_min, national_max, realm, asserts, privacy,"
		" keeps_asking, only_2xx, options_s, ring_s, maintenance, tls_subject)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	pass_put_text(p, 1, trunk->name);
	pass_put_number(p, 2, (int64_t)position);
	pass_put_text(p, 3, trunk->username);
	pass_put_text(p, 4, trunk->password);
	pass_put_number(p, 5, trunk->registers);
	pass_put_number(p, 6, trunk->channels);
	pass_put_number(p, 7, trunk->calls_per_second);
	pass_put_text(p, 8, srtp_words[trunk->srtp]);
	pass_put_text(p, 9, trunk->country.country_code);
	pass_put_text(p, 10, trunk->country.trunk_prefix);
	pass_put_number(p, 11, trunk->country.national_min);
	pass_put_number(p, 12, trunk->country.national_max);
	pass_put_text(p, 13, trunk->realm);
	pass_put_number(p, 14, trunk->asserts);
	pass_put_number(p, 15, trunk->privacy);
	pass_put_number(p, 16, trunk->keeps_asking);
	pass_put_number(p, 17, trunk->only_2xx);
	pass_put_number(p, 18, trunk->options_s);
	pass_put_number(p, 19, trunk->ring_s);
	pass_put_number(p, 20, trunk->maintenance);
	pass_put_text(p, 21, trunk->tls_subject);
	pass_put_row(p);

	pass_use(p, "UPDATE trunk SET tls_name = ?, tls_ca = ? WHERE name = ?");
	pass_put_text(p, 1, trunk->tls_name);
	pass_put_text(p, 2, trunk->tls_ca);
	pass_put_text(p, 3, trunk->name);
	pass_put_row(p);

	pass_put_list(p, "INSERT INTO trunk_network(trunk, position, network) VALUES (?, ?, ?)", trunk->name,
		trunk->from_text[0], sizeof(trunk->from_text[0]), trunk->n_from);
	pass_put_list(p, "INSERT INTO trunk_gateway(trunk, position, uri) VALUES (?, ?, ?)", trunk->name,
		trunk->gateways[0], sizeof(trunk->gateways[0]), trunk->n_gateways);
	pass_put_list(p, "INSERT INTO trunk_codec(trunk, position, codec) VALUES (?, ?, ?)", trunk->name,
		trunk->codecs[0], sizeof(trunk->codecs[0]), trunk->n_codecs);
}

static void put_numbers(struct pass *p, const struct site *site)
{
	pass_use(p, "INSERT INTO number(position, number, trunk, account, language, answer, meeting, last, "
		    "country,"
		    " toll_free) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < site->n_numbers && !p->err; i++) {
		const struct site_number *number = &site->numbers[i];

		pass_put_number(p, 1, (int64_t)i);
		pass_put_text(p, 2, number->number);
		pass_put_reference(p, 3, number->trunk);
		pass_put_reference(p, 4, number->account);
		pass_put_text(p, 5, number->language);
		pass_put_text(p, 6, answer_words[number->answer]);
		pass_put_reference(p, 7, number->meeting);
		pass_put_text(p, 8, number->last);
		pass_put_text(p, 9, number->country);
		pass_put_number(p, 10, number->toll_free);
		pass_put_row(p);
	}
}

static void put_routes(struct pass *p, const struct site *site)
{
	pass_use(p,
		"INSERT INTO route(position, account, prefix, caller_id, priority, weight, percent, calendar)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < site->n_routes && !p->err; i++) {
		pass_put_number(p, 1, (int64_t)i);
		pass_put_reference(p, 2, site->routes[i].account);
		pass_put_text(p, 3, site->routes[i].prefix);
		pass_put_text(p, 4, site->routes[i].caller_id);
		pass_put_number(p, 5, site->routes[i].priority);
		pass_put_number(p, 6, site->routes[i].weight);
		pass_put_number(p, 7, site->routes[i].percent);
		pass_put_text(p, 8, site->routes[i].calendar);
		pass_put_row(p);
	}
	pass_use(p, "INSERT INTO route_trunk(route, position, trunk) VALUES (?, ?, ?)");
	for (size_t i = 0; i < site->n_routes; i++) {
		for (size_t t = 0; t < site->routes[i].n_trunks && !p->err; t++) {
			pass_put_number(p, 1, (int64_t)i);
			pass_put_number(p, 2, (int64_t)t);
			pass_put_text(p, 3, site->routes[i].trunks[t]);
			pass_put_row(p);
		}
	}
}

void pass_put_shell(struct pass *p, const struct site *site)
{
	pass_end(p);
	if (!p->err)
		p->err = store_exec(p->s, empty_shell);
	for (size_t i = 0; i < site->n_accounts; i++)
		put_account(p, &site->accounts[i], i);
	for (size_t i = 0; i < site->n_trunks; i++)
		put_trunk(p, &site->trunks[i], i);
	put_numbers(p, site);
	put_routes(p, site);
	pass_put_dial(p, site);
	pass_put_stir(p, site);
	pass_put_dips(p, site);
}

static void put_audit(struct pass *p, const char *who, const char *changes_json)
{
	const struct audit_row row = { .at_us = when_now_us(),
		.who = who ? who : "",
		.what = "site",
		.changes = changes_json ? changes_json : "[]" };

	if (!p->err)
		p->err = store_add_audit(p->s, &row);
}

enum bridge_err store_save_site(
	struct store *s, const struct site *site, const char *who, const char *changes_json)
{
	struct pass p = { .s = s };

	p.err = store_exec(s, "BEGIN IMMEDIATE");
	if (p.err)
		return p.err;
	p.err = store_exec(s, "PRAGMA defer_foreign_keys = ON");
	if (!p.err)
		p.err = store_exec(s, empty_shell);
	if (!p.err)
		p.err = store_exec(s, "DELETE FROM sip_user; DELETE FROM meeting");
	for (size_t i = 0; i < site->n_accounts; i++)
		put_people(&p, &site->accounts[i]);
	pass_put_shell(&p, site);
	put_audit(&p, who, changes_json);
	pass_end(&p);
	return store_finish(s, p.err);
}

/* ---- reading ---- */

static void get_meetings(struct pass *p, struct site_account *account)
{
	pass_use(p, "SELECT id, name, host_pin, guest_pin, max_participants, chimes FROM meeting"
		    " WHERE account = ? ORDER BY id");
	pass_put_text(p, 1, account->name);
	while (pass_next(p)) {
		struct site_meeting *m = pass_grown(p, account->meetings, account->n_meetings, sizeof(*m));

		if (!m)
			return;
		account->meetings = m;
		m += account->n_meetings++;
		pass_get_text(p, 0, m->id, sizeof(m->id));
		pass_get_text(p, 1, m->name, sizeof(m->name));
		pass_get_text(p, 2, m->host_pin, sizeof(m->host_pin));
		pass_get_text(p, 3, m->guest_pin, sizeof(m->guest_pin));
		m->max_participants = pass_get_number(p, 4);
		m->chimes = pass_get_number(p, 5) != 0;
	}
}

static void get_users(struct pass *p, struct site_account *account)
{
	pass_use(p, "SELECT name, password FROM sip_user WHERE account = ? ORDER BY position");
	pass_put_text(p, 1, account->name);
	while (pass_next(p)) {
		struct site_user *u = pass_grown(p, account->users, account->n_users, sizeof(*u));

		if (!u)
			return;
		account->users = u;
		u += account->n_users++;
		pass_get_text(p, 0, u->name, sizeof(u->name));
		pass_get_text(p, 1, u->password, sizeof(u->password));
	}
}

static void get_accounts(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT name, language, levelling, noise_suppression FROM account ORDER BY position");
	while (pass_next(p)) {
		struct site_account *a = pass_grown(p, site->accounts, site->n_accounts, sizeof(*a));

		if (!a)
			return;
		site->accounts = a;
		a += site->n_accounts++;
		pass_get_text(p, 0, a->name, sizeof(a->name));
		pass_get_text(p, 1, a->language, sizeof(a->language));
		a->levelling = pass_get_number(p, 2) != 0;
		a->noise_suppression = pass_get_number(p, 3) != 0;
	}
	for (size_t i = 0; i < site->n_accounts; i++) {
		get_meetings(p, &site->accounts[i]);
		get_users(p, &site->accounts[i]);
	}
}

static void get_trunk_lists(struct pass *p, struct site_trunk *trunk)
{
	trunk->n_from =
		pass_get_list(p, "SELECT network FROM trunk_network WHERE trunk = ? ORDER BY position",
			trunk->name, trunk->from_text[0], sizeof(trunk->from_text[0]));
	for (size_t i = 0; i < trunk->n_from && !p->err; i++)
		if (!trunk_network_parse(&trunk->from[i], trunk->from_text[i]))
			pass_unreadable(p, trunk->from_text[i]);
	trunk->n_gateways =
		pass_get_list(p, "SELECT uri FROM trunk_gateway WHERE trunk = ? ORDER BY position",
			trunk->name, trunk->gateways[0], sizeof(trunk->gateways[0]));
	trunk->n_codecs = pass_get_list(p, "SELECT codec FROM trunk_codec WHERE trunk = ? ORDER BY position",
		trunk->name, trunk->codecs[0], sizeof(trunk->codecs[0]));
}

static void get_trunks(struct pass *p, struct site *site)
{
	pass_use(p,
		"SELECT name, username, password, registers, channels, calls_per_second, srtp, country_code,"
		" trunk_prefix, national_min, national_max, realm, asserts, privacy, keeps_asking, only_2xx,"
		" options_s, ring_s, maintenance, tls_subject FROM trunk ORDER BY position");
	while (pass_next(p)) {
		struct site_trunk *t = pass_grown(p, site->trunks, site->n_trunks, sizeof(*t));

		if (!t)
			return;
		site->trunks = t;
		t += site->n_trunks++;
		pass_get_text(p, 0, t->name, sizeof(t->name));
		pass_get_text(p, 1, t->username, sizeof(t->username));
		pass_get_text(p, 2, t->password, sizeof(t->password));
		t->registers = pass_get_number(p, 3) != 0;
		t->channels = pass_get_number(p, 4);
		t->calls_per_second = pass_get_number(p, 5);
		t->srtp = (enum site_srtp)pass_get_word(p, 6, srtp_words, 3);
		pass_get_text(p, 7, t->country.country_code, sizeof(t->country.country_code));
		pass_get_text(p, 8, t->country.trunk_prefix, sizeof(t->country.trunk_prefix));
		t->country.national_min = pass_get_number(p, 9);
		t->country.national_max = pass_get_number(p, 10);
		pass_get_text(p, 11, t->realm, sizeof(t->realm));
		t->asserts = pass_get_number(p, 12) != 0;
		t->privacy = pass_get_number(p, 13) != 0;
		t->keeps_asking = pass_get_number(p, 14) != 0;
		t->only_2xx = pass_get_number(p, 15) != 0;
		t->options_s = pass_get_number(p, 16);
		t->ring_s = pass_get_number(p, 17);
		t->maintenance = pass_get_number(p, 18) != 0;
		pass_get_text(p, 19, t->tls_subject, sizeof(t->tls_subject));
	}
	pass_use(p, "SELECT tls_name, tls_ca FROM trunk ORDER BY position");
	for (size_t i = 0; pass_next(p) && i < site->n_trunks; i++) {
		pass_get_text(p, 0, site->trunks[i].tls_name, sizeof(site->trunks[i].tls_name));
		pass_get_text(p, 1, site->trunks[i].tls_ca, sizeof(site->trunks[i].tls_ca));
	}
	for (size_t i = 0; i < site->n_trunks; i++)
		get_trunk_lists(p, &site->trunks[i]);
}

static void get_numbers(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT number, trunk, account, language, answer, meeting, last, country, toll_free FROM "
		    "number ORDER BY position");
	while (pass_next(p)) {
		struct site_number *d = pass_grown(p, site->numbers, site->n_numbers, sizeof(*d));

		if (!d)
			return;
		site->numbers = d;
		d += site->n_numbers++;
		pass_get_text(p, 0, d->number, sizeof(d->number));
		pass_get_text(p, 1, d->trunk, sizeof(d->trunk));
		pass_get_text(p, 2, d->account, sizeof(d->account));
		pass_get_text(p, 3, d->language, sizeof(d->language));
		d->answer = (enum plan_answer)pass_get_word(p, 4, answer_words, 3);
		pass_get_text(p, 5, d->meeting, sizeof(d->meeting));
		pass_get_text(p, 6, d->last, sizeof(d->last));
		pass_get_text(p, 7, d->country, sizeof(d->country));
		d->toll_free = pass_get_number(p, 8) != 0;
	}
}

static void get_routes(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT account, prefix, caller_id, priority, weight, percent, calendar FROM route ORDER "
		    "BY position");
	while (pass_next(p)) {
		struct site_route *r = pass_grown(p, site->routes, site->n_routes, sizeof(*r));

		if (!r)
			return;
		site->routes = r;
		r += site->n_routes++;
		pass_get_text(p, 0, r->account, sizeof(r->account));
		pass_get_text(p, 1, r->prefix, sizeof(r->prefix));
		pass_get_text(p, 2, r->caller_id, sizeof(r->caller_id));
		r->priority = pass_get_number(p, 3);
		r->weight = pass_get_number(p, 4);
		r->percent = pass_get_number(p, 5);
		pass_get_text(p, 6, r->calendar, sizeof(r->calendar));
	}
	pass_use(p, "SELECT route, trunk FROM route_trunk ORDER BY route, position");
	while (pass_next(p)) { /* positions of routes are 0, 1, 2 ... */
		size_t at = pass_get_number(p, 0);
		struct site_route *r = at < site->n_routes ? &site->routes[at] : NULL;

		if (!r || r->n_trunks == SITE_LIST) {
			pass_unreadable(p, "a route's trunks");
			return;
		}
		pass_get_text(p, 1, r->trunks[r->n_trunks], sizeof(r->trunks[0]));
		r->n_trunks++;
	}
}

enum bridge_err store_load_site(struct store *s, struct site **out)
{
	struct pass p = { .s = s };
	struct site *site = site_new();

	if (!site)
		return BRIDGE_NOMEM;
	p.err = store_exec(s, "BEGIN"); /* one moment's view */
	if (!p.err) {
		get_accounts(&p, site);
		get_trunks(&p, site);
		get_numbers(&p, site);
		get_routes(&p, site);
		pass_get_dial(&p, site);
		pass_get_stir(&p, site);
		pass_get_dips(&p, site);
		pass_end(&p);
		p.err = store_finish(s, p.err);
	}
	if (p.err) {
		site_free(site);
		return p.err;
	}
	site_sort(site);
	*out = site;
	return BRIDGE_OK;
}
