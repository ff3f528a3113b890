/* loop.h - the control thread's event loop: Sofia-SIP's su_root behind our names.
 *
 * How: descriptors and timers are watched by su_root; timers are timerfds on CLOCK_MONOTONIC, because
 * Sofia's own follow the wall clock and do not survive its jumps.
 * Use:  loop_open() on the control thread; loop_watch() descriptors (eventfds of workers,
 *       API and disk threads), loop_every(); loop_run() until loop_stop().
 *
 * Thread: control; loop_stop() only from its own callbacks.
 */
#ifndef SIP_LOOP_H
#define SIP_LOOP_H

#include "sip/err.h"
#include <stdint.h>

enum { LOOP_INTERVAL_MIN_MS = 5 };

struct loop;
typedef void (*loop_fn)(void *arg);

/* CALL_NOMEM; CALL_LIBRARY: su_root could not start. */
enum call_err loop_open(struct loop **out);

/* Accepts NULL, returns NULL.  What was opened on the loop (an ua) is closed before. */
struct loop *loop_close(struct loop *l);

/* Calls `ready` while fd is readable (level-triggered).  The fd stays the caller's.
 * CALL_RANGE: watched already or no descriptor. */
enum call_err loop_watch(struct loop *l, int fd, loop_fn ready, void *arg);
void loop_unwatch(struct loop *l, int fd); /* also from inside `ready`; a stranger's fd is ignored */

/* A periodic timer; interval at least LOOP_INTERVAL_MIN_MS (else CALL_RANGE).  Missed beats are not made up
 * for. */
enum call_err loop_every(struct loop *l, unsigned interval_ms, loop_fn due, void *arg);
void loop_never(struct loop *l, loop_fn due, void *arg); /* ends that timer; also from inside `due` */
uint64_t loop_now_us(void);                              /* CLOCK_MONOTONIC */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
void *loop_root(struct loop *l); /* su_root_t, for sip/ua alone */
#endif
