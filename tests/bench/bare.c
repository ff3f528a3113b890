/* bare - what the kernel alone takes for a leg on this machine: the floor under every figure of bench.
 *
 * How: a child sends one PCMU packet every 20 ms to each of LEGS sockets and reads what comes back, on the other
 * core; the parent takes each packet as the bridge does (one recvmsg() with the kernel's time stamp) and sends one
 * back, and does nothing else.  Told is the parent's CPU time per leg and second, and how many such legs
 * would fill a core.  The target figures were set where a packet costs 2.7 us each way, 270 us a leg.
 * Use:  build/tests/bench/bare [SECONDS]
 */
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEGS = 1000, PACKET = 172, SLOTS = 8, FRAME_NS = 20000000, TARGET_US = 270, SECONDS = 5 };

struct ends {
	int fd[LEGS];
	struct sockaddr_in at[LEGS];
};

static void pin(unsigned core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static bool open_ends(struct ends *e)
{
	const int on = 1;

	for (unsigned i = 0; i < LEGS; i++) {
		socklen_t len = sizeof(e->at[i]);

		e->at[i] = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		e->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (e->fd[i] < 0 || bind(e->fd[i], (struct sockaddr *)&e->at[i], len) != 0 ||
			getsockname(e->fd[i], (struct sockaddr *)&e->at[i], &len) != 0 ||
			setsockopt(e->fd[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
			return false;
	}
	return true;
}

static void sleep_to(struct timespec *at)
{
	at->tv_nsec += FRAME_NS / SLOTS;
	if (at->tv_nsec >= 1000000000) {
		at->tv_nsec -= 1000000000;
		at->tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL);
}

static bool receive_one(int fd, struct sockaddr_in *from, uint8_t packet[1500])
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec part = { .iov_base = packet, .iov_len = 1500 };
	struct msghdr head = { .msg_name = from,
		.msg_namelen = sizeof(*from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	return recvmsg(fd, &head, MSG_DONTWAIT) > 0;
}

static void send_one(int fd, const struct sockaddr_in *to, const uint8_t *packet)
{
	(void)!sendto(
		fd, packet, PACKET, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof(*to));
}

static void far_ends(const struct ends *mine, const struct ends *theirs)
{
	uint8_t packet[1500] = { 0 };
	struct sockaddr_in from;
	struct timespec at;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(1);
	clock_gettime(CLOCK_MONOTONIC, &at);
	for (unsigned slot = 0;; slot = (slot + 1) % SLOTS) {
		sleep_to(&at);
		for (unsigned i = slot; i < LEGS; i += SLOTS) {
			send_one(mine->fd[i], &theirs->at[i], packet);
			while (receive_one(mine->fd[i], &from, packet))
				;
		}
	}
}

static double cpu_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static double answer(const struct ends *mine, unsigned seconds)
{
	const unsigned turns = seconds * SLOTS * 50;
	uint8_t packet[1500] = { 0 };
	struct sockaddr_in from;
	struct timespec at;
	unsigned pairs = 0;
	double began_us;

	pin(0);
	clock_gettime(CLOCK_MONOTONIC, &at);
	began_us = cpu_us();
	for (unsigned turn = 0; turn < turns; turn++) {
		sleep_to(&at);
		for (unsigned i = turn % SLOTS; i < LEGS; i += SLOTS)
			if (receive_one(mine->fd[i], &from, packet)) {
				send_one(mine->fd[i], &from, packet);
				pairs++;
			}
	}
	return pairs ? (cpu_us() - began_us) / pairs * 50 : 0;
}

int main(int argc, char **argv)
{
	static struct ends mine, theirs;
	const struct rlimit files = { 4 * LEGS, 4 * LEGS };
	unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : SECONDS;
	double us;
	pid_t child;

	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (!open_ends(&mine) || !open_ends(&theirs)) {
		perror("bare");
		return 1;
	}
	child = fork();
	if (child == 0)
		far_ends(&theirs, &mine);
	us = answer(&mine, seconds);
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	printf("%-52s %5d legs     %3.0f us/leg/s  %5.0f legs a core, with nothing but its packets; "
	       "%.2f of the machine the targets were set on\n",
		"the kernel alone, a socket a leg", LEGS, us, us > 0 ? 1e6 / us : 0, us / TARGET_US);
	return us > 0 ? 0 : 1;
}
