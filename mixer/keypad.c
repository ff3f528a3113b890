#include "mixer/keypad.h"
#include "mixer/warm.h"

#include <stdlib.h>
#include <string.h>
#include <spandsp.h>
#include <spandsp/expose.h>

enum {
	PRESSES = 8, /* remembered: more than anybody's fingers do in KEYPAD_SAME_MS */
	EVENTS = 8,
	EVENT_GONE_MS = 200, /* no packet of a held event for so long: its end was lost */
	EVENT_KNOWN_MS = 10000,
	END_BIT = 0x80,
	SEGMENT_FULL = 0xf000 /* RFC 4733 section 2.5.1.3: near it, a long event goes on in a new segment */
};

enum way { WAY_EVENT = 1, WAY_SOUND = 2, WAY_INFO = 4 };

/* Times are the low 32 bits of milliseconds: a leg has many presses to remember and few bytes. */

struct press {            /* one key going down once, in whichever ways we hear of it */
	char digit;       /* 0: free */
	uint8_t ways;     /* enum way, those that have reported it */
	uint32_t last_ms; /* when it was last seen or heard to be down */
};

struct event { /* one RFC 4733 event, known by its timestamp */
	char digit;
	bool begun, ended; /* packets without and with the end bit */
	bool first;        /* it told of its press before the sound did */
	uint16_t duration; /* the longest seen */
	uint32_t timestamp, last_ms;
};

struct keypad {
	struct press presses[PRESSES];
	uint8_t next_press;
	struct event events[EVENTS];
	uint8_t next_event, event; /* to be overwritten; the latest */
	char tone;                 /* heard now, 0 none */
	char struck;               /* tone that began in the frame being heard */
	dtmf_rx_state_t rx;
};

static const char keys[] = "0123456789*#ABCD"; /* by RFC 4733 section 3.2 event code */

/* SpanDSP's word: a tone was confirmed, or (0) it ended. */
static void on_tone(void *arg, int code, int level, int delay)
{
	struct keypad *k = arg;

	(void)level;
	(void)delay;
	k->tone = (char)code;
	if (code)
		k->struck = (char)code;
}

enum mix_err keypad_alloc(struct keypad **out)
{
	struct keypad *k = calloc(1, sizeof(*k));

	if (!k)
		return MIX_NOMEM;
	dtmf_rx_init(&k->rx, NULL, NULL);
	dtmf_rx_set_realtime_callback(&k->rx, on_tone, k);
	*out = k;
	return MIX_OK;
}

struct keypad *keypad_free(struct keypad *k)
{
	free(k);
	return NULL;
}

static uint32_t ms_of(uint64_t us)
{
	return (uint32_t)(us / 1000);
}

/* Also when `then` is a little later than `now`. */
static bool within(uint32_t then_ms, uint32_t now_ms, unsigned ms)
{
	return now_ms - then_ms <= ms || then_ms - now_ms <= EVENT_KNOWN_MS;
}

/* One way reports that `digit` went down.  The oldest press of the last moments that this way
 * has not reported yet is that press; if there is none, it is a new one. */
static char report(struct keypad *k, enum way way, char digit, uint32_t now_ms)
{
	for (unsigned i = 0; i < PRESSES; i++) {
		struct press *p = &k->presses[(k->next_press + i) % PRESSES];
		if (p->digit == digit && !(p->ways & way) && within(p->last_ms, now_ms, KEYPAD_SAME_MS)) {
			p->ways |= (uint8_t)way;
			p->last_ms = now_ms;
			return 0;
		}
	}
	k->presses[k->next_press] = (struct press){ .digit = digit, .ways = (uint8_t)way, .last_ms = now_ms };
	k->next_press = (uint8_t)((k->next_press + 1) % PRESSES);
	return digit;
}

/* The newest press that `way` has reported is still down: another way may report it later. */
static void still_down(struct keypad *k, enum way way, char digit, uint32_t now_ms)
{
	for (unsigned i = 1; i <= PRESSES; i++) {
		struct press *p = &k->presses[(k->next_press + PRESSES - i) % PRESSES];
		if (p->digit == digit && (p->ways & way)) {
			p->last_ms = now_ms;
			return;
		}
	}
}

static bool event_held(const struct event *e, uint32_t now_ms)
{
	return e->digit && !e->ended && within(e->last_ms, now_ms, EVENT_GONE_MS);
}

