#include "tools/crowd_run.h"
#include "tools/crowd_gather.h"
#include "tools/crowd_lines.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
	TIMER_SLICES = 50,  /* milliseconds between two looks at a call's SIP timers */
	FREEZE_US = 300000, /* ears close this long before the first hang-up */
	LINGER_US = 200000, /* after the last end: repetitions are still answered */
	HANGUP_RATE = 200,  /* calls per second at least */
	BEHIND_MS = 200     /* further behind than this, milliseconds are left out */
};

enum stage { CALLING, STAYING, LEAVING, DONE };

struct loop { /* what lives as long as the run's loop */
	struct crowd_run *run;
	struct crowd_media *media;
	struct crowd_lines lines;
	int signals;
	enum stage stage;
	uint64_t begun_us, measure_us, end_us, done_us; /* end: when all hang up */
	unsigned started[CROWD_GROUPS];
	uint32_t n_settled, n_hung_up, n_ended;
};

static void settle(struct loop *l, struct crowd_caller *c, uint64_t now_us)
{
	if (!c->settled) {
		c->settled = true;
		c->settled_us = now_us;
		l->n_settled++;
	}
}

/* After anything that may have changed the call. */
static void after_step(struct loop *l, struct crowd_caller *c, enum crowd_state before, uint64_t now_us)
{
	struct crowd_call *call = &c->call;
	bool fresh = before != CROWD_TALKING && call->state == CROWD_TALKING;

	if (fresh || call->answer_changed) {
		call->answer_changed = false;
		c->stream.far = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_addr = call->answer.ip,
			.sin_port = htons(call->answer.port) };
		crowd_media_listen(l->media, &c->stream, c->id);
	}
	c->stream.on = call->state == CROWD_TALKING && call->answer.ip.s_addr != INADDR_ANY;
	if (before != CROWD_ENDED && call->state == CROWD_ENDED) {
		l->n_ended++;
		settle(l, c, now_us);
	}
}

static void hang_up(struct loop *l, struct crowd_caller *c, uint64_t now_us)
{
	struct crowd_outbox out;
	enum crowd_state before = c->call.state;

	if (c->hung_up)
		return;
	c->hung_up = true;
	l->n_hung_up++;
	out.n = 0;
	crowd_call_hangup(&c->call, now_us, &out);
	crowd_lines_post(&l->lines, &c->call.local, &out);
	after_step(l, c, before, now_us);
}

static struct crowd_caller *find_caller(struct loop *l, struct crowd_span call_id)
{
	char text[64], ip[40];
	uint32_t token, id;

	if (!crowd_span_copy(text, sizeof(text), call_id) ||
		sscanf(text, "%8x-%10u@%39s", &token, &id, ip) != 3)
		return NULL;
	if (id >= l->run->options.n_calls || strcmp(l->run->callers[id].call.call_id, text) != 0)
		return NULL;
	return &l->run->callers[id];
}

static void read_line(struct loop *l, unsigned line)
{
	char bytes[65536];
	struct sockaddr_in from;
	struct crowd_message m;

	for (int i = 0; i < 1000; i++) { /* sound must not wait for a flood */
		ssize_t n = crowd_lines_read(&l->lines, line, bytes, sizeof(bytes), &from);
		if (n < 0)
			return;
		if (!crowd_message_read(&m, bytes, (size_t)n))
			continue;
		struct crowd_caller *c = find_caller(l, m.call_id);
		if (!c) {
			if (!m.status)
				crowd_lines_refuse(&l->lines, line, &m, &from);
			continue;
		}
		struct crowd_outbox out;
		uint64_t now_us = crowd_now_us();
		enum crowd_state before = c->call.state;
		out.n = 0;
		crowd_call_take(&c->call, &m, now_us, &out);
		crowd_lines_post(&l->lines, &c->call.local, &out);
		after_step(l, c, before, now_us);
	}
}

static void on_packet(void *arg, uint32_t id, const struct rtp *rtp, uint64_t arrival_us)
{
	struct loop *l = arg;
	struct crowd_caller *c = &l->run->callers[id];
	const struct codec_info *codec = codec_info(c->voice->format.id);

	if (!c->stream.on)
		return; /* on its way when we hung up */
	crowd_stream_count(&c->stream, rtp, codec->clock_hz, arrival_us);
	if (!c->ear || rtp->payload_type != c->call.answer.payload_type)
		return;
	crowd_ear_packet(c->ear, rtp, arrival_us);
	if (!l->run->options.delay || !crowd_ear_onset(c->ear) || l->stage != STAYING ||
		arrival_us < l->measure_us)
		return;
	unsigned gi = (unsigned)(c->group - l->run->options.groups);
	struct crowd_delays *d = &l->run->groups[gi].delays;
	uint64_t burst_us = l->run->groups[gi].bursts[c->room];
	if (burst_us && arrival_us > burst_us && arrival_us - burst_us < 500000 && d->n < CROWD_DELAYS_MAX)
		d->us[d->n++] = (uint32_t)(arrival_us - burst_us);
}

