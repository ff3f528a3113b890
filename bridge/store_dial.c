/* store_dial.c - the dial plan's part of the site: accounts, ranges, routes, calendars, classes. */
#include "bridge/store_pass.h"

#include <string.h>

/* ---- writing ---- */

static void put_account(struct pass *p, const struct site_account *a)
{
	const struct budget_limits *l = &a->limits;

	pass_use(p,
		"UPDATE account SET zone = ?, country_code = ?, trunk_prefix = ?, national_min = ?,"
		" national_max = ?, concurrent = ?, daily = ?, per_minute = ?, consecutive = ?, alike = ?,"
		" daily_minutes = ? WHERE name = ?");
	pass_put_text(p, 1, a->zone);
	pass_put_text(p, 2, a->country.country_code);
	pass_put_text(p, 3, a->country.trunk_prefix);
	pass_put_number(p, 4, a->country.national_min);
	pass_put_number(p, 5, a->country.national_max);
	pass_put_number(p, 6, l->concurrent);
	pass_put_number(p, 7, l->daily);
	pass_put_number(p, 8, l->per_minute);
	pass_put_number(p, 9, l->consecutive);
	pass_put_number(p, 10, l->alike);
	pass_put_number(p, 11, l->daily_minutes);
	pass_put_text(p, 12, a->name);
	pass_put_row(p);
	pass_use(p, "UPDATE account SET keep_days = ?, daily_money = ? WHERE name = ?");
	pass_put_number(p, 1, a->keep_days);
	pass_put_text(p, 2, a->daily_money);
	pass_put_text(p, 3, a->name);
	pass_put_row(p);

	if (a->n_only)
		pass_put_list(p,
			"INSERT INTO account_prefix(account, list, position, prefix) VALUES (?, 'only', ?, "
			"?)",
			a->name, a->only[0], sizeof(a->only[0]), a->n_only);
	if (a->n_refuse)
		pass_put_list(p,
			"INSERT INTO account_prefix(account, list, position, prefix) VALUES (?, 'refuse', ?, "
			"?)",
			a->name, a->refuse[0], sizeof(a->refuse[0]), a->n_refuse);
	pass_put_list(p, "INSERT INTO account_class(account, position, class) VALUES (?, ?, ?)", a->name,
		a->classes[0], sizeof(a->classes[0]), a->n_classes);
}

static void put_trunk(struct pass *p, const struct site_trunk *t)
{
	pass_use(p, "UPDATE trunk SET format = ?, caller_id = ?, strip = ?, prepend = ? WHERE name = ?");
	pass_put_number(p, 1, t->format);
	pass_put_number(p, 2, t->foreign);
	pass_put_number(p, 3, t->strip);
	pass_put_text(p, 4, t->prepend);
	pass_put_text(p, 5, t->name);
	pass_put_row(p);
	if (t->n_ranges)
		pass_put_list(p, "INSERT INTO trunk_range(trunk, position, range) VALUES (?, ?, ?)", t->name,
			t->ranges[0], sizeof(t->ranges[0]), t->n_ranges);
}

/* One row per prefix: owner's position, position, prefix. */
static void put_prefixes(struct pass *p, size_t owner, const char (*prefixes)[NUMBER_E164], size_t n)
{
	for (size_t i = 0; i < n && !p->err; i++) {
		pass_put_number(p, 1, (int64_t)owner);
		pass_put_number(p, 2, (int64_t)i);
		pass_put_text(p, 3, prefixes[i]);
		pass_put_row(p);
	}
}

/* One row per word: route, list, position, word. */
static void put_words(
	struct pass *p, size_t route, const char *list, const char (*words)[SITE_WORD], size_t n)
{
	for (size_t i = 0; i < n && !p->err; i++) {
		pass_put_number(p, 1, (int64_t)route);
		pass_put_text(p, 2, list);
		pass_put_number(p, 3, (int64_t)i);
		pass_put_text(p, 4, words[i]);
		pass_put_row(p);
	}
}

static void put_calendars(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_calendars; i++) {
		const struct site_calendar *c = &site->calendars[i];

		pass_use(p, "INSERT INTO calendar(name, position, zone) VALUES (?, ?, ?)");
		pass_put_text(p, 1, c->name);
		pass_put_number(p, 2, (int64_t)i);
		pass_put_text(p, 3, c->zone);
		pass_put_row(p);
		pass_put_list(p, "INSERT INTO calendar_span(calendar, position, span) VALUES (?, ?, ?)",
			c->name, c->spans[0], sizeof(c->spans[0]), c->n_spans);
	}
}

