/* links: bridge/edit.c bridge/edit_check.c bridge/edit_site.c bridge/site_object.c bridge/site_json.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_overlap.c bridge/zones.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/site_apart.c bridge/config_interfaces.c bridge/site_node.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/headers.c bridge/site_carrier.c sip/reroute_chosen.c */
/* One object of the site made, changed and deleted: by the same tables as the file, each by itself, refused without a trace. */
#include "bridge/edit.h"
#include "tests/starve.h"
#include "tests/test.h"

#include <stdlib.h>

static const char base[] =
	"accounts:\n"
	"  - name: acme\n"
	"    meetings:\n"
	"      - { id: \"483920175\", name: Weekly, host_pin: \"900911\", guest_pin: \"4821\" }\n"
	"      - { id: \"100200300\" }\n"
	"    users:\n"
	"      - { name: alice, password: s3cret }\n"
	"  - { name: zenith, dialling: { only: [ \"+1\", \"+44\" ] } }\n"
	"trunks:\n"
	"  - { name: carrier-a, inbound: { from: [ 127.0.0.2/32 ] }, ranges: [ \"+15550000..+15559999\" ],"
	" outbound: { gateways: [ \"sip:127.0.0.9\" ], username: us, password: hidden } }\n"
	"numbers:\n"
	"  - { number: \"+15550101\", trunk: carrier-a, account: acme, answer: \"meeting:100200300\" }\n"
	"routes:\n"
	"  - { account: acme, prefix: \"+1\", trunks: [ carrier-a ], weight: 1 }\n"
	"  - { account: acme, prefix: \"+1\", trunks: [ carrier-a ], weight: 2 }\n"
	"classes:\n"
	"  - { class: premium, prefixes: [ \"+1900\" ] }\n";

static const uint8_t tag_key[EDIT_TAG_KEY] = { 7 };

static struct site *parsed(const char *text)
{
	struct config_why why = { .line = 0 };
	struct site *s = NULL;

	CHECK_INT(BRIDGE_OK, site_parse(&s, text, strlen(text), &why), why.text);
	return s;
}

static struct edit *made(enum edit_what what, const char *list, const char *key, const char *body)
{
	struct edit *e = edit_alloc();

	e->what = what;
	CHECK(site_kind_find(list, &e->kind), "%s", list);
	snprintf(e->key, sizeof(e->key), "%s", key);
	e->body = body ? json_loads(body, 0, NULL) : NULL;
	CHECK(!body || e->body, "the test's own JSON: %s", body);
	return e;
}

/* Carries it out on `*s`, which becomes what came of it. */
static struct edit *done(struct site **s, struct edit *e)
{
	struct site *out = NULL;

	CHECK_INT(BRIDGE_OK, edits_apply(*s, e, tag_key, &out), "applied");
	CHECK(e->status != 0, "answered");
	CHECK(!out || site_check(out, NULL) == BRIDGE_OK, "what comes of it is sound: %s", e->message);
	if (out) {
		site_free(*s);
		*s = out;
	}
	return e;
}

static void try_one(struct site **s, enum edit_what what, const char *list, const char *key, const char *body,
	unsigned status, const char *field)
{
	char *before = site_export(*s), *after;
	struct edit *e = done(s, made(what, list, key, body));

	after = site_export(*s);
	CHECK(e->status == status, "%s %s %s: wanted %u, have %u: %s", list, key, body ? body : "", status,
		e->status, e->message);
	CHECK_STR(field, e->field, "field");
	if (status >= 300)
		CHECK_STR(before, after, "a refusal changes nothing");
	free(before);
	free(after);
	edit_free(e);
}

