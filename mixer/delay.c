#include "mixer/delay.h"
#include <string.h>

enum {
	WEIGHT = 64,      /* of one packet; DELAY_EPOCH of them for eight epochs stay below 2^16 */
	LATE_SHARE = 100, /* one packet in so many may come later than the margin */
	FAR_RUN = 8       /* packets that make a late timeline the new one */
};

static int64_t units(const struct delay *d, int ms)
{
	return (int64_t)d->clock_hz * ms / 1000;
}

void delay_init(struct delay *d, unsigned clock_hz)
{
	*d = (struct delay){ .clock_hz = clock_hz };
	d->bin = (uint32_t)units(d, DELAY_BIN_MS);
	d->margin = (uint32_t)units(d, DELAY_MARGIN_MIN_MS);
}

/* A transit as an epoch keeps it: whatever a leaping timestamp makes of it. */
static int32_t since_origin(const struct delay *d, int64_t transit)
{
	const int64_t since = transit - d->origin;

	return (int32_t)(since > INT32_MAX ? INT32_MAX : since < INT32_MIN ? INT32_MIN : since);
}

/* What the slowest packet of the last epochs took on top of the base. */
static int64_t recent_excess(const struct delay *d)
{
	int32_t most = d->most[d->bucket];

	for (unsigned i = 1; i < DELAY_RECENT && i < d->n_buckets; i++) {
		unsigned at = (d->bucket + DELAY_BUCKETS - i) % DELAY_BUCKETS;

		most = d->most[at] > most ? d->most[at] : most;
	}
	return d->origin + most - d->base;
}

static void measure_margin(struct delay *d)
{
	uint32_t total = 0, beyond = 0;
	unsigned b = DELAY_BINS;
	int64_t margin, recent = recent_excess(d), least = units(d, DELAY_MARGIN_MIN_MS),
			most = units(d, DELAY_MARGIN_MAX_MS);

	for (unsigned i = 0; i < DELAY_BINS; i++)
		total += d->weight[i];
	while (b > 1 && beyond + d->weight[b - 1] <= total / LATE_SHARE)
		beyond += d->weight[--b];
	/* b is one past the bin that holds the last packet that counts */
	margin = b > 1 ? d->floor + (int64_t)b * d->bin - d->base : least;
	margin = margin < recent ? margin : recent;
	d->margin = (uint32_t)(margin < least ? least : margin > most ? most : margin);
}

/* A base that has risen takes the histogram along.  One that fell does not: what packets took on
 * top of the base of their time stays true, or a fast clock would look like jitter. */
static void follow_base(struct delay *d)
{
	unsigned n;

	if (d->base < d->floor)
		d->floor = d->base;
	n = d->base - d->floor < (int64_t)DELAY_BINS * d->bin ? (unsigned)((d->base - d->floor) / d->bin)
							      : DELAY_BINS;
	if (n == 0)
		return;
	for (unsigned i = 0; i < DELAY_BINS; i++) {
		unsigned to = i > n ? i - n : 0;
		uint16_t w = d->weight[i];

		d->weight[i] = 0;
		d->weight[to] = (uint16_t)(d->weight[to] + w);
	}
	d->floor += (d->base - d->floor) / d->bin * d->bin;
}

static void begin_timeline(struct delay *d, int64_t transit)
{
	memset(d->weight, 0, sizeof(d->weight));
	d->base = d->floor = d->origin = transit;
	d->least[0] = d->most[0] = 0;
	d->n_buckets = 1;
	d->bucket = 0;
	d->in_epoch = 0;
	d->far_run = 0;
	d->margin = (uint32_t)units(d, DELAY_MARGIN_MIN_MS);
}

static void next_epoch(struct delay *d)
{
	int32_t base = INT32_MAX;

	for (unsigned i = 0; i < DELAY_BINS; i++)
		d->weight[i] = (uint16_t)(d->weight[i] * 7 / 8); /* down to 0 */
	d->in_epoch = 0;
	d->bucket = (uint8_t)((d->bucket + 1) % DELAY_BUCKETS);
	if (d->n_buckets < DELAY_BUCKETS)
		d->n_buckets++;
	d->least[d->bucket] = INT32_MAX;
	d->most[d->bucket] = INT32_MIN;
	for (unsigned i = 0; i < d->n_buckets; i++)
		base = d->least[i] < base ? d->least[i] : base;
	d->base = d->origin + base;
	follow_base(d);
	measure_margin(d);
}

/* Late by more than any jitter, and not catching up as the packets of a stall do. */
static bool is_late_timeline(struct delay *d, int64_t transit)
{
	if (transit - d->base <= units(d, DELAY_JUMP_MS)) {
		d->far_run = 0;
		return false;
	}
	if (d->far_run++ == 0)
		d->far_first = transit;
	else if (transit < d->far_first - units(d, DELAY_MARGIN_MAX_MS))
		d->far_run = 0;
	return d->far_run >= FAR_RUN;
}

static void count_jitter(struct delay *d, int64_t transit)
{
	int64_t diff = transit - d->last_transit;

	diff = diff < 0 ? -diff : diff;
	/* A jump of a second is no jitter; RFC 3550 A.8 assumes one timeline. */
	if (diff < d->clock_hz)
		d->jitter16 += (uint32_t)(diff - ((d->jitter16 + 8) >> 4));
	d->last_transit = transit;
}

bool delay_packet(struct delay *d, int64_t arrival, int64_t timestamp)
{
	int64_t transit = arrival - timestamp, excess;
	int32_t since;
	bool first = !d->started, fresh = false;

	if (first) {
		d->started = true;
		d->last_transit = transit;
		begin_timeline(d, transit);
	} else if (transit < d->base - units(d, DELAY_JUMP_MS) || is_late_timeline(d, transit)) {
		fresh = true;
		begin_timeline(d, transit);
	} else if (arrival - d->last_arrival > units(d, DELAY_PAUSE_MS)) {
		d->n_buckets = 1;
		d->bucket = 0;
		d->base = d->origin = transit;
		d->least[0] = 0;
		d->most[0] = (int32_t)d->margin; /* what jitter needed before, it will need */
		follow_base(d);
	}
	count_jitter(d, transit);
	d->last_arrival = arrival;

	if (transit < d->base) {
		d->base = transit;
		follow_base(d);
	}
	since = since_origin(d, transit);
	if (since < d->least[d->bucket])
		d->least[d->bucket] = since;
	if (since > d->most[d->bucket])
		d->most[d->bucket] = since;
	excess = (transit - d->floor) / (int64_t)d->bin;
	if (excess >= DELAY_BINS)
		excess = DELAY_BINS - 1;
	d->weight[excess] = (uint16_t)(d->weight[excess] + WEIGHT);
	if (++d->in_epoch >= DELAY_EPOCH)
		next_epoch(d);
	else if (transit - d->base > d->margin)
		measure_margin(d);
	return fresh;
}

int64_t delay_due(const struct delay *d)
{
	return d->base + d->margin;
}
