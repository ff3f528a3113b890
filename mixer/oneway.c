#include "mixer/oneway.h"

enum { STEP_MAX_MS = 2000 /* a look that comes late counts for no more */ };

void oneway_init(struct oneway *o)
{
	*o = (struct oneway){ 0 };
}

const char *oneway_name(enum oneway_kind kind)
{
	switch (kind) {
	case ONEWAY_NONE: return "none";
	case ONEWAY_SILENT: return "silent";
	case ONEWAY_NO_IN: return "nothing_in";
	case ONEWAY_NO_OUT: return "nothing_out";
	}
	return "none";
}

static uint32_t step_ms(const struct oneway *o, uint64_t now_us)
{
	uint64_t ms = now_us > o->looked_us ? (now_us - o->looked_us) / 1000 : 0;

	return ms < STEP_MAX_MS ? (uint32_t)ms : STEP_MAX_MS;
}

static void count(uint32_t *ms, bool bad, uint32_t step)
{
	*ms = !bad ? 0 : *ms + step < ONEWAY_MS ? *ms + step : ONEWAY_MS;
}

static void look_in(struct oneway *o, const struct oneway_signs *s, bool came, bool went, uint32_t step)
{
	uint32_t talked = s->others_ms < step ? s->others_ms : step;

	if (s->sounded)
		o->sounded = true;
	if (came && !o->sounded)
		count(&o->silent_ms, s->receives, talked);
	else if (o->sounded || !s->receives)
		o->silent_ms = 0;
	count(&o->no_in_ms, s->receives && !came && (went || o->no_in_ms > 0), step);
}

static void look_out(struct oneway *o, const struct oneway_signs *s, bool came, bool went, uint32_t step)
{
	uint32_t reports = s->reports - o->reports, of_us = s->reports_of_us - o->reports_of_us;

	count(&o->no_out_ms, s->sends && came && !went, step);
	if (of_us > 0 || !s->sends)
		o->blind = 0;
	else if (reports > 0 && came && went)
		o->blind = o->blind + reports < ONEWAY_REPORTS ? o->blind + reports : ONEWAY_REPORTS;
}

static enum oneway_kind judge(const struct oneway *o)
{
	if (o->no_in_ms >= ONEWAY_MS)
		return ONEWAY_NO_IN;
	if (o->no_out_ms >= ONEWAY_MS || o->blind >= ONEWAY_REPORTS)
		return ONEWAY_NO_OUT;
	return o->silent_ms >= ONEWAY_MS ? ONEWAY_SILENT : ONEWAY_NONE;
}

bool oneway_look(struct oneway *o, const struct oneway_signs *s, uint64_t now_us)
{
	enum oneway_kind before = o->kind;

	if (o->begun) {
		uint32_t step = step_ms(o, now_us);
		bool came = s->rx_packets != o->rx_packets, went = s->tx_packets != o->tx_packets;

		look_in(o, s, came, went, step);
		look_out(o, s, came, went, step);
		o->kind = judge(o);
	}
	o->begun = true;
	o->looked_us = now_us;
	o->rx_packets = s->rx_packets;
	o->tx_packets = s->tx_packets;
	o->reports = s->reports;
	o->reports_of_us = s->reports_of_us;
	return o->kind != before;
}
