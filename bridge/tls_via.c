#include "bridge/tls_via.h"

enum { BODY_MAX = 1 << 20 };

static const char via[] = "Via: SIP/2.0/TCP", length[] = "Content-Length: ";

/* Is the byte at this column what the word has there?  (As Sofia-SIP writes them.) */
static bool goes_on(const char *word, size_t len, size_t column, uint8_t byte)
{
	return column >= len || (uint8_t)word[column] == byte;
}

static void end_line(struct tls_via *v)
{
	const bool empty = v->column == 0;

	v->column = 0;
	v->is_via = v->is_length = true;
	if (!empty) {
		v->in_headers = true;
	} else if (v->in_headers) { /* else a keep-alive between messages */
		v->body = v->length;
		*v = (struct tls_via){ .body = v->body };
	}
}

static void take(struct tls_via *v, uint8_t *byte)
{
	if (*byte == '\r')
		return;
	if (*byte == '\n') {
		end_line(v);
		return;
	}
	if (v->in_headers && v->is_via && !v->via_seen) {
		v->is_via = goes_on(via, sizeof(via) - 1, v->column, *byte);
		if (v->is_via && v->column == sizeof(via) - 3)
			*byte = 'L';
		if (v->is_via && v->column == sizeof(via) - 2) {
			*byte = 'S';
			v->via_seen = true;
		}
	}
	if (v->in_headers && v->is_length) {
		v->is_length = goes_on(length, sizeof(length) - 1, v->column, *byte);
		if (v->is_length && v->column >= sizeof(length) - 1 && *byte >= '0' && *byte <= '9' &&
			v->length < BODY_MAX)
			v->length = v->length * 10 + (size_t)(*byte - '0');
	}
	v->column++;
}

void tls_via(struct tls_via *v, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v->body > 0)
			v->body--;
		else
			take(v, &p[i]);
}

bool tls_via_between(const struct tls_via *v)
{
	return !v->in_headers && v->column == 0 && v->body == 0;
}
