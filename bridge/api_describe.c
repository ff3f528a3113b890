#include "bridge/api_describe.h"

#include <string.h>

/* clang-format off */
static const struct api_named named[] = {
	{ "Worker", "index:i legs:i rooms:i ticks:i late_ticks:i kept_waiting_ticks:i skipped_ticks:i tick_us_max:i load_percent:n"
		" used_percent:n budget_p99_percent:n budget_worst_percent:n margin_percent:n expected_percent:n refuses:b"
		" events_dropped:i encodes:i encodes_shared:i offers_missed:i strangers:i" },
	{ "SipCounts", "invites:i refused:i stranger_refused:i stranger_silent:i malformed:i ended:i live:i" },
	{ "Control", "lag_ms:n lag_worst_ms:n cpu_percent:n refuses:b" },
	{ "Writer", "written:i failed_tries:i lost:i waiting:i disk_ok:b" },
	{ "Status", "node:s version:s started_at:t uptime_s:n drain:s calls:i meetings_open:i participants:i rtp_ports_used:i interfaces:[@Interface]"
		" sip:@SipCounts"
		" control:@Control workers:[@Worker] writer:@Writer events:i trunks:[@TrunkFigures] tls:@OwnCertificate?" },
	{ "Drain", "drain:s calls:i exits:b" },
	{ "OwnCertificate", "certificate_expires_at:t? days_left:i" },
	{ "Interface", "name:s listen:s advertise:s first:i last:i pairs:i used:i refused:i" },
	{ "TrunkFigures", "name:s drain:s calls:i gateways:i usable:i calls_in:i answered_in:i calls_out:i answered_out:i answer_percent:i post_dial_ms:n"
		" round_trip_ms:n standing:s last_cause_in:s last_cause_out:s" },
	{ "Sitting", "id:s account:s meeting:s opened_at:t ended_at:t duration_s:n calls:i dialled:i participants:i most:i talked_s:n cost:s?"
		" currency:s mos:n? worst_mos:n? troubled:i cause:s ended_by:s open:b" },
	{ "DialIn", "number:s last:s international:s national:s language:s asks_id:b dial:s" },
	{ "DialInCountry", "country:s preferred:b toll:[@DialIn] toll_free:[@DialIn]" },
	{ "Budget", "account:s calls:i concurrent:i? today:i daily:i? last_minute:i per_minute:i? minutes_today:i daily_minutes:i? money_today:s daily_money:s?"
		" currency:s blocked:b"
		" blocked_until:t?" },
	{ "Rung", "at:t offset_s:n kind:s call:s direction:s~ far_end:s~ message:s~ status:i~ detail:s~ bytes:i~ text:s~ note:s~ keys:i~" },
	{ "Tried", "trunk:s gateway:s why:s" },
	{ "Echo", "delay_ms:i loss_db:i confidence:i" },
	{ "Quality", "rx_r:n? rx_mos:n? tx_r:n? tx_mos:n? rx_missing:i burst_ms:i gap_ms:i level_dbov:i levelling_db:i"
		" clipped_frames:i clipped_percent:n one_way:s tones:s echo:@Echo?" },
	{ "Delay", "wait_ms:n held_ms:n due_ms:n made_up_ms:i" },
	{ "Leg", "id:i call:s kind:s trunk:s codec:s srtp:s ice:s on_hold:b jitter_ms:n delay_ms:i delay:@Delay rx_packets:i tx_packets:i rx_lost:i"
		" far_lost:i round_trip_ms:n quality:@Quality stir:@Stir? quirks:[s]" },
	{ "Stir", "verstat:s attest:s origid:s why:s" },
	{ "Participant", "id:s meeting:s name:s user:s number:s role:s muted:b host_muted:b hand:b talking:b joined_at:t legs:[@Leg]" },
	{ "Call", "id:s call_id:s trunk:s source:s from:s to:s number:s account:s meeting:s participant:s state:s codec:s srtp:s"
		" caller_by:s diverted_from:s diversion:s session_id:s session_peer:s headers:s started_at:t answered_at:t? media:@Leg" },
	{ "DialOut", "id:s meeting:s account:s to:s name:s state:s trunk:s gateway:s attempts:i hunt:s user:s" },
	{ "PersonToCall", "to:* name:s~ user:s~ ring:s~" },
	{ "PersonTaken", "id:s name:s state:s numbers:i" },
	{ "PersonCalled", "id:s meeting:s account:s name:s state:s numbers:i tried:i calls:i" },
	{ "Cause", "q850:i words:s" },
	{ "GatewayMember", "address:s name:s priority:i weight:i state:s usable:b rests_s:i round_trip_ms:n asked:i missed:i calls:i answered:i"
		" answer_percent:i post_dial_ms:n causes:[@Cause] tls:@Tls?" },
	{ "Tls", "state:s failure:s version:s cipher:s certificate_expires_at:t? opened:i failed:i" },
	{ "Gateway", "uri:s name_server_answers:b registration:s registered:b members:[@GatewayMember]" },
	{ "Quirk", "quirk:s calls:i what:s" },
	{ "Change", "kind:s key:s what:s fields:s" },
	{ "Step", "rule:s matched:b text:s" },
	{ "Standing", "standing:s since:t? calls:i asr:i? ccr:i? pdd_ms:i? acd_s:i?" },
	{ "Rate", "prefix:s per_minute:s connect:s first_s:i next_s:i from:t? until:t?" },
	{ "RateSheet", "trunk:s currency:s rows:i imported_at:t imported_by:s in_site:b" },
	{ "Price", "currency:s rate:@Rate text:s cost:s seconds:i" },
	{ "Try", "trunk:s number:s caller_id:s caller:s owned:b takes_calls:b route:i gateway:s price:@Price? standing:s" },
	{ "Explanation", "answer:s cause:s status:i number:s form:s account:s steps:[@Step] meeting:s~ country:s~ toll_free:b~ class:s~"
		" trunks:[@Try]~ steps_unsaid:i~" },
	{ "PlanChange", "id:s started_at:t outbound:b trunk:s account:s from:s to:s number:s before:s after:s why:s" },
	{ "Token", "id:s name:s role:s account:s meeting:s created_at:t expires_at:t? token:s~" },
	{ "AuditRow", "id:i at:t who:s what:s changes:*" },
	{ "Webhook", "id:s url:s account:s events:s secret:s~ created_at:t~ waiting:b~ tries:i~ last_status:i~ last_error:s~" },
	{ "Alert", "id:s kind:s subject:s severity:s since:t text:s advice:s" },
	{ "Deleted", "id:s" },
	{ "Error", "error:@ErrorDetail" },
	{ "ErrorDetail", "code:s message:s field:s~ line:i~" },
};

