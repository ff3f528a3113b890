#include "bridge/callerid.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has(const char (*names)[SITE_NAME], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

bool callerid_ignores(const struct site_trunk *trunk, const char *header)
{
	return has((const char(*)[SITE_NAME])trunk->ignored, trunk->n_ignored, header);
}

bool callerid_leaves_out(const struct site_trunk *trunk, const char *header)
{
	return has((const char(*)[SITE_NAME])trunk->stripped, trunk->n_stripped, header);
}

static bool ignores(const struct site_trunk *t, const char *name)
{
	return t && callerid_ignores(t, name);
}

bool callerid_believes(const struct site_trunk *t, const char *name)
{
	return !t || (t->trusted && !ignores(t, name));
}

/* RFC 3323 section 4.1.1.3: who has no number to show. */
static bool is_nobody(const struct call_invite *v)
{
	static const char *const words[] = { "anonymous", "restricted", "unavailable", "unknown", "private" };

	if (!v->from_user[0] || strcasecmp(v->from_host, "anonymous.invalid") == 0)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasecmp(v->from_user, words[i]) == 0)
			return true;
	return false;
}

static void read_diversion(struct cdr *cdr, const struct caller *c, const struct site_trunk *trunk)
{
	const bool all_hidden = c->history_privacy && !ignores(trunk, "Privacy");

	if (c->diverted[0] && callerid_believes(trunk, "Diversion")) {
		cdr_say(cdr, CDR_DIVERTED_FROM, "%s", c->diverted_hidden ? "anonymous" : c->diverted);
		cdr_say(cdr, CDR_DIVERSION, "%s", c->diverted_why);
	} else if (c->history_moved && callerid_believes(trunk, "History-Info")) {
		cdr_say(cdr, CDR_DIVERTED_FROM, "%s",
			c->history_hidden || all_hidden ? "anonymous" : c->history);
		cdr_say(cdr, CDR_DIVERSION, "%s", c->history_why[0] ? c->history_why : "unknown");
	}
}

bool callerid_read(struct cdr *cdr, const struct call_invite *invite, const struct site_trunk *trunk)
{
	const struct caller *c = &invite->caller;
	const struct {
		const char *user, *header, *word;
	} claims[] = { { c->asserted, "P-Asserted-Identity", "pai" },
		{ c->remote_party, "Remote-Party-ID", "rpid" },
		{ c->preferred, "P-Preferred-Identity", "ppi" } };
	const bool hidden = (c->privacy && !ignores(trunk, "Privacy")) ||
			    (c->remote_party_privacy && !ignores(trunk, "Remote-Party-ID"));
	const char *number = invite->from_user, *by = "from";
	bool nobody = is_nobody(invite);

	for (size_t i = 0; i < sizeof(claims) / sizeof(*claims); i++)
		if (claims[i].user[0] && callerid_believes(trunk, claims[i].header)) {
			number = claims[i].user;
			by = claims[i].word;
			nobody = false;
			break;
		}
	snprintf(
		cdr->from_number, sizeof(cdr->from_number), "%.63s", hidden || nobody ? "anonymous" : number);
	snprintf(cdr->caller_by, sizeof(cdr->caller_by), "%s", by);
	read_diversion(cdr, c, trunk);
	return !hidden && !is_nobody(invite);
}

/* The first number that calls reach the account by on this trunk; NULL: none. */
static const char *own_number(const struct site *site, const char *account, const char *trunk)
{
	for (size_t i = 0; i < site->n_numbers; i++) {
		const struct site_number *n = &site->numbers[i];

		if (strcmp(n->account, account) == 0 && (!n->trunk[0] || strcmp(n->trunk, trunk) == 0))
			return n->number;
	}
	return NULL;
}

static bool trusts(const struct site_trunk *t)
{
	return t->peer_trust == SITE_TRUST_FULL || (t->peer_trust == SITE_TRUST_SAME && t->trusted);
}

/* STATED_x of its `identity`, without those that it strips. */
static unsigned identity_forms(const struct site_trunk *t)
{
	static const struct {
		const char *word, *header;
		unsigned form;
	} ways[] = { { "pai", "P-Asserted-Identity", STATED_ASSERTED },
		{ "ppi", "P-Preferred-Identity", STATED_PREFERRED },
		{ "rpid", "Remote-Party-ID", STATED_REMOTE_PARTY } };
	unsigned forms = t->n_identities || !t->asserts ? 0 : STATED_ASSERTED;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		for (size_t k = 0; k < t->n_identities; k++)
			if (strcmp(t->identities[k], ways[i].word) == 0)
				forms |= ways[i].form;
		if (callerid_leaves_out(t, ways[i].header))
			forms &= ~ways[i].form;
	}
	return forms;
}

static unsigned diversion_forms(const struct site_trunk *t)
{
	static const unsigned forms[SITE_DIVERTS_ALL] = { [SITE_DIVERTS_DIVERSION] = STATED_DIVERSION,
		[SITE_DIVERTS_HISTORY] = STATED_HISTORY,
		[SITE_DIVERTS_BOTH] = STATED_DIVERSION | STATED_HISTORY };

	return !t->diverts ? 0
			   : forms[t->diverts_by] &
				     ~(callerid_leaves_out(t, "Diversion") ? STATED_DIVERSION : 0u) &
				     ~(callerid_leaves_out(t, "History-Info") ? STATED_HISTORY : 0u);
}

bool callerid_tells_hidden(const struct site_trunk *trunk)
{
	return trusts(trunk) && identity_forms(trunk);
}

void callerid_write(struct call_dial *dial, const struct site *site, const struct site_trunk *trunk,
	const struct headers_words *words, char lines[HEADERS_LINES])
{
	const char *own = trunk->diverts ? own_number(site, words->account, trunk->name) : NULL;
	struct stated *s = &dial->stated;

	headers_write(lines, (const char(*)[SITE_HEADER])trunk->added, trunk->n_added, words);
	dial->lines = lines;
	s->forms = identity_forms(trunk) | diversion_forms(trunk);
	s->diverted = own && (!dial->from_user || strcmp(own, dial->from_user) != 0) ? own : NULL;
	s->wants_privacy = s->hidden;
	if (s->hidden && !trusts(trunk)) {
		s->user = s->diverted = NULL;
		dial->referred_by = NULL;
	}
	if (callerid_leaves_out(trunk, "Privacy"))
		s->wants_privacy = false; /* From is anonymous all the same */
	if (callerid_leaves_out(trunk, "Referred-By"))
		dial->referred_by = NULL;
	if (callerid_leaves_out(trunk, "P-Early-Media"))
		dial->asks_permit = false;
	dial->no_session = callerid_leaves_out(trunk, "Session-ID");
	dial->no_agent = callerid_leaves_out(trunk, "User-Agent");
}
