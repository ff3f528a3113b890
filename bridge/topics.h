/* topics.h - which types of events somebody wants to hear of: "call.ended,meeting.*".
 *
 * How: words parted by commas; one that ends in '*' stands for all types that begin as it does.
 * Thread: any.
 */
#ifndef BRIDGE_TOPICS_H
#define BRIDGE_TOPICS_H

#include <stdbool.h>

bool topics_valid(const char *list); /* at least one word, none of them empty */
bool topics_want(const char *list, const char *type);
#endif
