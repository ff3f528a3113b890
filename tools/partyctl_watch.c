/* partyctl_watch.c - the verb watch: events as they happen, resumed where they broke off. */
#include "tools/partyctl.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 15000, TEXT_MAX = 300 };

/* ---- the stream's grammar ---- */

static void on_field(struct ctl_sse *s, const char *name, const char *value)
{
	size_t n = strlen(value);

	if (strcmp(name, "data") == 0) {
		if (s->n_data + n + 2 > sizeof(s->data)) {
			s->too_long = true;
			return;
		}
		if (s->has_data)
			s->data[s->n_data++] = '\n';
		memcpy(s->data + s->n_data, value, n + 1);
		s->n_data += n;
		s->has_data = true;
	} else if (strcmp(name, "id") == 0 && n < sizeof(s->next_id)) {
		memcpy(s->next_id, value, n + 1);
	} else if (strcmp(name, "retry") == 0 && n > 0 && n < 6 && !value[strspn(value, "0123456789")]) {
		s->retry_ms = (unsigned)strtoul(value, NULL, 10);
	}
}

/* One whole line; false: the owner wants no more. */
static bool on_line(struct ctl_sse *s, ctl_event_fn *on_event, void *arg)
{
	char *line = s->line, *value;
	bool more = true;

	line[s->n_line] = '\0';
	s->n_line = 0;
	if (!*line) {
		memcpy(s->id, s->next_id, sizeof(s->id)); /* only now is the event whole */
		if (s->has_data && !s->too_long)
			more = on_event(arg, s->data);
		s->has_data = s->too_long = false;
		s->n_data = 0;
		return more;
	}
	value = strchr(line, ':');
	if (value)
		*value++ = '\0';
	if (value && *value == ' ')
		value++;
	on_field(s, line, value ? value : ""); /* an empty name is a comment: no field has it */
	return true;
}

bool ctl_sse_feed(struct ctl_sse *s, const char *bytes, size_t len, ctl_event_fn *on_event, void *arg)
{
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];
		bool second = c == '\n' && s->after_cr; /* of CR LF */

		s->after_cr = c == '\r';
		if (second)
			continue;
		if (c != '\n' && c != '\r') {
			if (s->n_line + 1 < sizeof(s->line))
				s->line[s->n_line++] = c;
			else
				s->too_long = true; /* the event is dropped, the stream goes on */
			continue;
		}
		if (!on_line(s, on_event, arg))
			return false;
	}
	return true;
}

/* ---- the verb ---- */

struct watch {
	struct ctl *ctl;
	struct ctl_sse sse;
	unsigned long left; /* events until we stop; 0: for ever */
	unsigned wait_ms;
	bool ended;
};

static void put_for_people(FILE *out, const json_t *event)
{
	char text[TEXT_MAX];
	const char *key;
	json_t *value;

	fprintf(out, "%s", ctl_value_text(json_object_get(event, "time"), text, sizeof(text)));
	fprintf(out, "  %-20s", ctl_value_text(json_object_get(event, "type"), text, sizeof(text)));
	json_object_foreach((json_t *)event, key, value)
	{
		if (strcmp(key, "seq") == 0 || strcmp(key, "time") == 0 || strcmp(key, "type") == 0 ||
			json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
			continue;
		fprintf(out, "  %s=%s", key, ctl_value_text(value, text, sizeof(text)));
	}
	fputc('\n', out);
}

static bool on_event(void *arg, const char *data)
{
	struct watch *w = arg;
	json_t *event = json_loads(data, 0, NULL);

	w->wait_ms = 0; /* it works: begin anew */
	if (event && w->ctl->json) {
		json_dumpf(event, w->ctl->out, JSON_COMPACT);
		fputc('\n', w->ctl->out);
	} else if (event) {
		put_for_people(w->ctl->out, event);
	}
	json_decref(event);
	if (fflush(w->ctl->out) != 0 || (event && w->left && --w->left == 0))
		w->ended = true;
	return !w->ended;
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
	struct watch *w = arg;

	return ctl_sse_feed(&w->sse, bytes, len, on_event, w);
}

/* Once to the end of the stream.  The first try has to succeed; a later one may fail while the bridge restarts. */
static enum ctl_exit follow(struct watch *w, bool first)
{
	char why[256] = "the bridge closed the stream";
	char path[CTL_PATH_MAX] = "/v1/events";
	struct ctl *c = w->ctl;
	unsigned status;
	bool reached;

	w->sse.n_line = w->sse.n_data = 0;
	w->sse.has_data = w->sse.too_long = w->sse.after_cr = false;
	memcpy(w->sse.next_id, w->sse.id, sizeof(w->sse.id));
	if ((c->events && !ctl_path_add(path, "?type=", c->events)) ||
		(c->account && !ctl_path_add(path, c->events ? "&account=" : "?account=", c->account)) ||
		(c->meeting &&
			!ctl_path_add(path, c->events || c->account ? "&meeting=" : "?meeting=", c->meeting)))
		return ctl_usage(c, "that is too long");
	reached = ctl_http_follow(c, path, w->sse.id, on_bytes, w, &status, why);
	if (w->ended)
		return CTL_OK;
	if (status >= 400) {
		fprintf(c->err, "partyctl: refused with HTTP status %u\n", status);
		return CTL_REFUSED;
	}
	if (first && !reached && status == 0) {
		fprintf(c->err, "partyctl: cannot reach the bridge at %s: %s\n", c->socket, why);
		return CTL_UNREACHED;
	}
	fprintf(c->err, "partyctl: %s; trying again\n", why);
	return CTL_OK;
}

/* What the bridge asked for, then twice as long each time. */
static void pause_before_retry(struct watch *w)
{
	struct timespec t;

	w->wait_ms = w->wait_ms ? w->wait_ms * 2 : w->sse.retry_ms;
	if (w->wait_ms > RETRY_MAX_MS)
		w->wait_ms = RETRY_MAX_MS;
	t = (struct timespec){ .tv_sec = w->wait_ms / 1000, .tv_nsec = w->wait_ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

enum ctl_exit ctl_watch(struct ctl *c)
{
	struct watch *w = calloc(1, sizeof(*w));
	enum ctl_exit code = CTL_OK;

	if (!w)
		return CTL_UNREACHED;
	w->ctl = c;
	w->left = c->limit ? strtoul(c->limit, NULL, 10) : 0;
	w->sse.retry_ms = RETRY_FIRST_MS;
	for (bool first = true; code == CTL_OK; first = false) {
		code = follow(w, first);
		if (w->ended || code)
			break;
		pause_before_retry(w);
	}
	free(w);
	return code;
}
