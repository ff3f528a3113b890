#include "bridge/leg_quality.h"
#include "bridge/leg_priv.h"
#include "bridge/remark.h"

enum { ENOUGH_PACKETS = 250 };
static const float mos_poor = 3.6f, mos_fair = 3.8f;

/* MOS 0: nothing is known of this direction. */
static void judge(struct leg *leg, const char *direction, float mos, bool *poor)
{
	const bool turns = *poor ? mos >= mos_fair : mos > 0 && mos < mos_poor;

	if (!turns)
		return;
	*poor = !*poor;
	remark(leg, "%s sounds %s: MOS %.2f", direction, *poor ? "bad" : "good again", (double)mos);
	leg_emit_more(leg, "call.quality",
		json_pack("{s:b, s:s, s:f, s:s}", "on", *poor, "direction", direction, "mos", (double)mos,
			"participant", leg->cdr.participant));
}

void leg_judge_quality(struct leg *leg)
{
	const struct stream_stats *s = &leg->stats;

	if (leg->state == LEG_ENDED || s->rx_packets < ENOUGH_PACKETS)
		return;
	judge(leg, "rx", s->rx_mos, &leg->poor_rx);
	judge(leg, "tx", s->tx_mos, &leg->poor_tx);
}
