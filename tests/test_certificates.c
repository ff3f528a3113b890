/* links: bridge/certificates.c bridge/x5u.c sip/credential.c sip/tnauth.c sip/der.c sip/claims.c sip/base64url.c sip/jread.c tests/pki.c */
/* The poster is the test's own: it keeps what it was asked, and answers when the test says so. */
#include "bridge/certificates.h"
#include "bridge/poster.h"
#include "tests/pki.h"
#include "tests/test.h"
#include "tests/test_dir.h"

#include <time.h>

#define URL "https://cr.example.org/a.pem"

struct poster {
	poster_done_fn done;
	void *arg;
	struct poster_job jobs[1000];
	unsigned n;
};

static struct poster post;

enum bridge_err poster_open(struct poster **out, poster_done_fn done, void *arg)
{
	post = (struct poster){ .done = done, .arg = arg };
	*out = &post;
	return BRIDGE_OK;
}

struct poster *poster_close(struct poster *p)
{
	(void)p;
	return NULL;
}

int poster_fd(const struct poster *p)
{
	(void)p;
	return 99;
}

void poster_poll(struct poster *p)
{
	(void)p;
}

enum bridge_err poster_post(struct poster *p, const struct poster_job *job, const char *body, size_t len)
{
	CHECK(p == &post && !body && !len && p->n < 1000, "a GET");
	p->jobs[p->n++] = *job;
	return BRIDGE_OK;
}

static int64_t age_s = -1; /* what the server says */

static void answer(unsigned job, unsigned status, const char *text)
{
	const struct poster_result r = { .id = post.jobs[job].id,
		.status = status,
		.why = "no way",
		.answer = text,
		.max_age_s = age_s,
		.answer_len = strlen(text) };

	post.done(post.arg, &r);
}

struct bed {
	struct test_dir dir;
	struct pki pki;
	struct pki_leaf leaf;
	struct certificates *c;
	struct config_stir config;
	unsigned came;
	char last[PASSPORT_URL];
	uint64_t now_s;
};

static void on_came(void *arg, const char *url)
{
	struct bed *b = arg;

	b->came++;
	snprintf(b->last, sizeof(b->last), "%s", url);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

static void begin(struct bed *b)
{
	char why[256];

	memset(b, 0, sizeof(*b));
	b->dir = test_dir_make();
	b->now_s = (uint64_t)time(NULL);
	CHECK(pki_open(&b->pki) && pki_issue(&b->pki, &(struct pki_order){ .spc = "709J" }, &b->leaf),
		"keys");
	write_file(test_dir_file(&b->dir, "anchors.pem"), b->pki.pem);
	snprintf(b->config.anchors, sizeof(b->config.anchors), "%s", b->dir.path); /* the directory */
	snprintf(b->config.hosts[0], sizeof(b->config.hosts[0]), "cr.example.org");
	snprintf(b->config.hosts[1], sizeof(b->config.hosts[1]), "192.0.2.1");
	b->config.n_hosts = 2;
	CHECK(certificates_open(&b->c, &b->config, on_came, b, why, sizeof(why)) == BRIDGE_OK, "%s", why);
}

static void end(struct bed *b)
{
	certificates_close(b->c);
	pki_leaf_close(&b->leaf);
	pki_close(&b->pki);
	test_dir_remove(&b->dir);
}

/* "coming", "good", or why not. */
static const char *ask(struct bed *b, const char *url)
{
	struct verify_credential got;

	certificates_begin(b->c, b->now_s);
	if (!certificates_get(b->c, url, &got))
		return "coming";
	return got.fault ? got.fault : got.credential ? "good" : "nothing";
}

TEST(fetched_once_and_kept_for_a_day)
{
	struct bed b;

	begin(&b);
	CHECK_STR("coming", ask(&b, URL), "first");
	CHECK_STR("coming", ask(&b, URL), "asked again");
	CHECK_INT(1, post.n, "fetched once");
	CHECK_STR(URL, post.jobs[0].url, "this one");
	CHECK(post.jobs[0].public_only && post.jobs[0].fetch_max == CERTIFICATES_BYTES, "with bounds");
	answer(0, 200, b.leaf.pem);
	CHECK_INT(1, b.came, "told");
	CHECK_STR(URL, b.last, "told");
	CHECK_STR("good", ask(&b, URL), "there");
	b.now_s += 86400 - 1;
	CHECK(strstr(ask(&b, URL), "expired"), "its certificate lasts an hour: the check is made anew");
	CHECK_INT(1, post.n, "and it is still kept");
	b.now_s += 1;
	CHECK_STR("coming", ask(&b, URL), "after a day");
	CHECK_INT(2, post.n, "fetched anew");
	end(&b);
}

/* RFC 9111: max-age counts, between a minute and a day. */
TEST(servers_say_how_long)
{
	static const struct {
		const char *story;
		int64_t max_age_s;
		unsigned kept_s;
	} cases[] = { { "an hour", 3600, 3600 }, { "not at all", 0, 60 }, { "a month", 2592000, 86400 },
		{ "nothing said", -1, 86400 } };
	struct bed b;

	begin(&b);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_STR("coming", ask(&b, URL), cases[i].story);
		age_s = cases[i].max_age_s;
		answer(i, 200, b.leaf.pem);
		b.now_s += cases[i].kept_s - 1;
		(void)ask(&b, URL);
		CHECK_INT(i + 1, post.n, cases[i].story);
		b.now_s += 1;
	}
	age_s = -1;
	end(&b);
}

