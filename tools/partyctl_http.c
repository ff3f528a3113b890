/* partyctl_http.c - requests to the bridge's control socket: all of libcurl. */
#include "tools/partyctl.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 5000, WHOLE_MS = 60000 };

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct ctl_answer *answer = arg;
	char *grown;

	n *= size;
	if (answer->len + n > CTL_BODY_MAX)
		return 0;
	grown = realloc(answer->body, answer->len + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + answer->len, bytes, n);
	answer->body = grown;
	answer->len += n;
	grown[answer->len] = '\0';
	return n;
}

/* What every request has in common.  The host name is only for the Host header. */
static void prepare(CURL *curl, const struct ctl *c, const char *path, char *url, size_t cap)
{
	snprintf(url, cap, "http://localhost%s", path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "partyctl");
}

static unsigned status_of(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

bool ctl_http(const struct ctl *c, const char *method, const char *path, const char *body, size_t len,
	struct ctl_answer *answer, char why[256])
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = NULL;
	char url[CTL_PATH_MAX + 32];
	CURLcode code;

	memset(answer, 0, sizeof(*answer));
	if (!curl) {
		snprintf(why, 256, "out of memory");
		return false;
	}
	prepare(curl, c, path, url, sizeof(url));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (body) {
		headers = curl_slist_append(headers, strncmp(path, "/v1/rates/", strlen("/v1/rates/")) == 0
							     ? "Content-Type: text/csv"
						     : body[0] == '{' ? "Content-Type: application/json"
								      : "Content-Type: application/yaml");
		headers = curl_slist_append(headers, "Expect:"); /* no waiting for a 100 */
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	}
	code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		answer->status = status_of(curl);
	else
		snprintf(why, 256, "%s", curl_easy_strerror(code));
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	if (code != CURLE_OK) {
		free(answer->body);
		answer->body = NULL;
	} else if (!answer->body) {
		answer->body = calloc(1, 1);
	}
	return code == CURLE_OK && answer->body;
}

struct follow {
	ctl_take_fn *take;
	void *arg;
	CURL *curl;
	bool stopped;
};

static size_t on_stream(char *bytes, size_t size, size_t n, void *arg)
{
	struct follow *f = arg;

	if (status_of(f->curl) == 200 && !f->take(f->arg, bytes, n * size)) {
		f->stopped = true;
		return 0;
	}
	return n * size;
}

/* `more` NULL: no further header. */
static bool follow(struct follow *f, const struct ctl *c, const char *path, const char *accept,
	const char *more, unsigned *status, char why[256])
{
	struct curl_slist *headers = NULL;
	char url[CTL_PATH_MAX + 32], header[128];
	CURLcode code;

	*status = 0;
	f->curl = curl_easy_init();
	if (!f->curl) {
		snprintf(why, 256, "out of memory");
		return false;
	}
	prepare(f->curl, c, path, url, sizeof(url));
	snprintf(header, sizeof(header), "Accept: %s", accept);
	headers = curl_slist_append(headers, header);
	if (more)
		headers = curl_slist_append(headers, more);
	curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, on_stream);
	curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
	code = curl_easy_perform(f->curl);
	*status = status_of(f->curl);
	curl_slist_free_all(headers);
	curl_easy_cleanup(f->curl);
	if (code != CURLE_OK)
		snprintf(why, 256, "%s", curl_easy_strerror(code));
	return code == CURLE_OK;
}

bool ctl_http_follow(const struct ctl *c, const char *path, const char *last_event_id, ctl_take_fn *take,
	void *arg, unsigned *status, char why[256])
{
	struct follow f = { .take = take, .arg = arg };
	char header[128];

	snprintf(header, sizeof(header), "Last-Event-ID: %s", last_event_id ? last_event_id : "");
	return follow(&f, c, path, "text/event-stream", last_event_id && last_event_id[0] ? header : NULL,
		       status, why) ||
	       f.stopped;
}

bool ctl_http_stream(const struct ctl *c, const char *path, const char *accept, ctl_take_fn *take, void *arg,
	unsigned *status, char why[256])
{
	struct follow f = { .take = take, .arg = arg };

	return follow(&f, c, path, accept, NULL, status, why);
}

bool ctl_path_add(char path[CTL_PATH_MAX], const char *plain, const char *escaped)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(path), n_plain = strlen(plain);

	if (n + n_plain + 3 * strlen(escaped) >= CTL_PATH_MAX)
		return false;
	memcpy(path + n, plain, n_plain);
	n += n_plain;
	for (const unsigned char *p = (const unsigned char *)escaped; *p; p++) {
		if (isalnum(*p) || strchr("-._~", *p)) { /* unreserved: RFC 3986 section 2.3 */
			path[n++] = (char)*p;
		} else {
			path[n++] = '%';
			path[n++] = hex[*p >> 4];
			path[n++] = hex[*p & 15];
		}
	}
	path[n] = '\0';
	return true;
}
