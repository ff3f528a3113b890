#include "bridge/cdr.h"
#include "bridge/when.h"
#include "dialplan/money.h"

#include <string.h>

#define FIELD(member, json, kind)                                                                            \
	{                                                                                                    \
#member, json, kind, offsetof(struct cdr, member), sizeof(((struct cdr *)0)->member)         \
	}

static const struct cdr_field fields[] = {
	FIELD(id, "id", CDR_TEXT), /* the first: what a record is known by */
	FIELD(direction, "direction", CDR_TEXT),
	FIELD(dialout, "dialout", CDR_TEXT),
	FIELD(call_id, "call_id", CDR_TEXT),
	FIELD(trunk, "trunk", CDR_TEXT),
	FIELD(source, "source", CDR_TEXT),
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
	FIELD(cause, "cause", CDR_TEXT),
	FIELD(by_far_end, "by_far_end", CDR_FLAG),
	FIELD(codec, "codec", CDR_TEXT),
	FIELD(srtp, "srtp", CDR_TEXT),
	FIELD(verstat, "verstat", CDR_TEXT),
	FIELD(attest, "attest", CDR_TEXT),
	FIELD(origid, "origid", CDR_TEXT),
	FIELD(verstat_why, "verstat_why", CDR_TEXT),
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
	FIELD(trouble, "trouble", CDR_TEXT),
	FIELD(caller_by, "caller_by", CDR_TEXT),
	FIELD(diverted_from, "diverted_from", CDR_TEXT),
	FIELD(diversion, "diversion", CDR_TEXT),
	FIELD(session_id, "session_id", CDR_TEXT),
	FIELD(session_peer, "session_peer", CDR_TEXT),
	FIELD(headers, "headers", CDR_TEXT),
	FIELD(caller_name, "caller_name", CDR_TEXT),
	FIELD(routing, "routing", CDR_TEXT),
	FIELD(dips, "dips", CDR_TEXT),
	FIELD(transferred, "transferred", CDR_TEXT),
	FIELD(passed_over, "passed_over", CDR_TEXT),
	FIELD(quirks, "quirks", CDR_TEXT),
	FIELD(cost, "cost", CDR_MONEY),
	FIELD(currency, "currency", CDR_TEXT),
	FIELD(rate, "rate", CDR_TEXT),
	FIELD(sitting, "sitting", CDR_TEXT),
};

const struct cdr_field *cdr_fields(size_t *n)
{
	*n = sizeof(fields) / sizeof(*fields);
	return fields;
}

static json_t *text_json(const char *text, size_t cap)
{
	char plain[sizeof(struct cdr)];
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
	const char *at = (const char *)cdr + field->offset;
	char amount[MONEY_TEXT];
	uint32_t narrow;
	uint64_t wide;
	int64_t us;
	bool flag;

	switch (field->kind) {
	case CDR_TEXT: return text_json(at, field->size);
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
