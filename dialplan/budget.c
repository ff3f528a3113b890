#include "dialplan/budget.h"
#include "dialplan/block.h"
#include "dialplan/money.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE_S = 60 };

const char *budget_word(enum budget_verdict verdict)
{
	static const char *const words[BUDGET_VERDICTS] = {
		[BUDGET_FREE] = "free",
		[BUDGET_NEAR] = "near",
		[BUDGET_CONCURRENT] = "concurrent",
		[BUDGET_PER_MINUTE] = "per_minute",
		[BUDGET_DAILY] = "daily",
		[BUDGET_CONSECUTIVE] = "consecutive",
		[BUDGET_ALIKE] = "alike",
		[BUDGET_BLOCKED] = "blocked",
		[BUDGET_MINUTES] = "minutes",
		[BUDGET_MONEY] = "money",
		[BUDGET_UNPRICED] = "unpriced",
	};

	return verdict < BUDGET_VERDICTS ? words[verdict] : "unnamed verdict";
}

__attribute__((format(printf, 3, 4))) static enum budget_verdict say(
	enum budget_verdict verdict, char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (text)
		vsnprintf(text, BUDGET_TEXT, format, args);
	va_end(args);
	return verdict;
}

/* A clock that went back makes nothing older. */
static bool within(const struct budget_call *call, int64_t at_s, int64_t span_s)
{
	return call->at_s && at_s - call->at_s < span_s;
}

static bool called(const struct budget *b, uint64_t number, int64_t at_s)
{
	for (size_t i = 0; i < BUDGET_RECENT; i++)
		if (b->recent[i].number == number && within(&b->recent[i], at_s, BUDGET_MEMORY_S))
			return true;
	return false;
}

/* How many numbers in a row there are with this one. */
static unsigned run_length(const struct budget *b, uint64_t number, int64_t at_s)
{
	unsigned n = 1;

	for (uint64_t below = number - 1; n < BUDGET_RECENT && called(b, below, at_s); below--)
		n++;
	for (uint64_t above = number + 1; n < BUDGET_RECENT && called(b, above, at_s); above++)
		n++;
	return n;
}

/* How many different numbers there are, with this one, that differ in the last digits only. */
static unsigned alike(const struct budget *b, uint64_t number, int64_t at_s)
{
	uint64_t same = number;
	unsigned n = 1;

	for (unsigned i = 0; i < BUDGET_LAST_DIGITS; i++)
		same /= 10;
	for (size_t i = 0; i < BUDGET_RECENT; i++) {
		const struct budget_call *call = &b->recent[i];
		uint64_t other = call->number;
		bool counted = other == number || !within(call, at_s, BUDGET_MEMORY_S);

		for (size_t k = 0; k < i && !counted; k++)
			counted =
				b->recent[k].number == other && within(&b->recent[k], at_s, BUDGET_MEMORY_S);
		for (unsigned d = 0; d < BUDGET_LAST_DIGITS; d++)
			other /= 10;
		n += !counted && other == same;
	}
	return n;
}

unsigned budget_last_minute(const struct budget *b, int64_t at_s)
{
	unsigned n = 0;

	for (size_t i = 0; i < BUDGET_RECENT; i++)
		n += within(&b->recent[i], at_s, MINUTE_S);
	return n;
}

static bool is_near(unsigned have, unsigned limit)
{
	return limit && (uint64_t)have * 100 >= (uint64_t)limit * BUDGET_WARN_PERCENT;
}

static enum budget_verdict look_near(
	const struct budget_limits *l, unsigned calls, unsigned today, unsigned minute, char *text)
{
	if (is_near(today, l->daily))
		return say(BUDGET_NEAR, text, "call %u of %u today", today, l->daily);
	if (is_near(calls, l->concurrent))
		return say(BUDGET_NEAR, text, "call %u of %u at once", calls, l->concurrent);
	if (is_near(minute, l->per_minute))
		return say(BUDGET_NEAR, text, "call %u of %u in a minute", minute, l->per_minute);
	return say(BUDGET_FREE, text, "within the account's limits: call %u now, %u today", calls, today);
}

