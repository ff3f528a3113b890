/* links: tools/partyctl_run.c tools/partyctl_verbs.c tools/partyctl_objects.c tools/partyctl_admin.c tools/partyctl_budget.c tools/partyctl_dialplan.c tools/partyctl_table.c tools/partyctl_watch.c tools/partyctl_why.c tools/partyctl_records.c tools/partyctl_http.c bridge/config.c bridge/x5u.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c bridge/config_interfaces.c tools/partyctl_call.c tools/partyctl_drain.c tools/partyctl_rates.c tools/partyctl_live.c bridge/config_http.c */
#include "tools/partyctl.h"
#include "tests/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A bridge of paper: answers each connection with the next text of its script, and keeps what was asked. */
struct paper {
	char directory[32], path[64];
	const char *const *script; /* whole HTTP answers */
	size_t n_script;
	char asked[8][2048];
	size_t n_asked;
	int fd;
	pthread_t thread;
};

static void read_request(int fd, char *out, size_t cap)
{
	size_t n = 0, want = cap;

	while (n < cap - 1 && n < want) {
		ssize_t got = read(fd, out + n, cap - 1 - n);
		const char *body, *length;

		if (got <= 0)
			break;
		n += (size_t)got;
		out[n] = '\0';
		body = strstr(out, "\r\n\r\n");
		length = strstr(out, "Content-Length: ");
		if (body)
			want = (size_t)(body + 4 - out) + (length ? strtoul(length + 16, NULL, 10) : 0);
	}
}

static void *serve(void *arg)
{
	struct paper *p = arg;

	for (size_t i = 0; i < p->n_script; i++) {
		struct pollfd ready = { .fd = p->fd, .events = POLLIN };
		int fd = poll(&ready, 1, 5000) == 1 ? accept(p->fd, NULL, NULL) : -1;

		if (fd < 0)
			break;
		read_request(fd, p->asked[i], sizeof(p->asked[i]));
		p->n_asked = i + 1;
		if (write(fd, p->script[i], strlen(p->script[i])) < 0)
			p->n_asked = 0;
		close(fd);
	}
	return NULL;
}

static void paper_start(struct paper *p, const char *const *script, size_t n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(p, 0, sizeof(*p));
	strcpy(p->directory, "/tmp/test_partyctl.XXXXXX");
	CHECK(mkdtemp(p->directory), "a directory");
	snprintf(p->path, sizeof(p->path), "%s/s", p->directory);
	strcpy(address.sun_path, p->path);
	p->script = script;
	p->n_script = n;
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(p->fd >= 0 && bind(p->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			listen(p->fd, 8) == 0,
		"a socket");
	CHECK(pthread_create(&p->thread, NULL, serve, p) == 0, "a thread");
}

static void paper_stop(struct paper *p)
{
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->fd);
	unlink(p->path);
	rmdir(p->directory);
}

/* Runs partyctl with these words; out and err are the caller's to free. */
struct said {
	char *out, *err;
	size_t n_out, n_err;
	enum ctl_exit code;
};

static struct said run(const char *socket_path, const char *words)
{
	struct said s = { 0 };
	char line[512], *argv[32] = { "partyctl", "--socket", (char *)socket_path };
	int argc = socket_path ? 3 : 1;
	FILE *out = open_memstream(&s.out, &s.n_out), *err = open_memstream(&s.err, &s.n_err);

	CHECK(out && err && strlen(words) < sizeof(line), "memory");
	strcpy(line, words);
	for (char *rest = line, *word; (word = strsep(&rest, " ")) != NULL && argc < 31;)
		if (*word)
			argv[argc++] = word;
	s.code = ctl_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return s;
}

static void forget(struct said *s)
{
	free(s->out);
	free(s->err);
}

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"

