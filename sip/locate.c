#include "sip/locate.h"
#include "sip/trunk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word, *srv, *naptr;
	uint16_t port;
} transports[LOCATE_TRANSPORTS] = {
	[LOCATE_UDP] = { "udp", "_sip._udp.", "SIP+D2U", 5060 },
	[LOCATE_TCP] = { "tcp", "_sip._tcp.", "SIP+D2T", 5060 },
	[LOCATE_TLS] = { "tls", "_sips._tcp.", "SIPS+D2T", 5061 },
};

static void ask(struct locate *l, const struct locate_question *q, const char *prefix, const char *name)
{
	struct locate_question *to = &l->questions[l->n_questions];

	if (l->n_questions == LOCATE_QUESTIONS || strlen(prefix) + strlen(name) >= sizeof(to->name))
		return;
	*to = *q;
	snprintf(to->name, sizeof(to->name), "%s%.200s", prefix, name);
	l->n_questions++;
}

static void ask_addresses(struct locate *l, const struct locate_question *member, const char *name)
{
	struct locate_question q = *member;

	q.type = LOCATE_A;
	ask(l, &q, "", name);
	q.type = LOCATE_AAAA;
	ask(l, &q, "", name);
}

static void ask_srv(struct locate *l, enum locate_transport t)
{
	const struct locate_question q = { .type = LOCATE_SRV, .transport = t };

	l->asked_srv = true;
	ask(l, &q, transports[t].srv, l->host);
}

/* Members stay in order of priority; those of one priority in order of arrival. */
static void add_member(struct locate *l, const struct locate_question *q, const char *address)
{
	struct locate_member m = { .priority = q->priority, .weight = q->weight };
	const bool v6 = strchr(address, ':') != NULL;
	size_t i = l->n_members;
	uint8_t ip[16];

	if (l->n_members == LOCATE_MEMBERS || !trunk_address_parse(ip, address))
		return;
	snprintf(m.target, sizeof(m.target), "%s:%s%.46s%s:%u", transports[q->transport].word, v6 ? "[" : "",
		address, v6 ? "]" : "", q->port);
	snprintf(m.name, sizeof(m.name), "%s", q->name);
	for (size_t k = 0; k < l->n_members; k++)
		if (strcmp(l->members[k].target, m.target) == 0)
			return;
	while (i > 0 && l->members[i - 1].priority > m.priority)
		i--;
	memmove(&l->members[i + 1], &l->members[i], (l->n_members - i) * sizeof(m));
	l->members[i] = m;
	l->n_members++;
}

/* The parts of a URI: host without brackets, port 0 and transport -1 when not said. */
struct parts {
	char host[LOCATE_HOST];
	unsigned port;
	int transport;
	bool secure;
};

static bool read_transport(struct parts *p, const char *params)
{
	const char *at = strcasestr(params, ";transport=");

	p->transport = -1;
	if (!at)
		return true;
	at += strlen(";transport=");
	for (int t = 0; t < LOCATE_TRANSPORTS; t++) {
		const size_t n = strlen(transports[t].word);

		if (strncasecmp(at, transports[t].word, n) == 0 && (!at[n] || at[n] == ';'))
			p->transport = t;
	}
	return p->transport >= 0;
}

static bool read_uri(struct parts *p, const char *uri)
{
	const char *host, *end;
	size_t n;

	memset(p, 0, sizeof(*p));
	p->secure = strncasecmp(uri, "sips:", 5) == 0;
	if (!p->secure && strncasecmp(uri, "sip:", 4) != 0)
		return false;
	host = uri + (p->secure ? 5 : 4);
	if (*host == '[') {
		host++;
		n = strcspn(host, "]");
		end = host + n + (host[n] == ']');
	} else {
		n = strcspn(host, ":;");
		end = host + n;
	}
	if (n == 0 || n >= sizeof(p->host))
		return false;
	memcpy(p->host, host, n);
	if (*end == ':') {
		p->port = (unsigned)strtoul(end + 1, NULL, 10);
		end += 1 + strspn(end + 1, "0123456789");
		if (p->port == 0 || p->port > UINT16_MAX)
			return false;
	}
	if (!read_transport(p, end))
		return false;
	if (p->secure && (p->transport == LOCATE_UDP || p->transport == LOCATE_TCP || p->transport < 0))
		p->transport = p->transport == LOCATE_UDP
				       ? -2
				       : LOCATE_TLS; /* RFC 3261 section 26.2.2: TLS or nothing */
	return p->transport != -2;
}

static bool speaks(const struct locate *l, enum locate_transport t)
{
	return l->transports & 1u << t;
}

bool locate_start(struct locate *l, const char *uri, unsigned spoken)
{
	struct parts p;
	struct locate_question q = { .type = LOCATE_A };
	uint8_t ip[16];

	memset(l, 0, sizeof(*l));
	l->transports = spoken;
	l->ttl_s = LOCATE_TTL_MAX_S;
	if (!read_uri(&p, uri) || (p.transport >= 0 && !speaks(l, (enum locate_transport)p.transport)))
		return false;
	memcpy(l->host, p.host, sizeof(l->host));
	q.transport = p.transport >= 0 ? (enum locate_transport)p.transport : LOCATE_UDP;
	q.port = p.port ? (uint16_t)p.port : transports[q.transport].port;
	if (trunk_address_parse(ip, p.host) || p.port) {
		if (!speaks(l, q.transport))
			return false;
		memcpy(q.name, p.host, sizeof(q.name));
		if (trunk_address_parse(ip, p.host))
			add_member(l, &q, p.host);
		else
			ask_addresses(l, &q, p.host);
		return true;
	}
	if (p.transport >= 0) {
		ask_srv(l, q.transport);
		return true;
	}
	q.type = LOCATE_NAPTR;
	ask(l, &q, "", p.host);
	return true;
}