TEST(objects_are_changed_by_the_files_own_tables)
{
	struct site *s = parsed(base);
	struct site_place at;
	char key[SITE_KEY];

	try_one(&s, EDIT_CREATE, "meetings", "", "{\"account\":\"zenith\",\"id\":\"555\",\"chimes\":false}",
		201, "");
	CHECK(site_find(s, SITE_MEETING, "555", &at), "it is there");
	CHECK_STR("zenith", site_owner(s, &at), "its account");
	try_one(&s, EDIT_PATCH, "meetings", "555",
		"{\"id\":\"999\",\"account\":\"acme\",\"guest_pin\":\"1\"}", 200, "");
	CHECK(!site_find(s, SITE_MEETING, "555", &at) && site_find(s, SITE_MEETING, "999", &at), "renamed");
	CHECK_STR("acme", site_owner(s, &at), "and moved");
	CHECK_INT(9, s->accounts[0].longest_id, "lookups know the longest ID");
	try_one(&s, EDIT_REPLACE, "meetings", "999", "{\"name\":\"Nine\"}", 200, "");
	site_find(s, SITE_MEETING, "999", &at);
	const struct site_meeting *m = site_object(s, &at);
	CHECK_STR("1", m->guest_pin, "a secret that a PUT leaves out stays");
	CHECK(m->chimes, "a flag goes back to its default");
	try_one(&s, EDIT_PATCH, "meetings", "999", "{\"guest_pin\":null}", 200, "");
	site_find(s, SITE_MEETING, "999", &at);
	CHECK_STR("", ((const struct site_meeting *)site_object(s, &at))->guest_pin, "null takes it away");
	try_one(&s, EDIT_REPLACE, "trunks", "carrier-a",
		"{\"outbound\":{\"username\":\"you\"},\"ranges\":[\"+15550101\"],"
		"\"inbound\":{\"from\":[\"127.0.0.5/32\"]}}",
		200, "");
	CHECK_STR("hidden", s->trunks[0].password, "in a group, too");
	CHECK_INT(5, s->trunks[0].from[0].ip[15], "networks follow their text");
	try_one(&s, EDIT_PATCH, "accounts", "zenith",
		"{\"name\":\"nadir\",\"dialling\":{\"only\":[\"+33\"]}}", 200, "");
	CHECK_STR("+33", s->accounts[1].only[0], "a list is replaced");
	try_one(&s, EDIT_DELETE, "meetings", "999", NULL, 200, "");
	try_one(&s, EDIT_DELETE, "users", "acme/alice", NULL, 200, "");
	try_one(&s, EDIT_DELETE, "accounts", "nadir", NULL, 200, "");
	CHECK_INT(1, s->n_accounts, "gone");
	site_key(s, &(struct site_place){ SITE_ROUTE, 1, 0 }, key);
	CHECK_STR("-2", key + 16, "twins are counted");
	try_one(&s, EDIT_DELETE, "routes", key, NULL, 200, "");
	CHECK_INT(1, s->routes[0].weight, "the second of them went");
	site_free(s);
}

TEST(refusals_name_the_field_and_change_nothing)
{
	struct site *s = parsed(base);

	try_one(&s, EDIT_PATCH, "meetings", "483920175", "{\"id\":\"1002003\"}", 409, "id");
	try_one(&s, EDIT_PATCH, "meetings", "483920175", "{\"id\":\"100200300\"}", 409, "id");
	try_one(&s, EDIT_PATCH, "meetings", "100200300", "{\"id\":\"77\"}", 422, "id");
	try_one(&s, EDIT_PATCH, "meetings", "100200300", "{\"id\":\"777\"}", 409,
		""); /* a number leads there */
	try_one(&s, EDIT_PATCH, "meetings", "100200300", "{\"account\":\"zenith\"}", 409, "");
	try_one(&s, EDIT_PATCH, "accounts", "acme", "{\"name\":\"other\"}", 409, "");
	try_one(&s, EDIT_PATCH, "accounts", "acme", "{\"name\":\"zenith\"}", 409, "name");
	try_one(&s, EDIT_PATCH, "accounts", "acme", "{\"dialling\":{\"only\":[\"x\"]}}", 422,
		"dialling.only[0]");
	try_one(&s, EDIT_PATCH, "trunks", "carrier-a", "{\"inbound\":{\"from\":[\"here\"]}}", 422,
		"inbound.from[0]");
	try_one(&s, EDIT_CREATE, "classes", "", "{\"class\":\"risky\",\"prefixes\":[\"+1900\"]}", 409,
		"prefixes[0]");
	try_one(&s, EDIT_CREATE, "classes", "", "{\"class\":\"cheap\",\"prefixes\":[\"+1911\"]}", 422,
		"class");
	try_one(&s, EDIT_CREATE, "calendars", "", "{\"name\":\"c\",\"spans\":[]}", 422, "spans");
	try_one(&s, EDIT_REPLACE, "users", "acme/bob", "{}", 404, "");
	site_free(s);
}

