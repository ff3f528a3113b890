#include "tools/partyctl.h"

#include <signal.h>

int main(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, NULL); /* `partyctl watch | head` ends by a failed write */
	return (int)ctl_run(argc, argv, stdout, stderr);
}
