/* route_words.c - a decision's steps and results as sentences for people. */
#include "dialplan/route_priv.h"

#include <stdio.h>
#include <string.h>

/* The word that a step goes under. */
static const char *const step_words[WHYS] = {
	[WHY_ACCOUNT] = "account",
	[WHY_NO_ACCOUNT] = "account",
	[WHY_READ] = "number",
	[WHY_UNREAD] = "number",
	[WHY_EMERGENCY_CODE] = "class",
	[WHY_CLASS] = "class",
	[WHY_CLASS_ALLOWED] = "class",
	[WHY_CLASS_REFUSED] = "class",
	[WHY_LIST_ONLY] = "list",
	[WHY_LIST_REFUSE] = "list",
	[WHY_LIST_NOT_ONLY] = "list",
	[WHY_NO_PREFIX] = "prefix",
	[WHY_PREFIX] = "prefix",
	[WHY_SHADOWED] = "prefix",
	[WHY_CALENDAR_OPEN] = "calendar",
	[WHY_CALENDAR_SHUT] = "calendar",
	[WHY_SHARE_IN] = "percent",
	[WHY_SHARE_OUT] = "percent",
	[WHY_FITS] = "match",
	[WHY_FITS_NOT] = "match",
	[WHY_RULE] = "route",
	[WHY_WEIGHT] = "route",
	[WHY_TOO_MANY] = "route",
	[WHY_TRUNK] = "trunk",
	[WHY_TRUNK_TWICE] = "trunk",
	[WHY_TRUNK_FULL] = "trunk",
	[WHY_UNWRITABLE] = "trunk",
	[WHY_SHOWN_WANTED] = "caller-id",
	[WHY_SHOWN_FOREIGN] = "caller-id",
	[WHY_SHOWN_RULE] = "caller-id",
	[WHY_SHOWN_FIRST] = "caller-id",
	[WHY_SHOWN_NONE] = "caller-id",
	[WHY_CALLER_REFUSED] = "caller-id",
	[WHY_BY_COST] = "route",
	[WHY_RATE] = "rate",
	[WHY_UNRATED] = "rate",
	[WHY_UNRATED_OUT] = "rate",
	[WHY_LOW] = "quality",
	[WHY_PROBED] = "quality",
	[WHY_ANSWER] = "answer",
	[WHY_REFUSED] = "answer",
};

const char *route_step_rule(const struct route_step *step)
{
	return step->why < WHYS ? step_words[step->why] : "unnamed step";
}

const char *route_result_word(enum route_result result)
{
	static const char *const words[ROUTE_RESULTS] = {
		[ROUTE_OK] = "ok",
		[ROUTE_NO_ACCOUNT] = "no_account",
		[ROUTE_NO_NUMBER] = "no_number",
		[ROUTE_CLASS] = "class",
		[ROUTE_LIST] = "list",
		[ROUTE_NO_RULE] = "no_route",
		[ROUTE_NO_CALLER] = "no_caller_id",
		[ROUTE_UNWRITABLE] = "unwritable",
		[ROUTE_UNPRICED] = "no_rate",
	};

	return result < ROUTE_RESULTS ? words[result] : "unnamed result";
}

/* A sentence, for records. */
const char *route_result_text(enum route_result result)
{
	static const char *const texts[ROUTE_RESULTS] = {
		[ROUTE_OK] = "a trunk carries it",
		[ROUTE_NO_ACCOUNT] = "there is no such account",
		[ROUTE_NO_NUMBER] = "no complete number in it",
		[ROUTE_CLASS] = "numbers of this class may not be called",
		[ROUTE_LIST] = "the account may not call this number",
		[ROUTE_NO_RULE] = "no route is in force for this number",
		[ROUTE_NO_CALLER] = "no trunk may show this caller ID",
		[ROUTE_UNWRITABLE] = "no trunk can write this number",
		[ROUTE_UNPRICED] = "no trunk has a price for this number",
	};

	return result < ROUTE_RESULTS ? texts[result] : "unnamed result";
}

struct saying {
	const struct routes *r;
	const struct route_call *call;
	const struct route_decision *d;
	const struct route_step *step;
	char *out;
	size_t cap;
};

/* The beginning of the number that has so many digits: "+49". */
static const char *beginning(const struct saying *s, uint32_t digits, char out[NUMBER_E164])
{
	snprintf(out, NUMBER_E164, "%.*s", (int)digits + 1, s->d->number.e164);
	return out;
}

/* The same of the number that found the rules. */
static const char *rule_beginning(const struct saying *s, uint32_t digits, char out[NUMBER_E164])
{
	if (!s->d->routing[0])
		return beginning(s, digits, out);
	snprintf(out, NUMBER_E164, "%.*s", (int)digits + 1, s->d->routing);
	return out;
}

