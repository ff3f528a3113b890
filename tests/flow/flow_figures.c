/* Figures as they are read while calls go on: of each leg (FEATURES X3) and of the whole bridge (X4), the latter held line by line against what
 * OpenMetrics asks, with bounded labels. */
#include "tests/flow/bridge.h"
#include "tests/test.h"

#include <curl/curl.h>
#include <ctype.h>
#include <stdlib.h>

enum { WAIT_MS = 10000 };

/* Two who talk, at a level and beyond what a telephone can carry. */
static json_t *leg_of(struct bridge *b, const char *say)
{
	const char *const argv[] = { "--to", b->uri_meeting, "--calls", "2", "--say", say, "--seconds", "8",
		NULL };
	struct peer crowd;
	json_t *roster, *leg;
	int code;

	CHECK(bridge_crowd_start(b, &crowd, "talk", argv), "crowd");
	CHECK(bridge_wait_number(b, "/v1/status", "participants", 2, WAIT_MS), "both are in");
	test_sleep_ms(6500);
	roster = bridge_get(b, "/v1/meetings/100200300/participants");
	leg = json_deep_copy(json_array_get(
		json_object_get(json_array_get(json_object_get(roster, "items"), 0), "legs"), 0));
	json_decref(roster);
	json_decref(bridge_crowd_end(b, &crowd, 3 * WAIT_MS, &code));
	CHECK_INT(0, code, "crowd");
	CHECK(bridge_wait_number(b, "/v1/status", "participants", 0, WAIT_MS), "they have left");
	return leg;
}

TEST(a_leg_says_how_it_is_while_it_goes_on)
{
	struct bridge b;
	json_t *leg;

	CHECK(bridge_start(&b, NULL), "bridge");
	leg = leg_of(&b, "tone:440:-26:0.7+silence:0.3");
	CHECK(json_at(leg, "jitter_ms", -1) >= 0 && json_at(leg, "delay_ms", -1) > 0, "jitter and delay");
	CHECK(json_at(leg, "rx_packets", 0) > 100 && json_at(leg, "rx_lost", -1) == 0, "packets and loss");
	CHECK(json_at(leg, "quality.rx_mos", 0) > 3.5, "MOS %g", json_at(leg, "quality.rx_mos", 0));
	CHECK(json_at(leg, "quality.burst_ms", -1) >= 0 && json_at(leg, "quality.gap_ms", -1) >= 0, "bursts");
	CHECK(json_at(leg, "quality.level_dbov", 0) < -10, "level %g", json_at(leg, "quality.level_dbov", 0));
	CHECK(json_at(leg, "quality.clipped_percent", -1) < 1, "not clipped: %g",
		json_at(leg, "quality.clipped_percent", -1));
	CHECK(json_is_null(json_object_get(json_object_get(leg, "quality"), "echo")), "no echo");
	json_decref(leg);
	leg = leg_of(&b, "tone:440:0:0.7+silence:0.3");
	CHECK(json_at(leg, "quality.clipped_percent", 0) > 50 &&
			json_at(leg, "quality.clipped_percent", 0) <= 100,
		"clipped: %g", json_at(leg, "quality.clipped_percent", 0));
	json_decref(leg);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

/* ---- the page ---- */

static size_t keep(char *bytes, size_t size, size_t n, void *arg)
{
	FILE *to = arg;

	return fwrite(bytes, size, n, to);
}

/* As Prometheus asks; the caller frees.  `type`: of the answer. */
static char *scrape(const struct bridge *b, char type[128])
{
	struct curl_slist *headers =
		curl_slist_append(NULL, "Accept: "
					"application/openmetrics-text;version=1.0.0,application/"
					"openmetrics-text;version=0.0.1;q=0.75,"
					"text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
	CURL *curl = curl_easy_init();
	static char *text; /* the stream's until it is closed */
	static size_t n;
	FILE *to = open_memstream(&text, &n);
	char *is = NULL;

	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, b->control);
	curl_easy_setopt(curl, CURLOPT_URL, "http://bridge/metrics");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
	CHECK(curl_easy_perform(curl) == CURLE_OK, "asked");
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &is);
	snprintf(type, 128, "%s", is ? is : "");
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	fclose(to);
	return text;
}

/* Is this sample one of the family that was declared last? */
static bool of_family(const char *line, const char *family, const char *type)
{
	static const char *const ends[] = { "_total", "_bucket", "_sum", "_count" };
	const size_t n = strlen(family), name = strcspn(line, " {");

	if (strncmp(line, family, n) != 0)
		return false;
	if (strcmp(type, "counter") == 0)
		return name == n + 6 && strncmp(line + n, ends[0], 6) == 0;
	if (strcmp(type, "histogram") != 0)
		return name == n;
	for (size_t i = 1; i < 4; i++)
		if (strncmp(line + n, ends[i], strlen(ends[i])) == 0)
			return true;
	return false;
}

static bool once(const char *text, const char *line)
{
	const char *first = strstr(text, line);

	return first && !strstr(first + 1, line);
}

TEST(metrics_are_openmetrics)
{
	char type[128], family[100] = "", kind[20] = "", *page, *whole, *rest, *line;
	struct bridge b;
	unsigned n_families = 0;
	bool ended = false;

	CHECK(bridge_start(&b, NULL), "bridge");
	page = scrape(&b, type);
	CHECK_STR("application/openmetrics-text; version=1.0.0; charset=utf-8", type, "type");
	whole = strdup(page);
	CHECK(whole, "memory");
	for (rest = page; (line = strsep(&rest, "\n")) != NULL && *line;) {
		CHECK(!ended, "nothing comes after the end: %s", line);
		ended = strcmp(line, "# EOF") == 0;
		if (sscanf(line, "# TYPE %99s %19s", family, kind) == 2) {
			CHECK(strcmp(kind, "counter") == 0 || strcmp(kind, "gauge") == 0 ||
					strcmp(kind, "histogram") == 0,
				"%s", line);
			CHECK(once(whole, line), "its family is together: %s", line);
			n_families++;
		} else if (line[0] != '#') {
			CHECK(of_family(line, family, kind), "'%s' is none of %s %s", line, kind, family);
			CHECK(!strstr(line, "call=") && !strstr(line, "number=") && !strstr(line, "meeting="),
				"a label without bounds: %s", line);
		}
	}
	CHECK(ended && n_families > 40, "%u families", n_families);
	free(page);
	free(whole);
	page = bridge_text(&b, "GET", "/metrics", NULL, NULL, NULL);
	CHECK(strstr(page, "\n# TYPE partyline_invites_total counter\n") && !strstr(page, "# EOF"),
		"who does not ask for it");
	free(page);
	CHECK_INT(0, bridge_stop(&b), "bridge");
}

TESTS(a_leg_says_how_it_is_while_it_goes_on, metrics_are_openmetrics)