TEST(what_is_not_theirs_is_not_there)
{
	struct site *s = parsed(base);
	static const struct {
		enum edit_what what;
		const char *list, *key, *body;
		unsigned status;
	} cases[] = {
		{ EDIT_PATCH, "meetings", "483920175", "{\"name\":\"x\"}", 404 },
		{ EDIT_DELETE, "users", "acme/alice", NULL, 404 },
		{ EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"555\"}", 422 },
		{ EDIT_CREATE, "meetings", "", "{\"id\":\"555\"}", 201 }, /* their own goes without saying */
		{ EDIT_PATCH, "meetings", "555", "{\"account\":\"acme\"}", 422 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct edit *e = made(cases[i].what, cases[i].list, cases[i].key, cases[i].body);

		snprintf(e->account, sizeof(e->account), "zenith");
		done(&s, e);
		CHECK_INT(cases[i].status, e->status, cases[i].key);
		edit_free(e);
	}
	site_free(s);
}

TEST(a_lost_update_is_refused)
{
	struct site *s = parsed(base);
	struct site_place at;
	char tag[EDIT_ETAG], later[EDIT_ETAG], list[64];

	site_find(s, SITE_MEETING, "483920175", &at);
	edit_etag(s, &at, tag_key, tag);
	struct edit *e = made(EDIT_PATCH, "meetings", "483920175", "{\"name\":\"first\"}");
	snprintf(e->if_match, sizeof(e->if_match), "%s", tag);
	CHECK_INT(200, done(&s, e)->status, "as it was read");
	edit_free(e);
	e = made(EDIT_PATCH, "meetings", "483920175", "{\"name\":\"second\"}");
	snprintf(e->if_match, sizeof(e->if_match), "%s", tag);
	CHECK_INT(412, done(&s, e)->status, "it has changed meanwhile");
	edit_free(e);
	site_find(s, SITE_MEETING, "483920175", &at);
	edit_etag(s, &at, tag_key, later);
	CHECK(strcmp(tag, later) != 0, "another tag");
	snprintf(list, sizeof(list), "%s , %s", tag, later);
	e = made(EDIT_PATCH, "meetings", "483920175", "{\"host_pin\":\"77\"}");
	snprintf(e->if_match, sizeof(e->if_match), "%s", list);
	CHECK_INT(200, done(&s, e)->status, "one of several");
	edit_free(e);
	site_find(s, SITE_MEETING, "483920175", &at);
	edit_etag(s, &at, tag_key, tag);
	CHECK(strcmp(tag, later) != 0, "a secret counts");
	edit_etag(s, &at, (const uint8_t[EDIT_TAG_KEY]){ 8 }, later);
	CHECK(strcmp(tag, later) != 0, "and is not to be guessed from it");
	site_free(s);
}

TEST(the_audit_log_never_tells_a_secret)
{
	struct site *s = parsed(base);
	struct edit *e = done(
		&s, made(EDIT_PATCH, "meetings", "483920175", "{\"guest_pin\":\"5566\",\"name\":\"N\"}"));
	char *text = json_dumps(e->audit, JSON_SORT_KEYS | JSON_COMPACT);

	CHECK_STR("{\"after\":{\"guest_pin\":\"changed\",\"name\":\"N\"},\"before\":{\"guest_pin\":\"set\","
		  "\"name\":\"Weekly\"}}",
		text, "before and after of what differs");
	free(text);
	edit_free(e);
	e = done(&s, made(EDIT_DELETE, "trunks", "carrier-a", NULL));
	CHECK_INT(409, e->status, "in use");
	edit_free(e);
	e = done(&s, made(EDIT_PATCH, "meetings", "483920175", "{\"name\":\"N\"}"));
	CHECK(e->status == 200 && e->unchanged, "the same again is no change");
	edit_free(e);
	site_free(s);
}

/* A chain: each on what the ones before left, a refused one between them without effect. */
TEST(edits_of_one_batch_are_answered_one_by_one)
{
	struct site *s = parsed(base), *out = NULL;
	struct edit *chain[5] = {
		made(EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"901\"}"),
		made(EDIT_CREATE, "meetings", "", "{\"account\":\"acme\",\"id\":\"9012\"}"),
		made(EDIT_PATCH, "meetings", "901", "{\"name\":\"x\"}"),
		made(EDIT_CREATE, "trunks", "", "{\"name\":\"carrier-a\"}"),
		made(EDIT_DELETE, "meetings", "901", NULL),
	};
	static const unsigned wanted[5] = { 201, 409, 200, 409, 200 };

	for (int i = 0; i < 4; i++)
		chain[i]->next = chain[i + 1];
	CHECK_INT(BRIDGE_OK, edits_apply(s, chain[0], tag_key, &out), "applied");
	for (int i = 0; i < 5; i++) {
		CHECK_INT(wanted[i], chain[i]->status, chain[i]->message);
		edit_free(chain[i]);
	}
	char *before = site_export(s), *after = site_export(out);
	CHECK_STR(before, after, "made and gone");
	free(before);
	free(after);
	site_free(out);
	site_free(s);
}

static unsigned draw(uint32_t *state, unsigned below)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % below;
}

