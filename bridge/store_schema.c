/* store_schema.c - the tables, as the steps that made them. */
#include "bridge/store_priv.h"

#include <stdio.h>
#include <string.h>

/* Each step is one transaction and never changes once released; a file's user_version counts the steps it
 * has had.  Times are microseconds since 1970.  `position` keeps the order of the site file. */
static const char *const steps[] = {
	/* 1: the site, its audit log, and the call records */
	"CREATE TABLE account ("
	" name TEXT PRIMARY KEY, position INTEGER NOT NULL, language TEXT NOT NULL,"
	" levelling INTEGER NOT NULL, noise_suppression INTEGER NOT NULL) STRICT;"
	"CREATE TABLE meeting ("
	" id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES account(name), name TEXT NOT NULL,"
	" host_pin TEXT NOT NULL, guest_pin TEXT NOT NULL, max_participants INTEGER NOT NULL,"
	" chimes INTEGER NOT NULL) STRICT;"
	"CREATE INDEX meeting_of_account ON meeting(account, id);"
	"CREATE TABLE sip_user ("
	" account TEXT NOT NULL REFERENCES account(name), name TEXT NOT NULL, position INTEGER NOT NULL,"
	" password TEXT NOT NULL, PRIMARY KEY (account, name)) STRICT;"
	"CREATE TABLE trunk ("
	" name TEXT PRIMARY KEY, position INTEGER NOT NULL, username TEXT NOT NULL, password TEXT NOT NULL,"
	" registers INTEGER NOT NULL, channels INTEGER NOT NULL, calls_per_second INTEGER NOT NULL,"
	" srtp TEXT NOT NULL CHECK (srtp IN ('never', 'allow', 'require')),"
	" country_code TEXT NOT NULL, trunk_prefix TEXT NOT NULL,"
	" national_min INTEGER NOT NULL, national_max INTEGER NOT NULL) STRICT;"
	"CREATE TABLE trunk_network ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), position INTEGER NOT NULL, network TEXT NOT NULL,"
	" PRIMARY KEY (trunk, position)) STRICT;"
	"CREATE TABLE trunk_gateway ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), position INTEGER NOT NULL, uri TEXT NOT NULL,"
	" PRIMARY KEY (trunk, position)) STRICT;"
	"CREATE TABLE trunk_codec ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), position INTEGER NOT NULL, codec TEXT NOT NULL,"
	" PRIMARY KEY (trunk, position)) STRICT;"
	"CREATE TABLE number ("
	" position INTEGER PRIMARY KEY, number TEXT NOT NULL, trunk TEXT REFERENCES trunk(name),"
	" account TEXT REFERENCES account(name), language TEXT NOT NULL,"
	" answer TEXT NOT NULL CHECK (answer IN ('refuse', 'attendant', 'meeting')),"
	" meeting TEXT REFERENCES meeting(id)) STRICT;"
	"CREATE TABLE route ("
	" position INTEGER PRIMARY KEY, account TEXT REFERENCES account(name), prefix TEXT NOT NULL,"
	" caller_id TEXT NOT NULL) STRICT;"
	"CREATE TABLE route_trunk ("
	" route INTEGER NOT NULL REFERENCES route(position), position INTEGER NOT NULL,"
	" trunk TEXT NOT NULL REFERENCES trunk(name), PRIMARY KEY (route, position)) STRICT;"
	"CREATE TABLE audit ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT "
	"NULL,"
	" changes TEXT NOT NULL) STRICT;"
	"CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
	"CREATE TABLE cdr ("
	" seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''), call_id TEXT NOT NULL,"
	" trunk TEXT NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, meeting TEXT NOT NULL,"
	" participant TEXT NOT NULL, role TEXT NOT NULL, from_number TEXT NOT NULL, to_number TEXT NOT NULL,"
	" number TEXT NOT NULL, started_us INTEGER NOT NULL, answered_us INTEGER NOT NULL,"
	" joined_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, sip_status INTEGER NOT NULL,"
	" q850 INTEGER NOT NULL, cause TEXT NOT NULL, by_far_end INTEGER NOT NULL, codec TEXT NOT NULL,"
	" rx_packets INTEGER NOT NULL, tx_packets INTEGER NOT NULL, rx_lost INTEGER NOT NULL,"
	" jitter_us INTEGER NOT NULL, far_lost INTEGER NOT NULL, round_trip_us INTEGER NOT NULL) STRICT;"
	"CREATE INDEX cdr_started ON cdr(started_us);"
	"CREATE INDEX cdr_account ON cdr(account, started_us);"
	"CREATE INDEX cdr_meeting ON cdr(meeting, started_us);"
	"CREATE INDEX cdr_trunk ON cdr(trunk, started_us);"
	"CREATE INDEX cdr_call ON cdr(call_id);",

	/* 2: API tokens; an audit log whose rows hold one another */
	"CREATE TABLE token ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL,"
	" role TEXT NOT NULL CHECK (role IN ('reader', 'admin', 'operator')), account TEXT NOT NULL,"
	" hash BLOB NOT NULL, created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL) STRICT;"
	"ALTER TABLE audit ADD COLUMN seal TEXT NOT NULL DEFAULT '';",

	/* 3: webhooks and what has still to reach them */
	"CREATE TABLE webhook ("
	" id TEXT PRIMARY KEY, url TEXT NOT NULL, account TEXT NOT NULL, events TEXT NOT NULL,"
	" secret TEXT NOT NULL, created_us INTEGER NOT NULL) STRICT;"
	"CREATE TABLE webhook_delivery ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL REFERENCES webhook(id) ON DELETE CASCADE,"
	" event_seq INTEGER NOT NULL, body TEXT NOT NULL, at_us INTEGER NOT NULL) STRICT;"
	"CREATE INDEX webhook_delivery_of_hook ON webhook_delivery(hook, id);",

	/* 4: how a call sounded */
	"ALTER TABLE cdr ADD COLUMN rx_r INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN rx_mos INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN tx_r INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN tx_mos INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN rx_missing INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN burst_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN gap_ms INTEGER NOT NULL DEFAULT 0;",

	/* 5: the dial plan: ranges of numbers, what accounts may call, calendars, classes, how trunks write numbers */
	"ALTER TABLE number ADD COLUMN last TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE number ADD COLUMN country TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE number ADD COLUMN toll_free INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN percent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN calendar TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE route_prefix ("
	" route INTEGER NOT NULL REFERENCES route(position), position INTEGER NOT NULL, prefix TEXT NOT NULL,"
	" PRIMARY KEY (route, position)) STRICT, WITHOUT ROWID;"
	"ALTER TABLE trunk ADD COLUMN format INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN caller_id INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN strip INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN prepend TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE trunk_range ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), position INTEGER NOT NULL, range TEXT NOT NULL,"
	" PRIMARY KEY (trunk, position)) STRICT;"
	"ALTER TABLE account ADD COLUMN zone TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN country_code TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN trunk_prefix TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN national_min INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN national_max INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN concurrent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN daily INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN per_minute INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN consecutive INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN alike INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE account_prefix ("
	" account TEXT NOT NULL REFERENCES account(name), list TEXT NOT NULL CHECK (list IN ('only', "
	"'refuse')),"
	" position INTEGER NOT NULL, prefix TEXT NOT NULL, PRIMARY KEY (account, list, position)) STRICT;"
	"CREATE TABLE account_class ("
	" account TEXT NOT NULL REFERENCES account(name), position INTEGER NOT NULL, class TEXT NOT NULL,"
	" PRIMARY KEY (account, position)) STRICT;"
	"CREATE TABLE calendar (name TEXT PRIMARY KEY, position INTEGER NOT NULL, zone TEXT NOT NULL) STRICT;"
	"CREATE TABLE calendar_span ("
	" calendar TEXT NOT NULL REFERENCES calendar(name), position INTEGER NOT NULL, span TEXT NOT NULL,"
	" PRIMARY KEY (calendar, position)) STRICT;"
	"CREATE TABLE number_class (position INTEGER PRIMARY KEY, class TEXT NOT NULL) STRICT;"
	"CREATE TABLE class_prefix ("
	" class INTEGER NOT NULL REFERENCES number_class(position), position INTEGER NOT NULL,"
	" prefix TEXT NOT NULL, PRIMARY KEY (class, position)) STRICT;",
	/* 6: how a call was encrypted */
	"ALTER TABLE cdr ADD COLUMN srtp TEXT NOT NULL DEFAULT '';",

	/* 7: calls that we make */
	"ALTER TABLE trunk ADD COLUMN realm TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN asserts INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE trunk ADD COLUMN privacy INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN keeps_asking INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE trunk ADD COLUMN only_2xx INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN options_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN ring_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN maintenance INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN direction TEXT NOT NULL DEFAULT 'in';"
	"ALTER TABLE cdr ADD COLUMN dialout TEXT NOT NULL DEFAULT '';",

	/* 8: trunks that are known by their certificate */
	"ALTER TABLE trunk ADD COLUMN tls_subject TEXT NOT NULL DEFAULT '';",

	/* 9: what accounts have spent, by name: it outlives the account's row, which every new site replaces */
	"ALTER TABLE account ADD COLUMN daily_minutes INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE budget (account TEXT PRIMARY KEY, spent TEXT NOT NULL) STRICT;",

	/* 10: who ended a call, and what was wrong with its sound */
	"ALTER TABLE cdr ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN trouble TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX cdr_dialout ON cdr(dialout) WHERE dialout<>'';",

	/* 11: trunks that share a place, what is believed and said on each, and who a caller says to be */
	"ALTER TABLE trunk ADD COLUMN header TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN login TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN secret TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN trusted INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE trunk ADD COLUMN diverts INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN call_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN refusal INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN ptime_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN dtmf INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE trunk_text ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), list TEXT NOT NULL CHECK (list IN ('called', "
	"'ignored', "
	"'added', 'stripped')),"
	" position INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (trunk, list, position)) STRICT;"
	"ALTER TABLE cdr ADD COLUMN caller_by TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN diverted_from TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN diversion TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN session_id TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN session_peer TEXT NOT NULL DEFAULT '';",

	/* 12: how long an account's call records are kept; which numbers lead to a meeting */
	"ALTER TABLE account ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX number_of_meeting ON number(meeting);",

	/* 13: STIR: what callers prove, and how our calls are signed */
	"ALTER TABLE trunk ADD COLUMN stir INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN sign_certificate TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN sign_key TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN sign_origid TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN verstat TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN attest TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN origid TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN verstat_why TEXT NOT NULL DEFAULT '';",

	/* 14: whom to believe at the other end of TLS */
	"ALTER TABLE trunk ADD COLUMN tls_name TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN tls_ca TEXT NOT NULL DEFAULT '';",

	/* 15: trunks whose calls share RTP ports */
	"ALTER TABLE trunk ADD COLUMN media_port INTEGER NOT NULL DEFAULT 0;",

	/* 16: trunks' addresses and ports for media; what name servers are asked about numbers, and said */
	"ALTER TABLE trunk ADD COLUMN interface TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN rtp_ports TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN enum_suffix TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN enum_trunk TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN enum_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN lnp_suffix TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN lnp_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN cnam_suffix TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE account ADD COLUMN cnam_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN caller_name TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN routing TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN dips TEXT NOT NULL DEFAULT '';",

	/* 17: calls that are sent elsewhere */
	"ALTER TABLE trunk ADD COLUMN refers INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN takes_refer INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN transferred TEXT NOT NULL DEFAULT '';",

	/* 18: trunks that a call of ours was not tried on; what was odd about a call's packets; who signs for others' numbers */
	"ALTER TABLE trunk ADD COLUMN sign_others INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN passed_over TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN quirks TEXT NOT NULL DEFAULT '';",

	/* 19: requests that were carried out and may be sent again; what object tags are made with */
	"CREATE TABLE idempotence ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT, who TEXT NOT NULL, key TEXT NOT NULL, asked BLOB NOT NULL,"
	" at_us INTEGER NOT NULL, status INTEGER NOT NULL, body BLOB, etag TEXT NOT NULL, location TEXT NOT "
	"NULL,"
	" UNIQUE (who, key)) STRICT;"
	"CREATE TABLE tag_key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL) STRICT;",

	/* 20: what calls cost: trunks' rate sheets, by name as they outlive the trunk's row; routes by cost; ceilings of money; how well a trunk
	   must do */
	"CREATE TABLE rate_sheet ("
	" trunk TEXT PRIMARY KEY, currency TEXT NOT NULL, imported_us INTEGER NOT NULL, who TEXT NOT NULL) "
	"STRICT;"
	"CREATE TABLE rate ("
	" trunk TEXT NOT NULL, prefix TEXT NOT NULL, from_s INTEGER NOT NULL, until_s INTEGER NOT NULL,"
	" per_minute INTEGER NOT NULL, connect INTEGER NOT NULL, first_s INTEGER NOT NULL, next_s INTEGER "
	"NOT "
	"NULL,"
	" PRIMARY KEY (trunk, prefix, from_s)) STRICT, WITHOUT ROWID;"
	"ALTER TABLE cdr ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE cdr ADD COLUMN currency TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN rate TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE route ADD COLUMN ordering INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE route ADD COLUMN unrated INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE account ADD COLUMN daily_money TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trunk ADD COLUMN min_asr INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN min_ccr INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN min_acd_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN max_pdd_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN min_calls INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN window_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN probe_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN demotes INTEGER NOT NULL DEFAULT 1;",

	/* 21: what was learned of trunks, by name as it outlives the trunk's row; whose numbers stand first in
	   invitations; which sitting of its meeting a call was in; numbers that a route is for */
	"CREATE TABLE standing (trunk TEXT PRIMARY KEY, learned TEXT NOT NULL) STRICT;"
	"ALTER TABLE account ADD COLUMN invite_country TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE cdr ADD COLUMN sitting TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX cdr_sitting ON cdr(sitting) WHERE sitting<>'';"
	"ALTER TABLE route ADD COLUMN pattern TEXT NOT NULL DEFAULT '';",

	/* 22: tokens of one meeting */
	"CREATE TABLE token_of ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL,"
	" role TEXT NOT NULL CHECK (role IN ('join', 'reader', 'admin', 'operator')), account TEXT NOT NULL,"
	" meeting TEXT NOT NULL CHECK ((meeting<>'')=(role='join')),"
	" hash BLOB NOT NULL, created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL) STRICT;"
	"INSERT INTO token_of SELECT id, name, role, account, '', hash, created_us, expires_us FROM token;"
	"DROP TABLE token;"
	"ALTER TABLE token_of RENAME TO token;",

	/* 23: what a carrier's headers say goes into records; ours on answers */
	"CREATE TABLE trunk_lines ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), list TEXT NOT NULL CHECK (list IN ('called', "
	"'ignored', "
	"'mapped', 'replied', 'added', 'stripped')),"
	" position INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (trunk, list, position)) STRICT;"
	"INSERT INTO trunk_lines SELECT trunk, list, position, text FROM trunk_text;"
	"DROP TABLE trunk_text;"
	"ALTER TABLE trunk_lines RENAME TO trunk_text;"
	"ALTER TABLE cdr ADD COLUMN headers TEXT NOT NULL DEFAULT '';",

	/* 24: trunks whose legs may find their way by checks */
	"ALTER TABLE trunk ADD COLUMN ice INTEGER NOT NULL DEFAULT 0;",

	/* 25: what a carrier is told of who calls; which lists of texts there are is the program's own affair from here on */
	"CREATE TABLE trunk_lines ("
	" trunk TEXT NOT NULL REFERENCES trunk(name), list TEXT NOT NULL, position INTEGER NOT NULL,"
	" text TEXT NOT NULL, PRIMARY KEY (trunk, list, position)) STRICT;"
	"INSERT INTO trunk_lines SELECT trunk, list, position, text FROM trunk_text;"
	"DROP TABLE trunk_text;"
	"ALTER TABLE trunk_lines RENAME TO trunk_text;"
	"ALTER TABLE trunk ADD COLUMN peer_trust INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN diverts_by INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trunk ADD COLUMN asks_permit INTEGER NOT NULL DEFAULT 0;",

	/* 26: people whom meetings call, over a restart */
	"CREATE TABLE hunt (id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;",

	/* 27: which failures send a route's call on */
	"CREATE TABLE route_text ("
	" route INTEGER NOT NULL REFERENCES route(position), list TEXT NOT NULL, position INTEGER NOT NULL,"
	" text TEXT NOT NULL, PRIMARY KEY (route, list, position)) STRICT;",
};