static const struct api_about about[] = {
	{ "GET", "/v1/status", NULL, NULL, "@Status", NULL, 0 },
	{ "POST", "/v1/trunks/{id}/drain", NULL, NULL, "@Trunk", NULL, 0 },
	{ "POST", "/v1/trunks/{id}/resume", NULL, NULL, "@Trunk", NULL, 0 },
	{ "POST", "/v1/drain", NULL, "exit:b~", "@Drain", NULL, 202 },
	{ "POST", "/v1/resume", NULL, NULL, "@Drain", NULL, 0 },
	{ "GET", "/v1/meetings/{id}/participants", "limit:i cursor:s", NULL, "items:[@Participant] next:s?", NULL, 0 },
	{ "POST", "/v1/meetings/{id}/lock", NULL, "locked:b", "id:s locked:b", NULL, 0 },
	{ "POST", "/v1/participants/{id}/mute", NULL, "muted:b", "@Participant", NULL, 0 },
	{ "DELETE", "/v1/participants/{id}", NULL, NULL, "@Deleted", NULL, 0 },
	{ "POST", "/v1/meetings/{id}/calls", NULL, "to:s name:s~ user:s~ digits:s~ digits_wait_ms:i~ confirm:b~", "id:s meeting:s state:s", NULL, 202 },
	{ "GET", "/v1/meetings/{id}/calls", "limit:i cursor:s state:s trunk:s user:s hunt:s", NULL, "items:[@DialOut] next:s?", NULL, 0 },
	{ "GET", "/v1/meetings/{id}/invite", "country:s", NULL,
		"meeting:s name:s id_written:s countries:[@DialInCountry] more:b text:s", NULL, 0 },
	{ "POST", "/v1/meetings/{id}/people", NULL, "people:[@PersonToCall] calls_per_second:i~ ring_s:i~ wait_s:i~",
		"items:[@PersonTaken]", NULL, 202 },
	{ "GET", "/v1/meetings/{id}/people", "limit:i cursor:s state:s name:s", NULL, "items:[@PersonCalled] next:s?", NULL, 0 },
	{ "GET", "/v1/calls", "limit:i cursor:s account:s meeting:s trunk:s state:s", NULL, "items:[@Call] next:s?", NULL, 0 },
	{ "DELETE", "/v1/calls/{id}", NULL, NULL, "@Deleted", NULL, 0 },
	{ "POST", "/v1/calls/{id}/transfer", NULL, "to:s~ replaces:s~", "id:s state:s", NULL, 202 },
	{ "POST", "/v1/calls/{id}/digits", NULL, "digits:s", "id:s state:s", NULL, 202 },
	{ "GET", "/v1/calls/{id}/trace", NULL, NULL, "text:s items:[@Rung] records:[@Record] kept:b", NULL, 0 },
	{ "GET", "/v1/calls/{id}/why", NULL, NULL,
		"id:s text:s what:s end:s ended_by:s sip:s q850:s tried:[@Tried] passed_over:s trouble:[s] next:[s]", NULL, 0 },
	{ "GET", "/v1/alerts", "limit:i cursor:s kind:s subject:s severity:s", NULL, "items:[@Alert] next:s?", NULL, 0 },
	{ "GET", "/v1/budgets", "limit:i cursor:s account:s blocked:b", NULL, "items:[@Budget] next:s?", NULL, 0 },
	{ "POST", "/v1/budgets/{id}/unblock", NULL, NULL, "account:s blocked:b", NULL, 0 },
	{ "GET", "/v1/rates", "limit:i cursor:s trunk:s currency:s in_site:b", NULL, "items:[@RateSheet] next:s?", NULL, 0 },
	{ "GET", "/v1/rates/{id}", "number:s at:s limit:i cursor:i", NULL,
		"trunk:s currency:s rows:i imported_at:t imported_by:s in_site:b items:[@Rate] price:@Price? next_cursor:i~", NULL, 0 },
	{ "PUT", "/v1/rates/{id}", "add:b currency:s", "csv", "@RateSheet", NULL, 0 },
	{ "DELETE", "/v1/rates/{id}", NULL, NULL, "@Deleted", NULL, 0 },
	{ "GET", "/v1/records", "limit:i cursor:s account:s meeting:s trunk:s call:s number:s direction:s cause:s ended_by:s q850:i status:i"
		" answered:b since:t before:t min_duration:n mos_below:n", NULL, "items:[@Record] next_cursor:s~", NULL, 0 },
	{ "GET", "/v1/sittings", "limit:i cursor:s account:s meeting:s since:t before:t", NULL, "items:[@Sitting] next_cursor:s~", NULL, 0 },
	{ "PUT", "/v1/site", "dry_run:b", "yaml", "changes:[@Change]", NULL, 0 },
	{ "POST", "/v1/site/rollback", "dry_run:b", NULL, "changes:[@Change]", NULL, 0 },
	{ "GET", "/v1/site", NULL, NULL, NULL, "application/yaml", 0 },
	{ "GET", "/v1/dialplan/explain", "number:s trunk:s account:s at:s caller_id:s call:s", NULL, "@Explanation", NULL, 0 },
	{ "POST", "/v1/dialplan/diff", "day:s", "yaml", "records:i changed:i more:b items:[@PlanChange]", NULL, 0 },
	{ "POST", "/v1/tokens", NULL, "name:s role:s account:s~ meeting:s~ days:i~ minutes:i~", "@Token", NULL, 201 },
	{ "GET", "/v1/tokens", "limit:i cursor:s name:s role:s account:s meeting:s", NULL, "items:[@Token] next:s?", NULL, 0 },
	{ "DELETE", "/v1/tokens/{id}", NULL, NULL, "@Deleted", NULL, 0 },
	{ "GET", "/v1/audit", "limit:i cursor:s what:s who:s", NULL, "items:[@AuditRow] next:s?", NULL, 0 },
	{ "GET", "/v1/audit/check", NULL, NULL, "rows:i unbroken:b first_broken:i? last_seal:s", NULL, 0 },
	{ "POST", "/v1/webhooks", NULL, "url:s account:s~ events:s~ plain:b~", "@Webhook", NULL, 201 },
	{ "GET", "/v1/webhooks", "limit:i cursor:s account:s url:s waiting:b", NULL, "items:[@Webhook] next:s?", NULL, 0 },
	{ "POST", "/v1/webhooks/{id}/retry", NULL, NULL, "id:s", NULL, 202 },
	{ "DELETE", "/v1/webhooks/{id}", NULL, NULL, "@Deleted", NULL, 0 },
	{ "POST", "/v1/backup", NULL, "file:s", "file:s", NULL, 0 },
	{ "POST", "/v1/restore", NULL, "file:s", "file:s", NULL, 0 },
	{ "GET", "/metrics", NULL, NULL, NULL, "text/plain", 0 },
	{ "GET", "/v1/events", "last_event_id:s access_token:s type:s account:s meeting:s", NULL, NULL, "text/event-stream", 0 },
	{ "GET", "/v1/openapi.json", NULL, NULL, "*", NULL, 0 },
};
/* clang-format on */

const struct api_named *api_named(size_t *n)
{
	*n = sizeof(named) / sizeof(*named);
	return named;
}

const struct api_about *api_about(const char *method, const char *path)
{
	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++)
		if (strcmp(about[i].method, method) == 0 && strcmp(about[i].path, path) == 0)
			return &about[i];
	return NULL;
}
