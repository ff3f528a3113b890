/* links: sip/candidate.c sip/sdp_read.c sip/sdp_write.c sip/err.c */
#include "sip/sdp.h"
#include "tests/test.h"

#include <stdlib.h>

#define HEAD "v=0\r\no=- 7 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static struct sdp sdp;
static struct sdp_why why;

static enum call_err parse(const char *text)
{
	return sdp_parse_text(&sdp, text, strlen(text), &why);
}

static size_t read_vector(char *out, size_t cap, const char *name)
{
	char path[256];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "tests/vectors/sdp/%s", name);
	file = fopen(path, "rb");
	CHECK(file != NULL, "%s", path);
	n = fread(out, 1, cap, file);
	fclose(file);
	return n;
}

static enum call_err parse_vector(const char *name)
{
	char text[SDP_TEXT_MAX];
	size_t n = read_vector(text, sizeof(text), name);

	return sdp_parse_text(&sdp, text, n, &why);
}

/* Everything that was understood, on one line. */
static const char *tell(void)
{
	static char out[4096];
	static const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
	size_t n = 0;

	out[0] = 0;
	for (unsigned i = 0; i < sdp.n_media; i++) {
		const struct sdp_media *m = &sdp.media[i];

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s %s %s%s:%u %s", i ? " | " : "", m->type,
			m->protocol, m->address, m->null_address ? "(null)" : "", m->port,
			directions[m->direction]);
		if (m->rtcp_port || m->rtcp_mux)
			n += (size_t)snprintf(out + n, sizeof(out) - n, " rtcp %u%s", m->rtcp_port,
				m->rtcp_mux ? "mux" : "");
		if (m->ptime_ms || m->maxptime_ms)
			n += (size_t)snprintf(
				out + n, sizeof(out) - n, " ptime %u/%u", m->ptime_ms, m->maxptime_ms);
		for (unsigned k = 0; k < m->n_formats; k++) {
			const struct sdp_format *f = &m->formats[k];

			n += (size_t)snprintf(out + n, sizeof(out) - n, " %u=%s/%u/%u%s%s", f->payload_type,
				f->name, f->clock_hz, f->channels, f->fmtp[0] ? " " : "", f->fmtp);
		}
		if (m->raw_format[0])
			n += (size_t)snprintf(out + n, sizeof(out) - n, " raw %s", m->raw_format);
		for (unsigned k = 0; k < m->n_crypto; k++)
			n += (size_t)snprintf(out + n, sizeof(out) - n, " crypto %u %s %s", m->crypto[k].tag,
				m->crypto[k].suite, m->crypto[k].params);
	}
	return out;
}

