#include "bridge/certificates.h"
#include "bridge/poster.h"
#include "bridge/x5u.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DAY_S = 86400,
	AGAIN_S = 60,
	FETCH_WHY = 96
}; /* a certificate is kept for AGAIN_S to DAY_S, as its server says */

enum entry_state { ENTRY_COMING, ENTRY_HERE, ENTRY_NOT };

struct entry {
	struct entry *next;
	char url[PASSPORT_URL];
	enum entry_state state;
	struct credential *credential; /* owned; NULL unless HERE */
	char why[FETCH_WHY];           /* NOT: why */
	uint64_t until_s;              /* when it is forgotten */
	const char *fault;             /* of its check; NULL: good */
	uint64_t checked_until_s;      /* how long `fault` holds; 0: not checked yet */
	uint64_t job;                  /* COMING */
	bool is_list; /* of what was revoked: with the anchors when HERE, and no credential */
};

/* What the operator's files say. */
struct trusted {
	struct anchors *anchors; /* owned */
	struct entry *given;     /* owned */
};

struct certificates {
	struct config_stir config;
	struct trusted trusted;
	struct entry *fetched; /* owned, the newest first */
	size_t n_fetched, n_under_way;
	struct poster *poster; /* owned; NULL: nothing is fetched */
	uint64_t last_job;
	uint64_t now_s; /* of the last question */
	certificates_fn on_came;
	void *arg; /* borrowed from the opener */
};

/* ---- files ---- */

struct reason {          /* why a file is refused, for the operator */
	const char *key; /* of `stir` in the node file */
	char *text;
	size_t cap;
};

static enum bridge_err refuse_file(const struct reason *why, const char *path, const char *what)
{
	snprintf(why->text, why->cap, "stir.%s: %.160s: %s", why->key, path, what);
	return BRIDGE_FILE;
}

static enum bridge_err read_file(const char *path, char **out, size_t *n, const struct reason *why)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(CREDENTIAL_PEM + 1) : NULL;

	*n = text ? fread(text, 1, CREDENTIAL_PEM + 1, f) : 0;
	if (!f || ferror(f) || *n > CREDENTIAL_PEM) {
		refuse_file(why, path, f && *n > CREDENTIAL_PEM ? "too long" : strerror(errno));
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	*out = text;
	return text ? BRIDGE_OK : BRIDGE_FILE;
}

typedef size_t add_fn(struct anchors *a, const char *text, size_t n);

static enum bridge_err add_file(
	struct trusted *t, add_fn *add, size_t *count, const char *path, const struct reason *why)
{
	char *pem;
	size_t n;
	enum bridge_err err = read_file(path, &pem, &n, why);

	if (err)
		return err;
	*count += add(t->anchors, pem, n);
	free(pem);
	return BRIDGE_OK;
}

static enum bridge_err add_directory(
	struct trusted *t, add_fn *add, size_t *count, const char *path, const struct reason *why)
{
	DIR *d = opendir(path);
	enum bridge_err err = BRIDGE_OK;
	struct dirent *e;
	struct stat st;
	char file[CONFIG_TEXT + 256];

	while (d && !err && (e = readdir(d))) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			err = add_file(t, add, count, file, why);
	}
	if (!d)
		return refuse_file(why, path, strerror(errno));
	closedir(d);
	return err;
}

/* A file, or all of a directory; `nothing` is what is said when there is nothing of the kind in it. */
static enum bridge_err add_path(
	struct trusted *t, add_fn *add, const char *path, const char *nothing, const struct reason *why)
{
	enum bridge_err err;
	size_t count = 0;
	struct stat st;

	if (!path[0])
		return BRIDGE_OK;
	err = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? add_directory(t, add, &count, path, why)
							  : add_file(t, add, &count, path, why);
	return !err && count == 0 ? refuse_file(why, path, nothing) : err;
}

static struct entry *entry_alloc(const char *url)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e)
		snprintf(e->url, sizeof(e->url), "%s", url);
	return e;
}

static void entry_free(struct entry *e)
{
	credential_free(e->credential);
	free(e);
}

static enum bridge_err read_given(
	struct trusted *t, const char *url, const char *path, const struct reason *why)
{
	struct entry *e = entry_alloc(url);
	enum bridge_err err = e ? BRIDGE_OK : BRIDGE_NOMEM;
	char *pem = NULL;
	size_t n;

	if (!err)
		err = read_file(path, &pem, &n, why);
	if (!err && credential_read(&e->credential, pem, n) != CALL_OK)
		err = refuse_file(why, path, "no certificate can be read in it");
	free(pem);
	if (err) {
		free(e);
		return err;
	}
	e->state = ENTRY_HERE;
	e->until_s = UINT64_MAX;
	e->next = t->given;
	t->given = e;
	return BRIDGE_OK;
}