static const char two_calls[] =
	OK_JSON "{\"items\":[{\"id\":\"c1\",\"state\":\"confirmed\",\"trunk\":\"carrier-a\",\"from\":\"+1555."
		".01\",\"number\":"
		"\"+15550100\",\"account\":\"acme\",\"meeting\":\"\",\"codec\":\"PCMU\",\"started_at\":null},"
		"{\"id\":\"caf\u00e9-22\",\"state\":\"on\\u001b[31m\\nhold\",\"trunk\":\"b\",\"from\":\"x\","
		"\"number\":\"\","
		"\"account\":\"acme\",\"meeting\":\"483920175\",\"codec\":\"opus\",\"started_at\":\"2026-11-"
		"23T08:00:00.000000Z\"}]}";

/* What each verb asks, and what it prints. */
TEST(every_verb_asks_its_question_and_shows_the_answer)
{
	static const struct {
		const char *words, *answer, *asked, *shown;
	} cases[] = {
		{ "calls", two_calls, "GET /v1/calls?limit=1000 HTTP/1.1",
			"CALL     STATE         TRUNK      FROM       NUMBER     ACCOUNT  MEETING    CODEC "
			" SINCE\n"
			"c1       confirmed     carrier-a  +1555..01  +15550100  acme     -          PCMU  "
			" -\n"
			"caf\u00e9-22  on?[31m?hold  b          x          -          acme     483920175  "
			"opus   "
			"2026-11-23T08:00:00.000000Z\n" },
		{ "meetings",
			OK_JSON
			"{\"items\":[{\"id\":\"777\",\"name\":\"Weekly\",\"account\":\"acme\",\"open\":true,"
			"\"participants\":12,\"locked\":false,\"opened_at\":null}]}",
			"GET /v1/meetings?limit=1000 HTTP/1.1",
			"MEETING  NAME    ACCOUNT  OPEN  PARTICIPANTS  LOCKED  SINCE\n"
			"777      Weekly  acme     yes             12  -       -\n" },
		{ "participants 777",
			OK_JSON "{\"items\":[{\"id\":\"p1\",\"name\":\"\",\"number\":\"+1555..00\",\"role\":"
				"\"host\",\"muted\":true,"
				"\"hand\":false,\"talking\":true,\"legs\":[{\"codec\":\"G722\",\"delay_ms\":"
				"40,\"rx_lost\":3,"
				"\"call\":\"c9\"}],\"joined_at\":\"t\"}]}",
			"GET /v1/meetings/777/participants?limit=1000 HTTP/1.1",
			"PARTICIPANT  NAME  NUMBER     ROLE  MUTED  HAND  TALKING  CODEC  DELAY MS  LOST  "
			"CALL  JOINED\n"
			"p1           -     +1555..00  host  yes    -     yes      G722         40     3  c9 "
			"   t\n" },
		{ "participants 7/../x%", OK_JSON "{\"items\":[]}",
			"GET /v1/meetings/7%2F..%2Fx%25/participants?limit=1000 HTTP/1.1",
			"PARTICIPANT  NAME  NUMBER  ROLE  MUTED  HAND  TALKING  CODEC  DELAY MS  LOST  CALL  "
			"JOINED\n" },
		{ "records --limit 5 --trunk a&b", OK_JSON "{\"items\":[]}",
			"GET /v1/records?limit=5&trunk=a%26b HTTP/1.1",
			"STARTED  DIRECTION  TRUNK  FROM  NUMBER  ACCOUNT  MEETING  STATUS  Q850  CODEC  "
			"LOST  MOS  BY  CAUSE  CALL\n" },
		{ "records --csv --since 2026-12-24 --ended-by caller --mos-below=3.6",
			"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nid\r\n1\r\n",
			"GET /v1/records?ended_by=caller&since=2026-12-24&mos_below=3.6 HTTP/1.1",
			"id\r\n1\r\n" },
		{ "records --csv", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nid\r\n",
			"Accept: text/csv\r\n", "id\r\n" },
		{ "trace c1", OK_JSON "{\"text\":\"ladder\\n\",\"kept\":true,\"items\":[{\"text\":\"BYE\"}]}",
			"GET /v1/calls/c1/trace HTTP/1.1", "ladder\n" },
		{ "trace c1 --full",
			OK_JSON
			"{\"text\":\"ladder\\n\",\"kept\":true,\"items\":[{\"keys\":1},{\"text\":\"BYE "
			"x\\r\\n\\u001b\",\"offset_s\":0.5,\"direction\":\"rx\",\"far_end\":\"udp "
			"1\"}]}",
			"GET /v1/calls/c1/trace HTTP/1.1", "ladder\n\n--- 0.500 rx udp 1\nBYE x\n?" },
		{ "why c/1", OK_JSON "{\"text\":\"It was busy.\\n\"}", "GET /v1/calls/c%2F1/why HTTP/1.1",
			"It was busy.\n" },
		{ "call 100 +15550199 Bob", OK_JSON "{\"id\":\"d1\"}",
			"\r\n\r\n{\"to\":\"+15550199\",\"name\":\"Bob\"}",
			"+15550199 is being called: d1\n" },
		{ "trunks",
			OK_JSON "{\"items\":[{\"name\":\"a\",\"drain\":\"open\",\"standing\":{\"standing\":"
				"\"low\"},\"calls\":2,\"gateways\":[{"
				"\"registration\":\"off\","
				"\"members\":[{\"address\":\"udp:192.0.2.1:5060\",\"state\":\"up\",\"answer_"
				"percent\":50,"
				"\"post_dial_ms\":1.5,\"round_trip_ms\":2.5}]}]}]}",
			"GET /v1/trunks?limit=1000 HTTP/1.1",
			"TRUNK  CALLS ARE  GATEWAY             STATE  REGISTRATION  CALLS  ANSWERED %  POST "
			"DIAL MS  "
			"ROUND TRIP "
			"MS  STANDING\na      open       udp:192.0.2.1:5060  up     off               2      "
			"    50    "
			"       1.5 "
			"           2.5  low\n" },
		{ "trunk drain a", OK_JSON "{\"id\":\"a\",\"drain\":\"draining\",\"calls\":3}",
			"POST /v1/trunks/a/drain HTTP/1.1", "a is draining, 3 calls\n" },
		{ "trunk resume a", OK_JSON "{\"id\":\"a\",\"drain\":\"open\",\"calls\":3}",
			"POST /v1/trunks/a/resume HTTP/1.1", "a is open, 3 calls\n" },
		{ "drain --stay", OK_JSON "{\"drain\":\"drained\",\"calls\":0}", "POST /v1/drain HTTP/1.1",
			"the bridge is drained, 0 calls\n" },
		{ "hangup c1", OK_JSON "{\"id\":\"c1\"}", "DELETE /v1/calls/c1 HTTP/1.1",
			"c1 is being hung up\n" },
		{ "lock 100", OK_JSON "{\"locked\":true}", "POST /v1/meetings/100/lock HTTP/1.1",
			"100 is locked\n" },
		{ "lock 100 off", OK_JSON "{\"locked\":false}", "\r\n\r\n{\"locked\":false}",
			"100 is open to all who may come\n" },
		{ "remove p1", OK_JSON "{\"id\":\"p1\"}", "DELETE /v1/participants/p1 HTTP/1.1",
			"p1 is being put out\n" },
		{ "dialouts 100",
			OK_JSON "{\"items\":[{\"to\":\"+15550199\",\"state\":\"ringing\",\"attempts\":2}]}",
			"GET /v1/meetings/100/calls?limit=1000 HTTP/1.1",
			"CALLED     NAME  STATE    TRUNK  GATEWAY  ATTEMPTS  DIAL-OUT\n"
			"+15550199  -     ringing  -      -               2  -\n" },
		{ "people 100",
			OK_JSON
			"{\"items\":[{\"name\":\"Ann\",\"state\":\"calling\",\"numbers\":2,\"tried\":1}]}",
			"GET /v1/meetings/100/people?limit=1000 HTTP/1.1",
			"NAME  STATE    NUMBERS  TRIED  CALLS NOW  PERSON\n"
			"Ann   calling        2      1          -  -\n" },
		{ "invite 100 --country DE", OK_JSON "{\"text\":\"Dial in:\\n\\u001b[1m+49\\n\"}",
			"GET /v1/meetings/100/invite?country=DE HTTP/1.1", "Dial in:\n?[1m+49\n" },
		{ "rollback --dry-run", OK_JSON "{\"changes\":[]}",
			"POST /v1/site/rollback?dry_run=true HTTP/1.1", "no changes\n" },
		{ "metrics", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npartyline_calls 1\n",
			"GET /metrics HTTP/1.1", "partyline_calls 1\n" },
		{ "mute p1", OK_JSON "{\"muted\":true}", "POST /v1/participants/p1/mute HTTP/1.1",
			"p1 is muted\n" },
		{ "mute p1 off", OK_JSON "{\"muted\":false}", "\r\n\r\n{\"muted\":false}",
			"p1 is not muted\n" },
		{ "status",
			OK_JSON "{\"node\":\"bridge-1\",\"calls\":3,\"sip\":{\"invites\":9},\"workers\":[{"
				"\"index\":0,\"legs\":3,"
				"\"rooms\":1,\"load_percent\":1.25,\"late_ticks\":0,\"tick_us_max\":310}]}",
			"GET /v1/status HTTP/1.1",
			"node                         bridge-1\n"
			"calls                        3\n"
			"sip.invites                  9\n"
			"\n"
			"WORKER  LEGS  ROOMS  LOAD %  LATE TICKS  LONGEST US\n"
			"     0     3      1     1.2           0         310\n" },
		{ "export",
			"HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nConnection: "
			"close\r\n\r\naccounts: []\n",
			"GET /v1/site HTTP/1.1", "accounts: []\n" },
		{ "--json export", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\naccounts: []\n",
			"GET /v1/site HTTP/1.1", "{\n  \"site\": \"accounts: []\\n\"\n}\n" },
		{ "dialplan explain 0049(30) --trunk=carrier-a",
			OK_JSON
			"{\"answer\":\"meeting\",\"status\":200,\"number\":\"+4930\",\"account\":\"acme\","
			"\"meeting\":\"777\","
			"\"steps\":[{\"rule\":\"trunk\",\"matched\":true,\"text\":\"trunk 'carrier-a'\"},"
			"{\"rule\":\"did\",\"matched\":false,\"text\":\"not in the table\"}]}",
			"GET /v1/dialplan/explain?number=0049%2830%29&trunk=carrier-a HTTP/1.1",
			" 1  yes  trunk        trunk 'carrier-a'\n"
			" 2  no   did          not in the table\n"
			"=> +4930 is answered by meeting 777 of account acme\n" },
		{ "dialplan explain +1 --trunk a",
			OK_JSON "{\"answer\":\"refuse\",\"status\":404,\"steps\":[]}",
			"?number=%2B1&trunk=a ", "=> refused with SIP status 404\n" },
		{ "dialplan explain 030123456 --account acme --at 2026-12-24T18:00:00+01:00 --caller-id "
		  "+15550100",
			OK_JSON
			"{\"answer\":\"route\",\"status\":200,\"number\":\"+4930123456\",\"account\":"
			"\"acme\","
			"\"trunks\":[{\"trunk\":\"carrier-a\",\"number\":\"030123456\",\"caller_id\":\"+"
			"15550100\"},"
			"{\"trunk\":\"b\",\"number\":\"004930123456\",\"caller_id\":\"\"}],\"steps\":[]}",
			"?number=030123456&account=acme&at=2026-12-24T18%3A00%3A00%2B01%3A00&caller_id=%"
			"2B15550100 ",
			"TRUNK      NUMBER        CALLER ID\n"
			"carrier-a  030123456     +15550100\n"
			"b          004930123456  -\n"
			"=> +4930123456 goes out by 2 trunks, in this order\n" },
		{ "dialplan explain 112 --account acme",
			OK_JSON "{\"answer\":\"refuse\",\"cause\":\"class\",\"status\":403,\"trunks\":[],"
				"\"steps\":[]}",
			"?number=112&account=acme ", "=> refused with SIP status 403: class\n" },
		{ "alerts --filter severity=critical,kind=disk --limit 7",
			OK_JSON "{\"items\":[],\"next\":null}",
			"GET /v1/alerts?limit=7&severity=critical&kind=disk HTTP/1.1",
			"SEVERITY  SINCE  WHAT  OF  WHAT IS WRONG  WHAT TO DO\n" },
		{ "audit --what meeting.* --who desk --cursor 77 --limit 2",
			OK_JSON
			"{\"items\":[{\"id\":76,\"at\":\"t\",\"who\":\"desk\",\"what\":\"meeting.lock\","
			"\"changes\":null}],\"next\":null}",
			"GET /v1/audit?limit=2&what=meeting.%2A&who=desk&cursor=77 HTTP/1.1",
			"ROW  AT  WHO   WHAT          CHANGES\n 76  t   desk  meeting.lock  -\n" },
		{ "webhook retry 00ff", OK_JSON "{\"id\":\"00ff\"}", "POST /v1/webhooks/00ff/retry HTTP/1.1",
			"00ff is tried again\n" },
		{ "calls --json", OK_JSON "{\"items\":[]}", "GET /v1/calls", "{\n  \"items\": []\n}\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct paper p;
		struct said s;

		paper_start(&p, &cases[i].answer, 1);
		s = run(p.path, cases[i].words);
		paper_stop(&p);
		CHECK_STR("", s.err, cases[i].words);
		CHECK_INT(CTL_OK, s.code, cases[i].words);
		CHECK(strstr(p.asked[0], cases[i].asked), "%s: asked %s", cases[i].words, p.asked[0]);
		CHECK_STR(cases[i].shown, s.out, cases[i].words);
		forget(&s);
	}
}

TEST(apply_sends_the_file_and_tells_the_changes)
{
	static const char *const changed =
		OK_JSON "{\"changes\":[{\"kind\":\"meeting\",\"key\":\"777\",\"what\":\"changed\",\"fields\":"
			"\"name, guest_pin\"},"
			"{\"kind\":\"trunk\",\"key\":\"a\",\"what\":\"added\",\"fields\":\"\"}]}";
	static const char *const same = OK_JSON "{\"changes\":[]}";
	static const char *const wrong =
		"HTTP/1.1 422 Unprocessable\r\nConnection: "
		"close\r\n\r\n{\"error\":{\"code\":\"site_invalid\",\"message\":\"line 2: "
		"accounts[0].name: given twice\",\"field\":\"accounts[0].name\",\"line\":2}}";
	static const struct {
		const char *story, *options, *const *answer, *asked, *out, *err;
		enum ctl_exit code;
	} cases[] = {
		{ "changes", "", &changed, "PUT /v1/site HTTP/1.1",
			"changed  meeting  777: name, guest_pin\nadded    trunk    a\n", "", CTL_OK },
		{ "dry run", "--dry-run", &changed, "PUT /v1/site?dry_run=true HTTP/1.1",
			"changed  meeting  777: name, guest_pin\nadded    trunk    a\ndry run: nothing was "
			"applied\n",
			"", CTL_OK },
		{ "the same again", "", &same, "PUT /v1/site HTTP/1.1", "no changes\n", "", CTL_OK },
		{ "refused", "", &wrong, "PUT /v1/site HTTP/1.1", "",
			"partyctl: line 2: accounts[0].name: given twice\n", CTL_REFUSED },
		{ "refused, for programs", "--json", &wrong, "PUT /v1/site HTTP/1.1",
			"{\n  \"error\": {\n    \"code\": \"site_invalid\",\n    \"message\": \"line 2: "
			"accounts[0].name: given "
			"twice\",\n    \"field\": \"accounts[0].name\",\n    \"line\": 2\n  }\n}\n",
			"partyctl: line 2: accounts[0].name: given twice\n", CTL_REFUSED },
	};
	char file[] = "/tmp/test_partyctl.site.XXXXXX", words[128];
	int fd = mkstemp(file);

	CHECK(fd >= 0 && write(fd, "accounts: []\n", 13) == 13, "a site file");
	close(fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct paper p;
		struct said s;

		paper_start(&p, cases[i].answer, 1);
		snprintf(words, sizeof(words), "apply %s %s", file, cases[i].options);
		s = run(p.path, words);
		paper_stop(&p);
		CHECK_STR(cases[i].err, s.err, cases[i].story);
		CHECK_STR(cases[i].out, s.out, cases[i].story);
		CHECK_INT(cases[i].code, s.code, cases[i].story);
		CHECK(strstr(p.asked[0], cases[i].asked), "%s: asked %s", cases[i].story, p.asked[0]);
		CHECK(strstr(p.asked[0], "application/yaml") && strstr(p.asked[0], "\r\n\r\naccounts: []\n"),
			"%s: the file as it is: %s", cases[i].story, p.asked[0]);
		forget(&s);
	}
	unlink(file);
}

TEST(exit_codes_tell_whose_fault_it_is)
{
	static const char *const not_found =
		"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
		"{\"error\":{\"code\":\"not_found\",\"message\":\"no call\\u001b c1\"}}";
	static const char *const bare = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	static const char *const torn = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
	static const char *const no_json = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello";
	static const struct {
		const char *words, *const *answer;
		enum ctl_exit code;
		const char *err;
	} cases[] = {
		{ "hangup c1", &not_found, CTL_REFUSED, "partyctl: no call? c1\n" },
		{ "status", &bare, CTL_REFUSED, "HTTP status 503" },
		{ "status", &torn, CTL_UNREACHED, "cannot reach" },
		{ "status", &no_json, CTL_UNREACHED, "not JSON" },
		{ "watch", &bare, CTL_REFUSED, "HTTP status 503" },
	};
	static const struct {
		const char *words, *err;
		enum ctl_exit code;
	} local[] = {
		{ "--socket /nonexistent/s status", "cannot reach the bridge at /nonexistent/s",
			CTL_UNREACHED },
		{ "--socket /nonexistent/s watch", "cannot reach the bridge", CTL_UNREACHED },
		{ "", "a verb is missing", CTL_USAGE },
		{ "dance", "unknown verb", CTL_USAGE },
		{ "--dance status", "unknown option", CTL_USAGE },
		{ "status --socket", "lacks its value", CTL_USAGE },
		{ "status now", "it is: status", CTL_USAGE },
		{ "hangup", "it is: hangup CALL", CTL_USAGE },
		{ "mute p1 maybe", "on or off", CTL_USAGE },
		{ "lock 100 maybe", "on or off", CTL_USAGE },
		{ "records --limit 0", "--limit", CTL_USAGE },
		{ "records --limit 5x", "--limit", CTL_USAGE },
		{ "dialplan explain +1555", "--trunk is missing", CTL_USAGE },
		{ "dialplan explain +1555 --trunk a --account b", "not both", CTL_USAGE },
		{ "dialplan explain +1555 --trunk a --at 2026-12-24", "of an account's call", CTL_USAGE },
		{ "dialplan diff x.yaml", "--records is missing", CTL_USAGE },
		{ "dialplan diff /nonexistent/s --records 2026-12-24", "cannot read /nonexistent/s",
			CTL_USAGE },
		{ "dialplan show +1555", "dialplan knows", CTL_USAGE },
		{ "apply /nonexistent/site.yaml", "cannot read /nonexistent/site.yaml: No such file",
			CTL_USAGE },
		{ "--config /nonexistent/c status", "cannot open /nonexistent/c", CTL_USAGE },
		{ "--config a --socket b status", "not both", CTL_USAGE },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x y z", "too many", CTL_USAGE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct paper p;
		struct said s;

		paper_start(&p, cases[i].answer, 1);
		s = run(p.path, cases[i].words);
		paper_stop(&p);
		CHECK_INT(cases[i].code, s.code, cases[i].words);
		CHECK(strstr(s.err, cases[i].err), "%s: %s", cases[i].words, s.err);
		CHECK_STR("", s.out, cases[i].words);
		forget(&s);
	}
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
		struct said s = run(NULL, local[i].words);

		CHECK_INT(local[i].code, s.code, local[i].words);
		CHECK(strstr(s.err, local[i].err), "%s: %s", local[i].words, s.err);
		CHECK_STR("", s.out, local[i].words);
		forget(&s);
	}
}

