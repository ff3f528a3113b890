/* webhook_terms.c - one webhook, whatever its queue is at: what it wants to hear, how it knows us, when it is tried again. */
#include "bridge/webhook.h"
#include "bridge/hex.h"
#include "bridge/topics.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256 = 32, SECOND_US = 1000000, STAMP = 32 /* "SECONDS." */ };
static const char quiet_type[] = "participant.talking"; /* sent to who names it */

bool webhook_wants(const struct webhook *h, const char *type, const char *account)
{
	if (h->account[0] && strcmp(h->account, account) != 0)
		return false;
	return h->events[0] ? topics_want(h->events, type) : strcmp(type, quiet_type) != 0;
}

bool webhook_events_valid(const char *events)
{
	return strlen(events) < WEBHOOK_EVENTS && (!*events || topics_valid(events));
}

bool webhook_sign(
	const struct webhook *h, int64_t now_us, const char *body, size_t len, char out[WEBHOOK_SIGNATURE])
{
	char *text = malloc(len + STAMP);
	uint8_t mac[SHA256];
	unsigned mac_len = sizeof(mac);
	int head, at;
	bool good;

	if (!text)
		return false;
	head = snprintf(text, STAMP, "%lld.", (long long)(now_us / SECOND_US));
	memcpy(text + head, body, len);
	good = HMAC(EVP_sha256(), h->secret, (int)strlen(h->secret), (const uint8_t *)text,
		       (size_t)head + len, mac, &mac_len) != NULL;
	free(text);
	at = snprintf(out, WEBHOOK_SIGNATURE, "t=%lld,v1=", (long long)(now_us / SECOND_US));
	if (good)
		hex_write(out + at, mac, SHA256);
	return good;
}

unsigned webhook_retry_s(unsigned tries, uint32_t random)
{
	unsigned s = WEBHOOK_FIRST_RETRY_S;

	for (unsigned i = 1; i < tries && s < WEBHOOK_LAST_RETRY_S; i++)
		s *= 2;
	s = s < WEBHOOK_LAST_RETRY_S ? s : WEBHOOK_LAST_RETRY_S;
	return s / 2 + random % (s - s / 2 + 1);
}
