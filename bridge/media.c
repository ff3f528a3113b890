#include "bridge/media.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PT_OPUS = 107, PT_EVENT_8K = 101, PT_EVENT_48K = 100, PT_CN = 13, OUR_MAX_PTIME_MS = 60 };

static void add_format(struct media_self *self, unsigned pt, const char *name, unsigned clock_hz,
	unsigned channels, const char *fmtp)
{
	struct sdp_format *f;

	if (self->n_formats >= OFFER_FORMATS_MAX)
		return;
	f = &self->formats[self->n_formats++];
	f->payload_type = (uint8_t)pt;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->clock_hz = clock_hz;
	f->channels = channels;
	snprintf(f->fmtp, sizeof(f->fmtp), "%s", fmtp);
}

static void add_codec(struct media_self *self, enum codec_id id)
{
	const struct codec_info *info = codec_info(id);
	unsigned pt = info->payload_type == CODEC_DYNAMIC ? PT_OPUS : (unsigned)info->payload_type;

	for (unsigned i = 0; i < self->n_formats; i++)
		if (strcasecmp(self->formats[i].name, info->name) == 0)
			return;
	add_format(self, pt, info->name, info->clock_hz, info->channels,
		id == CODEC_OPUS ? "useinbandfec=1;stereo=0;sprop-stereo=0" : "");
}

static enum codec_id codec_named(const char *name)
{
	for (int id = CODEC_NONE + 1; id < CODECS; id++)
		if (strcasecmp(codec_info((enum codec_id)id)->name, name) == 0)
			return (enum codec_id)id;
	return CODEC_NONE;
}

bool media_keys(const struct site_trunk *trunk, enum media_keys by)
{
	static const unsigned ways[SITE_DTMFS] = { [SITE_DTMF_AUTO] = ~0u,
		[SITE_DTMF_RFC4733] = MEDIA_KEYS_EVENTS,
		[SITE_DTMF_INBAND] = MEDIA_KEYS_SOUND,
		[SITE_DTMF_INFO] = MEDIA_KEYS_INFO };

	return !trunk || ways[trunk->dtmf] & (unsigned)by;
}

void media_self(
	struct media_self *out, const struct site_trunk *trunk, const char *address, uint16_t rtp_port)
{
	static const enum offer_srtp policies[] = { [SITE_SRTP_NEVER] = OFFER_SRTP_NEVER,
		[SITE_SRTP_ALLOW] = OFFER_SRTP_ALLOW,
		[SITE_SRTP_REQUIRE] = OFFER_SRTP_REQUIRE };
	static const enum codec_id all[] = { CODEC_OPUS, CODEC_G722, CODEC_PCMU, CODEC_PCMA };
	bool at_48k = false, at_8k = false;

	memset(out, 0, sizeof(*out));
	snprintf(out->address, sizeof(out->address), "%s", address);
	out->ipv6 = strchr(address, ':') != NULL;
	out->rtp_port = rtp_port;
	out->rtcp_port = (uint16_t)(rtp_port + 1);
	out->max_ptime_ms = OUR_MAX_PTIME_MS;
	out->ptime_ms = trunk ? trunk->ptime_ms : 0;
	out->our_order = trunk && trunk->n_codecs > 0;
	out->srtp = trunk ? policies[trunk->srtp] : OFFER_SRTP_ALLOW;
	out->ice.allowed = trunk && trunk->ice == SITE_ICE_ALLOW;

	for (size_t i = 0; trunk && i < trunk->n_codecs; i++)
		if (codec_named(trunk->codecs[i]) != CODEC_NONE)
			add_codec(out, codec_named(trunk->codecs[i]));
	if (out->n_formats == 0)
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
			add_codec(out, all[i]);

	for (unsigned i = 0; i < out->n_formats; i++) {
		at_48k = at_48k || out->formats[i].clock_hz == 48000;
		at_8k = at_8k || out->formats[i].clock_hz == 8000;
	}
	if (at_8k && media_keys(trunk, MEDIA_KEYS_EVENTS))
		add_format(out, PT_EVENT_8K, "telephone-event", 8000, 1, "0-15");
	if (at_48k && media_keys(trunk, MEDIA_KEYS_EVENTS))
		add_format(out, PT_EVENT_48K, "telephone-event", 48000, 1, "0-15");
	if (at_8k)
		add_format(out, PT_CN, "CN", 8000, 1, "");
}

struct net_addr media_address(const char *literal, uint16_t port)
{
	struct net_addr a = { .port = 0 };