const struct locate_question *locate_next(const struct locate *l)
{
	return l->at < l->n_questions ? &l->questions[l->at] : NULL;
}

/* By order, then preference (RFC 3403 section 4.1); only what ends in an SRV ("s") for a transport that we speak. */
static void feed_naptr(struct locate *l, const struct locate_answer *answer)
{
	struct locate_record sorted[LOCATE_RECORDS];
	size_t n = 0;
	unsigned order = 0;

	for (size_t i = 0; i < answer->n && n < LOCATE_RECORDS; i++) {
		const struct locate_record *r = &answer->records[i];
		size_t k = n++;

		for (; k > 0 &&
			(sorted[k - 1].priority > r->priority ||
				(sorted[k - 1].priority == r->priority && sorted[k - 1].weight > r->weight));
			k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = *r;
	}
	for (size_t i = 0; i < n; i++)
		for (int t = 0; t < LOCATE_TRANSPORTS; t++) {
			const struct locate_question q = { .type = LOCATE_SRV,
				.transport = (enum locate_transport)t };

			if (strcasecmp(sorted[i].service, transports[t].naptr) != 0 ||
				strcasecmp(sorted[i].flags, "s") != 0 || !speaks(l, q.transport) ||
				(l->found_naptr && sorted[i].priority != order))
				continue;
			order = sorted[i].priority;
			l->found_naptr = true;
			l->asked_srv = true;
			ask(l, &q, "", sorted[i].name);
		}
	if (l->found_naptr)
		return;
	for (int t = 0; t < LOCATE_TRANSPORTS; t++)
		if (speaks(l, (enum locate_transport)t) && t != LOCATE_TLS)
			ask_srv(l, (enum locate_transport)t);
}

static void feed_srv(
	struct locate *l, const struct locate_question *asked, const struct locate_answer *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		const struct locate_record *r = &answer->records[i];
		const struct locate_question member = { .transport = asked->transport,
			.port = r->port,
			.priority = r->priority,
			.weight = r->weight };

		l->found_srv = true;
		if (!r->name[0] || strcmp(r->name, ".") == 0) {
			l->no_service = true;
			continue;
		}
		ask_addresses(l, &member, r->name);
	}
}

/* The name's own addresses, when no SRV was found for any transport. */
static void fall_back(struct locate *l, enum locate_transport transport)
{
	const struct locate_question q = { .transport = transport, .port = transports[transport].port };

	l->asked_srv = false;
	ask_addresses(l, &q, l->host);
}

void locate_feed(struct locate *l, const struct locate_answer *answer)
{
	struct locate_question asked;

	if (l->at >= l->n_questions)
		return;
	asked = l->questions[l->at++];
	l->failed = l->failed || answer->failed;
	for (size_t i = 0; i < answer->n; i++)
		if (answer->records[i].ttl_s < l->ttl_s)
			l->ttl_s = answer->records[i].ttl_s;
	if (l->ttl_s < LOCATE_TTL_MIN_S)
		l->ttl_s = LOCATE_TTL_MIN_S;
	switch (asked.type) {
	case LOCATE_NAPTR: feed_naptr(l, answer); break;
	case LOCATE_SRV: feed_srv(l, &asked, answer); break;
	case LOCATE_A:
	case LOCATE_AAAA:
		for (size_t i = 0; i < answer->n; i++)
			add_member(l, &asked, answer->records[i].name);
		break;
	}
	/* A question that failed may have hidden an SRV: no fallback on a guess. */
	if (l->at == l->n_questions && l->asked_srv && !l->found_srv && !l->failed)
		fall_back(l, speaks(l, LOCATE_UDP) && asked.transport != LOCATE_TLS && !l->found_naptr &&
					     l->n_questions > 1
				     ? LOCATE_UDP
				     : asked.transport);
}

void locate_order(const struct locate_member *members, size_t n, unsigned (*draw)(void *arg, unsigned below),
	void *arg, unsigned order[LOCATE_MEMBERS])
{
	bool taken[LOCATE_MEMBERS] = { false };

	for (size_t done = 0; done < n; done++) {
		unsigned sum = 0, drawn;
		uint16_t priority = UINT16_MAX;
		size_t pick = n;

		for (size_t i = 0; i < n; i++)
			if (!taken[i] && members[i].priority < priority)
				priority = members[i].priority;
		for (size_t i = 0; i < n; i++)
			if (!taken[i] && members[i].priority == priority)
				sum += members[i].weight;
		drawn = draw(arg, sum + 1); /* 0..sum, both included; those of weight 0 stand first */
		for (int weighted = 0; weighted < 2 && pick == n; weighted++) {
			unsigned running = 0;

			for (size_t i = 0; i < n && pick == n; i++) {
				if (taken[i] || members[i].priority != priority ||
					(members[i].weight != 0) != weighted)
					continue;
				running += members[i].weight;
				if (running >= drawn)
					pick = i;
			}
		}
		taken[pick] = true;
		order[done] = (unsigned)pick;
	}
}
