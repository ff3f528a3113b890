#include "bridge/standing.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000, MS_US = 1000 };

static int64_t now_s(void)
{
	return when_now_us() / SECOND_US;
}

static bool has_bounds(const struct carrier *c)
{
	const struct repute_rules *r = &c->repute.rules;

	return r->min_asr || r->min_ccr || r->min_acd_s || r->max_pdd_ms;
}

const char *standing_word(const struct carrier *c)
{
	return !has_bounds(c) ? "unbounded" : c->repute.low ? "low" : "good";
}

json_t *standing_json(const struct carrier *c)
{
	struct repute_figures f;

	repute_figures(&c->repute, now_s(), &f);
	return json_pack("{s:s, s:o, s:i, s:o, s:o, s:o, s:o}", "standing", standing_word(c), "since",
		when_json(c->repute.since_s * SECOND_US), "calls", (int)f.calls, "asr",
		f.calls ? json_integer(f.asr) : json_null(), "ccr",
		f.calls ? json_integer(f.ccr) : json_null(), "pdd_ms",
		f.rung ? json_integer(f.pdd_ms) : json_null(), "acd_s",
		f.talks ? json_integer(f.acd_s) : json_null());
}

/* What routing is to make of it. */
static void heed(struct node *n, const struct carrier *c)
{
	enum route_standing standing = ROUTE_GOOD;

	if (c->demotes && c->repute.low)
		standing = repute_probe_due(&c->repute, now_s()) ? ROUTE_PROBED : ROUTE_LOW;
	dialling_standing(n->dialling, c->name, standing);
}

static void note_change(
	struct node *n, struct carrier *c, enum repute_change change, const struct repute_figures *f)
{
	const bool fell = change == REPUTE_FELL;
	char words[REPUTE_TEXT];

	if (change == REPUTE_SAME)
		return;
	repute_words(&c->repute, f, words);
	snprintf(c->low_why, sizeof(c->low_why), "%s", words);
	event_emit(n->bus, fell ? "trunk.quality_low" : "trunk.quality_ok",
		json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:b}", "trunk", c->name, "why", words, "calls",
			(int)f->calls, "asr", (int)f->asr, "ccr", (int)f->ccr, "pdd_ms", (int)f->pdd_ms,
			"acd_s", (int)f->acd_s, "demoted", fell && c->demotes));
	log_line(fell ? LOG_WARNING : LOG_INFO, NULL, "trunk", "%s %s: %s", c->name,
		fell ? "does badly" : "does well again", words);
	heed(n, c);
}

/* RFC 6076 section 4.7: that a call was not answered was the doing of who was called. */
static bool reached(bool answered, unsigned status, unsigned q850)
{
	if (answered || status == 480 || status == 486 || status == 600 || status == 603)
		return true;
	return q850 == Q850_BUSY || q850 == Q850_NO_ANSWER;
}

void standing_call(
	struct node *n, const char *trunk, bool answered, unsigned status, unsigned q850, uint32_t rang_us)
{
	struct carrier *c = carrier_find(n, trunk);
	const struct repute_call call = { .at_s = now_s(),
		.pdd_ms = rang_us ? rang_us / MS_US + 1 : 0,
		.answered = answered,
		.reached = reached(answered, status, q850) };
	struct repute_figures f;

	if (!c)
		return;
	note_change(n, c, repute_call(&c->repute, &call, &f), &f);
	c->learned = true;
}

void standing_talk(struct node *n, const char *trunk, uint32_t talked_s)
{
	struct carrier *c = carrier_find(n, trunk);
	struct repute_figures f;

	if (!c)
		return;
	note_change(n, c, repute_talk(&c->repute, now_s(), talked_s, &f), &f);
	c->learned = true;
}

void standing_decided(struct node *n, const struct route_decision *d)
{
	for (unsigned i = 0; i < d->n_tries; i++) {
		struct carrier *c =
			d->tries[i].standing == ROUTE_PROBED ? carrier_find(n, d->tries[i].trunk) : NULL;

		if (!c)
			continue;
		repute_probed(&c->repute, now_s());
		heed(n, c);
	}
}

void standing_use_site(struct carrier *c, const struct site_trunk *t, const struct carrier *kept)
{
	if (kept) {
		c->repute = kept->repute;
		c->learned = kept->learned;
		memcpy(c->low_why, kept->low_why, sizeof(c->low_why));
	} else {
		repute_init(&c->repute);
	}
	repute_set_rules(&c->repute, &t->quality);
	c->demotes = t->demotes;
	heed(c->node, c);
}

bool standing_take(struct carrier *c, const char *text)
{
	const struct repute *r = &c->repute;
	bool read = true;

	if (!r->n_calls && !r->n_talks && !r->since_s)
		read = repute_read(&c->repute, text);
	heed(c->node, c);
	return read;
}

void standing_tick(struct node *n)
{
	for (const struct carrier *c = n->carriers; c; c = c->next)
		heed(n, c);
}
