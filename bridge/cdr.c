#include "bridge/cdr.h"
#include "bridge/when.h"
#include "dialplan/money.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member, json, kind)                                                                            \
	{                                                                                                    \
#member, json, kind, offsetof(struct cdr, member), sizeof(((struct cdr *)0)->member)         \
	}
#define KEPT(which, name, most)                                                                              \
	{                                                                                                    \
		name, name, CDR_KEPT, which, most                                                            \
	}

static const struct cdr_field fields[] = {
	FIELD(id, "id", CDR_TEXT), /* the first: what a record is known by */
	FIELD(direction, "direction", CDR_TEXT),
	KEPT(CDR_DIALOUT, "dialout", 32),
	KEPT(CDR_CALL_ID, "call_id", CDR_TEXT_MAX),
	FIELD(trunk, "trunk", CDR_TEXT),
	KEPT(CDR_SOURCE, "source", 64),
	FIELD(account, "account", CDR_TEXT),
	FIELD(meeting, "meeting", CDR_TEXT),
	FIELD(participant, "participant", CDR_TEXT),
	FIELD(role, "role", CDR_TEXT),
	FIELD(from_number, "from", CDR_TEXT),
	FIELD(to_number, "to", CDR_TEXT),
	FIELD(number, "number", CDR_TEXT),
	FIELD(started_us, "started_at", CDR_TIME),
	FIELD(answered_us, "answered_at", CDR_TIME),
	FIELD(joined_us, "joined_at", CDR_TIME),
	FIELD(ended_us, "ended_at", CDR_TIME),
	FIELD(sip_status, "sip_status", CDR_COUNT),
	FIELD(q850, "q850", CDR_COUNT),
	KEPT(CDR_CAUSE, "cause", 96),
	FIELD(by_far_end, "by_far_end", CDR_FLAG),
	FIELD(codec, "codec", CDR_TEXT),
	KEPT(CDR_SRTP, "srtp", 32),
	FIELD(verstat, "verstat", CDR_TEXT),
	FIELD(attest, "attest", CDR_TEXT),
	KEPT(CDR_ORIGID, "origid", 64),
	KEPT(CDR_VERSTAT_WHY, "verstat_why", 96),
	FIELD(rx_packets, "rx_packets", CDR_COUNT),
	FIELD(tx_packets, "tx_packets", CDR_COUNT),
	FIELD(rx_lost, "rx_lost", CDR_COUNT),
	FIELD(jitter_us, "jitter_ms", CDR_SPAN),
	FIELD(far_lost, "far_lost", CDR_COUNT),
	FIELD(round_trip_us, "round_trip_ms", CDR_SPAN),
	FIELD(rx_r, "rx_r", CDR_SCORE),
	FIELD(rx_mos, "rx_mos", CDR_SCORE),
	FIELD(tx_r, "tx_r", CDR_SCORE),
	FIELD(tx_mos, "tx_mos", CDR_SCORE),
	FIELD(rx_missing, "rx_missing", CDR_COUNT),
	FIELD(burst_ms, "burst_ms", CDR_COUNT),
	FIELD(gap_ms, "gap_ms", CDR_COUNT),
	FIELD(ended_by, "ended_by", CDR_TEXT),
	KEPT(CDR_TROUBLE, "trouble", 64),
	FIELD(caller_by, "caller_by", CDR_TEXT),
	KEPT(CDR_DIVERTED_FROM, "diverted_from", 64),
	KEPT(CDR_DIVERSION, "diversion", 24),
	FIELD(session_id, "session_id", CDR_TEXT),
	KEPT(CDR_SESSION_PEER, "session_peer", 33),
	KEPT(CDR_HEADERS, "headers", CDR_TEXT_MAX),
	KEPT(CDR_CALLER_NAME, "caller_name", 64),
	KEPT(CDR_ROUTING, "routing", 17),
	KEPT(CDR_DIPS, "dips", 96),
	KEPT(CDR_TRANSFERRED, "transferred", CDR_TRANSFERRED_MAX),
	KEPT(CDR_PASSED_OVER, "passed_over", CDR_PASSED_OVER_MAX),
	KEPT(CDR_QUIRKS, "quirks", 128),
	FIELD(cost, "cost", CDR_MONEY),
	FIELD(currency, "currency", CDR_TEXT),
	KEPT(CDR_RATE, "rate", 160),
	FIELD(sitting, "sitting", CDR_TEXT),
};

