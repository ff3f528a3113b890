/* links: sip/claims.c sip/der.c sip/jread.c sip/tnauth.c */
#include "sip/claims.h"
#include "sip/tnauth.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a certificate's extensions may hold: the first byte parts the restrictions from the claims.  Nothing beyond either is looked at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char plain[] =
		"{\"attest\":\"A\",\"dest\":{\"tn\":[\"1\"]},\"iat\":1,\"orig\":{\"tn\":\"2\"}}";
	struct tnauth list;
	size_t n;

	if (!size)
		return 0;
	n = data[0] < size - 1 ? data[0] : size - 1;
	(void)claims_fault(data + 1, n, (struct span){ (const char *)data + 1 + n, size - 1 - n });
	(void)claims_fault(data + 1, size - 1, (struct span){ plain, sizeof(plain) - 1 });
	(void)tnauth_read(&list, data + 1, size - 1);
	return 0;
}
