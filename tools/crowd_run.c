#include "tools/crowd_run.h"
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	LINES = 16,         /* source addresses of SIP */
	TIMER_SLICES = 50,  /* milliseconds between two looks at a call's SIP timers */
	FREEZE_US = 300000, /* ears close this long before the first hang-up */
	LINGER_US = 200000, /* after the last end: repetitions are still answered */
	HANGUP_RATE = 200,  /* calls per second at least */
	BEHIND_MS = 200     /* further behind than this, milliseconds are left out */
};

struct line { /* a SIP socket */
	int fd;
	struct sockaddr_in at;
};

enum stage { CALLING, STAYING, LEAVING, DONE };

struct loop { /* what lives as long as the run's loop */
	struct crowd_run *run;
	struct crowd_media *media;
	struct line lines[LINES];
	unsigned n_lines;
	int signals;
	enum stage stage;
	uint64_t begun_us, measure_us, end_us, done_us; /* end: when all hang up */
	unsigned started[CROWD_GROUPS];
	uint32_t n_settled, n_hung_up, n_ended;
	uint64_t *bursts[CROWD_GROUPS]; /* owned: when the talker of each room last began a burst */
	uint64_t random;
	uint32_t token;
};

static uint32_t random32(struct loop *l)
{
	l->random = l->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(l->random >> 32);
}

