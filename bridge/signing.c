#include "bridge/signing.h"
#include "bridge/callerid.h"
#include "bridge/stir.h"
#include "sip/credential.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 8192 };

struct key {
	struct key *next;
	char trunk[SITE_NAME];
	struct signer *signer; /* owned; NULL: it could not be read */
};

struct signing {
	struct key *keys; /* owned */
};

/* ---- keys ---- */

/* NULL: it is in force; else why not. */
static const char *read_key(struct signer **out, const char *path)
{
	FILE *f = fopen(path, "re");
	char pem[KEY_BYTES];
	size_t n;
	enum call_err err;

	if (!f)
		return strerror(errno);
	setvbuf(f, NULL, _IONBF, 0); /* the only copy is ours */
	n = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	err = signer_read(out, pem, n);
	OPENSSL_cleanse(pem, sizeof(pem));
	return err ? "no private key of P-256 in PEM" : NULL;
}

static bool add_key(struct signing *s, const struct site_trunk *t)
{
	struct key *k = calloc(1, sizeof(*k));
	const char *why;

	if (!k)
		return false;
	memcpy(k->trunk, t->name, sizeof(k->trunk));
	why = read_key(&k->signer, t->sign_key);
	if (why)
		log_line(LOG_WARNING, NULL, "stir", "trunk %s: calls go out unsigned: %s: %s", t->name,
			t->sign_key, why);
	k->next = s->keys;
	s->keys = k;
	return true;
}

struct signing *signing_alloc(const struct site *site)
{
	struct signing *s = calloc(1, sizeof(*s));

	for (size_t i = 0; s && i < site->n_trunks; i++)
		if (site->trunks[i].sign_key[0] && !add_key(s, &site->trunks[i]))
			s = signing_free(s);
	return s;
}

struct signing *signing_free(struct signing *s)
{
	if (!s)
		return NULL;
	for (struct key *k = s->keys, *next; k; k = next) {
		next = k->next;
		signer_free(k->signer);
		free(k);
	}
	free(s);
	return NULL;
}

static const struct signer *signer_of(const struct signing *s, const char *trunk)
{
	const struct key *k = s->keys;

	while (k && strcmp(k->trunk, trunk) != 0)
		k = k->next;
	return k ? k->signer : NULL;
}

/* ---- tokens ---- */

static char level_of(const struct site_trunk *t, const struct signing_call *call)
{
	if (call->account[0] && call->own_number)
		return 'A';
	return call->account[0] && t->sign_others == SITE_OTHERS_B ? 'B' : 'C';
}

static const char *const level_words[] = { "the number shown is the account's own",
	"the account is known, the number shown is not one of its own",
	"the call is passed on, with a number that is not ours" };

/* One name on all nodes and trunks is one origin to whoever traces a call. */
static bool write_origid(const struct node *n, const struct site_trunk *t, char out[PASSPORT_ORIGID])
{
	char name[CONFIG_TEXT + SITE_NAME + 2];

	if (t->sign_origid[0]) {
		snprintf(out, PASSPORT_ORIGID, "%.63s", t->sign_origid);
		return true;
	}
	snprintf(name, sizeof(name), "%s/%s", n->config.node, t->name);
	return signer_origid(name, out);
}

/* NULL: it is signed; else why not. */
static const char *sign(const struct node *n, const struct signer *signer, const struct passport *p,
	char identity[IDENTITY_VALUE])
{
	static const char unwritten[] = "the token cannot be written";
	char text[PASSPORT_SIGNED];
	uint8_t signature[PASSPORT_SIGNATURE];
	const char *forbidden;

	if (passport_write(text, p) != CALL_OK)
		return unwritten;
	forbidden = stir_forbids(n, p->x5u, text);
	if (forbidden)
		return forbidden;
	return signer_sign(signer, text, strlen(text), signature) == CALL_OK &&
			       identity_write(identity, text, signature, p->x5u, p->ppt) == CALL_OK
		       ? NULL
		       : unwritten;
}

static bool fill(
	struct passport *p, const struct node *n, const struct site_trunk *t, const struct signing_call *call)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->ppt, "shaken", sizeof("shaken"));
	snprintf(p->x5u, sizeof(p->x5u), "%s", t->sign_certificate);
	snprintf(p->orig.name, sizeof(p->orig.name), "%s", call->caller + 1);
	snprintf(p->dest[0].name, sizeof(p->dest[0].name), "%s", call->called + 1);
	p->n_dest = 1;
	p->iat_s = (uint64_t)call->now_s;
	p->attest = level_of(t, call);
	return write_origid(n, t, p->origid);
}

static const char *unsigned_why(
	const struct signer *signer, const struct site_trunk *t, const struct signing_call *call)
{
	if (!signer)
		return "the trunk's key cannot be read";
	if (call->caller[0] != '+' || call->called[0] != '+')
		return "there is no number to speak for";
	if (!call->own_number && t->sign_others == SITE_OTHERS_UNSIGNED)
		return "the number shown is not one of the account's own";
	return t->privacy && !callerid_tells_hidden(t) ? "the caller's number is hidden from the carrier"
						       : NULL;
}

bool signing_make(const struct node *n, const struct site_trunk *trunk, const struct signing_call *call,
	char identity[IDENTITY_VALUE], struct cdr *note)
{
	const struct signer *signer = signer_of(n->signing, trunk->name);
	struct passport p;
	const char *why;

	if (!trunk->sign_key[0])
		return false;
	why = unsigned_why(signer, trunk, call);
	if (!why && !fill(&p, n, trunk, call))
		why = "the token cannot be written";
	if (!why)
		why = sign(n, signer, &p, identity);
	snprintf(note->verstat, sizeof(note->verstat), "%s", why ? "unsigned" : "signed");
	cdr_say(note, CDR_VERSTAT_WHY, "%s", why ? why : level_words[p.attest - 'A']);
	if (why)
		return false;
	note->attest[0] = p.attest;
	cdr_say(note, CDR_ORIGID, "%s", p.origid);
	return true;
}