/* Is the packet that says `seen` one more of event `e`? */
static bool event_goes_on(const struct event *e, const struct event *seen)
{
	uint32_t now_ms = seen->last_ms;
	uint32_t later = seen->timestamp - e->timestamp;

	if (e->digit != seen->digit || !within(e->last_ms, now_ms, EVENT_KNOWN_MS))
		return false;
	if (later == 0) /* else a sender whose timestamps stand still: it ended, and begins again */
		return seen->ended || !e->ended || seen->duration >= e->duration ||
		       within(e->last_ms, now_ms, EVENT_GONE_MS);
	/* An end that comes again with another timestamp: events do not overlap, and no key is let go twice as soon. */
	if (seen->ended && e->ended)
		return (int32_t)later > 0 && within(e->last_ms, now_ms, EVENT_GONE_MS) &&
		       (later < e->duration || (e->begun && seen->duration == e->duration));
	if (!event_held(e, now_ms))
		return false;
	if (e->duration >= SEGMENT_FULL && later <= UINT16_MAX)
		return true;
	/* A sender that moves the timestamp with every packet: the duration grows along, in whatever order
	 * the packets come. */
	if ((int32_t)later > 0)
		return seen->duration > e->duration && later <= seen->duration;
	return seen->duration < e->duration && 0 - later <= e->duration;
}

static void take_in(struct event *e, const struct event *seen)
{
	bool newer = (int32_t)(seen->timestamp - e->timestamp) > 0;

	if (newer || seen->duration > e->duration)
		e->duration = seen->duration;
	if (newer)
		e->timestamp = seen->timestamp;
	e->begun |= seen->begun;
	e->ended |= seen->ended;
	e->last_ms = seen->last_ms;
}

char keypad_event(struct keypad *k, const uint8_t *payload, size_t len, uint32_t timestamp, uint64_t now_us)
{
	if (len < KEYPAD_EVENT_LEN || payload[0] >= sizeof(keys) - 1)
		return 0;

	struct event seen = {
		.digit = keys[payload[0]],
		.begun = (payload[1] & END_BIT) == 0,
		.ended = (payload[1] & END_BIT) != 0,
		.duration = (uint16_t)(payload[2] << 8 | payload[3]),
		.timestamp = timestamp,
		.last_ms = ms_of(now_us),
	};
	for (unsigned i = 0; i < EVENTS; i++) {
		struct event *e = &k->events[(k->event + EVENTS - i) % EVENTS];
		if (!event_goes_on(e, &seen))
			continue;
		if (i == 0 && !e->ended)
			still_down(k, WAY_EVENT, e->digit, seen.last_ms);
		take_in(e, &seen);
		return 0;
	}
	char pressed = report(k, WAY_EVENT, seen.digit, seen.last_ms);
	seen.first = pressed != 0;
	k->event = k->next_event;
	k->next_event = (uint8_t)((k->next_event + 1) % EVENTS);
	k->events[k->event] = seen;
	return pressed;
}

/* A leg that sends events and tones at once is counted by its events: the tone of a key whose event
 * is on says nothing new, however often it is interrupted; nor, where events come first,
 * does any tone during an event or the same one just after it. */
static bool event_speaks(const struct keypad *k, char digit, uint32_t now_ms)
{
	const struct event *e = &k->events[k->event];
	bool same = e->digit == digit, held = event_held(e, now_ms);

	if (held)
		return same || e->first;
	return same && e->first && within(e->last_ms, now_ms, EVENT_GONE_MS);
}

char keypad_sound(struct keypad *k, const int16_t *pcm8k, size_t n, uint64_t now_us)
{
	k->struck = 0;
	dtmf_rx(&k->rx, pcm8k, (int)n);
	if (k->tone && !k->struck)
		still_down(k, WAY_SOUND, k->tone, ms_of(now_us));
	if (!k->struck)
		return 0;
	if (event_speaks(k, k->struck, ms_of(now_us)))
		return 0;
	return report(k, WAY_SOUND, k->struck, ms_of(now_us));
}

char keypad_made_up(struct keypad *k, const int16_t *pcm8k, size_t n, uint64_t now_us)
{
	if (!k->tone)
		return keypad_sound(k, pcm8k, n, now_us);
	still_down(k, WAY_SOUND, k->tone, ms_of(now_us));
	dtmf_rx_fillin(&k->rx, (int)n);
	return 0;
}

char keypad_info(struct keypad *k, char digit, uint64_t now_us)
{
	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');
	if (digit == 0 || !strchr(keys, digit))
		return 0;
	return report(k, WAY_INFO, digit, ms_of(now_us));
}

void keypad_warm(const struct keypad *k)
{
	warm(&k->events, sizeof(k->events) + WARM_LINE);
	warm(&k->rx.last_hit, 1);
}

bool keypad_busy(const struct keypad *k, uint64_t now_us)
{
	/* last_hit: the receiver has heard a key, but not yet for long enough to be sure. */
	return event_held(&k->events[k->event], ms_of(now_us)) || k->tone || k->rx.last_hit;
}
