#include "tests/long_calls.h"
#include "tests/record.h"
#include "tests/test.h"

enum {
	LONG_MS = 63000, /* past 90 s - min(32 s, 90 s / 3): RFC 4028 section 10 */
	REFRESH_MS = 45000,
	DEAD_MS = 30000,
	EARLY_MS = 2000, /* by which a thing may be early or late */
	LATE_MS = 6000,
};

void long_calls_begin(struct long_calls *l, const struct bridge *b, const char *number)
{
	static const char *const headers[LONG_CALLS] = {
		[WE_REFRESH] = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nAllow: INVITE, ACK, "
			       "BYE, CANCEL, UPDATE\r\n",
		[THEY_DO_NOT] = "Supported: timer\r\nSession-Expires: 90\r\n",
		[BY_INVITE] = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n",
		[HELD_AND_GONE] = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
	};
	static const char *const settled[LONG_CALLS] = {
		[WE_REFRESH] = "Session-Expires: 90;refresher=uas",
		[THEY_DO_NOT] = "Session-Expires: 90;refresher=uac",
		[BY_INVITE] = "Session-Expires: 90;refresher=uas",
		[HELD_AND_GONE] = "Session-Expires: 90;refresher=uac",
	};

	memset(l, 0, sizeof(*l));
	for (int i = 0; i < LONG_CALLS; i++) {
		struct far *f = &l->far[i];

		far_call(f, b, number, headers[i], 0);
		CHECK(!settled[i] || strstr(f->answer, settled[i]), "%s: %s", settled[i], f->answer);
	}
	test_sleep_ms(200);
	wire_aim(&l->far[SILENT].wire, 0);
	l->silent_since_ms = test_now_ms();
	for (int i = HELD_AND_GONE; i <= HELD; i++) {
		struct far *f = &l->far[i];

		CHECK_INT(200,
			far_offer(f, "INVITE", headers[i], &f->wire, "0 101",
				i == HELD ? "inactive" : "sendonly"),
			"hold");
		wire_aim(&f->wire, 0);
	}
}

static void serve_one(struct long_calls *l, int i, struct raw *sip)
{
	const bool update = strncmp(sip->last, "UPDATE ", 7) == 0;

	if (strncmp(sip->last, "BYE ", 4) == 0) {
		l->ended_ms[i] = test_now_ms();
		memcpy(l->last_words[i], sip->last, RAW_TEXT);
		raw_reply(sip, 200, NULL);
	} else if (update || strncmp(sip->last, "INVITE ", 7) == 0) {
		CHECK(raw_has(sip, "Session-Expires: 90;refresher=uac"), "refresh: %s", sip->last);
		CHECK(update != raw_has(sip, "\r\n\r\nv=0"), "our description in INVITE alone: %s",
			sip->last);
		CHECK_INT(i == WE_REFRESH, update, "UPDATE where it is allowed");
		if (!l->refreshed_ms[i])
			l->refreshed_ms[i] = test_now_ms();
		l->n_refreshes[i]++;
		/* one that fails does not end a call while sound flows */
		raw_reply(sip, update ? 200 : 488,
			update ? "Supported: timer\r\nRequire: timer\r\nSession-Expires: 90;refresher=uac\r\n"
			       : NULL);
	}
}

void long_calls_serve(struct long_calls *l)
{
	for (int i = 0; i < LONG_CALLS; i++) {
		struct far *f = &l->far[i];

		while (raw_any(&f->sip, 0) == 1)
			serve_one(l, i, &f->sip);
	}
}

static void check_long_end(struct bridge *b, const struct long_calls *l, enum long_call which,
	uint64_t due_ms, unsigned q850, const char *cause)
{
	char reason[64];

	CHECK(l->ended_ms[which], "%s: it is over", cause);
	CHECK(l->ended_ms[which] + EARLY_MS > due_ms && l->ended_ms[which] < due_ms + LATE_MS,
		"%s: BYE %lld ms after it was due", cause, (long long)(l->ended_ms[which] - due_ms));
	snprintf(reason, sizeof(reason), "Reason: Q.850;cause=%u", q850);
	CHECK(strstr(l->last_words[which], reason), "%s: %s", cause, l->last_words[which]);
	check_record(b, l->far[which].sip.call_id,
		&(struct record){ .number = l->far[which].number,
			.status = 200,
			.q850 = q850,
			.cause = cause,
			.joined = true },
		cause);
}

void long_calls_judge(struct long_calls *l, struct bridge *b)
{
	const uint64_t begun_ms = l->far[0].since_ms;

	while (test_now_ms() < begun_ms + LONG_MS) {
		long_calls_serve(l);
		test_sleep_ms(50);
	}
	CHECK(l->refreshed_ms[WE_REFRESH] && l->refreshed_ms[BY_INVITE], "the bridge refreshes");
	CHECK_NEAR(
		REFRESH_MS, (double)(l->refreshed_ms[WE_REFRESH] - begun_ms), LATE_MS, "after half the time");
	CHECK_NEAR(
		REFRESH_MS, (double)(l->refreshed_ms[BY_INVITE] - begun_ms), LATE_MS, "after half the time");
	CHECK_INT(1, l->n_refreshes[WE_REFRESH], "one is enough");
	CHECK(!l->refreshed_ms[THEY_DO_NOT], "the bridge does not do the other side's work");
	check_long_end(b, l, HELD_AND_GONE, begun_ms + 60000, 102, "session timer expired");
	check_long_end(b, l, SILENT, l->silent_since_ms + DEAD_MS, 41, "no RTP and no RTCP for 30 s");
	for (int i = 0; i < LONG_CALLS; i++) {
		if (i != HELD_AND_GONE && i != SILENT) {
			CHECK(!l->ended_ms[i], "long call %d lives: %s", i, l->last_words[i]);
			far_bye(&l->far[i]);
		}
		far_close(&l->far[i]);
	}
}