enum { STEPS = sizeof(steps) / sizeof(*steps) };

const char *store_step(unsigned version)
{
	return version < STEPS ? steps[version] : NULL;
}

static enum bridge_err number_of(struct store *s, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement;
	enum bridge_err err = store_prepare(s, &statement, sql);

	if (err)
		return err;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		err = store_fail(s);
	sqlite3_finalize(statement);
	return err;
}

static enum bridge_err check_ours(struct store *s, int64_t version)
{
	int64_t application = 0, tables = 0;
	enum bridge_err err = number_of(s, "PRAGMA application_id", &application);

	if (!err)
		err = number_of(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (application != STORE_APPLICATION_ID && (application || version || tables)) {
		snprintf(s->error, sizeof(s->error), "not a partyline database");
		return BRIDGE_FILE;
	}
	if (version > STEPS) {
		snprintf(s->error, sizeof(s->error),
			"written by a newer partyline (schema %lld, this program knows %d)",
			(long long)version, (int)STEPS);
		return BRIDGE_FILE;
	}
	return BRIDGE_OK;
}

static enum bridge_err take_step(struct store *s, int64_t version)
{
	char mark[96];
	enum bridge_err err = store_exec(s, "BEGIN IMMEDIATE");

	if (err)
		return err;
	snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%lld",
		(int)STORE_APPLICATION_ID, (long long)version + 1);
	err = store_exec(s, store_step((unsigned)version));
	if (!err)
		err = store_exec(s, mark);
	return store_finish(s, err);
}

