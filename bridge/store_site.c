#include "bridge/store_priv.h"
#include "bridge/when.h"

#include <stdlib.h>
#include <string.h>

/* What refers comes before what is referred to. */
static const char *const empty_site =
	"DELETE FROM route_trunk; DELETE FROM route; DELETE FROM number;"
	"DELETE FROM trunk_codec; DELETE FROM trunk_gateway; DELETE FROM trunk_network;"
	"DELETE FROM trunk; DELETE FROM sip_user; DELETE FROM meeting; DELETE FROM account";

static const char *const srtp_words[] = {
	[SITE_SRTP_NEVER] = "never", [SITE_SRTP_ALLOW] = "allow", [SITE_SRTP_REQUIRE] = "require"
};
static const char *const answer_words[] = {
	[PLAN_REFUSE] = "refuse", [PLAN_ATTENDANT] = "attendant", [PLAN_MEETING] = "meeting"
};

/* The first failure ends it; what comes after does nothing.  One statement is open at a time. */
struct pass {
	struct store *s;
	sqlite3_stmt *statement;
	enum bridge_err err;
};

static void pass_use(struct pass *p, const char *sql)
{
	sqlite3_finalize(p->statement);
	p->statement = NULL;
	if (!p->err)
		p->err = store_prepare(p->s, &p->statement, sql);
}

static void pass_end(struct pass *p)
{
	sqlite3_finalize(p->statement);
	p->statement = NULL;
}

/* ---- writing ---- */

static void put_text(struct pass *p, int at, const char *text)
{
	if (!p->err)
		store_bind_text(p->statement, at, text);
}

static void put_reference(struct pass *p, int at, const char *text)
{
	if (!p->err)
		store_bind_reference(p->statement, at, text);
}

static void put_number(struct pass *p, int at, int64_t value)
{
	if (!p->err)
		sqlite3_bind_int64(p->statement, at, value);
}

static void put_row(struct pass *p)
{
	if (!p->err)
		p->err = store_run(p->s, p->statement);
}

/* One row per text: owner, position, text. */
static void put_list(
	struct pass *p, const char *sql, const char *owner, const char *texts, size_t each, size_t n)
{
	pass_use(p, sql);
	for (size_t i = 0; i < n && !p->err; i++) {
		put_text(p, 1, owner);
		put_number(p, 2, (int64_t)i);
		put_text(p, 3, texts + i * each);
		put_row(p);
	}
}

static void put_account(struct pass *p, const struct site_account *account, size_t position)
{
	pass_use(p, "INSERT INTO account(name, position, language, levelling, noise_suppression)"
		    " VALUES (?, ?, ?, ?, ?)");
	put_text(p, 1, account->name);
	put_number(p, 2, (int64_t)position);
	put_text(p, 3, account->language);
	put_number(p, 4, account->levelling);
	put_number(p, 5, account->noise_suppression);
	put_row(p);

	pass_use(p, "INSERT INTO meeting(id, account, name, host_pin, guest_pin, max_participants, chimes)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < account->n_meetings && !p->err; i++) {
		const struct site_meeting *meeting = &account->meetings[i];

		put_text(p, 1, meeting->id);
		put_text(p, 2, account->name);
		put_text(p, 3, meeting->name);
		put_text(p, 4, meeting->host_pin);
		put_text(p, 5, meeting->guest_pin);
		put_number(p, 6, meeting->max_participants);
		put_number(p, 7, meeting->chimes);
		put_row(p);
	}

	pass_use(p, "INSERT INTO sip_user(account, position, name, password) VALUES (?, ?, ?, ?)");
	for (size_t i = 0; i < account->n_users && !p->err; i++) {
		put_text(p, 1, account->name);
		put_number(p, 2, (int64_t)i);
		put_text(p, 3, account->users[i].name);
		put_text(p, 4, account->users[i].password);
		put_row(p);
	}
}

