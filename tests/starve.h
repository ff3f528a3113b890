/* starve.h - the "nth allocation fails" loop for one test program.
 *
 * How: the program's own malloc, calloc and realloc stand before libc's, for its libraries
 * too; once armed, the nth call from now answers NULL.
 * Use:  STARVE(err, CALL, MIX_NOMEM) runs CALL with the first, second, ... allocation failing, until it
 *       succeeds; whoever includes this has it in one .c only.
 * Under a sanitizer the allocator is the sanitizer's: the loop then runs CALL once.
 */
#ifndef TESTS_STARVE_H
#define TESTS_STARVE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STARVE_WORKS = 0 };
static int starve_at;
#else
enum { STARVE_WORKS = 1 };
static int starve_at; /* allocations until one fails; 0: none does */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);

static bool starve_now(void)
{
	return starve_at > 0 && --starve_at == 0;
}

void *malloc(size_t n)
{
	return starve_now() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return starve_now() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return starve_now() ? NULL : __libc_realloc(p, n);
}
#endif

/* Ends with `err` 0 and what CALL made in the caller's hands. */
#define STARVE(err, call, nomem)                                                                             \
	do {                                                                                                 \
		for (int nth_ = 1; nth_ < 5000; nth_++) {                                                    \
			starve_at = STARVE_WORKS ? nth_ : 0;                                                 \
			(err) = (call);                                                                      \
			bool starved_ = STARVE_WORKS && starve_at == 0;                                      \
			starve_at = 0;                                                                       \
			if (!starved_)                                                                       \
				break;                                                                       \
			CHECK_INT(nomem, err, "an allocation failed");                                       \
		}                                                                                            \
		CHECK_INT(0, err, "with memory");                                                            \
	} while (0)

#endif
