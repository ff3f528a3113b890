#include "tests/line.h"
#include "sip/ask.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OWNERS = 4096, TICK_MS = 20 };

struct line {
	struct shared *shared;
	pid_t pid;
	int orders; /* our end of a socket pair */
};

struct shared {           /* between test and child */
	struct line line; /* the test's own; here, so that a failed test leaves nothing on the heap */
	atomic_uint n;
	char lines[LINE_LINES][LINE_TEXT];
	atomic_uint port;
	struct call_stats stats;
	atomic_bool failed;
};

struct owner { /* one call, as seen by the child's handlers */
	struct call *call;
	char number[CALL_URI];
	uint64_t answer_at_us, hangup_at_us;
};

struct child {
	struct shared *shared;
	struct line_config config;
	struct loop *loop;
	struct ua *ua;
	struct owner owners[OWNERS];
	int orders;
};

__attribute__((format(printf, 2, 3))) static void say(struct child *ch, const char *format, ...)
{
	const unsigned n = atomic_load(&ch->shared->n);
	va_list ap;

	if (n >= LINE_LINES)
		return;
	va_start(ap, format);
	vsnprintf(ch->shared->lines[n], LINE_TEXT, format, ap);
	va_end(ap);
	atomic_store(&ch->shared->n, n + 1);
}

static void dummy_media(struct media_self *self)
{
	static const struct sdp_format formats[] = {
		{ .payload_type = 0, .name = "PCMU", .clock_hz = 8000, .channels = 1 },
		{ .payload_type = 8, .name = "PCMA", .clock_hz = 8000, .channels = 1 },
		{ .payload_type = 101,
			.name = "telephone-event",
			.clock_hz = 8000,
			.channels = 1,
			.fmtp = "0-15" },
	};

	memset(self, 0, sizeof(*self));
	self->origin_id = 4711;
	snprintf(self->address, sizeof(self->address), "127.0.0.1");
	self->rtp_port = 20000;
	self->rtcp_port = 20001;
	memcpy(self->formats, formats, sizeof(formats));
	self->n_formats = sizeof(formats) / sizeof(*formats);
}

static bool wants(const struct owner *o, const char *word)
{
	return strstr(o->number, word) != NULL;
}

/* The number says what to do; see line.h. */
static void take_call(struct child *ch, struct owner *o)
{
	struct media_self self;
	enum call_err err;

	if (wants(o, "refuse")) {
		call_refuse(o->call, 404, Q850_UNALLOCATED, "no such number", 0);
		return;
	}
	dummy_media(&self);
	err = call_accept_media(o->call, &self);
	if (err) {
		say(ch, "accept %s: %s", o->number, call_strerror(err));
		call_refuse(o->call, err == CALL_NO_MATCH ? 488 : 400, 0, call_strerror(err), 0);
		return;
	}
	if (wants(o, "ring"))
		say(ch, "progress 180: %s", call_strerror(call_progress(o->call, 180, false)));
	if (wants(o, "early"))
		say(ch, "progress 183: %s", call_strerror(call_progress(o->call, 183, true)));
	if (wants(o, "late"))
		o->answer_at_us = loop_now_us() + 300000;
	else if (wants(o, "answer") || wants(o, "hangup"))
		say(ch, "answer: %s", call_strerror(call_answer(o->call)));
	if (wants(o, "hangup"))
		call_hangup(o->call, Q850_NORMAL, "enough");
}

static void on_invite(void *arg, struct call *call, const struct call_invite *v)
{
	struct child *ch = arg;
	size_t i = 0;

	while (i < OWNERS && ch->owners[i].call)
		i++;
	say(ch,
		"invite %s from %s trunk %s source %.4s offer %d scheme %s asserted '%s' privacy %d to %s "
		"params '%s'",
		v->request_user, v->from_user, v->trunk, v->source, v->has_offer, v->request_scheme,
		v->asserted, v->privacy, v->to_user, v->request_params);
	if (i == OWNERS) {
		call_refuse(call, 503, 0, NULL, 1);
		return;
	}
	ch->owners[i] = (struct owner){ .call = call };
	snprintf(ch->owners[i].number, sizeof(ch->owners[i].number), "%s", v->request_user);
	call_set_owner(call, &ch->owners[i]);
	take_call(ch, &ch->owners[i]);
}

