/* links: dialplan/calendar.c dialplan/zone.c dialplan/err.c bridge/when.c dialplan/days.c bridge/zones.c bridge/err.c */
#include "dialplan/calendar.h"
#include "bridge/when.h"
#include "bridge/zones.h"
#include "tests/test.h"

#include <stdlib.h>

static int64_t at(const char *when)
{
	int64_t us = 0;

	CHECK(when_parse(when, &us), "'%s' is a time", when);
	return us / 1000000;
}

/* Spans parted by ';'. */
static void calendar_of(struct calendar *c, const char *spans, const struct zone *zone)
{
	char text[600], *rest = text, *word;
	const char *wrong = "";

	memset(c, 0, sizeof(*c));
	c->zone = zone;
	snprintf(text, sizeof(text), "%s", spans);
	while ((word = strsep(&rest, ";")) != NULL) {
		CHECK(calendar_span_parse(&c->spans[c->n_spans], word, &wrong) == PLAN_OK, "'%s': %s", word,
			wrong);
		c->n_spans++;
	}
}

TEST(open_or_closed)
{
	static const struct {
		const char *story, *spans, *when;
		bool open;
	} cases[] = {
		/* 2026-11-27 is a Friday */
		{ "in office hours", "mon-fri 08:00-18:00", "2026-11-27T08:00", true },
		{ "a minute too early", "mon-fri 08:00-18:00", "2026-11-27T07:59:59", false },
		{ "the end is closed", "mon-fri 08:00-18:00", "2026-11-27T18:00", false },
		{ "on Saturday", "mon-fri 08:00-18:00", "2026-11-28T12:00", false },
		{ "Saturday has its own hours", "mon-fri 08:00-18:00;sat 10:00-12:00", "2026-11-28T11:00",
			true },
		{ "whole days", "sat,sun", "2026-11-28T00:00", true },
		{ "over the weekend", "fri-mon", "2026-11-29T23:59", true },
		{ "not in the week", "fri-mon", "2026-12-01T12:00", false },
		{ "every day", "22:00-06:00", "2026-11-27T23:00", true },
		{ "past midnight", "22:00-06:00", "2026-11-27T05:59", true },
		{ "between", "22:00-06:00", "2026-11-27T06:00", false },
		{ "Friday night lasts into Saturday", "fri 22:00-06:00", "2026-11-28T03:00", true },
		{ "Saturday night is another", "fri 22:00-06:00", "2026-11-28T23:00", false },
		{ "till midnight", "fri 18:00-24:00", "2026-11-27T23:59:59", true },
		{ "a date", "2026-12-25", "2026-12-25T12:00", true },
		{ "and no other", "2026-12-25", "2026-12-26T00:00", false },
		{ "dates, the last included", "2026-12-24..2027-01-01", "2027-01-01T23:59", true },
		{ "a date with hours", "2026-12-31 08:00-14:00", "2026-12-31T14:00", false },
		{ "closed on a holiday", "mon-fri 08:00-18:00;not 2026-12-25", "2026-12-25T12:00", false },
		{ "whatever the order", "not 2026-12-25;mon-fri 08:00-18:00", "2026-12-25T12:00", false },
		{ "only nots: open otherwise", "not mon-fri 08:00-18:00", "2026-11-28T12:00", true },
		{ "and closed then", "not mon-fri 08:00-18:00", "2026-11-27T12:00", false },
		{ "29 February", "2028-02-29", "2028-02-29T12:00", true },
		{ "capitals and blanks", " Mon-Fri  08:00-18:00 ", "2026-11-27T12:00", true },
		{ "before 1970", "thu", "1969-12-25T12:00", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct calendar c;

		calendar_of(&c, cases[i].spans, NULL);
		CHECK_INT(cases[i].open, calendar_open(&c, at(cases[i].when), NULL), cases[i].story);
	}
}

TEST(what_is_no_span)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "", "wanted is something like" },
		{ "not ", "wanted is something like" },
		{ "mo-fr 08:00-18:00", "a day is wanted" },
		{ "mon-", "a day is wanted" },
		{ "mon,", "a day is wanted" },
		{ "monday", "wanted is something like" },
		{ "mon-fri 8:00-18:00", "hours are wanted" },
		{ "mon-fri 08:00-25:00", "hours are wanted" },
		{ "mon-fri 08:60-18:00", "hours are wanted" },
		{ "mon-fri 08:00-08:00", "hours are wanted" },
		{ "mon-fri 08:00-18:00 x", "hours are wanted" },
		{ "24:00-06:00", "hours are wanted" },
		{ "2026-13-01", "a date is wanted" },
		{ "2026-02-29", "a date is wanted" },
		{ "2026-12-31..2026-01-01", "a date is wanted" },
		{ "2026-12-31..", "a date is wanted" },
		{ "1869-01-01", "a date is wanted" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct calendar_span span;
		const char *wrong = "";

		CHECK_INT(PLAN_SYNTAX, calendar_span_parse(&span, cases[i].text, &wrong), cases[i].text);
		CHECK(strstr(wrong, cases[i].word), "'%s': %s", cases[i].text, wrong);
	}
}

