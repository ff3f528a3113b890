/* config.h - the node file: what this process listens on and where its files are (DESIGN.md section 7).
 *
 * How: YAML with every key optional; an unknown key, a bad value or a key given twice refuses
 * the whole file and says line and key ("sip.listen[0]").  Beside the contract's keys:
 * `media: { max_load: 75 }`, the percentage of its time up to which a media worker takes new calls;
 * `dns: ADDRESS:PORT`, `sip: { t1_ms }`,
 * `stir: { anchors, certificates: { URL: FILE }, hosts, ca, wait_ms }` (docs/stir.md),
 * `prompts: { directory, override }`, `log: { format: text | json, level: error | warning | info | debug }`
 * and `trace: { calls: 2000, bytes: 16777216 }`, how much of recent calls' signalling is kept in memory (calls 0: nothing), and with
 * `hep: "udp:ADDRESS:PORT", id: N` sent to a collector as well.
 * `interfaces: { NAME: { listen: ADDRESS, advertise: ADDRESS, ports: FIRST-LAST } }`: other addresses of this machine, and the
 * RTP ports there, for trunks that name one (docs/trunks.md); no two of them share a port.
 * `records: { keep_days }`: call records that belong to no account of the site go after so many days (left out: never).
 * A `tls:` address may be listed in `sip.listen` without a certificate, as the default does: whoever listens skips it then.
 * What the API says is to be read by nobody on the way: at any address but loopback `http.listen` is HTTPS, or `http: { plain: true }`
 * says that somebody in front of us ends TLS.  `http: { client_ca: FILE }`: HTTPS alone, at any address, and for those alone who show a
 * certificate that one of that file vouches for.
 *
 * Thread: any; the struct is plain and owns its strings inline.
 */
#ifndef BRIDGE_CONFIG_H
#define BRIDGE_CONFIG_H

#include "bridge/ports.h"
#include "bridge/why.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONFIG_TEXT = 256,
	CONFIG_LISTEN_MAX = 8,
	CONFIG_STIR_MAX = 16,
	CONFIG_INTERFACES_MAX = 16,
	CONFIG_ADDRESS = 64
};

struct config_interface {
	char name[32];
	char listen[CONFIG_ADDRESS], advertise[CONFIG_ADDRESS]; /* literals; advertise "": the other */
	struct port_range ports;
};

struct config_stir {               /* whom we believe about callers' numbers */
	char anchors[CONFIG_TEXT]; /* file of certificates, or a directory of such; "": nobody */
	struct {
		char url[CONFIG_TEXT], file[CONFIG_TEXT];
	} certificates[CONFIG_STIR_MAX]; /* that need not be fetched */
	size_t n_certificates;
	char hosts[CONFIG_STIR_MAX]
		  [CONFIG_TEXT]; /* that certificates may be fetched from; none: nothing is fetched */
	size_t n_hosts;
	char crls[CONFIG_TEXT]; /* file of revocation lists, or a directory of such; "": none */
	char ca[CONFIG_TEXT];   /* whom these hosts are verified by; "": the system's */
	unsigned wait_ms;       /* how long a call waits for a certificate */
};