static const struct line *line_for(struct loop *l, struct in_addr ip, char *why, size_t why_cap)
{
	for (unsigned i = 0; i < l->n_lines; i++)
		if (l->lines[i].at.sin_addr.s_addr == ip.s_addr)
			return &l->lines[i];
	if (l->n_lines == LINES) {
		snprintf(why, why_cap, "more than %d source addresses", LINES);
		return NULL;
	}
	struct line *line = &l->lines[l->n_lines];
	socklen_t len = sizeof(line->at);
	int size = 4 << 20;
	line->at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = ip };
	line->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (line->fd < 0 || bind(line->fd, (struct sockaddr *)&line->at, len) != 0 ||
		getsockname(line->fd, (struct sockaddr *)&line->at, &len) != 0) {
		snprintf(why, why_cap, "no SIP socket: %s", strerror(errno));
		if (line->fd >= 0)
			close(line->fd);
		return NULL;
	}
	if (setsockopt(line->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	l->n_lines++;
	return line;
}

static enum codec_id caller_codec(const struct crowd_group *g, uint32_t index)
{
	return g->codec != CODEC_NONE ? g->codec : (enum codec_id)(CODEC_NONE + 1 + index % (CODECS - 1));
}

static bool make_voice(struct loop *l, const struct crowd_group *g, struct crowd_voice *v,
	enum codec_id codec, char *why, size_t why_cap)
{
	v->format =
		(struct codec_format){ .id = codec, .ptime_ms = g->ptime_ms, .complexity = 5, .dtx = g->dtx };
	v->talk = crowd_clip_make(g->say, &v->format, l->run->options.seed, why, why_cap);
	if (!v->talk)
		return false;
	v->quiet = crowd_clip_make(g->quiet, &v->format, l->run->options.seed + 1, why, why_cap);
	if (!v->quiet)
		return false;
	for (unsigned i = 0; i < CROWD_KEYS && (g->digits_by & CROWD_BY_INBAND); i++) {
		if (!crowd_key_sound(&v->keys[i].pcm, &v->keys[i].n, crowd_key_names[i], g->press_ms,
			    CROWD_KEY_GAP_MS, codec_info(codec)->rate)) {
			snprintf(why, why_cap, "out of memory for keys");
			return false;
		}
	}
	return true;
}

static bool make_pen(struct crowd_caller *c, char *why, size_t why_cap)
{
	if (!(c->group->digits_by & CROWD_BY_INBAND) || c->keys.n == 0)
		return true;
	c->pen = calloc(1, sizeof(*c->pen));
	if (c->pen && encoder_alloc(&c->pen->encoder, &c->voice->format) == MIX_OK)
		return true;
	snprintf(why, why_cap, "out of memory for encoders");
	return false;
}

static bool make_ear(const struct crowd_options *o, struct crowd_caller *c, char *why, size_t why_cap)
{
	const struct crowd_group *g = c->group;
	bool records = g->record[0] && c->index == 0;
	bool listens = o->delay && !c->talks;

	if (!records && !listens && g->n_hear == 0 && !strchr(g->keys_text, 'w') &&
		!strchr(g->keys_text, 'W'))
		return true;
	c->ear = crowd_ear_alloc(c->voice->format.id, g->n_hear > 0);
	if (!c->ear) {
		snprintf(why, why_cap, "out of memory for ears");
		return false;
	}
	if (records && !crowd_ear_record(c->ear, g->record)) {
		snprintf(why, why_cap, "%s: cannot be written", g->record);
		return false;
	}
	return true;
}

/* Fills in caller `index` of group `gi`. */
static bool make_caller(struct loop *l, unsigned gi, uint32_t index, char *why, size_t why_cap)
{
	struct crowd_run *run = l->run;
	const struct crowd_group *g = &run->options.groups[gi];
	uint32_t id = run->groups[gi].first + index, values = crowd_group_values(g);
	struct crowd_caller *c = &run->callers[id];
	enum codec_id codec = caller_codec(g, index);
	const struct codec_info *info = codec_info(codec);
	struct crowd_voice *voice = &run->groups[gi].voices[codec];
	char keys[CROWD_KEYS_MAX];

	if (!voice->talk && !make_voice(l, g, voice, codec, why, why_cap))
		return false;
	c->group = g;
	c->voice = voice;
	c->id = id;
	c->index = index;
	c->room = index % values;
	c->talks = index < g->talkers;
	c->say_at = crowd_clip_spoken(voice->talk) || run->options.delay ? 0 : random32(l) % 10007;
	crowd_template(keys, sizeof(keys), g->keys_text, g->each_first + c->room, g->each_width);
	if (!crowd_keys_read(&c->keys, keys, why, why_cap) || !make_pen(c, why, why_cap) ||
		!make_ear(&run->options, c, why, why_cap))
		return false;

	const struct line *line = line_for(l, g->from_ip, why, why_cap);
	unsigned phase = (index + gi * 7) % g->ptime_ms;
	if (!line || !crowd_media_place(l->media, &c->stream, g->from_ip, phase, why, why_cap))
		return false;
	c->stream.ssrc = random32(l);
	c->stream.timestamp = random32(l);
	c->stream.seq = (uint16_t)random32(l);

	struct crowd_call *call = &c->call;
	char ip[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &g->from_ip, ip, sizeof(ip));
	if (!crowd_template(
		    call->to_uri, sizeof(call->to_uri), g->to, g->each_first + c->room, g->each_width)) {
		snprintf(why, why_cap, "--to is too long");
		return false;
	}
	snprintf(call->from_user, sizeof(call->from_user), "%s", g->from_user);
	snprintf(call->call_id, sizeof(call->call_id), "%08x-%u@%s", l->token, id, ip);
	snprintf(call->from_tag, sizeof(call->from_tag), "%08x%u", random32(l), id);
	call->local = line->at;
	call->server = g->server;
	call->allow_remote = run->options.allow_remote;
	call->offer = (struct crowd_offer){ .session = random32(l) >> 1,
		.ip = g->from_ip,
		.port = c->stream.port,
		.name = info->name,
		.clock_hz = info->clock_hz,
		.channels = info->channels,
		.ptime_ms = g->ptime_ms,
		.payload_type = (uint8_t)(info->payload_type == CODEC_DYNAMIC ? 96 : info->payload_type),
		.event_pt = g->digits_by & CROWD_BY_EVENT ? 101 : CROWD_PT_NONE,
		.fmtp = codec == CODEC_OPUS ? (g->dtx ? "useinbandfec=1;usedtx=1" : "useinbandfec=1") : NULL,
		.direction = "sendrecv" };
	return true;
}

static bool make_all(struct loop *l, char *why, size_t why_cap)
{
	struct crowd_run *run = l->run;
	uint32_t first = 0;

	for (unsigned gi = 0; gi < run->options.n_groups; gi++) {
		const struct crowd_group *g = &run->options.groups[gi];
		run->groups[gi].first = first;
		l->bursts[gi] = calloc(crowd_group_values(g), sizeof(*l->bursts[gi]));
		if (run->options.delay)
			run->groups[gi].delays.us = calloc(CROWD_DELAYS_MAX, sizeof(uint32_t));
		if (!l->bursts[gi] || (run->options.delay && !run->groups[gi].delays.us)) {
			snprintf(why, why_cap, "out of memory");
			return false;
		}
		for (uint32_t i = 0; i < g->calls; i++)
			if (!make_caller(l, gi, i, why, why_cap))
				return false;
		first += g->calls;
	}
	return true;
}

static void post(struct loop *l, const struct crowd_caller *c, const struct crowd_outbox *out)
{
	for (unsigned i = 0; i < out->n; i++) {
		const struct sockaddr_in *to = &out->items[i].to;
		int fd = -1;
		for (unsigned k = 0; k < l->n_lines; k++)
			if (l->lines[k].at.sin_addr.s_addr == c->call.local.sin_addr.s_addr)
				fd = l->lines[k].fd;
		/* What the kernel does not take is lost and sent again by the timer. */
		(void)sendto(fd, out->items[i].text, out->items[i].len, 0, (const struct sockaddr *)to,
			sizeof(*to));
	}
}

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
	post(l, c, &out);
	after_step(l, c, before, now_us);
}