/* Offsets as the tz database has them; after its list of changes the rule in the footer goes on. */
TEST(zones_know_their_clocks)
{
	static const struct {
		const char *story, *zone, *when;
		int offset_min;
	} cases[] = {
		{ "Berlin in winter", "Europe/Berlin", "2026-01-15T12:00Z", 60 },
		{ "in summer", "Europe/Berlin", "2026-07-15T12:00Z", 120 },
		{ "a second before the clocks go forward", "Europe/Berlin", "2026-03-29T00:59:59Z", 60 },
		{ "forward", "Europe/Berlin", "2026-03-29T01:00:00Z", 120 },
		{ "back", "Europe/Berlin", "2026-10-25T01:00:00Z", 60 },
		{ "Berlin of long ago", "Europe/Berlin", "1945-07-01T00:00Z", 180 },
		{ "far ahead, winter", "Europe/Berlin", "2099-01-15T12:00Z", 60 },
		{ "far ahead, summer", "Europe/Berlin", "2099-07-15T12:00Z", 120 },
		{ "south of the equator", "Australia/Sydney", "2099-01-15T12:00Z", 660 },
		{ "its winter", "Australia/Sydney", "2099-07-15T12:00Z", 600 },
		{ "half an hour", "Asia/Kolkata", "2026-07-15T12:00Z", 330 },
		{ "no summer time any more", "Asia/Tokyo", "2099-07-15T12:00Z", 540 },
		{ "New York", "America/New_York", "2026-07-15T12:00Z", -240 },
		{ "half an hour of summer", "Australia/Lord_Howe", "2099-01-15T12:00Z", 660 },
		{ "summer time is the lesser one", "Europe/Dublin", "2099-01-15T12:00Z", 0 },
		{ "and in summer", "Europe/Dublin", "2099-07-15T12:00Z", 60 },
		{ "UTC", "UTC", "2026-07-15T12:00Z", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct zone *z = NULL;

		CHECK_INT(BRIDGE_OK, zones_load(&z, cases[i].zone), cases[i].zone);
		CHECK_INT(cases[i].offset_min * 60, zone_offset_s(z, at(cases[i].when)), cases[i].story);
		zone_free(z);
	}
	CHECK_INT(0, zone_offset_s(NULL, 0), "no zone is UTC");
	CHECK(!zones_known("Europe/Atlantis") && !zones_known("../etc/passwd") && !zones_known(""),
		"what is no zone");
}

TEST(hours_are_local)
{
	static const struct {
		const char *story, *spans, *when;
		bool open;
	} cases[] = {
		{ "eight in Berlin is seven UTC in winter", "08:00-18:00", "2026-01-15T07:00Z", true },
		{ "six UTC in summer", "08:00-18:00", "2026-07-15T06:00Z", true },
		{ "not yet", "08:00-18:00", "2026-01-15T06:59Z", false },
		{ "local Saturday has begun", "sat", "2026-11-27T23:30Z", true },
		{ "the hour that is not there", "02:00-03:00", "2026-03-29T01:00Z", false },
		{ "the hour that comes twice, first", "sun 02:00-03:00", "2026-10-25T00:30Z", true },
		{ "and again", "sun 02:00-03:00", "2026-10-25T01:30Z", true },
		{ "with an offset of the asker's", "08:00-18:00", "2026-01-15T08:00:00+01:00", true },
	};
	struct zone *berlin = NULL;

	CHECK_INT(BRIDGE_OK, zones_load(&berlin, "Europe/Berlin"), "Europe/Berlin");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct calendar c;

		calendar_of(&c, cases[i].spans, berlin);
		CHECK_INT(cases[i].open, calendar_open(&c, at(cases[i].when), NULL), cases[i].story);
	}
	CHECK_INT(zone_day(NULL, at("2026-11-27T23:30Z")) + 1, zone_day(berlin, at("2026-11-27T23:30Z")),
		"days begin at local midnight");
	CHECK_INT(-1, zone_day(NULL, -1), "the day before 1970");
	zone_free(berlin);
}

TEST(calendars_that_may_meet)
{
	static const struct {
		const char *story, *a, *b;
		bool meet;
	} cases[] = {
		{ "day and night", "08:00-18:00", "18:00-08:00", false },
		{ "a minute in common", "08:00-18:01", "18:00-08:00", true },
		{ "week and weekend", "mon-fri", "sat,sun", false },
		{ "a night into the next day", "fri 22:00-06:00", "sat 05:00-06:00", true },
		{ "Sunday night into Monday", "sun 22:00-06:00", "mon 00:00-01:00", true },
		{ "office, and not the office", "mon-fri 08:00-18:00", "not mon-fri 08:00-18:00", false },
		{ "a date in the week", "mon-fri", "2026-12-25", true },
		{ "a date on a Friday and Saturdays", "2026-12-25", "sat", false },
		{ "two dates", "2026-12-24", "2026-12-25", false },
		{ "dates one within another", "2026-12-24..2026-12-31", "2026-12-25", true },
		{ "only nots", "not mon", "not tue", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct calendar a, b;

		calendar_of(&a, cases[i].a, NULL);
		calendar_of(&b, cases[i].b, NULL);
		CHECK_INT(cases[i].meet, calendar_overlap(&a, &b), cases[i].story);
		CHECK_INT(cases[i].meet, calendar_overlap(&b, &a), cases[i].story);
	}
}

TEST(a_damaged_zone_is_refused)
{
	struct zone *z = NULL;
	char bytes[4096];
	size_t len;
	FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "re");

	CHECK(file, "the tz database");
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	CHECK_INT(PLAN_OK, zone_read(&z, bytes, len), "whole");
	z = zone_free(z);
	for (size_t cut = 0; cut < len; cut++)
		if (zone_read(&z, bytes, cut) == PLAN_OK) {
			zone_free(z);
			CHECK(false, "cut after %zu of %zu bytes", cut, len);
		}
	bytes[0] = 'X';
	CHECK_INT(PLAN_SYNTAX, zone_read(&z, bytes, len), "another kind of file");
}

TESTS(open_or_closed, what_is_no_span, zones_know_their_clocks, hours_are_local, calendars_that_may_meet,
	a_damaged_zone_is_refused)
