/* api_alerts.c - what is wrong now, by the API. */
#include "bridge/alert.h"
#include "bridge/api.h"
#include "bridge/conditions.h"

void api_alerts(struct node *n, const struct http_request *request, const char *word)
{
	static const struct page_rules rules = { "id", "kind subject severity", PAGE_ALL, PAGE_ALL };
	json_t *items = json_array();
	const struct alert *list;
	size_t count;

	(void)word;
	list = alerts_list(conditions_alerts(n), &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			items, json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:s}", "id",
				       json_sprintf("%s:%s", alert_kind_name(list[i].kind), list[i].subject),
				       "kind", alert_kind_name(list[i].kind), "subject", list[i].subject,
				       "severity", list[i].critical ? "critical" : "warning", "since",
				       when_json(list[i].since_us), "text", list[i].text, "advice",
				       alert_advice(list[i].kind)));
	api_reply_page(n, request, &rules, items);
}
