#include "mixer/conceal.h"

#include <stdlib.h>
#include <spandsp.h>

struct conceal {
	plc_state_t plc;
};

enum mix_err conceal_alloc(struct conceal **out)
{
	struct conceal *c = calloc(1, sizeof(*c));

	if (!c)
		return MIX_NOMEM;
	plc_init(&c->plc);
	*out = c;
	return MIX_OK;
}

struct conceal *conceal_free(struct conceal *c)
{
	free(c);
	return NULL;
}

void conceal_good(struct conceal *c, int16_t *pcm, size_t n)
{
	plc_rx(&c->plc, pcm, (int)n);
}

void conceal_fill(struct conceal *c, int16_t *pcm, size_t n)
{
	int16_t some[PLC_PITCH_MAX];

	if (n >= PLC_PITCH_MAX) {
		plc_fillin(&c->plc, pcm, (int)n);
		return;
	}
	plc_fillin(&c->plc, some, PLC_PITCH_MAX);
	for (size_t i = 0; i < n; i++)
		pcm[i] = some[i];
}
