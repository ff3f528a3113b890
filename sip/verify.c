#include "sip/verify.h"

#include <stdio.h>
#include <string.h>

enum { /* RFC 8224 section 6.2.2 */
	STALE = 403,
	USE_IDENTITY = 428,
	BAD_INFO = 436,
	UNSUPPORTED_CREDENTIAL = 437,
	INVALID_IDENTITY = 438
};

static bool is_div(const struct passport *p)
{
	return strcmp(p->ppt, "div") == 0;
}

static bool is_shaken(const struct passport *p)
{
	return strcmp(p->ppt, "shaken") == 0;
}

/* ---- reading ---- */

/* What header and token say of each other (RFC 8224 section 4.1). */
static const char *header_fault(const struct identity *id, const struct passport *p)
{
	if (id->alg[0] && strcasecmp(id->alg, p->alg) != 0)
		return "the Identity header and its token name different algorithms";
	if (id->ppt[0] && strcmp(id->ppt, p->ppt) != 0)
		return "the Identity header and its token are of different kinds";
	if (id->info[0] && strcmp(id->info, p->x5u) != 0)
		return "the Identity header and its token name different certificates";
	if (is_div(p) && !p->div.name[0])
		return "a div token says not whom the call was for";
	if (is_shaken(p) && (!p->attest || !p->origid[0]))
		return "a shaken token without attest or origid";
	return NULL;
}

static void add(struct verify *v, const struct identity *id)
{
	struct verify_token *t = &v->tokens[v->n];
	const struct passport *p = &t->token.passport;

	if (passport_read(&t->token, id->token, &t->fault) == CALL_OK)
		t->fault = header_fault(id, p);
	if (!t->fault && p->ppt[0] && !is_shaken(p) && !is_div(p))
		v->n_others++;
	else
		v->n++;
}

void verify_read(struct verify *out, const char *const values[], size_t n)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		struct span rest = { values[i], strlen(values[i]) };
		struct identity id;
		enum call_err err;

		while ((err = identity_read(&id, &rest)) != CALL_NO_MATCH) {
			if (out->n == IDENTITY_TOKENS) {
				out->too_many = true;
				return;
			}
			if (!err) {
				add(out, &id);
				continue;
			}
			out->tokens[out->n++].fault = err == CALL_LIMIT
							      ? "the token is too long"
							      : "the Identity header cannot be read";
		}
	}
}

/* Seconds since it was made; negative: it will be. */
static int64_t age_s(const struct passport *p, uint64_t now_s)
{
	return (int64_t)(now_s - p->iat_s);
}

static bool is_fresh(const struct passport *p, uint64_t now_s)
{
	return age_s(p, now_s) <= VERIFY_FRESH_S && age_s(p, now_s) >= -VERIFY_FRESH_S;
}

const char *verify_wants(const struct verify *v, size_t i, uint64_t now_s)
{
	const struct passport *p = &v->tokens[i].token.passport;

	return v->tokens[i].fault || !is_fresh(p, now_s) ? NULL : p->x5u;
}

/* ---- deciding ---- */

static void say(struct verify_result *out, enum verstat verstat, unsigned status, const char *why)
{
	out->verstat = verstat;
	out->status = status;
	snprintf(out->why, sizeof(out->why), "%s", why);
}

static void say_stale(struct verify_result *out, int64_t age)
{
	char text[VERIFY_WHY];

	snprintf(text, sizeof(text), "Stale Date: the token was made %lld s %s",
		(long long)(age < 0 ? -age : age), age < 0 ? "from now" : "ago");
	say(out, VERSTAT_FAILED, STALE, text);
}

static bool same_number(const struct passport_party *party, const char *e164)
{
	return !party->is_uri && e164 && e164[0] == '+' && strcmp(party->name, e164 + 1) == 0;
}

static bool is_for(const struct passport *p, const char *e164)
{
	for (size_t i = 0; i < p->n_dest; i++)
		if (same_number(&p->dest[i], e164))
			return true;
	return false;
}

static bool is_for_party(const struct passport *p, const struct passport_party *party)
{
	for (size_t i = 0; i < p->n_dest; i++)
		if (p->dest[i].is_uri == party->is_uri && strcmp(p->dest[i].name, party->name) == 0)
			return true;
	return false;
}

/* May this certificate speak for whoever signs this token? A div is signed for the number that the call was for. */
static bool may_speak(const struct passport *p, const struct tnauth *numbers)
{
	const struct passport_party *who = is_div(p) ? &p->div : &p->orig;

	if (!who->is_uri && tnauth_holds(numbers, who->name))
		return true;
	return numbers->spc[0] && (is_shaken(p) || is_div(p));
}

