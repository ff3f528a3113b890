/* peer.h - programs that a flow test starts: output kept, waits bounded, ended by their own process id.
 *
 * How: a peer's stdout and stderr go to NAME.log in the test's folder; it dies with the test (PR_SET_PDEATHSIG).
 *      A folder is made under /tmp and removed whole.
 * Use:  folder_make(); peer_start(); peer_wait_line(), peer_wait_exit(); peer_stop(); folder_remove().
 *
 * Thread: the test's.
 */
#ifndef TESTS_FLOW_PEER_H
#define TESTS_FLOW_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FOLDER_PATH = 128, PEER_ARGS = 256, PEER_RUNNING = -1 };

struct folder {
	char path[FOLDER_PATH];
};
bool folder_make(struct folder *out);
void folder_remove(const struct folder *f); /* with all that is in it; set PARTYLINE_KEEP to keep it */
/* PATH/NAME as text that lives until the next 8 calls. */
const char *folder_file(const struct folder *f, const char *name);
bool folder_write(const struct folder *f, const char *name, const char *text);

struct peer {
	pid_t pid; /* 0: not running (any more) */
	int code;  /* exit status, 128 + signal, or PEER_RUNNING */
	char name[32], log[FOLDER_PATH + 40];
};

/* Starts argv[0] (looked up in PATH unless it has a '/'); argv ends with NULL. */
bool peer_start(struct peer *out, const struct folder *f, const char *name, const char *const argv[]);
/* Does its output hold `text` within `ms`? False as well when it ends without. */
bool peer_wait_line(struct peer *p, const char *text, unsigned ms);
int peer_wait_exit(struct peer *p, unsigned ms); /* PEER_RUNNING: it did not end */
void peer_signal(struct peer *p, int signal);
int peer_stop(struct peer *p, unsigned ms); /* SIGTERM, after `ms` SIGKILL; its code */
/* All it has written, allocated; the caller frees.  Never NULL but out of memory. */
char *peer_output(const struct peer *p);
void peer_show(const struct peer *p); /* prints the end of its output: for a test that failed */

/* Ports free on `ip` at this moment. 0: none. */
uint16_t free_udp_port(const char *ip);
uint16_t free_tcp_port(const char *ip);
/* One number free as UDP and TCP on `ip`. */
uint16_t free_sip_port(const char *ip);

uint64_t test_now_ms(void);
void test_sleep_ms(unsigned ms);
typedef bool (*holds_fn)(void *arg);
bool wait_until(holds_fn holds, void *arg, unsigned ms); /* asked every 20 ms */

/* The program NAME of the build that this test belongs to: $BUILD, else two folders above the test itself. */
const char *build_program(const char *name, char out[FOLDER_PATH * 2]);
#endif
