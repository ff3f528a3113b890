/* strangers.c - what a stranger's datagram costs: answered, unanswered, and turned away by the kernel (FEATURES S1).
 *
 * How: an endpoint as partylined opens it, and what scanners send (OPTIONS, REGISTER, INVITE) from addresses that no trunk has.  ROUNDS rounds
 * measure all in turn, and the best of each counts, as others share this machine:
 *
 *   answered    the first GUARD_ANSWERS of a source: Sofia reads them, we refuse, it answers
 *   unanswered  what was on its way when the source fell silent: Sofia reads it, the screen drops it
 *   turned away by the filter that sip/sieve makes, with GUARD_SOURCES silenced and ours the last of them: CPU time of the sender, in whose system
 *               call loopback's receiving side runs, beside that of a filter of one line that drops all
 *
 * Ends with 1 when the filter takes 5 us or more, or when anything of what was turned away has reached us.
 * Use:  build/tests/bench/strangers
 */
#include "sip/call.h"
#include "sip/guard.h"
#include "sip/sieve.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <sofia-sip/su_wait.h>

enum { ROUNDS = 5, SENT = 20000, BATCH = 50, UNANSWERED = 4000, ASKERS = 40 };
enum { DATAGRAM = 900, METHODS = 3, STEPS_IDLE = 20, T1_MS = 500 };
static const double MOST_US = 5;

struct bench {
	struct loop *loop;
	struct ua *ua;
	struct sockaddr_in at; /* its door */
	int door;              /* that socket, Sofia's */
	unsigned serial, source;
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(bool claim, const char *what)
{
	if (claim)
		return;
	perror(what);
	exit(1);
}

/* A socket of a source that nobody has seen, whose datagrams go to `at`. */
static int source_open(struct bench *b, const struct sockaddr_in *at)
{
	const struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr = { htonl(0x7f010001u + b->source++) } };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	must(fd >= 0 && bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0 &&
			connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0,
		"a stranger's socket");
	return fd;
}

/* Each has its own branch and Call-ID: what is sent again is known and costs less. */
static size_t write_request(struct bench *b, char out[DATAGRAM])
{
	static const char *const methods[METHODS] = { "OPTIONS", "REGISTER", "INVITE" };
	const unsigned n = b->serial++;
	const char *method = methods[n % METHODS];

	return (size_t)snprintf(out, DATAGRAM,
		"%s sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.0.1:5060;branch=z9hG4bK-%u;rport\r\n"
		"Max-Forwards: 70\r\nFrom: \"friendly-scanner\" <sip:100@1.1.1.1>;tag=6134%u\r\n"
		"To: <sip:100@1.1.1.1>\r\nCall-ID: 9012%u\r\nCSeq: 1 %s\r\n"
		"Contact: <sip:100@127.1.0.1:5060>\r\nUser-Agent: friendly-scanner\r\n"
		"Accept: application/sdp\r\nContent-Length: 0\r\n\r\n",
		method, n, n, n, method);
}

static void send_some(struct bench *b, int fd, unsigned n)
{
	char text[DATAGRAM];

	for (unsigned i = 0; i < n; i++) {
		const size_t len = write_request(b, text);

		must(send(fd, text, len, 0) == (ssize_t)len, "send");
	}
}

/* All that the endpoint has to do now; CPU time of it. */
static double work_us(struct bench *b)
{
	const double from = cpu_us();
	int waiting = 0;

	for (unsigned idle = 0; idle < STEPS_IDLE; idle++) {
		su_root_step(loop_root(b->loop), 0);
		if (ioctl(b->door, FIONREAD, &waiting) == 0 && waiting)
			idle = 0;
	}
	return cpu_us() - from;
}

static struct call_stats stats_of(const struct bench *b)
{
	struct call_stats s;

	ua_stats(b->ua, &s);
	return s;
}

/* ---- the endpoint ---- */

/* Sofia does not tell its sockets; they are known by their address. */
static int door_of(const struct sockaddr_in *at)
{
	DIR *dir = opendir("/proc/self/fd");
	int found = -1;

	must(dir != NULL, "/proc/self/fd");
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct sockaddr_in have = { .sin_family = AF_UNSPEC };
		socklen_t len = sizeof(have), type_len = sizeof(int);
		const int fd = (int)strtol(e->d_name, NULL, 10);
		int type = 0;

		if (e->d_name[0] != '.' && getsockname(fd, (struct sockaddr *)&have, &len) == 0 &&
			getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) == 0 && type == SOCK_DGRAM &&
			have.sin_family == AF_INET && have.sin_port == at->sin_port)
			found = fd;
	}
	closedir(dir);
	must(found >= 0, "the endpoint's socket");
	return found;
}

static void on_invite(void *arg, struct call *call, const struct call_invite *invite)
{
	(void)arg, (void)invite;
	call_refuse(call, 500, 0, NULL, 0);
	must(false, "a stranger's call");
}

static void bench_open(struct bench *b)
{
	static struct trunk_network network;
	static struct trunks *trunks;
	const struct trunk_config trunk = { .name = "carrier", .from = &network, .n_from = 1 };
	struct ua_config config = { .listen = { "udp:127.0.0.1:0" }, .n_listen = 1, .sip_t1_ms = T1_MS };
	char why[100];

	must(trunk_network_parse(&network, "127.0.0.2/32") && !trunks_alloc(&trunks, &trunk, 1) &&
			!loop_open(&b->loop),
		"a trunk");
	config.loop = b->loop;
	config.on.on_invite = on_invite;
	config.trunks = trunks;
	must(ua_open(&b->ua, &config, why, sizeof(why)) == CALL_OK, "the endpoint");
	b->at = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons((uint16_t)ua_port(b->ua, "udp")),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	b->door = door_of(&b->at);
}

