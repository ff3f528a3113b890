/* doze.h - an Opus leg that cannot be heard is not decoded (DESIGN.md section 4, rule 3), and wakes without a cut syllable.
 *
 * How: while its room says that it may, a leg falls asleep after DOZE_AFTER packets in a row that the far encoder
 * calls quiet (opus_peek.h), and each further one is only kept, undecoded.  The first packet with voice, or one
 * that does not tell, wakes it: what was kept last is decoded first, its sound thrown away, so that the decoder's
 * memory is where the encoder's is when the syllable begins.  Noise has itself called voice now and then, so such a packet is
 * decoded alone first: if its level is still too low for the room, the leg sleeps on.
 * Use:  zero-initialise but for `kept`, and again for another decoder; doze_packet() per Opus packet, and what it asks for.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_DOZE_H
#define MIXER_DOZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DOZE_AFTER = 3, /* packets */
	DOZE_KEPT = 3,
	DOZE_BYTES =
		160 /* a longer packet is not slept through: quiet ones of 20 ms at 48 kbit/s are shorter */
};

struct doze_packet {
	uint16_t len;
	uint8_t bytes[DOZE_BYTES];
};

struct doze {
	bool asleep;
	uint8_t quiet;  /* quiet packets in a row, up to DOZE_AFTER */
	uint8_t dbov;   /* its level when it was last decoded, set by the caller; 127 after doze_pass() */
	uint8_t n_kept; /* of kept[], the oldest first */
	struct doze_packet *kept; /* borrowed: DOZE_KEPT of them.  NULL where no Opus comes */
};

enum doze_verdict {
	DOZE_DECODE, /* as ever */
	DOZE_SLEEP,  /* not to be decoded */
	DOZE_GLANCE, /* decode this one: when it is too quiet to be heard doze_glanced(), else as DOZE_WAKE */
	DOZE_WAKE    /* decode kept[0 .. n_kept - 1], then this one; then doze_woken() */
};

/* `may`: nobody could hear it, were it as quiet as it was. */
enum doze_verdict doze_packet(struct doze *d, const uint8_t *payload, size_t len, bool may);

/* This packet is not decoded whatever it holds (muted, in no mix): the next that is wakes it. */
void doze_pass(struct doze *d, const uint8_t *payload, size_t len);

/* The packet of DOZE_GLANCE is slept through like those before it. */
void doze_glanced(struct doze *d, const uint8_t *payload, size_t len);

/* What was kept has been decoded. */
void doze_woken(struct doze *d);
#endif
