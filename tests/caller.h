/* caller.h - a caller of the test's own making: SIP by rawsip, PCMU and telephone-event packets to the byte.
 *
 * How: crowd is a good caller; this one may be a bad one, and may be told what to do in mid-call.  One thread (the crew's)
 * sends each caller's 20 ms packets and keeps all that comes back with its time of arrival; SIP is spoken by the test's
 * thread.  G.711 is done here once more, so that nothing of the bridge judges itself.
 * Use:  crew_start(); caller_call(); caller_tone(), caller_press(), caller_reinvite() ...; caller_heard(); crew_stop().
 *
 * Times are test_now_ms().  Levels are dBov (a full-scale sine is -3).
 *
 * Thread: the test's; crew.c's thread is behind the crew's lock.
 */
#ifndef TESTS_CALLER_H
#define TESTS_CALLER_H

#include "tests/flow/sound.h"
#include "tests/rawsip.h"
#include <netinet/in.h>
#include <pthread.h>

enum { CREW_MAX = 16, CALLER_PACKETS = 4500, CALLER_FRAME = 160, CALLER_KEYS = 48 };

/* How a key's event packets leave (RFC 4733): all false is by the book. */
struct caller_press {
	const char *story;
	unsigned ms, gap_ms; /* held, and until the next; 0: 100 and 60 */
	bool no_marker;
	bool lose_first; /* the packet with the marker */
	bool lose_ends;  /* all three end packets */
	bool lose_odd;   /* every second packet, one end packet left */
	bool twice;      /* each packet twice */
	bool many_ends;  /* six end packets */
	bool no_duration;
	bool only_ends; /* nothing but the end packets arrives */
};

struct caller_packet {
	uint64_t at_ms;
	uint16_t n;
	uint8_t payload[CALLER_FRAME];
};

struct crew;
struct caller {
	struct crew *crew; /* borrowed */
	struct raw sip;
	char party[RAW_TAG * 4],
		offer[1024]; /* headers From and To without their tags; what was offered last */
	int rtp_fd, rtcp_fd;
	uint16_t rtp_port;
	struct sockaddr_in far;
	char number[32], from[96];
	unsigned sdp_version;

	/* under the crew's lock */
	bool up, mute_wire; /* packets go out; none at all */
	unsigned hz;        /* 0: silence */
	double dbov, phase;
	uint16_t seq;
	uint32_t timestamp, ssrc, event_timestamp;
	uint64_t due_ms, keyed_ms; /* of the next packet; when the last key was let go */
	bool spoke;
	unsigned swap_every, lose_every, twice_every, sent; /* the n-th packet meets that fate; 0 none */
	uint8_t held[12 + CALLER_FRAME];                    /* the first of a swapped pair */
	size_t held_len;
	struct caller_press how;
	char keys[CALLER_KEYS];
	unsigned n_keys, key_at, key_step; /* step: packets of this key so far */
	struct caller_packet *heard;       /* owned; CALLER_PACKETS of them */
	size_t n_heard;
	unsigned strange; /* packets that are not our codec's */
};

struct crew {
	pthread_t thread;
	pthread_mutex_t lock;
	bool stop;
	struct caller *callers[CREW_MAX]; /* borrowed */
	unsigned n;
};

void crew_start(struct crew *crew);
void crew_stop(struct crew *crew); /* and lets all its callers go, without a word */

/* Calls `number` from 127.0.0.2; `from` is the From's name-addr without tag (`"Ann" <sip:+1555...>`), NULL: some.
 * The final status; at 200 the call is acknowledged and packets flow.  *c may be
 * uninitialised, or one that has called before and is forgotten with all it heard. */
unsigned caller_call(
	struct crew *crew, struct caller *c, unsigned sip_port, const char *number, const char *from);

void caller_tone(struct caller *c, unsigned hz, double dbov); /* 0 Hz: packets of silence */
void caller_wire(struct caller *c, bool packets);             /* false: no packet at all */
/* The n-th packet of sound is sent after the next one, not at all, twice. 0: none */
void caller_spoil(struct caller *c, unsigned swap_every, unsigned lose_every, unsigned twice_every);

/* Presses keys after each other; returns when the last was let go, with that moment. `how` NULL: by the book. */
uint64_t caller_press(struct caller *c, const char *keys, const struct caller_press *how);
void caller_press_start(struct caller *c, const char *keys, const struct caller_press *how);
uint64_t caller_press_end(struct caller *c); /* 0: it took over 15 s */

/* re-INVITE with this direction ("sendonly" ...), or with c=0.0.0.0 as old phones hold; the final status. */
unsigned caller_reinvite(struct caller *c, const char *direction, bool zero_address);
bool caller_bye(struct caller *c);                   /* and it was answered with 200 */
bool caller_wait_bye(struct caller *c, unsigned ms); /* from the bridge; answered; c->sip.last has it */

/* Level of a tone, or of all, in what arrived between two moments. -127: nothing.  Of a tone it is the mean power of spans of
 * 200 ms: where a packet of its sender's was late, its sound is played later from there on, and over a long span parts that are as
 * loud as ever would cancel. */
double caller_heard(struct caller *c, unsigned hz, uint64_t from_ms, uint64_t to_ms);
double caller_loudness(struct caller *c, uint64_t from_ms, uint64_t to_ms);
/* The sound itself, 8 kHz, allocated; its length. */
size_t caller_pcm(struct caller *c, uint64_t from_ms, uint64_t to_ms, int16_t **out);
/* Milliseconds of it that are louder than -50 dBov. */
unsigned caller_heard_ms(struct caller *c, uint64_t from_ms, uint64_t to_ms);
size_t caller_packets(struct caller *c, uint64_t from_ms, uint64_t to_ms);
#endif
