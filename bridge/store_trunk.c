/* store_trunk.c - one trunk's row, and its lists of texts. */
#include "bridge/store_pass.h"

#include <stddef.h>

/* A trunk's lists of texts, and their names in the table. */
static const struct list {
	const char *name;
	size_t offset, n_offset, each;
} lists[] = {
	{ "called", offsetof(struct site_trunk, called), offsetof(struct site_trunk, n_called), SITE_RANGE },
	{ "ignored", offsetof(struct site_trunk, ignored), offsetof(struct site_trunk, n_ignored),
		SITE_NAME },
	{ "mapped", offsetof(struct site_trunk, mapped), offsetof(struct site_trunk, n_mapped), SITE_HEADER },
	{ "replied", offsetof(struct site_trunk, replied), offsetof(struct site_trunk, n_replied),
		SITE_HEADER },
	{ "added", offsetof(struct site_trunk, added), offsetof(struct site_trunk, n_added), SITE_HEADER },
	{ "stripped", offsetof(struct site_trunk, stripped), offsetof(struct site_trunk, n_stripped),
		SITE_NAME },
	{ "identities", offsetof(struct site_trunk, identities), offsetof(struct site_trunk, n_identities),
		SITE_WORD },
	{ "reroute_on", offsetof(struct site_trunk, reroute_on), offsetof(struct site_trunk, n_reroute_on),
		SITE_WORD },
	{ "stop_on", offsetof(struct site_trunk, stop_on), offsetof(struct site_trunk, n_stop_on),
		SITE_WORD },
};

static void put_list(struct pass *p, const struct site_trunk *t, const struct list *l)
{
	const char *texts = *(const char *const *)(const void *)((const char *)t + l->offset);
	const size_t n = *(const size_t *)(const void *)((const char *)t + l->n_offset);

	pass_use(p, "INSERT INTO trunk_text(trunk, list, position, text) VALUES (?, ?, ?, ?)");
	for (size_t i = 0; i < n && !p->err; i++) {
		pass_put_text(p, 1, t->name);
		pass_put_text(p, 2, l->name);
		pass_put_number(p, 3, (int64_t)i);
		pass_put_text(p, 4, texts + i * l->each);
		pass_put_row(p);
	}
}

void pass_put_trunk(struct pass *p, const struct site_trunk *t)
{
	pass_use(p,
		"UPDATE trunk SET header = ?, login = ?, secret = ?, trusted = ?, diverts = ?, call_s = ?,"
		" refusal = ?, ptime_ms = ?, dtmf = ?, digest = ?, media_port = ?,"
		" interface = ?, rtp_ports = ?, refers = ?, takes_refer = ? WHERE name = ?");
	pass_put_text(p, 1, t->header);
	pass_put_text(p, 2, t->login);
	pass_put_text(p, 3, t->secret);
	pass_put_number(p, 4, t->trusted);
	pass_put_number(p, 5, t->diverts);
	pass_put_number(p, 6, t->call_s);
	pass_put_number(p, 7, t->refusal);
	pass_put_number(p, 8, t->ptime_ms);
	pass_put_number(p, 9, t->dtmf);
	pass_put_number(p, 10, t->digest);
	pass_put_number(p, 11, t->media_port);
	pass_put_text(p, 12, t->interface);
	pass_put_text(p, 13, t->rtp_ports);
	pass_put_number(p, 14, t->refers);
	pass_put_number(p, 15, t->takes_refer);
	pass_put_text(p, 16, t->name);
	pass_put_row(p);
	pass_use(p, "UPDATE trunk SET min_asr = ?, min_ccr = ?, min_acd_s = ?, max_pdd_ms = ?, min_calls = ?,"
		    " window_s = ?, probe_s = ?, demotes = ? WHERE name = ?");
	pass_put_number(p, 1, t->quality.min_asr);
	pass_put_number(p, 2, t->quality.min_ccr);
	pass_put_number(p, 3, t->quality.min_acd_s);
	pass_put_number(p, 4, t->quality.max_pdd_ms);
	pass_put_number(p, 5, t->quality.min_calls);
	pass_put_number(p, 6, t->quality.window_s);
	pass_put_number(p, 7, t->quality.probe_s);
	pass_put_number(p, 8, t->demotes);
	pass_put_text(p, 9, t->name);
	pass_put_row(p);
	pass_use(p, "UPDATE trunk SET ice = ? WHERE name = ?");
	pass_put_number(p, 1, t->ice);
	pass_put_text(p, 2, t->name);
	pass_put_row(p);
	pass_use(p, "UPDATE trunk SET peer_trust = ?, diverts_by = ?, asks_permit = ? WHERE name = ?");
	pass_put_number(p, 1, t->peer_trust);
	pass_put_number(p, 2, t->diverts_by);
	pass_put_number(p, 3, t->asks_permit);
	pass_put_text(p, 4, t->name);
	pass_put_row(p);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		put_list(p, t, &lists[i]);
}