	if (port && trunk_address_parse(a.ip, literal))
		a.port = port;
	return a;
}

void media_address_write(char out[MEDIA_ADDRESS], const struct net_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN];
	const bool ipv4 = memcmp(a->ip, mapped, sizeof(mapped)) == 0;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? a->ip + sizeof(mapped) : a->ip, ip, sizeof(ip));
	snprintf(out, MEDIA_ADDRESS, ipv4 ? "%s:%u" : "[%s]:%u", ip, a->port);
}

static void add_key(struct seal_key *out, const struct sdes_key *key)
{
	static const enum seal_suite suites[SDES_SUITES] = { [SDES_AES_CM_128_80] = SEAL_AES_CM_128_80,
		[SDES_AES_CM_128_32] = SEAL_AES_CM_128_32,
		[SDES_GCM_128] = SEAL_GCM_128,
		[SDES_GCM_256] = SEAL_GCM_256 };

	_Static_assert(sizeof(out->master) == sizeof(key->master) && sizeof(out->mki) == sizeof(key->mki),
		"one key, described twice");
	out->suite = suites[key->suite];
	memcpy(out->master, key->master, sizeof(out->master));
	memcpy(out->mki, key->mki, sizeof(out->mki));
	out->mki_len = key->mki_len;
}

enum bridge_err media_format(struct stream_format *out, const struct media_agreed *agreed)
{
	enum codec_id id = codec_find(agreed->codec.name, agreed->codec.clock_hz);
	long max_rate = sdp_fmtp_number(agreed->codec.fmtp, "maxplaybackrate", 0);
	long max_bitrate = sdp_fmtp_number(agreed->codec.fmtp, "maxaveragebitrate", 0);

	memset(out, 0, sizeof(*out));
	if (id == CODEC_NONE)
		return BRIDGE_UNKNOWN;
	out->tx.id = id;
	out->tx.ptime_ms = agreed->ptime_ms;
	out->asked_ptime_ms = (uint8_t)agreed->ptime_ms;
	out->tx.complexity = 5;
	if (id == CODEC_OPUS) { /* RFC 7587 section 6.1: what the far end wishes to receive */
		out->tx.fec = sdp_fmtp_number(agreed->codec.fmtp, "useinbandfec", 0) == 1;
		out->tx.dtx = sdp_fmtp_number(agreed->codec.fmtp, "usedtx", 0) == 1;
		out->tx.max_rate_hz = max_rate >= 8000 && max_rate <= 48000 ? (unsigned)max_rate : 0;
		out->tx.bitrate_bps =
			max_bitrate >= 6000 && max_bitrate < CODEC_OPUS_BITRATE ? (unsigned)max_bitrate : 0;
	}
	out->tx_pt = agreed->codec.payload_type;
	for (unsigned i = 0; i < agreed->n_rx && out->n_rx < STREAM_RX_CODECS; i++) {
		enum codec_id rx = codec_find(agreed->rx[i].name, agreed->rx[i].clock_hz);

		if (rx == CODEC_NONE)
			continue;
		out->rx[out->n_rx].pt = agreed->rx[i].payload_type;
		out->rx[out->n_rx++].codec = rx;
	}
	if (out->n_rx == 0) {
		out->rx[0].pt = agreed->codec.payload_type;
		out->rx[0].codec = id;
		out->n_rx = 1;
	}
	out->event_rx_pt = agreed->event_rx_pt;
	out->event_tx_pt = agreed->event_tx_pt;
	out->cn_pt = agreed->cn_pt;
	out->send = agreed->send;
	out->receive = agreed->receive;
	out->rtcp_mux = agreed->rtcp_mux;
	add_key(&out->tx_key, &agreed->tx_key);
	add_key(&out->rx_key, &agreed->rx_key);
	out->rtp = media_address(agreed->address, agreed->rtp_port);
	out->rtcp = media_address(agreed->address, agreed->rtcp_port);
	return BRIDGE_OK;
}

bool media_ice(struct ice_credentials *out, const struct media_agreed *agreed)
{
	_Static_assert(sizeof(out->ufrag) == sizeof(agreed->ice.ufrag) &&
			       sizeof(out->pwd) == sizeof(agreed->ice.pwd),
		"credentials, described twice");
	memcpy(out->ufrag, agreed->ice.ufrag, sizeof(out->ufrag));
	memcpy(out->pwd, agreed->ice.pwd, sizeof(out->pwd));
	return agreed->ice.on;
}
