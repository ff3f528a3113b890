/* links: sip/framing.c sip/redact.c sip/glance.c sip/body.c sip/candidate.c sip/sdp_read.c bridge/trace.c bridge/ladder.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/log.c dialplan/money.c bridge/texts.c */
/* Any stream is framed, redacted, kept and shown; no key of a description gets through, and a ladder is plain text. */
#include "bridge/ladder.h"
#include "bridge/trace.h"
#include "sip/framing.h"
#include "sip/redact.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(so)                                                                                            \
	do {                                                                                                 \
		if (!(so))                                                                                   \
			abort();                                                                             \
	} while (0)

static void keep(void *arg, const char *text, size_t len)
{
	const struct tap_message m = { .rx = true, .text = text, .len = len };
	static char out[8192];
	struct glance g;

	trace_message(arg, 1, &m);
	if (glance_read(&g, text, len))
		CLAIM(redact_message(out, sizeof(out), &g) < sizeof(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct trace_call *calls[TRACE_LEGS];
	struct framing f = { .n = 0 };
	struct trace *t;
	struct ladder l = { .calls = calls };
	size_t half = size ? data[0] * size / 256 : 0;
	char *text;

	CLAIM(trace_alloc(&t, 4, 65536) == BRIDGE_OK);
	framing_feed(&f, (const char *)data, half, keep, t);
	framing_feed(&f, (const char *)data + half, size - half, keep, t);
	keep(t, (const char *)data, size);
	l.n_calls = trace_find(t, "a", calls);
	text = ladder_text(&l);
	CLAIM(text);
	for (const char *p = text; *p; p++)
		CLAIM(*p == '\n' || (*p >= ' ' && *p <= '~'));
	free(text);
	json_decref(ladder_json(&l));
	framing_clear(&f);
	trace_free(t);
	return 0;
}
