/* links: sip/locate.c sip/trunk.c */
#include "sip/locate.h"
#include "tests/test.h"

enum { UDP = 1 << LOCATE_UDP, TCP = 1 << LOCATE_TCP, TLS = 1 << LOCATE_TLS };

/* A zone: "TYPE name value..."; what is not in it does not exist; "FAIL" as value: no answer comes. */
static const char *const zone[] = {
	"A plain.example 192.0.2.10",
	"NAPTR full.example 20 10 s SIP+D2U _sip._udp.full.example",
	"NAPTR full.example 10 20 s SIP+D2T _sip._tcp.full.example",
	"NAPTR full.example 10 10 s SIPS+D2T _sips._tcp.full.example",
	"SRV _sip._udp.full.example 1 0 5060 u.full.example",
	"SRV _sip._tcp.full.example 1 0 5062 t.full.example",
	"SRV _sips._tcp.full.example 1 0 5061 t.full.example",
	"A u.full.example 192.0.2.1",
	"A t.full.example 192.0.2.2",
	"A full.example 192.0.2.99",
	"SRV _sip._udp.srv.example 20 0 5070 c.srv.example",
	"SRV _sip._udp.srv.example 10 60 5060 a.srv.example",
	"SRV _sip._udp.srv.example 10 20 5060 b.srv.example",
	"A a.srv.example 192.0.2.21",
	"A b.srv.example 192.0.2.22",
	"AAAA b.srv.example 2001:db8::22",
	"A c.srv.example 192.0.2.23",
	"A srv.example 192.0.2.99",
	"SRV _sip._udp.gone.example 1 0 5060 nowhere.example",
	"A gone.example 192.0.2.99",
	"SRV _sip._udp.none.example 0 0 0 .",
	"A none.example 192.0.2.99",
	"SRV _sip._udp.broken.example FAIL",
	"A broken.example 192.0.2.99",
};

static size_t look_up(const struct locate_question *q, struct locate_record *out, bool *failed, char *asked)
{
	static const char *const words[] = { "A", "AAAA", "SRV", "NAPTR" };
	size_t n = 0;
	char type[8], name[64], rest[96];

	snprintf(asked + strlen(asked), 600 - strlen(asked), "%s%s %s", asked[0] ? ", " : "", words[q->type],
		q->name);
	*failed = false;
	for (size_t i = 0; i < sizeof(zone) / sizeof(*zone); i++) {
		struct locate_record *r = &out[n];
		unsigned a = 0, b = 0, port = 0;

		sscanf(zone[i], "%7s %63s %95[^\n]", type, name, rest);
		if (strcmp(type, words[q->type]) != 0 || strcmp(name, q->name) != 0)
			continue;
		*failed = strcmp(rest, "FAIL") == 0;
		if (*failed)
			return 0;
		memset(r, 0, sizeof(*r));
		r->ttl_s = 300;
		if (q->type == LOCATE_SRV)
			sscanf(rest, "%u %u %u %253s", &a, &b, &port, r->name);
		else if (q->type == LOCATE_NAPTR)
			sscanf(rest, "%u %u %7s %15s %253s", &a, &b, r->flags, r->service, r->name);
		else
			snprintf(r->name, sizeof(r->name), "%.95s", rest);
		r->priority = (uint16_t)a, r->weight = (uint16_t)b, r->port = (uint16_t)port;
		n++;
	}
	return n;
}

static void run(struct locate *l, char asked[600])
{
	const struct locate_question *q;

	asked[0] = '\0';
	while ((q = locate_next(l))) {
		struct locate_record records[LOCATE_RECORDS];
		struct locate_answer a = { .records = records };

		a.n = look_up(q, records, &a.failed, asked);
		locate_feed(l, &a);
	}
}