static void trusted_free(struct trusted *t)
{
	for (struct entry *e = t->given, *next; e; e = next) {
		next = e->next;
		entry_free(e);
	}
	anchors_free(t->anchors);
}

static enum bridge_err trusted_read(
	struct trusted *out, const struct config_stir *config, char *why, size_t why_cap)
{
	struct trusted t = { .given = NULL };
	enum bridge_err err = anchors_alloc(&t.anchors) == CALL_OK ? BRIDGE_OK : BRIDGE_NOMEM;

	if (!err)
		err = add_path(&t, anchors_add, config->anchors, "no certificate in it",
			&(struct reason){ "anchors", why, why_cap });
	if (!err)
		err = add_path(&t, anchors_revoke, config->crls, "no revocation list in it",
			&(struct reason){ "crls", why, why_cap });

	for (size_t i = 0; !err && i < config->n_certificates; i++)
		err = read_given(&t, config->certificates[i].url, config->certificates[i].file,
			&(struct reason){ "certificates", why, why_cap });
	if (err)
		trusted_free(&t);
	else
		*out = t;
	return err;
}

/* ---- the cache ---- */

static void forget_all(struct certificates *c)
{
	for (struct entry *e = c->fetched, *next; e; e = next) {
		next = e->next;
		entry_free(e);
	}
	c->fetched = NULL;
	c->n_fetched = c->n_under_way = 0;
}

static void forget(struct certificates *c, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	c->n_fetched--;
	entry_free(e);
}

static bool is_over(const struct entry *e, uint64_t now_s)
{
	return e->state != ENTRY_COMING && e->until_s <= now_s;
}

/* The oldest that is not coming; NULL: none. */
static struct entry **oldest(struct certificates *c)
{
	struct entry **last = NULL;

	for (struct entry **at = &c->fetched; *at; at = &(*at)->next)
		if ((*at)->state != ENTRY_COMING)
			last = at;
	return last;
}

void certificates_begin(struct certificates *c, uint64_t now_s)
{
	struct entry **at = &c->fetched;

	c->now_s = now_s;
	while (*at) {
		if (is_over(*at, now_s))
			forget(c, at);
		else
			at = &(*at)->next;
	}
	while (c->n_fetched + IDENTITY_TOKENS > CERTIFICATES_CACHE && (at = oldest(c)))
		forget(c, at);
}

static struct entry *find(struct entry *list, const char *url)
{
	while (list && strcmp(list->url, url) != 0)
		list = list->next;
	return list;
}

/* ---- fetching ---- */

/* As its server says, within bounds: a call that comes now must be able to use it, and a change be seen within a day. */
static uint64_t kept_s(const struct poster_result *r)
{
	if (r->max_age_s < 0 || r->max_age_s > DAY_S)
		return DAY_S;
	return r->max_age_s < AGAIN_S ? AGAIN_S : (uint64_t)r->max_age_s;
}

/* Who was found good without the list is looked at again. */
static bool use_list(struct certificates *c, const struct poster_result *r)
{
	if (!anchors_revoke(c->trusted.anchors, r->answer, r->answer_len))
		return false;
	for (struct entry *e = c->fetched; e; e = e->next)
		e->checked_until_s = 0;
	for (struct entry *e = c->trusted.given; e; e = e->next)
		e->checked_until_s = 0;
	return true;
}

static void keep(struct certificates *c, struct entry *e, const struct poster_result *r)
{
	if (r->status == 200 &&
		(e->is_list ? use_list(c, r)
			    : credential_read(&e->credential, r->answer, r->answer_len) == CALL_OK)) {
		e->state = ENTRY_HERE;
		e->until_s = c->now_s + kept_s(r);
		return;
	}
	e->state = ENTRY_NOT;
	e->until_s = c->now_s + AGAIN_S;
	if (r->status == 200)
		snprintf(e->why, sizeof(e->why), "what is at the certificate's URL is no certificate");
	else if (r->status)
		snprintf(e->why, sizeof(e->why), "the certificate's server answers %u", r->status);
	else
		snprintf(e->why, sizeof(e->why), "the certificate cannot be fetched: %.60s", r->why);
}

static void on_fetched(void *arg, const struct poster_result *r)
{
	struct certificates *c = arg;
	struct entry *e = c->fetched;

	while (e && !(e->state == ENTRY_COMING && e->job == r->id))
		e = e->next;
	if (!e)
		return; /* forgotten in a reload */
	c->n_under_way--;
	keep(c, e, r);
	c->on_came(c->arg, e->url);
}

