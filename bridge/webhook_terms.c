/* webhook_terms.c - one webhook, whatever its queue is at: what it wants to hear, how it knows us, when it is tried again. */
#include "bridge/webhook.h"
#include "bridge/hex.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256 = 32, SECOND_US = 1000000, STAMP = 32 /* "SECONDS." */ };
static const char quiet_type[] = "participant.talking"; /* sent to who names it */

/* The next word of a comma list; NULL: no more. */
static const char *next_word(const char **list, size_t *len)
{
	const char *word = *list;

	if (!*word)
		return NULL;
	*len = strcspn(word, ",");
	*list = word + *len + (word[*len] == ',');
	return word;
}

static bool word_fits(const char *word, size_t len, const char *type)
{
	if (len > 0 && word[len - 1] == '*')
		return strncmp(word, type, len - 1) == 0;
	return strlen(type) == len && memcmp(word, type, len) == 0;
}

bool webhook_wants(const struct webhook *h, const char *type, const char *account)
{
	const char *list = h->events, *word;
	size_t len;

	if (h->account[0] && strcmp(h->account, account) != 0)
		return false;
	if (!*list)
		return strcmp(type, quiet_type) != 0;
	while ((word = next_word(&list, &len)))
		if (word_fits(word, len, type))
			return true;
	return false;
}

bool webhook_events_valid(const char *events)
{
	const char *word;
	size_t len;

	if (strlen(events) >= WEBHOOK_EVENTS || (*events && events[strlen(events) - 1] == ','))
		return false;
	while ((word = next_word(&events, &len))) {
		if (len == 0)
			return false;
		for (size_t i = 0; i < len; i++)
			if (!islower((unsigned char)word[i]) && word[i] != '.' && word[i] != '_' &&
				!(word[i] == '*' && i + 1 == len))
				return false;
	}
	return true;
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
