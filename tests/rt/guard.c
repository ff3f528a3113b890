/* guard.c - stands between partylined and libc, and ends the program when a media thread does in its tick what may wait.
 *
 * How: LD_PRELOAD.  A media thread is one that was named "media-..." by pthread_setname_np().  Its tick lasts from where a
 * call that sleeps returns (clock_nanosleep(); poll() with a timeout) to the next such call: everything the
 * thread does but sleeping, so that no hook in the program is needed, and none can be forgotten.
 * In a tick these are let through: calls on sockets and anonymous descriptors (eventfd, epoll) that cannot block, clocks,
 * arithmetic.  Allocation, locks (contended or not), files, stdio, resolver, sleeping are not: one line says
 * which, then the stack, then abort().  With RT_KEEP_GOING in the environment it tells, counts and goes on.
 * At exit a line on stderr says how much was watched.
 *
 * What it cannot see: system calls made without libc, and locks that libc itself takes.
 * Use:  LD_PRELOAD=build/tests/rt/guard.so build/partylined --config FILE
 *
 * Thread: any.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, STACK_MAX = 48 };

/* Fast enough for a tick, and without the allocation that a late-loaded library's usual model may make. */
#define OURS static __thread __attribute__((tls_model("initial-exec")))

static _Atomic(pthread_t) media[THREADS_MAX];
static atomic_uint n_media;
static atomic_ulong n_ticks, n_socket_calls, n_anonymous_calls, n_faults;
OURS bool in_tick, is_media, reporting;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);
void __libc_free(void *p);

/* ---- the verdict ---- */

static void write_text(const char *text)
{
	size_t n = strlen(text);
	static ssize_t (*next)(int, const void *, size_t);

	if (!next)
		next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	(void)!next(STDERR_FILENO, text, n);
}

/* Lines of source, if addr2line is here: the stack alone has offsets for what the program keeps to itself. */
static void write_lines(void *const *stack, int n)
{
	char program[256] = "", offsets[STACK_MAX][24];
	char *argv[STACK_MAX + 4] = { "addr2line", "-fspe", program }, *env[] = { NULL };
	posix_spawn_file_actions_t to;
	size_t n_args = 3;
	pid_t child;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0 ||
		posix_spawn_file_actions_init(&to) != 0)
		return;
	for (int i = 0; i < n; i++) {
		Dl_info in;

		if (!dladdr(stack[i], &in) || !in.dli_fname || !strstr(in.dli_fname, "partylined"))
			continue;
		snprintf(offsets[i], sizeof(offsets[i]), "%#lx",
			(unsigned long)((uintptr_t)stack[i] - (uintptr_t)in.dli_fbase - 1));
		argv[n_args++] = offsets[i];
	}
	posix_spawn_file_actions_adddup2(&to, STDERR_FILENO, STDOUT_FILENO);
	if (n_args > 3 && posix_spawnp(&child, argv[0], &to, NULL, argv, env) == 0)
		(void)waitpid(child, NULL, 0);
	posix_spawn_file_actions_destroy(&to);
}

static void fault(const char *call, const char *why)
{
	void *stack[STACK_MAX];
	int n;

	reporting = true;
	atomic_fetch_add(&n_faults, 1);
	write_text("rt: in a tick of a media thread: ");
	write_text(call);
	write_text(why);
	write_text("\n");
	n = backtrace(stack, STACK_MAX);
	backtrace_symbols_fd(stack, n, STDERR_FILENO);
	if (!getenv("RT_KEEP_GOING")) {
		write_lines(stack, n);
		abort();
	}
	reporting = false;
}

static bool watched(void)
{
	return in_tick && !reporting;
}

static void ban(const char *call)
{
	if (watched())
		fault(call, "()");
}

/* ---- which threads, and when ---- */

static void look_who(void)
{
	const unsigned n = atomic_load(&n_media);

	for (unsigned i = 0; i < n && i < THREADS_MAX && !is_media; i++)
		is_media = pthread_equal(media[i], pthread_self());
}

static void tick_ends(void)
{
	in_tick = false;
}