/* Of money; BUDGET_FREE: nothing to say. */
static enum budget_verdict look_money(
	const struct budget *b, const struct budget_limits *l, struct budget_now now, char *text)
{
	const int64_t spent = budget_money(b, now.day);
	char have[MONEY_TEXT], all[MONEY_TEXT], more[MONEY_TEXT];

	if (!l->daily_money)
		return BUDGET_FREE;
	money_text(have, spent);
	money_text(all, l->daily_money);
	if (now.first_cost < 0)
		return say(BUDGET_UNPRICED, text,
			"nobody knows what it costs, and %s a day is all the account may spend", all);
	if (spent + now.first_cost > l->daily_money)
		return say(BUDGET_MONEY, text,
			"%s a day is all the account may spend: %s is spent, its first step costs %s", all,
			have, money_text(more, now.first_cost));
	if (spent >= l->daily_money / 100 * BUDGET_WARN_PERCENT)
		return say(BUDGET_NEAR, text, "%s of %s spent today", have, all);
	return BUDGET_FREE;
}

enum budget_verdict budget_look(const struct budget *b, const struct budget_limits *limits, const char *e164,
	struct budget_now now, char *text)
{
	const uint64_t number = block_digits(e164);
	const unsigned today = budget_today(b, now.day), minutes = now.day == b->day ? b->talked_s / 60 : 0;
	const unsigned minute = budget_last_minute(b, now.at_s);
	char words[BUDGET_TEXT];
	const enum budget_verdict money = look_money(b, limits, now, words);

	if (b->blocked_until_s > now.at_s)
		return say(BUDGET_BLOCKED, text, "blocked for %lld s more: calls looked like fraud",
			(long long)(b->blocked_until_s - now.at_s));
	if (limits->concurrent && b->calls >= limits->concurrent)
		return say(BUDGET_CONCURRENT, text, "%u calls at once are all the account may have",
			limits->concurrent);
	if (limits->daily && today >= limits->daily)
		return say(BUDGET_DAILY, text, "%u calls a day are all the account may have", limits->daily);
	if (limits->daily_minutes && minutes >= limits->daily_minutes)
		return say(BUDGET_MINUTES, text, "%u minutes a day are all the account may talk",
			limits->daily_minutes);
	if (money > BUDGET_NEAR)
		return say(money, text, "%s", words);
	if (limits->per_minute && minute >= limits->per_minute)
		return say(BUDGET_PER_MINUTE, text, "%u calls a minute are all the account may have",
			limits->per_minute);
	if (limits->consecutive && run_length(b, number, now.at_s) > limits->consecutive)
		return say(BUDGET_CONSECUTIVE, text, "more than %u numbers one after the other",
			limits->consecutive);
	if (limits->alike && alike(b, number, now.at_s) > limits->alike)
		return say(BUDGET_ALIKE, text, "more than %u numbers that differ in the last %d digits only",
			limits->alike, BUDGET_LAST_DIGITS);
	if (money == BUDGET_NEAR)
		return say(money, text, "%s", words);
	if (is_near(minutes, limits->daily_minutes))
		return say(BUDGET_NEAR, text, "%u of %u minutes today", minutes, limits->daily_minutes);
	return look_near(limits, b->calls + 1, today + 1, minute + 1, text);
}

uint32_t budget_today(const struct budget *b, int64_t day)
{
	return day == b->day ? b->today : 0;
}

static void begin_day(struct budget *b, struct budget_now now)
{
	if (now.day == b->day)
		return;
	b->day = now.day;
	b->today = b->talked_s = 0;
	b->cost = 0;
}

int64_t budget_money(const struct budget *b, int64_t day)
{
	return (day == b->day ? b->cost : 0) + b->running;
}

