/* links: dialplan/budget.c dialplan/block.c dialplan/number.c dialplan/err.c dialplan/money.c */
#include "dialplan/budget.h"
#include "tests/test.h"

#include <stdlib.h>

enum { NOON = 1700000000 };

/* Plays a story of calls: "NUMBER" takes one, "-" gives one back ("-S" answered for so many
 * seconds, "-S:C" which cost so much), "$C" says what the first step of those to come costs, "=C" what those that are on cost
 * so far, "@S" sets the clock to so many seconds after the start,
 * "!" begins the next day.  Gives each call's verdict. */
static int64_t cost_in(const char *word)
{
	const char *colon = strchr(word, ':');

	return colon ? atoi(colon + 1) : 0;
}

static const char *played(struct budget *b, const struct budget_limits *limits, const char *script)
{
	static char out[2000];
	struct budget_now now = { NOON, 100, 0 };
	char text[2000], *rest = text, *word;

	out[0] = '\0';
	snprintf(text, sizeof(text), "%s", script);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (word[0] == '-')
			budget_give(b, (uint32_t)atoi(word + 1), cost_in(word), now);
		else if (word[0] == '$')
			now.first_cost = atoi(word + 1);
		else if (word[0] == '=')
			b->running = atoi(word + 1);
		else if (word[0] == '@')
			now.at_s = NOON + atoi(word + 1);
		else if (word[0] == '!')
			now.day++;
		else
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", out[0] ? " " : "",
				budget_word(budget_take(b, limits, word, now, NULL)));
	}
	return out;
}