/* A certificate that names its authority's list is used when that is here, or cannot be had. */
TEST(lists_that_certificates_name_are_fetched)
{
	static const struct {
		const char *story, *lists;
		unsigned status;
		bool revoked;
		const char *words;
	} cases[] = {
		{ "not on it", "https://cr.example.org/crl", 200, false, "good" },
		{ "on it", "https://cr.example.org/crl", 200, true, "was revoked" },
		{ "no list there", "https://cr.example.org/crl", 404, true, "good" },
		{ "from a host that nobody allowed", "https://evil.example/crl", 0, true, "good" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed b;
		char list[PKI_PEM];

		begin(&b);
		pki_leaf_close(&b.leaf);
		CHECK(pki_issue(&b.pki, &(struct pki_order){ .spc = "709J", .lists = cases[i].lists },
			      &b.leaf) &&
				pki_revoke(&b.pki, cases[i].revoked ? &b.leaf : NULL, 3600, list),
			"keys");
		CHECK_STR("coming", ask(&b, URL), cases[i].story);
		answer(0, 200, b.leaf.pem);
		if (cases[i].status) {
			CHECK_STR("coming", ask(&b, URL), "its list first");
			CHECK_STR(cases[i].lists, post.jobs[1].url, cases[i].story);
			answer(1, cases[i].status, list);
		}
		CHECK(strstr(ask(&b, URL), cases[i].words), "%s: %s", cases[i].story, ask(&b, URL));
		CHECK_INT(cases[i].status ? 2 : 1, post.n, "asked once");
		end(&b);
	}
}

/* The operator's own lists, read anew with everything else. */
TEST(lists_of_the_operator_are_read_anew)
{
	struct bed b;
	char list[PKI_PEM], why[256];
	const char *path;

	begin(&b);
	path = test_dir_file(&b.dir, "list.crl");
	CHECK(pki_revoke(&b.pki, NULL, 3600, list), "empty");
	write_file(path, list);
	snprintf(b.config.crls, sizeof(b.config.crls), "%s", path);
	CHECK(certificates_reload(b.c, &b.config, why, sizeof(why)) == BRIDGE_OK, "%s", why);
	ask(&b, URL);
	answer(0, 200, b.leaf.pem);
	CHECK_STR("good", ask(&b, URL), "not on it");
	CHECK(pki_revoke(&b.pki, &b.leaf, 3600, list), "revoked");
	write_file(path, list);
	CHECK(certificates_reload(b.c, &b.config, why, sizeof(why)) == BRIDGE_OK, "%s", why);
	ask(&b, URL);
	answer(1, 200, b.leaf.pem);
	CHECK(strstr(ask(&b, URL), "was revoked"), "%s", ask(&b, URL));
	write_file(path, "hello");
	CHECK_INT(BRIDGE_FILE, certificates_reload(b.c, &b.config, why, sizeof(why)), "no list");
	CHECK(strstr(why, "stir.crls: ") && strstr(why, "no revocation list"), "%s", why);
	CHECK(strstr(ask(&b, URL), "was revoked"), "what was in force stays");
	end(&b);
}

TEST(failures_are_remembered_for_a_minute)
{
	static const struct {
		unsigned status;
		const char *text, *words;
	} cases[] = { { 404, "", "answers 404" }, { 200, "hello", "no certificate" },
		{ 301, "", "answers 301" }, { 0, "", "cannot be fetched: no way" } };
	struct bed b;

	begin(&b);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CHECK_STR("coming", ask(&b, URL), cases[i].words);
		answer(i, cases[i].status, cases[i].text);
		b.now_s += 59;
		CHECK(strstr(ask(&b, URL), cases[i].words), "%s", cases[i].words);
		CHECK_INT(i + 1, post.n, "not asked again yet");
		b.now_s += 1;
	}
	end(&b);
}

