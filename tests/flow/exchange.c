#include "tests/flow/exchange.h"
#include <curl/curl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	const size_t used = strlen(x->text);
	char *more = realloc(x->text, used + size * n + 1);

	if (!more)
		return 0;
	memcpy(more + used, data, size * n);
	more[used + size * n] = '\0';
	x->text = more;
	return size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	const size_t used = strlen(x->headers);

	snprintf(x->headers + used, sizeof(x->headers) - used, "%.*s", (int)(size * n), data);
	return size * n;
}

struct exchange exchange(const struct bridge *b, const char *method, const char *path, const char *body, ...)
{
	struct exchange x = { .text = calloc(1, 1) };
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *curl = curl_easy_init();
	bool far = false;
	char url[1024];
	va_list args;

	va_start(args, body);
	for (const char *line = va_arg(args, const char *); line; line = va_arg(args, const char *)) {
		headers = curl_slist_append(headers, line);
		far = far || strncmp(line, "Authorization:", strlen("Authorization:")) == 0;
	}
	va_end(args);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", b->http_port, path);
	if (!far)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, b->control);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &x);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x.status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	x.body = x.text ? json_loads(x.text, JSON_DECODE_ANY, NULL) : NULL;
	return x;
}

void exchange_free(struct exchange *x)
{
	json_decref(x->body);
	free(x->text);
	memset(x, 0, sizeof(*x));
}

const char *exchange_header(const struct exchange *x, const char *name, char out[256])
{
	const size_t n = strlen(name);

	out[0] = '\0';
	for (const char *line = x->headers; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
			const char *value = line + n + 1 + strspn(line + n + 1, " ");

			snprintf(out, 256, "%.*s", (int)strcspn(value, "\r\n"), value);
		}
	return out;
}
