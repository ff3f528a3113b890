#include "mixer/doze.h"

#include "mixer/opus_peek.h"
#include <string.h>

enum { UNKNOWN_DBOV = 127 };

/* The oldest goes.  A packet that is too long leaves a hole: what was before it is of no use. */
static void keep(struct doze *d, const uint8_t *payload, size_t len)
{
	struct doze_packet *last;

	if (len == 0 || len > DOZE_BYTES) {
		d->n_kept = 0;
		return;
	}
	if (d->n_kept == DOZE_KEPT) {
		memmove(&d->kept[0], &d->kept[1], (DOZE_KEPT - 1) * sizeof(d->kept[0]));
		d->n_kept--;
	}
	last = &d->kept[d->n_kept++];
	last->len = (uint16_t)len;
	memcpy(last->bytes, payload, len);
}

enum doze_verdict doze_packet(struct doze *d, const uint8_t *payload, size_t len, bool may)
{
	const enum peek said = peek_opus(payload, len);
	const bool quiet = said == PEEK_QUIET || said == PEEK_EMPTY, fits = len <= DOZE_BYTES;

	if (d->asleep && d->quiet == DOZE_AFTER && may && said == PEEK_VOICED && fits)
		return DOZE_GLANCE;
	if (!quiet || !fits)
		d->quiet = 0;
	else if (d->quiet < DOZE_AFTER)
		d->quiet++;
	if (!d->asleep && (!may || d->quiet < DOZE_AFTER))
		return DOZE_DECODE;
	if (d->asleep &&
		(!may || d->quiet < DOZE_AFTER)) /* after doze_pass() it is not known how loud it is */
		return DOZE_WAKE;
	if (!d->asleep)
		d->n_kept = 0;
	d->asleep = true;
	keep(d, payload, len);
	return DOZE_SLEEP;
}

void doze_pass(struct doze *d, const uint8_t *payload, size_t len)
{
	if (!d->asleep)
		d->n_kept = 0;
	d->asleep = true;
	d->quiet = 0;
	d->dbov = UNKNOWN_DBOV;
	keep(d, payload, len);
}

void doze_glanced(struct doze *d, const uint8_t *payload, size_t len)
{
	keep(d, payload, len);
}

void doze_woken(struct doze *d)
{
	d->asleep = false;
	if (d->quiet == DOZE_AFTER) /* by a glance: the packet that woke it was not quiet */
		d->quiet = 0;
	d->n_kept = 0;
}
