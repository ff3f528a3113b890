#include "bridge/stir.h"
#include "bridge/callerid.h"
#include "bridge/certificates.h"
#include "bridge/leg_priv.h"
#include "bridge/signing.h"
#include "dialplan/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 25, VALUES_MAX = 32768, WAITS_MAX = 2000 };

/* A call that waits for a certificate. */
struct wait {
	struct wait *next;
	uint32_t leg;
	uint64_t deadline_us;
	char caller[NUMBER_E164], called[NUMBER_E164];
	char *values[CALL_IDENTITIES]; /* owned; what `verify` points into */
	struct verify verify;
};

struct stir {
	struct certificates *certificates; /* owned */
	bool trusts;                       /* there are anchors */
	unsigned wait_ms;
	struct wait *waits; /* owned */
	unsigned n_waits;
	uint64_t counts[VERSTAT_FAILED + 1];
	stir_fn go_on;
};

/* ---- one call's verdict ---- */

static uint64_t now_s(void)
{
	return (uint64_t)(when_now_us() / 1000000);
}

static void note(struct leg *leg, const struct verify_result *result)
{
	struct cdr *cdr = &leg->cdr;

	leg->proof = result->verstat;
	leg->proof_refuses = result->status;
	leg->node->stir->counts[result->verstat]++;
	snprintf(cdr->verstat, sizeof(cdr->verstat), "%s", verstat_words(result->verstat));
	cdr->attest[0] = result->attest;
	cdr_say(cdr, CDR_ORIGID, "%s", result->origid);
	cdr_say(cdr, CDR_VERSTAT_WHY, "%s", result->why);
	leg_emit(leg, "call.verified");
	log_line(LOG_INFO, cdr_text(cdr, CDR_CALL_ID), "stir", "%s%s%s: %s", cdr->verstat,
		cdr->attest[0] ? " " : "", cdr->attest, cdr_text(cdr, CDR_VERSTAT_WHY));
}

static void note_none(struct leg *leg, unsigned status, const char *why)
{
	struct verify_result result = { .verstat = VERSTAT_NONE, .status = status };

	snprintf(result.why, sizeof(result.why), "%s", why);
	note(leg, &result);
}

/* False: a certificate is coming, and there is time. */
static bool decide(struct stir *s, struct wait *w, struct leg *leg, bool time_is_up)
{
	const struct verify_call call = { w->caller, w->called, now_s() };
	struct verify_credential credentials[IDENTITY_TOKENS] = { { NULL, NULL } };
	struct verify_result result;

	certificates_begin(s->certificates, call.now_s);
	for (size_t i = 0; i < w->verify.n; i++) {
		const char *url = verify_wants(&w->verify, i, call.now_s);

		if (!url || certificates_get(s->certificates, url, &credentials[i]))
			continue;
		if (!time_is_up)
			return false;
		if (!credentials[i].credential)
			credentials[i].fault = "the certificate was not there in time";
	}
	verify_decide(&w->verify, credentials, &call, &result);
	note(leg, &result);
	return true;
}

static void wait_free(struct wait *w)
{
	for (size_t i = 0; i < CALL_IDENTITIES; i++)
		free(w->values[i]);
	free(w);
}

static bool keep_values(struct wait *w, const struct call_invite *invite)
{
	for (size_t i = 0; i < invite->n_identities; i++) {
		w->values[i] = strndup(invite->identities[i], VALUES_MAX);
		if (!w->values[i])
			return false;
	}
	verify_read(&w->verify, (const char *const *)w->values, invite->n_identities);
	return true;
}

/* The number that is shown, so that no token for another one vouches for it; of who shows none what the carrier knows. */
static void read_caller(
	char out[NUMBER_E164], const struct call_invite *invite, const struct site_trunk *trunk)
{
	const char *const from = invite->from_user, *const asserted = invite->asserted;
	const bool believed = asserted[0] && callerid_believes(trunk, "P-Asserted-Identity");
	struct number number;

	out[0] = '\0';
	if (number_parse(&number, believed ? asserted : from, &trunk->country) == PLAN_OK ||
		number_parse(&number, asserted, &trunk->country) == PLAN_OK)
		memcpy(out, number.e164, sizeof(number.e164));
}

/* ---- waiting ---- */

static void on_tick(void *arg);

static void enlist(struct node *n, struct wait *w)
{
	struct stir *s = n->stir;

	w->deadline_us = loop_now_us() + s->wait_ms * 1000ull;
	w->next = s->waits;
	s->waits = w;
	if (s->n_waits++ == 0)
		loop_every(n->loop, TICK_MS, on_tick, n);
}

