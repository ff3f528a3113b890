/* links: mixer/codec.c mixer/codec_g711.c mixer/codec_g722.c mixer/codec_opus.c mixer/err.c mixer/lull.c */
/* fuzz_codec.c - payloads of any bytes to every decoder, one after another as packets come, with losses.
 *
 * Input: first byte the codec; then packets, each a length byte (0: the next one is lost) and its bytes.
 */
#include "mixer/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 5760 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct decoder *d = NULL;
	int16_t pcm[LONGEST];

	if (n < 2 || n > 4096)
		return 0;
	enum codec_id id = (enum codec_id)(1 + *p++ % (CODECS - 1));
	n--;
	if (decoder_alloc(&d, id) != MIX_OK)
		return 0;
	while (n > 0) {
		bool lost = *p == 0;
		size_t len = *p < n - 1 ? *p : n - 1, made = 0;
		p++, n--;
		uint8_t *packet = malloc(len + 1); /* an exact copy: reading past its end shows */
		uint8_t *exact = packet ? realloc(packet, len ? len : 1) : NULL;
		if (!exact)
			break;
		memcpy(exact, p, len);
		size_t holds = decoder_samples(id, exact, len);
		if (lost)
			decoder_conceal(d, n > 0 ? p : NULL, n, pcm, n % 2 ? 960 : 333);
		else if (decoder_run(d, exact, len, pcm, LONGEST, &made) == MIX_OK)
			assert(made == holds && made > 0 && made <= LONGEST);
		free(exact);
		p += len;
		n -= len;
	}
	decoder_free(d);
	return 0;
}