/* NULL: under way; else why not. */
static const char *fetch(struct certificates *c, const char *url, bool is_list)
{
	struct poster_job job = { .id = ++c->last_job,
		.fetch_max = is_list ? CREDENTIAL_PEM : CERTIFICATES_BYTES };
	bool by_address;
	const char *why = x5u_refused(url, c->config.hosts, c->config.n_hosts, &by_address);
	struct entry *e;

	if (why || !c->poster)
		return why ? why : "certificates are not fetched";
	if (c->n_under_way >= CERTIFICATES_UNDER_WAY)
		return "too many certificates are being fetched";
	e = entry_alloc(url);
	if (!e)
		return "out of memory";
	snprintf(job.url, sizeof(job.url), "%s", url);
	snprintf(job.ca, sizeof(job.ca), "%s", c->config.ca);
	job.public_only = !by_address;
	if (poster_post(c->poster, &job, NULL, 0) != BRIDGE_OK) {
		entry_free(e);
		return "out of memory";
	}
	e->state = ENTRY_COMING;
	e->is_list = is_list;
	e->job = job.id;
	e->next = c->fetched;
	c->fetched = e;
	c->n_fetched++;
	c->n_under_way++;
	return NULL;
}

/* ---- what others ask ---- */

static void check(struct certificates *c, struct entry *e)
{
	uint64_t until_s;

	if (e->checked_until_s > c->now_s)
		return;
	e->fault = credential_check(e->credential, c->trusted.anchors, c->now_s, &until_s);
	e->checked_until_s = e->fault ? c->now_s + AGAIN_S : until_s;
}

/* Is the list of its authority here, or not to be had?  Without it the certificate is taken as it is. */
static bool list_settled(struct certificates *c, const struct entry *e)
{
	char url[PASSPORT_URL];
	const struct entry *list;

	if (e->fault || !credential_lists(e->credential, url))
		return true;
	list = find(c->fetched, url);
	if (list)
		return list->state != ENTRY_COMING;
	return fetch(c, url, true) != NULL;
}

bool certificates_get(struct certificates *c, const char *url, struct verify_credential *out)
{
	struct entry *e = find(c->trusted.given, url);
	bool settled;

	memset(out, 0, sizeof(*out));
	if (!e)
		e = find(c->fetched, url);
	if (!e) {
		out->fault = fetch(c, url, false);
		return out->fault != NULL;
	}
	if (e->state == ENTRY_COMING)
		return false;
	if (e->is_list) {
		out->fault = "a revocation list is no certificate";
		return true;
	}
	if (e->state == ENTRY_NOT) {
		out->fault = e->why;
		return true;
	}
	check(c, e);
	settled = list_settled(c, e);
	check(c, e);
	out->credential = e->credential;
	out->fault = e->fault;
	return settled;
}

enum bridge_err certificates_open(struct certificates **out, const struct config_stir *config,
	certificates_fn on_came, void *arg, char *why, size_t why_cap)
{
	struct certificates *c = calloc(1, sizeof(*c));
	enum bridge_err err;

	if (!c)
		return BRIDGE_NOMEM;
	c->config = *config;
	c->on_came = on_came;
	c->arg = arg;
	err = trusted_read(&c->trusted, config, why, why_cap);
	if (!err && config->n_hosts)
		err = poster_open(&c->poster, on_fetched, c);
	if (err) {
		certificates_close(c);
		return err;
	}
	*out = c;
	return BRIDGE_OK;
}

struct certificates *certificates_close(struct certificates *c)
{
	if (!c)
		return NULL;
	poster_close(c->poster);
	forget_all(c);
	trusted_free(&c->trusted);
	free(c);
	return NULL;
}

enum bridge_err certificates_reload(
	struct certificates *c, const struct config_stir *config, char *why, size_t why_cap)
{
	struct trusted fresh;
	enum bridge_err err = trusted_read(&fresh, config, why, why_cap);

	if (err)
		return err;
	trusted_free(&c->trusted);
	c->trusted = fresh;
	c->config = *config;
	forget_all(c);
	return BRIDGE_OK;
}

const struct credential *certificates_given(const struct certificates *c, const char *url)
{
	const struct entry *e = find(c->trusted.given, url);

	return e ? e->credential : NULL;
}

int certificates_fd(const struct certificates *c)
{
	return c->poster ? poster_fd(c->poster) : -1;
}

void certificates_poll(struct certificates *c)
{
	poster_poll(c->poster);
}
