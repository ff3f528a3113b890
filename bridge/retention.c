#include "bridge/retention.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t HOUR_US = 3600000000, DAY_US = 86400000000;

struct rule {
	char account[SITE_NAME]; /* "": all that the site does not have */
	int64_t before_us;
	bool more; /* the last batch was a full one */
};

struct sweep {                /* one round, batch by batch */
	struct retention *of; /* borrowed */
	struct rule *rules;   /* owned */
	size_t n;
	uint64_t deleted;
};

struct retention {
	struct writer *w; /* borrowed */
	bool due, sweeping;
	unsigned nobodys_days; /* 0: for ever */
	int64_t next_us;
	uint64_t deleted;
};

enum bridge_err retention_open(struct retention **out, struct writer *w)
{
	struct retention *r = calloc(1, sizeof(*r));

	if (!r)
		return BRIDGE_NOMEM;
	r->w = w;
	r->due = true;
	*out = r;
	return BRIDGE_OK;
}

struct retention *retention_close(struct retention *r)
{
	free(r);
	return NULL;
}

/* The disk thread: one batch of each account that has one. */
static enum bridge_err sweep_batch(void *arg, struct store *store)
{
	struct sweep *s = arg;
	enum bridge_err err = BRIDGE_OK;

	for (size_t i = 0; i < s->n && !err; i++) {
		struct rule *rule = &s->rules[i];
		unsigned n = 0;

		if (!rule->more)
			continue;
		err = rule->account[0]
			      ? store_expire_cdrs(store, rule->account, rule->before_us, RETENTION_BATCH, &n)
			      : store_expire_orphans(store, rule->before_us, RETENTION_BATCH, &n);
		rule->more = n == RETENTION_BATCH;
		s->deleted += n;
	}
	return err;
}

static void sweep_done(void *arg, enum bridge_err err, const char *text)
{
	struct sweep *s = arg;
	struct retention *r = s->of;
	bool more = false;

	(void)text; /* what could not be deleted is tried again in an hour */
	for (size_t i = 0; i < s->n; i++)
		more = more || s->rules[i].more;
	r->deleted += s->deleted;
	s->deleted = 0;
	if (more && !err) {
		writer_do(r->w, sweep_batch, sweep_done, s); /* behind whatever came meanwhile */
		return;
	}
	r->sweeping = false;
	free(s->rules);
	free(s);
}

static void add_rule(struct sweep *s, const char *account, unsigned days, int64_t now_us)
{
	struct rule *rule = &s->rules[s->n];

	if (!days)
		return;
	snprintf(rule->account, sizeof(rule->account), "%s", account);
	rule->before_us = now_us - (int64_t)days * DAY_US;
	rule->more = true;
	s->n++;
}

static struct sweep *sweep_of(struct retention *r, const struct site *site, int64_t now_us)
{
	struct sweep *s = calloc(1, sizeof(*s));

	if (s)
		s->rules = calloc(site->n_accounts + 1, sizeof(*s->rules));
	if (!s || !s->rules) {
		free(s);
		return NULL;
	}
	s->of = r;
	for (size_t i = 0; i < site->n_accounts; i++)
		add_rule(s, site->accounts[i].name, site->accounts[i].keep_days, now_us);
	add_rule(s, "", r->nobodys_days, now_us);
	return s;
}

void retention_tick(struct retention *r, const struct site *site, int64_t now_us)
{
	struct sweep *s;

	if (r->sweeping ||
		(!r->due && now_us < r->next_us && r->next_us - now_us <= RETENTION_HOURS * HOUR_US))
		return;
	s = sweep_of(r, site, now_us);
	if (!s)
		return;
	r->due = false;
	r->next_us = now_us + RETENTION_HOURS * HOUR_US;
	if (s->n == 0) {
		free(s->rules);
		free(s);
		return;
	}
	r->sweeping = true;
	writer_do(r->w, sweep_batch, sweep_done, s);
}

void retention_of_nobody(struct retention *r, unsigned keep_days)
{
	r->due = r->due || keep_days != r->nobodys_days;
	r->nobodys_days = keep_days;
}

void retention_due(struct retention *r)
{
	r->due = true;
}

bool retention_idle(const struct retention *r)
{
	return !r->sweeping;
}

uint64_t retention_deleted(const struct retention *r)
{
	return r->deleted;
}