TEST(what_an_account_may_spend)
{
	static const struct {
		const char *story;
		struct budget_limits limits;
		const char *script, *verdicts;
	} cases[] = {
		{ "no limits", { 0 }, "+491 +492 +493 +494 +495", "free free free free free" },
		{ "two at once", { .concurrent = 2 }, "+4911 +4922 +4933", "free near concurrent" },
		{ "one that is over makes room", { .concurrent = 2 }, "+4911 +4922 - +4933",
			"free near near" },
		{ "a refused one takes no room", { .concurrent = 1 }, "+4911 +4922 - +4933",
			"near concurrent near" },
		{ "three a day", { .daily = 3 }, "+4911 +4922 +4933 +4944", "free free near daily" },
		{ "tomorrow again", { .daily = 1 }, "+4911 +4922 ! +4933", "near daily near" },
		{ "two a minute", { .per_minute = 2 }, "+4911 +4922 +4933 @59 +4944 @60 +4955",
			"free near per_minute per_minute free" },
		{ "two minutes of talk a day", { .daily_minutes = 2 }, "+4911 -119 +4922 -1 +4933",
			"free free minutes" },
		{ "ten minutes, and eight are used up", { .daily_minutes = 10 }, "+4911 -480 +4922",
			"free near" },
		{ "what was talked yesterday", { .daily_minutes = 2 }, "+4911 -600 ! +4922", "free free" },
		{ "a call over midnight is the new day's", { .daily_minutes = 2 }, "+4911 ! -600 +4922",
			"free minutes" },
		{ "money: what was spent and a first step", { .daily_money = 100 },
			"$10 +4911 -60:70 =0 +4922 +4933 -60:10 =20 +4944", "free free near money" },
		{ "to the last bit of it", { .daily_money = 100 }, "$30 +4911 -60:70 =0 +4922", "free free" },
		{ "and not one more", { .daily_money = 100 }, "$31 +4911 -60:70 =0 +4922", "free money" },
		{ "those that ring count with their first step", { .daily_money = 100 },
			"$40 +4911 +4922 +4933", "free free money" },
		{ "those that are on with what they cost so far", { .daily_money = 100 },
			"$1 +4911 =99 +4922 =100 +4933", "free near money" },
		{ "another day, other money", { .daily_money = 100 }, "$10 +4911 -60:100 =0 +4922 ! +4933",
			"free money free" },
		{ "what is on goes over into the new day", { .daily_money = 100 }, "$10 +4911 =95 ! +4922",
			"free money" },
		{ "no price, no call", { .daily_money = 100 }, "$-1 +4911", "unpriced" },
		{ "unless there is no ceiling", { 0 }, "$-1 +4911", "free" },
		{ "a refused one costs nothing", { .daily_money = 100 }, "$101 +4911 $100 +4911",
			"money free" },
		{ "one after the other", { .consecutive = 3 }, "+49111 +49112 +49113 +49114",
			"free free free consecutive" },
		{ "down as well", { .consecutive = 2 }, "+49113 +49112 +49111", "free free consecutive" },
		{ "what closes a gap", { .consecutive = 2 }, "+49111 +49113 +49112",
			"free free consecutive" },
		{ "the same again is no row", { .consecutive = 1 }, "+49111 +49111 +49111",
			"free free free" },
		{ "with gaps it is none", { .consecutive = 2 }, "+49110 +49112 +49114 +49116",
			"free free free free" },
		{ "an hour later it is forgotten", { .consecutive = 2 }, "+49111 +49112 @3600 +49113",
			"free free free" },
		{ "a pattern blocks the account", { .consecutive = 1 }, "+49111 +49112 +33555 @3599 +33555",
			"free consecutive blocked blocked" },
		{ "for an hour", { .consecutive = 1 }, "+49111 +49112 @3600 +33555",
			"free consecutive free" },
		{ "many behind one prefix", { .alike = 3 }, "+4930100 +4930222 +4930333 +4930444",
			"free free free alike" },
		{ "other prefixes do not count", { .alike = 2 }, "+4930100 +4931222 +4932333 +4933444",
			"free free free free" },
		{ "one number often is one", { .alike = 2 }, "+4930100 +4930100 +4930100 +4930222",
			"free free free free" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct budget b = { 0 };

		CHECK_STR(cases[i].verdicts, played(&b, &cases[i].limits, cases[i].script), cases[i].story);
	}
}

TEST(looking_changes_nothing)
{
	static const struct budget_limits limits = { .concurrent = 1, .daily = 1, .consecutive = 1 };
	struct budget b = { 0 }, before = b;
	char text[BUDGET_TEXT];

	CHECK_INT(BUDGET_NEAR, budget_look(&b, &limits, "+4911", (struct budget_now){ NOON, 1, 0 }, text),
		"a look");
	CHECK(memcmp(&b, &before, sizeof(b)) == 0, "nothing was counted");
	CHECK_STR("call 1 of 1 today", text, "and it says how near");
}

/* All but the calls that are on goes into a line of text and comes back. */
TEST(a_budget_can_be_saved)
{
	static const struct {
		const char *story;
		struct budget_limits limits;
		const char *before, *after, *verdicts;
	} cases[] = {
		{ "calls at once ended with the process", { .concurrent = 1 }, "+4911", "+4922", "near" },
		{ "the day goes on", { .daily = 3 }, "+4911 +4922", "+4933 +4944", "near daily" },
		{ "talk as well", { .daily_minutes = 2 }, "+4911 -120", "+4922", "minutes" },
		{ "the pattern is known", { .consecutive = 2 }, "+49111 +49112", "+49113", "consecutive" },
		{ "a block holds", { .consecutive = 1 }, "+49111 +49112", "+33555", "blocked" },
		{ "and ends in time", { .consecutive = 1 }, "+49111 +49112", "@3600 +33555", "free" },
		{ "money", { .daily_money = 100 }, "$10 +4911 -60:60", "+4922 $41 +4933", "free money" },
		{ "what was on has cost what it did", { .daily_money = 100 }, "$10 +4911 =95",
			"$5 +4922 +4933", "near money" },
		{ "the minute", { .per_minute = 2 }, "+4911 +4922", "@59 +4933 @60 +4944",
			"per_minute free" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct budget b = { 0 }, again;
		char saved[BUDGET_SAVED];

		played(&b, &cases[i].limits, cases[i].before);
		budget_write(&b, saved);
		CHECK(budget_read(&again, saved), "%s: %s", cases[i].story, saved);
		CHECK_STR(
			cases[i].verdicts, played(&again, &cases[i].limits, cases[i].after), cases[i].story);
	}
}

/* The longest there is fits, and the ring goes on where it was. */
TEST(a_full_budget_is_saved_whole)
{
	static const struct budget_limits limits = { 0 };
	struct budget b = { .day = INT64_MIN, .blocked_until_s = INT64_MIN, .today = UINT32_MAX - 1000 },
		      again;
	const struct budget_now now = { INT64_MAX / 2, INT64_MIN, 0 };
	char first[BUDGET_SAVED], second[BUDGET_SAVED], number[32];

	for (unsigned i = 0; i < BUDGET_RECENT + 7; i++) {
		snprintf(number, sizeof(number), "+%u99999999999", 1000 + i);
		budget_take(&b, &limits, number, now, NULL);
	}
	budget_write(&b, first);
	CHECK(strlen(first) < BUDGET_SAVED - 1, "%zu bytes", strlen(first));
	CHECK(budget_read(&again, first), "%s", first);
	budget_write(&again, second);
	CHECK_STR(first, second, "the same");
	budget_take(&b, &limits, "+4911", now, NULL);
	budget_take(&again, &limits, "+4911", now, NULL);
	budget_write(&b, first);
	budget_write(&again, second);
	CHECK_STR(first, second, "and goes on the same");
}

TEST(what_is_no_budget)
{
	static const char *const cases[] = { "", "x", "3 1 1 1 1 1", "2 1 1 1 1", "1 1 1 1", "1 1 1 1 0 5",
		"1 1 1 1 0 5:", "1 1 1 1 0 5:6x", "1 1 1 1 0 :6" };
	char many[BUDGET_SAVED * 2] = "1 1 1 1 0";
	struct budget b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK(!budget_read(&b, cases[i]), "%s", cases[i]);
		CHECK(b.today == 0 && b.day == 0 && b.next == 0, "%s: a new one", cases[i]);
	}
	for (unsigned i = 0; i <= BUDGET_RECENT; i++)
		strcat(many, " 5:6");
	CHECK(!budget_read(&b, many), "more calls than are remembered");
}

/* As it was written before there was money. */
TEST(an_older_line_is_read)
{
	static const struct budget_limits limits = { .daily = 3 };
	struct budget b;

	CHECK(budget_read(&b, "1 100 2 60 0 1699999999:4911 1700000000:4922"), "read");
	CHECK_STR("near daily", played(&b, &limits, "+4933 +4944"), "two are counted");
	CHECK(b.cost == 0, "and no money");
}

/* Of a process and of a backup: nothing is forgiven, and what both know counts once. */
TEST(two_budgets_of_one_account_are_joined)
{
	static const struct {
		const char *story, *mine, *theirs, *after, *verdicts;
		struct budget_limits limits;
	} cases[] = {
		{ "a new process takes the backup's", "", "+4911 +4922", "+4933 +4944", "near daily",
			{ .daily = 3 } },
		{ "the same calls count once", "+4911 +4922", "+4911 +4922", "+4933 +4944", "near daily",
			{ .daily = 3 } },
		{ "nothing is forgiven", "+4911 +4922 +4933", "+4911", "+4944", "daily", { .daily = 3 } },
		{ "yesterday's calls are over", "! +4911", "+4911 +4922 +4933", "! +4944", "free",
			{ .daily = 3 } },
		{ "a block comes back", "", "+49111 +49112", "+33555", "blocked", { .consecutive = 1 } },
		{ "talk", "", "+4911 -120", "+4922", "minutes", { .daily_minutes = 2 } },
		{ "money of a call that is on is not counted twice", "$10 +4911 =60", "$10 +4911 =60",
			"$30 +4933", "free", { .daily_money = 100 } },
		{ "money", "", "$10 +4911 -60:90", "$20 +4933", "money", { .daily_money = 100 } },
		{ "a pattern goes on", "", "+49111 +49112", "+49113", "consecutive", { .consecutive = 2 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct budget mine = { 0 }, theirs = { 0 }, saved;
		char text[BUDGET_SAVED];

		if (cases[i].mine[0])
			played(&mine, &cases[i].limits, cases[i].mine);
		played(&theirs, &cases[i].limits, cases[i].theirs);
		budget_write(&theirs, text);
		CHECK(budget_read(&saved, text), "saved");
		budget_join(&mine, &saved);
		CHECK_STR(cases[i].verdicts, played(&mine, &cases[i].limits, cases[i].after), cases[i].story);
	}
}

TEST(an_operator_unblocks)
{
	static const struct budget_limits limits = { .consecutive = 1 };
	struct budget b = { 0 };

	played(&b, &limits, "+49111 +49112");
	budget_unblock(&b);
	CHECK_STR("free", played(&b, &limits, "+33555"), "calls go again");
	CHECK_STR("consecutive", played(&b, &limits, "+49112"), "and the pattern is still known");
}

TEST(the_oldest_of_very_many_are_forgotten)
{
	static const struct budget_limits limits = { .consecutive = BUDGET_RECENT };
	struct budget b = { 0 };
	char number[32];

	for (unsigned i = 0; i < 3 * BUDGET_RECENT; i++) {
		snprintf(number, sizeof(number), "+49%u", 1000 + 2 * i);
		CHECK_INT(BUDGET_FREE,
			budget_take(&b, &limits, number, (struct budget_now){ NOON + i, 1, 0 }, NULL),
			number);
	}
	CHECK_INT(3 * BUDGET_RECENT, b.calls, "all are counted");
	for (unsigned i = 0; i < 3 * BUDGET_RECENT + 5; i++)
		budget_give(&b, 0, 0, (struct budget_now){ NOON, 1, 0 });
	CHECK_INT(0, b.calls, "and never below none");
}

TESTS(what_an_account_may_spend, looking_changes_nothing, a_budget_can_be_saved, a_full_budget_is_saved_whole,
	two_budgets_of_one_account_are_joined, what_is_no_budget, an_older_line_is_read, an_operator_unblocks,
	the_oldest_of_very_many_are_forgotten)