/* Handlers of one call do not get `arg`; there is one child in the process. */
static struct child *the_child;

static void on_media(void *owner, struct call *call, const struct media_agreed *a)
{
	(void)owner, (void)call;
	say(the_child, "media %s pt %u to %s:%u send %d receive %d hold %d event %u ptime %u", a->codec.name,
		a->codec.payload_type, a->address, a->rtp_port, a->send, a->receive, a->on_hold,
		a->event_tx_pt, a->ptime_ms);
}

static void on_confirmed(void *owner, struct call *call)
{
	const struct owner *o = owner;

	(void)call;
	say(the_child, "confirmed %s", o->number);
}

static void on_digit(void *owner, struct call *call, char digit)
{
	(void)owner, (void)call;
	say(the_child, "digit %c", digit);
}

static void on_ended(void *owner, struct call *call, const struct call_end *end)
{
	struct owner *o = owner;

	(void)call;
	say(the_child, "ended %s by %s status %u cause %u: %s%s%s%s", o->number,
		end->by_far_end ? "them" : "us", end->sip_status, end->q850, end->text,
		end->no_response ? " (no response)" : "", end->redirect ? " redirected to " : "",
		end->redirect ? end->redirect : "");
	o->call = NULL;
}

static void on_refused(void *arg, const char *trunk, const char *source, const char *from, const char *to,
	const char *call_id, unsigned status, const char *text)
{
	(void)source, (void)call_id;
	say(arg, "refused %u trunk %s from %s to %s: %s", status, trunk ? trunk : "none", from, to, text);
}

static void on_note(void *arg, const char *call_id, const char *text)
{
	(void)call_id;
	say(arg, "note %s", text);
}

static bool media_flows(void *owner, struct call *call)
{
	(void)owner, (void)call;
	return the_child->config.media_flows;
}

static void on_closed(void *arg)
{
	loop_stop(((struct child *)arg)->loop);
}

static void on_tick(void *arg)
{
	struct child *ch = arg;

	ua_stats(ch->ua, &ch->shared->stats);
	for (size_t i = 0; i < OWNERS; i++) {
		struct owner *o = &ch->owners[i];

		if (o->call && o->answer_at_us && loop_now_us() > o->answer_at_us) {
			o->answer_at_us = 0;
			say(ch, "answer: %s", call_strerror(call_answer(o->call)));
		}
	}
}

/* "udp:127.0.0.2:5062 +15550199 [user password realm]" */
static void dial(struct child *ch, const char *text)
{
	char target[64] = "", number[64] = "", user[32] = "", password[32] = "", realm[32] = "";
	struct call_dial d = { .trunk = "carrier-a",
		.target = target,
		.host = target + 4,
		.to_user = number,
		.from_user = "+15550100",
		.from_name = "Weekly \"x\"",
		.stated = { .forms = STATED_ASSERTED | STATED_DIVERSION, .user = "+15550100" },
		.username = user,
		.password = password,
		.realm = realm };
	struct media_self self;
	size_t i = 0;
	enum call_err err;

	sscanf(text, "%63s %63s %31s %31s %31s", target, number, user, password, realm);
	d.stated.wants_privacy = strstr(number, "anonymous") != NULL;
	if (d.stated.wants_privacy)
		d.from_user = NULL, d.stated.diverted = "+15550111";
	while (i < OWNERS && ch->owners[i].call)
		i++;
	dummy_media(&self);
	ch->owners[i] = (struct owner){ 0 };
	snprintf(ch->owners[i].number, sizeof(ch->owners[i].number), "%s", number);
	d.owner = &ch->owners[i];
	err = call_dial(&ch->owners[i].call, ch->ua, &d, &self);
	say(ch, "dial %s: %s", number, call_strerror(err));
}

static void on_progress(void *owner, struct call *call, unsigned status, enum call_early early)
{
	const struct owner *o = owner;

	(void)call;
	say(the_child, "progress %s %u%s", o->number, status,
		early == CALL_EARLY_HEARD  ? " with early media"
		: early == CALL_EARLY_SHUT ? " without"
					   : "");
}