static void say_class(const struct saying *s)
{
	uint32_t class = s->step->a, digits = s->step->b;
	char prefix[NUMBER_E164], because[48] = "";

	if (digits)
		snprintf(because, sizeof(because), " (%s)", beginning(s, digits - 1, prefix));
	if (s->step->why == WHY_CLASS)
		snprintf(s->out, s->cap, "%s is %s%s", s->d->number.e164, class_word(class), because);
	else if (s->step->why == WHY_CLASS_ALLOWED)
		snprintf(s->out, s->cap, "%s is %s%s, which this account may call", s->d->number.e164,
			class_word(class), because);
	else if (class == CLASS_EMERGENCY)
		snprintf(s->out, s->cap, "%s is an emergency number: never called from a conference",
			s->d->number.e164);
	else
		snprintf(s->out, s->cap, "%s is %s%s, which this account may not call", s->d->number.e164,
			class_word(class), because);
}

static void say_number(const struct saying *s)
{
	const struct route_step *step = s->step;
	char prefix[NUMBER_E164];

	switch (step->why) {
	case WHY_ACCOUNT:
		snprintf(s->out, s->cap, "account '%s', %s%s", s->r->accounts[step->a].name,
			s->r->accounts[step->a].country.country_code[0] ? "country +" : "country not set",
			s->r->accounts[step->a].country.country_code);
		break;
	case WHY_NO_ACCOUNT:
		snprintf(s->out, s->cap, "there is no account '%.63s'",
			s->call->account ? s->call->account : "");
		break;
	case WHY_READ:
		snprintf(s->out, s->cap, "'%s' read as %s: %s", s->d->number.original,
			number_form_words(step->a), s->d->number.e164);
		break;
	case WHY_UNREAD: snprintf(s->out, s->cap, "'%s' is no complete number", s->d->number.original); break;
	case WHY_EMERGENCY_CODE:
		snprintf(s->out, s->cap, "'%s' is an emergency number: never called from a conference",
			s->d->number.original);
		break;
	case WHY_LIST_ONLY:
		snprintf(s->out, s->cap, "%s is on the account's list of what it may call",
			beginning(s, step->a, prefix));
		break;
	case WHY_LIST_REFUSE:
		snprintf(s->out, s->cap, "%s is on the account's list of what it may not call",
			beginning(s, step->a, prefix));
		break;
	case WHY_LIST_NOT_ONLY:
		snprintf(s->out, s->cap, "%s is not on the account's list of what it may call",
			s->d->number.e164);
		break;
	default: say_class(s);
	}
}

static void say_share(const struct saying *s, const struct rule *rule)
{
	bool in = s->step->why == WHY_SHARE_IN;

	snprintf(s->out, s->cap, "routes[%u] takes %u%% of calls: this one drew %u, %s", rule->index,
		rule->percent, s->step->b, in ? "in" : "not in");
}

static void say_rule(const struct saying *s)
{
	const struct route_step *step = s->step;
	const struct rule *rule = &s->r->rules[step->a];
	const char *open = step->why == WHY_CALENDAR_OPEN ? "open" : "closed";

	switch (step->why) {
	case WHY_CALENDAR_OPEN:
	case WHY_CALENDAR_SHUT:
		if (step->b)
			snprintf(s->out, s->cap, "routes[%u]: calendar '%s' is %s by spans[%u]", rule->index,
				rule->calendar->name, open, step->b - 1);
		else
			snprintf(s->out, s->cap, "routes[%u]: calendar '%s' is %s: no span says otherwise",
				rule->index, rule->calendar->name, open);
		break;
	case WHY_SHARE_IN:
	case WHY_SHARE_OUT: say_share(s, rule); break;
	case WHY_FITS:
	case WHY_FITS_NOT:
		snprintf(s->out, s->cap, "routes[%u]: %s %s %s", rule->index,
			s->d->routing[0] ? s->d->routing : s->d->number.e164,
			step->why == WHY_FITS ? "fits" : "does not fit", rule->match->text);
		break;
	case WHY_RULE:
		snprintf(s->out, s->cap, "routes[%u], priority %u", rule->index, rule->priority);
		break;
	case WHY_WEIGHT:
		snprintf(s->out, s->cap, "routes[%u], priority %u: drawn, weight %u of %u", rule->index,
			rule->priority, rule->weight, step->b);
		break;
	default: snprintf(s->out, s->cap, "routes[%u] is one too many for this prefix", rule->index); break;
	}
}

static void say_prefix(const struct saying *s)
{
	char prefix[NUMBER_E164], longer[NUMBER_E164];
	const struct route_step *step = s->step;

	if (step->why == WHY_NO_PREFIX)
		snprintf(s->out, s->cap, "no route of the account begins %s", s->d->number.e164);
	else if (step->why == WHY_PREFIX)
		snprintf(s->out, s->cap, "%s is the longest prefix left: %u route%s",
			rule_beginning(s, step->a, prefix), step->b, step->b == 1 ? "" : "s");
	else
		snprintf(s->out, s->cap, "%s fits as well (%u route%s): %s is longer and decides",
			rule_beginning(s, step->a, prefix), step->b, step->b == 1 ? "" : "s",
			rule_beginning(s, step->c, longer));
}

