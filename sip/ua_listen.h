/* ua_listen.h - the endpoint's sockets: one nua per address, found again for the socket filter.  Thread: control. */
#ifndef SIP_UA_LISTEN_H
#define SIP_UA_LISTEN_H

#include "sip/ua_nua.h"

/* Opens ua->config.listen.  CALL_ADDRESS: *why names the place; what was opened stays for ua_close(). */
enum call_err listen_open(struct ua *ua, nua_callback_f callback, char *why, size_t why_cap);
void listen_sieve(struct ua *ua, struct sieve *sieve); /* puts the filter on all of them; *sieve is changed */
#endif
