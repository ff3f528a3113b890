#include "tests/flow/srv.h"
#include "tests/test.h"

void srv_start(const struct folder *f, struct peer *dns, unsigned at, unsigned first, unsigned second)
{
	char port[24], srv[2][96];

	snprintf(port, sizeof(port), "--port=%u", at);
	snprintf(srv[0], sizeof(srv[0]), "--srv-host=_sip._udp.carrier.test,a.carrier.test,%u,10,100", first);
	snprintf(
		srv[1], sizeof(srv[1]), "--srv-host=_sip._udp.carrier.test,b.carrier.test,%u,20,100", second);
	{
		const char *const argv[] = { "dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts",
			"--conf-file=/dev/null", "--listen-address=127.0.0.1", "--bind-interfaces",
			"--user=root", port, srv[0], srv[1], "--host-record=a.carrier.test,127.0.0.11",
			"--host-record=b.carrier.test,127.0.0.12", "--host-record=carrier.test,127.0.0.13",
			"--local=/test/", "--log-queries", NULL };

		CHECK(peer_start(dns, f, "dnsmasq", argv), "dnsmasq");
		CHECK(peer_wait_line(dns, "started", 3000), "dnsmasq is up");
	}
}
