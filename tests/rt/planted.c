/* planted.c - a media thread that does one thing in its tick: what guard.so must see, and what it must let through.
 *
 * Use:  LD_PRELOAD=guard.so planted NAME     (ends by SIGABRT when the guard objects, else with 0)
 *       planted --list                        names, one a line; those that are allowed begin with '+'
 */
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct here { /* made before the thread runs */
	void *block;
	int file, event, blocking_event, udp, epoll;
	pthread_mutex_t lock;
	FILE *null;
} here = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *volatile kept; /* what the compiler may not take away */

static void in_malloc(void)
{
	kept = malloc(1);
}
static void in_calloc(void)
{
	kept = calloc(1, 1);
}
static void in_realloc(void)
{
	kept = realloc(here.block, 100);
}
static void in_free(void)
{
	free(here.block);
}
static void in_strdup(void)
{
	kept = strdup("libc's own call of malloc");
}
static void in_lock(void)
{
	pthread_mutex_lock(&here.lock);
}
static void in_open(void)
{
	(void)!open("/dev/null", O_RDONLY);
}
static void in_file_read(void)
{
	char c;
	(void)!read(here.file, &c, 1);
}
static void in_file_write(void)
{
	(void)!write(here.file, "x", 1);
}
static void in_fopen(void)
{
	kept = fopen("/dev/null", "r");
}
static void in_printf(void)
{
	printf("%d\n", 1);
}
static void in_fprintf(void)
{
	fprintf(here.null, "%d", 1);
}
static void in_snprintf(void)
{
	char text[8];
	snprintf(text, sizeof(text), "%d", here.file);
	kept = text[0] ? &here : NULL;
}
static void in_getaddrinfo(void)
{
	struct addrinfo *out = NULL;
	(void)!getaddrinfo("127.0.0.1", NULL, &(struct addrinfo){ .ai_flags = AI_NUMERICHOST }, &out);
}
static void in_nanosleep(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1 }, NULL);
}
static void in_blocking_read(void)
{
	uint64_t n;
	(void)!read(here.blocking_event, &n, sizeof(n));
}
static void in_blocking_recv(void)
{
	char c;
	(void)!recv(here.udp, &c, 1, 0);
}
static void in_epoll_timeout(void)
{
	struct epoll_event e;
	(void)!epoll_wait(here.epoll, &e, 1, 1);
}

static void in_eventfd_write(void)
{
	(void)!write(here.event, &(uint64_t){ 1 }, 8);
}
static void in_eventfd_read(void)
{
	uint64_t n;
	(void)!read(here.event, &n, sizeof(n));
}
static void in_recv(void)
{
	char c;
	(void)!recv(here.udp, &c, 1, MSG_DONTWAIT);
}
static void in_sendto(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	(void)!sendto(here.udp, "x", 1, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
}
static void in_epoll(void)
{
	struct epoll_event e;
	(void)!epoll_wait(here.epoll, &e, 1, 0);
}
static void in_poll_now(void)
{
	(void)!poll(NULL, 0, 0);
}
static void in_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
}
static void in_nothing(void)
{
}

static const struct {
	const char *name;
	void (*run)(void);
} deeds[] = {
	{ "malloc", in_malloc },
	{ "calloc", in_calloc },
	{ "realloc", in_realloc },
	{ "free", in_free },
	{ "strdup", in_strdup },
	{ "pthread_mutex_lock", in_lock },
	{ "open", in_open },
	{ "read of a file", in_file_read },
	{ "write of a file", in_file_write },
	{ "fopen", in_fopen },
	{ "printf", in_printf },
	{ "fprintf", in_fprintf },
	{ "snprintf", in_snprintf },
	{ "getaddrinfo", in_getaddrinfo },
	{ "nanosleep", in_nanosleep },
	{ "read that may block", in_blocking_read },
	{ "recv that may block", in_blocking_recv },
	{ "epoll_wait that may block", in_epoll_timeout },
	{ "+write of an eventfd", in_eventfd_write },
	{ "+read of an eventfd", in_eventfd_read },
	{ "+recv", in_recv },
	{ "+sendto", in_sendto },
	{ "+epoll_wait", in_epoll },
	{ "+poll without a wait", in_poll_now },
	{ "+clock_gettime", in_clock },
	{ "+nothing", in_nothing },
};

static void sleep_a_moment(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 1000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static pthread_barrier_t named;

static void *media_thread(void *arg)
{
	void (*const *run)(void) = arg;

	kept = malloc(10); /* not a tick yet */
	free(kept);
	pthread_barrier_wait(&named);
	sleep_a_moment();
	(*run)();
	sleep_a_moment();
	return NULL;
}

static int run_deed(void (*run)(void))
{
	pthread_t thread;

	here.block = malloc(10);
	here.file = open("/dev/null", O_RDWR);
	here.event = eventfd(1, EFD_NONBLOCK);
	here.blocking_event = eventfd(1, 0);
	here.udp = socket(AF_INET, SOCK_DGRAM, 0);
	here.epoll = epoll_create1(0);
	here.null = fopen("/dev/null", "w");
	pthread_barrier_init(&named, NULL, 2);
	if (!here.null || pthread_create(&thread, NULL, media_thread, &run) != 0)
		return 2;
	pthread_setname_np(thread, "media-7");
	pthread_barrier_wait(&named);
	pthread_join(thread, NULL);
	free(malloc(10)); /* nobody minds what other threads do */
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(deeds) / sizeof(*deeds); i++) {
		if (strcmp(argv[1], "--list") == 0)
			puts(deeds[i].name);
		else if (strcmp(argv[1], deeds[i].name) == 0)
			return run_deed(deeds[i].run);
	}
	return argc == 2 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