TEST(the_socket_comes_from_the_node_file)
{
	const char *const answer = OK_JSON "{\"items\":[]}";
	char file[] = "/tmp/test_partyctl.conf.XXXXXX", words[128];
	int fd = mkstemp(file);
	struct paper p;
	struct said s;

	paper_start(&p, &answer, 1);
	CHECK(fd >= 0 && dprintf(fd, "control: %s\n", p.path) > 0, "a node file");
	snprintf(words, sizeof(words), "--config %s calls --json", file);
	s = run(NULL, words);
	CHECK_INT(CTL_OK, s.code, s.err);
	forget(&s);
	paper_stop(&p);
	CHECK(dprintf(fd, "nodes: 1\n") > 0, "a mistake in it");
	close(fd);
	s = run(NULL, words);
	CHECK_INT(CTL_USAGE, s.code, "is told");
	CHECK(strstr(s.err, "line 2: nodes: unknown key"), "%s", s.err);
	forget(&s);
	unlink(file);
}

TEST(help_and_version_need_no_bridge)
{
	struct said s = run("/nonexistent/s", "help");

	CHECK_INT(CTL_OK, s.code, "help");
	CHECK(strstr(s.out, "dialplan explain NUMBER --trunk T"), "%s", s.out);
	forget(&s);
	s = run("/nonexistent/s", "version");
	CHECK(s.code == CTL_OK && strncmp(s.out, "partyctl ", 9) == 0, "%s", s.out);
	forget(&s);
}