/* The site's tables are small and the bridge cannot do without them; a page that cannot be read
 * there is better known now than at the first call.  Call records may be many: not looked at. */
static enum bridge_err check_sound(struct store *s)
{
	static const char *const tables[] = { "account", "meeting", "sip_user", "trunk", "trunk_network",
		"trunk_gateway", "trunk_codec", "number", "route", "route_trunk", "route_prefix",
		"trunk_range", "account_prefix", "account_class", "calendar", "calendar_span", "number_class",
		"class_prefix", "counter", "token", "trunk_text", "route_text" };
	char sql[64], text[128];
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !err; i++) {
		sqlite3_stmt *statement;

		snprintf(sql, sizeof(sql), "PRAGMA quick_check('%s')", tables[i]);
		err = store_prepare(s, &statement, sql);
		if (err)
			return err;
		if (sqlite3_step(statement) != SQLITE_ROW) {
			err = store_fail(s);
		} else if (!store_read_text(statement, 0, text, sizeof(text)) || strcmp(text, "ok")) {
			snprintf(s->error, sizeof(s->error), "damaged: table %s: %.120s", tables[i],
				(const char *)sqlite3_column_text(statement, 0));
			err = BRIDGE_FILE;
		}
		sqlite3_finalize(statement);
	}
	return err;
}

enum bridge_err store_migrate(struct store *s)
{
	int64_t version = 0;
	enum bridge_err err = number_of(s, "PRAGMA user_version", &version);

	if (!err)
		err = check_ours(s, version);
	for (; !err && version < STEPS; version++)
		err = take_step(s, version);
	return err ? err : check_sound(s);
}
