#include "sip/reroute.h"
#include "sip/cause.h"

#include <stddef.h>

enum { REST_NONE, REST_ASKED = 1, REST_ALWAYS }; /* ASKED: as long as Retry-After says */

struct rule {
	unsigned status; /* 0: any of its hundred that no other row names */
	unsigned hundred;
	enum reroute what;
	int rest;
	const char *why;
};

static const struct rule by_status[] = {
	{ 401, 4, REROUTE_TRUNK, REST_NONE, "the gateway refused us, not the called person" },
	{ 402, 4, REROUTE_TRUNK, REST_NONE, "the carrier wants to be paid" },
	{ 407, 4, REROUTE_TRUNK, REST_NONE, "the gateway refused us, not the called person" },
	{ 408, 4, REROUTE_GATEWAY, REST_NONE, "the gateway reached nobody in time" },
	{ 420, 4, REROUTE_TRUNK, REST_NONE, "the gateway lacks an extension" },
	{ 421, 4, REROUTE_TRUNK, REST_NONE, "the gateway wants an extension that we lack" },
	{ 429, 4, REROUTE_TRUNK, REST_NONE, "the gateway doubts where the call comes from" },
	{ 482, 4, REROUTE_GATEWAY, REST_NONE, "the call went round in a circle behind this gateway" },
	{ 483, 4, REROUTE_GATEWAY, REST_NONE, "the call went round in a circle behind this gateway" },
	{ 0, 4, REROUTE_ANSWER, REST_NONE, "that is the called side's answer" },
	{ 0, 3, REROUTE_ANSWER, REST_NONE, "it was redirected, but to no gateway that may be called" },
	{ 503, 5, REROUTE_GATEWAY, REST_ALWAYS, "the gateway is out of service" },
	{ 0, 5, REROUTE_GATEWAY, REST_ASKED, "the gateway failed" },
	{ 0, 6, REROUTE_ANSWER, REST_NONE, "the called person's answer holds everywhere" },
};

/* ITU-T Q.850: what a network says about itself, and what it says about whom we called. */
static const struct {
	unsigned q850;
	enum reroute what;
	const char *why;
} by_cause[] = {
	{ 1, REROUTE_ANSWER, "the number is not allocated" },
	{ 2, REROUTE_TRUNK, "this carrier has no route there" },
	{ 3, REROUTE_TRUNK, "this carrier has no route there" },
	{ 17, REROUTE_ANSWER, "busy is busy everywhere" },
	{ 18, REROUTE_ANSWER, "nobody answers there" },
	{ 19, REROUTE_ANSWER, "nobody answers there" },
	{ 20, REROUTE_ANSWER, "the called phone is away" },
	{ 21, REROUTE_ANSWER, "the called person refused" },
	{ 22, REROUTE_ANSWER, "the number has changed" },
	{ 28, REROUTE_ANSWER, "the number is not complete" },
	{ 34, REROUTE_GATEWAY, "no circuit is free behind this gateway" },
	{ 38, REROUTE_GATEWAY, "the network behind this gateway is out of order" },
	{ 41, REROUTE_GATEWAY, "the network behind this gateway failed for a moment" },
	{ 42, REROUTE_GATEWAY, "the network behind this gateway is congested" },
	{ 44, REROUTE_GATEWAY, "no circuit is free behind this gateway" },
	{ 47, REROUTE_GATEWAY, "no circuit is free behind this gateway" },
};

/* Which statuses are too blunt to be believed before a cause. */
static bool is_blunt(unsigned status)
{
	return status == 480 || status == 404 || status >= 500;
}

static unsigned rest_of(int rest, unsigned retry_after_s)
{
	if (rest == REST_NONE || (rest == REST_ASKED && !retry_after_s))
		return 0;
	if (!retry_after_s)
		return REROUTE_REST_S;
	return retry_after_s < REROUTE_REST_MAX_S ? retry_after_s : REROUTE_REST_MAX_S;
}

static const struct rule *rule_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(by_status) / sizeof(*by_status); i++)
		if (by_status[i].status == status ||
			(!by_status[i].status && by_status[i].hundred == status / 100))
			return &by_status[i];
	return NULL;
}

/* By the tables alone. */
static struct reroute_verdict decide(const struct reroute_end *end)
{
	const struct rule *rule = rule_of(end->sip_status);
	struct reroute_verdict v = { REROUTE_ANSWER, 0, "the call was over", false };

	if (end->no_response && !end->rang)
		return (struct reroute_verdict){ REROUTE_GATEWAY, REROUTE_REST_S,
			end->sip_status == 408 ? "the gateway did not respond"
					       : "the gateway could not be reached",
			false };
	if (end->rang)
		return (struct reroute_verdict){ REROUTE_ANSWER, 0, "it had rung: the call had arrived",
			false };
	if (!rule)
		return v;
	v = (struct reroute_verdict){ rule->what, rest_of(rule->rest, end->retry_after_s), rule->why, false };
	for (size_t i = 0; is_blunt(end->sip_status) && i < sizeof(by_cause) / sizeof(*by_cause); i++)
		if (by_cause[i].q850 == end->q850) {
			v.what = by_cause[i].what;
			v.why = by_cause[i].why;
			if (v.what == REROUTE_ANSWER)
				v.rest_s = 0;
		}
	return v;
}

/* A cause that the status says anyway may have been made from it: it tells nothing more. */
static bool is_answer_by_cause(const struct reroute_end *end)
{
	if (end->q850 == cause_from_status(end->sip_status))
		return false;
	for (size_t i = 0; is_blunt(end->sip_status) && i < sizeof(by_cause) / sizeof(*by_cause); i++)
		if (by_cause[i].q850 == end->q850)
			return by_cause[i].what == REROUTE_ANSWER;
	return false;
}

struct reroute_verdict reroute_decide(
	const struct reroute_end *end, const struct reroute_policy *route, const struct reroute_policy *trunk)
{
	struct reroute_verdict v = decide(end);
	enum reroute_choice choice = REROUTE_UNSAID;
	bool named = false, by_route;

	if (end->rang)
		return v;
	if (route)
		choice = reroute_chosen(route, end, &named);
	by_route = choice != REROUTE_UNSAID;
	if (!by_route && trunk)
		choice = reroute_chosen(trunk, end, &named);
	if (choice == REROUTE_STOP && v.what != REROUTE_ANSWER) {
		v.what = REROUTE_ANSWER;
		v.why = by_route ? "the route says that this is an answer"
				 : "the trunk says that this is an answer";
	} else if (choice == REROUTE_GO_ON && v.what == REROUTE_ANSWER &&
		   (named || !is_answer_by_cause(end))) {
		v.what = REROUTE_GATEWAY;
		v.why = by_route ? "the route goes on after this" : "the trunk goes on after this";
	} else {
		choice = REROUTE_UNSAID;
	}
	v.chosen = choice != REROUTE_UNSAID;
	return v;
}
