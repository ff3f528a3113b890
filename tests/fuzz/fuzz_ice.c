/* links: mixer/ice.c mixer/binding.c mixer/cipher.c tests/check.c */
#include "mixer/ice.h"
#include "tests/check.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

enum { SEALED_MAX = 2000 };

/* First byte: as it came, or closed by us with MESSAGE-INTEGRITY and FINGERPRINT, so that what stands within is looked at; which
 * component.  Whatever comes, an answer fits and can be read, and nobody is the peer who has not proven our password. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const struct ice_credentials ours = { "8hhY", "asd88fgpdd777uzjYhagZg" };
	const struct net_addr from = { .ip = { [10] = 0xff, 0xff, 192, 0, 2, 1 }, .port = 4000 };
	uint8_t answer[BINDING_ANSWER_MAX], closed[SEALED_MAX + CHECK_CLOSING], *exact;
	enum ice_component at;
	struct binding m;
	struct ice *ice;
	size_t n;
	bool ours_closed;

	if (len < 1 || len > SEALED_MAX || ice_alloc(&ice, &ours))
		return 0;
	at = p[0] & 1;
	ours_closed = p[0] & 2;
	p++, len--;
	if (ours_closed && len >= 20) {
		memcpy(closed, p, len);
		len = check_close(closed, len, ours.pwd);
		p = closed;
	}
	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, p, len);
	n = ice_take(ice, at, exact, len, &from, 1, answer);
	if (n > sizeof(answer) || (n && binding_parse(&m, answer, n) != MIX_OK))
		abort();
	if (!ours_closed && ice_peer(ice, at)->port != 0 &&
		(binding_parse(&m, exact, len) != MIX_OK || m.proven_len == 0))
		abort();
	if (ice_hears(ice, at, &from, 2) && ice_counts(ice).checks == 0)
		abort();
	free(exact);
	ice_free(ice);
	return 0;
}