static void on_asked(void *arg, uint32_t id, const struct ask_answer *a)
{
	(void)id;
	say(arg, "asked: %u expires %u min %u retry %u%s: %s", a->status, a->expires_s, a->min_expires_s,
		a->retry_after_s, a->refused_credentials ? " refused" : "", a->text);
}

/* "REGISTER udp:127.0.0.2:5062 [user password realm]" */
static void ask(struct child *ch, const char *text)
{
	char method[16] = "", target[64] = "", user[32] = "", password[32] = "", realm[32] = "", uri[80];
	struct ask_question q = { .method = method,
		.target = target,
		.uri = uri,
		.from = "sip:us@carrier.invalid",
		.to = "sip:us@carrier.invalid",
		.expires_s = 600,
		.contact_user = "0123456789abcdef0123456789abcdef",
		.call_id = "same",
		.cseq = 7,
		.username = user,
		.password = password,
		.realm = realm,
		.done = on_asked,
		.arg = ch };
	enum call_err err;

	sscanf(text, "%15s %63s %31s %31s %31s", method, target, user, password, realm);
	q.registers = strcmp(method, "REGISTER") == 0;
	snprintf(uri, sizeof(uri), "sip:carrier.invalid");
	err = ua_ask(ch->ua, &q);
	if (err)
		say(ch, "ask: %s", call_strerror(err));
}

static void on_order(void *arg)
{
	struct child *ch = arg;
	char word[256] = "";

	if (recv(ch->orders, word, sizeof(word) - 1, 0) <= 0 || strcmp(word, "exit") == 0) {
		ua_shutdown(ch->ua, 200, on_closed, ch);
		return;
	}
	if (strncmp(word, "dial ", 5) == 0) {
		dial(ch, word + 5);
		return;
	}
	if (strncmp(word, "ask ", 4) == 0)
		ask(ch, word + 4);
	if (strcmp(word, "shutdown") == 0)
		ua_shutdown(ch->ua, 5000, on_closed, ch);
	for (size_t i = 0; i < OWNERS; i++)
		if (ch->owners[i].call && strcmp(word, "hangup") == 0)
			call_hangup(ch->owners[i].call, Q850_NORMAL, "ordered");
}

static enum call_err open_ua(struct child *ch, const struct trunks *trunks)
{
	struct ua_config config = { .loop = ch->loop,
		.user_agent = "partyline/test",
		.trunks = trunks,
		.sip_t1_ms = ch->config.t1_ms,
		.timer_speed = ch->config.timer_speed };
	char why[128] = "", udp[80], tcp[80];
	enum call_err err;

	snprintf(udp, sizeof(udp), "udp:%s:0", ch->config.host ? ch->config.host : "127.0.0.1");
	snprintf(tcp, sizeof(tcp), "tcp%s", udp + 3);
	config.listen[config.n_listen++] = udp;
	if (ch->config.tcp)
		config.listen[config.n_listen++] = tcp;
	config.advertise = ch->config.advertise;
	config.on = (struct call_handlers){ .on_invite = on_invite,
		.on_media = on_media,
		.on_confirmed = on_confirmed,
		.on_progress = on_progress,
		.on_digit = on_digit,
		.on_ended = on_ended,
		.on_refused = on_refused,
		.on_note = on_note,
		.media_flows = media_flows,
		.arg = ch };
	err = ua_open(&ch->ua, &config, why, sizeof(why));
	if (err)
		fprintf(stderr, "line: %s: %s\n", call_strerror(err), why);
	return err;
}