TEST(descriptions_of_the_standards_and_of_real_peers_are_understood)
{
	static const struct {
		const char *file, *told;
	} cases[] = {
		{ "rfc8866-5.sdp",
			"audio RTP/AVP 198.51.100.1:49170 sendrecv 0=PCMU/8000/1 | audio RTP/AVP "
			"198.51.100.1:49180 sendrecv "
			"0=PCMU/8000/1 | video RTP/AVP 2001:db8::2:51372 sendrecv 99=h263-1998/90000/1" },
		{ "rfc3264-10.1-offer.sdp", "audio RTP/AVP :49170 sendrecv 0=PCMU/8000/1 | video RTP/AVP "
					    ":51372 sendrecv 31=H261/90000/1 | "
					    "video RTP/AVP :53000 sendrecv 32=MPV/90000/1" },
		{ "rfc4475-3.1.1.1-wsinv.sdp", "audio RTP/AVP 192.0.2.4:49217 sendrecv 0=PCMU/8000/1 "
					       "12=QCELP/8000/1 | video RTP/AVP "
					       "192.0.2.4:3227 sendrecv 31=LPC/0/1" },
		{ "rfc5118-4.8-two-families.sdp", "audio RTP/AVP 192.0.2.2:22334 sendrecv 0=PCMU/8000/1 | "
						  "video RTP/AVP 2001:db8::1:6024 sendrecv "
						  "107=H263-1998/90000/1" },
		{ "rfc4568-sdes.sdp", "video RTP/SAVP 161.44.17.12:51372 sendrecv 31=H261/90000/1 crypto 1 "
				      "AES_CM_128_HMAC_SHA1_80 "
				      "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32 | audio "
				      "RTP/SAVP 161.44.17.12:49170 "
				      "sendrecv 0=PCMU/8000/1 crypto 1 AES_CM_128_HMAC_SHA1_32 "
				      "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32 | "
				      "application udp 161.44.17.12:32416 "
				      "sendrecv raw wb" },
		{ "bare-lf.sdp", "audio RTP/AVP 127.0.0.1:4000 sendrecv 8=PCMA/8000/1" },
		{ "t38.sdp", "audio RTP/AVP 127.0.0.2:0 sendrecv 0=PCMU/8000/1 | image udptl 127.0.0.2:4444 "
			     "sendrecv raw t38" },
		{ "baresip.sdp",
			"audio RTP/AVP 127.0.0.1:22334 sendrecv rtcp 22335 ptime 20/0 96=opus/48000/2 "
			"stereo=1;sprop-stereo=1 0=PCMU/8000/1 8=PCMA/8000/1 101=telephone-event/8000/1 "
			"0-15" },
		{ "chrome.sdp", "audio UDP/TLS/RTP/SAVPF 0.0.0.0(null):9 sendrecv rtcp 9mux 111=opus/48000/2 "
				"minptime=10;useinbandfec=1 63=red/48000/2 111/111 9=G722/8000/1 "
				"0=PCMU/8000/1 8=PCMA/8000/1 "
				"13=CN/8000/1 110=telephone-event/48000/1 126=telephone-event/8000/1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK_INT(CALL_OK, parse_vector(cases[i].file), why.text);
		CHECK_STR(cases[i].told, tell(), cases[i].file);
	}
	CHECK_STR("actpass", sdp.media[0].setup, "RFC 5763");
	CHECK(strncmp(sdp.media[0].fingerprint, "sha-256 75:74:5A", 16) == 0, "%s", sdp.media[0].fingerprint);
	CHECK_INT(4611731400430051336, sdp.origin_id, "o= id over 32 bits");
}

TEST(a_line_means_what_its_section_says)
{
	static const struct {
		const char *story, *lines, *told;
	} cases[] = {
		{ "no stream at all", "", "" },
		{ "static types need no rtpmap", "m=audio 4000 RTP/AVP 0 3 8 9 13 18\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=PCMU/8000/1 3=GSM/8000/1 8=PCMA/8000/1 "
			"9=G722/8000/1 "
			"13=CN/8000/1 18=G729/8000/1" },
		{ "all static types of audio", "m=audio 1 RTP/AVP 4 5 6 7 10 11 12 14 15 16 17\r\n",
			"audio RTP/AVP 192.0.2.1:1 sendrecv 4=G723/8000/1 5=DVI4/8000/1 6=DVI4/16000/1 "
			"7=LPC/8000/1 "
			"10=L16/44100/2 11=L16/44100/1 12=QCELP/8000/1 14=MPA/90000/1 15=G728/8000/1 "
			"16=DVI4/11025/1 "
			"17=DVI4/22050/1" },
		{ "and of video", "m=video 1 RTP/AVP 25 26 28 31 32 33 34 2\r\n",
			"video RTP/AVP 192.0.2.1:1 sendrecv 25=CelB/90000/1 26=JPEG/90000/1 28=nv/90000/1 "
			"31=H261/90000/1 "
			"32=MPV/90000/1 33=MP2T/90000/1 34=H263/90000/1 2=/0/1" },
		{ "an rtpmap that makes no sense takes a static type away, too",
			"m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/fast\r\na=rtpmap:8 \"PCMA\"/8000\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=/8000/1 8=/8000/1" },
		{ "a dynamic type without one has no name", "m=audio 4000 RTP/AVP 97\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 97=/0/1" },
		{ "an rtpmap beats the static table", "m=audio 4000 RTP/AVP 5\r\na=rtpmap:5 L16/16000/2\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 5=L16/16000/2" },
		{ "an rtpmap of no listed type is nobody's",
			"m=audio 4000 RTP/AVP 0\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 x=1\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=PCMU/8000/1" },
		{ "an rtpmap that makes no sense costs its format only",
			"m=audio 4000 RTP/AVP 0 96 97 98\r\na=rtpmap:96 opus/99999999999999999999999/2\r\n"
			"a=rtpmap:97 a b/8000\r\na=rtpmap:98 /8000\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=PCMU/8000/1 96=/0/1 97=a/0/1 98=/0/1" },
		{ "channels of zero or thousands too",
			"m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/0\r\na=rtpmap:97 "
			"opus/48000/9999\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 96=/0/1 97=/0/1" },
		{ "spaces where none belong",
			"m=audio  4000  RTP/AVP  0   8 \r\na=rtpmap: 8   PCMA/8000 \r\na=ptime: 30\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv ptime 30/0 0=PCMU/8000/1 8=PCMA/8000/1" },
		{ "a type said twice is one", "m=audio 4000 RTP/AVP 0 8 0 8\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=PCMU/8000/1 8=PCMA/8000/1" },
		{ "direction of the session",
			"a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\na=recvonly\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendonly 0=PCMU/8000/1 | audio RTP/AVP 192.0.2.1:4002 "
			"recvonly 0=PCMU/8000/1" },
		{ "inactive", "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n",
			"audio RTP/AVP 192.0.2.1:4000 inactive 0=PCMU/8000/1" },
		{ "a stream that differs from its session",
			"a=inactive\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv 0=PCMU/8000/1" },
		{ "the old hold", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
			"audio RTP/AVP 0.0.0.0(null):4000 sendrecv 0=PCMU/8000/1" },
		{ "the old hold of IPv6", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::\r\n",
			"audio RTP/AVP ::(null):4000 sendrecv 0=PCMU/8000/1" },
		{ "and its name (RFC 6157 section 4.1)",
			"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 host.invalid\r\n",
			"audio RTP/AVP (null):4000 sendrecv 0=PCMU/8000/1" },
		{ "a multicast group with its reach",
			"m=audio 4000/2 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127/3\r\n",
			"audio RTP/AVP 233.252.0.1:4000 sendrecv 0=PCMU/8000/1" },
		{ "IPv6 in its canonical form", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:DB8:0:0::0:1\r\n",
			"audio RTP/AVP 2001:db8::1:4000 sendrecv 0=PCMU/8000/1" },
		{ "RFC 3605", "m=audio 4000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv rtcp 53020 0=PCMU/8000/1" },
		{ "RFC 5761", "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n",
			"audio RTP/AVP 192.0.2.1:4000 sendrecv rtcp 0mux 0=PCMU/8000/1" },
		{ "ptime: zero, one, giant",
			"m=audio 1 RTP/AVP 0\r\na=ptime:0\r\nm=audio 1 RTP/AVP 0\r\na=ptime:1\r\n"
			"m=audio 1 RTP/AVP 0\r\na=ptime:100000\r\na=maxptime:240\r\n",
			"audio RTP/AVP 192.0.2.1:1 sendrecv 0=PCMU/8000/1 | audio RTP/AVP 192.0.2.1:1 "
			"sendrecv ptime 1/0 "
			"0=PCMU/8000/1 | audio RTP/AVP 192.0.2.1:1 sendrecv ptime 100000/240 0=PCMU/8000/1" },
		{ "ptime: negative, a word, over all bounds, a fraction",
			"m=audio 1 RTP/AVP 0\r\na=ptime:-20\r\nm=audio 1 RTP/AVP 0\r\na=ptime:long\r\n"
			"m=audio 1 RTP/AVP 0\r\na=ptime:99999999999999999999\r\nm=audio 1 RTP/AVP "
			"0\r\na=ptime:22.5\r\n",
			"audio RTP/AVP 192.0.2.1:1 sendrecv 0=PCMU/8000/1 | audio RTP/AVP 192.0.2.1:1 "
			"sendrecv "
			"0=PCMU/8000/1 | audio RTP/AVP 192.0.2.1:1 sendrecv 0=PCMU/8000/1 | audio RTP/AVP "
			"192.0.2.1:1 "
			"sendrecv ptime 22/0 0=PCMU/8000/1" },
		{ "lines of tomorrow",
			"x=who knows\r\na=what:ever\r\na=\r\nb=\r\nm=audio 1 RTP/AVP 0\r\nk=clear:me\r\n",
			"audio RTP/AVP 192.0.2.1:1 sendrecv 0=PCMU/8000/1" },
		{ "crypto that is none, and a ninth one",
			"m=audio 1 RTP/SAVP 0\r\na=crypto:\r\na=crypto:x A "
			"inline:k\r\na=crypto:1\r\na=crypto:1 A\r\n"
			"a=crypto:1 A inline:a\r\na=crypto:2 A inline:b\r\na=crypto:3 A "
			"inline:c\r\na=crypto:4 A inline:d\r\n"
			"a=crypto:5 A inline:e\r\na=crypto:6 A inline:f\r\na=crypto:7 A inline:g\r\n"
			"a=crypto:8 A inline:h\r\na=crypto:9 A inline:i\r\n",
			"audio RTP/SAVP 192.0.2.1:1 sendrecv 0=PCMU/8000/1 crypto 1 A inline:a crypto 2 A "
			"inline:b crypto 3 "
			"A inline:c crypto 4 A inline:d crypto 5 A inline:e crypto 6 A inline:f crypto 7 A "
			"inline:g crypto 8 A inline:h" },
		{ "other protocols keep their first format",
			"m=message 9 TCP/MSRP *\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
			"message TCP/MSRP 192.0.2.1:9 sendrecv raw * | application UDP/DTLS/SCTP 192.0.2.1:9 "
			"sendrecv raw "
			"webrtc-datachannel" },
	};
	char text[4096];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s%s", HEAD, cases[i].lines);
		CHECK_INT(CALL_OK, parse(text), cases[i].story);
		CHECK_STR(cases[i].told, tell(), cases[i].story);
	}
}

