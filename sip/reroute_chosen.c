/* reroute_chosen.c - what an operator has chosen to go on after, or to stop at. */
#include "sip/reroute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As they stand in a policy: a status is itself, a class its first digit. */
enum { WORD_NONE, WORD_TIMEOUT, WORD_REFUSED, WORD_TLS, CLASS_FIRST, CLASS_LAST = 6, STATUS_LAST = 699 };

static const char *const ways[] = {
	[WORD_TIMEOUT] = "timeout", [WORD_REFUSED] = "refused", [WORD_TLS] = "tls"
};

/* 0: none. */
static unsigned word_of(const char *text)
{
	for (unsigned i = WORD_TIMEOUT; i <= WORD_TLS; i++)
		if (strcmp(text, ways[i]) == 0)
			return i;
	if (strlen(text) != 3 || text[0] < '1' || text[0] > '9')
		return WORD_NONE;
	if (strcmp(text + 1, "xx") == 0)
		return (unsigned)(text[0] - '0') >= CLASS_FIRST && (unsigned)(text[0] - '0') <= CLASS_LAST
			       ? (unsigned)(text[0] - '0')
			       : WORD_NONE;
	return strspn(text, "0123456789") == 3 && text[0] >= '4' && text[0] <= '6'
		       ? (unsigned)strtoul(text, NULL, 10)
		       : WORD_NONE;
}

const char *reroute_word_broken(const char *text)
{
	if (word_of(text))
		return NULL;
	if (text[0] == '2')
		return "a call that was answered goes nowhere else";
	if (text[0] == '1')
		return "a provisional response ends no call";
	if (text[0] == '3')
		return "a redirection is followed, or it is an answer";
	return "a final status as in 404, a class as in 5xx, timeout, refused or tls is wanted";
}

const char *reroute_policy_add(struct reroute_policy *p, enum reroute_choice choice, const char *text)
{
	uint16_t *list = choice == REROUTE_GO_ON ? p->on : p->stop,
		 *other = choice == REROUTE_GO_ON ? p->stop : p->on;
	const unsigned word = word_of(text);
	size_t n = 0;

	if (!word)
		return reroute_word_broken(text);
	for (size_t i = 0; i < REROUTE_WORDS; i++)
		if (other[i] == word)
			return "it stands in reroute_on and in stop_on";
	for (; n < REROUTE_WORDS && list[n]; n++)
		if (list[n] == word)
			return "given twice";
	if (n == REROUTE_WORDS)
		return "at most 16";
	list[n] = (uint16_t)word;
	return NULL;
}

static bool holds(const uint16_t list[REROUTE_WORDS], unsigned word)
{
	for (size_t i = 0; word && i < REROUTE_WORDS; i++)
		if (list[i] == word)
			return true;
	return false;
}

/* Its class may be meant: not of those that are the called person's own word, which has to be named. */
static unsigned class_of(unsigned status)
{
	return status == 486 || status == 600 || status == 603 ? WORD_NONE : status / 100;
}

enum reroute_choice reroute_chosen(const struct reroute_policy *p, const struct reroute_end *end, bool *named)
{
	const unsigned way = end->sip_status == 408 ? WORD_TIMEOUT : end->tls ? WORD_TLS : WORD_REFUSED;
	const unsigned word = end->no_response ? way : end->sip_status;
	const unsigned class = end->no_response || word > STATUS_LAST ? WORD_NONE : class_of(word);

	*named = true;
	if (holds(p->on, word))
		return REROUTE_GO_ON;
	if (holds(p->stop, word))
		return REROUTE_STOP;
	*named = false;
	if (class >= CLASS_FIRST && holds(p->on, class))
		return REROUTE_GO_ON;
	return class >= CLASS_FIRST && holds(p->stop, class) ? REROUTE_STOP : REROUTE_UNSAID;
}

static size_t put_list(char *out, size_t cap, const uint16_t list[REROUTE_WORDS])
{
	size_t n = 0;

	for (size_t i = 0; i < REROUTE_WORDS && list[i] && n < cap; i++) {
		const char *comma = i ? ", " : "";
		const int used = list[i] <= WORD_TLS
					 ? snprintf(out + n, cap - n, "%s%s", comma, ways[list[i]])
					 : snprintf(out + n, cap - n, "%s%u%s", comma, (unsigned)list[i],
						   list[i] <= CLASS_LAST ? "xx" : "");

		n += used > 0 ? (size_t)used : 0;
	}
	return n < cap ? n : cap;
}

void reroute_policy_words(char *out, size_t cap, const struct reroute_policy *p)
{
	size_t n = 0;

	out[0] = '\0';
	if (p->on[0]) {
		n = (size_t)snprintf(out, cap, "goes on after ");
		if (n < cap)
			n += put_list(out + n, cap - n, p->on);
	}
	if (p->stop[0] && n < cap) {
		n += (size_t)snprintf(out + n, cap - n, "%sstops at ", n ? "; " : "");
		if (n < cap)
			(void)put_list(out + n, cap - n, p->stop);
	}
}
