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

static bool ignores(const struct site_trunk *t, const char *name)
{
	return t && has((const char(*)[SITE_NAME])t->ignored, t->n_ignored, name);
}

static bool believed(const struct site_trunk *t, const char *name)
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
	if (c->diverted[0] && believed(trunk, "Diversion")) {
		snprintf(cdr->diverted_from, sizeof(cdr->diverted_from), "%s", c->diverted);
		snprintf(cdr->diversion, sizeof(cdr->diversion), "%s", c->diverted_why);
	} else if (c->n_history > 1 && believed(trunk, "History-Info")) {
		snprintf(cdr->diverted_from, sizeof(cdr->diverted_from), "%s", c->history);
		snprintf(cdr->diversion, sizeof(cdr->diversion), "%s",
			c->history_why[0] ? c->history_why : "unknown");
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
		if (claims[i].user[0] && believed(trunk, claims[i].header)) {
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

void callerid_write(struct call_dial *dial, const struct site *site, const struct site_trunk *trunk,
	const char *account, char lines[CALLERID_LINES])
{
	const char *own = trunk->diverts ? own_number(site, account, trunk->name) : NULL;
	const char(*out)[SITE_NAME] = (const char(*)[SITE_NAME])trunk->stripped;
	size_t n = 0;

	lines[0] = '\0';
	for (size_t i = 0; i < trunk->n_added && n + SITE_HEADER + 3 < CALLERID_LINES; i++)
		n += (size_t)snprintf(lines + n, CALLERID_LINES - n, "%s\r\n", trunk->added[i]);
	dial->lines = lines;
	if (own && (!dial->from_user || strcmp(own, dial->from_user) != 0))
		dial->diversion = own;
	if (has(out, trunk->n_stripped, "P-Asserted-Identity"))
		dial->asserted = NULL;
	if (has(out, trunk->n_stripped, "Diversion"))
		dial->diversion = NULL;
	if (has(out, trunk->n_stripped, "Privacy"))
		dial->privacy = false; /* From is anonymous all the same */
	if (has(out, trunk->n_stripped, "Referred-By"))
		dial->referred_by = NULL;
	dial->no_session = has(out, trunk->n_stripped, "Session-ID");
	dial->no_agent = has(out, trunk->n_stripped, "User-Agent");
}