static void tick_begins(void)
{
	if (!is_media)
		look_who();
	if (is_media) {
		in_tick = true;
		atomic_fetch_add_explicit(&n_ticks, 1, memory_order_relaxed);
	}
}

#define NEXT(name)                                                                                           \
	static __typeof__(&name) next;                                                                       \
	if (!next)                                                                                           \
	next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int pthread_setname_np(pthread_t thread, const char *name)
{
	NEXT(pthread_setname_np);
	if (strncmp(name, "media-", 6) == 0) {
		unsigned at = atomic_load(&n_media);

		if (at < THREADS_MAX) {
			media[at] = thread;
			atomic_store(&n_media, at + 1);
		}
	}
	return next(thread, name);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
	int result;

	NEXT(clock_nanosleep);
	tick_ends();
	result = next(clock, flags, until, left);
	tick_begins();
	return result;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int result;

	NEXT(poll);
	if (timeout == 0)
		return next(fds, n, timeout);
	tick_ends();
	result = next(fds, n, timeout);
	tick_begins();
	return result;
}

/* A thread's function has returned: what libc then puts away is no tick's. */
struct start {
	void *(*run)(void *);
	void *arg;
};

static void *run_thread(void *arg)
{
	struct start s = *(struct start *)arg;
	void *result;

	__libc_free(arg);
	result = s.run(s.arg);
	tick_ends();
	return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	struct start *s = __libc_malloc(sizeof(*s));

	NEXT(pthread_create);
	ban("pthread_create");
	if (!s)
		return 11; /* EAGAIN */
	*s = (struct start){ run, arg };
	return next(thread, attr, run_thread, s);
}

/* ---- allocation ---- */

void *malloc(size_t n)
{
	ban("malloc");
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	ban("calloc");
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	ban("realloc");
	return __libc_realloc(p, n);
}

void free(void *p)
{
	if (p) /* free(NULL) is nothing */
		ban("free");
	__libc_free(p);
}

void *memalign(size_t align, size_t n);
void *memalign(size_t align, size_t n)
{
	ban("memalign");
	return __libc_memalign(align, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	ban("aligned_alloc");
	return __libc_memalign(align, n);
}

int posix_memalign(void **out, size_t align, size_t n)
{
	ban("posix_memalign");
	*out = __libc_memalign(align, n);
	return *out ? 0 : 12; /* ENOMEM */
}

/* ---- descriptors: sockets and anonymous ones may be used where they cannot block ---- */

static bool never_blocks(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static void judge_io(const char *call, int fd)
{
	struct stat st;

	if (!watched())
		return;
	if (fstat(fd, &st) != 0 || !(S_ISSOCK(st.st_mode) || (st.st_mode & S_IFMT) == 0))
		fault(call, "() on a file");
	else if (!never_blocks(fd))
		fault(call, "() that may block");
	atomic_fetch_add_explicit(
		S_ISSOCK(st.st_mode) ? &n_socket_calls : &n_anonymous_calls, 1, memory_order_relaxed);
}

static void judge_socket(const char *call, int fd, int flags)
{
	if (!watched())
		return;
	if (!(flags & MSG_DONTWAIT) && !never_blocks(fd))
		fault(call, "() that may block");
	atomic_fetch_add_explicit(&n_socket_calls, 1, memory_order_relaxed);
}

#define FD_CALL(type, name, params, ...)                                                                     \
	type name params                                                                                     \
	{                                                                                                    \
		NEXT(name);                                                                                  \
		judge_io(#name, fd);                                                                         \
		return next(__VA_ARGS__);                                                                    \
	}
#define SOCKET_CALL(type, name, params, ...)                                                                 \
	type name params                                                                                     \
	{                                                                                                    \
		NEXT(name);                                                                                  \
		judge_socket(#name, fd, flags);                                                              \
		return next(__VA_ARGS__);                                                                    \
	}
#define BANNED(type, name, params, ...)                                                                      \
	type name params                                                                                     \
	{                                                                                                    \
		NEXT(name);                                                                                  \
		ban(#name);                                                                                  \
		return next(__VA_ARGS__);                                                                    \
	}

FD_CALL(ssize_t, read, (int fd, void *p, size_t n), fd, p, n)
FD_CALL(ssize_t, write, (int fd, const void *p, size_t n), fd, p, n)
FD_CALL(ssize_t, readv, (int fd, const struct iovec *p, int n), fd, p, n)
FD_CALL(ssize_t, writev, (int fd, const struct iovec *p, int n), fd, p, n)
FD_CALL(ssize_t, pread, (int fd, void *p, size_t n, off_t at), fd, p, n, at)
FD_CALL(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), fd, p, n, at)

SOCKET_CALL(ssize_t, recv, (int fd, void *p, size_t n, int flags), fd, p, n, flags)
SOCKET_CALL(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), fd, m, flags)
SOCKET_CALL(ssize_t, send, (int fd, const void *p, size_t n, int flags), fd, p, n, flags)
SOCKET_CALL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), fd, m, flags)
SOCKET_CALL(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t), fd, m, n,
	flags, t)