static void put_classes(struct pass *p, const struct site *site)
{
	pass_use(p, "INSERT INTO number_class(position, class) VALUES (?, ?)");
	for (size_t i = 0; i < site->n_classes && !p->err; i++) {
		pass_put_number(p, 1, (int64_t)i);
		pass_put_text(p, 2, class_word(site->classes[i].class));
		pass_put_row(p);
	}
	pass_use(p, "INSERT INTO class_prefix(class, position, prefix) VALUES (?, ?, ?)");
	for (size_t i = 0; i < site->n_classes; i++)
		put_prefixes(p, i, (const char(*)[NUMBER_E164])site->classes[i].prefixes,
			site->classes[i].n_prefixes);
}

void pass_put_dial(struct pass *p, const struct site *site)
{
	for (size_t i = 0; i < site->n_accounts; i++)
		put_account(p, &site->accounts[i]);
	for (size_t i = 0; i < site->n_trunks; i++) {
		put_trunk(p, &site->trunks[i]);
		pass_put_trunk(p, &site->trunks[i]);
	}
	pass_use(p, "INSERT INTO route_prefix(route, position, prefix) VALUES (?, ?, ?)");
	for (size_t i = 0; i < site->n_routes; i++)
		put_prefixes(p, i, (const char(*)[NUMBER_E164])site->routes[i].prefixes,
			site->routes[i].n_prefixes);
	pass_use(p, "UPDATE route SET ordering = ?, unrated = ?, pattern = ? WHERE position = ?");
	for (size_t i = 0; i < site->n_routes && !p->err; i++) {
		pass_put_number(p, 1, site->routes[i].order);
		pass_put_number(p, 2, site->routes[i].unrated);
		pass_put_text(p, 3, site->routes[i].match);
		pass_put_number(p, 4, (int64_t)i);
		pass_put_row(p);
	}
	pass_use(p, "INSERT INTO route_text(route, list, position, text) VALUES (?, ?, ?, ?)");
	for (size_t i = 0; i < site->n_routes; i++) {
		const struct site_route *r = &site->routes[i];

		put_words(p, i, "reroute_on", (const char(*)[SITE_WORD])r->reroute_on, r->n_reroute_on);
		put_words(p, i, "stop_on", (const char(*)[SITE_WORD])r->stop_on, r->n_stop_on);
	}
	put_calendars(p, site);
	put_classes(p, site);
}

/* ---- reading ---- */

static void get_account(struct pass *p, struct site_account *a)
{
	pass_use(p, "SELECT zone, country_code, trunk_prefix, national_min, national_max, concurrent, daily,"
		    " per_minute, consecutive, alike, daily_minutes FROM account WHERE name = ?");
	pass_put_text(p, 1, a->name);
	while (pass_next(p)) {
		pass_get_text(p, 0, a->zone, sizeof(a->zone));
		pass_get_text(p, 1, a->country.country_code, sizeof(a->country.country_code));
		pass_get_text(p, 2, a->country.trunk_prefix, sizeof(a->country.trunk_prefix));
		a->country.national_min = pass_get_number(p, 3);
		a->country.national_max = pass_get_number(p, 4);
		a->limits = (struct budget_limits){ .concurrent = pass_get_number(p, 5),
			.daily = pass_get_number(p, 6),
			.per_minute = pass_get_number(p, 7),
			.consecutive = pass_get_number(p, 8),
			.alike = pass_get_number(p, 9),
			.daily_minutes = pass_get_number(p, 10) };
	}
	pass_use(p, "SELECT keep_days, daily_money FROM account WHERE name = ?");
	pass_put_text(p, 1, a->name);
	while (pass_next(p)) {
		a->keep_days = pass_get_number(p, 0);
		pass_get_text(p, 1, a->daily_money, sizeof(a->daily_money));
	}
	pass_use(
		p, "SELECT prefix FROM account_prefix WHERE account = ? AND list = 'only' ORDER BY position");
	pass_put_text(p, 1, a->name);
	pass_get_all(p, &a->only, &a->n_only, sizeof(a->only[0]));
	pass_use(p,
		"SELECT prefix FROM account_prefix WHERE account = ? AND list = 'refuse' ORDER BY position");
	pass_put_text(p, 1, a->name);
	pass_get_all(p, &a->refuse, &a->n_refuse, sizeof(a->refuse[0]));
	a->n_classes = pass_get_list(p, "SELECT class FROM account_class WHERE account = ? ORDER BY position",
		a->name, a->classes[0], sizeof(a->classes[0]));
}