TEST(what_is_malformed_is_refused_with_its_line)
{
	static const struct {
		const char *story, *text;
		enum call_err err;
		unsigned line;
	} cases[] = {
		{ "nothing", "", CALL_SYNTAX, 0 },
		{ "only line ends", "\r\n\r\n", CALL_SYNTAX, 2 },
		{ "no v=", "o=- 1 1 IN IP4 192.0.2.1\r\n", CALL_SYNTAX, 1 },
		{ "v=1", "v=1\r\n", CALL_SYNTAX, 1 },
		{ "v= twice", HEAD "v=0\r\n", CALL_SYNTAX, 6 },
		{ "no o=", "v=0\r\ns=-\r\n", CALL_SYNTAX, 2 },
		{ "o= twice", HEAD "o=- 1 1 IN IP4 192.0.2.1\r\n", CALL_SYNTAX, 6 },
		{ "o= too short", "v=0\r\no=- 1 IN IP4 192.0.2.1\r\n", CALL_SYNTAX, 2 },
		{ "o= with a word for a number", "v=0\r\no=- one 1 IN IP4 192.0.2.1\r\n", CALL_SYNTAX, 2 },
		{ "o= of another network", "v=0\r\no=- 1 1 ATM NSAP 47.0091\r\n", CALL_SYNTAX, 2 },
		{ "o= of a family there is not", "v=0\r\no=- 1 1 IN IP5 192.0.2.1\r\n", CALL_SYNTAX, 2 },
		{ "o= of a network there is not", "v=0\r\no=- 1 1 OUT IP4 192.0.2.1\r\n", CALL_SYNTAX, 2 },
		{ "c= of a family there is not", HEAD "c=IN IP5 192.0.2.1\r\n", CALL_SYNTAX, 6 },
		{ "c= of a network there is not", HEAD "c=OUT IP4 192.0.2.1\r\n", CALL_SYNTAX, 6 },
		{ "a letter that is a space", HEAD " =x\r\n", CALL_SYNTAX, 6 },
		{ "a letter that is none", HEAD "\x7f=x\r\n", CALL_SYNTAX, 6 },
		{ "no equals sign", HEAD "m audio\r\n", CALL_SYNTAX, 6 },
		{ "one byte", HEAD "m", CALL_SYNTAX, 6 },
		{ "c= with half an address", HEAD "c=IN IP4 192.0.2\r\n", CALL_SYNTAX, 6 },
		{ "c= with numbers over 255", HEAD "c=IN IP4 192.0.2.256\r\n", CALL_SYNTAX, 6 },
		{ "c= IPv6 under IP4", HEAD "c=IN IP4 2001:db8::1\r\n", CALL_SYNTAX, 6 },
		{ "c= IPv4 under IP6", HEAD "c=IN IP6 192.0.2.1\r\n", CALL_SYNTAX, 6 },
		{ "c= with nothing", HEAD "c=\r\n", CALL_SYNTAX, 6 },
		{ "c= with a command in it", HEAD "c=IN IP4 $(reboot)\r\n", CALL_SYNTAX, 6 },
		{ "port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", CALL_SYNTAX, 6 },
		{ "port -1", HEAD "m=audio -1 RTP/AVP 0\r\n", CALL_SYNTAX, 6 },
		{ "port of 30 digits", HEAD "m=audio 400000000000000000000000000000 RTP/AVP 0\r\n",
			CALL_SYNTAX, 6 },
		{ "port 0x10", HEAD "m=audio 0x10 RTP/AVP 0\r\n", CALL_SYNTAX, 6 },
		{ "no port", HEAD "m=audio\r\n", CALL_SYNTAX, 6 },
		{ "no protocol", HEAD "m=audio 4000\r\n", CALL_SYNTAX, 6 },
		{ "protocol of a slash", HEAD "m=audio 4000 RTP/ 0\r\n", CALL_SYNTAX, 6 },
		{ "no format", HEAD "m=audio 4000 RTP/AVP\r\n", CALL_SYNTAX, 6 },
		{ "payload type 128", HEAD "m=audio 4000 RTP/AVP 0 128\r\n", CALL_SYNTAX, 6 },
		{ "payload type -1", HEAD "m=audio 4000 RTP/AVP -1\r\n", CALL_SYNTAX, 6 },
		{ "payload type of a word", HEAD "m=audio 4000 RTP/AVP pcmu\r\n", CALL_SYNTAX, 6 },
		{ "payload type giant", HEAD "m=audio 4000 RTP/AVP 18446744073709551616\r\n", CALL_SYNTAX,
			6 },
		{ "K1: a format that is no token", HEAD "m=application 9 TCP/X \"\"\r\n", CALL_SYNTAX, 6 },
		{ "a=rtcp over 65535", HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp:70000\r\n", CALL_SYNTAX, 7 },
		{ "protocol without end", HEAD "m=audio 4000 RTP/AVPAVPAVPAVPAVPAVPAVPAVPAVPAVPAVPAVP 0\r\n",
			CALL_LIMIT, 6 },
		{ "nine streams",
			HEAD "m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 "
			     "RTP/AVP 0\r\n"
			     "m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 0 "
			     "RTP/AVP 0\r\n"
			     "m=audio 0 RTP/AVP 0\r\n",
			CALL_LIMIT, 14 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CHECK_INT(cases[i].err, parse(cases[i].text), cases[i].story);
		CHECK_INT(cases[i].line, why.line, cases[i].story);
		CHECK(why.text[0] != 0, "%s", cases[i].story);
	}
	CHECK_INT(CALL_SYNTAX, parse_vector("k1-poison.sdp"), "K1 as found");
	CHECK_INT(CALL_SYNTAX, sdp_parse_text(&sdp, "v=\0", 3, NULL), "`why` is not wanted");
	CHECK_INT(CALL_SYNTAX, sdp_parse_text(&sdp, HEAD "s=a\0b\r\n", sizeof(HEAD "s=a\0b\r\n") - 1, &why),
		"a zero byte");
	CHECK_INT(CALL_OK, sdp_parse_text(&sdp, HEAD "\0", sizeof(HEAD), &why),
		"the end of a C string, counted");
}

TEST(an_origin_is_read_from_its_end)
{
	static const struct {
		const char *line, *user, *address;
	} cases[] = {
		{ "o=jdoe 1 2 IN IP4 192.0.2.1", "jdoe", "192.0.2.1" },
		{ "o=a user with spaces 1 2 IN IP6 2001:db8::1", "a", "2001:db8::1" },
		{ "o=a-user-of-more-than-thirty-one-characters 1 2 IN IP4 192.0.2.1", "-", "192.0.2.1" },
		{ "o=\x01\x02 1 2 IN IP4 192.0.2.1", "-", "192.0.2.1" },
		{ "o=- 1 2 IN IP4 "
		  "a-host-of-more-than-sixty-three-characters.of-more-than-sixty-three.example",
			"-", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];

		snprintf(text, sizeof(text), "v=0\r\n%s\r\n", cases[i].line);
		CHECK_INT(CALL_OK, parse(text), cases[i].line);
		CHECK_STR(cases[i].user, sdp.origin_user, cases[i].line);
		CHECK_STR(cases[i].address, sdp.origin_address, cases[i].line);
		CHECK_INT(1, sdp.origin_id, cases[i].line);
		CHECK_INT(2, sdp.origin_version, cases[i].line);
	}
	CHECK_INT(CALL_OK, parse("v=0\r\no=- 99999999999999999999 18446744073709551615 IN IP4 192.0.2.1\r\n"),
		why.text);
	CHECK(sdp.origin_id == UINT64_MAX && sdp.origin_version == UINT64_MAX,
		"giant numbers stay the largest");
}

TEST(a_thousand_of_anything_is_bounded)
{
	static const struct {
		const char *story, *head, *repeated;
		enum call_err err;
	} cases[] = {
		{ "formats", HEAD "m=audio 1 RTP/AVP 0", " 9", CALL_OK },
		{ "spaces", HEAD "m=audio 1 RTP/AVP 0", " ", CALL_OK },
		{ "streams", HEAD, "m=audio 1 RTP/AVP 0\r\n", CALL_LIMIT },
		{ "attributes", HEAD "m=audio 1 RTP/AVP 0\r\n", "a=x\r\n", CALL_OK },
		{ "rtpmaps", HEAD "m=audio 1 RTP/AVP 0\r\n", "a=rtpmap:0 P\r\n", CALL_OK },
		{ "addresses", HEAD "m=audio 1 RTP/AVP 0\r\n", "c=IN IP4 1.1\r\n", CALL_SYNTAX },
		{ "line ends", HEAD, "\r\n", CALL_OK },
		{ "words of an o= line", "v=0\r\no=", "a ", CALL_SYNTAX },
		{ "bytes of a name", HEAD "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 ", "n", CALL_OK },
		{ "bytes of parameters", HEAD "m=audio 1 RTP/AVP 96\r\na=fmtp:96 ", "n;", CALL_OK },
	};
	static char text[SDP_TEXT_MAX + 100];

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].head), step = strlen(cases[i].repeated);

		memcpy(text, cases[i].head, n);
		for (unsigned k = 0; k < 1000 && n + step < SDP_TEXT_MAX; k++, n += step)
			memcpy(text + n, cases[i].repeated, step);
		CHECK_INT(cases[i].err, sdp_parse_text(&sdp, text, n, &why), cases[i].story);
	}
	CHECK_INT(127, strlen(sdp.media[0].formats[0].fmtp), "parameters are cut between two of them");

	memset(text, '\n', sizeof(text));
	memcpy(text, HEAD, strlen(HEAD));
	CHECK_INT(CALL_OK, sdp_parse_text(&sdp, text, SDP_TEXT_MAX, &why), "as long as we read");
	CHECK_INT(CALL_LIMIT, sdp_parse_text(&sdp, text, SDP_TEXT_MAX + 1, &why), "one byte more");
}