/* A request that belongs to no call of ours. */
static void answer_stranger(
	const struct line *line, const struct crowd_message *m, const struct sockaddr_in *from)
{
	char text[CROWD_MESSAGE];
	bool options = crowd_span_is(m->method, "OPTIONS");

	if (crowd_span_is(m->method, "ACK"))
		return;
	size_t n = crowd_reply_write(text, sizeof(text), m, options ? 200 : 481,
		options ? "OK" : "Call/Transaction Does Not Exist", "crowd", NULL, NULL);
	(void)sendto(line->fd, text, n, 0, (const struct sockaddr *)from, sizeof(*from));
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

static void read_line(struct loop *l, const struct line *line)
{
	char bytes[65536];
	struct sockaddr_in from;
	struct crowd_message m;

	for (int i = 0; i < 1000; i++) { /* sound must not wait for a flood */
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(line->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		if (!crowd_message_read(&m, bytes, (size_t)n))
			continue;
		struct crowd_caller *c = find_caller(l, m.call_id);
		if (!c) {
			if (!m.status)
				answer_stranger(line, &m, &from);
			continue;
		}
		struct crowd_outbox out;
		uint64_t now_us = crowd_now_us();
		enum crowd_state before = c->call.state;
		out.n = 0;
		crowd_call_take(&c->call, &m, now_us, &out);
		post(l, c, &out);
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
	uint64_t burst_us = l->bursts[gi][c->room];
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
			post(l, c, &out);
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
				l->bursts[gi][c->room] = crowd_now_us();
				crowd_media_flush(l->media);
			}
			if (out.n)
				post(l, c, &out);
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
		post(l, c, &out);
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
		for (unsigned i = 0; i < l->n_lines; i++)
			read_line(l, &l->lines[i]);
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
	/* Call-IDs of two runs must differ, whatever the seed. */
	l->token = (uint32_t)crowd_now_us() ^ ((uint32_t)getpid() << 16);
	l->random = o->seed * 2862933555777941757ULL + 3037000493ULL;
	l->media = crowd_media_open(o->share, o->n_calls, o->delay);
	l->run->callers = calloc(o->n_calls, sizeof(*l->run->callers));
	if (!l->media || !l->run->callers || l->signals < 0) {
		snprintf(why, why_cap, "out of memory or descriptors");
		return false;
	}
	return make_all(l, why, why_cap);
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
	for (unsigned i = 0; i < l.n_lines; i++)
		close(l.lines[i].fd);
	for (unsigned i = 0; i < CROWD_GROUPS; i++)
		free(l.bursts[i]);
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
		for (unsigned k = 0; k < CODECS; k++) {
			struct crowd_voice *v = &run->groups[gi].voices[k];
			crowd_clip_free(v->talk);
			crowd_clip_free(v->quiet);
			for (unsigned i = 0; i < CROWD_KEYS; i++)
				free(v->keys[i].pcm);
		}
	}
}
