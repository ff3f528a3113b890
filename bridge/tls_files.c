/* tls_files.c - the files of certificates: loaded whole or not at all, and anew when they have changed. */
#include "bridge/tls_priv.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct tls_stamp tls_stamp_of(const char *path)
{
	struct stat st;

	if (!path[0] || stat(path, &st) != 0)
		return (struct tls_stamp){ .size = -1 };
	return (struct tls_stamp){ .mtime_ns = st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec,
		.ctime_ns = st.st_ctim.tv_sec * 1000000000ll + st.st_ctim.tv_nsec,
		.size = st.st_size,
		.inode = st.st_ino };
}

bool tls_stamp_same(const struct tls_stamp *a, const struct tls_stamp *b)
{
	return a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns && a->size == b->size &&
	       a->inode == b->inode;
}

static void keep(char out[TLS_PATH], const char *path)
{
	snprintf(out, TLS_PATH, "%s", path ? path : "");
}

static void stamp_all(const struct tls *t, struct tls_stamp out[TLS_SOURCES])
{
	out[0] = tls_stamp_of(t->files.certificate);
	out[1] = tls_stamp_of(t->files.key);
	out[2] = tls_stamp_of(t->files.ca);
	out[3] = tls_stamp_of(t->files.client_ca);
}

static bool all_same(const struct tls_stamp a[TLS_SOURCES], const struct tls_stamp b[TLS_SOURCES])
{
	for (size_t i = 0; i < TLS_SOURCES; i++)
		if (!tls_stamp_same(&a[i], &b[i]))
			return false;
	return true;
}

static bool is_kept(const char have[TLS_PATH], const char *path)
{
	return strcmp(have, path ? path : "") == 0;
}

/* Asked for again, and all as it was: who is connected may stay so. */
static bool is_news(const struct tls *t, const struct tls_files *files)
{
	struct tls_stamp now[TLS_SOURCES];

	stamp_all(t, now);
	return !t->round || !all_same(now, t->in_force) ||
	       !is_kept(t->files.certificate, files->certificate) || !is_kept(t->files.key, files->key) ||
	       !is_kept(t->files.ca, files->ca) || !is_kept(t->files.client_ca, files->client_ca);
}

/* Both directions, whole or not at all. */
enum bridge_err tls_files_load(struct tls *t, const struct tls_files *files, char *why, size_t why_cap)
{
	SSL_CTX *in = NULL, *asks = NULL, *out = NULL;
	enum bridge_err err = tls_context_in(&in, files, why, why_cap);

	if (!err)
		err = tls_context_asks(&asks, files, why, why_cap);
	if (!err)
		err = tls_context_out(&out, files, why, why_cap);
	if (err) {
		SSL_CTX_free(in);
		SSL_CTX_free(asks);
		return err;
	}
	pthread_mutex_lock(&t->lock);
	SSL_CTX_free(t->ctx); /* what was made from it holds it */
	SSL_CTX_free(t->ctx_asks);
	t->ctx = in;
	t->ctx_asks = asks;
	t->expires_s = in ? tls_context_expiry_s(SSL_CTX_get0_certificate(in)) : 0;
	if (is_news(t, files))
		t->round++; /* contexts for ways are made anew when they are next wanted */
	keep(t->files.certificate, files->certificate);
	keep(t->files.key, files->key);
	keep(t->files.ca, files->ca);
	keep(t->files.client_ca, files->client_ca);
	stamp_all(t, t->stamps);
	memcpy(t->seen, t->stamps, sizeof(t->seen));
	memcpy(t->in_force, t->stamps, sizeof(t->in_force));
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(out); /* it was possible */
	return BRIDGE_OK;
}

/* Files that have changed are taken when they are still for one round: whoever writes two of them is at the second by then. */
static void look(struct tls *t)
{
	struct tls_stamp now[TLS_SOURCES];
	char certificate[TLS_PATH], key[TLS_PATH], ca[TLS_PATH], client_ca[TLS_PATH],
		why[TLS_WORDS * 3] = "out of memory";
	const struct tls_files files = { certificate, key, ca, client_ca };
	bool due;

	pthread_mutex_lock(&t->lock);
	stamp_all(t, now);
	due = !all_same(now, t->stamps) && all_same(now, t->seen);
	memcpy(t->seen, now, sizeof(now));
	if (due)
		memcpy(t->stamps, now, sizeof(now)); /* tried once, whatever comes of it */
	memcpy(certificate, t->files.certificate, sizeof(certificate));
	memcpy(key, t->files.key, sizeof(key));
	memcpy(ca, t->files.ca, sizeof(ca));
	memcpy(client_ca, t->files.client_ca, sizeof(client_ca));
	pthread_mutex_unlock(&t->lock);
	if (!due)
		return;
	if (tls_files_load(t, &files, why, sizeof(why)) == BRIDGE_OK)
		snprintf(why, sizeof(why), "the files have changed");
	else
		due = false;
	pthread_mutex_lock(&t->lock);
	tls_tell(t, due ? TLS_FILES_TAKEN : TLS_FILES_REFUSED, NULL, why);
	pthread_mutex_unlock(&t->lock);
}

void tls_files_look(struct tls *t, uint64_t at_ms)
{
	if (at_ms - t->looked_ms < TLS_FILES_MS)
		return;
	t->looked_ms = at_ms;
	pthread_mutex_lock(&t->loading);
	look(t);
	pthread_mutex_unlock(&t->loading);
	tls_way_look(t);
	tls_again_look(t);
}