const struct cdr_field *cdr_fields(size_t *n)
{
	*n = sizeof(fields) / sizeof(*fields);
	return fields;
}

/* ---- what it says ---- */

static size_t most_of(enum cdr_text which)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].kind == CDR_KEPT && fields[i].offset == which)
			return fields[i].size;
	return 0;
}

const char *cdr_text(const struct cdr *cdr, enum cdr_text which)
{
	return texts_get(cdr->texts, which);
}

bool cdr_say(struct cdr *cdr, enum cdr_text which, const char *format, ...)
{
	char text[CDR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, most_of(which), format, args);
	va_end(args);
	return texts_set(&cdr->texts, which, text, strlen(text));
}

void cdr_add_word(struct cdr *cdr, enum cdr_text which, const char *word)
{
	const char *list = cdr_text(cdr, which);
	const size_t n = strlen(list);

	if (!cdr_has_word(cdr, which, word) && n + strlen(word) + 2 <= most_of(which))
		(void)cdr_say(cdr, which, "%s%s%s", list, n ? " " : "", word);
}

bool cdr_has_word(const struct cdr *cdr, enum cdr_text which, const char *word)
{
	const char *list = cdr_text(cdr, which);
	const size_t n = strlen(word);

	while (*list) {
		const size_t len = strcspn(list, " ");

		if (len == n && strncmp(list, word, n) == 0)
			return true;
		list += len + (list[len] == ' ');
	}
	return false;
}

bool cdr_copy(struct cdr *out, const struct cdr *from)
{
	struct texts *texts;

	if (!texts_copy(&texts, from->texts))
		return false;
	*out = *from;
	out->texts = texts;
	return true;
}

void cdr_clear(struct cdr *cdr)
{
	texts_free(cdr->texts);
	memset(cdr, 0, sizeof(*cdr));
}

void cdrs_free(struct cdr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cdr_clear(&list[i]);
	free(list);
}

/* ---- as JSON ---- */

static json_t *text_json(const char *text, size_t cap)
{
	char plain[CDR_TEXT_MAX];
	size_t len = strnlen(text, cap);
	json_t *value = json_stringn(text, len);

	if (value)
		return value;
	for (size_t i = 0; i < len; i++)
		plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	return json_stringn(plain, len);
}

static json_t *field_json(const struct cdr_field *field, const struct cdr *cdr)
{
	const char *at = (const char *)cdr + field->offset; /* of a member */
	char amount[MONEY_TEXT];
	uint32_t narrow;
	uint64_t wide;
	int64_t us;
	bool flag;

	switch (field->kind) {
	case CDR_TEXT: return text_json(at, field->size);
	case CDR_KEPT: return text_json(cdr_text(cdr, (enum cdr_text)field->offset), field->size);
	case CDR_TIME: memcpy(&us, at, sizeof(us)); return when_json(us);
	case CDR_COUNT:
		if (field->size == sizeof(wide)) {
			memcpy(&wide, at, sizeof(wide));
			return json_integer((json_int_t)wide);
		}
		memcpy(&narrow, at, sizeof(narrow));
		return json_integer(narrow);
	case CDR_SPAN: memcpy(&narrow, at, sizeof(narrow)); return json_real(narrow / 1000.0);
	case CDR_SCORE:
		memcpy(&narrow, at, sizeof(narrow));
		return narrow ? json_real(narrow / 100.0) : json_null();
	case CDR_FLAG: memcpy(&flag, at, sizeof(flag)); return json_boolean(flag);
	case CDR_MONEY:
		memcpy(&us, at, sizeof(us));
		return cdr->currency[0] ? json_string(money_text(amount, us)) : json_null();
	}
	return NULL;
}

json_t *cdr_json(const struct cdr *cdr)
{
	json_t *out = json_object();

	if (!out)
		return NULL;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (json_object_set_new(out, fields[i].json, field_json(&fields[i], cdr))) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}