/* The site with that meeting as it is wanted, whatever it breaks. */
static bool sound_with(const struct site *from, const char *key, const char *account, const char *id)
{
	struct site *s = site_clone(from);
	struct site_meeting m = { .chimes = true };
	struct site_place at;
	bool sound;

	snprintf(m.id, sizeof(m.id), "%s", id);
	if (key[0] && site_find(s, SITE_MEETING, key, &at) && !id[0])
		site_drop(s, &at);
	else if (key[0])
		site_replace(s, account, &m, &at);
	else
		site_insert(s, SITE_MEETING, account, &m, &at);
	sound = site_check(s, NULL) == BRIDGE_OK;
	site_free(s);
	return sound;
}

/* Meetings are checked against their neighbours alone: the verdict must be that of the whole check. */
TEST(a_meetings_own_check_says_what_the_whole_one_says)
{
	struct site *s = parsed(base);
	uint32_t state = 20261128;
	unsigned good = 0, refused = 0;

	for (int i = 0; i < 4000; i++) {
		const char *account = s->accounts[draw(&state, 2)].name;
		char key[SITE_KEY] = "", id[SITE_MEETING_ID] = "", body[120];
		const struct site_account *from = &s->accounts[draw(&state, 2)];
		unsigned what = draw(&state, 4), digits = 3 + draw(&state, 4);

		if (what && from->n_meetings)
			snprintf(key, sizeof(key), "%s",
				from->meetings[draw(&state, (unsigned)from->n_meetings)].id);
		for (unsigned d = 0; d < digits; d++)
			id[d] = (char)('1' + draw(&state, 3));
		if (key[0] && what == 1)
			id[0] = '\0'; /* delete */
		snprintf(body, sizeof(body), "{\"account\":\"%s\",\"id\":\"%s\"}", account, id);
		bool sound = sound_with(s, key, account, id);
		struct edit *e = done(&s, made(key[0] ? id[0] ? EDIT_PATCH : EDIT_DELETE : EDIT_CREATE,
						  "meetings", key, id[0] ? body : NULL));
		CHECK(sound == (e->status < 300), "%s -> %s: whole check %d, own %u %s", key, id, sound,
			e->status, e->message);
		*(sound ? &good : &refused) += 1;
		edit_free(e);
	}
	CHECK(good > 300 && refused > 300, "both kinds: %u and %u", good, refused);
	site_free(s);
}

static enum bridge_err attempt(const struct site *s, const char *list, const char *key, const char *body)
{
	struct edit *e = edit_alloc();
	struct site *out = NULL;
	enum bridge_err err;

	if (!e)
		return BRIDGE_NOMEM;
	e->what = EDIT_PATCH;
	site_kind_find(list, &e->kind);
	snprintf(e->key, sizeof(e->key), "%s", key);
	e->body = json_loads(body, 0, NULL);
	if (e->body)
		edits_apply(s, e, tag_key, &out);
	err = !e->body || e->status == 503 ? BRIDGE_NOMEM : e->status < 300 && out ? BRIDGE_OK : BRIDGE_STATE;
	site_free(out);
	edit_free(e);
	return err;
}

TEST(memory_may_run_out_anywhere)
{
	struct site *s = parsed(base);
	enum bridge_err err;

	STARVE(err, attempt(s, "meetings", "483920175", "{\"id\":\"9999\",\"account\":\"zenith\"}"),
		BRIDGE_NOMEM);
	STARVE(err, attempt(s, "trunks", "carrier-a", "{\"limits\":{\"channels\":4}}"), BRIDGE_NOMEM);
	site_free(s);
}

TESTS(objects_are_changed_by_the_files_own_tables, refusals_name_the_field_and_change_nothing,
	what_is_not_theirs_is_not_there, a_lost_update_is_refused, the_audit_log_never_tells_a_secret,
	edits_of_one_batch_are_answered_one_by_one, a_meetings_own_check_says_what_the_whole_one_says,
	memory_may_run_out_anywhere)
