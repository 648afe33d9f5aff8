/* SPDX-License-Identifier: Apache-2.0 */
/* DHCPv4 client (RFC 2131): a lease for an interface without an address, and its renewal. */
#ifndef AGENT_DHCP_H
#define AGENT_DHCP_H

#include "agent/dhcp_message.h"
#include "core/err.h"

struct dhcp_port {
	int index;
	const char *name;
	const uint8_t *mac; /* 6 bytes */
};

struct dhcp_lease {
	struct dhcp_reply reply; /* the server's ACK */
	uint64_t from_ns;        /* monotonic_ns() when the request went out: the lease runs from there */
};

/* INIT to BOUND. -ETIMEDOUT: no usable answer within timeout_ms; the text says what came instead, if
 * anything did. */
int dhcp_acquire(const struct dhcp_port *port, unsigned timeout_ms, struct dhcp_lease *ret,
		 struct err *err) _must_check_;

/* RENEWING (broadcast false: asks the lease's server) or REBINDING (asks every server), 4.4.5. Updates
 * *lease. -ETIMEDOUT: no answer; -ENOTUNIQ: the server took the address away (NAK), the caller must stop
 * using it. */
int dhcp_renew(const struct dhcp_port *port, bool broadcast, unsigned timeout_ms, struct dhcp_lease *lease,
	       struct err *err) _must_check_;

#endif