#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

TEST(watch_resumes_after_the_last_event_it_saw)
{
	static const char *const script[] = {
		STREAM "retry: 1\n\n: hello\n\nid: 41\nevent: call.started\ndata: "
		       "{\"seq\":41,\"time\":\"T1\",\"type\":\"call.started\","
		       "\"call\":\"c1\",\"codec\":\"\",\"n\":2}\n\nid: 42\ndata: {\"seq\":42,\n",
		STREAM
		"id: 42\ndata: {\"seq\":42,\"time\":\"T2\",\"type\":\"call.ended\",\"call\":\"c1\"}\n\n",
		"HTTP/1.1 200 OK\r\n", /* dies while answering */
		STREAM "id: 43\ndata: {\"seq\":43,\"time\":\"T3\",\"type\":\"gap\"}\n\nid: 44\ndata: "
		       "{\"seq\":44}\n\n",
	};
	struct paper p;
	struct said s;

	paper_start(&p, script, 4);
	s = run(p.path, "watch --limit 3");
	paper_stop(&p);
	CHECK_INT(CTL_OK, s.code, s.err);
	CHECK_STR("T1  call.started          call=c1  n=2\nT2  call.ended            call=c1\nT3  gap        "
		  "         \n",
		s.out, "each event once, a torn one not at all");
	CHECK_INT(4, p.n_asked, "connections");
	CHECK(strstr(p.asked[0], "GET /v1/events HTTP/1.1") && !strstr(p.asked[0], "Last-Event-ID"), "%s",
		p.asked[0]);
	CHECK(strstr(p.asked[0], "Accept: text/event-stream"), "%s", p.asked[0]);
	CHECK(strstr(p.asked[1], "Last-Event-ID: 41\r\n"), "the torn event is asked for again: %s",
		p.asked[1]);
	CHECK(strstr(p.asked[3], "Last-Event-ID: 42\r\n"), "%s", p.asked[3]);
	forget(&s);

	paper_start(&p, script + 1, 1);
	s = run(p.path, "watch --events call.*,meeting.opened --meeting=4839 --account acme --limit 1");
	paper_stop(&p);
	CHECK_INT(CTL_OK, s.code, s.err);
	CHECK(strstr(p.asked[0],
		      "GET /v1/events?type=call.%2A%2Cmeeting.opened&account=acme&meeting=4839 HTTP/1.1"),
		"what it wants: %s", p.asked[0]);
	forget(&s);

	paper_start(&p, script + 1, 1);
	s = run(p.path, "watch --limit 1 --json");
	paper_stop(&p);
	CHECK_STR("{\"seq\":42,\"time\":\"T2\",\"type\":\"call.ended\",\"call\":\"c1\"}\n", s.out,
		"a JSON line");
	forget(&s);
}

