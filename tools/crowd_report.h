/* crowd_report.h - what a run came to: a table for people, JSON for programs.
 *
 * Thread: one.
 */
#ifndef TOOLS_CROWD_REPORT_H
#define TOOLS_CROWD_REPORT_H

#include "tools/crowd_run.h"
#include <stdio.h>

/* Did every call go as planned: answered, and ended by us? */
bool crowd_went_well(const struct crowd_run *run);
void crowd_print_table(const struct crowd_run *run, FILE *to);
bool crowd_print_json(const struct crowd_run *run, FILE *to); /* false: out of memory */
#endif
