#include "sip/candidate.h"
#include "sip/span.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

enum {
	UFRAG_MIN = 4, /* RFC 8839 section 5.4 */
	PWD_MIN = 22,
	UFRAG_LEN = 8, /* of ours: 48 bits, 6 a letter */
	PWD_LEN = 24,
	TRICKLE_PORT = 9,
	RTP = 1, /* components (RFC 8445 section 5.1.1.1) */
	RTCP = 2,
	HOST_PREFERENCE = 126, /* section 5.1.2 */
	ONE_ADDRESS = 65535,
	COMPONENTS_MAX = 256
};

static const char ice_char[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void read_credential(char out[SDP_ICE_TEXT], size_t min, struct span value)
{
	value = span_trim(value);
	out[0] = 0;
	for (size_t i = 0; i < value.n; i++)
		if (!value.p[i] || !strchr(ice_char, value.p[i]))
			return;
	if (value.n >= min)
		span_copy(out, SDP_ICE_TEXT, value);
}

/* foundation component transport priority address port typ type ...  Kept when it is UDP at a literal address: names of mDNS and
 * what is to come are for who sends checks. */
static void read_one(struct sdp_ice *to, struct span value)
{
	struct span foundation = span_word(&value), component = span_word(&value),
		    transport = span_word(&value), priority = span_word(&value), address = span_word(&value),
		    port = span_word(&value), typ = span_word(&value);
	struct sdp_candidate *c = &to->candidates[to->n_candidates];
	uint64_t number, rank, at;
	uint8_t ip[16];
	char literal[SDP_ADDR];
	int family;

	if (to->n_candidates == SDP_CANDIDATES_MAX || !foundation.n || !span_is(transport, "UDP") ||
		!span_is(typ, "typ") || span_number(&number, component, COMPONENTS_MAX) != SPAN_NUMBER ||
		span_number(&rank, priority, UINT32_MAX) != SPAN_NUMBER ||
		span_number(&at, port, UINT16_MAX) != SPAN_NUMBER ||
		!span_copy(literal, sizeof(literal), address) || (number != RTP && number != RTCP))
		return;
	family = strchr(literal, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, literal, ip) != 1)
		return;
	inet_ntop(family, ip, c->address, sizeof(c->address));
	c->component = (uint8_t)number;
	c->priority = (uint32_t)rank;
	c->port = (uint16_t)at;
	to->n_candidates++;
}

bool candidate_take(struct sdp_ice *to, struct span name, struct span value)
{
	if (span_is(name, "candidate"))
		read_one(to, value);
	else if (span_is(name, "ice-ufrag"))
		read_credential(to->ufrag, UFRAG_MIN, value);
	else if (span_is(name, "ice-pwd"))
		read_credential(to->pwd, PWD_MIN, value);
	else if (span_is(name, "ice-lite"))
		to->lite = true;
	else if (span_is(name, "ice-mismatch"))
		to->mismatch = true;
	else
		return false;
	return true;
}

static bool lists(const struct sdp_media *m, unsigned component, uint16_t port)
{
	bool any = false;

	for (unsigned i = 0; i < m->ice.n_candidates; i++) {
		const struct sdp_candidate *c = &m->ice.candidates[i];

		if (c->component != component)
			continue;
		any = true;
		if (c->port == port && strcmp(c->address, m->address) == 0)
			return true;
	}
	return component != RTP && !any; /* who sends no RTCP has no candidate for it */
}

enum candidate_way candidate_judge(const struct sdp_media *theirs)
{
	const uint16_t rtcp_port = theirs->rtcp_port ? theirs->rtcp_port : (uint16_t)(theirs->port + 1);

	if (!theirs->ice.ufrag[0] || !theirs->ice.pwd[0] || theirs->ice.mismatch)
		return CANDIDATE_NONE;
	/* A default that is no address (on hold, not gathered yet, a name) is nowhere to be changed on the way. */
	if (theirs->address[0] && !theirs->null_address &&
		(!lists(theirs, RTP, theirs->port) || (!theirs->rtcp_mux && !lists(theirs, RTCP, rtcp_port))))
		return CANDIDATE_MISMATCH;
	return theirs->ice.lite ? CANDIDATE_BOTH_LITE : CANDIDATE_CHECKED;
}

bool candidate_trickles(const struct sdp_media *theirs)
{
	return theirs->null_address && theirs->port == TRICKLE_PORT;
}

uint64_t candidate_print(const struct sdp_ice *theirs)
{
	uint64_t print = 14695981039346656037u; /* FNV-1a */

	if (!theirs->ufrag[0] || !theirs->pwd[0])
		return 0;
	for (const char *p = theirs->ufrag; *p; p++)
		print = (print ^ (uint8_t)*p) * 1099511628211u;
	print = (print ^ ':') * 1099511628211u;
	for (const char *p = theirs->pwd; *p; p++)
		print = (print ^ (uint8_t)*p) * 1099511628211u;
	return print ? print : 1;
}

void candidate_follow(struct candidate_self *self, const struct sdp_media *theirs)
{
	const uint64_t print = candidate_print(&theirs->ice);

	if (print && self->theirs && print != self->theirs)
		self->generation++;
	if (print)
		self->theirs = print;
}

static void letters(char *out, const uint8_t *random, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = ice_char[random[i] & 63];
	out[n] = 0;
}

static void add_host(struct sdp_media *ours, unsigned component, uint16_t port)
{
	struct sdp_candidate *c = &ours->ice.candidates[ours->ice.n_candidates++];

	c->component = (uint8_t)component;
	c->priority = (uint32_t)HOST_PREFERENCE << 24 | (uint32_t)ONE_ADDRESS << 8 |
		      (uint32_t)(COMPONENTS_MAX - component);
	c->port = port;
	snprintf(c->address, sizeof(c->address), "%s", ours->address);
}

void candidate_describe(struct sdp_media *ours, const struct candidate_self *self, uint16_t rtcp_port)
{
	const uint8_t number[4] = { (uint8_t)(self->generation >> 24), (uint8_t)(self->generation >> 16),
		(uint8_t)(self->generation >> 8), (uint8_t)self->generation };
	uint8_t random[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!HMAC(EVP_sha256(), self->secret, sizeof(self->secret), number, sizeof(number), random, &n) ||
		n < UFRAG_LEN + PWD_LEN)
		return; /* no credentials: no ICE */
	letters(ours->ice.ufrag, random, UFRAG_LEN);
	letters(ours->ice.pwd, random + UFRAG_LEN, PWD_LEN);
	explicit_bzero(random, sizeof(random));
	ours->ice.lite = true;
	ours->ice.n_candidates = 0;
	add_host(ours, RTP, ours->port);
	if (!ours->rtcp_mux)
		add_host(ours, RTCP, rtcp_port);
}