static void get_trunk(struct pass *p, struct site_trunk *t)
{
	pass_use(p, "SELECT format, caller_id, strip, prepend FROM trunk WHERE name = ?");
	pass_put_text(p, 1, t->name);
	while (pass_next(p)) {
		t->format = pass_get_number(p, 0);
		t->foreign = pass_get_number(p, 1);
		t->strip = pass_get_number(p, 2);
		pass_get_text(p, 3, t->prepend, sizeof(t->prepend));
	}
	if (t->format >= ROUTE_FORMATS || t->foreign >= ROUTE_FOREIGNS)
		pass_unreadable(p, "how a trunk writes numbers");
	pass_use(p, "SELECT range FROM trunk_range WHERE trunk = ? ORDER BY position");
	pass_put_text(p, 1, t->name);
	pass_get_all(p, &t->ranges, &t->n_ranges, sizeof(t->ranges[0]));
}

static void get_words(struct pass *p, size_t route, const char *list, char (**words)[SITE_WORD], size_t *n)
{
	pass_use(p, "SELECT text FROM route_text WHERE route = ? AND list = ? ORDER BY position");
	pass_put_number(p, 1, (int64_t)route);
	pass_put_text(p, 2, list);
	pass_get_all(p, words, n, sizeof(**words));
}

static void get_calendars(struct pass *p, struct site *site)
{
	pass_use(p, "SELECT name, zone FROM calendar ORDER BY position");
	while (pass_next(p)) {
		struct site_calendar *c = pass_grown(p, site->calendars, site->n_calendars, sizeof(*c));

		if (!c)
			return;
		site->calendars = c;
		c += site->n_calendars++;
		pass_get_text(p, 0, c->name, sizeof(c->name));
		pass_get_text(p, 1, c->zone, sizeof(c->zone));
	}
	for (size_t i = 0; i < site->n_calendars; i++) {
		struct site_calendar *c = &site->calendars[i];

		pass_use(p, "SELECT span FROM calendar_span WHERE calendar = ? ORDER BY position");
		pass_put_text(p, 1, c->name);
		pass_get_all(p, &c->spans, &c->n_spans, sizeof(c->spans[0]));
	}
}

static void get_classes(struct pass *p, struct site *site)
{
	char word[SITE_WORD] = "";

	pass_use(p, "SELECT class FROM number_class ORDER BY position");
	while (pass_next(p)) {
		struct site_class *c = pass_grown(p, site->classes, site->n_classes, sizeof(*c));
		enum number_class class = CLASS_ORDINARY;

		if (!c)
			return;
		site->classes = c;
		c += site->n_classes++;
		pass_get_text(p, 0, word, sizeof(word));
		if (!p->err && !class_parse(&class, word))
			pass_unreadable(p, word);
		c->class = class;
	}
	for (size_t i = 0; i < site->n_classes; i++) {
		pass_use(p, "SELECT prefix FROM class_prefix WHERE class = ? ORDER BY position");
		pass_put_number(p, 1, (int64_t)i);
		pass_get_all(p, &site->classes[i].prefixes, &site->classes[i].n_prefixes,
			sizeof(site->classes[i].prefixes[0]));
	}
}

void pass_get_dial(struct pass *p, struct site *site)
{
	for (size_t i = 0; i < site->n_accounts; i++)
		get_account(p, &site->accounts[i]);
	for (size_t i = 0; i < site->n_trunks; i++) {
		get_trunk(p, &site->trunks[i]);
		pass_get_trunk(p, &site->trunks[i]);
	}
	for (size_t i = 0; i < site->n_routes; i++) {
		pass_use(p, "SELECT prefix FROM route_prefix WHERE route = ? ORDER BY position");
		pass_put_number(p, 1, (int64_t)i);
		pass_get_all(p, &site->routes[i].prefixes, &site->routes[i].n_prefixes,
			sizeof(site->routes[i].prefixes[0]));
	}
	pass_use(p, "SELECT ordering, unrated, pattern FROM route ORDER BY position");
	for (size_t i = 0; pass_next(p) && i < site->n_routes; i++) {
		site->routes[i].order = pass_get_number(p, 0);
		site->routes[i].unrated = pass_get_number(p, 1);
		pass_get_text(p, 2, site->routes[i].match, sizeof(site->routes[i].match));
		if (site->routes[i].order >= SITE_ORDERS || site->routes[i].unrated >= SITE_UNRATEDS)
			pass_unreadable(p, "how a route orders its trunks");
	}
	for (size_t i = 0; i < site->n_routes; i++) {
		get_words(p, i, "reroute_on", &site->routes[i].reroute_on, &site->routes[i].n_reroute_on);
		get_words(p, i, "stop_on", &site->routes[i].stop_on, &site->routes[i].n_stop_on);
	}
	get_calendars(p, site);
	get_classes(p, site);
}
