#include "bridge/why_call.h"

#include "sip/cause.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below these a person complains (ITU-T G.107 annex B: under 3.6 many users are dissatisfied). */
enum { MOS_POOR = 360, LOST_PERCENT = 3, ROUND_TRIP_US = 400000, JITTER_US = 60000 };

static const char *const words[] = { "", "caller", "called", "carrier", "us", "operator", "host", "network" };

const char *why_ender_word(enum why_ender by)
{
	return words[by];
}

/* ---- who ended it ---- */

/* Causes that a person's phone gives; all others are their network's. */
static bool is_persons(unsigned q850)
{
	static const unsigned char list[] = { 0, 16, 17, 18, 19, 21, 31 };

	for (size_t i = 0; i < sizeof(list); i++)
		if (list[i] == q850)
			return true;
	return false;
}

static bool is_persons_status(unsigned status)
{
	static const unsigned short list[] = { 480, 486, 487, 600, 603, 607 };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i] == status)
			return true;
	return false;
}

static bool went_out(const struct cdr *cdr)
{
	return strcmp(cdr->direction, "out") == 0;
}

enum why_ender why_ender(const struct cdr *cdr)
{
	const enum why_ender person = went_out(cdr) ? WHY_CALLED : WHY_CALLER;

	for (unsigned i = WHY_CALLER; i <= WHY_NETWORK; i++)
		if (strcmp(cdr->ended_by, words[i]) == 0)
			return (enum why_ender)i;
	if (!cdr->by_far_end)
		return cdr->q850 == Q850_TIMER ? WHY_NETWORK : WHY_US;
	if (cdr->answered_us || !went_out(cdr))
		return is_persons(cdr->q850) ? person : WHY_CARRIER;
	return is_persons_status(cdr->sip_status) && is_persons(cdr->q850) ? person : WHY_CARRIER;
}

/* Of a call that we made no answer came at all: its status is one that we made up. */
static bool heard_nothing(const struct cdr *cdr)
{
	return went_out(cdr) && !cdr->answered_us && why_ender(cdr) == WHY_NETWORK;
}

static const char *nothing_heard(const struct cdr *cdr)
{
	return cdr->sip_status == 503 ? "the gateway could not be reached" : "the gateway did not respond";
}

/* ---- what can be done ---- */

enum side { ANY, IN, OUT };