void pass_get_trunk(struct pass *p, struct site_trunk *t)
{
	pass_use(p, "SELECT header, login, secret, trusted, diverts, call_s, refusal, ptime_ms, dtmf, digest,"
		    " media_port, interface, rtp_ports, refers, takes_refer FROM trunk WHERE name = ?");
	pass_put_text(p, 1, t->name);
	while (pass_next(p)) {
		pass_get_text(p, 0, t->header, sizeof(t->header));
		pass_get_text(p, 1, t->login, sizeof(t->login));
		pass_get_text(p, 2, t->secret, sizeof(t->secret));
		t->trusted = pass_get_number(p, 3) != 0;
		t->diverts = pass_get_number(p, 4) != 0;
		t->call_s = pass_get_number(p, 5);
		t->refusal = pass_get_number(p, 6);
		t->ptime_ms = pass_get_number(p, 7);
		t->dtmf = pass_get_number(p, 8);
		t->digest = pass_get_number(p, 9);
		t->media_port = pass_get_number(p, 10);
		pass_get_text(p, 11, t->interface, sizeof(t->interface));
		pass_get_text(p, 12, t->rtp_ports, sizeof(t->rtp_ports));
		t->refers = pass_get_number(p, 13);
		t->takes_refer = pass_get_number(p, 14) != 0;
	}
	if (t->refusal >= SITE_REFUSALS || t->dtmf >= SITE_DTMFS || t->digest >= SITE_DIGESTS ||
		t->media_port >= SITE_PORTS)
		pass_unreadable(p, "how a trunk refuses calls, logs in, or keys come in on it");
	if (t->refers >= SITE_REFERS)
		pass_unreadable(p, "where a trunk's calls may be sent");
	pass_use(p, "SELECT min_asr, min_ccr, min_acd_s, max_pdd_ms, min_calls, window_s, probe_s, demotes"
		    " FROM trunk WHERE name = ?");
	pass_put_text(p, 1, t->name);
	while (pass_next(p)) {
		t->quality = (struct repute_rules){ .min_asr = pass_get_number(p, 0),
			.min_ccr = pass_get_number(p, 1),
			.min_acd_s = pass_get_number(p, 2),
			.max_pdd_ms = pass_get_number(p, 3),
			.min_calls = pass_get_number(p, 4),
			.window_s = pass_get_number(p, 5),
			.probe_s = pass_get_number(p, 6) };
		t->demotes = pass_get_number(p, 7) != 0;
	}
	pass_use(p, "SELECT ice FROM trunk WHERE name = ?");
	pass_put_text(p, 1, t->name);
	while (pass_next(p))
		t->ice = pass_get_number(p, 0);
	if (t->ice >= SITE_ICES)
		pass_unreadable(p, "whether a trunk's legs may use ICE");
	pass_use(p, "SELECT peer_trust, diverts_by, asks_permit FROM trunk WHERE name = ?");
	pass_put_text(p, 1, t->name);
	while (pass_next(p)) {
		t->peer_trust = pass_get_number(p, 0);
		t->diverts_by = pass_get_number(p, 1);
		t->asks_permit = pass_get_number(p, 2) != 0;
	}
	if (t->peer_trust >= SITE_TRUSTS || t->diverts_by >= SITE_DIVERTS_ALL)
		pass_unreadable(p, "what a trunk is told of who calls");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		pass_use(p, "SELECT text FROM trunk_text WHERE trunk = ? AND list = ? ORDER BY position");
		pass_put_text(p, 1, t->name);
		pass_put_text(p, 2, lists[i].name);
		pass_get_all(p, (char *)t + lists[i].offset,
			(size_t *)(void *)((char *)t + lists[i].n_offset), lists[i].each);
	}
}
