#include "sip/passport.h"
#include "sip/base64url.h"
#include "sip/jread.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- reading ---- */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~')
			return false;
	return true;
}

/* A member of ours; a key that comes twice could be read two ways. */
static bool once(struct jread *j, unsigned *seen, unsigned bit)
{
	if (*seen & bit)
		j->bad = true;
	*seen |= bit;
	return !j->bad;
}

static bool plain_text(struct jread *j, char *out, size_t cap)
{
	if (jread_text(j, out, cap) && !is_plain(out))
		j->bad = true;
	return !j->bad;
}

static bool read_header(struct passport *p, const char *text, size_t n)
{
	char key[PASSPORT_WORD];
	unsigned seen = 0;
	struct jread j;

	jread_open(&j, text, n);
	jread_object(&j);
	while (jread_member(&j, key, sizeof(key))) {
		if (strcmp(key, "alg") == 0 && once(&j, &seen, 1))
			plain_text(&j, p->alg, sizeof(p->alg));
		else if (strcmp(key, "typ") == 0 && once(&j, &seen, 2))
			plain_text(&j, p->typ, sizeof(p->typ));
		else if (strcmp(key, "ppt") == 0 && once(&j, &seen, 4))
			plain_text(&j, p->ppt, sizeof(p->ppt));
		else if (strcmp(key, "x5u") == 0 && once(&j, &seen, 8))
			plain_text(&j, p->x5u, sizeof(p->x5u));
		else if (strcmp(key, "crit") == 0)
			j.bad = true;
		else
			jread_skip(&j);
	}
	return jread_end(&j) && (seen & 1) && (seen & 8);
}

/* Digits as RFC 8225 section 5.2.1 wants them; a "+" before them is forgiven. */
static bool read_tn(struct jread *j, struct passport_party *out)
{
	char text[PASSPORT_NAME];
	const char *tn = text;
	size_t n;

	if (!jread_text(j, text, sizeof(text)))
		return false;
	if (*tn == '+')
		tn++;
	n = strspn(tn, "0123456789*#");
	if (n == 0 || tn[n] || n > 15)
		j->bad = true;
	out->is_uri = false;
	memcpy(out->name, tn, strlen(tn) + 1);
	return !j->bad;
}

static bool read_uri(struct jread *j, struct passport_party *out)
{
	out->is_uri = true;
	return plain_text(j, out->name, sizeof(out->name)) && out->name[0];
}

/* {"tn":"12155551212"} or {"uri":"sip:..."}: one of them. */
static void read_party(struct jread *j, struct passport_party *out)
{
	char key[PASSPORT_WORD];
	unsigned seen = 0;

	jread_object(j);
	while (jread_member(j, key, sizeof(key))) {
		const bool tn = strcmp(key, "tn") == 0;

		if (!tn && strcmp(key, "uri") != 0)
			jread_skip(j);
		else if (once(j, &seen, 1) && !(tn ? read_tn(j, out) : read_uri(j, out)))
			j->bad = true;
	}
	if (!seen)
		j->bad = true;
}

/* {"tn":["12125551213"],"uri":["sip:..."]} */
static void read_dest(struct jread *j, struct passport *p)
{
	char key[PASSPORT_WORD];

	jread_object(j);
	while (jread_member(j, key, sizeof(key))) {
		const bool tn = strcmp(key, "tn") == 0;

		if (!tn && strcmp(key, "uri") != 0) {
			jread_skip(j);
			continue;
		}
		jread_array(j);
		while (jread_item(j)) {
			if (p->n_dest == PASSPORT_DESTS) {
				j->bad = true;
				return;
			}
			if (tn ? read_tn(j, &p->dest[p->n_dest]) : read_uri(j, &p->dest[p->n_dest]))
				p->n_dest++;
		}
	}
	if (p->n_dest == 0)
		j->bad = true;
}

static void read_attest(struct jread *j, struct passport *p)
{
	char text[PASSPORT_WORD];

	if (!jread_text(j, text, sizeof(text)) || text[0] < 'A' || text[0] > 'C' || text[1])
		j->bad = true;
	else
		p->attest = text[0];
}

static bool read_claims(struct passport *p, const char *text, size_t n)
{
	enum { DEST = 1, IAT = 2, ORIG = 4, DIV = 8, ATTEST = 16, ORIGID = 32 };
	char key[PASSPORT_WORD];
	unsigned seen = 0;
	struct jread j;

	jread_open(&j, text, n);
	jread_object(&j);
	while (jread_member(&j, key, sizeof(key))) {
		if (strcmp(key, "dest") == 0 && once(&j, &seen, DEST))
			read_dest(&j, p);
		else if (strcmp(key, "iat") == 0 && once(&j, &seen, IAT))
			jread_whole(&j, &p->iat_s);
		else if (strcmp(key, "orig") == 0 && once(&j, &seen, ORIG))
			read_party(&j, &p->orig);
		else if (strcmp(key, "div") == 0 && once(&j, &seen, DIV))
			read_party(&j, &p->div);
		else if (strcmp(key, "attest") == 0 && once(&j, &seen, ATTEST))
			read_attest(&j, p);
		else if (strcmp(key, "origid") == 0 && once(&j, &seen, ORIGID))
			plain_text(&j, p->origid, sizeof(p->origid));
		else
			jread_skip(&j);
	}
	return jread_end(&j) && (seen & DEST) && (seen & IAT) && (seen & ORIG);
}

