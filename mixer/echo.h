/* echo.h - a leg that returns our own sound: found by comparing what it sends with what it was sent.
 *
 * How: the levels of the frames sent to it are kept for ECHO_LAGS frames, and each frame that comes from it is
 * correlated with all of them (running means over four seconds, of levels in dB above silence).  Speech goes up and down so
 * irregularly that what follows it at one and the same distance for seconds is its echo.  Nothing is
 * learned while nothing was sent, so that its own talk does not hide the echo.
 * Limits: delay is good to some 10 ms, an echo that is more than 35 dB down is not found, nor one of steady sound;
 * two phones in one room hear each other without us and can look like an echo of less than 40 ms.
 * Use:  per tick echo_heard() with the leg's frame, then echo_sent() with what it is sent; only for legs that are heard.
 *       When `found` stands, echo_gain() says how far to turn it down in this frame.
 *
 * Thread: the worker that owns the leg.
 */
#ifndef MIXER_ECHO_H
#define MIXER_ECHO_H

#include <stdbool.h>
#include <stdint.h>

enum { ECHO_LAGS = 32 /* of 20 ms */, ECHO_DUCK_DB = 30 };

struct echo_finding {
	uint16_t delay_ms; /* from the frame sent to the frame heard, our jitter buffer included */
	int8_t loss_db;
	uint8_t confidence; /* percent: the correlation */
};

struct echo { /* zero-initialise; `found` and `finding` may be read, the rest belongs to echo.c */
	bool found;
	struct echo_finding finding;
	uint8_t sent_dbov[ECHO_LAGS]; /* newest first */
	float cross[ECHO_LAGS];       /* running means */
	float sent_mean, heard_mean, sent_power, heard_power, loss;
	uint16_t learned;       /* frames */
	uint16_t sent_n;        /* frames in sent_mean */
	uint8_t since;          /* frames since the last look */
	uint8_t quiet;          /* frames since something was sent */
	uint8_t lag, good, bad; /* where it seems to be, and for how many looks it did or did not */
};

/* True when `found` changed. */
bool echo_heard(struct echo *e, uint8_t dbov);
void echo_sent(struct echo *e, uint8_t dbov);
/* For the frame just heard of this level: unity, or 1/4096 of ECHO_DUCK_DB when it is not louder than the echo of what was
 * sent would be. */
int32_t echo_gain(const struct echo *e, uint8_t dbov);
#endif