static const struct advice {
	unsigned short status; /* 0: any */
	unsigned char q850;    /* 0: any */
	enum side side;
	const char *text;
} advices[] = {
	{ 401, 0, OUT,
		"Check username, password and realm of the trunk: the carrier asked for a login and did not "
		"take ours." },
	{ 407, 0, OUT,
		"Check username, password and realm of the trunk: the carrier asked for a login and did not "
		"take ours." },
	{ 402, 0, OUT, "The carrier wants to be paid: look at the account with it." },
	{ 403, 0, OUT,
		"The carrier forbids the call: ask it which caller IDs and destinations it allows this "
		"trunk." },
	{ 403, 0, IN,
		"If this is a carrier of yours, add the address it calls from to the trunk's `inbound.from`; "
		"else nothing: strangers are refused." },
	{ 404, 0, IN,
		"If the number is yours, add it under `numbers`; `partyctl dialplan explain NUMBER --trunk "
		"TRUNK` shows how it was read." },
	{ 408, 0, OUT, "The carrier reached nobody in time: when it comes again, give it the Call-ID." },
	{ 488, 0, IN,
		"No codec or encryption in common: compare the trunk's `codecs` and `srtp` with the offer in "
		"`partyctl trace`." },
	{ 488, 0, OUT,
		"The carrier takes none of our codecs or our encryption: compare the trunk's `codecs` and "
		"`srtp` with its contract." },
	{ 503, Q850_NO_CIRCUIT, IN,
		"All channels of the trunk were in use: raise `limits.channels` if the carrier sold more." },
	{ 503, Q850_CONGESTION, IN,
		"This bridge was at a limit: the reason above says which; `partyctl status` shows load and "
		"ports." },
	{ 0, 1, ANY, "The number is not allocated: check its digits and country code." },
	{ 0, 2, ANY, "This carrier has no route there: give the prefix to another trunk under `routes`." },
	{ 0, 3, ANY, "This carrier has no route there: give the prefix to another trunk under `routes`." },
	{ 0, 16, ANY, "Nothing: that is how a call ends." },
	{ 0, 17, ANY, "Nothing: the line was busy; try later." },
	{ 0, 18, ANY, "The phone did not respond: try later, or another number." },
	{ 0, 19, ANY,
		"It rang and nobody answered: try later, or let it ring longer with the trunk's "
		"`outbound.ring_s`." },
	{ 0, 20, ANY, "The phone is off or out of reach: try later." },
	{ 0, 21, ANY,
		"The call was rejected: by the person, or by a filter that dislikes the caller ID; check the "
		"route's `caller_id`." },
	{ 0, 22, ANY, "The number has changed: ask for the new one." },
	{ 0, 23, ANY,
		"The carrier redirects to somebody who is no gateway of this trunk, in a circle, or to a "
		"number that the "
		"account may not call: `partyctl why` says which. List the gateway in `outbound.gateways`, "
		"or dial the "
		"new number." },
	{ 0, 25, ANY, "The call went round in a circle: look at forwarding at the carrier." },
	{ 0, 26, ANY, "The call was answered elsewhere: nothing." },
	{ 0, 27, ANY, "The line there is out of order: try another number." },
	{ 0, 28, ANY,
		"The number is incomplete or not in the form this carrier wants: see the trunk's `country` "
		"and `partyctl dialplan explain`." },
	{ 0, 29, ANY, "The carrier lacks a feature that was asked for: `partyctl trace` shows the request." },
	{ 0, 31, ANY, "The carrier gives no reason: ask it, with the Call-ID." },
	{ 0, 34, ANY,
		"No circuit was free: try later; with more trunks on the route the next one is tried." },
	{ 0, 38, ANY,
		"The carrier's network is out of order: look at `partyctl trunks`, call the carrier, "
		"`partyctl trunk drain` it meanwhile." },
	{ 0, 41, ANY, "A passing failure: when it comes again, give the carrier the Call-ID." },
	{ 0, 42, ANY, "Congestion: try later; with more trunks on the route the next one is tried." },
	{ 0, 47, ANY, "The carrier has no resources: try later, or another trunk." },
	{ 0, 55, ANY, "The destination takes calls of a closed group only." },
	{ 0, 57, ANY, "The carrier does not allow this kind of call for this trunk: ask it." },
	{ 0, 58, ANY, "The carrier cannot carry this kind of call now: try later." },
	{ 0, 63, ANY, "The carrier lacks a service that was asked for: `partyctl trace` shows the request." },
	{ 0, 65, ANY, "The carrier does not carry this kind of call: compare codecs in `partyctl trace`." },
	{ 0, 70, ANY, "The carrier does not carry this kind of call: compare codecs in `partyctl trace`." },
	{ 0, 79, ANY,
		"The other side lacks a service that was asked for: `partyctl trace` shows the request." },
	{ 0, 87, ANY, "The destination takes calls of a closed group only." },
	{ 0, 88, ANY, "No codec or encryption in common: compare both sides' lines in `partyctl trace`." },
	{ 0, 102, ANY,
		"Something stopped answering: check firewall and NAT between the carrier and us; `partyctl "
		"trace` shows the last message that came." },
	{ 0, 111, ANY, "A message could not be used: `partyctl trace` shows it; give it to the carrier." },
	{ 0, 127, ANY, "The carrier gives no reason: ask it, with the Call-ID." },
};

static const struct advice *advice_for(const struct cdr *cdr)
{
	const enum side side = went_out(cdr) ? OUT : IN;

	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		const struct advice *a = &advices[i];

		if ((!a->status || a->status == cdr->sip_status) && (!a->q850 || a->q850 == cdr->q850) &&
			(a->side == ANY || a->side == side))
			return a;
	}
	return NULL;
}

/* ---- the story ---- */