enum call_err passport_read(struct passport_token *out, struct span token, const char **why)
{
	struct span rest = token, header, claims;
	char text[BASE64URL_BYTES(PASSPORT_MAX)];
	size_t n;

	memset(out, 0, sizeof(*out));
	*why = "the token is too long";
	if (token.n > PASSPORT_MAX)
		return CALL_LIMIT;
	header = span_until(&rest, '.');
	claims = span_until(&rest, '.');
	*why = "the token is in the compact form, which is not taken";
	if (!header.n && !claims.n)
		return CALL_SYNTAX;
	out->text = (struct span){ header.p, (size_t)(claims.p + claims.n - header.p) };
	*why = "the token's header cannot be read";
	if (!base64url_read(text, sizeof(text), &n, header.p, header.n) ||
		!read_header(&out->passport, text, n))
		return CALL_SYNTAX;
	*why = "the token's claims cannot be read";
	if (!base64url_read(text, sizeof(text), &n, claims.p, claims.n) ||
		!read_claims(&out->passport, text, n))
		return CALL_SYNTAX;
	*why = "the token's signature is not one of ES256";
	if (strcmp(out->passport.alg, "ES256") != 0 ||
		!base64url_read(out->signature, sizeof(out->signature), &n, rest.p, rest.n) ||
		n != PASSPORT_SIGNATURE)
		return CALL_SYNTAX;
	*why = "the token is no PASSporT";
	if (out->passport.typ[0] && strcmp(out->passport.typ, "passport") != 0)
		return CALL_SYNTAX;
	*why = NULL;
	return CALL_OK;
}

/* ---- writing ---- */

struct sheet {
	char text[BASE64URL_BYTES(PASSPORT_SIGNED) / 2];
	size_t n;
	enum call_err err;
};

static void add(struct sheet *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct sheet *s, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->n, sizeof(s->text) - s->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(s->text) - s->n)
		s->err = CALL_LIMIT;
	else
		s->n += (size_t)n;
}

/* Nothing that we sign needs an escape; what does is refused. */
static void add_text(struct sheet *s, const char *text)
{
	if (!text[0] || !is_plain(text) || strpbrk(text, "\"\\"))
		s->err = CALL_RANGE;
	add(s, "\"%s\"", text);
}

static void add_member(struct sheet *s, const char *before, const char *key, const char *text)
{
	if (!text[0])
		return;
	add(s, "%s\"%s\":", before, key);
	add_text(s, text);
}

static void add_party(
	struct sheet *s, const char *before, const char *key, const struct passport_party *party)
{
	add(s, "%s\"%s\":{\"%s\":", before, key, party->is_uri ? "uri" : "tn");
	add_text(s, party->name);
	add(s, "}");
}

/* One kind of the destinations; true: there were some. */
static bool add_dests(struct sheet *s, const struct passport *p, bool uris, const char *before)
{
	bool any = false;

	for (size_t i = 0; i < p->n_dest; i++) {
		if (p->dest[i].is_uri != uris)
			continue;
		if (any)
			add(s, ",");
		else
			add(s, "%s\"%s\":[", before, uris ? "uri" : "tn");
		add_text(s, p->dest[i].name);
		any = true;
	}
	if (any)
		add(s, "]");
	return any;
}

static void write_header(struct sheet *s, const struct passport *p)
{
	add(s, "{\"alg\":\"ES256\"");
	add_member(s, ",", "ppt", p->ppt);
	add(s, ",\"typ\":\"passport\"");
	add_member(s, ",", "x5u", p->x5u);
	add(s, "}");
}

static void write_claims(struct sheet *s, const struct passport *p)
{
	const char attest[2] = { p->attest, '\0' };
	bool tns;

	add(s, "{");
	add_member(s, "", "attest", attest);
	add(s, "%s\"dest\":{", p->attest ? "," : "");
	tns = add_dests(s, p, false, "");
	add_dests(s, p, true, tns ? "," : "");
	add(s, "}");
	if (p->div.name[0])
		add_party(s, ",", "div", &p->div);
	add(s, ",\"iat\":%llu", (unsigned long long)p->iat_s);
	add_party(s, ",", "orig", &p->orig);
	add_member(s, ",", "origid", p->origid);
	add(s, "}");
}

enum call_err passport_write(char out[PASSPORT_SIGNED], const struct passport *p)
{
	struct sheet header = { .n = 0 }, claims = { .n = 0 };
	size_t n;

	if (p->n_dest == 0 || p->n_dest > PASSPORT_DESTS || !p->x5u[0])
		return CALL_RANGE;
	write_header(&header, p);
	write_claims(&claims, p);
	if (header.err || claims.err)
		return header.err ? header.err : claims.err;
	if (!base64url_write(out, PASSPORT_SIGNED, header.text, header.n))
		return CALL_LIMIT;
	n = strlen(out);
	out[n++] = '.';
	return base64url_write(out + n, PASSPORT_SIGNED - n, claims.text, claims.n) ? CALL_OK : CALL_LIMIT;
}
