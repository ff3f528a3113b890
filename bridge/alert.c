#include "bridge/alert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alerts {
	struct alert list[ALERTS_MAX]; /* by kind */
	size_t n;
	int64_t now_us; /* of this round */
	uint64_t left_out;
	alert_fn tell;
	void *arg; /* borrowed */
};

static const struct {
	const char *name, *advice;
} kinds[ALERT_KINDS] = {
	[ALERT_DISK] = { "disk",
		"make room on the database's file system; call records wait in memory until then" },
	[ALERT_DISK_LOW] = { "disk_low", "make room on the database's file system before it is full" },
	[ALERT_TRUNK_DOWN] = { "trunk_down",
		"look at the trunk's gateways (partyctl trunks), their network and the carrier's notices" },
	[ALERT_UNREGISTERED] = { "trunk_unregistered", "check the trunk's username, password and realm; "
						       "partyctl trunks shows the registrar's answer" },
	[ALERT_QUALITY] = { "trunk_quality",
		"look at its calls (partyctl records --trunk TRUNK) and ask the carrier; "
		"partyctl trunks shows the figures" },
	[ALERT_UNASSIGNED] = { "number_unassigned",
		"give the number to an account (partyctl number create), or have the carrier take it back" },
	[ALERT_ONE_WAY] = { "one_way_audio", "check rtp.advertise, NAT and firewalls between this node and "
					     "the carrier's media addresses" },
	[ALERT_WORKER] = { "worker_overloaded",
		"new calls are refused: move meetings to another node, or give this one more cores" },
	[ALERT_CONTROL] = { "control_stalled",
		"look for another process that takes the machine's time, or for swapping" },
	[ALERT_RING] = { "ring_overflow", "messages of a media worker were dropped: the control thread is "
					  "too slow, see control_stalled" },
	[ALERT_CLOCK] = { "clock_step",
		"let NTP slew the clock; records around the step have odd durations" },
	[ALERT_CERTIFICATE] = { "certificate",
		"renew the file that the node's tls.certificate names; it is taken by itself" },
	[ALERT_BUDGET] = { "budget_blocked",
		"look at the account's records for fraud, then let it out: partyctl budget unblock ACCOUNT" },
	[ALERT_WEBHOOK] = { "webhook_stuck",
		"look at the receiver: partyctl webhook list shows its last answer; when it is mended: "
		"partyctl webhook retry WEBHOOK" },
};

const char *alert_kind_name(enum alert_kind kind)
{
	return kinds[kind].name;
}

const char *alert_advice(enum alert_kind kind)
{
	return kinds[kind].advice;
}

struct alerts *alerts_alloc(alert_fn tell, void *arg)
{
	struct alerts *a = calloc(1, sizeof(*a));

	if (a) {
		a->tell = tell;
		a->arg = arg;
	}
	return a;
}

struct alerts *alerts_free(struct alerts *a)
{
	free(a);
	return NULL;
}

void alerts_begin(struct alerts *a, int64_t now_us)
{
	a->now_us = now_us;
	for (size_t i = 0; i < a->n; i++)
		a->list[i].holds = false;
}

static struct alert *find(struct alerts *a, enum alert_kind kind, const char *subject)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].kind == kind && strcmp(a->list[i].subject, subject) == 0)
			return &a->list[i];
	return NULL;
}

/* Behind those of its kind. */
static struct alert *insert(struct alerts *a, enum alert_kind kind, const char *subject)
{
	size_t at = a->n;

	if (a->n == ALERTS_MAX) {
		a->left_out++;
		return NULL;
	}
	while (at > 0 && a->list[at - 1].kind > kind)
		at--;
	memmove(&a->list[at + 1], &a->list[at], (a->n - at) * sizeof(*a->list));
	a->n++;
	a->list[at] = (struct alert){ .kind = kind, .since_us = a->now_us };
	snprintf(a->list[at].subject, sizeof(a->list[at].subject), "%s", subject);
	return &a->list[at];
}

void alert_holds(
	struct alerts *a, enum alert_kind kind, const char *subject, bool critical, const char *text, ...)
{
	char name[ALERT_SUBJECT];
	struct alert *found;
	bool raised;
	va_list ap;

	snprintf(name, sizeof(name), "%s", subject);
	found = find(a, kind, name);
	raised = !found;
	if (!found)
		found = insert(a, kind, name);
	if (!found)
		return;
	found->critical = critical;
	found->holds = true;
	va_start(ap, text);
	vsnprintf(found->text, sizeof(found->text), text, ap);
	va_end(ap);
	if (raised)
		a->tell(a->arg, found, true);
}

void alerts_end(struct alerts *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (!a->list[i].holds)
			a->tell(a->arg, &a->list[i], false);
		else if (kept++ != i)
			a->list[kept - 1] = a->list[i];
	}
	a->n = kept;
}

const struct alert *alerts_list(const struct alerts *a, size_t *n)
{
	*n = a->n;
	return a->list;
}

uint64_t alerts_left_out(const struct alerts *a)
{
	return a->left_out;
}
