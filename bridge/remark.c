#include "bridge/remark.h"

#include "bridge/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void remark_message(void *arg, const struct tap_message *message)
{
	struct node *n = arg;

	if (n->trace)
		trace_message(n->trace, when_now_us(), message);
}

/* Whom no trunk vouches for stays a stranger, and among their few. */
void remark_begin(const struct leg *leg)
{
	const struct cdr *cdr = &leg->cdr;

	trace_named(leg->node->trace, cdr_text(cdr, CDR_CALL_ID),
		&(struct trace_name){
			cdr->id, cdr_text(cdr, CDR_DIALOUT), cdr->account, cdr->trunk[0] != '\0' });
}

static void note(struct node *n, const char *call_id, const char *format, va_list args)
{
	char text[TRACE_NOTE];

	vsnprintf(text, sizeof(text), format, args);
	trace_note(n->trace, call_id, when_now_us(), text);
}

void remark(const struct leg *leg, const char *format, ...)
{
	va_list args;

	if (!leg->node->trace)
		return;
	va_start(args, format);
	note(leg->node, leg_call_id(leg), format, args);
	va_end(args);
}

void remark_key(const struct leg *leg)
{
	if (leg->node->trace)
		trace_key(leg->node->trace, leg_call_id(leg), when_now_us());
}

void remark_trouble(struct leg *leg, const char *word)
{
	remark(leg, "trouble with the sound: %s", word);
	cdr_add_word(&leg->cdr, CDR_TROUBLE, word);
}

void remark_end(const struct leg *leg)
{
	remark_begin(
		leg); /* its account may have become known since, or it was refused before anybody knew it */
	trace_ended(leg->node->trace, leg_call_id(leg));
}

void remark_dialout_begin(struct node *n, const char *dialout, const char *account)
{
	trace_named(n->trace, dialout, &(struct trace_name){ "", dialout, account, true });
}

void remark_dialout(struct node *n, const char *dialout, const char *format, ...)
{
	va_list args;

	if (!n->trace)
		return;
	va_start(args, format);
	note(n, dialout, format, args);
	va_end(args);
}

void remark_dialout_end(struct node *n, const char *dialout)
{
	trace_ended(n->trace, dialout);
}
