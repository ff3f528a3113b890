/* links: bridge/webhook.c bridge/webhook_terms.c bridge/poster.c bridge/x5u.c bridge/delivery.c bridge/writer.c bridge/backlog.c bridge/writer_asks.c bridge/store.c bridge/store_schema.c bridge/store_site.c bridge/store_stir.c bridge/store_cdr.c bridge/store_records.c bridge/store_audit.c bridge/store_token.c bridge/store_backup.c bridge/store_webhook.c bridge/access.c bridge/cdr.c bridge/when.c dialplan/days.c bridge/site.c bridge/site_fields.c bridge/site_read.c bridge/site_check.c bridge/site_names.c bridge/site_write.c bridge/site_diff.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c dialplan/plan.c dialplan/number.c dialplan/err.c sip/trunk.c sip/err.c bridge/store_pass.c bridge/store_dial.c bridge/store_kept.c bridge/site_overlap.c bridge/zones.c dialplan/block.c dialplan/prefix.c dialplan/class.c dialplan/class_table.c dialplan/calendar.c dialplan/zone.c bridge/site_apart.c bridge/store_trunk.c bridge/config_interfaces.c bridge/store_dips.c dialplan/money.c bridge/pattern.c sip/ere.c bridge/topics.c bridge/freshness.c bridge/headers.c bridge/site_carrier.c bridge/texts.c bridge/webhook_restore.c sip/reroute_chosen.c */
#include "bridge/webhook.h"

#include "tests/test.h"

TEST(a_hook_gets_what_it_asked_for)
{
	static const struct {
		const char *story, *events, *of, *type, *account;
		bool wanted;
	} cases[] = {
		{ "no list: anything", "", "", "call.ended", "acme", true },
		{ "but who talks", "", "", "participant.talking", "acme", false },
		{ "named, that too", "participant.talking", "", "participant.talking", "acme", true },
		{ "one of two", "call.started,call.ended", "", "call.ended", "", true },
		{ "neither", "call.started,call.ended", "", "call.end", "", false },
		{ "longer than the word", "call.end", "", "call.ended", "", false },
		{ "all of a kind", "meeting.*", "", "meeting.locked", "acme", true },
		{ "not of another", "meeting.*", "", "call.ended", "acme", false },
		{ "its own account", "", "acme", "call.ended", "acme", true },
		{ "another's", "", "acme", "call.ended", "acm", false },
		{ "nobody's", "", "acme", "site.applied", "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct webhook h = { .id = "" };
		snprintf(h.events, sizeof(h.events), "%s", cases[i].events);
		snprintf(h.account, sizeof(h.account), "%s", cases[i].of);
		CHECK_INT(
			cases[i].wanted, webhook_wants(&h, cases[i].type, cases[i].account), cases[i].story);
	}
}

TEST(lists_of_events)
{
	static const struct {
		const char *events;
		bool valid;
	} cases[] = {
		{ "", true },
		{ "call.ended", true },
		{ "call.ended,meeting.*", true },
		{ "*", true },
		{ ",", false },
		{ "call.ended,", false },
		{ "call ended", false },
		{ "c*l", false },
		{ "Call", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].valid, webhook_events_valid(cases[i].events), cases[i].events);
}

TEST(urls)
{
	static const struct {
		const char *url;
		bool valid;
	} cases[] = {
		{ "http://127.0.0.1:8080/x", true },
		{ "https://example.net", true },
		{ "HTTPS://[::1]/", true },
		{ "ftp://example.net/", false },
		{ "file:///etc/passwd", false },
		{ "http://", false },
		{ "http:///x", false },
		{ "http://a b", false },
		{ "http://a\r\nX: y", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].valid, poster_url_valid(cases[i].url), cases[i].url);
}

/* Who could read along? */
TEST(urls_that_nobody_reads_along)
{
	static const struct {
		const char *url;
		bool is_private;
	} cases[] = {
		{ "https://example.net/x", true },
		{ "HTTPS://192.0.2.1/", true },
		{ "http://127.0.0.1:8080/x", true },
		{ "http://127.9.9.9", true },
		{ "http://[::1]:8080/", true },
		{ "http://localhost/x", true },
		{ "http://example.net/", false },
		{ "http://192.0.2.1/", false },
		{ "http://127.0.0.1.example.net/", false },
		{ "http://127.0.0.1@example.net/", false },
		{ "http://localhost.example.net/", false },
		{ "http://[2001:db8::1]/", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_INT(cases[i].is_private, poster_url_private(cases[i].url), cases[i].url);
}

/* HMAC-SHA256 of "1800000000.{}" under the key "whs_key", by openssl dgst. */
TEST(a_signature_that_others_can_check)
{
	const struct webhook h = { .secret = "whs_key" };
	char out[128];

	CHECK(webhook_sign(&h, 1800000000999999, "{}", 2, out), "signed");
	CHECK_STR("t=1800000000,v1=a3e44ecc6a7f33e8ba79131e38b071a4e1a4ab6e44fa97e30097b407429558ec", out,
		"signature");
}

TEST(waits_grow_and_are_never_the_same)
{
	static const struct {
		unsigned tries, least, most;
	} cases[] = { { 1, 2, 5 }, { 2, 5, 10 }, { 3, 10, 20 }, { 8, 300, 600 }, { 1000, 300, 600 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned low = UINT32_MAX, high = 0;
		for (uint32_t random = 0; random < 2000; random++) {
			unsigned s = webhook_retry_s(cases[i].tries, random);
			low = s < low ? s : low;
			high = s > high ? s : high;
		}
		CHECK_INT(cases[i].least, low, "shortest");
		CHECK_INT(cases[i].most, high, "longest");
	}
}

TESTS(a_hook_gets_what_it_asked_for, lists_of_events, urls, urls_that_nobody_reads_along,
	a_signature_that_others_can_check, waits_grow_and_are_never_the_same)