TEST(a_gateway_is_found_as_rfc_3263_says)
{
	static const struct {
		const char *story, *uri;
		unsigned spoken;
		const char *members;
	} cases[] = {
		{ "a literal", "sip:192.0.2.1", UDP, "udp:192.0.2.1:5060" },
		{ "with port and transport", "sip:192.0.2.1:5070;transport=tcp", UDP | TCP,
			"tcp:192.0.2.1:5070" },
		{ "IPv6", "sip:[2001:db8::1]:5070", UDP, "udp:[2001:db8::1]:5070" },
		{ "sips is TLS", "sips:192.0.2.1", TLS, "tls:192.0.2.1:5061" },
		{ "a port: no SRV", "sip:srv.example:5099", UDP, "udp:192.0.2.99:5099" },
		{ "a transport: its SRV", "sip:full.example;transport=tcp", UDP | TCP, "tcp:192.0.2.2:5062" },
		{ "NAPTR by order and preference", "sip:full.example", UDP | TCP | TLS,
			"tls:192.0.2.2:5061 tcp:192.0.2.2:5062" },
		{ "of what we speak", "sip:full.example", UDP, "udp:192.0.2.1:5060" },
		{ "no NAPTR: SRV by priority, addresses of both families", "sip:srv.example", UDP,
			"udp:192.0.2.21:5060 udp:192.0.2.22:5060 udp:[2001:db8::22]:5060 "
			"udp:192.0.2.23:5070" },
		{ "no SRV either: the name's own address", "sip:plain.example", UDP | TCP,
			"udp:192.0.2.10:5060" },
		{ "the same with a transport", "sip:plain.example;transport=tcp", UDP | TCP,
			"tcp:192.0.2.10:5060" },
		{ "an SRV that leads nowhere: no fallback (section 4.2)", "sip:gone.example", UDP, "" },
		{ "an SRV that says no such service", "sip:none.example", UDP, "" },
		{ "no answer is not the answer no", "sip:broken.example", UDP, "" },
		{ "nobody knows it", "sip:unknown.example", UDP, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct locate l;
		char asked[600], members[400] = "";

		CHECK(locate_start(&l, cases[i].uri, cases[i].spoken), "%s: not taken", cases[i].story);
		run(&l, asked);
		for (size_t m = 0; m < l.n_members; m++)
			snprintf(members + strlen(members), sizeof(members) - strlen(members), "%s%s",
				m ? " " : "", l.members[m].target);
		CHECK(strcmp(cases[i].members, members) == 0, "%s: wanted '%s', have '%s' by asking %s",
			cases[i].story, cases[i].members, members, asked);
	}
}

TEST(what_is_no_gateway_is_refused)
{
	static const char *const bad[] = { "", "tel:+1", "sip:", "sip:a.example;transport=sctp",
		"sip:a.example:0", "sip:a.example:70000", "sips:a.example;transport=udp" };
	struct locate l;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!locate_start(&l, bad[i], UDP | TCP | TLS), "%s", bad[i]);
	CHECK(!locate_start(&l, "sip:192.0.2.1;transport=tcp", UDP), "a transport that we do not speak");
}

static unsigned least(void *arg, unsigned below)
{
	(void)arg, (void)below;
	return 0;
}

static unsigned most(void *arg, unsigned below)
{
	(void)arg;
	return below - 1;
}

static unsigned counted(void *arg, unsigned below)
{
	unsigned *state = arg;

	*state = *state * 1103515245u + 12345u;
	return (*state >> 8) % below;
}

/* RFC 2782: by priority; within one by weight, drawn anew for each call; weight 0 now and then. */
TEST(members_are_drawn_by_weight)
{
	const struct locate_member m[] = { { .priority = 10, .weight = 60 }, { .priority = 10, .weight = 20 },
		{ .priority = 10, .weight = 0 }, { .priority = 20, .weight = 100 } };
	unsigned order[LOCATE_MEMBERS], first[4] = { 0 }, state = 1;

	locate_order(m, 4, least, NULL, order);
	CHECK(order[0] == 2 && order[3] == 3, "weight 0 has a very small chance, and this is it");
	locate_order(m, 4, most, NULL, order);
	CHECK(order[0] == 1 && order[1] == 0 && order[2] == 2 && order[3] == 3, "%u %u %u %u", order[0],
		order[1], order[2], order[3]);
	for (int i = 0; i < 8100; i++) {
		locate_order(m, 4, counted, &state, order);
		first[order[0]]++;
		CHECK_INT(3, order[3], "the lower priority is always last");
	}
	CHECK_NEAR(6000, first[0], 250, "60 of 81");
	CHECK_NEAR(2000, first[1], 250, "20 of 81");
	CHECK_NEAR(100, first[2], 60, "1 of 81");
}

TESTS(a_gateway_is_found_as_rfc_3263_says, what_is_no_gateway_is_refused, members_are_drawn_by_weight)
