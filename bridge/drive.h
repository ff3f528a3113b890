/* drive.h - keys that are meant for somebody else in the meeting: a host tells a machine that was dialled out what to do (FEATURES C12).
 *
 *   host:  *#        4711#                           *#
 *          begins -> pressed on the call that was -> commands again
 *                    dialled out last
 *
 * How: between the two *# what the host presses are no commands, but goes out on that call, key by key, as the digits after an answer do
 * (bridge/postdial): as events, tones or INFO of that leg alone.  A star is held until the next key, or for a second, as it may begin the
 * end.  The API presses keys on any call that sits in a meeting, for a web page's keypad.  Nobody else in the meeting hears any, and what
 * was pressed is told to nobody (C11): event `call.digits` says that keys went out (`sent`), or why not.
 * Use:  drive_begin() for the sequence; drive_key() before keys are looked at as commands; drive_press() for the API.
 *
 * Thread: control.
 */
#ifndef BRIDGE_DRIVE_H
#define BRIDGE_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

struct leg;

/* The leg's keys go to the call that its meeting dialled out last.  False: there is none. */
bool drive_begin(struct leg *leg);
/* False: the key is the leg's own command. */
bool drive_key(struct leg *leg, char digit);
void drive_tick(struct leg *leg, uint64_t now_us); /* every 100 ms */

/* NULL: `digits`, as postdial_read() takes them, are on their way; else why not. */
const char *drive_press(struct leg *leg, const char *digits);
#endif