TEST(what_is_fetched_has_bounds)
{
	struct bed b;
	char url[96];

	begin(&b);
	CHECK(strstr(ask(&b, "https://evil.example/a"), "not on the operator's list"), "a stranger's host");
	CHECK(strstr(ask(&b, "http://cr.example.org/a"), "not https"), "http");
	CHECK_STR("coming", ask(&b, "https://192.0.2.1/a"), "an address on the list");
	CHECK(!post.jobs[0].public_only, "is meant as it stands");
	for (unsigned i = 1; i < CERTIFICATES_UNDER_WAY; i++) {
		snprintf(url, sizeof(url), "https://cr.example.org/%u", i);
		CHECK_STR("coming", ask(&b, url), url);
	}
	CHECK(strstr(ask(&b, URL), "too many"), "one more");
	answer(0, 200, b.leaf.pem);
	CHECK_STR("coming", ask(&b, URL), "one came, one may go");
	for (unsigned i = 1; i < 600; i++) {
		snprintf(url, sizeof(url), "https://cr.example.org/%u", i + 15);
		answer(i, 200, b.leaf.pem);
		ask(&b, url);
	}
	CHECK(post.n >= 600, "%u were fetched", post.n);
	for (unsigned i = 600; i < post.n; i++)
		answer(i, 200, b.leaf.pem);
	CHECK_STR("coming", ask(&b, "https://192.0.2.1/a"), "the first was forgotten long ago");
	CHECK_STR("good", ask(&b, "https://cr.example.org/590"), "a late one is there");
	end(&b);
}

TEST(given_files_come_first_and_are_read_anew)
{
	struct bed b;
	struct config_stir with;
	char why[256], path[128];

	begin(&b);
	with = b.config;
	snprintf(path, sizeof(path), "%s", test_dir_file(&b.dir, "a.pem"));
	snprintf(with.anchors, sizeof(with.anchors), "%s", test_dir_file(&b.dir, "anchors.pem"));
	snprintf(with.certificates[0].url, sizeof(with.certificates[0].url), "%s", URL);
	snprintf(with.certificates[0].file, sizeof(with.certificates[0].file), "%s", path);
	with.n_certificates = 1;
	CHECK_INT(BRIDGE_FILE, certificates_reload(b.c, &with, why, sizeof(why)), "no file yet");
	CHECK(strstr(why, "a.pem") && strstr(why, "No such file"), "%s", why);
	CHECK_STR("coming", ask(&b, URL), "as before");
	write_file(path, "hello\n");
	CHECK_INT(BRIDGE_FILE, certificates_reload(b.c, &with, why, sizeof(why)), "no certificate");
	write_file(path, b.leaf.pem);
	CHECK_INT(BRIDGE_OK, certificates_reload(b.c, &with, why, sizeof(why)), why);
	CHECK_STR("good", ask(&b, URL), "from the file");
	answer(0, 200, "late");
	CHECK_STR("good", ask(&b, URL), "what comes late changes nothing");
	CHECK_INT(0, b.came, "nor is it told");
	snprintf(with.anchors, sizeof(with.anchors), "%s/none", b.dir.path);
	CHECK_INT(BRIDGE_FILE, certificates_reload(b.c, &with, why, sizeof(why)), "no anchors");
	CHECK_STR("good", ask(&b, URL), "as before");
	end(&b);
}

TESTS(servers_say_how_long, lists_that_certificates_name_are_fetched, lists_of_the_operator_are_read_anew,
	fetched_once_and_kept_for_a_day, failures_are_remembered_for_a_minute, what_is_fetched_has_bounds,
	given_files_come_first_and_are_read_anew)
