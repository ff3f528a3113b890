/* loop.h - the control thread's event loop: Sofia-SIP's su_root behind our names.
 *
 * Use:  loop_open() on the control thread; loop_watch() descriptors (eventfds of workers,
 *       API and disk threads), loop_timer(); loop_run() until loop_stop().
 *
 * Thread: control; loop_stop() only from its own callbacks.
 */
#ifndef SIP_LOOP_H
#define SIP_LOOP_H

#include "sip/err.h"
#include <stdint.h>

struct loop;
typedef void (*loop_fn)(void *arg);

enum call_err loop_open(struct loop **out);
struct loop *loop_close(struct loop *l);
enum call_err loop_watch(struct loop *l, int fd, loop_fn ready, void *arg); /* readable, level-triggered */
void loop_unwatch(struct loop *l, int fd);

/* A periodic timer; interval at least 5 ms.  Timers live as long as the loop. */
enum call_err loop_every(struct loop *l, unsigned interval_ms, loop_fn due, void *arg);
uint64_t loop_now_us(void); /* CLOCK_MONOTONIC */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
void *loop_root(struct loop *l); /* su_root_t, for sip/ua alone */
#endif