static void add(char lines[WHY_LINES][WHY_TEXT], size_t *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void add(char lines[WHY_LINES][WHY_TEXT], size_t *n, const char *format, ...)
{
	va_list args;

	if (*n == WHY_LINES)
		return;
	va_start(args, format);
	vsnprintf(lines[(*n)++], WHY_TEXT, format, args);
	va_end(args);
}

static const char *or_unknown(const char *text)
{
	return text[0] ? text : "unknown";
}

static void tell_what(struct why_story *out, const struct cdr *cdr, size_t attempts, bool live)
{
	char seat[96] = "", through[96] = "", length[96];
	const double s = (double)(cdr->ended_us - cdr->answered_us) / 1e6;

	if (cdr->joined_us)
		snprintf(seat, sizeof(seat), ", joined meeting %s as %s", cdr->meeting, cdr->role);
	else if (cdr->answered_us)
		snprintf(seat, sizeof(seat), ", joined no meeting");
	if (cdr->trunk[0])
		snprintf(through, sizeof(through), " through %s", cdr->trunk);
	if (live)
		snprintf(length, sizeof(length), "%s", cdr->answered_us ? " and goes on" : "is being set up");
	else if (cdr->answered_us)
		snprintf(length, sizeof(length), " and lasted %.1f s", s > 0 ? s : 0);
	else
		snprintf(length, sizeof(length), "was not answered");
	snprintf(out->what, sizeof(out->what), "A call %s%s from %.40s to %.40s %s%s%s",
		went_out(cdr) ? "out" : "in", through, or_unknown(cdr->from_number),
		or_unknown(cdr->to_number), cdr->answered_us ? "was answered" : "", seat, length);
	if (attempts > 1) {
		const size_t n = strlen(out->what);

		snprintf(out->what + n, sizeof(out->what) - n, "; it took %zu attempts", attempts);
	}
}

static void tell_end(struct why_story *out, const struct cdr *cdr)
{
	static const char *const who[] = { "It ended", "The caller ended it", "The called person ended it",
		"The carrier ended it", "This bridge ended it", "The operator ended it", "The host ended it",
		"The network failed" };
	const char *cause = cdr_text(cdr, CDR_CAUSE);

	out->by = why_ender(cdr);
	snprintf(out->end, sizeof(out->end), "%s: %s",
		!cdr->answered_us && out->by == WHY_US ? "This bridge refused it" : who[out->by],
		heard_nothing(cdr) ? nothing_heard(cdr)
		: cause[0]         ? cause
				   : cause_words(cdr->q850));
}

static void tell_codes(struct why_story *out, const struct cdr *cdr)
{
	if (cdr->sip_status && !heard_nothing(cdr))
		snprintf(out->sip, sizeof(out->sip), "%u %s", cdr->sip_status, status_words(cdr->sip_status));
	if (cdr->q850)
		snprintf(out->q850, sizeof(out->q850), "%u: %s", cdr->q850, cause_words(cdr->q850));
}

static void tell_tried(struct why_story *out, const struct cdr *records, size_t n, bool live)
{
	for (size_t i = 0; i < n && out->n_tried < WHY_TRIED; i++) {
		const struct cdr *cdr = &records[i];

		if (!went_out(cdr))
			continue;
		snprintf(out->tried[out->n_tried].trunk, sizeof(out->tried[0].trunk), "%s", cdr->trunk);
		snprintf(out->tried[out->n_tried].gateway, sizeof(out->tried[0].gateway), "%s",
			cdr_text(cdr, CDR_SOURCE));
		if (cdr->answered_us)
			snprintf(out->tried[out->n_tried].why, sizeof(out->tried[0].why), "answered");
		else if (live && i + 1 == n)
			snprintf(out->tried[out->n_tried].why, sizeof(out->tried[0].why), "is being called");
		else if (heard_nothing(cdr))
			snprintf(out->tried[out->n_tried].why, sizeof(out->tried[0].why), "%s",
				nothing_heard(cdr));
		else if (cdr->sip_status)
			snprintf(out->tried[out->n_tried].why, sizeof(out->tried[0].why), "%u %s: %s",
				cdr->sip_status, status_words(cdr->sip_status), cdr_text(cdr, CDR_CAUSE));
		else
			snprintf(out->tried[out->n_tried].why, sizeof(out->tried[0].why), "%s",
				cdr_text(cdr, CDR_CAUSE));
		out->n_tried++;
	}
}

static void tell_one_way(struct why_story *out, const struct cdr *cdr)
{
	static const struct {
		const char *word, *what, *next;
	} list[] = {
		{ "nothing_in", "One-way audio: for a time nothing came from the phone.",
			"Check that the carrier's media addresses reach our RTP ports (`rtp.listen`, "
			"`rtp.advertise`, firewall)." },
		{ "nothing_out", "One-way audio: what we sent did not arrive.",
			"Check that our RTP reaches the address in the carrier's description (`partyctl "
			"trace`), and its firewall." },
		{ "silent", "The phone sent packets with nothing but silence in them.",
			"Ask whether the phone's microphone was muted; a headset or a gateway may send "
			"silence." },
		{ "echo", "The phone returned our own sound: the others heard an echo.",
			"Ask them to use a headset or less volume; `partyctl participants MEETING` shows who "
			"it is." },
		{ "tones",
			"A network's tone or a fax machine was heard instead of a person, and kept out of "
			"the meeting.",
			"The far end had hung up, or a machine answered: see `call.tones` among the events; "
			"remove "
			"it, or call again." },
		{ "media_lost", "No packet came for so long that the call was given up.",
			"Check the path of the media: firewall, NAT, and `rtp.advertise`." },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		if (!cdr_has_word(cdr, CDR_TROUBLE, list[i].word))
			continue;
		add(out->trouble, &out->n_trouble, "%s", list[i].what);
		add(out->next, &out->n_next, "%s", list[i].next);
	}
	if (cdr->answered_us && cdr->tx_packets > 100 && !cdr->rx_packets && !cdr_text(cdr, CDR_TROUBLE)[0])
		add(out->trouble, &out->n_trouble, "Not one packet of sound came from the phone.");
}

static void tell_quality(struct why_story *out, const struct cdr *cdr)
{
	const uint64_t due = cdr->rx_packets + cdr->rx_lost;
	const size_t before = out->n_trouble;

	if (cdr->rx_mos && cdr->rx_mos < MOS_POOR)
		add(out->trouble, &out->n_trouble, "What came from the phone sounded poor: MOS %.2f.",
			cdr->rx_mos / 100.0);
	if (cdr->tx_mos && cdr->tx_mos < MOS_POOR)
		add(out->trouble, &out->n_trouble, "What the phone heard sounded poor: MOS %.2f.",
			cdr->tx_mos / 100.0);
	if (due > 100 && cdr->rx_lost * 100ull > due * LOST_PERCENT)
		add(out->trouble, &out->n_trouble,
			"%.1f %% of the phone's packets were lost on the way to us.",
			cdr->rx_lost * 100.0 / (double)due);
	if (cdr->tx_packets > 100 && cdr->far_lost * 100ull > cdr->tx_packets * LOST_PERCENT)
		add(out->trouble, &out->n_trouble,
			"%.1f %% of our packets were lost on the way to the phone.",
			cdr->far_lost * 100.0 / (double)cdr->tx_packets);
	if (cdr->jitter_us > JITTER_US)
		add(out->trouble, &out->n_trouble, "Packets came unevenly: jitter %.0f ms.",
			cdr->jitter_us / 1000.0);
	if (cdr->round_trip_us > ROUND_TRIP_US)
		add(out->trouble, &out->n_trouble, "The way was long: %.0f ms there and back.",
			cdr->round_trip_us / 1000.0);
	if (out->n_trouble > before)
		add(out->next, &out->n_next,
			"Compare other calls of this trunk (`partyctl records --trunk`): if they are poor as "
			"well, it is the "
			"network between the carrier and us; else it is this phone's.");
}

void why_call(struct why_story *out, const struct cdr *records, size_t n, bool live)
{
	const struct cdr *last = &records[n - 1];
	const struct advice *advice = live ? NULL : advice_for(last);

	memset(out, 0, sizeof(*out));
	tell_what(out, last, n, live);
	if (!live) {
		tell_end(out, last);
		tell_codes(out, last);
	}
	tell_tried(out, records, n, live);
	snprintf(out->passed_over, sizeof(out->passed_over), "%s", cdr_text(last, CDR_PASSED_OVER));
	tell_one_way(out, last);
	tell_quality(out, last);
	if (!live && heard_nothing(last))
		add(out->next, &out->n_next,
			"Check the gateway's address and port, and that its transport passes both ways "
			"between it and us; "
			"`partyctl trunks` shows whether it answers OPTIONS.");
	else if (advice && (last->q850 != Q850_NORMAL || !out->n_next))
		add(out->next, &out->n_next, "%s", advice->text);
	if (!live && !out->n_next)
		add(out->next, &out->n_next,
			"Look at `partyctl trace` for what was said, and ask the carrier with the Call-ID.");
}

static void put_lines(FILE *to, const char *title, char (*lines)[WHY_TEXT], size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%-9s %s\n", i ? "" : title, lines[i]);
}

char *why_text(const struct why_story *story)
{
	struct why_story s = *story;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	fprintf(to, "%s.\n", s.what);
	if (s.by)
		fprintf(to, "%s.\n", s.end);
	if (s.sip[0])
		fprintf(to, "%-9s %s\n", "SIP", s.sip);
	if (s.q850[0])
		fprintf(to, "%-9s %s\n", "Q.850", s.q850);
	for (size_t i = 0; i < s.n_tried; i++)
		fprintf(to, "%-9s %zu. %s %s: %s\n", i ? "" : "tried", i + 1, s.tried[i].trunk,
			s.tried[i].gateway, s.tried[i].why);
	if (s.passed_over[0])
		fprintf(to, "%-9s %s\n", "not tried", s.passed_over);
	put_lines(to, "sound", s.trouble, s.n_trouble);
	put_lines(to, "next", s.next, s.n_next);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}
