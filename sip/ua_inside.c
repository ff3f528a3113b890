/* ua_inside.c - requests of ours inside a dialog, beside those that keep it up. */
#include "sip/ua_nua.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

void ua_send_key(struct call *c, char key, unsigned ms)
{
	char body[64], value[DIGEST_VALUE], session[SEND_SESSION];
	const char *www = send_authorization(c, value, false), *proxy = send_authorization(c, value, true);

	if (!c->handle)
		return;
	send_session(session, c);
	snprintf(body, sizeof(body), "Signal=%c\r\nDuration=%u\r\n", key, ms);
	nua_info(c->handle, TAG_IF(session[0], SIPTAG_HEADER_STR(session)),
		TAG_IF(www, SIPTAG_AUTHORIZATION_STR(www)),
		TAG_IF(proxy, SIPTAG_PROXY_AUTHORIZATION_STR(proxy)),
		SIPTAG_CONTENT_TYPE_STR("application/dtmf-relay"), SIPTAG_PAYLOAD_STR(body), TAG_END());
	OPENSSL_cleanse(body, sizeof(body));
}

/* Referred-By (RFC 3892) is Sofia's: our side of the dialog. */
void ua_send_refer(struct call *c, const char *refer_to)
{
	char value[DIGEST_VALUE], session[SEND_SESSION];
	const char *www = send_authorization(c, value, false), *proxy = send_authorization(c, value, true);

	if (!c->handle)
		return;
	send_session(session, c);
	nua_refer(c->handle, SIPTAG_REFER_TO_STR(refer_to), TAG_IF(session[0], SIPTAG_HEADER_STR(session)),
		TAG_IF(www, SIPTAG_AUTHORIZATION_STR(www)),
		TAG_IF(proxy, SIPTAG_PROXY_AUTHORIZATION_STR(proxy)), TAG_END());
}

void ua_send_notify(struct call *c, const char *event, const char *fragment, bool last)
{
	char session[SEND_SESSION];

	if (!c->handle)
		return;
	send_session(session, c);
	nua_notify(c->handle, SIPTAG_EVENT_STR(event),
		NUTAG_SUBSTATE(last ? nua_substate_terminated : nua_substate_active),
		TAG_IF(session[0], SIPTAG_HEADER_STR(session)),
		SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(fragment),
		TAG_END());
}