static void start_due(struct loop *l, uint64_t now_us)
{
	double elapsed_s = (double)(now_us - l->begun_us) / 1e6;

	for (unsigned gi = 0; gi < l->run->options.n_groups; gi++) {
		const struct crowd_group *g = &l->run->options.groups[gi];
		while (l->started[gi] < g->calls && elapsed_s >= g->after_s + l->started[gi] / g->rate) {
			struct crowd_caller *c =
				&l->run->callers[l->run->groups[gi].first + l->started[gi]++];
			struct crowd_outbox out;
			out.n = 0;
			crowd_call_start(&c->call, now_us, &out);
			crowd_lines_post(&l->lines, &c->call.local, &out);
		}
	}
}

/* All packets due in millisecond `tick`. */
static void speak_due(struct loop *l, uint64_t tick, uint64_t now_us)
{
	struct crowd_run *run = l->run;

	for (unsigned gi = 0; gi < run->options.n_groups; gi++) {
		const struct crowd_group *g = &run->options.groups[gi];
		unsigned phase = (unsigned)(tick % g->ptime_ms), shift = gi * 7 % g->ptime_ms;
		for (uint32_t i = (phase + g->ptime_ms - shift) % g->ptime_ms; i < g->calls;
			i += g->ptime_ms) {
			struct crowd_caller *c = &run->callers[run->groups[gi].first + i];
			struct crowd_outbox out;
			out.n = 0;
			if (crowd_caller_speak(c, l->media, now_us, &out)) {
				l->run->groups[gi].bursts[c->room] = crowd_now_us();
				crowd_media_flush(l->media);
			}
			if (out.n)
				crowd_lines_post(&l->lines, &c->call.local, &out);
			if (!c->settled && c->stream.on && c->finger == CROWD_KEYED)
				settle(l, c, now_us);
		}
	}
	crowd_media_flush(l->media);
}

static void timers_due(struct loop *l, uint64_t tick, uint64_t now_us)
{
	for (uint32_t i = (uint32_t)(tick % TIMER_SLICES); i < l->run->options.n_calls; i += TIMER_SLICES) {
		struct crowd_caller *c = &l->run->callers[i];
		if (crowd_call_next(&c->call) > now_us)
			continue;
		struct crowd_outbox out;
		enum crowd_state before = c->call.state;
		out.n = 0;
		crowd_call_timer(&c->call, now_us, &out);
		crowd_lines_post(&l->lines, &c->call.local, &out);
		after_step(l, c, before, now_us);
	}
}

static void freeze(struct crowd_caller *c)
{
	if (c->ear)
		crowd_ear_freeze(c->ear);
}

/* Calls that each have their own time. */
static void leave_own(struct loop *l, uint64_t tick, uint64_t now_us)
{
	uint64_t stay_us = (uint64_t)(l->run->options.seconds * 1e6);

	for (uint32_t i = (uint32_t)(tick % TIMER_SLICES); i < l->run->options.n_calls; i += TIMER_SLICES) {
		struct crowd_caller *c = &l->run->callers[i];
		if (!c->settled)
			continue;
		if (now_us + FREEZE_US >= c->settled_us + stay_us)
			freeze(c);
		if (now_us >= c->settled_us + stay_us)
			hang_up(l, c, now_us);
	}
}

static void begin_leaving(struct loop *l, uint64_t now_us)
{
	for (uint32_t i = 0; i < l->run->options.n_calls; i++)
		freeze(&l->run->callers[i]);
	l->stage = LEAVING;
	l->end_us = now_us;
}

static void leave_due(struct loop *l, uint64_t now_us)
{
	double rate = l->run->options.groups[0].rate;
	uint64_t due = 1 + (uint64_t)((double)(now_us - l->end_us) / 1e6 *
				      (rate > HANGUP_RATE ? rate : HANGUP_RATE));

	while (l->n_hung_up < l->run->options.n_calls && l->n_hung_up < due)
		hang_up(l, &l->run->callers[l->n_hung_up], now_us); /* callers leave in their order */
}