struct config {
	char node[CONFIG_TEXT];
	struct {
		char listen[CONFIG_LISTEN_MAX][CONFIG_TEXT]; /* "udp:127.0.0.1:5060" */
		size_t n_listen;
		char advertise[CONFIG_TEXT]; /* "" : the bound address */
		unsigned t1_ms;              /* 0: 500 (RFC 3261 section 17.1.1.1) */
	} sip;
	char dns[CONFIG_TEXT]; /* name server for gateways, "127.0.0.1:5353"; "": the system's */
	struct {
		char listen[CONFIG_TEXT], advertise[CONFIG_TEXT];
		uint16_t first_port, last_port;
	} rtp;
	struct config_interface interfaces[CONFIG_INTERFACES_MAX];
	size_t n_interfaces;
	struct {
		char listen[CONFIG_TEXT]; /* "127.0.0.1:8080", "tls:192.0.2.1:8443"; "" none */
		bool plain;               /* in the clear, whatever the address */
		char client_ca
			[CONFIG_TEXT]; /* who vouches for whoever connects there; "": none is asked for a certificate */
	} http;
	struct config_tls {
		char certificate[CONFIG_TEXT], key[CONFIG_TEXT], ca[CONFIG_TEXT];
		unsigned idle_s, keepalive_s; /* 0: as bridge/tls has it */
	} tls;
	struct config_stir stir;
	char control[CONFIG_TEXT]; /* path of the local HTTP socket */
	char database[CONFIG_TEXT];
	char recordings[CONFIG_TEXT];
	struct {
		unsigned workers; /* 0: auto */
		unsigned mixed_talkers;
		unsigned max_load;             /* percent of a worker's time; more: new calls are refused */
		unsigned room_legs_per_worker; /* a meeting with more is spread over workers */
	} media;
	struct {
		char directory[CONFIG_TEXT]; /* the prompt set */
		char override[CONFIG_TEXT];  /* looked in first, file by file; "" none */
	} prompts;
	struct {
		bool json;
		unsigned level;
	} log; /* 0 error, 1 warning, 2 info, 3 debug */
	struct {
		unsigned calls; /* 0: none is kept */
		unsigned bytes;
		char hep[CONFIG_TEXT]; /* "udp:192.0.2.1:9060", where they go as well; "" nowhere */
		unsigned id;           /* of ours, there */
	} trace;                       /* SIP messages of recent calls, in memory */
	struct {
		unsigned keep_days; /* 0: for ever */
	} records;                  /* of strangers' calls, and of accounts that the site has no more */
};

/* "udp:127.0.0.1:5060" taken apart. */
struct config_listen {
	char transport[4]; /* "udp", "tcp", "tls"; "" where none is written (http.listen) */
	char host[64];     /* an address, without brackets */
	uint16_t port;     /* 0: any */
};
/* False: not TRANSPORT:ADDRESS:PORT, or ADDRESS:PORT when no transport is wanted. */
bool config_listen_parse(struct config_listen *out, const char *text, bool with_transport);
bool config_is_tls(const char *target); /* begins with "tls:" */

/* How the API is spoken at http.listen.  EITHER: on loopback where there is a certificate, to each as they begin. */
enum config_http { CONFIG_HTTP_NONE, CONFIG_HTTP_PLAIN, CONFIG_HTTP_TLS, CONFIG_HTTP_EITHER };
enum config_http config_http(const struct config *c);
bool config_http_local(
	const struct config *c); /* by nobody but this machine's own people, who need no token at first */

/* NULL: `text` is FIRST-LAST, *out holds it; else what is wrong with it, for people. */
const char *config_ports_broken(struct port_range *out, const char *text);
const struct config_interface *config_interface(const struct config *c, const char *name); /* NULL: none */
struct config_interface config_interface_default(const struct config *c); /* "default": what `rtp:` says */

void config_defaults(struct config *out);
/* On any error *out is untouched.  BRIDGE_FILE: cannot be read.  BRIDGE_SYNTAX: *why says where. */
enum bridge_err config_load(struct config *out, const char *path, struct config_why *why);
enum bridge_err config_parse(struct config *out, const char *text, size_t len, struct config_why *why);

struct doc_node;
/* config_http.c: for config.c; the second when all else has been read. */
enum bridge_err config_read_http(struct config *c, const struct doc_node *map, struct config_why *why);
enum bridge_err config_check_http(const struct config *c, const struct doc_node *map, struct config_why *why);
/* config_interfaces.c: for config.c; what `rtp:` says has been read. */
enum bridge_err config_read_interfaces(struct config *c, const struct doc_node *map, struct config_why *why);
#endif