static bool gather(void *arg, const char *data)
{
	strcat(arg, "[");
	strcat(arg, data);
	strcat(arg, "]");
	return true;
}

/* WHATWG HTML section 9.2.6, its examples among them, fed whole and byte by byte. */
TEST(event_streams_are_read_as_the_standard_says)
{
	static const struct {
		const char *story, *stream, *events, *id;
	} cases[] = {
		{ "two lines of data", "data: YHOO\ndata: +2\ndata: 10\n\n", "[YHOO\n+2\n10]", "" },
		{ "comment, id, no id",
			": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
			"event\n\n",
			"[first event][second event][ third event]", "" },
		{ "empty data", "data\n\ndata\ndata\n\ndata:", "[][\n]", "" },
		{ "with and without blank", "data:test\n\ndata: test\n\n", "[test][test]", "" },
		{ "CR LF and CR", "data: a\r\n\r\ndata: b\r\rid: 7\r\n\r\n", "[a][b]", "7" },
		{ "CR LF within an event", "data: a\r\ndata: b\r\n\r\n", "[a\nb]", "" },
		{ "unknown fields", "event: x\nfoo: bar\ndata: a\n\n", "[a]", "" },
		{ "no event without data", "id: 5\nevent: x\n\n", "", "5" },
	};
	struct ctl_sse *s = calloc(1, sizeof(*s));
	char long_line[SSE_LINE + 100];

	CHECK(s, "memory");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 200; step += 198) {
			char events[300] = "";
			size_t len = strlen(cases[i].stream);

			memset(s, 0, sizeof(*s));
			for (size_t at = 0; at < len; at += step)
				ctl_sse_feed(s, cases[i].stream + at, len - at < step ? len - at : step,
					gather, events);
			CHECK_STR(cases[i].events, events, cases[i].story);
			CHECK_STR(cases[i].id, s->id, cases[i].story);
		}
	memset(long_line, 'x', sizeof(long_line));
	memset(s, 0, sizeof(*s));
	{
		char events[300] = "";

		ctl_sse_feed(s, "data: ", 6, gather, events);
		ctl_sse_feed(s, long_line, sizeof(long_line), gather, events);
		ctl_sse_feed(s, "\n\ndata: next\n\n", 14, gather, events);
		CHECK_STR("[next]", events, "an event too long is dropped, the next is read");
	}
	free(s);
}

TESTS(every_verb_asks_its_question_and_shows_the_answer, apply_sends_the_file_and_tells_the_changes,
	exit_codes_tell_whose_fault_it_is, the_socket_comes_from_the_node_file,
	help_and_version_need_no_bridge, watch_resumes_after_the_last_event_it_saw,
	event_streams_are_read_as_the_standard_says)
