/* api_alerts.c - what is wrong now, by the API. */
#include "bridge/alert.h"
#include "bridge/api.h"
#include "bridge/conditions.h"

void api_alerts(struct node *n, const struct http_request *request, const char *word)
{
	json_t *items = json_array();
	const struct alert *list;
	size_t count;

	(void)word;
	list = alerts_list(conditions_alerts(n), &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			items, json_pack("{s:s, s:s, s:s, s:o, s:s, s:s}", "kind",
				       alert_kind_name(list[i].kind), "subject", list[i].subject, "severity",
				       list[i].critical ? "critical" : "warning", "since",
				       when_json(list[i].since_us), "text", list[i].text, "advice",
				       alert_advice(list[i].kind)));
	api_reply(n, request->id, 200, json_pack("{s:o}", "items", items));
}