static int child_run(struct child *ch)
{
	struct trunk_network networks[2];
	struct trunk_config trunks[2] = { { .name = "carrier-a", .from = &networks[0], .n_from = 1 },
		{ .name = "carrier-b", .from = &networks[1], .n_from = 1 } };
	struct trunks *table = NULL;
	int status = 1;

	the_child = ch;
	if (!trunk_network_parse(&networks[0], ch->config.trunk_a ? ch->config.trunk_a : "127.0.0.2/32") ||
		!trunk_network_parse(
			&networks[1], ch->config.trunk_b ? ch->config.trunk_b : "127.0.0.3/32") ||
		trunks_alloc(&table, trunks, 2) != CALL_OK || loop_open(&ch->loop) != CALL_OK)
		goto out;
	if (open_ua(ch, table) || loop_every(ch->loop, TICK_MS, on_tick, ch) ||
		loop_watch(ch->loop, ch->orders, on_order, ch))
		goto out;
	atomic_store(&ch->shared->port, ua_port(ch->ua, "udp"));
	loop_run(ch->loop);
	ua_stats(ch->ua, &ch->shared->stats);
	status = 0;
out:
	atomic_store(&ch->shared->failed, status != 0);
	ch->ua = ua_close(ch->ua);
	ch->loop = loop_close(ch->loop);
	trunks_free(table);
	free(ch);
	return status;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

struct line *line_start(const struct line_config *config)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS };
	struct shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct line *l = shared == MAP_FAILED ? NULL : &shared->line;
	int pair[2];
	pid_t pid;

	if (!l || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	l->shared = shared;
	l->orders = pair[0];
	pid = fork();
	if (pid == 0) {
		struct child *ch = calloc(1, sizeof(*ch));

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++) /* cmocka's would go on in here */
			signal(fatal[i], SIG_DFL);
		close(pair[0]);
		ch->shared = l->shared;
		ch->config = *config;
		ch->orders = pair[1];
		exit(child_run(ch)); /* not _exit: the leak checker runs at exit */
	}
	l->pid = pid; /* only here: the child shares this memory */
	close(pair[1]);
	while (!atomic_load(&l->shared->port) && !atomic_load(&l->shared->failed) && line_alive(l))
		nap();
	return l;
}

unsigned line_port(const struct line *l)
{
	return atomic_load(&l->shared->port);
}

bool line_alive(const struct line *l)
{
	siginfo_t info = { 0 };
	const bool alive =
		waitid(P_PID, (id_t)l->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
	return alive;
}

struct call_stats line_stats(const struct line *l)
{
	return l->shared->stats;
}

size_t line_count(const struct line *l, const char *part)
{
	size_t count = 0;

	for (unsigned i = 0; i < atomic_load(&l->shared->n); i++)
		count += strstr(l->shared->lines[i], part) != NULL;
	return count;
}

const char *line_find(const struct line *l, const char *part)
{
	for (unsigned i = 0; i < atomic_load(&l->shared->n); i++)
		if (strstr(l->shared->lines[i], part))
			return l->shared->lines[i];
	return NULL;
}

bool line_wait(const struct line *l, const char *part, unsigned ms)
{
	const uint64_t until_us = loop_now_us() + ms * 1000ull;

	while (!line_find(l, part)) {
		if (loop_now_us() > until_us || !line_alive(l))
			return line_find(l, part) != NULL;
		nap();
	}
	return true;
}

bool line_quiet(const struct line *l, unsigned ms)
{
	const uint64_t until_us = loop_now_us() + ms * 1000ull;

	for (int i = 0; i < 10; i++) /* stats are written every 20 ms */
		nap();
	while (l->shared->stats.live) {
		if (loop_now_us() > until_us || !line_alive(l))
			return false;
		nap();
	}
	return true;
}

void line_print(const struct line *l)
{
	const unsigned n = atomic_load(&l->shared->n);

	for (unsigned i = n > 20 ? n - 20 : 0; i < n; i++)
		fprintf(stderr, "  line: %s\n", l->shared->lines[i]);
}

void line_order(struct line *l, const char *word)
{
	if (send(l->orders, word, strlen(word), MSG_NOSIGNAL) < 0)
		fprintf(stderr, "line: cannot order %s\n", word);
}

void line_clear(struct line *l)
{
	atomic_store(&l->shared->n, 0);
}

void line_hold(struct line *l, bool held)
{
	kill(l->pid, held ? SIGSTOP : SIGCONT);
}

int line_stop(struct line *l)
{
	const uint64_t until_us = loop_now_us() + 10000000;
	int status = 0, result;

	line_order(l, "exit");
	while (line_alive(l) && loop_now_us() < until_us)
		nap();
	if (line_alive(l))
		kill(l->pid, SIGKILL);
	waitpid(l->pid, &status, 0);
	result = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	close(l->orders);
	munmap(l->shared, sizeof(*l->shared));
	return result;
}