TEST(all_128_payload_types_at_once_keep_the_first_24)
{
	char text[2048];
	size_t n = (size_t)snprintf(text, sizeof(text), "%sm=audio 1 RTP/AVP", HEAD);

	for (unsigned i = 0; i < 128; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %u", 127 - i);
	CHECK_INT(CALL_OK, parse(text), why.text);
	CHECK_INT(SDP_FORMATS_MAX, sdp.media[0].n_formats, "formats");
	CHECK_INT(127, sdp.media[0].formats[0].payload_type, "the offerer's order");
}

/* Cut anywhere, a description is read or refused, but never read past (the sanitizers look on: the copy has no byte to spare). */
TEST(a_description_cut_at_any_byte_is_harmless)
{
	static const char *const files[] = { "chrome.sdp", "rfc4568-sdes.sdp", "t38.sdp",
		"rfc3264-10.1-second.sdp" };
	char text[SDP_TEXT_MAX];

	for (size_t i = 0; i < COUNT(files); i++) {
		size_t n = read_vector(text, sizeof(text), files[i]);

		for (size_t cut = 0; cut <= n; cut++) {
			char *exact = malloc(cut ? cut : 1);

			memcpy(exact, text, cut);
			sdp_parse_text(&sdp, exact, cut, &why);
			free(exact);
		}
		CHECK_INT(CALL_OK, sdp_parse_text(&sdp, text, n, &why), files[i]);
	}
}

TEST(what_was_read_is_written_and_read_the_same)
{
	static const char *const files[] = { "rfc8866-5.sdp", "rfc3264-10.2-offer.sdp",
		"rfc4475-3.1.1.1-wsinv.sdp", "rfc5118-4.8-two-families.sdp", "rfc4568-sdes.sdp",
		"bare-lf.sdp", "baresip.sdp", "chrome.sdp" };
	char text[SDP_TEXT_MAX], told[4096];

	for (size_t i = 0; i < COUNT(files); i++) {
		CHECK_INT(CALL_OK, parse_vector(files[i]), files[i]);
		snprintf(told, sizeof(told), "%s", tell());
		CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(text), &sdp), files[i]);
		CHECK_INT(CALL_OK, parse(text), files[i]);
		if (strcmp(files[i], "chrome.sdp") == 0) {
			CHECK_STR("actpass", sdp.media[0].setup, "RFC 5763");
			CHECK_INT(103, strlen(sdp.media[0].fingerprint), "RFC 8122");
		}
		if (strcmp(files[i], "baresip.sdp") == 0) /* port + 1 needs no a=rtcp */
			sdp.media[0].rtcp_port = 22335;
		CHECK_STR(told, tell(), files[i]);
	}
}