/* Is the token itself good, whatever the call?  False: *out says why not. */
static bool is_good(const struct verify_token *t, const struct verify_credential *c,
	const struct verify_call *call, struct verify_result *out)
{
	const struct passport *p = &t->token.passport;
	const char *restricted;

	if (t->fault) {
		say(out, VERSTAT_FAILED, INVALID_IDENTITY, t->fault);
		return false;
	}
	if (!is_fresh(p, call->now_s)) {
		say_stale(out, age_s(p, call->now_s));
		return false;
	}
	if (!c->credential) { /* nothing is proven either way */
		say(out, VERSTAT_NONE, BAD_INFO, c->fault);
		return false;
	}
	if (c->fault) {
		say(out, VERSTAT_FAILED, UNSUPPORTED_CREDENTIAL, c->fault);
		return false;
	}
	if (!may_speak(p, credential_numbers(c->credential))) {
		say(out, VERSTAT_FAILED, UNSUPPORTED_CREDENTIAL,
			"the certificate may not speak for the caller's number");
		return false;
	}
	restricted = credential_claims(c->credential, t->token.text);
	if (restricted) {
		say(out, VERSTAT_FAILED, UNSUPPORTED_CREDENTIAL, restricted);
		return false;
	}
	if (!credential_verify(c->credential, t->token.text, t->token.signature)) {
		say(out, VERSTAT_FAILED, INVALID_IDENTITY, "the signature is not the certificate's");
		return false;
	}
	return true;
}

/* The div token that takes the call on from where `from` was for; SIZE_MAX: none. */
static size_t next_div(const struct verify *v, const struct passport *from, unsigned used)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct passport *p = &v->tokens[i].token.passport;

		if (!(used & 1u << i) && !v->tokens[i].fault && is_div(p) && is_for_party(from, &p->div))
			return i;
	}
	return SIZE_MAX;
}

/* Both numbers by name: which one is asked for, and which one the token, or the last of its diversions, was made for. */
static void say_elsewhere(
	struct verify_result *out, const struct passport *from, const struct verify_call *call)
{
	const struct passport_party *first = &from->dest[0];
	char text[VERIFY_WHY];

	snprintf(text, sizeof(text), "the token was made for %s%.40s, %.17s is called",
		first->is_uri ? "" : "+", first->name, call->called[0] ? call->called : "another number");
	say(out, VERSTAT_FAILED, INVALID_IDENTITY, text);
}

/* Was the call for us, or led to us? */
static bool reaches(const struct verify *v, const struct verify_credential *credentials,
	const struct verify_call *call, const struct passport *from, struct verify_result *out)
{
	const struct passport_party orig = from->orig;
	unsigned used = 0;

	while (!is_for(from, call->called)) {
		const size_t i = next_div(v, from, used);

		if (i == SIZE_MAX) {
			say_elsewhere(out, from, call);
			return false;
		}
		if (!is_good(&v->tokens[i], &credentials[i], call, out))
			return false;
		used |= 1u << i;
		from = &v->tokens[i].token.passport;
		if (from->orig.is_uri != orig.is_uri || strcmp(from->orig.name, orig.name) != 0) {
			say(out, VERSTAT_FAILED, INVALID_IDENTITY, "a div token is about another caller");
			return false;
		}
	}
	return true;
}

static void decide_one(const struct verify *v, const struct verify_credential *credentials,
	const struct verify_call *call, size_t i, struct verify_result *out)
{
	const struct passport *p = &v->tokens[i].token.passport;

	if (!is_good(&v->tokens[i], &credentials[i], call, out))
		return;
	if (!same_number(&p->orig, call->caller)) {
		say(out, VERSTAT_FAILED, INVALID_IDENTITY, "the token is about another caller");
		return;
	}
	if (!reaches(v, credentials, call, p, out))
		return;
	say(out, VERSTAT_PASSED, 0, "the caller's number is proven");
	out->attest = p->attest;
	memcpy(out->origid, p->origid, sizeof(out->origid));
}

void verify_decide(const struct verify *v, const struct verify_credential *credentials,
	const struct verify_call *call, struct verify_result *out)
{
	size_t best = SIZE_MAX;

	memset(out, 0, sizeof(*out));
	if (v->too_many) {
		say(out, VERSTAT_FAILED, INVALID_IDENTITY, "more Identity tokens than are looked at");
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct verify_token *t = &v->tokens[i];

		if (is_div(&t->token.passport))
			continue;
		if (best == SIZE_MAX || v->tokens[best].fault ||
			(!t->fault && t->token.passport.iat_s > v->tokens[best].token.passport.iat_s))
			best = i;
	}
	if (best == SIZE_MAX)
		say(out, VERSTAT_NONE, USE_IDENTITY,
			v->n + v->n_others ? "no Identity header of a kind that proves a caller"
					   : "no Identity header");
	else
		decide_one(v, credentials, call, best, out);
}

const char *verify_phrase(unsigned status)
{
	return status == STALE ? "Stale Date" : NULL;
}

const char *verstat_words(enum verstat verstat)
{
	static const char *const words[] = { [VERSTAT_UNSET] = "",
		[VERSTAT_NONE] = "none",
		[VERSTAT_PASSED] = "passed",
		[VERSTAT_FAILED] = "failed" };

	return words[verstat];
}
