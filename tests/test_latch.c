/* links: mixer/latch.c */
#include "mixer/latch.h"
#include "tests/test.h"
#include <stdlib.h>

#define N(a) (sizeof(a) / sizeof(*(a)))

/* Addresses by letter: S signalled, H same host as S, other port; N and M behind a NAT elsewhere, n same
 * host as N; T the signalled address after a re-INVITE; 0 none. */
static struct net_addr addr(char c)
{
	struct net_addr a = { .port = 0 };

	if (c == '0')
		return a;
	a.ip[10] = a.ip[11] = 0xff;
	a.ip[12] = 192;
	a.ip[15] = (uint8_t)(c == 'S' || c == 'H' ? 1 : c == 'N' || c == 'n' ? 2 : c == 'M' ? 3 : 4);
	a.port = c == 'H' || c == 'n' ? 5002 : 5000;
	return a;
}

/* A script's words: "1.5" time is 1.5 s from now on; "N+" a packet from N is taken, "N-" refused;
 * "N:7+" with SSRC 7; ">S" our packets go to S; "=T" an offer/answer names T; "N?" RTCP from N is
 * believed, "N!" is not. */
static void play(const char *story, char signalled, const char *script)
{
	char copy[512], *save = NULL;
	struct net_addr a = addr(signalled);
	uint64_t now_us = 5000000, begun_us = now_us;
	struct latch l;

	latch_init(&l, &a, now_us);
	snprintf(copy, sizeof(copy), "%s", script);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char end = w[strlen(w) - 1];
		bool may;

		if (*w >= '0' && *w <= '9' && end != '-') {
			now_us = begun_us + (uint64_t)(atof(w) * 1e6);
			continue;
		}
		a = addr(*w == '>' || *w == '=' ? w[1] : *w);
		if (*w == '>') {
			CHECK(net_addr_equal(&a, latch_peer(&l)), "%s: '%s' at %.3f s: peer .%u:%u", story, w,
				(double)(now_us - begun_us) / 1e6, latch_peer(&l)->ip[15],
				latch_peer(&l)->port);
		} else if (*w == '=') {
			latch_signal(&l, &a, now_us);
		} else if (end == '?' || end == '!') {
			CHECK(latch_hears(&l, &a) == (end == '?'), "%s: '%s'", story, w);
		} else {
			if (w[1] == ':')
				may = latch_accept_rtp(&l, &a, (uint32_t)atoi(w + 2), now_us);
			else
				may = latch_accept(&l, &a, now_us);
			CHECK(may == (end == '+'), "%s: '%s' at %.3f s", story, w,
				(double)(now_us - begun_us) / 1e6);
		}
	}
}

TEST(who_may_speak_for_a_leg)
{
	static const struct {
		const char *story;
		char signalled;
		const char *script;
	} cases[] = {
		{ "we send first, so two waiting sides start", 'S', ">S 9 >S" },
		{ "signalled source speaks, nobody else is heard", 'S', "S+ >S N- H- M- S+ >S" },
		{ "behind a NAT: the first is taken", 'S', "N+ >N M- N+ >N" },
		{ "spray first, the true one wins in the window", 'S', "N+ >N 2 S+ >S N- >S" },
		{ "another port of the signalled host beats a stranger", 'S', "N+ H+ >H N- S+ >S H-" },
		{ "after the window the signalled address wins no more", 'S', "N+ 5 N+ 9 N+ 10.1 S- N+ >N" },
		{ "no stranger begins after the window", 'S', "10 N- >S H+ >H" },
		{ "the signalled one may begin late", 'S', "60 N- S+ >S" },
		{ "silence: a NAT that moved the caller", 'S', "N+ 11 N+ 13.9 M- 14 M+ >M N-" },
		{ "silence, with SSRC: the same stream only", 'S', "N:7+ 11 N:7+ 14.1 M:8- M- M:7+ >M" },
		{ "silence: another port of the locked host", 'S', "N:7+ 11 N:7+ 14.1 n:8+ >n" },
		{ "a new SSRC of the locked source is the sender's affair", 'S',
			"N:7+ N:8+ 11 N:8+ 14.1 M:7- M:8+" },
		{ "once at the signalled address, strangers never", 'S', "S+ 5 N- 100 N- H+ >H" },
		{ "back at the signalled address after silence", 'S', "N+ 11 N+ 14.1 S+ >S" },
		{ "short silence changes nothing", 'S', "N+ 11 N+ 13.9 S- M- n-" },
		{ "re-INVITE to a new address: sent there at once", 'S', "S+ =T >T T+ >T S- 1 S-" },
		{ "old packets under way are heard, but do not lock", 'S', "S+ 20 =T S+ >T S+ >T T+ S- >T" },
		{ "re-INVITE, new source behind a NAT", 'S', "S+ 20 =T >T S+ N+ >N S- M-" },
		{ "the former source may lock again after a while", 'S', "N+ 20 =T N+ >T 20.6 N+ >N" },
		{ "session refresh lets no stranger in", 'S', "N+ 20 =S N+ >N M- 21 M- N+" },
		{ "session refresh: the signalled one may take over", 'S', "N+ 20 =S S+ >S" },
		{ "they now signal what we found out", 'S', "N+ =N >N N+ 20 M- 60 M-" },
		{ "hold without address: nothing sent, nobody let in", 'S',
			"S+ =0 >0 N- 5 N- S+ >0 60 N- H-" },
		{ "hold before anybody was heard", 'S', "=0 >0 S- N- 5 =S >S S+" },
		{ "a lock without SSRC asks for none", 'S', "N:7+ 11 N:7+ 14.1 n+ 17.2 M:9+" },
		{ "resume at the same address: the lock is still there", 'S', "N+ =0 >0 60 =S >N N+ M-" },
		{ "resume elsewhere", 'S', "S+ =0 >0 60 =T >T T+ >T" },
		{ "address not known yet: first source, then the signalled", '0', ">0 N+ >N =S >S S+ >S N-" },
		{ "port 0 is nobody", 'S', "0- >S" },
		{ "RTCP comes from the same host", 'S', "S? H? N! N+ N? n? S! =0 N?" },
		{ "RTCP before anything is known", '0', "S! N!" },
	};

	for (size_t i = 0; i < N(cases); i++)
		play(cases[i].story, cases[i].signalled, cases[i].script);
}

TEST(refusals_are_counted)
{
	struct net_addr s = addr('S'), n = addr('N');
	struct latch l;

	latch_init(&l, &s, 0);
	(void)latch_accept(&l, &s, 1);
	for (unsigned i = 0; i < 1000; i++)
		(void)latch_accept(&l, &n, 2 + i * 1000);
	CHECK_INT(1000, l.refused, "a thousand packets of a stranger");
	CHECK(net_addr_equal(latch_peer(&l), &s), "and still we send to the caller");
}

TESTS(who_may_speak_for_a_leg, refusals_are_counted)