/* ---- what is measured ---- */

static double answered_us(struct bench *b)
{
	const uint64_t before = stats_of(b).stranger_refused;
	double us = 0;
	uint64_t n;

	for (unsigned i = 0; i < ASKERS; i++) {
		const int fd = source_open(b, &b->at);

		send_some(b, fd, GUARD_ANSWERS);
		us += work_us(b);
		close(fd);
	}
	n = stats_of(b).stranger_refused - before;
	must(n > 0, "none was answered");
	return us / (double)(ASKERS * GUARD_ANSWERS);
}

/* A source that has fallen silent at the endpoint's door. */
static int silent_open(struct bench *b)
{
	const int fd = source_open(b, &b->at);
	const uint64_t before = stats_of(b).stranger_silent;

	send_some(b, fd, GUARD_ANSWERS + 1);
	work_us(b);
	must(stats_of(b).stranger_silent == before + 1, "it is silenced");
	return fd;
}

static double unanswered_us(struct bench *b)
{
	const int fd = silent_open(b);
	const uint64_t before = stats_of(b).stranger_silent;
	double us = 0;
	int unused = 0;

	setsockopt(b->door, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
	for (unsigned sent = 0; sent < UNANSWERED; sent += BATCH) {
		send_some(b, fd, BATCH);
		us += work_us(b);
	}
	must(stats_of(b).stranger_silent == before + UNANSWERED, "all have reached the screen");
	close(fd);
	return us / UNANSWERED;
}

static double sending_us(int fd, const char *text, size_t len)
{
	const double from = cpu_us();

	for (unsigned i = 0; i < SENT; i++)
		must(send(fd, text, len, 0) == (ssize_t)len, "send");
	return (cpu_us() - from) / SENT;
}

/* The same datagram to two sockets: one drops all by one line, one by the sieve, which finds the source last. */
static void turned_away_us(struct bench *b, double *by_line, double *by_sieve)
{
	static struct sieve line = { .code = { BPF_STMT(BPF_RET | BPF_K, 0) }, .n = 1 }, sieve;
	static uint8_t silenced[GUARD_SOURCES][16];
	struct sieve_rules rules = { .silenced = (const uint8_t(*)[16])silenced,
		.n_silenced = GUARD_SOURCES };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, self;
	socklen_t len = sizeof(at), self_len = sizeof(self);
	const int shut = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char text[DATAGRAM];
	const size_t n = write_request(b, text);
	int fd;

	must(shut >= 0 && bind(shut, (struct sockaddr *)&at, sizeof(at)) == 0 &&
			getsockname(shut, (struct sockaddr *)&at, &len) == 0,
		"a socket");
	fd = source_open(b, &at);
	must(getsockname(fd, (struct sockaddr *)&self, &self_len) == 0, "its address");
	for (unsigned i = 0; i < GUARD_SOURCES; i++) {
		const uint32_t ip = i + 1 < GUARD_SOURCES ? htonl(0x0a000001u + i) : self.sin_addr.s_addr;

		silenced[i][10] = silenced[i][11] = 0xff;
		memcpy(silenced[i] + 12, &ip, sizeof(ip));
	}
	must(sieve_build(&sieve, &rules) == CALL_OK && sieve_attach(shut, &line) == CALL_OK, "a filter");
	*by_line = sending_us(fd, text, n);
	must(sieve_attach(shut, &sieve) == CALL_OK, "the sieve");
	*by_sieve = sending_us(fd, text, n);
	must(recv(shut, text, sizeof(text), 0) < 0, "nothing came through");
	close(fd);
	close(shut);
}

/* At the endpoint's own door: what it does about SENT datagrams of one who is silenced. */
static double idle_us(struct bench *b)
{
	const int fd = silent_open(b);
	const struct call_stats before = stats_of(b);
	const double nothing_us = work_us(b);
	double us;

	send_some(b, fd, SENT);
	us = work_us(b) - nothing_us;
	must(stats_of(b).stranger_silent == before.stranger_silent && stats_of(b).invites == before.invites &&
			stats_of(b).malformed == before.malformed,
		"none has reached us");
	close(fd);
	return us > 0 ? us / SENT : 0;
}

static void keep_best(double *best, double us)
{
	*best = us < *best ? us : *best;
}

int main(void)
{
	double answered = 1e9, unanswered = 1e9, by_line = 1e9, by_sieve = 1e9, idle = 1e9;
	struct bench b = { .serial = 0 };

	bench_open(&b);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double line, sieve;

		keep_best(&answered, answered_us(&b));
		keep_best(&unanswered, unanswered_us(&b));
		turned_away_us(&b, &line, &sieve);
		keep_best(&by_line, line);
		keep_best(&by_sieve, sieve);
		keep_best(&idle, idle_us(&b));
	}
	printf("a stranger's datagram: %.0f us while it is answered (%d a source), %.0f us once it is not, "
	       "until the "
	       "filter is on the socket;\n"
	       "then %.3f us of ours, and in the kernel %.2f us to send and drop it, %.2f us of that the "
	       "filter's "
	       "(%d silenced)\n",
		answered, GUARD_ANSWERS, unanswered, idle, by_sieve, by_sieve - by_line, GUARD_SOURCES);
	return by_sieve - by_line < MOST_US && idle < MOST_US ? 0 : 1;
}
