/* More calls than a bridge has time for (FEATURES Z5): those who fit are served without a lost packet, the others are told to
 * come again, and they may when some have left.
 *
 * The bridge is made small: it takes calls up to a tenth of a core, which is some twenty Opus talkers. */
#include "tests/flow/bridge.h"
#include "tests/test.h"
#include <stdlib.h>

enum { OFFERED = 60, UP_MS = 30000 };
static const char small[] = "10";

/* 60 Opus callers, all of them talking, 20 a second, each into the attendant's hands and then the meeting's. */
static bool start_too_many(struct bridge *b, struct peer *crowd)
{
	const char *const argv[] = { "--to", b->uri_meeting, "--codec", "opus", "--calls", "60", "--rate",
		"20", "--say", "tone:440:-26:0.7+silence:0.3", "--seconds", "8", NULL };

	return bridge_crowd_start(b, crowd, "crowd", argv);
}

static bool all_came_or_were_refused(void *arg)
{
	struct bridge *b = arg;
	json_t *status = bridge_get(b, "/v1/status");
	const double came = json_at(status, "participants", 0), refused = json_at(status, "sip.refused", 0);

	json_decref(status);
	return came + refused >= OFFERED;
}

/* Each refusal's record says what it was: 503 and the sentence. */
static void check_records(const struct bridge *b, double refused)
{
	json_t *records = bridge_get(b, "/v1/records?limit=1000"), *record;
	unsigned busy = 0;
	size_t i;

	json_array_foreach(json_object_get(records, "items"), i, record)
	{
		if (json_at(record, "sip_status", 0) != 503)
			continue;
		CHECK_STR("media worker busy", json_text_at(record, "cause"), "why it was refused");
		busy++;
	}
	json_decref(records);
	CHECK_INT(refused, busy, "records of refusals");
}

/* While all of them are in: what an operator sees. */
static void check_margin(const struct bridge *b)
{
	json_t *status = bridge_get(b, "/v1/status");
	char *metrics = bridge_text(b, "GET", "/metrics", NULL, NULL, NULL);
	const double used = json_at(status, "workers.0.used_percent", -1),
		     left = json_at(status, "workers.0.margin_percent", -1);

	CHECK(used > 0.5, "used: %.1f %%", used);
	CHECK(left >= 0 && left <= 100.0 - used + 0.1, "left: %.1f %% of it, used %.1f %%", left, used);
	CHECK(json_at(status, "control.lag_ms", -1) >= 0, "the control thread's lag is told");
	CHECK(metrics && strstr(metrics, "partyline_worker_margin_ratio{worker=\"0\"} "),
		"margin as a metric");
	CHECK(metrics && strstr(metrics, "\npartyline_control_lag_seconds "), "lag as a metric");
	print_message("in: %g of %d; used %.1f %%, left %.1f %%\n", json_at(status, "participants", -1),
		OFFERED, used, left);
	free(metrics);
	json_decref(status);
}

static bool is_alerted(void *arg)
{
	char *text = bridge_text(arg, "GET", "/v1/alerts", NULL, NULL, NULL);
	const bool is = text && strstr(text, "\"worker_overloaded\"") && strstr(text, "10 is the most");

	free(text);
	return is;
}

/* Looked at every five seconds, while they are in. */
static void check_alert(struct bridge *b)
{
	CHECK(wait_until(is_alerted, b, 8000), "no alert: used %.1f %%",
		bridge_number(b, "/v1/status", "workers.0.used_percent", -1));
}

TEST(who_fits_is_served_and_the_others_are_told_when_to_come)
{
	const struct bridge_setup setup = { .max_load = small };
	struct bridge b;
	struct peer crowd;
	int code;

	CHECK(bridge_start(&b, &setup), "the bridge comes up");
	CHECK(start_too_many(&b, &crowd), "crowd starts");
	b.trouble = !wait_until(all_came_or_were_refused, &b, UP_MS);
	check_alert(&b);
	const double skipped = bridge_number(&b, "/v1/status", "workers.0.skipped_ticks", -1);
	check_margin(&b);
	test_sleep_ms(3000);
	const double skipped_then = bridge_number(&b, "/v1/status", "workers.0.skipped_ticks", -1);
	json_t *report = bridge_crowd_end(&b, &crowd, UP_MS, &code);
	const double came = json_at(report, "groups.0.planned", 0),
		     refused = json_at(report, "groups.0.refused.503", 0);

	CHECK_INT(OFFERED, came + refused, "each is served to its end, or refused with 503");
	CHECK(came >= 5, "some are served: %g", came);
	CHECK(OFFERED >= 1.5 * came, "150 %% and more was offered: %g came in", came);
	CHECK_INT(refused, json_at(report, "groups.0.retry_after.n", -1), "each refusal has a Retry-After");
	CHECK(json_at(report, "groups.0.retry_after.min_s", 0) >= 5, "not at once");
	CHECK(json_at(report, "groups.0.retry_after.max_s", 0) <= 14, "and soon");
	CHECK(json_at(report, "groups.0.retry_after.max_s", 0) >
			json_at(report, "groups.0.retry_after.min_s", 0),
		"not all at one time");
	CHECK_INT(0, json_at(report, "groups.0.rtp.lost", -1), "packets lost of those who were served");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	CHECK_INT(0, skipped_then - skipped, "frames skipped while all were in");
#else
	(void)skipped, (void)skipped_then;
#endif
	json_decref(report);
	check_records(&b, refused);

	/* All have left: as many as were served before are let in again. */
	char again[16];
	snprintf(again, sizeof(again), "%d", (int)came / 2);
	const char *const argv[] = { "--to", b.uri_meeting, "--codec", "opus", "--calls", again, "--rate",
		"5", "--seconds", "1", NULL };
	CHECK(bridge_wait_number(&b, "/v1/status", "calls", 0, 5000), "all have left");
	test_sleep_ms(1500);
	json_t *second = bridge_crowd(&b, argv, &code);
	CHECK_INT(0, code, "who comes again is served");
	json_decref(second);
	CHECK_INT(0, bridge_stop(&b), "exit status");
}

TESTS(who_fits_is_served_and_the_others_are_told_when_to_come)
