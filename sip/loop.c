#include "sip/loop.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>

enum { STEP_MS = 1000, NAP_US = 250, NOTHING_US = 30 }; /* a message takes longer than that */

struct watch {
	struct watch *next; /* owned by the loop's list */
	int fd;
	int index;  /* su_root's name for it */
	bool timer; /* fd is our timerfd: read it before `fn`, close it at the end */
	su_wait_t wait[1];
	loop_fn fn;
	void *arg; /* borrowed from whoever watches */
};

struct loop {
	su_root_t *root;       /* owned */
	struct watch *watches; /* owned */
	bool runs;
};

/* Sofia would write to stderr; what is worth a line comes through on_note() instead. */
static void discard(void *stream, const char *format, va_list ap)
{
	(void)stream, (void)format, (void)ap;
}

enum call_err loop_open(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return CALL_NOMEM;
	su_init();
	su_log_redirect(su_log_default, discard, NULL);
	l->root = su_root_create(l);
	if (!l->root) {
		su_deinit();
		free(l);
		return CALL_LIBRARY;
	}
	su_root_threading(l->root, 0); /* nua runs in this thread: no locks, no surprises */
	*out = l;
	return CALL_OK;
}

static void watch_remove(struct loop *l, struct watch **at)
{
	struct watch *w = *at;

	*at = w->next;
	su_root_deregister(l->root, w->index);
	if (w->timer)
		close(w->fd);
	free(w);
}

struct loop *loop_close(struct loop *l)
{
	if (!l)
		return NULL;
	while (l->watches)
		watch_remove(l, &l->watches);
	su_root_destroy(l->root);
	su_deinit();
	free(l);
	return NULL;
}

/* After w->fn() the watch may be gone: nothing touches it any more. */
static int on_readable(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *arg)
{
	struct watch *w = (struct watch *)arg;
	uint64_t beats;

	(void)magic, (void)wait;
	if (w->timer && read(w->fd, &beats, sizeof(beats)) != sizeof(beats))
		return 0;
	w->fn(w->arg);
	return 0;
}

static struct watch **find(struct loop *l, int fd)
{
	struct watch **at = &l->watches;

	while (*at && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

static enum call_err watch_add(struct loop *l, int fd, bool timer, loop_fn fn, void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return CALL_NOMEM;
	w->fd = fd;
	w->timer = timer;
	w->fn = fn;
	w->arg = arg;
	if (su_wait_create(w->wait, fd, SU_WAIT_IN) < 0)
		goto fail;
	w->index = su_root_register(l->root, w->wait, on_readable, (su_wakeup_arg_t *)w, 0);
	if (w->index < 0)
		goto fail;
	w->next = l->watches;
	l->watches = w;
	return CALL_OK;
fail:
	free(w);
	return CALL_LIBRARY;
}

enum call_err loop_watch(struct loop *l, int fd, loop_fn ready, void *arg)
{
	if (fd < 0 || !ready || *find(l, fd))
		return CALL_RANGE;
	return watch_add(l, fd, false, ready, arg);
}

void loop_unwatch(struct loop *l, int fd)
{
	struct watch **at = find(l, fd);

	if (*at && !(*at)->timer)
		watch_remove(l, at);
}

enum call_err loop_every(struct loop *l, unsigned interval_ms, loop_fn due, void *arg)
{
	const struct timespec beat = { .tv_sec = interval_ms / 1000,
		.tv_nsec = (long)(interval_ms % 1000) * 1000000 };
	const struct itimerspec spec = { .it_interval = beat, .it_value = beat };
	enum call_err err;
	int fd;

	if (interval_ms < LOOP_INTERVAL_MIN_MS || !due)
		return CALL_RANGE;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (fd < 0)
		return CALL_LIBRARY;
	if (timerfd_settime(fd, 0, &spec, NULL) < 0) {
		close(fd);
		return CALL_LIBRARY;
	}
	err = watch_add(l, fd, true, due, arg);
	if (err)
		close(fd);
	return err;
}

void loop_never(struct loop *l, loop_fn due, void *arg)
{
	struct watch **at = &l->watches;

	while (*at && !((*at)->timer && (*at)->fn == due && (*at)->arg == arg))
		at = &(*at)->next;
	if (*at)
		watch_remove(l, at);
}

uint64_t loop_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* Sofia counts milliseconds: in a timer's last one it would ask the kernel without a pause, which with hundreds of calls a
 * second is always.  A step that had nothing to do is followed by a nap. */
void loop_run(struct loop *l)
{
	l->runs = true;
	while (l->runs) {
		const uint64_t begun_us = loop_now_us();

		if (su_root_step(l->root, STEP_MS) == 0 && loop_now_us() - begun_us < NOTHING_US)
			usleep(NAP_US);
	}
}

void loop_stop(struct loop *l)
{
	l->runs = false;
}

void *loop_root(struct loop *l)
{
	return l->root;
}
