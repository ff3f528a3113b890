/* crowd - simulated callers for operators and tests; see crowd --help.
 *
 *   crowd_options   what was asked for        crowd_caller   one person: call, voice, ear, keys
 *   crowd_gather    makes the callers         crowd_call     its SIP            crowd_sip, crowd_sdp
 *   crowd_report    what it came to           crowd_media    RTP sockets, in batches
 *   crowd_run       the loop over all         crowd_clip     what is said       crowd_hear  what is heard
 */
#include "tools/crowd_options.h"
#include "tools/crowd_report.h"
#include "tools/crowd_run.h"
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct crowd_run *run = calloc(1, sizeof(*run));
	char why[256] = "";
	int code = 1;

	if (!run)
		return 1;
	enum crowd_parsed parsed = crowd_options_read(&run->options, argc, argv, why, sizeof(why));
	if (parsed == CROWD_HELP) {
		fputs(crowd_options_help(), stdout);
		code = 0;
	} else if (parsed == CROWD_USAGE || !crowd_run(run, why, sizeof(why))) {
		fprintf(stderr, "crowd: %s\n", why);
		code = 2;
	} else {
		if (run->options.json)
			crowd_print_json(run, stdout);
		else
			crowd_print_table(run, stdout);
		code = crowd_went_well(run) ? 0 : 1;
	}
	crowd_run_free(run);
	free(run);
	return code;
}
