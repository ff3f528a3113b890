/* call_key.c - keys that we press, told by INFO: one at a time, repeated with credentials when that is asked for. */
#include "sip/call_priv.h"
#include "sip/ua_priv.h"

#include <openssl/crypto.h>

void call_send_key(struct call *c, char key, unsigned ms)
{
	if (c->state != DIALOG_CONFIRMED || c->key_out)
		return;
	if (c->out)
		login_fresh(&c->out->login);
	c->key_out = key;
	c->key_ms = ms;
	ua_send_key(c, key, ms);
}

void call_take_info_response(struct call *c, const struct call_response *r)
{
	if (r->status < 200 || !c->key_out)
		return;
	if (call_take_challenge(c, r, "INFO")) {
		ua_send_key(c, c->key_out, c->key_ms);
		return;
	}
	OPENSSL_cleanse(&c->key_out, sizeof(c->key_out));
	if (c->ua->config.on.on_key_told && !c->finished)
		c->ua->config.on.on_key_told(c->owner, c, r->none ? 408 : r->status);
}
