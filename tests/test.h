/* test.h - how a test states its claim: TEST bodies and CHECKs over cmocka.
 *
 * Use:  TEST(name) { ... CHECK_INT(want, have, story); ... }
 *       TESTS(name, other_name)   writes main(); each runs by itself, any order
 * A failed CHECK prints its story and both values, and ends that test.
 * First lines of a test file name what it links:  links: mixer/rtp.c  (in a comment)
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define TEST(name) static void name(void **test_state_unused __attribute__((unused)))

#define CHECK(claim, ...)                                                                                    \
	do {                                                                                                 \
		if (!(claim)) {                                                                              \
			print_error("%s:%d: not so: %s: ", __FILE__, __LINE__, #claim);                      \
			print_error(__VA_ARGS__);                                                            \
			print_error("\n");                                                                   \
			fail();                                                                              \
		}                                                                                            \
	} while (0)

#define CHECK_INT(want, have, story)                                                                         \
	do {                                                                                                 \
		long long want_ = (long long)(want), have_ = (long long)(have);                              \
		CHECK(want_ == have_, "%s: wanted %lld, have %lld", story, want_, have_);                    \
	} while (0)

#define CHECK_STR(want, have, story)                                                                         \
	do {                                                                                                 \
		const char *want_ = (want), *have_ = (have);                                                 \
		CHECK(have_ &&strcmp(want_, have_) == 0, "%s: wanted '%s', have '%s'", story, want_,         \
			have_ ? have_ : "(null)");                                                           \
	} while (0)

/* Within `tolerance` of `want`; for levels in dB, frequencies, times. */
#define CHECK_NEAR(want, have, tolerance, story)                                                             \
	do {                                                                                                 \
		double want_ = (want), have_ = (have), tol_ = (tolerance);                                   \
		CHECK(have_ >= want_ - tol_ && have_ <= want_ + tol_, "%s: wanted %.3f +-%.3f, have %.3f",   \
			story, want_, tol_, have_);                                                          \
	} while (0)

#define TESTS(...)                                                                                           \
	int main(void)                                                                                       \
	{                                                                                                    \
		const struct CMUnitTest tests[] = { TESTS_EACH(__VA_ARGS__) };                               \
		return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);                             \
	}

/* Up to 40 tests a file; more wants another file. */
#define TESTS_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19,     \
	_20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, _36, _37, _38, _39,  \
	_40, N, ...)                                                                                         \
	N
#define TESTS_EACH(...)                                                                                      \
	TESTS_PICK(__VA_ARGS__, T40, T39, T38, T37, T36, T35, T34, T33, T32, T31, T30, T29, T28, T27, T26,   \
		T25, T24, T23, T22, T21, T20, T19, T18, T17, T16, T15, T14, T13, T12, T11, T10, T9, T8, T7,  \
		T6, T5, T4, T3, T2, T1, T0)                                                                  \
	(__VA_ARGS__)
#define T1(a) cmocka_unit_test(a)
#define T2(a, ...) T1(a), T1(__VA_ARGS__)
#define T3(a, ...) T1(a), T2(__VA_ARGS__)
#define T4(a, ...) T1(a), T3(__VA_ARGS__)
#define T5(a, ...) T1(a), T4(__VA_ARGS__)
#define T6(a, ...) T1(a), T5(__VA_ARGS__)
#define T7(a, ...) T1(a), T6(__VA_ARGS__)
#define T8(a, ...) T1(a), T7(__VA_ARGS__)
#define T9(a, ...) T1(a), T8(__VA_ARGS__)
#define T10(a, ...) T1(a), T9(__VA_ARGS__)
#define T11(a, ...) T1(a), T10(__VA_ARGS__)
#define T12(a, ...) T1(a), T11(__VA_ARGS__)
#define T13(a, ...) T1(a), T12(__VA_ARGS__)
#define T14(a, ...) T1(a), T13(__VA_ARGS__)
#define T15(a, ...) T1(a), T14(__VA_ARGS__)
#define T16(a, ...) T1(a), T15(__VA_ARGS__)
#define T17(a, ...) T1(a), T16(__VA_ARGS__)
#define T18(a, ...) T1(a), T17(__VA_ARGS__)
#define T19(a, ...) T1(a), T18(__VA_ARGS__)
#define T20(a, ...) T1(a), T19(__VA_ARGS__)
#define T21(a, ...) T1(a), T20(__VA_ARGS__)
#define T22(a, ...) T1(a), T21(__VA_ARGS__)
#define T23(a, ...) T1(a), T22(__VA_ARGS__)
#define T24(a, ...) T1(a), T23(__VA_ARGS__)
#define T25(a, ...) T1(a), T24(__VA_ARGS__)
#define T26(a, ...) T1(a), T25(__VA_ARGS__)
#define T27(a, ...) T1(a), T26(__VA_ARGS__)
#define T28(a, ...) T1(a), T27(__VA_ARGS__)
#define T29(a, ...) T1(a), T28(__VA_ARGS__)
#define T30(a, ...) T1(a), T29(__VA_ARGS__)
#define T31(a, ...) T1(a), T30(__VA_ARGS__)
#define T32(a, ...) T1(a), T31(__VA_ARGS__)
#define T33(a, ...) T1(a), T32(__VA_ARGS__)
#define T34(a, ...) T1(a), T33(__VA_ARGS__)
#define T35(a, ...) T1(a), T34(__VA_ARGS__)
#define T36(a, ...) T1(a), T35(__VA_ARGS__)
#define T37(a, ...) T1(a), T36(__VA_ARGS__)
#define T38(a, ...) T1(a), T37(__VA_ARGS__)
#define T39(a, ...) T1(a), T38(__VA_ARGS__)
#define T40(a, ...) T1(a), T39(__VA_ARGS__)

#endif