/* Looks at all who wait: because something came, or as time goes by. */
static void look(struct node *n, bool came)
{
	const uint64_t soon_us = loop_now_us() + TICK_MS * 1000ull; /* the next look would be too late */
	struct stir *s = n->stir;
	struct wait *due = NULL;

	for (struct wait **at = &s->waits; *at;) {
		struct wait *w = *at;
		struct leg *leg = leg_find(n, w->leg);
		const bool time_is_up = w->deadline_us <= soon_us;

		if (leg && leg->call && !((came || time_is_up) && decide(s, w, leg, time_is_up))) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		s->n_waits--;
		w->next = due;
		due = w;
	}
	if (!s->waits)
		loop_never(n->loop, on_tick, n);
	for (struct wait *w = due, *next; w; w = next) { /* who goes on may change the list */
		struct leg *leg = leg_find(n, w->leg);

		next = w->next;
		if (leg && leg->call)
			s->go_on(leg);
		wait_free(w);
	}
}

static void on_tick(void *arg)
{
	look(arg, false);
}

static void on_came(void *arg, const char *url)
{
	(void)url;
	look(arg, true);
}

static void on_fetched(void *arg)
{
	struct node *n = arg;

	certificates_poll(n->stir->certificates);
}

/* ---- what others ask of it ---- */

bool stir_begin(struct leg *leg, const struct site_trunk *trunk, const struct call_invite *invite)
{
	struct stir *s = leg->node->stir;
	struct wait *w;

	if (!trunk || trunk->stir == SITE_STIR_IGNORE)
		return true;
	if (!s->trusts) {
		note_none(leg, 436, "the node file names no trust anchors");
		return true;
	}
	w = calloc(1, sizeof(*w));
	if (!w || !keep_values(w, invite)) {
		note_none(leg, 436, "out of memory");
	} else {
		w->leg = leg->id;
		read_caller(w->caller, invite, trunk);
		memcpy(w->called, leg->cdr.number, sizeof(w->called));
		if (!decide(s, w, leg, s->n_waits >= WAITS_MAX)) {
			enlist(leg->node, w);
			return false;
		}
	}
	if (w)
		wait_free(w);
	return true;
}

unsigned stir_refuses(const struct leg *leg, const struct site_trunk *trunk)
{
	return trunk && trunk->stir == SITE_STIR_REQUIRE ? leg->proof_refuses : 0;
}

const char *stir_forbids(const struct node *n, const char *url, const char *text)
{
	const struct credential *own = certificates_given(n->stir->certificates, url);

	return own ? credential_claims(own, (struct span){ text, strlen(text) }) : NULL;
}

uint64_t stir_count(const struct node *n, enum verstat verstat)
{
	return n->stir->counts[verstat];
}

enum bridge_err stir_open(struct node *n, stir_fn go_on, char *why, size_t why_cap)
{
	struct stir *s = calloc(1, sizeof(*s));
	enum bridge_err err;

	if (!s)
		return BRIDGE_NOMEM;
	n->stir = s;
	s->go_on = go_on;
	s->wait_ms = n->config.stir.wait_ms;
	s->trusts = n->config.stir.anchors[0] != '\0';
	err = certificates_open(&s->certificates, &n->config.stir, on_came, n, why, why_cap);
	if (!err && certificates_fd(s->certificates) >= 0 &&
		loop_watch(n->loop, certificates_fd(s->certificates), on_fetched, n) != CALL_OK)
		err = BRIDGE_NOMEM;
	return err;
}

void stir_close(struct node *n)
{
	struct stir *s = n->stir;

	if (!s)
		return;
	for (struct wait *w = s->waits, *next; w; w = next) {
		next = w->next;
		wait_free(w);
	}
	if (s->certificates && certificates_fd(s->certificates) >= 0)
		loop_unwatch(n->loop, certificates_fd(s->certificates));
	certificates_close(s->certificates);
	free(s);
	n->stir = NULL;
}

enum bridge_err stir_reload(struct node *n, const struct config *fresh, char *why, size_t why_cap)
{
	enum bridge_err err = certificates_reload(n->stir->certificates, &fresh->stir, why, why_cap);

	struct signing *keys = err ? NULL : signing_alloc(n->site);

	if (err)
		return err;
	n->stir->trusts = fresh->stir.anchors[0] != '\0';
	n->stir->wait_ms = fresh->stir.wait_ms;
	if (!keys)
		return BRIDGE_NOMEM;
	signing_free(n->signing);
	n->signing = keys;
	return BRIDGE_OK;
}