static struct sdp sample(void)
{
	struct sdp out = {
		.origin_id = 5, .origin_version = 6, .origin_address = "192.0.2.10", .n_media = 2
	};
	struct sdp_media *m = &out.media[0];

	*m = (struct sdp_media){ .type = "audio",
		.protocol = "RTP/AVP",
		.port = 4000,
		.address = "192.0.2.10",
		.rtcp_port = 5000,
		.ptime_ms = 20,
		.maxptime_ms = 60,
		.direction = SDP_RECVONLY,
		.n_formats = 2 };
	m->formats[0] = (struct sdp_format){ 111, "opus", 48000, 2, "useinbandfec=1" };
	m->formats[1] = (struct sdp_format){ 0, "PCMU", 8000, 1, "" };
	out.media[1] = (struct sdp_media){ .type = "image", .protocol = "udptl", .raw_format = "t38" };
	return out;
}

TEST(a_description_is_written_whole_or_not_at_all)
{
	static const char want[] =
		"v=0\r\no=- 5 6 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
		"m=audio 4000 RTP/AVP 111 0\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
		"a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp:5000\r\na=recvonly\r\n"
		"m=image 0 udptl t38\r\n";
	struct sdp s = sample();
	char text[1024];

	CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(text), &s), "room enough");
	CHECK_STR(want, text, "line for line");
	CHECK_INT(CALL_OK, sdp_write_text(text, sizeof(want), &s), "just enough");
	for (size_t cap = 1; cap < sizeof(want); cap++)
		CHECK_INT(CALL_LIMIT, sdp_write_text(text, cap, &s), "too little");

	snprintf(s.media[0].formats[0].fmtp, SDP_FMTP, "a=1\r\na=sendonly");
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "a line within a value");
	s = sample();
	s.media[0].n_crypto = SDP_CRYPTO_MAX + 1;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "more keys than there are");
	s = sample();
	s.media[1].type[0] = 0;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "a stream without a type");
	s = sample();
	s.media[1].protocol[0] = 0;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "a stream without a protocol");
	s = sample();
	s.media[0].direction = (enum sdp_direction)4;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "a fifth direction");
	s = sample();
	s.origin_address[0] = 0;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "from nowhere");
	s = sample();
	s.n_media = SDP_MEDIA_MAX + 1;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "more streams than there are");
	s = sample();
	s.media[0].n_formats = 1000;
	CHECK_INT(CALL_RANGE, sdp_write_text(text, sizeof(text), &s), "more formats than there are");
}