SOCKET_CALL(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), fd, m, n, flags)

ssize_t recvfrom(int fd, void *p, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *len)
{
	NEXT(recvfrom);
	judge_socket("recvfrom", fd, flags);
	return next(fd, p, n, flags, from, len);
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	NEXT(sendto);
	judge_socket("sendto", fd, flags);
	return next(fd, p, n, flags, to, len);
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	NEXT(epoll_wait);
	if (timeout != 0)
		ban("epoll_wait (with a timeout)");
	return next(fd, events, n, timeout);
}

int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	NEXT(select);
	ban("select");
	return next(n, r, w, e, timeout);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	NEXT(open);
	ban("open");
	va_start(ap, flags);
	mode = va_arg(ap, mode_t); /* read whether it is there or not, as libc does */
	va_end(ap);
	return next(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	NEXT(openat);
	ban("openat");
	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return next(dir, path, flags, mode);
}

BANNED(int, creat, (const char *path, mode_t mode), path, mode)
BANNED(int, close, (int fd), fd)
BANNED(int, socket, (int family, int type, int protocol), family, type, protocol)
BANNED(int, fsync, (int fd), fd)
BANNED(int, fdatasync, (int fd), fd)
BANNED(int, stat, (const char *path, struct stat *st), path, st)
BANNED(int, access, (const char *path, int mode), path, mode)
BANNED(int, unlink, (const char *path), path)
BANNED(int, rename, (const char *from, const char *to), from, to)
BANNED(DIR *, opendir, (const char *path), path)
BANNED(void *, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at), p, n, prot, flags, fd, at)
BANNED(int, munmap, (void *p, size_t n), p, n)

/* ---- locks and sleeping ---- */

BANNED(int, pthread_mutex_lock, (pthread_mutex_t * m), m)
BANNED(int, pthread_mutex_trylock, (pthread_mutex_t * m), m)
BANNED(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), l)
BANNED(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), l)
BANNED(int, pthread_spin_lock, (pthread_spinlock_t * l), l)
BANNED(int, pthread_join, (pthread_t thread, void **result), thread, result)
BANNED(int, sem_wait, (sem_t * s), s)
BANNED(int, mtx_lock, (mtx_t * m), m)
BANNED(int, nanosleep, (const struct timespec *t, struct timespec *left), t, left)
BANNED(int, usleep, (useconds_t us), us)
BANNED(unsigned, sleep, (unsigned s), s)
BANNED(int, sched_yield, (void), )

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	static __typeof__(&pthread_cond_wait)
		next; /* of the present layout: libc keeps an older one as well */

	if (!next)
		next = (__typeof__(next))dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
	ban("pthread_cond_wait");
	return next(c, m);
}

/* ---- names, time zones ---- */

BANNED(int, getaddrinfo,
	(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out), node,
	service, hints, out)
BANNED(struct hostent *, gethostbyname, (const char *name), name)
BANNED(struct tm *, localtime, (const time_t *t), t)
BANNED(struct tm *, localtime_r, (const time_t *t, struct tm *out), t, out)
BANNED(time_t, mktime, (struct tm * tm), tm)

/* ---- stdio, that of fortified libraries too ---- */