static void put_trunk(struct pass *p, const struct site_trunk *trunk, size_t position)
{
	pass_use(p,
		"INSERT INTO trunk(name, position, username, password, registers, channels, calls_per_second,"
		" srtp, country_code, trunk_prefix, national_min, national_max)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	put_text(p, 1, trunk->name);
	put_number(p, 2, (int64_t)position);
	put_text(p, 3, trunk->username);
	put_text(p, 4, trunk->password);
	put_number(p, 5, trunk->registers);
	put_number(p, 6, trunk->channels);
	put_number(p, 7, trunk->calls_per_second);
	put_text(p, 8, srtp_words[trunk->srtp]);
	put_text(p, 9, trunk->country.country_code);
	put_text(p, 10, trunk->country.trunk_prefix);
	put_number(p, 11, trunk->country.national_min);
	put_number(p, 12, trunk->country.national_max);
	put_row(p);

	put_list(p, "INSERT INTO trunk_network(trunk, position, network) VALUES (?, ?, ?)", trunk->name,
		trunk->from_text[0], sizeof(trunk->from_text[0]), trunk->n_from);
	put_list(p, "INSERT INTO trunk_gateway(trunk, position, uri) VALUES (?, ?, ?)", trunk->name,
		trunk->gateways[0], sizeof(trunk->gateways[0]), trunk->n_gateways);
	put_list(p, "INSERT INTO trunk_codec(trunk, position, codec) VALUES (?, ?, ?)", trunk->name,
		trunk->codecs[0], sizeof(trunk->codecs[0]), trunk->n_codecs);
}

static void put_numbers(struct pass *p, const struct site *site)
{
	pass_use(p, "INSERT INTO number(position, number, trunk, account, language, answer, meeting)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?)");
	for (size_t i = 0; i < site->n_numbers && !p->err; i++) {
		const struct site_number *number = &site->numbers[i];

		put_number(p, 1, (int64_t)i);
		put_text(p, 2, number->number);
		put_reference(p, 3, number->trunk);
		put_reference(p, 4, number->account);
		put_text(p, 5, number->language);
		put_text(p, 6, answer_words[number->answer]);
		put_reference(p, 7, number->meeting);
		put_row(p);
	}
}

static void put_routes(struct pass *p, const struct site *site)
{
	pass_use(p, "INSERT INTO route(position, account, prefix, caller_id) VALUES (?, ?, ?, ?)");
	for (size_t i = 0; i < site->n_routes && !p->err; i++) {
		put_number(p, 1, (int64_t)i);
		put_reference(p, 2, site->routes[i].account);
		put_text(p, 3, site->routes[i].prefix);
		put_text(p, 4, site->routes[i].caller_id);
		put_row(p);
	}
	pass_use(p, "INSERT INTO route_trunk(route, position, trunk) VALUES (?, ?, ?)");
	for (size_t i = 0; i < site->n_routes; i++) {
		for (size_t t = 0; t < site->routes[i].n_trunks && !p->err; t++) {
			put_number(p, 1, (int64_t)i);
			put_number(p, 2, (int64_t)t);
			put_text(p, 3, site->routes[i].trunks[t]);
			put_row(p);
		}
	}
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
	p.err = store_exec(s, empty_site);
	for (size_t i = 0; i < site->n_accounts; i++)
		put_account(&p, &site->accounts[i], i);
	for (size_t i = 0; i < site->n_trunks; i++)
		put_trunk(&p, &site->trunks[i], i);
	put_numbers(&p, site);
	put_routes(&p, site);
	put_audit(&p, who, changes_json);
	pass_end(&p);
	return store_finish(s, p.err);
}

/* ---- reading ---- */

/* True: the statement stands on a row. */
static bool next_row(struct pass *p)
{
	int step;

	if (p->err)
		return false;
	step = sqlite3_step(p->statement);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		p->err = store_fail(p->s);
	return step == SQLITE_ROW;
}

static void unreadable(struct pass *p, const char *what)
{
	if (!p->err)
		sqlite3_snprintf(sizeof(p->s->error), p->s->error, "the site in it cannot be read: %s", what);
	p->err = BRIDGE_FILE;
}

static void get_text(struct pass *p, int column, char *out, size_t cap)
{
	if (!p->err && !store_read_text(p->statement, column, out, cap))
		unreadable(p, sqlite3_column_name(p->statement, column));
}

static unsigned get_number(struct pass *p, int column)
{
	return p->err ? 0 : (unsigned)sqlite3_column_int64(p->statement, column);
}

static unsigned get_word(struct pass *p, int column, const char *const *words, unsigned n)
{
	char text[16] = "";

	get_text(p, column, text, sizeof(text));
	for (unsigned i = 0; i < n && !p->err; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	unreadable(p, text);
	return 0;
}

/* `array` with room for element n, which is all zero; it grows by doubling.  NULL: out of memory, or failed before. */
static void *grown(struct pass *p, void *array, size_t n, size_t each)
{
	char *items = array;

	if (p->err)
		return NULL;
	if ((n & (n - 1)) == 0) { /* 0, 1, 2, 4, 8 ...: it is full */
		items = realloc(array, (n ? n * 2 : 1) * each);
		if (!items) {
			p->err = BRIDGE_NOMEM;
			return NULL;
		}
	}
	memset(items + n * each, 0, each);
	return items;
}

static void get_meetings(struct pass *p, struct site_account *account)
{
	pass_use(p, "SELECT id, name, host_pin, guest_pin, max_participants, chimes FROM meeting"
		    " WHERE account = ? ORDER BY id");
	put_text(p, 1, account->name);
	while (next_row(p)) {
		struct site_meeting *m = grown(p, account->meetings, account->n_meetings, sizeof(*m));

		if (!m)
			return;
		account->meetings = m;
		m += account->n_meetings++;
		get_text(p, 0, m->id, sizeof(m->id));
		get_text(p, 1, m->name, sizeof(m->name));
		get_text(p, 2, m->host_pin, sizeof(m->host_pin));
		get_text(p, 3, m->guest_pin, sizeof(m->guest_pin));
		m->max_participants = get_number(p, 4);
		m->chimes = get_number(p, 5) != 0;
	}
}

static void get_users(struct pass *p, struct site_account *account)
{
	pass_use(p, "SELECT name, password FROM sip_user WHERE account = ? ORDER BY position");
	put_text(p, 1, account->name);
	while (next_row(p)) {
		struct site_user *u = grown(p, account->users, account->n_users, sizeof(*u));

		if (!u)
			return;
		account->users = u;
		u += account->n_users++;
		get_text(p, 0, u->name, sizeof(u->name));
		get_text(p, 1, u->password, sizeof(u->password));
	}
}

static void get_accounts(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT name, language, levelling, noise_suppression FROM account ORDER BY position");
	while (next_row(p)) {
		struct site_account *a = grown(p, site->accounts, site->n_accounts, sizeof(*a));

		if (!a)
			return;
		site->accounts = a;
		a += site->n_accounts++;
		get_text(p, 0, a->name, sizeof(a->name));
		get_text(p, 1, a->language, sizeof(a->language));
		a->levelling = get_number(p, 2) != 0;
		a->noise_suppression = get_number(p, 3) != 0;
	}
	for (size_t i = 0; i < site->n_accounts; i++) {
		get_meetings(p, &site->accounts[i]);
		get_users(p, &site->accounts[i]);
	}
}

static size_t get_list(struct pass *p, const char *sql, const char *owner, char *texts, size_t each)
{
	size_t n = 0;

	pass_use(p, sql);
	put_text(p, 1, owner);
	while (next_row(p)) {
		if (n == SITE_LIST) {
			unreadable(p, "a list is too long");
			break;
		}
		get_text(p, 0, texts + n * each, each);
		n++;
	}
	return n;
}

static void get_trunk_lists(struct pass *p, struct site_trunk *trunk)
{
	trunk->n_from = get_list(p, "SELECT network FROM trunk_network WHERE trunk = ? ORDER BY position",
		trunk->name, trunk->from_text[0], sizeof(trunk->from_text[0]));
	for (size_t i = 0; i < trunk->n_from && !p->err; i++)
		if (!trunk_network_parse(&trunk->from[i], trunk->from_text[i]))
			unreadable(p, trunk->from_text[i]);
	trunk->n_gateways = get_list(p, "SELECT uri FROM trunk_gateway WHERE trunk = ? ORDER BY position",
		trunk->name, trunk->gateways[0], sizeof(trunk->gateways[0]));
	trunk->n_codecs = get_list(p, "SELECT codec FROM trunk_codec WHERE trunk = ? ORDER BY position",
		trunk->name, trunk->codecs[0], sizeof(trunk->codecs[0]));
}

static void get_trunks(struct pass *p, struct site *site)
{
	pass_use(p,
		"SELECT name, username, password, registers, channels, calls_per_second, srtp, country_code,"
		" trunk_prefix, national_min, national_max FROM trunk ORDER BY position");
	while (next_row(p)) {
		struct site_trunk *t = grown(p, site->trunks, site->n_trunks, sizeof(*t));

		if (!t)
			return;
		site->trunks = t;
		t += site->n_trunks++;
		get_text(p, 0, t->name, sizeof(t->name));
		get_text(p, 1, t->username, sizeof(t->username));
		get_text(p, 2, t->password, sizeof(t->password));
		t->registers = get_number(p, 3) != 0;
		t->channels = get_number(p, 4);
		t->calls_per_second = get_number(p, 5);
		t->srtp = (enum site_srtp)get_word(p, 6, srtp_words, 3);
		get_text(p, 7, t->country.country_code, sizeof(t->country.country_code));
		get_text(p, 8, t->country.trunk_prefix, sizeof(t->country.trunk_prefix));
		t->country.national_min = get_number(p, 9);
		t->country.national_max = get_number(p, 10);
	}
	for (size_t i = 0; i < site->n_trunks; i++)
		get_trunk_lists(p, &site->trunks[i]);
}

static void get_numbers(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT number, trunk, account, language, answer, meeting FROM number ORDER BY position");
	while (next_row(p)) {
		struct site_number *d = grown(p, site->numbers, site->n_numbers, sizeof(*d));

		if (!d)
			return;
		site->numbers = d;
		d += site->n_numbers++;
		get_text(p, 0, d->number, sizeof(d->number));
		get_text(p, 1, d->trunk, sizeof(d->trunk));
		get_text(p, 2, d->account, sizeof(d->account));
		get_text(p, 3, d->language, sizeof(d->language));
		d->answer = (enum plan_answer)get_word(p, 4, answer_words, 3);
		get_text(p, 5, d->meeting, sizeof(d->meeting));
	}
}

static void get_routes(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT account, prefix, caller_id FROM route ORDER BY position");
	while (next_row(p)) {
		struct site_route *r = grown(p, site->routes, site->n_routes, sizeof(*r));

		if (!r)
			return;
		site->routes = r;
		r += site->n_routes++;
		get_text(p, 0, r->account, sizeof(r->account));
		get_text(p, 1, r->prefix, sizeof(r->prefix));
		get_text(p, 2, r->caller_id, sizeof(r->caller_id));
	}
	pass_use(p, "SELECT route, trunk FROM route_trunk ORDER BY route, position");
	while (next_row(p)) { /* positions of routes are 0, 1, 2 ... */
		size_t at = get_number(p, 0);
		struct site_route *r = at < site->n_routes ? &site->routes[at] : NULL;

		if (!r || r->n_trunks == SITE_LIST) {
			unreadable(p, "a route's trunks");
			return;
		}
		get_text(p, 1, r->trunks[r->n_trunks], sizeof(r->trunks[0]));
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