TEST(a_format_parameter_is_found_by_its_whole_name)
{
	static const struct {
		const char *fmtp, *name;
		long value;
	} cases[] = {
		{ "useinbandfec=1", "useinbandfec", 1 },
		{ "minptime=10;useinbandfec=1", "useinbandfec", 1 },
		{ "minptime=10; UseInbandFEC = 0", "useinbandfec", 0 },
		{ "maxptime=10", "ptime", -7 },
		{ "ptimes=10", "ptime", -7 },
		{ "ptime", "ptime", -7 },
		{ "ptime=", "ptime", -7 },
		{ "ptime=x", "ptime", -7 },
		{ "ptime=10x", "ptime", -7 },
		{ "ptime=-3", "ptime", -3 },
		{ "x=ptime=3", "ptime", -7 },
		{ "0-15", "ptime", -7 },
		{ "", "ptime", -7 },
		{ ";;;", "ptime", -7 },
		{ "stereo=99999999999999999999", "stereo", __LONG_MAX__ },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		CHECK_INT(cases[i].value, sdp_fmtp_number(cases[i].fmtp, cases[i].name, -7), cases[i].fmtp);
}

TEST(every_result_has_its_words)
{
	for (int err = CALL_OK; err <= CALL_LIBRARY; err++)
		CHECK(strcmp(call_strerror((enum call_err)err), "unnamed error") != 0, "%d", err);
	CHECK_STR("unnamed error", call_strerror((enum call_err)99), "one that is none");
}

TESTS(an_origin_is_read_from_its_end, descriptions_of_the_standards_and_of_real_peers_are_understood,
	a_line_means_what_its_section_says, what_is_malformed_is_refused_with_its_line,
	a_thousand_of_anything_is_bounded, all_128_payload_types_at_once_keep_the_first_24,
	a_description_cut_at_any_byte_is_harmless, what_was_read_is_written_and_read_the_same,
	a_description_is_written_whole_or_not_at_all, a_format_parameter_is_found_by_its_whole_name,
	every_result_has_its_words)
