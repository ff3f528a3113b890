#include "bridge/log.h"
#include "bridge/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, TEXT_MAX_BYTES = 700, NODE_MAX_BYTES = 64 };

static struct {
	char node[NODE_MAX_BYTES]; /* set before threads start, and only read afterwards */
	atomic_bool json;
	atomic_int level; /* enum log_level */
} settings = { .level = LOG_INFO };

struct line {
	char text[LINE_MAX_BYTES];
	size_t n; /* never above LINE_MAX_BYTES - 3: room for the end of the line */
};

void log_open(const char *node, bool json, enum log_level level)
{
	snprintf(settings.node, sizeof(settings.node), "%s", node ? node : "");
	log_change(json, level);
}

void log_change(bool json, enum log_level level)
{
	atomic_store(&settings.json, json);
	atomic_store(&settings.level, (int)level);
}

static void put_raw(struct line *l, const char *text)
{
	for (; *text && l->n < LINE_MAX_BYTES - 3; text++)
		l->text[l->n++] = *text;
}

/* What came from outside stays on its line: controls are escaped, bytes that are no UTF-8 become '?'. */
static void put_text(struct line *l, const char *text, bool json)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		uint32_t character;
		size_t n = utf8_take(p, &character);
		char out[8];

		if (n == 0) {
			snprintf(out, sizeof(out), "?");
			n = 1;
		} else if (json && (*p == '"' || *p == '\\')) {
			snprintf(out, sizeof(out), "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			snprintf(out, sizeof(out), json ? "\\u%04x" : "\\x%02x", *p);
		} else {
			memcpy(out, p, n);
			out[n] = '\0';
		}
		if (l->n + strlen(out) > LINE_MAX_BYTES - 16)
			return; /* whole characters only, and room for what closes the line */
		put_raw(l, out);
		p += n;
	}
}

static void put_time(struct line *l)
{
	struct timespec now;
	struct tm utc;
	char text[40];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + n, sizeof(text) - n, ".%06ldZ", now.tv_nsec / 1000);
	put_raw(l, text);
}

static void put_member(struct line *l, const char *name, const char *text)
{
	put_raw(l, ",\"");
	put_raw(l, name);
	put_raw(l, "\":\"");
	put_text(l, text, true);
	put_raw(l, "\"");
}

static void write_line(const struct line *l)
{
	ssize_t put;

	do
		put = write(STDERR_FILENO, l->text, l->n);
	while (put < 0 && errno == EINTR);
}

void log_line(enum log_level level, const char *call, const char *area, const char *format, ...)
{
	static const char *const words[] = { "error", "warning", "info", "debug" };
	struct line l = { .n = 0 };
	char text[TEXT_MAX_BYTES];
	int saved = errno; /* a line about a failure does not hide it */
	va_list args;

	if ((int)level > atomic_load(&settings.level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (atomic_load(&settings.json)) {
		put_raw(&l, "{\"time\":\"");
		put_time(&l);
		put_raw(&l, "\"");
		put_member(&l, "level", words[level]);
		put_member(&l, "node", settings.node);
		put_member(&l, "area", area);
		if (call)
			put_member(&l, "call", call);
		put_member(&l, "text", text);
		put_raw(&l, "}");
	} else {
		put_time(&l);
		put_raw(&l, " ");
		put_raw(&l, words[level]);
		put_raw(&l, " ");
		put_text(&l, area, false);
		put_raw(&l, ": ");
		if (call) {
			put_raw(&l, "[");
			put_text(&l, call, false);
			put_raw(&l, "] ");
		}
		put_text(&l, text, false);
	}
	l.text[l.n++] = '\n';
	write_line(&l);
	errno = saved;
}

const char *log_number(char out[24], const char *number)
{
	enum { LEAD = 5, TAIL = 2, HIDDEN_MIN = 2 };
	size_t n = number ? strlen(number) : 0;
	size_t tail = n > TAIL + HIDDEN_MIN ? TAIL : 0;
	size_t lead = n > TAIL + HIDDEN_MIN ? n - TAIL - HIDDEN_MIN : 0;

	if (lead > LEAD)
		lead = LEAD;
	if (n == 0)
		snprintf(out, 24, "%s", "");
	else
		snprintf(out, 24, "%.*s..%.*s", (int)lead, number, (int)tail, number + n - tail);
	return out;
}