static void stages(struct loop *l, uint64_t tick, uint64_t now_us)
{
	const struct crowd_options *o = &l->run->options;

	if (l->stage == CALLING && l->n_settled == o->n_calls) {
		l->stage = STAYING;
		l->measure_us = now_us + (uint64_t)(o->settle_s * 1e6);
		l->end_us = l->measure_us + (uint64_t)(o->seconds * 1e6);
		if (!o->json)
			fprintf(stderr, "crowd: %u of %u calls up after %.1f s\n", o->n_calls - l->n_ended,
				o->n_calls, (double)(now_us - l->begun_us) / 1e6);
	}
	if (o->own_time && l->stage <= STAYING) {
		leave_own(l, tick, now_us);
	} else if (l->stage == STAYING) {
		if (now_us + FREEZE_US >= l->end_us)
			for (uint32_t i = 0; i < o->n_calls; i++)
				freeze(&l->run->callers[i]);
		if (now_us >= l->end_us)
			begin_leaving(l, now_us);
	}
	if (l->stage == LEAVING)
		leave_due(l, now_us);
	if (l->n_ended == o->n_calls && l->stage != DONE) {
		l->stage = DONE;
		l->done_us = now_us + LINGER_US;
	}
}

static void read_signals(struct loop *l, uint64_t now_us)
{
	struct signalfd_siginfo info;

	if (read(l->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	l->run->interrupted = true;
	for (unsigned gi = 0; gi < l->run->options.n_groups; gi++)
		l->started[gi] = l->run->options.groups[gi].calls; /* nobody calls any more */
	if (l->stage < LEAVING)
		begin_leaving(l, now_us);
}

static void sleep_until(uint64_t at_us)
{
	struct timespec t = { (time_t)(at_us / 1000000), (long)(at_us % 1000000) * 1000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void turn(struct loop *l)
{
	l->begun_us = crowd_now_us();
	for (uint64_t tick = 0; l->stage != DONE || crowd_now_us() < l->done_us; tick++) {
		uint64_t due_us = l->begun_us + tick * 1000, now_us = crowd_now_us();
		if (now_us < due_us) {
			sleep_until(due_us);
			now_us = crowd_now_us();
		} else if (now_us > due_us + 5000) {
			l->run->late_sends++;
			if (now_us > due_us + BEHIND_MS * 1000)
				tick = (now_us - l->begun_us) / 1000;
		}
		start_due(l, now_us);
		speak_due(l, tick, now_us);
		crowd_media_receive(l->media, on_packet, l);
		for (unsigned i = 0; i < l->lines.n; i++)
			read_line(l, i);
		timers_due(l, tick, now_us);
		read_signals(l, now_us);
		stages(l, tick, now_us);
	}
}

static bool open_loop(struct loop *l, char *why, size_t why_cap)
{
	const struct crowd_options *o = &l->run->options;
	struct rlimit files;
	sigset_t set;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	l->media = crowd_media_open(o->share, o->own_address, o->n_calls);
	if (!l->media || l->signals < 0) {
		snprintf(why, why_cap, "out of memory or descriptors");
		return false;
	}
	return crowd_gather(l->run, l->media, &l->lines, why, why_cap);
}

bool crowd_run(struct crowd_run *run, char *why, size_t why_cap)
{
	struct loop l = { .run = run, .signals = -1 };
	bool ok = open_loop(&l, why, why_cap);

	if (ok) {
		turn(&l);
		run->strays = crowd_media_strays(l.media);
		run->unsent = crowd_media_unsent(l.media);
	}
	crowd_lines_close(&l.lines);
	if (l.signals >= 0)
		close(l.signals);
	crowd_media_close(l.media);
	return ok;
}

void crowd_run_free(struct crowd_run *run)
{
	for (uint32_t i = 0; run->callers && i < run->options.n_calls; i++)
		crowd_caller_free(&run->callers[i]);
	free(run->callers);
	for (unsigned gi = 0; gi < CROWD_GROUPS; gi++) {
		free(run->groups[gi].delays.us);
		free(run->groups[gi].bursts);
		for (unsigned k = 0; k < CODECS; k++) {
			struct crowd_voice *v = &run->groups[gi].voices[k];
			crowd_clip_free(v->talk);
			crowd_clip_free(v->quiet);
			for (unsigned i = 0; i < CROWD_KEYS; i++)
				free(v->keys[i].pcm);
		}
	}
}
