/* links: sip/loop.c sip/err.c */
#include "sip/loop.h"
#include "tests/test.h"

#include <sys/eventfd.h>
#include <unistd.h>

struct story {
	struct loop *loop;
	int fd, other;
	unsigned fired, other_fired, beats;
};

static void poke(int fd)
{
	const uint64_t one = 1;

	CHECK(write(fd, &one, sizeof(one)) == sizeof(one), "eventfd");
}

static void drain(int fd)
{
	uint64_t n;

	CHECK(read(fd, &n, sizeof(n)) == sizeof(n), "eventfd");
}

static void open_story(struct story *s)
{
	*s = (struct story){ .fd = eventfd(0, EFD_NONBLOCK), .other = eventfd(0, EFD_NONBLOCK) };
	CHECK_INT(CALL_OK, loop_open(&s->loop), "open");
}

static void close_story(struct story *s)
{
	s->loop = loop_close(s->loop);
	CHECK(!s->loop, "NULL comes back");
	close(s->fd);
	close(s->other);
}

static void count_and_stop(void *arg)
{
	struct story *s = arg;

	s->fired++;
	if (s->fired == 3) { /* level-triggered: it comes again until it is read */
		drain(s->fd);
		loop_stop(s->loop);
	}
}

TEST(a_readable_descriptor_is_told_until_it_is_read)
{
	struct story s;

	open_story(&s);
	CHECK_INT(CALL_OK, loop_watch(s.loop, s.fd, count_and_stop, &s), "watch");
	CHECK_INT(CALL_RANGE, loop_watch(s.loop, s.fd, count_and_stop, &s), "only once");
	CHECK_INT(CALL_RANGE, loop_watch(s.loop, -1, count_and_stop, &s), "no descriptor");
	CHECK_INT(CALL_RANGE, loop_watch(s.loop, s.other, NULL, &s), "no handler");
	poke(s.fd);
	loop_run(s.loop);
	CHECK_INT(3, s.fired, "times");
	close_story(&s);
}

static void unwatch_both(void *arg)
{
	struct story *s = arg;

	s->fired++;
	loop_unwatch(s->loop, s->fd); /* ourselves */
	loop_unwatch(s->loop, s->other);
	loop_unwatch(s->loop, 4711); /* nobody's */
}

static void other_fired(void *arg)
{
	struct story *s = arg;

	s->other_fired++;
	loop_unwatch(s->loop, s->fd);
	loop_unwatch(s->loop, s->other);
}

static void stop(void *arg)
{
	struct story *s = arg;

	if (++s->beats == 3)
		loop_stop(s->loop);
}

/* Both are readable in the same round: whoever is told first takes the other off. */
TEST(a_handler_may_unwatch_itself_and_others)
{
	struct story s;

	open_story(&s);
	loop_watch(s.loop, s.fd, unwatch_both, &s);
	loop_watch(s.loop, s.other, other_fired, &s);
	poke(s.fd);
	poke(s.other);
	CHECK_INT(CALL_OK, loop_every(s.loop, LOOP_INTERVAL_MIN_MS, stop, &s), "timer");
	loop_run(s.loop);
	CHECK_INT(1, s.fired + s.other_fired, "only one was told");
	close_story(&s);
}

static void end_itself(void *arg)
{
	struct story *s = arg;

	s->fired++;
	loop_never(s->loop, end_itself, s);
}

TEST(timers_beat_until_they_are_ended)
{
	struct story s;
	uint64_t begun_us;

	open_story(&s);
	CHECK_INT(CALL_RANGE, loop_every(s.loop, LOOP_INTERVAL_MIN_MS - 1, stop, &s), "too often");
	CHECK_INT(CALL_RANGE, loop_every(s.loop, 10, NULL, &s), "no handler");
	CHECK_INT(CALL_OK, loop_every(s.loop, 10, stop, &s), "10 ms");
	CHECK_INT(CALL_OK, loop_every(s.loop, 5, end_itself, &s), "5 ms, once");
	loop_never(s.loop, stop, NULL); /* another's argument: nothing */
	begun_us = loop_now_us();
	loop_run(s.loop);
	CHECK(loop_now_us() - begun_us >= 29000, "three beats of 10 ms took %lld us",
		(long long)(loop_now_us() - begun_us));
	CHECK_INT(1, s.fired, "ended in its first beat");
	loop_never(s.loop, stop, &s);
	close_story(&s);
}

TEST(loops_can_be_opened_again)
{
	CHECK(!loop_close(NULL), "NULL");
	for (int i = 0; i < 3; i++) {
		struct story s;

		open_story(&s);
		loop_every(s.loop, 5, stop, &s);
		loop_run(s.loop);
		CHECK_INT(3, s.beats, "beats");
		close_story(&s);
	}
}

TESTS(a_readable_descriptor_is_told_until_it_is_read, a_handler_may_unwatch_itself_and_others,
	timers_beat_until_they_are_ended, loops_can_be_opened_again)