enum budget_verdict budget_take(struct budget *b, const struct budget_limits *limits, const char *e164,
	struct budget_now now, char *text)
{
	enum budget_verdict verdict = budget_look(b, limits, e164, now, text);

	if (verdict == BUDGET_CONSECUTIVE || verdict == BUDGET_ALIKE)
		b->blocked_until_s = now.at_s + BUDGET_BLOCK_S;
	if (verdict != BUDGET_FREE && verdict != BUDGET_NEAR)
		return verdict;
	begin_day(b, now);
	b->today++;
	b->calls++;
	b->running += now.first_cost > 0 ? now.first_cost : 0;
	b->recent[b->next % BUDGET_RECENT] =
		(struct budget_call){ .at_s = now.at_s, .number = block_digits(e164) };
	b->next = (b->next + 1) % BUDGET_RECENT;
	return verdict;
}

void budget_give(struct budget *b, uint32_t talked_s, int64_t cost, struct budget_now now)
{
	begin_day(b, now);
	b->talked_s += talked_s < UINT32_MAX - b->talked_s ? talked_s : 0;
	b->cost += cost;
	if (b->calls > 0)
		b->calls--;
}

void budget_unblock(struct budget *b)
{
	b->blocked_until_s = 0;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void budget_join(struct budget *b, const struct budget *other)
{
	if (other->day > b->day)
		begin_day(b, (struct budget_now){ .day = other->day });
	if (other->day == b->day) {
		b->today = larger(b->today, other->today);
		b->talked_s = larger(b->talked_s, other->talked_s);
		if (other->cost + other->running > b->cost + b->running)
			b->cost = other->cost + other->running - b->running;
	}
	if (other->blocked_until_s > b->blocked_until_s)
		b->blocked_until_s = other->blocked_until_s;
	if (b->recent[(b->next + BUDGET_RECENT - 1) % BUDGET_RECENT].at_s)
		return;
	memcpy(b->recent, other->recent, sizeof(b->recent));
	b->next = other->next;
}

/* ---- as text: "2 DAY TODAY TALKED_S COST BLOCKED_UNTIL_S" ("1 ...": without COST), then " AT_S:NUMBER" per call remembered, oldest first ---- */

void budget_write(const struct budget *b, char out[BUDGET_SAVED])
{
	size_t len = (size_t)snprintf(out, BUDGET_SAVED, "2 %lld %u %u %lld %lld", (long long)b->day,
		b->today, b->talked_s, (long long)b->cost + (long long)b->running,
		(long long)b->blocked_until_s);

	for (uint32_t i = 0; i < BUDGET_RECENT && len < BUDGET_SAVED; i++) {
		const struct budget_call *call = &b->recent[(b->next + i) % BUDGET_RECENT];

		if (call->at_s)
			len += (size_t)snprintf(out + len, BUDGET_SAVED - len, " %lld:%llu",
				(long long)call->at_s, (unsigned long long)call->number);
	}
}

bool budget_read(struct budget *b, const char *text)
{
	long long day, blocked, at, cost = 0;
	unsigned long long number;
	int used = 0;

	*b = (struct budget){ 0 };
	if (sscanf(text, "2 %lld %u %u %lld %lld%n", &day, &b->today, &b->talked_s, &cost, &blocked, &used) !=
			5 &&
		sscanf(text, "1 %lld %u %u %lld%n", &day, &b->today, &b->talked_s, &blocked, &used) != 4)
		goto bad;
	b->day = day;
	b->cost = cost;
	b->blocked_until_s = blocked;
	for (text += used; *text; text += used) {
		if (b->next == BUDGET_RECENT || sscanf(text, " %lld:%llu%n", &at, &number, &used) != 2)
			goto bad;
		b->recent[b->next++] = (struct budget_call){ .at_s = at, .number = number };
	}
	b->next %= BUDGET_RECENT;
	return true;
bad:
	*b = (struct budget){ 0 };
	return false;
}
