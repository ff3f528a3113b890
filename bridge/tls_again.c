/* tls_again.c - who has connected to us is judged again when certificates change: a renewed one is shown to nobody before they connect
 * anew, and whom our authorities vouch for no longer must not go on making calls by the connection that they have.  Where a certificate is what
 * lets them in (tls_door_order.asks) they are put out at once. */
#include "bridge/tls_priv.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

/* Does what it showed hold by the authorities in force? */
static bool holds(SSL_CTX *ctx, SSL *ssl)
{
	X509 *shown = SSL_get1_peer_certificate(ssl);
	X509_STORE_CTX *verdict = ctx && shown ? X509_STORE_CTX_new() : NULL;
	const bool is = verdict &&
			X509_STORE_CTX_init(verdict, SSL_CTX_get_cert_store(ctx), shown,
				SSL_get_peer_cert_chain(ssl)) == 1 &&
			X509_STORE_CTX_set_default(verdict, "ssl_client") == 1 &&
			X509_verify_cert(verdict) == 1;

	X509_STORE_CTX_free(verdict);
	X509_free(shown);
	ERR_clear_error();
	return is;
}

static SSL_CTX *held(SSL_CTX *ctx)
{
	return ctx && SSL_CTX_up_ref(ctx) == 1 ? ctx : NULL;
}

static void withdraw(struct tls_link *l, struct tls_notice *note)
{
	pthread_mutex_lock(&l->tls->lock);
	l->peer.withdrawn = true;
	pthread_mutex_unlock(&l->tls->lock);
	note->n_withdrawn++;
}

/* Checking takes its time: the control thread does not wait for the lock meanwhile. */
static void judge(struct tls_link *l, SSL_CTX *ctx, unsigned round, struct tls_notice *note)
{
	const bool shown = l->peer.n_names || l->door->asks;
	const bool withdrawn = shown && !l->peer.withdrawn && !holds(ctx, l->ssl);

	l->round = round;
	if (withdrawn)
		withdraw(l, note);
	l->dead = l->dead || (withdrawn && l->door->asks); /* swept in a second */
	if (atomic_load(&l->lasts) || l->retired_ms) {
		note->n_links += l->dead && withdrawn;
		return;
	}
	l->retired_ms = tls_now_ms();
	note->n_links++;
}

void tls_again_look(struct tls *t)
{
	struct tls_notice note = { .event = TLS_LINKS_RETIRED };
	SSL_CTX *ctx, *asks;
	unsigned round;

	pthread_mutex_lock(&t->lock);
	round = t->round;
	ctx = held(t->ctx);
	asks = held(t->ctx_asks);
	pthread_mutex_unlock(&t->lock);
	for (struct tls_link *l = t->links; l; l = l->next) /* none but this thread changes the list */
		if (l->door && l->state == TLS_LINK_OPEN && l->round != round)
			judge(l, l->door->asks ? asks : ctx, round, &note);
	SSL_CTX_free(ctx);
	SSL_CTX_free(asks);
	if (!note.n_links && !note.n_withdrawn)
		return;
	pthread_mutex_lock(&t->lock);
	tls_notice(t, &note);
	pthread_mutex_unlock(&t->lock);
}