static void say_trunk(const struct saying *s)
{
	const struct route_step *step = s->step;
	const char *name = s->r->trunks[step->a].name;
	const struct route_try *t = &s->d->tries[step->b < ROUTE_TRIES ? step->b : 0];

	switch (step->why) {
	case WHY_TRUNK:
		snprintf(s->out, s->cap, "%u: trunk '%s' is sent %s", step->b + 1, name, t->number);
		break;
	case WHY_TRUNK_TWICE: snprintf(s->out, s->cap, "trunk '%s' stands before already", name); break;
	case WHY_TRUNK_FULL:
		snprintf(s->out, s->cap, "trunk '%s' is left out: %d are enough", name, ROUTE_TRIES);
		break;
	case WHY_UNWRITABLE:
		snprintf(s->out, s->cap,
			"trunk '%s' cannot be sent this number: nothing usable is left of it", name);
		break;
	case WHY_SHOWN_WANTED:
		snprintf(s->out, s->cap, "shows %s, as asked: a number of trunk '%s'", t->caller_id, name);
		break;
	case WHY_SHOWN_FOREIGN:
		snprintf(s->out, s->cap, "shows %s, as asked: trunk '%s' lets any number pass", t->caller_id,
			name);
		break;
	case WHY_SHOWN_RULE: snprintf(s->out, s->cap, "shows %s, the route's caller_id", t->caller_id); break;
	case WHY_SHOWN_FIRST:
		snprintf(s->out, s->cap, "shows %s, the account's first number on trunk '%s'", t->caller_id,
			name);
		break;
	case WHY_SHOWN_NONE:
		snprintf(s->out, s->cap, "shows no number: the account has none on trunk '%s'", name);
		break;
	default:
		snprintf(s->out, s->cap, "trunk '%s' is passed over: it may not show %.16s", name,
			s->call->caller_id ? s->call->caller_id : "");
		break;
	}
}

static void say_cost(const struct saying *s)
{
	const struct rates *rates = s->r->live[s->step->a].rates;
	const struct rate *rate = rates_row(rates, s->step->b);
	char cost[MONEY_TEXT], words[RATE_WORDS];

	snprintf(s->out, s->cap, "%s %s for %d s: %s",
		money_text(cost, rate_cost(rate, ROUTE_COST_S * INT64_C(1000000))), rates_currency(rates),
		ROUTE_COST_S, rate_words(rate, rates_currency(rates), words));
}

static void say_worth(const struct saying *s)
{
	const struct route_step *step = s->step;
	const struct rule *rule = &s->r->rules[step->why == WHY_BY_COST ? step->a : 0];
	const char *name = s->r->trunks[step->why == WHY_BY_COST ? 0 : step->a].name;

	switch (step->why) {
	case WHY_BY_COST:
		snprintf(s->out, s->cap, "routes[%u], priority %u: by cost, the cheapest trunk first%s",
			rule->index, rule->priority, rule->rated_only ? ", none without a price" : "");
		break;
	case WHY_RATE: say_cost(s); break;
	case WHY_UNRATED:
		snprintf(s->out, s->cap, "trunk '%s' has no price for it%s", name,
			step->b ? ": it comes behind those that have one" : "");
		break;
	case WHY_UNRATED_OUT:
		snprintf(s->out, s->cap, "trunk '%s' is left out: it has no price for it", name);
		break;
	case WHY_LOW:
		snprintf(s->out, s->cap, "trunk '%s' does badly: it comes behind the others of its priority",
			name);
		break;
	default:
		snprintf(s->out, s->cap,
			"trunk '%s' did badly: it keeps its place this once, to see whether it still does",
			name);
		break;
	}
}

const char *route_step_text(const struct routes *r, const struct route_call *call,
	const struct route_decision *d, unsigned step, char *out, size_t cap)
{
	struct saying s = { r, call, d, &d->steps[step], out, cap };
	enum route_why why = s.step->why;

	if (why == WHY_ANSWER)
		snprintf(out, cap, "%u trunk%s, in this order until one answers", s.step->a,
			s.step->a == 1 ? "" : "s");
	else if (why == WHY_REFUSED)
		snprintf(out, cap, "refused with %u: %s", d->sip_status, route_result_text(d->result));
	else if (why >= WHY_BY_COST)
		say_worth(&s);
	else if (why >= WHY_TRUNK)
		say_trunk(&s);
	else if (why >= WHY_CALENDAR_OPEN)
		say_rule(&s);
	else if (why >= WHY_NO_PREFIX)
		say_prefix(&s);
	else
		say_number(&s);
	return out;
}