BANNED(FILE *, fopen, (const char *path, const char *mode), path, mode)
BANNED(FILE *, fdopen, (int fd, const char *mode), fd, mode)
BANNED(int, fclose, (FILE * f), f)
BANNED(int, fflush, (FILE * f), f)
BANNED(size_t, fread, (void *p, size_t size, size_t n, FILE *f), p, size, n, f)
BANNED(size_t, fwrite, (const void *p, size_t size, size_t n, FILE *f), p, size, n, f)
BANNED(int, fputs, (const char *text, FILE *f), text, f)
BANNED(int, fputc, (int c, FILE *f), c, f)
BANNED(int, puts, (const char *text), text)
BANNED(int, putchar, (int c), c)
BANNED(void, perror, (const char *text), text)
BANNED(int, vprintf, (const char *format, va_list ap), format, ap)
BANNED(int, vfprintf, (FILE * f, const char *format, va_list ap), f, format, ap)
BANNED(int, vdprintf, (int fd, const char *format, va_list ap), fd, format, ap)
BANNED(int, vsprintf, (char *out, const char *format, va_list ap), out, format, ap)
BANNED(int, vsnprintf, (char *out, size_t n, const char *format, va_list ap), out, n, format, ap)
BANNED(void, vsyslog, (int priority, const char *format, va_list ap), priority, format, ap)

#define FORMATTED(name, params, vname, ...)                                                                  \
	int name params                                                                                      \
	{                                                                                                    \
		va_list ap;                                                                                  \
		int result;                                                                                  \
		ban(#name);                                                                                  \
		va_start(ap, format);                                                                        \
		result = vname(__VA_ARGS__, ap);                                                             \
		va_end(ap);                                                                                  \
		return result;                                                                               \
	}

FORMATTED(printf, (const char *format, ...), vprintf, format)
FORMATTED(fprintf, (FILE * f, const char *format, ...), vfprintf, f, format)
FORMATTED(dprintf, (int fd, const char *format, ...), vdprintf, fd, format)
FORMATTED(sprintf, (char *out, const char *format, ...), vsprintf, out, format)
FORMATTED(snprintf, (char *out, size_t n, const char *format, ...), vsnprintf, out, n, format)

int __printf_chk(int flag, const char *format, ...);
int __fprintf_chk(FILE *f, int flag, const char *format, ...);
int __sprintf_chk(char *out, int flag, size_t cap, const char *format, ...);
int __snprintf_chk(char *out, size_t n, int flag, size_t cap, const char *format, ...);
int __vsnprintf_chk(char *out, size_t n, int flag, size_t cap, const char *format, va_list ap);
FORMATTED(__printf_chk, (int flag, const char *format, ...), ((void)flag, vprintf), format)
FORMATTED(__fprintf_chk, (FILE * f, int flag, const char *format, ...), ((void)flag, vfprintf), f, format)
FORMATTED(__sprintf_chk, (char *out, int flag, size_t cap, const char *format, ...),
	((void)flag, (void)cap, vsprintf), out, format)
FORMATTED(__snprintf_chk, (char *out, size_t n, int flag, size_t cap, const char *format, ...),
	((void)flag, (void)cap, vsnprintf), out, n, format)
int __vsnprintf_chk(char *out, size_t n, int flag, size_t cap, const char *format, va_list ap)
{
	(void)flag;
	(void)cap;
	return vsnprintf(out, n, format, ap);
}

void syslog(int priority, const char *format, ...)
{
	va_list ap;

	ban("syslog");
	va_start(ap, format);
	vsyslog(priority, format, ap);
	va_end(ap);
}

/* ---- begin and end ---- */

__attribute__((constructor)) static void prime(void)
{
	void *stack[4];

	(void)backtrace(stack, 4); /* the first one loads a library */
}

__attribute__((destructor)) static void tell(void)
{
	char line[200];

	reporting = true;
	snprintf(line, sizeof(line),
		"rt: %lu ticks of %u media threads watched, %lu socket and %lu eventfd calls let through, "
		"%lu faults\n",
		atomic_load(&n_ticks), atomic_load(&n_media), atomic_load(&n_socket_calls),
		atomic_load(&n_anonymous_calls), atomic_load(&n_faults));
	write_text(line);
}
