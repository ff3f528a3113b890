#include "tests/watch.h"
#include "tests/flow/sound.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_MS = 60, INTRUDER_MS = 500, TAIL_MS = 500, JOIN_MS = 10000, END_MS = 30000 };

/* No harmonics of each other, no key's. */
static const unsigned hz[WATCH_CALLERS] = { 440, 560, 660 };
#define SAID_DBOV (-20.0)
#define GAP_DB 6.0

static void read_ticks(const struct bridge *b, double *late, double *skipped)
{
	json_t *status = bridge_get(b, "/v1/status");

	*late = json_at(status, "workers.0.late_ticks", 0);
	*skipped = json_at(status, "workers.0.skipped_ticks", 0);
	json_decref(status);
}

bool watch_begin(struct watch *w, struct bridge *b, const char *number, unsigned seconds)
{
	char to[64], stay[16], say[WATCH_CALLERS][24], record[WATCH_CALLERS][FOLDER_PATH * 2];
	const char *argv[48];
	size_t n = 0;

	*w = (struct watch){ .b = b, .seconds = seconds };
	snprintf(to, sizeof(to), "sip:%s@127.0.0.1:%u", number, b->sip_port);
	snprintf(stay, sizeof(stay), "%u", seconds);
	argv[n++] = "--to";
	argv[n++] = to;
	argv[n++] = "--seconds";
	argv[n++] = stay;
	for (int i = 0; i < WATCH_CALLERS; i++) {
		snprintf(say[i], sizeof(say[i]), "tone:%u:%.0f", hz[i], SAID_DBOV);
		snprintf(record[i], sizeof(record[i]), "%s/watch-%d.wav", b->folder.path, i);
		if (i)
			argv[n++] = "--and";
		argv[n++] = "--say";
		argv[n++] = say[i];
		argv[n++] = "--record";
		argv[n++] = record[i];
	}
	argv[n] = NULL;
	if (!bridge_crowd_start(b, &w->crowd, "watch", argv) ||
		!bridge_wait_number(b, "/v1/status", "participants", WATCH_CALLERS, JOIN_MS))
		return false;
	read_ticks(b, &w->late_ticks, &w->skipped_ticks);
	return true;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void judge(struct watch_seen *seen, const struct sound *s, int listener, const unsigned *intruder_hz)
{
	const unsigned end_ms = sound_ms(s) - TAIL_MS;

	for (int k = 0; k < WATCH_CALLERS; k++) {
		double power = 0;
		unsigned n = 0;

		if (k == listener) {
			seen->own_dbov =
				larger(seen->own_dbov, sound_level(s, hz[k], WATCH_PROMPTS_MS, end_ms));
			continue;
		}
		for (unsigned at = WATCH_PROMPTS_MS; at + WINDOW_MS <= end_ms; at += WINDOW_MS, n++) {
			const double level = sound_level(s, hz[k], at, at + WINDOW_MS);

			power += pow(10.0, level / 10.0);
			if (level >= SAID_DBOV - GAP_DB)
				continue;
			seen->gaps++;
			if (!seen->first_gap_ms)
				seen->first_gap_ms = at;
		}
		seen->windows += n;
		if (n)
			seen->worst_dbov = fmin(seen->worst_dbov, 10.0 * log10(power / n));
	}
	for (int k = 0; intruder_hz && k < WATCH_INTRUDERS && intruder_hz[k]; k++)
		for (unsigned at = WATCH_PROMPTS_MS; at + INTRUDER_MS <= end_ms; at += INTRUDER_MS / 2)
			seen->intruder_dbov[k] = larger(
				seen->intruder_dbov[k], sound_level(s, intruder_hz[k], at, at + INTRUDER_MS));
}

bool watch_end(struct watch *w, struct watch_seen *seen, const unsigned *intruder_hz)
{
	double late, skipped;
	char name[32];
	int code = -1;

	*seen = (struct watch_seen){ .own_dbov = -127.0, .worst_dbov = 0.0 };
	for (int k = 0; k < WATCH_INTRUDERS; k++)
		seen->intruder_dbov[k] = -127.0;
	json_t *report = bridge_crowd_end(w->b, &w->crowd, w->seconds * 1000 + END_MS, &code);
	read_ticks(w->b, &late, &skipped);
	seen->late_ticks = late - w->late_ticks;
	seen->skipped_ticks = skipped - w->skipped_ticks;
	seen->planned = code == 0;
	for (int i = 0; i < WATCH_CALLERS; i++) {
		struct sound s;

		snprintf(name, sizeof(name), "groups.%d.rtp.lost", i);
		seen->lost += json_at(report, name, 1e6);
		snprintf(name, sizeof(name), "watch-%d.wav", i);
		if (!sound_read(&s, folder_file(&w->b->folder, name)) ||
			sound_ms(&s) < WATCH_PROMPTS_MS + 4 * TAIL_MS)
			return false;
		judge(seen, &s, i, intruder_hz);
		sound_free(&s);
	}
	json_decref(report);
	return report != NULL;
}

void watch_print(const char *title, const struct watch_seen *s)
{
	printf("%s: %u gaps in %u looks%s", title, s->gaps, s->windows, s->gaps ? "" : "\n");
	if (s->gaps)
		printf(", the first at %u ms\n", s->first_gap_ms);
	printf("  quietest tone %.1f dBov, own voice %.1f, intruders %.1f %.1f %.1f; lost %.0f; ticks "
	       "late %.0f, "
	       "skipped %.0f\n",
		s->worst_dbov, s->own_dbov, s->intruder_dbov[0], s->intruder_dbov[1], s->intruder_dbov[2],
		s->lost, s->late_ticks, s->skipped_ticks);
	fflush(stdout);
}
